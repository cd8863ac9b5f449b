# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import refused, until

EVENT = {"Source": "shop", "DetailType": "order", "Detail": '{"id": 7}'}


@pytest.fixture
def events(client: Callable[..., Any]) -> Any:
    made = client("events")
    made.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
    return made


def test_a_rule_has_few_targets(events: Any) -> None:
    targets = [{"Id": str(n), "Arn": f"arn:aws:sqs:us-east-1:123456789012:q{n}"} for n in range(6)]
    with refused("LimitExceededException"):
        events.put_targets(Rule="orders", Targets=targets)
    events.put_targets(Rule="orders", Targets=targets[:5])
    events.put_targets(Rule="orders", Targets=targets[:1])
    with refused("LimitExceededException"):
        events.put_targets(Rule="orders", Targets=targets[5:])


def test_an_event_reaches_a_topic(client: Callable[..., Any], events: Any) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:123456789012:orders"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    events.put_targets(Rule="orders", Targets=[{"Id": "topic", "Arn": topic}])
    events.put_events(Entries=[EVENT])
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"id": 7}


def test_an_event_reaches_a_function(client: Callable[..., Any], events: Any, twin: Any) -> None:
    twin.delays(lambda__create=0)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("index.py", "def handler(event, context):\n    print('order', event['detail']['id'])\n")
    function = client("lambda").create_function(
        FunctionName="worker",
        Code={"ZipFile": packed.getvalue()},
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Timeout=30,
    )
    events.put_targets(Rule="orders", Targets=[{"Id": "function", "Arn": function["FunctionArn"]}])
    events.put_events(Entries=[EVENT])
    logs = client("logs")

    def written() -> bool:
        groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/worker")["logGroups"]
        found = logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"] if groups else []
        return any("order 7" in event["message"] for event in found)

    assert until(written, timeout=15)
