"""Cost Explorer."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

MONITOR = Resource(
    "AWS::CE::AnomalyMonitor",
    "services",
    {"MonitorName": "contract", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"},
)


def _tag(value: str) -> dict[str, Any]:
    return {"Tags": {"Key": "team", "Values": [value], "MatchOptions": ["EQUALS"]}}


OF_TEAM = Resource(
    "AWS::CE::AnomalyMonitor",
    "team",
    {"MonitorName": "contract-team", "MonitorType": "CUSTOM", "MonitorSpecification": _tag("web")},
)


def _above(amount: int) -> dict[str, Any]:
    impact = {"Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "MatchOptions": ["GREATER_THAN_OR_EQUAL"]}
    return {"Dimensions": {**impact, "Values": [str(amount)]}}


def _told(*addresses: str) -> list[dict[str, str]]:
    return [{"Type": "EMAIL", "Address": address} for address in addresses]


SUBSCRIPTION = Resource(
    "AWS::CE::AnomalySubscription",
    "daily",
    {
        "SubscriptionName": "contract",
        "MonitorArnList": [MONITOR.ref("MonitorArn")],
        "Subscribers": _told("ops@example.com"),
        "Frequency": "DAILY",
        "ThresholdExpression": _above(10),
    },
)
OLDER = Resource(
    "AWS::CE::AnomalySubscription",
    "older",
    {
        "SubscriptionName": "contract-older",
        "MonitorArnList": [MONITOR.ref("MonitorArn")],
        "Subscribers": _told("ops@example.com"),
        "Frequency": "DAILY",
        "Threshold": 10,
    },
)

SAMPLES = [
    Sample(
        kind="AWS::CE::AnomalyMonitor",
        resources=[MONITOR],
        changes={"MonitorName": "contract-renamed"},
        immutable={"MonitorDimension": "LINKED_ACCOUNT"},
    ),
    Sample(
        kind="AWS::CE::AnomalyMonitor",
        resources=[OF_TEAM],
        changes={"MonitorName": "contract-team-renamed"},
        immutable={"MonitorSpecification": _tag("api")},
    ),
    Sample(
        kind="AWS::CE::AnomalySubscription",
        resources=[MONITOR, OF_TEAM, SUBSCRIPTION],
        changes={
            "SubscriptionName": "contract-renamed",
            "MonitorArnList": [MONITOR.ref("MonitorArn"), OF_TEAM.ref("MonitorArn")],
            "Subscribers": _told("ops@example.com", "boss@example.com"),
            "Frequency": "WEEKLY",
            "ThresholdExpression": _above(25),
        },
    ),
    Sample(kind="AWS::CE::AnomalySubscription", resources=[MONITOR, OLDER], changes={"Threshold": 20}),
]
