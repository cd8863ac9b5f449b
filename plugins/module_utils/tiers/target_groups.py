# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The target groups of what load balancers route to: tasks by their addresses, instances by their ids.

AWS lets one load balancer use a target group. So an entry has one, and one more for each route of another load balancer
that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import Context, Entry, Options

TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"

#: The option that says how a load balancer treats the targets.
TARGET_GROUP_OPTION: dict[str, Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "name": {"type": "str"},
        "protocol": {"type": "str", "choices": ["HTTP", "HTTPS"], "default": "HTTP"},
        "interval_seconds": {"type": "int", "default": 30, "format": formats.between(5, 300)},
        "timeout_seconds": {"type": "int", "default": 5, "format": formats.between(2, 120)},
        "healthy_count": {"type": "int", "default": 2, "format": formats.between(2, 10)},
        "unhealthy_count": {"type": "int", "default": 3, "format": formats.between(2, 10)},
        "statuses": {"type": "str", "default": "200", "format": formats.STATUSES},
        "deregistration_seconds": {"type": "int", "default": 30, "format": formats.between(0, 3600)},
        "sticky_seconds": {"type": "int", "format": formats.between(0, 604800)},
    },
}


_Balancer = TypeVar("_Balancer")


@dataclass(frozen=True)
class Routed:
    """A load balancer that sends traffic to an entry, and the target group that it does so through.

    Attributes:
        own: the name of the target group in AWS where it is the routes' own; empty: it is the entry's.
    """

    balancer: Entry
    address: Address
    own: str


def group_address(name: str, own: str | None) -> Address:
    """The target group of an entry, or one that routes have of their own."""
    return Address(TARGET_GROUP, f"{name}/{own}" if own else name)


def routed_by(context: Context) -> list[Routed]:
    """The load balancers that send traffic to the entry at hand."""
    return routed_to(context.reference, context)


def routed_to(reference: str, context: Context) -> list[Routed]:
    """The load balancers that send traffic to an entry; the one that uses the entry's own target group comes first."""
    name = reference.partition(".")[2]
    balancers = [(entry, entry.options) for entry in context.catalog.entries("load_balancer")]
    return [Routed(entry, group_address(name, own), own) for entry, own in _groups(reference, balancers)]


def _groups(reference: str, balancers: Iterable[tuple[_Balancer, Options]]) -> list[tuple[_Balancer, str]]:
    found = [
        (balancer, own)
        for balancer, options in balancers
        for own in dict.fromkeys(route["target_group"] or "" for route in options["routes"] if route["to"] == reference)
    ]
    return sorted(found, key=lambda pair: bool(pair[1]))


def exported(name: str, options: Options, context: Context) -> dict[str, Any]:
    """What others may refer to of the target group of an entry; empty when it listens on no port."""
    if not options["port"]:
        return {}
    balancers: Mapping[str, Options] = context.described.get("load_balancers") or {}
    groups = _groups(context.reference, balancers.items())
    group = group_address(name, groups[0][1] if groups else "")
    return {
        "target_group_arn": Ref(group, "TargetGroupArn"),
        "target_group_full_name": Ref(group, "TargetGroupFullName"),
    }


def target_groups(
    routed: Iterable[Routed], name: str, target_type: str, options: Options, context: Context
) -> list[Resource]:
    """The target groups of an entry with the options `port`, `health_check` and `target_group`.

    Args:
        name: the name in AWS of the entry's own unless one is stated.
        target_type: `ip` or `instance`.
    """
    return [_target_group(one, name, target_type, options, context) for one in routed]


def _target_group(routed: Routed, name: str, target_type: str, options: Options, context: Context) -> Resource:
    group = options["target_group"]
    attributes = {
        "deregistration_delay.timeout_seconds": str(group["deregistration_seconds"]),
        "stickiness.enabled": "false",
    }
    if group["sticky_seconds"]:
        attributes["stickiness.enabled"] = "true"
        attributes["stickiness.type"] = "lb_cookie"
        attributes["stickiness.lb_cookie.duration_seconds"] = str(group["sticky_seconds"])
    return context.resource(
        TARGET_GROUP,
        routed.address.name,
        {
            "Name": routed.own or group["name"] or name,
            "LoadBalancer": routed.balancer.name,
            "Protocol": group["protocol"],
            # Tasks are registered with the port of their container; only instances have that of their target group.
            ("InitialPort" if target_type == "ip" else "Port"): options["port"],
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
