"""Simple Notification Service."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.kms import KEY, OTHER_KEY

TOPIC = Resource(
    "AWS::SNS::Topic",
    "alerts",
    {
        "TopicName": "contract-alerts",
        "DisplayName": "Contract",
        "KmsMasterKeyId": KEY.ref("KeyId"),
    },
)
TRACED = Resource(
    "AWS::SNS::Topic",
    "traced",
    {"TopicName": "contract-traced", "TracingConfig": "PassThrough", "SignatureVersion": "1"},
)
FIRST_TOPIC = Resource("AWS::SNS::Topic", "plain", {"TopicName": "contract-plain"})
FIFO = Resource(
    "AWS::SNS::Topic",
    "orders",
    {"TopicName": "contract-orders.fifo", "FifoTopic": True, "ContentBasedDeduplication": False},
)


def _policy(service: str) -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": TOPIC.ref("TopicArn")}
    return {"Version": "2012-10-17", "Statement": [statement]}


POLICY = Resource(
    "AWS::SNS::TopicPolicy", "alerts", {"Topics": [TOPIC.ref("TopicArn")], "PolicyDocument": _policy("cloudwatch")}
)
SUBSCRIPTION = Resource(
    "AWS::SNS::Subscription",
    "queue",
    {
        "TopicArn": TOPIC.ref("TopicArn"),
        "Protocol": "sqs",
        "Endpoint": "arn:aws:sqs:us-east-1:123456789012:contract",
        "FilterPolicy": {"severity": ["critical"]},
        "FilterPolicyScope": "MessageAttributes",
        "RawMessageDelivery": True,
    },
)
#: Nobody confirms it: it stays pending, and that is fine.
PENDING = Resource(
    "AWS::SNS::Subscription",
    "mail",
    {
        "TopicArn": FIRST_TOPIC.ref("TopicArn"),
        "Protocol": "email",
        "Endpoint": "oncall@example.com",
        "FilterPolicy": {"severity": ["critical"]},
    },
)

SAMPLES = [
    Sample(
        kind="AWS::SNS::Topic",
        resources=[KEY, OTHER_KEY, TOPIC],
        changes={
            "DisplayName": "Changed",
            "KmsMasterKeyId": OTHER_KEY.ref("KeyId"),
        },
        immutable={"TopicName": "contract-renamed"},
    ),
    Sample(kind="AWS::SNS::Topic", resources=[TRACED], changes={"TracingConfig": "Active", "SignatureVersion": "2"}),
    Sample(kind="AWS::SNS::Topic", resources=[FIFO], changes={"ContentBasedDeduplication": True}),
    Sample(
        kind="AWS::SNS::TopicPolicy",
        resources=[KEY, TOPIC, POLICY],
        changes={"PolicyDocument": _policy("events")},
        tags=False,
    ),
    Sample(
        kind="AWS::SNS::Subscription",
        resources=[KEY, TOPIC, SUBSCRIPTION],
        changes={
            "FilterPolicy": {"severity": ["warning", "critical"]},
            "FilterPolicyScope": "MessageBody",
            "RawMessageDelivery": False,
        },
        tags=False,
    ),
    Sample(
        kind="AWS::SNS::Subscription", resources=[FIRST_TOPIC, PENDING], needed=frozenset({"FilterPolicy"}), tags=False
    ),
]
