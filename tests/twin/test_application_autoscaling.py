# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import refused

Client = Callable[..., Any]
WHERE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
}
CPU = {
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "TargetValue": 70.0,
    "ScaleInCooldown": 300,
}


@pytest.fixture
def scaling(client: Client) -> Any:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(
        family="t", containerDefinitions=[{"name": "a", "image": "i", "memory": 128}], networkMode="bridge"
    )
    ecs.create_service(cluster="c", serviceName="s", taskDefinition="t", desiredCount=0, launchType="EC2")
    return client("application-autoscaling")


def target(scaling: Any) -> dict[str, Any]:
    return scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]


def put(scaling: Any, configuration: dict[str, Any]) -> dict[str, Any]:
    return scaling.put_scaling_policy(
        **WHERE,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


def alarms(client: Client) -> dict[str, dict[str, Any]]:
    found = client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def test_a_target_is_registered_changed_and_deregistered(scaling: Any) -> None:
    arn = scaling.register_scalable_target(**WHERE, MinCapacity=2, MaxCapacity=10, Tags={"a": "1"})
    got = target(scaling)
    assert (got["MinCapacity"], got["MaxCapacity"]) == (2, 10)
    assert got["ScalableTargetARN"] == arn["ScalableTargetARN"]
    assert got["SuspendedState"]["DynamicScalingInSuspended"] is False
    scaling.register_scalable_target(**WHERE, MaxCapacity=20)
    assert (target(scaling)["MinCapacity"], target(scaling)["MaxCapacity"]) == (2, 20)
    scaling.deregister_scalable_target(**WHERE)
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    with refused("ObjectNotFoundException"):
        scaling.deregister_scalable_target(**WHERE)


def test_what_a_target_is_refused_for(scaling: Any) -> None:
    with refused("ValidationException", "ECS service doesn't exist: service/c/nosuch"):
        scaling.register_scalable_target(**{**WHERE, "ResourceId": "service/c/nosuch"}, MinCapacity=1, MaxCapacity=2)
    with refused("ValidationException", "Maximum capacity cannot be less than minimum"):
        scaling.register_scalable_target(**WHERE, MinCapacity=3, MaxCapacity=2)
    with refused("ValidationException", "must be specified"):
        scaling.register_scalable_target(**WHERE, MaxCapacity=2)


def test_tags(scaling: Any) -> None:
    arn = scaling.register_scalable_target(**WHERE, MinCapacity=1, MaxCapacity=2, Tags={"a": "1"})["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    with refused("ResourceNotFoundException"):
        scaling.list_tags_for_resource(ResourceARN=arn + "x")


def test_target_tracking_keeps_its_alarms(client: Client, scaling: Any) -> None:
    with refused("ObjectNotFoundException", "No scalable target registered"):
        put(scaling, CPU)
    scaling.register_scalable_target(**WHERE, MinCapacity=2, MaxCapacity=10)
    first = put(scaling, CPU)
    found = alarms(client)
    assert sorted(a["AlarmName"] for a in first["Alarms"]) == sorted(found)
    high = next(a for n, a in found.items() if n.startswith("TargetTracking-service/c/s-AlarmHigh-"))
    low = next(a for n, a in found.items() if n.startswith("TargetTracking-service/c/s-AlarmLow-"))
    assert (high["Threshold"], high["EvaluationPeriods"]) == (70.0, 3)
    assert (low["Threshold"], low["EvaluationPeriods"]) == (63.0, 15)
    assert high["Dimensions"] == [
        {"Name": "ClusterName", "Value": "c"},
        {"Name": "ServiceName", "Value": "s"},
    ]
    assert high["AlarmActions"][0].startswith(first["PolicyARN"])
    second = put(scaling, {**CPU, "TargetValue": 50.0})
    assert second["PolicyARN"] == first["PolicyARN"]
    assert sorted(alarms(client)) == sorted(found)
    assert {a["Threshold"] for a in alarms(client).values()} == {50.0, 45.0}
    put(scaling, {**CPU, "DisableScaleIn": True})
    assert [n for n in alarms(client) if "AlarmLow" in n] == []
    got = scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["cpu"])["ScalingPolicies"][0]
    assert got["TargetTrackingScalingPolicyConfiguration"] == {**CPU, "DisableScaleIn": True}
    scaling.delete_scaling_policy(**WHERE, PolicyName="cpu")
    assert alarms(client) == {}
    with refused("ObjectNotFoundException"):
        scaling.delete_scaling_policy(**WHERE, PolicyName="cpu")


def test_metric_math_is_tracked_and_goes_with_the_target(client: Client, scaling: Any) -> None:
    scaling.register_scalable_target(**WHERE, MinCapacity=2, MaxCapacity=8)
    pending = {"Metric": {"Namespace": "N", "MetricName": "Pending"}, "Stat": "Sum"}
    running = {"Metric": {"Namespace": "N", "MetricName": "Running"}, "Stat": "Average"}
    metrics = [
        {"Id": "p", "MetricStat": pending, "ReturnData": False},
        {"Id": "r", "MetricStat": running, "ReturnData": False},
        {"Id": "e", "Expression": "p / r", "ReturnData": True},
    ]
    put(scaling, {"CustomizedMetricSpecification": {"Metrics": metrics}, "TargetValue": 50.0})
    high = next(alarm for name, alarm in alarms(client).items() if "AlarmHigh" in name)
    assert [m.get("Expression") for m in high["Metrics"]] == [None, None, "p / r"]
    scaling.deregister_scalable_target(**WHERE)
    assert alarms(client) == {}
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
