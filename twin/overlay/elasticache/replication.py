# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replication groups: creating, available, modifying, snapshotting, deleting, gone."""

from __future__ import annotations

import copy
import re
from typing import Any

from moto.core.utils import utcnow
from moto.elasticache.responses import ElastiCacheResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import Record, as_tags, proceed, query_page
from twin.overlay.elasticache import clusters, engines
from twin.overlay.elasticache.groups import check_family, find_parameter_group, find_subnet_group
from twin.overlay.elasticache.snapshots import take
from twin.overlay.elasticache.store import (
    arn,
    bad,
    check_name,
    clash,
    drop_tags,
    find_group,
    find_snapshot,
    set_tags,
    store,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]
_SLOTS = 16384


def check_token(token: str | None, encrypted: bool) -> None:
    if token is None:
        return
    if not encrypted:
        clash("The AUTH token is only supported when encryption-in-transit is enabled.")
    if not 16 <= len(token) <= 128 or re.search(r"[^\x21-\x7e]|[/@\"]", token):
        bad("Invalid AuthToken provided.")


def check_failover(group_size: int, failover: bool, multi_az: bool, sharded: bool) -> None:
    if multi_az and not failover:
        clash("Multi-AZ requires automatic failover to be enabled.")
    if sharded and not failover:
        clash("Redis with cluster mode enabled should be created with automatic failover turned on.")
    if failover and not sharded and group_size < 2:
        clash("When using automatic failover, there must be at least 2 cache clusters in the replication group.")
    if multi_az and group_size < 2:
        clash("Multi-AZ requires at least one replica in each node group.")


def _members_per_shard(p: Parameters, shards: int, sharded: bool) -> int:
    if sharded or p.get("ReplicasPerNodeGroup") is not None or shards > 1:
        replicas = p.get("ReplicasPerNodeGroup", 0)
        if not 0 <= replicas <= 5:
            bad("Invalid value for ReplicasPerNodeGroup. It must be between 0 and 5.")
        return int(replicas) + 1
    count = p.get("NumCacheClusters") or 1
    if not 1 <= count <= 6:
        bad("Invalid value for NumCacheClusters. It must be between 1 and 6.")
    return int(count)


def _role(group: Record, cluster_id: str) -> str:
    return "primary" if cluster_id in group["primaries"] else "replica"


def view(response: ElastiCacheResponse, group: Record) -> Record:
    """The group as it is described: endpoints only once it is up, roles as they are now."""
    shown: Record = copy.copy(group)
    up, name, port = group["Status"] != "creating", group["ReplicationGroupId"], group["port"]
    encrypted, sharded = group["TransitEncryptionEnabled"], group["ClusterEnabled"]
    shown["NodeGroups"] = []
    for number, (shard, members) in enumerate(sorted(group["shards"].items()), start=1):
        node_group: Answer = {
            "NodeGroupId": shard,
            "Status": "available" if group["Status"] == "snapshotting" else group["Status"],
            "NodeGroupMembers": [_member(response, group, m) for m in members],
        }
        if sharded:
            size = _SLOTS / len(group["shards"])
            node_group["Slots"] = f"{round((number - 1) * size)}-{round(number * size) - 1}"
        elif up:
            primary, reader = (f"master.{name}", f"replica.{name}") if encrypted else (name, f"{name}-ro")
            suffix = "" if encrypted else f".ng.{shard}"
            node_group["PrimaryEndpoint"] = {
                "Address": clusters.host(response, primary, suffix), "Port": port
            }  # fmt: skip
            node_group["ReaderEndpoint"] = {
                "Address": clusters.host(response, reader, suffix), "Port": port
            }  # fmt: skip
        shown["NodeGroups"].append(node_group)
    if sharded and up:
        shown["ConfigurationEndpoint"] = {
            "Address": clusters.host(response, f"clustercfg.{name}", ""), "Port": port
        }  # fmt: skip
    return shown


def _member(response: ElastiCacheResponse, group: Record, name: str) -> Answer:
    cluster = store(response).clusters[name]
    member: Answer = {
        "CacheClusterId": name,
        "CacheNodeId": "0001",
        "PreferredAvailabilityZone": cluster["PreferredAvailabilityZone"],
    }
    if not group["ClusterEnabled"] and cluster["CacheClusterStatus"] != "creating":
        address = clusters.host(response, name, ".0001")
        member["CurrentRole"] = _role(group, name)
        member["ReadEndpoint"] = {"Address": address, "Port": group["port"]}
    return member


def add_member(response: ElastiCacheResponse, group: Record, shard: str, zone: str, p: Parameters) -> Record:
    prefix = group["ReplicationGroupId"] + (f"-{shard}" if group["ClusterEnabled"] else "")
    number = 1
    while f"{prefix}-{number:03d}" in store(response).clusters:
        number += 1
    name = f"{prefix}-{number:03d}"
    cluster = clusters.new_cluster(response, name, zone, p)
    cluster["ReplicationGroupId"] = group["ReplicationGroupId"]
    cluster["ReplicationGroupLogDeliveryEnabled"] = bool(group.get("LogDeliveryConfigurations"))
    cluster["TransitEncryptionMode"] = group.get("TransitEncryptionMode")
    group["shards"].setdefault(shard, []).append(name)
    group["MemberClusters"].append(name)
    tags = response.elasticache_backend.tagging_service
    tags.tag_resource(cluster["ARN"], tags.list_tags_for_resource(group["ARN"])["Tags"])
    return cluster


def become(response: ElastiCacheResponse, group: Record, status: str) -> None:
    """The group and its members go through the states together."""
    group["Status"] = status
    for cluster in store(response).members(group):
        cluster["CacheClusterStatus"] = status


def _check_create(response: ElastiCacheResponse, p: Parameters, version: str) -> None:
    engine = p["Engine"]
    engines.check_node_type(p.get("CacheNodeType"))
    check_family(response, p.get("CacheParameterGroupName"), engine, version)
    clusters.check_windows(p)
    check_token(p.get("AuthToken"), bool(p.get("TransitEncryptionEnabled")))
    if p.get("CacheSubnetGroupName"):
        find_subnet_group(response, p["CacheSubnetGroupName"])
    if p.get("KmsKeyId") and not p.get("AtRestEncryptionEnabled"):
        clash("A KMS key can only be specified when encryption at rest is enabled.")
    if p.get("KmsKeyId"):
        p["KmsKeyId"] = _lookups.kms_key_arn(response.current_account, response.region, p["KmsKeyId"]) or bad(
            f"The KMS key {p['KmsKeyId']} does not exist, is not enabled or cannot be accessed."
        )
    if p.get("SnapshotName") and find_snapshot(response, p["SnapshotName"])["SnapshotStatus"] != "available":
        refuse("InvalidSnapshotState", f"Snapshot {p['SnapshotName']} is not in available state.")


def _create(world: World) -> None:
    @operation(ElastiCacheResponse, "CreateReplicationGroup")
    def create(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = check_name("ReplicationGroupIdentifier", p["ReplicationGroupId"], 40)
        if name in store(response).groups:
            refuse("ReplicationGroupAlreadyExists", f"Replication group {name} already exists.")
        p["Engine"] = p.get("Engine") or "redis"
        version = engines.resolve(p["Engine"], p.get("EngineVersion"))
        _check_create(response, p, version)
        chosen = p.get("CacheParameterGroupName")
        parameters = find_parameter_group(response, chosen)["set_by_user"] if chosen else {}
        shards = p.get("NumNodeGroups") or 1
        sharded = p.get("ClusterMode") == "enabled" or shards > 1 or parameters.get("cluster-enabled") == "yes"
        if sharded and not chosen:
            p["CacheParameterGroupName"] = engines.default_group(p["Engine"], version, sharded=True)
        per_shard = _members_per_shard(p, shards, sharded)
        failover, multi_az = bool(p.get("AutomaticFailoverEnabled")), bool(p.get("MultiAZEnabled"))
        check_failover(per_shard, failover, multi_az, sharded)
        clusters.check_security_groups(response, p.get("SecurityGroupIds"))
        zones = p.get("PreferredCacheClusterAZs") or clusters.zones(response, p.get("CacheSubnetGroupName"))
        if multi_az and len(set(zones)) < 2:
            clash("Multi-AZ requires a cache subnet group with subnets in at least two availability zones.")
        group = store(response).groups[name] = _record(response, name, p, sharded, failover, multi_az)
        set_tags(response, group["ARN"], p)
        for shard in (f"{number:04d}" for number in range(1, shards + 1)):
            for index in range(per_shard):
                add_member(response, group, shard, zones[index % len(zones)], p)
        group["primaries"] = [members[0] for members in group["shards"].values()]
        note_snapshotting(group)
        become(response, group, "creating")
        proceed(world, group, world.delay("elasticache.create"), lambda: become(response, group, "available"))
        return {"ReplicationGroup": view(response, group)}

    @operation(ElastiCacheResponse, "DescribeReplicationGroups")
    def describe(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = p.get("ReplicationGroupId")
        found = [find_group(response, name)] if name else list(store(response).groups.values())
        answer = query_page(found, p, "ReplicationGroups")
        return {**answer, "ReplicationGroups": [view(response, g) for g in answer["ReplicationGroups"]]}


def _record(
    response: ElastiCacheResponse, name: str, p: Parameters, sharded: bool, failover: bool, multi_az: bool
) -> Record:
    encrypted, token = bool(p.get("TransitEncryptionEnabled")), p.get("AuthToken")
    return Record(
        ReplicationGroupId=name,
        ARN=arn(response, "replicationgroup", name),
        Description=p.get("ReplicationGroupDescription", ""),
        GlobalReplicationGroupInfo={},
        Status="creating",
        PendingModifiedValues={},
        MemberClusters=[],
        AutomaticFailover="enabled" if failover else "disabled",
        MultiAZ="enabled" if multi_az else "disabled",
        SnapshotRetentionLimit=p.get("SnapshotRetentionLimit", 0),
        SnapshotWindow=p.get("SnapshotWindow") or "05:00-06:00",
        ClusterEnabled=sharded,
        ClusterMode=p.get("ClusterMode") or ("enabled" if sharded else "disabled"),
        CacheNodeType=p["CacheNodeType"],
        AuthTokenEnabled=bool(token),
        AuthTokenLastModifiedDate=utcnow() if token else None,
        TransitEncryptionEnabled=encrypted,
        TransitEncryptionMode=(p.get("TransitEncryptionMode") or "required") if encrypted else None,
        AtRestEncryptionEnabled=bool(p.get("AtRestEncryptionEnabled")),
        KmsKeyId=p.get("KmsKeyId"),
        UserGroupIds=p.get("UserGroupIds", []),
        LogDeliveryConfigurations=[{**c, "Status": "active"} for c in p.get("LogDeliveryConfigurations", [])],
        ReplicationGroupCreateTime=utcnow(),
        DataTiering="enabled" if p.get("DataTieringEnabled") else "disabled",
        AutoMinorVersionUpgrade=p.get("AutoMinorVersionUpgrade", True),
        NetworkType=p.get("NetworkType", "ipv4"),
        IpDiscovery=p.get("IpDiscovery", "ipv4"),
        Engine=p["Engine"],
        port=p.get("Port") or 6379,
        auth_token=token,
        shards={},
        primaries=[],
        request=dict(p),
    )


def note_snapshotting(group: Record) -> None:
    """Automatic snapshots are taken from a replica where there is one."""
    replicas = [name for name in group["MemberClusters"] if name not in group["primaries"]]
    on = group["SnapshotRetentionLimit"] and not group["ClusterEnabled"]
    group["SnapshottingClusterId"] = (replicas or group["MemberClusters"])[0] if on else None


def _delete(world: World) -> None:
    @operation(ElastiCacheResponse, "DeleteReplicationGroup")
    def delete(response: ElastiCacheResponse, p: Parameters) -> Answer:
        group = find_group(response, p["ReplicationGroupId"])
        name, final = group["ReplicationGroupId"], p.get("FinalSnapshotIdentifier")
        if group["Status"] != "available":
            refuse(
                "InvalidReplicationGroupState",
                f"Replication group {name} has status {group['Status']} which is not valid for deletion.",
            )
        if final:
            take(world, response, group, final, as_tags(None))
        become(response, group, "deleting")
        kept = group["primaries"][:1] if p.get("RetainPrimaryCluster") else []

        def gone() -> None:
            if store(response).groups.get(name) is not group:
                return
            for cluster in store(response).members(group):
                if cluster["CacheClusterId"] in kept:
                    cluster.pop("ReplicationGroupId")
                    cluster["CacheClusterStatus"] = "available"
                else:
                    clusters.remove(response, cluster)
            del store(response).groups[name]
            drop_tags(response.elasticache_backend, group["ARN"])

        proceed(world, group, world.delay("elasticache.delete"), gone)
        return {"ReplicationGroup": view(response, group)}


def install(world: World) -> None:
    _create(world)
    _delete(world)
