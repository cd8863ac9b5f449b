"""Changes that AWS would refuse, of one property and of several together, and that every other one can be made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY

DATABASE = "AWS::RDS::DBInstance"
CACHE = "AWS::ElastiCache::ReplicationGroup"
SEARCH = "AWS::OpenSearchService::Domain"
KEY = "arn:aws:kms:us-east-1:123456789012:key/one"


@pytest.mark.parametrize("kind", list(REGISTRY), ids=lambda kind: kind.type)
def test_what_is_compared_can_be_changed_or_says_that_it_cannot(kind: Any) -> None:
    changed = {name for update in kind.updates for name in update.properties}
    # A guard is let go of by a step of its own, and may be how something else that is stated reads.
    stuck = {
        name
        for name, prop in kind.properties.items()
        if prop.compared and not prop.immutable and name not in changed and name != kind.protection
    }
    assert stuck == set()
    assert changed <= set(kind.properties)


@pytest.mark.parametrize(
    ("kind", "name", "now", "wanted", "words"),
    [
        (DATABASE, "EngineVersion", "16.3", "15", "cannot go back from 16.3 to 15; state 16.3"),
        (DATABASE, "EngineVersion", "16.3", "16.10", ""),
        (DATABASE, "EngineVersion", "8.0.35", "8.4", ""),
        (CACHE, "EngineVersion", "7.1.0", "7.0", "cannot go back"),
        (CACHE, "EngineVersion", "7.1.0", "7.2", ""),
        (CACHE, "EngineVersion", "6.2.6", "5.0", "cannot go back"),
        (CACHE, "Engine", "redis", "valkey", ""),
        (CACHE, "Engine", "valkey", "redis", "valkey cannot become redis"),
        (CACHE, "ClusterMode", "disabled", "enabled", "state `disabled`, or `compatible`"),
        (CACHE, "ClusterMode", "compatible", "enabled", ""),
        (CACHE, "ClusterMode", "enabled", "compatible", "state `enabled`"),
        (SEARCH, "EngineVersion", "OpenSearch_2.11", "OpenSearch_2.9", "cannot go back from 2.11 to 2.9"),
        (SEARCH, "EngineVersion", "OpenSearch_2.9", "OpenSearch_2.11", ""),
        (SEARCH, "EngineVersion", "Elasticsearch_7.10", "OpenSearch_1.0", ""),
        (SEARCH, "EngineVersion", "OpenSearch_1.0", "Elasticsearch_7.10", "cannot become"),
        (SEARCH, "EncryptionAtRestOptions", {"Enabled": False}, {"Enabled": True, "KmsKeyId": KEY}, ""),
        (SEARCH, "EncryptionAtRestOptions", {"Enabled": True, "KmsKeyId": KEY}, {"Enabled": False}, "leave it on"),
        (
            SEARCH,
            "EncryptionAtRestOptions",
            {"Enabled": True, "KmsKeyId": KEY},
            {"Enabled": True, "KmsKeyId": "two"},
            "the key that it is encrypted with cannot be changed; state one",
        ),
        (SEARCH, "NodeToNodeEncryptionOptions", {"Enabled": True}, {"Enabled": False}, "leave it on"),
        (SEARCH, "AdvancedSecurityOptions", {"Enabled": True}, {"Enabled": False}, "leave it on"),
        (SEARCH, "VPCOptions", None, {"SubnetIds": ["subnet-1"]}, "it cannot move into a VPC"),
        (SEARCH, "VPCOptions", {"SubnetIds": ["subnet-1"]}, {"SubnetIds": ["subnet-2"]}, ""),
        ("AWS::Route53::HostedZone", "VPCs", [], [{"VPCId": "vpc-1"}], "a public zone cannot become a private one"),
        ("AWS::Route53::HostedZone", "VPCs", [{"VPCId": "vpc-1"}], [], "a private zone cannot become a public one"),
        ("AWS::EC2::VPCPeeringConnection", "Accepted", True, False, "cannot be taken back"),
        ("AWS::EC2::VPCPeeringConnection", "Accepted", False, True, ""),
    ],
)
def test_of_one_property(kind: str, name: str, now: Any, wanted: Any, words: str) -> None:
    refuse = REGISTRY[kind].properties[name].refuse
    assert refuse is not None
    why = refuse(now, wanted)
    assert words in why and bool(words) == bool(why)


def database(**answer: Any) -> Any:
    item = {"DBInstanceStatus": "available", "Engine": "postgres", "EngineVersion": "15.7", "AllocatedStorage": 100}
    return REGISTRY[DATABASE].parse({**item, "DBInstanceIdentifier": "main", **answer})


def problems(kind: str, found: Any, **desired: Any) -> list[str]:
    """Why the stated properties that differ cannot be reached, all of them."""
    table = REGISTRY[kind]
    changed = [
        name
        for name, value in desired.items()
        if table.properties[name].compared and differs(table.properties[name], value, found.properties.get(name))
    ]
    refusals = [(name, table.properties[name].refuse) for name in changed]
    whys = [refuse(found.properties[name], desired[name]) for name, refuse in refusals if refuse is not None]
    whys += list(table.refuse(desired, found, changed)) if table.refuse is not None else []
    return [why for why in whys if why]


@pytest.mark.parametrize(
    ("answer", "stated", "words"),
    [
        ({}, 50, "RDS shrinks no storage to 50; state AllocatedStorage 100"),
        ({}, "105", "by a tenth at least, not to 105; state AllocatedStorage 100, or 110 or more"),
        ({}, 110, ""),
        ({"Engine": "sqlserver-se", "EngineVersion": "15.00"}, 101, ""),
        # What autoscaling may have made of it is left.
        ({"AllocatedStorage": 150, "MaxAllocatedStorage": 200}, 100, ""),
        ({"AllocatedStorage": 250, "MaxAllocatedStorage": 200}, 100, "RDS shrinks no storage"),
        ({"AllocatedStorage": 150, "MaxAllocatedStorage": 200}, 160, "not to 160; state AllocatedStorage 150, or 165"),
    ],
)
def test_storage_grows_and_never_shrinks(answer: dict[str, Any], stated: Any, words: str) -> None:
    found = problems(DATABASE, database(**answer), AllocatedStorage=stated)
    assert words in "".join(found) and len(found) == bool(words)


def test_storage_that_autoscaling_has_grown_is_left_with_a_remark() -> None:
    remark = REGISTRY[DATABASE].remark
    assert remark is not None
    grown = database(AllocatedStorage=150, MaxAllocatedStorage=200)
    assert "has grown from 100 to 150 GiB of at most 200" in remark({"AllocatedStorage": 100}, grown)
    assert remark({"AllocatedStorage": 150}, grown) == ""
    assert remark({"AllocatedStorage": 100}, database(AllocatedStorage=150)) == ""


@pytest.mark.parametrize(
    ("answer", "desired", "words"),
    [
        ({}, {"EngineVersion": "16"}, "from 15.7 to 16 is a major upgrade of postgres"),
        ({}, {"EngineVersion": "16", "AllowMajorVersionUpgrade": False}, "state AllowMajorVersionUpgrade"),
        ({}, {"EngineVersion": "16", "AllowMajorVersionUpgrade": True}, ""),
        ({}, {"EngineVersion": "15.8"}, ""),
        ({}, {"EngineVersion": "14"}, "cannot go back"),
        ({"Engine": "mysql", "EngineVersion": "8.0.35"}, {"EngineVersion": "8.4"}, "is a major upgrade of mysql"),
        ({"Engine": "mysql", "EngineVersion": "8.0.35"}, {"EngineVersion": "8.0.36"}, ""),
        ({}, {"MaxAllocatedStorage": 90}, "it has 100 GiB already; state MaxAllocatedStorage 100 or more, not 90"),
        ({}, {"MaxAllocatedStorage": 100}, ""),
        ({"MaxAllocatedStorage": 200}, {"AllocatedStorage": 100, "MaxAllocatedStorage": None}, ""),
        (
            {"AllocatedStorage": 150, "MaxAllocatedStorage": 200},
            {"AllocatedStorage": 100, "MaxAllocatedStorage": None},
            "it has 150 GiB, and RDS shrinks no storage to 100; state AllocatedStorage 150",
        ),
        ({"DBInstanceStatus": "stopped"}, {"MultiAZ": True}, "it is stopped"),
        (
            {"DBInstanceStatus": "storage-optimization"},
            {"Iops": 6000},
            "Iops cannot be changed while RDS still optimises",
        ),
        ({"DBInstanceStatus": "storage-optimization"}, {"MultiAZ": True}, ""),
        (
            {"BackupRetentionPeriod": 7, "ReadReplicaDBInstanceIdentifiers": ["copy"]},
            {"BackupRetentionPeriod": 0},
            "its backups cannot be switched off while copy follows it",
        ),
        ({"BackupRetentionPeriod": 7}, {"BackupRetentionPeriod": 0}, ""),
    ],
)
def test_of_a_database(answer: dict[str, Any], desired: dict[str, Any], words: str) -> None:
    found = problems(DATABASE, database(**answer), **desired)
    assert words in "".join(found) and len(found) == bool(words)


@pytest.mark.parametrize(
    ("answer", "desired", "words"),
    [
        ({"TransitEncryptionEnabled": False}, {"TransitEncryptionEnabled": True}, "is switched on by way of"),
        (
            {"TransitEncryptionEnabled": False},
            {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"},
            "",
        ),
        (
            {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "required"},
            {"TransitEncryptionEnabled": False},
            "is switched off by way of",
        ),
        (
            {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"},
            {"TransitEncryptionEnabled": False},
            "",
        ),
        ({"ClusterMode": "disabled", "NodeGroups": [{}]}, {"NumNodeGroups": 2}, "state NumNodeGroups 1"),
        ({"ClusterMode": "enabled", "NodeGroups": [{}]}, {"NumNodeGroups": 2}, ""),
    ],
)
def test_of_a_cache(answer: dict[str, Any], desired: dict[str, Any], words: str) -> None:
    found = problems(CACHE, REGISTRY[CACHE].parse({"ReplicationGroupId": "main", **answer}), **desired)
    assert words in "".join(found) and len(found) == bool(words)


@pytest.mark.parametrize(
    ("kind", "groups", "stated", "words"),
    [
        ("network", [], ["sg-1"], "that was made without security groups takes none"),
        ("network", ["sg-1"], [], "keeps at least one"),
        ("network", ["sg-1"], ["sg-2"], ""),
        ("application", [], ["sg-1"], ""),
    ],
)
def test_of_a_load_balancer(kind: str, groups: list[str], stated: list[str], words: str) -> None:
    balancer = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    answer = {"LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/main/1", "Type": kind}
    found = problems(balancer, REGISTRY[balancer].parse({**answer, "SecurityGroups": groups}), SecurityGroups=stated)
    assert words in "".join(found) and len(found) == bool(words)


def test_of_a_vault_that_nobody_can_unlock() -> None:
    vault, now = "AWS::Backup::BackupVault", datetime.now(UTC)
    locked = {"BackupVaultName": "main", "Locked": True, "MinRetentionDays": 7}
    stated = {"LockConfiguration": {"MinRetentionDays": 14}}
    for sets, refused in ((now - timedelta(days=1), True), (now + timedelta(days=1), False), (None, False)):
        found = problems(vault, REGISTRY[vault].parse({**locked, "LockDate": sets}), **stated)
        assert bool(found) == refused
