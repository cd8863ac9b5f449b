# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A request's object against its schema: types, unknown fields, null and quantities.

Built-in kinds are refused with 400, as a Go decoder refuses them. Custom resources have their own rules in custom.py.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from twin.kubernetes import quantity
from twin.kubernetes.schemas import Schema


@dataclass
class Decoded:
    """What was understood, and what was not."""

    value: Any = None
    unknown: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def decode(schema: Schema, value: Any, root: str = "") -> Decoded:
    """Return the value without nulls and unknown fields, quantities in their canonical form."""
    result = Decoded()
    result.value = _walk(schema, value, root, result)
    return result


def _walk(schema: Schema, value: Any, path: str, result: Decoded) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        if not isinstance(value, dict):
            return _wrong(value, path, "map", result)
        properties, more = schema.get("properties"), schema.get("additionalProperties")
        if properties is None and not isinstance(more, dict):
            return value
        made: dict[str, Any] = {}
        for key, item in value.items():
            at = f"{path}.{key}" if path else key
            inner = properties.get(key) if properties is not None else more
            if inner is None:
                if schema.get("x-kubernetes-preserve-unknown-fields"):
                    made[key] = item
                else:
                    result.unknown.append(at)
            elif item is not None:
                made[key] = _walk(inner, item, at, result)
        return made
    if kind == "array":
        if not isinstance(value, list):
            return _wrong(value, path, "slice", result)
        inner = schema.get("items", {})
        return [_walk(inner, _item(inner, item), f"{path}[{number}]", result) for number, item in enumerate(value)]
    if kind == "string":
        return _text(schema.get("format"), value, path, result)
    if kind == "integer":
        bits = 31 if schema.get("format") == "int32" else 63
        if isinstance(value, bool) or not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
            return _wrong(value, path, schema.get("format", "int64"), result)
    elif kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _wrong(value, path, "float64", result)
    elif kind == "boolean" and not isinstance(value, bool):
        return _wrong(value, path, "bool", result)
    return value


def _item(schema: Schema, item: Any) -> Any:
    """An item of a list; null is what Go makes of it, the empty value of the type."""
    if item is not None:
        return item
    empty: dict[str, Any] = {"array": [], "boolean": False, "integer": 0, "number": 0, "string": ""}
    return empty.get(schema.get("type", "object"), {})


def _text(form: str | None, value: Any, path: str, result: Decoded) -> Any:
    if form == "int-or-string":
        if isinstance(value, bool) or not isinstance(value, int | str):
            return _wrong(value, path, "intstr.IntOrString", result)
        return value
    if form == "quantity":
        try:
            return quantity.canonical(value)
        except ValueError as error:
            result.wrong.append(f"{path}: {error}")
            return value
    if not isinstance(value, str):
        return _wrong(value, path, "string", result)
    if form == "byte":
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            result.wrong.append(f"{path}: illegal base64 data at input byte 0")
    return value


def _wrong(value: Any, path: str, wanted: str, result: Decoded) -> Any:
    names: dict[type, str] = {
        bool: "bool",
        int: "number",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    got = names[type(value)]
    if got == "number":
        got += f" {json.dumps(value)}"
    result.wrong.append(f"json: cannot unmarshal {got} into Go struct field {path} of type {wanted}")
    return value
