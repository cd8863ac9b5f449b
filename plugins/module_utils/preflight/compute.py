# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What runs: Fargate sizes, functions, queues that feed them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from ..engine.values import Compose, Ref, references
from .rule import Rule, Severity, Subject, words

TASK_DEFINITION = "AWS::ECS::TaskDefinition"

#: CPU units to the memory, in MiB, that Fargate offers with them: lowest, highest, step.
#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
FARGATE: dict[int, tuple[int, int, int]] = {
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
FARGATE_SMALLEST = {256: (512, 1024, 2048)}

#: The day from which a runtime cannot be created any more, as far as it has been announced.
#: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RETIRED_RUNTIMES: dict[str, datetime.date] = {
    "nodejs10.x": datetime.date(2021, 7, 30),
    "nodejs12.x": datetime.date(2023, 3, 31),
    "nodejs14.x": datetime.date(2023, 12, 4),
    "nodejs16.x": datetime.date(2024, 6, 12),
    "nodejs18.x": datetime.date(2025, 9, 1),
    "nodejs20.x": datetime.date(2026, 4, 30),
    "python2.7": datetime.date(2021, 7, 15),
    "python3.6": datetime.date(2022, 7, 18),
    "python3.7": datetime.date(2023, 12, 4),
    "python3.8": datetime.date(2024, 10, 14),
    "python3.9": datetime.date(2025, 12, 15),
    "ruby2.5": datetime.date(2021, 7, 30),
    "ruby2.7": datetime.date(2023, 12, 7),
    "ruby3.2": datetime.date(2026, 3, 31),
    "java8": datetime.date(2024, 1, 8),
    "go1.x": datetime.date(2024, 1, 8),
    "dotnetcore3.1": datetime.date(2023, 4, 3),
    "dotnet6": datetime.date(2024, 12, 20),
    "provided": datetime.date(2024, 1, 8),
}

#: Words in the name of a metric that measures what waits, for all tasks together.
_TOTALS = {"backlog", "depth", "jobs", "messages", "pending", "queue", "visible", "waiting"}

_VISIBILITY_DEFAULT = 30
_FUNCTION_TIMEOUT_DEFAULT = 3


def fargate_memory(cpu: int) -> list[int]:
    """The memory sizes, in MiB, that go with some CPU units; empty for units that Fargate does not have."""
    if cpu in FARGATE_SMALLEST:
        return list(FARGATE_SMALLEST[cpu])
    if cpu not in FARGATE:
        return []
    low, high, step = FARGATE[cpu]
    return list(range(low, high + 1, step))


def _fargate(subject: Subject) -> Iterator[tuple[str, str]]:
    for definition in subject.of(TASK_DEFINITION):
        if "FARGATE" not in (definition.properties.get("RequiresCompatibilities") or ()):
            continue
        cpu, memory = str(definition.properties.get("Cpu", "")), str(definition.properties.get("Memory", ""))
        if not cpu.isdigit() or not memory.isdigit():
            continue
        sizes = fargate_memory(int(cpu))
        if not sizes:
            units = ", ".join(str(size) for size in (*FARGATE_SMALLEST, *FARGATE))
            yield f"{definition.path}.cpu", f"{cpu}: Fargate has {units}; choose one"
        elif int(memory) not in sizes:
            near = min(sizes, key=lambda size: (abs(size - int(memory)), -size))
            yield (
                f"{definition.path}.memory",
                f"{memory} MiB with {cpu} CPU units: Fargate has {sizes[0]} to {sizes[-1]}; take {near}",
            )


def _floating_image(subject: Subject) -> Iterator[tuple[str, str]]:
    images = [
        (definition, container.get("Image"))
        for definition in subject.of(TASK_DEFINITION)
        for container in definition.properties.get("ContainerDefinitions") or ()
    ]
    images += [(one, (one.properties.get("Code") or {}).get("ImageUri")) for one in subject.of("AWS::Lambda::Function")]
    for resource, image in images:
        # A composition begins with its repository, so what it says of the tag is its end.
        text = image.template if isinstance(image, Compose) else image
        if not isinstance(text, str) or "@" in text:
            continue
        tag = text.rpartition("/")[2].partition(":")[2] if isinstance(image, str) else text.rpartition(":")[2]
        if tag == "latest" or (not tag and isinstance(image, str)):
            yield (
                f"{resource.path}.image",
                f"{text!r}: `latest` is another image tomorrow; pin a version or a digest",
            )


def _runtimes(subject: Subject) -> Iterator[tuple[str, str]]:
    for function in subject.of("AWS::Lambda::Function"):
        runtime = function.properties.get("Runtime")
        if runtime in RETIRED_RUNTIMES:
            since = RETIRED_RUNTIMES[str(runtime)]
            yield function.path, f"runtime {runtime!r} is retired since {since}; take a current one of its language"


def _visibility(subject: Subject) -> Iterator[tuple[str, str]]:
    functions = {function.address: function for function in subject.of("AWS::Lambda::Function")}
    aliases = {
        alias.address: _referred(alias.properties.get("FunctionName"), functions)
        for alias in subject.of("AWS::Lambda::Alias")
    }
    queues = {queue.address: queue for queue in subject.of("AWS::SQS::Queue")}
    for mapping in subject.of("AWS::Lambda::EventSourceMapping"):
        function = _referred(mapping.properties.get("FunctionName"), {**functions, **aliases})
        queue = _referred(mapping.properties.get("EventSourceArn"), queues)
        if function is None or queue is None:
            continue
        timeout = function.properties.get("Timeout", _FUNCTION_TIMEOUT_DEFAULT)
        visible = queue.properties.get("VisibilityTimeout", _VISIBILITY_DEFAULT)
        if not str(timeout).isdigit() or not str(visible).isdigit():
            continue
        timeout, visible = int(timeout), int(visible)
        if visible < timeout:
            yield (
                queue.path,
                f"messages reappear after {visible} s while {function.name} may work {timeout} s on them, which AWS "
                f"refuses; make VisibilityTimeout {6 * timeout}",
            )


def _referred(value: Any, among: dict[Any, Any]) -> Any:
    return among.get(value.address) if isinstance(value, Ref) else None


def _secrets(subject: Subject) -> Iterator[tuple[str, str]]:
    for definition in subject.of(TASK_DEFINITION):
        for container in definition.properties.get("ContainerDefinitions") or ():
            for variable in container.get("Environment") or ():
                if any(is_secret_value(ref) for ref in references(variable.get("Value"))):
                    yield (
                        f"{definition.path}.environment.{variable.get('Name')}",
                        "holds the value of a secret, which anybody can read who may describe the task definition; "
                        "name the secret in `secrets`, and ECS hands it to the container",
                    )


def is_secret_value(ref: Ref) -> bool:
    """Whether a reference is to what a secret holds, rather than to its ARN or name."""
    return ref.address.kind == "AWS::SecretsManager::Secret" and ref.attribute.partition(".")[0] == "Value"


def _average_load(subject: Subject) -> Iterator[tuple[str, str]]:
    """A total that every task publishes: its average over the tasks is the total again."""
    for policy in subject.of("AWS::ApplicationAutoScaling::ScalingPolicy"):
        tracked = policy.properties.get("TargetTrackingScalingPolicyConfiguration") or {}
        metric = tracked.get("CustomizedMetricSpecification") or {}
        name = str(metric.get("MetricName") or "")
        parts = set(words(name))
        if metric.get("Statistic") == "Average" and _TOTALS & parts and "per" not in parts:
            yield (
                policy.path,
                f"follows the average of {metric.get('Namespace')} {name}: a total, however many tasks publish it, "
                f"which more tasks do not make smaller; divide it by the running tasks (`expression`)",
            )


def _public_address(subject: Subject) -> Iterator[tuple[str, str]]:
    for service in subject.of("AWS::ECS::Service"):
        network = (service.properties.get("NetworkConfiguration") or {}).get("AwsvpcConfiguration") or {}
        if network.get("AssignPublicIp") == "ENABLED":
            yield service.path, "AssignPublicIp gives tasks public addresses; turn it off, NAT lets them out"


RULES = (
    Rule("service.fargate-size", "CPU and memory that Fargate does not offer together.", _fargate),
    Rule("service.floating-image", "An image by the tag latest.", _floating_image, Severity.WARNING),
    Rule("service.public-address", "Tasks with public addresses.", _public_address, Severity.WARNING),
    Rule("service.secret-in-environment", "The value of a secret in a task definition.", _secrets),
    Rule(
        "service.average-load",
        "Scaling on the average of a total.",
        _average_load,
        Severity.WARNING,
        "https://docs.aws.amazon.com/autoscaling/application/userguide/"
        "application-auto-scaling-target-tracking-metric-math.html",
    ),
    Rule("function.retired-runtime", "A runtime that can no longer be created.", _runtimes),
    Rule(
        "queue.visibility",
        "A queue whose messages reappear while they are worked on.",
        _visibility,
        source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    ),
)
