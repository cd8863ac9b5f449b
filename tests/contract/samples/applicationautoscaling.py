"""Application Auto Scaling: scalable targets and their policies."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose
from tests.contract.sample import Sample
from tests.contract.samples.ecs import CLUSTER, NETWORK, ROLE, TASKS, service

_NAMESPACE = "AWS::ApplicationAutoScaling"

SERVICES = [service(name, LaunchType="FARGATE", InitialDesiredCount=1) for name in ("scaled", "scaled-too")]
NEEDS = [*NETWORK, ROLE, CLUSTER, TASKS, *SERVICES]


def _place(scaled: Resource) -> dict[str, Any]:
    name = Compose(
        "service/{cluster}/{service}", {"cluster": CLUSTER.ref("ClusterName"), "service": scaled.ref("Name")}
    )
    return {"ServiceNamespace": "ecs", "ResourceId": name, "ScalableDimension": "ecs:service:DesiredCount"}


def _target(**more: Any) -> Resource:
    properties = {**_place(SERVICES[0]), "MinCapacity": 1, "MaxCapacity": 4, **more}
    return Resource(f"{_NAMESPACE}::ScalableTarget", "tasks", properties)


def _tracking(value: float, cooldown: int) -> dict[str, Any]:
    return {
        "TargetValue": value,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        "ScaleInCooldown": cooldown,
        "ScaleOutCooldown": 60,
    }


SAMPLES = [
    Sample(
        kind=f"{_NAMESPACE}::ScalableTarget",
        resources=[*NEEDS, _target()],
        changes={
            "MinCapacity": 2,
            "MaxCapacity": 10,
            "SuspendedState": {"DynamicScalingInSuspended": True},
            "ScheduledActions": [
                {
                    "ScheduledActionName": "night",
                    "Schedule": "cron(0 22 * * ? *)",
                    "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2},
                }
            ],
        },
        immutable={"ResourceId": _place(SERVICES[1])["ResourceId"]},
    ),
    Sample(
        kind=f"{_NAMESPACE}::ScalingPolicy",
        resources=[
            *NEEDS,
            _target(),
            Resource(
                f"{_NAMESPACE}::ScalingPolicy",
                "cpu",
                {
                    **_place(SERVICES[0]),
                    "PolicyName": "contract-cpu",
                    "PolicyType": "TargetTrackingScaling",
                    "TargetTrackingScalingPolicyConfiguration": _tracking(70, 300),
                },
                depends_on=(_target().address,),
            ),
        ],
        changes={"TargetTrackingScalingPolicyConfiguration": _tracking(60.5, 120)},
        tags=False,
    ),
]
