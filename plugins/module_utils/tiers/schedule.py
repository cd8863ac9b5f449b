# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `schedules` section: what is done at certain times, by a function, a task of a service, or a call to AWS."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, partition
from . import formats
from .base import TAGS, Context, Entry, Export, Options, Tier
from .permissions import Statement, shortened, statement
from .schedules import NAME_LIMIT, SCHEDULE, TIMING, json_input, schedule, schedule_group, schedule_role
from .service_task import container_name, family

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "description": {"type": "str", "format": formats.length(512)},
    **TIMING,
    "function": {"type": "str"},
    "task": {
        "type": "dict",
        "options": {
            "service": {"type": "str", "required": True},
            "command": {"type": "list", "elements": "str"},
            "count": {"type": "int", "default": 1, "format": formats.between(1, 10)},
        },
    },
    "call": {
        "type": "dict",
        "options": {
            "action": {"type": "str", "required": True},
            "resources": {"type": "list", "elements": "str", "required": True},
        },
    },
    "retries": {"type": "int", "default": 3, "format": formats.between(0, 185)},
    "retry_seconds": {"type": "int", "default": 3600, "format": formats.between(60, 86400)},
    "dead_letters": {"type": "str"},
    "tags": TAGS,
}

CONSTRAINTS = {
    "mutually_exclusive": [("function", "task", "call")],
    "required_one_of": [("function", "task", "call")],
}

#: Services that Scheduler calls otherwise than IAM does.
#: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
_SDK_NAMES = {
    "elasticloadbalancing": "elasticloadbalancingv2",
    "es": "opensearch",
    "events": "eventbridge",
    "logs": "cloudwatchlogs",
    "states": "sfn",
}


def schedule_name(name: str, options: Options, context: Context) -> str:
    """The name of the schedule, and of the group that it is alone in."""
    return options["name"] or shortened(context.name(name.replace("/", "-")), NAME_LIMIT)


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(SCHEDULE, context.logical())
    return Export(
        address=address,
        values={"arn": Ref(address, "Arn"), "name": schedule_name(name, options, context)},
        default="arn",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    made = _target(options, context)
    if made is None:
        return []
    target, statements, needs = made
    target["RetryPolicy"] = {
        "MaximumRetryAttempts": options["retries"],
        "MaximumEventAgeInSeconds": options["retry_seconds"],
    }
    if options["dead_letters"]:
        entry = context.entry(options["dead_letters"], "dead_letters", ("queue",))
        if entry is not None:
            target["DeadLetterConfig"] = {"Arn": entry.export.values["arn"]}
            statements.append(statement(["sqs:SendMessage"], entry.export.values["arn"]))
    label = schedule_name(name, options, context)
    group = schedule_group(label, context, tags=options["tags"])
    acting = schedule_role(context, "schedule", statements, f"What schedule {name} does", options["tags"])
    described = {"Description": options["description"]}
    return [group, acting, schedule(label, group, acting, target, options, context, depends_on=needs, **described)]


_Made = tuple[dict[str, Any], list[Statement], list[Address]]


def _target(options: Options, context: Context) -> _Made | None:
    """The target, what it takes to reach it, and what must stand first."""
    if options["function"]:
        entry = context.entry(options["function"], "function", ("function",))
        return None if entry is None else _function(entry, options, context)
    if options["task"]:
        entry = context.entry(options["task"]["service"], "task.service", ("service",))
        return None if entry is None else _task(entry, options, context)
    return _call(options, context)


def _function(entry: Entry, options: Options, context: Context) -> _Made:
    arn = entry.export.values["invoked_arn"]
    target: dict[str, Any] = {"Arn": arn}
    if options["input"] is not None:
        target["Input"] = json_input(context.fill(options["input"], "input"))
    return target, [statement(["lambda:InvokeFunction"], arn)], []


def _task(entry: Entry, options: Options, context: Context) -> _Made:
    """A task of the service's latest definition, on its own, in the service's network.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/tasks-scheduled-eventbridge-scheduler.html
    """
    bound = context.of(entry)
    cluster_name = str(entry.options["cluster"]).removeprefix("cluster.")
    cluster = context.value(f"cluster.{cluster_name}.arn", "task.service")
    definition = context.arn("ecs", f"task-definition/{family(entry.name, entry.options, bound)}")
    roles = [Ref(Address("AWS::IAM::Role", bound.logical(suffix)), "Arn") for suffix in ("execution", "task")]
    target: dict[str, Any] = {
        "Arn": cluster,
        "EcsParameters": {
            # Without a revision: the one that the last release made.
            "TaskDefinitionArn": definition,
            "TaskCount": options["task"]["count"],
            "LaunchType": "FARGATE",
            "PropagateTags": "TASK_DEFINITION",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "Subnets": entry.options["subnet_ids"] or context.subnet_ids("private", "task.service"),
                    "SecurityGroups": [entry.export.security_group],
                    "AssignPublicIp": "DISABLED",
                }
            },
        },
    }
    if options["task"]["command"]:
        override = {"name": container_name(entry.name, entry.options), "command": options["task"]["command"]}
        target["Input"] = json_input({"containerOverrides": [override]})
    run = statement(
        ["ecs:RunTask"],
        [Compose("{arn}:*", {"arn": definition}), definition],
        {"ArnEquals": {"ecs:cluster": cluster}},
    )
    hand_over = statement(["iam:PassRole"], roles, {"StringLike": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})
    return target, [run, hand_over], [Address("AWS::ECS::TaskDefinition", entry.name)]


def _call(options: Options, context: Context) -> _Made | None:
    """Any call that changes something, by Scheduler's universal target."""
    call = options["call"]
    service, colon, action = call["action"].partition(":")
    if not (colon and service and action):
        context.problem("call.action", f"{call['action']!r} is no action; write it as rds:CreateDBSnapshot")
        return None
    if "*" in call["resources"]:
        context.problem("call.resources", "'*' lets the schedule do it to everything; name the ARNs")
        return None
    name = _SDK_NAMES.get(service, service)
    arn = Compose(
        f"arn:{{partition}}:scheduler:::aws-sdk:{name}:{action[0].lower()}{action[1:]}", {"partition": partition()}
    )
    target: dict[str, Any] = {"Arn": arn}
    if options["input"] is not None:
        target["Input"] = json_input(context.fill(options["input"], "input"))
    resources = [_resource(one, f"call.resources[{index}]", context) for index, one in enumerate(call["resources"])]
    return target, [statement([f"{service}:{action}"], resources)], []


def _resource(text: str, option: str, context: Context) -> Any:
    """An ARN: whole, with references inside, or just the part behind the account, e.g. `rds:snapshot:nightly-*`."""
    if text.startswith(("arn:", "${")):
        return context.fill(text, option)
    service, _colon, rest = text.partition(":")
    return context.arn(service, rest)


TIER = Tier(
    section="schedules",
    reference="schedule",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
)
