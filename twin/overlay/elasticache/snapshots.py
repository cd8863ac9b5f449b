# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots of replication groups and cache clusters."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.utils import utcnow
from moto.elasticache.responses import ElastiCacheResponse

from twin.overlay._lifecycle import Record, TagList, as_tags, proceed, query_page
from twin.overlay.elasticache.store import (
    arn,
    bad,
    clash,
    drop_tags,
    find_cluster,
    find_group,
    find_snapshot,
    must_be_available,
    store,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]
_TAKEN = (
    "Engine", "EngineVersion", "CacheNodeType", "PreferredAvailabilityZone", "CacheClusterCreateTime",
    "PreferredMaintenanceWindow", "CacheSubnetGroupName", "AutoMinorVersionUpgrade", "SnapshotRetentionLimit",
    "SnapshotWindow",
)  # fmt: skip


def _new(response: ElastiCacheResponse, name: str, **members: Any) -> Record:
    if name in store(response).snapshots:
        refuse("SnapshotAlreadyExistsFault", f"Snapshot {name} already exists.")
    snapshot = store(response).snapshots[name] = Record(members)
    snapshot.update(
        SnapshotName=name,
        SnapshotStatus="creating",
        SnapshotSource="manual",
        ARN=arn(response, "snapshot", name),
    )
    return snapshot


def _develop(world: World, snapshot: Record) -> None:
    def done() -> None:
        snapshot["SnapshotStatus"] = "available"

    proceed(world, snapshot, world.delay("elasticache.snapshot"), done)


def take(world: World, response: ElastiCacheResponse, source: Record, name: str, tags: TagList) -> Record:
    """A snapshot of a replication group or of a cluster that stands alone."""
    is_group = "MemberClusters" in source
    clusters = store(response).members(source) if is_group else [source]
    sources = clusters
    if is_group and not source["ClusterEnabled"]:
        sources = [c for c in clusters if c["CacheClusterId"] not in source["primaries"]][:1] or clusters[:1]
    elif is_group:
        sources = [c for c in clusters if c["CacheClusterId"] in source["primaries"]]
    first = clusters[0]
    snapshot = _new(
        response,
        name,
        **{member: first.get(member) for member in _TAKEN},
        CacheParameterGroupName=first["CacheParameterGroup"]["CacheParameterGroupName"],
        NumCacheNodes=1,
        Port=first["Port"],
        NodeSnapshots=[
            {
                "CacheClusterId": c["CacheClusterId"],
                "CacheNodeId": "0001",
                "CacheSize": "5 MB",
                "CacheNodeCreateTime": c["CacheClusterCreateTime"],
                "SnapshotCreateTime": utcnow(),
            }
            for c in sources
        ],
    )
    if is_group:
        snapshot.update(
            ReplicationGroupId=source["ReplicationGroupId"],
            ReplicationGroupDescription=source["Description"],
            NumNodeGroups=len(source["shards"]),
            AutomaticFailover=source["AutomaticFailover"],
        )
    if not is_group or not source["ClusterEnabled"]:
        snapshot["CacheClusterId"] = sources[0]["CacheClusterId"]
    response.elasticache_backend.tagging_service.tag_resource(snapshot["ARN"], tags)
    _develop(world, snapshot)
    return snapshot


def install(world: World) -> None:
    @operation(ElastiCacheResponse, "CreateSnapshot")
    def create(response: ElastiCacheResponse, p: Parameters) -> Answer:
        if bool(p.get("ReplicationGroupId")) == bool(p.get("CacheClusterId")):
            clash("Exactly one of CacheClusterId and ReplicationGroupId must be specified.")
        if p.get("ReplicationGroupId"):
            group = find_group(response, p["ReplicationGroupId"])
            must_be_available(group, "be snapshotted")
            snapshot = take(world, response, group, p["SnapshotName"], as_tags(p.get("Tags")))
            group["Status"] = "snapshotting"

            def resume() -> None:
                if group["Status"] == "snapshotting":
                    group["Status"] = "available"

            world.schedule(world.delay("elasticache.snapshot"), resume)
        else:
            cluster = find_cluster(response, p["CacheClusterId"])
            if cluster["Engine"] == "memcached":
                refuse("SnapshotFeatureNotSupportedFault", "Snapshots are not supported for memcached.")
            if cluster["CacheClusterStatus"] != "available":
                refuse(
                    "InvalidCacheClusterState",
                    f"Cache cluster {cluster['CacheClusterId']} is not available.",
                )
            snapshot = take(world, response, cluster, p["SnapshotName"], as_tags(p.get("Tags")))
        return {"Snapshot": snapshot}

    @operation(ElastiCacheResponse, "DescribeSnapshots")
    def describe(response: ElastiCacheResponse, p: Parameters) -> Answer:
        if p.get("SnapshotName"):
            return query_page([find_snapshot(response, p["SnapshotName"])], p, "Snapshots")
        source = {"system": "automated", "user": "manual"}.get(p.get("SnapshotSource", ""))
        found = [
            snapshot
            for snapshot in store(response).snapshots.values()
            if p.get("ReplicationGroupId") in (None, snapshot.get("ReplicationGroupId"))
            and p.get("CacheClusterId") in (None, snapshot.get("CacheClusterId"))
            and source in (None, snapshot["SnapshotSource"])
        ]
        return query_page(found, p, "Snapshots")

    @operation(ElastiCacheResponse, "CopySnapshot")
    def copy_snapshot(response: ElastiCacheResponse, p: Parameters) -> Answer:
        source = find_snapshot(response, p["SourceSnapshotName"])
        if source["SnapshotStatus"] != "available":
            refuse("InvalidSnapshotState", f"Snapshot {p['SourceSnapshotName']} is not in available state.")
        if p["TargetSnapshotName"] == p["SourceSnapshotName"]:
            bad("The target snapshot must have another name than its source.")
        target = _new(response, p["TargetSnapshotName"], **copy.deepcopy(dict(source)))
        response.elasticache_backend.tagging_service.tag_resource(target["ARN"], as_tags(p.get("Tags")))
        _develop(world, target)
        return {"Snapshot": target}

    @operation(ElastiCacheResponse, "DeleteSnapshot")
    def delete(response: ElastiCacheResponse, p: Parameters) -> Answer:
        snapshot = find_snapshot(response, p["SnapshotName"])
        if snapshot["SnapshotStatus"] != "available":
            refuse("InvalidSnapshotState", f"Snapshot {p['SnapshotName']} is not in a state to be deleted.")
        snapshot["SnapshotStatus"] = "deleting"

        def gone() -> None:
            if store(response).snapshots.get(p["SnapshotName"]) is snapshot:
                del store(response).snapshots[p["SnapshotName"]]
                drop_tags(response.elasticache_backend, snapshot["ARN"])

        proceed(world, snapshot, world.delay("elasticache.snapshot"), gone)
        return {"Snapshot": snapshot}
