"""The kinds of Elastic Load Balancing, ECS and Application Auto Scaling against CloudFormation's schemas."""

from __future__ import annotations

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import (
    applicationautoscaling,
    ecs,
    elasticloadbalancingv2,
)
from tests.unit.kinds import schemas

KINDS = (*elasticloadbalancingv2.KINDS, *ecs.KINDS, *applicationautoscaling.KINDS)

#: What a template may state and we leave to AWS's Cloud Control: reserved capacity, which is not the balancer's shape.
LEFT_OUT = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {
        "MinimumLoadBalancerCapacity",
        "EnableCapacityReservationProvisionStabilize",
    },
    # A deployment is an operation, not a property.
    "AWS::ECS::Service": {"ForceNewDeployment"},
}
#: What is ours beside CloudFormation's.
OURS = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"DeletionProtection"},
    "AWS::ElasticLoadBalancingV2::Listener": {"InitialWeights"},
    "AWS::ElasticLoadBalancingV2::ListenerRule": {"InitialWeights"},
    "AWS::ElasticLoadBalancingV2::TargetGroup": {"InitialPort", "LoadBalancer"},
    "AWS::ECS::Service": {"InitialDesiredCount", "InitialTaskDefinition"},
}
#: Where the API and the schema disagree about what can be changed.
IMMUTABLE_TOO = {
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": {"Certificates"},  # the one that it is
    "AWS::ElasticLoadBalancingV2::TargetGroup": {"TargetControlPort"},  # no request changes it
    "AWS::ECS::Service": {"LaunchType"},  # create-only on a condition
}

by_type = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type.removeprefix("AWS::"))


@by_type
def test_every_property_of_a_template_is_known(kind: Kind) -> None:
    expected = schemas.writable(kind.type) - LEFT_OUT.get(kind.type, set())
    assert set(kind.properties) - OURS.get(kind.type, set()) == expected


@by_type
def test_what_a_template_cannot_change_is_immutable(kind: Kind) -> None:
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    expected = schemas.names(kind.type, "createOnlyProperties") | IMMUTABLE_TOO.get(kind.type, set())
    if kind.type == "AWS::ECS::TaskDefinition":
        expected = {"Family"}  # a change is another revision of the same family
    assert immutable == expected


@by_type
def test_every_other_property_can_be_updated(kind: Kind) -> None:
    updated = {name for update in kind.updates for name in update.properties}
    fixed = {name for name, prop in kind.properties.items() if prop.immutable or prop.initial or prop.write_only}
    read_only = {"DeletionProtection"}
    assert (
        set(kind.properties) - fixed - read_only
        <= updated
        <= set(kind.properties) - {name for name, prop in kind.properties.items() if prop.immutable}
    )


@by_type
def test_every_return_value_is_an_attribute(kind: Kind) -> None:
    assert schemas.names(kind.type, "readOnlyProperties") <= set(kind.attributes)
