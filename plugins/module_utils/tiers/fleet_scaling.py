# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What changes the size of a fleet: targets that it is held at, steps that alarms take, and the clock."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from . import formats
from .base import Context, Options
from .target_groups import Routed

GROUP = "AWS::AutoScaling::AutoScalingGroup"
SCALING_POLICY = "AWS::AutoScaling::ScalingPolicy"
SCHEDULED_ACTION = "AWS::AutoScaling::ScheduledAction"

#: Where the CloudWatch agent publishes how much memory is used.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-collected-by-CloudWatch-agent.html
AGENT_NAMESPACE = "CWAgent"
MEMORY_METRIC = "mem_used_percent"

_TARGETS = ("cpu", "memory", "requests_per_target")

SCALING_OPTIONS: dict[str, Any] = {
    "instances": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "desired": {"type": "int", "default": 1, "format": formats.at_least(0)},
            "min": {"type": "int", "format": formats.at_least(0)},
            "max": {"type": "int", "format": formats.at_least(0)},
            "target": {"type": "dict", "values": {"type": "float", "format": formats.at_least(1)}},
            "warmup_seconds": {"type": "int", "default": 120, "format": formats.at_least(0)},
        },
    },
    "scaling_steps": {
        "type": "map",
        "default": {},
        "options": {
            "change": {"type": "int", "required": True, "format": formats.CHANGE},
            "unit": {"type": "str", "choices": ["instances", "percent"], "default": "instances"},
            "cooldown_seconds": {"type": "int", "default": 300, "format": formats.at_least(0)},
            "name": {"type": "str"},
        },
    },
    "schedules": {
        "type": "map",
        "default": {},
        "options": {
            "cron": {"type": "str", "required": True, "format": formats.UNIX_CRON},
            "timezone": {"type": "str", "default": "UTC", "format": formats.TIME_ZONE},
            "min": {"type": "int", "format": formats.at_least(0)},
            "max": {"type": "int", "format": formats.at_least(0)},
            "desired": {"type": "int", "format": formats.at_least(0)},
        },
    },
}


def is_scaled(options: Options) -> bool:
    """Whether something else than the description decides how many instances run."""
    return options["instances"]["max"] is not None or bool(options["scaling_steps"] or options["schedules"])


def bound_word(options: Options, bound: str) -> str:
    """The property that says the least (`min`) or the most (`max`) instances.

    Where a schedule sets it, the clock owns it once the group exists.
    """
    word = {"min": "MinSize", "max": "MaxSize"}[bound]
    by_the_clock = any(schedule[bound] is not None for schedule in options["schedules"].values())
    return f"Initial{word}" if by_the_clock else word


def policy_address(name: str, label: str) -> Address:
    """The policy of a target or step of a fleet."""
    return Address(SCALING_POLICY, f"{name}/{label}")


def scaling(name: str, title: str, options: Options, routed: list[Routed], context: Context) -> list[Resource]:
    """The policies and scheduled actions of a fleet.

    Args:
        title: the group's name in AWS.
        routed: the load balancers that route to it.
    """
    return [
        *_targets(name, title, options, routed, context),
        *_steps(name, options, context),
        *_schedules(name, options, context),
    ]


def _group_name(name: str) -> Ref:
    return Ref(Address(GROUP, name), "Name")


def _targets(name: str, title: str, options: Options, routed: list[Routed], context: Context) -> list[Resource]:
    instances = options["instances"]
    targets = instances["target"] or {}
    if targets and instances["max"] is None:
        context.problem("instances.target", "needs instances.max, the number of instances that scaling may go to")
    made = []
    for metric, value in targets.items():
        if metric in ("cpu", "memory") and value > 100:
            context.problem(f"instances.target.{metric}", f"{value:g} per cent are never reached; take 100 or less")
        measured = _measured(name, metric, options, routed, context)
        if measured is None:
            continue
        made.append(
            context.resource(
                SCALING_POLICY,
                f"{name}/{metric}",
                {
                    "AutoScalingGroupName": _group_name(name),
                    "PolicyName": f"{title}-{metric.replace('_', '-')}",
                    "PolicyType": "TargetTrackingScaling",
                    "TargetTrackingConfiguration": {"TargetValue": float(value), **measured},
                },
                depends_on=[one.balancer.export.values["listener_arn"].address for one in routed],
            )
        )
    return made


def _measured(
    name: str, metric: str, options: Options, routed: list[Routed], context: Context
) -> dict[str, Any] | None:
    """What a target is measured by.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
    """
    option = f"instances.target.{metric}"
    if metric == "cpu":
        return {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}}
    if metric == "memory":
        if "cloudwatch" not in options["agents"]:
            context.problem(option, "EC2 does not measure memory: add cloudwatch to `agents`, whose agent does")
        return {
            "CustomizedMetricSpecification": {
                "Namespace": AGENT_NAMESPACE,
                "MetricName": MEMORY_METRIC,
                "Dimensions": [{"Name": "AutoScalingGroupName", "Value": _group_name(name)}],
                "Statistic": "Average",
            }
        }
    if metric == "requests_per_target":
        if not routed:
            context.problem(option, "no load balancer routes to it, so nothing counts its requests; add a route")
            return None
        label = Compose(
            "{balancer}/{group}",
            {
                "balancer": routed[0].balancer.export.values["full_name"],
                "group": Ref(routed[0].address, "TargetGroupFullName"),
            },
        )
        return {
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ALBRequestCountPerTarget",
                "ResourceLabel": label,
            }
        }
    context.problem(option, f"is not one of {', '.join(_TARGETS)}")
    return None


def _steps(name: str, options: Options, context: Context) -> list[Resource]:
    return [
        context.resource(
            SCALING_POLICY,
            f"{name}/{label}",
            {
                "AutoScalingGroupName": _group_name(name),
                "PolicyName": step["name"] or label,
                "PolicyType": "SimpleScaling",
                "AdjustmentType": "ChangeInCapacity" if step["unit"] == "instances" else "PercentChangeInCapacity",
                "ScalingAdjustment": step["change"],
                "Cooldown": str(step["cooldown_seconds"]),
            },
        )
        for label, step in options["scaling_steps"].items()
    ]


def _schedules(name: str, options: Options, context: Context) -> list[Resource]:
    made = []
    for label, schedule in options["schedules"].items():
        sizes = {"MinSize": schedule["min"], "MaxSize": schedule["max"], "DesiredCapacity": schedule["desired"]}
        if all(size is None for size in sizes.values()):
            context.problem(f"schedules.{label}", "changes nothing; give it min, max or desired")
            continue
        made.append(
            context.resource(
                SCHEDULED_ACTION,
                f"{name}/{label}",
                {
                    "AutoScalingGroupName": _group_name(name),
                    "ScheduledActionName": label,
                    "Recurrence": schedule["cron"],
                    "TimeZone": schedule["timezone"],
                    **sizes,
                },
            )
        )
    return made
