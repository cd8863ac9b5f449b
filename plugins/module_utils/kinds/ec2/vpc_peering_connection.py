# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::VPCPeeringConnection. In the same account it is accepted too, in whichever region the other VPC is."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..shared import EC2_TAG, EC2_UNTAG, WRITE_ONLY, tag_specifications
from .reading import objects

_CREATE = ("VpcId", "PeerVpcId", "PeerOwnerId", "PeerRegion")


def _list(scope: Scope) -> list[Item]:
    return objects(scope, "describe_vpc_peering_connections", "VpcPeeringConnections[]", "vpc-peering-connection-id")


def _code(item: Item) -> str:
    return str((item.get("Status") or {}).get("Code", ""))


def state(item: Item) -> str:
    """The status code; that of a connection which another account has to accept, in a word of its own."""
    if _code(item) == "pending-acceptance" and not _is_within_account(item):
        return "awaiting-consent"
    return _code(item)


def _is_within_account(item: Item) -> bool:
    owners = {(item.get(side) or {}).get("OwnerId") for side in ("RequesterVpcInfo", "AccepterVpcInfo")}
    return len(owners) == 1


def is_accepted(item: Item) -> bool:
    """Whether the owner of the other VPC has agreed."""
    return _code(item) in ("provisioning", "active")


def refuse_retreat(now: Any, wanted: Any) -> str:
    """Why consent cannot be taken back."""
    if now and not wanted:
        return "it is accepted, which cannot be taken back; state Accepted true, or remove the connection"
    return ""


def _request(work: Work) -> dict[str, Any]:
    return {**work.pick(*_CREATE), "TagSpecifications": tag_specifications("vpc-peering-connection", work.tags)}


def _accept(work: Work) -> None:
    if work.desired["Accepted"]:
        work.api.call(
            "ec2",
            "accept_vpc_peering_connection",
            {"VpcPeeringConnectionId": work.id},
            region=work.get("PeerRegion") or work.region,
        )


VPC_PEERING_CONNECTION = Kind(
    type="AWS::EC2::VPCPeeringConnection",
    service="ec2",
    title="VPC peering connection",
    # CloudFormation accepts by itself.
    template=Template(properties={"Accepted": ""}),
    id="VpcPeeringConnectionId",
    properties={
        "VpcId": Property("RequesterVpcInfo.VpcId", immutable=True),
        "PeerVpcId": Property("AccepterVpcInfo.VpcId", immutable=True),
        "PeerOwnerId": Property("AccepterVpcInfo.OwnerId", immutable=True),
        "PeerRegion": Property("AccepterVpcInfo.Region", immutable=True),
        "PeerRoleArn": WRITE_ONLY,
        "AssumeRoleRegion": WRITE_ONLY,
        # Not one of CloudFormation's: agree to it on the other side, which must be of the same account.
        "Accepted": Property(path=is_accepted, refuse=refuse_retreat),
    },
    attributes={"Id": Attribute("VpcPeeringConnectionId")},
    requires=("AWS::EC2::VPC",),
    list=_list,
    states=States(
        state,
        # One that another account has to accept is as ready as we can make it.
        ready=frozenset({"active", "awaiting-consent"}),
        failed=frozenset({"failed", "rejected", "expired"}),
        leaving=frozenset({"deleting"}),
        gone=frozenset({"deleted"}),
        reason="Status.Message",
        timeout=600,
    ),
    create=Call(
        "create_vpc_peering_connection",
        _request,
        item="VpcPeeringConnection",
        retry_on=frozenset({"InvalidVpcID.NotFound"}),
        once=True,
    ),
    updates=(Update(("Accepted",), _accept, on_create=True),),
    updates_while_busy=True,
    # The request reaches the other side a little later, and cannot be accepted before.
    retry_on=frozenset({"InvalidStateTransition", "InvalidVpcPeeringConnectionID.NotFound"}),
    delete=Call(
        "delete_vpc_peering_connection",
        lambda w: {"VpcPeeringConnectionId": w.id},
        ignore=frozenset({"InvalidVpcPeeringConnectionID.NotFound"}),
    ),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
    referenced_when_ready=True,
)
