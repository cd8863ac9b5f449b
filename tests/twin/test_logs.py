# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import refused


@pytest.fixture
def logs(client: Any) -> Any:
    return client("logs")


@pytest.fixture
def group(logs: Any) -> str:
    logs.create_log_group(logGroupName="/app", tags={"a": "b"})
    return "/app"


def shown(logs: Any, group: str) -> Any:
    return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_retention(logs: Any, group: str) -> None:
    with refused("InvalidParameterException", 400, "retentionInDays"):
        logs.put_retention_policy(logGroupName=group, retentionInDays=8)
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    assert shown(logs, group)["retentionInDays"] == 14
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in shown(logs, group)
    with refused("ResourceNotFoundException"):
        logs.delete_retention_policy(logGroupName="/missing")


def test_tags_go_with_their_group(logs: Any, group: str) -> None:
    arn = shown(logs, group)["logGroupArn"]
    assert shown(logs, group)["logGroupClass"] == "STANDARD"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
    logs.delete_log_group(logGroupName=group)
    with refused("ResourceNotFoundException"):
        logs.list_tags_for_resource(resourceArn=arn)
    logs.create_log_group(logGroupName=group)
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}
    with refused("InvalidParameterException"):
        logs.create_log_group(logGroupName="not a name")


def test_a_key_must_let_the_service_in(logs: Any, group: str, client: Any) -> None:
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    with refused("AccessDeniedException", 400, "not allowed to be used"):
        logs.associate_kms_key(logGroupName=group, kmsKeyId=key)
    with refused("AccessDeniedException"):
        logs.create_log_group(logGroupName="/encrypted", kmsKeyId=key)
    with refused("InvalidParameterException"):
        logs.associate_kms_key(logGroupName=group, kmsKeyId="alias/app")
    document = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    document["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
            "Action": ["kms:Encrypt*", "kms:Decrypt*"],
            "Resource": "*",
        }
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    logs.associate_kms_key(logGroupName=group, kmsKeyId=key)
    assert shown(logs, group)["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName=group)
    assert "kmsKeyId" not in shown(logs, group)
    logs.create_log_group(logGroupName="/encrypted", kmsKeyId=key)


def test_query_definitions(logs: Any) -> None:
    made = logs.put_query_definition(name="slow", queryString="fields @message", logGroupNames=["/app"])
    identifier = made["queryDefinitionId"]
    logs.put_query_definition(queryDefinitionId=identifier, name="slow", queryString="fields @timestamp")
    (seen,) = logs.describe_query_definitions(queryDefinitionNamePrefix="sl")["queryDefinitions"]
    assert (seen["queryDefinitionId"], seen["queryString"]) == (identifier, "fields @timestamp")
    assert logs.delete_query_definition(queryDefinitionId=identifier)["success"]
    with refused("ResourceNotFoundException"):
        logs.delete_query_definition(queryDefinitionId=identifier)


def test_data_protection(logs: Any, group: str) -> None:
    with refused("InvalidParameterException"):
        logs.put_data_protection_policy(logGroupIdentifier=group, policyDocument="{}")
    email = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"
    document = json.dumps(
        {
            "Name": "p",
            "Version": "2021-06-01",
            "Statement": [
                {"Sid": "audit", "DataIdentifier": [email], "Operation": {"Audit": {"FindingsDestination": {}}}},
                {"Sid": "mask", "DataIdentifier": [email], "Operation": {"Deidentify": {"MaskConfig": {}}}},
            ],
        }
    )
    logs.put_data_protection_policy(logGroupIdentifier=group, policyDocument=document)
    assert logs.get_data_protection_policy(logGroupIdentifier=group)["policyDocument"] == document
    assert shown(logs, group)["dataProtectionStatus"] == "ACTIVATED"
    logs.delete_data_protection_policy(logGroupIdentifier=group)
    with refused("ResourceNotFoundException"):
        logs.delete_data_protection_policy(logGroupIdentifier=group)


def test_deletion_protection(logs: Any, group: str) -> None:
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=True)
    with refused("ValidationException"):
        logs.delete_log_group(logGroupName=group)
    logs.put_log_group_deletion_protection(logGroupIdentifier=group, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=group)


def test_field_index_policies(client: Any) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/indexed")
    group = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]

    def shown() -> list[tuple[str, str, str]]:
        found = logs.describe_index_policies(logGroupIdentifiers=[group])["indexPolicies"]
        return [(one["logGroupIdentifier"], one["policyDocument"], one["source"]) for one in found]

    assert shown() == []
    document = '{"Fields": ["requestId", "userId"]}'
    put = logs.put_index_policy(logGroupIdentifier="/indexed", policyDocument=document)["indexPolicy"]
    assert put["policyDocument"] == document
    assert shown() == [(group, document, "LOG_GROUP")]
    bad = ("nonsense", "{}", '{"Fields": []}', '{"Fields": ["a", "a"]}', json.dumps({"Fields": ["a" * 101]}))
    for wrong in (*bad, json.dumps({"Fields": [f"f{number}" for number in range(21)]})):
        with refused("InvalidParameterException"):
            logs.put_index_policy(logGroupIdentifier="/indexed", policyDocument=wrong)
    logs.delete_index_policy(logGroupIdentifier=group)
    assert shown() == []
    with refused("ResourceNotFoundException"):
        logs.delete_index_policy(logGroupIdentifier=group)
    with refused("ResourceNotFoundException"):
        logs.put_index_policy(logGroupIdentifier="/nosuch", policyDocument=document)
    with refused("ResourceNotFoundException"):
        logs.describe_index_policies(logGroupIdentifiers=["/nosuch"])
    logs.create_log_group(logGroupName="/rare", logGroupClass="INFREQUENT_ACCESS")
    with refused("InvalidParameterException", message="Standard"):
        logs.put_index_policy(logGroupIdentifier="/rare", policyDocument=document)


def test_metric_filters(logs: Any, group: str) -> None:
    def put(name: str = "errors", pattern: str = "ERROR", **more: Any) -> None:
        rule = {"metricName": "Errors", "metricNamespace": "App", "metricValue": "1", **more}
        logs.put_metric_filter(logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[rule])

    put()
    put(pattern="FATAL")
    (one,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert (one["filterPattern"], one["metricTransformations"][0]["unit"]) == ("FATAL", "None")
    with refused("InvalidParameterException", message="mutually"):
        put(defaultValue=0, dimensions={"Agent": "$.agent"})
    with refused("InvalidParameterException"):
        put(dimensions={name: f"$.{name}" for name in "abcd"})
    with refused("ResourceNotFoundException"):
        logs.delete_metric_filter(logGroupName=group, filterName="other")
    logs.delete_log_group(logGroupName=group)
    assert logs.describe_metric_filters()["metricFilters"] == []
    with refused("ResourceNotFoundException"):
        put()


def test_a_query_is_made_once(logs: Any) -> None:
    token = "0" * 36
    first, second = (
        logs.put_query_definition(name="slow", queryString="fields @message", clientToken=token) for _ in range(2)
    )
    assert first["queryDefinitionId"] == second["queryDefinitionId"]
    assert len(logs.describe_query_definitions()["queryDefinitions"]) == 1
