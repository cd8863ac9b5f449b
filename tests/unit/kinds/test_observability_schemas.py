"""The kinds of X-Ray, CloudTrail, Config, Budgets and Cost Explorer against CloudFormation's schemas."""

from __future__ import annotations

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import budgets, ce, cloudtrail, config, xray
from tests.unit.kinds import schemas

SERVICES = (xray, cloudtrail, config, budgets, ce)
KINDS = tuple(kind for service in SERVICES for kind in service.KINDS if kind.export)

#: What a template may state and we leave to AWS's Cloud Control.
LEFT_OUT = {
    # Other words for what `SamplingRule` says.
    "AWS::XRay::SamplingRule": {"RuleName", "SamplingRuleRecord", "SamplingRuleUpdate"},
    "AWS::CloudTrail::Trail": {"AggregationConfigurations"},
    # That it records is a resource of its own.
    "AWS::Config::ConfigurationRecorder": {"StartedOnCreate"},
    # What a rule found, not what it is.
    "AWS::Config::ConfigRule": {"Compliance"},
    "AWS::Budgets::Budget": {"ResourceTags"},
    "AWS::CE::AnomalyMonitor": {"ResourceTags"},
    "AWS::CE::AnomalySubscription": {"ResourceTags"},
}
#: What the API cannot change although a template can.
IMMUTABLE_TOO = {"AWS::XRay::Group": {"GroupName"}}
#: What the API can change although a template cannot.
MUTABLE_TOO = {"AWS::Budgets::Budget": {"NotificationsWithSubscribers"}}
#: What can carry tags although a template cannot say so.
TAGGED_TOO = {"AWS::Config::ConfigurationRecorder", "AWS::Config::ConfigRule"}

by_type = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type.removeprefix("AWS::"))


@by_type
def test_every_property_of_a_template_is_known(kind: Kind) -> None:
    assert set(kind.properties) == schemas.writable(kind.type) - LEFT_OUT.get(kind.type, set())


@by_type
def test_what_a_template_cannot_change_is_immutable(kind: Kind) -> None:
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    expected = schemas.names(kind.type, "createOnlyProperties") - LEFT_OUT.get(kind.type, set())
    assert immutable == (expected | IMMUTABLE_TOO.get(kind.type, set())) - MUTABLE_TOO.get(kind.type, set())


@by_type
def test_every_other_property_can_be_updated(kind: Kind) -> None:
    updated = {name for update in kind.updates for name in update.properties}
    assert updated == {name for name, prop in kind.properties.items() if not prop.immutable}


@by_type
def test_tags_travel_where_they_can(kind: Kind) -> None:
    tagging = schemas.schema(kind.type).get("tagging", {})
    taggable = tagging.get("taggable", True) or "tagProperty" in tagging or kind.type in TAGGED_TOO
    assert (kind.tags is not None, kind.tag is not None, kind.untag is not None) == (taggable, taggable, taggable)
