# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import passes_through, refused, until

Client = Callable[..., Any]
TABLE = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def dynamodb(twin: Any, client: Client) -> Any:
    twin.delays(dynamodb__create=1.0, dynamodb__delete=1.0, dynamodb__update=1.0)
    return client("dynamodb")


def described(dynamodb: Any) -> dict[str, Any]:
    return dynamodb.describe_table(TableName="t")["Table"]


def active(dynamodb: Any, **more: Any) -> dict[str, Any]:
    dynamodb.create_table(**{**TABLE, **more})
    until(lambda: described(dynamodb)["TableStatus"], lambda s: s == "ACTIVE")
    return described(dynamodb)


def test_a_table_is_created_and_deleted_through_its_states(dynamodb: Any) -> None:
    item = {"TableName": "t", "Item": {"id": {"S": "1"}}}
    assert dynamodb.create_table(**TABLE)["TableDescription"]["TableStatus"] == "CREATING"
    with refused("ResourceNotFoundException", "Requested resource not found"):
        dynamodb.put_item(**item)
    with refused("ResourceInUseException", "being created"):
        dynamodb.delete_table(TableName="t")
    with refused("ContinuousBackupsUnavailableException"):
        dynamodb.update_continuous_backups(
            TableName="t", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    passes_through(lambda: described(dynamodb)["TableStatus"], "CREATING", "ACTIVE")
    dynamodb.put_item(**item)
    assert dynamodb.delete_table(TableName="t")["TableDescription"]["TableStatus"] == "DELETING"
    with refused("ResourceInUseException", "Table is being deleted: t"):
        dynamodb.create_table(**TABLE)
    with refused("ResourceNotFoundException"):
        dynamodb.get_item(TableName="t", Key={"id": {"S": "1"}})
    until(lambda: dynamodb.list_tables()["TableNames"], lambda names: names == [])
    with refused("ResourceNotFoundException", "Table: t not found"):
        described(dynamodb)


def test_deletion_protection(dynamodb: Any) -> None:
    active(dynamodb, DeletionProtectionEnabled=True)
    with refused("ValidationException", "protected against deletion"):
        dynamodb.delete_table(TableName="t")
    answer = dynamodb.update_table(TableName="t", DeletionProtectionEnabled=False)["TableDescription"]
    assert (answer["TableStatus"], answer["DeletionProtectionEnabled"]) == ("ACTIVE", False)
    dynamodb.delete_table(TableName="t")


def test_an_update_takes_time_and_excludes_another(dynamodb: Any) -> None:
    active(dynamodb)
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    answer = dynamodb.update_table(
        TableName="t",
        BillingMode="PROVISIONED",
        ProvisionedThroughput=throughput,
        TableClass="STANDARD_INFREQUENT_ACCESS",
    )
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"
    with refused("ResourceInUseException", "being updated"):
        dynamodb.update_table(TableName="t", BillingMode="PAY_PER_REQUEST")
    dynamodb.put_item(TableName="t", Item={"id": {"S": "1"}})
    until(lambda: described(dynamodb)["TableStatus"], lambda s: s == "ACTIVE")
    got = described(dynamodb)
    assert got["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert got["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


def test_encryption(client: Client, dynamodb: Any) -> None:
    key = client("kms").create_key()["KeyMetadata"]
    with refused("ValidationException", "KMS validation error"):
        dynamodb.create_table(
            **TABLE,
            SSESpecification={"Enabled": True, "KMSMasterKeyId": "00000000-0000-0000-0000-000000000000"},
        )
    assert "SSEDescription" not in active(dynamodb)
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]}
    dynamodb.update_table(TableName="t", SSESpecification=specification)
    until(lambda: described(dynamodb)["TableStatus"], lambda s: s == "ACTIVE")
    assert described(dynamodb)["SSEDescription"]["KMSMasterKeyArn"] == key["Arn"]


def test_recovery_time_to_live_and_tags(dynamodb: Any) -> None:
    arn = active(dynamodb, Tags=[{"Key": "a", "Value": "1"}])["TableArn"]
    dynamodb.update_continuous_backups(
        TableName="t", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    backups = dynamodb.describe_continuous_backups(TableName="t")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    ttl = {"TableName": "t", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}
    dynamodb.update_time_to_live(**ttl)
    state = lambda: dynamodb.describe_time_to_live(TableName="t")["TimeToLiveDescription"]["TimeToLiveStatus"]  # noqa: E731
    assert state() == "ENABLING"
    passes_through(state, "ENABLING", "ENABLED")
    with refused("ValidationException", "already enabled"):
        dynamodb.update_time_to_live(**ttl)
    with refused("ResourceNotFoundException"):
        dynamodb.describe_time_to_live(TableName="nosuch")
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
