"""EventBridge."""

from __future__ import annotations

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.awslambda import OTHER_ROLE, ROLE
from tests.contract.samples.sqs import DEAD, PLAIN

PATTERN = {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}
RULE = Resource(
    "AWS::Events::Rule",
    "instances",
    {
        "Name": "contract-instances",
        "Description": "contract",
        "EventPattern": PATTERN,
        "State": "ENABLED",
        "RoleArn": ROLE.ref("Arn"),
        "Targets": [
            {"Id": "queue", "Arn": PLAIN.ref("Arn"), "Input": {"kind": "instance"}},
            {"Id": "other", "Arn": DEAD.ref("Arn")},
        ],
    },
)
TIMED = Resource(
    "AWS::Events::Rule",
    "timed",
    {"Name": "contract-timed", "EventBusName": "default", "ScheduleExpression": "rate(1 hour)", "State": "DISABLED"},
)

SAMPLES = [
    Sample(
        kind="AWS::Events::Rule",
        resources=[DEAD, PLAIN, ROLE, OTHER_ROLE, RULE],
        changes={
            "Description": "changed",
            "EventPattern": {**PATTERN, "source": ["aws.rds"]},
            "State": "DISABLED",
            "RoleArn": OTHER_ROLE.ref("Arn"),
            "Targets": [{"Id": "queue", "Arn": PLAIN.ref("Arn"), "Input": {"kind": "changed"}}],
        },
        immutable={"Name": "contract-renamed"},
    ),
    Sample(
        kind="AWS::Events::Rule",
        resources=[TIMED],
        changes={"ScheduleExpression": "cron(0 4 ? * SUN *)", "State": "ENABLED"},
    ),
]
