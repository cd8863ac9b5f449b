# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `cost_anomalies` section: spending that is out of the ordinary, and who is told of it."""

from __future__ import annotations

import json
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .budget import listeners

MONITOR = "AWS::CE::AnomalyMonitor"
SUBSCRIPTION = "AWS::CE::AnomalySubscription"

SPEC: dict[str, Any] = {
    "monitor_name": {"type": "str"},
    "subscription_name": {"type": "str"},
    "existing_monitor": {"type": "str"},
    "tagged": {"type": "dict"},
    "frequency": {"type": "str", "choices": ["immediate", "daily", "weekly"], "default": "daily"},
    "above": {"type": "float", "format": formats.at_least(0)},
    "above_percent": {"type": "float", "format": formats.at_least(0)},
    "notify": {"type": "list", "elements": "str", "required": True},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("above", "above_percent")],
    "mutually_exclusive": [("existing_monitor", "tagged"), ("existing_monitor", "monitor_name")],
}


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(MONITOR, name)
    monitor = options["existing_monitor"] or Ref(address, "MonitorArn")
    return Export(
        address=None if options["existing_monitor"] else address,
        values={"monitor_arn": monitor, "arn": Ref(Address(SUBSCRIPTION, name), "SubscriptionArn")},
        default="arn",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    made: list[Resource] = []
    monitor: Any = options["existing_monitor"]
    if not monitor:
        made.append(_monitor(name, options, context))
        monitor = made[0].ref("MonitorArn")
    made.append(
        context.resource(
            SUBSCRIPTION,
            name,
            {
                "SubscriptionName": options["subscription_name"] or context.name(name),
                "MonitorArnList": [monitor],
                "Frequency": options["frequency"].upper(),
                "Subscribers": listeners(options["notify"], "notify", context, ("Type", "Address")),
                "ThresholdExpression": json.dumps(_threshold(options), sort_keys=True),
            },
            tags=options["tags"],
        )
    )
    return made


def _monitor(name: str, options: Options, context: Context) -> Resource:
    """One that watches each service, of which an account has one, or one that watches what carries some tags."""
    properties: dict[str, Any] = {"MonitorName": options["monitor_name"] or context.name(name)}
    if options["tagged"]:
        expressions = [
            {"Tags": {"Key": key, "Values": [str(value)], "MatchOptions": ["EQUALS"]}}
            for key, value in sorted(options["tagged"].items())
        ]
        whole = expressions[0] if len(expressions) == 1 else {"And": expressions}
        properties |= {"MonitorType": "CUSTOM", "MonitorSpecification": json.dumps(whole, sort_keys=True)}
    else:
        properties |= {"MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    return context.resource(MONITOR, name, properties, tags=options["tags"])


def _threshold(options: Options) -> dict[str, Any]:
    """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalySubscription.html"""
    bounds = (("ABSOLUTE", options["above"]), ("PERCENTAGE", options["above_percent"]))
    given = [
        {
            "Dimensions": {
                "Key": f"ANOMALY_TOTAL_IMPACT_{word}",
                "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
                "Values": [f"{value:g}"],
            }
        }
        for word, value in bounds
        if value is not None
    ]
    return given[0] if len(given) == 1 else {"And": given}


TIER = Tier(
    section="cost_anomalies",
    reference="cost_anomaly",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
    kinds=(MONITOR,),
)
