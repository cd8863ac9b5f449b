"""How secrets are found, made, taken back and filled; and that their values show nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs, show
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ResourceError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Call, Phase
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive, Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.engine.work import passes
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.secretsmanager.rotation import (
    SECRETS_MANAGER_ROTATION_SCHEDULE,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.secretsmanager.secret import (
    SECRETS_MANAGER_SECRET,
    first_value,
    read_value,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.secretsmanager.value import (
    CUSTOM_SECRET_VALUE,
    merged_value,
)
from tests.unit.kinds.canned import OWNER, CannedApi, missing, scope, work

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf"
SECRET = {"ARN": ARN, "Name": "shop/db", "Tags": [{"Key": key, "Value": value} for key, value in OWNER.items()]}
NONE = missing("ResourceNotFoundException")


# Secrets


def test_secrets_are_listed_by_tag_and_those_that_the_list_lags_behind_with_are_asked_for() -> None:
    api = CannedApi({"secretsmanager.list_secrets": {"SecretList": [SECRET]}, "secretsmanager.describe_secret": NONE})
    found = SECRETS_MANAGER_SECRET.list(scope(api, {"Name": "shop/db"}, {"Name": "shop/new"}))
    assert [secret["Name"] for secret in found] == ["shop/db"]
    assert api.params("secretsmanager.describe_secret") == {"SecretId": "shop/new"}
    assert api.params("secretsmanager.list_secrets")["Filters"] == [
        {"Key": "tag-key", "Values": ["stackwright:stack"]},
        {"Key": "tag-value", "Values": ["shop-prod"]},
    ]


def test_a_copy_of_a_secret_of_another_region_is_none_of_its_own() -> None:
    """It carries its original's tags, and only its original can be deleted."""
    copies = [{**SECRET, "PrimaryRegion": region} for region in ("eu-west-1", "us-east-1")]
    api = CannedApi({"secretsmanager.list_secrets": {"SecretList": [copies[0]]}})
    assert SECRETS_MANAGER_SECRET.list(scope(api)) == []
    api = CannedApi({"secretsmanager.list_secrets": {"SecretList": [copies[1]]}})
    assert SECRETS_MANAGER_SECRET.list(scope(api)) == [copies[1]]


@pytest.mark.parametrize(
    ("more", "phase"),
    [
        ({}, Phase.READY),
        ({"ReplicationStatus": [{"Region": "eu-west-1", "Status": "InSync"}]}, Phase.READY),
        ({"ReplicationStatus": [{"Region": "eu-west-1", "Status": "InProgress"}]}, Phase.BUSY),
        ({"DeletedDate": "2026-11-22"}, Phase.GONE),
    ],
)
def test_states(more: dict[str, Any], phase: Phase) -> None:
    assert SECRETS_MANAGER_SECRET.parse({**SECRET, **more}).phase is phase


def test_a_replica_that_failed_is_a_difference() -> None:
    status = [{"Region": "eu-west-1", "Status": "InSync"}, {"Region": "us-west-2", "Status": "Failed"}]
    found = SECRETS_MANAGER_SECRET.parse({**SECRET, "ReplicationStatus": status})
    assert found.properties["ReplicaRegions"] == [{"Region": "eu-west-1"}]


@pytest.mark.parametrize(
    ("stated", "answered", "changed"),
    [
        ("arn:aws:kms:us-east-1:123456789012:key/k-1", "k-1", False),
        ("alias/data", "arn:aws:kms:us-east-1:123456789012:alias/data", False),
        ("alias/aws/secretsmanager", None, False),
        ("alias/data", "alias/other", True),
    ],
)
def test_keys_are_compared_by_name(stated: str, answered: Any, changed: bool) -> None:
    assert differs(SECRETS_MANAGER_SECRET.properties["KmsKeyId"], stated, answered) is changed


def test_a_generated_value_goes_into_the_template_where_it_is_told() -> None:
    api = CannedApi({"secretsmanager.get_random_password": {"RandomPassword": "pw"}})
    rules = {
        "SecretStringTemplate": '{"username": "app"}',
        "GenerateStringKey": "password",
        "PasswordLength": 40,
        "ExcludeCharacters": "",
    }
    value = first_value(work(api, SECRETS_MANAGER_SECRET, {"GenerateSecretString": rules}))
    assert json.loads(value or "") == {"username": "app", "password": "pw"}
    assert api.params("secretsmanager.get_random_password") == {"PasswordLength": 40}


@pytest.mark.parametrize(
    ("desired", "value"),
    [
        ({}, None),
        ({"SecretString": "text"}, "text"),
        ({"SecretString": {"a": 1}}, '{"a": 1}'),
        ({"GenerateSecretString": {}}, "pw"),
    ],
)
def test_first_values(desired: dict[str, Any], value: str | None) -> None:
    api = CannedApi({"secretsmanager.get_random_password": {"RandomPassword": "pw"}})
    assert first_value(work(api, SECRETS_MANAGER_SECRET, desired)) == value


def create(api: CannedApi, **desired: Any) -> Any:
    return SECRETS_MANAGER_SECRET.create(work(api, SECRETS_MANAGER_SECRET, {"Name": "shop/db", **desired}))  # type: ignore[misc, operator]


def test_a_secret_is_created_with_its_tags_and_token() -> None:
    api = CannedApi({"secretsmanager.describe_secret": NONE, "secretsmanager.create_secret": SECRET})
    create(api, SecretString="text", ReplicaRegions=[{"Region": "us-west-2"}])
    assert api.params("secretsmanager.create_secret") == {
        "Name": "shop/db",
        "SecretString": "text",
        "AddReplicaRegions": [{"Region": "us-west-2"}],
        "ClientRequestToken": "0" * 32,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(OWNER.items())],
    }


def test_a_secret_that_an_earlier_attempt_made_is_not_made_again() -> None:
    api = CannedApi({"secretsmanager.describe_secret": SECRET})
    assert create(api, GenerateSecretString={})["ARN"] == ARN
    assert api.names() == ["secretsmanager.describe_secret"]


def test_a_secret_that_is_scheduled_for_deletion_is_restored_with_the_value_it_had() -> None:
    api = CannedApi({"secretsmanager.describe_secret": {**SECRET, "DeletedDate": "2026-11-22"}})
    create(api, SecretString="first", Description="back")
    assert api.names() == [
        "secretsmanager.describe_secret",
        "secretsmanager.restore_secret",
        "secretsmanager.tag_resource",
        "secretsmanager.update_secret",
        "secretsmanager.describe_secret",
    ]
    assert api.params("secretsmanager.update_secret") == {"SecretId": ARN, "Description": "back"}


def test_a_deletion_waits_for_replicas_and_not_for_a_deletion_that_was_asked_for_before() -> None:
    delete = SECRETS_MANAGER_SECRET.delete
    assert isinstance(delete, Call)
    said = [
        "You tried to perform the operation on a secret that's currently marked deleted.",
        "You can't perform this operation on the secret because it was marked for deletion.",
        "You can't delete a secret that still has replica regions.",
    ]
    errors = [ApiError("InvalidRequestException", message) for message in said]
    assert [passes(error, delete.ignore) for error in errors] == [True, True, False]
    assert passes(errors[2], delete.retry_on)


def test_another_stacks_secret_that_is_scheduled_for_deletion_is_not_taken() -> None:
    tags = [{"Key": "stackwright:stack", "Value": "other"}]
    api = CannedApi({"secretsmanager.describe_secret": {**SECRET, "Tags": tags, "DeletedDate": "2026-11-22"}})
    with pytest.raises(ResourceError, match="belongs to the stack other"):
        create(api)
    assert "secretsmanager.restore_secret" not in api.names()


def test_replicas_that_failed_or_use_another_key_are_made_again() -> None:
    status = [
        {"Region": "eu-west-1", "Status": "InSync", "KmsKeyId": "old"},
        {"Region": "us-west-2", "Status": "Failed"},
        {"Region": "us-west-1", "Status": "InSync"},
        {"Region": "sa-east-1", "Status": "InSync"},
    ]
    wanted = [{"Region": "eu-west-1", "KmsKeyId": "new"}, {"Region": "us-west-2"}, {"Region": "us-west-1"}]
    api = CannedApi()
    step = next(update.step for update in SECRETS_MANAGER_SECRET.updates if update.properties == ("ReplicaRegions",))
    step(work(api, SECRETS_MANAGER_SECRET, {"ReplicaRegions": wanted}, {**SECRET, "ReplicationStatus": status}))  # type: ignore[operator]
    removed = api.params("secretsmanager.remove_regions_from_replication")["RemoveReplicaRegions"]
    added = api.params("secretsmanager.replicate_secret_to_regions")["AddReplicaRegions"]
    assert removed == ["eu-west-1", "sa-east-1", "us-west-2"]
    assert added == [{"Region": "eu-west-1", "KmsKeyId": "new"}, {"Region": "us-west-2"}]


def test_the_value_is_fetched_whole_or_by_member() -> None:
    api = CannedApi({"secretsmanager.get_secret_value": {"SecretString": '{"password": "pw"}'}})
    secret = SECRETS_MANAGER_SECRET.parse(SECRET, "us-east-1")
    assert read_value(api, secret, "Value") == '{"password": "pw"}'
    assert read_value(api, secret, "Value.password") == "pw"
    with pytest.raises(ResourceError, match="has no member user"):
        read_value(api, secret, "Value.user")


# Rotation


def test_rotation_is_read_from_the_secret() -> None:
    rotating = {
        **SECRET,
        "RotationEnabled": True,
        "RotationLambdaARN": "arn:f",
        "RotationRules": {"AutomaticallyAfterDays": 30},
    }
    secret = SECRETS_MANAGER_SECRET.parse(rotating)
    api = CannedApi()
    (item,) = SECRETS_MANAGER_ROTATION_SCHEDULE.list(scope(api, parents={"AWS::SecretsManager::Secret": [secret]}))
    found = SECRETS_MANAGER_ROTATION_SCHEDULE.parse(item)
    assert found.id == ARN
    assert found.properties["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert api.asked == []


def test_a_secret_that_does_not_rotate_has_no_schedule() -> None:
    api = CannedApi({"secretsmanager.describe_secret": SECRET})
    assert list(SECRETS_MANAGER_ROTATION_SCHEDULE.list(scope(api, ids=(ARN,)))) == []


def test_a_rotation_is_asked_for_once_by_its_token() -> None:
    desired = {"SecretId": ARN, "RotationLambdaARN": "arn:f", "RotateImmediatelyOnUpdate": False}
    params = SECRETS_MANAGER_ROTATION_SCHEDULE.create.params(  # type: ignore[union-attr]
        work(CannedApi(), SECRETS_MANAGER_ROTATION_SCHEDULE, desired)
    )
    assert params == {
        "SecretId": ARN,
        "RotationLambdaARN": "arn:f",
        "RotateImmediately": False,
        "ClientRequestToken": "0" * 32,
    }


# Values

VALUE = {
    "SecretValues": [
        {"ARN": ARN, "Name": "shop/db", "VersionId": "v1", "SecretString": '{"host": "h", "password": "pw"}'}
    ]
}


def test_only_values_that_are_described_are_read() -> None:
    other = SECRETS_MANAGER_SECRET.parse({**SECRET, "ARN": ARN + "2", "Name": "shop/other", "Tags": {}})
    ours = SECRETS_MANAGER_SECRET.parse(SECRET)
    api = CannedApi({"secretsmanager.batch_get_secret_value": VALUE})
    wanted = {"SecretId": Unknown("AWS::SecretsManager::Secret main.Arn"), "Fields": {"host": "h"}}
    asked = scope(api, wanted, parents={"AWS::SecretsManager::Secret": [other, ours]})
    (item,) = CUSTOM_SECRET_VALUE.list(asked)
    assert CUSTOM_SECRET_VALUE.parse(item).id == ARN
    assert api.params("secretsmanager.batch_get_secret_value") == {"SecretIdList": [ARN]}


def test_nothing_is_read_when_no_value_is_described() -> None:
    api = CannedApi()
    secret = SECRETS_MANAGER_SECRET.parse(SECRET)
    assert list(CUSTOM_SECRET_VALUE.list(scope(api, parents={"AWS::SecretsManager::Secret": [secret]}))) == []
    assert api.asked == []


@pytest.mark.parametrize(
    ("fields", "changed"),
    [({"host": "h"}, False), ({"host": Sensitive("h")}, False), ({"host": "h2"}, True), ({"port": 5432}, True)],
)
def test_a_difference_in_a_value_is_seen(fields: dict[str, Any], changed: bool) -> None:
    (item,) = CUSTOM_SECRET_VALUE.list(scope(CannedApi({"secretsmanager.batch_get_secret_value": VALUE}), ids=(ARN,)))
    found = CUSTOM_SECRET_VALUE.parse(item)
    assert differs(CUSTOM_SECRET_VALUE.properties["Fields"], fields, found.properties["Fields"]) is changed


def test_a_value_shows_nowhere() -> None:
    (item,) = CUSTOM_SECRET_VALUE.list(scope(CannedApi({"secretsmanager.batch_get_secret_value": VALUE}), ids=(ARN,)))
    found = CUSTOM_SECRET_VALUE.parse(item)
    shown = [show(CUSTOM_SECRET_VALUE.properties[name], found.properties[name]) for name in ("Fields", "Text")]
    assert shown == ["(sensitive)", "(sensitive)"]
    assert "pw" not in repr(found) + repr(found.item)


@pytest.mark.parametrize(
    ("current", "fields", "value"),
    [
        (None, {"a": 1}, {"a": 1}),
        ("awaiting-value", {"a": 1}, {"a": 1}),
        ("{}", {"a": 1}, {"a": 1}),
        ('{"password": "pw"}', {"a": 1}, {"password": "pw", "a": 1}),
        ('{"a": 2, "b": 3}', {"a": 1}, {"a": 1, "b": 3}),
        ('{"a": 1, "b": 3}', {"a": 1}, None),
    ],
)
def test_fields_are_merged_into_the_value(current: str | None, fields: dict[str, Any], value: Any) -> None:
    merged = merged_value(current, fields)
    assert (None if merged is None else json.loads(merged)) == value


@pytest.mark.parametrize("current", ["plain text", "[1]", '"text"'])
def test_fields_are_not_forced_upon_a_value_that_is_no_object(current: str) -> None:
    with pytest.raises(ResourceError, match="not a JSON object") as failure:
        merged_value(current, {"a": 1})
    assert current not in str(failure.value)


def test_a_value_that_is_as_described_is_not_written_again() -> None:
    held = {"ARN": ARN, "VersionId": "v1", "SecretString": "rediss://cache"}
    api = CannedApi({"secretsmanager.get_secret_value": held})
    CUSTOM_SECRET_VALUE.create(work(api, CUSTOM_SECRET_VALUE, {"SecretId": ARN, "Text": "rediss://cache"}))  # type: ignore[misc, operator]
    assert api.names() == ["secretsmanager.get_secret_value"]
