# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The task definition of a service: its one container, and what that is given."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import placeholder
from .base import Context, Options
from .secret_use import secret_uses

TASK_DEFINITION = "AWS::ECS::TaskDefinition"
LOG_GROUP = "AWS::Logs::LogGroup"


def container_name(name: str, options: Options) -> str:
    """The container's name: the entry's, without a trailing `-service`, unless stated."""
    return str(options["container"] or name.removesuffix("-service"))


def family(name: str, options: Options, context: Context) -> str:
    """The task definition's family: `{system}-{container}` unless stated."""
    return str(options["task_definition"] or f"{context.system}-{container_name(name, options)}")


def log_group_name(name: str, options: Options, context: Context) -> str:
    """The log group's name: `/ecs/{family}` unless stated."""
    return str(options["log_group"] or f"/ecs/{family(name, options, context)}")


def task_definition(name: str, options: Options, context: Context) -> Resource:
    """The task definition."""
    return context.resource(
        TASK_DEFINITION,
        name,
        {
            "Family": family(name, options, context),
            "Cpu": str(options["cpu"]),
            "Memory": str(options["memory"]),
            "NetworkMode": "awsvpc",
            "RequiresCompatibilities": ["FARGATE"],
            "RuntimePlatform": {"CpuArchitecture": options["architecture"], "OperatingSystemFamily": "LINUX"},
            "ExecutionRoleArn": Ref(Address("AWS::IAM::Role", context.logical("execution")), "Arn"),
            "TaskRoleArn": Ref(Address("AWS::IAM::Role", context.logical("task")), "Arn"),
            "ContainerDefinitions": [_container(name, options, context)],
        },
        tags=options["tags"],
    )


def _container(name: str, options: Options, context: Context) -> dict[str, Any]:
    image = _image(options, context)
    is_placeholder = image == placeholder.IMAGE
    health = options["container_health_check"]
    environment = context.fill(options["environment"], "environment")
    return {
        "Name": container_name(name, options),
        "Image": image,
        "Essential": True,
        "EntryPoint": placeholder.program(options["port"]) if is_placeholder else None,
        "Command": options["command"],
        "PortMappings": [{"ContainerPort": options["port"], "Protocol": "tcp"}] if options["port"] else None,
        "Environment": [{"Name": key, "Value": _text(value)} for key, value in sorted(environment.items())] or None,
        "Secrets": _secrets(options, context) or None,
        "ReadonlyRootFilesystem": options["read_only_root"],
        "LinuxParameters": {"InitProcessEnabled": True},
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": log_group_name(name, options, context),
                "awslogs-region": context.region,
                "awslogs-stream-prefix": options["log_stream_prefix"],
            },
        },
        "HealthCheck": health
        and {
            "Command": ["CMD", *placeholder.health_check(options["port"])] if is_placeholder else health["command"],
            "Interval": health["interval_seconds"],
            "Timeout": health["timeout_seconds"],
            "Retries": health["retries"],
            "StartPeriod": health["start_seconds"],
        },
    }


def _text(value: Any) -> Any:
    """A variable's value as text; booleans as a person writes them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _image(options: Options, context: Context) -> Any:
    """The stated image, or the placeholder until there is a release."""
    image = options["image"]
    if not image:
        return placeholder.IMAGE
    return context.value(image, "image") if image.startswith("repository.") else context.fill(image, "image")


def _secrets(options: Options, context: Context) -> list[dict[str, Any]]:
    """`NAME: secret.entry`, or `NAME: secret.entry:member` for one member of an object."""
    uses = secret_uses(options["secrets"], context)
    for variable in sorted(options["environment"].keys() & options["secrets"].keys()):
        context.problem(f"secrets.{variable}", "is a variable of `environment` too; take one of them away")
    return [{"Name": variable, "ValueFrom": use.value_from} for variable, use in uses.items()]
