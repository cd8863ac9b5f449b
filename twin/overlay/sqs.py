# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queues: limits, names that stay taken for a minute, redrive allow policies, messages that move back.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.sqs.models import Queue, SQSBackend
from moto.sqs.responses import SQSResponse

from twin.overlay._policies import problem
from twin.patch import Parameters, after, around, before, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

# Attribute -> the lowest and the highest value.
_LIMITS = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86400),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
}
_FIFO_ONLY = {"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}
_FLAGS = {"ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled"}
_KNOWN = {*_LIMITS, *_FIFO_ONLY, *_FLAGS, "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"}


def install(world: World) -> None:
    _attributes()
    _names(world)
    _redrive(world)
    _waiting(world)


def _attributes() -> None:
    @before(SQSResponse, "CreateQueue")
    def create(response: Any, asked: Parameters) -> None:
        is_fifo = asked["QueueName"].endswith(".fifo")
        attributes = asked.get("Attributes") or {}
        if "FifoQueue" in attributes and attributes["FifoQueue"] != "true":
            refuse("InvalidAttributeName", "Unknown Attribute FifoQueue.")
        for name, value in attributes.items():
            _check(response, name, value, is_fifo)
        queue = response.sqs_backend.queues.get(asked["QueueName"])
        if queue is not None:
            for name, value in attributes.items():
                if not _same(_shown(queue).get(name), value):
                    refuse(
                        "QueueAlreadyExists",
                        "A queue already exists with the same name and a different value for attribute " + name,
                    )

    @before(SQSResponse, "SetQueueAttributes")
    def change(response: Any, asked: Parameters) -> None:
        queue = response.sqs_backend.get_queue(response._get_queue_name())
        for name, value in asked["Attributes"].items():
            if name == "FifoQueue":
                refuse("InvalidAttributeName", "Unknown Attribute FifoQueue.")
            _check(response, name, value, queue.fifo_queue)

    @around(Queue, "_set_attributes")
    def keep(original: Any, self: Any, attributes: dict[str, Any], now: Any = None) -> None:
        """A change of other attributes leaves the policy alone; encryption is by one sort of key or the other."""
        kept = self.__dict__.get("_policy_json")
        attributes = dict(attributes)
        if "RedriveAllowPolicy" in attributes:
            notes(self, "twin")["RedriveAllowPolicy"] = attributes.pop("RedriveAllowPolicy")
        if attributes.get("KmsMasterKeyId"):
            attributes["SqsManagedSseEnabled"] = False
        elif str(attributes.get("SqsManagedSseEnabled", "")).lower() == "true" and now is None:
            attributes["KmsMasterKeyId"] = None
        original(self, attributes, now)
        if kept is not None and "Policy" not in attributes:
            self.__dict__["_policy_json"] = kept

    @after(SQSResponse, "GetQueueAttributes")
    def show(response: Any, asked: Parameters, result: Any) -> Any:
        kept = notes(response.sqs_backend.get_queue(response._get_queue_name()), "twin").get("RedriveAllowPolicy")
        names = asked.get("AttributeNames") or []
        if not kept or not {"All", "RedriveAllowPolicy"} & set(names):
            return result
        return {"Attributes": {**(result or {}).get("Attributes", {}), "RedriveAllowPolicy": kept}}

    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
    Queue.redrive_allow_policy = None  # type: ignore[attr-defined]


def _shown(queue: Any) -> dict[str, Any]:
    kept = notes(queue, "twin").get("RedriveAllowPolicy")
    return {**queue.attributes, **({"RedriveAllowPolicy": kept} if kept else {})}


def _same(held: Any, asked: str) -> bool:
    try:
        return bool(json.loads(str(held)) == json.loads(asked))
    except ValueError:
        return str(held or "").lower() == asked.lower()


def _check(response: Any, name: str, value: str, is_fifo: bool) -> None:
    if name not in _KNOWN or (name in _FIFO_ONLY and not is_fifo):
        refuse("InvalidAttributeName", f"Unknown Attribute {name}.")
    if name in _LIMITS:
        low, high = _LIMITS[name]
        if not value.isdecimal() or not low <= int(value) <= high:
            refuse("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if name in _FLAGS and value not in ("true", "false"):
        refuse("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if name == "Policy" and value and problem(value):
        refuse("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    if name == "RedrivePolicy" and value:
        _check_redrive(response, value)
    if name == "RedriveAllowPolicy" and value:
        _check_allowed(value)


def _check_redrive(response: Any, value: str) -> None:
    wrong = f"Value {value} for parameter RedrivePolicy is invalid. Reason: "
    try:
        policy = json.loads(value)
        target, count = policy["deadLetterTargetArn"], int(policy["maxReceiveCount"])
    except (ValueError, KeyError, TypeError):
        refuse("InvalidParameterValue", wrong + "Redrive policy is not a valid JSON map.")
    if not 1 <= count <= 1000:
        refuse("InvalidParameterValue", wrong + "Invalid value for maxReceiveCount: it must be between 1 and 1000.")
    queue = next((one for one in response.sqs_backend.queues.values() if one.queue_arn == target), None)
    if queue is None:
        refuse("InvalidParameterValue", wrong + "Dead letter target does not exist.")


def _check_allowed(value: str) -> None:
    try:
        policy = json.loads(value)
        permission, sources = policy["redrivePermission"], policy.get("sourceQueueArns")
    except (ValueError, KeyError, TypeError):
        permission, sources = "", None
    if permission not in ("allowAll", "denyAll", "byQueue") or (permission == "byQueue") != bool(sources):
        refuse("InvalidAttributeValue", "Invalid value for the parameter RedriveAllowPolicy.")
    if len(sources or ()) > 10:
        refuse("InvalidAttributeValue", "Invalid value for the parameter RedriveAllowPolicy.")


def _names(world: World) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html"""

    @before(SQSResponse, "CreateQueue")
    def recently(response: Any, asked: Parameters) -> None:
        if asked["QueueName"] in notes(response.sqs_backend, "deleted", set):
            refuse(
                "AWS.SimpleQueueService.QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
            )

    @around(SQSBackend, "delete_queue")
    def delete(original: Any, self: Any, queue_name: str) -> None:
        original(self, queue_name)
        gone = notes(self, "deleted", set)
        gone.add(queue_name)
        world.schedule(world.delay("sqs.forget"), lambda: gone.discard(queue_name))


def _redrive(world: World) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html"""

    @operation(SQSResponse, "StartMessageMoveTask")
    def start(response: Any, asked: Parameters) -> dict[str, Any]:
        queues = {queue.queue_arn: queue for queue in response.sqs_backend.queues.values()}
        source = queues.get(asked["SourceArn"])
        if source is None:
            refuse(
                "ResourceNotFoundException",
                "The resource that you specified for the SourceArn parameter doesn't exist.",
            )
        feeding = [queue for queue in queues.values() if queue.dead_letter_queue is source]
        if not feeding:
            refuse("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        target = queues.get(asked["DestinationArn"]) if asked.get("DestinationArn") else feeding[0]
        if target is None:
            refuse(
                "ResourceNotFoundException",
                "The resource that you specified for the DestinationArn parameter doesn't exist.",
            )
        tasks = notes(response.sqs_backend, "moves", list)
        if any(task["SourceArn"] == source.queue_arn and task["Status"] == "RUNNING" for task in tasks):
            refuse("AWS.SimpleQueueService.UnsupportedOperation", "There is already a task running.")
        task = {
            "TaskHandle": str(uuid.uuid4()),
            "Status": "RUNNING",
            "SourceArn": source.queue_arn,
            "DestinationArn": target.queue_arn,
            "ApproximateNumberOfMessagesToMove": len(source.messages),
            "ApproximateNumberOfMessagesMoved": 0,
            "StartedTimestamp": int(world.now() * 1000),
        }
        tasks.insert(0, task)
        world.schedule(world.delay("sqs.move"), lambda: _move(task, source, target))
        return {"TaskHandle": task["TaskHandle"]}

    @operation(SQSResponse, "ListMessageMoveTasks")
    def listed(response: Any, asked: Parameters) -> dict[str, Any]:
        tasks = [task for task in notes(response.sqs_backend, "moves", list) if task["SourceArn"] == asked["SourceArn"]]
        shown = [
            {name: value for name, value in task.items() if name != "TaskHandle" or task["Status"] == "RUNNING"}
            for task in tasks[: asked.get("MaxResults") or 1]
        ]
        return {"Results": shown}

    @operation(SQSResponse, "CancelMessageMoveTask")
    def cancel(response: Any, asked: Parameters) -> dict[str, Any]:
        for task in notes(response.sqs_backend, "moves", list):
            if task["TaskHandle"] == asked["TaskHandle"] and task["Status"] == "RUNNING":
                task["Status"] = "CANCELLED"
                return {"ApproximateNumberOfMessagesMoved": task["ApproximateNumberOfMessagesMoved"]}
        refuse("ResourceNotFoundException", "Task does not exist.")


def _move(task: dict[str, Any], source: Any, target: Any) -> None:
    if task["Status"] != "RUNNING":
        return
    for message in list(source.messages):
        source._messages.remove(message)
        message.approximate_receive_count = 0
        target.add_message(message)
        task["ApproximateNumberOfMessagesMoved"] += 1
    task["Status"] = "COMPLETED"


def _waiting(world: World) -> None:
    @around(SQSBackend, "receive_message")
    def receive(
        original: Any, self: Any, queue_name: str, count: int, wait: int, visible: int, names: Any = None
    ) -> Any:
        """Long polling lets everybody else do something in the meantime, such as send the message."""
        end = time.monotonic() + int(wait)
        while True:
            found = original(self, queue_name, count, 0, visible, names)
            if found or time.monotonic() >= end:
                return found
            with world.unlocked():
                time.sleep(0.02)
