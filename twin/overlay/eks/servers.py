# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes API of each cluster, from when it is ACTIVE until it goes, with the nodes of its node groups."""

from __future__ import annotations

import atexit
import hashlib
import threading
from collections.abc import Iterator
from typing import Any

from twin.kubernetes import Node, start_cluster
from twin.overlay import _lookups
from twin.overlay._lifecycle import Record
from twin.overlay.eks import operators, tokens
from twin.overlay.eks.store import Cluster
from twin.world import World

_RUNNING: dict[str, Any] = {}

#: Size of an instance type -> CPUs and memory.
_SIZES = {
    "micro": ("2", "1Gi"),
    "small": ("2", "2Gi"),
    "medium": ("2", "4Gi"),
    "large": ("2", "8Gi"),
    "xlarge": ("4", "16Gi"),
    "2xlarge": ("8", "32Gi"),
    "4xlarge": ("16", "64Gi"),
}
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
#: As many nodes of a group as are worth the trouble.
_MOST = 50


def install(world: World) -> None:
    world.on_reset(_stop_all)
    atexit.register(_stop_all)


def start(world: World, cluster: Cluster) -> None:
    """Let a cluster answer, and write where into its record."""
    record = cluster.record
    server = start_cluster(
        cluster.name,
        version=record["version"],
        authenticate=lambda token: tokens.authenticate(world, cluster, token),
        delays=world.delay,
    )
    operators.install(server, record["account"])
    _RUNNING[record["arn"]] = server
    record["endpoint"] = server.endpoint
    record["certificateAuthority"] = {"data": server.certificate_authority_data}


def settle_nodes(cluster: Cluster) -> None:
    """Let exactly the nodes be there that the node groups want."""
    server = _RUNNING.get(cluster.record["arn"])
    if server is None:
        return
    wanted = {
        node.name: node
        for group in cluster.nodegroups.values()
        if group["status"] not in ("CREATING", "CREATE_FAILED", "DELETING")
        for node in _nodes(cluster, group)
    }
    present = set(server.node_names())
    for name in present - wanted.keys():
        server.remove_node(name)
    for name, node in wanted.items():
        if name not in present:
            server.add_node(node)


def _nodes(cluster: Cluster, group: Record) -> Iterator[Node]:
    """The nodes of a group; what they look like is part of who they are, so that a change makes others."""
    account, region = cluster.record["account"], cluster.record["region"]
    subnets, _unknown = _lookups.subnets(account, region, group["subnets"])
    zones = [subnet.availability_zone for subnet in subnets] or [f"{region}a"]
    types = group.get("instanceTypes") or ["m5.large"]
    look = f"{group['nodegroupArn']} {group['labels']} {group['taints']} {group['version']}"
    for number in range(min(group["scalingConfig"]["desiredSize"], _MOST)):
        mark = hashlib.sha256(f"{look} {number}".encode()).digest()
        address = f"10.0.{mark[0]}.{mark[1]}"
        kind = types[number % len(types)]
        cpu, memory = _SIZES.get(kind.rpartition(".")[2], ("2", "8Gi"))
        yield Node(
            name=f"ip-{address.replace('.', '-')}.{region}.compute.internal",
            labels={
                **group["labels"],
                "eks.amazonaws.com/nodegroup": group["nodegroupName"],
                "eks.amazonaws.com/capacityType": group["capacityType"],
            },
            taints=[
                {"key": taint["key"], "value": taint.get("value", ""), "effect": _EFFECTS[taint["effect"]]}
                for taint in group["taints"]
            ],
            capacity={"cpu": cpu, "memory": memory},
            zone=zones[number % len(zones)],
            instance_type=kind,
            address=address,
        )


def stop(cluster: Cluster) -> None:
    server = _RUNNING.pop(cluster.record["arn"], None)
    if server is not None:
        # A request that is being answered may wait for the world's lock, which is held here.
        threading.Thread(target=server.stop, daemon=True).start()


def _stop_all() -> None:
    while _RUNNING:
        _arn, server = _RUNNING.popitem()
        threading.Thread(target=server.stop, daemon=True).start()
