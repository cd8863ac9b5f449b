# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log groups."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import batches, given, is_stated, make_arn, names_in_scope, unless
from ..shared import json_document, json_text, with_tags


def index_documents(value: Any) -> Any:
    """Field index policies as data; a log group has at most one of its own."""
    return [json_document(policy) for policy in value] if isinstance(value, (list, tuple)) else value


def list_log_groups(scope: Scope) -> list[Item]:
    """Log groups that are described or carry the stack's tag."""
    if scope.everything:
        groups = scope.pages("logs", "describe_log_groups", "logGroups[]")
    else:
        names = set(names_in_scope(scope, "LogGroupName", "logs", "log-group:"))
        groups = [
            group
            for batch in batches(sorted(names), 50)
            for group in scope.pages("logs", "describe_log_groups", "logGroups[]", logGroupIdentifiers=list(batch))
            if group["logGroupName"] in names
        ]
    unique = {group["logGroupName"]: group for group in groups}
    named = [{**group, "ResourceArn": group["arn"].removesuffix(":*")} for group in unique.values()]
    found = with_tags(
        scope,
        named,
        "ResourceArn",
        "logs",
        "list_tags_for_resource",
        "resourceArn",
        "tags",
        scope.names("LogGroupName"),
        "logGroupName",
    )
    return [_with_policies(scope, group) for group in found]


def _with_policies(scope: Scope, group: Item) -> Item:
    """A log group with those of its policies that somebody stated."""
    name = group["logGroupName"]
    if is_stated(scope, "DataProtectionPolicy"):
        answer = unless((), partial(scope.call, "logs", "get_data_protection_policy", logGroupIdentifier=name))
        group = {**group, "dataProtectionPolicy": (answer or {}).get("policyDocument")}
    if is_stated(scope, "FieldIndexPolicies"):
        answer = unless((), partial(scope.call, "logs", "describe_index_policies", logGroupIdentifiers=[name]))
        policies = (answer or {}).get("indexPolicies") or []
        group = {
            **group,
            "indexPolicies": [p["policyDocument"] for p in policies if p.get("source", "LOG_GROUP") == "LOG_GROUP"],
        }
    return group


def _create_log_group(work: Work) -> Item:
    params = given(
        work,
        logGroupName="LogGroupName",
        kmsKeyId="KmsKeyId",
        logGroupClass="LogGroupClass",
        deletionProtectionEnabled="DeletionProtectionEnabled",
    )
    work.call("logs", "create_log_group", **params, tags=work.tags)
    arn = make_arn(work.api, "logs", work.region, f"log-group:{params['logGroupName']}")
    return {**params, "arn": f"{arn}:*", "ResourceArn": arn}


def _set_retention(work: Work) -> None:
    days = work.desired["RetentionInDays"]
    if days:
        work.call("logs", "put_retention_policy", logGroupName=work.id, retentionInDays=int(days))
    else:
        work.call("logs", "delete_retention_policy", logGroupName=work.id)


def _set_key(work: Work) -> None:
    key = work.desired["KmsKeyId"]
    if key:
        work.call("logs", "associate_kms_key", logGroupName=work.id, kmsKeyId=key)
    else:
        work.call("logs", "disassociate_kms_key", logGroupName=work.id)


def _set_data_protection(work: Work) -> None:
    policy = work.desired["DataProtectionPolicy"]
    if policy:
        work.call("logs", "put_data_protection_policy", logGroupIdentifier=work.id, policyDocument=json_text(policy))
    else:
        work.call("logs", "delete_data_protection_policy", logGroupIdentifier=work.id)


def _set_field_index(work: Work) -> None:
    policies = work.desired["FieldIndexPolicies"]
    if policies:
        work.call("logs", "put_index_policy", logGroupIdentifier=work.id, policyDocument=json_text(policies[0]))
    else:
        work.call("logs", "delete_index_policy", logGroupIdentifier=work.id)


def _refuse_name(was: Any, stated: Any) -> str:
    """Names follow those of what logs there, so that another one is seldom meant to cost the logs."""
    return (
        f"its logs would go with it if {stated} took its place; keep it by `log_group: {was}` where its name follows "
        f"another, or set that one back; delete it by hand if its logs may go"
    )


def _refuse_class(was: Any, stated: Any) -> str:
    """A class is for life."""
    return f"its logs would go with it for the sake of the class {stated}; state {was}, or delete it by hand first"


LOG_GROUP = "AWS::Logs::LogGroup"

LOGS_LOG_GROUP = Kind(
    type=LOG_GROUP,
    service="logs",
    title="log group",
    id="logGroupName",
    key=("LogGroupName",),
    properties={
        "LogGroupName": Property(path="logGroupName", immutable=True, refuse=_refuse_name),
        "RetentionInDays": Property(path="retentionInDays"),
        "KmsKeyId": Property(path="kmsKeyId", unstated=None),
        "LogGroupClass": Property(path="logGroupClass", immutable=True, default="STANDARD", refuse=_refuse_class),
        "DeletionProtectionEnabled": Property(path="deletionProtectionEnabled", default=False),
        "DataProtectionPolicy": Property(path="dataProtectionPolicy", exact=True, normalise=json_document),
        "FieldIndexPolicies": Property(path="indexPolicies", exact=True, normalise=index_documents),
    },
    attributes={
        "LogGroupName": Attribute("logGroupName", "{LogGroupName}"),
        "Arn": Attribute("arn", "arn:{partition}:logs:{region}:{account}:log-group:{LogGroupName}:*"),
    },
    list=list_log_groups,
    protection="DeletionProtectionEnabled",
    create=_create_log_group,
    updates=(
        Update(("KmsKeyId",), _set_key),
        Update(("RetentionInDays",), _set_retention, on_create=True),
        Update(
            ("DeletionProtectionEnabled",),
            Call(
                "put_log_group_deletion_protection",
                lambda w: {
                    "logGroupIdentifier": w.id,
                    "deletionProtectionEnabled": bool(w.desired["DeletionProtectionEnabled"]),
                },
            ),
        ),
        Update(("DataProtectionPolicy",), _set_data_protection, on_create=True),
        Update(("FieldIndexPolicies",), _set_field_index, on_create=True),
    ),
    release=Call(
        "put_log_group_deletion_protection",
        lambda w: {"logGroupIdentifier": w.id, "deletionProtectionEnabled": False},
    ),
    delete=Call("delete_log_group", lambda w: {"logGroupName": w.id}),
    tag=Call(
        "tag_resource",
        lambda w: {"resourceArn": w.attributes["Arn"].removesuffix(":*"), "tags": dict(w.tags_to_set)},
    ),
    untag=Call(
        "untag_resource",
        lambda w: {"resourceArn": w.attributes["Arn"].removesuffix(":*"), "tagKeys": list(w.tags_to_remove)},
    ),
)
