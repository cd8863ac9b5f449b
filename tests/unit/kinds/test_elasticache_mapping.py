"""What ElastiCache answers and takes, against CloudFormation's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Phase, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import elasticache
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.elasticache import REPLICATION_GROUP
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.elasticache.parameter_group import (
    observed_parameters,
    parameter_values,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.elasticache.replication_group import (
    creation,
    deletion,
    modification,
    nodes_by_group,
    replica_change,
)
from tests.unit.kinds import schemas


def delivery(log_type: str, **more: Any) -> dict[str, Any]:
    details = {"CloudWatchLogsDetails": {"LogGroup": "/redis"}}
    return {
        "LogType": log_type,
        "LogFormat": "json",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": details,
        **more,
    }


NODE: dict[str, Any] = {
    "CacheClusterId": "redis-001",
    "CacheClusterStatus": "available",
    "ReplicationGroupId": "redis",
    "EngineVersion": "7.0.7",
    "CacheSubnetGroupName": "main",
    "SecurityGroups": [{"SecurityGroupId": "sg-1", "Status": "active"}],
    "CacheParameterGroup": {"CacheParameterGroupName": "redis7"},
    "PreferredMaintenanceWindow": "mon:07:00-mon:08:00",
    "NotificationConfiguration": {"TopicArn": "arn:topic", "TopicStatus": "active"},
}
ANSWER: dict[str, Any] = {
    "ReplicationGroupId": "redis",
    "Description": "words",
    "Status": "available",
    "PendingModifiedValues": {},
    "MemberClusters": ["redis-001", "redis-002", "redis-003"],
    "NodeGroups": [
        {
            "NodeGroupId": "0001",
            "PrimaryEndpoint": {"Address": "primary", "Port": 6379},
            "ReaderEndpoint": {"Address": "reader", "Port": 6379},
        }
    ],
    "AutomaticFailover": "enabling",
    "MultiAZ": "enabled",
    "CacheNodeType": "cache.t3.medium",
    "TransitEncryptionEnabled": True,
    "AtRestEncryptionEnabled": True,
    "LogDeliveryConfigurations": [
        delivery("slow-log", Status="active"),
        delivery("engine-log", Status="disabling"),
    ],
    "UserGroupIds": ["ops"],
    "ARN": "arn:aws:elasticache:us-east-1:1:replicationgroup:redis",
    "Nodes": [NODE],
}


def work(**desired: Any) -> Work:
    return Work(
        Address(REPLICATION_GROUP.type, "main"),
        desired,
        api=None,  # type: ignore[arg-type]
        current=REPLICATION_GROUP.parse(ANSWER),
        tags={"a": "b"},
        token="0123456789abcdef",
        changed=frozenset(desired),
    )


def test_an_answer_becomes_properties() -> None:
    observed = REPLICATION_GROUP.parse(ANSWER)
    expected = {
        "ReplicationGroupDescription": "words",
        "NumCacheClusters": 3,
        "NumNodeGroups": 1,
        "ReplicasPerNodeGroup": 2,
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": True,
        "SecurityGroupIds": ["sg-1"],
        "CacheParameterGroupName": "redis7",
        "CacheSubnetGroupName": "main",
        "NotificationTopicArn": "arn:topic",
        "Port": 6379,
        "LogDeliveryConfigurations": [delivery("slow-log")],
    }
    assert {name: observed.properties[name] for name in expected} == expected
    assert observed.attributes["PrimaryEndPoint.Address"] == "primary"
    assert observed.attributes["ReaderEndPoint.Address"] == "reader"
    assert "AuthToken" not in observed.properties


def test_the_answer_of_a_create_has_no_nodes_yet() -> None:
    observed = REPLICATION_GROUP.parse({"ReplicationGroupId": "redis", "Status": "creating", "ARN": "arn"})
    assert observed.phase is Phase.BUSY
    assert observed.attributes["PrimaryEndPoint.Address"] is None
    assert observed.properties["SecurityGroupIds"] is None


@pytest.mark.parametrize(
    ("name", "desired", "expected"),
    [
        ("EngineVersion", "7.0", False),
        ("EngineVersion", "7.x", False),
        ("EngineVersion", "7.0.7", False),
        ("EngineVersion", "7.1", True),
        ("NumCacheClusters", "3", False),
        ("PreferredMaintenanceWindow", "Mon:07:00-Mon:08:00", False),
        ("LogDeliveryConfigurations", [delivery("slow-log")], False),
        ("LogDeliveryConfigurations", [delivery("engine-log"), delivery("slow-log")], True),
        ("LogDeliveryConfigurations", [], True),
        ("ReplicationGroupId", "Redis", False),
    ],
)
def test_comparison(name: str, desired: Any, expected: bool) -> None:
    observed = REPLICATION_GROUP.parse(ANSWER)
    assert differs(REPLICATION_GROUP.properties[name], desired, observed.properties[name]) is expected


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        ({}, Phase.READY),
        ({"Status": "modifying"}, Phase.BUSY),
        ({"Status": "snapshotting"}, Phase.BUSY),
        ({"Status": "create-failed"}, Phase.FAILED),
        ({"Status": "deleting"}, Phase.LEAVING),
        ({"PendingModifiedValues": {"AuthTokenStatus": "SETTING"}}, Phase.BUSY),
        ({"Nodes": [{**NODE, "CacheClusterStatus": "modifying"}]}, Phase.BUSY),
        ({"Nodes": [{**NODE, "CacheClusterStatus": "snapshotting"}]}, Phase.READY),
        ({"Nodes": [{**NODE, "CacheClusterStatus": "incompatible-network"}]}, Phase.FAILED),
        ({"Nodes": [{**NODE, "PendingModifiedValues": {"CacheNodeType": "cache.r6g.large"}}]}, Phase.BUSY),
    ],
)
def test_states(answer: dict[str, Any], phase: Phase) -> None:
    assert REPLICATION_GROUP.parse({**ANSWER, **answer}).phase is phase


def test_creation_leaves_out_what_is_empty() -> None:
    asked = work(ReplicationGroupId="redis", Port="6379", NumCacheClusters=3, NotificationTopicArn="", UserGroupIds=[])
    assert creation(asked) == {
        "ReplicationGroupId": "redis",
        "Port": 6379,
        "NumCacheClusters": 3,
        "Tags": [{"Key": "a", "Value": "b"}],
    }


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        ({"SnapshotWindow": "03:00-04:00"}, {"SnapshotWindow": "03:00-04:00"}),
        ({"NumCacheClusters": 5}, {}),
        ({"NotificationTopicArn": ""}, {"NotificationTopicStatus": "inactive"}),
        ({"UserGroupIds": ["dev"]}, {"UserGroupIdsToAdd": ["dev"], "UserGroupIdsToRemove": ["ops"]}),
        (
            {"LogDeliveryConfigurations": [delivery("engine-log")]},
            {"LogDeliveryConfigurations": [delivery("engine-log"), {"LogType": "slow-log", "Enabled": False}]},
        ),
    ],
)
def test_modification(desired: dict[str, Any], expected: dict[str, Any]) -> None:
    assert modification(work(**desired)) == {"ReplicationGroupId": "redis", "ApplyImmediately": True, **expected}


def test_what_belongs_together_is_restated() -> None:
    asked = work(
        AutomaticFailoverEnabled=True, MultiAZEnabled=False, EngineVersion="7.1", CacheParameterGroupName="new"
    )
    asked.changed = frozenset({"MultiAZEnabled"})
    assert set(modification(asked)) >= {"AutomaticFailoverEnabled", "MultiAZEnabled"}
    asked.changed = frozenset({"CacheParameterGroupName"})
    assert "EngineVersion" not in modification(asked)
    asked.changed = frozenset({"EngineVersion"})
    assert modification(asked)["CacheParameterGroupName"] == "new"


@pytest.mark.parametrize(
    ("desired", "change"),
    [
        ({"NumCacheClusters": "5"}, 2),
        ({"NumCacheClusters": 1}, -2),
        ({"ReplicasPerNodeGroup": 3}, 1),
        ({"SnapshotWindow": "03:00-04:00"}, 0),
    ],
)
def test_replicas_come_and_go(desired: dict[str, Any], change: int) -> None:
    assert replica_change(work(**desired)) == change


def test_the_final_snapshot() -> None:
    asked = work()
    assert deletion(asked) == {"ReplicationGroupId": "redis", "FinalSnapshotIdentifier": "redis-final-01234567"}
    asked.final_snapshot = False
    assert deletion(asked) == {"ReplicationGroupId": "redis"}


def test_nodes_are_sorted_into_their_groups() -> None:
    answer = [
        {"CacheClusterId": "b-002", "ReplicationGroupId": "b"},
        {"CacheClusterId": "alone"},
        {"CacheClusterId": "b-001", "ReplicationGroupId": "b"},
    ]
    assert nodes_by_group(answer) == {"b": [answer[2], answer[0]]}


def test_parameters() -> None:
    answer = [
        {"ParameterName": "timeout", "ParameterValue": "0", "Source": "system"},
        {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru", "Source": "user"},
    ]
    assert parameter_values({"activedefrag": True, "timeout": 300}) == {"activedefrag": "yes", "timeout": "300"}
    assert observed_parameters(answer) == {"maxmemory-policy": "allkeys-lru"}
    assert observed_parameters(answer, {"timeout": 0}) == {"maxmemory-policy": "allkeys-lru", "timeout": "0"}


# CloudFormation

NOT_KNOWN = {"AWS::ElastiCache::ReplicationGroup": {"CacheSecurityGroupNames"}}
#: CloudFormation makes the name up.
OWN = {"AWS::ElastiCache::ParameterGroup": {"CacheParameterGroupName"}}


@pytest.mark.parametrize("kind", [kind for kind in elasticache.KINDS if kind.export], ids=lambda kind: kind.type)
def test_properties_are_cloudformations(kind: Kind) -> None:
    assert set(kind.properties) - schemas.writable(kind.type) == OWN.get(kind.type, set())
    assert schemas.writable(kind.type) - set(kind.properties) == NOT_KNOWN.get(kind.type, set())


@pytest.mark.parametrize("kind", [kind for kind in elasticache.KINDS if kind.export], ids=lambda kind: kind.type)
def test_what_cloudformation_cannot_change_is_not_changed(kind: Kind) -> None:
    fixed = schemas.names(kind.type, "createOnlyProperties") & set(kind.properties)
    rules = [kind.properties[name] for name in fixed]
    assert all(rule.immutable or rule.initial or rule.write_only for rule in rules)
