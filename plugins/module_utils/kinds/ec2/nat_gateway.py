# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::NatGateway."""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, WRITE_ONLY, tag_specifications
from .reading import matching, objects


def _list(scope: Scope) -> list[Item]:
    # What is deleted is answered for another hour, as `deleted`; the states sort it out.
    found = objects(scope, "describe_nat_gateways", "NatGateways[]", "nat-gateway-id", param="Filter")
    addresses = {key for properties in scope.wanted if isinstance(key := properties.get("AllocationId"), str)}
    if len(scope.wanted) > sum(item.get("State") != "deleted" for item in found):
        addresses |= {observed.id for observed in scope.observed("AWS::EC2::EIP")}
    missing = addresses - {primary_allocation(item) for item in found}
    if missing and not scope.ids:
        found += _holders(scope, missing)
    return found


def _holders(scope: Scope, allocations: set[str]) -> list[Item]:
    """The gateways that hold some addresses."""
    filters = {"state": ("pending", "available", "deleting")}
    everyone = matching(scope, "describe_nat_gateways", "NatGateways[]", filters, "Filter")
    return [item for item in everyone if primary_allocation(item) in allocations]


def _addresses(item: Item) -> tuple[list[Item], list[Item]]:
    """The primary address and the secondary ones. Where no address says that it is primary, the first one is."""
    found = [
        one for one in item.get("NatGatewayAddresses", []) if one.get("Status") not in ("disassociating", "failed")
    ]
    primary = [one for one in found if one.get("IsPrimary")] or found[:1]
    return primary, [one for one in found if one not in primary]


def primary_allocation(item: Item) -> str | None:
    """The allocation of the primary address; a private gateway has none."""
    primary, _secondary = _addresses(item)
    return primary[0].get("AllocationId") if primary else None


def secondary_allocations(item: Item) -> list[str]:
    """The allocations of the secondary addresses, sorted."""
    _primary, secondary = _addresses(item)
    return sorted(one["AllocationId"] for one in secondary if one.get("AllocationId"))


def _primary(member: str) -> Attribute:
    return Attribute(lambda item: (_addresses(item)[0] or [{}])[0].get(member))


def _set_secondary(work: Work) -> None:
    item = work.current.item if work.current else {}
    now, wanted = set(secondary_allocations(item)), set(work.desired["SecondaryAllocationIds"] or [])
    if wanted - now:
        work.call("ec2", "associate_nat_gateway_address", NatGatewayId=work.id, AllocationIds=sorted(wanted - now))
    if now - wanted:
        leaving = [one["AssociationId"] for one in _addresses(item)[1] if one.get("AllocationId") in now - wanted]
        work.call(
            "ec2",
            "disassociate_nat_gateway_address",
            NatGatewayId=work.id,
            AssociationIds=leaving,
            **work.pick("MaxDrainDurationSeconds"),
        )


NAT_GATEWAY = Kind(
    type="AWS::EC2::NatGateway",
    service="ec2",
    title="NAT gateway",
    template=Template(attributes={"PublicIp": "", "VpcId": ""}),
    id="NatGatewayId",
    properties={
        "SubnetId": IMMUTABLE,
        "AllocationId": Property(path=primary_allocation, immutable=True),
        "ConnectivityType": Property(immutable=True, default="public"),
        "PrivateIpAddress": Property(
            path=lambda item: (_addresses(item)[0] or [{}])[0].get("PrivateIp"), immutable=True
        ),
        "SecondaryAllocationIds": Property(path=secondary_allocations, unordered=True),
        "MaxDrainDurationSeconds": WRITE_ONLY,
    },
    attributes={
        "NatGatewayId": Attribute("NatGatewayId"),
        "EniId": _primary("NetworkInterfaceId"),
        "PublicIp": _primary("PublicIp"),
        "VpcId": Attribute("VpcId"),
    },
    # An address serves one gateway at a time: a gateway that is replaced has to let go of it first.
    key=("AllocationId",),
    requires=("AWS::EC2::Subnet", "AWS::EC2::EIP", "AWS::EC2::VPCGatewayAttachment"),
    list=_list,
    states=States(
        "State",
        ready=frozenset({"available"}),
        failed=frozenset({"failed"}),
        leaving=frozenset({"deleting"}),
        gone=frozenset({"deleted"}),
        reason="FailureMessage",
        timeout=900,
    ),
    create=Call(
        "create_nat_gateway",
        lambda w: {
            **w.pick("SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress", "SecondaryAllocationIds"),
            "ClientToken": w.token,
            "TagSpecifications": tag_specifications("natgateway", w.tags),
        },
        item="NatGateway",
        retry_on=frozenset({"InvalidSubnetID.NotFound", "InvalidAllocationID.NotFound"}),
    ),
    updates=(Update(("SecondaryAllocationIds",), _set_secondary, when_ready=True),),
    delete=Call("delete_nat_gateway", lambda w: {"NatGatewayId": w.id}),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
    referenced_when_ready=True,
)
