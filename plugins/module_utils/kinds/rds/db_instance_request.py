# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What RDS is asked to do with an instance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...engine.diff import differs
from ...engine.kind import Item, Work
from ..requests import given
from ..shared import tag_list
from .db_instance_answer import PROPERTIES, source_region

#: RDS takes no final snapshot in these:
#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
_NO_FINAL_SNAPSHOT = frozenset({"failed", "incompatible-restore", "incompatible-network"})

_PARAMETER_NAMES = {
    "VPCSecurityGroups": "VpcSecurityGroupIds",
    "CustomIAMInstanceProfile": "CustomIamInstanceProfile",
}
_COMMON = (
    "AllocatedStorage",
    "AutoMinorVersionUpgrade",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBParameterGroupName",
    "DatabaseInsightsMode",
    "DedicatedLogVolume",
    "DeletionProtection",
    "Domain",
    "DomainAuthSecretArn",
    "DomainDnsIps",
    "DomainFqdn",
    "DomainIAMRoleName",
    "DomainOu",
    "EnableIAMDatabaseAuthentication",
    "EnablePerformanceInsights",
    "EngineVersion",
    "Iops",
    "LicenseModel",
    "ManageMasterUserPassword",
    "MasterUserAuthenticationType",
    "MasterUserPassword",
    "MaxAllocatedStorage",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "MultiAZ",
    "NetworkType",
    "OptionGroupName",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "ProcessorFeatures",
    "PromotionTier",
    "PubliclyAccessible",
    "StorageThroughput",
    "StorageType",
    "TdeCredentialArn",
    "TdeCredentialPassword",
    "VPCSecurityGroups",
)
_CREATE_ONLY = (
    "AvailabilityZone",
    "BackupTarget",
    "CharacterSetName",
    "CustomIAMInstanceProfile",
    "DBClusterIdentifier",
    "DBInstanceIdentifier",
    "DBName",
    "DBSubnetGroupName",
    "DBSystemId",
    "EnableCloudwatchLogsExports",
    "Engine",
    "EngineLifecycleSupport",
    "KmsKeyId",
    "MasterUsername",
    "NcharCharacterSetName",
    "Port",
    "StorageEncrypted",
    "Timezone",
)

#: What a new instance inherits, and the request that makes it therefore refuses.
#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
_REFUSED_FOR_REPLICA = frozenset(
    {
        "BackupRetentionPeriod",
        "CharacterSetName",
        "DBClusterIdentifier",
        "DBName",
        "DBSystemId",
        "Engine",
        "EngineLifecycleSupport",
        "EngineVersion",
        "LicenseModel",
        "ManageMasterUserPassword",
        "MasterUserAuthenticationType",
        "MasterUserPassword",
        "MasterUsername",
        "NcharCharacterSetName",
        "PreferredBackupWindow",
        "PreferredMaintenanceWindow",
        "PromotionTier",
        "StorageEncrypted",
        "TdeCredentialArn",
        "TdeCredentialPassword",
        "Timezone",
    }
)
#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
_REFUSED_FOR_RESTORE = frozenset(
    {
        "CharacterSetName",
        "DBClusterIdentifier",
        "DBSystemId",
        "DatabaseInsightsMode",
        "EnablePerformanceInsights",
        "EngineVersion",
        "KmsKeyId",
        "MasterUserAuthenticationType",
        "MasterUserPassword",
        "MasterUsername",
        "MaxAllocatedStorage",
        "MonitoringInterval",
        "MonitoringRoleArn",
        "NcharCharacterSetName",
        "PerformanceInsightsKMSKeyId",
        "PerformanceInsightsRetentionPeriod",
        "PreferredMaintenanceWindow",
        "PromotionTier",
        "StorageEncrypted",
        "Timezone",
    }
)
#: Properties that RDS wants to see together: a change of one restates the others that are stated.
_TOGETHER = (
    frozenset({"AllocatedStorage", "Iops", "StorageThroughput", "StorageType"}),
    frozenset({"MonitoringInterval", "MonitoringRoleArn"}),
    frozenset(
        {
            "DatabaseInsightsMode",
            "EnablePerformanceInsights",
            "PerformanceInsightsKMSKeyId",
            "PerformanceInsightsRetentionPeriod",
        }
    ),
    frozenset({"Domain", "DomainAuthSecretArn", "DomainDnsIps", "DomainFqdn", "DomainIAMRoleName", "DomainOu"}),
)
_NUMBERS = frozenset(
    {
        "AllocatedStorage",
        "BackupRetentionPeriod",
        "Iops",
        "MaxAllocatedStorage",
        "MonitoringInterval",
        "PerformanceInsightsRetentionPeriod",
        "Port",
        "PromotionTier",
        "StorageThroughput",
    }
)


#: What `modify_db_instance` changes.
MODIFIABLE = frozenset(
    name
    for name in (*_COMMON, "Port", "EnableCloudwatchLogsExports", "MasterUserSecret", "ReplicaMode")
    if not PROPERTIES[name].write_only
)


def _parameters(work: Work, names: Iterable[str]) -> dict[str, Any]:
    stated = {name: work.desired[name] for name in names if name in work.desired and work.desired[name] is not None}
    return {
        _PARAMETER_NAMES.get(name, name): int(value) if name in _NUMBERS else value
        for name, value in sorted(stated.items())
    }


def _master_secret(work: Work) -> dict[str, Any]:
    key = (work.get("MasterUserSecret") or {}).get("KmsKeyId")
    return {"MasterUserSecretKmsKeyId": key} if key else {}


def creation(work: Work) -> tuple[str, dict[str, Any]]:
    """The request that makes an instance: its name and its parameters."""
    params = {**_parameters(work, (*_COMMON, *_CREATE_ONLY)), **_master_secret(work), "Tags": tag_list(work.tags)}
    source = work.get("SourceDBInstanceIdentifier")
    if source:
        accepted = {name: value for name, value in params.items() if name not in _REFUSED_FOR_REPLICA}
        accepted.pop("MasterUserSecretKmsKeyId", None)
        accepted |= {"SourceDBInstanceIdentifier": source, **given(work, "ReplicaMode")}
        region = source_region(source)
        if region and region != work.region:
            # botocore signs the request to the source's region that RDS wants beside this one.
            accepted["SourceRegion"] = region
        return "create_db_instance_read_replica", accepted
    if work.get("DBSnapshotIdentifier"):
        accepted = {name: value for name, value in params.items() if name not in _REFUSED_FOR_RESTORE}
        return "restore_db_instance_from_db_snapshot", {**accepted, **given(work, "DBSnapshotIdentifier")}
    return "create_db_instance", params


def create(work: Work) -> Item:
    operation, params = creation(work)
    made: Item = work.call("rds", operation, **params)["DBInstance"]
    return made


def modification(work: Work, names: Iterable[str]) -> dict[str, Any]:
    """The parameters that change some properties of an instance, and at once instead of in the maintenance window."""
    changed = set(names)
    for group in _TOGETHER:
        if changed & group:
            changed |= group
    if work.merged("EnablePerformanceInsights") is False:
        changed -= {"PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod"}
    params = _parameters(work, changed.intersection(_COMMON))
    has = int(work.current.properties["AllocatedStorage"] or 0) if work.current is not None else 0
    if "AllocatedStorage" in params:
        # Never less than autoscaling has made of it.
        params["AllocatedStorage"] = max(params["AllocatedStorage"], has)
    if "MaxAllocatedStorage" in changed and work.desired.get("MaxAllocatedStorage") is None:
        # Room to grow to what it has is none.
        params["MaxAllocatedStorage"] = params.get("AllocatedStorage") or has
    if "Port" in changed:
        params["DBPortNumber"] = int(work.desired["Port"])
    if "EnableCloudwatchLogsExports" in changed:
        params["CloudwatchLogsExportConfiguration"] = _log_exports(work)
    if changed & {"ManageMasterUserPassword", "MasterUserSecret"}:
        params |= _master_secret(work)
        if work.get("ManageMasterUserPassword") is False:
            params |= given(work, "MasterUserPassword")
    if "EngineVersion" in changed:
        params |= given(work, "AllowMajorVersionUpgrade")
    if "CACertificateIdentifier" in changed:
        params |= given(work, "CertificateRotationRestart")
    if "ReplicaMode" in changed:
        params |= given(work, "ReplicaMode")
    if "UseDefaultProcessorFeatures" in work.desired and "ProcessorFeatures" in changed:
        params |= given(work, "UseDefaultProcessorFeatures")
    return params


def _log_exports(work: Work) -> dict[str, list[str]]:
    desired = set(work.desired["EnableCloudwatchLogsExports"] or ())
    current = set((work.current.properties["EnableCloudwatchLogsExports"] if work.current else None) or ())
    return {"EnableLogTypes": sorted(desired - current), "DisableLogTypes": sorted(current - desired)}


def modify(work: Work) -> Item | None:
    """Change what differs; after a create that is what a replica or a restored instance could not be made with."""
    current = work.current.properties if work.current else {}
    differing = [
        name
        for name in work.changed & MODIFIABLE
        if name in work.desired and differs(PROPERTIES[name], work.desired[name], current.get(name))
    ]
    if work.get("DBSnapshotIdentifier") and "MasterUserPassword" in work.changed & set(work.desired):
        differing.append("MasterUserPassword")
    params = modification(work, differing)
    if not params:
        return None
    answer = work.call("rds", "modify_db_instance", DBInstanceIdentifier=work.id, ApplyImmediately=True, **params)
    changed: Item = answer["DBInstance"]
    return changed


def change_roles(work: Work) -> None:
    desired = {(role.get("FeatureName", ""), role["RoleArn"]) for role in work.desired["AssociatedRoles"] or ()}
    roles = (work.current.properties["AssociatedRoles"] if work.current else None) or ()
    current = {(role["FeatureName"], role["RoleArn"]) for role in roles}
    for feature, role in sorted(current - desired):
        work.call(
            "rds", "remove_role_from_db_instance", DBInstanceIdentifier=work.id, FeatureName=feature, RoleArn=role
        )
    for feature, role in sorted(desired - current):
        work.call("rds", "add_role_to_db_instance", DBInstanceIdentifier=work.id, FeatureName=feature, RoleArn=role)


def replicate_backups(work: Work) -> None:
    """Start or end the replication of the automated backups; the region that receives them is asked for either."""
    arn = work.attributes["Arn"]
    desired = work.desired["AutomaticBackupReplicationRegion"] or ""
    current = (work.current.properties["AutomaticBackupReplicationRegion"] if work.current else "") or ""
    if current and current != desired:
        work.api.call(
            "rds", "stop_db_instance_automated_backups_replication", {"SourceDBInstanceArn": arn}, region=current
        )
    if desired and current != desired:
        params = given(
            work,
            KmsKeyId="AutomaticBackupReplicationKmsKeyId",
            BackupRetentionPeriod="AutomaticBackupReplicationRetentionPeriod",
        )
        work.api.call(
            "rds",
            "start_db_instance_automated_backups_replication",
            {"SourceDBInstanceArn": arn, "SourceRegion": work.region, **params},
            region=desired,
        )


def deletion(work: Work) -> dict[str, Any]:
    """The parameters of the deletion; a replica, and what has failed, gets no final snapshot."""
    current = work.current
    is_replica = bool(current and current.properties.get("SourceDBInstanceIdentifier"))
    is_member = bool(current and current.properties.get("DBClusterIdentifier"))
    has_failed = bool(current and current.state in _NO_FINAL_SNAPSHOT)
    params: dict[str, Any] = {"DBInstanceIdentifier": work.id, "SkipFinalSnapshot": True}
    if work.final_snapshot and not (is_replica or is_member or has_failed):
        params["SkipFinalSnapshot"] = False
        params["FinalDBSnapshotIdentifier"] = f"{work.id}-final-{work.token[:8]}"
    return {**params, **given(work, "DeleteAutomatedBackups")}


def release(work: Work) -> None:
    work.call(
        "rds", "modify_db_instance", DBInstanceIdentifier=work.id, DeletionProtection=False, ApplyImmediately=True
    )
