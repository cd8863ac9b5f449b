"""How keys are found, read and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Phase
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.kms import KMS_ALIAS, KMS_KEY
from tests.unit.kinds.canned import OWNER, CannedApi, scope, work

ARN = "arn:aws:kms:us-east-1:123456789012:key/"
INDEX = "resourcegroupstaggingapi.get_resources"


def described(params: dict[str, Any]) -> dict[str, Any]:
    identifier = params["KeyId"]
    return {"KeyMetadata": {"KeyId": identifier, "Arn": ARN + identifier, "KeyState": "Enabled", "Enabled": True}}


def tagged(*keys: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in OWNER.items()]
    return {"ResourceTagMappingList": [{"ResourceARN": ARN + key, "Tags": tags} for key in keys]}


def kms_tags(params: dict[str, Any]) -> dict[str, Any]:
    ours = params["KeyId"] == "k-lagging"
    return {"Tags": [{"TagKey": key, "TagValue": value} for key, value in OWNER.items()] if ours else []}


def test_a_key_that_the_index_shows_costs_one_request() -> None:
    api = CannedApi({INDEX: tagged("k-1"), "kms.describe_key": described})
    (key,) = KMS_KEY.list(scope(api, {"Description": "data"}))
    assert KMS_KEY.parse(key).name == "main"
    assert api.names() == [INDEX, "kms.describe_key"]


def test_a_key_that_the_index_does_not_show_yet_is_searched_for() -> None:
    aliases = {"Aliases": [{"AliasName": "alias/aws/s3", "TargetKeyId": "k-managed"}, {"AliasName": "alias/free"}]}
    answers = {
        INDEX: tagged(),
        "kms.describe_key": described,
        "kms.list_keys": {"Keys": [{"KeyId": "k-managed"}, {"KeyId": "k-foreign"}, {"KeyId": "k-lagging"}]},
        "kms.list_aliases": aliases,
        "kms.list_resource_tags": kms_tags,
    }
    api = CannedApi(answers)
    (key,) = KMS_KEY.list(scope(api, {"Description": "data"}))
    assert (KMS_KEY.parse(key).id, KMS_KEY.parse(key).stack) == ("k-lagging", "shop-prod")
    assert {"KeyId": "k-managed"} not in [params for _name, params in api.asked]


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("Creating", Phase.BUSY),
        ("Updating", Phase.BUSY),
        ("Enabled", Phase.READY),
        ("Disabled", Phase.READY),
        ("PendingImport", Phase.READY),
        ("Unavailable", Phase.FAILED),
        ("PendingDeletion", Phase.GONE),
        ("PendingReplicaDeletion", Phase.GONE),
    ],
)
def test_states(state: str, phase: Phase) -> None:
    assert KMS_KEY.parse({"KeyId": "k", "KeyState": state}).phase is phase


@pytest.mark.parametrize(
    ("desired", "requests"),
    [
        ({"EnableKeyRotation": True}, [("kms.enable_key_rotation", {"KeyId": "k"})]),
        (
            {"EnableKeyRotation": True, "RotationPeriodInDays": 180},
            [("kms.enable_key_rotation", {"KeyId": "k", "RotationPeriodInDays": 180})],
        ),
        (
            {"RotationPeriodInDays": 90},
            [("kms.enable_key_rotation", {"KeyId": "k", "RotationPeriodInDays": 90})],
        ),
        ({"EnableKeyRotation": False}, [("kms.disable_key_rotation", {"KeyId": "k"})]),
    ],
)
def test_rotation(desired: dict[str, Any], requests: list[Any]) -> None:
    current = {"KeyId": "k", "KeyState": "Enabled", "Rotation": {"KeyRotationEnabled": True}}
    api = CannedApi()
    step = next(update.step for update in KMS_KEY.updates if "EnableKeyRotation" in update.properties)
    step(work(api, KMS_KEY, desired, current))  # type: ignore[operator]
    assert api.asked == requests


ENABLED = {"KeyId": "k", "Arn": f"{ARN}k", "KeyState": "Enabled", "Tags": OWNER}


def delete(api: CannedApi, **stated: Any) -> list[tuple[str, dict[str, Any]]]:
    """The writing requests of a deletion."""
    KMS_KEY.delete(work(api, KMS_KEY, stated, ENABLED))  # type: ignore[operator,misc]
    return [(name, params) for name, params in api.asked if ".describe_" not in name]


@pytest.mark.parametrize(("stated", "days"), [({}, 30), ({"PendingWindowInDays": 7}, 7)])
def test_a_key_is_deleted_as_late_as_it_can_be(stated: dict[str, Any], days: int) -> None:
    of_another = {"DBSnapshots": [{"DBSnapshotArn": "arn:s", "KmsKeyId": f"{ARN}other"}]}
    asked = delete(CannedApi({"rds.describe_db_snapshots": of_another}), **stated)
    assert asked == [("kms.schedule_key_deletion", {"KeyId": "k", "PendingWindowInDays": days})]


@pytest.mark.parametrize(
    ("operation", "members", "name"),
    [
        ("rds.describe_db_snapshots", "DBSnapshots", "DBSnapshotArn"),
        (
            "rds.describe_db_instance_automated_backups",
            "DBInstanceAutomatedBackups",
            "DBInstanceAutomatedBackupsArn",
        ),
        ("elasticache.describe_snapshots", "Snapshots", "ARN"),
    ],
)
def test_a_key_without_which_a_copy_cannot_be_read_is_let_go(operation: str, members: str, name: str) -> None:
    api = CannedApi({operation: {members: [{name: "arn:copy", "KmsKeyId": f"{ARN}k"}]}})
    assert delete(api) == [
        ("kms.update_key_description", {"KeyId": "k", "Description": "Kept for arn:copy"}),
        ("kms.untag_resource", {"KeyId": "k", "TagKeys": ["stackwright:stack", "stackwright:name"]}),
    ]


def test_a_key_that_was_let_go_is_gone_although_the_index_still_shows_it() -> None:
    kept = {"KeyMetadata": {**ENABLED, "Description": "Kept for arn:copy"}}
    for tags, phase in (({}, Phase.GONE), (OWNER, Phase.READY)):
        own = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        api = CannedApi({INDEX: tagged("k"), "kms.describe_key": kept, "kms.list_resource_tags": {"Tags": own}})
        assert [KMS_KEY.parse(item).phase for item in KMS_KEY.list(scope(api, {"Description": ""}, ids=("k",)))] == [
            phase
        ]
        assert {KMS_KEY.parse(item).phase for item in KMS_KEY.list(scope(api, {"Description": ""}))} == {phase}


def test_a_key_is_created_with_its_tags_and_policy_in_one_request_that_is_not_repeated() -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    params = KMS_KEY.create.params(work(CannedApi(), KMS_KEY, {"KeyPolicy": policy, "Description": ""}))  # type: ignore[union-attr]
    assert params == {
        "Policy": '{"Statement": [], "Version": "2012-10-17"}',
        "Tags": [{"TagKey": key, "TagValue": value} for key, value in sorted(OWNER.items())],
    }
    assert KMS_KEY.create.once  # type: ignore[union-attr]


@pytest.mark.parametrize(("stated", "changed"), [("1234", False), (ARN + "1234", False), (ARN + "9", True)])
def test_an_alias_leads_to_a_key_by_id_or_arn(stated: str, changed: bool) -> None:
    assert differs(KMS_ALIAS.properties["TargetKeyId"], stated, "1234") is changed


def test_aliases_of_our_keys_and_described_ones_are_listed() -> None:
    names = {"alias/ours": "k-1", "alias/described": "k-2", "alias/foreign": "k-3"}
    api = CannedApi(
        {"kms.list_aliases": {"Aliases": [{"AliasName": name, "TargetKeyId": key} for name, key in names.items()]}}
    )
    key = KMS_KEY.parse({"KeyId": "k-1", "KeyState": "Enabled"})
    found = KMS_ALIAS.list(scope(api, {"AliasName": "alias/described"}, parents={"AWS::KMS::Key": [key]}))
    assert [alias["AliasName"] for alias in found] == ["alias/ours", "alias/described"]
