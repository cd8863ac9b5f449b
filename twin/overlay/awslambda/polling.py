# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Feeding functions from queues: batches, partial failures, messages that come back.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.sqs.models import Queue, sqs_backends

from twin.overlay._lifecycle import Record
from twin.patch import around, existing, notes

if TYPE_CHECKING:
    from twin.world import World

log = logging.getLogger("twin")


def mappings(backend: Any) -> dict[str, Record]:
    """A region's mappings by UUID."""
    found: dict[str, Record] = notes(backend, "mappings")
    return found


def install(world: World) -> None:
    @around(Queue, "add_message")
    def add(original: Any, self: Any, message: Any) -> None:
        original(self, message)
        backend = existing(lambda_backends, self.account_id, self.region)
        for mapping in mappings(backend).values() if backend else ():
            if mapping.get("EventSourceArn") == self.queue_arn:
                poll_soon(world, backend, mapping)


def poll_soon(world: World, backend: Any, mapping: Record, seconds: float = 0.0) -> None:
    """Look into the queue a moment from now; at most one look is pending."""
    if mapping.__dict__.get("_twin_poll"):
        return
    mapping.__dict__["_twin_poll"] = True
    wait = seconds + world.delay("lambda.mapping.poll")

    def start() -> None:
        mapping.__dict__["_twin_poll"] = False
        threading.Thread(target=_poll, args=(world, backend, mapping), daemon=True).start()

    world.schedule(wait, start)


def _poll(world: World, backend: Any, mapping: Record) -> None:
    with world.lock:
        if mapping["State"] != "Enabled":
            return
        account, region, name = backend.account_id, backend.region_name, mapping["EventSourceArn"].rpartition(":")[2]
        sqs = existing(sqs_backends, account, region)
        queue = sqs.queues.get(name) if sqs else None
        if queue is None:
            return
        messages = sqs.receive_message(name, int(mapping["BatchSize"]), 0, queue.visibility_timeout, ["All"])
        if not messages:
            return
        answered: dict[str, Any] = {}
        event = {"Records": [_record(queue, message, region) for message in messages]}
        try:
            payload = backend.invoke(mapping["FunctionArn"], None, json.dumps(event), {}, answered)
        except Exception:
            log.exception("the function that %s feeds could not be invoked", name)
            payload, answered["x-amz-function-error"] = "{}", "Unhandled"
        failed = _failed(mapping, payload, answered, {message.id for message in messages})
        for message in messages:
            if message.id not in failed:
                queue.delete_message(message.receipt_handle)
        mapping["LastProcessingResult"] = "PROBLEM: Function call failed" if failed else "OK"
        # What failed shows again after its visibility timeout.
        poll_soon(world, backend, mapping, float(queue.visibility_timeout) if failed else 0.0)


def _failed(mapping: Record, payload: Any, answered: dict[str, Any], all_of_them: set[str]) -> set[str]:
    """The messages of a batch that were not worked on: all, none, or those that the function names."""
    if "x-amz-function-error" in answered:
        return all_of_them
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or ()):
        return set()
    try:
        named = json.loads(payload or "null") or {}
        return {one["itemIdentifier"] for one in named.get("batchItemFailures") or ()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return all_of_them


def _record(queue: Any, message: Any, region: str) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": str(message.sender_id),
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": region,
    }
