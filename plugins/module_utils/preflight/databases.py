# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS instances that AWS would refuse to make, or that would lose data."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

from ..engine.document import Resource
from .networks import zones_of_subnets
from .places import UNGUARDED
from .rule import Rule, Severity, Subject

INSTANCE = "AWS::RDS::DBInstance"

#: Master user names that each engine keeps for itself. RDS compares without regard to case.
#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (MasterUsername)
#: https://www.postgresql.org/docs/current/predefined-roles.html
RESERVED_USERS: dict[str, frozenset[str]] = {
    "postgres": frozenset(
        {
            "admin",
            "administrator",
            "all",
            "analyse",
            "analyze",
            "and",
            "any",
            "array",
            "asc",
            "both",
            "case",
            "cast",
            "check",
            "collate",
            "column",
            "constraint",
            "create",
            "current_user",
            "default",
            "desc",
            "distinct",
            "do",
            "else",
            "end",
            "except",
            "false",
            "for",
            "foreign",
            "from",
            "grant",
            "group",
            "having",
            "in",
            "limit",
            "not",
            "null",
            "on",
            "only",
            "or",
            "order",
            "primary",
            "public",
            "rdsadmin",
            "rdsrepladmin",
            "rdstopmgr",
            "references",
            "replication",
            "select",
            "session_user",
            "some",
            "table",
            "then",
            "to",
            "true",
            "union",
            "unique",
            "user",
            "using",
            "when",
            "where",
            "with",
        }
    ),
    "mysql": frozenset({"rdsadmin", "rdsrepladmin", "mysql.sys", "mysql.session", "mysql.infoschema"}),
    "mariadb": frozenset({"rdsadmin", "rdsrepladmin", "mysql.sys", "mariadb.sys"}),
}

_USER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_USER_LIMIT = {"postgres": 63, "mysql": 16, "mariadb": 16}

#: The oldest major version in standard support, and the minors of supported majors that can no longer be created.
#: https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MariaDB.Concepts.VersionMgmt.html
END_OF_SUPPORT: dict[str, dict[str, datetime.date]] = {
    "postgres": {
        "9": datetime.date(2022, 1, 18),
        "10": datetime.date(2023, 4, 17),
        "11": datetime.date(2024, 2, 29),
        "12": datetime.date(2025, 2, 28),
        "13": datetime.date(2026, 2, 28),
    },
    "mysql": {"5.5": datetime.date(2021, 5, 25), "5.6": datetime.date(2022, 3, 1), "5.7": datetime.date(2024, 2, 29)},
    "mariadb": {
        "10.2": datetime.date(2022, 10, 15),
        "10.3": datetime.date(2023, 10, 23),
        "10.4": datetime.date(2024, 10, 1),
        "10.5": datetime.date(2025, 6, 24),
    },
}
#: The first minor of each major that can still be created; older ones are retired.
FIRST_MINOR: dict[str, dict[str, int]] = {"postgres": {"14": 15, "15": 10, "16": 6, "17": 2}}

_SUPPORTED = {"postgres": "16", "mysql": "8.4", "mariadb": "11.4"}

#: GB, by storage type, for the engines of this collection.
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
_STORAGE = {"gp2": (20, 65536), "gp3": (20, 65536), "io1": (100, 65536), "io2": (100, 65536)}

#: From this size on, in GB, operations and throughput of gp3 can be stated.
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
_GP3_FAST = 400
_GP3 = {"iops": (12000, 64000), "throughput": (500, 4000)}
#: The logs that an engine has.
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.html
_LOGS = {
    "postgres": ("postgresql", "upgrade", "iam-db-auth-error"),
    "mysql": ("audit", "error", "general", "slowquery", "iam-db-auth-error"),
    "mariadb": ("audit", "error", "general", "slowquery", "iam-db-auth-error"),
}

_SNAPSHOTS = ("AWS::RDS::DBSnapshot", "AWS::RDS::DBClusterSnapshot", "AWS::ElastiCache::Snapshot")

_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"(?:{'|'.join(_DAYS)})"
_DAY_MINUTES, _WEEK_MINUTES, _LEAST_MINUTES = 1440, 10080, 30
_WEEKLY = re.compile(rf"{_DAY}:([01]\d|2[0-3]):[0-5]\d-{_DAY}:([01]\d|2[0-3]):[0-5]\d", re.IGNORECASE)


def _instances(subject: Subject) -> Iterator[tuple[Resource, str]]:
    for instance in subject.of(INSTANCE):
        yield instance, str(instance.properties.get("Engine", ""))


def _reserved(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, engine in _instances(subject):
        user = instance.properties.get("MasterUsername")
        if isinstance(user, str) and user.lower() in RESERVED_USERS.get(engine, ()):
            yield f"{instance.path}.username", f"{user!r} is reserved by {engine}; choose another, e.g. app_owner"


def _user_form(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, engine in _instances(subject):
        user = instance.properties.get("MasterUsername")
        limit = _USER_LIMIT.get(engine, 16)
        if isinstance(user, str) and (not _USER.fullmatch(user) or len(user) > limit):
            yield (
                f"{instance.path}.username",
                f"{user!r}: a letter and then letters, digits and _ , {limit} at the most; choose another",
            )


def _major_minor(engine: str, version: str) -> tuple[str, int | None]:
    parts = version.split(".")
    width = 1 if engine == "postgres" else 2
    minor = parts[width] if len(parts) > width else ""
    return ".".join(parts[:width]), int(minor) if minor.isdigit() else None


def _retired(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, engine in _instances(subject):
        version = instance.properties.get("EngineVersion")
        if not isinstance(version, str):
            continue
        major, minor = _major_minor(engine, version)
        ended = END_OF_SUPPORT.get(engine, {}).get(major)
        path = f"{instance.path}.engine_version"
        if ended:
            yield (
                path,
                f"{version!r}: {engine} {major} left standard support on {ended}; take {_SUPPORTED[engine]} or newer",
            )
        first = FIRST_MINOR.get(engine, {}).get(major)
        if first is not None and minor is not None and minor < first:
            yield path, f"{version!r} is a retired minor version; say {major!r} and leave the minor to RDS"


def _multi_az(subject: Subject) -> Iterator[tuple[str, str]]:
    zones = {
        group.name: zones_of_subnets(subject, group.properties.get("SubnetIds"))
        for group in subject.of("AWS::RDS::DBSubnetGroup")
    }
    for instance, _engine in _instances(subject):
        if not instance.properties.get("MultiAZ"):
            continue
        if instance.properties.get("AvailabilityZone"):
            yield f"{instance.path}.zone", "a Multi-AZ instance is in no single zone; leave zone out or multi_az off"
        group = instance.properties.get("DBSubnetGroupName")
        covered = zones.get(getattr(getattr(group, "address", None), "name", ""))
        if covered is not None and len(covered) < 2:
            yield (
                f"{instance.path}.multi_az",
                f"true, but its subnets are all in {', '.join(covered)}; raise network.zones",
            )


def _storage(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, _engine in _instances(subject):
        size = str(instance.properties.get("AllocatedStorage") or "")
        low, high = _STORAGE.get(str(instance.properties.get("StorageType")), (5, 65536))
        if size.isdigit() and not low <= int(size) <= high:
            kind = instance.properties.get("StorageType")
            yield f"{instance.path}.allocated_storage", f"{size} GB: {kind} has {low} to {high} GB; correct it"
        yield from _speed(instance, int(size) if size.isdigit() else None)
        most = instance.properties.get("MaxAllocatedStorage")
        if size.isdigit() and isinstance(most, int) and most and most * 10 < int(size) * 11:
            yield (
                f"{instance.path}.max_allocated_storage",
                f"{most} GB is less than a tenth above {size} GB; give room to grow or leave it out",
            )


def _speed(instance: Resource, size: int | None) -> Iterator[tuple[str, str]]:
    """Operations and throughput that the storage has not got, or needs."""
    kind, iops = instance.properties.get("StorageType"), instance.properties.get("Iops")
    stated = {"iops": iops, "throughput": instance.properties.get("StorageThroughput")}
    for option, value in stated.items():
        path = f"{instance.path}.{option}"
        if not isinstance(value, int):
            continue
        if kind == "gp2" or (option == "throughput" and kind != "gp3"):
            yield path, f"{value}: {kind} storage takes none; leave it out, or make storage_type gp3"
        elif kind == "gp3" and size is not None:
            low, high = _GP3[option]
            if size < _GP3_FAST:
                yield (
                    path,
                    f"{value}: gp3 takes it from {_GP3_FAST} GB on, and it has {size}; leave it out, or make "
                    f"allocated_storage {_GP3_FAST}",
                )
            elif not low <= value <= high:
                yield path, f"{value}: gp3 of {_GP3_FAST} GB and more takes {low} to {high}; correct or leave it out"
    if kind in ("io1", "io2") and size is not None and iops is None:
        yield f"{instance.path}.iops", f"is missing: {kind} storage needs it; set it, e.g. 3000, or make it gp3"


def _backups(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, _engine in _instances(subject):
        days = instance.properties.get("BackupRetentionPeriod")
        if isinstance(days, int) and not 0 <= days <= 35:
            yield f"{instance.path}.backups.retention_days", f"{days}: RDS keeps 0 to 35 days; keep longer by `backups`"


def _no_backups(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, _engine in _instances(subject):
        if instance.protect and instance.properties.get("BackupRetentionPeriod") == 0:
            yield (
                f"{instance.path}.backups.retention_days",
                "0 turns off backups and point-in-time recovery; keep 7 days",
            )


def _windows(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, _engine in _instances(subject):
        daily = instance.properties.get("PreferredBackupWindow")
        weekly = instance.properties.get("PreferredMaintenanceWindow")
        if isinstance(daily, str) and not _WINDOW.fullmatch(daily):
            yield f"{instance.path}.backups.window", f"{daily!r} is no window; write it in UTC as 03:00-04:00"
        if isinstance(weekly, str) and not _WEEKLY.fullmatch(weekly):
            yield (
                f"{instance.path}.maintenance_window",
                f"{weekly!r} is no window; write it in UTC as Mon:04:00-Mon:05:00",
            )
        yield from _window_lengths(instance, daily, weekly)


def _window_lengths(instance: Resource, daily: Any, weekly: Any) -> Iterator[tuple[str, str]]:
    """Windows that are too short, or in each other's way."""
    spans: list[tuple[int, int]] = []
    for option, text, form, whole in (
        ("backups.window", daily, _WINDOW, _DAY_MINUTES),
        ("maintenance_window", weekly, _WEEKLY, _WEEK_MINUTES),
    ):
        if isinstance(text, str) and form.fullmatch(text):
            start, end = (_minutes(part) for part in re.split(r"(?<=\d)-", text, maxsplit=1))
            spans.append((start, (end - start) % whole))
            if spans[-1][1] < _LEAST_MINUTES:
                yield f"{instance.path}.{option}", f"{text!r} is shorter than {_LEAST_MINUTES} minutes; lengthen it"
    if len(spans) < 2:
        return
    (backup, lasts), (maintenance, takes) = spans[0], spans[1]
    begins = maintenance % _DAY_MINUTES
    if (begins - backup) % _DAY_MINUTES < lasts or (backup - begins) % _DAY_MINUTES < takes:
        yield (
            f"{instance.path}.maintenance_window",
            f"{weekly!r} overlaps the backup window {daily!r}, which RDS refuses; move one of them",
        )


def _minutes(text: str) -> int:
    """Minutes since the beginning of the day, or of the week where a day is named."""
    *day, hours, minutes = text.lower().split(":")
    return (_DAYS.index(day[0]) if day else 0) * _DAY_MINUTES + int(hours) * 60 + int(minutes)


def _log_exports(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, engine in _instances(subject):
        known = _LOGS.get(engine, ())
        for log in instance.properties.get("EnableCloudwatchLogsExports") or ():
            if known and log not in known:
                yield f"{instance.path}.log_exports", f"{log!r} is no log of {engine}, which has {', '.join(known)}"


def _public(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, _engine in _instances(subject):
        if instance.properties.get("PubliclyAccessible"):
            yield (
                instance.path,
                "PubliclyAccessible gives the database a public address; leave it off and use connects_to",
            )


def _unguarded(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, _engine in _instances(subject):
        if (instance.protect or _is_kept(subject, instance)) and not instance.properties.get("DeletionProtection"):
            yield (
                f"{instance.path}.deletion_protection",
                "off in a stack whose data is protected: one call deletes it; leave it to its default, or state "
                "DeletionProtection",
            )


def _is_kept(subject: Subject, resource: Resource) -> bool:
    """Whether it stands in the `resources` section, which guards nothing by itself, of a stack that guards its data."""
    protect = subject.options.get("protect")
    guards = subject.options.get("env", UNGUARDED) != UNGUARDED if protect is None else protect
    return bool(guards) and resource.path.startswith("resources.")


def _snapshot_resources(subject: Subject) -> Iterator[tuple[str, str]]:
    for resource in subject.of(*_SNAPSHOTS):
        yield (
            resource.path,
            f"{resource.kind} is no type that AWS makes resources of, and one snapshot under a name is no schedule; "
            f"say when they are taken and how long they are kept in `backups`",
        )


def _rotated_source(subject: Subject) -> Iterator[tuple[str, str]]:
    for name, database in subject.entries("databases").items():
        if database["rotate_password_days"] and database["read_replicas"]:
            yield (
                f"databases.{name}.rotate_password_days",
                f"{database['rotate_password_days']}, but RDS makes no read replica of an instance whose password it "
                f"manages; leave out one of the two, and rotate by a function in `secrets` if both are needed",
            )


def _rotation_days(subject: Subject) -> Iterator[tuple[str, str]]:
    for schedule in subject.of("AWS::SecretsManager::RotationSchedule"):
        days = (schedule.properties.get("RotationRules") or {}).get("AutomaticallyAfterDays")
        if isinstance(days, int) and not 1 <= days <= 1000:
            option = "rotate_password_days" if schedule.path.startswith("databases.") else "rotate_days"
            yield f"{schedule.path}.{option}", f"{days} days: Secrets Manager rotates every 1 to 1000 days; correct it"


def _far_replica(subject: Subject) -> Iterator[tuple[str, str]]:
    for instance, _engine in _instances(subject):
        source = instance.properties.get("SourceDBInstanceIdentifier")
        is_arn = isinstance(source, str) and source.startswith("arn:")
        region = str(source).split(":")[3] if is_arn else instance.properties.get("SourceRegion")
        if region and region != subject.region and not instance.properties.get("KmsKeyId"):
            yield (
                f"{instance.path}.key",
                f"is missing: its source is in {region}, and a key encrypts in one region only; describe a key in "
                f"`keys` and name it here",
            )


RULES = (
    Rule("database.reserved-username", "A master user name that the engine keeps for itself.", _reserved),
    Rule("database.username-form", "A master user name that RDS refuses.", _user_form),
    Rule(
        "database.retired-version", "An engine version that can no longer be created, or is out of support.", _retired
    ),
    Rule("database.multi-az-one-zone", "Multi-AZ in one zone.", _multi_az),
    Rule("database.storage", "A storage size or speed that its type does not have.", _storage),
    Rule("database.backup-retention", "Automated backups kept longer than RDS does.", _backups),
    Rule(
        "database.window",
        "A backup or maintenance window that is none, too short, or in the other's way.",
        _windows,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html",
    ),
    Rule("database.logs", "A log that the engine does not have.", _log_exports),
    Rule(
        "database.rotation-replica",
        "A read replica of a database whose password RDS manages.",
        _rotated_source,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
    ),
    Rule("database.rotation-days", "A rotation at an interval that Secrets Manager does not take.", _rotation_days),
    Rule("database.replica-key", "A replica across regions without a key of its region.", _far_replica),
    Rule("database.public", "A database with a public address.", _public),
    Rule("database.no-backups", "A protected database without backups.", _no_backups, Severity.WARNING),
    Rule("backup.snapshot-resource", "A snapshot as a resource, which is no schedule.", _snapshot_resources),
    Rule("database.unguarded", "A protected database without deletion protection.", _unguarded, Severity.WARNING),
)
