# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sets of fields as metadata.managedFields knows them.

A set is a Python set of paths; a path is a tuple of steps as FieldsV1 writes them: ``f:spec``, ``k:{"name":"web"}``,
``v:"finalizer"``. A path that is there while longer ones begin with it is written as ``.``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from twin.kubernetes.schemas import Schema

Path = tuple[str, ...]
Fields = set[Path]

_KEY_DEFAULTS = {"protocol": "TCP"}
_UNOWNED: frozenset[Path] = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in [
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "generation",
            "managedFields",
            "resourceVersion",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generateName",
        ]
    }
)


def relation(schema: Schema) -> str:
    """How the parts of a value are owned: ``map``, ``list`` (by keys), ``set``, or ``leaf`` (all as one)."""
    kind = schema.get("type")
    if kind == "array":
        return {"map": "list", "set": "set"}.get(schema.get("x-kubernetes-list-type", ""), "leaf")
    if kind == "object" or "properties" in schema:
        return "leaf" if schema.get("x-kubernetes-map-type") == "atomic" else "map"
    return "leaf" if kind else "any"


def child(schema: Schema, key: str) -> Schema:
    """The schema of a key of an object; an empty one where there is none."""
    found = schema.get("properties", {}).get(key)
    if found is None:
        more = schema.get("additionalProperties")
        found = more if isinstance(more, dict) else {}
    return found


def keys_of(schema: Schema) -> list[str]:
    return schema.get("x-kubernetes-list-map-keys", [])


def item_step(schema: Schema, item: Any) -> str:
    """The step that names an item of a list by its keys or its value."""
    if relation(schema) == "set":
        return "v:" + json.dumps(item, separators=(",", ":"))
    named = {key: item.get(key, _KEY_DEFAULTS.get(key)) for key in keys_of(schema)} if isinstance(item, dict) else {}
    named = {key: value for key, value in named.items() if value is not None}
    return "k:" + json.dumps(named, separators=(",", ":"), sort_keys=True)


def leaves(schema: Schema, value: Any) -> dict[Path, Any]:
    """Every owned path of an object with its value; items of lists by key have the value None."""
    found: dict[Path, Any] = {}
    _collect(schema, value, (), found)
    return {path: item for path, item in found.items() if path not in _UNOWNED and path[:2] not in _UNOWNED}


def _collect(schema: Schema, value: Any, path: Path, found: dict[Path, Any]) -> None:
    how = relation(schema)
    if how == "any":
        how = "map" if isinstance(value, dict) else "leaf"
    if how == "map" and isinstance(value, dict):
        if not value and path:
            found[path] = {}
        fields = schema.get("properties", {})
        for key, item in value.items():
            at = (*path, f"f:{key}")
            if key not in fields and isinstance(item, dict | list):
                found[at] = None
            _collect(child(schema, key), item, at, found)
    elif how in ("list", "set") and isinstance(value, list):
        if not value:
            found[path] = []
        for item in value:
            at = (*path, item_step(schema, item))
            found[at] = None
            if how == "list":
                _collect(schema.get("items", {}), item, at, found)
    else:
        found[path] = value


def encode(fields: Iterable[Path]) -> dict[str, Any]:
    """The set as FieldsV1."""
    tree: dict[str, Any] = {}
    ordered = sorted(fields)
    for path in ordered:
        node = tree
        for step in path:
            node = node.setdefault(step, {})
    for path in ordered:
        node = tree
        for step in path:
            node = node[step]
        if node and "." not in node:
            rest = dict(node)
            node.clear()
            node["."] = {}
            node.update(rest)
    return tree


def decode(tree: dict[str, Any]) -> Fields:
    """The set that FieldsV1 writes."""
    found: Fields = set()

    def visit(node: dict[str, Any], path: Path) -> None:
        if path and not node:
            found.add(path)
        for step, inner in node.items():
            if step == ".":
                found.add(path)
            else:
                visit(inner, (*path, step))

    visit(tree, ())
    return found


def shown(path: Path) -> str:
    """The path as conflicts name it: ``.spec.template.spec.containers[name="web"].image``."""
    text = ""
    for step in path:
        kind, rest = step[:2], step[2:]
        if kind == "f:":
            text += f".{rest}"
        elif kind == "k:":
            keys = json.loads(rest)
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in sorted(keys.items())) + "]"
        else:
            text += f"[={rest}]"
    return text
