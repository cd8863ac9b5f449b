# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""DynamoDB tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..engine.diff import differs
from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from .kms import key_id
from .requests import given, names_in_scope, unless
from .shared import IMMUTABLE, arn_tagging, tag_index, tag_list

#: Indexes that a table may have: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
MAX_INDEXES = 20

_INDEX_MEMBERS = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput")
_CAPACITY = ("ReadCapacityUnits", "WriteCapacityUnits")


# Reading


def list_tables(scope: Scope) -> list[Item]:
    """The tables in scope, each with its tags, backups and time to live, which DynamoDB answers one by one."""
    if scope.ids:
        names: Iterable[str] = scope.ids
    else:
        there = scope.pages("dynamodb", "list_tables", "TableNames[]")
        wanted = set(there) if scope.everything else set(names_in_scope(scope, "TableName", "dynamodb", "table/"))
        names = [name for name in there if name in wanted]
    found = (_read(scope, name) for name in names)
    return [table for table in found if table is not None]


def _read(scope: Scope, name: str) -> Item | None:
    described = unless((), lambda: scope.call("dynamodb", "describe_table", TableName=name))
    if described is None:
        return None
    table: Item = described["Table"]
    if table.get("TableStatus") in ("DELETING", "ARCHIVED"):
        return {**table, "Tags": []}
    arn = table["TableArn"]
    tags = None if scope.ids else tag_index(scope).get(arn)
    if tags is None:
        tags = scope.call("dynamodb", "list_tags_of_resource", ResourceArn=arn)["Tags"]
    # Neither is there for the first moments of a table.
    early = {"ContinuousBackupsUnavailableException", "ResourceInUseException"}
    backups = unless(early, lambda: scope.call("dynamodb", "describe_continuous_backups", TableName=name)) or {}
    expiry = unless(early, lambda: scope.call("dynamodb", "describe_time_to_live", TableName=name)) or {}
    return {
        **table,
        "Tags": tags,
        "ContinuousBackups": backups.get("ContinuousBackupsDescription") or {},
        "TimeToLive": expiry.get("TimeToLiveDescription") or {},
    }


def table_state(item: Mapping[str, Any]) -> str:
    """The status, or what is still under way behind the status `ACTIVE`: an index, a change of the encryption."""
    status = str(item.get("TableStatus") or "")
    if status != "ACTIVE":
        return status
    for index in item.get("GlobalSecondaryIndexes") or ():
        if index.get("IndexStatus", "ACTIVE") != "ACTIVE":
            return f"{index['IndexStatus']} index"
    encryption = (item.get("SSEDescription") or {}).get("Status")
    return f"{encryption} encryption" if encryption in ("ENABLING", "DISABLING", "UPDATING") else status


def secondary_indexes(answer: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Indexes in CloudFormation's shape, without those on their way out."""
    return [_index(index) for index in answer or () if index.get("IndexStatus") != "DELETING"]


def _index(answer: Mapping[str, Any]) -> dict[str, Any]:
    index = {name: answer[name] for name in _INDEX_MEMBERS if answer.get(name)}
    if "ProvisionedThroughput" in index:
        index["ProvisionedThroughput"] = _throughput(answer)
    return index


def encryption(item: Mapping[str, Any]) -> dict[str, Any]:
    """The encryption of a table in CloudFormation's shape. Without a key of KMS it is not enabled, in AWS's words."""
    described = item.get("SSEDescription") or {}
    enabled = described.get("Status") in ("ENABLED", "ENABLING", "UPDATING")
    if not enabled:
        return {"SSEEnabled": False}
    found = {
        "SSEEnabled": True,
        "SSEType": described.get("SSEType"),
        "KMSMasterKeyId": described.get("KMSMasterKeyArn"),
    }
    return {name: value for name, value in found.items() if value is not None}


def plain_encryption(value: Any) -> Any:
    """An encryption to compare: a key is meant by its id as well as by its ARN."""
    if not isinstance(value, Mapping):
        return value
    return {name: key_id(member) if name == "KMSMasterKeyId" else member for name, member in value.items()}


def recovery(item: Mapping[str, Any]) -> dict[str, Any]:
    """The point-in-time recovery of a table in CloudFormation's shape."""
    described = (item.get("ContinuousBackups") or {}).get("PointInTimeRecoveryDescription") or {}
    return {
        "PointInTimeRecoveryEnabled": described.get("PointInTimeRecoveryStatus") == "ENABLED",
        "RecoveryPeriodInDays": described.get("RecoveryPeriodInDays"),
    }


def time_to_live(item: Mapping[str, Any]) -> dict[str, Any]:
    """The time to live of a table in CloudFormation's shape."""
    described = item.get("TimeToLive") or {}
    enabled = described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {"Enabled": enabled, "AttributeName": described.get("AttributeName")}


def plain_time_to_live(value: Any) -> Any:
    """A time to live to compare: the attribute means nothing while it is off."""
    if isinstance(value, Mapping) and not value.get("Enabled"):
        return {"Enabled": False}
    return value


def _stream(item: Mapping[str, Any]) -> dict[str, Any]:
    stream = item.get("StreamSpecification") or {}
    return {"StreamViewType": stream.get("StreamViewType")} if stream.get("StreamEnabled") else {}


def _throughput(item: Mapping[str, Any]) -> dict[str, Any]:
    throughput = item.get("ProvisionedThroughput") or {}
    return {unit: throughput.get(unit) for unit in _CAPACITY}


def _in_order_of(*names: str) -> Callable[[Any], Any]:
    """A normaliser of lists of objects whose order means nothing: `Property.unordered` would reach inside them too."""

    def order(value: Any) -> Any:
        if isinstance(value, Sequence) and all(isinstance(one, Mapping) for one in value):
            return sorted(value, key=lambda one: [str(one.get(name)) for name in names])
        return value

    return order


# Writing


def _sse_parameter(value: Mapping[str, Any]) -> dict[str, Any]:
    key = {name: value[name] for name in ("SSEType", "KMSMasterKeyId") if value.get(name)}
    return {"Enabled": bool(value.get("SSEEnabled")), **key}


def _stream_parameter(value: Mapping[str, Any] | None) -> dict[str, Any]:
    view = (value or {}).get("StreamViewType")
    return {"StreamEnabled": True, "StreamViewType": view} if view else {"StreamEnabled": False}


def creation(work: Work) -> dict[str, Any]:
    """The parameters that make a table."""
    params = given(
        work,
        "TableName",
        "KeySchema",
        "AttributeDefinitions",
        "BillingMode",
        "ProvisionedThroughput",
        "OnDemandThroughput",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "TableClass",
        "DeletionProtectionEnabled",
    )
    if work.get("SSESpecification"):
        params["SSESpecification"] = _sse_parameter(work.desired["SSESpecification"])
    if work.get("StreamSpecification"):
        params["StreamSpecification"] = _stream_parameter(work.desired["StreamSpecification"])
    return {**params, "Tags": tag_list(work.tags)}


def capacity_change(work: Work) -> dict[str, Any]:
    """The parameters that change how a table, and with it its indexes, is paid for."""
    params = {"TableName": work.id, **work.pick("BillingMode", "OnDemandThroughput")}
    if work.merged("BillingMode") != "PAY_PER_REQUEST" and work.get("ProvisionedThroughput"):
        params["ProvisionedThroughput"] = work.desired["ProvisionedThroughput"]
    if "BillingMode" in work.changed and work.get("BillingMode") == "PROVISIONED":
        stated = {index["IndexName"]: index for index in work.get("GlobalSecondaryIndexes") or ()}
        updates = [
            {"Update": {"IndexName": name, "ProvisionedThroughput": stated[name]["ProvisionedThroughput"]}}
            for name in (index["IndexName"] for index in _current_indexes(work))
            if stated.get(name, {}).get("ProvisionedThroughput")
        ]
        if updates:
            params["GlobalSecondaryIndexUpdates"] = updates
    return params


def _current_indexes(work: Work) -> list[dict[str, Any]]:
    return list((work.current.properties["GlobalSecondaryIndexes"] if work.current else None) or ())


def next_index_change(work: Work) -> dict[str, Any] | None:
    """The parameters of the next step towards the stated indexes, or None when they are there.

    A request makes or deletes one index at the most, and only when the table is done with the one before.
    """
    desired = {index["IndexName"]: index for index in work.get("GlobalSecondaryIndexes") or ()}
    current = {index["IndexName"]: index for index in _current_indexes(work)}
    for name, index in sorted(current.items()):
        wanted = desired.get(name)
        fixed = ("KeySchema", "Projection")
        if wanted is None or any(differs(_INDEX_MEMBER, wanted.get(m), index.get(m)) for m in fixed):
            return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    for name, wanted in sorted(desired.items()):
        if name not in current:
            return {
                "AttributeDefinitions": _definitions(work, [*current.values(), wanted]),
                "GlobalSecondaryIndexUpdates": [{"Create": {m: wanted[m] for m in _INDEX_MEMBERS if wanted.get(m)}}],
            }
    for name, wanted in sorted(desired.items()):
        capacity = {
            member: wanted[member]
            for member in ("ProvisionedThroughput", "OnDemandThroughput")
            if wanted.get(member) and differs(_INDEX_MEMBER, wanted[member], current[name].get(member))
        }
        if capacity:
            return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **capacity}}]}
    return None


def _definitions(work: Work, indexes: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The definitions of the attributes that the table's key and the indexes use, and of no other: DynamoDB insists."""
    current = (work.current.properties if work.current else {}).get("AttributeDefinitions") or ()
    definitions = {one["AttributeName"]: one for one in (*current, *(work.get("AttributeDefinitions") or ()))}
    schemas = [work.merged("KeySchema") or (), *(index.get("KeySchema") or () for index in indexes)]
    used = {element["AttributeName"] for schema in schemas for element in schema}
    return [definitions[name] for name in sorted(used & set(definitions))]


def _change_index(work: Work) -> None:
    params = next_index_change(work)
    if params is not None:
        work.call("dynamodb", "update_table", TableName=work.id, **params)


def _stop_stream(work: Work) -> None:
    """A stream shows what it was made to show: for another view it is stopped first."""
    if work.current and work.current.properties["StreamSpecification"]:
        work.call("dynamodb", "update_table", TableName=work.id, StreamSpecification={"StreamEnabled": False})


def _start_stream(work: Work) -> None:
    if work.get("StreamSpecification"):
        stream = _stream_parameter(work.desired["StreamSpecification"])
        work.call("dynamodb", "update_table", TableName=work.id, StreamSpecification=stream)


def _time_to_live_parameters(work: Work) -> dict[str, Any]:
    stated = work.desired["TimeToLiveSpecification"] or {}
    enabled = bool(stated.get("Enabled"))
    now = (work.current.properties["TimeToLiveSpecification"] if work.current else None) or {}
    attribute = stated.get("AttributeName") or now.get("AttributeName")
    return {"TableName": work.id, "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}


def _change_time_to_live(work: Work) -> None:
    params = _time_to_live_parameters(work)
    now = (work.current.properties["TimeToLiveSpecification"] if work.current else None) or {}
    # DynamoDB refuses to switch off what is off.
    if params["TimeToLiveSpecification"]["Enabled"] or now.get("Enabled"):
        work.call("dynamodb", "update_time_to_live", **params)


def _final_backup(work: Work) -> None:
    """A last backup, once. It outlives the table."""
    if not work.final_snapshot or work.current is None or work.current.phase.value == "failed":
        return
    name = f"{work.id}-final-{work.token[:8]}"
    answer = work.call("dynamodb", "list_backups", TableName=work.id)
    if name not in {backup["BackupName"] for backup in answer["BackupSummaries"]}:
        work.call("dynamodb", "create_backup", TableName=work.id, BackupName=name)


def _update_table(*names: str) -> Call:
    return Call("update_table", lambda w: {"TableName": w.id, **w.pick(*names)}, item="TableDescription")


_INDEX_MEMBER = Property()
_ARN = "arn:{partition}:dynamodb:{region}:{account}:table/{TableName}"
_TAG, _UNTAG = arn_tagging("dynamodb", "ResourceArn")

TABLE = Kind(
    type="AWS::DynamoDB::Table",
    service="dynamodb",
    title="DynamoDB table",
    id="TableName",
    key=("TableName",),
    properties={
        "TableName": IMMUTABLE,
        "KeySchema": Property(immutable=True, normalise=_in_order_of("KeyType")),
        "AttributeDefinitions": Property(normalise=_in_order_of("AttributeName")),
        "BillingMode": Property(path="BillingModeSummary.BillingMode", default="PROVISIONED"),
        "ProvisionedThroughput": Property(path=_throughput),
        "OnDemandThroughput": Property(),
        "GlobalSecondaryIndexes": Property(
            path=lambda item: secondary_indexes(item.get("GlobalSecondaryIndexes")), normalise=_in_order_of("IndexName")
        ),
        "LocalSecondaryIndexes": Property(
            path=lambda item: secondary_indexes(item.get("LocalSecondaryIndexes")),
            immutable=True,
            normalise=_in_order_of("IndexName"),
        ),
        "SSESpecification": Property(path=encryption, normalise=plain_encryption),
        "StreamSpecification": Property(path=_stream, exact=True),
        "PointInTimeRecoverySpecification": Property(path=recovery),
        "TimeToLiveSpecification": Property(path=time_to_live, normalise=plain_time_to_live),
        "DeletionProtectionEnabled": Property(default=False),
        "TableClass": Property(path="TableClassSummary.TableClass", default="STANDARD"),
    },
    attributes={
        "Arn": Attribute("TableArn", _ARN),
        "StreamArn": Attribute("LatestStreamArn", volatile=True),
    },
    list=list_tables,
    states=States(
        path=table_state,
        ready=frozenset({"ACTIVE"}),
        failed=frozenset({"INACCESSIBLE_ENCRYPTION_CREDENTIALS", "REPLICATION_NOT_AUTHORIZED", "ARCHIVED"}),
        leaving=frozenset({"DELETING"}),
        timeout=3600,
    ),
    # So many tables may be made at once; the next one has to wait.
    create=Call("create_table", creation, item="TableDescription", retry_on=frozenset({"LimitExceededException"})),
    updates=(
        Update(("BillingMode", "ProvisionedThroughput", "OnDemandThroughput"), Call("update_table", capacity_change)),
        Update(("TableClass",), _update_table("TableClass")),
        Update(
            ("SSESpecification",),
            Call(
                "update_table",
                lambda w: {"TableName": w.id, "SSESpecification": _sse_parameter(w.desired["SSESpecification"] or {})},
            ),
        ),
        Update(("StreamSpecification",), _stop_stream),
        Update(("StreamSpecification",), _start_stream),
        *(
            Update(("GlobalSecondaryIndexes", "AttributeDefinitions"), _change_index)
            for _each in range(2 * MAX_INDEXES)
        ),
        Update(("DeletionProtectionEnabled",), _update_table("DeletionProtectionEnabled")),
        Update(
            ("PointInTimeRecoverySpecification",),
            Call(
                "update_continuous_backups",
                lambda w: {"TableName": w.id, **w.pick("PointInTimeRecoverySpecification")},
                retry_on=frozenset({"ContinuousBackupsUnavailableException"}),
            ),
            on_create=True,
            when_ready=True,
        ),
        Update(("TimeToLiveSpecification",), _change_time_to_live, on_create=True, when_ready=True),
    ),
    before_delete=_final_backup,
    # The final backup holds the table until it has begun in earnest.
    delete=Call("delete_table", lambda w: {"TableName": w.id}, retry_on=frozenset({"ResourceInUseException"})),
    tag=_TAG,
    untag=_UNTAG,
    referenced_when_ready=True,
    holds_data=True,
    protection="DeletionProtectionEnabled",
    release=Call("update_table", lambda w: {"TableName": w.id, "DeletionProtectionEnabled": False}),
)

KINDS = (TABLE,)
