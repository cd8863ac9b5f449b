# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots, their copies to other regions, and what is restored from them."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.rds.models import DBInstance, DBSnapshot, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import as_tags, proceed, query_page
from twin.overlay.rds import engines, rules
from twin.overlay.rds.instances import begin, describe_as
from twin.patch import Parameters, around, before, operation
from twin.refusal import refuse
from twin.world import World

_COPIED = (
    "storage_type",
    "iops",
    "storage_throughput",
    "availability_zone",
    "license_model",
    "option_group_name",
)


def _complete(snapshot: DBSnapshot, database: DBInstance) -> None:
    group = getattr(database, "db_subnet_group", None)
    for name in _COPIED:
        setattr(snapshot, name, getattr(database, name, None))
    describe_as(
        snapshot,  # type: ignore[arg-type]
        VpcId=group.vpc_id if group else None,
        PercentProgress=100,
        SnapshotTarget="region",
        DedicatedLogVolume=getattr(database, "dedicated_log_volume", False),
    )


def _develop(world: World, snapshot: DBSnapshot) -> None:
    snapshot.status = "creating"
    describe_as(snapshot, PercentProgress=0)  # type: ignore[arg-type]

    def done() -> None:
        snapshot.status = "available"
        describe_as(snapshot, PercentProgress=100)  # type: ignore[arg-type]

    proceed(world, snapshot, world.delay("rds.snapshot"), done)


def take(
    world: World,
    backend: RDSBackend,
    database: DBInstance,
    identifier: str,
    tags: list[dict[str, str]] | None = None,
) -> DBSnapshot:
    """A manual snapshot of the instance, which is backing-up meanwhile."""
    snapshot = backend.create_db_snapshot(database.db_instance_identifier, identifier, tags=tags)
    _develop(world, snapshot)
    if database.status == "available":
        database.status = "backing-up"

        def resume() -> None:
            if database.status == "backing-up":
                database.status = "available"

        world.schedule(world.delay("rds.snapshot"), resume)
    return snapshot


def _snapshots(world: World) -> None:
    @around(DBSnapshot, "__init__")
    def born(
        original: Any, snapshot: DBSnapshot, backend: RDSBackend, database: DBInstance, *a: Any, **kw: Any
    ) -> None:
        original(snapshot, backend, database, *a, **kw)
        _complete(snapshot, database)

    @operation(RDSResponse, "CreateDBSnapshot")
    def create(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        identifier = p["DBSnapshotIdentifier"]
        response.backend.validate_db_snapshot_identifier(identifier, parameter_name="DBSnapshotIdentifier")
        database = rules.database_of(response, p["DBInstanceIdentifier"])
        if identifier in response.backend.database_snapshots:
            refuse(
                "DBSnapshotAlreadyExists",
                f"Cannot create the snapshot because a snapshot with the identifier {identifier} already exists.",
            )
        rules.must_be(
            database,
            message="Cannot create a snapshot because the database instance"
            f" {database.db_instance_identifier} is not currently in the available state.",
        )
        return {"DBSnapshot": take(world, response.backend, database, identifier, as_tags(p.get("Tags")))}

    @operation(RDSResponse, "DescribeDBSnapshots")
    def describe(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        filters = {f["Name"]: f["Values"] for f in p.get("Filters", [])}
        identifier = (p.get("DBSnapshotIdentifier") or "").split(":snapshot:")[-1] or None
        found = response.backend.describe_db_snapshots(
            p.get("DBInstanceIdentifier"), identifier, p.get("SnapshotType"), filters
        )
        return query_page(found, p, "DBSnapshots")

    @before(RDSResponse, "DeleteDBSnapshot")
    def delete(response: RDSResponse, p: Parameters) -> None:
        snapshot = response.backend.database_snapshots.get(p["DBSnapshotIdentifier"])
        if snapshot is None:
            refuse("DBSnapshotNotFound", f"DBSnapshot {p['DBSnapshotIdentifier']} not found.")
        if snapshot.status != "available":
            refuse(
                "InvalidDBSnapshotState",
                f"Snapshot {p['DBSnapshotIdentifier']} is not in available state.",
            )
        if snapshot.snapshot_type == "automated":
            refuse("InvalidDBSnapshotState", "Automated snapshots cannot be deleted.")

    @operation(RDSResponse, "CopyDBSnapshot")
    def copy(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        backend, source_id, target_id = (
            response.backend,
            p["SourceDBSnapshotIdentifier"],
            p["TargetDBSnapshotIdentifier"],
        )
        backend.validate_db_snapshot_identifier(target_id, parameter_name="TargetDBSnapshotIdentifier")
        region = source_id.split(":")[3] if source_id.startswith("arn:") else response.region
        home = rds_backends[response.current_account][region]
        source = home.database_snapshots.get(source_id.split(":snapshot:")[-1])
        if source is None:
            refuse("DBSnapshotNotFound", f"DBSnapshot not found: {source_id}")
        if target_id in backend.database_snapshots:
            refuse(
                "DBSnapshotAlreadyExists",
                f"Cannot create the snapshot because a snapshot with the identifier {target_id} already exists.",
            )
        if source.status != "available":
            refuse("InvalidDBSnapshotState", f"The source snapshot {source_id} is not in available state.")
        key = rules.key_arn(response, p["KmsKeyId"]) if p.get("KmsKeyId") else None
        if region != response.region and source.encrypted and key is None:
            refuse(
                "KMSKeyNotAccessibleFault",
                "The target snapshot KMS key is required to copy an encrypted snapshot from another region.",
            )
        tags = as_tags(p.get("Tags"))
        if p.get("CopyTags") and not tags:
            tags = as_tags(source.tags)
        target = DBSnapshot(
            backend,
            source.database,
            target_id,
            tags=tags,
            kms_key_id=key or source.kms_key_id,
            original_created_at=source.original_snapshot_create_time,
        )
        if not tags:
            target.tags = []
        describe_as(
            target,  # type: ignore[arg-type]
            SourceDBSnapshotIdentifier=source.db_snapshot_arn,
            SourceRegion=region if region != response.region else None,
            AllocatedStorage=source.allocated_storage,
        )
        backend.database_snapshots[target_id] = target
        _develop(world, target)
        return {"DBSnapshot": target}


def _prepare(response: RDSResponse, p: Parameters, source: DBInstance) -> None:
    """The checks of a restore; what is not stated falls back to the source's, but not its protection."""
    engine, version = source.engine, source.engine_version
    if p.get("MultiAZ") is None:
        response.params["multi_az"] = p["MultiAZ"] = False
    if p.get("DeletionProtection") is None:
        response.params["deletion_protection"] = p["DeletionProtection"] = False
    rules.check_common(response, {"DBInstanceClass": source.db_instance_class, **p}, engine, version)


def _finish(world: World, response: RDSResponse, database: DBInstance, source: DBInstance, p: Parameters) -> None:
    # moto drops what is falsy, so that False could not override the source's True.
    database.deletion_protection = bool(p.get("DeletionProtection"))
    if p.get("PubliclyAccessible") is not None:
        database.publicly_accessible = p["PubliclyAccessible"]
    if p.get("DBSubnetGroupName") is None and getattr(database, "db_subnet_group", None) is None:
        group = getattr(source, "db_subnet_group", None)
        if group is not None and group.name in response.backend.subnet_groups:
            database.db_subnet_group_name = group.name
    largest = p.get("MaxAllocatedStorage")
    database._max_allocated_storage = largest or database.allocated_storage
    database.replicas, database.is_replica, database.source_db_instance_identifier = [], False, None
    if not engines.known(database.engine):
        return
    begin(world, response, database, {"LicenseModel": source.license_model, **p}, "rds.restore")


def _restores(world: World) -> None:
    @operation(RDSResponse, "RestoreDBInstanceFromDBSnapshot")
    def from_snapshot(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        identifier = (p.get("DBSnapshotIdentifier") or "").split(":snapshot:")[-1]
        snapshot = response.backend.database_snapshots.get(identifier)
        if snapshot is None:
            refuse("DBSnapshotNotFound", f"DBSnapshot not found: {identifier}")
        if snapshot.status != "available":
            refuse("InvalidDBSnapshotState", f"The DB snapshot {identifier} is not in available state.")
        if p["DBInstanceIdentifier"] in response.backend.databases:
            refuse("DBInstanceAlreadyExists", "DB instance already exists")
        _prepare(response, p, snapshot.database)
        source = snapshot.database
        if source.region != response.region:
            # The groups of the region that the snapshot was copied from do not exist here.
            zones = _lookups.zones(response.region, response.current_account)
            response.params.setdefault("availability_zone", zones[0])
            if not p.get("DBSubnetGroupName"):
                source._db_subnet_group_name = None
        if p.get("AllocatedStorage", snapshot.allocated_storage) < snapshot.allocated_storage:
            refuse(
                "InvalidParameterValue",
                "The allocated storage size can't be less than the source snapshot or backup size.",
            )
        database = response.backend.restore_db_instance_from_db_snapshot(identifier, response.params)
        _finish(world, response, database, source, p)
        return {"DBInstance": database}

    @operation(RDSResponse, "RestoreDBInstanceToPointInTime")
    def to_point_in_time(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        source = rules.database_of(response, p.get("SourceDBInstanceIdentifier") or p.get("SourceDbiResourceId") or "")
        if p["TargetDBInstanceIdentifier"] in response.backend.databases:
            refuse("DBInstanceAlreadyExists", "DB instance already exists")
        if not source.backup_retention_period:
            refuse(
                "PointInTimeRestoreNotEnabled",
                f"Point in time restore is not enabled for the DB instance {source.db_instance_identifier}.",
            )
        moment, latest = p.get("RestoreTime"), p.get("UseLatestRestorableTime")
        if bool(moment) == bool(latest):
            refuse("InvalidParameterCombination", "Specify either RestoreTime or UseLatestRestorableTime.")
        if moment and not source.instance_create_time.timestamp() <= moment.timestamp() <= utcnow().timestamp() + 1:
            refuse(
                "InvalidRestoreFault",
                f"The specified instance {source.db_instance_identifier} cannot be restored to {moment.isoformat()}.",
            )
        _prepare(response, p, source)
        database = response.backend.restore_db_instance_to_point_in_time(
            source.db_instance_identifier, p["TargetDBInstanceIdentifier"], response.params
        )
        _finish(world, response, database, source, p)
        return {"DBInstance": database}


def install(world: World) -> None:
    _snapshots(world)
    _restores(world)
