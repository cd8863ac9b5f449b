# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Functions, what feeds them, and what is done at certain times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.values import Ref, references
from ..tiers import formats
from .compute import is_secret_value
from .rule import Rule, Severity, Subject

FUNCTION = "AWS::Lambda::Function"
ALIAS = "AWS::Lambda::Alias"
MAPPING = "AWS::Lambda::EventSourceMapping"
QUEUE = "AWS::SQS::Queue"
SCHEDULE = "AWS::Scheduler::Schedule"
RULE = "AWS::Events::Rule"

#: The formats of a function's and a queue's numbers.
_NUMBERS: dict[str, dict[str, formats.Format]] = {
    FUNCTION: {
        "Timeout": formats.FUNCTION_TIMEOUT,
        "MemorySize": formats.FUNCTION_MEMORY,
        "EphemeralStorage": formats.FUNCTION_STORAGE,
    },
    QUEUE: {
        "DelaySeconds": formats.QUEUE_DELAY,
        "MaximumMessageSize": formats.QUEUE_MESSAGE_BYTES,
        "MessageRetentionPeriod": formats.QUEUE_RETENTION,
        "ReceiveMessageWaitTimeSeconds": formats.QUEUE_POLL,
        "VisibilityTimeout": formats.QUEUE_VISIBILITY,
    },
}
#: Bytes that the environment of a function may have.
_ENVIRONMENT_LIMIT = 4096
#: The least that an event source can be limited to.
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_LEAST_CONCURRENCY = 2


def _numbers(subject: Subject) -> Iterator[tuple[str, str]]:
    """Of what stands in `resources`; the options of the other sections have the same formats."""
    for kind, numbers in _NUMBERS.items():
        for resource in subject.of(kind):
            for name, takes in numbers.items():
                value = resource.properties.get(name)
                value = value.get("Size") if isinstance(value, Mapping) else value
                problem = takes(value) if isinstance(value, int) else ""
                if problem:
                    yield resource.path, f"{name} {value} {problem}"


def _secrets(subject: Subject) -> Iterator[tuple[str, str]]:
    for function in subject.of(FUNCTION):
        variables = (function.properties.get("Environment") or {}).get("Variables") or {}
        for name, value in sorted(variables.items()):
            if any(is_secret_value(ref) for ref in references(value)):
                yield (
                    f"{function.path}.environment.{name}",
                    "holds the value of a secret, which anybody can read who may describe the function; name the "
                    "secret in `secrets`, which gives the function its ARN, and read it at run time",
                )


def _environment(subject: Subject) -> Iterator[tuple[str, str]]:
    for function in subject.of(FUNCTION):
        variables = (function.properties.get("Environment") or {}).get("Variables") or {}
        size = sum(len(name) + len(value) for name, value in variables.items() if isinstance(value, str))
        if size > _ENVIRONMENT_LIMIT:
            yield (
                f"{function.path}.environment",
                f"has {size} bytes, and Lambda takes {_ENVIRONMENT_LIMIT}; put what is long into a parameter or a file",
            )


def _concurrency(subject: Subject) -> Iterator[tuple[str, str]]:
    reserved = {one.address: one.properties.get("ReservedConcurrentExecutions") for one in subject.of(FUNCTION)}
    for alias in subject.of(ALIAS):
        warm = (alias.properties.get("ProvisionedConcurrencyConfig") or {}).get("ProvisionedConcurrentExecutions")
        limit = _of_function(alias.properties.get("FunctionName"), reserved)
        if warm is not None and limit is not None and warm > limit:
            yield (
                alias.path,
                f"keeps {warm} executions warm and reserves {limit}, which Lambda refuses; reserve {warm} or more",
            )
    functions = {alias.address: alias.properties.get("FunctionName") for alias in subject.of(ALIAS)}
    for mapping in subject.of(MAPPING):
        most = (mapping.properties.get("ScalingConfig") or {}).get("MaximumConcurrency")
        if most is None:
            continue
        if most < _LEAST_CONCURRENCY:
            yield (
                mapping.path,
                f"queue.concurrency {most}: a queue can be held to {_LEAST_CONCURRENCY} at the least; for one at a "
                f"time, reserve one execution for the function",
            )
        target = mapping.properties.get("FunctionName")
        target = functions.get(target.address, target) if isinstance(target, Ref) else target
        limit = _of_function(target, reserved)
        if limit is not None and most > limit:
            yield (
                mapping.path,
                f"queue.concurrency {most} is above the {limit} executions that are reserved, so messages are "
                f"throttled into the dead letters; reserve {most} or more",
            )


def _of_function(value: Any, among: Mapping[Any, Any]) -> Any:
    return among.get(value.address) if isinstance(value, Ref) else None


def _lost_letters(subject: Subject) -> Iterator[tuple[str, str]]:
    queues = {queue.address: queue for queue in subject.of(QUEUE)}
    for mapping in subject.of(MAPPING):
        queue = _of_function(mapping.properties.get("EventSourceArn"), queues)
        if queue is not None and not queue.properties.get("RedrivePolicy"):
            yield (
                queue.path,
                "feeds a function and has no queue for dead letters, so what cannot be worked on is tried until it "
                "expires; leave dead_letters on",
            )


def _batches(subject: Subject) -> Iterator[tuple[str, str]]:
    for mapping in subject.of(MAPPING):
        size, window = mapping.properties.get("BatchSize"), mapping.properties.get("MaximumBatchingWindowInSeconds")
        if isinstance(size, int) and size > 10 and not window:
            yield mapping.path, f"queue.batch {size}: more than 10 take a window; set queue.window_seconds to 1 or more"


def _expressions(subject: Subject) -> Iterator[tuple[str, str]]:
    """Of what stands in `resources`; the options of the other sections have the same formats."""
    for kind, takes in ((SCHEDULE, formats.TIMES), (RULE, formats.CRON_OR_RATE)):
        for resource in subject.of(kind):
            text = resource.properties.get("ScheduleExpression")
            problem = takes(text) if isinstance(text, str) else ""
            if problem:
                yield resource.path, f"{text!r} {problem}"


RULES = (
    Rule("function.limits", "Numbers that Lambda or SQS does not take.", _numbers),
    Rule("function.secret-in-environment", "The value of a secret in a function's environment.", _secrets),
    Rule("function.environment-size", "An environment that is too large.", _environment),
    Rule("function.concurrency", "Executions beyond those that are reserved.", _concurrency),
    Rule(
        "queue.no-dead-letters", "A queue that feeds a function and forgets failures.", _lost_letters, Severity.WARNING
    ),
    Rule(
        "queue.batch-window",
        "Batches that take a window.",
        _batches,
        source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    ),
    Rule(
        "schedule.expression",
        "A time that AWS does not understand.",
        _expressions,
        source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
    ),
)
