# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `caches` section: ElastiCache replication groups of Redis OSS or Valkey."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from . import formats
from .base import TAGS, Connection, Context, Export, Options, Tier
from .cache_snapshots import hourly_snapshots
from .connections import let_in
from .credentials import check_credential, credential, own_secret

REPLICATION_GROUP = "AWS::ElastiCache::ReplicationGroup"
SUBNET_GROUP = "AWS::ElastiCache::SubnetGroup"
PARAMETER_GROUP = "AWS::ElastiCache::ParameterGroup"
LOG_GROUP = "AWS::Logs::LogGroup"

PORT = 6379

SPEC: dict[str, Any] = {
    "replication_group_id": {"type": "str"},
    "description": {"type": "str"},
    "engine": {"type": "str", "choices": ["redis", "valkey"], "default": "redis"},
    "engine_version": {"type": "str", "required": True, "format": formats.VERSION},
    "node_type": {"type": "str", "required": True, "format": formats.NODE_TYPE},
    "nodes": {"type": "int", "default": 1},
    "automatic_failover": {"type": "bool"},
    "multi_az": {"type": "bool"},
    "port": {"type": "int", "default": PORT, "format": formats.PORT},
    "transit_encryption": {"type": "bool", "default": True},
    "auth_token": {"type": "bool", "default": True, "no_log": False},
    "token_secret": {"type": "str", "no_log": False},
    "key": {"type": "str", "no_log": False},
    "parameters": {"type": "dict", "default": {}, "keys": formats.PARAMETER, "values": {"type": "scalar"}},
    "snapshots": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "retention_days": {"type": "int", "default": 7},
            "window": {"type": "str"},
            "hourly": {
                "type": "dict",
                "options": {"keep_days": {"type": "int", "default": 7, "format": formats.at_least(1)}},
            },
        },
    },
    "maintenance_window": {"type": "str", "format": formats.WEEKLY_WINDOW},
    "auto_minor_version_upgrade": {"type": "bool", "default": True},
    "log_exports": {
        "type": "list",
        "elements": "str",
        "choices": ["slow-log", "engine-log"],
        "default": ["slow-log"],
    },
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "vpc_id": {"type": "str", "format": formats.VPC},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "security_group_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SECURITY_GROUP},
    "security_group_name": {"type": "str"},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "tags": TAGS,
}


def identifier_of(name: str, options: Options, context: Context) -> str:
    """The replication group's id, which AWS stores in lower case."""
    return str(options["replication_group_id"] or context.name(name)).lower()


def family_of(engine: str, version: str) -> str:
    """The parameter group family: `redis7`, `redis6.x`, `redis5.0`, `valkey8`.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
    """
    major, _dot, rest = version.partition(".")
    if engine == "redis" and major == "6":
        return "redis6.x"
    if engine == "redis" and major.isdigit() and int(major) < 6:
        return f"redis{major}.{rest.partition('.')[0] or '0'}"
    return f"{engine}{major}"


def has_token(options: Options) -> bool:
    """Whether clients give a token: AWS takes one only together with TLS."""
    return bool(options["auth_token"] and options["transit_encryption"])


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(REPLICATION_GROUP, name)
    primary = Ref(address, "PrimaryEndPoint.Address")
    port = options["port"]
    groups = options["security_group_ids"]
    scheme = "rediss" if options["transit_encryption"] else "redis"
    values: dict[str, Any] = {
        "address": primary,
        "reader_address": Ref(address, "ReaderEndPoint.Address"),
        "port": port,
        "id": identifier_of(name, options, context),
        "url": Compose(f"{scheme}://{{host}}:{port}/0", {"host": primary}),
    }
    ready: tuple[Address, ...] = ()
    if has_token(options):
        chosen = credential(options["token_secret"], "token", context)
        ready = chosen.ready
        values["secret"] = chosen.arn
        values["token"] = chosen.password
        values["url"] = Compose(f"{scheme}://:{{token}}@{{host}}:{port}/0", {"host": primary, "token": chosen.password})
    return Export(
        address=address,
        values=values,
        default="address",
        security_group=groups[0] if groups else context.own_security_group(),
        port=port,
        ready=ready,
    )


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    return let_in(options, context)


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    identifier = identifier_of(name, options, context)
    made = [_subnets(name, identifier, options, context), _parameters(name, identifier, options, context)]
    made += [_log_group(identifier, log, options, context) for log in options["log_exports"]]
    if not options["security_group_ids"]:
        name_in_aws = options["security_group_name"]
        made.append(context.security_group(f"Cache {identifier}", vpc_id=options["vpc_id"], name=name_in_aws))
    made += _secret(name, identifier, options, context)
    group = _group(name, identifier, options, context)
    return [*made, group, *hourly_snapshots(identifier, group.address, options, context)]


def _subnets(name: str, identifier: str, options: Options, context: Context) -> Resource:
    return context.resource(
        SUBNET_GROUP,
        name,
        {
            "CacheSubnetGroupName": identifier,
            "Description": f"Subnets of cache {identifier}",
            "SubnetIds": options["subnet_ids"] or context.subnet_ids("data", "subnet_ids"),
        },
        tags=options["tags"],
    )


def _parameters(name: str, identifier: str, options: Options, context: Context) -> Resource:
    family = family_of(options["engine"], options["engine_version"])
    return context.resource(
        PARAMETER_GROUP,
        f"{name}/{family}",
        {
            "CacheParameterGroupName": f"{identifier}-{family.replace('.', '-')}",
            "CacheParameterGroupFamily": family,
            "Description": f"Parameters of cache {identifier}",
            "Properties": {key: str(value) for key, value in options["parameters"].items()},
        },
        tags=options["tags"],
    )


def _log_group(identifier: str, log: str, options: Options, context: Context) -> Resource:
    return context.resource(
        LOG_GROUP,
        context.logical(log),
        {"LogGroupName": f"/aws/elasticache/{identifier}/{log}", "RetentionInDays": options["log_retention_days"]},
        tags=options["tags"],
    )


def _secret(name: str, identifier: str, options: Options, context: Context) -> list[Resource]:
    if not has_token(options):
        return []
    check_credential(options["token_secret"], "token", "token_secret", context)
    fields = {"host": Ref(Address(REPLICATION_GROUP, name), "PrimaryEndPoint.Address"), "port": options["port"]}
    return own_secret(
        credential(options["token_secret"], "token", context),
        f"{context.stack}/cache/{name}",
        fields,
        f"Token of cache {identifier}",
        options["tags"],
        context,
    )


def _group(name: str, identifier: str, options: Options, context: Context) -> Resource:
    several = options["nodes"] > 1
    groups = options["security_group_ids"] or [context.own_security_group()]
    family = family_of(options["engine"], options["engine_version"])
    parameter_group = Address(PARAMETER_GROUP, f"{name}/{family}")
    token = credential(options["token_secret"], "token", context).password if has_token(options) else None
    return context.resource(
        REPLICATION_GROUP,
        name,
        {
            "ReplicationGroupId": identifier,
            "ReplicationGroupDescription": options["description"] or f"{context.stack}: {name}",
            "Engine": options["engine"],
            "EngineVersion": options["engine_version"],
            "CacheNodeType": options["node_type"],
            "NumCacheClusters": options["nodes"],
            "AutomaticFailoverEnabled": several
            if options["automatic_failover"] is None
            else options["automatic_failover"],
            "MultiAZEnabled": several if options["multi_az"] is None else options["multi_az"],
            "AtRestEncryptionEnabled": True,
            "TransitEncryptionEnabled": options["transit_encryption"],
            "AuthToken": token,
            "KmsKeyId": context.arn_of(options["key"], "key", "key"),
            "Port": options["port"],
            "CacheSubnetGroupName": Ref(Address(SUBNET_GROUP, name), "CacheSubnetGroupName"),
            "CacheParameterGroupName": Ref(parameter_group, "CacheParameterGroupName"),
            "SecurityGroupIds": list(groups),
            "SnapshotRetentionLimit": options["snapshots"]["retention_days"],
            "SnapshotWindow": options["snapshots"]["window"],
            "PreferredMaintenanceWindow": options["maintenance_window"],
            "AutoMinorVersionUpgrade": options["auto_minor_version_upgrade"],
            "LogDeliveryConfigurations": [_delivery(log, context) for log in options["log_exports"]],
        },
        tags=options["tags"],
        protect=True,
    )


def _delivery(log: str, context: Context) -> dict[str, Any]:
    group = Ref(Address(LOG_GROUP, context.logical(log)), "LogGroupName")
    return {
        "LogType": log,
        "LogFormat": "json",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": group}},
    }


TIER = Tier(
    section="caches",
    reference="cache",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    kinds=(PARAMETER_GROUP,),
    in_network=True,
)
