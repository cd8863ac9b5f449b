# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the number of a service's tasks follows what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from .alarms import STATISTICS, measured
from .base import Context, Options

SERVICE = "AWS::ECS::Service"
SCALABLE_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
SCALING_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"

_DIMENSION = "ecs:service:DesiredCount"

#: What a target in `tasks.target` is measured by.
#: https://docs.aws.amazon.com/autoscaling/application/userguide/create-target-tracking-policy-cli.html
_METRICS = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}


def scaling(name: str, options: Options, cluster: str, context: Context) -> list[Resource]:
    """The bounds of the number of tasks, and a policy for each measure.

    Args:
        cluster: the reference to the service's cluster.
    """
    tasks = options["tasks"]
    if tasks["max"] is None:
        for option, stated in (("tasks.target", tasks["target"]), ("scale_on", options["scale_on"])):
            if stated:
                context.problem(option, "needs tasks.max, the number of tasks that scaling may go to")
        return []
    least = tasks["desired"] if tasks["min"] is None else tasks["min"]
    if tasks["min"] is not None and tasks["min"] > tasks["max"]:
        context.problem("tasks.min", f"{tasks['min']} is more than max {tasks['max']}; correct one of them")
    elif not least <= tasks["desired"] <= tasks["max"]:
        context.problem(
            "tasks.desired", f"{tasks['desired']} is not between min {least} and max {tasks['max']}; change one"
        )
    parts = {"cluster": context.value(f"{cluster}.name", "cluster"), "service": Ref(Address(SERVICE, name), "Name")}
    target = context.resource(
        SCALABLE_TARGET,
        name,
        {
            "ServiceNamespace": "ecs",
            "ScalableDimension": _DIMENSION,
            "ResourceId": Compose("service/{cluster}/{service}", parts),
            "MinCapacity": least,
            "MaxCapacity": tasks["max"],
        },
        tags=options["tags"],
    )
    return [target, *_policies(name, options, target, context)]


def _policies(name: str, options: Options, target: Resource, context: Context) -> list[Resource]:
    made = []
    for metric, value in (options["tasks"]["target"] or {}).items():
        if metric not in _METRICS:
            context.problem(f"tasks.target.{metric}", f"is not one of {', '.join(sorted(_METRICS))}")
            continue
        predefined = {"PredefinedMetricSpecification": {"PredefinedMetricType": _METRICS[metric]}}
        made.append(_policy(name, metric, float(value), predefined, options, target, context))
    for label, rule in options["scale_on"].items():
        custom = {"CustomizedMetricSpecification": _custom(rule, f"scale_on.{label}", context)}
        made.append(_policy(name, label, rule["target"], custom, options, target, context))
    return made


def _policy(
    name: str,
    label: str,
    value: float,
    specification: Mapping[str, Any],
    options: Options,
    target: Resource,
    context: Context,
) -> Resource:
    return context.resource(
        SCALING_POLICY,
        f"{name}/{label}",
        {
            "PolicyName": f"{options['name'] or name}-{label}",
            "PolicyType": "TargetTrackingScaling",
            "ServiceNamespace": "ecs",
            "ScalableDimension": _DIMENSION,
            "ResourceId": target.ref("ResourceId"),
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": value,
                **specification,
                "ScaleInCooldown": options["tasks"]["scale_in_seconds"],
                "ScaleOutCooldown": options["tasks"]["scale_out_seconds"],
            },
        },
        depends_on=[target.address],
    )


def _custom(rule: Mapping[str, Any], option: str, context: Context) -> dict[str, Any]:
    """A metric, or metric math over several: the load that one task bears, which more tasks make smaller.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
    """
    if not rule["expression"]:
        single = measured(rule, option, context)
        if single is None:
            return {}
        single["Statistic"] = single.pop("statistic")
        for word in ("missing", "region"):
            single.pop(word, None)
        if single["Statistic"] not in STATISTICS:
            context.problem(
                f"{option}.statistic", f"{single['Statistic']!r} is none of {', '.join(sorted(STATISTICS))}"
            )
        return single
    queries: list[dict[str, Any]] = []
    for term, its_rule in sorted((rule["metrics"] or {}).items()):
        found = measured(its_rule or {}, f"{option}.metrics.{term}", context)
        if found is None:
            continue
        statistic = found.pop("statistic")
        for word in ("missing", "region"):
            found.pop(word, None)
        queries.append({"Id": term, "ReturnData": False, "MetricStat": {"Metric": found, "Stat": statistic}})
    if not queries:
        context.problem(f"{option}.metrics", "is empty; name the terms of the expression")
    result = {"Id": "result", "Expression": rule["expression"], "Label": option, "ReturnData": True}
    return {"Metrics": [*queries, result]}
