# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The patch types besides server-side apply: JSON patch, merge patch and strategic merge patch."""

from __future__ import annotations

import json
from typing import Any

import jsonpatch
import jsonpointer

from twin.kubernetes.errors import StatusError, bad_request
from twin.kubernetes.fieldsets import child
from twin.kubernetes.schemas import Schema
from twin.kubernetes.values import copy

_DIRECTIVES = ("$patch", "$retainKeys")
_ORDER, _DELETE_FROM = "$setElementOrder/", "$deleteFromPrimitiveList/"


def json_patch(value: Any, operations: Any) -> Any:
    """Apply a list of operations (RFC 6902). Raises StatusError 400 or 422."""
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    try:
        return jsonpatch.JsonPatch(operations).apply(copy(value))
    except jsonpatch.JsonPatchTestFailed as error:
        raise StatusError(422, f"the server rejected our request due to an error in our request: {error}") from None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise StatusError(422, f"the server rejected our request due to an error in our request: {error}") from None
    except (KeyError, TypeError) as error:
        raise bad_request(f"error decoding patch: {error}") from None


def merge_patch(value: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return copy(patch)
    made = dict(value) if isinstance(value, dict) else {}
    for key, item in patch.items():
        if item is None:
            made.pop(key, None)
        else:
            made[key] = merge_patch(made.get(key), item)
    return made


def strategic_merge(schema: Schema, value: Any, patch: Any) -> Any:
    """Apply a strategic merge patch, with its directives. Raises StatusError 400."""
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: a strategic merge patch is an object")
    return _merge_map(schema, value if isinstance(value, dict) else {}, patch)


def _merge_map(schema: Schema, value: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch.get("$patch")
    if directive == "replace":
        return _clean({key: item for key, item in patch.items() if key not in _DIRECTIVES})
    if directive == "delete":
        return {}
    made = dict(value)
    if "$retainKeys" in patch:
        made = {key: item for key, item in made.items() if key in patch["$retainKeys"]}
    for key, items in patch.items():
        if key.startswith(_DELETE_FROM):
            name = key.removeprefix(_DELETE_FROM)
            if isinstance(made.get(name), list):
                made[name] = [item for item in made[name] if item not in items]
    for key, item in patch.items():
        if key in _DIRECTIVES or key.startswith((_ORDER, _DELETE_FROM)):
            continue
        inner = child(schema, key)
        if item is None:
            made.pop(key, None)
        elif isinstance(item, dict):
            if item.get("$patch") == "delete":
                made.pop(key, None)
            elif isinstance(made.get(key), dict):
                made[key] = _merge_map(inner, made[key], item)
            else:
                made[key] = _merge_map(inner, {}, item)
        elif isinstance(item, list):
            made[key] = _merge_list(inner, made.get(key), item, patch.get(_ORDER + key))
        else:
            made[key] = item
    for key, order in patch.items():
        name = key.removeprefix(_ORDER)
        if key.startswith(_ORDER) and name not in patch and isinstance(made.get(name), list):
            made[name] = _ordered(child(schema, name), made[name], order, [])
    return made


def _merge_list(schema: Schema, value: Any, patch: list[Any], order: list[Any] | None) -> list[Any]:
    merges = "merge" in schema.get("x-kubernetes-patch-strategy", "").split(",")
    present = value if isinstance(value, list) else []
    if any(isinstance(item, dict) and item.get("$patch") == "replace" and len(item) == 1 for item in patch):
        return _clean([item for item in patch if item != {"$patch": "replace"}])
    if not merges:
        return _clean(patch)
    key = schema.get("x-kubernetes-patch-merge-key")
    if not key:
        made = [*present, *(item for item in patch if item not in present)]
        return _ordered(schema, made, order, patch)
    made = list(present)
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise bad_request(f"map: {json.dumps(item)} does not contain declared merge key: {key}")
        at = next((index for index, each in enumerate(made) if _same(each.get(key), item[key])), None)
        if item.get("$patch") == "delete":
            made = [each for each in made if not _same(each.get(key), item[key])]
        elif at is None:
            made.append(_merge_map(schema.get("items", {}), {}, item))
        else:
            made[at] = _merge_map(schema.get("items", {}), made[at], item)
    return _ordered(schema, made, order, patch)


def _same(one: Any, other: Any) -> bool:
    return one == other or str(one) == str(other)


def _ordered(schema: Schema, items: list[Any], order: list[Any] | None, patch: list[Any]) -> list[Any]:
    """Items named by $setElementOrder in its order, each of the others behind the one it stood behind."""
    if not order:
        return items
    key = schema.get("x-kubernetes-patch-merge-key")

    def identity(item: Any) -> str:
        return json.dumps(item.get(key) if key and isinstance(item, dict) else item)

    places = {identity(each): number for number, each in enumerate(order)}
    named = iter(sorted((item for item in items if identity(item) in places), key=lambda item: places[identity(item)]))
    return [next(named) if identity(item) in places else item for item in items]


def _clean(value: Any) -> Any:
    """The value without directives and nulls, for parts that replace what was there."""
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {
            key: _clean(item)
            for key, item in value.items()
            if item is not None and key not in _DIRECTIVES and not key.startswith((_ORDER, _DELETE_FROM))
        }
    return value
