# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CreateDBInstance and ModifyDBInstance refuse. Codes and wording are those of the service."""

from __future__ import annotations

import re
from typing import Any

from moto.rds.models import DBInstance
from moto.rds.responses import RDSResponse

from twin.overlay import _lookups, _windows
from twin.overlay.rds import engines
from twin.patch import notes
from twin.refusal import refuse

_STORAGE_TYPES = ("gp2", "gp3", "io1", "io2", "standard")
_SMALLEST = {"gp2": 20, "gp3": 20, "io1": 100, "io2": 100, "standard": 5}
_INTERVALS = (0, 1, 5, 10, 15, 30, 60)


def database_of(response: RDSResponse, identifier: str) -> DBInstance:
    """The instance by name or ARN of this region."""
    name = identifier.rsplit(":", 1)[-1]
    if name not in response.backend.databases:
        refuse("DBInstanceNotFound", f"DBInstance {name} not found.")
    return response.backend.databases[name]


def must_be(database: DBInstance, *states: str, message: str | None = None) -> None:
    under_way = notes(database, "due", set)  # a change that was accepted and has not begun
    if database.status not in (states or ("available",)) or under_way:
        refuse(
            "InvalidDBInstanceState",
            message or f"Database instance is not in {(states or ('available',))[0]} state.",
        )


def check_password(password: str | None) -> None:
    if password is None:
        return
    if len(password) < 8:
        refuse(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
        )
    if len(password) > 128 or re.search(r"[^\x21-\x7e]|[/@\"]", password):
        refuse(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters"
            " besides '/', '@', '\"', ' ' may be used.",
        )


def check_security_groups(response: RDSResponse, ids: list[str], vpc_id: str | None) -> None:
    for group_id in ids:
        group = _lookups.security_group(response.current_account, response.region, group_id)
        if group is None:
            refuse("InvalidParameterValue", f"Invalid security group , groupId= {group_id}, groupName=.")
        if vpc_id and group.vpc_id != vpc_id:
            refuse(
                "InvalidParameterCombination",
                "The DB instance and EC2 security group are in different VPCs. The DB instance is in"
                f" {vpc_id} and the EC2 security group is in {group.vpc_id}",
            )


def key_arn(response: RDSResponse, key: str) -> str:
    arn = _lookups.kms_key_arn(response.current_account, response.region, key)
    if arn is None or (key.startswith("arn:") and key.split(":")[3] != response.region):
        refuse(
            "KMSKeyNotAccessibleFault",
            f"The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to"
            " access it.",
        )
    return arn


def check_storage(engine: str, kind: str, size: int, iops: int | None, throughput: int | None) -> None:
    if kind not in _STORAGE_TYPES:
        refuse("InvalidParameterValue", f"Invalid storage type: {kind}")
    if not _SMALLEST[kind] <= size <= 65536:
        refuse(
            "InvalidParameterCombination",
            f"Invalid storage size for engine name {engine} and storage type {kind}: {size}",
        )
    if kind == "gp3" and size < 400 and (iops or throughput):
        refuse(
            "InvalidParameterCombination",
            f"You can't specify IOPS or storage throughput for engine {engine} and a storage size less than 400.",
        )
    if kind in ("io1", "io2") and not iops:
        refuse("InvalidParameterCombination", f"The parameter Iops must be provided for storage type {kind}.")
    if kind in ("gp2", "standard") and iops:
        refuse("InvalidParameterCombination", f"You can't specify IOPS for storage type {kind}.")


def check_growth(size: int, largest: int | None) -> None:
    """Storage autoscaling: MaxAllocatedStorage leaves room, or equals the size, which turns it off."""
    if largest is None or largest == size:
        return
    if largest < size:
        refuse("InvalidParameterCombination", "Max storage size must be greater than storage size")
    if largest < size * 1.1:
        refuse(
            "InvalidParameterCombination",
            "The maximum allocated storage must be increased by at least 10 percent.",
        )


def check_retention(days: int | None) -> None:
    if days is not None and not 0 <= days <= 35:
        refuse(
            "InvalidParameterValue",
            f"Invalid backup retention period: {days}. Retention period must be between 0 and 35.",
        )


def check_monitoring(interval: int, role: str | None) -> None:
    if interval not in _INTERVALS:
        refuse(
            "InvalidParameterValue",
            f"The specified MonitoringInterval value {interval} is invalid. Valid values: 0, 1, 5, 10, 15, 30, 60.",
        )
    if interval and not role:
        refuse(
            "InvalidParameterCombination",
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.",
        )
    if role and not interval:
        refuse(
            "InvalidParameterCombination",
            "You must specify a MonitoringInterval value other than 0 when you specify a MonitoringRoleARN value.",
        )


def check_insights(enabled: bool, retention: int | None, key: str | None) -> None:
    if not enabled and (retention is not None or key):
        refuse(
            "InvalidParameterCombination",
            "To change the Performance Insights retention period or KMS key, enable Performance Insights.",
        )
    if retention is not None and retention not in (7, 731, *(31 * month for month in range(1, 24))):
        refuse(
            "InvalidParameterValue",
            f"Invalid Performance Insights retention period: {retention}. Valid values are 7, month * 31"
            " where"
            " month is a number of months from 1-23, and 731.",
        )


def check_certificate(name: str | None) -> None:
    if name is not None and name not in engines.CERTIFICATES:
        refuse("CertificateNotFound", f"Certificate not found: {name}")


def check_group_family(response: RDSResponse, name: str | None, engine: str, version: str) -> None:
    """A custom parameter group must exist and be of the engine's family."""
    if not name or name.startswith("default."):
        return
    group = response.backend.db_parameter_groups.get(name)
    if group is None:
        refuse("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    wanted = engines.family(engine, version)
    if group.family != wanted:
        refuse(
            "InvalidParameterCombination",
            f"The parameter group {name} with DBParameterGroupFamily {group.family} can't be used for this"
            f" instance. Please use a parameter group with DBParameterGroupFamily {wanted}.",
        )


def check_create(response: RDSResponse, p: dict[str, Any], engine: str, version: str) -> None:
    """The checks of CreateDBInstance that need nothing but the request and what exists."""
    engines.check_master_username(engine, p.get("MasterUsername"))
    if not p.get("ManageMasterUserPassword"):
        if p.get("MasterUserPassword") is None:
            refuse(
                "InvalidParameterValue",
                "The parameter MasterUserPassword must be provided and must not be blank.",
            )
        check_password(p["MasterUserPassword"])
    elif p.get("MasterUserPassword") is not None:
        refuse(
            "InvalidParameterCombination",
            "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.",
        )
    engines.check_database_name(engine, p.get("DBName"))
    if p.get("AllocatedStorage") is None:
        refuse(
            "InvalidParameterValue",
            "The parameter AllocatedStorage must be provided and must not be blank.",
        )
    kind = p.get("StorageType") or ("io1" if p.get("Iops") else "gp2")
    check_storage(engine, kind, p["AllocatedStorage"], p.get("Iops"), p.get("StorageThroughput"))
    check_growth(p["AllocatedStorage"], p.get("MaxAllocatedStorage"))
    check_common(response, p, engine, version)


def check_common(response: RDSResponse, p: dict[str, Any], engine: str, version: str) -> None:
    """The checks that a new instance gets wherever it comes from: nothing, a snapshot, a source."""
    engines.check_class(engine, version, p["DBInstanceClass"])
    check_retention(p.get("BackupRetentionPeriod"))
    check_monitoring(p.get("MonitoringInterval", 0), p.get("MonitoringRoleArn"))
    check_insights(
        bool(p.get("EnablePerformanceInsights")),
        p.get("PerformanceInsightsRetentionPeriod"),
        p.get("PerformanceInsightsKMSKeyId"),
    )
    check_certificate(p.get("CACertificateIdentifier"))
    check_group_family(response, p.get("DBParameterGroupName"), engine, version)
    engines.check_log_types(engine, version, p.get("EnableCloudwatchLogsExports", []))
    if p.get("MultiAZ") and p.get("AvailabilityZone"):
        refuse(
            "InvalidParameterCombination",
            "Requesting a specific availability zone is not valid for Multi-AZ instances.",
        )
    if p.get("KmsKeyId") and p.get("StorageEncrypted") is False:
        refuse("InvalidParameterCombination", "You can't specify KmsKeyId for an unencrypted DB instance.")
    group = None
    if p.get("DBSubnetGroupName"):
        if p["DBSubnetGroupName"] not in response.backend.subnet_groups:
            refuse(
                "DBSubnetGroupNotFoundFault",
                f"DB subnet group '{p['DBSubnetGroupName']}' does not exist.",
            )
        group = response.backend.subnet_groups[p["DBSubnetGroupName"]]
    check_security_groups(response, p.get("VpcSecurityGroupIds", []), group.vpc_id if group else None)


def window_message(maintenance: str | None, backup: str | None) -> str | None:
    """What is wrong with a pair of windows, or None. Takes the place of moto's, to which touching is overlap."""
    week, day = _windows.weekly(maintenance or ""), _windows.daily(backup or "")
    if maintenance and week is None:
        return (
            f"Invalid maintenance window format: {maintenance}. Should be specified as a range"
            " ddd:hh24:mi-ddd:hh24:mi (24H Clock UTC). Example: Sun:23:45-Mon:00:15"
        )
    if backup and day is None:
        return (
            f"Invalid backup window format: {backup}. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC)."
        )
    if week and not 30 <= week[1] <= 24 * 60:
        return "The maintenance window must be at least 30 minutes and less than 24 hours."
    if day and day[1] < 30:
        return "The backup window must be at least 30 minutes."
    if week and day and _windows.overlap(week, day):
        return "The backup window and maintenance window must not overlap."
    return None
