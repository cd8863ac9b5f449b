# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Autoscalers and disruption budgets."""

from __future__ import annotations

from twin.kubernetes.errors import FieldError, forbidden_field, invalid, required, unsupported
from twin.kubernetes.validation import metadata
from twin.kubernetes.validation.workloads import int_or_percent
from twin.kubernetes.values import Object, get

_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_TARGETS = {"Utilization": "averageUtilization", "Value": "value", "AverageValue": "averageValue"}


def autoscaler(value: Object, old: Object | None) -> list[FieldError]:
    spec, errors = value.get("spec") or {}, []
    for name in ("kind", "name"):
        if not get(spec, "scaleTargetRef", name):
            errors.append(required(f"spec.scaleTargetRef.{name}"))
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if least < 1:
        errors.append(invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        errors.append(invalid("spec.maxReplicas", most, "must be greater than 0"))
    elif most < least:
        errors.append(invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    for number, metric in enumerate(spec.get("metrics") or []):
        errors += _metric(metric, f"spec.metrics[{number}]")
    for direction in ("scaleUp", "scaleDown"):
        rules = get(spec, "behavior", direction)
        if rules is not None:
            errors += _rules(rules, f"spec.behavior.{direction}")
    return errors


def _metric(value: Object, at: str) -> list[FieldError]:
    kind = value.get("type")
    if not kind:
        return [required(f"{at}.type", "must specify a metric source type")]
    if kind not in _SOURCES:
        return [unsupported(f"{at}.type", kind, tuple(_SOURCES))]
    name = _SOURCES[kind]
    if name not in value:
        return [required(f"{at}.{name}", "must populate information for the given metric source")]
    extra = [each for each in _SOURCES.values() if each != name and each in value]
    if extra:
        return [forbidden_field(f"{at}.{extra[0]}", "must populate the given metric source only")]
    target, place = value[name].get("target") or {}, f"{at}.{name}.target"
    if target.get("type") not in _TARGETS:
        return [unsupported(f"{place}.type", target.get("type", ""), tuple(_TARGETS))]
    errors: list[FieldError] = []
    utilization = target.get("averageUtilization")
    if utilization is not None and utilization < 1:
        errors.append(invalid(f"{place}.averageUtilization", utilization, "must be greater than 0"))
    if _TARGETS[target["type"]] not in target:
        text = "must set either a target raw value or a target utilization"
        if name not in ("resource", "containerResource"):
            text = "must set either a target value for metric or a per-pod target"
        errors.append(required(f"{place}.{_TARGETS[target['type']]}", text))
    return errors


def _rules(value: Object, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    window = value.get("stabilizationWindowSeconds")
    if window is not None and not 0 <= window <= 3600:
        text = "must be greater than or equal to zero" if window < 0 else "must be less than or equal to 3600"
        errors.append(invalid(f"{at}.stabilizationWindowSeconds", window, text))
    if value.get("selectPolicy") not in (None, "Max", "Min", "Disabled"):
        errors.append(unsupported(f"{at}.selectPolicy", value["selectPolicy"], ("Disabled", "Max", "Min")))
    if not value.get("policies"):
        errors.append(required(f"{at}.policies", "must specify at least one Policy"))
    for number, policy in enumerate(value.get("policies") or []):
        place = f"{at}.policies[{number}]"
        if policy.get("type") not in ("Percent", "Pods"):
            errors.append(unsupported(f"{place}.type", policy.get("type", ""), ("Percent", "Pods")))
        if (policy.get("value") or 0) <= 0:
            errors.append(invalid(f"{place}.value", policy.get("value", 0), "must be greater than zero"))
        if not 0 < (policy.get("periodSeconds") or 0) <= 1800:
            text = "must be greater than zero and less than or equal to 1800"
            errors.append(invalid(f"{place}.periodSeconds", policy.get("periodSeconds", 0), text))
    return errors


def disruption_budget(value: Object, old: Object | None) -> list[FieldError]:
    spec, errors = value.get("spec") or {}, []
    if "minAvailable" in spec and "maxUnavailable" in spec:
        text = "minAvailable and maxUnavailable cannot be both set"
        errors.append(invalid("spec", spec, text))
    for name in ("minAvailable", "maxUnavailable"):
        if name in spec:
            errors += int_or_percent(spec[name], f"spec.{name}")
    if spec.get("selector") is not None:
        errors += metadata.selector(spec["selector"], "spec.selector")
    return errors
