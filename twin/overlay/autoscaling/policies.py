# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scaling policies: executed by hand, by an alarm that goes off, or by the alarms that target tracking keeps.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

import math
import uuid
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse as Response
from moto.cloudwatch.models import Alarm, cloudwatch_backends
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record
from twin.overlay.autoscaling import life
from twin.overlay.autoscaling.groups import in_cooldown
from twin.overlay.autoscaling.store import Answer, Store, find_group, invalid, of_backend, paged, store
from twin.overlay.cloudwatch import alarms
from twin.patch import Parameters, around, existing, operation
from twin.refusal import refuse
from twin.world import World

_TYPES = {
    "SimpleScaling": {"AdjustmentType", "ScalingAdjustment", "Cooldown", "MinAdjustmentMagnitude", "MinAdjustmentStep"},
    "StepScaling": {
        "AdjustmentType", "StepAdjustments", "MetricAggregationType", "EstimatedInstanceWarmup",
        "MinAdjustmentMagnitude",
    },
    "TargetTrackingScaling": {"TargetTrackingConfiguration", "EstimatedInstanceWarmup"},
    "PredictiveScaling": {"PredictiveScalingConfiguration"},
}  # fmt: skip
_MEMBERS = {name for members in _TYPES.values() for name in members}
_ADJUSTMENTS = ("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity")
_PREDEFINED = {
    "ASGAverageCPUUtilization": ("AWS/EC2", "CPUUtilization", "Average"),
    "ASGAverageNetworkIn": ("AWS/EC2", "NetworkIn", "Average"),
    "ASGAverageNetworkOut": ("AWS/EC2", "NetworkOut", "Average"),
    "ALBRequestCountPerTarget": ("AWS/ApplicationELB", "RequestCountPerTarget", "Sum"),
}


def install(world: World) -> None:
    _write(world)
    _alarms(world)


def _check(here: Store, group: Record, kind: str, p: Parameters) -> None:
    if kind not in _TYPES:
        invalid(f"Policy type {kind} is not one of {', '.join(_TYPES)}")
    strange = sorted(name for name in _MEMBERS - _TYPES[kind] if p.get(name) not in (None, [], ""))
    if strange:
        invalid(f"{strange[0]} is not supported for policy type {kind}")
    if kind in ("SimpleScaling", "StepScaling") and p.get("AdjustmentType") not in _ADJUSTMENTS:
        invalid(f"AdjustmentType must be one of {', '.join(_ADJUSTMENTS)}")
    if kind == "SimpleScaling" and p.get("ScalingAdjustment") is None:
        invalid("You must specify a ScalingAdjustment for policies of type SimpleScaling.")
    if kind == "StepScaling" and not p.get("StepAdjustments"):
        invalid("You must specify StepAdjustments for policies of type StepScaling.")
    if kind == "TargetTrackingScaling":
        _watched(group, p.get("TargetTrackingConfiguration") or {})


def _watched(group: Record, configuration: Answer) -> Answer:
    """What the alarms of a tracking policy watch, by PutMetricAlarm's names."""
    predefined = configuration.get("PredefinedMetricSpecification")
    custom = configuration.get("CustomizedMetricSpecification")
    if bool(predefined) == bool(custom) or configuration.get("TargetValue") is None:
        invalid("A target value and either a predefined or a customized metric must be specified.")
    if custom:
        if custom.get("Metrics"):
            queries = [dict(one) for one in custom["Metrics"]]
            for one in queries:
                if one.get("MetricStat"):
                    one["MetricStat"] = {"Period": 60, **one["MetricStat"]}
            return {"Metrics": queries}
        members = ("Namespace", "MetricName", "Statistic", "Dimensions", "Unit")
        return {**{name: custom[name] for name in members if custom.get(name)}, "Period": 60}
    kind = predefined["PredefinedMetricType"]
    if kind not in _PREDEFINED:
        invalid(f"Predefined metric type {kind} is not known.")
    namespace, metric, statistic = _PREDEFINED[kind]
    dimensions = [{"Name": "AutoScalingGroupName", "Value": group["AutoScalingGroupName"]}]
    if kind == "ALBRequestCountPerTarget":
        balancer, found, target = (predefined.get("ResourceLabel") or "").partition("/targetgroup/")
        if not found or not balancer.startswith("app/"):
            invalid("The resource label must be app/NAME/ID/targetgroup/NAME/ID for ALBRequestCountPerTarget.")
        if not any(arn.endswith(f":targetgroup/{target}") for arn in group["TargetGroupARNs"]):
            invalid("The target group of the resource label is not attached to the Auto Scaling group.")
        dimensions = [
            {"Name": "TargetGroup", "Value": f"targetgroup/{target}"},
            {"Name": "LoadBalancer", "Value": balancer},
        ]
    return {
        "Namespace": namespace, "MetricName": metric, "Statistic": statistic, "Dimensions": dimensions, "Period": 60,
    }  # fmt: skip


def _put_alarms(here: Store, group: Record, policy: Record) -> None:
    """AlarmHigh at the target for three minutes, AlarmLow at nine tenths of it for fifteen."""
    _drop_alarms(here, policy)
    configuration = policy["TargetTrackingConfiguration"]
    watched, target = _watched(group, configuration), float(configuration["TargetValue"])
    wanted = {"AlarmHigh": ("GreaterThanThreshold", 3, target)}
    if not configuration.get("DisableScaleIn"):
        wanted["AlarmLow"] = ("LessThanThreshold", 15, target * 0.9)
    for word, (comparison, periods, threshold) in wanted.items():
        alarm = alarms.put(
            cloudwatch_backends[here.account][here.region],
            f"TargetTracking-{group['AutoScalingGroupName']}-{word}-{uuid.uuid4()}",
            {
                **watched,
                "ComparisonOperator": comparison,
                "EvaluationPeriods": periods,
                "Threshold": round(threshold, 4),
                "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
                "AlarmActions": [policy["PolicyARN"]],
            },
            enabled=True,
        )
        policy["Alarms"].append({"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn})


def _drop_alarms(here: Store, policy: Record) -> None:
    cloudwatch = existing(cloudwatch_backends, here.account, here.region)
    for alarm in policy["Alarms"] if cloudwatch else []:
        cloudwatch.alarms.pop(alarm["AlarmName"], None)
    policy["Alarms"] = []


def _find(here: Store, name: str, group: str | None) -> Record:
    for key, policy in here.policies.items():
        if name in (policy["PolicyARN"], key[1]) and group in (None, "", key[0]):
            return policy
    invalid(f"Policy not found: {name}")


def _write(world: World) -> None:
    @operation(Response, "PutScalingPolicy")
    def put(response: Response, p: Parameters) -> Answer:
        here, name = store(response), p["PolicyName"]
        group = find_group(here, p["AutoScalingGroupName"])
        kind = p.get("PolicyType") or "SimpleScaling"
        _check(here, group, kind, p)
        key = (p["AutoScalingGroupName"], name)
        old = here.policies.get(key)
        if old is not None:
            _drop_alarms(here, old)
        policy = here.policies[key] = Record(
            AutoScalingGroupName=key[0],
            PolicyName=name,
            PolicyARN=old["PolicyARN"] if old else here.arn("scalingPolicy", key[0], f":policyName/{name}"),
            PolicyType=kind,
            StepAdjustments=[],
            Alarms=[],
            Enabled=p.get("Enabled", True),
        )
        policy.update({member: p[member] for member in _TYPES[kind] if p.get(member) is not None})
        if kind == "TargetTrackingScaling":
            _put_alarms(here, group, policy)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    @operation(Response, "DescribePolicies")
    def describe(response: Response, p: Parameters) -> Answer:
        here, group = store(response), p.get("AutoScalingGroupName")
        names, kinds = p.get("PolicyNames") or [], p.get("PolicyTypes") or []
        if group:
            find_group(here, group)
        found = [
            _seen(here, policy)
            for key, policy in here.policies.items()
            if group in (None, key[0])
            and (not names or key[1] in names or policy["PolicyARN"] in names)
            and (not kinds or policy["PolicyType"] in kinds)
        ]
        return paged(found, p, "ScalingPolicies")

    @operation(Response, "DeletePolicy")
    def delete(response: Response, p: Parameters) -> None:
        here = store(response)
        policy = _find(here, p["PolicyName"], p.get("AutoScalingGroupName"))
        _drop_alarms(here, policy)
        del here.policies[policy["AutoScalingGroupName"], policy["PolicyName"]]

    @operation(Response, "ExecutePolicy")
    def by_hand(response: Response, p: Parameters) -> None:
        here = store(response)
        policy = _find(here, p["PolicyName"], p.get("AutoScalingGroupName"))
        if policy["PolicyType"] not in ("SimpleScaling", "StepScaling"):
            invalid("ExecutePolicy is not supported for this type of policy.")
        excess = 0.0
        if policy["PolicyType"] == "StepScaling":
            if p.get("MetricValue") is None or p.get("BreachThreshold") is None:
                invalid("MetricValue and BreachThreshold are required for policies of type StepScaling.")
            excess = float(p["MetricValue"]) - float(p["BreachThreshold"])
        group = here.groups[policy["AutoScalingGroupName"]]
        if p.get("HonorCooldown") and in_cooldown(group, _cooldown(group, policy)):
            refuse("ScalingActivityInProgress", "The group is in its cooldown.")
        execute(world, here, policy, excess, f"a user request executed policy {policy['PolicyName']}.")


def _seen(here: Store, policy: Record) -> Answer:
    """A policy with the alarms that act on it."""
    if policy["Alarms"]:
        return policy
    cloudwatch = existing(cloudwatch_backends, here.account, here.region)
    found = [
        {"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn}
        for alarm in (cloudwatch.alarms.values() if cloudwatch else [])
        if policy["PolicyARN"] in (alarms.view(alarm)["AlarmActions"] or [])
    ]
    return {**policy, "Alarms": found}


def _cooldown(group: Record, policy: Record) -> int:
    own = policy.get("Cooldown")
    return int(group["DefaultCooldown"] if own is None else own)


def execute(world: World, here: Store, policy: Record, excess: float, cause: str) -> None:
    """Change the group's size as the policy says.

    :param excess: how far the metric is beyond the alarm's threshold.
    """
    group = here.groups[policy["AutoScalingGroupName"]]
    now = int(group["DesiredCapacity"])
    amount: float = policy.get("ScalingAdjustment") or 0
    for step in policy["StepAdjustments"]:
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if (low is None or excess >= low) and (high is None or excess < high):
            amount = step["ScalingAdjustment"]
    if policy.get("AdjustmentType") == "ExactCapacity":
        wanted = int(amount)
    elif policy.get("AdjustmentType") == "PercentChangeInCapacity":
        change = now * amount / 100
        change = math.copysign(max(1, abs(change)), change) if change else 0
        least = policy.get("MinAdjustmentMagnitude") or 1
        wanted = now + int(math.copysign(max(abs(int(change)), least), change)) if change else now
    else:
        wanted = now + int(amount)
    group["scaled_by_policy"] = utcnow()
    life.resize(world, here, group, wanted, cause)


def _alarms(world: World) -> None:
    @around(Alarm, "update_state")
    def follow(original: Any, self: Any, reason: str, reason_data: str, state: str) -> None:
        before = self.state_value
        original(self, reason, reason_data, state)
        if state != "ALARM" or before == "ALARM" or not self.actions_enabled:
            return
        for arn in alarms.view(self)["AlarmActions"] or []:
            parts = str(arn).split(":")
            if len(parts) < 6 or parts[5] != "scalingPolicy" or ":autoScalingGroupName/" not in arn:
                continue
            backend = existing(autoscaling_backends, parts[4], parts[3])
            if backend is not None:
                _gone_off(world, of_backend(backend), arn, self)


def _gone_off(world: World, here: Store, arn: str, alarm: Any) -> None:
    policy = next((one for one in here.policies.values() if one["PolicyARN"] == arn), None)
    if policy is None or not policy["Enabled"]:
        return
    group = here.groups[policy["AutoScalingGroupName"]]
    if life.suspended(group, "AlarmNotification"):
        return
    cause = f"a monitor alarm {alarm.name} in state ALARM triggered policy {policy['PolicyName']}."
    if policy["PolicyType"] == "TargetTrackingScaling":
        # How far AWS goes depends on the metric; one instance at a time is the least that it does.
        step = -1 if "-AlarmLow-" in alarm.name else 1
        life.resize(world, here, group, int(group["DesiredCapacity"]) + step, cause)
    elif policy["PolicyType"] == "StepScaling" or not in_cooldown(group, _cooldown(group, policy)):
        execute(world, here, policy, 0.0, cause)
