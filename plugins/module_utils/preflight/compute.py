# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What runs: Fargate sizes, functions, queues that feed them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from ..engine.values import Ref
from .rule import Rule, Severity, Subject

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
    for definition in subject.of(TASK_DEFINITION):
        for container in definition.properties.get("ContainerDefinitions") or ():
            image = container.get("Image")
            if isinstance(image, str) and "@" not in image and image.rpartition("/")[2].rpartition(":")[2] == "latest":
                yield (
                    f"{definition.path}.image",
                    f"{image!r}: `latest` is another image tomorrow; pin a version or a digest",
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
        timeout = int(function.properties.get("Timeout", _FUNCTION_TIMEOUT_DEFAULT))
        visible = int(queue.properties.get("VisibilityTimeout", _VISIBILITY_DEFAULT))
        if visible < timeout:
            yield (
                queue.path,
                f"messages reappear after {visible} s while {function.name} may work {timeout} s on them, which AWS "
                f"refuses; make VisibilityTimeout {6 * timeout}",
            )


def _referred(value: Any, among: dict[Any, Any]) -> Any:
    return among.get(value.address) if isinstance(value, Ref) else None


def _public_address(subject: Subject) -> Iterator[tuple[str, str]]:
    for service in subject.of("AWS::ECS::Service"):
        network = (service.properties.get("NetworkConfiguration") or {}).get("AwsvpcConfiguration") or {}
        if network.get("AssignPublicIp") == "ENABLED":
            yield service.path, "AssignPublicIp gives tasks public addresses; turn it off, NAT lets them out"


RULES = (
    Rule("service.fargate-size", "CPU and memory that Fargate does not offer together.", _fargate),
    Rule("service.floating-image", "An image by the tag latest.", _floating_image, Severity.WARNING),
    Rule("service.public-address", "Tasks with public addresses.", _public_address, Severity.WARNING),
    Rule("function.retired-runtime", "A runtime that can no longer be created.", _runtimes),
    Rule(
        "queue.visibility",
        "A queue whose messages reappear while they are worked on.",
        _visibility,
        source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    ),
)
