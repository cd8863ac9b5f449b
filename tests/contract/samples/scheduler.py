"""EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.kms import KEY, OTHER_KEY
from tests.contract.samples.sqs import PLAIN


def _role() -> Resource:
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return Resource(
        "AWS::IAM::Role",
        "scheduler",
        {
            "RoleName": "contract-scheduler",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        },
    )


ROLE = _role()
GROUP = Resource("AWS::Scheduler::ScheduleGroup", "main", {"Name": "contract"})
OTHER_GROUP = Resource("AWS::Scheduler::ScheduleGroup", "other", {"Name": "contract-other"})
TARGET: dict[str, Any] = {"Arn": PLAIN.ref("Arn"), "RoleArn": ROLE.ref("Arn"), "Input": {"kind": "hourly"}}
CREATE_SNAPSHOT = "arn:aws:scheduler:::aws-sdk:elasticache:createSnapshot"
SCHEDULE = Resource(
    "AWS::Scheduler::Schedule",
    "hourly",
    {
        "Name": "contract-hourly",
        "GroupName": GROUP.ref("Name"),
        "Description": "contract",
        "ScheduleExpression": "rate(1 hour)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "StartDate": "2026-12-01T00:00:00Z",
        "EndDate": "2030-01-01T00:00:00Z",
        "State": "ENABLED",
        "KmsKeyArn": KEY.ref("Arn"),
        "Target": TARGET,
    },
)
PLAIN_SCHEDULE = Resource(
    "AWS::Scheduler::Schedule",
    "plain",
    {
        "Name": "contract-plain",
        "ScheduleExpression": "cron(0 4 ? * SUN *)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": TARGET,
    },
)

SAMPLES = [
    Sample(kind="AWS::Scheduler::ScheduleGroup", resources=[GROUP], immutable={"Name": "contract-renamed"}),
    Sample(
        kind="AWS::Scheduler::Schedule",
        resources=[KEY, OTHER_KEY, PLAIN, ROLE, GROUP, OTHER_GROUP, SCHEDULE],
        changes={
            "Description": "changed",
            "ScheduleExpression": "rate(30 minutes)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
            "StartDate": "2026-12-24T00:00:00Z",
            "EndDate": "2031-01-01T00:00:00Z",
            "State": "DISABLED",
            "KmsKeyArn": OTHER_KEY.ref("Arn"),
            "Target": {"Arn": CREATE_SNAPSHOT, "RoleArn": ROLE.ref("Arn"), "Input": {"SnapshotName": "hourly"}},
        },
        immutable={"GroupName": OTHER_GROUP.ref("Name")},
        tags=False,
    ),
    Sample(kind="AWS::Scheduler::Schedule", resources=[PLAIN, ROLE, PLAIN_SCHEDULE], tags=False),
]
