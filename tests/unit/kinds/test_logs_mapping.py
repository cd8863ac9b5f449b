"""How log groups are found, read and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.kinds.logs import LOGS_LOG_GROUP
from tests.unit.kinds.canned import OWNER, CannedApi, scope, work

ARN = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/api"
GROUP = {"logGroupName": "/ecs/api", "arn": f"{ARN}:*", "retentionInDays": 30, "storedBytes": 0}
TAGS = [{"Key": key, "Value": value} for key, value in OWNER.items()]
INDEX = {"ResourceTagMappingList": [{"ResourceARN": ARN, "Tags": TAGS}]}


def read(*wanted: dict[str, Any], **answers: Any) -> tuple[Any, CannedApi]:
    api = CannedApi(
        {
            "resourcegroupstaggingapi.get_resources": INDEX,
            "logs.describe_log_groups": {"logGroups": [GROUP, {**GROUP, "logGroupName": "/ecs/api-2"}]},
            **answers,
        }
    )
    found = [LOGS_LOG_GROUP.parse(item) for item in LOGS_LOG_GROUP.list(scope(api, *wanted))]
    return found, api


def test_a_log_group_is_read_by_two_requests() -> None:
    (group,), api = read({"LogGroupName": "/ecs/api", "RetentionInDays": 30})
    assert (group.id, group.name) == ("/ecs/api", "main")
    assert group.properties["RetentionInDays"] == 30
    assert group.properties["LogGroupClass"] == "STANDARD"
    assert group.attributes["Arn"] == f"{ARN}:*"
    assert api.names() == ["resourcegroupstaggingapi.get_resources", "logs.describe_log_groups"]
    assert api.params("logs.describe_log_groups") == {"logGroupIdentifiers": ["/ecs/api"]}


def test_a_policy_is_read_only_where_one_is_stated() -> None:
    answer = {"policyDocument": '{"Name": "p"}'}
    (group,), _api = read(
        {"LogGroupName": "/ecs/api", "DataProtectionPolicy": {}}, **{"logs.get_data_protection_policy": answer}
    )
    assert group.properties["DataProtectionPolicy"] == '{"Name": "p"}'


def test_the_accounts_own_index_policy_is_not_the_groups() -> None:
    policies = [{"policyDocument": "account", "source": "ACCOUNT"}, {"policyDocument": '{"Fields": ["a"]}'}]
    (group,), _api = read(
        {"LogGroupName": "/ecs/api", "FieldIndexPolicies": []},
        **{"logs.describe_index_policies": {"indexPolicies": policies}},
    )
    assert group.properties["FieldIndexPolicies"] == ['{"Fields": ["a"]}']


def test_protection_is_the_clouds_own_guard() -> None:
    assert LOGS_LOG_GROUP.parse({**GROUP, "deletionProtectionEnabled": True}).protected
    assert not LOGS_LOG_GROUP.parse(GROUP).protected


@pytest.mark.parametrize(
    ("desired", "request_"),
    [
        ({"RetentionInDays": 90}, ("logs.put_retention_policy", {"logGroupName": "/ecs/api", "retentionInDays": 90})),
        ({"RetentionInDays": None}, ("logs.delete_retention_policy", {"logGroupName": "/ecs/api"})),
        ({"KmsKeyId": "arn:k"}, ("logs.associate_kms_key", {"logGroupName": "/ecs/api", "kmsKeyId": "arn:k"})),
        ({"KmsKeyId": ""}, ("logs.disassociate_kms_key", {"logGroupName": "/ecs/api"})),
        (
            {"DataProtectionPolicy": {"Name": "p"}},
            (
                "logs.put_data_protection_policy",
                {"logGroupIdentifier": "/ecs/api", "policyDocument": '{"Name": "p"}'},
            ),
        ),
        ({"DataProtectionPolicy": {}}, ("logs.delete_data_protection_policy", {"logGroupIdentifier": "/ecs/api"})),
        (
            {"FieldIndexPolicies": [{"Fields": ["a"]}]},
            ("logs.put_index_policy", {"logGroupIdentifier": "/ecs/api", "policyDocument": '{"Fields": ["a"]}'}),
        ),
        ({"FieldIndexPolicies": []}, ("logs.delete_index_policy", {"logGroupIdentifier": "/ecs/api"})),
    ],
)
def test_what_is_stated_is_set_and_what_is_stated_as_nothing_is_removed(desired: dict[str, Any], request_: Any) -> None:
    api = CannedApi()
    (name,) = desired
    step = next(update.step for update in LOGS_LOG_GROUP.updates if update.properties == (name,))
    step(work(api, LOGS_LOG_GROUP, desired, GROUP))  # type: ignore[operator]
    assert api.asked == [request_]


def test_a_log_group_is_created_with_its_tags() -> None:
    api = CannedApi()
    desired = {"LogGroupName": "/ecs/api", "KmsKeyId": "arn:k", "RetentionInDays": 30}
    item = LOGS_LOG_GROUP.create(work(api, LOGS_LOG_GROUP, desired))  # type: ignore[misc, operator]
    assert api.asked == [("logs.create_log_group", {"logGroupName": "/ecs/api", "kmsKeyId": "arn:k", "tags": OWNER})]
    assert LOGS_LOG_GROUP.parse(item).attributes["Arn"] == f"{ARN}:*"


@pytest.mark.parametrize(
    ("prop", "was", "stated", "way"),
    [
        ("LogGroupName", "/ecs/api", "/ecs/web", "keep it by `log_group: /ecs/api`"),
        ("LogGroupClass", "STANDARD", "INFREQUENT_ACCESS", "state STANDARD"),
    ],
)
def test_a_log_group_is_not_replaced_by_another_since_the_logs_would_go(
    prop: str, was: str, stated: str, way: str
) -> None:
    described = LOGS_LOG_GROUP.properties[prop]
    assert described.immutable
    assert described.refuse is not None
    why = described.refuse(was, stated)
    assert stated in why
    assert way in why
