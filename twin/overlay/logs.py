# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log groups: retention, encryption, metric filters, saved queries, data protection, field indexes.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.logs.responses import LogsResponse
from moto.moto_api._internal import mock_random

from twin.patch import Parameters, after, before, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTION = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def install(world: World) -> None:
    _groups()
    _encryption()
    _metric_filters()
    _queries()
    _data_protection()
    _field_indexes()


def _groups() -> None:
    @before(LogsResponse, "CreateLogGroup")
    def create(response: Any, asked: Parameters) -> None:
        name = asked["logGroupName"]
        if not re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", name):
            refuse(
                "InvalidParameterException",
                f"1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint: Member"
                " must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
            )
        if asked.get("kmsKeyId") and name not in response.logs_backend.groups:
            _check_key(response, name, asked["kmsKeyId"])

    @after(LogsResponse, "CreateLogGroup")
    def remember(response: Any, asked: Parameters, result: Any) -> Any:
        group = response.logs_backend.groups[asked["logGroupName"]]
        notes(group, "kept").update(
            logGroupClass=asked.get("logGroupClass") or "STANDARD",
            deletionProtectionEnabled=bool(asked.get("deletionProtectionEnabled")),
        )
        return result

    @before(LogsResponse, "PutRetentionPolicy")
    def retention(response: Any, asked: Parameters) -> None:
        if asked["retentionInDays"] not in _RETENTION:
            refuse(
                "InvalidParameterException",
                f"1 validation error detected: Value '{asked['retentionInDays']}' at 'retentionInDays' failed to"
                f" satisfy constraint: Member must satisfy enum value set: [{', '.join(map(str, _RETENTION))}]",
            )
        _group(response, asked["logGroupName"])

    @before(LogsResponse, "DeleteRetentionPolicy")
    def exists(response: Any, asked: Parameters) -> None:
        _group(response, asked["logGroupName"])

    @before(LogsResponse, "ListTagsForResource", "TagResource", "UntagResource")
    def tagged(response: Any, asked: Parameters) -> None:
        arn = asked["resourceArn"].removesuffix(":*")
        if ":log-group:" in arn:
            _group(response, arn)

    @after(LogsResponse, "DescribeLogGroups")
    def describe(response: Any, asked: Parameters, result: Any) -> Any:
        answer = json.loads(result)
        for shown in answer["logGroups"]:
            group = response.logs_backend.groups[shown["logGroupName"]]
            kept = notes(group, "kept")
            shown["logGroupClass"] = kept.get("logGroupClass", "STANDARD")
            shown["deletionProtectionEnabled"] = kept.get("deletionProtectionEnabled", False)
            if "data_protection" in kept:
                shown["dataProtectionStatus"] = "ACTIVATED"
        return json.dumps(answer)

    @operation(LogsResponse, "PutLogGroupDeletionProtection")
    def protect(response: Any, asked: Parameters) -> None:
        group = _group(response, asked["logGroupIdentifier"])
        notes(group, "kept")["deletionProtectionEnabled"] = asked["deletionProtectionEnabled"]

    @before(LogsResponse, "DeleteLogGroup")
    def protected(response: Any, asked: Parameters) -> None:
        group = _group(response, asked["logGroupName"])
        if notes(group, "kept").get("deletionProtectionEnabled"):
            refuse("ValidationException", f"Log group {group.name} has deletion protection enabled.")

    @after(LogsResponse, "DeleteLogGroup")
    def forget_tags(response: Any, asked: Parameters, result: Any) -> Any:
        backend = response.logs_backend
        arn = f"arn:aws:logs:{backend.region_name}:{backend.account_id}:log-group:{asked['logGroupName']}"
        backend.tagger.delete_all_tags_for_resource(arn)
        kept = backend.filters.metric_filters
        kept[:] = [one for one in kept if one["logGroupName"] != asked["logGroupName"]]
        return result


def _group(response: Any, identifier: str) -> Any:
    """A log group by name or ARN."""
    name = identifier.split(":log-group:", 1)[-1].removesuffix(":*")
    group = response.logs_backend.groups.get(name)
    if group is None:
        refuse("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _encryption() -> None:
    @operation(LogsResponse, "AssociateKmsKey")
    def associate(response: Any, asked: Parameters) -> None:
        group = _group(response, asked.get("logGroupName") or asked.get("resourceIdentifier") or "")
        _check_key(response, group.name, asked["kmsKeyId"])
        group.kms_key_id = asked["kmsKeyId"]

    @operation(LogsResponse, "DisassociateKmsKey")
    def disassociate(response: Any, asked: Parameters) -> None:
        group = _group(response, asked.get("logGroupName") or asked.get("resourceIdentifier") or "")
        group.kms_key_id = None


def _check_key(response: Any, group: str, key_arn: str) -> None:
    """The key must exist, be enabled, and let CloudWatch Logs use it."""
    from moto.kms.models import kms_backends

    backend = response.logs_backend
    if not re.match(r"arn:aws[\w-]*:kms:", key_arn):
        refuse("InvalidParameterException", "Specified KMS Key Id is not a valid ARN.")
    kms = existing(kms_backends, backend.account_id, backend.region_name)
    key = kms.keys.get(kms.get_key_id(key_arn)) if kms else None
    services = (f"logs.{backend.region_name}.amazonaws.com", "logs.amazonaws.com")
    if key is None or key.key_state != "Enabled" or not any(one in key.policy for one in services):
        arn = f"arn:aws:logs:{backend.region_name}:{backend.account_id}:log-group:{group}"
        refuse(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
        )


def _metric_filters() -> None:
    @operation(LogsResponse, "PutMetricFilter")
    def put(response: Any, asked: Parameters) -> None:
        group = _group(response, asked["logGroupName"])
        if not re.fullmatch(r"[^:*]{1,512}", asked["filterName"]):
            refuse("InvalidParameterException", "The filter name must have 1 to 512 characters and no : or *.")
        if len(asked["metricTransformations"]) != 1:
            refuse("InvalidParameterException", "A metric filter has exactly one transformation.")
        rule = asked["metricTransformations"][0]
        if rule.get("dimensions") and rule.get("defaultValue") is not None:
            refuse(
                "InvalidParameterException",
                "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
            )
        if len(rule.get("dimensions") or {}) > 3:
            refuse("InvalidParameterException", "A metric filter has at most 3 dimensions.")
        kept = response.logs_backend.filters.metric_filters
        mine = [one for one in kept if one["logGroupName"] == group.name]
        old = next((one for one in mine if one["filterName"] == asked["filterName"]), None)
        if old is None and len(mine) >= 100:
            refuse("LimitExceededException", "Resource limit exceeded.")
        made = {"creationTime": int(unix_time_millis()), "applyOnTransformedLogs": False, **asked}
        made["metricTransformations"] = [{"unit": "None", **rule}]
        if old is not None:
            kept.remove(old)
        kept.append(made)

    @before(LogsResponse, "DescribeMetricFilters")
    def there(response: Any, asked: Parameters) -> None:
        if asked.get("logGroupName"):
            _group(response, asked["logGroupName"])

    @before(LogsResponse, "DeleteMetricFilter")
    def known(response: Any, asked: Parameters) -> None:
        _group(response, asked["logGroupName"])
        kept = response.logs_backend.filters.metric_filters
        names = {(one["logGroupName"], one["filterName"]) for one in kept}
        if (asked["logGroupName"], asked["filterName"]) not in names:
            refuse("ResourceNotFoundException", "The specified metric filter does not exist.")


def _queries() -> None:
    @operation(LogsResponse, "PutQueryDefinition")
    def put(response: Any, asked: Parameters) -> dict[str, Any]:
        known = notes(response.logs_backend, "query_definitions")
        tokens = notes(response.logs_backend, "query_tokens")
        identifier = asked.get("queryDefinitionId") or tokens.get(asked.get("clientToken")) or str(mock_random.uuid4())
        if asked.get("clientToken"):
            tokens[asked["clientToken"]] = identifier
        if asked.get("queryDefinitionId") and identifier not in known:
            refuse("ResourceNotFoundException", "The specified query definition does not exist.")
        known[identifier] = {
            "queryDefinitionId": identifier,
            "name": asked["name"],
            "queryString": asked["queryString"],
            "lastModified": int(unix_time_millis()),
            "logGroupNames": asked.get("logGroupNames") or [],
            "queryLanguage": asked.get("queryLanguage") or "CWLI",
            "parameters": asked.get("parameters") or [],
        }
        return {"queryDefinitionId": identifier}

    @operation(LogsResponse, "DescribeQueryDefinitions")
    def describe(response: Any, asked: Parameters) -> dict[str, Any]:
        known = notes(response.logs_backend, "query_definitions")
        prefix = asked.get("queryDefinitionNamePrefix") or ""
        items = sorted((one for one in known.values() if one["name"].startswith(prefix)), key=lambda one: one["name"])
        start = int(asked.get("nextToken") or 0)
        end = start + (asked.get("maxResults") or 1000)
        answer: dict[str, Any] = {"queryDefinitions": items[start:end]}
        return answer | ({"nextToken": str(end)} if end < len(items) else {})

    @operation(LogsResponse, "DeleteQueryDefinition")
    def delete(response: Any, asked: Parameters) -> dict[str, Any]:
        known = notes(response.logs_backend, "query_definitions")
        if known.pop(asked["queryDefinitionId"], None) is None:
            refuse("ResourceNotFoundException", "The specified query definition does not exist.")
        return {"success": True}


def _data_protection() -> None:
    @operation(LogsResponse, "PutDataProtectionPolicy")
    def put(response: Any, asked: Parameters) -> dict[str, Any]:
        group = _group(response, asked["logGroupIdentifier"])
        try:
            document = json.loads(asked["policyDocument"])
            operations = [name for one in document["Statement"] for name in one["Operation"]]
        except (ValueError, KeyError, TypeError):
            refuse("InvalidParameterException", "Invalid data protection policy document")
        if sorted(operations) != ["Audit", "Deidentify"]:
            refuse(
                "InvalidParameterException",
                "The policy must contain one statement with an Audit operation and one with a Deidentify operation",
            )
        kept = notes(group, "kept")
        kept["data_protection"] = (asked["policyDocument"], int(unix_time_millis()))
        return _shown(group)

    @operation(LogsResponse, "GetDataProtectionPolicy")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        return _shown(_group(response, asked["logGroupIdentifier"]))

    @operation(LogsResponse, "DeleteDataProtectionPolicy")
    def delete(response: Any, asked: Parameters) -> None:
        group = _group(response, asked["logGroupIdentifier"])
        if notes(group, "kept").pop("data_protection", None) is None:
            refuse("ResourceNotFoundException", "The log group has no data protection policy.")


def _shown(group: Any) -> dict[str, Any]:
    kept = notes(group, "kept").get("data_protection")
    if kept is None:
        return {"logGroupIdentifier": group.arn}
    document, modified = kept
    return {"logGroupIdentifier": group.arn, "policyDocument": document, "lastUpdatedTime": modified}


def _field_indexes() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutIndexPolicy.html"""

    @operation(LogsResponse, "PutIndexPolicy")
    def put(response: Any, asked: Parameters) -> dict[str, Any]:
        group = _group(response, asked["logGroupIdentifier"])
        kept = notes(group, "kept")
        if kept.get("logGroupClass", "STANDARD") != "STANDARD":
            refuse("InvalidParameterException", "Field indexes are supported only for log groups of the Standard class")
        try:
            fields = json.loads(asked["policyDocument"])["Fields"]
        except (ValueError, KeyError, TypeError):
            refuse("InvalidParameterException", "The policy document must be JSON with a Fields array")
        if not isinstance(fields, list) or not 1 <= len(fields) <= 20 or len({*map(str, fields)}) != len(fields):
            refuse("InvalidParameterException", "Fields must be 1 to 20 different field names")
        if not all(isinstance(field, str) and 1 <= len(field) <= 100 for field in fields):
            refuse("InvalidParameterException", "A field name must have 1 to 100 characters")
        kept["index"] = (asked["policyDocument"], int(unix_time_millis()))
        return {"indexPolicy": _index(group)}

    @operation(LogsResponse, "DescribeIndexPolicies")
    def describe(response: Any, asked: Parameters) -> dict[str, Any]:
        groups = [_group(response, identifier) for identifier in asked["logGroupIdentifiers"]]
        return {"indexPolicies": [_index(group) for group in groups if "index" in notes(group, "kept")]}

    @operation(LogsResponse, "DeleteIndexPolicy")
    def delete(response: Any, asked: Parameters) -> None:
        group = _group(response, asked["logGroupIdentifier"])
        if notes(group, "kept").pop("index", None) is None:
            refuse("ResourceNotFoundException", "The log group has no field index policy.")


def _index(group: Any) -> dict[str, Any]:
    document, updated = notes(group, "kept")["index"]
    return {
        "logGroupIdentifier": group.arn,
        "policyDocument": document,
        "lastUpdateTime": updated,
        "source": "LOG_GROUP",
    }
