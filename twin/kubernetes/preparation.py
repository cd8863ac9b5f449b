# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What single kinds need before they are stored: a first status, encoded texts, a job's own selector."""

from __future__ import annotations

import base64

from twin.kubernetes.resources import Resource
from twin.kubernetes.values import Object, copy, get

FIRST_STATUS: dict[str, Object] = {
    "DaemonSet": {
        name: 0 for name in ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady")
    },
    "HorizontalPodAutoscaler": {"desiredReplicas": 0},
    "Ingress": {"loadBalancer": {}},
    "Namespace": {"phase": "Active"},
    "PersistentVolume": {"phase": "Pending"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "Pod": {"phase": "Pending"},
    "PodDisruptionBudget": {
        name: 0 for name in ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")
    },
    "ReplicaSet": {"replicas": 0},
    "Service": {"loadBalancer": {}},
    "StatefulSet": {"availableReplicas": 0, "replicas": 0},
}
"""What the status of a new object says. Clients with strict types count on the fields that are never left out."""


def carry(resource: Resource, value: Object, old: Object) -> None:
    """Keep what an update does not take away by leaving it out, in place."""
    where = (resource.group, resource.kind)
    if where == ("", "Service") and get(value, "spec", "type") != "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if name in old["spec"] and not get(value, "spec", name):
                value["spec"][name] = copy(old["spec"][name])
    elif where == ("batch", "Job") and "selector" in old["spec"]:
        value["spec"].setdefault("selector", copy(old["spec"]["selector"]))


def encoded(texts: dict[str, str]) -> dict[str, str]:
    """What ``stringData`` of a Secret becomes."""
    return {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}


def quality_of_service(spec: Object) -> str:
    """The pod's quality of service class."""
    resources = [each.get("resources") or {} for each in spec.get("containers", [])]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    for each in resources:
        limits, requests = each.get("limits") or {}, each.get("requests") or {}
        if not {"cpu", "memory"} <= set(limits) or any(requests.get(key, limits[key]) != limits[key] for key in limits):
            return "Burstable"
    return "Guaranteed"


def select_by_uid(job: Object) -> None:
    """A job selects its pods by its own uid, unless the selector is stated."""
    spec, uid, name = job["spec"], job["metadata"]["uid"], job["metadata"].get("name", "")
    if spec.get("manualSelector") or "template" not in spec:
        return
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    labels.update({"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name})
    labels.update({"controller-uid": uid, "job-name": name})
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
