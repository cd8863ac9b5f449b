"""How queues and their policies are read, compared and written."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.sqs import (
    SQS_QUEUE,
    SQS_QUEUE_POLICY,
    list_queue_policies,
    list_queues,
)
from tests.unit.kinds.canned import OWNER, STACK, CannedApi, scope, work

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/audio"
ARN = "arn:aws:sqs:us-east-1:123456789012:audio"
DEAD = "arn:aws:sqs:us-east-1:123456789012:audio-dead"
QUEUE = {
    "QueueArn": ARN,
    "QueueUrl": URL,
    "DelaySeconds": "0",
    "VisibilityTimeout": "1800",
    "RedrivePolicy": f'{{"deadLetterTargetArn": "{DEAD}", "maxReceiveCount": "3"}}',
    "SqsManagedSseEnabled": "true",
}


@pytest.mark.parametrize(
    ("name", "stated", "changed"),
    [
        ("QueueName", "audio", False),
        ("VisibilityTimeout", 1800, False),
        ("VisibilityTimeout", 30, True),
        ("MessageRetentionPeriod", 345600, False),
        ("RedrivePolicy", {"deadLetterTargetArn": DEAD, "maxReceiveCount": 3}, False),
        ("RedrivePolicy", {"deadLetterTargetArn": DEAD, "maxReceiveCount": 4}, True),
        ("RedrivePolicy", {}, True),
        ("RedriveAllowPolicy", {}, False),
        ("SqsManagedSseEnabled", True, False),
        ("FifoQueue", False, False),
    ],
)
def test_queues_are_compared_by_meaning(name: str, stated: Any, changed: bool) -> None:
    assert differs(SQS_QUEUE.properties[name], stated, SQS_QUEUE.parse(QUEUE).properties[name]) is changed


def test_only_queues_of_concern_are_asked_about() -> None:
    tagged = {"ResourceARN": ARN, "Tags": [{"Key": key, "Value": value} for key, value in OWNER.items()]}
    api = CannedApi(
        {
            "resourcegroupstaggingapi.get_resources": {"ResourceTagMappingList": [tagged]},
            "sqs.list_queues": {"QueueUrls": [URL, URL + "-described", URL + "-other"]},
            "sqs.get_queue_attributes": lambda asked: {
                "Attributes": {"QueueArn": ARN + asked["QueueUrl"].removeprefix(URL)}
            },
            "sqs.list_queue_tags": {"Tags": {"team": "web"}},
        }
    )
    found = list_queues(scope(api, {"QueueName": "audio-described"}))
    assert {item["QueueUrl"]: item["Tags"] for item in found} == {
        URL: OWNER,
        URL + "-described": {"team": "web"},
    }
    assert OWNER["stackwright:stack"] == STACK
    assert api.params("sqs.list_queue_tags") == {"QueueUrl": URL + "-described"}


def test_a_queue_is_made_with_its_tags_and_attributes_as_text() -> None:
    api = CannedApi({"sqs.create_queue": {"QueueUrl": URL}})
    desired = {
        "QueueName": "audio",
        "FifoQueue": False,
        "DelaySeconds": 0,
        "SqsManagedSseEnabled": True,
        "RedrivePolicy": {"maxReceiveCount": 3, "deadLetterTargetArn": DEAD},
    }
    assert callable(SQS_QUEUE.create)
    SQS_QUEUE.create(work(api, SQS_QUEUE, desired))
    assert api.params("sqs.create_queue") == {
        "QueueName": "audio",
        "Attributes": {
            "DelaySeconds": "0",
            "SqsManagedSseEnabled": "true",
            "RedrivePolicy": f'{{"deadLetterTargetArn": "{DEAD}", "maxReceiveCount": 3}}',
        },
        "tags": OWNER,
    }


def test_a_change_says_what_differs_and_takes_away_by_nothing() -> None:
    update = SQS_QUEUE.updates[0].step
    assert not callable(update)
    job = work(
        CannedApi(),
        SQS_QUEUE,
        {"QueueName": "audio", "DelaySeconds": 0, "VisibilityTimeout": 60, "RedrivePolicy": {}},
        QUEUE,
        changed=frozenset({"VisibilityTimeout", "RedrivePolicy"}),
    )
    assert update.params(job) == {"QueueUrl": URL, "Attributes": {"VisibilityTimeout": "60", "RedrivePolicy": ""}}


def test_a_queue_without_policy_has_none_to_find() -> None:
    document = {"Version": "2012-10-17", "Statement": []}
    api = CannedApi({"sqs.get_queue_attributes": {"Attributes": QUEUE}})
    queue = SQS_QUEUE.parse(QUEUE, "us-east-1")
    assert list_queue_policies(scope(api, parents={"AWS::SQS::Queue": [queue]})) == []
    other = SQS_QUEUE.parse({**QUEUE, "Policy": document}, "us-east-1")
    (found,) = list_queue_policies(scope(api, parents={"AWS::SQS::Queue": [other]}))
    assert SQS_QUEUE_POLICY.parse(found).properties == {"Queues": [URL], "PolicyDocument": document}
    assert api.asked == []
