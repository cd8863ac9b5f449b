# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_record
short_description: What to keep of a plan so that exactly it can be applied later
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Takes the result of M(stackwright.aws.stack) and keeps what C(site.yml -e plan=FILE) needs and what a person reads.
options:
  _input:
    description: The result of M(stackwright.aws.stack) in check mode.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Save a plan
  ansible.builtin.copy:
    dest: plan.json
    content: "{{ planned | stackwright.aws.plan_record | to_nice_json }}"
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The stack's name, the plan's fingerprint, the plan and its notes.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

_KEPT = ("stack", "plan_digest", "plan", "notes")


def plan_record(result: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a plan's result that is worth keeping.

    Raises:
        AnsibleFilterError: the result holds no plan.
    """
    if "plan_digest" not in result:
        raise AnsibleFilterError("plan_record wants the result of stackwright.aws.stack; this one holds no plan")
    return {name: result[name] for name in _KEPT}


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"plan_record": plan_record}
