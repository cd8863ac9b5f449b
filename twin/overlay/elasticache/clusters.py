# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cache clusters: the members of replication groups, and those that stand alone."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.utils import utcnow
from moto.elasticache.responses import ElastiCacheResponse

from twin.overlay import _lookups, _windows
from twin.overlay._lifecycle import Record, proceed, query_page
from twin.overlay.elasticache import engines
from twin.overlay.elasticache.groups import check_family, find_parameter_group, find_subnet_group
from twin.overlay.elasticache.store import (
    arn,
    bad,
    check_name,
    drop_tags,
    find_cluster,
    set_tags,
    store,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]


def zones(response: ElastiCacheResponse, subnet_group: str | None) -> list[str]:
    if not subnet_group:
        return _lookups.zones(response.region, response.current_account)
    group = find_subnet_group(response, subnet_group)
    return sorted({subnet["SubnetAvailabilityZone"]["Name"] for subnet in group["Subnets"]})


def check_security_groups(response: ElastiCacheResponse, ids: list[str] | None) -> list[Answer]:
    for group_id in ids or []:
        if _lookups.security_group(response.current_account, response.region, group_id) is None:
            bad(f"Invalid security group: {group_id}")
    return [{"SecurityGroupId": group_id, "Status": "active"} for group_id in ids or []]


def check_windows(p: Parameters) -> None:
    """``PreferredMaintenanceWindow`` at least 60 minutes, ``SnapshotWindow`` likewise, not at the same time."""
    week = day = None
    if p.get("PreferredMaintenanceWindow"):
        week = _windows.weekly(p["PreferredMaintenanceWindow"])
        if week is None or week[1] < 60:
            bad(f"Invalid maintenance window: {p['PreferredMaintenanceWindow']}. It must be at least 60 minutes.")
    if p.get("SnapshotWindow"):
        day = _windows.daily(p["SnapshotWindow"])
        if day is None or day[1] < 60:
            bad(f"Invalid snapshot window: {p['SnapshotWindow']}. It must be at least 60 minutes.")
    if week and day and _windows.overlap(week, day):
        bad("The snapshot window and maintenance window must not overlap.")
    limit = p.get("SnapshotRetentionLimit")
    if limit is not None and not 0 <= limit <= 35:
        bad(f"Invalid value for SnapshotRetentionLimit: {limit}. It must be between 0 and 35.")


def host(response: ElastiCacheResponse, name: str, suffix: str) -> str:
    """A name of the form ElastiCache gives; the middle is the account's in the region."""
    parts = response.region.split("-")
    short = parts[0] + "".join(part[0] for part in parts[1:-1]) + parts[-1]
    return f"{name}.{response.current_account[-6:]}{suffix}.{short}.cache.amazonaws.com"


def new_cluster(response: ElastiCacheResponse, name: str, zone: str, p: Parameters, count: int = 1) -> Record:
    """A cluster from the members of CreateCacheCluster or CreateReplicationGroup, which are named alike."""
    engine = p.get("Engine") or "redis"
    version = engines.resolve(engine, p.get("EngineVersion"))
    group = p.get("CacheParameterGroupName") or engines.default_group(engine, version)
    find_parameter_group(response, group)
    cluster = store(response).clusters[name] = Record(
        CacheClusterId=name,
        ARN=arn(response, "cluster", name),
        ClientDownloadLandingPage=f"https://console.aws.amazon.com/elasticache/home?region={response.region}#client-download:",
        CacheNodeType=p["CacheNodeType"],
        Engine=engine,
        EngineVersion=version,
        CacheClusterStatus="creating",
        NumCacheNodes=count,
        PreferredAvailabilityZone=zone,
        CacheClusterCreateTime=utcnow(),
        PreferredMaintenanceWindow=(p.get("PreferredMaintenanceWindow") or "sun:23:00-mon:01:30").lower(),
        PendingModifiedValues={},
        CacheSecurityGroups=[],
        CacheParameterGroup={
            "CacheParameterGroupName": group,
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        },
        CacheSubnetGroupName=(p.get("CacheSubnetGroupName") or "default").lower(),
        AutoMinorVersionUpgrade=p.get("AutoMinorVersionUpgrade", True),
        SecurityGroups=check_security_groups(response, p.get("SecurityGroupIds")),
        SnapshotRetentionLimit=p.get("SnapshotRetentionLimit", 0),
        SnapshotWindow=p.get("SnapshotWindow") or "05:00-06:00",
        AuthTokenEnabled=bool(p.get("AuthToken")),
        TransitEncryptionEnabled=bool(p.get("TransitEncryptionEnabled")),
        AtRestEncryptionEnabled=bool(p.get("AtRestEncryptionEnabled")),
        NetworkType=p.get("NetworkType", "ipv4"),
        IpDiscovery=p.get("IpDiscovery", "ipv4"),
        Port=p.get("Port") or (11211 if engine == "memcached" else 6379),
    )
    if p.get("NotificationTopicArn"):
        cluster["NotificationConfiguration"] = {
            "TopicArn": p["NotificationTopicArn"],
            "TopicStatus": "active",
        }
    return cluster


def _nodes(response: ElastiCacheResponse, cluster: Record) -> list[Answer]:
    up = cluster["CacheClusterStatus"] != "creating"
    nodes = []
    for number in range(1, cluster["NumCacheNodes"] + 1):
        address = host(response, cluster["CacheClusterId"], f".{number:04d}")
        nodes.append(
            {
                "CacheNodeId": f"{number:04d}",
                "CacheNodeStatus": "available" if up else "creating",
                "CacheNodeCreateTime": cluster["CacheClusterCreateTime"],
                "ParameterGroupStatus": cluster["CacheParameterGroup"]["ParameterApplyStatus"],
                "CustomerAvailabilityZone": cluster["PreferredAvailabilityZone"],
                **({"Endpoint": {"Address": address, "Port": cluster["Port"]}} if up else {}),
            }
        )
    return nodes


def apply(response: ElastiCacheResponse, cluster: Record, p: Parameters) -> None:
    """What a change applies to a cluster at once, whatever ApplyImmediately says."""
    for name in ("SnapshotRetentionLimit", "SnapshotWindow", "AutoMinorVersionUpgrade"):
        if p.get(name) is not None:
            cluster[name] = p[name]
    if p.get("PreferredMaintenanceWindow"):
        cluster["PreferredMaintenanceWindow"] = p["PreferredMaintenanceWindow"].lower()
    if p.get("CacheParameterGroupName"):
        cluster["CacheParameterGroup"] = {
            "CacheParameterGroupName": p["CacheParameterGroupName"],
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        }
    if p.get("SecurityGroupIds") is not None:
        cluster["SecurityGroups"] = check_security_groups(response, p["SecurityGroupIds"])
    if p.get("NotificationTopicArn") is not None:
        topic = {
            "TopicArn": p["NotificationTopicArn"],
            "TopicStatus": p.get("NotificationTopicStatus", "active"),
        }
        cluster["NotificationConfiguration"] = topic if p["NotificationTopicArn"] else None


def check_upgrade(engine: str, now: str, asked: str | None) -> str | None:
    """The full version to go to, None for no change; ElastiCache refuses to go back."""
    if not asked:
        return None
    version = engines.resolve(engine, asked)
    if engines.major_minor(version) < engines.major_minor(now):
        refuse(
            "InvalidParameterCombination",
            f"Downgrading from {now} to {version} is not supported for {engine}.",
        )
    return version if engines.major_minor(version) != engines.major_minor(now) else None


def remove(response: ElastiCacheResponse, cluster: Record) -> None:
    clusters = store(response).clusters
    if clusters.get(cluster["CacheClusterId"]) is cluster:
        del clusters[cluster["CacheClusterId"]]
        drop_tags(response.elasticache_backend, cluster["ARN"])


def install(world: World) -> None:
    def pass_to(cluster: Record, state: str, delay: str) -> None:
        cluster["CacheClusterStatus"] = state

        def arrive() -> None:
            cluster["CacheClusterStatus"] = "available"

        proceed(world, cluster, world.delay(delay), arrive)

    @operation(ElastiCacheResponse, "CreateCacheCluster")
    def create(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = check_name("CacheClusterId", p["CacheClusterId"], 50)
        if name in store(response).clusters:
            refuse("CacheClusterAlreadyExists", f"CacheCluster {name} already exists.")
        engines.check_node_type(p.get("CacheNodeType"))
        engine, count = p.get("Engine") or "redis", p.get("NumCacheNodes", 1)
        if engine != "memcached" and count != 1:
            bad("Invalid value for NumCacheNodes. It must be 1 for Redis OSS and Valkey.")
        if not 1 <= count <= 60:
            bad("Invalid value for NumCacheNodes. It must be between 1 and 60.")
        version = engines.resolve(engine, p.get("EngineVersion"))
        check_family(response, p.get("CacheParameterGroupName"), engine, version)
        check_windows(p)
        zone = p.get("PreferredAvailabilityZone") or zones(response, p.get("CacheSubnetGroupName"))[0]
        cluster = new_cluster(response, name, zone, p, count)
        if engine == "memcached":
            cluster["ConfigurationEndpoint"] = {
                "Address": host(response, name, ".cfg"),
                "Port": cluster["Port"],
            }
        set_tags(response, cluster["ARN"], p)
        pass_to(cluster, "creating", "elasticache.create")
        return {"CacheCluster": cluster}

    @operation(ElastiCacheResponse, "DescribeCacheClusters")
    def describe(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = p.get("CacheClusterId")
        found = [find_cluster(response, name)] if name else list(store(response).clusters.values())
        if p.get("ShowCacheClustersNotInReplicationGroups"):
            found = [cluster for cluster in found if "ReplicationGroupId" not in cluster]
        shown = []
        for cluster in found:
            view = copy.copy(cluster)
            if p.get("ShowCacheNodeInfo"):
                view["CacheNodes"] = _nodes(response, cluster)
            if cluster["CacheClusterStatus"] == "creating":
                view.pop("ConfigurationEndpoint", None)
            shown.append(view)
        return query_page(shown, p, "CacheClusters")

    @operation(ElastiCacheResponse, "ModifyCacheCluster")
    def modify(response: ElastiCacheResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["CacheClusterId"])
        if cluster["CacheClusterStatus"] != "available":
            refuse("InvalidCacheClusterState", f"Cache cluster {cluster['CacheClusterId']} is not available.")
        check_windows(p)
        version = check_upgrade(cluster["Engine"], cluster["EngineVersion"], p.get("EngineVersion"))
        wanted = version or cluster["EngineVersion"]
        check_family(response, p.get("CacheParameterGroupName"), cluster["Engine"], wanted)
        if p.get("CacheNodeType"):
            engines.check_node_type(p["CacheNodeType"])
        apply(response, cluster, p)
        waiting = cluster["PendingModifiedValues"]
        if version:
            waiting["EngineVersion"] = version
        for member in ("CacheNodeType", "NumCacheNodes"):
            if p.get(member) is not None and p[member] != cluster[member]:
                waiting[member] = p[member]
        if waiting and p.get("ApplyImmediately"):
            due, cluster["PendingModifiedValues"] = dict(waiting), dict(waiting)
            cluster["CacheClusterStatus"] = "modifying"

            def done() -> None:
                cluster.update(due)
                cluster["PendingModifiedValues"] = {}
                cluster["CacheClusterStatus"] = "available"

            proceed(world, cluster, world.delay("elasticache.modify"), done)
        return {"CacheCluster": cluster}

    @operation(ElastiCacheResponse, "RebootCacheCluster")
    def reboot(response: ElastiCacheResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["CacheClusterId"])
        if cluster["CacheClusterStatus"] != "available":
            refuse("InvalidCacheClusterState", f"Cache cluster {cluster['CacheClusterId']} is not available.")
        group = cluster["CacheParameterGroup"]
        group["ParameterApplyStatus"], group["CacheNodeIdsToReboot"] = "in-sync", []
        pass_to(cluster, "rebooting cluster nodes", "elasticache.modify")
        return {"CacheCluster": cluster}

    @operation(ElastiCacheResponse, "DeleteCacheCluster")
    def delete(response: ElastiCacheResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["CacheClusterId"])
        if "ReplicationGroupId" in cluster:
            group = store(response).groups[cluster["ReplicationGroupId"]]
            if len(group["MemberClusters"]) == 1:
                refuse(
                    "InvalidCacheClusterState",
                    "Cannot delete the cache cluster since it is the only member of a replication group."
                    " Delete the replication group instead.",
                )
            refuse(
                "InvalidCacheClusterState",
                "Cannot delete the cache cluster because it is a member of replication group"
                f" {group['ReplicationGroupId']}. Decrease its replica count instead.",
            )
        if cluster["CacheClusterStatus"] != "available":
            refuse(
                "InvalidCacheClusterState",
                f"Cache cluster {cluster['CacheClusterId']} is not in a valid state to be deleted.",
            )
        cluster["CacheClusterStatus"] = "deleting"
        proceed(world, cluster, world.delay("elasticache.delete"), lambda: remove(response, cluster))
        return {"CacheCluster": cluster}
