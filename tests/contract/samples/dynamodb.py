"""DynamoDB."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample


def _attributes(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def _index(name: str, attribute: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }


TABLE = Resource(
    "AWS::DynamoDB::Table",
    "main",
    {
        "TableName": "contract",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": _attributes("sk", "pk", "owner"),
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [_index("by-owner", "owner")],
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "DeletionProtectionEnabled": False,
        "TableClass": "STANDARD",
    },
)
PROVISIONED = Resource(
    "AWS::DynamoDB::Table",
    "provisioned",
    {
        "TableName": "contract-provisioned",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": _attributes("pk"),
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    },
)

SAMPLES = [
    Sample(
        "AWS::DynamoDB::Table",
        [TABLE],
        changes={
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False},
            "DeletionProtectionEnabled": True,
            "GlobalSecondaryIndexes": [_index("by-owner", "owner"), _index("by-range", "sk")],
        },
        immutable={
            "TableName": "contract-renamed",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        },
    ),
    Sample(
        "AWS::DynamoDB::Table",
        [PROVISIONED],
        changes={
            "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5},
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        },
    ),
]
