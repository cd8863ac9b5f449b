# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Custom resources: the resources that a CustomResourceDefinition makes, and the rules of their schemas."""

from __future__ import annotations

import json
import re
from typing import Any

from twin.kubernetes.errors import FieldError, invalid, required, unsupported
from twin.kubernetes.resources import GENERAL_FIELDS, Resource
from twin.kubernetes.schemas import OBJECT_META, Schema, Schemas
from twin.kubernetes.values import Object, copy, get

_FREE = {"x-kubernetes-preserve-unknown-fields": True}


def resources_of(definition: Object, schemas: Schemas) -> list[Resource]:
    """The resources of every version that the definition serves."""
    spec, names = definition["spec"], definition["spec"]["names"]
    stored = next(version["name"] for version in spec["versions"] if version.get("storage"))
    made = []
    for version in sorted(spec["versions"], key=lambda each: not each.get("storage")):
        if not version.get("served"):
            continue
        fields = {each["jsonPath"].lstrip(".") for each in version.get("selectableFields") or []}
        made.append(
            Resource(
                spec["group"],
                version["name"],
                names["kind"],
                names["plural"],
                namespaced=spec["scope"] == "Namespaced",
                short=tuple(names.get("shortNames") or ()),
                categories=tuple(names.get("categories") or ()),
                subresources=tuple(version.get("subresources") or ()),
                singular=names.get("singular", ""),
                list_kind=names.get("listKind", ""),
                fields=GENERAL_FIELDS | fields,
                schema=_walkable(get(version, "schema", "openAPIV3Schema", default={}), schemas, root=True),
                custom=version,
                store_version=stored,
            )
        )
    return made


def _walkable(schema: Schema, schemas: Schemas, root: bool = False) -> Schema:
    """The schema in the form that decoding and field sets walk."""
    made = dict(schema)
    if "properties" in schema:
        made["properties"] = {key: _walkable(item, schemas) for key, item in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        made["additionalProperties"] = _walkable(schema["additionalProperties"], schemas)
    if isinstance(schema.get("items"), dict):
        made["items"] = _walkable(schema["items"], schemas)
    if schema.get("type") == "array" and "x-kubernetes-list-type" not in schema:
        made["x-kubernetes-list-type"] = "atomic"
    if root or schema.get("x-kubernetes-embedded-resource"):
        texts = {name: {"type": "string"} for name in ("apiVersion", "kind")}
        made["properties"] = {**made.get("properties", {}), **texts, "metadata": schemas.linked[OBJECT_META]}
        made["type"] = "object"
    return made


def prune(schema: Schema, value: Any, path: str, unknown: list[str]) -> Any:
    """The value without what the schema does not know; the paths of that go into ``unknown``."""
    keeps = schema.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(value, dict):
        if "properties" not in schema and "additionalProperties" not in schema and keeps:
            return value
        more, made = schema.get("additionalProperties"), {}
        for key, item in value.items():
            at = f"{path}.{key}" if path else key
            inner = schema.get("properties", {}).get(key)
            if inner is None:
                inner = more if isinstance(more, dict) else _FREE if more or keeps else None
            if inner is None:
                unknown.append(at)
            elif item is not None or inner.get("nullable"):
                made[key] = prune(inner, item, at, unknown)
        return made
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [prune(schema["items"], item, f"{path}[{number}]", unknown) for number, item in enumerate(value)]
    return value


def fill(schema: Schema, value: Any) -> None:
    """Fill in the defaults of the schema, in place."""
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            if key not in value and "default" in inner:
                value[key] = copy(inner["default"])
            if key in value:
                fill(inner, value[key])
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            for item in value.values():
                fill(more, item)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            fill(schema["items"], item)


def check(schema: Schema, value: Any, path: str = "") -> list[FieldError]:
    """Every mistake of the value by the schema, in the words of the API server."""
    at = path or "<nil>"
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, int | str):
            return [_wrong(at, value, "integer,string")]
        return []
    if value is None and schema.get("nullable"):
        return []
    if problem := _type_problem(schema.get("type"), value):
        return [_wrong(at, value, problem)]
    errors: list[FieldError] = []
    if "enum" in schema and value not in schema["enum"]:
        errors.append(unsupported(at, value, [str(each) for each in schema["enum"]]))
    if isinstance(value, dict):
        errors += _check_object(schema, value, path)
    elif isinstance(value, list):
        errors += _check_list(schema, value, path)
    elif isinstance(value, str):
        errors += _check_text(schema, value, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        errors += _check_number(schema, value, at)
    return errors + _check_alternatives(schema, value, path, at)


def _check_object(schema: Schema, value: Object, path: str) -> list[FieldError]:
    errors = [required(f"{path}.{name}" if path else name) for name in schema.get("required", []) if name not in value]
    more = schema.get("additionalProperties")
    for key, item in value.items():
        if not path and key in ("apiVersion", "kind", "metadata"):
            continue
        inner = schema.get("properties", {}).get(key, more if isinstance(more, dict) else None)
        if inner is not None:
            errors += check(inner, item, f"{path}.{key}" if path else key)
    for word, bad, text in (
        ("minProperties", len(value) < schema.get("minProperties", 0), "should have at least {} properties"),
        ("maxProperties", len(value) > schema.get("maxProperties", len(value)), "should have at most {} properties"),
    ):
        if bad:
            errors.append(invalid(path, value, f"{path} in body {text.format(schema[word])}"))
    return errors


def _check_list(schema: Schema, value: list[Any], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if len(value) < schema.get("minItems", 0):
        errors.append(invalid(path, len(value), f"{path} in body should have at least {schema['minItems']} items"))
    if len(value) > schema.get("maxItems", len(value)):
        text = f"Too many: {len(value)}: must have at most {schema['maxItems']} items"
        errors.append(FieldError("FieldValueTooMany", path, text))
    seen: list[Any] = []
    keys = schema.get("x-kubernetes-list-map-keys")
    for number, item in enumerate(value):
        at = f"{path}[{number}]"
        if isinstance(schema.get("items"), dict):
            errors += check(schema["items"], item, at)
        same = {key: item.get(key) for key in keys} if keys and isinstance(item, dict) else item
        if schema.get("x-kubernetes-list-type") in ("map", "set") or schema.get("uniqueItems"):
            if same in seen:
                errors.append(FieldError("FieldValueDuplicate", at, f"Duplicate value: {json.dumps(same)}"))
            seen.append(same)
    return errors


def _check_text(schema: Schema, value: str, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if len(value) < schema.get("minLength", 0):
        errors.append(invalid(at, value, f"{at} in body should be at least {schema['minLength']} chars long"))
    if len(value) > schema.get("maxLength", len(value)):
        text = f"Too long: may not be more than {schema['maxLength']} bytes"
        errors.append(FieldError("FieldValueTooLong", at, text))
    if "pattern" in schema and not re.search(schema["pattern"], value):
        errors.append(invalid(at, value, f"{at} in body should match '{schema['pattern']}'"))
    return errors


def _check_number(schema: Schema, value: float, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and (value < low or (schema.get("exclusiveMinimum") and value == low)):
        word = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        errors.append(invalid(at, value, f"{at} in body should be {word} {low}"))
    if high is not None and (value > high or (schema.get("exclusiveMaximum") and value == high)):
        word = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        errors.append(invalid(at, value, f"{at} in body should be {word} {high}"))
    if schema.get("multipleOf") and value % schema["multipleOf"]:
        errors.append(invalid(at, value, f"{at} in body should be a multiple of {schema['multipleOf']}"))
    return errors


def _check_alternatives(schema: Schema, value: Any, path: str, at: str) -> list[FieldError]:
    errors = [error for each in schema.get("allOf", []) for error in check(each, value, path)]
    if "anyOf" in schema and all(check(each, value, path) for each in schema["anyOf"]):
        errors.append(invalid(at, value, f"{at} in body must validate at least one schema (anyOf)"))
    if "oneOf" in schema and sum(not check(each, value, path) for each in schema["oneOf"]) != 1:
        errors.append(invalid(at, value, f"{at} in body must validate one and only one schema (oneOf)"))
    if "not" in schema and not check(schema["not"], value, path):
        errors.append(invalid(at, value, f"{at} in body must not validate the schema (not)"))
    return errors


def _type_problem(wanted: str | None, value: Any) -> str | None:
    """The wanted type when the value is not of it."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
    }
    if wanted is None or wanted not in kinds:
        return None
    if isinstance(value, bool) and wanted in ("integer", "number"):
        return wanted
    return None if isinstance(value, kinds[wanted]) else wanted


def _wrong(at: str, value: Any, wanted: str) -> FieldError:
    names: dict[type, str] = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    got = names.get(type(value), "null")
    text = f'Invalid value: "{got}": {at} in body must be of type {wanted}: "{got}"'
    return FieldError("FieldValueTypeInvalid", at, text)
