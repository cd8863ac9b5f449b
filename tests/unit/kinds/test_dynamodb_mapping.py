"""What DynamoDB answers and takes, against CloudFormation's shapes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Phase, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import dynamodb
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.dynamodb import (
    TABLE,
    capacity_change,
    creation,
    next_index_change,
)
from tests.unit.kinds import schemas


def index(name: str, attribute: str, **more: Any) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **more,
    }


KEY = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
ANSWER: dict[str, Any] = {
    "TableName": "leases",
    "TableStatus": "ACTIVE",
    "TableArn": "arn:aws:dynamodb:us-east-1:1:table/leases",
    "KeySchema": KEY,
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "owner")],
    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5, "NumberOfDecreasesToday": 0},
    "GlobalSecondaryIndexes": [
        index("by-owner", "owner", IndexStatus="ACTIVE", IndexArn="arn"),
        index("old", "sk", IndexStatus="DELETING"),
    ],
    "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:::key/1111"},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "ContinuousBackups": {
        "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35}
    },
    "TimeToLive": {"TimeToLiveStatus": "ENABLING", "AttributeName": "expires"},
    "Tags": [],
}


def work(changed: set[str] | None = None, answer: dict[str, Any] | None = None, **desired: Any) -> Work:
    return Work(
        Address(TABLE.type, "main"),
        desired,
        api=None,  # type: ignore[arg-type]
        current=TABLE.parse(
            {**ANSWER, "GlobalSecondaryIndexes": ANSWER["GlobalSecondaryIndexes"][:1], **(answer or {})}
        ),
        tags={"a": "b"},
        changed=frozenset(changed if changed is not None else desired),
    )


@pytest.mark.parametrize(
    ("name", "desired", "answer", "expected"),
    [
        ("BillingMode", "PROVISIONED", {}, False),
        ("BillingMode", "PAY_PER_REQUEST", {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}, False),
        ("ProvisionedThroughput", {"ReadCapacityUnits": "5", "WriteCapacityUnits": 5}, {}, False),
        ("ProvisionedThroughput", {"ReadCapacityUnits": 6, "WriteCapacityUnits": 5}, {}, True),
        ("KeySchema", KEY[::-1], {}, False),
        ("KeySchema", KEY[:1], {}, True),
        ("AttributeDefinitions", ANSWER["AttributeDefinitions"][::-1], {}, False),
        ("GlobalSecondaryIndexes", [index("by-owner", "owner")], {}, False),
        ("GlobalSecondaryIndexes", [], {}, True),
        ("GlobalSecondaryIndexes", [index("by-owner", "sk")], {}, True),
        ("SSESpecification", {"SSEEnabled": True, "KMSMasterKeyId": "1111"}, {}, False),
        ("SSESpecification", {"SSEEnabled": False}, {}, True),
        ("SSESpecification", {"SSEEnabled": False}, {"SSEDescription": None}, False),
        ("StreamSpecification", {"StreamViewType": "NEW_IMAGE"}, {}, False),
        (
            "StreamSpecification",
            {"StreamViewType": "NEW_IMAGE"},
            {"StreamSpecification": {"StreamEnabled": False}},
            True,
        ),
        ("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": True}, {}, False),
        ("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False}, {"ContinuousBackups": {}}, False),
        ("TimeToLiveSpecification", {"AttributeName": "expires", "Enabled": True}, {}, False),
        ("TimeToLiveSpecification", {"AttributeName": "other", "Enabled": True}, {}, True),
        (
            "TimeToLiveSpecification",
            {"AttributeName": "x", "Enabled": False},
            {"TimeToLive": {"TimeToLiveStatus": "DISABLED"}},
            False,
        ),
        ("TableClass", "STANDARD", {}, False),
        ("DeletionProtectionEnabled", False, {}, False),
    ],
)
def test_comparison(name: str, desired: Any, answer: dict[str, Any], expected: bool) -> None:
    observed = TABLE.parse({**ANSWER, **answer})
    assert differs(TABLE.properties[name], desired, observed.properties[name]) is expected


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        ({"GlobalSecondaryIndexes": []}, Phase.READY),
        ({"TableStatus": "CREATING"}, Phase.BUSY),
        ({"TableStatus": "DELETING"}, Phase.LEAVING),
        ({"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}, Phase.FAILED),
        ({"GlobalSecondaryIndexes": [{"IndexName": "i", "IndexStatus": "CREATING"}]}, Phase.BUSY),
        ({"GlobalSecondaryIndexes": [], "SSEDescription": {"Status": "UPDATING"}}, Phase.BUSY),
    ],
)
def test_states(answer: dict[str, Any], phase: Phase) -> None:
    assert TABLE.parse({**ANSWER, **answer}).phase is phase


def test_creation_speaks_the_api() -> None:
    params = creation(
        work(
            TableName="leases",
            KeySchema=KEY,
            SSESpecification={"SSEEnabled": True, "KMSMasterKeyId": "key"},
            StreamSpecification={"StreamViewType": "NEW_IMAGE"},
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
        )
    )
    assert params == {
        "TableName": "leases",
        "KeySchema": KEY,
        "SSESpecification": {"Enabled": True, "KMSMasterKeyId": "key"},
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_provisioning_a_table_provisions_its_indexes() -> None:
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    asked = work(
        {"BillingMode"},
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexes=[index("by-owner", "owner", ProvisionedThroughput=throughput)],
    )
    assert capacity_change(asked) == {
        "TableName": "leases",
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": throughput,
        "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by-owner", "ProvisionedThroughput": throughput}}],
    }


def test_a_table_on_demand_has_no_throughput() -> None:
    asked = work(BillingMode="PAY_PER_REQUEST", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    assert capacity_change(asked) == {"TableName": "leases", "BillingMode": "PAY_PER_REQUEST"}


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        ([index("by-owner", "owner")], None),
        ([], {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-owner"}}]}),
        # An index is what it was made as: another key means another index.
        ([index("by-owner", "sk")], {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-owner"}}]}),
        (
            [index("by-owner", "owner"), index("by-range", "sk")],
            {
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("owner", "pk", "sk")
                ],
                "GlobalSecondaryIndexUpdates": [{"Create": index("by-range", "sk")}],
            },
        ),
        (
            [index("by-owner", "owner", ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 2})],
            {
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Update": {
                            "IndexName": "by-owner",
                            "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2},
                        }
                    }
                ]
            },
        ),
    ],
)
def test_indexes_change_one_by_one(desired: list[dict[str, Any]], expected: dict[str, Any] | None) -> None:
    assert next_index_change(work(KeySchema=KEY, GlobalSecondaryIndexes=desired)) == expected


# CloudFormation

NOT_KNOWN = {
    "AWS::DynamoDB::Table": {
        "ContributorInsightsSpecification",
        "ImportSourceSpecification",
        "KinesisStreamSpecification",
        "ResourcePolicy",
        "VectorIndexes",
        "WarmThroughput",
    }
}


@pytest.mark.parametrize("kind", [kind for kind in dynamodb.KINDS if kind.export], ids=lambda kind: kind.type)
def test_properties_are_cloudformations(kind: Kind) -> None:
    assert set(kind.properties) - schemas.writable(kind.type) == set()
    assert schemas.writable(kind.type) - set(kind.properties) == NOT_KNOWN.get(kind.type, set())


@pytest.mark.parametrize("kind", [kind for kind in dynamodb.KINDS if kind.export], ids=lambda kind: kind.type)
def test_what_cloudformation_cannot_change_is_not_changed(kind: Kind) -> None:
    fixed = schemas.names(kind.type, "createOnlyProperties") & set(kind.properties)
    rules = [kind.properties[name] for name in fixed]
    assert all(rule.immutable or rule.initial or rule.write_only for rule in rules)
