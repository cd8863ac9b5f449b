# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ElasticLoadBalancingV2::TargetGroup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...engine.kind import (
    Attribute,
    Call,
    Item,
    Kind,
    Neighbours,
    Observed,
    Property,
    Scope,
    Update,
    Work,
)
from ...engine.template import Template
from ..shared import IMMUTABLE, MUTABLE, tag_list
from .common import SERVICE, TAG, UNTAG, attribute_texts, by_arns, full_name, of_concern, with_described_tags

_HEALTH_CHECK = (
    "HealthCheckEnabled",
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "Matcher",
)
_IMMUTABLE = (
    "Protocol",
    "ProtocolVersion",
    "Port",
    "TargetType",
    "IpAddressType",
    # Mutable in CloudFormation's schema, but no request of the API changes it.
    "TargetControlPort",
)
_CREATED_WITH = ("Name", "VpcId", *_IMMUTABLE)


def list_target_groups(scope: Scope) -> Iterable[Item]:
    """Target groups in scope with their tags and attributes, and their targets where somebody states them."""
    if scope.ids:
        found = by_arns(scope, "describe_target_groups", "TargetGroups[]", "TargetGroupArns")
    else:
        found = scope.pages(SERVICE, "describe_target_groups", "TargetGroups[]")
    # Targets come and go with tasks and instances: they are read only for who registers them by hand.
    with_targets = bool(scope.ids or scope.everything) or any("Targets" in properties for properties in scope.wanted)
    items = with_described_tags(scope, of_concern(scope, found, "TargetGroupArn", "TargetGroupName"), "TargetGroupArn")
    for item in items:
        arn = item["TargetGroupArn"]
        answer = scope.call(SERVICE, "describe_target_group_attributes", TargetGroupArn=arn)
        item["Attributes"] = answer["Attributes"]
        if with_targets:
            item["Targets"] = scope.pages(
                SERVICE,
                "describe_target_health",
                "TargetHealthDescriptions[?TargetHealth.State!='draining'].Target",
                TargetGroupArn=arn,
            )
    return items


def plain_target(target: Mapping[str, Any]) -> dict[str, Any]:
    """A target without AWS's own word for "any zone" that nobody has to state."""
    return {
        key: value
        for key, value in target.items()
        if value is not None and not (key == "AvailabilityZone" and value == "all")
    }


def _health_check(work: Work) -> dict[str, Any]:
    params = work.pick(*_HEALTH_CHECK)
    if "HealthCheckPort" in params:
        params["HealthCheckPort"] = str(params["HealthCheckPort"])
    if params.get("Matcher"):
        params["Matcher"] = {key: str(value) for key, value in params["Matcher"].items()}
    return params


def _set_targets(work: Work) -> None:
    """Register the stated targets and deregister the others."""
    stated = list(work.get("Targets") or [])
    identity = {(target["Id"], target.get("Port", work.merged("Port"))) for target in stated}
    present = (work.current.properties.get("Targets") if work.current else None) or []
    others = [target for target in present if (target["Id"], target.get("Port")) not in identity]
    if stated:
        work.call(SERVICE, "register_targets", TargetGroupArn=work.id, Targets=stated)
    if others:
        work.call(
            SERVICE,
            "deregister_targets",
            TargetGroupArn=work.id,
            Targets=[
                {key: target[key] for key in ("Id", "Port", "AvailabilityZone") if target.get(key)} for target in others
            ],
        )


def _refuse(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterator[str]:
    yield from _used_by_another(desired, found, neighbours)
    yield from _used_under_its_name(desired, found, neighbours)


def _used_under_its_name(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterator[str]:
    """A new one under the same name would have to wait until listener and service are deleted."""
    now = found.properties
    # With its VPC everything in it is made anew.
    if not neighbours.users or any(desired.get(name, now[name]) != now[name] for name in ("Name", "VpcId")):
        return
    for name in _IMMUTABLE:
        if desired.get(name, now[name]) != now[name]:
            yield (
                f"cannot change its {name} from {now[name]} to {desired[name]} while it is used by "
                f"{', '.join(map(str, neighbours.users))}; give it another name as well (`target_group.name`, or "
                f"`target_group` of the route), and a new one is made first that they move to"
            )


def _used_by_another(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterator[str]:
    """AWS answers TargetGroupAssociationLimit, once the new load balancer stands."""
    wanted = desired.get("LoadBalancer")
    users = dict.fromkeys(found.attributes.get("LoadBalancerArns") or () if wanted else ())
    for observed, address in neighbours.found(_LOAD_BALANCER):
        if observed.id in users and not (address and address.name == wanted):
            yield (
                f"is used by the load balancer {observed.properties['Name']}, and AWS lets only one use it; for the "
                f"other one, {wanted}, set `target_group` of its routes, which gives it one of its own, or keep the "
                f"`name` of the load balancer if just its entry has another name. To move without an outage, describe "
                f"both until the second run"
            )


_LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"

TARGET_GROUP = Kind(
    type="AWS::ElasticLoadBalancingV2::TargetGroup",
    service=SERVICE,
    title="target group",
    template=Template(properties={"LoadBalancer": "", "InitialPort": "Port"}),
    id="TargetGroupArn",
    key=("Name",),
    list=list_target_groups,
    properties={
        "Name": Property("TargetGroupName", immutable=True),
        "VpcId": IMMUTABLE,
        **dict.fromkeys(_IMMUTABLE, IMMUTABLE),
        **dict.fromkeys(_HEALTH_CHECK, MUTABLE),
        "TargetGroupAttributes": Property("Attributes", key="Key"),
        "Targets": Property(
            unordered=True, normalise=lambda targets: [plain_target(target) for target in targets or []]
        ),
        # Not one of CloudFormation's: the port of a new one whose targets come with ports of their own.
        "InitialPort": Property("Port", initial=True),
        # Not one of CloudFormation's: the logical name of the one load balancer that is to use it.
        "LoadBalancer": Property(lambda _item: None, initial=True),
    },
    attributes={
        "TargetGroupArn": Attribute("TargetGroupArn"),
        "Arn": Attribute("TargetGroupArn"),
        "TargetGroupFullName": Attribute(lambda item: full_name(item["TargetGroupArn"])),
        "TargetGroupName": Attribute("TargetGroupName", "{Name}"),
        "LoadBalancerArns": Attribute("LoadBalancerArns"),
    },
    create=Call(
        "create_target_group",
        lambda w: {
            **w.pick(Port="InitialPort"),
            **w.pick(*_CREATED_WITH),
            **_health_check(w),
            "Tags": tag_list(w.tags),
        },
        item="TargetGroups[0]",
    ),
    updates=(
        Update(_HEALTH_CHECK, Call("modify_target_group", lambda w: {"TargetGroupArn": w.id, **_health_check(w)})),
        Update(
            ("TargetGroupAttributes",),
            Call(
                "modify_target_group_attributes",
                lambda w: {"TargetGroupArn": w.id, "Attributes": attribute_texts(w.get("TargetGroupAttributes"))},
            ),
            on_create=True,
        ),
        Update(("Targets",), _set_targets, on_create=True),
    ),
    tag=TAG,
    untag=UNTAG,
    held_by_users=True,
    refuse_for_others=_refuse,
    delete=Call(
        "delete_target_group",
        lambda w: {"TargetGroupArn": w.id},
        # A listener or rule that was deleted a moment ago may still count as its user.
        retry_on=frozenset({"ResourceInUse"}),
    ),
)
