# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The proxy of a database: its role, its log, its security group, and the way from there to the instance."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .base import Context, Options
from .connections import EGRESS, INGRESS
from .database_entry import INSTANCE, LOG_GROUP, Database, own_group
from .permissions import role, statement, trust

PROXY = "AWS::RDS::DBProxy"
PROXY_TARGETS = "AWS::RDS::DBProxyTargetGroup"

#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html
_PROXY_FAMILIES = {"postgres": "POSTGRESQL", "mysql": "MYSQL", "mariadb": "MYSQL"}


def host_of(name: str, options: Options) -> Ref:
    """Where clients connect: the proxy if there is one."""
    if options["proxy"] is not None:
        return Ref(Address(PROXY, name), "Endpoint")
    return Ref(Address(INSTANCE, name), "Endpoint.Address")


def entrance(options: Options, context: Context) -> Ref | str:
    """The security group that clients are let into."""
    if options["proxy"] is not None:
        return context.own_security_group("proxy")
    return own_group(options, context)


def proxy(db: Database) -> list[Resource]:
    """The proxy, its role, its log, its security group and the way from there to the instance."""
    options = db.options["proxy"]
    if options is None:
        return []
    name = options["name"] or db.identifier
    address = Address(INSTANCE, db.name)
    proxy = db.context.resource(
        PROXY,
        db.name,
        {
            "DBProxyName": name,
            "EngineFamily": _PROXY_FAMILIES[db.engine],
            "Auth": [
                {
                    "AuthScheme": "SECRETS",
                    "SecretArn": db.secret_arn,
                    "IAMAuth": "REQUIRED" if options["iam_authentication"] else "DISABLED",
                }
            ],
            "RoleArn": Ref(Address("AWS::IAM::Role", db.context.logical("proxy")), "Arn"),
            "VpcSubnetIds": db.options["subnet_ids"] or db.context.subnet_ids("data", "subnet_ids"),
            "VpcSecurityGroupIds": [db.context.own_security_group("proxy")],
            "RequireTLS": True,
            "IdleClientTimeout": options["idle_seconds"],
            "DebugLogging": False,
        },
        tags=db.tags,
        depends_on=[Address(LOG_GROUP, db.context.logical("proxy"))],
    )
    most, idle = options["max_connections_percent"], options["max_idle_connections_percent"]
    if idle > most:
        db.context.problem(
            "proxy.max_idle_connections_percent", f"{idle} is more than max_connections_percent {most}; lower it"
        )
    targets = db.context.resource(
        PROXY_TARGETS,
        db.name,
        {
            "DBProxyName": proxy.ref("DBProxyName"),
            "TargetGroupName": "default",
            "ConnectionPoolConfigurationInfo": {
                "MaxConnectionsPercent": most,
                "MaxIdleConnectionsPercent": idle,
                "ConnectionBorrowTimeout": options["borrow_seconds"],
            },
            "DBInstanceIdentifiers": [Ref(address, "DBInstanceIdentifier")],
        },
        # A proxy takes only an instance that is available, and reaches it only where it is let in.
        depends_on=[address, *(rule.address for rule in _way_in(db))],
    )
    log = db.context.resource(
        LOG_GROUP,
        db.context.logical("proxy"),
        {"LogGroupName": f"/aws/rds/proxy/{name}", "RetentionInDays": db.options["log_retention_days"]},
        tags=db.tags,
    )
    group = db.context.security_group(f"Proxy of database {db.identifier}", suffix="proxy", vpc_id=db.options["vpc_id"])
    return [log, _proxy_role(db), group, *_way_in(db), proxy, targets]


def _proxy_role(db: Database) -> Resource:
    """Reads the one secret, and decrypts it where it has a key of its own."""
    statements = [statement(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], db.secret_arn)]
    key = _secret_key(db)
    if key:
        via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{db.context.region}.amazonaws.com"}}
        statements.append(statement(["kms:Decrypt"], key, via))
    return role(
        db.context,
        "proxy",
        trust(["rds.amazonaws.com"]),
        statements,
        description=f"Proxy of database {db.identifier}",
        tags=db.tags,
    )


def _secret_key(db: Database) -> Any:
    if db.options["rotate_password_days"]:
        return db.context.arn_of(db.options["key"], "key", "key")
    secrets = db.context.described.get("secrets") or {}
    described = secrets.get(db.credential.address.name) or {}
    return db.context.arn_of(described.get("key"), "key", "password_secret")


def _way_in(db: Database) -> list[Resource]:
    """The proxy's own connections, which no `connects_to` describes."""
    proxy, instance = db.context.own_security_group("proxy"), own_group(db.options, db.context)
    ports = {"IpProtocol": "tcp", "FromPort": db.port, "ToPort": db.port}
    reference = db.context.reference
    rules = [
        db.context.resource(
            EGRESS,
            f"{reference}/proxy/{db.port} to {reference}",
            {
                "GroupId": proxy,
                **ports,
                "DestinationSecurityGroupId": instance,
                "Description": f"{db.port} to {reference}",
            },
        )
    ]
    if not db.options["security_group_ids"]:
        rules.append(
            db.context.resource(
                INGRESS,
                f"{reference}/{db.port} from {reference}/proxy",
                {
                    "GroupId": instance,
                    **ports,
                    "SourceSecurityGroupId": proxy,
                    "Description": f"{db.port} from its proxy",
                },
            )
        )
    return rules
