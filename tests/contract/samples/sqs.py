"""Simple Queue Service."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.kms import KEY, OTHER_KEY

DEAD = Resource("AWS::SQS::Queue", "dead", {"QueueName": "contract-dead", "MessageRetentionPeriod": 1209600})
QUEUE = Resource(
    "AWS::SQS::Queue",
    "work",
    {
        "QueueName": "contract-work",
        "DelaySeconds": 0,
        "MaximumMessageSize": 262144,
        "MessageRetentionPeriod": 86400,
        "ReceiveMessageWaitTimeSeconds": 10,
        "VisibilityTimeout": 1800,
        "RedrivePolicy": {"deadLetterTargetArn": DEAD.ref("Arn"), "maxReceiveCount": 3},
        "RedriveAllowPolicy": {"redrivePermission": "denyAll"},
        "SqsManagedSseEnabled": True,
    },
)
FIFO = Resource(
    "AWS::SQS::Queue",
    "orders",
    {
        "QueueName": "contract-orders.fifo",
        "FifoQueue": True,
        "ContentBasedDeduplication": False,
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
        "KmsMasterKeyId": KEY.ref("KeyId"),
        "KmsDataKeyReusePeriodSeconds": 300,
    },
)
SEALED = Resource("AWS::SQS::Queue", "sealed", {"QueueName": "contract-sealed", "KmsMasterKeyId": KEY.ref("KeyId")})
#: What others begin with.
PLAIN = Resource("AWS::SQS::Queue", "plain", {"QueueName": "contract-plain", "VisibilityTimeout": 60})
ALLOWED = {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:us-east-1:123456789012:contract-other"]}


def _policy(service: str) -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": PLAIN.ref("Arn")}
    return {"Version": "2012-10-17", "Statement": [statement]}


POLICY = Resource(
    "AWS::SQS::QueuePolicy", "plain", {"Queues": [PLAIN.ref("QueueUrl")], "PolicyDocument": _policy("sns")}
)

SAMPLES = [
    Sample(
        kind="AWS::SQS::Queue",
        resources=[DEAD, QUEUE],
        changes={
            "DelaySeconds": 5,
            "MaximumMessageSize": 65536,
            "MessageRetentionPeriod": 172800,
            "ReceiveMessageWaitTimeSeconds": 20,
            "VisibilityTimeout": 3600,
            "RedrivePolicy": {"deadLetterTargetArn": DEAD.ref("Arn"), "maxReceiveCount": 5},
            "RedriveAllowPolicy": ALLOWED,
            "SqsManagedSseEnabled": False,
        },
        immutable={"QueueName": "contract-renamed"},
    ),
    Sample(
        kind="AWS::SQS::Queue",
        resources=[KEY, OTHER_KEY, FIFO],
        changes={
            "ContentBasedDeduplication": True,
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
            "KmsMasterKeyId": OTHER_KEY.ref("KeyId"),
            "KmsDataKeyReusePeriodSeconds": 600,
        },
        immutable={"QueueName": "contract-renamed.fifo"},
        needed=frozenset({"KmsMasterKeyId"}),
    ),
    Sample(kind="AWS::SQS::Queue", resources=[KEY, SEALED]),
    Sample(
        kind="AWS::SQS::QueuePolicy",
        resources=[PLAIN, POLICY],
        changes={"PolicyDocument": _policy("events")},
        tags=False,
    ),
]
