# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    States,
    Update,
)
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, WRITE_ONLY, tag_specifications
from .normal import cidr
from .reading import objects

_ATTRIBUTES = {"EnableDnsSupport": "enableDnsSupport", "EnableDnsHostnames": "enableDnsHostnames"}


def _list(scope: Scope) -> list[Item]:
    found = objects(scope, "describe_vpcs", "Vpcs[]", "vpc-id")
    return [{**item, **_dns(scope, item["VpcId"])} for item in found]


def _dns(scope: Scope, vpc_id: str) -> Item:
    """What DescribeVpcs leaves out; the API answers one attribute of one VPC at a time."""
    return {
        name: scope.call("ec2", "describe_vpc_attribute", VpcId=vpc_id, Attribute=attribute)[name]["Value"]
        for name, attribute in _ATTRIBUTES.items()
    }


def _dns_switch(name: str) -> Update:
    """A switch; ModifyVpcAttribute takes one at a time."""
    request = Call(
        "modify_vpc_attribute",
        lambda w: {"VpcId": w.id, name: {"Value": w.desired[name]}},
        retry_on=frozenset({"InvalidVpcID.NotFound"}),
    )
    return Update((name,), request, on_create=True)


def _refuse(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterator[str]:
    """Its gateway, its addresses and everything that is placed in it would have to go first."""
    now, wanted = found.properties["CidrBlock"], desired.get("CidrBlock")
    if neighbours.users and isinstance(wanted, str) and cidr(wanted) != cidr(now):
        yield (
            f"cannot change its CidrBlock from {now} to {wanted} with {len(neighbours.users)} resources in it; set it "
            f"back, or describe another stack with the new range, move there and destroy this one"
        )


VPC = Kind(
    type="AWS::EC2::VPC",
    service="ec2",
    title="VPC",
    id="VpcId",
    properties={
        "CidrBlock": Property(immutable=True, normalise=cidr),
        "EnableDnsHostnames": Property(),
        "EnableDnsSupport": Property(),
        "InstanceTenancy": IMMUTABLE,
        "Ipv4IpamPoolId": WRITE_ONLY,
        "Ipv4NetmaskLength": WRITE_ONLY,
    },
    attributes={
        "VpcId": Attribute("VpcId"),
        "CidrBlock": Attribute("CidrBlock", predict="{CidrBlock}"),
        "CidrBlockAssociations": Attribute("CidrBlockAssociationSet[].AssociationId"),
        "Ipv6CidrBlocks": Attribute("Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock"),
    },
    list=_list,
    states=States("State", ready=frozenset({"available"}), leaving=frozenset({"deleting"}), timeout=600),
    create=Call(
        "create_vpc",
        lambda w: {
            **w.pick("CidrBlock", "InstanceTenancy", "Ipv4IpamPoolId", "Ipv4NetmaskLength"),
            "TagSpecifications": tag_specifications("vpc", w.tags),
        },
        item="Vpc",
        once=True,
    ),
    # Host names can be turned on only while resolution is on.
    updates=(_dns_switch("EnableDnsSupport"), _dns_switch("EnableDnsHostnames")),
    delete=Call("delete_vpc", lambda w: {"VpcId": w.id}, retry_on=frozenset({"DependencyViolation"})),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
    referenced_when_ready=True,
    held_by_users=True,
    refuse_for_others=_refuse,
)
