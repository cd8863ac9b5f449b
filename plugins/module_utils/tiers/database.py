# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `databases` section: RDS instances with what each needs around it."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .base import TAGS, Connection, Context, Export, Options, Tier
from .connections import EGRESS, INGRESS, let_in
from .credentials import check_credential, credential, own_secret
from .key import KEY, key_elsewhere
from .permissions import role, statement, trust
from .secret import ROTATION

INSTANCE = "AWS::RDS::DBInstance"
SUBNET_GROUP = "AWS::RDS::DBSubnetGroup"
PARAMETER_GROUP = "AWS::RDS::DBParameterGroup"
LOG_GROUP = "AWS::Logs::LogGroup"
PROXY = "AWS::RDS::DBProxy"
PROXY_TARGETS = "AWS::RDS::DBProxyTargetGroup"

PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}

#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html
_PROXY_FAMILIES = {"postgres": "POSTGRESQL", "mysql": "MYSQL", "mariadb": "MYSQL"}

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
    "rotate_password_days": {"type": "int", "no_log": False},
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
            "copy_to": {"type": "str"},
            "copy_keep_days": {"type": "int"},
            "copy_key": {"type": "str", "no_log": False},
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
    "proxy": {
        "type": "dict",
        "options": {
            "name": {"type": "str"},
            "idle_seconds": {"type": "int", "default": 1800},
            "max_connections_percent": {"type": "int", "default": 100},
            "max_idle_connections_percent": {"type": "int", "default": 50},
            "borrow_seconds": {"type": "int", "default": 120},
            "iam_authentication": {"type": "bool", "default": False},
        },
    },
    "snapshot": {"type": "str"},
    "vpc_id": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str", "default": []},
    "security_group_ids": {"type": "list", "elements": "str", "default": []},
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


def identifier_of(name: str, options: Options, context: Context) -> str:
    """The instance's identifier in AWS, which stores it in lower case."""
    return str(options["identifier"] or context.name(name)).lower()


def family_of(engine: str, version: str) -> str:
    """The parameter group family of an engine version: `postgres15`, `mysql8.0`, `mariadb10.11`."""
    parts = version.split(".")
    return f"{engine}{parts[0]}" if engine == "postgres" else f"{engine}{'.'.join(parts[:2])}"


def host_of(name: str, options: Options) -> Ref:
    """Where clients connect: the proxy if there is one."""
    if options["proxy"] is not None:
        return Ref(Address(PROXY, name), "Endpoint")
    return Ref(Address(INSTANCE, name), "Endpoint.Address")


def managed_secret(name: str) -> Ref:
    """The secret that RDS makes, and rotates, for the master user."""
    return Ref(Address(INSTANCE, name), "MasterUserSecret.SecretArn")


def entrance(options: Options, context: Context) -> Ref | str:
    """The security group that clients are let into."""
    if options["proxy"] is not None:
        return context.own_security_group("proxy")
    return own_group(options, context)


def own_group(options: Options, context: Context) -> Ref | str:
    """The security group of the instance itself."""
    groups = options["security_group_ids"]
    return groups[0] if groups else context.own_security_group()


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
    instance = _Instance(name, options, context)
    return [
        *instance.around(),
        *instance.secret(),
        instance.itself(),
        *instance.rotation(),
        *instance.replicas(),
        *instance.proxy(),
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
            made.append(
                self.context.security_group(
                    f"Database {self.identifier}",
                    vpc_id=self.options["vpc_id"],
                    name=self.options["security_group_name"],
                )
            )
        if self.options["monitoring_seconds"]:
            made.append(self._monitoring())
        return [*made, *self._copy_key()]

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
        if self.options["replica_of"] or self.options["rotate_password_days"]:
            return []
        check_credential(self.options["password_secret"], "password", "password_secret", self.context)
        fields = {
            "engine": self.engine,
            "host": host_of(self.name, self.options),
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
            **self._password(),
        }
        if self.options["snapshot"]:
            # The user and the databases are the snapshot's.
            return {**origin, "DBSnapshotIdentifier": self.options["snapshot"]}
        return {**origin, "MasterUsername": self.options["username"], "DBName": self.options["database"]}

    def _password(self) -> dict[str, Any]:
        if not self.options["rotate_password_days"]:
            return {"ManageMasterUserPassword": False, "MasterUserPassword": self.credential.password}
        key = self.context.arn_of(self.options["key"], "key", "key")
        return {"ManageMasterUserPassword": True, "MasterUserSecret": {"KmsKeyId": key} if key else None}

    def rotation(self) -> list[Resource]:
        """RDS rotates what it manages every seven days unless told otherwise, and needs no function for it."""
        days = self.options["rotate_password_days"]
        if not days:
            return []
        return [
            self.context.resource(
                ROTATION,
                self.context.logical(),
                {
                    "SecretId": managed_secret(self.name),
                    "RotationRules": {"AutomaticallyAfterDays": days},
                    "RotateImmediatelyOnUpdate": False,
                },
            )
        ]

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
            **self._copies(),
        }

    def _copies(self) -> dict[str, Any]:
        """The copy of the backups that another region keeps, minutes behind."""
        backups = self.options["backups"]
        region, key = backups["copy_to"], backups["copy_key"]
        if region and region == self.context.region:
            self.context.problem("backups.copy_to", f"{region!r} is the stack's own region; name another one")
        if region and not backups["retention_days"]:
            self.context.problem("backups.copy_to", "there are no backups to copy; set backups.retention_days")
        if not region:
            return {"AutomaticBackupReplicationRegion": region}
        days = backups["retention_days"] if backups["copy_keep_days"] is None else backups["copy_keep_days"]
        made = Ref(Address(KEY, self.context.logical("backups")), "Arn")
        return {
            "AutomaticBackupReplicationRegion": region,
            "AutomaticBackupReplicationRetentionPeriod": days,
            "AutomaticBackupReplicationKmsKeyId": self.context.arn_of(key, "key", "backups.copy_key") if key else made,
        }

    def _copy_key(self) -> list[Resource]:
        """Keys belong to a region, and so the copy has one of its own."""
        backups = self.options["backups"]
        if not backups["copy_to"] or backups["copy_key"]:
            return []
        return key_elsewhere(
            self.context.logical("backups"),
            f"{self.identifier}-backups",
            backups["copy_to"],
            f"Backups of database {self.identifier}",
            self.tags,
            self.context,
        )

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

    def proxy(self) -> list[Resource]:
        """The proxy, its role, its log, its security group and the way from there to the instance."""
        options = self.options["proxy"]
        if options is None:
            return []
        name = options["name"] or self.identifier
        address = Address(INSTANCE, self.name)
        proxy = self.context.resource(
            PROXY,
            self.name,
            {
                "DBProxyName": name,
                "EngineFamily": _PROXY_FAMILIES[self.engine],
                "Auth": [
                    {
                        "AuthScheme": "SECRETS",
                        "SecretArn": self._secret_arn(),
                        "IAMAuth": "REQUIRED" if options["iam_authentication"] else "DISABLED",
                    }
                ],
                "RoleArn": Ref(Address("AWS::IAM::Role", self.context.logical("proxy")), "Arn"),
                "VpcSubnetIds": self.options["subnet_ids"] or self.context.subnet_ids("data", "subnet_ids"),
                "VpcSecurityGroupIds": [self.context.own_security_group("proxy")],
                "RequireTLS": True,
                "IdleClientTimeout": options["idle_seconds"],
                "DebugLogging": False,
            },
            tags=self.tags,
            depends_on=[Address(LOG_GROUP, self.context.logical("proxy"))],
        )
        targets = self.context.resource(
            PROXY_TARGETS,
            self.name,
            {
                "DBProxyName": proxy.ref("DBProxyName"),
                "TargetGroupName": "default",
                "ConnectionPoolConfigurationInfo": {
                    "MaxConnectionsPercent": options["max_connections_percent"],
                    "MaxIdleConnectionsPercent": options["max_idle_connections_percent"],
                    "ConnectionBorrowTimeout": options["borrow_seconds"],
                },
                "DBInstanceIdentifiers": [Ref(address, "DBInstanceIdentifier")],
            },
            # A proxy takes only an instance that is available, and reaches it only where it is let in.
            depends_on=[address, *(rule.address for rule in self._way_in())],
        )
        log = self.context.resource(
            LOG_GROUP,
            self.context.logical("proxy"),
            {"LogGroupName": f"/aws/rds/proxy/{name}", "RetentionInDays": self.options["log_retention_days"]},
            tags=self.tags,
        )
        group = self.context.security_group(
            f"Proxy of database {self.identifier}", suffix="proxy", vpc_id=self.options["vpc_id"]
        )
        return [log, self._proxy_role(), group, *self._way_in(), proxy, targets]

    def _secret_arn(self) -> Ref:
        return managed_secret(self.name) if self.options["rotate_password_days"] else self.credential.arn

    def _proxy_role(self) -> Resource:
        """Reads the one secret, and decrypts it where it has a key of its own."""
        statements = [statement(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], self._secret_arn())]
        key = self._secret_key()
        if key:
            via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{self.context.region}.amazonaws.com"}}
            statements.append(statement(["kms:Decrypt"], key, via))
        return role(
            self.context,
            "proxy",
            trust(["rds.amazonaws.com"]),
            statements,
            description=f"Proxy of database {self.identifier}",
            tags=self.tags,
        )

    def _secret_key(self) -> Any:
        if self.options["rotate_password_days"]:
            return self.context.arn_of(self.options["key"], "key", "key")
        secrets = self.context.described.get("secrets") or {}
        described = secrets.get(self.credential.address.name) or {}
        return self.context.arn_of(described.get("key"), "key", "password_secret")

    def _way_in(self) -> list[Resource]:
        """The proxy's own connections, which no `connects_to` describes."""
        proxy, instance = self.context.own_security_group("proxy"), own_group(self.options, self.context)
        ports = {"IpProtocol": "tcp", "FromPort": self.port, "ToPort": self.port}
        reference = self.context.reference
        rules = [
            self.context.resource(
                EGRESS,
                f"{reference}/proxy/{self.port} to {reference}",
                {
                    "GroupId": proxy,
                    **ports,
                    "DestinationSecurityGroupId": instance,
                    "Description": f"{self.port} to {reference}",
                },
            )
        ]
        if not self.options["security_group_ids"]:
            rules.append(
                self.context.resource(
                    INGRESS,
                    f"{reference}/{self.port} from {reference}/proxy",
                    {
                        "GroupId": instance,
                        **ports,
                        "SourceSecurityGroupId": proxy,
                        "Description": f"{self.port} from its proxy",
                    },
                )
            )
        return rules

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
    kinds=(INSTANCE, PARAMETER_GROUP, PROXY, PROXY_TARGETS),
    in_network=True,
)
