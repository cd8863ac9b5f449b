# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names, labels and annotations of every object, and what an update must leave alone."""

from __future__ import annotations

from twin.kubernetes.errors import FieldError, immutable, invalid, required
from twin.kubernetes.validation import names
from twin.kubernetes.values import Object

_LABEL_NAMES = {("", "Namespace")}
_LABEL_1035_NAMES = {("", "Service")}
_FREE_GROUPS = {"rbac.authorization.k8s.io", "apiregistration.k8s.io"}
_MAX_ANNOTATIONS = 256 * 1024


def check(group: str, kind: str, value: Object, old: Object | None, namespaced: bool) -> list[FieldError]:
    metadata = value["metadata"]
    errors: list[FieldError] = []
    name = metadata.get("name", "")
    if not name:
        errors.append(required("metadata.name", "name or generateName is required"))
    elif problem := _name_problem(group, kind, name):
        errors.append(invalid("metadata.name", name, problem))
    if namespaced and (problem := names.label(metadata.get("namespace", ""))):
        errors.append(invalid("metadata.namespace", metadata.get("namespace", ""), problem))
    errors += labels(metadata.get("labels"), "metadata.labels")
    for key in metadata.get("annotations") or {}:
        if problem := names.label_key(key.lower()):
            errors.append(invalid("metadata.annotations", key, problem))
    size = sum(len(key) + len(text) for key, text in (metadata.get("annotations") or {}).items())
    if size > _MAX_ANNOTATIONS:
        errors.append(
            FieldError("FieldValueTooLong", "metadata.annotations", "Too long: may not be more than 262144 bytes")
        )
    for number, owner in enumerate(metadata.get("ownerReferences") or []):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                errors.append(invalid(f"metadata.ownerReferences[{number}].{field}", "", f"{field} must not be empty"))
    if old is not None:
        for field in ("name", "namespace", "uid", "creationTimestamp"):
            if metadata.get(field) != old["metadata"].get(field):
                errors.append(immutable(f"metadata.{field}", metadata.get(field)))
    return errors


def _name_problem(group: str, kind: str, name: str) -> str | None:
    if group in _FREE_GROUPS:
        return names.path_segment(name)
    if (group, kind) in _LABEL_NAMES:
        return names.label(name)
    if (group, kind) in _LABEL_1035_NAMES:
        return names.label_1035(name)
    return names.subdomain(name)


def labels(value: dict[str, str] | None, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for key, text in (value or {}).items():
        if problem := names.label_key(key):
            errors.append(invalid(path, key, problem))
        if problem := names.label_value(text):
            errors.append(invalid(path, text, problem))
    return errors


def selector(value: Object | None, path: str, may_be_empty: bool = True) -> list[FieldError]:
    """Mistakes in a LabelSelector."""
    if value is None:
        return [required(path)]
    errors = labels(value.get("matchLabels"), f"{path}.matchLabels")
    for number, each in enumerate(value.get("matchExpressions") or []):
        at, operator = f"{path}.matchExpressions[{number}]", each.get("operator")
        if operator in ("In", "NotIn") and not each.get("values"):
            errors.append(required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
        elif operator in ("Exists", "DoesNotExist") and each.get("values"):
            errors.append(
                FieldError(
                    "FieldValueForbidden",
                    f"{at}.values",
                    "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                )
            )
        elif operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            errors.append(invalid(f"{at}.operator", operator, "not a valid selector operator"))
    if not may_be_empty and not (value.get("matchLabels") or value.get("matchExpressions")):
        errors.append(invalid(path, value, "empty selector is invalid for deployment"))
    return errors
