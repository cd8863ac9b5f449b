# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Autoscalers in version 1 of their API, which knows a CPU target and nothing else."""

from __future__ import annotations

from twin.kubernetes.values import Object, get


def from_v2(value: Object) -> Object:
    """The v2 object as v1 shows it."""
    spec = {key: item for key, item in value.get("spec", {}).items() if key not in ("metrics", "behavior")}
    for metric in get(value, "spec", "metrics", default=[]):
        target = get(metric, "resource", "target", "averageUtilization")
        if get(metric, "resource", "name") == "cpu" and target is not None:
            spec["targetCPUUtilizationPercentage"] = target
    status = {key: item for key, item in value.get("status", {}).items() if key not in ("currentMetrics", "conditions")}
    for metric in get(value, "status", "currentMetrics", default=[]):
        current = get(metric, "resource", "current", "averageUtilization")
        if get(metric, "resource", "name") == "cpu" and current is not None:
            status["currentCPUUtilizationPercentage"] = current
    status.setdefault("currentReplicas", 0)
    status.setdefault("desiredReplicas", 0)
    return {**value, "apiVersion": "autoscaling/v1", "spec": spec, "status": status}


def to_v2(value: Object) -> Object:
    """The v1 object as it is kept."""
    spec = dict(value.get("spec", {}))
    target = spec.pop("targetCPUUtilizationPercentage", None)
    if target is not None:
        wanted = {"type": "Utilization", "averageUtilization": target}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": wanted}}]
    return {**value, "apiVersion": "autoscaling/v2", "spec": spec}
