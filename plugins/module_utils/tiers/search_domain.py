# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `search_domains` section: OpenSearch domains in a VPC."""

from __future__ import annotations

import json
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, Sensitive, account_id, partition
from . import formats
from .base import TAGS, Connection, Context, Export, Options, Tier
from .connections import let_in
from .permissions import policy, shortened, statement
from .secret import SECRET, SECRET_VALUE

DOMAIN = "AWS::OpenSearchService::Domain"
LOG_GROUP = "AWS::Logs::LogGroup"
LOG_POLICY = "AWS::Logs::ResourcePolicy"

PORT = 443
#: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_CreateDomain.html
NAME_LIMIT = 28
PASSWORD_LENGTH = 32
#: All punctuation but that which stands in a URL as it is: a master password needs one such character.
_EXCLUDED = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}"

_LOGS = {
    "search_slow": "SEARCH_SLOW_LOGS",
    "index_slow": "INDEX_SLOW_LOGS",
    "application": "ES_APPLICATION_LOGS",
    "audit": "AUDIT_LOGS",
}
#: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/auto-tune.html
_NO_AUTO_TUNE = ("t2.", "t3.")

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "engine_version": {"type": "str", "required": True},
    "instance_type": {"type": "str", "required": True},
    "nodes": {"type": "int", "default": 1},
    "zones": {"type": "int", "choices": [1, 2, 3]},
    "dedicated_masters": {
        "type": "dict",
        "options": {
            "instance_type": {"type": "str", "required": True},
            "count": {"type": "int", "choices": [3, 5], "default": 3},
        },
    },
    "volume": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "type": {"type": "str", "choices": ["gp2", "gp3", "io1"], "default": "gp3"},
            "size": {"type": "int", "default": 20},
            "iops": {"type": "int", "format": formats.at_least(1)},
            "throughput": {"type": "int", "format": formats.at_least(1)},
        },
    },
    "key": {"type": "str", "no_log": False},
    "tls_policy": {
        "type": "str",
        "choices": ["Policy-Min-TLS-1-2-2019-07", "Policy-Min-TLS-1-2-PFS-2023-10"],
        "default": "Policy-Min-TLS-1-2-PFS-2023-10",
    },
    "master_user": {"type": "str", "default": "owner"},
    "master_role": {"type": "str"},
    "access_policy": {"type": "dict"},
    "snapshot_hour": {"type": "int", "default": 3, "format": formats.between(0, 23)},
    "auto_tune": {"type": "bool"},
    "off_peak_start": {"type": "str", "default": "03:00"},
    "auto_software_update": {"type": "bool", "default": True},
    "advanced_options": {"type": "dict", "default": {}},
    "log_exports": {
        "type": "list",
        "elements": "str",
        "choices": sorted(_LOGS),
        "default": ["application", "index_slow", "search_slow"],
    },
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "vpc_id": {"type": "str", "format": formats.VPC},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "security_group_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SECURITY_GROUP},
    "allow_from": {"type": "list", "elements": "str", "default": []},
    "tags": TAGS,
}


def domain_name(name: str, options: Options, context: Context) -> str:
    """The domain's name, which has at most 28 characters."""
    return str(options["name"] or shortened(context.name(name).lower(), NAME_LIMIT))


def version_of(text: str) -> str:
    """The engine version as AWS writes it: `2.11` is `OpenSearch_2.11`."""
    return text if "_" in text else f"OpenSearch_{text}"


def has_password(options: Options) -> bool:
    """Whether clients come in by a user and a password; else they sign their requests by IAM."""
    return not options["master_role"]


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(DOMAIN, name)
    groups = options["security_group_ids"]
    host = Ref(address, "DomainEndpoint")
    values: dict[str, Any] = {
        "address": host,
        "url": Compose("https://{host}", {"host": host}),
        "port": PORT,
        "name": domain_name(name, options, context),
        "arn": Ref(address, "Arn"),
    }
    ready: tuple[Address, ...] = ()
    if has_password(options):
        secret = Address(SECRET, context.reference)
        values["secret"] = Ref(secret, "Arn")
        values["username"] = options["master_user"]
        values["password"] = Sensitive(Ref(secret, "Value.password"))
        ready = (Address(SECRET_VALUE, context.reference),)
    return Export(
        address=address,
        values=values,
        default="address",
        security_group=groups[0] if groups else context.own_security_group(),
        port=PORT,
        ready=ready,
    )


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    return let_in(options, context)


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    domain = domain_name(name, options, context)
    made = _logs(domain, options, context)
    if not options["security_group_ids"]:
        made.append(context.security_group(f"Search domain {domain}", vpc_id=options["vpc_id"]))
    if has_password(options):
        made += _secret(name, domain, options, context)
    return [*made, _domain(name, domain, options, context)]


def _logs(domain: str, options: Options, context: Context) -> list[Resource]:
    """The log groups, and the policy by which the service may write to them: AWS asks for it before the domain."""
    logs = options["log_exports"]
    if not logs:
        return []
    groups = [
        context.resource(
            LOG_GROUP,
            context.logical(log),
            {
                "LogGroupName": f"/aws/opensearch/domains/{domain}/{log}",
                "RetentionInDays": options["log_retention_days"],
            },
            tags=options["tags"],
        )
        for log in logs
    ]
    arns = [context.arn("logs", f"log-group:/aws/opensearch/domains/{domain}/{log}:*") for log in logs]
    source = Compose(
        "arn:{partition}:es:{region}:{account}:domain/{domain}",
        {"partition": partition(), "region": context.region, "account": account_id(), "domain": domain},
    )
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "es.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": arns,
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id()}, "ArnLike": {"aws:SourceArn": source}},
    }
    policies = context.resource(
        LOG_POLICY, context.logical(), {"PolicyName": context.slug("logs"), "PolicyDocument": policy([allowed])}
    )
    return [*groups, policies]


def _secret(name: str, domain: str, options: Options, context: Context) -> list[Resource]:
    """The master user. AWS wants each sort of character in its password, which therefore has punctuation too."""
    secret = context.resource(
        SECRET,
        context.reference,
        {
            "Name": f"{context.stack}/search_domain/{name}",
            "Description": f"Master user of search domain {domain}",
            "GenerateSecretString": {
                "PasswordLength": PASSWORD_LENGTH,
                "ExcludeCharacters": _EXCLUDED,
                "RequireEachIncludedType": True,
                "GenerateStringKey": "password",
                "SecretStringTemplate": json.dumps({"username": options["master_user"]}),
            },
        },
        tags=options["tags"],
        protect=True,
    )
    host = Ref(Address(DOMAIN, name), "DomainEndpoint")
    fields = {
        "host": host,
        "port": PORT,
        "url": Compose("https://{host}", {"host": host}),
        "username": options["master_user"],
    }
    return [secret, context.resource(SECRET_VALUE, secret.name, {"SecretId": secret.ref("Arn"), "Fields": fields})]


def _zones(options: Options, context: Context) -> tuple[int, list[Any]]:
    """How many zones, and a subnet in each."""
    subnets = list(options["subnet_ids"] or context.subnet_ids("data", "subnet_ids"))
    zones = options["zones"] or max(1, min(3, len(subnets), options["nodes"]))
    if options["zones"] is None and zones == 2 and options["nodes"] % 2:
        # Two zones share an even number of nodes only.
        zones = 1
    if len(subnets) < zones:
        context.problem("zones", f"{zones}, but there are {len(subnets)} subnets to stand in; raise network.zones")
    return zones, subnets[:zones]


def _domain(name: str, domain: str, options: Options, context: Context) -> Resource:
    zones, subnets = _zones(options, context)
    key = context.arn_of(options["key"], "key", "key")
    return context.resource(
        DOMAIN,
        name,
        {
            "DomainName": domain,
            "EngineVersion": version_of(options["engine_version"]),
            "ClusterConfig": _cluster(zones, options),
            "EBSOptions": {
                "EBSEnabled": True,
                "VolumeType": options["volume"]["type"],
                "VolumeSize": options["volume"]["size"],
                "Iops": options["volume"]["iops"],
                "Throughput": options["volume"]["throughput"],
            },
            "VPCOptions": {
                "SubnetIds": subnets,
                "SecurityGroupIds": list(options["security_group_ids"]) or [context.own_security_group()],
            },
            "EncryptionAtRestOptions": {"Enabled": True, "KmsKeyId": key},
            "NodeToNodeEncryptionOptions": {"Enabled": True},
            "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": options["tls_policy"]},
            "AdvancedSecurityOptions": _security(options, context),
            "AccessPolicies": _access(domain, options, context),
            "LogPublishingOptions": {
                _LOGS[log]: {
                    "CloudWatchLogsLogGroupArn": Ref(Address(LOG_GROUP, context.logical(log)), "Arn"),
                    "Enabled": True,
                }
                for log in options["log_exports"]
            },
            "SnapshotOptions": {"AutomatedSnapshotStartHour": options["snapshot_hour"]},
            "AutoTuneOptions": {"DesiredState": "ENABLED" if _auto_tune(options) else "DISABLED"},
            "OffPeakWindowOptions": {
                "Enabled": True,
                "OffPeakWindow": {"WindowStartTime": _time(options["off_peak_start"], context)},
            },
            "SoftwareUpdateOptions": {"AutoSoftwareUpdateEnabled": options["auto_software_update"]},
            "AdvancedOptions": {key: str(value) for key, value in options["advanced_options"].items()} or None,
        },
        tags=options["tags"],
        protect=True,
        depends_on=[Address(LOG_POLICY, context.logical())] if options["log_exports"] else [],
    )


def _cluster(zones: int, options: Options) -> dict[str, Any]:
    masters = options["dedicated_masters"]
    cluster: dict[str, Any] = {
        "InstanceType": options["instance_type"],
        "InstanceCount": options["nodes"],
        "ZoneAwarenessEnabled": zones > 1,
        "ZoneAwarenessConfig": {"AvailabilityZoneCount": zones} if zones > 1 else None,
        "DedicatedMasterEnabled": masters is not None,
    }
    if masters is not None:
        cluster["DedicatedMasterType"] = masters["instance_type"]
        cluster["DedicatedMasterCount"] = masters["count"]
    return cluster


def _security(options: Options, context: Context) -> dict[str, Any]:
    """Fine-grained access: a master role of IAM, or a master user of the domain's own."""
    if options["master_role"]:
        master = {"MasterUserARN": context.arn_of(options["master_role"], "role", "master_role")}
        return {"Enabled": True, "InternalUserDatabaseEnabled": False, "MasterUserOptions": master}
    master = {
        "MasterUserName": options["master_user"],
        "MasterUserPassword": Sensitive(Ref(Address(SECRET, context.reference), "Value.password")),
    }
    return {"Enabled": True, "InternalUserDatabaseEnabled": True, "MasterUserOptions": master}


def _access(domain: str, options: Options, context: Context) -> dict[str, Any]:
    """Who gets as far as fine-grained access.

    Users of the domain's own are nobody to IAM, so with them everyone does whom the security group lets in:
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html#fgac-recommendations
    """
    if options["access_policy"] is not None:
        filled: dict[str, Any] = context.fill(options["access_policy"], "access_policy")
        return filled
    allowed = statement(["es:ESHttp*"], context.arn("es", f"domain/{domain}/*"))
    who: Any = "*" if has_password(options) else Compose("{account}", {"account": account_id()})
    return policy([{**allowed, "Principal": {"AWS": who}}])


def _auto_tune(options: Options) -> bool:
    if options["auto_tune"] is None:
        return not options["instance_type"].startswith(_NO_AUTO_TUNE)
    return bool(options["auto_tune"])


def _time(text: str, context: Context) -> dict[str, int]:
    hours, _colon, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        context.problem("off_peak_start", f"{text!r} is no time of the day; write it as 03:00")
        return {"Hours": 0, "Minutes": 0}
    return {"Hours": int(hours), "Minutes": int(minutes)}


TIER = Tier(
    section="search_domains",
    reference="search_domain",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    in_network=True,
)
