"""AWS Backup."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

TOPIC = Resource("AWS::SNS::Topic", "backups", {"TopicName": "contract-backups"})
ROLE = Resource(
    "AWS::IAM::Role",
    "backup",
    {
        "RoleName": "contract-backup",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
    },
)


def _policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


VAULT = Resource(
    "AWS::Backup::BackupVault",
    "main",
    {
        "BackupVaultName": "contract",
        "AccessPolicy": _policy("backup:DeleteRecoveryPoint"),
        "Notifications": {
            "BackupVaultEvents": ["BACKUP_JOB_FAILED", "COPY_JOB_FAILED"],
            "SNSTopicArn": TOPIC.ref("TopicArn"),
        },
    },
)
#: Copies go to another region, so the vault that takes them stands there.
FAR_VAULT = Resource("AWS::Backup::BackupVault", "far", {"BackupVaultName": "contract-far"}, region="us-west-2")


def _plan(*, days: int, hour: int) -> dict[str, Any]:
    weekly = {
        "RuleName": "weekly",
        "TargetBackupVault": VAULT.ref("BackupVaultName"),
        "ScheduleExpression": f"cron(0 {hour} ? * SUN *)",
        "StartWindowMinutes": 60,
        "Lifecycle": {"DeleteAfterDays": days},
        "CopyActions": [
            {"DestinationBackupVaultArn": FAR_VAULT.ref("BackupVaultArn"), "Lifecycle": {"DeleteAfterDays": days}}
        ],
    }
    daily = {
        "RuleName": "daily",
        "TargetBackupVault": VAULT.ref("BackupVaultName"),
        "ScheduleExpression": f"cron(0 {hour} * * ? *)",
    }
    return {"BackupPlanName": "contract", "BackupPlanRule": [weekly, daily]}


PLAN = Resource("AWS::Backup::BackupPlan", "main", {"BackupPlan": _plan(days=35, hour=4)})
SELECTION = Resource(
    "AWS::Backup::BackupSelection",
    "databases",
    {
        "BackupPlanId": PLAN.ref("BackupPlanId"),
        "BackupSelection": {
            "SelectionName": "databases",
            "IamRoleArn": ROLE.ref("Arn"),
            "Resources": ["arn:aws:rds:us-east-1:123456789012:db:contract"],
        },
    },
)
BY_TAG = Resource(
    "AWS::Backup::BackupSelection",
    "tagged",
    {
        "BackupPlanId": PLAN.ref("BackupPlanId"),
        "BackupSelection": {
            "SelectionName": "tagged",
            "IamRoleArn": ROLE.ref("Arn"),
            "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "weekly"}],
        },
    },
)

SAMPLES = [
    Sample(
        "AWS::Backup::BackupVault",
        [TOPIC, VAULT],
        changes={
            "AccessPolicy": _policy("backup:UpdateRecoveryPointLifecycle"),
            "Notifications": {"BackupVaultEvents": ["BACKUP_JOB_FAILED"], "SNSTopicArn": TOPIC.ref("TopicArn")},
            "LockConfiguration": {"MinRetentionDays": 7, "MaxRetentionDays": 90},
        },
        immutable={"BackupVaultName": "contract-renamed"},
    ),
    Sample("AWS::Backup::BackupVault", [FAR_VAULT]),
    Sample("AWS::Backup::BackupPlan", [TOPIC, VAULT, FAR_VAULT, PLAN], changes={"BackupPlan": _plan(days=90, hour=5)}),
    Sample(
        "AWS::Backup::BackupSelection",
        [TOPIC, VAULT, FAR_VAULT, PLAN, ROLE, SELECTION],
        immutable={
            "BackupSelection": {**SELECTION.properties["BackupSelection"], "Resources": ["arn:aws:ec2:*:*:volume/*"]}
        },
        tags=False,
    ),
    Sample("AWS::Backup::BackupSelection", [TOPIC, VAULT, FAR_VAULT, PLAN, ROLE, BY_TAG], tags=False),
]
