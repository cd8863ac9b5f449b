# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `event_rules` section: which events, or what time, goes to functions, queues and topics."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .schedules import json_input

RULE = "AWS::Events::Rule"

#: Who can be a target, and the word for what is sent to.
_TARGETS = {"function": "invoked_arn", "queue": "arn", "topic": "arn"}

#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
_TARGETS_LIMIT = 5

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "description": {"type": "str", "format": formats.length(512)},
    "pattern": {"type": "dict", "format": formats.EVENT_PATTERN},
    "schedule": {"type": "str", "format": formats.CRON_OR_RATE},
    "enabled": {"type": "bool", "default": True},
    "targets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "to": {"type": "str", "required": True},
            "input": {"type": "dict"},
            "dead_letters": {"type": "str"},
        },
    },
    "tags": TAGS,
}

CONSTRAINTS = {
    "mutually_exclusive": [("pattern", "schedule")],
    "required_one_of": [("pattern", "schedule")],
}


def rule_name(name: str, options: Options, context: Context) -> str:
    """The rule's name in AWS."""
    return str(options["name"] or context.name(name))


def exports(name: str, options: Options, context: Context) -> Export:
    label = rule_name(name, options, context)
    # By name and not by reference: what it sends to says in its own policy that this rule may.
    return Export(
        address=Address(RULE, name),
        values={"arn": context.arn("events", f"rule/{label}"), "name": label},
        default="arn",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    targets = [_target(index, target, name, options, context) for index, target in enumerate(options["targets"])]
    if not 1 <= len(targets) <= _TARGETS_LIMIT:
        context.problem("targets", f"has {len(targets)}; a rule has 1 to {_TARGETS_LIMIT}, further ones another rule")
    return [
        context.resource(
            RULE,
            name,
            {
                "Name": rule_name(name, options, context),
                "Description": options["description"],
                "EventPattern": context.fill(options["pattern"], "pattern"),
                "ScheduleExpression": options["schedule"],
                "State": "ENABLED" if options["enabled"] else "DISABLED",
                "Targets": targets,
            },
            tags=options["tags"],
        )
    ]


def _target(index: int, target: Options, name: str, options: Options, context: Context) -> dict[str, Any] | None:
    option = f"targets[{index}]"
    entry = context.entry(target["to"], f"{option}.to", tuple(_TARGETS))
    if entry is None:
        return None
    made: dict[str, Any] = {
        "Id": target["to"].replace("/", "-")[:64],
        "Arn": entry.export.values[_TARGETS[entry.tier.reference]],
    }
    if target["input"] is not None:
        made["Input"] = json_input(context.fill(target["input"], f"{option}.input"))
    if entry.tier.reference == "queue" and entry.options["fifo"]:
        made["SqsParameters"] = {"MessageGroupId": rule_name(name, options, context)}
    if target["dead_letters"]:
        dead = context.entry(target["dead_letters"], f"{option}.dead_letters", ("queue",))
        made["DeadLetterConfig"] = {"Arn": dead.export.values["arn"]} if dead else None
    return made


TIER = Tier(
    section="event_rules",
    reference="event_rule",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
)
