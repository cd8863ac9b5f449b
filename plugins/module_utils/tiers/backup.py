# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `backups` section: AWS Backup plans, their vaults, and copies in another region."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .permissions import role, this_account, trust

VAULT = "AWS::Backup::BackupVault"
PLAN = "AWS::Backup::BackupPlan"
SELECTION = "AWS::Backup::BackupSelection"

#: Sundays at 05:00 UTC.
WEEKLY = "cron(0 5 ? * SUN *)"

_LEAST_MINUTES = 60

#: What AWS Backup keeps among what sections make; `resources` may hold more, such as a table or a file system.
BACKED_UP = ("database", "bucket", "resource")

SPEC: dict[str, Any] = {
    "of": {"type": "list", "elements": "str", "required": True},
    "schedule": {"type": "str", "default": WEEKLY, "format": formats.CRON},
    "keep_days": {"type": "int", "default": 35, "format": formats.between(1, 36500)},
    "cold_after_days": {"type": "int", "format": formats.between(1, 36500)},
    "copy_to": {"type": "str", "format": formats.REGION},
    "copy_keep_days": {"type": "int", "format": formats.between(1, 36500)},
    "start_within_minutes": {"type": "int", "default": 60, "format": formats.at_least(_LEAST_MINUTES)},
    "complete_within_minutes": {"type": "int", "default": 720, "format": formats.at_least(_LEAST_MINUTES)},
    "key": {"type": "str", "no_log": False},
    "vault": {"type": "str"},
    "tags": TAGS,
}


def vault_name(name: str, options: Options, context: Context) -> str:
    """The vault's name in AWS, here and in the region of the copies."""
    return options["vault"] or context.name(name)


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(VAULT, name)
    return Export(
        address=Address(PLAN, name),
        values={
            "plan_id": Ref(Address(PLAN, name), "BackupPlanId"),
            "vault": vault_name(name, options, context),
            "vault_arn": Ref(address, "BackupVaultArn"),
        },
        default="plan_id",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    vault = context.resource(
        VAULT,
        name,
        {
            "BackupVaultName": vault_name(name, options, context),
            "EncryptionKeyArn": context.arn_of(options["key"], "key", "key"),
        },
        tags=options["tags"],
        protect=True,
    )
    made = [vault]
    copies = None
    if options["copy_to"]:
        if options["copy_to"] == context.region:
            context.problem("copy_to", f"{options['copy_to']!r} is the stack's own region; name another one")
        away = _vault_away(name, options, context)
        made.append(away)
        copies = [_copy(options, away)]
    plan = _plan(name, options, vault, copies, context)
    backup_role = _role(name, options, context)
    return [*made, backup_role, plan, _selection(name, options, plan, backup_role, context)]


def _vault_away(name: str, options: Options, context: Context) -> Resource:
    return context.resource(
        VAULT,
        f"{name}/{options['copy_to']}",
        {"BackupVaultName": vault_name(name, options, context)},
        tags=options["tags"],
        protect=True,
        region=options["copy_to"],
    )


def _copy(options: Options, away: Resource) -> dict[str, Any]:
    keep = options["keep_days"] if options["copy_keep_days"] is None else options["copy_keep_days"]
    return {"DestinationBackupVaultArn": away.ref("BackupVaultArn"), "Lifecycle": {"DeleteAfterDays": keep}}


def _plan(name: str, options: Options, vault: Resource, copies: Any, context: Context) -> Resource:
    starts, ends = options["start_within_minutes"], options["complete_within_minutes"]
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html
    if ends < starts + _LEAST_MINUTES:
        context.problem(
            "complete_within_minutes",
            f"{ends} is less than {_LEAST_MINUTES} minutes after start_within_minutes {starts}; make it "
            f"{starts + _LEAST_MINUTES} or more",
        )
    cold = options["cold_after_days"]
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html
    if cold is not None and options["keep_days"] < cold + 90:
        context.problem("keep_days", f"{options['keep_days']} is less than 90 days after cold_after_days {cold}")
    rule = {
        "RuleName": name,
        "TargetBackupVault": vault.ref("BackupVaultName"),
        "ScheduleExpression": options["schedule"],
        "StartWindowMinutes": options["start_within_minutes"],
        "CompletionWindowMinutes": options["complete_within_minutes"],
        "Lifecycle": {"DeleteAfterDays": options["keep_days"], "MoveToColdStorageAfterDays": cold},
        "CopyActions": copies,
    }
    return context.resource(
        PLAN,
        name,
        {"BackupPlan": {"BackupPlanName": context.name(name), "BackupPlanRule": [rule]}},
        tags=options["tags"],
    )


def _role(name: str, options: Options, context: Context) -> Resource:
    managed = ["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"]
    return role(
        context,
        "",
        trust(["backup.amazonaws.com"], condition=this_account()),
        managed=[context.managed_policy(f"service-role/{policy}") for policy in managed],
        description=f"Backup plan {name} of {context.stack}",
        tags=options["tags"],
    )


def _selection(name: str, options: Options, plan: Resource, backup_role: Resource, context: Context) -> Resource:
    entries = [context.entry(reference, "of", BACKED_UP) for reference in options["of"]]
    arns = [context.value(f"{entry.reference}.arn", "of") for entry in entries if entry]
    return context.resource(
        SELECTION,
        name,
        {
            "BackupPlanId": plan.ref("BackupPlanId"),
            "BackupSelection": {
                "SelectionName": name,
                "IamRoleArn": backup_role.ref("Arn"),
                "Resources": arns,
            },
        },
    )


TIER = Tier(
    section="backups",
    reference="backup",
    spec=SPEC,
    compile=compile,
    exports=exports,
    kinds=(VAULT,),
    constraints={"required_by": {"copy_keep_days": ["copy_to"]}},
)
