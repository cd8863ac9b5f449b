# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles and their bindings."""

from __future__ import annotations

from twin.kubernetes.errors import FieldError, invalid, required, unsupported
from twin.kubernetes.values import Object


def role(value: Object, old: Object | None) -> list[FieldError]:
    errors: list[FieldError] = []
    for number, rule in enumerate(value.get("rules") or []):
        at = f"rules[{number}]"
        if not rule.get("verbs"):
            errors.append(required(f"{at}.verbs", "verbs must contain at least one value"))
        if rule.get("nonResourceURLs"):
            if value["kind"] == "Role":
                text = "namespaced rules cannot apply to non-resource URLs"
                errors.append(invalid(f"{at}.nonResourceURLs", rule["nonResourceURLs"], text))
            continue
        if "apiGroups" not in rule:
            errors.append(required(f"{at}.apiGroups", "resource rules must supply at least one api group"))
        if not rule.get("resources"):
            errors.append(required(f"{at}.resources", "resource rules must supply at least one resource"))
    return errors


def binding(value: Object, old: Object | None) -> list[FieldError]:
    errors: list[FieldError] = []
    reference = value.get("roleRef") or {}
    kinds = ("ClusterRole",) if value["kind"] == "ClusterRoleBinding" else ("Role", "ClusterRole")
    if reference.get("kind") not in kinds:
        errors.append(unsupported("roleRef.kind", reference.get("kind", ""), kinds))
    if not reference.get("name"):
        errors.append(required("roleRef.name"))
    if old is not None and reference != old.get("roleRef"):
        errors.append(invalid("roleRef", reference, "cannot change roleRef"))
    for number, subject in enumerate(value.get("subjects") or []):
        at = f"subjects[{number}]"
        if subject.get("kind") not in ("User", "Group", "ServiceAccount"):
            errors.append(unsupported(f"{at}.kind", subject.get("kind", ""), ("Group", "ServiceAccount", "User")))
        if not subject.get("name"):
            errors.append(required(f"{at}.name"))
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            errors.append(required(f"{at}.namespace"))
    return errors
