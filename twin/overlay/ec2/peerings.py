# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VPC peering: states in time, one connection between two VPCs, no overlapping ranges.

Source: https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnectionBackend
from moto.ec2.responses import EC2Response

from twin.patch import Parameters, after, around
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_ALIVE = ("initiating-request", "pending-acceptance", "provisioning", "active")


def install(world: World) -> None:
    @around(VPCPeeringConnectionBackend, "create_vpc_peering_connection")
    def create(original: Any, self: Any, vpc: Any, peer_vpc: Any, tags: Any = None) -> Any:
        for other in self.vpc_pcxs.values():
            if {other.vpc.id, other.peer_vpc.id} == {vpc.id, peer_vpc.id} and other._status.code in _ALIVE:
                refuse(
                    "VpcPeeringConnectionAlreadyExists",
                    f"A VPC peering connection already exists between the VPCs: {other.id}",
                )
        connection = original(self, vpc, peer_vpc, tags)
        status = connection._status
        if _overlap(vpc.cidr_block, peer_vpc.cidr_block):
            status.code, status.message = (
                "failed",
                "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
            )
            return connection
        status.code, status.message = "initiating-request", f"Initiating Request to {peer_vpc.owner_id}"

        def reach() -> None:
            if status.code == "initiating-request":
                status.pending()

        world.schedule(world.delay("ec2.peering.request"), reach)
        return connection

    @around(VPCPeeringConnectionBackend, "accept_vpc_peering_connection")
    def accept(original: Any, self: Any, vpc_pcx_id: str) -> Any:
        connection = original(self, vpc_pcx_id)
        status = connection._status
        status.code, status.message = "provisioning", "Provisioning"

        def settle() -> None:
            if status.code == "provisioning":
                status.accept()

        world.schedule(world.delay("ec2.peering.provision"), settle)
        return connection

    @around(VPCPeeringConnectionBackend, "delete_vpc_peering_connection")
    def delete(original: Any, self: Any, vpc_pcx_id: str) -> Any:
        connection = self.get_vpc_peering_connection(vpc_pcx_id)
        if connection._status.code not in _ALIVE:
            refuse("InvalidStateTransition", f"Invalid state transition for {vpc_pcx_id}")
        return original(self, vpc_pcx_id)

    @after(EC2Response, "DescribeVpcPeeringConnections")
    def describe(response: Any, asked: Parameters, result: Any) -> Any:
        backend: EC2Backend = response.ec2_backend
        found = result["VpcPeeringConnections"]
        for one in asked.get("VpcPeeringConnectionIds") or []:
            backend.get_vpc_peering_connection(one)
        for condition in asked.get("Filters") or []:
            name, values = condition["Name"], condition["Values"]
            found = [one for one in found if _value(backend, one, name) in values]
        return {**result, "VpcPeeringConnections": [_seen_by(backend, one) for one in found]}

    @after(EC2Response, "CreateVpcPeeringConnection")
    def created(response: Any, asked: Parameters, result: Any) -> Any:
        response.RESPONSE_KEY_PATH_TO_TRANSFORMER.pop(
            "CreateVpcPeeringConnectionResult.VpcPeeringConnection.Status", None
        )
        return result


def _overlap(one: str, other: str) -> bool:
    return ipaddress.ip_network(one).overlaps(ipaddress.ip_network(other))


def _seen_by(backend: Any, connection: Any) -> Any:
    """A connection as one side sees it: each side has tags of its own."""
    if connection.ec2_backend is backend:
        return connection
    tags = backend.tags.get(connection.id, {})
    return {
        "VpcPeeringConnectionId": connection.id,
        "RequesterVpcInfo": connection.requester_vpc_info,
        "AccepterVpcInfo": connection.accepter_vpc_info,
        "Status": connection.status,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def _value(backend: Any, connection: Any, name: str) -> Any:
    """What a filter looks at."""
    if name.startswith("tag:"):
        return backend.tags.get(connection.id, {}).get(name.removeprefix("tag:"))
    found = {
        "vpc-peering-connection-id": connection.id,
        "requester-vpc-info.vpc-id": connection.vpc.id,
        "accepter-vpc-info.vpc-id": connection.peer_vpc.id,
        "requester-vpc-info.owner-id": connection.vpc.owner_id,
        "accepter-vpc-info.owner-id": connection.peer_vpc.owner_id,
        "status-code": connection._status.code,
    }
    if name not in found:
        refuse("InvalidParameterValue", f"The filter '{name}' is invalid")
    return found[name]
