# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backup plans with their versions, and selections of what they back up."""

from __future__ import annotations

import base64
import copy
import re
import uuid
from typing import Any

from moto.backup.responses import BackupResponse
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record
from twin.overlay.backup.store import Answer, arn, find_plan, find_vault, invalid, listed, missing, store
from twin.patch import Parameters, operation
from twin.refusal import refuse

_CRON = re.compile(r"cron\((\S+ ){5}\S+\)|rate\(\d+ (minutes?|hours?|days?)\)")
_SELECTED = ("SelectionName", "IamRoleArn", "Resources", "NotResources", "ListOfTags", "Conditions")


def check_lifecycle(lifecycle: Answer | None) -> None:
    cold, end = (lifecycle or {}).get("MoveToColdStorageAfterDays"), (lifecycle or {}).get("DeleteAfterDays")
    if cold and end and end < cold + 90:
        invalid("Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays")


def _checked(response: BackupResponse, plan: Answer) -> Answer:
    """The plan as it is kept: checked, with the defaults of its rules."""
    plan = copy.deepcopy(plan)
    rules = plan.get("Rules") or []
    if not re.fullmatch(r"[A-Za-z0-9\-_.]{1,50}", plan.get("BackupPlanName") or ""):
        invalid("Invalid Backup plan name. Only letters, numbers, '-', '_', '.' and at most 50 characters.")
    if not rules:
        invalid("Backup plan must have at least one rule.")
    names = [rule.get("RuleName") for rule in rules]
    if len(set(names)) != len(names):
        invalid("Rule names in a backup plan must be unique.")
    for rule in rules:
        find_vault(response, rule["TargetBackupVaultName"])
        schedule = rule.setdefault("ScheduleExpression", "cron(0 5 ? * * *)")
        if not _CRON.fullmatch(schedule):
            invalid(f"Invalid schedule expression: {schedule}")
        start = rule.setdefault("StartWindowMinutes", 480)
        if start < 60:
            invalid("StartWindowMinutes must be at least 60.")
        if rule.setdefault("CompletionWindowMinutes", 10080) < start + 60:
            invalid("CompletionWindowMinutes must be at least 60 minutes greater than StartWindowMinutes.")
        rule.setdefault("ScheduleExpressionTimezone", "Etc/UTC")
        rule.setdefault("EnableContinuousBackup", False)
        rule["RuleId"] = str(uuid.uuid4())
        check_lifecycle(rule.get("Lifecycle"))
        for action in rule.get("CopyActions") or []:
            check_lifecycle(action.get("Lifecycle"))
    return plan


def _bare(plan: Answer) -> Answer:
    """The document without what Backup gives it, for comparison."""
    rules = [{k: v for k, v in rule.items() if k != "RuleId"} for rule in plan["Rules"]]
    return {**plan, "Rules": rules}


def _version() -> str:
    return base64.b64encode(uuid.uuid4().bytes + uuid.uuid4().bytes + uuid.uuid4().bytes).decode()[:48]


def _brief(plan: Record) -> Answer:
    members = (
        "BackupPlanArn", "BackupPlanId", "CreationDate", "DeletionDate", "VersionId", "CreatorRequestId",
        "AdvancedBackupSettings",
    )  # fmt: skip
    found = {name: plan[name] for name in members if name in plan}
    return {**found, "BackupPlanName": plan["BackupPlan"]["BackupPlanName"]}


def _plans() -> None:
    @operation(BackupResponse, "CreateBackupPlan")
    def create(response: BackupResponse, p: Parameters) -> Answer:
        here, document = store(response), _checked(response, p["BackupPlan"])
        for other in here.plans.values():
            if p.get("CreatorRequestId") and other.get("CreatorRequestId") == p["CreatorRequestId"]:
                return other
            if "DeletionDate" not in other and _bare(other["BackupPlan"]) == _bare(document):
                refuse(
                    "AlreadyExistsException",
                    "Backup plan with the same plan document already exists",
                    Arn=other["BackupPlanArn"],
                    CreatorRequestId=other.get("CreatorRequestId"),
                )
        identity = str(uuid.uuid4())
        plan = here.plans[identity] = Record(
            BackupPlanId=identity,
            BackupPlanArn=arn(response, f"backup-plan:{identity}"),
            CreationDate=utcnow(),
            VersionId=_version(),
            BackupPlan=document,
            AdvancedBackupSettings=document.get("AdvancedBackupSettings", []),
            versions=[],
        )
        if p.get("CreatorRequestId"):
            plan["CreatorRequestId"] = p["CreatorRequestId"]
        plan["versions"].append(Record(plan))
        response.backup_backend.tag_resource(plan["BackupPlanArn"], p.get("BackupPlanTags") or {})
        return plan

    @operation(BackupResponse, "GetBackupPlan")
    def get(response: BackupResponse, p: Parameters) -> Answer:
        plan = find_plan(response, p["BackupPlanId"])
        wanted = p.get("VersionId")
        if wanted in (None, plan["VersionId"]):
            return plan
        for version in plan["versions"]:
            if version["VersionId"] == wanted:
                return dict(version)
        missing("Failed reading Backup plan with provided version")

    @operation(BackupResponse, "UpdateBackupPlan")
    def update(response: BackupResponse, p: Parameters) -> Answer:
        plan = find_plan(response, p["BackupPlanId"])
        plan.update(BackupPlan=_checked(response, p["BackupPlan"]), VersionId=_version())
        plan["AdvancedBackupSettings"] = plan["BackupPlan"].get("AdvancedBackupSettings", [])
        plan["versions"].insert(0, Record(plan))
        return plan

    @operation(BackupResponse, "DeleteBackupPlan")
    def delete(response: BackupResponse, p: Parameters) -> Answer:
        plan = find_plan(response, p["BackupPlanId"])
        if any(s["BackupPlanId"] == plan["BackupPlanId"] for s in store(response).selections.values()):
            refuse(
                "InvalidRequestException",
                "Related backup plan selections must be deleted prior to backup plan deletion",
            )
        plan["DeletionDate"] = utcnow()
        response.backup_backend.tagger.delete_all_tags_for_resource(plan["BackupPlanArn"])
        return plan

    @operation(BackupResponse, "ListBackupPlans")
    def list_plans(response: BackupResponse, p: Parameters) -> Answer:
        everything = p.get("IncludeDeleted")
        found = [_brief(plan) for plan in store(response).plans.values() if everything or "DeletionDate" not in plan]
        return listed(found, p, "BackupPlansList")

    @operation(BackupResponse, "ListBackupPlanVersions")
    def versions(response: BackupResponse, p: Parameters) -> Answer:
        plan = find_plan(response, p["BackupPlanId"])
        return listed([_brief(version) for version in plan["versions"]], p, "BackupPlanVersionsList")


def _check_selection(response: BackupResponse, plan: Record, chosen: Answer) -> None:
    if not re.fullmatch(r"[A-Za-z0-9\-_.]{1,50}", chosen.get("SelectionName") or ""):
        invalid("Invalid selection name.")
    if not (chosen.get("Resources") or chosen.get("ListOfTags") or chosen.get("Conditions")):
        invalid("Invalid selection. Either Resources or ListOfTags must be specified.")
    for other in store(response).selections.values():
        same_plan = other["BackupPlanId"] == plan["BackupPlanId"]
        if same_plan and other["BackupSelection"]["SelectionName"] == chosen["SelectionName"]:
            refuse(
                "AlreadyExistsException",
                f"Backup selection with the name {chosen['SelectionName']} already exists",
            )


def _selection(response: BackupResponse, p: Parameters) -> Record:
    plan = find_plan(response, p["BackupPlanId"])
    found = store(response).selections.get(p["SelectionId"])
    if found is None or found["BackupPlanId"] != plan["BackupPlanId"]:
        missing(f"Cannot find Backup selection with ID {p['SelectionId']}")
    return found


def _selections() -> None:
    @operation(BackupResponse, "CreateBackupSelection")
    def create(response: BackupResponse, p: Parameters) -> Answer:
        plan, chosen = find_plan(response, p["BackupPlanId"]), p["BackupSelection"]
        token = p.get("CreatorRequestId")
        for other in store(response).selections.values():
            if token and other.get("CreatorRequestId") == token:
                return other
        _check_selection(response, plan, chosen)
        identity = str(uuid.uuid4())
        kept: dict[str, Any] = {name: chosen[name] for name in _SELECTED if name in chosen}
        selection = store(response).selections[identity] = Record(
            SelectionId=identity,
            BackupPlanId=plan["BackupPlanId"],
            CreationDate=utcnow(),
            CreatorRequestId=token,
            BackupSelection=kept,
        )
        return selection

    @operation(BackupResponse, "GetBackupSelection")
    def get(response: BackupResponse, p: Parameters) -> Answer:
        return _selection(response, p)

    @operation(BackupResponse, "ListBackupSelections")
    def list_selections(response: BackupResponse, p: Parameters) -> Answer:
        plan = find_plan(response, p["BackupPlanId"])
        found = [
            {
                **{k: v for k, v in selection.items() if k != "BackupSelection"},
                "SelectionName": selection["BackupSelection"]["SelectionName"],
                "IamRoleArn": selection["BackupSelection"].get("IamRoleArn"),
            }
            for selection in store(response).selections.values()
            if selection["BackupPlanId"] == plan["BackupPlanId"]
        ]
        return listed(found, p, "BackupSelectionsList")

    @operation(BackupResponse, "DeleteBackupSelection")
    def delete(response: BackupResponse, p: Parameters) -> None:
        del store(response).selections[_selection(response, p)["SelectionId"]]


def install() -> None:
    _plans()
    _selections()
