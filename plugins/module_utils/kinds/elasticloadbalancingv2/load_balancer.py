# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ElasticLoadBalancingV2::LoadBalancer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Observed, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..shared import IMMUTABLE, MUTABLE, tag_list
from .common import SERVICE, TAG, UNTAG, attribute_texts, by_arns, full_name, of_concern, with_described_tags

_GUARD = "deletion_protection.enabled"


def list_load_balancers(scope: Scope) -> Iterable[Item]:
    """Load balancers in scope with their tags and attributes."""
    if scope.ids:
        found = by_arns(scope, "describe_load_balancers", "LoadBalancers[]", "LoadBalancerArns")
    else:
        found = scope.pages(SERVICE, "describe_load_balancers", "LoadBalancers[]")
    tagged = with_described_tags(
        scope, of_concern(scope, found, "LoadBalancerArn", "LoadBalancerName"), "LoadBalancerArn"
    )
    return [{**item, "Attributes": _attributes(scope, item["LoadBalancerArn"])} for item in tagged]


def _attributes(scope: Scope, arn: str) -> list[dict[str, str]]:
    answer = scope.call(SERVICE, "describe_load_balancer_attributes", LoadBalancerArn=arn)
    attributes: list[dict[str, str]] = answer["Attributes"]
    return attributes


def subnets(item: Item) -> list[str]:
    """The subnets of an answer, one per zone."""
    return [zone["SubnetId"] for zone in item.get("AvailabilityZones", [])]


def subnet_mappings(item: Item) -> list[dict[str, Any]]:
    """The subnets of an answer with the addresses that were chosen for them."""
    mappings = []
    for zone in item.get("AvailabilityZones", []):
        mapping: dict[str, Any] = {"SubnetId": zone["SubnetId"]}
        for address in zone.get("LoadBalancerAddresses") or []:
            for theirs, ours in (
                ("AllocationId", "AllocationId"),
                ("PrivateIPv4Address", "PrivateIPv4Address"),
                ("IPv6Address", "IPv6Address"),
            ):
                if address.get(theirs):
                    mapping[ours] = address[theirs]
        for prefix in zone.get("SourceNatIpv6Prefixes") or []:
            mapping["SourceNatIpv6Prefix"] = prefix
        mappings.append(mapping)
    return mappings


def is_guarded(item: Item) -> bool:
    """Whether the load balancer refuses to be deleted."""
    return any(pair["Key"] == _GUARD and pair["Value"] == "true" for pair in item.get("Attributes", []))


def refuse(desired: Mapping[str, Any], found: Observed, changed: Collection[str]) -> Iterator[str]:
    """Why the security groups of a Network Load Balancer cannot be changed.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
    """
    if "SecurityGroups" not in changed or found.properties.get("Type") != "network":
        return
    if not found.properties.get("SecurityGroups"):
        yield (
            "a Network Load Balancer that was made without security groups takes none; state no SecurityGroups, or "
            "describe a second load balancer with them"
        )
    elif not desired.get("SecurityGroups", True):
        yield "a Network Load Balancer that was made with security groups keeps at least one; state one"


def _create(work: Work) -> dict[str, Any]:
    params = work.pick(
        "Name",
        "Subnets",
        "SubnetMappings",
        "SecurityGroups",
        "Scheme",
        "Type",
        "IpAddressType",
        "EnablePrefixForIpv6SourceNat",
    )
    if work.get("Ipv4IpamPoolId"):
        params["IpamPools"] = {"Ipv4IpamPoolId": work.get("Ipv4IpamPoolId")}
    return {**params, "Tags": tag_list(work.tags)}


def _ip_pools(work: Work) -> dict[str, Any]:
    pool = work.get("Ipv4IpamPoolId")
    choice: dict[str, Any] = {"IpamPools": {"Ipv4IpamPoolId": pool}} if pool else {"RemoveIpamPools": ["ipv4"]}
    return {"LoadBalancerArn": work.id, **choice}


def _guard_attribute(guarded: bool) -> dict[str, Any]:
    """The guard as CloudFormation states it."""
    return {"LoadBalancerAttributes": [{"Key": _GUARD, "Value": str(bool(guarded)).lower()}]}


LOAD_BALANCER = Kind(
    type="AWS::ElasticLoadBalancingV2::LoadBalancer",
    service=SERVICE,
    title="load balancer",
    template=Template(properties={"DeletionProtection": _guard_attribute}),
    id="LoadBalancerArn",
    key=("Name",),
    list=list_load_balancers,
    properties={
        "Name": Property("LoadBalancerName", immutable=True),
        "Type": IMMUTABLE,
        "Scheme": IMMUTABLE,
        "Subnets": Property(subnets, unordered=True),
        "SubnetMappings": Property(subnet_mappings, unordered=True),
        "SecurityGroups": Property(unordered=True),
        "IpAddressType": MUTABLE,
        "Ipv4IpamPoolId": Property("IpamPools.Ipv4IpamPoolId"),
        "EnablePrefixForIpv6SourceNat": MUTABLE,
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": MUTABLE,
        "LoadBalancerAttributes": Property("Attributes", key="Key"),
        # Not one of CloudFormation's: how the guard among the attributes reads.
        "DeletionProtection": Property(is_guarded),
    },
    attributes={
        "LoadBalancerArn": Attribute("LoadBalancerArn"),
        "Arn": Attribute("LoadBalancerArn"),
        "DNSName": Attribute("DNSName"),
        "CanonicalHostedZoneID": Attribute("CanonicalHostedZoneId"),
        "LoadBalancerFullName": Attribute(lambda item: full_name(item["LoadBalancerArn"], "loadbalancer/")),
        "LoadBalancerName": Attribute("LoadBalancerName", "{Name}"),
    },
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerState.html
    states=States(
        "State.Code",
        ready=frozenset({"active", "active_impaired"}),
        failed=frozenset({"failed"}),
        reason="State.Reason",
        timeout=900,
    ),
    create=Call("create_load_balancer", _create, item="LoadBalancers[0]"),
    updates=(
        Update(
            ("LoadBalancerAttributes",),
            Call(
                "modify_load_balancer_attributes",
                lambda w: {"LoadBalancerArn": w.id, "Attributes": attribute_texts(w.get("LoadBalancerAttributes"))},
            ),
            on_create=True,
        ),
        Update(
            ("Subnets", "SubnetMappings", "EnablePrefixForIpv6SourceNat"),
            Call(
                "set_subnets",
                lambda w: {
                    "LoadBalancerArn": w.id,
                    **w.pick("Subnets", "SubnetMappings", "EnablePrefixForIpv6SourceNat"),
                },
            ),
        ),
        Update(
            ("IpAddressType",),
            Call("set_ip_address_type", lambda w: {"LoadBalancerArn": w.id, **w.pick("IpAddressType")}),
        ),
        Update(
            ("SecurityGroups",),
            Call("set_security_groups", lambda w: {"LoadBalancerArn": w.id, **w.pick("SecurityGroups")}),
        ),
        Update(
            ("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",),
            Call(
                "set_security_groups",
                lambda w: {
                    "LoadBalancerArn": w.id,
                    "SecurityGroups": w.merged("SecurityGroups"),
                    **w.pick("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"),
                },
            ),
            on_create=True,
        ),
        Update(("Ipv4IpamPoolId",), Call("modify_ip_pools", _ip_pools)),
    ),
    tag=TAG,
    untag=UNTAG,
    refuse=refuse,
    protection="DeletionProtection",
    release=Call(
        "modify_load_balancer_attributes",
        lambda w: {"LoadBalancerArn": w.id, "Attributes": [{"Key": _GUARD, "Value": "false"}]},
    ),
    delete=Call("delete_load_balancer", lambda w: {"LoadBalancerArn": w.id}),
)
