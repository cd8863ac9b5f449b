# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The schemas of one Kubernetes version, from the data of kubernetes-validate.

That package holds the definitions of Kubernetes' own OpenAPI document, x-kubernetes-* extensions included. Every type
there admits null; here null means absent, as it does in the API.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate

_REF = "#/$defs/"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_SPECIAL: dict[str, dict[str, Any]] = {
    _INT_OR_STRING: {"type": "string", "format": "int-or-string"},
    _QUANTITY: {"type": "string", "format": "quantity"},
}

Schema = dict[str, Any]


class Schemas:
    """Definitions by name and by (group, version, kind).

    ``raw`` keeps ``$ref`` as text, to be served. In ``linked`` every ``$ref`` is the definition itself, to be walked.
    """

    def __init__(self, raw: dict[str, Schema]) -> None:
        self.raw = raw
        self.linked: dict[str, Schema] = {name: {} for name in raw}
        for name, definition in raw.items():
            self.linked[name].update(_SPECIAL.get(name) or self._link(definition))
        self.kinds: dict[tuple[str, str, str], str] = {}
        for name, definition in raw.items():
            kinds = definition.get("x-kubernetes-group-version-kind", [])
            if len(kinds) == 1:
                self.kinds[kinds[0]["group"], kinds[0]["version"], kinds[0]["kind"]] = name

    def _link(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._link(item) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self.linked[node["$ref"].removeprefix(_REF)]
        return {key: self._link(item) for key, item in node.items()}


@cache
def load(version: str) -> Schemas:
    """The schemas of ``1.33`` or the like. Raises ValueError for a version that there are none of."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    path = folder / f"v{version}.0-local" / "_definitions.json"
    if not path.is_file():
        known = sorted(each.name[1:].split(".0-")[0] for each in folder.glob("v*-local"))
        raise ValueError(f"no schemas of Kubernetes {version!r}; there are {', '.join(known)}")
    return Schemas({name: _plain(node) for name, node in json.loads(path.read_bytes())["$defs"].items()})


def _plain(node: Any) -> Any:
    """The node as OpenAPI has it: one type instead of a type or null, no enumerated apiVersion and kind."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _plain(item) for key, item in node.items()}
    kinds = made.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        if len(rest) == 1:
            made["type"] = rest[0]
    properties = made.get("properties")
    if isinstance(properties, dict):
        for name in ("apiVersion", "kind"):
            if isinstance(properties.get(name), dict):
                properties[name].pop("enum", None)
    return made


def reachable(raw: dict[str, Schema], roots: list[str]) -> dict[str, Schema]:
    """The definitions that the roots need, themselves included."""
    found: dict[str, Schema] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found and name in raw:
            found[name] = raw[name]
            waiting += _references(raw[name])
    return found


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].removeprefix(_REF)] if isinstance(node.get("$ref"), str) else []
    return own + [name for key, item in node.items() if key != "$ref" for name in _references(item)]
