# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ModifyDBInstance: what is applied at once, what waits for the maintenance window, what is pending meanwhile.

The sorting is that of "Settings for DB instances" in the RDS user guide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.rds.models import DBInstance
from moto.rds.responses import RDSResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import proceed
from twin.overlay.rds import engines, rules
from twin.overlay.rds.groups import parameter_status, settle_parameters
from twin.overlay.rds.instances import (
    describe_as,
    describe_insights,
    describe_monitoring,
    describe_storage,
    place,
)
from twin.patch import Parameters, notes, operation
from twin.refusal import refuse
from twin.world import World

# Parameter of the request -> member of PendingModifiedValues. These wait unless ApplyImmediately is set.
_QUEUED = {
    "DBInstanceClass": "DBInstanceClass",
    "AllocatedStorage": "AllocatedStorage",
    "StorageType": "StorageType",
    "Iops": "Iops",
    "StorageThroughput": "StorageThroughput",
    "EngineVersion": "EngineVersion",
    "MultiAZ": "MultiAZ",
    "LicenseModel": "LicenseModel",
    "CACertificateIdentifier": "CACertificateIdentifier",
    "NewDBInstanceIdentifier": "DBInstanceIdentifier",
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "DedicatedLogVolume": "DedicatedLogVolume",
}
# These are always started at once, and are pending only while it lasts.
_STARTED = {"DBPortNumber": "Port", "MasterUserPassword": "MasterUserPassword"}
_SIMPLE = ("AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "DeletionProtection", "PubliclyAccessible")


def pending(database: DBInstance) -> dict[str, Any]:
    values: dict[str, Any] = database.pending_modified_values  # type: ignore[attr-defined]
    return values


def _current(database: DBInstance) -> dict[str, Any]:
    return {
        "DBInstanceClass": database.db_instance_class,
        "AllocatedStorage": database.allocated_storage,
        "StorageType": database.storage_type,
        "Iops": database.iops,
        "StorageThroughput": database.storage_throughput,
        "EngineVersion": database.engine_version,
        "MultiAZ": database.multi_az,
        "LicenseModel": database.license_model,
        "CACertificateIdentifier": database.ca_certificate_identifier,
        "DBInstanceIdentifier": database.db_instance_identifier,
        "IAMDatabaseAuthenticationEnabled": database.enable_iam_database_authentication,
        "DedicatedLogVolume": database.dedicated_log_volume,  # type: ignore[attr-defined]
        "BackupRetentionPeriod": database.backup_retention_period,
        "Port": database.port,
        "MasterUserPassword": None,
    }


def _check_version(database: DBInstance, p: Parameters) -> None:
    asked = p.get("EngineVersion")
    if asked is None or not engines.known(database.engine):
        return
    engine, now = database.engine, database.engine_version
    if asked in (now, engines.major_of(engine, now)):
        p["EngineVersion"] = now
        return
    version = p["EngineVersion"] = engines.resolve_version(engine, asked)

    def order(name: str) -> list[int]:
        return [int(part) for part in name.split(".")]

    if order(version) < order(now):
        refuse("InvalidParameterCombination", f"Cannot upgrade {engine} from {now} to {version}")
    if engines.major_of(engine, version) == engines.major_of(engine, now):
        return
    if not p.get("AllowMajorVersionUpgrade"):
        refuse(
            "InvalidParameterCombination",
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
        )
    group = p.get("DBParameterGroupName") or database.db_parameter_group_name
    if group and not group.startswith("default."):
        family = database.backend.db_parameter_groups[group].family
        wanted = engines.family(engine, version)
        if family != wanted:
            refuse(
                "InvalidParameterCombination",
                f"The parameter group {group} with DBParameterGroupFamily {family} can't be used for this"
                f" instance. Please use a parameter group with DBParameterGroupFamily {wanted}.",
            )


def _check_storage(database: DBInstance, p: Parameters) -> None:
    size = p.get("AllocatedStorage")
    if size is not None and size < database.allocated_storage:
        refuse(
            "InvalidParameterCombination",
            f"Invalid storage size for engine name {database.engine} and storage type"
            f" {database.storage_type}:"
            f" {size}. The allocated storage can't be reduced from {database.allocated_storage}.",
        )
    if size is not None and size > database.allocated_storage:
        # "Values that are not at least 10% greater ... are rounded up so that they are 10% greater."
        p["AllocatedStorage"] = size = max(size, (database.allocated_storage * 11 + 9) // 10)
    kind = p.get("StorageType") or database.storage_type
    if {"AllocatedStorage", "StorageType", "Iops", "StorageThroughput"} & p.keys():
        keeps = database.iops if kind in ("io1", "io2") and kind == database.storage_type else None
        iops, throughput = p.get("Iops"), p.get("StorageThroughput")
        if (iops, throughput) == (database.iops, database.storage_throughput):
            iops = throughput = None  # what it has already is no request
        stated = iops or (int(keeps) if keeps else None)
        rules.check_storage(database.engine, kind, size or database.allocated_storage, stated, throughput)
    rules.check_growth(size or database.allocated_storage, p.get("MaxAllocatedStorage"))


def _check(response: RDSResponse, database: DBInstance, p: Parameters) -> None:
    if database.status not in ("available", "storage-optimization", "storage-full"):
        refuse("InvalidDBInstanceState", "Database instance is not in available state.")
    if (p.get("NewDBInstanceIdentifier") or "") in response.backend.databases:
        refuse("DBInstanceAlreadyExists", "DB instance already exists")
    rules.check_password(p.get("MasterUserPassword"))
    rules.check_retention(p.get("BackupRetentionPeriod"))
    if p.get("BackupRetentionPeriod") == 0 and database.replicas:
        refuse(
            "InvalidDBInstanceState",
            "Cannot set the backup retention period to 0 because the DB instance has read replicas.",
        )
    rules.check_certificate(p.get("CACertificateIdentifier"))
    if engines.known(database.engine):
        if p.get("DBInstanceClass"):
            engines.check_class(database.engine, database.engine_version, p["DBInstanceClass"])
        _check_version(database, p)
        _check_storage(database, p)
        version = p.get("EngineVersion") or database.engine_version
        rules.check_group_family(response, p.get("DBParameterGroupName"), database.engine, version)
        exports = p.get("CloudwatchLogsExportConfiguration", {})
        engines.check_log_types(
            database.engine, version, exports.get("EnableLogTypes", []) + exports.get("DisableLogTypes", [])
        )
    group = getattr(database, "db_subnet_group", None)
    rules.check_security_groups(response, p.get("VpcSecurityGroupIds", []), group.vpc_id if group else None)
    interval = p.get("MonitoringInterval", database.monitoring_interval)
    role = p.get("MonitoringRoleArn", database.monitoring_role_arn) if interval else p.get("MonitoringRoleArn")
    rules.check_monitoring(interval, role)
    enabled = p.get("EnablePerformanceInsights", database.performance_insights_enabled)  # type: ignore[attr-defined]
    rules.check_insights(
        bool(enabled), p.get("PerformanceInsightsRetentionPeriod"), p.get("PerformanceInsightsKMSKeyId")
    )
    if p.get("RotateMasterUserPassword") and not p.get("ApplyImmediately"):
        refuse(
            "InvalidParameterCombination",
            "You must specify apply immediately when rotating the master user password.",
        )


def _check_windows(database: DBInstance, p: Parameters) -> None:
    window = (p.get("PreferredMaintenanceWindow") or database.preferred_maintenance_window).lower()
    message = rules.window_message(window, p.get("PreferredBackupWindow") or database.preferred_backup_window)
    if message:
        refuse("InvalidParameterValue", message)
    database.preferred_maintenance_window = window
    database.preferred_backup_window = p.get("PreferredBackupWindow") or database.preferred_backup_window


def _at_once(response: RDSResponse, database: DBInstance, p: Parameters) -> bool:
    """Apply what never waits. True if the instance is busy with it for a while."""
    busy = False
    describe_as(database, **{name: p[name] for name in _SIMPLE if p.get(name) is not None})
    if p.get("VpcSecurityGroupIds"):
        database.vpc_security_group_ids = list(p["VpcSecurityGroupIds"])
    if p.get("MaxAllocatedStorage") is not None:
        database._max_allocated_storage = p["MaxAllocatedStorage"]
    if p.get("OptionGroupName"):
        database.option_group_name = p["OptionGroupName"]
    if p.get("DatabaseInsightsMode"):
        describe_as(database, DatabaseInsightsMode=p["DatabaseInsightsMode"])
    group = p.get("DBParameterGroupName")
    if group and group != database.db_parameter_groups()[0].name:
        database.db_parameter_group_name = group
        settle_parameters(database)
        parameter_status(database)[database.db_parameter_groups()[0].name] = "pending-reboot"
        busy = True
    if {"MonitoringInterval", "MonitoringRoleArn"} & p.keys():
        interval = p.get("MonitoringInterval", database.monitoring_interval)
        role = p.get("MonitoringRoleArn", database.monitoring_role_arn) if interval else None
        busy = busy or (interval, role) != (database.monitoring_interval, database.monitoring_role_arn)
        describe_monitoring(database, interval, role)
    if {"EnablePerformanceInsights", "PerformanceInsightsRetentionPeriod"} & p.keys():
        before = database.performance_insights_enabled  # type: ignore[attr-defined]
        enabled = p.get("EnablePerformanceInsights", before)
        days: int | None = getattr(database, "performance_insights_retention_period", None)
        retention = p.get("PerformanceInsightsRetentionPeriod") or days
        key = database.performance_insights_kms_key_id or _lookups.kms_key_arn(  # type: ignore[attr-defined]
            response.current_account, response.region, p.get("PerformanceInsightsKMSKeyId") or "alias/aws/rds"
        )
        describe_insights(database, enabled, retention, key)
        busy = busy or enabled != before
    exports = p.get("CloudwatchLogsExportConfiguration")
    if exports:
        off, on = exports.get("DisableLogTypes", []), exports.get("EnableLogTypes", [])
        kept = [name for name in database.enabled_cloudwatch_logs_exports if name not in off]
        after = kept + [name for name in on if name not in kept]
        busy = busy or after != database.enabled_cloudwatch_logs_exports
        database.enabled_cloudwatch_logs_exports = after
    secret = {k: p.get(k) for k in ("ManageMasterUserPassword", "RotateMasterUserPassword") if p.get(k) is not None}
    if secret:
        database.update(
            manage_master_user_password=secret.get("ManageMasterUserPassword"),
            master_user_secret_kms_key_id=p.get("MasterUserSecretKmsKeyId"),
            rotate_master_user_password=secret.get("RotateMasterUserPassword"),
        )
        busy = True
    return busy


def _apply(response: RDSResponse, database: DBInstance, values: dict[str, Any]) -> None:
    """Make pending values the current ones."""
    major = engines.major_of(database.engine, database.engine_version)
    setters: dict[str, Callable[[Any], None]] = {
        "DBInstanceIdentifier": lambda name: _rename(database, name),
        "IAMDatabaseAuthenticationEnabled": lambda on: setattr(database, "enable_iam_database_authentication", on),
        "MasterUserPassword": lambda _: None,  # set when it was sent: only the stars are kept here
    }
    for name, value in values.items():
        setters.get(name, lambda v, name=name: describe_as(database, **{name: v}))(value)
    if "MultiAZ" in values:
        place(database)
    if {"StorageType", "AllocatedStorage", "Iops", "StorageThroughput"} & values.keys():
        stated = database.storage_type in ("io1", "io2")
        describe_storage(
            database,
            values.get("Iops") or (database.iops if stated else None),  # type: ignore[arg-type]
            values.get("StorageThroughput"),
        )
    if engines.known(database.engine):
        new = engines.major_of(database.engine, database.engine_version)
        if new != major and (database.db_parameter_group_name or "default.").startswith("default."):
            database.db_parameter_group_name = None
        if new != major:
            database._option_group_name = f"default:{database.engine}-{new.replace('.', '-')}"
    if {"DBInstanceClass", "EngineVersion", "Port"} & values.keys():
        settle_parameters(database)  # these restart the engine


def _rename(database: DBInstance, name: str) -> None:
    databases = database.backend.databases
    databases.pop(database.db_instance_identifier, None)
    database.db_instance_identifier = name
    databases[name] = database


def install(world: World) -> None:
    @operation(RDSResponse, "ModifyDBInstance")
    def modify(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        database = rules.database_of(response, p["DBInstanceIdentifier"])
        _check(response, database, p)
        _check_windows(database, p)
        busy = _at_once(response, database, p)
        now, waiting = _current(database), pending(database)
        for parameter, member in {**_QUEUED, **_STARTED}.items():
            value = p.get(parameter)
            if value is None:
                continue
            if parameter == "MasterUserPassword":
                database.master_user_password, value = value, "****"
            if value == now[member]:
                waiting.pop(member, None)  # asking for what it has takes a pending change back
            else:
                waiting[member] = value
        days = p.get("BackupRetentionPeriod")
        if days is not None:
            if bool(days) == bool(database.backup_retention_period):
                database.backup_retention_period = days
                waiting.pop("BackupRetentionPeriod", None)
            else:
                waiting["BackupRetentionPeriod"] = days
        # "any changes in the pending modifications queue are also applied"
        due = set(waiting) if p.get("ApplyImmediately") else set(_STARTED.values()) & set(waiting)
        if due or busy:
            carry_out(response, database, due or {"-"})
        return {"DBInstance": database}

    def carry_out(response: RDSResponse, database: DBInstance, names: set[str]) -> None:
        # The call answers while the status is still available; modifying comes a moment later, as on AWS.
        seconds = world.delay("rds.modify")
        due: set[str] = notes(database, "due", set)
        due |= names

        def start() -> None:
            database.status = "modifying"
            proceed(world, database, seconds * 0.8, finish)

        def finish() -> None:
            waiting = pending(database)
            values = {name: waiting.pop(name) for name in due if name in waiting}
            due.clear()
            _apply(response, database, values)
            database.status = "available"

        proceed(world, database, seconds * 0.2, start)
