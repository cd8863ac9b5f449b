# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes, as the node groups of EKS make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twin.kubernetes.values import Object


@dataclass(frozen=True)
class Node:
    """A machine that joins the cluster. ``taints`` as in a Node's specification, ``capacity`` as quantities."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()
    capacity: Mapping[str, str] = field(default_factory=dict)
    zone: str = "eu-west-1a"
    instance_type: str = "m6i.large"
    address: str = "10.0.0.10"


def as_object(node: Node, version: str, now: str) -> Object:
    """The Node object of a machine that is ready."""
    region = node.zone[:-1]
    labels = {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": node.instance_type,
        "topology.kubernetes.io/zone": node.zone,
        "topology.kubernetes.io/region": region,
        **node.labels,
    }
    capacity = {"cpu": "2", "memory": "8Gi", "pods": "29", "ephemeral-storage": "20Gi", **node.capacity}
    conditions = [
        _condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "sufficient memory available", now),
        _condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "no disk pressure", now),
        _condition("PIDPressure", "False", "KubeletHasSufficientPID", "sufficient PID available", now),
        _condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", now),
    ]
    spec: Object = {"providerID": f"aws:///{node.zone}/{node.name}"}
    if node.taints:
        spec["taints"] = [dict(each) for each in node.taints]
    return {
        "metadata": {"name": node.name, "labels": labels},
        "spec": spec,
        "status": {
            "capacity": dict(capacity),
            "allocatable": dict(capacity),
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": node.address},
                {"type": "Hostname", "address": node.name},
                {"type": "InternalDNS", "address": node.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": "linux",
                "osImage": "Amazon Linux 2023",
                "kernelVersion": "6.1.0",
                "containerRuntimeVersion": "containerd://2.1.0",
                "kubeletVersion": f"v{version}.0-eks",
                "kubeProxyVersion": f"v{version}.0-eks",
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
            },
        },
    }


def _condition(kind: str, status: str, reason: str, message: str, now: str) -> Object:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
