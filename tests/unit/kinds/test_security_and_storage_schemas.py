"""The kinds of IAM, KMS, Secrets Manager, SSM, S3, Logs, CloudWatch and SNS against CloudFormation's schemas."""

from __future__ import annotations

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import (
    cloudwatch,
    iam,
    kms,
    logs,
    s3,
    secretsmanager,
    sns,
    ssm,
)
from tests.unit.kinds import schemas

SERVICES = (iam, kms, secretsmanager, ssm, s3, logs, cloudwatch, sns)
KINDS = tuple(kind for service in SERVICES for kind in service.KINDS if kind.export)

#: What a template may state and we leave to AWS's Cloud Control.
LEFT_OUT = {
    # An application of the Serverless Repository, which makes a stack of its own.
    "AWS::SecretsManager::RotationSchedule": {"HostedRotationLambda"},
    "AWS::S3::Bucket": {
        "AbacStatus",
        "AccessControl",  # new buckets have no access control lists
        "BucketNamePrefix",
        "BucketNamespace",
        "MetadataConfiguration",
        "MetadataTableConfiguration",
    },
    "AWS::Logs::LogGroup": {"BearerTokenAuthenticationEnabled", "ResourcePolicyDocument"},
    "AWS::SNS::Topic": {"MaximumMessageSize", "Subscription"},  # a subscription is a resource of its own
}
#: What is ours beside CloudFormation's.
OURS = {"AWS::SSM::Parameter": {"KeyId", "InitialValue"}}
#: What the API cannot change although a template can: it is replaced, or refused where it holds data.
IMMUTABLE_TOO = {
    "AWS::KMS::Key": {"KeySpec", "KeyUsage", "MultiRegion", "Origin"},
    "AWS::SSM::Parameter": {"Type"},
    "AWS::Logs::LogGroup": {"LogGroupClass"},
    "AWS::Logs::QueryDefinition": {"Name"},  # all that tells one from another
    "AWS::SNS::TopicPolicy": {"Topics"},
}
#: What cannot carry tags although the schema is silent.
UNTAGGED = {"AWS::CloudWatch::AnomalyDetector"}

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
    taggable = kind.type not in UNTAGGED and (tagging.get("taggable", True) or "tagProperty" in tagging)
    assert (kind.tags is not None) == taggable
    assert (kind.tag is not None, kind.untag is not None) == (taggable, taggable)
