# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What RDS answers about an instance: its state, and its properties in CloudFormation's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.kind import Observed, Property
from ..kms import key_id
from ..requests import pruned
from ..shared import IMMUTABLE, MUTABLE, WRITE_ONLY
from ..versions import engine_version, refuse_older
from .common import lower
from .storage import (
    allocated_storage,
    comparable_storage,
    growth,
    is_without_room,
    refuse_size,
    storage_limit,
)

#: Every value of DBInstanceStatus that is not on one of these lists passes by itself:
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
#: A full disk is mended by a change, so it does not keep from changing; nor does a stop that somebody ordered.
#: While its storage is optimised an instance is fully operational.
READY_STATES = frozenset({"available", "stopped", "storage-full", "storage-optimization", "storage-initialization"})
FAILED_STATES = frozenset(
    {
        "failed",
        "inaccessible-encryption-credentials",
        "inaccessible-encryption-credentials-recoverable",
        "incompatible-create",
        "incompatible-network",
        "incompatible-option-group",
        "incompatible-parameters",
        "incompatible-restore",
        "insufficient-capacity",
        "restore-error",
    }
)
LEAVING_STATES = frozenset({"deleting", "delete-precheck"})

#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, parameter Port
DEFAULT_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306, "oracle": 1521, "sqlserver": 1433, "db2": 50000}


def instance_state(item: Mapping[str, Any]) -> str:
    """The status, or what is still under way behind the status `available`, which a change alters a little late."""
    status = str(item.get("DBInstanceStatus") or "")
    if status != "available":
        return status
    if pruned(item.get("PendingModifiedValues")):
        return "pending-modification"
    if any(group.get("Status") in ("adding", "removing") for group in item.get("VpcSecurityGroups") or ()):
        return "moving-security-groups"
    if any(group.get("ParameterApplyStatus") == "applying" for group in item.get("DBParameterGroups") or ()):
        return "applying-parameters"
    return status


class Source:
    """The identifier of a replica's source, which equals that of no source: a replica that has been promoted.

    It holds what its source held and has moved on since. Whoever described the replica meant that data; to follow the
    source again it would have to be made anew over it, which nothing but a failback does.
    """

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Source):
            return NotImplemented
        return self.identifier == other.identifier or not (self.identifier and other.identifier)

    def __hash__(self) -> int:
        return hash(Source)

    def __repr__(self) -> str:
        return self.identifier


def source_name(value: Any) -> Any:
    """A replica's source by its identifier: within a region that is all that AWS answers, across regions an ARN."""
    return Source(value.rpartition(":")[2].lower() if isinstance(value, str) else "")


def promotion(desired: Mapping[str, Any], found: Observed) -> str:
    """What to say of a described replica that has been promoted."""
    if not desired.get("SourceDBInstanceIdentifier") or found.properties.get("SourceDBInstanceIdentifier"):
        return ""
    return (
        f"DB instance {found.id} is described as a replica and follows no source any more: it was promoted. It is left "
        f"so; describe it without its source, or fail back and let it be made anew"
    )


def remark(desired: Mapping[str, Any], found: Observed) -> str:
    """What to say of an instance that lives its own life."""
    grown = growth(desired.get("AllocatedStorage"), found.properties.get("AllocatedStorage"))
    return promotion(desired, found) or (f"DB instance {found.id} {grown}" if grown else "")


def source_region(identifier: str) -> str:
    """The region of a replica's source that is given by its ARN; empty for one in the same region."""
    return identifier.split(":")[3] if identifier.startswith("arn:") else ""


def replicated_region(item: Mapping[str, Any]) -> str | None:
    """The region that the automated backups are replicated to."""
    replications = item.get("DBInstanceAutomatedBackupsReplications") or [{}]
    arn = replications[0].get("DBInstanceAutomatedBackupsArn")
    return arn.split(":")[3] if arn else None


def predicted_port(facts: Mapping[str, Any]) -> int | None:
    """The port that an instance will listen on."""
    if "Port" in facts:
        return int(facts["Port"]) if isinstance(facts["Port"], (int, str)) else None
    engine = facts.get("Engine")
    return DEFAULT_PORTS.get(engine.partition("-")[0]) if isinstance(engine, str) else None


def instance_port(item: Mapping[str, Any]) -> Any:
    return (item.get("Endpoint") or {}).get("Port") or item.get("DbInstancePort") or None


def _security_groups(item: Mapping[str, Any]) -> list[str]:
    groups = item.get("VpcSecurityGroups") or ()
    return [group["VpcSecurityGroupId"] for group in groups if group.get("Status") != "removing"]


def _roles(item: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"FeatureName": role.get("FeatureName", ""), "RoleArn": role["RoleArn"]}
        for role in item.get("AssociatedRoles") or ()
    ]


PROPERTIES: dict[str, Property] = {
    "DBInstanceIdentifier": Property(immutable=True, normalise=lower),
    "DBInstanceClass": MUTABLE,
    "Engine": IMMUTABLE,
    "EngineVersion": Property(normalise=engine_version, refuse=refuse_older),
    "EngineLifecycleSupport": IMMUTABLE,
    "DBName": IMMUTABLE,
    "MasterUsername": IMMUTABLE,
    "MasterUserPassword": Property(write_only=True, sensitive=True),
    "ManageMasterUserPassword": Property(path=lambda item: bool(item.get("MasterUserSecret"))),
    "MasterUserSecret": Property(
        path=lambda item: {"KmsKeyId": (item.get("MasterUserSecret") or {}).get("KmsKeyId")},
        normalise=lambda value: {"KmsKeyId": key_id(value.get("KmsKeyId"))} if isinstance(value, Mapping) else value,
    ),
    "MasterUserAuthenticationType": WRITE_ONLY,
    "AllocatedStorage": Property(path=allocated_storage, normalise=comparable_storage, refuse=refuse_size),
    "MaxAllocatedStorage": Property(path=storage_limit, unstated=None, enough=is_without_room),
    "StorageType": MUTABLE,
    "Iops": MUTABLE,
    "StorageThroughput": MUTABLE,
    "DedicatedLogVolume": MUTABLE,
    "StorageEncrypted": Property(immutable=True, default=False),
    "KmsKeyId": Property(immutable=True, normalise=key_id),
    "MultiAZ": Property(default=False),
    "AvailabilityZone": IMMUTABLE,
    "DBSubnetGroupName": Property(path="DBSubnetGroup.DBSubnetGroupName", immutable=True, normalise=lower),
    "VPCSecurityGroups": Property(path=_security_groups, unordered=True),
    "Port": Property(path=instance_port),
    "NetworkType": MUTABLE,
    "PubliclyAccessible": Property(default=False),
    "CACertificateIdentifier": MUTABLE,
    "CertificateRotationRestart": WRITE_ONLY,
    "BackupRetentionPeriod": MUTABLE,
    "BackupTarget": IMMUTABLE,
    "PreferredBackupWindow": MUTABLE,
    "PreferredMaintenanceWindow": Property(normalise=lower),
    "CopyTagsToSnapshot": Property(default=False),
    "DeletionProtection": Property(default=False),
    "DeleteAutomatedBackups": WRITE_ONLY,
    "AutomaticBackupReplicationRegion": Property(path=replicated_region, default="", unstated=""),
    "AutomaticBackupReplicationKmsKeyId": WRITE_ONLY,
    "AutomaticBackupReplicationRetentionPeriod": WRITE_ONLY,
    "DBParameterGroupName": Property(path="DBParameterGroups[0].DBParameterGroupName", normalise=lower),
    "OptionGroupName": Property(path="OptionGroupMemberships[0].OptionGroupName", normalise=lower),
    "AutoMinorVersionUpgrade": Property(default=False),
    "AllowMajorVersionUpgrade": WRITE_ONLY,
    "ApplyImmediately": WRITE_ONLY,
    "LicenseModel": MUTABLE,
    "EnableIAMDatabaseAuthentication": Property(path="IAMDatabaseAuthenticationEnabled", default=False),
    "EnablePerformanceInsights": Property(path="PerformanceInsightsEnabled", default=False),
    "PerformanceInsightsKMSKeyId": Property(normalise=key_id),
    "PerformanceInsightsRetentionPeriod": MUTABLE,
    "DatabaseInsightsMode": MUTABLE,
    "MonitoringInterval": Property(default=0),
    "MonitoringRoleArn": MUTABLE,
    "EnableCloudwatchLogsExports": Property(path="EnabledCloudwatchLogsExports", unordered=True),
    "ProcessorFeatures": Property(key="Name"),
    "UseDefaultProcessorFeatures": WRITE_ONLY,
    "PromotionTier": MUTABLE,
    "SourceDBInstanceIdentifier": Property(
        path="ReadReplicaSourceDBInstanceIdentifier", immutable=True, normalise=source_name
    ),
    "SourceRegion": WRITE_ONLY,
    "ReplicaMode": MUTABLE,
    "DBSnapshotIdentifier": WRITE_ONLY,
    "DBClusterIdentifier": IMMUTABLE,
    "AssociatedRoles": Property(path=_roles, unordered=True),
    "CharacterSetName": IMMUTABLE,
    "NcharCharacterSetName": IMMUTABLE,
    "Timezone": IMMUTABLE,
    "CustomIAMInstanceProfile": Property(path="CustomIamInstanceProfile", immutable=True),
    "DBSystemId": IMMUTABLE,
    "Domain": Property(path="DomainMemberships[0].Domain"),
    "DomainFqdn": Property(path="DomainMemberships[0].FQDN"),
    "DomainOu": Property(path="DomainMemberships[0].OU"),
    "DomainAuthSecretArn": Property(path="DomainMemberships[0].AuthSecretArn"),
    "DomainDnsIps": Property(path="DomainMemberships[0].DnsIps", unordered=True),
    "DomainIAMRoleName": Property(path="DomainMemberships[0].IAMRoleName"),
    "TdeCredentialArn": MUTABLE,
    "TdeCredentialPassword": Property(write_only=True, sensitive=True),
}
