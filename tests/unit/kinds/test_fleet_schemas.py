"""The kinds of EC2 Auto Scaling, CodeDeploy, launch templates and peering against CloudFormation's schemas."""

from __future__ import annotations

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import autoscaling, codedeploy
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ec2.launch_template import LAUNCH_TEMPLATE
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ec2.vpc_peering_connection import (
    VPC_PEERING_CONNECTION,
)
from tests.unit.kinds import schemas

KINDS = (*autoscaling.KINDS, *codedeploy.KINDS, LAUNCH_TEMPLATE, VPC_PEERING_CONNECTION)

#: What a template may state and we leave to other kinds, or out: classic load balancers, copies of an instance.
LEFT_OUT = {
    "AWS::AutoScaling::AutoScalingGroup": {
        "InstanceId",
        "LifecycleHookSpecificationList",
        "LoadBalancerNames",
        "NotificationConfiguration",
        "NotificationConfigurations",
        "SkipZonalShiftValidation",
        "TrafficSources",
    },
    # A deployment is an operation, not a property; tag sets have another shape in the API.
    "AWS::CodeDeploy::DeploymentGroup": {"Deployment", "ECSServices", "Ec2TagSet", "OnPremisesTagSet"},
    "AWS::EC2::LaunchTemplate": {"TagSpecifications"},
}
#: What is ours beside CloudFormation's.
OURS = {
    "AWS::AutoScaling::AutoScalingGroup": {"InitialDesiredCapacity", "InitialMaxSize", "InitialMinSize"},
    "AWS::AutoScaling::ScalingPolicy": {"PolicyName"},
    "AWS::AutoScaling::ScheduledAction": {"ScheduledActionName"},
    "AWS::EC2::LaunchTemplate": {"UserData"},
    "AWS::EC2::VPCPeeringConnection": {"Accepted"},
}
#: What names a part, which CloudFormation does by itself.
NAMES = {
    "AWS::AutoScaling::ScalingPolicy": {"PolicyName"},
    "AWS::AutoScaling::ScheduledAction": {"ScheduledActionName"},
}

by_type = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type.removeprefix("AWS::"))


@by_type
def test_every_property_of_a_template_is_known(kind: Kind) -> None:
    expected = schemas.writable(kind.type) - LEFT_OUT.get(kind.type, set())
    assert set(kind.properties) - OURS.get(kind.type, set()) == expected


@by_type
def test_what_a_template_cannot_change_is_immutable(kind: Kind) -> None:
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    left_out = LEFT_OUT.get(kind.type, set())
    expected = schemas.names(kind.type, "createOnlyProperties") - left_out
    assert immutable == expected | NAMES.get(kind.type, set())


@by_type
def test_every_other_property_can_be_updated(kind: Kind) -> None:
    updated = {name for update in kind.updates for name in update.properties}
    changeable = {
        name for name, prop in kind.properties.items() if not (prop.immutable or prop.initial or prop.write_only)
    }
    assert updated == changeable


@by_type
def test_every_return_value_is_an_attribute(kind: Kind) -> None:
    named = NAMES.get(kind.type, set())
    assert schemas.names(kind.type, "readOnlyProperties") - named <= set(kind.attributes)
