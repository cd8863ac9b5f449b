# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes clusters: versions that have ended, endpoints that stand open, spare capacity of one kind."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from ..engine.values import Ref
from .rule import Rule, Severity, Subject

CLUSTER = "AWS::EKS::Cluster"
NODE_GROUP = "AWS::EKS::Nodegroup"

#: The last day of extended support, after which EKS upgrades a cluster whatever its owner says, as far as it has come.
#: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
ENDED = {
    "1.27": datetime.date(2025, 7, 24),
    "1.28": datetime.date(2025, 11, 26),
    "1.29": datetime.date(2026, 3, 23),
    "1.30": datetime.date(2026, 7, 23),
    "1.31": datetime.date(2026, 11, 26),
}
#: The last day of standard support of versions that are in extended support.
EXTENDED = {"1.32": datetime.date(2026, 3, 23), "1.33": datetime.date(2026, 7, 29)}
_OLDEST = min(int(version.split(".")[1]) for version in ENDED)
_ZONES = 2


def _minor(version: str) -> int | None:
    first, _dot, second = version.partition(".")
    return int(second) if first == "1" and second.isdecimal() else None


def _versions(subject: Subject) -> Iterator[tuple[str, str]]:
    for cluster in subject.of(CLUSTER):
        version = str(cluster.properties.get("Version") or "")
        minor = _minor(version)
        where = f"{cluster.path}.version"
        if minor is None:
            yield where, f'{version!r} is no version of Kubernetes; write it in quotes, as "1.35"'
        elif version in ENDED:
            yield where, f"{version} is supported no more since {ENDED[version]}; take 1.34 or newer"
        elif minor < _OLDEST:
            yield where, f"{version} is supported no more, or 1.{minor}0 without quotes; take 1.34 or newer, in quotes"


def _extended(subject: Subject) -> Iterator[tuple[str, str]]:
    for cluster in subject.of(CLUSTER):
        version = str(cluster.properties.get("Version") or "")
        if version in EXTENDED:
            yield (
                f"{cluster.path}.version",
                f"{version} is in extended support since {EXTENDED[version]}, at six times the price; go up to 1.34, "
                f"one minor version at a time",
            )


def _open_endpoint(subject: Subject) -> Iterator[tuple[str, str]]:
    for cluster in subject.of(CLUSTER):
        network = cluster.properties.get("ResourcesVpcConfig") or {}
        ranges = network.get("PublicAccessCidrs") or ["0.0.0.0/0"]
        if network.get("EndpointPublicAccess") and any(str(one).endswith("/0") for one in ranges):
            yield (
                f"{cluster.path}.endpoint.cidrs",
                "lets the whole internet call the Kubernetes API; name the ranges that may, or set public to false",
            )


def _zones(subject: Subject) -> Iterator[tuple[str, str]]:
    zones = {subnet.address: subnet.properties.get("AvailabilityZone") for subnet in subject.of("AWS::EC2::Subnet")}
    for cluster in subject.of(CLUSTER):
        subnets = (cluster.properties.get("ResourcesVpcConfig") or {}).get("SubnetIds") or ()
        known = [zones.get(subnet.address) if isinstance(subnet, Ref) else None for subnet in subnets]
        if known and None not in known and len(set(known)) < _ZONES:
            yield (
                cluster.path,
                f"stands in {known[0]} alone, and EKS wants two zones; set network.zones to 2 or more",
            )


def _one_type(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(NODE_GROUP):
        types: Any = group.properties.get("InstanceTypes") or ()
        if group.properties.get("CapacityType") == "SPOT" and len(types) == 1:
            yield (
                f"{group.path}.node_groups.{group.name.partition('/')[2]}.instance_types",
                f"{types[0]} alone: when AWS wants its spare capacity back there is none in its place; name several of "
                f"the same size",
            )


RULES = (
    Rule(
        "kubernetes.version",
        "A version of Kubernetes that EKS does not have.",
        _versions,
        source="https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
    ),
    Rule(
        "kubernetes.extended-support",
        "A version in extended support, which costs six times as much.",
        _extended,
        Severity.WARNING,
        source="https://aws.amazon.com/eks/pricing/",
    ),
    Rule(
        "kubernetes.open-endpoint",
        "A Kubernetes API that the whole internet may call.",
        _open_endpoint,
        Severity.WARNING,
        source="https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html",
    ),
    Rule(
        "kubernetes.one-zone",
        "A cluster in a single zone.",
        _zones,
        source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
    ),
    Rule(
        "kubernetes.spot-variety",
        "Spare capacity of a single instance type.",
        _one_type,
        Severity.WARNING,
        source="https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html",
    ),
)
