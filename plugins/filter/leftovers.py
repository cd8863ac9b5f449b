# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What stands on a Kubernetes cluster and is no longer described."""

from __future__ import annotations

DOCUMENTATION = r"""
name: leftovers
short_description: What stands on a Kubernetes cluster and is no longer described
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Of the objects that were found, those that no manifest describes, without what a controller made of another object.
positional: _input, manifests
options:
  _input:
    description: The objects, as M(kubernetes.core.k8s_info) answers them.
    type: list
    elements: dict
    required: true
  manifests:
    description: What is described, as P(stackwright.aws.manifests#filter) answers it in C(all).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Name the deployments that nobody describes any more
  ansible.builtin.debug:
    msg: "{{ found.resources | stackwright.aws.leftovers(compiled.all) | map(attribute='metadata.name') }}"
"""

RETURN = r"""
_value:
  description: The objects, each with C(apiVersion), C(kind) and the name and namespace in C(metadata).
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any


def leftovers(found: Iterable[Mapping[str, Any]], manifests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The objects that no manifest describes."""
    described = {_identity(manifest) for manifest in manifests}
    return [
        {
            "apiVersion": one["apiVersion"],
            "kind": one["kind"],
            "metadata": {name: one["metadata"][name] for name in ("name", "namespace") if name in one["metadata"]},
        }
        for one in found
        if _identity(one) not in described and not one["metadata"].get("ownerReferences")
    ]


def _identity(one: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """A group keeps its objects through its versions."""
    metadata = one["metadata"]
    group = one["apiVersion"].rpartition("/")[0]
    return group, one["kind"], metadata.get("namespace", ""), metadata["name"]


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"leftovers": leftovers}
