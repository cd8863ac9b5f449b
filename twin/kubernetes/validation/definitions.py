# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CustomResourceDefinitions: names, versions and structural schemas."""

from __future__ import annotations

from twin.kubernetes.errors import FieldError, immutable, invalid, required, unsupported
from twin.kubernetes.validation import names
from twin.kubernetes.values import Object, get


def definition(value: Object, old: Object | None) -> list[FieldError]:
    spec, errors = value.get("spec") or {}, []
    group, plural = spec.get("group", ""), get(spec, "names", "plural", default="")
    if not group or "." not in group or names.subdomain(group):
        text = "should be a domain with at least one dot"
        errors.append(invalid("spec.group", group, text) if group else required("spec.group"))
    for name in ("plural", "kind"):
        if not get(spec, "names", name):
            errors.append(required(f"spec.names.{name}"))
    if plural and group and value["metadata"].get("name") != f"{plural}.{group}":
        text = 'must be spec.names.plural+"."+spec.group'
        errors.append(invalid("metadata.name", value["metadata"].get("name"), text))
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        errors.append(unsupported("spec.scope", spec.get("scope", ""), ("Cluster", "Namespaced")))
    versions = spec.get("versions") or []
    if len([each for each in versions if each.get("storage")]) != 1:
        errors.append(invalid("spec.versions", None, "must have exactly one version marked as storage version"))
    for number, version in enumerate(versions):
        at, schema = f"spec.versions[{number}]", get(version, "schema", "openAPIV3Schema")
        if not version.get("name") or names.label_1035(version["name"]):
            errors.append(invalid(f"{at}.name", version.get("name", ""), names.LABEL_1035_TEXT))
        if schema is None:
            text = "schemas are required"
            errors.append(required(f"{at}.schema.openAPIV3Schema", text))
            continue
        if schema.get("type") != "object":
            text = "must be object at the root" if "type" in schema else "must not be empty at the root"
            place = f"{at}.schema.openAPIV3Schema.type"
            errors.append(invalid(place, schema["type"], text) if "type" in schema else required(place, text))
        errors += _structural(schema, f"{at}.schema.openAPIV3Schema")
        scale = get(version, "subresources", "scale")
        if scale is not None:
            for name, prefix in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
                if not str(scale.get(name, "")).startswith(prefix):
                    text = f"should be a json path under {prefix[:-1]}"
                    errors.append(invalid(f"{at}.subresources.scale.{name}", scale.get(name, ""), text))
    if old is not None:
        for name in ("group", "scope"):
            if spec.get(name) != get(old, "spec", name):
                errors.append(immutable(f"spec.{name}", spec.get(name)))
        for name in ("plural", "kind"):
            if get(spec, "names", name) != get(old, "spec", "names", name):
                errors.append(immutable(f"spec.names.{name}", get(spec, "names", name)))
    return errors


def _structural(schema: Object, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    typed = schema.get("type") or schema.get("x-kubernetes-int-or-string")
    if not typed and not schema.get("x-kubernetes-preserve-unknown-fields"):
        errors.append(required(f"{at}.type", "must not be empty for specified object fields"))
    if schema.get("type") == "array" and "items" not in schema:
        errors.append(required(f"{at}.items", "must be specified"))
    if "properties" in schema and schema.get("additionalProperties"):
        text = "additionalProperties and properties are mutual exclusive"
        errors.append(FieldError("FieldValueForbidden", f"{at}.additionalProperties", f"Forbidden: {text}"))
    for name, inner in (schema.get("properties") or {}).items():
        errors += _structural(inner, f"{at}.properties[{name}]")
    if isinstance(schema.get("additionalProperties"), dict):
        errors += _structural(schema["additionalProperties"], f"{at}.additionalProperties")
    if isinstance(schema.get("items"), dict):
        errors += _structural(schema["items"], f"{at}.items")
    return errors
