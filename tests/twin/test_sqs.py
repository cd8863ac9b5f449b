# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from tests.twin.support import refused, until


@pytest.fixture
def sqs(client: Any) -> Any:
    return client("sqs")


def _arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def test_a_name_stays_taken_for_a_while(sqs: Any, twin: Any) -> None:
    twin.delays(sqs__forget=0.3)
    url = sqs.create_queue(QueueName="work", Attributes={"DelaySeconds": "5"})["QueueUrl"]
    assert sqs.create_queue(QueueName="work", Attributes={"DelaySeconds": "5"})["QueueUrl"] == url
    with refused("QueueAlreadyExists", "DelaySeconds"):
        sqs.create_queue(QueueName="work", Attributes={"DelaySeconds": "6"})
    sqs.delete_queue(QueueUrl=url)
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        sqs.get_queue_url(QueueName="work")
    with refused("AWS.SimpleQueueService.QueueDeletedRecently", "60 seconds"):
        sqs.create_queue(QueueName="work")
    time.sleep(0.4)
    assert sqs.create_queue(QueueName="work")["QueueUrl"] == url


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DelaySeconds", "901", "InvalidAttributeValue"),
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
        ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("SqsManagedSseEnabled", "yes", "InvalidAttributeValue"),
        ("Policy", "nonsense", "InvalidAttributeValue"),
        ("FifoQueue", "false", "InvalidAttributeName"),
        ("ContentBasedDeduplication", "true", "InvalidAttributeName"),
        ("Nonsense", "1", "InvalidAttributeName"),
        ("RedriveAllowPolicy", '{"redrivePermission": "byQueue"}', "InvalidAttributeValue"),
        (
            "RedrivePolicy",
            '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:none", "maxReceiveCount": 3}',
            "InvalidParameterValue",
        ),
    ],
)
def test_what_no_queue_takes(sqs: Any, name: str, value: str, code: str) -> None:
    with refused(code):
        sqs.create_queue(QueueName="work", Attributes={name: value})


def test_one_change_leaves_the_rest_alone(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": _arn(sqs, url)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    allow = json.dumps({"redrivePermission": "denyAll"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": allow})
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert json.loads(found["Policy"])["Statement"] == [statement]
    assert (found["RedriveAllowPolicy"], found["SqsManagedSseEnabled"]) == (allow, "true")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs", "Policy": ""})
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert "Policy" not in found
    assert (found["KmsMasterKeyId"], found["SqsManagedSseEnabled"]) == ("alias/aws/sqs", "false")


def test_dead_letters_move_back(sqs: Any, twin: Any) -> None:
    twin.delays(sqs__move=0.1)
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    source = _arn(sqs, dead)
    with refused("InvalidParameterValue", "Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=source)
    redrive = json.dumps({"deadLetterTargetArn": source, "maxReceiveCount": 1})
    work = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    sqs.send_message(QueueUrl=dead, MessageBody="one")
    sqs.start_message_move_task(SourceArn=source)
    with refused("AWS.SimpleQueueService.UnsupportedOperation"):
        sqs.start_message_move_task(SourceArn=source)

    def status() -> Any:
        return sqs.list_message_move_tasks(SourceArn=source)["Results"][0]["Status"]

    until(status, lambda found: found == "COMPLETED")
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=work)["Messages"]] == ["one"]
    assert "Messages" not in sqs.receive_message(QueueUrl=dead)


def test_who_polls_long_holds_nobody_up(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    found: list[Any] = []
    poll = threading.Thread(target=lambda: found.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)))
    poll.start()
    time.sleep(0.2)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    poll.join(timeout=4)
    assert [message["Body"] for message in found[0]["Messages"]] == ["hello"]
