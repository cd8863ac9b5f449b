# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Defaults of pods and of the rest of the core group."""

from __future__ import annotations

from typing import Any

from twin.kubernetes.values import Object, get

DEFAULT_MODE = 0o644


def default(value: Object, **fields: Any) -> None:
    """Set what is missing."""
    for name, wanted in fields.items():
        value.setdefault(name, wanted)


def pod_template(template: Object | None) -> None:
    if template is not None:
        pod_spec(template.setdefault("spec", {}))


def pod_spec(spec: Object) -> None:
    default(spec, dnsPolicy="ClusterFirst", restartPolicy="Always", schedulerName="default-scheduler")
    default(spec, securityContext={}, terminationGracePeriodSeconds=30)
    if spec.get("hostNetwork"):
        for each in _containers(spec):
            for port in each.get("ports", []):
                port.setdefault("hostPort", port.get("containerPort"))
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    elif "serviceAccount" in spec:
        spec["serviceAccountName"] = spec["serviceAccount"]
    for each in _containers(spec):
        container(each)
    for volume in spec.get("volumes", []):
        _volume(volume)
    for spread in spec.get("topologySpreadConstraints", []):
        default(spread, whenUnsatisfiable="DoNotSchedule")


def _containers(spec: Object) -> list[Object]:
    lists = (spec.get(name) or [] for name in ("initContainers", "containers", "ephemeralContainers"))
    return [each for found in lists for each in found if isinstance(each, dict)]


def container(value: Object) -> None:
    default(value, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File", resources={})
    if image := value.get("image"):
        tagged = image.rpartition("/")[2]
        latest = "@" not in image and (":" not in tagged or tagged.endswith(":latest"))
        default(value, imagePullPolicy="Always" if latest else "IfNotPresent")
    limits = get(value, "resources", "limits")
    if limits:
        requests = value["resources"].setdefault("requests", {})
        default(requests, **limits)
    for port in value.get("ports", []):
        default(port, protocol="TCP")
    for variable in value.get("env", []):
        if field := get(variable, "valueFrom", "fieldRef"):
            default(field, apiVersion="v1")
        if resource := get(variable, "valueFrom", "resourceFieldRef"):
            default(resource, divisor="0")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in value:
            probe(value[name])
    for hook in get(value, "lifecycle", default={}).values():
        if isinstance(hook, dict) and "httpGet" in hook:
            default(hook["httpGet"], path="/", scheme="HTTP")


def probe(value: Object) -> None:
    default(value, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    if "httpGet" in value:
        default(value["httpGet"], path="/", scheme="HTTP")
    if "grpc" in value:
        default(value["grpc"], service="")


def _volume(volume: Object) -> None:
    sources = [name for name in volume if name != "name"]
    if not sources:
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "downwardAPI", "projected"):
        if isinstance(volume.get(name), dict):
            default(volume[name], defaultMode=DEFAULT_MODE)
    for item in get(volume, "downwardAPI", "items", default=[]):
        if "fieldRef" in item:
            default(item["fieldRef"], apiVersion="v1")
    for source in get(volume, "projected", "sources", default=[]):
        if "serviceAccountToken" in source:
            default(source["serviceAccountToken"], expirationSeconds=3600)
        for item in get(source, "downwardAPI", "items", default=[]):
            if "fieldRef" in item:
                default(item["fieldRef"], apiVersion="v1")
    if isinstance(volume.get("hostPath"), dict):
        default(volume["hostPath"], type="")


def service(value: Object) -> None:
    spec = value.setdefault("spec", {})
    default(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "ClientIP":
        default(spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}), timeoutSeconds=10800)
    for port in spec.get("ports", []):
        default(port, protocol="TCP")
        if spec["type"] != "ExternalName" and not port.get("targetPort"):
            port["targetPort"] = port.get("port")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        default(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        default(spec, allocateLoadBalancerNodePorts=True)
    if spec["type"] != "ExternalName":
        default(spec, internalTrafficPolicy="Cluster")


def secret(value: Object) -> None:
    default(value, type="Opaque")


def namespace(value: Object) -> None:
    value.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    labels = value["metadata"].setdefault("labels", {})
    if value["metadata"].get("name"):
        labels["kubernetes.io/metadata.name"] = value["metadata"]["name"]


def node(value: Object) -> None:
    value.setdefault("spec", {})


def endpoints(value: Object) -> None:
    for subset in value.get("subsets", []):
        for port in subset.get("ports", []):
            default(port, protocol="TCP")


def limit_range(value: Object) -> None:
    for item in get(value, "spec", "limits", default=[]):
        if item.get("type") == "Container":
            limits = item.get("default") or dict(item.get("max") or {})
            requests = {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}
            if limits:
                item["default"] = limits
            if requests:
                item["defaultRequest"] = requests


def persistent_volume(value: Object) -> None:
    default(value.setdefault("spec", {}), persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")


def persistent_volume_claim(value: Object) -> None:
    default(value.setdefault("spec", {}), volumeMode="Filesystem")
