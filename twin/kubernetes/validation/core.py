# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ConfigMaps, Secrets, claims, quotas and limits."""

from __future__ import annotations

import base64

from twin.kubernetes import quantity
from twin.kubernetes.errors import FieldError, forbidden_field, immutable, invalid, required, unsupported
from twin.kubernetes.validation import names
from twin.kubernetes.values import Object, get

_MAX_DATA = 1024 * 1024
_REQUIRED_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def config_map(value: Object, old: Object | None) -> list[FieldError]:
    errors = _keys(value.get("data"), "data") + _keys(value.get("binaryData"), "binaryData")
    errors += [
        invalid("data", key, "duplicate of key present in binaryData")
        for key in sorted(set(value.get("data") or {}) & set(value.get("binaryData") or {}))
    ]
    size = sum(len(text) for name in ("data", "binaryData") for text in (value.get(name) or {}).values())
    if size > _MAX_DATA:
        errors.append(FieldError("FieldValueTooLong", "", f"Too long: may not be more than {_MAX_DATA} bytes"))
    return errors + _frozen(value, old, ("data", "binaryData"))


def secret(value: Object, old: Object | None) -> list[FieldError]:
    errors = _keys(value.get("data"), "data")
    for key in _REQUIRED_KEYS.get(value.get("type", ""), ()):
        if key not in (value.get("data") or {}):
            errors.append(required(f"data[{key}]"))
    size = sum(len(base64.b64decode(text)) for text in (value.get("data") or {}).values())
    if size > _MAX_DATA:
        errors.append(FieldError("FieldValueTooLong", "data", f"Too long: may not be more than {_MAX_DATA} bytes"))
    if old is not None and value.get("type") != old.get("type"):
        errors.append(immutable("type", value.get("type")))
    return errors + _frozen(value, old, ("data",))


def _keys(data: dict[str, str] | None, path: str) -> list[FieldError]:
    found = ((key, names.config_key(key)) for key in data or {})
    return [invalid(f"{path}[{key}]", key, problem) for key, problem in found if problem]


def _frozen(value: Object, old: Object | None, fields: tuple[str, ...]) -> list[FieldError]:
    if old is None or not old.get("immutable"):
        return []
    text = "field is immutable when `immutable` is set"
    errors = [] if value.get("immutable") else [forbidden_field("immutable", text)]
    return errors + [forbidden_field(name, text) for name in fields if value.get(name) != old.get(name)]


def claim(value: Object, old: Object | None) -> list[FieldError]:
    spec, errors = value.get("spec") or {}, []
    modes = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
    if not spec.get("accessModes"):
        errors.append(required("spec.accessModes", "at least 1 access mode is required"))
    errors += [
        unsupported("spec.accessModes", mode, modes) for mode in spec.get("accessModes") or [] if mode not in modes
    ]
    storage = get(spec, "resources", "requests", "storage")
    if storage is None:
        errors.append(required("spec.resources[storage]"))
    elif quantity.parse(storage) <= 0:
        errors.append(invalid("spec.resources[storage]", storage, "must be greater than zero"))
    if old is not None and not errors:
        before = get(old, "spec", "resources", "requests", "storage", default="0")
        rest = {
            key: item
            for key, item in spec.items()
            if key not in ("resources", "volumeName", "volumeAttributesClassName")
        }
        same = {key: item for key, item in old["spec"].items() if key in rest or key not in ("resources", "volumeName")}
        if rest != same:
            but = "resources.requests and volumeAttributesClassName for bound claims"
            text = f"spec is immutable after creation except {but}"
            errors.append(forbidden_field("spec", text))
        if quantity.parse(storage) < quantity.parse(before):
            errors.append(
                forbidden_field("spec.resources.requests.storage", "field can not be less than status.capacity")
            )
    return errors


def quota(value: Object, old: Object | None) -> list[FieldError]:
    return [
        invalid(f"spec.hard[{name}]", amount, "must be greater than or equal to 0")
        for name, amount in get(value, "spec", "hard", default={}).items()
        if quantity.parse(amount) < 0
    ]


def limit_range(value: Object, old: Object | None) -> list[FieldError]:
    errors: list[FieldError] = []
    for number, item in enumerate(get(value, "spec", "limits", default=[])):
        for name, least in (item.get("min") or {}).items():
            most = (item.get("max") or {}).get(name)
            if most is not None and quantity.parse(least) > quantity.parse(most):
                text = f"min value {least} is greater than max value {most}"
                errors.append(invalid(f"spec.limits[{number}].min[{name}]", least, text))
    return errors
