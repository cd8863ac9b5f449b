# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `queues` section: SQS queues with a queue for dead letters, and who may send to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Entry, Export, Options, Tier
from .permissions import STATEMENTS

QUEUE = "AWS::SQS::Queue"
QUEUE_POLICY = "AWS::SQS::QueuePolicy"

DEAD = "dead-letters"
#: How much longer than its function's timeout Lambda's makers want messages to stay hidden.
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_FACTOR = 6
_VISIBILITY = 30

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "fifo": {"type": "bool", "default": False},
    "content_deduplication": {"type": "bool"},
    "delay_seconds": {"type": "int", "default": 0, "format": formats.QUEUE_DELAY},
    "max_bytes": {"type": "int", "default": 262144, "format": formats.QUEUE_MESSAGE_BYTES},
    "retention_seconds": {"type": "int", "default": 345600, "format": formats.QUEUE_RETENTION},
    "long_poll_seconds": {"type": "int", "default": 20, "format": formats.QUEUE_POLL},
    "visibility_seconds": {"type": "int", "format": formats.QUEUE_VISIBILITY},
    "dead_letters": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "enabled": {"type": "bool", "default": True},
            "name": {"type": "str"},
            "max_receives": {"type": "int", "default": 5, "format": formats.between(1, 1000)},
            "retention_seconds": {"type": "int", "default": 1209600, "format": formats.QUEUE_RETENTION},
        },
    },
    "key": {"type": "str", "no_log": False},
    "statements": STATEMENTS,
    "tags": TAGS,
}


def queue_name(name: str, options: Options, context: Context) -> str:
    """The queue's name in AWS; a FIFO queue's ends in `.fifo`."""
    plain = str(options["name"] or context.name(name))
    return f"{plain.removesuffix('.fifo')}.fifo" if options["fifo"] else plain


def dead_name(name: str, options: Options, context: Context) -> str:
    """The name of the queue of dead letters: the queue's, and `-dlq`, unless stated."""
    stated = options["dead_letters"]["name"]
    plain = str(stated or f"{queue_name(name, options, context).removesuffix('.fifo')}-dlq")
    return f"{plain.removesuffix('.fifo')}.fifo" if options["fifo"] else plain


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(QUEUE, name)
    values: dict[str, Any] = {
        "arn": Ref(address, "Arn"),
        "url": Ref(address, "QueueUrl"),
        "name": queue_name(name, options, context),
    }
    if options["dead_letters"]["enabled"]:
        dead = Address(QUEUE, f"{name}/{DEAD}")
        values["dead_letter_arn"] = Ref(dead, "Arn")
        values["dead_letter_url"] = Ref(dead, "QueueUrl")
        values["dead_letter_name"] = dead_name(name, options, context)
    return Export(address=address, values=values, default="arn")


def consumers(context: Context) -> list[Entry]:
    """The functions that the entry feeds."""
    return [
        entry
        for entry in context.catalog.entries("function")
        if entry.options["queue"] and entry.options["queue"]["from"] == context.reference
    ]


def visibility(options: Options, context: Context) -> int:
    """Seconds for which a message that somebody works on is hidden from others.

    Six times the longest timeout of the functions that the queue feeds, or SQS's own default.
    """
    if options["visibility_seconds"] is not None:
        return int(options["visibility_seconds"])
    timeouts = [int(entry.options["timeout_seconds"]) for entry in consumers(context)]
    return VISIBILITY_FACTOR * max(timeouts) if timeouts else _VISIBILITY


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    for option, stated in (("name", options["name"]), ("dead_letters.name", options["dead_letters"]["name"])):
        if stated and stated.endswith(".fifo") and not options["fifo"]:
            context.problem(option, f"{stated!r} ends like a FIFO queue's, which it is not; rename it, or set fifo")
    made: list[Resource] = []
    redrive: dict[str, Any] = {}
    if options["dead_letters"]["enabled"]:
        dead = _dead_letters(name, options, context)
        made += [dead, _policy(f"{name}/{DEAD}", dead, [], context)]
        redrive = {"deadLetterTargetArn": dead.ref("Arn"), "maxReceiveCount": options["dead_letters"]["max_receives"]}
    queue = context.resource(
        QUEUE,
        name,
        {
            "QueueName": queue_name(name, options, context),
            **_kind(options),
            "DelaySeconds": options["delay_seconds"],
            "MaximumMessageSize": options["max_bytes"],
            "MessageRetentionPeriod": options["retention_seconds"],
            "ReceiveMessageWaitTimeSeconds": options["long_poll_seconds"],
            "VisibilityTimeout": visibility(options, context),
            # Stated even when empty: what is no longer described no longer takes letters away.
            "RedrivePolicy": redrive,
            **_encryption(options, context),
        },
        tags=options["tags"],
    )
    return [*made, queue, _policy(name, queue, _given(options, queue, context), context)]


def _kind(options: Options) -> dict[str, Any]:
    if not options["fifo"]:
        return {}
    return {"FifoQueue": True, "ContentBasedDeduplication": bool(options["content_deduplication"])}


def _encryption(options: Options, context: Context) -> dict[str, Any]:
    if options["key"]:
        return {"KmsMasterKeyId": context.arn_of(options["key"], "key", "key")}
    return {"SqsManagedSseEnabled": True}


def _dead_letters(name: str, options: Options, context: Context) -> Resource:
    # By name and not by reference: the queue refers to this one.
    source = context.arn("sqs", queue_name(name, options, context))
    return context.resource(
        QUEUE,
        f"{name}/{DEAD}",
        {
            "QueueName": dead_name(name, options, context),
            **_kind(options),
            "MessageRetentionPeriod": options["dead_letters"]["retention_seconds"],
            "RedriveAllowPolicy": {"redrivePermission": "byQueue", "sourceQueueArns": [source]},
            **_encryption(options, context),
        },
        tags=options["tags"],
    )


def _policy(name: str, queue: Resource, given: list[dict[str, Any]], context: Context) -> Resource:
    """Nobody comes in without TLS; beside that, whoever the account's own policies let in."""
    tls = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sqs:*",
        "Resource": queue.ref("Arn"),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = {"Version": "2012-10-17", "Statement": [tls, *given]}
    return context.resource(QUEUE_POLICY, name, {"Queues": [queue.ref("QueueUrl")], "PolicyDocument": document})


def _given(options: Options, queue: Resource, context: Context) -> list[dict[str, Any]]:
    """What topics and event rules need to send here, and what is stated."""
    statements = [
        {
            "Sid": f"From{re.sub('[^A-Za-z0-9]', '', sender.tier.reference + sender.name).capitalize()}",
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue.ref("Arn"),
            "Condition": {"ArnEquals": {"aws:SourceArn": sender.export.values["arn"]}},
        }
        for sender, service in _senders(context)
    ]
    stated = [
        {"Effect": "Allow", **context.fill(item, f"statements[{index}]"), "Resource": queue.ref("Arn")}
        for index, item in enumerate(options["statements"])
    ]
    return [*statements, *stated]


def _senders(context: Context) -> Iterator[tuple[Entry, str]]:
    for entry in context.catalog.entries("topic"):
        endpoints = [one["endpoint"] for one in entry.options["subscriptions"] if one["protocol"] == "sqs"]
        if any(names(endpoint, context.reference) for endpoint in endpoints):
            yield entry, "sns"
    for entry in context.catalog.entries("event_rule"):
        if any(target["to"] == context.reference for target in entry.options["targets"]):
            yield entry, "events"


def names(text: str | None, reference: str) -> bool:
    """Whether a text such as `${queue.audio.arn}` is a reference to an entry, or to its ARN."""
    return (text or "").strip().removeprefix("${").removesuffix("}").strip() in (reference, f"{reference}.arn")


TIER = Tier(
    section="queues",
    reference="queue",
    spec=SPEC,
    compile=compile,
    exports=exports,
    kinds=(QUEUE, QUEUE_POLICY),
)
