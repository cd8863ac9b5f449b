# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Event source mappings: their states, and what Lambda refuses to read from.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from moto.awslambda.responses import LambdaResponse
from moto.iam.models import iam_backends
from moto.sqs.models import sqs_backends

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.awslambda.functions import invalid, must_be_free
from twin.overlay.awslambda.polling import mappings, poll_soon
from twin.patch import Parameters, existing, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]

_SETTINGS = (
    *("BatchSize", "BisectBatchOnFunctionError", "DestinationConfig", "FilterCriteria", "FunctionResponseTypes"),
    *("KMSKeyArn", "LoggingConfig", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds"),
    *("MaximumRetryAttempts", "MetricsConfig", "ParallelizationFactor", "ProvisionedPollerConfig", "ScalingConfig"),
    *("SourceAccessConfigurations", "TumblingWindowInSeconds"),
)
_FIXED = (
    "EventSourceArn",
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
    "Queues",
    "SelfManagedEventSource",
)
_QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def shown(mapping: Record) -> Answer:
    return {name: value for name, value in mapping.items() if name not in ("Tags", "Enabled")}


def install(world: World) -> None:
    @operation(LambdaResponse, "CreateEventSourceMapping")
    def create(response: Any, asked: Parameters) -> Answer:
        function = response.backend.get_function(asked["FunctionName"])
        must_be_free(function)
        arn = _arn(response, asked["FunctionName"])
        source = asked.get("EventSourceArn", "")
        kept = mappings(response.backend)
        for one in kept.values():
            if (one.get("EventSourceArn"), one["FunctionArn"]) == (source, arn):
                refuse(
                    "ResourceConflictException",
                    f'The event source arn (" {source} ") and function (" {function.function_name} ") provided mapping '
                    f"already exists. Please update or delete the existing mapping with UUID {one['UUID']}",
                )
        _check(response, function, source, asked)
        identifier = str(uuid.uuid4())
        where = f"arn:aws:lambda:{response.region}:{response.current_account}:event-source-mapping:{identifier}"
        mapping = Record(
            UUID=identifier, EventSourceMappingArn=where, FunctionArn=arn, StateTransitionReason="USER_INITIATED"
        )
        mapping.update({name: asked[name] for name in (*_SETTINGS, *_FIXED) if name in asked})
        mapping.setdefault("BatchSize", 10 if ":sqs:" in source else 100)
        mapping.setdefault("MaximumBatchingWindowInSeconds", 0)
        mapping.update(Tags=dict(asked.get("Tags") or {}), Enabled=asked.get("Enabled", True), State="Creating")
        _touch(world, mapping)
        kept[identifier] = mapping
        _settle(world, response.backend, mapping)
        return shown(mapping)

    @operation(LambdaResponse, "UpdateEventSourceMapping")
    def update(response: Any, asked: Parameters) -> Answer:
        mapping = _mapping(response, asked)
        _must_be_settled(mapping)
        if "FunctionName" in asked:
            function = response.backend.get_function(asked["FunctionName"])
            mapping["FunctionArn"] = _arn(response, asked["FunctionName"])
        else:
            function = response.backend.get_function(mapping["FunctionArn"])
        _check(response, function, mapping.get("EventSourceArn", ""), {**mapping, **asked})
        mapping.update({name: asked[name] for name in _SETTINGS if name in asked})
        was, mapping["Enabled"] = mapping["Enabled"], asked.get("Enabled", mapping["Enabled"])
        mapping["State"] = "Updating" if was == mapping["Enabled"] else "Enabling" if not was else "Disabling"
        _touch(world, mapping)
        _settle(world, response.backend, mapping)
        return shown(mapping)

    @operation(LambdaResponse, "DeleteEventSourceMapping")
    def delete(response: Any, asked: Parameters) -> Answer:
        mapping = _mapping(response, asked)
        _must_be_settled(mapping)
        mapping["State"] = "Deleting"
        kept = mappings(response.backend)
        proceed(world, mapping, world.delay("lambda.mapping"), lambda: kept.pop(mapping["UUID"], None) and None)
        return shown(mapping)

    @operation(LambdaResponse, "GetEventSourceMapping")
    def get(response: Any, asked: Parameters) -> Answer:
        return shown(_mapping(response, asked))

    @operation(LambdaResponse, "ListEventSourceMappings")
    def listed(response: Any, asked: Parameters) -> Answer:
        found = list(mappings(response.backend).values())
        if asked.get("EventSourceArn"):
            found = [one for one in found if one.get("EventSourceArn") == asked["EventSourceArn"]]
        if asked.get("FunctionName"):
            found = [one for one in found if one["FunctionArn"] == _arn(response, asked["FunctionName"])]
        return {"EventSourceMappings": [shown(one) for one in found]}


def _mapping(response: Any, asked: Parameters) -> Record:
    mapping = mappings(response.backend).get(asked["UUID"])
    if mapping is None:
        refuse("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    return mapping


def _arn(response: Any, name: str) -> str:
    """The ARN that a mapping shows: with the version or alias, if one was named."""
    part = name.rpartition(":function:")[2]
    return f"arn:aws:lambda:{response.region}:{response.current_account}:function:{part}"


def _touch(world: World, mapping: Record) -> None:
    mapping["LastModified"] = world.now()


def _must_be_settled(mapping: Record) -> None:
    if mapping["State"] not in ("Enabled", "Disabled"):
        refuse(
            "ResourceInUseException",
            f"Cannot update the event source mapping because it is in use. It is {mapping['State']}.",
        )


def _settle(world: World, backend: Any, mapping: Record) -> None:
    def settled() -> None:
        mapping["State"] = "Enabled" if mapping["Enabled"] else "Disabled"
        if mapping["Enabled"]:
            poll_soon(world, backend, mapping)

    proceed(world, mapping, world.delay("lambda.mapping"), settled)


def _check(response: Any, function: Any, source: str, asked: Parameters) -> None:
    if source.split(":")[2:3] != ["sqs"]:
        return
    sqs = existing(sqs_backends, response.current_account, response.region)
    queue = next((one for one in (sqs.queues.values() if sqs else ()) if one.queue_arn == source), None)
    if queue is None:
        invalid("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS "
                "Error Message: The specified queue does not exist.")  # fmt: skip
    if int(queue.visibility_timeout) < int(function.timeout):
        invalid(
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function timeout: "
            f"{function.timeout} seconds"
        )
    window, size = int(asked.get("MaximumBatchingWindowInSeconds") or 0), int(asked.get("BatchSize") or 10)
    if size > 10 and queue.fifo_queue:
        invalid("BatchSize must be at most 10 for FIFO queues.")
    if size > 10 and window < 1:
        invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
    limit = (asked.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if limit is not None and not 2 <= int(limit) <= 1000:
        refuse(
            "ValidationException", f"Value '{limit}' at 'scalingConfig.maximumConcurrency' must be between 2 and 1000"
        )
    if not _may_receive(response, function.role):
        invalid("The provided execution role does not have permissions to call ReceiveMessage on SQS")


def _may_receive(response: Any, arn: str) -> bool:
    """Whether some statement of the role names each action that a mapping needs; which resource is not looked at."""
    iam = iam_backends[response.current_account]["aws"]
    role = next((one for one in iam.roles.values() if one.arn == arn), None)
    if role is None:
        return False
    documents = [*role.policies.values(), *(one.document for one in role.managed_policies.values())]
    allowed: list[str] = []
    for document in documents:
        statements = json.loads(document)["Statement"] if isinstance(document, str) else document["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            actions = statement.get("Action") or [] if statement.get("Effect") == "Allow" else []
            allowed += actions if isinstance(actions, list) else [actions]
    return all(any(one in ("*", "sqs:*", action) for one in allowed) for action in _QUEUE_ACTIONS)
