# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments, replica sets, stateful sets and daemon sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twin.kubernetes.errors import FieldError, forbidden_field, immutable, invalid, required, unsupported
from twin.kubernetes.selectors import matches
from twin.kubernetes.validation import metadata
from twin.kubernetes.validation.pods import not_negative, template
from twin.kubernetes.values import Object, get


def deployment(value: Object, old: Object | None) -> list[FieldError]:
    spec = value.get("spec") or {}
    errors = not_negative(
        spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"
    )
    errors += _selector_and_template(spec, "deployment")
    strategy = spec.get("strategy") or {}
    if strategy.get("type") not in ("Recreate", "RollingUpdate"):
        errors.append(unsupported("spec.strategy.type", strategy.get("type"), ("Recreate", "RollingUpdate")))
    elif strategy["type"] == "Recreate" and "rollingUpdate" in strategy:
        text = "may not be specified when strategy `type` is 'Recreate'"
        errors.append(forbidden_field("spec.strategy.rollingUpdate", text))
    else:
        errors += _rolling(strategy.get("rollingUpdate") or {}, "spec.strategy.rollingUpdate")
    deadline, ready = spec.get("progressDeadlineSeconds"), spec.get("minReadySeconds") or 0
    if deadline is not None and deadline <= ready:
        errors.append(invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    return errors + _same_selector(value, old)


def replica_set(value: Object, old: Object | None) -> list[FieldError]:
    spec = value.get("spec") or {}
    errors = not_negative(spec, "spec", "replicas", "minReadySeconds")
    return errors + _selector_and_template(spec, "replicaset") + _same_selector(value, old)


def daemon_set(value: Object, old: Object | None) -> list[FieldError]:
    spec = value.get("spec") or {}
    errors = not_negative(spec, "spec", "minReadySeconds", "revisionHistoryLimit")
    errors += _selector_and_template(spec, "daemonset")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") not in ("OnDelete", "RollingUpdate"):
        errors.append(unsupported("spec.updateStrategy.type", strategy.get("type"), ("OnDelete", "RollingUpdate")))
    errors += _rolling(strategy.get("rollingUpdate") or {}, "spec.updateStrategy.rollingUpdate")
    return errors + _same_selector(value, old)


_STATEFUL_MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def stateful_set(value: Object, old: Object | None) -> list[FieldError]:
    spec = value.get("spec") or {}
    errors = not_negative(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit")
    claims = [get(each, "metadata", "name", default="") for each in spec.get("volumeClaimTemplates") or []]
    errors += _selector_and_template(spec, "statefulset", claims)
    if spec.get("podManagementPolicy") not in ("OrderedReady", "Parallel"):
        text = "must be 'OrderedReady' or 'Parallel'"
        errors.append(invalid("spec.podManagementPolicy", spec.get("podManagementPolicy"), text))
    if get(spec, "updateStrategy", "type") not in ("OnDelete", "RollingUpdate"):
        text = "must be 'RollingUpdate' or 'OnDelete'"
        errors.append(invalid("spec.updateStrategy", spec.get("updateStrategy"), text))
    errors += not_negative(
        get(spec, "updateStrategy", "rollingUpdate", default={}), "spec.updateStrategy.rollingUpdate", "partition"
    )
    if old is not None:
        kept = {key: item for key, item in spec.items() if key not in _STATEFUL_MUTABLE}
        if kept != {key: item for key, item in old["spec"].items() if key not in _STATEFUL_MUTABLE}:
            text = (
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                "'updateStrategy', "
                "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
            )
            errors.append(forbidden_field("spec", text))
    return errors


def _selector_and_template(spec: Object, kind: str, claims: Iterable[str] = ()) -> list[FieldError]:
    errors = metadata.selector(spec.get("selector"), "spec.selector")
    selector = spec.get("selector")
    if selector is not None and not (selector.get("matchLabels") or selector.get("matchExpressions")):
        errors.append(invalid("spec.selector", selector, f"empty selector is invalid for {kind}"))
    labels = get(spec, "template", "metadata", "labels", default={})
    if selector is not None and not errors and not matches(selector, labels):
        text = "`selector` does not match template `labels`"
        errors.append(invalid("spec.template.metadata.labels", labels, text))
    return errors + template(spec.get("template"), "spec.template", claims=claims)


def _rolling(value: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for name in ("maxUnavailable", "maxSurge"):
        if name in value:
            errors += int_or_percent(value[name], f"{path}.{name}")
    if not errors and value and _is_zero(value.get("maxUnavailable")) and _is_zero(value.get("maxSurge")):
        text = "may not be 0 when `maxSurge` is 0"
        errors.append(invalid(f"{path}.maxUnavailable", value.get("maxUnavailable", 0), text))
    return errors


def _is_zero(value: Any) -> bool:
    return value in (None, 0, "0%")


def int_or_percent(value: Any, path: str) -> list[FieldError]:
    """A number from 0 or a percentage."""
    if isinstance(value, int):
        return [invalid(path, value, "must be greater than or equal to 0")] if value < 0 else []
    if not (value.endswith("%") and value[:-1].isdigit()):
        text = (
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex "
            "used for validation is '[0-9]+%')"
        )
        return [invalid(path, value, text)]
    return []


def _same_selector(value: Object, old: Object | None) -> list[FieldError]:
    if old is None or get(value, "spec", "selector") == get(old, "spec", "selector"):
        return []
    selector = get(value, "spec", "selector")
    return [immutable("spec.selector", selector)] if selector is not None else [required("spec.selector")]
