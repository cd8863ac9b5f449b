# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read replicas, in the source's region or another, and their promotion."""

from __future__ import annotations

from typing import Any

from moto.rds.models import DBInstance, rds_backends
from moto.rds.responses import RDSResponse

from twin.overlay._lifecycle import as_tags, proceed
from twin.overlay.rds import rules
from twin.overlay.rds.instances import begin, describe_as
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World


def source_of(replica: DBInstance) -> DBInstance | None:
    """The instance that the replica follows, wherever it is; None once it is gone."""
    name = replica.source_db_instance_identifier
    if not replica.is_replica or not name:
        return None
    region = name.split(":")[3] if name.startswith("arn:") else replica.region
    return rds_backends[replica.account_id][region].databases.get(name.rsplit(":", 1)[-1])


def stand_alone(replica: DBInstance) -> None:
    source = source_of(replica)
    if source is not None:
        source.remove_replica(replica)
    replica.is_replica = False
    replica.source_db_instance_identifier = None
    describe_as(replica, StatusInfos=[])


def cut_loose(source: DBInstance) -> None:
    """When a source is deleted its replicas become instances in their own right."""
    for name in list(source.replicas):
        region = name.split(":")[3] if name.startswith("arn:") else source.region
        replica = rds_backends[source.account_id][region].databases.get(name.rsplit(":", 1)[-1])
        if replica is not None:
            stand_alone(replica)


def _find_source(response: RDSResponse, identifier: str) -> DBInstance:
    region = identifier.split(":")[3] if identifier.startswith("arn:") else response.region
    found = rds_backends[response.current_account][region].databases.get(identifier.rsplit(":", 1)[-1])
    if found is None:
        refuse("DBInstanceNotFound", f"DBInstance not found: {identifier}")
    return found


def _kwargs(response: RDSResponse, source: DBInstance, p: Parameters) -> dict[str, Any]:
    """What moto's DBInstance takes: the source's values under what the request states."""
    same_region = source.region == response.region
    group = getattr(source, "db_subnet_group", None) if same_region else None
    default_group = source.db_parameter_group_name if same_region else None
    return {
        "db_instance_identifier": p["DBInstanceIdentifier"],
        "db_instance_class": p.get("DBInstanceClass") or source.db_instance_class,
        "engine": source.engine,
        "engine_version": source.engine_version,
        "port": p.get("Port") or source.port,
        "allocated_storage": p.get("AllocatedStorage") or source.allocated_storage,
        "max_allocated_storage": p.get("MaxAllocatedStorage"),
        "storage_type": p.get("StorageType") or source.storage_type,
        "iops": p.get("Iops"),
        "backup_retention_period": p.get("BackupRetentionPeriod", 0),
        "auto_minor_version_upgrade": p.get("AutoMinorVersionUpgrade", True),
        "db_name": source.db_name,
        "db_subnet_group_name": p.get("DBSubnetGroupName") or (group.name if group else None),
        "db_parameter_group_name": p.get("DBParameterGroupName") or default_group,
        "copy_tags_to_snapshot": p.get("CopyTagsToSnapshot", False),
        "master_username": source.master_username,
        "preferred_backup_window": source.preferred_backup_window,
        "preferred_maintenance_window": source.preferred_maintenance_window,
        "publicly_accessible": p.get("PubliclyAccessible", False),
        "storage_encrypted": source.storage_encrypted,
        "tags": as_tags(p.get("Tags")),
        "vpc_security_group_ids": p.get("VpcSecurityGroupIds")
        or (list(source.vpc_security_group_ids) if same_region else None),
        "deletion_protection": p.get("DeletionProtection", False),
        "enable_cloudwatch_logs_exports": p.get("EnableCloudwatchLogsExports"),
        "enable_iam_database_authentication": p.get("EnableIAMDatabaseAuthentication", False),
        "monitoring_interval": p.get("MonitoringInterval", 0),
        "monitoring_role_arn": p.get("MonitoringRoleArn"),
    }


def install(world: World) -> None:
    @operation(RDSResponse, "CreateDBInstanceReadReplica")
    def create(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        backend, identifier = response.backend, p["DBInstanceIdentifier"]
        backend._validate_db_identifier(identifier)
        if identifier in backend.databases:
            refuse("DBInstanceAlreadyExists", "DB instance already exists")
        source = _find_source(response, p["SourceDBInstanceIdentifier"])
        same_region = source.region == response.region
        rules.must_be(
            source, "available", "backing-up", "storage-optimization",
            message=f"The source DB instance {source.db_instance_identifier} is not in available state.",
        )  # fmt: skip
        if not source.backup_retention_period:
            refuse(
                "InvalidDBInstanceState",
                "Automated backups are not enabled for this database instance. To enable automated backups,"
                " use"
                " ModifyDBInstance to set the backup retention period to a non-zero value.",
            )
        if getattr(source, "manage_master_user_password", False):
            # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-limitations
            refuse(
                "InvalidParameterCombination",
                "Cannot create a read replica of a DB instance whose master user password is managed by RDS in"
                " Secrets Manager.",
            )
        if not same_region and source.storage_encrypted and not p.get("KmsKeyId"):
            refuse(
                "InvalidParameterCombination",
                "Cannot create a cross region unencrypted read replica from encrypted source.",
            )
        if p.get("KmsKeyId"):
            rules.key_arn(response, p["KmsKeyId"])
        rules.check_common(
            response, {"DBInstanceClass": source.db_instance_class, **p}, source.engine, source.engine_version
        )
        replica = DBInstance(backend, **_kwargs(response, source, p))  # type: ignore[abstract]
        replica.set_as_replica()
        if same_region:
            replica.source_db_instance_identifier = source.db_instance_identifier
            replica.kms_key_id = source.kms_key_id
        else:
            replica.source_db_instance_identifier = source.db_instance_arn
        replica._master_user_password = getattr(source, "_master_user_password", None)
        backend.databases[identifier] = replica
        source.add_replica(replica)
        begin(world, response, replica, p)
        describe_as(
            replica,
            StatusInfos=[{"StatusType": "read replication", "Normal": True, "Status": "replicating"}],
        )
        return {"DBInstance": replica}

    @operation(RDSResponse, "PromoteReadReplica")
    def promote(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        replica = rules.database_of(response, p["DBInstanceIdentifier"])
        if not replica.is_replica:
            refuse("InvalidDBInstanceState", "DB Instance is not a read replica.")
        rules.must_be(replica)
        rules.check_retention(p.get("BackupRetentionPeriod"))
        replica.status = "modifying"
        if p.get("PreferredBackupWindow"):
            replica.preferred_backup_window = p["PreferredBackupWindow"]
        seconds = world.delay("rds.promote")

        def reboot() -> None:
            stand_alone(replica)
            replica.backup_retention_period = p.get("BackupRetentionPeriod", 1)
            replica.status = "rebooting"
            proceed(world, replica, seconds * 0.4, up)

        def up() -> None:
            replica.status = "available"

        proceed(world, replica, seconds * 0.6, reboot)
        return {"DBInstance": replica}
