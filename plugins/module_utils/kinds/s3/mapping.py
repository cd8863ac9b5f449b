# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The configurations of a bucket in CloudFormation's shape and in the S3 API's: pure functions, in pairs.

`*_request` turns what is stated into what the API takes; `*_stated` turns what the API answers into what could have
been stated. The shapes: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..requests import is_empty, pruned

Value = Mapping[str, Any]


def renamed(value: Value, **names: str) -> dict[str, Any]:
    """Some members of an object under other names; `new="old"`."""
    return {new: value[old] for new, old in names.items() if not is_empty(value.get(old))}


# Filters: by prefix, tags and sizes; the API wants an `And` around more than one condition.


def filter_request(prefix: str | None, tags: Sequence[Value], **more: Any) -> dict[str, Any]:
    """A filter; without any condition, one that lets everything through."""
    conditions = {name: value for name, value in more.items() if not is_empty(value)}
    if len(tags) + len(conditions) + (not is_empty(prefix)) > 1:
        both: dict[str, Any] = {**conditions}
        if not is_empty(prefix):
            both["Prefix"] = prefix
        if tags:
            both["Tags"] = [dict(tag) for tag in tags]
        return {"And": both}
    if tags:
        return {"Tag": dict(tags[0])}
    return conditions or {"Prefix": prefix or ""}


def filter_stated(found: Value | None) -> dict[str, Any]:
    """The conditions of a filter: `Prefix`, `TagFilters` and whatever else it has."""
    if not found:
        return {}
    inner = dict(found.get("And") or found)
    tags = inner.pop("Tags", None) or ([inner.pop("Tag")] if inner.get("Tag") else [])
    return pruned({**inner, "TagFilters": tags})  # type: ignore[no-any-return]


# Encryption


def encryption_request(value: Value) -> dict[str, Any]:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        default = renamed(rule, ApplyServerSideEncryptionByDefault="ServerSideEncryptionByDefault")
        kept = {name: rule[name] for name in ("BucketKeyEnabled", "BlockedEncryptionTypes") if name in rule}
        rules.append({**default, **kept})
    return {"Rules": rules}


def encryption_stated(found: Value) -> dict[str, Any]:
    rules = []
    for rule in found.get("Rules", []):
        default = renamed(rule, ServerSideEncryptionByDefault="ApplyServerSideEncryptionByDefault")
        kept = {name: rule[name] for name in ("BucketKeyEnabled", "BlockedEncryptionTypes") if name in rule}
        rules.append({**default, **kept})
    return {"ServerSideEncryptionConfiguration": rules}


# Replication


def replication_request(value: Value) -> dict[str, Any]:
    rules = []
    for rule in value["Rules"]:
        plain = {name: member for name, member in rule.items() if name not in ("Id", "Filter")}
        if rule.get("Id"):
            plain["ID"] = rule["Id"]
        if "Filter" in rule:
            stated = rule["Filter"] or {}
            inner = stated.get("And") or stated
            tags = inner.get("TagFilters") or ([inner["TagFilter"]] if inner.get("TagFilter") else [])
            plain["Filter"] = filter_request(inner.get("Prefix"), tags)
        rules.append(plain)
    return {"Role": value["Role"], "Rules": rules}


def replication_stated(found: Value) -> dict[str, Any]:
    rules = []
    for rule in found.get("Rules") or []:
        plain = {name: member for name, member in rule.items() if name not in ("ID", "Filter")}
        if rule.get("ID"):
            plain["Id"] = rule["ID"]
        if "Filter" in rule:
            plain["Filter"] = _replication_filter(rule["Filter"])
        rules.append(plain)
    return {"Role": found.get("Role"), "Rules": rules}


def _replication_filter(found: Value) -> dict[str, Any]:
    if "And" in found:
        return {"And": renamed(found["And"], Prefix="Prefix", TagFilters="Tags")}
    return renamed(found, Prefix="Prefix", TagFilter="Tag")


# Logging, CORS, website


def logging_request(value: Value) -> dict[str, Any]:
    if not value.get("DestinationBucketName"):
        return {}
    enabled = renamed(value, TargetBucket="DestinationBucketName", TargetObjectKeyFormat="TargetObjectKeyFormat")
    return {"LoggingEnabled": {**enabled, "TargetPrefix": value.get("LogFilePrefix") or ""}}


def logging_stated(found: Value) -> dict[str, Any]:
    return renamed(
        found,
        DestinationBucketName="TargetBucket",
        LogFilePrefix="TargetPrefix",
        TargetObjectKeyFormat="TargetObjectKeyFormat",
    )


_CORS = (
    ("Id", "ID"),
    ("AllowedHeaders", "AllowedHeaders"),
    ("AllowedMethods", "AllowedMethods"),
    ("AllowedOrigins", "AllowedOrigins"),
    ("ExposedHeaders", "ExposeHeaders"),
    ("MaxAge", "MaxAgeSeconds"),
)


def cors_request(value: Value) -> dict[str, Any]:
    return {"CORSRules": [renamed(rule, **{api: stated for stated, api in _CORS}) for rule in value["CorsRules"]]}


def cors_stated(found: Sequence[Value]) -> dict[str, Any]:
    return {"CorsRules": [renamed(rule, **dict(_CORS)) for rule in found]}


def website_request(value: Value) -> dict[str, Any]:
    request: dict[str, Any] = renamed(value, RedirectAllRequestsTo="RedirectAllRequestsTo")
    if value.get("IndexDocument"):
        request["IndexDocument"] = {"Suffix": value["IndexDocument"]}
    if value.get("ErrorDocument"):
        request["ErrorDocument"] = {"Key": value["ErrorDocument"]}
    if value.get("RoutingRules"):
        request["RoutingRules"] = [
            renamed(rule, Redirect="RedirectRule", Condition="RoutingRuleCondition") for rule in value["RoutingRules"]
        ]
    return request


def website_stated(found: Value) -> dict[str, Any]:
    return pruned(  # type: ignore[no-any-return]
        {
            "RedirectAllRequestsTo": found.get("RedirectAllRequestsTo"),
            "IndexDocument": (found.get("IndexDocument") or {}).get("Suffix"),
            "ErrorDocument": (found.get("ErrorDocument") or {}).get("Key"),
            "RoutingRules": [
                renamed(rule, RedirectRule="Redirect", RoutingRuleCondition="Condition")
                for rule in found.get("RoutingRules") or []
            ],
        }
    )


# Notifications: CloudFormation states one event each, the API takes several.

_TARGETS = (
    ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
)


def notification_request(value: Value) -> dict[str, Any]:
    request: dict[str, Any] = {}
    for stated_list, stated_target, api_list, api_target in _TARGETS:
        entries = []
        for entry in value.get(stated_list) or []:
            made: dict[str, Any] = {api_target: entry[stated_target], "Events": [entry["Event"]]}
            rules = _filter_rules(entry)
            if rules:
                made["Filter"] = {"Key": {"FilterRules": rules}}
            entries.append(made)
        if entries:
            request[api_list] = entries
    if (value.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled"):
        request["EventBridgeConfiguration"] = {}
    return request


def notification_stated(found: Value) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    for stated_list, stated_target, api_list, api_target in _TARGETS:
        entries = []
        for entry in found.get(api_list) or []:
            rules = ((entry.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
            where = {"Filter": {"S3Key": {"Rules": rules}}} if rules else {}
            entries += [{stated_target: entry[api_target], "Event": event, **where} for event in entry["Events"]]
        if entries:
            stated[stated_list] = entries
    if "EventBridgeConfiguration" in found:
        stated["EventBridgeConfiguration"] = {"EventBridgeEnabled": True}
    return stated


def notification_entries(value: Any) -> Any:
    """A notification configuration with its entries in one order, and filters in one spelling."""
    if not isinstance(value, Mapping):
        return value
    plain: dict[str, Any] = {}
    for name, target, _list, _arn in _TARGETS:
        entries = []
        for entry in value.get(name) or []:
            rules = _filter_rules(entry)
            where = {"Filter": {"S3Key": {"Rules": rules}}} if rules else {}
            entries.append({target: entry[target], "Event": entry["Event"], **where})
        plain[name] = sorted(entries, key=lambda entry: (str(entry["Event"]), str(entry)))
    if (value.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled"):
        plain["EventBridgeConfiguration"] = {"EventBridgeEnabled": True}
    return pruned(plain)


def _filter_rules(entry: Value) -> list[dict[str, Any]]:
    rules = ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules") or []
    plain = [{"Name": str(rule["Name"]).lower(), "Value": rule["Value"]} for rule in rules]
    return sorted(plain, key=lambda rule: str(rule["Name"]))


# Configurations of which a bucket has several, each with an id


def tiering_request(value: Value) -> dict[str, Any]:
    plain = {name: value[name] for name in ("Id", "Status", "Tierings")}
    return {**plain, **_optional_filter(value)}


def tiering_stated(found: Value) -> dict[str, Any]:
    plain = {name: found[name] for name in ("Id", "Status", "Tierings")}
    return {**plain, **filter_stated(found.get("Filter"))}


def metrics_request(value: Value) -> dict[str, Any]:
    return {"Id": value["Id"], **_optional_filter(value, AccessPointArn=value.get("AccessPointArn"))}


def metrics_stated(found: Value) -> dict[str, Any]:
    return {"Id": found["Id"], **filter_stated(found.get("Filter"))}


def analytics_request(value: Value) -> dict[str, Any]:
    analysis = value.get("StorageClassAnalysis") or {}
    export = analysis.get("DataExport")
    request: dict[str, Any] = {"Id": value["Id"], **_optional_filter(value), "StorageClassAnalysis": {}}
    if export:
        target = export["Destination"]
        bucket = renamed(
            target, Format="Format", Bucket="BucketArn", BucketAccountId="BucketAccountId", Prefix="Prefix"
        )
        request["StorageClassAnalysis"]["DataExport"] = {
            "OutputSchemaVersion": export["OutputSchemaVersion"],
            "Destination": {"S3BucketDestination": bucket},
        }
    return request


def analytics_stated(found: Value) -> dict[str, Any]:
    export = found["StorageClassAnalysis"].get("DataExport")
    stated: dict[str, Any] = {"Id": found["Id"], **filter_stated(found.get("Filter")), "StorageClassAnalysis": {}}
    if export:
        bucket = export["Destination"]["S3BucketDestination"]
        stated["StorageClassAnalysis"]["DataExport"] = {
            "OutputSchemaVersion": export["OutputSchemaVersion"],
            "Destination": renamed(
                bucket, Format="Format", BucketArn="Bucket", BucketAccountId="BucketAccountId", Prefix="Prefix"
            ),
        }
    return stated


def inventory_request(value: Value) -> dict[str, Any]:
    bucket = renamed(
        value["Destination"], Format="Format", Bucket="BucketArn", AccountId="BucketAccountId", Prefix="Prefix"
    )
    request = {
        "Id": value["Id"],
        "IsEnabled": bool(value["Enabled"]),
        "IncludedObjectVersions": value["IncludedObjectVersions"],
        "Schedule": {"Frequency": value["ScheduleFrequency"]},
        "Destination": {"S3BucketDestination": bucket},
        **renamed(value, OptionalFields="OptionalFields"),
    }
    if value.get("Prefix"):
        request["Filter"] = {"Prefix": value["Prefix"]}
    return request


def inventory_stated(found: Value) -> dict[str, Any]:
    return {
        "Id": found["Id"],
        "Enabled": found["IsEnabled"],
        "IncludedObjectVersions": found["IncludedObjectVersions"],
        "ScheduleFrequency": found["Schedule"]["Frequency"],
        "Destination": renamed(
            found["Destination"]["S3BucketDestination"],
            Format="Format",
            BucketArn="Bucket",
            BucketAccountId="AccountId",
            Prefix="Prefix",
        ),
        **renamed(found, OptionalFields="OptionalFields"),
        **filter_stated(found.get("Filter")),
    }


def _optional_filter(value: Value, **more: Any) -> dict[str, Any]:
    """The filter of a configuration, which for the whole bucket has none."""
    made = filter_request(value.get("Prefix"), value.get("TagFilters") or [], **more)
    return {} if made == {"Prefix": ""} else {"Filter": made}


def by_id(value: Any) -> Any:
    """Configurations in the order of their ids, without anything empty."""
    if not isinstance(value, (list, tuple)):
        return value
    return sorted(map(pruned, value), key=lambda entry: str(entry["Id"]))
