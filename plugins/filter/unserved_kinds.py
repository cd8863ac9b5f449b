# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What manifests need of a Kubernetes cluster and nothing on it serves."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unserved_kinds
short_description: The custom resources among manifests that a Kubernetes cluster does not serve
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Of the kinds that the manifests have, those of other people's API groups for which the cluster has no custom
    resource definition, because what brings it has not been installed.
  - Groups without a dot and those below C(k8s.io) are Kubernetes' own and are not looked for.
positional: _input, definitions
options:
  _input:
    description: The manifests, as P(stackwright.aws.manifests#filter) answers them in C(all).
    type: list
    elements: dict
    required: true
  definitions:
    description: The C(CustomResourceDefinition) objects of the cluster, as M(kubernetes.core.k8s_info) answers them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Say what has to be installed on the cluster first
  ansible.builtin.fail:
    msg: "The cluster does not serve {{ compiled.all | stackwright.aws.unserved_kinds(found.resources) | join(', ') }}"
"""

RETURN = r"""
_value:
  description: Each kind as group, version and kind, such as C(external-secrets.io/v1/ExternalSecret), sorted.
  type: list
  elements: str
"""

from collections.abc import Iterable, Mapping
from typing import Any


def unserved_kinds(manifests: Iterable[Mapping[str, Any]], definitions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The custom kinds that the cluster does not know, in the version that is asked for."""
    served = {
        f"{spec['group']}/{version['name']}/{spec['names']['kind']}"
        for spec in (definition["spec"] for definition in definitions)
        for version in spec["versions"]
        if version["served"]
    }
    needed = {f"{one['apiVersion']}/{one['kind']}" for one in manifests if _is_custom(one["apiVersion"])}
    return sorted(needed - served)


def _is_custom(api_version: str) -> bool:
    group = api_version.rpartition("/")[0]
    return "." in group and not group.endswith("k8s.io")


class FilterModule:
    """The filter, by name."""

    def filters(self) -> dict[str, Any]:
        return {"unserved_kinds": unserved_kinds}
