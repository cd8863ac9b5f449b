# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hosted zones, public and private."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import unless
from .names import domain_name, zone_id
from .ownership import (
    caller_reference,
    read_tags_of,
    tagged_ids,
    tagging,
    tags_by_reference,
    tags_or_reference,
    write_tags,
)
from .record_set import is_validation

RESOURCE_TYPE = "hostedzone"
#: https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
REFERENCE_LENGTH = 128


def list_zones(scope: Scope) -> list[Item]:
    """The zones in scope, each with its tags, name servers and networks."""
    if scope.ids:
        ids = {zone_id(identifier) for identifier in scope.ids}
    else:
        zones = scope.pages("route53", "list_hosted_zones", "HostedZones[]")
        indexed = set() if scope.everything else tagged_ids(scope, RESOURCE_TYPE)
        ids = {zone_id(zone["Id"]) for zone in zones if scope.everything or is_of_concern(zone, scope, indexed)}
    found = [zone for identifier in sorted(ids) if (zone := _read(scope, identifier)) is not None]
    tags = read_tags_of(scope, RESOURCE_TYPE, [zone_id(zone["Id"]) for zone in found])
    logging = _query_logging(scope) if found else {}
    return [
        {
            **zone,
            "Tags": tags_or_reference(tags.get(zone_id(zone["Id"]), {}), zone.get("CallerReference", ""), scope.stack),
            "QueryLoggingConfig": logging.get(zone_id(zone["Id"])),
        }
        for zone in found
    ]


def is_of_concern(zone: Mapping[str, Any], scope: Scope, indexed: set[str]) -> bool:
    """Whether a zone is the stack's, or has the name of one that is described and is as private as that."""
    if zone_id(zone["Id"]) in indexed or tags_by_reference(zone.get("CallerReference", ""), scope.stack):
        return True
    is_private = bool((zone.get("Config") or {}).get("PrivateZone"))
    return any(
        domain_name(wanted.get("Name")) == domain_name(zone["Name"]) and bool(wanted.get("VPCs")) == is_private
        for wanted in scope.wanted
    )


def _read(scope: Scope, identifier: str) -> Item | None:
    answer = unless((), lambda: scope.call("route53", "get_hosted_zone", Id=identifier))
    if answer is None:
        return None
    return _whole(answer)


def _whole(answer: Mapping[str, Any], networks: Sequence[Any] = ()) -> Item:
    delegation, there = answer.get("DelegationSet") or {}, answer.get("VPCs") or list(networks)
    return {**answer["HostedZone"], "DelegationSet": delegation, "VPCs": there}


def _query_logging(scope: Scope) -> dict[str, Item]:
    """The query logging of every zone that has any, if somebody stated some."""
    if not (scope.ids or scope.everything or any("QueryLoggingConfig" in wanted for wanted in scope.wanted)):
        return {}
    found = scope.pages("route53", "list_query_logging_configs", "QueryLoggingConfigs[]")
    return {config["HostedZoneId"]: config for config in found}


def _create(work: Work) -> Item:
    reference = caller_reference(work, REFERENCE_LENGTH)
    networks = work.get("VPCs") or []
    comment = (work.get("HostedZoneConfig") or {}).get("Comment")
    params: dict[str, Any] = {
        "Name": work.desired["Name"],
        "CallerReference": reference,
        "HostedZoneConfig": {"PrivateZone": bool(networks), **({"Comment": comment} if comment else {})},
    }
    if networks:
        params["VPC"] = networks[0]
    if work.get("DelegationSetId"):
        params["DelegationSetId"] = work.desired["DelegationSetId"]
    try:
        answer = work.call("route53", "create_hosted_zone", **params)
    except ApiError as error:
        if error.code != "HostedZoneAlreadyExists":
            raise
        # An earlier attempt, whose answer was lost, made it.
        answer = _made_earlier(work, reference)
        if not answer:
            raise
    identifier = zone_id(answer["HostedZone"]["Id"])
    write_tags(work, RESOURCE_TYPE, identifier)
    return _whole(answer, networks[:1])


def _made_earlier(work: Work, reference: str) -> dict[str, Any]:
    zones = work.pages("route53", "list_hosted_zones", "HostedZones[]")
    for zone in zones:
        if zone.get("CallerReference") == reference:
            return work.call("route53", "get_hosted_zone", Id=zone_id(zone["Id"]))
    return {}


def refuse_networks(now: Any, wanted: Any) -> str:
    """Why a zone cannot become a private one, or a public one again."""
    if bool(now) == bool(wanted):
        return ""
    here, there = ("private", "public") if now else ("public", "private")
    return f"a {here} zone cannot become a {there} one; set VPCs back, or describe a second zone of the name beside it"


def _networks(value: Any) -> set[tuple[str, str]]:
    return {(network["VPCRegion"], network["VPCId"]) for network in value or ()}


def _change_networks(work: Work) -> None:
    desired = _networks(work.desired["VPCs"])
    current = _networks(work.current.properties["VPCs"] if work.current else ())
    # The last network cannot go, so those that come come first.
    for operation, networks in (
        ("associate_vpc_with_hosted_zone", desired - current),
        ("disassociate_vpc_from_hosted_zone", current - desired),
    ):
        for region, network in sorted(networks):
            work.call("route53", operation, HostedZoneId=work.id, VPC={"VPCRegion": region, "VPCId": network})


def _change_logging(work: Work) -> None:
    current = (work.current.item.get("QueryLoggingConfig") if work.current else None) or {}
    if current:
        work.call("route53", "delete_query_logging_config", Id=current["Id"])
    group = (work.get("QueryLoggingConfig") or {}).get("CloudWatchLogsLogGroupArn")
    if group:
        work.call(
            "route53", "create_query_logging_config", HostedZoneId=work.id, CloudWatchLogsLogGroupArn=log_group(group)
        )


def _clear_validations(work: Work) -> None:
    """Take off the validation records that certificates of former times have left: AWS deletes an empty zone only."""
    params = {"HostedZoneId": work.id}
    records = work.pages("route53", "list_resource_record_sets", "ResourceRecordSets[]", **params)
    changes = [{"Action": "DELETE", "ResourceRecordSet": record} for record in records if is_validation(record)]
    if changes:
        work.call("route53", "change_resource_record_sets", **params, ChangeBatch={"Changes": changes})


def log_group(arn: Any) -> Any:
    """A log group's ARN without the `:*` with which CloudFormation answers it."""
    return arn.removesuffix(":*") if isinstance(arn, str) else arn


def plain_logging(value: Any) -> Any:
    """Query logging to compare: the log group alone."""
    return {"CloudWatchLogsLogGroupArn": log_group(value["CloudWatchLogsLogGroupArn"])} if value else value


_TAG, _UNTAG = tagging(RESOURCE_TYPE)

HOSTED_ZONE = Kind(
    type="AWS::Route53::HostedZone",
    service="route53",
    title="hosted zone",
    template=Template(ref="Id", attributes={"HostedZoneId": "Id"}, tags="HostedZoneTags"),
    id=lambda item: zone_id(item["Id"]),
    key=("Name",),
    properties={
        "Name": Property(path=lambda item: domain_name(item["Name"]), immutable=True, normalise=domain_name),
        "HostedZoneConfig": Property(path=lambda item: {"Comment": (item.get("Config") or {}).get("Comment")}),
        "VPCs": Property(unordered=True, refuse=refuse_networks),
        "QueryLoggingConfig": Property(normalise=plain_logging, exact=True),
        "DelegationSetId": Property(path="DelegationSet.Id", immutable=True, normalise=zone_id),
    },
    attributes={
        "Id": Attribute(lambda item: zone_id(item["Id"])),
        "HostedZoneId": Attribute(lambda item: zone_id(item["Id"])),
        "NameServers": Attribute("DelegationSet.NameServers"),
    },
    list=list_zones,
    create=_create,
    updates=(
        Update(
            ("HostedZoneConfig",),
            Call(
                "update_hosted_zone_comment",
                lambda w: {"Id": w.id, "Comment": (w.desired["HostedZoneConfig"] or {}).get("Comment") or ""},
            ),
        ),
        Update(("VPCs",), _change_networks, on_create=True),
        Update(("QueryLoggingConfig",), _change_logging, on_create=True),
    ),
    before_delete=_clear_validations,
    delete=Call("delete_hosted_zone", lambda w: {"Id": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    holds_data=True,
    is_global=True,
)
