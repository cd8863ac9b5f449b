# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of replication groups: settings, replica counts, failover."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.utils import utcnow
from moto.elasticache.responses import ElastiCacheResponse

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.elasticache import clusters, engines
from twin.overlay.elasticache.groups import check_family
from twin.overlay.elasticache.replication import (
    add_member,
    become,
    check_failover,
    check_token,
    note_snapshotting,
    view,
)
from twin.overlay.elasticache.store import bad, clash, find_group, must_be_available, store
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]


def _check_modify(response: ElastiCacheResponse, group: Record, member: Record, p: Parameters) -> str | None:
    clusters.check_windows(p)
    if p.get("CacheNodeType"):
        engines.check_node_type(p["CacheNodeType"])
    version = clusters.check_upgrade(group["Engine"], member["EngineVersion"], p.get("EngineVersion"))
    wanted = version or member["EngineVersion"]
    check_family(response, p.get("CacheParameterGroupName"), group["Engine"], wanted)
    current = member["CacheParameterGroup"]["CacheParameterGroupName"]
    if version and not current.startswith("default.") and not p.get("CacheParameterGroupName"):
        check_family(response, current, group["Engine"], wanted)
    failover = p.get("AutomaticFailoverEnabled", group["AutomaticFailover"] == "enabled")
    multi_az = p.get("MultiAZEnabled", group["MultiAZ"] == "enabled")
    per_shard = min(len(members) for members in group["shards"].values())
    if {"AutomaticFailoverEnabled", "MultiAZEnabled"} & p.keys():
        if group["ClusterEnabled"] and not failover:
            clash("Turning off automatic failover for replication group with cluster mode enabled is not supported.")
        check_failover(per_shard, failover, multi_az, group["ClusterEnabled"])
    encrypted = p.get("TransitEncryptionEnabled", group["TransitEncryptionEnabled"])
    if p.get("TransitEncryptionEnabled") and not group["TransitEncryptionEnabled"]:
        if p.get("TransitEncryptionMode") != "preferred":
            clash(
                "To enable in-transit encryption on an existing replication group, TransitEncryptionMode"
                " must be"
                " set to preferred first."
            )
    elif p.get("TransitEncryptionEnabled") is False and group.get("TransitEncryptionMode") == "required":
        clash("TransitEncryptionMode must be preferred before in-transit encryption can be disabled.")
    check_token(p.get("AuthToken"), encrypted)
    if p.get("AuthToken") and p.get("AuthTokenUpdateStrategy") not in ("SET", "ROTATE"):
        clash("AuthTokenUpdateStrategy must be SET or ROTATE when an AuthToken is specified.")
    if p.get("AuthToken") and not p.get("ApplyImmediately"):
        clash("AuthToken can only be modified with ApplyImmediately set to true.")
    if p.get("PrimaryClusterId") and p["PrimaryClusterId"] not in group["MemberClusters"]:
        refuse("CacheClusterNotFound", f"CacheCluster {p['PrimaryClusterId']} not found.")
    return version


def _apply_at_once(
    response: ElastiCacheResponse, group: Record, members: list[Record], p: Parameters
) -> dict[str, Any]:
    """Apply what never waits; return what the group has pending until it is applied."""
    if p.get("ReplicationGroupDescription") is not None:
        group["Description"] = p["ReplicationGroupDescription"]
    for name in ("SnapshotRetentionLimit", "SnapshotWindow", "AutoMinorVersionUpgrade", "IpDiscovery"):
        if p.get(name) is not None:
            group[name] = p[name]
    if p.get("LogDeliveryConfigurations"):
        kept = {c["LogType"]: c for c in group["LogDeliveryConfigurations"]}
        for change in p["LogDeliveryConfigurations"]:
            if change.get("Enabled") is False:
                kept.pop(change["LogType"], None)
            else:
                kept[change["LogType"]] = {**change, "Status": "active"}
        group["LogDeliveryConfigurations"] = list(kept.values())
    for cluster in members:
        clusters.apply(response, cluster, p)
    group["request"].update(
        {k: v for k, v in p.items() if k in ("SecurityGroupIds", "CacheParameterGroupName", "NotificationTopicArn")}
    )
    note_snapshotting(group)
    later: dict[str, Any] = {}
    for parameter, member, key in (
        ("AutomaticFailoverEnabled", "AutomaticFailoverStatus", "AutomaticFailover"),
        ("MultiAZEnabled", "multi_az", "MultiAZ"),
    ):
        if p.get(parameter) is not None:
            value = "enabled" if p[parameter] else "disabled"
            if value != group[key]:
                later[member] = value
    if p.get("PrimaryClusterId") and p["PrimaryClusterId"] not in group["primaries"]:
        later["PrimaryClusterId"] = p["PrimaryClusterId"]
    for name in ("TransitEncryptionEnabled", "TransitEncryptionMode"):
        if p.get(name) is not None and p[name] != group.get(name):
            later[name] = p[name]
    if p.get("AuthToken"):
        later["AuthTokenStatus"] = "SETTING" if p["AuthTokenUpdateStrategy"] == "SET" else "ROTATING"
        group["auth_token"] = p["AuthToken"]
    if p.get("AuthTokenUpdateStrategy") == "DELETE":
        later["AuthTokenStatus"], group["auth_token"] = "SETTING", None
    if p.get("UserGroupIdsToAdd") or p.get("UserGroupIdsToRemove"):
        gone, added = p.get("UserGroupIdsToRemove", []), p.get("UserGroupIdsToAdd", [])
        group["UserGroupIds"] = [u for u in group["UserGroupIds"] if u not in gone] + list(added)
    return later


def _arrive(response: ElastiCacheResponse, group: Record) -> None:
    """The end of a change: what was pending is so."""
    later, group["PendingModifiedValues"] = group["PendingModifiedValues"], {}
    group["AutomaticFailover"] = later.get("AutomaticFailoverStatus", group["AutomaticFailover"])
    group["MultiAZ"] = later.get("multi_az", group["MultiAZ"])
    if "PrimaryClusterId" in later:
        shard = next(m for m in group["shards"].values() if later["PrimaryClusterId"] in m)
        old = next(name for name in shard if name in group["primaries"])
        group["primaries"][group["primaries"].index(old)] = later["PrimaryClusterId"]
    for name in ("TransitEncryptionEnabled", "TransitEncryptionMode"):
        group[name] = later.get(name, group.get(name))
    if group["TransitEncryptionEnabled"] is False:
        group["TransitEncryptionMode"] = None
    if "AuthTokenStatus" in later:
        group["AuthTokenEnabled"] = group["auth_token"] is not None
        group["AuthTokenLastModifiedDate"] = utcnow()
    for cluster in store(response).members(group):
        due, cluster["PendingModifiedValues"] = cluster["PendingModifiedValues"], {}
        before = cluster["EngineVersion"]
        cluster.update(due)
        name = cluster["CacheParameterGroup"]["CacheParameterGroupName"]
        if cluster["EngineVersion"] != before and name.startswith("default."):
            cluster["CacheParameterGroup"]["CacheParameterGroupName"] = engines.default_group(
                cluster["Engine"], cluster["EngineVersion"], group["ClusterEnabled"]
            )
        group["CacheNodeType"] = cluster["CacheNodeType"]
        group["request"].update(CacheNodeType=cluster["CacheNodeType"], EngineVersion=None)
        for name in ("TransitEncryptionEnabled", "TransitEncryptionMode", "AuthTokenEnabled"):
            cluster[name] = group[name]
    become(response, group, "available")


def _wanted_replicas(group: Record, p: Parameters, grow: bool) -> dict[str, int]:
    shards: dict[str, list[str]] = group["shards"]
    wanted = {c["NodeGroupId"]: c["NewReplicaCount"] for c in p.get("ReplicaConfiguration", [])}
    if p.get("NewReplicaCount") is not None:
        wanted = {shard: p["NewReplicaCount"] for shard in shards}
    if not wanted and p.get("ReplicasToRemove"):
        gone = p["ReplicasToRemove"]
        wanted = {s: len([m for m in members if m not in gone]) - 1 for s, members in shards.items()}
    if not wanted:
        bad("Either NewReplicaCount or ReplicaConfiguration must be specified.")
    for shard, count in wanted.items():
        if shard not in shards:
            refuse("NodeGroupNotFoundFault", f"Node group {shard} not found.")
        now = len(shards[shard]) - 1
        if count == now:
            refuse("NoOperationFault", "The requested replica count is the current one.")
        if (count > now) is not grow:
            word = "greater" if grow else "less"
            bad(f"NewReplicaCount must be {word} than the current replica count of {now}.")
        if count > 5:
            refuse("NodeQuotaForClusterExceeded", "A node group can have at most 5 replicas.")
        least = 1 if "enabled" in (group["AutomaticFailover"], group["MultiAZ"]) else 0
        if count < least:
            clash(
                "Cannot remove the last replica while automatic failover or Multi-AZ is enabled for the"
                " replication"
                " group."
            )
    return wanted


def _resize(response: ElastiCacheResponse, group: Record, wanted: dict[str, int], named: list[str]) -> list[str]:
    """Add members, or take them off the group; return those that leave."""
    leaving: list[str] = []
    p = group["request"]
    current = store(response).members(group)[0]
    zones = clusters.zones(response, p.get("CacheSubnetGroupName"))
    for shard, count in wanted.items():
        members = group["shards"][shard]
        while len(members) - 1 < count:
            zone = zones[len(members) % len(zones)]
            cluster = add_member(response, group, shard, zone, {**p, "CacheNodeType": current["CacheNodeType"]})
            cluster.update(
                EngineVersion=current["EngineVersion"],
                CacheParameterGroup=copy.deepcopy(current["CacheParameterGroup"]),
                CacheClusterStatus="creating",
            )
        spare = [m for m in reversed(members) if m not in group["primaries"]]
        order = [m for m in named if m in spare] + [m for m in spare if m not in named]
        for name in order[: max(0, len(members) - 1 - count)]:
            members.remove(name)
            group["MemberClusters"].remove(name)
            store(response).clusters[name]["CacheClusterStatus"] = "deleting"
            leaving.append(name)
    note_snapshotting(group)
    return leaving


def install(world: World) -> None:
    @operation(ElastiCacheResponse, "ModifyReplicationGroup")
    def modify(response: ElastiCacheResponse, p: Parameters) -> Answer:
        group = find_group(response, p["ReplicationGroupId"])
        must_be_available(group, "modify")
        members = store(response).members(group)
        version = _check_modify(response, group, members[0], p)
        later = _apply_at_once(response, group, members, p)
        for cluster in members:
            waiting = cluster["PendingModifiedValues"]
            if version:
                waiting["EngineVersion"] = version
            if p.get("CacheNodeType") and p["CacheNodeType"] != cluster["CacheNodeType"]:
                waiting["CacheNodeType"] = p["CacheNodeType"]
            elif p.get("CacheNodeType"):
                waiting.pop("CacheNodeType", None)
        group["PendingModifiedValues"].update(later)
        pending = group["PendingModifiedValues"] or members[0]["PendingModifiedValues"]
        if pending and p.get("ApplyImmediately"):
            become(response, group, "modifying")
            proceed(world, group, world.delay("elasticache.modify"), lambda: _arrive(response, group))
        return {"ReplicationGroup": view(response, group)}

    @operation(ElastiCacheResponse, "IncreaseReplicaCount")
    def increase(response: ElastiCacheResponse, p: Parameters) -> Answer:
        return {"ReplicationGroup": resize(response, p, grow=True)}

    @operation(ElastiCacheResponse, "DecreaseReplicaCount")
    def decrease(response: ElastiCacheResponse, p: Parameters) -> Answer:
        return {"ReplicationGroup": resize(response, p, grow=False)}

    def resize(response: ElastiCacheResponse, p: Parameters, grow: bool) -> Record:
        group = find_group(response, p["ReplicationGroupId"])
        must_be_available(group, "change its replica count")
        if not p.get("ApplyImmediately"):
            clash("ApplyImmediately must be true to change the replica count.")
        wanted = _wanted_replicas(group, p, grow)
        leaving = _resize(response, group, wanted, p.get("ReplicasToRemove", []))
        group["Status"] = "modifying"

        def done() -> None:
            for name in leaving:
                if name in store(response).clusters:
                    clusters.remove(response, store(response).clusters[name])
            become(response, group, "available")

        proceed(world, group, world.delay("elasticache.modify"), done)
        return view(response, group)

    @operation(ElastiCacheResponse, "TestFailover")
    def test_failover(response: ElastiCacheResponse, p: Parameters) -> Answer:
        group = find_group(response, p["ReplicationGroupId"])
        must_be_available(group, "test failover")
        if group["AutomaticFailover"] != "enabled":
            refuse(
                "InvalidReplicationGroupState",
                f"Automatic failover is not enabled for replication group {group['ReplicationGroupId']}.",
            )
        members = group["shards"].get(p["NodeGroupId"])
        if members is None:
            refuse("NodeGroupNotFoundFault", f"Node group {p['NodeGroupId']} not found.")
        become(response, group, "modifying")

        def promote() -> None:
            old = next(name for name in members if name in group["primaries"])
            new = next(name for name in members if name != old)
            group["primaries"][group["primaries"].index(old)] = new
            note_snapshotting(group)
            become(response, group, "available")

        proceed(world, group, world.delay("elasticache.failover"), promote)
        return {"ReplicationGroup": view(response, group)}
