# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What stands before a database does: its subnets, parameters, logs, security group and the role of its monitoring."""

from __future__ import annotations

from ..engine.document import Resource
from .database_entry import LOG_GROUP, PARAMETER_GROUP, SUBNET_GROUP, Database
from .permissions import role, trust

#: The parameter by which each engine refuses connections without TLS.
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
#: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-ssl-connections.html
_TLS = {
    "postgres": ("rds.force_ssl", "1"),
    "mysql": ("require_secure_transport", "1"),
    "mariadb": ("require_secure_transport", "1"),
}


def around(db: Database) -> list[Resource]:
    """What stands before the instance does."""
    made = [_subnets(db), _parameters(db), *_log_groups(db)]
    if not db.options["security_group_ids"]:
        made.append(
            db.context.security_group(
                f"Database {db.identifier}",
                vpc_id=db.options["vpc_id"],
                name=db.options["security_group_name"],
            )
        )
    if db.options["monitoring_seconds"]:
        made.append(_monitoring(db))
    return made


def _subnets(db: Database) -> Resource:
    subnets = db.options["subnet_ids"] or db.context.subnet_ids("data", "subnet_ids")
    return db.context.resource(
        SUBNET_GROUP,
        db.name,
        {
            "DBSubnetGroupName": db.identifier,
            "DBSubnetGroupDescription": f"Subnets of database {db.identifier}",
            "SubnetIds": subnets,
        },
        tags=db.tags,
    )


def _parameters(db: Database) -> Resource:
    parameters = {name: str(value) for name, value in db.options["parameters"].items()}
    if db.options["force_tls"]:
        name, value = _TLS[db.engine]
        parameters.setdefault(name, value)
    if db.options["extensions"]:
        if db.engine != "postgres":
            db.context.problem("extensions", f"are PostgreSQL's, and the engine is {db.engine}; leave them out")
        parameters.setdefault("rds.allowed_extensions", ",".join(sorted(db.options["extensions"])))
    return db.context.resource(
        PARAMETER_GROUP,
        db.parameter_group.name,
        {
            "DBParameterGroupName": f"{db.identifier}-{db.family.replace('.', '-')}",
            "Family": db.family,
            "Description": f"Parameters of database {db.identifier}",
            "Parameters": parameters,
        },
        tags=db.tags,
    )


def _log_groups(db: Database) -> list[Resource]:
    """RDS would make them without an end to their retention."""
    return [
        db.context.resource(
            LOG_GROUP,
            db.context.logical(log),
            {
                "LogGroupName": f"/aws/rds/instance/{db.identifier}/{log}",
                "RetentionInDays": db.options["log_retention_days"],
            },
            tags=db.tags,
        )
        for log in db.logs
    ]


def _monitoring(db: Database) -> Resource:
    return role(
        db.context,
        "monitoring",
        trust(["monitoring.rds.amazonaws.com"]),
        managed=[db.context.managed_policy("service-role/AmazonRDSEnhancedMonitoringRole")],
        description=f"Enhanced monitoring of database {db.identifier}",
        tags=db.tags,
    )
