# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Schedules of EventBridge Scheduler: a group, a role of its own and the schedule, for every tier that needs one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from . import formats
from .base import Context
from .permissions import Statement, role, this_account, trust

GROUP = "AWS::Scheduler::ScheduleGroup"
SCHEDULE = "AWS::Scheduler::Schedule"
_SCHEDULER = "scheduler.amazonaws.com"

#: Names of groups and schedules are that long at the most.
#: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
NAME_LIMIT = 64

#: When something is done, for the specs of tiers that do something regularly.
TIMING: dict[str, Any] = {
    "expression": {"type": "str", "required": True, "format": formats.TIMES},
    "timezone": {"type": "str", "default": "UTC", "format": formats.TIME_ZONE},
    "enabled": {"type": "bool", "default": True},
    "input": {"type": "dict"},
}


def json_input(value: Any) -> Any:
    """What a target gets, as the JSON text that templates and requests carry; references inside stay references."""
    parts: dict[str, Any] = {}

    def marked(item: Any) -> Any:
        if isinstance(item, Mapping):
            return {key: marked(member) for key, member in item.items()}
        if isinstance(item, (list, tuple)):
            return [marked(member) for member in item]
        if isinstance(item, (Ref, Compose)):
            parts[f"p{len(parts)}"] = item
            return f"\0p{len(parts) - 1}\0"
        return item

    text = json.dumps(marked(value), sort_keys=True)
    if not parts:
        return text
    template = text.replace("{", "{{").replace("}", "}}")
    for name in parts:
        template = template.replace(f"\\u0000{name}\\u0000", f"{{{name}}}")
    return Compose(template, parts)


def schedule_group(name: str, context: Context, *, suffix: str = "", tags: Mapping[str, str] | None = None) -> Resource:
    """A group, which carries the tags that a schedule cannot carry."""
    return context.resource(GROUP, context.logical(suffix), {"Name": name}, tags=tags)


def schedule_role(
    context: Context, suffix: str, statements: Iterable[Statement], what: str, tags: Mapping[str, str] | None = None
) -> Resource:
    """The role that Scheduler acts as: it may do what the schedule does, and nothing else."""
    return role(
        context,
        suffix,
        trust([_SCHEDULER], condition=this_account()),
        statements,
        description=what,
        tags=tags,
    )


def schedule(
    name: str,
    group: Resource,
    acting: Resource,
    target: Mapping[str, Any],
    timing: Mapping[str, Any],
    context: Context,
    *,
    suffix: str = "",
    depends_on: Iterable[Address] = (),
    **properties: Any,
) -> Resource:
    """A schedule.

    Args:
        acting: the role that it acts as.
        target: `Arn`, and what else the target takes.
        timing: `expression`, `timezone`, `enabled`.
        properties: further properties of `AWS::Scheduler::Schedule`.
    """
    return context.resource(
        SCHEDULE,
        context.logical(suffix),
        {
            "Name": name,
            "GroupName": group.ref("Name"),
            "ScheduleExpression": timing["expression"],
            "ScheduleExpressionTimezone": timing.get("timezone") or "UTC",
            "State": "ENABLED" if timing.get("enabled", True) else "DISABLED",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {**target, "RoleArn": Ref(acting.address, "Arn")},
            **properties,
        },
        depends_on=depends_on,
    )
