# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, passes_through, refused, until

Client = Callable[..., Any]
BASE = {
    "ReplicationGroupId": "rg1",
    "ReplicationGroupDescription": "d",
    "Engine": "redis",
    "EngineVersion": "7.0",
    "CacheNodeType": "cache.t3.medium",
    "NumCacheClusters": 3,
    "AutomaticFailoverEnabled": True,
}


@pytest.fixture
def cache(twin: Any, client: Client) -> Any:
    twin.delays(elasticache__create=0.3, elasticache__modify=0.3, elasticache__delete=0.3)
    return client("elasticache")


def one(cache: Any, name: str = "rg1") -> dict[str, Any]:
    return cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]


def status(cache: Any, name: str = "rg1") -> Callable[[], str]:
    return lambda: one(cache, name)["Status"]


def cluster(cache: Any, name: str = "rg1-001") -> dict[str, Any]:
    return cache.describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True)["CacheClusters"][0]


def available(cache: Any, **more: Any) -> dict[str, Any]:
    cache.create_replication_group(**{**BASE, **more})
    until(status(cache), lambda s: s == "available")
    return one(cache)


def modified(cache: Any, **change: Any) -> dict[str, Any]:
    answer = cache.modify_replication_group(ReplicationGroupId="rg1", ApplyImmediately=True, **change)
    assert answer["ReplicationGroup"]["Status"] == "modifying"
    until(status(cache), lambda s: s == "available")
    return one(cache)


def roles(group: dict[str, Any]) -> dict[str, str]:
    members = group["NodeGroups"][0]["NodeGroupMembers"]
    return {member["CacheClusterId"]: member["CurrentRole"] for member in members}


def test_a_group_comes_up_and_has_no_endpoints_before(cache: Any) -> None:
    created = cache.create_replication_group(**BASE)["ReplicationGroup"]
    assert created["Status"] == "creating"
    assert created["MemberClusters"] == ["rg1-001", "rg1-002", "rg1-003"]
    assert not {"PrimaryEndpoint", "ReaderEndpoint"} & created["NodeGroups"][0].keys()
    assert cluster(cache)["CacheClusterStatus"] == "creating"
    passes_through(status(cache), "creating", "available")
    node_group = one(cache)["NodeGroups"][0]
    assert node_group["PrimaryEndpoint"]["Port"] == node_group["ReaderEndpoint"]["Port"] == 6379
    assert node_group["PrimaryEndpoint"]["Address"] != node_group["ReaderEndpoint"]["Address"]
    assert roles(one(cache)) == {"rg1-001": "primary", "rg1-002": "replica", "rg1-003": "replica"}


def test_every_field_comes_back(client: Client, cache: Any) -> None:
    subnet_group(client, cache)
    parameter_group(cache)
    sg = client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    got = available(
        cache,
        CacheSubnetGroupName="sg",
        CacheParameterGroupName="pg",
        SecurityGroupIds=[sg],
        MultiAZEnabled=True,
        TransitEncryptionEnabled=True,
        AtRestEncryptionEnabled=True,
        KmsKeyId=key,
        AuthToken="0123456789abcdef-token",
        SnapshotRetentionLimit=7,
        SnapshotWindow="05:00-06:00",
        PreferredMaintenanceWindow="sun:06:00-sun:07:00",
        AutoMinorVersionUpgrade=False,
        Tags=[{"Key": "a", "Value": "1"}],
    )
    assert (got["AutomaticFailover"], got["MultiAZ"], got["KmsKeyId"]) == ("enabled", "enabled", key)
    assert got["AuthTokenEnabled"] and got["TransitEncryptionEnabled"] and got["AtRestEncryptionEnabled"]
    assert (got["SnapshotRetentionLimit"], got["SnapshotWindow"]) == (7, "05:00-06:00")
    assert got["SnapshottingClusterId"] == "rg1-002"
    assert got["NodeGroups"][0]["PrimaryEndpoint"]["Address"].startswith("master.rg1.")
    member = cluster(cache, "rg1-003")
    assert (member["ReplicationGroupId"], member["EngineVersion"]) == ("rg1", "7.0.7")
    assert member["CacheParameterGroup"]["CacheParameterGroupName"] == "pg"
    assert member["CacheSubnetGroupName"] == "sg"
    assert member["SecurityGroups"] == [{"SecurityGroupId": sg, "Status": "active"}]
    assert member["PreferredMaintenanceWindow"] == "sun:06:00-sun:07:00"
    assert member["CacheNodes"][0]["Endpoint"]["Port"] == 6379
    zones = {cluster(cache, name)["PreferredAvailabilityZone"] for name in got["MemberClusters"]}
    assert len(zones) == 2
    assert cache.list_tags_for_resource(ResourceName=got["ARN"])["TagList"] == [{"Key": "a", "Value": "1"}]
    tagged = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "a", "Values": ["1"]}])
    assert got["ARN"] in [r["ResourceARN"] for r in tagged["ResourceTagMappingList"]]


@pytest.mark.parametrize(
    ("code", "text", "change"),
    [
        ("InvalidParameterCombination", "there must be at least 2 cache clusters", {"NumCacheClusters": 1}),
        (
            "InvalidParameterCombination",
            "Multi-AZ requires automatic failover",
            {"AutomaticFailoverEnabled": False, "MultiAZEnabled": True},
        ),
        ("InvalidParameterValue", "CacheNodeType", {"CacheNodeType": "cache.zz"}),
        ("InvalidParameterCombination", "Cannot find version 3.2 for redis", {"EngineVersion": "3.2"}),
        ("InvalidParameterCombination", "please use '7.0'", {"EngineVersion": "7.0.7"}),
        ("InvalidParameterCombination", "encryption-in-transit", {"AuthToken": "0123456789abcdef"}),
        (
            "InvalidParameterValue",
            "Invalid AuthToken",
            {"AuthToken": "short", "TransitEncryptionEnabled": True},
        ),
        ("CacheSubnetGroupNotFoundFault", "nosuch", {"CacheSubnetGroupName": "nosuch"}),
        ("CacheParameterGroupNotFound", "nosuch", {"CacheParameterGroupName": "nosuch"}),
        (
            "InvalidParameterCombination",
            "Expected a parameter group of family redis7",
            {"CacheParameterGroupName": "default.redis6.x"},
        ),
        ("InvalidParameterValue", "security group", {"SecurityGroupIds": ["sg-0"]}),
        (
            "InvalidParameterValue",
            "must not overlap",
            {"SnapshotWindow": "05:00-06:00", "PreferredMaintenanceWindow": "sun:05:30-sun:06:30"},
        ),
        ("InvalidParameterValue", "not a valid identifier", {"ReplicationGroupId": "1rg"}),
    ],
)
def test_what_create_refuses(cache: Any, code: str, text: str, change: dict[str, Any]) -> None:
    with refused(code, text):
        cache.create_replication_group(**{**BASE, **change})
    assert cache.describe_replication_groups()["ReplicationGroups"] == []


def test_the_same_name_twice_is_refused(cache: Any) -> None:
    cache.create_replication_group(**BASE)
    with refused("ReplicationGroupAlreadyExists"):
        cache.create_replication_group(**BASE)
    with refused("ReplicationGroupNotFoundFault"):
        one(cache, "other")


def test_what_can_be_modified(cache: Any) -> None:
    available(cache)
    parameter_group(cache)
    cache.modify_replication_group(
        ReplicationGroupId="rg1",
        ReplicationGroupDescription="new",
        SnapshotRetentionLimit=5,
        SnapshotWindow="01:00-02:00",
        PreferredMaintenanceWindow="mon:06:00-mon:07:00",
        CacheParameterGroupName="pg",
    )
    got, member = one(cache), cluster(cache)
    assert (got["Status"], got["Description"]) == ("available", "new")
    assert (got["SnapshotRetentionLimit"], got["SnapshotWindow"]) == (5, "01:00-02:00")
    assert member["PreferredMaintenanceWindow"] == "mon:06:00-mon:07:00"
    assert member["CacheParameterGroup"]["CacheParameterGroupName"] == "pg"
    assert modified(cache, MultiAZEnabled=True)["MultiAZ"] == "enabled"
    assert modified(cache, CacheNodeType="cache.m5.large", EngineVersion="7.1")["CacheNodeType"] == "cache.m5.large"
    assert cluster(cache, "rg1-002")["CacheNodeType"] == "cache.m5.large"
    assert cluster(cache, "rg1-002")["EngineVersion"] == "7.1.0"
    got = modified(cache, MultiAZEnabled=False, AutomaticFailoverEnabled=False)
    assert (got["MultiAZ"], got["AutomaticFailover"]) == ("disabled", "disabled")


def test_without_apply_immediately_the_members_show_what_is_pending(cache: Any) -> None:
    available(cache)
    cache.modify_replication_group(ReplicationGroupId="rg1", CacheNodeType="cache.m5.large")
    assert one(cache)["CacheNodeType"] == "cache.t3.medium"
    assert cluster(cache)["PendingModifiedValues"] == {"CacheNodeType": "cache.m5.large"}


def test_transit_encryption_is_enabled_in_two_steps(cache: Any) -> None:
    available(cache)
    with refused("InvalidParameterCombination", "preferred first"):
        modified(cache, TransitEncryptionEnabled=True, TransitEncryptionMode="required")
    assert modified(cache, TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")["TransitEncryptionEnabled"]
    assert modified(cache, TransitEncryptionMode="required")["TransitEncryptionMode"] == "required"
    assert modified(cache, AuthToken="0123456789abcdef", AuthTokenUpdateStrategy="SET")["AuthTokenEnabled"]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Downgrading", {"EngineVersion": "6.2"}),
        ("at least 2 cache clusters", {"AutomaticFailoverEnabled": True}),
        ("Multi-AZ requires automatic failover", {"MultiAZEnabled": True}),
    ],
)
def test_what_modify_refuses(cache: Any, text: str, change: dict[str, Any]) -> None:
    available(cache, NumCacheClusters=1, AutomaticFailoverEnabled=False)
    with refused("InvalidParameterCombination", text):
        cache.modify_replication_group(ReplicationGroupId="rg1", ApplyImmediately=True, **change)


def test_a_busy_group_refuses_changes_tags_and_deletion(twin: Any, cache: Any) -> None:
    twin.delays(elasticache__create=5.0)
    group = cache.create_replication_group(**BASE)["ReplicationGroup"]
    with refused("InvalidReplicationGroupState"):
        cache.modify_replication_group(ReplicationGroupId="rg1", ReplicationGroupDescription="new")
    with refused("InvalidReplicationGroupState"):
        cache.add_tags_to_resource(ResourceName=group["ARN"], Tags=[{"Key": "a", "Value": "1"}])
    with refused("InvalidReplicationGroupState"):
        cache.delete_replication_group(ReplicationGroupId="rg1")


def test_replicas_can_be_added_and_removed(cache: Any) -> None:
    available(cache)
    with refused("NoOperationFault"):
        cache.increase_replica_count(ReplicationGroupId="rg1", NewReplicaCount=2, ApplyImmediately=True)
    cache.increase_replica_count(ReplicationGroupId="rg1", NewReplicaCount=3, ApplyImmediately=True)
    passes_through(status(cache), "modifying", "available")
    assert one(cache)["MemberClusters"] == ["rg1-001", "rg1-002", "rg1-003", "rg1-004"]
    assert cluster(cache, "rg1-004")["CacheClusterStatus"] == "available"
    with refused("InvalidParameterCombination", "last replica"):
        cache.decrease_replica_count(ReplicationGroupId="rg1", NewReplicaCount=0, ApplyImmediately=True)
    cache.decrease_replica_count(ReplicationGroupId="rg1", NewReplicaCount=1, ApplyImmediately=True)
    until(status(cache), lambda s: s == "available")
    assert len(one(cache)["MemberClusters"]) == 2
    with refused("CacheClusterNotFound"):
        cluster(cache, "rg1-004")


def test_failover_moves_the_primary(cache: Any) -> None:
    available(cache)
    cache.test_failover(ReplicationGroupId="rg1", NodeGroupId="0001")
    passes_through(status(cache), "modifying", "available")
    assert roles(one(cache)) == {"rg1-001": "replica", "rg1-002": "primary", "rg1-003": "replica"}


def test_failover_needs_automatic_failover_and_a_node_group(cache: Any) -> None:
    available(cache)
    with refused("NodeGroupNotFoundFault"):
        cache.test_failover(ReplicationGroupId="rg1", NodeGroupId="0009")
    modified(cache, AutomaticFailoverEnabled=False)
    with refused("InvalidReplicationGroupState", "not enabled"):
        cache.test_failover(ReplicationGroupId="rg1", NodeGroupId="0001")


def test_deletion_with_a_final_snapshot(cache: Any) -> None:
    available(cache)
    answer = cache.delete_replication_group(ReplicationGroupId="rg1", FinalSnapshotIdentifier="last")
    assert answer["ReplicationGroup"]["Status"] == "deleting"
    until(lambda: cache.describe_replication_groups()["ReplicationGroups"], lambda found: found == [])
    assert cache.describe_cache_clusters()["CacheClusters"] == []
    snapshot = until(
        lambda: cache.describe_snapshots(SnapshotName="last")["Snapshots"][0],
        lambda s: s["SnapshotStatus"] == "available",
    )
    assert snapshot["ReplicationGroupId"] == "rg1"
    restored = available(cache, SnapshotName="last")
    assert restored["Status"] == "available"


def test_snapshots(twin: Any, cache: Any) -> None:
    twin.delays(elasticache__snapshot=1.0)
    available(cache)
    made = cache.create_snapshot(ReplicationGroupId="rg1", SnapshotName="s1", Tags=[{"Key": "a", "Value": "1"}])
    assert made["Snapshot"]["SnapshotStatus"] == "creating"
    assert one(cache)["Status"] == "snapshotting"
    with refused("SnapshotAlreadyExistsFault"):
        until(status(cache), lambda s: s == "available")
        cache.create_snapshot(ReplicationGroupId="rg1", SnapshotName="s1")
    state = lambda name: cache.describe_snapshots(SnapshotName=name)["Snapshots"][0]["SnapshotStatus"]  # noqa: E731
    until(lambda: state("s1"), lambda s: s == "available")
    cache.copy_snapshot(SourceSnapshotName="s1", TargetSnapshotName="s2")
    until(lambda: state("s2"), lambda s: s == "available")
    assert len(cache.describe_snapshots(ReplicationGroupId="rg1")["Snapshots"]) == 2
    cache.delete_snapshot(SnapshotName="s1")
    until(lambda: len(cache.describe_snapshots()["Snapshots"]), lambda count: count == 1)
    with refused("SnapshotNotFoundFault"):
        cache.delete_snapshot(SnapshotName="s1")


def subnet_group(client: Client, cache: Any, count: int = 2) -> None:
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="sg",
        CacheSubnetGroupDescription="d",
        SubnetIds=default_subnets(client, count),
        Tags=[{"Key": "a", "Value": "1"}],
    )


def test_subnet_groups(client: Client, cache: Any) -> None:
    subnet_group(client, cache)
    with refused("CacheSubnetGroupAlreadyExists", "Cache subnet group sg already exists."):
        subnet_group(client, cache)
    subnets = default_subnets(client, 3)
    cache.modify_cache_subnet_group(CacheSubnetGroupName="sg", CacheSubnetGroupDescription="new", SubnetIds=subnets)
    (got,) = cache.describe_cache_subnet_groups(CacheSubnetGroupName="sg")["CacheSubnetGroups"]
    assert [s["SubnetIdentifier"] for s in got["Subnets"]] == subnets
    assert (got["CacheSubnetGroupDescription"], bool(got["VpcId"])) == ("new", True)
    available(cache, CacheSubnetGroupName="sg")
    with refused("CacheSubnetGroupInUse", "currently in use by a cache cluster"):
        cache.delete_cache_subnet_group(CacheSubnetGroupName="sg")
    with refused("SubnetInUse"):
        cache.modify_cache_subnet_group(CacheSubnetGroupName="sg", SubnetIds=subnets[2:])
    cache.delete_replication_group(ReplicationGroupId="rg1")
    until(lambda: cache.describe_replication_groups()["ReplicationGroups"], lambda found: found == [])
    cache.delete_cache_subnet_group(CacheSubnetGroupName="sg")
    with refused("CacheSubnetGroupNotFoundFault"):
        cache.describe_cache_subnet_groups(CacheSubnetGroupName="sg")
    with refused("InvalidParameterValue", "Some input subnets"):
        cache.create_cache_subnet_group(
            CacheSubnetGroupName="x", CacheSubnetGroupDescription="d", SubnetIds=["subnet-0"]
        )


def parameter_group(cache: Any, family: str = "redis7") -> None:
    cache.create_cache_parameter_group(CacheParameterGroupName="pg", CacheParameterGroupFamily=family, Description="d")


def user_parameters(cache: Any) -> dict[str, str]:
    pages = cache.get_paginator("describe_cache_parameters").paginate(CacheParameterGroupName="pg", Source="user")
    return {p["ParameterName"]: p["ParameterValue"] for page in pages for p in page["Parameters"]}


def test_parameter_groups(cache: Any) -> None:
    parameter_group(cache)
    with refused("CacheParameterGroupAlreadyExists"):
        parameter_group(cache)
    first = cache.describe_cache_parameters(CacheParameterGroupName="pg", MaxRecords=20)
    assert len(first["Parameters"]) == 20 and first["Marker"]
    cache.modify_cache_parameter_group(
        CacheParameterGroupName="pg",
        ParameterNameValues=[
            {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"},
            {"ParameterName": "timeout", "ParameterValue": "300"},
        ],
    )
    assert user_parameters(cache) == {"maxmemory-policy": "allkeys-lru", "timeout": "300"}
    for name, value, text in (
        ("nosuch", "1", "Could not find parameter"),
        ("appendonly", "yes", "cannot be modified"),
        ("maxmemory-policy", "sometimes", "is invalid"),
    ):
        change = [{"ParameterName": name, "ParameterValue": value}]
        with refused("InvalidParameterValue", text):
            cache.modify_cache_parameter_group(CacheParameterGroupName="pg", ParameterNameValues=change)
    cache.reset_cache_parameter_group(CacheParameterGroupName="pg", ParameterNameValues=[{"ParameterName": "timeout"}])
    assert user_parameters(cache) == {"maxmemory-policy": "allkeys-lru"}
    cache.reset_cache_parameter_group(CacheParameterGroupName="pg", ResetAllParameters=True)
    assert user_parameters(cache) == {}
    available(cache, CacheParameterGroupName="pg")
    with refused("InvalidCacheParameterGroupState", "still members of this parameter group pg"):
        cache.delete_cache_parameter_group(CacheParameterGroupName="pg")
    modified_group = cache.modify_replication_group(ReplicationGroupId="rg1", CacheParameterGroupName="default.redis7")
    assert modified_group["ReplicationGroup"]["Status"] == "available"
    cache.delete_cache_parameter_group(CacheParameterGroupName="pg")
    with refused("CacheParameterGroupNotFound"):
        cache.describe_cache_parameter_groups(CacheParameterGroupName="pg")


def test_tags_are_set_unset_and_travel_to_the_members(cache: Any) -> None:
    group = available(cache, Tags=[{"Key": "a", "Value": "1"}])
    cache.add_tags_to_resource(ResourceName=group["ARN"], Tags=[{"Key": "b", "Value": "2"}])
    cache.remove_tags_from_resource(ResourceName=group["ARN"], TagKeys=["a"])
    for arn in (group["ARN"], cluster(cache)["ARN"]):
        assert cache.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "b", "Value": "2"}]
    with refused("ReplicationGroupNotFoundFault"):
        cache.list_tags_for_resource(ResourceName=group["ARN"] + "x")


def test_a_sharded_group_has_slots_and_a_configuration_endpoint(cache: Any) -> None:
    with refused("InvalidParameterCombination", "cluster mode enabled"):
        cache.create_replication_group(
            **{**BASE, "NumCacheClusters": 1, "AutomaticFailoverEnabled": False}, ClusterMode="enabled"
        )
    base = {k: v for k, v in BASE.items() if k != "NumCacheClusters"}
    cache.create_replication_group(**base, NumNodeGroups=2, ReplicasPerNodeGroup=1)
    until(status(cache), lambda s: s == "available")
    got = one(cache)
    assert got["MemberClusters"] == ["rg1-0001-001", "rg1-0001-002", "rg1-0002-001", "rg1-0002-002"]
    assert [g["Slots"] for g in got["NodeGroups"]] == ["0-8191", "8192-16383"]
    assert got["ConfigurationEndpoint"]["Port"] == 6379


def test_a_member_cannot_be_deleted_by_itself_and_a_lone_cluster_can(cache: Any) -> None:
    available(cache, NumCacheClusters=1, AutomaticFailoverEnabled=False)
    with refused("InvalidCacheClusterState", "only member of a replication group"):
        cache.delete_cache_cluster(CacheClusterId="rg1-001")
    cache.create_cache_cluster(CacheClusterId="mc", Engine="memcached", CacheNodeType="cache.t3.micro", NumCacheNodes=2)
    state = lambda: cluster(cache, "mc")["CacheClusterStatus"]  # noqa: E731
    passes_through(state, "creating", "available")
    alone = cache.describe_cache_clusters(ShowCacheClustersNotInReplicationGroups=True)["CacheClusters"]
    assert [c["CacheClusterId"] for c in alone] == ["mc"]
    assert cluster(cache, "mc")["ConfigurationEndpoint"]["Port"] == 11211
    cache.delete_cache_cluster(CacheClusterId="mc")
    until(lambda: len(cache.describe_cache_clusters()["CacheClusters"]), lambda count: count == 1)
