# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::EIP."""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, WRITE_ONLY, tag_specifications
from .reading import objects


def _list(scope: Scope) -> list[Item]:
    found = objects(scope, "describe_addresses", "Addresses[]", "allocation-id")
    # An address of EC2-Classic's days has no allocation, and no tags either.
    return [address for address in found if address.get("AllocationId")]


def _associate(work: Work) -> None:
    instance = work.desired["InstanceId"]
    if instance:
        # Reassociation is allowed so that the call may be repeated, and may move the address in one step.
        work.call("ec2", "associate_address", AllocationId=work.id, InstanceId=instance, AllowReassociation=True)
    else:
        _release_instance(work)


def _release_instance(work: Work) -> None:
    """AWS refuses to release an address that an instance still has. A NAT gateway lets go of its own by itself."""
    item = work.current.item if work.current else {}
    if item.get("InstanceId") and item.get("AssociationId"):
        work.call("ec2", "disassociate_address", AssociationId=item["AssociationId"])


EIP = Kind(
    type="AWS::EC2::EIP",
    service="ec2",
    title="Elastic IP address",
    template=Template(ref="PublicIp"),
    id="AllocationId",
    properties={
        "Domain": Property(immutable=True, default="vpc"),
        "Address": Property(path="PublicIp", immutable=True),
        "InstanceId": Property(),
        "IpamPoolId": WRITE_ONLY,
        "NetworkBorderGroup": IMMUTABLE,
        "PublicIpv4Pool": IMMUTABLE,
    },
    attributes={
        "AllocationId": Attribute("AllocationId"),
        "PublicIp": Attribute("PublicIp", predict="{Address}"),
    },
    list=_list,
    create=Call(
        "allocate_address",
        lambda w: {
            "Domain": "vpc",
            **w.pick("Address", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool"),
            "TagSpecifications": tag_specifications("elastic-ip", w.tags),
        },
        item="@",
        once=True,
    ),
    updates=(Update(("InstanceId",), _associate, on_create=True),),
    before_delete=_release_instance,
    delete=Call(
        "release_address",
        lambda w: {"AllocationId": w.id},
        retry_on=frozenset({"InvalidIPAddress.InUse"}),
    ),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
)
