# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The stacks of other hosts that a host's stack refers to."""

from __future__ import annotations

DOCUMENTATION = r"""
name: other_stacks
short_description: The stacks of other hosts that a host's stack refers to
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Looks for references such as C(stacks.prod.database.main) in the variables C(stack) and C(stack_overrides) of a
    host, and in those of the hosts that it finds so, and answers what O(stackwright.aws.stack#module:stacks) takes.
  - Hosts that nothing refers to are not looked at, so that their variables cost nothing.
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
  - module: stackwright.aws.stack
"""

EXAMPLES = r"""
- name: Converge a stack that may refer to others of the inventory
  stackwright.aws.stack:
    description: "{{ stack }}"
    stacks: "{{ hostvars | stackwright.aws.other_stacks(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: By host, its C(description) and C(overrides).
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.inventory import referred_hosts, stack_of


def other_stacks(hostvars: Mapping[str, Any], host: str) -> dict[str, dict[str, Any]]:
    """The stacks that a host's stack refers to, directly or through others, by host; without those that do not exist.

    The host's own is among them when one of the others refers to it.
    """
    found: dict[str, dict[str, Any]] = {}
    todo = [*referred_hosts(stack_of(hostvars, host))]
    while todo:
        name = todo.pop()
        if name in found or name not in hostvars or "stack" not in hostvars[name]:
            continue
        found[name] = stack_of(hostvars, name)
        todo += referred_hosts(found[name])
    return found


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"other_stacks": other_stacks}
