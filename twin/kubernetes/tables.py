# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables that ``kubectl get`` prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from twin.kubernetes import selectors
from twin.kubernetes.resources import Resource
from twin.kubernetes.values import Object, condition, get, seconds_of

Cell = Callable[[Object, float], Any]
Column = tuple[str, str, int, Cell]
"""Name, type, priority (1 is shown by ``-o wide`` only) and what makes the cell of an object and the time."""


def age(since: str | None, now: float) -> str:
    """A duration as kubectl writes it: two units at most."""
    if not since:
        return "<unknown>"
    seconds = max(0, int(now - seconds_of(since)))
    if seconds < 120:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    return f"{days}d" if days < 730 else f"{days // 365}y"


def _path(*path: str | int, default: Any = "<none>") -> Cell:
    return lambda value, now: get(value, *path, default=default)


def _number(*path: str) -> Cell:
    return _path(*path, default=0)


_NAME: Column = ("Name", "string", 0, _path("metadata", "name"))
_AGE: Column = ("Age", "string", 0, lambda value, now: age(get(value, "metadata", "creationTimestamp"), now))


def _pod_template(value: Object) -> Object:
    return get(value, "spec", "template", "spec", default={})


_WORKLOAD_WIDE: tuple[Column, ...] = (
    ("Containers", "string", 1, lambda value, now: ",".join(c["name"] for c in _pod_template(value)["containers"])),
    ("Images", "string", 1, lambda value, now: ",".join(c["image"] for c in _pod_template(value)["containers"])),
    ("Selector", "string", 1, lambda value, now: selectors.as_text(get(value, "spec", "selector")) or "<none>"),
)


def _pod_ready(value: Object, now: float) -> str:
    statuses = get(value, "status", "containerStatuses", default=[])
    return f"{sum(each.get('ready', False) for each in statuses)}/{len(value['spec']['containers'])}"


def pod_status(value: Object, now: float = 0) -> str:
    """The word of the STATUS column."""
    reason = get(value, "status", "reason") or get(value, "status", "phase", default="Pending")
    for each in get(value, "status", "containerStatuses", default=[]):
        reason = get(each, "state", "waiting", "reason") or get(each, "state", "terminated", "reason") or reason
    if "deletionTimestamp" in value["metadata"]:
        return "Terminating"
    return reason


def _restarts(value: Object, now: float) -> str:
    return str(sum(each.get("restartCount", 0) for each in get(value, "status", "containerStatuses", default=[])))


def _ports(value: Object, now: float) -> str:
    texts = []
    for port in get(value, "spec", "ports", default=[]):
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        texts.append(f"{port['port']}{node}/{port['protocol']}")
    return ",".join(texts) or "<none>"


def _balancer(value: Object) -> str:
    points = get(value, "status", "loadBalancer", "ingress", default=[])
    return ",".join(each.get("hostname") or each.get("ip", "") for each in points)


def _external(value: Object, now: float) -> str:
    if get(value, "spec", "type") == "ExternalName":
        return get(value, "spec", "externalName", default="<none>")
    waiting = "<pending>" if get(value, "spec", "type") == "LoadBalancer" else "<none>"
    return _balancer(value) or waiting


def _endpoints(value: Object, now: float) -> str:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in value.get("subsets") or []
        for port in subset.get("ports") or []
        for address in subset.get("addresses") or []
    ]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") if found else "<none>"


def _node_status(value: Object, now: float) -> str:
    ready = condition(value, "Ready")
    text = "Ready" if ready and ready["status"] == "True" else "NotReady"
    return text + (",SchedulingDisabled" if get(value, "spec", "unschedulable") else "")


def _node_roles(value: Object, now: float) -> str:
    prefix = "node-role.kubernetes.io/"
    return (
        ",".join(key.removeprefix(prefix) for key in selectors.labels_of(value) if key.startswith(prefix)) or "<none>"
    )


def _address(kind: str) -> Cell:
    def cell(value: Object, now: float) -> str:
        found = get(value, "status", "addresses", default=[])
        return next((each["address"] for each in found if each["type"] == kind), "<none>")

    return cell


def _targets(value: Object, now: float) -> str:
    current = {_metric_name(each): each for each in get(value, "status", "currentMetrics", default=[])}
    texts = []
    for metric in get(value, "spec", "metrics", default=[]):
        source = metric[metric["type"][0].lower() + metric["type"][1:]]
        target, name = source["target"], _metric_name(metric)
        found = current.get(name)
        now_at = get(found, found["type"][0].lower() + found["type"][1:], "current", default={}) if found else {}
        if target.get("averageUtilization") is not None:
            shown = now_at.get("averageUtilization")
            texts.append(f"{name}: {'<unknown>' if shown is None else f'{shown}%'}/{target['averageUtilization']}%")
        else:
            key = "averageValue" if target["type"] == "AverageValue" else "value"
            average = " (avg)" if key == "averageValue" else ""
            shown = now_at.get(key)
            label = f"{name}: " if metric["type"] in ("Resource", "ContainerResource") else ""
            texts.append(f"{label}{'<unknown>' if shown is None else shown}/{target[key]}{average}")
    return ", ".join(texts[:2]) + (f" + {len(texts) - 2} more..." if len(texts) > 2 else "") or "<none>"


def _metric_name(metric: Object) -> str:
    source = metric.get(metric["type"][0].lower() + metric["type"][1:], {})
    return source.get("name") or get(source, "metric", "name", default="")


def _hosts(value: Object, now: float) -> str:
    return ",".join(rule.get("host") or "*" for rule in get(value, "spec", "rules", default=[])) or "*"


def _job_status(value: Object, now: float) -> str:
    for kind, text in (("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended")):
        found = condition(value, kind)
        if found and found["status"] == "True":
            return text
    return "Terminating" if "deletionTimestamp" in value["metadata"] else "Running"


def _job_duration(value: Object, now: float) -> str:
    start, end = get(value, "status", "startTime"), get(value, "status", "completionTime")
    return "" if not start else age(start, seconds_of(end) if end else now)


def _claim_capacity(value: Object, now: float) -> str:
    return get(value, "status", "capacity", "storage", default="")


def _quota(part: str) -> Cell:
    def cell(value: Object, now: float) -> str:
        hard, used = get(value, "status", "hard", default={}), get(value, "status", "used", default={})
        return ", ".join(
            f"{name}: {used.get(name, '0')}/{hard[name]}"
            for name in sorted(hard)
            if name.startswith("limits") == (part == "limits")
        )

    return cell


def _row(*columns: Column) -> tuple[Column, ...]:
    return (_NAME, *columns, _AGE)


_INT, _TEXT = "integer", "string"
_COLUMNS: dict[tuple[str, str], tuple[Column, ...]] = {
    ("", "Namespace"): _row(("Status", _TEXT, 0, _path("status", "phase"))),
    ("", "Node"): (
        *_row(("Status", _TEXT, 0, _node_status), ("Roles", _TEXT, 0, _node_roles)),
        ("Version", _TEXT, 0, _path("status", "nodeInfo", "kubeletVersion")),
        ("Internal-IP", _TEXT, 1, _address("InternalIP")),
        ("External-IP", _TEXT, 1, _address("ExternalIP")),
        ("OS-Image", _TEXT, 1, _path("status", "nodeInfo", "osImage")),
        ("Kernel-Version", _TEXT, 1, _path("status", "nodeInfo", "kernelVersion")),
        ("Container-Runtime", _TEXT, 1, _path("status", "nodeInfo", "containerRuntimeVersion")),
    ),
    ("", "Pod"): (
        _NAME,
        ("Ready", _TEXT, 0, _pod_ready),
        ("Status", _TEXT, 0, pod_status),
        ("Restarts", _TEXT, 0, _restarts),
        _AGE,
        ("IP", _TEXT, 1, _path("status", "podIP")),
        ("Node", _TEXT, 1, _path("spec", "nodeName")),
        ("Nominated Node", _TEXT, 1, _path("status", "nominatedNodeName")),
        ("Readiness Gates", _TEXT, 1, lambda value, now: "<none>"),
    ),
    ("", "Service"): (
        *_row(
            ("Type", _TEXT, 0, _path("spec", "type")),
            ("Cluster-IP", _TEXT, 0, _path("spec", "clusterIP")),
            ("External-IP", _TEXT, 0, _external),
            ("Port(s)", _TEXT, 0, _ports),
        ),
        (
            "Selector",
            _TEXT,
            1,
            lambda value, now: (
                selectors.as_text({"matchLabels": get(value, "spec", "selector", default={})}) or "<none>"
            ),
        ),
    ),
    ("", "Endpoints"): _row(("Endpoints", _TEXT, 0, _endpoints)),
    ("", "ConfigMap"): _row(
        ("Data", _TEXT, 0, lambda v, now: len(v.get("data") or {}) + len(v.get("binaryData") or {}))
    ),
    ("", "Secret"): _row(
        ("Type", _TEXT, 0, _path("type")), ("Data", _TEXT, 0, lambda value, now: len(value.get("data") or {}))
    ),
    ("", "ServiceAccount"): _row(("Secrets", _TEXT, 0, lambda value, now: len(value.get("secrets") or []))),
    ("", "Event"): (
        ("Last Seen", _TEXT, 0, lambda v, now: age(v.get("lastTimestamp") or v["metadata"]["creationTimestamp"], now)),
        ("Type", _TEXT, 0, _path("type")),
        ("Reason", _TEXT, 0, _path("reason")),
        (
            "Object",
            _TEXT,
            0,
            lambda v, now: f"{v['involvedObject'].get('kind', '').lower()}/{v['involvedObject'].get('name')}",
        ),
        ("Subobject", _TEXT, 1, _path("involvedObject", "fieldPath", default="")),
        ("Source", _TEXT, 1, _path("source", "component", default="")),
        ("Message", _TEXT, 0, _path("message")),
        ("First Seen", _TEXT, 1, lambda v, now: age(v.get("firstTimestamp"), now)),
        ("Count", _TEXT, 1, _path("count", default=1)),
        ("Name", _TEXT, 1, _path("metadata", "name")),
    ),
    ("", "PersistentVolumeClaim"): (
        *_row(
            ("Status", _TEXT, 0, _path("status", "phase", default="Pending")),
            ("Volume", _TEXT, 0, _path("spec", "volumeName", default="")),
            ("Capacity", _TEXT, 0, _claim_capacity),
            (
                "Access Modes",
                _TEXT,
                0,
                lambda v, now: ",".join(_short_modes(get(v, "spec", "accessModes", default=[]))),
            ),
            ("StorageClass", _TEXT, 0, _path("spec", "storageClassName", default="")),
        ),
        ("VolumeMode", _TEXT, 1, _path("spec", "volumeMode")),
    ),
    ("", "ResourceQuota"): _row(("Request", _TEXT, 0, _quota("requests")), ("Limit", _TEXT, 0, _quota("limits"))),
    ("", "LimitRange"): (
        _NAME,
        ("Created At", _TEXT, 0, _path("metadata", "creationTimestamp")),
    ),
    ("apps", "Deployment"): (
        *_row(
            (
                "Ready",
                _TEXT,
                0,
                lambda v, now: (
                    f"{get(v, 'status', 'readyReplicas', default=0)}/{get(v, 'spec', 'replicas', default=0)}"
                ),
            ),
            ("Up-to-date", _INT, 0, _number("status", "updatedReplicas")),
            ("Available", _INT, 0, _number("status", "availableReplicas")),
        ),
        *_WORKLOAD_WIDE,
    ),
    ("apps", "ReplicaSet"): (
        *_row(
            ("Desired", _INT, 0, _number("spec", "replicas")),
            ("Current", _INT, 0, _number("status", "replicas")),
            ("Ready", _INT, 0, _number("status", "readyReplicas")),
        ),
        *_WORKLOAD_WIDE,
    ),
    ("apps", "StatefulSet"): (
        *_row(
            (
                "Ready",
                _TEXT,
                0,
                lambda v, now: (
                    f"{get(v, 'status', 'readyReplicas', default=0)}/{get(v, 'spec', 'replicas', default=0)}"
                ),
            )
        ),
        *_WORKLOAD_WIDE[:2],
    ),
    ("apps", "DaemonSet"): (
        *_row(
            ("Desired", _INT, 0, _number("status", "desiredNumberScheduled")),
            ("Current", _INT, 0, _number("status", "currentNumberScheduled")),
            ("Ready", _INT, 0, _number("status", "numberReady")),
            ("Up-to-date", _INT, 0, _number("status", "updatedNumberScheduled")),
            ("Available", _INT, 0, _number("status", "numberAvailable")),
            (
                "Node Selector",
                _TEXT,
                0,
                lambda v, now: selectors.as_text({"matchLabels": _pod_template(v).get("nodeSelector")}) or "<none>",
            ),
        ),
        *_WORKLOAD_WIDE,
    ),
    ("apps", "ControllerRevision"): _row(
        ("Controller", _TEXT, 0, lambda v, now: _owner_text(v)), ("Revision", _INT, 0, _number("revision"))
    ),
    ("batch", "Job"): (
        *_row(
            ("Status", _TEXT, 0, _job_status),
            (
                "Completions",
                _TEXT,
                0,
                lambda v, now: f"{get(v, 'status', 'succeeded', default=0)}/{get(v, 'spec', 'completions', default=1)}",
            ),
            ("Duration", _TEXT, 0, _job_duration),
        ),
        *_WORKLOAD_WIDE,
    ),
    ("batch", "CronJob"): (
        *_row(
            ("Schedule", _TEXT, 0, _path("spec", "schedule")),
            ("Timezone", _TEXT, 0, _path("spec", "timeZone")),
            ("Suspend", _TEXT, 0, lambda v, now: str(get(v, "spec", "suspend", default=False))),
            ("Active", _INT, 0, lambda v, now: len(get(v, "status", "active", default=[]))),
            (
                "Last Schedule",
                _TEXT,
                0,
                lambda v, now: age(t, now) if (t := get(v, "status", "lastScheduleTime")) else "<none>",
            ),
        ),
    ),
    ("autoscaling", "HorizontalPodAutoscaler"): _row(
        (
            "Reference",
            _TEXT,
            0,
            lambda v, now: f"{v['spec']['scaleTargetRef']['kind']}/{v['spec']['scaleTargetRef']['name']}",
        ),
        ("Targets", _TEXT, 0, _targets),
        ("MinPods", _TEXT, 0, lambda v, now: str(get(v, "spec", "minReplicas", default=1))),
        ("MaxPods", _INT, 0, _number("spec", "maxReplicas")),
        ("Replicas", _INT, 0, _number("status", "currentReplicas")),
    ),
    ("networking.k8s.io", "Ingress"): _row(
        ("Class", _TEXT, 0, _path("spec", "ingressClassName")),
        ("Hosts", _TEXT, 0, _hosts),
        ("Address", _TEXT, 0, lambda value, now: _balancer(value)),
        ("Ports", _TEXT, 0, lambda value, now: "80, 443" if get(value, "spec", "tls") else "80"),
    ),
    ("networking.k8s.io", "IngressClass"): _row(
        ("Controller", _TEXT, 0, _path("spec", "controller")),
        ("Parameters", _TEXT, 0, _path("spec", "parameters", "name")),
    ),
    ("networking.k8s.io", "NetworkPolicy"): _row(
        ("Pod-Selector", _TEXT, 0, lambda v, now: selectors.as_text(get(v, "spec", "podSelector")) or "<none>")
    ),
    ("policy", "PodDisruptionBudget"): _row(
        ("Min Available", _TEXT, 0, lambda v, now: str(get(v, "spec", "minAvailable", default="N/A"))),
        ("Max Unavailable", _TEXT, 0, lambda v, now: str(get(v, "spec", "maxUnavailable", default="N/A"))),
        ("Allowed Disruptions", _INT, 0, _number("status", "disruptionsAllowed")),
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): _row(
        ("Role", _TEXT, 0, lambda value, now: f"{value['roleRef']['kind']}/{value['roleRef']['name']}")
    ),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _row(
        ("Role", _TEXT, 0, lambda value, now: f"{value['roleRef']['kind']}/{value['roleRef']['name']}")
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        _NAME,
        ("Created At", "date", 0, _path("metadata", "creationTimestamp")),
    ),
    ("apiregistration.k8s.io", "APIService"): _row(
        ("Service", _TEXT, 0, lambda v, now: get(v, "spec", "service", "name", default="Local")),
        ("Available", _TEXT, 0, lambda v, now: (condition(v, "Available") or {}).get("status", "Unknown")),
    ),
    ("storage.k8s.io", "StorageClass"): _row(
        ("Provisioner", _TEXT, 0, _path("provisioner")),
        ("ReclaimPolicy", _TEXT, 0, _path("reclaimPolicy")),
        ("VolumeBindingMode", _TEXT, 0, _path("volumeBindingMode")),
        ("AllowVolumeExpansion", _TEXT, 0, lambda v, now: str(v.get("allowVolumeExpansion", False)).lower()),
    ),
    ("discovery.k8s.io", "EndpointSlice"): _row(
        ("AddressType", _TEXT, 0, _path("addressType")),
        ("Ports", _TEXT, 0, lambda v, now: ",".join(str(p.get("port")) for p in v.get("ports") or []) or "<unset>"),
        (
            "Endpoints",
            _TEXT,
            0,
            lambda v, now: ",".join(a for e in v.get("endpoints") or [] for a in e["addresses"]) or "<unset>",
        ),
    ),
    ("coordination.k8s.io", "Lease"): _row(("Holder", _TEXT, 0, _path("spec", "holderIdentity", default=""))),
}


def _owner_text(value: Object) -> str:
    owner = next(iter(value["metadata"].get("ownerReferences", [])), None)
    return f"{owner['kind'].lower()}.{owner['apiVersion'].partition('/')[0]}/{owner['name']}" if owner else "<none>"


def _short_modes(modes: list[str]) -> list[str]:
    return [re.sub("[a-z]", "", mode) if mode != "ReadWriteOncePod" else "RWOP" for mode in modes]


def _custom_columns(resource: Resource) -> tuple[Column, ...]:
    listed = (resource.custom or {}).get("additionalPrinterColumns")
    if not listed:
        return _NAME, _AGE

    def cell(column: Object) -> Cell:
        path = column["jsonPath"]

        def read(value: Object, now: float) -> Any:
            found = json_path(value, path)
            if column["type"] == "date":
                return age(found, now) if found else ""
            return "" if found is None else found

        return read

    return (_NAME, *((each["name"], each["type"], each.get("priority", 0), cell(each)) for each in listed))


def json_path(value: Any, path: str) -> Any:
    """What a simple JSON path leads to: names, indices and equality filters. None where nothing is."""
    for name, index, key, wanted in re.findall(
        r"\.([A-Za-z0-9_\-/]+)|\[(\d+|\*)\]|\[\?\(@\.([A-Za-z0-9_]+)\s*==\s*[\"']([^\"']*)[\"']\)\]",
        path.replace("\\.", "/"),
    ):
        if name:
            value = value.get(name.replace("/", ".")) if isinstance(value, dict) else None
        elif index and isinstance(value, list):
            number = 0 if index == "*" else int(index)
            value = value[number] if number < len(value) else None
        elif isinstance(value, list):
            value = next((each for each in value if str(each.get(key)) == wanted), None)
        else:
            value = None
    return value


def columns_of(resource: Resource) -> tuple[Column, ...]:
    if resource.custom is not None:
        return _custom_columns(resource)
    return _COLUMNS.get((resource.group, resource.kind), (_NAME, _AGE))


def table(resource: Resource, items: list[Object], metadata: Object, now: float, include: str, version: str) -> Object:
    """A Table of the objects; ``include`` is None, Metadata or Object."""
    columns = columns_of(resource)
    definitions = [
        {
            "name": name,
            "type": kind,
            "format": "name" if name == "Name" else "",
            "description": name,
            "priority": priority,
        }
        for name, kind, priority, _ in columns
    ]
    rows = []
    for item in items:
        row: Object = {"cells": [cell(item, now) for _, _, _, cell in columns]}
        if include == "Object":
            row["object"] = item
        elif include != "None":
            row["object"] = partial(item, version)
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    }


def partial(value: Object, version: str) -> Object:
    """The object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": value["metadata"]}
