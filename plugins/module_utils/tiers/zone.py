# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `zones` section: Route 53 hosted zones, their records, and health checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier

ZONE = "AWS::Route53::HostedZone"
RECORD = "AWS::Route53::RecordSet"
HEALTH_CHECK = "AWS::Route53::HealthCheck"

#: The zone that every distribution is an alias in; the health of what is behind one cannot be asked.
#: https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
DISTRIBUTIONS_ZONE = "Z2FDTNDATAQYW2"

#: What the values of a record look like; texts have any.
_VALUES = {
    "A": formats.IPV4,
    "AAAA": formats.IPV6,
    "CNAME": formats.ZONE_NAME,
    "NS": formats.ZONE_NAME,
    "MX": formats.MAIL_EXCHANGE,
    "SRV": formats.SERVICE_RECORD,
    "CAA": formats.CAA,
}

#: Characters of one string of a TXT record.
_TXT_LIMIT = 255

SPEC: dict[str, Any] = {
    "domain": {"type": "str", "format": formats.ZONE_NAME},
    "existing_zone_id": {"type": "str"},
    "comment": {"type": "str"},
    "private": {"type": "bool", "default": False},
    "records": {
        "type": "map",
        "default": {},
        "options": {
            "type": {
                "type": "str",
                "choices": ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"],
                "default": "A",
            },
            "values": {"type": "list", "elements": "str"},
            "ttl": {"type": "int", "default": 300, "format": formats.between(0, 2147483647)},
            "alias": {"type": "str"},
            "weight": {"type": "int", "format": formats.between(0, 255)},
            "failover": {"type": "str", "choices": ["PRIMARY", "SECONDARY"]},
            "identifier": {"type": "str"},
            "health_check": {"type": "str"},
        },
        "mutually_exclusive": [("alias", "values")],
        "required_one_of": [("alias", "values")],
    },
    "health_checks": {
        "type": "map",
        "default": {},
        "options": {
            "host": {"type": "str"},
            "type": {"type": "str", "choices": ["HTTP", "HTTPS", "TCP"], "default": "HTTPS"},
            "port": {"type": "int", "default": 443, "format": formats.PORT},
            "path": {"type": "str", "default": "/health", "format": formats.URL_PATH},
            "failures": {"type": "int", "default": 3, "format": formats.between(1, 10)},
            "interval_seconds": {"type": "int", "choices": [10, 30], "default": 30},
        },
    },
    "tags": TAGS,
}


def domain_of(name: str, options: Options) -> str:
    """The zone's domain: the entry's name unless stated."""
    return str(options["domain"] or name).rstrip(".")


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(ZONE, name)
    values: dict[str, Any] = {"id": _zone_id(name, options, context), "name": domain_of(name, options)}
    if not options["existing_zone_id"]:
        values["name_servers"] = Ref(address, "NameServers")
    return Export(address=None if options["existing_zone_id"] else address, values=values, default="id")


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    made: list[Resource] = []
    if not options["existing_zone_id"]:
        made.append(_zone(name, options, context))
    made += [_health_check(name, check, rule, options, context) for check, rule in options["health_checks"].items()]
    made += [_record(name, label, record, options, context) for label, record in options["records"].items()]
    return made


def _zone(name: str, options: Options, context: Context) -> Resource:
    vpcs = [{"VPCId": context.vpc_id("private"), "VPCRegion": context.region}] if options["private"] else None
    return context.resource(
        ZONE,
        name,
        {
            "Name": f"{domain_of(name, options)}.",
            "HostedZoneConfig": {"Comment": options["comment"] or f"{domain_of(name, options)} of {context.stack}"},
            "VPCs": vpcs,
        },
        tags=options["tags"],
    )


def _health_check(zone: str, name: str, rule: Mapping[str, Any], options: Options, context: Context) -> Resource:
    return context.resource(
        HEALTH_CHECK,
        f"{zone}/{name}",
        {
            "HealthCheckConfig": {
                "Type": rule["type"],
                "FullyQualifiedDomainName": context.fill(rule["host"], f"health_checks.{name}.host")
                or domain_of(zone, options),
                "Port": rule["port"],
                "ResourcePath": rule["path"] if rule["type"] != "TCP" else None,
                "FailureThreshold": rule["failures"],
                "RequestInterval": rule["interval_seconds"],
                "EnableSNI": True if rule["type"] == "HTTPS" else None,
            }
        },
        tags=options["tags"],
    )


def _record(zone: str, label: str, record: Mapping[str, Any], options: Options, context: Context) -> Resource:
    """One record. The label is its name, `@` for the zone's own; a suffix `#x` tells records of one name apart."""
    option = f"records.{label}"
    host = label.partition("#")[0]
    domain = domain_of(zone, options)
    name = domain if host == "@" else f"{host}.{domain}"
    if host == "@" and record["type"] == "CNAME":
        context.problem(f"{option}.type", "'CNAME': the zone's own name takes none; use alias, or A with addresses")
    zone_id = _zone_id(zone, options, context)
    properties: dict[str, Any] = {
        "HostedZoneId": zone_id,
        "Name": f"{name}.",
        "Type": record["type"],
        "SetIdentifier": _identifier(label, record),
        "Failover": record["failover"],
        "Weight": record["weight"],
    }
    if record["health_check"]:
        properties["HealthCheckId"] = Ref(Address(HEALTH_CHECK, f"{zone}/{record['health_check']}"), "HealthCheckId")
    if record["alias"]:
        properties["AliasTarget"] = _alias(record["alias"], option, context)
    elif record["values"]:
        _check_values(record, option, context)
        values = map(_quoted, record["values"]) if record["type"] == "TXT" else record["values"]
        properties["ResourceRecords"] = [context.fill(value, f"{option}.values") for value in values]
        properties["TTL"] = str(record["ttl"])
    return context.resource(RECORD, f"{zone}/{label}", properties, depends_on=_answering(record["alias"], context))


def _answering(alias: str | None, context: Context) -> tuple[Address, ...]:
    """What answers for the load balancer that a record points to: nobody is led to one that serves nothing yet."""
    for entry in context.catalog.entries("load_balancer"):
        if entry.reference == alias:
            targets = dict.fromkeys(route["to"] for route in entry.options["routes"])
            behind = [context.catalog.entry(target, "", []) for target in targets]
            return tuple(target.export.address for target in behind if target and target.export.address)
    return ()


def _check_values(record: Mapping[str, Any], option: str, context: Context) -> None:
    takes = _VALUES.get(record["type"])
    if record["type"] == "CNAME" and len(record["values"]) > 1:
        context.problem(f"{option}.values", f"has {len(record['values'])} values; a CNAME has one, keep it")
    for index, value in enumerate(record["values"] if takes else ()):
        problem = takes(value) if takes and "${" not in value else ""
        if problem:
            context.problem(f"{option}.values[{index}]", f"{value!r} {problem}")


def _quoted(text: str) -> str:
    """A text as Route 53 takes it: in quotes, in strings of 255 characters. What has quotes around it already stays.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat
    """
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        return text
    # Where a reference begins and ends is not to be torn apart.
    step = len(text) if "${" in text else _TXT_LIMIT
    strings = [text[start : start + step] for start in range(0, len(text), max(step, 1))] or [""]
    return " ".join('"' + string.replace("\\", "\\\\").replace('"', '\\"') + '"' for string in strings)


def _zone_id(zone: str, options: Options, context: Context) -> Any:
    """The zone that the records stand in: the stack's own, another stack's, or one that somebody else made."""
    existing = options["existing_zone_id"]
    if not existing:
        return Ref(Address(ZONE, zone), "Id")
    return context.value(existing, "existing_zone_id") if context.catalog.looks_like_reference(existing) else existing


def _identifier(label: str, record: Mapping[str, Any]) -> str | None:
    """What tells a record from others of its name: as stated, its part in a failover, or what follows the `#`."""
    if record["weight"] is None and not record["failover"]:
        return record["identifier"] or None
    return record["identifier"] or record["failover"] or label.partition("#")[2] or label


def _alias(reference: str, option: str, context: Context) -> dict[str, Any] | None:
    entry = context.entry(reference, f"{option}.alias")
    if entry is None:
        return None
    values = entry.export.values
    if "dns_name" not in values or "zone_id" not in values:
        context.problem(f"{option}.alias", f"{reference!r} is nothing that an alias can point to; use values")
        return None
    return {
        "DNSName": values["dns_name"],
        "HostedZoneId": values["zone_id"],
        "EvaluateTargetHealth": values["zone_id"] != DISTRIBUTIONS_ZONE,
    }


TIER = Tier(
    section="zones",
    reference="zone",
    spec=SPEC,
    compile=compile,
    exports=exports,
    kinds=(HEALTH_CHECK,),
    in_network=True,
)
