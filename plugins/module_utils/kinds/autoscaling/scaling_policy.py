# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::AutoScaling::ScalingPolicy: simple, step, target tracking and predictive ones."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import is_empty
from ..shared import IMMUTABLE
from .common import CONTENTION, GROUP, SERVICE, number, parts

#: What each type of policy takes.
#: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
TYPES = {
    "SimpleScaling": ("AdjustmentType", "ScalingAdjustment", "Cooldown", "MinAdjustmentMagnitude"),
    "StepScaling": (
        "AdjustmentType",
        "StepAdjustments",
        "MetricAggregationType",
        "EstimatedInstanceWarmup",
        "MinAdjustmentMagnitude",
    ),
    "TargetTrackingScaling": ("TargetTrackingConfiguration", "EstimatedInstanceWarmup"),
    "PredictiveScaling": ("PredictiveScalingConfiguration",),
}
_CONFIGURATION = tuple(dict.fromkeys(name for names in TYPES.values() for name in names))
_NUMBERS = ("ScalingAdjustment", "Cooldown", "MinAdjustmentMagnitude", "EstimatedInstanceWarmup")


#: How the policies are called that ECS puts on the groups of its capacity providers.
#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
_OTHERS = "ECSManagedAutoScalingPolicy-"


def list_policies(scope: Scope) -> list[Item]:
    """The policies of the groups in scope, without those of ECS."""
    found = parts(scope, "describe_policies", "ScalingPolicies[]", "PolicyARN")
    return [item for item in found if not item["PolicyName"].startswith(_OTHERS)]


def put(work: Work) -> dict[str, Any]:
    """The whole of a policy, which is what the API takes: as stated, else as it is, of what its type has."""
    kind = work.merged("PolicyType") or "SimpleScaling"
    values = {name: work.merged(name) for name in TYPES[kind]}
    found = {
        name: number(value) if name in _NUMBERS else value for name, value in values.items() if not is_empty(value)
    }
    return {**work.pick("AutoScalingGroupName", "PolicyName"), "PolicyType": kind, **found}


_PUT = Call("put_scaling_policy", put, item="{PolicyARN: PolicyARN}")

SCALING_POLICY = Kind(
    type="AWS::AutoScaling::ScalingPolicy",
    service=SERVICE,
    title="scaling policy",
    # CloudFormation names policies itself.
    template=Template(properties={"PolicyName": ""}),
    id="PolicyARN",
    key=("AutoScalingGroupName", "PolicyName"),
    requires=(GROUP,),
    part_of="AutoScalingGroupName",
    tags=None,
    retry_on=CONTENTION,
    list=list_policies,
    properties={
        "AutoScalingGroupName": IMMUTABLE,
        "PolicyName": IMMUTABLE,
        "PolicyType": Property(default="SimpleScaling"),
        **{name: Property() for name in _CONFIGURATION},
        "StepAdjustments": Property(unordered=True),
        "TargetTrackingConfiguration": Property(unordered=True),
        "PredictiveScalingConfiguration": Property(unordered=True),
    },
    attributes={"Arn": Attribute("PolicyARN")},
    create=_PUT,
    updates=(Update(("PolicyType", *_CONFIGURATION), Call("put_scaling_policy", put)),),
    delete=Call(
        "delete_policy", lambda w: {"AutoScalingGroupName": w.desired["AutoScalingGroupName"], "PolicyName": w.id}
    ),
)
