# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DynamoDB: tables have states, and what is not ACTIVE can be neither changed nor read."""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from twin.overlay import _lookups
from twin.overlay._lifecycle import proceed
from twin.patch import Parameters, around, before, notes
from twin.refusal import refuse
from twin.world import World

_DATA = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")
_BATCHES = ("BatchGetItem", "BatchWriteItem")
_SLOW = (
    "ProvisionedThroughput", "BillingMode", "GlobalSecondaryIndexUpdates", "StreamSpecification",
    "SSESpecification", "TableClass", "AttributeDefinitions",
)  # fmt: skip


def status(table: Table) -> str:
    return notes(table, "state").get("status", "ACTIVE")  # type: ignore[no-any-return]


def _set(table: Table, state: str) -> None:
    notes(table, "state")["status"] = state


def _find(response: DynamoHandler, name: str) -> Table | None:
    tables = response.dynamodb_backend.tables
    found = tables.get(name)
    if found is None and name.startswith("arn:"):
        found = tables.get(name.rsplit("/", 1)[-1])
    return found


def _must_be_active(table: Table | None) -> None:
    if table is None or status(table) == "ACTIVE":
        return
    words = {"CREATING": "created", "DELETING": "deleted"}.get(status(table), "updated")
    refuse(
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: Table is being {words}: {table.name}",
    )


def _there(table: Table | None) -> None:
    if table is not None and status(table) in ("CREATING", "DELETING"):
        refuse("ResourceNotFoundException", "Requested resource not found")


def _states(world: World) -> None:
    def settle(table: Table, delay: str) -> None:
        proceed(world, table, world.delay(delay), lambda: _set(table, "ACTIVE"))

    @around(DynamoDBBackend, "create_table")
    def create(original: Any, backend: DynamoDBBackend, name: str, *args: Any, **kw: Any) -> Table:
        if name in backend.tables and status(backend.tables[name]) == "DELETING":
            _must_be_active(backend.tables[name])
        table: Table = original(backend, name, *args, **kw)
        _set(table, "CREATING")
        settle(table, "dynamodb.create")
        return table

    @around(DynamoDBBackend, "delete_table")
    def delete(original: Any, backend: DynamoDBBackend, name: str) -> Table:
        table = backend.tables.get(name.rsplit("/", 1)[-1])
        if table is None:
            return original(backend, name)  # type: ignore[no-any-return]
        if table.deletion_protection_enabled:
            refuse(
                "ValidationException",
                "Resource cannot be deleted as it is currently protected against deletion. Disable deletion"
                " protection first.",
            )
        _must_be_active(table)
        _set(table, "DELETING")

        def gone() -> None:
            if backend.tables.get(table.name) is table:
                original(backend, table.name)

        proceed(world, table, world.delay("dynamodb.delete"), gone)
        return table

    @around(Table, "describe")
    def describe(original: Any, table: Table, base_key: str = "TableDescription") -> dict[str, Any]:
        shown: dict[str, Any] = original(table, base_key=base_key)
        shown[base_key]["TableStatus"] = status(table)
        kind = notes(table, "state").get("class")
        if kind:
            shown[base_key]["TableClassSummary"] = {"TableClass": kind}
        return shown

    @before(DynamoHandler, "UpdateTable")
    def update(response: DynamoHandler, p: Parameters) -> None:
        table = _find(response, p["TableName"])
        if table is None:
            return
        _must_be_active(table)
        if "SSESpecification" in p:
            _set_encryption(response, table, p["SSESpecification"])
        if p.get("TableClass"):
            notes(table, "state")["class"] = p["TableClass"]
        if set(_SLOW) & p.keys():
            _set(table, "UPDATING")
            settle(table, "dynamodb.update")

    @before(DynamoHandler, "CreateTable")
    def check_key(response: DynamoHandler, p: Parameters) -> None:
        _key(response, p.get("SSESpecification") or {})


def _key(response: DynamoHandler, specification: dict[str, Any]) -> str | None:
    wanted = specification.get("KMSMasterKeyId")
    if not wanted:
        return None
    arn = _lookups.kms_key_arn(response.current_account, response.region, wanted)
    if arn is None:
        refuse(
            "ValidationException",
            "KMS validation error: The customer managed key does not exist, is not enabled or cannot be used:"
            f" {wanted}",
        )
    return arn


def _set_encryption(response: DynamoHandler, table: Table, specification: dict[str, Any]) -> None:
    if not specification.get("Enabled"):
        table.sse_specification = None
        return
    key = _key(response, specification) or _lookups.kms_key_arn(
        response.current_account, response.region, "alias/aws/dynamodb"
    )
    table.sse_specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}


def _access() -> None:
    @before(DynamoHandler, *_DATA)
    def one(response: DynamoHandler, p: Parameters) -> None:
        _there(_find(response, p["TableName"]))

    @before(DynamoHandler, *_BATCHES)
    def batch(response: DynamoHandler, p: Parameters) -> None:
        for name in p["RequestItems"]:
            _there(_find(response, name))

    @before(DynamoHandler, "TransactWriteItems", "TransactGetItems")
    def transaction(response: DynamoHandler, p: Parameters) -> None:
        for item in p["TransactItems"]:
            for action in item.values():
                _there(_find(response, action["TableName"]))


def _settings(world: World) -> None:
    @before(DynamoHandler, "UpdateTimeToLive", "DescribeTimeToLive")
    def exists(response: DynamoHandler, p: Parameters) -> None:
        if _find(response, p["TableName"]) is None:
            refuse(
                "ResourceNotFoundException",
                f"Requested resource not found: Table: {p['TableName']} not found",
            )

    @before(DynamoHandler, "UpdateTimeToLive")
    def time_to_live(response: DynamoHandler, p: Parameters) -> None:
        table = _find(response, p["TableName"])
        _must_be_active(table)
        wanted = p["TimeToLiveSpecification"]
        now = table.ttl["TimeToLiveStatus"] if table else "DISABLED"
        if now in ("ENABLING", "DISABLING"):
            refuse(
                "ValidationException",
                "Time to live has been modified multiple times within a fixed interval",
            )
        if wanted["Enabled"] is (now == "ENABLED"):
            refuse("ValidationException", f"TimeToLive is already {now.lower()}")

    @around(DynamoDBBackend, "update_time_to_live")
    def update(original: Any, backend: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]) -> None:
        original(backend, table_name, ttl_spec)
        table = backend.get_table(table_name)
        end = table.ttl["TimeToLiveStatus"]
        table.ttl["TimeToLiveStatus"] = "ENABLING" if end == "ENABLED" else "DISABLING"

        def done() -> None:
            table.ttl["TimeToLiveStatus"] = end
            if end == "DISABLED":
                table.ttl.pop("AttributeName", None)

        world.schedule(world.delay("dynamodb.update"), done)

    @before(DynamoHandler, "UpdateContinuousBackups")
    def recovery(response: DynamoHandler, p: Parameters) -> None:
        table = _find(response, p["TableName"])
        if table is not None and status(table) == "CREATING":
            refuse(
                "ContinuousBackupsUnavailableException",
                f"Backups are being enabled for the table: {table.name}. Please retry later",
            )


def install(world: World) -> None:
    _states(world)
    _access()
    _settings(world)
