# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::VPCGatewayAttachment, of internet gateways.

A VPC has at most one, so the VPC's identifier is the attachment's too and stays the same when the gateway changes.
"""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..shared import IMMUTABLE
from .reading import matching, parents, stack_objects

_NOT_YET = frozenset({"InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound"})


def attachments(gateway: Item) -> list[Item]:
    """The attachments of an internet gateway as objects of their own."""
    return [
        {"InternetGatewayId": gateway["InternetGatewayId"], **attachment}
        for attachment in gateway.get("Attachments", [])
        if attachment.get("VpcId")
    ]


def _list(scope: Scope) -> list[Item]:
    def of_vpcs(vpcs: set[str]) -> list[Item]:
        filters = {"attachment.vpc-id": vpcs}
        found = matching(scope, "describe_internet_gateways", "InternetGateways[]", filters)
        return [attachment for gateway in found for attachment in attachments(gateway)]

    if scope.ids:
        return of_vpcs(set(scope.ids))
    gateways = stack_objects(scope, "describe_internet_gateways", "InternetGateways[]")
    found = [attachment for gateway in gateways for attachment in attachments(gateway)]
    # Somebody else's gateway on a VPC of ours.
    return found + of_vpcs(parents(scope, "AWS::EC2::VPC", "VpcId") - {item["VpcId"] for item in found})


def _swap(work: Work) -> None:
    """A VPC takes the new gateway only once the old one is off."""
    old = work.current.properties.get("InternetGatewayId") if work.current else None
    if old:
        work.call("ec2", "detach_internet_gateway", InternetGatewayId=old, VpcId=work.id)
    work.call("ec2", "attach_internet_gateway", InternetGatewayId=work.desired["InternetGatewayId"], VpcId=work.id)


VPC_GATEWAY_ATTACHMENT = Kind(
    type="AWS::EC2::VPCGatewayAttachment",
    service="ec2",
    title="attachment of an internet gateway",
    template=Template(ref="Id"),
    id="VpcId",
    properties={"VpcId": IMMUTABLE, "InternetGatewayId": Property()},
    attributes={"AttachmentType": Attribute(lambda item: "IGW", predict=lambda facts: "IGW")},
    key=("VpcId",),
    requires=("AWS::EC2::VPC", "AWS::EC2::InternetGateway"),
    part_of="InternetGatewayId",
    tags=None,
    list=_list,
    states=States(
        "State",
        ready=frozenset({"available", "attached"}),
        leaving=frozenset({"detaching"}),
        gone=frozenset({"detached"}),
        # Public addresses of load balancers and NAT gateways that are on their way out hold it back.
        timeout=1200,
    ),
    create=Call("attach_internet_gateway", lambda w: w.pick("InternetGatewayId", "VpcId"), retry_on=_NOT_YET),
    updates=(Update(("InternetGatewayId",), _swap),),
    delete=Call(
        "detach_internet_gateway",
        lambda w: w.pick("InternetGatewayId", "VpcId"),
        retry_on=frozenset({"DependencyViolation"}),
        ignore=frozenset({"Gateway.NotAttached"}),
    ),
)
