# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: templates
short_description: A stack's description as CloudFormation templates
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Compiles a description as M(stackwright.aws.stack) does, and says the result as CloudFormation templates, one for
    each region that the stack has resources in. No request is sent.
  - No template holds a secret. What is kept in Secrets Manager is read by a dynamic reference when the template is
    deployed; what is given from outside becomes a parameter with C(NoEcho).
  - What CloudFormation cannot make is left out and named in the template's C(Metadata) under C(LeftOut), such as the
    value of a secret that is put together from other resources.
  - What the templates build carries the stack's tags, so that M(stackwright.aws.stack) takes it for its own.
positional: _input, overrides, stacks
options:
  _input:
    description: The description of the stack, as O(stackwright.aws.stack#module:description) takes it.
    type: dict
    required: true
  overrides:
    description: What differs in this environment, as O(stackwright.aws.stack#module:overrides) takes it.
    type: dict
    default: {}
  stacks:
    description: Other stacks that it refers to, as O(stackwright.aws.stack#module:stacks) takes them.
    type: dict
    default: {}
seealso:
  - module: stackwright.aws.stack
"""

EXAMPLES = r"""
- name: Write the templates of a stack
  ansible.builtin.copy:
    dest: "{{ item.key }}.json"
    content: "{{ item.value | to_nice_json }}"
    mode: "0644"
  loop: "{{ stack | stackwright.aws.templates(stack_overrides) | dict2items }}"
  loop_control:
    label: "{{ item.key }}"
"""

RETURN = r"""
_value:
  description: Templates by region.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.engine.errors import DocumentError
from ..module_utils.engine.export import export
from ..module_utils.kinds.registry import REGISTRY, registry_offline
from ..module_utils.tiers.stack import compile_stack, merge, merge_stacks


def templates(
    description: Mapping[str, Any],
    overrides: Mapping[str, Any] | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The templates of a stack, by region.

    Raises:
        AnsibleFilterError: the description cannot be built; with every problem found.
    """
    try:
        merged = merge(description, overrides or {})
        document = compile_stack(merged, types=REGISTRY, stacks=merge_stacks(stacks or {}))
    except DocumentError as error:
        raise AnsibleFilterError(str(error)) from error
    return export(document, registry_offline(document))


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"templates": templates}
