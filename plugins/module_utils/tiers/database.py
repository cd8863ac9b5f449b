# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `databases` section: RDS instances with what each needs around it."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .base import TAGS, Connection, Context, Export, Options, Tier
from .credentials import check_credential, credential, own_secret
from .permissions import role, trust

INSTANCE = "AWS::RDS::DBInstance"
SUBNET_GROUP = "AWS::RDS::DBSubnetGroup"
PARAMETER_GROUP = "AWS::RDS::DBParameterGroup"
LOG_GROUP = "AWS::Logs::LogGroup"

PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}

#: Logs worth keeping. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
_LOGS = {"postgres": ["postgresql", "upgrade"], "mysql": ["error", "slowquery"], "mariadb": ["error", "slowquery"]}

#: The parameter by which each engine refuses connections without TLS.
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-ssl-connections.html
_TLS = {
    "postgres": ("rds.force_ssl", "1"),
    "mysql": ("require_secure_transport", "1"),
    "mariadb": ("require_secure_transport", "1"),
}

#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.Engines.html
_NO_INSIGHTS = frozenset(f"db.{family}.{size}" for family in ("t2", "t3", "t4g") for size in ("micro", "small"))

SPEC: dict[str, Any] = {
    "identifier": {"type": "str"},
    "engine": {"type": "str", "choices": sorted(PORTS), "required": True},
    "engine_version": {"type": "str", "required": True},
    "instance_class": {"type": "str", "required": True},
    "allocated_storage": {"type": "int", "default": 20},
    "max_allocated_storage": {"type": "int"},
    "storage_type": {"type": "str", "choices": ["gp2", "gp3", "io1", "io2"], "default": "gp3"},
    "iops": {"type": "int"},
    "throughput": {"type": "int"},
    "database": {"type": "str"},
    "username": {"type": "str", "default": "dbadmin"},
    "password_secret": {"type": "str", "no_log": False},
    "port": {"type": "int"},
    "multi_az": {"type": "bool"},
    "zone": {"type": "str"},
    "key": {"type": "str", "no_log": False},
    "backups": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "retention_days": {"type": "int", "default": 7},
            "window": {"type": "str"},
        },
    },
    "maintenance_window": {"type": "str"},
    "deletion_protection": {"type": "bool"},
    "parameters": {"type": "dict", "default": {}},
    "force_tls": {"type": "bool", "default": True},
    "monitoring_seconds": {"type": "int", "choices": [0, 1, 5, 10, 15, 30, 60], "default": 60},
    "performance_insights": {"type": "bool"},
    "performance_insights_days": {"type": "int", "default": 7},
    "log_exports": {"type": "list", "elements": "str"},
    "log_retention_days": {"type": "int", "default": 30},
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
            "instance_class": {"type": "str"},
            "zone": {"type": "str"},
        },
    },
    "replica_of": {"type": "str"},
    "snapshot": {"type": "str"},
    "vpc_id": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str", "default": []},
    "security_group_ids": {"type": "list", "elements": "str", "default": []},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [("replica_of", "snapshot"), ("replica_of", "read_replicas")],
}


def identifier_of(name: str, options: Options, context: Context) -> str:
    """The instance's identifier in AWS, which stores it in lower case."""
    return str(options["identifier"] or context.name(name)).lower()


def family_of(engine: str, version: str) -> str:
    """The parameter group family of an engine version: `postgres15`, `mysql8.0`, `mariadb10.11`."""
    parts = version.split(".")
    return f"{engine}{parts[0]}" if engine == "postgres" else f"{engine}{'.'.join(parts[:2])}"


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(INSTANCE, name)
    identifier = identifier_of(name, options, context)
    port = options["port"] or PORTS[options["engine"]]
    groups = options["security_group_ids"]
    values: dict[str, Any] = {
        "address": Ref(address, "Endpoint.Address"),
        "port": port,
        "identifier": identifier,
        "arn": Ref(address, "DBInstanceArn"),
        "resource_id": Ref(address, "DbiResourceId"),
        "engine": options["engine"],
        "username": options["username"],
        "database": options["database"] or "",
    }
    ready: tuple[Address, ...] = ()
    if not options["replica_of"]:
        chosen = credential(options["password_secret"], "password", context)
        ready = chosen.ready
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
        security_group=groups[0] if groups else context.own_security_group(),
        port=port,
        ready=ready,
    )


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    return [
        Connection(source=source, target=context.reference, path=context.option("allow_from"))
        for source in options["allow_from"]
    ]


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    instance = _Instance(name, options, context)
    return [
        *instance.around(),
        *instance.secret(),
        instance.itself(),
        *instance.replicas(),
    ]


class _Instance:
    """One database: the options and what is derived from them."""

    def __init__(self, name: str, options: Options, context: Context) -> None:
        self.name = name
        self.options = options
        self.context = context
        self.tags = options["tags"]
        self.identifier = identifier_of(name, options, context)
        self.port = options["port"] or PORTS[options["engine"]]
        self.engine: str = options["engine"]
        self.family = family_of(self.engine, options["engine_version"])
        self.multi_az = context.protect if options["multi_az"] is None else options["multi_az"]
        self.guarded = context.protect if options["deletion_protection"] is None else options["deletion_protection"]
        self.insights = self._insights()
        self.logs = _LOGS[self.engine] if options["log_exports"] is None else options["log_exports"]
        self.credential = credential(options["password_secret"], "password", context)
        self.subnet_group = Address(SUBNET_GROUP, name)
        # The family is in the name: a new major version gets a group beside the old one, in use until then.
        self.parameter_group = Address(PARAMETER_GROUP, f"{name}/{self.family}")
        self.monitoring_role = Address("AWS::IAM::Role", context.logical("monitoring"))
        if self.engine != "postgres" and "." not in options["engine_version"]:
            context.problem(
                "engine_version", f"{options['engine_version']!r}: {self.engine} needs two numbers, e.g. 8.4"
            )

    def _insights(self) -> bool:
        if self.options["performance_insights"] is not None:
            return bool(self.options["performance_insights"])
        return self.engine == "postgres" or self.options["instance_class"] not in _NO_INSIGHTS

    def around(self) -> list[Resource]:
        """What stands before the instance does."""
        made = [self._subnets(), self._parameters(), *self._log_groups()]
        if not self.options["security_group_ids"]:
            made.append(self.context.security_group(f"Database {self.identifier}", vpc_id=self.options["vpc_id"]))
        if self.options["monitoring_seconds"]:
            made.append(self._monitoring())
        return made

    def _subnets(self) -> Resource:
        subnets = self.options["subnet_ids"] or self.context.subnet_ids("data", "subnet_ids")
        return self.context.resource(
            SUBNET_GROUP,
            self.name,
            {
                "DBSubnetGroupName": self.identifier,
                "DBSubnetGroupDescription": f"Subnets of database {self.identifier}",
                "SubnetIds": subnets,
            },
            tags=self.tags,
        )

    def _parameters(self) -> Resource:
        parameters = {name: str(value) for name, value in self.options["parameters"].items()}
        if self.options["force_tls"]:
            name, value = _TLS[self.engine]
            parameters.setdefault(name, value)
        return self.context.resource(
            PARAMETER_GROUP,
            self.parameter_group.name,
            {
                "DBParameterGroupName": f"{self.identifier}-{self.family.replace('.', '-')}",
                "Family": self.family,
                "Description": f"Parameters of database {self.identifier}",
                "Parameters": parameters,
            },
            tags=self.tags,
        )

    def _log_groups(self) -> list[Resource]:
        """RDS would make them without an end to their retention."""
        return [
            self.context.resource(
                LOG_GROUP,
                self.context.logical(log),
                {
                    "LogGroupName": f"/aws/rds/instance/{self.identifier}/{log}",
                    "RetentionInDays": self.options["log_retention_days"],
                },
                tags=self.tags,
            )
            for log in self.logs
        ]

    def _monitoring(self) -> Resource:
        return role(
            self.context,
            "monitoring",
            trust(["monitoring.rds.amazonaws.com"]),
            managed=[self.context.managed_policy("service-role/AmazonRDSEnhancedMonitoringRole")],
            description=f"Enhanced monitoring of database {self.identifier}",
            tags=self.tags,
        )

    def secret(self) -> list[Resource]:
        if self.options["replica_of"]:
            return []
        check_credential(self.options["password_secret"], "password", "password_secret", self.context)
        address = Address(INSTANCE, self.name)
        fields = {
            "engine": self.engine,
            "host": Ref(address, "Endpoint.Address"),
            "port": self.port,
            "username": self.options["username"],
            "dbname": self.options["database"] or self.engine,
        }
        return own_secret(
            self.credential,
            f"{self.context.stack}/database/{self.name}",
            fields,
            f"Master user of database {self.identifier}",
            self.tags,
            self.context,
        )

    def itself(self) -> Resource:
        properties = {**self._shared(), **self._origin(), **self._storage(), **self._guards()}
        return self.context.resource(
            INSTANCE,
            self.name,
            {
                **properties,
                "DBInstanceIdentifier": self.identifier,
                "DBInstanceClass": self.options["instance_class"],
                "MultiAZ": self.multi_az,
                "AvailabilityZone": self.options["zone"],
            },
            tags=self.tags,
            protect=True,
            depends_on=[Address(LOG_GROUP, self.context.logical(log)) for log in self.logs],
        )

    def _origin(self) -> dict[str, Any]:
        """Where its first content comes from: nothing, a snapshot, or another instance that it follows."""
        source = self.options["replica_of"]
        if source:
            region = source.split(":")[3] if source.startswith("arn:") else ""
            if source.startswith("stacks."):
                # Across regions RDS wants the source's ARN.
                region = self.context.catalog.region(source)
                entry = self.context.entry(source, "replica_of", ("database",))
                source = entry.export.values["arn"] if entry else ""
            return {
                "SourceDBInstanceIdentifier": source,
                "SourceRegion": region if region and region != self.context.region else None,
            }
        origin: dict[str, Any] = {
            "Engine": self.engine,
            "EngineVersion": self.options["engine_version"],
            "AllowMajorVersionUpgrade": self.options["allow_major_version_upgrade"],
            "MasterUserPassword": self.credential.password,
        }
        if self.options["snapshot"]:
            # The user and the databases are the snapshot's.
            return {**origin, "DBSnapshotIdentifier": self.options["snapshot"]}
        return {**origin, "MasterUsername": self.options["username"], "DBName": self.options["database"]}

    def _storage(self) -> dict[str, Any]:
        storage: dict[str, Any] = {
            "StorageType": self.options["storage_type"],
            "Iops": self.options["iops"],
            "StorageThroughput": self.options["throughput"],
            "MaxAllocatedStorage": self.options["max_allocated_storage"],
            "KmsKeyId": self.context.arn_of(self.options["key"], "key", "key"),
        }
        if self.options["replica_of"]:
            return storage
        return {**storage, "AllocatedStorage": str(self.options["allocated_storage"]), "StorageEncrypted": True}

    def _guards(self) -> dict[str, Any]:
        return {
            "BackupRetentionPeriod": self.options["backups"]["retention_days"],
            "PreferredBackupWindow": self.options["backups"]["window"],
            "DeletionProtection": self.guarded,
            "DeleteAutomatedBackups": not self.guarded,
        }

    def _shared(self) -> dict[str, Any]:
        """What an instance and its read replicas have in common."""
        groups = self.options["security_group_ids"] or [self.context.own_security_group()]
        interval = self.options["monitoring_seconds"]
        return {
            "PubliclyAccessible": False,
            "Port": str(self.port),
            "DBParameterGroupName": Ref(self.parameter_group, "DBParameterGroupName"),
            "DBSubnetGroupName": Ref(self.subnet_group, "DBSubnetGroupName"),
            "VPCSecurityGroups": list(groups),
            "AutoMinorVersionUpgrade": self.options["auto_minor_version_upgrade"],
            "PreferredMaintenanceWindow": self.options["maintenance_window"],
            "CopyTagsToSnapshot": True,
            "CACertificateIdentifier": self.options["ca_certificate"],
            "EnableIAMDatabaseAuthentication": self.options["iam_authentication"],
            "EnableCloudwatchLogsExports": list(self.logs),
            "EnablePerformanceInsights": self.insights,
            "PerformanceInsightsRetentionPeriod": self.options["performance_insights_days"] if self.insights else None,
            "MonitoringInterval": interval,
            "MonitoringRoleArn": Ref(self.monitoring_role, "Arn") if interval else None,
        }

    def replicas(self) -> list[Resource]:
        shared = self._shared()
        # A replica in its source's region takes the source's subnets.
        shared.pop("DBSubnetGroupName")
        return [
            self.context.resource(
                INSTANCE,
                f"{self.name}/{replica['name']}",
                {
                    **shared,
                    "DBInstanceIdentifier": replica["identifier"] or f"{self.identifier}-{replica['name']}",
                    "DBInstanceClass": replica["instance_class"] or self.options["instance_class"],
                    "AvailabilityZone": replica["zone"],
                    "SourceDBInstanceIdentifier": Ref(Address(INSTANCE, self.name), "DBInstanceIdentifier"),
                    "StorageType": self.options["storage_type"],
                    "DeletionProtection": self.guarded,
                },
                tags=self.tags,
                # AWS copies only an instance that is available.
                depends_on=[Address(INSTANCE, self.name)],
            )
            for replica in self.options["read_replicas"]
        ]


TIER = Tier(
    section="databases",
    reference="database",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    constraints=CONSTRAINTS,
    kinds=(INSTANCE, PARAMETER_GROUP),
    in_network=True,
)
