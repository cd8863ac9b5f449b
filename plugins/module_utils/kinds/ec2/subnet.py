# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::Subnet."""

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
    Work,
)
from ...engine.template import Template
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, WRITE_ONLY, tag_specifications
from .normal import cidr
from .reading import objects

_CREATE = (
    "VpcId",
    "AvailabilityZone",
    "AvailabilityZoneId",
    "CidrBlock",
    "Ipv6CidrBlock",
    "Ipv6Native",
    "OutpostArn",
    "Ipv4IpamPoolId",
    "Ipv4NetmaskLength",
    "Ipv6IpamPoolId",
    "Ipv6NetmaskLength",
)
_PRIVATE_DNS = {
    "HostnameType": "PrivateDnsHostnameTypeOnLaunch",
    "EnableResourceNameDnsARecord": "EnableResourceNameDnsARecordOnLaunch",
    "EnableResourceNameDnsAAAARecord": "EnableResourceNameDnsAAAARecordOnLaunch",
}


def _list(scope: Scope) -> list[Item]:
    natural = {"VpcId": "vpc-id", "CidrBlock": "cidr-block"}
    return objects(scope, "describe_subnets", "Subnets[]", "subnet-id", natural)


def _flag(name: str) -> Update:
    """A switch; ModifySubnetAttribute takes one at a time."""
    request = Call(
        "modify_subnet_attribute",
        lambda w: {"SubnetId": w.id, name: {"Value": w.desired[name]}},
        retry_on=frozenset({"InvalidSubnetID.NotFound"}),
    )
    return Update((name,), request, on_create=True)


def _set_private_dns(work: Work) -> None:
    current = (work.current.properties.get("PrivateDnsNameOptionsOnLaunch") if work.current else None) or {}
    for name, value in work.desired["PrivateDnsNameOptionsOnLaunch"].items():
        if current.get(name) != value:
            param: Any = value if name == "HostnameType" else {"Value": value}
            work.call("ec2", "modify_subnet_attribute", SubnetId=work.id, **{_PRIVATE_DNS[name]: param})


def _refuse(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterator[str]:
    """Users of a subnet would have to leave and come back, and most of them cannot."""
    if not neighbours.users or desired.get("VpcId", found.properties["VpcId"]) != found.properties["VpcId"]:
        return
    for name in ("CidrBlock", "AvailabilityZone"):
        now, wanted = found.properties[name], desired.get(name, found.properties[name])
        if cidr(wanted) != cidr(now):
            yield (
                f"cannot change its {name} from {now} to {wanted} while it is used by "
                f"{', '.join(map(str, neighbours.users))}; set it back, or move them first: describe further zones "
                f"beside this one, converge, then take its zone out"
            )


SUBNET = Kind(
    type="AWS::EC2::Subnet",
    service="ec2",
    title="subnet",
    template=Template(attributes={"Arn": ""}),
    id="SubnetId",
    properties={
        "VpcId": IMMUTABLE,
        "CidrBlock": Property(immutable=True, normalise=cidr),
        "AvailabilityZone": IMMUTABLE,
        "AvailabilityZoneId": IMMUTABLE,
        "Ipv6CidrBlock": Property(
            path="Ipv6CidrBlockAssociationSet[?Ipv6CidrBlockState.State!='disassociated'] | [0].Ipv6CidrBlock",
            immutable=True,
            normalise=cidr,
        ),
        "Ipv6Native": IMMUTABLE,
        "OutpostArn": IMMUTABLE,
        "Ipv4IpamPoolId": WRITE_ONLY,
        "Ipv4NetmaskLength": WRITE_ONLY,
        "Ipv6IpamPoolId": WRITE_ONLY,
        "Ipv6NetmaskLength": WRITE_ONLY,
        "MapPublicIpOnLaunch": Property(),
        "AssignIpv6AddressOnCreation": Property(),
        "EnableDns64": Property(),
        "PrivateDnsNameOptionsOnLaunch": Property(),
    },
    attributes={
        "SubnetId": Attribute("SubnetId"),
        "Arn": Attribute("SubnetArn"),
        "AvailabilityZone": Attribute("AvailabilityZone", predict="{AvailabilityZone}"),
        "CidrBlock": Attribute("CidrBlock", predict="{CidrBlock}"),
        "VpcId": Attribute("VpcId", predict="{VpcId}"),
    },
    key=("VpcId", "CidrBlock"),
    requires=("AWS::EC2::VPC",),
    list=_list,
    states=States(
        "State",
        ready=frozenset({"available"}),
        failed=frozenset({"failed", "failed-insufficient-capacity"}),
        # The interfaces of deleted functions and load balancers stay in a subnet for up to three quarters of an hour.
        timeout=2700,
    ),
    create=Call(
        "create_subnet",
        lambda w: {**w.pick(*_CREATE), "TagSpecifications": tag_specifications("subnet", w.tags)},
        item="Subnet",
        retry_on=frozenset({"InvalidVpcID.NotFound"}),
        once=True,
    ),
    updates=(
        _flag("MapPublicIpOnLaunch"),
        _flag("AssignIpv6AddressOnCreation"),
        _flag("EnableDns64"),
        Update(("PrivateDnsNameOptionsOnLaunch",), _set_private_dns, on_create=True),
    ),
    delete=Call("delete_subnet", lambda w: {"SubnetId": w.id}, retry_on=frozenset({"DependencyViolation"})),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
    referenced_when_ready=True,
    held_by_users=True,
    refuse_for_others=_refuse,
)
