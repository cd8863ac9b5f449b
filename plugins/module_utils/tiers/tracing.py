# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `tracing` section: which requests X-Ray traces, and groups of traces."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .permissions import shortened

SAMPLING_RULE = "AWS::XRay::SamplingRule"
GROUP = "AWS::XRay::Group"

#: https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html
NAME_LIMIT = 32

SPEC: dict[str, Any] = {
    "sampling": {
        "type": "map",
        "default": {},
        "options": {
            "name": {"type": "str"},
            "rate_percent": {"type": "float", "required": True, "format": formats.PERCENT},
            "first_per_second": {"type": "int", "default": 1, "format": formats.at_least(0)},
            "priority": {"type": "int", "default": 1000, "format": formats.between(1, 9999)},
            "service": {"type": "str", "default": "*"},
            "service_type": {"type": "str", "default": "*"},
            "host": {"type": "str", "default": "*"},
            "method": {"type": "str", "default": "*"},
            "path": {"type": "str", "default": "*"},
            "resource_arn": {"type": "str", "default": "*"},
            "attributes": {"type": "dict", "default": {}},
        },
    },
    "groups": {
        "type": "map",
        "default": {},
        "options": {
            "name": {"type": "str"},
            "filter": {"type": "str", "required": True},
            "insights": {"type": "bool", "default": False},
            "notify_insights": {"type": "bool", "default": False},
        },
    },
    "tags": TAGS,
}


def name_in_xray(name: str, stated: str | None, context: Context) -> str:
    """The name of a rule or a group: the stack's and the entry's, unless stated."""
    return stated or shortened(context.name(name), NAME_LIMIT)


def exports(name: str, options: Options, context: Context) -> Export:
    groups = options["groups"]
    return Export(
        values={
            **{f"{group}_group_arn": Ref(Address(GROUP, group), "GroupARN") for group in groups},
            **{f"{group}_group_name": name_in_xray(group, rule["name"], context) for group, rule in groups.items()},
        }
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    made = [_rule(label, rule, options, context) for label, rule in options["sampling"].items()]
    return made + [_group(label, rule, options, context) for label, rule in options["groups"].items()]


def _rule(name: str, rule: Options, options: Options, context: Context) -> Resource:
    return context.resource(
        SAMPLING_RULE,
        name,
        {
            "SamplingRule": {
                "RuleName": name_in_xray(name, rule["name"], context),
                "Priority": rule["priority"],
                "FixedRate": round(rule["rate_percent"] / 100, 6),
                "ReservoirSize": rule["first_per_second"],
                "ServiceName": rule["service"],
                "ServiceType": rule["service_type"],
                "Host": rule["host"],
                "HTTPMethod": rule["method"],
                "URLPath": rule["path"],
                "ResourceARN": context.fill(rule["resource_arn"], f"sampling.{name}.resource_arn"),
                "Version": 1,
                "Attributes": rule["attributes"],
            }
        },
        tags=options["tags"],
    )


def _group(name: str, rule: Options, options: Options, context: Context) -> Resource:
    insights = {"InsightsEnabled": rule["insights"], "NotificationsEnabled": rule["notify_insights"]}
    return context.resource(
        GROUP,
        name,
        {
            "GroupName": name_in_xray(name, rule["name"], context),
            "FilterExpression": context.fill(rule["filter"], f"groups.{name}.filter"),
            "InsightsConfiguration": insights,
        },
        tags=options["tags"],
    )


TIER = Tier(
    section="tracing",
    reference="tracing",
    spec=SPEC,
    compile=compile,
    exports=exports,
    single=True,
    kinds=(SAMPLING_RULE, GROUP),
)
