"""Route 53."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

ZONE = Resource(
    "AWS::Route53::HostedZone",
    "public",
    {"Name": "contract.example.com", "HostedZoneConfig": {"Comment": "contract"}},
)
NETWORKS = [
    Resource("AWS::EC2::VPC", "one", {"CidrBlock": "10.32.0.0/16"}),
    Resource("AWS::EC2::VPC", "two", {"CidrBlock": "10.33.0.0/16"}),
]


def _networks(*numbers: int) -> list[dict[str, Any]]:
    return [{"VPCId": NETWORKS[number].ref("VpcId"), "VPCRegion": "us-east-1"} for number in numbers]


PRIVATE_ZONE = Resource("AWS::Route53::HostedZone", "private", {"Name": "contract.internal.", "VPCs": _networks(0)})
CHECK = Resource(
    "AWS::Route53::HealthCheck",
    "api",
    {
        "HealthCheckConfig": {
            "Type": "HTTPS",
            "FullyQualifiedDomainName": "api.contract.example.com",
            "Port": 443,
            "ResourcePath": "/health",
            "RequestInterval": 30,
            "FailureThreshold": 3,
        }
    },
)


def _record(name: str, host: str, record_type: str = "A", **more: Any) -> Resource:
    properties = {"HostedZoneId": ZONE.ref("HostedZoneId"), "Name": f"{host}.contract.example.com", "Type": record_type}
    return Resource("AWS::Route53::RecordSet", name, {**properties, **more})


RECORD = _record("plain", "www", TTL=300, ResourceRecords=["192.0.2.1", "192.0.2.2"])
WILDCARD = _record("wildcard", "*", "CNAME", TTL=60, ResourceRecords=["www.contract.example.com"])
WEIGHTED = _record(
    "blue",
    "api",
    TTL=60,
    ResourceRecords=["192.0.2.10"],
    SetIdentifier="blue",
    Weight=100,
    HealthCheckId=CHECK.ref("HealthCheckId"),
)
ALIAS = _record(
    "alias",
    "alias",
    AliasTarget={"DNSName": "WWW.contract.example.com.", "HostedZoneId": ZONE.ref("HostedZoneId")},
    SetIdentifier="primary",
    Failover="PRIMARY",
    HealthCheckId=CHECK.ref("HealthCheckId"),
)

SAMPLES = [
    Sample(
        "AWS::Route53::HostedZone",
        [ZONE],
        changes={"HostedZoneConfig": {"Comment": "changed"}},
        immutable={"Name": "renamed.example.com"},
    ),
    Sample("AWS::Route53::HostedZone", [*NETWORKS, PRIVATE_ZONE], changes={"VPCs": _networks(1, 0)}),
    Sample(
        "AWS::Route53::HealthCheck",
        [CHECK],
        changes={
            "HealthCheckConfig": {**CHECK.properties["HealthCheckConfig"], "FailureThreshold": 5, "ResourcePath": "/"}
        },
    ),
    Sample(
        "AWS::Route53::RecordSet",
        [ZONE, RECORD],
        changes={"TTL": 60, "ResourceRecords": ["192.0.2.3"]},
        tags=False,
    ),
    Sample("AWS::Route53::RecordSet", [ZONE, WILDCARD], changes={"TTL": 300}, tags=False),
    Sample(
        "AWS::Route53::RecordSet",
        [ZONE, CHECK, WEIGHTED],
        changes={"Weight": 10, "ResourceRecords": ["192.0.2.11"]},
        needed=frozenset({"Weight"}),
        tags=False,
    ),
    Sample(
        "AWS::Route53::RecordSet",
        [ZONE, CHECK, RECORD, ALIAS],
        needed=frozenset({"Failover"}),
        changes={
            "AliasTarget": {
                "DNSName": "www.contract.example.com",
                "HostedZoneId": ZONE.ref("HostedZoneId"),
                "EvaluateTargetHealth": True,
            }
        },
        tags=False,
    ),
]
