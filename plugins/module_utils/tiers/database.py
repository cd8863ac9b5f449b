# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `databases` section: RDS instances with what each needs around it."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Connection, Context, Export, Options, Tier
from .connections import let_in
from .credentials import credential
from .database_backups import copies, copy_key
from .database_entry import INSTANCE, LOG_GROUP, PARAMETER_GROUP, PORTS, Database, identifier_of, managed_secret
from .database_password import password, rotation, secret
from .database_proxy import PROXY, PROXY_TARGETS, entrance, host_of, proxy
from .database_surroundings import around

SPEC: dict[str, Any] = {
    "identifier": {"type": "str"},
    "engine": {"type": "str", "choices": sorted(PORTS), "required": True},
    "engine_version": {"type": "str", "required": True, "format": formats.VERSION},
    "instance_class": {"type": "str", "required": True, "format": formats.INSTANCE_CLASS},
    "allocated_storage": {"type": "int", "default": 20, "format": formats.at_least(5)},
    "max_allocated_storage": {"type": "int", "format": formats.at_least(5)},
    "storage_type": {"type": "str", "choices": ["gp2", "gp3", "io1", "io2"], "default": "gp3"},
    "iops": {"type": "int", "format": formats.at_least(1000)},
    "throughput": {"type": "int", "format": formats.at_least(125)},
    "database": {"type": "str", "format": formats.DATABASE},
    "username": {"type": "str", "default": "dbadmin"},
    "password_secret": {"type": "str", "no_log": False},
    "rotate_password_days": {"type": "int", "no_log": False},
    "port": {"type": "int", "format": formats.DATABASE_PORT},
    "multi_az": {"type": "bool"},
    "zone": {"type": "str", "format": formats.ZONE},
    "key": {"type": "str", "no_log": False},
    "backups": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "retention_days": {"type": "int", "default": 7},
            "window": {"type": "str"},
            "copy_to": {"type": "str", "format": formats.or_nothing(formats.REGION)},
            "copy_keep_days": {"type": "int", "format": formats.at_least(1)},
            "copy_key": {"type": "str", "no_log": False},
        },
    },
    "maintenance_window": {"type": "str"},
    "deletion_protection": {"type": "bool"},
    "parameters": {"type": "dict", "default": {}, "keys": formats.PARAMETER, "values": {"type": "scalar"}},
    "extensions": {"type": "list", "elements": "str", "default": []},
    "force_tls": {"type": "bool", "default": True},
    "monitoring_seconds": {"type": "int", "choices": [0, 1, 5, 10, 15, 30, 60], "default": 60},
    "performance_insights": {"type": "bool"},
    "performance_insights_days": {"type": "int", "default": 7, "format": formats.INSIGHTS_DAYS},
    "log_exports": {"type": "list", "elements": "str"},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "iam_authentication": {"type": "bool", "default": False},
    "auto_minor_version_upgrade": {"type": "bool", "default": True},
    "allow_major_version_upgrade": {"type": "bool", "default": False},
    "ca_certificate": {"type": "str"},
    "read_replicas": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "identifier": {"type": "str"},
            "instance_class": {"type": "str", "format": formats.INSTANCE_CLASS},
            "zone": {"type": "str", "format": formats.ZONE},
        },
    },
    "replica_of": {"type": "str"},
    "proxy": {
        "type": "dict",
        "options": {
            "name": {"type": "str"},
            "idle_seconds": {"type": "int", "default": 1800, "format": formats.between(1, 28800)},
            "max_connections_percent": {"type": "int", "default": 100, "format": formats.between(1, 100)},
            "max_idle_connections_percent": {"type": "int", "default": 50, "format": formats.PERCENT},
            "borrow_seconds": {"type": "int", "default": 120, "format": formats.between(0, 300)},
            "iam_authentication": {"type": "bool", "default": False},
        },
    },
    "snapshot": {"type": "str"},
    "vpc_id": {"type": "str", "format": formats.VPC},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "security_group_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SECURITY_GROUP},
    "security_group_name": {"type": "str"},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [
        ("replica_of", "snapshot"),
        ("replica_of", "read_replicas"),
        ("replica_of", "proxy"),
        ("replica_of", "rotate_password_days"),
        ("password_secret", "rotate_password_days"),
    ],
}


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(INSTANCE, name)
    identifier = identifier_of(name, options, context)
    port = options["port"] or PORTS[options["engine"]]
    values: dict[str, Any] = {
        "address": host_of(name, options),
        "instance_address": Ref(address, "Endpoint.Address"),
        "port": port,
        "identifier": identifier,
        "arn": Ref(address, "DBInstanceArn"),
        "resource_id": Ref(address, "DbiResourceId"),
        "engine": options["engine"],
        "username": options["username"],
        "database": options["database"] or "",
    }
    ready: tuple[Address, ...] = ()
    if options["proxy"] is not None:
        values["proxy_address"] = values["address"]
        values["proxy_name"] = options["proxy"]["name"] or identifier
        # A proxy without a target answers nobody.
        ready = (Address(PROXY_TARGETS, name),)
    if options["rotate_password_days"]:
        # A password that changes is read from its secret, not put together into something else.
        values["secret"] = managed_secret(name)
    elif not options["replica_of"]:
        chosen = credential(options["password_secret"], "password", context)
        ready += chosen.ready
        values["secret"] = chosen.arn
        values["password"] = chosen.password
    for replica in options["read_replicas"]:
        values[f"replica.{replica['name']}.address"] = Ref(
            Address(INSTANCE, f"{name}/{replica['name']}"), "Endpoint.Address"
        )
    return Export(
        address=address,
        values=values,
        default="address",
        security_group=entrance(options, context),
        port=port,
        ready=ready,
    )


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    return let_in(options, context)


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    db = Database(name, options, context)
    return [
        *around(db),
        *copy_key(db),
        *secret(db),
        _instance(db),
        *rotation(db),
        *_replicas(db),
        *proxy(db),
    ]


def _instance(db: Database) -> Resource:
    properties = {**_shared(db), **_origin(db), **_storage(db), **_guards(db)}
    return db.context.resource(
        INSTANCE,
        db.name,
        {
            **properties,
            "DBInstanceIdentifier": db.identifier,
            "DBInstanceClass": db.options["instance_class"],
            "MultiAZ": db.multi_az,
            "AvailabilityZone": db.options["zone"],
        },
        tags=db.tags,
        protect=True,
        depends_on=[Address(LOG_GROUP, db.context.logical(log)) for log in db.logs],
    )


def _origin(db: Database) -> dict[str, Any]:
    """Where its first content comes from: nothing, a snapshot, or another instance that it follows."""
    source = db.options["replica_of"]
    if source:
        if source in (db.identifier, f"database.{db.name}"):
            db.context.problem("replica_of", f"{source!r} is this database itself; name the one that it follows")
        elif source.startswith("database."):
            db.context.problem("replica_of", f"{source!r} is of this stack; describe it as one of its `read_replicas`")
        region = source.split(":")[3] if source.startswith("arn:") else ""
        if source.startswith("stacks."):
            # Across regions RDS wants the source's ARN.
            region = db.context.catalog.region(source)
            entry = db.context.entry(source, "replica_of", ("database",))
            source = entry.export.values["arn"] if entry else ""
        return {
            "SourceDBInstanceIdentifier": source,
            "SourceRegion": region if region and region != db.context.region else None,
        }
    origin: dict[str, Any] = {
        "Engine": db.engine,
        "EngineVersion": db.options["engine_version"],
        "AllowMajorVersionUpgrade": db.options["allow_major_version_upgrade"],
        **password(db),
    }
    if db.options["snapshot"]:
        # The user and the databases are the snapshot's.
        return {**origin, "DBSnapshotIdentifier": db.options["snapshot"]}
    return {**origin, "MasterUsername": db.options["username"], "DBName": db.options["database"]}


def _storage(db: Database) -> dict[str, Any]:
    storage: dict[str, Any] = {
        "StorageType": db.options["storage_type"],
        "Iops": db.options["iops"],
        "StorageThroughput": db.options["throughput"],
        "MaxAllocatedStorage": db.options["max_allocated_storage"],
        "KmsKeyId": db.context.arn_of(db.options["key"], "key", "key"),
    }
    if db.options["replica_of"]:
        return storage
    return {**storage, "AllocatedStorage": str(db.options["allocated_storage"]), "StorageEncrypted": True}


def _guards(db: Database) -> dict[str, Any]:
    return {
        "BackupRetentionPeriod": db.options["backups"]["retention_days"],
        "PreferredBackupWindow": db.options["backups"]["window"],
        "DeletionProtection": db.guarded,
        "DeleteAutomatedBackups": not db.guarded,
        **copies(db),
    }


def _shared(db: Database) -> dict[str, Any]:
    """What an instance and its read replicas have in common."""
    groups = db.options["security_group_ids"] or [db.context.own_security_group()]
    interval = db.options["monitoring_seconds"]
    return {
        "PubliclyAccessible": False,
        "Port": str(db.port),
        "DBParameterGroupName": Ref(db.parameter_group, "DBParameterGroupName"),
        "DBSubnetGroupName": Ref(db.subnet_group, "DBSubnetGroupName"),
        "VPCSecurityGroups": list(groups),
        "AutoMinorVersionUpgrade": db.options["auto_minor_version_upgrade"],
        "PreferredMaintenanceWindow": db.options["maintenance_window"],
        "CopyTagsToSnapshot": True,
        "CACertificateIdentifier": db.options["ca_certificate"],
        "EnableIAMDatabaseAuthentication": db.options["iam_authentication"],
        "EnableCloudwatchLogsExports": list(db.logs),
        "EnablePerformanceInsights": db.insights,
        "PerformanceInsightsRetentionPeriod": db.options["performance_insights_days"] if db.insights else None,
        "MonitoringInterval": interval,
        "MonitoringRoleArn": Ref(db.monitoring_role, "Arn") if interval else None,
    }


def _replicas(db: Database) -> list[Resource]:
    shared = _shared(db)
    # A replica in its source's region takes the source's subnets.
    shared.pop("DBSubnetGroupName")
    return [
        db.context.resource(
            INSTANCE,
            f"{db.name}/{replica['name']}",
            {
                **shared,
                "DBInstanceIdentifier": replica["identifier"] or f"{db.identifier}-{replica['name']}",
                "DBInstanceClass": replica["instance_class"] or db.options["instance_class"],
                "AvailabilityZone": replica["zone"],
                "SourceDBInstanceIdentifier": Ref(Address(INSTANCE, db.name), "DBInstanceIdentifier"),
                "StorageType": db.options["storage_type"],
                "DeletionProtection": db.guarded,
            },
            tags=db.tags,
            # AWS copies only an instance that is available.
            depends_on=[Address(INSTANCE, db.name)],
        )
        for replica in db.options["read_replicas"]
    ]


TIER = Tier(
    section="databases",
    reference="database",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    constraints=CONSTRAINTS,
    kinds=(INSTANCE, PARAMETER_GROUP, PROXY, PROXY_TARGETS),
    in_network=True,
)
