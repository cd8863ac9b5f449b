"""ElastiCache."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from tests.contract.sample import Sample

VPC = Resource("AWS::EC2::VPC", "main", {"CidrBlock": "10.31.0.0/16"})


def _subnet(name: str, number: int) -> Resource:
    properties = {
        "VpcId": VPC.ref("VpcId"),
        "CidrBlock": f"10.31.{number}.0/24",
        "AvailabilityZone": f"us-east-1{name}",
    }
    return Resource("AWS::EC2::Subnet", name, properties)


def _security_group(name: str) -> Resource:
    properties = {"GroupName": f"contract-cache-{name}", "GroupDescription": "contract", "VpcId": VPC.ref("VpcId")}
    return Resource("AWS::EC2::SecurityGroup", name, properties)


def _parameter_group(name: str, **parameters: Any) -> Resource:
    properties = {
        "CacheParameterGroupName": f"contract-{name}",
        "CacheParameterGroupFamily": "redis7",
        "Description": "contract",
    }
    return Resource(
        "AWS::ElastiCache::ParameterGroup", name, {**properties, **({"Properties": parameters} if parameters else {})}
    )


SUBNETS = [_subnet("a", 1), _subnet("b", 2), _subnet("c", 3)]
SUBNET_GROUP = Resource(
    "AWS::ElastiCache::SubnetGroup",
    "main",
    {
        "CacheSubnetGroupName": "contract-cache",
        "Description": "contract",
        "SubnetIds": [SUBNETS[0].ref("SubnetId"), SUBNETS[1].ref("SubnetId")],
    },
)
PARAMETER_GROUP = _parameter_group("main", **{"maxmemory-policy": "allkeys-lru", "activedefrag": True})
OTHER_PARAMETER_GROUP = _parameter_group("other")
GROUPS = [_security_group("one"), _security_group("two")]
LOG_GROUP = Resource("AWS::Logs::LogGroup", "slow", {"LogGroupName": "/contract/redis/slow"})


def _delivery(log_type: str) -> dict[str, Any]:
    return {
        "LogType": log_type,
        "LogFormat": "json",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": LOG_GROUP.ref("LogGroupName")}},
    }


CACHE = Resource(
    "AWS::ElastiCache::ReplicationGroup",
    "main",
    {
        "ReplicationGroupId": "contract-redis",
        "ReplicationGroupDescription": "contract",
        "Engine": "redis",
        "EngineVersion": "7.0",
        "CacheNodeType": "cache.t3.medium",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": True,
        "AtRestEncryptionEnabled": True,
        "TransitEncryptionEnabled": True,
        "AuthToken": Sensitive("a-long-token-of-letters"),
        "SnapshotRetentionLimit": 7,
        "SnapshotWindow": "05:00-06:00",
        "PreferredMaintenanceWindow": "Mon:07:00-Mon:08:00",
        "AutoMinorVersionUpgrade": True,
        "Port": 6379,
        "CacheSubnetGroupName": SUBNET_GROUP.ref("CacheSubnetGroupName"),
        "CacheParameterGroupName": PARAMETER_GROUP.ref("CacheParameterGroupName"),
        "SecurityGroupIds": [GROUPS[0].ref("GroupId")],
        "LogDeliveryConfigurations": [_delivery("slow-log")],
    },
)
SINGLE = Resource(
    "AWS::ElastiCache::ReplicationGroup",
    "single",
    {
        "ReplicationGroupId": "contract-single",
        "ReplicationGroupDescription": "contract",
        "Engine": "redis",
        "EngineVersion": "7.0",
        "CacheNodeType": "cache.t3.small",
        "NumCacheClusters": 1,
        "AutomaticFailoverEnabled": False,
    },
)

SAMPLES = [
    Sample(
        "AWS::ElastiCache::SubnetGroup",
        [VPC, *SUBNETS, SUBNET_GROUP],
        changes={
            "Description": "changed",
            "SubnetIds": [SUBNETS[2].ref("SubnetId"), SUBNETS[0].ref("SubnetId")],
        },
        immutable={"CacheSubnetGroupName": "contract-cache-renamed"},
    ),
    Sample(
        "AWS::ElastiCache::ParameterGroup",
        [PARAMETER_GROUP],
        changes={"Properties": {"maxmemory-policy": "volatile-lru", "timeout": 300}},
        immutable={
            "CacheParameterGroupName": "contract-renamed",
            "CacheParameterGroupFamily": "redis6.x",
            "Description": "changed",
        },
    ),
    Sample(
        "AWS::ElastiCache::ReplicationGroup",
        [VPC, *SUBNETS, SUBNET_GROUP, PARAMETER_GROUP, OTHER_PARAMETER_GROUP, *GROUPS, LOG_GROUP, CACHE],
        changes={
            "ReplicationGroupDescription": "changed",
            "CacheNodeType": "cache.r6g.large",
            "NumCacheClusters": 3,
            "MultiAZEnabled": False,
            "SnapshotRetentionLimit": 3,
            "SnapshotWindow": "03:00-04:00",
            "PreferredMaintenanceWindow": "sun:05:00-sun:06:00",
            "AutoMinorVersionUpgrade": False,
            "CacheParameterGroupName": OTHER_PARAMETER_GROUP.ref("CacheParameterGroupName"),
            "SecurityGroupIds": [GROUPS[1].ref("GroupId"), GROUPS[0].ref("GroupId")],
            "LogDeliveryConfigurations": [_delivery("engine-log")],
        },
        refused=(("EngineVersion", "6.2"), ("TransitEncryptionEnabled", False)),
        immutable={"ReplicationGroupId": "contract-renamed", "AtRestEncryptionEnabled": False, "Port": 6380},
    ),
    Sample(
        "AWS::ElastiCache::ReplicationGroup",
        [SINGLE],
        changes={"NumCacheClusters": 2, "EngineVersion": "7.1"},
        refused=(("EngineVersion", "7.0"), ("TransitEncryptionEnabled", True)),
    ),
]
