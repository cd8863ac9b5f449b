# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosted zones, record sets in all-or-nothing batches, health checks.

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.route53.models import RecordSet
from moto.route53.responses import Route53

from twin.patch import Parameters, after, before, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_ROUTING = (
    "Weight",
    "Region",
    "Failover",
    "GeoLocation",
    "MultiValueAnswer",
    "CidrRoutingConfig",
    "GeoProximityLocation",
)


def install(world: World) -> None:
    _zones(world)
    _records(world)
    _health_checks(world)


def _change(world: World, backend: Any, comment: str | None = None) -> dict[str, Any]:
    identifier = "C" + mock_random.get_random_string(length=20, include_digits=True).upper()
    notes(backend, "changes")[identifier] = (world.now(), utcnow(), comment)
    return _change_info(world, backend, identifier)


def _change_info(world: World, backend: Any, identifier: str) -> dict[str, Any]:
    at, submitted, comment = notes(backend, "changes")[identifier]
    done = world.now() >= at + world.delay("route53.change")
    info = {"Id": f"/change/{identifier}", "Status": "INSYNC" if done else "PENDING", "SubmittedAt": submitted}
    return info | ({"Comment": comment} if comment else {})


def _zones(world: World) -> None:
    @before(Route53, "CreateHostedZone")
    def reference_used(response: Any, asked: Parameters) -> None:
        backend = response.backend
        for zone in backend.zones.values():
            if zone.caller_reference == asked["CallerReference"]:
                refuse(
                    "HostedZoneAlreadyExists",
                    "A hosted zone has already been created with the specified caller reference:"
                    f" {asked['CallerReference']}",
                    409,
                )
        if "." not in asked["Name"].rstrip(".") and len(asked["Name"].rstrip(".")) < 2:
            refuse("InvalidDomainName", f"{asked['Name']} is not a valid domain name")

    @after(
        Route53, "CreateHostedZone", "DeleteHostedZone", "AssociateVPCWithHostedZone", "DisassociateVPCFromHostedZone"
    )
    def pending(response: Any, asked: Parameters, result: Any) -> Any:
        return {**result, "ChangeInfo": _change(world, response.backend, asked.get("Comment"))}

    @after(Route53, "DeleteHostedZone")
    def forget_tags(response: Any, asked: Parameters, result: Any) -> Any:
        response.backend.resource_tags.pop(asked["Id"].rpartition("/")[2], None)
        return result

    @operation(Route53, "GetChange")
    def get_change(response: Any, asked: Parameters) -> dict[str, Any]:
        identifier = asked["Id"].rpartition("/")[2]
        if identifier not in notes(response.backend, "changes"):
            refuse("NoSuchChange", f"A change with the ID {identifier} does not exist.", 404)
        return {"ChangeInfo": _change_info(world, response.backend, identifier)}

    @operation(Route53, "ListHostedZonesByName")
    def by_name(response: Any, asked: Parameters) -> dict[str, Any]:
        """From the name on, ordered by reversed labels; not that name alone."""
        name = asked.get("DNSName")
        size = int(asked.get("MaxItems") or 100)
        start = (_reversed(name), asked.get("HostedZoneId", "").rpartition("/")[2]) if name else ((), "")
        ordered = sorted(((_reversed(zone.name), zone.resource_id), zone) for zone in response.backend.zones.values())
        found = [zone for key, zone in ordered if key >= start]
        answer: dict[str, Any] = {"HostedZones": found[:size], "IsTruncated": len(found) > size, "MaxItems": str(size)}
        if name:
            answer["DNSName"] = name
        if len(found) > size:
            answer |= {"NextDNSName": found[size].name, "NextHostedZoneId": found[size].resource_id}
        return answer


def _records(world: World) -> None:
    @operation(Route53, "ChangeResourceRecordSets")
    def change(response: Any, asked: Parameters) -> dict[str, Any]:
        zone = response.backend.get_hosted_zone(asked["HostedZoneId"])
        batch = asked["ChangeBatch"]
        rrsets = list(zone.rrsets)
        problems: list[str] = []
        for wanted in batch["Changes"]:
            _apply(response.backend, zone, rrsets, wanted["Action"], wanted["ResourceRecordSet"], problems)
        if problems:
            refuse("InvalidChangeBatch", f"[{', '.join(problems)}]", messages=problems)
        zone.rrsets = rrsets
        return {"ChangeInfo": _change(world, response.backend, batch.get("Comment"))}

    @operation(Route53, "ListResourceRecordSets")
    def list_records(response: Any, asked: Parameters) -> dict[str, Any]:
        zone = response.backend.get_hosted_zone(asked["HostedZoneId"])
        if asked.get("StartRecordType") and not asked.get("StartRecordName"):
            refuse("InvalidInput", "The input is not valid")
        size = min(int(asked.get("MaxItems") or 300), 300)
        start = (
            _reversed(_name(asked.get("StartRecordName") or "")),
            asked.get("StartRecordType") or "",
            asked.get("StartRecordIdentifier") or "",
        )
        ordered = sorted(zone.rrsets, key=_place)
        found = [one for one in ordered if not asked.get("StartRecordName") or _place(one) >= start]
        answer: dict[str, Any] = {
            "ResourceRecordSets": [_shown(one) for one in found[:size]],
            "IsTruncated": len(found) > size,
            "MaxItems": str(size),
        }
        if len(found) > size:
            following = found[size]
            answer |= {"NextRecordName": _escaped(following.name), "NextRecordType": following.type}
            if following.set_identifier:
                answer["NextRecordIdentifier"] = following.set_identifier
        return answer


#: One of the strings of a text record.
_STRING = r'"(\\.|[^"\\])*"'


def _apply(backend: Any, zone: Any, rrsets: list[Any], action: str, wanted: Parameters, problems: list[str]) -> None:
    wanted = copy.deepcopy(wanted)
    name, kind = _name(wanted["Name"]), wanted["Type"]
    wanted["Name"] = name
    apex = _name(zone.name)
    identifier = wanted.get("SetIdentifier")
    label = (
        f"[name='{_escaped(name)}', type='{kind}'" + (f", set-identifier='{identifier}'" if identifier else "") + "]"
    )
    if action not in ("CREATE", "UPSERT", "DELETE"):
        refuse("InvalidInput", f"Invalid XML ; Value '{action}' is not facet-valid: [CREATE, DELETE, UPSERT]")
    if name != apex and not name.endswith("." + apex):
        problems.append(f"RRSet with DNS name {name} is not permitted in zone {apex}")
        return
    if not wanted.get("AliasTarget") and not (wanted.get("ResourceRecords") and "TTL" in wanted):
        refuse(
            "InvalidInput",
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or"
            f" TrafficPolicyInstanceId], but found none in Change with [Action={action}, Name={name}, Type={kind},"
            f" SetIdentifier={identifier or 'null'}]",
        )
    for value in [record["Value"] for record in wanted.get("ResourceRecords") or ()] if kind in ("TXT", "SPF") else ():
        if not re.fullmatch(rf"{_STRING}(\s+{_STRING})*", value):
            problems.append(
                "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation"
                f" marks) encountered with '{value}''"
            )
        elif any(len(found) > 257 for found in re.findall(r'"(?:\\.|[^"\\])*"', value)):
            problems.append(
                "Invalid Resource Record: 'FATAL problem: CharacterStringTooLong (Value is too long) encountered with"
                f" '{value}''"
            )
    routed = [key for key in _ROUTING if wanted.get(key) is not None]
    if bool(routed) != bool(identifier):
        refuse(
            "InvalidInput",
            f"Invalid request: Missing or superfluous field 'SetIdentifier' in Change with [Action={action},"
            f" Name={name}, Type={kind}, SetIdentifier={identifier or 'null'}]",
        )
    if wanted.get("Weight") is not None and not 0 <= wanted["Weight"] <= 255:
        refuse("InvalidInput", f"Invalid weight {wanted['Weight']}: must be between 0 and 255")
    check = wanted.get("HealthCheckId")
    if check and check not in backend.health_checks and action != "DELETE":
        refuse("NoSuchHealthCheck", f"No health check exists with the specified ID: {check}", 404)
    at = next((n for n, o in enumerate(rrsets) if (o.name, o.type, o.set_identifier) == (name, kind, identifier)), None)
    if action == "DELETE":
        if at is None:
            problems.append(f"Tried to delete resource record set {label} but it was not found")
        elif _same(_shown(rrsets[at]), _shown(_record(wanted))):
            if name == apex and kind in ("NS", "SOA"):
                problems.append(f"A HostedZone must contain at least one {kind} record for the zone itself.")
            else:
                del rrsets[at]
        else:
            problems.append(
                f"Tried to delete resource record set {label} but the values provided do not match the current values"
            )
        return
    if at is not None and action == "CREATE":
        problems.append(f"Tried to create resource record set {label} but it already exists")
        return
    peers = [one for one in rrsets if one.name == name and (at is None or one is not rrsets[at])]
    if kind == "CNAME" and name == apex:
        problems.append(f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {apex}")
    elif (kind == "CNAME" and any(p.type != "CNAME" for p in peers)) or (
        kind != "CNAME" and any(p.type == "CNAME" for p in peers)
    ):
        problems.append(
            f"RRSet of type {kind} with DNS name {name} is not permitted as it conflicts with other records with the"
            f" same DNS name in zone {apex}"
        )
    elif any(p.type == kind and bool(p.set_identifier) != bool(identifier) for p in peers):
        problems.append(
            f"RRSet with DNS name {name}, type {kind}, SetIdentifier {identifier or 'null'} cannot be created as a"
            " non-simple set and a simple set with the same name and type exist"
        )
    elif at is None:
        rrsets.append(_record(wanted))
    else:
        rrsets[at] = _record(wanted)


def _record(wanted: Parameters) -> Any:
    values = [one["Value"] for one in wanted.get("ResourceRecords") or []]
    record: Any = RecordSet({**wanted, "ResourceRecords": values})  # type: ignore[abstract]
    for key in ("CidrRoutingConfig", "GeoProximityLocation"):
        record.__dict__[key] = wanted.get(key)
    return record


def _shown(record: Any) -> dict[str, Any]:
    alias = record.alias_target
    if alias:
        alias = {**alias, "DNSName": _name(alias["DNSName"])}
    shown = {
        "Name": _escaped(_name(record.name)),
        "Type": record.type,
        "SetIdentifier": record.set_identifier,
        "TTL": int(record.ttl) if record.ttl is not None else None,
        "ResourceRecords": record.resource_records,
        "AliasTarget": alias,
        "HealthCheckId": record.health_check_id,
        "Weight": record.weight,
        "Region": record.region,
        "Failover": record.failover,
        "GeoLocation": record.geo_location,
        "MultiValueAnswer": record.multi_value_answer,
        "CidrRoutingConfig": record.__dict__.get("CidrRoutingConfig"),
        "GeoProximityLocation": record.__dict__.get("GeoProximityLocation"),
    }
    return {key: value for key, value in shown.items() if value is not None}


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def plain(shown: dict[str, Any]) -> str:
        values = sorted(record["Value"] for record in shown.get("ResourceRecords") or [])
        return json.dumps({**shown, "ResourceRecords": values}, sort_keys=True)

    return plain(one) == plain(other)


def _name(name: str) -> str:
    name = name.lower().replace("\\052", "*")
    return name if not name or name.endswith(".") else name + "."


def _escaped(name: str) -> str:
    return name.replace("*", "\\052")


def _reversed(name: str) -> tuple[str, ...]:
    return tuple(reversed(name.lower().strip(".").split("."))) if name.strip(".") else ()


def _place(record: Any) -> tuple[Any, ...]:
    return _reversed(_name(record.name)), record.type, record.set_identifier or ""


def _health_checks(world: World) -> None:
    defaults = {"RequestInterval": 30, "FailureThreshold": 3, "MeasureLatency": False}
    common = {"Inverted": False, "Disabled": False, "EnableSNI": False}

    def get(response: Any, identifier: str) -> Any:
        if identifier not in response.backend.health_checks:
            refuse("NoSuchHealthCheck", f"No health check exists with the specified ID: {identifier}", 404)
        return response.backend.health_checks[identifier]

    @operation(Route53, "CreateHealthCheck")
    def create(response: Any, asked: Parameters) -> dict[str, Any]:
        config = asked["HealthCheckConfig"]
        for one in response.backend.health_checks.values():
            if one["CallerReference"] == asked["CallerReference"]:
                if one.asked == config:
                    return _answer(one)
                refuse(
                    "HealthCheckAlreadyExists",
                    "A health check with the same caller reference and different settings exists:"
                    f" {asked['CallerReference']}",
                    409,
                )
        _check_config(config)
        full = {**common, **config}
        if config["Type"] not in ("CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"):
            port = 443 if config["Type"].startswith("HTTPS") else 80
            full = {**common, **defaults, "Port": port, "EnableSNI": port == 443, **config}
        check = HealthCheck(
            Id=str(mock_random.uuid4()),
            CallerReference=asked["CallerReference"],
            HealthCheckConfig=full,
            HealthCheckVersion=1,
        )
        check.asked = config
        response.backend.health_checks[check["Id"]] = check
        return _answer(check)

    @operation(Route53, "UpdateHealthCheck")
    def update(response: Any, asked: Parameters) -> dict[str, Any]:
        check = get(response, asked["HealthCheckId"])
        version = asked.get("HealthCheckVersion")
        if version is not None and version != check["HealthCheckVersion"]:
            refuse("HealthCheckVersionMismatch", "The health check version is not the current one", 409)
        names = set(asked) - {"HealthCheckId", "HealthCheckVersion", "ResetElements"}
        config = {**check["HealthCheckConfig"], **{name: asked[name] for name in names}}
        for element in asked.get("ResetElements") or []:
            config.pop(element, None)
        _check_config(config)
        check["HealthCheckConfig"] = config
        check["HealthCheckVersion"] += 1
        return {"HealthCheck": check}

    @operation(Route53, "GetHealthCheck")
    def one(response: Any, asked: Parameters) -> dict[str, Any]:
        return {"HealthCheck": get(response, asked["HealthCheckId"])}

    @operation(Route53, "DeleteHealthCheck")
    def delete(response: Any, asked: Parameters) -> None:
        get(response, asked["HealthCheckId"])
        del response.backend.health_checks[asked["HealthCheckId"]]
        response.backend.resource_tags.pop(asked["HealthCheckId"], None)

    @operation(Route53, "ListHealthChecks")
    def list_checks(response: Any, asked: Parameters) -> dict[str, Any]:
        checks = list(response.backend.health_checks.values())
        size = int(asked.get("MaxItems") or 100)
        identifiers = [check["Id"] for check in checks]
        marker = asked.get("Marker")
        start = identifiers.index(marker) if marker in identifiers else 0
        end = start + size
        answer = {
            "HealthChecks": checks[start:end],
            "Marker": marker or "",
            "MaxItems": str(size),
            "IsTruncated": end < len(checks),
        }
        return answer | ({"NextMarker": identifiers[end]} if end < len(checks) else {})

    @before(Route53, "GetHealthCheckStatus")
    def known(response: Any, asked: Parameters) -> None:
        get(response, asked["HealthCheckId"])

    @before(Route53, "ChangeTagsForResource", "ListTagsForResource")
    def tagged_exists(response: Any, asked: Parameters) -> None:
        if asked["ResourceType"] == "healthcheck":
            get(response, asked["ResourceId"])
        elif asked["ResourceId"] not in response.backend.zones:
            refuse("NoSuchHostedZone", f"No hosted zone found with ID: {asked['ResourceId']}", 404)


class HealthCheck(dict[str, Any]):
    """A health check under AWS's member names."""

    asked: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self["Id"])


def _answer(check: HealthCheck) -> dict[str, Any]:
    return {"HealthCheck": check, "Location": f"https://route53.amazonaws.com/2013-04-01/healthcheck/{check.id}"}


def _check_config(config: Parameters) -> None:
    kind = config["Type"]
    if kind in ("CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"):
        if kind == "CLOUDWATCH_METRIC" and not config.get("AlarmIdentifier"):
            refuse(
                "InvalidInput", "Invalid parameter : AlarmIdentifier is required for CLOUDWATCH_METRIC health checks"
            )
        return
    if not config.get("IPAddress") and not config.get("FullyQualifiedDomainName"):
        refuse("InvalidInput", "Invalid parameter : One of IPAddress or FullyQualifiedDomainName must be specified")
    if config.get("RequestInterval", 30) not in (10, 30):
        refuse("InvalidInput", "Invalid parameter : RequestInterval must be 10 or 30")
    if not 1 <= config.get("FailureThreshold", 3) <= 10:
        refuse("InvalidInput", "Invalid parameter : FailureThreshold must be between 1 and 10")
    if "STR_MATCH" in kind and not config.get("SearchString"):
        refuse("InvalidInput", "Invalid parameter : SearchString is required for string matching health checks")
