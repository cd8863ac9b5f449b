# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Record sets: plain, alias, weighted, failover and the other routing policies.

They carry no tags: those of a zone that is ours are ours, but for what AWS itself keeps there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Item, Kind, Observed, Property, Scope, Update, Work
from ..requests import is_empty
from ..shared import IMMUTABLE, MUTABLE, WRITE_ONLY
from .names import domain_name, zone_id

ZONE = "AWS::Route53::HostedZone"

#: What Certificate Manager has validation records lead to; they serve as long as the certificate is renewed.
_ACM_VALIDATION = ".acm-validations.aws"

_NUMBERS = frozenset({"Weight"})
_TARGETS = ("AliasTarget", "ResourceRecords", "TTL")
_ROUTING = (
    "CidrRoutingConfig",
    "Failover",
    "GeoLocation",
    "GeoProximityLocation",
    "HealthCheckId",
    "MultiValueAnswer",
    "Region",
    "SetIdentifier",
    "Weight",
)

Key = tuple[str, str, str, str]


# Reading


def record_key(properties: Mapping[str, Any]) -> Key | None:
    """What names a record set: its zone, its name, its type, and among several of these its set identifier."""
    zone, name, record_type = (properties.get(one) for one in ("HostedZoneId", "Name", "Type"))
    if not (isinstance(zone, str) and isinstance(name, str) and isinstance(record_type, str)):
        return None
    return (zone_id(zone), domain_name(name), record_type, str(properties.get("SetIdentifier") or ""))


def record_id(item: Mapping[str, Any]) -> str:
    """A record set's key as one text."""
    return "|".join(record_key(item) or ())


def list_records(scope: Scope) -> list[Item]:
    """The record sets that are described, and all of the zones that are ours."""
    if scope.ids:
        keys = {tuple(identifier.split("|", 3)) for identifier in scope.ids}
        return [record for record in _by_name(scope, {(key[0], key[1]) for key in keys}) if record_key(record) in keys]
    wanted = {key for properties in scope.wanted if (key := record_key(properties))}
    ours = [zone for zone in scope.observed(ZONE) if scope.everything or zone.stack == scope.stack]
    found = [record for zone in ours for record in _of_zone(scope, zone)]
    known = {zone.id for zone in ours}
    return found + _by_name(scope, {(key[0], key[1]) for key in wanted if key[0] not in known})


def _of_zone(scope: Scope, zone: Observed) -> list[Item]:
    """All record sets of a zone that is ours, which are to be as described, but for those that AWS keeps.

    The latter are told by the path before the zone's identifier, which makes them no part of the zone as it is
    described: who describes one finds it, and nobody has it deleted who does not.
    """
    found = scope.pages("route53", "list_resource_record_sets", "ResourceRecordSets[]", HostedZoneId=zone.id)
    apex = domain_name(zone.properties.get("Name"))
    return [
        {**record, "HostedZoneId": f"/hostedzone/{zone.id}" if is_kept_by_aws(record, apex) else zone.id}
        for record in found
    ]


def _by_name(scope: Scope, names: Iterable[tuple[str, str]]) -> list[Item]:
    """All record sets under some names; a zone that is not ours may have thousands of others."""
    found = []
    for zone, name in sorted(names):
        answer = scope.call(
            "route53", "list_resource_record_sets", HostedZoneId=zone, StartRecordName=name, MaxItems="300"
        )
        found += [
            {**record, "HostedZoneId": zone}
            for record in answer["ResourceRecordSets"]
            if domain_name(record["Name"]) == name
        ]
    return found


def is_kept_by_aws(record: Mapping[str, Any], apex: str) -> bool:
    """Whether AWS, or a policy of it, made a record set and keeps it: the zone's own, validations, traffic policies."""
    if record["Type"] in ("NS", "SOA") and domain_name(record["Name"]) == apex:
        return True
    if record.get("TrafficPolicyInstanceId"):
        return True
    return is_validation(record)


def is_validation(record: Mapping[str, Any]) -> bool:
    """Whether a record set proves to Certificate Manager whose a domain is."""
    values = [domain_name(value["Value"]) for value in record.get("ResourceRecords") or ()]
    return record["Type"] == "CNAME" and any(value.endswith(_ACM_VALIDATION) for value in values)


def is_other_half(record: Mapping[str, Any], described: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a record set is what others of the same name and type fail over to, or from."""
    part, key = record.get("Failover"), record_key(record)
    if not part or key is None:
        return False
    return any((record_key(one) or ())[:3] == key[:3] and one.get("Failover") not in (None, part) for one in described)


def alias_target(value: Any) -> Any:
    """An alias to compare: its name in one form, its zone by id, its target's health not asked unless stated."""
    if not isinstance(value, Mapping):
        return value
    return {
        **value,
        "DNSName": domain_name(value.get("DNSName")),
        "HostedZoneId": zone_id(value.get("HostedZoneId")),
        "EvaluateTargetHealth": bool(value.get("EvaluateTargetHealth", False)),
    }


# Writing


def record_parameter(stated: Mapping[str, Any], current: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A record set as requests carry it: what is stated, and what is there beside it.

    Args:
        stated: the stated properties.
        current: the record set as answered, where there is one.
    """
    there = current or {}
    record: dict[str, Any] = {"Name": stated["Name"], "Type": stated["Type"]}
    for name in _ROUTING:
        value = stated[name] if name in stated else there.get(name)
        if value is not None and not is_empty(value):
            record[name] = int(value) if name in _NUMBERS else value
    alias = stated.get("AliasTarget")
    values = stated.get("ResourceRecords")
    # An alias and values of its own exclude each other: what is stated drives the other out.
    if not alias and not values:
        return {**record, **{name: there[name] for name in _TARGETS if name in there}, **_ttl(stated)}
    if alias:
        record["AliasTarget"] = alias_parameter(alias)
        return record
    record["ResourceRecords"] = [{"Value": str(value)} for value in values or ()]
    return {**record, **_ttl({**there, **stated})}


def alias_parameter(alias: Mapping[str, Any]) -> dict[str, Any]:
    """An alias as requests carry it."""
    return {
        "DNSName": alias["DNSName"],
        "HostedZoneId": zone_id(alias["HostedZoneId"]),
        "EvaluateTargetHealth": bool(alias.get("EvaluateTargetHealth", False)),
    }


def _ttl(values: Mapping[str, Any]) -> dict[str, int]:
    ttl = values.get("TTL")
    return {} if ttl is None else {"TTL": int(ttl)}


def _change(work: Work, action: str, zone: str, record: Mapping[str, Any]) -> None:
    batch: dict[str, Any] = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    if action == "UPSERT" and work.get("Comment"):
        batch["Comment"] = work.desired["Comment"]
    work.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)


def _upsert(work: Work) -> Item:
    zone = zone_id(work.desired["HostedZoneId"])
    record = record_parameter(work.desired, work.current.item if work.current else None)
    _change(work, "UPSERT", zone, record)
    return {**record, "HostedZoneId": zone}


def _delete(work: Work) -> None:
    """A deletion restates the record set to the letter, so it is read again first."""
    zone, name, record_type, identifier = work.id.split("|", 3)
    answer = work.call("route53", "list_resource_record_sets", HostedZoneId=zone, StartRecordName=name, MaxItems="300")
    for record in answer["ResourceRecordSets"]:
        if record_key({**record, "HostedZoneId": zone}) == (zone, name, record_type, identifier):
            try:
                _change(work, "DELETE", zone, record)
            except ApiError as error:
                # A repetition, since the first answer was lost, finds nothing any more.
                if error.code != "InvalidChangeBatch" or "was not found" not in error.message:
                    raise


_CHANGEABLE = (*_TARGETS, *(name for name in _ROUTING if name != "SetIdentifier"))

RECORD_SET = Kind(
    type="AWS::Route53::RecordSet",
    service="route53",
    title="record set",
    id=record_id,
    key=("HostedZoneId", "Name", "Type", "SetIdentifier"),
    key_of=record_key,
    requires=(ZONE, "AWS::Route53::HealthCheck"),
    part_of="HostedZoneId",
    others_add_parts=True,
    completes=is_other_half,
    tags=None,
    properties={
        "HostedZoneId": Property(immutable=True, normalise=zone_id),
        "Name": Property(path=lambda item: domain_name(item["Name"]), immutable=True, normalise=domain_name),
        "Type": IMMUTABLE,
        "SetIdentifier": Property(immutable=True, default=""),
        "ResourceRecords": Property(path="ResourceRecords[].Value", unordered=True),
        "TTL": MUTABLE,
        "AliasTarget": Property(normalise=alias_target),
        "Weight": Property(unstated=None),
        "Failover": Property(unstated=None),
        "Region": MUTABLE,
        "HealthCheckId": Property(unstated=None),
        "MultiValueAnswer": MUTABLE,
        "GeoLocation": Property(exact=True),
        "GeoProximityLocation": Property(exact=True),
        "CidrRoutingConfig": MUTABLE,
        "Comment": WRITE_ONLY,
    },
    list=list_records,
    create=_upsert,
    updates=(Update(_CHANGEABLE, _upsert),),
    delete=_delete,
    # Route 53 takes the changes of a zone one after the other.
    created_in_order=True,
    is_global=True,
)
