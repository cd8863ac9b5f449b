"""What AWS Backup answers and takes, against CloudFormation's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import backup
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.backup import (
    BACKUP_PLAN,
    BACKUP_SELECTION,
    BACKUP_VAULT,
    plan_parameter,
    selection_key,
)
from tests.unit.kinds import schemas
from tests.unit.kinds.canned import CannedApi, work

COPIES = [{"DestinationBackupVaultArn": f"arn:vault-{name}", "Lifecycle": {"DeleteAfterDays": 35}} for name in "ab"]
WEEKLY: dict[str, Any] = {
    "RuleName": "weekly",
    "TargetBackupVault": "main",
    "ScheduleExpression": "cron(0 4 ? * SUN *)",
    "Lifecycle": {"DeleteAfterDays": 35},
    "CopyActions": COPIES,
}
DAILY: dict[str, Any] = {"RuleName": "daily", "TargetBackupVault": "main"}
PLAN = {"BackupPlanName": "main", "BackupPlanRule": [WEEKLY, DAILY]}
ANSWER: dict[str, Any] = {
    "BackupPlanId": "p-1",
    "BackupPlanArn": "arn:plan",
    "BackupPlan": {
        "BackupPlanName": "main",
        "Rules": [
            {"RuleName": "daily", "TargetBackupVaultName": "main", "RuleId": "r-2", "StartWindowMinutes": 480},
            {
                "RuleName": "weekly",
                "TargetBackupVaultName": "main",
                "ScheduleExpression": "cron(0 4 ? * SUN *)",
                "ScheduleExpressionTimezone": "Etc/UTC",
                "RuleId": "r-1",
                "Lifecycle": {"DeleteAfterDays": 35},
                "CopyActions": COPIES[::-1],
            },
        ],
    },
}


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        (PLAN, False),
        ({**PLAN, "BackupPlanRule": [DAILY, WEEKLY]}, False),
        ({**PLAN, "BackupPlanRule": [WEEKLY]}, True),
        ({**PLAN, "BackupPlanRule": [{**WEEKLY, "Lifecycle": {"DeleteAfterDays": 90}}, DAILY]}, True),
        ({**PLAN, "BackupPlanRule": [{**WEEKLY, "CopyActions": COPIES[:1]}, DAILY]}, True),
        ({**PLAN, "BackupPlanRule": [{**WEEKLY, "CopyActions": []}, DAILY]}, True),
        ({**PLAN, "BackupPlanName": "renamed"}, True),
    ],
)
def test_plans_compare_by_rule(desired: dict[str, Any], expected: bool) -> None:
    observed = BACKUP_PLAN.parse(ANSWER)
    assert differs(BACKUP_PLAN.properties["BackupPlan"], desired, observed.properties["BackupPlan"]) is expected


def test_a_plan_speaks_the_api() -> None:
    rule = {
        **DAILY,
        "StartWindowMinutes": 60.0,
        "Lifecycle": {"DeleteAfterDays": 7.0, "MoveToColdStorageAfterDays": None},
    }
    assert plan_parameter({"BackupPlanName": "main", "BackupPlanRule": [rule]}) == {
        "BackupPlanName": "main",
        "Rules": [
            {
                "RuleName": "daily",
                "TargetBackupVaultName": "main",
                "StartWindowMinutes": 60,
                "Lifecycle": {"DeleteAfterDays": 7},
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "desired", "answer", "expected"),
    [
        (
            "LockConfiguration",
            {"MinRetentionDays": 7, "ChangeableForDays": 3},
            {"Locked": True, "MinRetentionDays": 7},
            False,
        ),
        ("LockConfiguration", {"MinRetentionDays": 7}, {"Locked": False}, True),
        ("LockConfiguration", {}, {}, False),
        ("EncryptionKeyArn", "1111", {"EncryptionKeyArn": "arn:aws:kms:::key/1111"}, False),
        (
            "Notifications",
            {"BackupVaultEvents": ["A", "B"], "SNSTopicArn": "arn"},
            {"Notifications": {"BackupVaultName": "v", "BackupVaultEvents": ["B", "A"], "SNSTopicArn": "arn"}},
            False,
        ),
        ("Notifications", {}, {"Notifications": {"BackupVaultEvents": ["A"], "SNSTopicArn": "arn"}}, True),
    ],
)
def test_vaults_compare(name: str, desired: Any, answer: dict[str, Any], expected: bool) -> None:
    observed = BACKUP_VAULT.parse({"BackupVaultName": "main", **answer})
    assert differs(BACKUP_VAULT.properties[name], desired, observed.properties[name]) is expected


def test_a_selection_is_named_by_its_plan_and_its_name() -> None:
    answer = {"BackupPlanId": "p-1", "SelectionId": "s-1", "BackupSelection": {"SelectionName": "databases"}}
    observed = BACKUP_SELECTION.parse(answer)
    assert observed.id == "p-1_s-1"
    assert BACKUP_SELECTION.natural_key(observed.properties) == ("p-1", "databases")
    assert selection_key({"BackupPlanId": "p-1", "BackupSelection": {}}) is None
    assert BACKUP_SELECTION.natural_key({**observed.properties, "BackupPlanId": Unknown("p")}) is None


# CloudFormation

NOT_KNOWN = {"AWS::Backup::BackupVault": {"BackupVaultTags"}, "AWS::Backup::BackupPlan": {"BackupPlanTags"}}


@pytest.mark.parametrize("kind", [kind for kind in backup.KINDS if kind.export], ids=lambda kind: kind.type)
def test_properties_are_cloudformations(kind: Kind) -> None:
    assert set(kind.properties) - schemas.writable(kind.type) == set()
    assert schemas.writable(kind.type) - set(kind.properties) == NOT_KNOWN.get(kind.type, set())


@pytest.mark.parametrize("kind", [kind for kind in backup.KINDS if kind.export], ids=lambda kind: kind.type)
def test_what_cloudformation_cannot_change_is_not_changed(kind: Kind) -> None:
    fixed = schemas.names(kind.type, "createOnlyProperties") & set(kind.properties)
    rules = [kind.properties[name] for name in fixed]
    assert all(rule.immutable or rule.initial or rule.write_only for rule in rules)


def test_a_plan_goes_with_its_selections() -> None:
    api = CannedApi({"backup.list_backup_selections": {"BackupSelectionsList": [{"SelectionId": "s-1"}]}})
    BACKUP_PLAN.before_delete(work(api, BACKUP_PLAN, {}, ANSWER))  # type: ignore[operator,misc]
    assert api.asked[1:] == [("backup.delete_backup_selection", {"BackupPlanId": "p-1", "SelectionId": "s-1"})]
