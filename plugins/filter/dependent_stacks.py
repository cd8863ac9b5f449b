# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The hosts whose stacks refer to a host's stack."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dependent_stacks
short_description: The hosts whose stacks refer to a host's stack
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Looks for references such as C(stacks.prod.database.main) in the variables C(stack) and C(stack_overrides) of all
    hosts, to say before a stack is destroyed who needs it.
positional: _input, host
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  host:
    description: The host, C(inventory_hostname).
    type: str
    required: true
seealso:
  - plugin: stackwright.aws.other_stacks
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Name the stacks that need this one
  ansible.builtin.debug:
    msg: "{{ hostvars | stackwright.aws.dependent_stacks(inventory_hostname) | join(', ') }}"
"""

RETURN = r"""
_value:
  description: The names of the hosts, sorted.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.inventory import referred_hosts, stack_of


def dependent_stacks(hostvars: Mapping[str, Any], host: str) -> list[str]:
    """The hosts, other than itself, whose stacks refer to a host's stack."""
    others = [name for name in hostvars if name != host and "stack" in hostvars[name]]
    return sorted(name for name in others if host in referred_hosts(stack_of(hostvars, name)))


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"dependent_stacks": dependent_stacks}
