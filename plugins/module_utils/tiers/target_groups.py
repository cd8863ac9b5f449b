# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The target group of what a load balancer routes to: tasks by their addresses, instances by their ids."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .base import Context, Entry, Options

TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"

#: The option that says how a load balancer treats the targets.
TARGET_GROUP_OPTION: dict[str, Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "name": {"type": "str"},
        "protocol": {"type": "str", "choices": ["HTTP", "HTTPS"], "default": "HTTP"},
        "interval_seconds": {"type": "int", "default": 30},
        "timeout_seconds": {"type": "int", "default": 5},
        "healthy_count": {"type": "int", "default": 2},
        "unhealthy_count": {"type": "int", "default": 3},
        "statuses": {"type": "str", "default": "200"},
        "deregistration_seconds": {"type": "int", "default": 30},
        "sticky_seconds": {"type": "int"},
    },
}


def routed_by(context: Context) -> list[Entry]:
    """The load balancers that send traffic to the entry at hand."""
    return [
        entry
        for entry in context.catalog.entries("load_balancer")
        if any(route["to"] == context.reference for route in entry.options["routes"])
    ]


def exported(name: str, options: Options) -> dict[str, Any]:
    """What others may refer to of the target group of an entry; empty when it listens on no port."""
    if not options["port"]:
        return {}
    group = Address(TARGET_GROUP, name)
    return {
        "target_group_arn": Ref(group, "TargetGroupArn"),
        "target_group_full_name": Ref(group, "TargetGroupFullName"),
    }


def target_group(logical: str, name: str, target_type: str, options: Options, context: Context) -> Resource:
    """The target group of an entry with the options `port`, `health_check` and `target_group`.

    Args:
        logical: its logical name.
        name: its name in AWS unless one is stated.
        target_type: `ip` or `instance`.
    """
    group = options["target_group"]
    attributes = {"deregistration_delay.timeout_seconds": str(group["deregistration_seconds"])}
    if group["sticky_seconds"]:
        attributes["stickiness.enabled"] = "true"
        attributes["stickiness.type"] = "lb_cookie"
        attributes["stickiness.lb_cookie.duration_seconds"] = str(group["sticky_seconds"])
    return context.resource(
        TARGET_GROUP,
        logical,
        {
            "Name": group["name"] or name,
            "Protocol": group["protocol"],
            "Port": options["port"],
            "TargetType": target_type,
            "VpcId": context.vpc_id(),
            "HealthCheckEnabled": True,
            "HealthCheckProtocol": group["protocol"],
            "HealthCheckPath": options["health_check"],
            "HealthCheckIntervalSeconds": group["interval_seconds"],
            "HealthCheckTimeoutSeconds": group["timeout_seconds"],
            "HealthyThresholdCount": group["healthy_count"],
            "UnhealthyThresholdCount": group["unhealthy_count"],
            "Matcher": {"HttpCode": group["statuses"]},
            "TargetGroupAttributes": [{"Key": key, "Value": value} for key, value in sorted(attributes.items())],
        },
        tags=options["tags"],
    )
