# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A database as its options describe it, with what is derived from them: what each part of it is built from."""

from __future__ import annotations

from ..engine.values import Address, Ref
from .base import Context, Options
from .credentials import credential

INSTANCE = "AWS::RDS::DBInstance"
SUBNET_GROUP = "AWS::RDS::DBSubnetGroup"
PARAMETER_GROUP = "AWS::RDS::DBParameterGroup"
LOG_GROUP = "AWS::Logs::LogGroup"

PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}

#: Logs worth keeping. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
_LOGS = {"postgres": ["postgresql", "upgrade"], "mysql": ["error", "slowquery"], "mariadb": ["error", "slowquery"]}

#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.Engines.html
_NO_INSIGHTS = frozenset(f"db.{family}.{size}" for family in ("t2", "t3", "t4g") for size in ("micro", "small"))


def identifier_of(name: str, options: Options, context: Context) -> str:
    """The instance's identifier in AWS, which stores it in lower case."""
    return str(options["identifier"] or context.name(name)).lower()


def family_of(engine: str, version: str) -> str:
    """The parameter group family of an engine version: `postgres15`, `mysql8.0`, `mariadb10.11`."""
    parts = version.split(".")
    return f"{engine}{parts[0]}" if engine == "postgres" else f"{engine}{'.'.join(parts[:2])}"


def managed_secret(name: str) -> Ref:
    """The secret that RDS makes, and rotates, for the master user."""
    return Ref(Address(INSTANCE, name), "MasterUserSecret.SecretArn")


def own_group(options: Options, context: Context) -> Ref | str:
    """The security group of the instance itself."""
    groups = options["security_group_ids"]
    return groups[0] if groups else context.own_security_group()


class Database:
    """One entry of the section: its options, and what is derived from them.

    Attributes:
        identifier: of the instance, in AWS.
        port: that it listens on.
        family: of its parameter group.
        guarded: whether it is protected from deletion.
        insights: whether Performance Insights are on.
        logs: the logs that it exports.
        credential: of the master user, where RDS does not manage it.
        secret_arn: of the secret that holds the password, whoever manages it.
    """

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

    @property
    def secret_arn(self) -> Ref:
        return managed_secret(self.name) if self.options["rotate_password_days"] else self.credential.arn
