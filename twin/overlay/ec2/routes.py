# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models.route_tables import Route
from moto.ec2.responses import EC2Response

from twin.patch import Parameters, around, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @before(EC2Response, "CreateRoute", "ReplaceRoute")
    def target_exists(response: Any, asked: Parameters) -> None:
        backend = response.ec2_backend
        table = backend.get_route_table(asked["RouteTableId"])
        gateway_id = asked.get("GatewayId") or ""
        if gateway_id.startswith("igw-"):
            gateway = backend.internet_gateways.get(gateway_id)
            if gateway is None:
                refuse("InvalidGatewayID.NotFound", f"The gateway ID '{gateway_id}' does not exist")
            if not gateway.vpc or gateway.vpc.id != table.vpc_id:
                refuse(
                    "InvalidParameterValue",
                    f"route table {table.id} and network gateway {gateway_id} belong to different networks",
                )
        nat_id = asked.get("NatGatewayId")
        if nat_id:
            nat = backend.nat_gateways.get(nat_id)
            if nat is None or nat.state in ("deleted", "failed"):
                refuse("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat_id}' does not exist")
            if nat.vpc_id != table.vpc_id:
                refuse(
                    "InvalidParameterValue",
                    f"route table {table.id} and network gateway {nat_id} belong to different networks",
                )

    @around(Route, "state")
    def state(original: Any, self: Any) -> str:
        """A route whose target is gone stays, and swallows its packets."""
        backend = self.route_table.ec2_backend
        nat = self.nat_gateway
        if nat is not None and (nat.state in ("deleted", "failed") or nat.id not in backend.nat_gateways):
            return "blackhole"
        gateway, vpc_id = self.gateway, self.route_table.vpc_id
        if gateway is not None and gateway.id.startswith("igw-") and not (gateway.vpc and gateway.vpc.id == vpc_id):
            return "blackhole"
        return "active"

    @before(EC2Response, "DeleteRouteTable")
    def leave(response: Any, asked: Parameters) -> None:
        table = response.ec2_backend.get_route_table(asked["RouteTableId"])
        if table._associations or table.main_association_id:
            refuse("DependencyViolation", f"The routeTable '{table.id}' has dependencies and cannot be deleted.")
        for endpoint in response.ec2_backend.vpc_end_points.values():
            endpoint.route_table_ids = [one for one in endpoint.route_table_ids or [] if one != table.id]

    @before(EC2Response, "AssociateRouteTable")
    def one_per_subnet(response: Any, asked: Parameters) -> None:
        backend = response.ec2_backend
        subnet_id = asked.get("SubnetId")
        if not subnet_id:
            return
        backend.get_subnet(subnet_id)
        for table in backend.route_tables.values():
            if table.id != asked["RouteTableId"] and subnet_id in table._associations.values():
                refuse(
                    "Resource.AlreadyAssociated",
                    f"the specified association for route table {asked['RouteTableId']} conflicts with an existing"
                    " association",
                )
