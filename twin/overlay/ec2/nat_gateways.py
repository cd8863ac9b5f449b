# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NAT gateways: pending -> available or failed, deleting -> deleted -> forgotten.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.responses import EC2Response
from moto.ec2.utils import generic_filter, random_private_ip

from twin.patch import Parameters, around, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @around(EC2Backend, "create_nat_gateway")
    def create(
        original: Any,
        self: Any,
        subnet_id: str,
        allocation_id: str | None,
        tags: dict[str, str] | None = None,
        connectivity_type: str | None = "public",
    ) -> Any:
        public = (connectivity_type or "public") == "public"
        if public and not allocation_id:
            refuse("MissingParameter", "The request must include the AllocationId parameter.")
        subnet = self.get_subnet(subnet_id)
        address = self.address_by_allocation([allocation_id])[0] if public else None
        failure = _failure(self, subnet, address, allocation_id)
        gateway: Any = NatGateway(self, subnet_id, "", tags, connectivity_type or "public")  # type: ignore[abstract]
        gateway.private_ip = random_private_ip(subnet.cidr_block)
        eni = gateway._eni
        eni.private_ip_address = gateway.private_ip
        eni.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": gateway.private_ip}]
        eni.description = f"Interface for NAT Gateway {gateway.id}"
        eni.interface_type = "nat_gateway"
        eni.requester_managed, eni.status, eni._group_set = True, "in-use", []
        shown = {"NetworkInterfaceId": eni.id, "PrivateIp": gateway.private_ip, "IsPrimary": True}
        if address is not None:
            shown |= {"AllocationId": allocation_id, "PublicIp": address.public_ip}
            if not failure:
                self.associate_address(eni=eni, allocation_id=allocation_id)
                shown["AssociationId"] = address.association_id
        gateway.address_set.append(shown)
        self.nat_gateways[gateway.id] = gateway

        def settle() -> None:
            if gateway.state != "pending":
                return
            if failure:
                gateway.state = "failed"
                gateway.failure_code, gateway.failure_message = failure
                _release(self, gateway)
                world.schedule(world.delay("ec2.nat_gateway.forget"), forget)
            else:
                gateway.state, shown["Status"] = "available", "succeeded"

        def forget() -> None:
            self.nat_gateways.pop(gateway.id, None)
            self.tags.pop(gateway.id, None)

        gateway.state, shown["Status"] = "pending", "associating"
        world.schedule(world.delay("ec2.nat_gateway.create"), settle)
        return gateway

    @around(EC2Backend, "delete_nat_gateway")
    def delete(original: Any, self: Any, nat_gateway_id: str) -> Any:
        gateway = _get(self, nat_gateway_id)
        if gateway.state in ("deleting", "deleted"):
            return gateway

        def finish() -> None:
            gateway.state, gateway.delete_time = "deleted", utcnow()
            _release(self, gateway)
            world.schedule(world.delay("ec2.nat_gateway.forget"), forget)

        def forget() -> None:
            self.nat_gateways.pop(gateway.id, None)
            self.tags.pop(gateway.id, None)

        gateway.state = "deleting"
        world.schedule(world.delay("ec2.nat_gateway.delete"), finish)
        return gateway

    @around(EC2Backend, "describe_nat_gateways")
    def describe(original: Any, self: Any, filters: Any, nat_gateway_ids: list[str] | None) -> Any:
        everyone = list(self.nat_gateways.values())
        found = [_get(self, one) for one in nat_gateway_ids] if nat_gateway_ids else everyone
        return generic_filter(filters, found) if filters else found

    @before(EC2Response, "DeleteNatGateway")
    def known(response: Any, asked: Parameters) -> None:
        _get(response.ec2_backend, asked["NatGatewayId"])

    def get_filter_value(self: NatGateway, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == "nat-gateway-id":
            return self.id
        return super(NatGateway, self).get_filter_value(filter_name, method_name or "DescribeNatGateways")

    NatGateway.get_filter_value = get_filter_value  # type: ignore[method-assign,assignment]


def _get(backend: Any, gateway_id: str) -> Any:
    if gateway_id not in backend.nat_gateways:
        refuse("NatGatewayNotFound", f"The Nat Gateway {gateway_id} was not found")
    return backend.nat_gateways[gateway_id]


def _failure(backend: Any, subnet: Any, address: Any, allocation_id: str | None) -> tuple[str, str] | None:
    if address is None:
        return None
    if address.association_id:
        return "Resource.AlreadyAssociated", f"Elastic IP address [{allocation_id}] is already associated"
    if not any(gateway.vpc and gateway.vpc.id == subnet.vpc_id for gateway in backend.internet_gateways.values()):
        return "Gateway.NotAttached", f"Network {subnet.vpc_id} has no Internet gateway attached"
    return None


def _release(backend: Any, gateway: Any) -> None:
    eni = backend.enis.pop(gateway._eni.id, None)
    for address in backend.addresses:
        if eni is not None and address.eni is eni:
            address.eni = address.association_id = None
