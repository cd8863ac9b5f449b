"""OpenSearch Service."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import (
    Address,
    Compose,
    Sensitive,
    account_id,
    partition,
)
from tests.contract.sample import Sample

VPC = Resource("AWS::EC2::VPC", "main", {"CidrBlock": "10.31.0.0/16"})
SUBNETS = [
    Resource(
        "AWS::EC2::Subnet",
        zone,
        {"VpcId": VPC.ref("VpcId"), "CidrBlock": f"10.31.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}"},
    )
    for number, zone in enumerate("abc")
]
GROUPS = [
    Resource(
        "AWS::EC2::SecurityGroup",
        name,
        {"GroupName": f"contract-search-{name}", "GroupDescription": "contract", "VpcId": VPC.ref("VpcId")},
    )
    for name in ("one", "two")
]
KEY = Resource("AWS::KMS::Key", "search", {"Description": "contract"})
LOGS = [
    Resource("AWS::Logs::LogGroup", name, {"LogGroupName": f"/contract/search/{name}"}) for name in ("slow", "other")
]
LOG_POLICY = Resource(
    "AWS::Logs::ResourcePolicy",
    "search",
    {
        "PolicyName": "contract-search",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "es.amazonaws.com"},
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": "arn:aws:logs:us-east-1:*:log-group:/contract/search/*",
                }
            ],
        },
    },
)
ROLE = Resource(
    "AWS::IAM::Role",
    "reader",
    {
        "RoleName": "contract-search-reader",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
    },
)


def _policy(*actions: str) -> dict[str, Any]:
    resource = Compose(
        "arn:{partition}:es:us-east-1:{account}:domain/contract-search/*",
        {"partition": partition(), "account": account_id()},
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [ROLE.ref("Arn")]},
        "Action": list(actions),
        "Resource": resource,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _publishes(log: str, group: Resource) -> dict[str, Any]:
    return {log: {"CloudWatchLogsLogGroupArn": group.ref("Arn"), "Enabled": True}}


DOMAIN = Resource(
    "AWS::OpenSearchService::Domain",
    "main",
    {
        "DomainName": "contract-search",
        "EngineVersion": "OpenSearch_2.11",
        "ClusterConfig": {
            "InstanceType": "r6g.large.search",
            "InstanceCount": 3,
            "ZoneAwarenessEnabled": True,
            "ZoneAwarenessConfig": {"AvailabilityZoneCount": 3},
            "DedicatedMasterEnabled": False,
        },
        "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 100, "Iops": 3000, "Throughput": 125},
        "VPCOptions": {
            "SubnetIds": [subnet.ref("SubnetId") for subnet in SUBNETS],
            "SecurityGroupIds": [GROUPS[0].ref("GroupId")],
        },
        "AccessPolicies": _policy("es:ESHttpGet"),
        "EncryptionAtRestOptions": {"Enabled": True, "KmsKeyId": KEY.ref("Arn")},
        "NodeToNodeEncryptionOptions": {"Enabled": True},
        "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
        "AdvancedSecurityOptions": {
            "Enabled": True,
            "InternalUserDatabaseEnabled": True,
            "MasterUserOptions": {"MasterUserName": "owner", "MasterUserPassword": Sensitive("Long-enough-1")},
        },
        "LogPublishingOptions": _publishes("SEARCH_SLOW_LOGS", LOGS[0]),
        "SnapshotOptions": {"AutomatedSnapshotStartHour": 3},
        "AutoTuneOptions": {"DesiredState": "ENABLED", "UseOffPeakWindow": True},
        "OffPeakWindowOptions": {
            "Enabled": True,
            "OffPeakWindow": {"WindowStartTime": {"Hours": 2, "Minutes": 30}},
        },
        "SoftwareUpdateOptions": {"AutoSoftwareUpdateEnabled": True},
        "AdvancedOptions": {"rest.action.multi.allow_explicit_index": True},
        "IPAddressType": "ipv4",
    },
    depends_on=(Address("AWS::Logs::ResourcePolicy", "search"),),
)
PLAIN = Resource(
    "AWS::OpenSearchService::Domain",
    "public",
    {
        "DomainName": "contract-plain",
        "EngineVersion": "OpenSearch_1.3",
        "ClusterConfig": {"InstanceType": "t3.small.search", "InstanceCount": 1},
        "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 10},
        "NodeToNodeEncryptionOptions": {"Enabled": False},
        "EncryptionAtRestOptions": {"Enabled": False},
        "AutoTuneOptions": {"DesiredState": "DISABLED"},
    },
)

SAMPLES = [
    Sample(
        "AWS::OpenSearchService::Domain",
        [VPC, *SUBNETS, *GROUPS, KEY, *LOGS, LOG_POLICY, ROLE, DOMAIN],
        changes={
            "EngineVersion": "OpenSearch_2.17",
            # What is not named stays: the instance type is that of before.
            "ClusterConfig": {
                "InstanceCount": 6,
                "DedicatedMasterEnabled": True,
                "DedicatedMasterType": "m6g.large.search",
                "DedicatedMasterCount": 3,
            },
            "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 200, "Iops": 6000, "Throughput": 250},
            "VPCOptions": {
                "SubnetIds": [subnet.ref("SubnetId") for subnet in reversed(SUBNETS)],
                "SecurityGroupIds": [GROUPS[1].ref("GroupId"), GROUPS[0].ref("GroupId")],
            },
            "AccessPolicies": _policy("es:ESHttpGet", "es:ESHttpPost"),
            "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
            "LogPublishingOptions": _publishes("INDEX_SLOW_LOGS", LOGS[1]),
            "SnapshotOptions": {"AutomatedSnapshotStartHour": 5},
            "AutoTuneOptions": {"DesiredState": "DISABLED"},
            "OffPeakWindowOptions": {
                "Enabled": True,
                "OffPeakWindow": {"WindowStartTime": {"Hours": 4, "Minutes": 0}},
            },
            "SoftwareUpdateOptions": {"AutoSoftwareUpdateEnabled": False},
            "AdvancedOptions": {"indices.query.bool.max_clause_count": "2048"},
            "IPAddressType": "dualstack",
        },
        refused=(
            ("EngineVersion", "OpenSearch_1.3"),
            ("EncryptionAtRestOptions", {"Enabled": False}),
            ("NodeToNodeEncryptionOptions", {"Enabled": False}),
            ("AdvancedSecurityOptions", {"Enabled": False}),
        ),
        immutable={"DomainName": "contract-renamed"},
    ),
    Sample(
        "AWS::OpenSearchService::Domain",
        [PLAIN],
        changes={
            "EncryptionAtRestOptions": {"Enabled": True},
            "NodeToNodeEncryptionOptions": {"Enabled": True},
            "UseCase": "SEARCH",
        },
        immutable={"EngineMode": "OPTIMIZED"},
    ),
]
