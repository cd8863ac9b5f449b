# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of a DB instance: creating, backing-up, available, rebooting, stopping, deleting, gone."""

from __future__ import annotations

import contextlib
import json
import secrets
import string
from typing import Any

from botocore import xform_name
from moto.rds import models
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, RDSBackend
from moto.rds.responses import RDSResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import proceed
from twin.overlay.rds import engines, rules
from twin.overlay.rds.groups import settle_parameters
from twin.patch import Parameters, around, notes, operation
from twin.refusal import refuse
from twin.world import World

_WINDOWS = ("sun:04:30-sun:05:00", "wed:09:12-wed:09:42")
_BACKUPS = ("07:10-07:40", "13:14-13:44")


def describe_as(database: DBInstance, **members: Any) -> None:
    """Set members of the answer by AWS's names, under the attribute that moto's serializer looks for."""
    for name, value in members.items():
        setattr(database, xform_name(name), value)


def zones_of(database: DBInstance) -> list[str]:
    group = getattr(database, "db_subnet_group", None)
    if group is None:
        return _lookups.zones(database.region, database.account_id)
    return sorted({subnet.availability_zone for subnet in group._subnets})


def place(database: DBInstance) -> None:
    """Choose the standby's zone, or take it away."""
    others = [zone for zone in zones_of(database) if zone != database.availability_zone]
    describe_as(database, SecondaryAvailabilityZone=others[0] if database.multi_az and others else None)


def describe_storage(database: DBInstance, iops: int | None = None, throughput: int | None = None) -> None:
    """IOPS and throughput as RDS reports them: gp3 has a baseline that doubles its stripes at 400 GiB."""
    large = database.allocated_storage >= 400
    if database.storage_type == "gp3":
        iops, throughput = iops or (12000 if large else 3000), throughput or (500 if large else 125)
    elif database.storage_type in ("gp2", "standard"):
        iops = throughput = None
    database.iops = iops  # type: ignore[assignment]
    database.storage_throughput = throughput


def describe_insights(database: DBInstance, enabled: bool, retention: int | None, key: str | None) -> None:
    describe_as(
        database,
        PerformanceInsightsEnabled=enabled,
        PerformanceInsightsRetentionPeriod=(retention or 7) if enabled else None,
        PerformanceInsightsKMSKeyId=key if enabled else None,
        DatabaseInsightsMode=getattr(database, "database_insights_mode", None) or "standard",
    )


def describe_monitoring(database: DBInstance, interval: int, role: str | None) -> None:
    database.monitoring_interval, database.monitoring_role_arn = interval, role
    group = f"log-group:RDSOSMetrics:log-stream:{database.dbi_resource_id}"
    arn = f"arn:{database.partition}:logs:{database.region}:{database.account_id}:{group}"
    describe_as(database, EnhancedMonitoringResourceArn=arn if interval else None)


def _windows_apart(p: Any) -> None:
    """The windows that RDS picks never overlap the one that was asked for; moto's defaults may."""
    clash = rules.window_message
    if not p.get("preferred_maintenance_window"):
        backup = p.get("preferred_backup_window") or _BACKUPS[0]
        p["preferred_maintenance_window"] = next((w for w in _WINDOWS if not clash(w, backup)), _WINDOWS[0])
    if not p.get("preferred_backup_window"):
        window = p["preferred_maintenance_window"].lower()
        p["preferred_backup_window"] = next((b for b in _BACKUPS if not clash(window, b)), _BACKUPS[0])


def begin(world: World, response: RDSResponse, database: DBInstance, p: Parameters, delay: str = "rds.create") -> None:
    """Give a new instance what moto leaves out and let it come up: creating, backing-up, available."""
    database.dbi_resource_id = "db-" + "".join(
        secrets.choice(string.ascii_uppercase + string.digits) for _ in range(26)
    )
    region, account = response.region, response.current_account
    zones = zones_of(database)
    database.availability_zone = p.get("AvailabilityZone") or zones[0]
    database.multi_az = bool(p.get("MultiAZ"))
    place(database)
    if engines.known(database.engine):
        database.license_model = p.get("LicenseModel") or engines.LICENSES.get(
            database.engine, "general-public-license"
        )
        if not p.get("OptionGroupName"):
            major = engines.major_of(database.engine, database.engine_version).replace(".", "-")
            database._option_group_name = f"default:{database.engine}-{major}"
    if p.get("KmsKeyId"):
        database.storage_encrypted, database.kms_key_id = True, rules.key_arn(response, p["KmsKeyId"])
    elif database.storage_encrypted and database.kms_key_id in (None, "default_kms_key_id"):
        database.kms_key_id = _lookups.kms_key_arn(account, region, "alias/aws/rds")
    if database.publicly_accessible is None:
        database.publicly_accessible = False
    database.ca_certificate_identifier = p.get("CACertificateIdentifier") or engines.CERTIFICATES[0]
    describe_storage(database, p.get("Iops"), p.get("StorageThroughput"))
    describe_monitoring(database, p.get("MonitoringInterval", 0), p.get("MonitoringRoleArn"))
    insights_key = p.get("PerformanceInsightsKMSKeyId") or "alias/aws/rds"
    describe_as(database, DatabaseInsightsMode=p.get("DatabaseInsightsMode"))
    describe_insights(
        database,
        bool(p.get("EnablePerformanceInsights")),
        p.get("PerformanceInsightsRetentionPeriod"),
        _lookups.kms_key_arn(account, region, insights_key) if p.get("EnablePerformanceInsights") else None,
    )
    describe_as(
        database,
        NetworkType=p.get("NetworkType", "IPV4"),
        BackupTarget=p.get("BackupTarget", "region"),
        DedicatedLogVolume=bool(p.get("DedicatedLogVolume")),
        EngineLifecycleSupport=p.get("EngineLifecycleSupport", "open-source-rds-extended-support"),
        CustomerOwnedIpEnabled=False,
        PendingModifiedValues={},
    )
    notes(database, "endpoint")["visible"] = False
    database.status = "creating"
    total = world.delay(delay)

    def back_up() -> None:
        notes(database, "endpoint")["visible"] = True
        if database.backup_retention_period and not database.is_replica:
            database.status = "backing-up"
            proceed(world, database, total * 0.4, come_up)
        else:
            come_up()

    def come_up() -> None:
        if database.status == "backing-up":
            _automated_snapshot(database)
        database.status = "available"

    proceed(world, database, total * 0.6, back_up)


def _automated_snapshot(database: DBInstance) -> None:
    # One of the same minute may have been kept from an earlier instance of this name.
    with contextlib.suppress(RDSClientError):
        database.save_automated_backup()


def _create(world: World) -> None:
    @operation(RDSResponse, "CreateDBInstance")
    def create(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        engine, request = p["Engine"], response.params
        if p["DBInstanceIdentifier"] in response.backend.databases:
            refuse("DBInstanceAlreadyExists", "DB instance already exists")
        if engines.known(engine) and not p.get("DBClusterIdentifier"):
            version = engines.resolve_version(engine, p.get("EngineVersion"))
            rules.check_create(response, p, engine, version)
            if p.get("KmsKeyId"):
                rules.key_arn(response, p["KmsKeyId"])
            request["engine_version"] = version
            _windows_apart(request)
        database = response.backend.create_db_instance(request)
        if not p.get("DBClusterIdentifier"):
            begin(world, response, database, p)
        return {"DBInstance": database}

    @around(DBInstance, "save_automated_backup")
    def save_automated_backup(original: Any, database: DBInstance) -> None:
        # moto takes one inside the create; RDS takes it when the instance is up, if it takes any.
        if database.status == "backing-up" or database.db_cluster_identifier:
            original(database)

    @around(DBInstance, "endpoint")
    def endpoint(original: Any, database: DBInstance) -> dict[str, Any] | None:
        if not notes(database, "endpoint").get("visible", True):
            return None
        return {**original(database), "HostedZoneId": "Z2R2ITUGPM61AM"}


def _delete(world: World) -> None:
    @operation(RDSResponse, "DeleteDBInstance")
    def delete(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        backend = response.backend
        database = rules.database_of(response, p["DBInstanceIdentifier"])
        identifier, final = database.db_instance_identifier, p.get("FinalDBSnapshotIdentifier")
        if database.status == "deleting":
            refuse("InvalidDBInstanceState", f"Instance {identifier} is already being deleted.")
        if database.deletion_protection:
            refuse(
                "InvalidParameterCombination",
                "Cannot delete protected DB Instance, please disable deletion protection and try again.",
            )
        clustered = database.db_cluster_identifier is not None
        if database.is_replica and final:
            refuse(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier can not be specified when deleting a replica instance",
            )
        if p.get("SkipFinalSnapshot") and final:
            refuse(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier can not be specified when deleting without final snapshot",
            )
        if not (p.get("SkipFinalSnapshot") or final or database.is_replica or clustered):
            refuse(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            )
        if final:
            backend.validate_db_snapshot_identifier(final, parameter_name="FinalDBSnapshotIdentifier")
            if database.status not in ("available", "storage-optimization", "stopped"):
                refuse(
                    "InvalidDBInstanceState",
                    f"Instance {identifier} is not currently in the available state, so no final snapshot"
                    " can be taken.",
                )
            from twin.overlay.rds.snapshots import take

            take(world, backend, database, final)
        database.status = "deleting"
        proceed(world, database, world.delay("rds.delete"), lambda: _forget(backend, database, p))
        return {"DBInstance": database}

    @around(models.MasterUserSecret, "_generate_secret_string")
    def credentials(_: Any, secret: Any) -> str:
        """What RDS keeps in the secret of a master user: the name and a password of its own making."""
        alphabet = string.ascii_letters + string.digits
        password = "".join(secrets.choice(alphabet) for _ in range(28))
        return json.dumps({"username": secret.resource.master_username, "password": password})

    @around(DBInstance, "remove_replica")
    def remove_replica(_: Any, primary: DBInstance, replica: DBInstance) -> None:
        gone = {replica.db_instance_identifier, replica.db_instance_arn}
        primary.replicas = [name for name in primary.replicas if name not in gone]


def _forget(backend: RDSBackend, database: DBInstance, p: Parameters) -> None:
    if backend.databases.get(database.db_instance_identifier) is not database:
        return
    from twin.overlay.rds.replicas import cut_loose

    cut_loose(database)
    backend.delete_db_instance(
        database.db_instance_identifier,
        skip_final_snapshot=True,
        delete_automated_backups=p.get("DeleteAutomatedBackups", True),
    )


def _interrupt(world: World) -> None:
    @operation(RDSResponse, "RebootDBInstance")
    def reboot(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        database = rules.database_of(response, p["DBInstanceIdentifier"])
        rules.must_be(database)
        failover = bool(p.get("ForceFailover"))
        if failover and not database.multi_az:
            refuse(
                "InvalidParameterCombination",
                "ForceFailover can only be specified for Multi-AZ DB instances.",
            )
        database.status = "rebooting"

        def up() -> None:
            if failover:
                standby = database.secondary_availability_zone  # type: ignore[attr-defined]
                describe_as(database, SecondaryAvailabilityZone=database.availability_zone)
                database.availability_zone = standby
            settle_parameters(database)
            database.status = "available"

        proceed(world, database, world.delay("rds.failover" if failover else "rds.reboot"), up)
        return {"DBInstance": database}

    @operation(RDSResponse, "StopDBInstance")
    def stop(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        database = rules.database_of(response, p["DBInstanceIdentifier"])
        identifier = database.db_instance_identifier
        rules.must_be(database, message=f"Instance {identifier} is not in available state.")
        if database.is_replica or database.replicas:
            refuse(
                "InvalidDBInstanceState",
                f"Instance {identifier} has or is a read replica and cannot be stopped.",
            )
        if p.get("DBSnapshotIdentifier"):
            from twin.overlay.rds.snapshots import take

            take(world, response.backend, database, p["DBSnapshotIdentifier"])
        _through(world, database, "stopping", "stopped", "rds.stop")
        return {"DBInstance": database}

    @operation(RDSResponse, "StartDBInstance")
    def start(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        database = rules.database_of(response, p["DBInstanceIdentifier"])
        message = f"Instance {database.db_instance_identifier} is not stopped, it cannot be started."
        rules.must_be(database, "stopped", message=message)
        _through(world, database, "starting", "available", "rds.start")
        return {"DBInstance": database}


def _through(world: World, database: DBInstance, state: str, end: str, delay: str) -> None:
    database.status = state

    def arrive() -> None:
        database.status = end

    proceed(world, database, world.delay(delay), arrive)


def install(world: World) -> None:
    setattr(models, "valid_preferred_maintenance_window", rules.window_message)  # noqa: B010
    _create(world)
    _delete(world)
    _interrupt(world)
