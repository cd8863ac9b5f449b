"""The kinds of Lambda, SQS, EventBridge and Scheduler against CloudFormation's schemas."""

from __future__ import annotations

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import awslambda, events, scheduler, sqs
from tests.unit.kinds import schemas

KINDS = tuple(kind for service in (awslambda, sqs, events, scheduler) for kind in service.KINDS)

#: What a template may state and we leave to AWS's Cloud Control.
LEFT_OUT = {
    "AWS::Lambda::Function": {"CapacityProviderConfig", "DurableConfig", "FunctionScalingConfig"},
    # What is kept warm is kept so behind an alias, which releases move.
    "AWS::Lambda::Version": {"FunctionScalingConfig", "ProvisionedConcurrencyConfig", "RuntimePolicy"},
    "AWS::Lambda::EventSourceMapping": {
        "AmazonManagedKafkaEventSourceConfig",
        "DocumentDBEventSourceConfig",
        "SelfManagedKafkaEventSourceConfig",
    },
}
#: What is ours beside CloudFormation's.
OURS = {"AWS::Lambda::Function": {"InitialCode"}}
#: What the API cannot change although a template can: it is replaced.
IMMUTABLE_TOO = {
    "AWS::SQS::QueuePolicy": {"Queues"},
    "AWS::Lambda::EventSourceMapping": {"Queues", "Topics"},
    "AWS::Events::Rule": {"EventBusName"},
    "AWS::Scheduler::Schedule": {"GroupName"},
}

by_type = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type.removeprefix("AWS::"))


@by_type
def test_every_property_of_a_template_is_known(kind: Kind) -> None:
    expected = schemas.writable(kind.type) - LEFT_OUT.get(kind.type, set())
    assert set(kind.properties) - OURS.get(kind.type, set()) == expected


@by_type
def test_what_a_template_cannot_change_is_immutable(kind: Kind) -> None:
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    expected = schemas.names(kind.type, "createOnlyProperties") - LEFT_OUT.get(kind.type, set())
    assert immutable == expected | IMMUTABLE_TOO.get(kind.type, set())


@by_type
def test_every_other_property_can_be_updated(kind: Kind) -> None:
    updated = {name for update in kind.updates for name in update.properties}
    fixed = {name for name, prop in kind.properties.items() if prop.immutable or prop.initial or prop.write_only}
    assert updated == set(kind.properties) - fixed


@by_type
def test_every_return_value_is_an_attribute(kind: Kind) -> None:
    assert schemas.names(kind.type, "readOnlyProperties") <= set(kind.attributes)


@by_type
def test_tags_travel_where_they_can(kind: Kind) -> None:
    tagging = schemas.schema(kind.type).get("tagging", {})
    taggable = tagging.get("taggable", True) or "tagProperty" in tagging
    assert (kind.tags is not None) == taggable
    assert (kind.tag is not None, kind.untag is not None) == (taggable, taggable)
