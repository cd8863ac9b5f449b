# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import passes_through, refused, until

Client = Callable[..., Any]
ROLE = "arn:aws:iam::123456789012:role/backup"
RULE = {
    "RuleName": "weekly",
    "TargetBackupVaultName": "v1",
    "ScheduleExpression": "cron(0 4 ? * 1 *)",
    "Lifecycle": {"DeleteAfterDays": 35},
}
PLAN = {"BackupPlanName": "p", "Rules": [RULE]}


@pytest.fixture
def backup(client: Client) -> Any:
    backup = client("backup")
    backup.create_backup_vault(BackupVaultName="v1", BackupVaultTags={"a": "1"})
    return backup


@pytest.fixture
def database(twin: Any, client: Client) -> str:
    twin.delays(rds__create=0.1)
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="db1",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
        MasterUsername="social",
        MasterUserPassword="not-a-real-password",
    )
    return until(lambda: rds.describe_db_instances()["DBInstances"][0], lambda d: d["DBInstanceStatus"] == "available")[
        "DBInstanceArn"
    ]


def made(backup: Any, **change: Any) -> str:
    return backup.create_backup_plan(BackupPlan={**PLAN, **change})["BackupPlanId"]


def test_vaults(client: Client, backup: Any) -> None:
    got = backup.describe_backup_vault(BackupVaultName="v1")
    assert got["NumberOfRecoveryPoints"] == 0 and ":key/" in got["EncryptionKeyArn"]
    assert backup.list_tags(ResourceArn=got["BackupVaultArn"])["Tags"] == {"a": "1"}
    with refused("AlreadyExistsException", "same name"):
        backup.create_backup_vault(BackupVaultName="v1")
    with refused("InvalidParameterValueException"):
        backup.create_backup_vault(BackupVaultName="no spaces")
    backup.delete_backup_vault(BackupVaultName="v1")
    assert backup.list_backup_vaults()["BackupVaultList"] == []
    with refused("ResourceNotFoundException"):
        backup.describe_backup_vault(BackupVaultName="v1")


def test_a_plan_keeps_its_versions(backup: Any) -> None:
    identity = made(backup)
    first = backup.get_backup_plan(BackupPlanId=identity)
    rule = first["BackupPlan"]["Rules"][0]
    assert RULE.items() <= rule.items()
    assert (rule["StartWindowMinutes"], rule["CompletionWindowMinutes"]) == (480, 10080)
    changed = {**PLAN, "Rules": [{**RULE, "Lifecycle": {"DeleteAfterDays": 90}}]}
    updated = backup.update_backup_plan(BackupPlanId=identity, BackupPlan=changed)
    assert updated["VersionId"] != first["VersionId"] and updated["BackupPlanArn"] == first["BackupPlanArn"]
    now = backup.get_backup_plan(BackupPlanId=identity)["BackupPlan"]["Rules"][0]
    assert now["Lifecycle"]["DeleteAfterDays"] == 90
    then = backup.get_backup_plan(BackupPlanId=identity, VersionId=first["VersionId"])
    assert then["BackupPlan"]["Rules"][0]["Lifecycle"]["DeleteAfterDays"] == 35
    assert len(backup.list_backup_plan_versions(BackupPlanId=identity)["BackupPlanVersionsList"]) == 2
    assert [p["BackupPlanName"] for p in backup.list_backup_plans()["BackupPlansList"]] == ["p"]


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("ResourceNotFoundException", {"TargetBackupVaultName": "nosuch"}),
        ("InvalidParameterValueException", {"ScheduleExpression": "every day"}),
        (
            "InvalidParameterValueException",
            {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 60}},
        ),
        ("InvalidParameterValueException", {"StartWindowMinutes": 10}),
    ],
)
def test_what_a_plan_is_refused_for(backup: Any, code: str, rule: dict[str, Any]) -> None:
    with refused(code):
        made(backup, Rules=[{**RULE, **rule}])


def test_the_same_plan_twice_is_refused_but_a_token_is_idempotent(backup: Any) -> None:
    first = backup.create_backup_plan(BackupPlan=PLAN, CreatorRequestId="t")["BackupPlanId"]
    assert backup.create_backup_plan(BackupPlan=PLAN, CreatorRequestId="t")["BackupPlanId"] == first
    with refused("AlreadyExistsException", "same plan document"):
        made(backup)


def test_selections_by_list_and_by_tag(backup: Any, database: str) -> None:
    identity = made(backup)
    by_list = {"SelectionName": "list", "IamRoleArn": ROLE, "Resources": [database]}
    by_tag = {
        "SelectionName": "tag",
        "IamRoleArn": ROLE,
        "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}],
    }
    ids = [
        backup.create_backup_selection(BackupPlanId=identity, BackupSelection=s)["SelectionId"]
        for s in (by_list, by_tag)
    ]
    for selection_id, stated in zip(ids, (by_list, by_tag), strict=True):
        got = backup.get_backup_selection(BackupPlanId=identity, SelectionId=selection_id)["BackupSelection"]
        assert got == stated
    listed = backup.list_backup_selections(BackupPlanId=identity)["BackupSelectionsList"]
    assert [s["SelectionName"] for s in listed] == ["list", "tag"]
    with refused("InvalidParameterValueException", "Either Resources or ListOfTags"):
        backup.create_backup_selection(
            BackupPlanId=identity, BackupSelection={"SelectionName": "none", "IamRoleArn": ROLE}
        )
    with refused("InvalidRequestException", "selections must be deleted prior"):
        backup.delete_backup_plan(BackupPlanId=identity)
    for selection_id in ids:
        backup.delete_backup_selection(BackupPlanId=identity, SelectionId=selection_id)
    backup.delete_backup_plan(BackupPlanId=identity)
    assert backup.list_backup_plans()["BackupPlansList"] == []
    with refused("ResourceNotFoundException"):
        backup.get_backup_plan(BackupPlanId=identity)


def test_a_job_makes_a_recovery_point_that_keeps_its_vault(client: Client, backup: Any, database: str) -> None:
    start = {"BackupVaultName": "v1", "IamRoleArn": ROLE, "ResourceArn": database, "IdempotencyToken": "t"}
    job = backup.start_backup_job(**start, Lifecycle={"DeleteAfterDays": 7}, RecoveryPointTags={"a": "1"})
    assert backup.start_backup_job(**start)["BackupJobId"] == job["BackupJobId"]
    state = lambda: backup.describe_backup_job(BackupJobId=job["BackupJobId"])["State"]  # noqa: E731
    passes_through(state, "CREATED", "RUNNING", "COMPLETED")
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="v1")["RecoveryPoints"]
    assert (point["ResourceArn"], point["Status"], point["ResourceType"]) == (database, "COMPLETED", "RDS")
    assert point["Lifecycle"]["DeleteAfterDays"] == 7
    arn = point["RecoveryPointArn"]
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"a": "1"}
    assert len(backup.list_recovery_points_by_resource(ResourceArn=database)["RecoveryPoints"]) == 1
    snapshots = client("rds").describe_db_snapshots(SnapshotType="awsbackup")["DBSnapshots"]
    assert [s["DBSnapshotArn"] for s in snapshots] == [arn]
    with refused("InvalidRequestException", "cannot be deleted"):
        backup.delete_backup_vault(BackupVaultName="v1")
    other = client("backup", "us-west-2")
    target = other.create_backup_vault(BackupVaultName="v2")["BackupVaultArn"]
    copy = backup.start_copy_job(
        RecoveryPointArn=arn, SourceBackupVaultName="v1", DestinationBackupVaultArn=target, IamRoleArn=ROLE
    )["CopyJobId"]
    until(lambda: backup.describe_copy_job(CopyJobId=copy)["CopyJob"]["State"], lambda s: s == "COMPLETED")
    assert len(other.list_recovery_points_by_backup_vault(BackupVaultName="v2")["RecoveryPoints"]) == 1
    backup.delete_recovery_point(BackupVaultName="v1", RecoveryPointArn=arn)
    backup.delete_backup_vault(BackupVaultName="v1")
    assert client("rds").describe_db_snapshots(SnapshotType="awsbackup")["DBSnapshots"] == []


def test_what_a_job_is_refused_for(backup: Any, database: str) -> None:
    for change in ({"BackupVaultName": "nosuch"}, {"ResourceArn": database + "x"}):
        with refused("ResourceNotFoundException"):
            backup.start_backup_job(**{"BackupVaultName": "v1", "IamRoleArn": ROLE, "ResourceArn": database, **change})


def test_tags_of_a_plan(backup: Any) -> None:
    arn = backup.create_backup_plan(BackupPlan=PLAN, BackupPlanTags={"a": "1"})["BackupPlanArn"]
    backup.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    backup.untag_resource(ResourceArn=arn, TagKeyList=["a"])
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
