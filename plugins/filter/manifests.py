# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What runs on a Kubernetes cluster, as manifests."""

from __future__ import annotations

DOCUMENTATION = r"""
name: manifests
short_description: What runs on a Kubernetes cluster, as manifests
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Compiles the options of the role P(stackwright.aws.workloads#role) into manifests. Nobody is asked anything.
  - Every mistake is told at once, with the option and what to do.
positional: _input, stack, references, existing
options:
  _input:
    description: The description, as the role takes it in C(workloads_description).
    type: dict
    required: true
  stack:
    description: The name of the stack, for the labels of what is made.
    type: str
    required: true
  references:
    description: What texts refer to as C(${REFERENCE.WORD}), as M(stackwright.aws.stack) answers it in C(references).
    type: dict
    default: {}
  existing:
    description: The deployments as they are. An image that the description leaves to releases stays as it is.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Show the manifests
  ansible.builtin.debug:
    msg: "{{ (workloads | stackwright.aws.manifests('shop-prod')).all }}"
"""

RETURN = r"""
_value:
  description:
    - C(all), every manifest in an order in which they can be made; C(initial), what autoscalers own as soon as it
      exists; C(deployments), namespace and name of each; C(kubernetes), the version that they are written for.
  type: dict
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.engine.errors import DocumentError
from ..module_utils.workloads.manifests import compile_workloads


def manifests(
    description: Mapping[str, Any],
    stack: str,
    references: Mapping[str, Mapping[str, Any]] | None = None,
    existing: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The manifests of a description.

    Raises:
        AnsibleFilterError: the description cannot be built; with every problem found.
    """
    try:
        return asdict(compile_workloads(description, stack, references, existing))
    except DocumentError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"manifests": manifests}
