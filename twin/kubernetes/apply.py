# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Server-side apply: merge what a manager applies into what is there, and drop what it no longer applies."""

from __future__ import annotations

from typing import Any

from twin.kubernetes import fieldsets
from twin.kubernetes.fieldsets import Fields, Path, child, item_step, relation
from twin.kubernetes.schemas import Schema
from twin.kubernetes.values import copy


def merge(schema: Schema, live: Any, applied: Any) -> Any:
    """The live value with the applied one laid over it, lists by their keys."""
    how = relation(schema)
    if how == "any":
        how = "map" if isinstance(applied, dict) else "leaf"
    if how == "map" and isinstance(applied, dict):
        made = dict(live) if isinstance(live, dict) else {}
        for key, item in applied.items():
            made[key] = merge(child(schema, key), made.get(key), item)
        return made
    if how in ("list", "set") and isinstance(applied, list):
        return _merge_list(schema, live if isinstance(live, list) else [], applied)
    return copy(applied)


def _merge_list(schema: Schema, live: list[Any], applied: list[Any]) -> list[Any]:
    present = {item_step(schema, item): item for item in live}
    wanted = {item_step(schema, item): item for item in applied}
    inner = schema.get("items", {})
    made = []
    # Applied items come in the order applied; the others keep their place relative to those they stood before.
    order = list(wanted)
    for position, step in enumerate(present):
        if step not in wanted:
            following = [each for each in list(present)[position + 1 :] if each in wanted]
            order.insert(order.index(following[0]) if following else len(order), step)
    for step in order:
        if step not in wanted:
            made.append(present[step])
        elif relation(schema) == "set":
            made.append(wanted[step])
        else:
            made.append(merge(inner, present.get(step), wanted[step]))
    return made


def drop(schema: Schema, value: Any, paths: Fields, kept: Fields) -> Any:
    """The value without the paths. An item or a map goes with everything in it unless somebody keeps a part of it."""
    return _drop(schema, value, (), paths, kept)


def _drop(schema: Schema, value: Any, at: Path, paths: Fields, kept: Fields) -> Any:
    how = relation(schema)
    if how == "any":
        how = "map" if isinstance(value, dict) else "leaf"
    if how == "map" and isinstance(value, dict):
        made = {}
        for key, item in value.items():
            path = (*at, f"f:{key}")
            if path in paths and not _under(path, kept):
                continue
            inner = _drop(child(schema, key), item, path, paths, kept)
            # A map that became empty because its last key went does not stay behind.
            if inner in ({}, []) and item and not _under(path, kept):
                continue
            made[key] = inner
        return made
    if how in ("list", "set") and isinstance(value, list):
        items = []
        for item in value:
            path = (*at, item_step(schema, item))
            if path in paths and not _under(path, kept):
                continue
            items.append(_drop(schema.get("items", {}), item, path, paths, kept) if how == "list" else item)
        return items
    return value


def _under(path: Path, fields: Fields) -> bool:
    return any(each[: len(path)] == path for each in fields)


def changes(schema: Schema, old: Any, new: Any) -> Fields:
    """The paths that are added, changed or gone."""
    before, after = fieldsets.leaves(schema, old), fieldsets.leaves(schema, new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    return changed | (set(before) - set(after))
