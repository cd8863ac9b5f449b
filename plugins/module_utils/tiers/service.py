# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `services` section: ECS services on Fargate, with their roles, logs, target group and scaling."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .alarms import METRIC
from .base import TAGS, Connection, Context, Export, Options, Tier
from .cluster import STRATEGY, strategy
from .connections import called, let_in
from .permissions import MAY, STATEMENTS
from .secret_use import distinct, secret_uses
from .service_roles import execution_role, task_role
from .service_scaling import SCALABLE_TARGET, scaling
from .service_task import LOG_GROUP, TASK_DEFINITION, container_name, log_group_name, task_definition
from .target_groups import TARGET_GROUP, TARGET_GROUP_OPTION, Routed, exported, routed_by, target_groups

SERVICE = "AWS::ECS::Service"

#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html
_TARGET_GROUPS = 5

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "cluster": {"type": "str", "required": True},
    "task_definition": {"type": "str"},
    "container": {"type": "str"},
    "image": {"type": "str", "format": formats.or_nothing(formats.CONTAINER_IMAGE)},
    "repository": {"type": "str"},
    "command": {"type": "list", "elements": "str"},
    "cpu": {"type": "int", "default": 256, "format": formats.at_least(256)},
    "memory": {"type": "int", "default": 512, "format": formats.at_least(512)},
    "architecture": {"type": "str", "choices": ["X86_64", "ARM64"], "default": "X86_64"},
    "port": {"type": "int", "format": formats.PORT},
    "environment": {"type": "dict", "default": {}, "keys": formats.VARIABLE, "values": {"type": "scalar"}},
    "secrets": {"type": "dict", "default": {}, "no_log": False, "keys": formats.VARIABLE},
    "read_only_root": {"type": "bool", "default": False},
    "tasks": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "desired": {"type": "int", "default": 1, "format": formats.at_least(0)},
            "min": {"type": "int", "format": formats.at_least(0)},
            "max": {"type": "int", "format": formats.at_least(0)},
            "target": {"type": "dict", "values": {"type": "float", "format": formats.USE}},
            "scale_in_seconds": {"type": "int", "default": 300, "format": formats.at_least(0)},
            "scale_out_seconds": {"type": "int", "default": 60, "format": formats.at_least(0)},
        },
    },
    "scale_on": {
        "type": "map",
        "default": {},
        "options": {
            "target": {"type": "float", "required": True},
            **METRIC,
            "metrics": {"type": "map", "options": METRIC},
            "expression": {"type": "str"},
        },
    },
    "one_off": {"type": "bool", "default": False},
    "capacity": {**STRATEGY},
    "health_check": {"type": "str", "default": "/health", "format": formats.URL_PATH},
    "target_group": TARGET_GROUP_OPTION,
    "container_health_check": {
        "type": "dict",
        "options": {
            "command": {"type": "list", "elements": "str", "required": True},
            "interval_seconds": {"type": "int", "default": 30, "format": formats.between(5, 300)},
            "timeout_seconds": {"type": "int", "default": 5, "format": formats.between(2, 60)},
            "retries": {"type": "int", "default": 3, "format": formats.between(1, 10)},
            "start_seconds": {"type": "int", "default": 60, "format": formats.between(0, 300)},
        },
    },
    "grace_seconds": {"type": "int", "format": formats.between(0, 2147483647)},
    "deployment": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "minimum_healthy_percent": {"type": "int", "default": 100, "format": formats.PERCENT},
            "maximum_percent": {"type": "int", "default": 200, "format": formats.between(100, 200)},
            "circuit_breaker": {"type": "bool", "default": True},
        },
    },
    "connects_to": {"type": "list", "elements": "str", "default": []},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "may": MAY,
    "statements": STATEMENTS,
    "log_group": {"type": "str"},
    "log_stream_prefix": {"type": "str", "default": "ecs"},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "execute_command": {"type": "bool", "default": False},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "security_group_name": {"type": "str"},
    "tags": TAGS,
}


def service_name(name: str, options: Options) -> str:
    """The service's name in its cluster: the entry's unless stated."""
    return options["name"] or name


def exports(name: str, options: Options, context: Context) -> Export:
    task = Address(TASK_DEFINITION, name)
    address = task if options["one_off"] else Address(SERVICE, name)
    values: dict[str, Any] = {
        "name": service_name(name, options),
        "log_group": log_group_name(name, options, context),
        "task_definition_arn": Ref(task, "TaskDefinitionArn"),
    }
    if not options["one_off"]:
        values["arn"] = Ref(address, "ServiceArn")
        values |= exported(name, options, context)
    return Export(
        address=address,
        values=values,
        default="name",
        security_group=context.own_security_group(),
        port=options["port"],
    )


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    """Whom it calls, and AWS's own endpoints, which are reached by HTTPS through NAT or interface endpoints."""
    return [*called(options, context), *let_in(options, context)]


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    routed = routed_by(context)
    if routed and not options["port"]:
        context.problem(
            "port", f"is not set, but {routed[0].balancer.reference} routes to it; set the port it listens on"
        )
        return []
    logs = context.resource(
        LOG_GROUP,
        context.logical(),
        {
            "LogGroupName": log_group_name(name, options, context),
            "RetentionInDays": options["log_retention_days"],
        },
        tags=options["tags"],
    )
    made = [
        context.security_group(f"Service {name}", name=options["security_group_name"]),
        logs,
        execution_role(name, options, context),
        task_role(name, options, context),
        task_definition(name, options, context),
    ]
    _check_health_check(options, context)
    if options["one_off"]:
        _check_one_off(options, routed, context)
        return made
    if len(routed) > _TARGET_GROUPS:
        context.problem(
            "", f"{len(routed)} target groups are routed to, and ECS takes {_TARGET_GROUPS}; take routes to it out"
        )
    made += target_groups(routed, f"{service_name(name, options)}-tg", "ip", options, context)
    made.append(_service(name, options, routed, context))
    return [*made, *scaling(name, options, cluster_reference(options), context)]


def _check_health_check(options: Options, context: Context) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html"""
    command = (options["container_health_check"] or {}).get("command")
    if command is not None and (len(command) < 2 or command[0] not in ("CMD", "CMD-SHELL")):
        context.problem(
            "container_health_check.command",
            "must begin with CMD, for a program and its arguments, or CMD-SHELL, for a line of the container's shell",
        )


def _check_deployment(options: Options, context: Context) -> None:
    deployment, capacity = options["deployment"], options["capacity"] or []
    least, most = deployment["minimum_healthy_percent"], deployment["maximum_percent"]
    if least >= most:
        context.problem(
            "deployment.maximum_percent",
            f"{most} leaves no room above minimum_healthy_percent {least}, so that no task could ever be replaced; "
            f"raise the one or lower the other",
        )
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    if len([item for item in capacity if item["base"]]) > 1:
        context.problem("capacity", "has a base at several providers, and one can have it; keep one")
    offered = {item["provider"] for item in _default_capacity(options, context)}
    for provider in sorted({item["provider"] for item in capacity} - offered if offered else ()):
        context.problem(
            "capacity",
            f"names {provider}, which is not in the capacity of {cluster_reference(options)}; add it there, with the "
            f"weight 0 if only those that name it are to run on it",
        )
    if capacity and not any(item["weight"] for item in capacity):
        context.problem("capacity", "has no weight above 0, so that nothing would run; raise one")


def _check_one_off(options: Options, routed: list[Routed], context: Context) -> None:
    """What runs once and ends is nobody's to route to or to scale."""
    if routed:
        context.problem("one_off", f"true, but {routed[0].balancer.reference} routes to it; leave out one of the two")
    if options["tasks"]["max"] is not None or options["scale_on"]:
        context.problem("one_off", "true, and what runs once is not scaled; leave out tasks.max and scale_on")


def _service(name: str, options: Options, routed: list[Routed], context: Context) -> Resource:
    _check_deployment(options, context)
    deployment = options["deployment"]
    tasks = options["tasks"]
    scaled = tasks["max"] is not None
    properties: dict[str, Any] = {
        "ServiceName": service_name(name, options),
        "Cluster": context.value(cluster_reference(options), "cluster"),
        # Without an image a placeholder runs, until a release does.
        ("TaskDefinition" if options["image"] else "InitialTaskDefinition"): Ref(
            Address(TASK_DEFINITION, name), "TaskDefinitionArn"
        ),
        # An autoscaler owns the number once the service exists.
        ("InitialDesiredCount" if scaled else "DesiredCount"): tasks["desired"],
        "CapacityProviderStrategy": strategy(options["capacity"] or _default_capacity(options, context)),
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": options["subnet_ids"] or context.subnet_ids("private", "subnet_ids"),
                "SecurityGroups": [context.own_security_group()],
                "AssignPublicIp": "DISABLED",
            }
        },
        "DeploymentConfiguration": {
            "MinimumHealthyPercent": deployment["minimum_healthy_percent"],
            "MaximumPercent": deployment["maximum_percent"],
            "DeploymentCircuitBreaker": {
                "Enable": deployment["circuit_breaker"],
                "Rollback": deployment["circuit_breaker"],
            },
        },
        "PropagateTags": "SERVICE",
        "EnableECSManagedTags": True,
        "EnableExecuteCommand": options["execute_command"],
    }
    # Stated even when empty: a service that is no longer routed to leaves its target groups.
    properties["LoadBalancers"] = [
        {
            "TargetGroupArn": Ref(one.address, "TargetGroupArn"),
            "ContainerName": container_name(name, options),
            "ContainerPort": options["port"],
        }
        for one in routed
    ]
    depends_on: list[Address] = []
    if routed:
        properties["HealthCheckGracePeriodSeconds"] = (
            60 if options["grace_seconds"] is None else options["grace_seconds"]
        )
        # ECS takes only a target group that a listener already sends traffic to.
        depends_on = [one.balancer.export.values["listener_arn"].address for one in routed]
    depends_on += _needed_at_start(options, context)
    return context.resource(SERVICE, name, properties, tags=options["tags"], depends_on=depends_on)


def _needed_at_start(options: Options, context: Context) -> list[Address]:
    """A task that cannot write its log, get its image or read its secrets does not start."""
    addresses = [Address(LOG_GROUP, context.logical())]
    addresses += [address for entry in context.catalog.entries("network") for address in entry.export.ready]
    for use in distinct(secret_uses(options["secrets"], context).values()):
        addresses += use.ready
    return list(dict.fromkeys(addresses))


def cluster_reference(options: Options) -> str:
    """The reference to its cluster."""
    return options["cluster"] if options["cluster"].startswith("cluster.") else f"cluster.{options['cluster']}"


def _default_capacity(options: Options, context: Context) -> list[dict[str, Any]]:
    entry = context.entry(cluster_reference(options), "cluster", ("cluster",))
    return list(entry.options["capacity"]) if entry else []


TIER = Tier(
    section="services",
    reference="service",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    kinds=(TARGET_GROUP, SCALABLE_TARGET),
    in_network=True,
)
