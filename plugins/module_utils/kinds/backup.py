# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS Backup: vaults, plans, and the selections of what a plan backs up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, NaturalKey, Observed, Property, Scope, States, Update, Work
from ..engine.template import Template
from .kms import key_id
from .requests import given, pruned, unless
from .shared import IMMUTABLE, json_text, policy_document, with_tags

VAULT = "AWS::Backup::BackupVault"
PLAN = "AWS::Backup::BackupPlan"


def _tag(work: Work) -> dict[str, Any]:
    return {"ResourceArn": work.attributes["Arn"], "Tags": dict(work.tags_to_set)}


def _untag(work: Work) -> dict[str, Any]:
    return {"ResourceArn": work.attributes["Arn"], "TagKeyList": list(work.tags_to_remove)}


_TAG = Call("tag_resource", _tag)
_UNTAG = Call("untag_resource", _untag)


# Vaults


def list_vaults(scope: Scope) -> list[Item]:
    """The vaults in scope, with the policy and the notifications that somebody stated."""
    vaults = scope.pages("backup", "list_backup_vaults", "BackupVaultList[]", ByVaultType="BACKUP_VAULT")
    vaults = with_tags(
        scope,
        [vault for vault in vaults if not scope.ids or vault["BackupVaultName"] in scope.ids],
        "BackupVaultArn",
        "backup",
        "list_tags",
        "ResourceArn",
        "Tags",
        scope.names("BackupVaultName"),
        "BackupVaultName",
    )
    return [{**vault, **_vault_details(scope, vault["BackupVaultName"])} for vault in vaults]


def _vault_details(scope: Scope, name: str) -> Item:
    stated = {prop for wanted in scope.wanted if wanted.get("BackupVaultName") == name for prop in wanted}
    everything = scope.everything or not scope.wanted
    found: Item = {}
    if everything or "AccessPolicy" in stated:
        found["AccessPolicy"] = unless(
            (), lambda: scope.call("backup", "get_backup_vault_access_policy", BackupVaultName=name)["Policy"]
        )
    if everything or "Notifications" in stated:
        found["Notifications"] = unless(
            (), lambda: scope.call("backup", "get_backup_vault_notifications", BackupVaultName=name)
        )
    return found


def lock_configuration(item: Mapping[str, Any]) -> dict[str, Any]:
    """A vault's lock in CloudFormation's shape; empty without one."""
    if not item.get("Locked"):
        return {}
    return {name: item[name] for name in ("MinRetentionDays", "MaxRetentionDays") if item.get(name)}


def plain_lock(value: Any) -> Any:
    """A lock to compare: how long it can still be taken off is told to AWS once and never answered."""
    if isinstance(value, Mapping):
        return {name: days for name, days in value.items() if name != "ChangeableForDays"}
    return value


def notifications(item: Mapping[str, Any]) -> dict[str, Any]:
    """A vault's notifications in CloudFormation's shape; empty without any."""
    found = item.get("Notifications") or {}
    return {name: found[name] for name in ("BackupVaultEvents", "SNSTopicArn") if found.get(name)}


def refuse_lock(_desired: Mapping[str, Any], found: Observed, changed: Collection[str]) -> Iterator[str]:
    """Why a lock that has set cannot be changed: not by anybody.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """
    sets = found.item.get("LockDate")
    if "LockConfiguration" in changed and isinstance(sets, datetime) and sets <= datetime.now(UTC):
        yield f"its lock set at {sets:%Y-%m-%d %H:%M} UTC and cannot be changed any more; state the one it has"


def _set_policy(work: Work) -> None:
    policy = work.get("AccessPolicy")
    if policy:
        work.call("backup", "put_backup_vault_access_policy", BackupVaultName=work.id, Policy=json_text(policy))
    elif work.current and work.current.properties["AccessPolicy"]:
        work.call("backup", "delete_backup_vault_access_policy", BackupVaultName=work.id)


def _set_notifications(work: Work) -> None:
    stated = work.get("Notifications")
    if stated:
        work.call("backup", "put_backup_vault_notifications", BackupVaultName=work.id, **stated)
    elif work.current and work.current.properties["Notifications"]:
        work.call("backup", "delete_backup_vault_notifications", BackupVaultName=work.id)


def _set_lock(work: Work) -> None:
    stated = pruned(work.get("LockConfiguration") or {})
    if stated:
        numbers = {name: int(days) for name, days in stated.items()}
        work.call("backup", "put_backup_vault_lock_configuration", BackupVaultName=work.id, **numbers)
    elif work.current and work.current.properties["LockConfiguration"]:
        work.call("backup", "delete_backup_vault_lock_configuration", BackupVaultName=work.id)


_VAULT_ARN = "arn:{partition}:backup:{region}:{account}:backup-vault:{BackupVaultName}"

BACKUP_VAULT = Kind(
    type=VAULT,
    service="backup",
    title="backup vault",
    template=Template(attributes={"Arn": "BackupVaultArn"}, tags="BackupVaultTags", tag_map=True),
    id="BackupVaultName",
    key=("BackupVaultName",),
    properties={
        "BackupVaultName": IMMUTABLE,
        "EncryptionKeyArn": Property(immutable=True, normalise=key_id),
        "AccessPolicy": Property(exact=True, normalise=policy_document),
        "Notifications": Property(path=notifications, unordered=True, exact=True),
        "LockConfiguration": Property(path=lock_configuration, normalise=plain_lock, exact=True),
    },
    attributes={
        "BackupVaultArn": Attribute("BackupVaultArn", _VAULT_ARN),
        "Arn": Attribute("BackupVaultArn", _VAULT_ARN),
    },
    list=list_vaults,
    create=Call(
        "create_backup_vault",
        lambda w: {
            **given(w, "BackupVaultName", "EncryptionKeyArn"),
            "BackupVaultTags": dict(w.tags),
            "CreatorRequestId": w.token,
        },
        item="@",
    ),
    updates=(
        Update(("AccessPolicy",), _set_policy, on_create=True),
        Update(("Notifications",), _set_notifications, on_create=True),
        Update(("LockConfiguration",), _set_lock, on_create=True),
    ),
    delete=Call("delete_backup_vault", lambda w: {"BackupVaultName": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    refuse=refuse_lock,
    holds_data=True,
)


# Plans

#: CloudFormation's names of a rule's members that the API calls otherwise.
_RULE_NAMES = {"TargetBackupVault": "TargetBackupVaultName"}
#: What the API answers of a rule and does not take.
_ANSWERED = frozenset({"RuleId"})


def plan_parameter(plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan as requests carry it."""
    rules = [
        {_RULE_NAMES.get(name, name): _numbers(value) for name, value in rule.items() if value is not None}
        for rule in plan.get("BackupPlanRule") or ()
    ]
    return {**{name: value for name, value in plan.items() if name != "BackupPlanRule"}, "Rules": rules}


def _numbers(value: Any) -> Any:
    """The value with whole numbers for numbers: CloudFormation knows one type of number, the API takes integers."""
    if isinstance(value, Mapping):
        return {name: _numbers(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_numbers(element) for element in value]
    return int(value) if isinstance(value, float) else value


def plan_property(item: Mapping[str, Any]) -> dict[str, Any]:
    """A plan as answered, in CloudFormation's shape."""
    plan = item.get("BackupPlan") or {}
    names = {api: ours for ours, api in _RULE_NAMES.items()}
    rules = [
        {names.get(name, name): value for name, value in rule.items() if name not in _ANSWERED}
        for rule in plan.get("Rules") or ()
    ]
    return {**{name: value for name, value in plan.items() if name != "Rules"}, "BackupPlanRule": rules}


def plain_plan(value: Any) -> Any:
    """A plan to compare: its rules, and their copies, in an order of their own, and what they have none of."""
    if not isinstance(value, Mapping):
        return value
    rules = [_plain_rule(rule) for rule in value.get("BackupPlanRule") or ()]
    return {**value, "BackupPlanRule": sorted(rules, key=lambda rule: str(rule.get("RuleName")))}


def _plain_rule(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    copies = [{**copy, "Lifecycle": _plain_lifecycle(copy)} for copy in rule.get("CopyActions") or ()]
    return {
        **rule,
        "Lifecycle": _plain_lifecycle(rule),
        "CopyActions": sorted(copies, key=lambda copy: str(copy.get("DestinationBackupVaultArn"))),
    }


def _plain_lifecycle(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {"DeleteAfterDays": None, "MoveToColdStorageAfterDays": None, **(rule.get("Lifecycle") or {})}


def list_plans(scope: Scope) -> list[Item]:
    """The plans in scope, each as a whole, which AWS Backup answers one by one."""
    wanted = {
        wanted["BackupPlan"].get("BackupPlanName")
        for wanted in scope.wanted
        if isinstance(wanted.get("BackupPlan"), Mapping)
    }
    plans = scope.pages("backup", "list_backup_plans", "BackupPlansList[]")
    plans = with_tags(
        scope,
        [plan for plan in plans if not scope.ids or plan["BackupPlanId"] in scope.ids],
        "BackupPlanArn",
        "backup",
        "list_tags",
        "ResourceArn",
        "Tags",
        [name for name in wanted if isinstance(name, str)],
        "BackupPlanName",
    )
    wholes = ((plan, _read_plan(scope, plan["BackupPlanId"])) for plan in plans)
    return [{**plan, **whole} for plan, whole in wholes if whole is not None]


def _read_plan(scope: Scope, identifier: str) -> Item | None:
    return unless((), lambda: scope.call("backup", "get_backup_plan", BackupPlanId=identifier))


def _delete_selections(work: Work) -> None:
    """A plan with selections cannot be deleted, and those of one that nobody describes are nobody's to list."""
    found = work.pages("backup", "list_backup_selections", "BackupSelectionsList[].SelectionId", BackupPlanId=work.id)
    for selection in found:
        work.call("backup", "delete_backup_selection", BackupPlanId=work.id, SelectionId=selection)


def plan_key(properties: Mapping[str, Any]) -> NaturalKey | None:
    """AWS Backup takes a second plan of the same name, which would back up the same things once more."""
    name = (properties.get("BackupPlan") or {}).get("BackupPlanName")
    return (name,) if isinstance(name, str) else None


_PLAN_ARN = Attribute("BackupPlanArn")

BACKUP_PLAN = Kind(
    type=PLAN,
    service="backup",
    title="backup plan",
    template=Template(attributes={"Arn": "BackupPlanArn"}, tags="BackupPlanTags", tag_map=True),
    id="BackupPlanId",
    key=("BackupPlan",),
    key_of=plan_key,
    requires=(VAULT,),
    properties={"BackupPlan": Property(path=plan_property, normalise=plain_plan)},
    attributes={
        "BackupPlanId": Attribute("BackupPlanId"),
        "BackupPlanArn": _PLAN_ARN,
        "Arn": _PLAN_ARN,
        "VersionId": Attribute("VersionId", volatile=True),
    },
    list=list_plans,
    states=States(
        path=lambda item: "DELETED" if item.get("DeletionDate") else "ACTIVE",
        ready=frozenset({"ACTIVE"}),
        gone=frozenset({"DELETED"}),
        timeout=300,
    ),
    create=Call(
        "create_backup_plan",
        lambda w: {
            "BackupPlan": plan_parameter(w.desired["BackupPlan"]),
            "BackupPlanTags": dict(w.tags),
            "CreatorRequestId": w.token,
        },
        item="@",
    ),
    updates=(
        Update(
            ("BackupPlan",),
            Call(
                "update_backup_plan",
                lambda w: {"BackupPlanId": w.id, "BackupPlan": plan_parameter(w.desired["BackupPlan"])},
            ),
        ),
    ),
    before_delete=_delete_selections,
    # Its selections, deleted a moment ago, may still count.
    delete=Call(
        "delete_backup_plan", lambda w: {"BackupPlanId": w.id}, retry_on=frozenset({"InvalidRequestException"})
    ),
    tag=_TAG,
    untag=_UNTAG,
)


# Selections


def selection_id(plan: str, selection: str) -> str:
    """The identifier of a selection: its own one is known within its plan only."""
    return f"{plan}_{selection}"


def list_selections(scope: Scope) -> list[Item]:
    """The selections of the plans in scope, each as a whole, which AWS Backup answers one by one."""
    if scope.ids:
        pairs = [tuple(identifier.split("_", 1)) for identifier in scope.ids]
    else:
        stated = {wanted.get("BackupPlanId") for wanted in scope.wanted}
        plans = {plan.id for plan in scope.observed(PLAN)} | {plan for plan in stated if isinstance(plan, str)}
        pairs = [(plan, selection) for plan in sorted(plans) for selection in _selections(scope, plan)]
    wholes = (_read_selection(scope, plan, selection) for plan, selection in pairs)
    return [whole for whole in wholes if whole is not None]


def _read_selection(scope: Scope, plan: str, selection: str) -> Item | None:
    return unless((), lambda: scope.call("backup", "get_backup_selection", BackupPlanId=plan, SelectionId=selection))


def _selections(scope: Scope, plan: str) -> list[str]:
    found = unless(
        (),
        lambda: scope.pages(
            "backup", "list_backup_selections", "BackupSelectionsList[].SelectionId", BackupPlanId=plan
        ),
    )
    return found or []


def selection_key(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The natural key of a selection: its plan and its name within it."""
    plan, selection = properties.get("BackupPlanId"), properties.get("BackupSelection")
    name = selection.get("SelectionName") if isinstance(selection, Mapping) else None
    return (str(plan), name) if plan and isinstance(name, str) else None


def _create_selection(work: Work) -> dict[str, Any]:
    return {
        "BackupPlanId": work.desired["BackupPlanId"],
        "BackupSelection": pruned(work.desired["BackupSelection"]),
        "CreatorRequestId": work.token,
    }


BACKUP_SELECTION = Kind(
    type="AWS::Backup::BackupSelection",
    service="backup",
    title="backup selection",
    template=Template(ref="Id"),
    id=lambda item: selection_id(item["BackupPlanId"], item["SelectionId"]),
    key=("BackupPlanId", "BackupSelection"),
    key_of=selection_key,
    requires=(PLAN,),
    part_of="BackupPlanId",
    tags=None,
    properties={
        "BackupPlanId": IMMUTABLE,
        "BackupSelection": Property(immutable=True, unordered=True),
    },
    attributes={
        "SelectionId": Attribute("SelectionId"),
        "Id": Attribute(lambda item: selection_id(item["BackupPlanId"], item["SelectionId"])),
    },
    list=list_selections,
    create=Call("create_backup_selection", _create_selection, item="@"),
    delete=Call(
        "delete_backup_selection",
        lambda w: dict(zip(("BackupPlanId", "SelectionId"), w.id.split("_", 1), strict=True)),
    ),
)

KINDS = (BACKUP_VAULT, BACKUP_PLAN, BACKUP_SELECTION)
