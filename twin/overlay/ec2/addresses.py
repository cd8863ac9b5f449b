# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Internet gateways and Elastic IP addresses: what is in use stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.responses import EC2Response

from twin.patch import Parameters, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @before(EC2Response, "AttachInternetGateway")
    def one_per_vpc(response: Any, asked: Parameters) -> None:
        backend = response.ec2_backend
        gateway = backend.get_internet_gateway(asked["InternetGatewayId"])
        vpc = backend.get_vpc(asked["VpcId"])
        if gateway.vpc:
            refuse(
                "Resource.AlreadyAssociated",
                f"resource {gateway.id} is already attached to network {gateway.vpc.id}",
            )
        if any(other.vpc and other.vpc.id == vpc.id for other in backend.internet_gateways.values()):
            refuse("InvalidParameterValue", f"Network {vpc.id} already has an internet gateway attached")

    @before(EC2Response, "DetachInternetGateway")
    def mapped_addresses(response: Any, asked: Parameters) -> None:
        vpc_id = asked["VpcId"]
        if any(eni.vpc_id == vpc_id and eni.public_ip for eni in response.ec2_backend.enis.values()):
            refuse(
                "DependencyViolation",
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es)"
                " before detaching the gateway.",
            )

    @before(EC2Response, "DeleteInternetGateway")
    def attached(response: Any, asked: Parameters) -> None:
        gateway = response.ec2_backend.get_internet_gateway(asked["InternetGatewayId"])
        if gateway.vpc:
            refuse("DependencyViolation", f"The internetGateway '{gateway.id}' has dependencies and cannot be deleted.")

    @before(EC2Response, "ReleaseAddress")
    def in_use(response: Any, asked: Parameters) -> None:
        for address in response.ec2_backend.addresses:
            named = asked.get("AllocationId") == address.allocation_id or asked.get("PublicIp") == address.public_ip
            if named and address.association_id:
                refuse("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")

    @before(EC2Response, "DisassociateAddress")
    def held_by_a_service(response: Any, asked: Parameters) -> None:
        for address in response.ec2_backend.addresses:
            mine = address.association_id and asked.get("AssociationId") == address.association_id
            if mine and address.eni is not None and address.eni.requester_managed:
                refuse("AuthFailure", "You do not have permission to access the specified resource.")
