# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_private_ip

from twin.patch import Parameters, around, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @around(EC2Backend, "create_vpc_endpoint")
    def create(original: Any, self: Any, **wanted: Any) -> Any:
        wanted["endpoint_type"] = wanted.get("endpoint_type") or "Gateway"
        interface = wanted["endpoint_type"] == "Interface"
        vpc = self.get_vpc(wanted["vpc_id"])
        _check_service(self, wanted["service_name"])
        for subnet_id in wanted.get("subnet_ids") or []:
            self.get_subnet(subnet_id)
        for group_id in wanted.get("security_group_ids") or []:
            if self.get_security_group_from_id(group_id) is None:
                refuse("InvalidSecurityGroupId.NotFound", f"The security group '{group_id}' does not exist")
        if not interface:
            wanted["private_dns_enabled"] = False
            _refuse_taken_tables(self, wanted)
        elif wanted.get("private_dns_enabled") and not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
            refuse(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes"
                f" set to true for {vpc.id}",
            )
        if interface and not wanted.get("security_group_ids"):
            wanted["security_group_ids"] = [self.get_default_security_group(vpc.id).id]
        subnets = wanted["subnet_ids"] = list(wanted.get("subnet_ids") or [])
        if interface:
            wanted["subnet_ids"] = []  # moto's interfaces have neither the subnet's addresses nor the groups
        endpoint: Any = original(self, **wanted)
        if interface:
            endpoint.subnet_ids = []
            _add_interfaces(self, endpoint, subnets)
            endpoint.state = "pending"

            def settle() -> None:
                if endpoint.state == "pending":
                    endpoint.state = "available"

            world.schedule(world.delay("ec2.vpc_endpoint.create"), settle)
        return endpoint

    @around(EC2Backend, "modify_vpc_endpoint")
    def modify(original: Any, self: Any, vpc_id: str, policy_doc: str | None, **changes: Any) -> None:
        (endpoint,) = self.describe_vpc_endpoints(vpc_end_point_ids=[vpc_id])
        added = [s for s in changes.pop("add_subnets") or [] if s not in endpoint.subnet_ids]
        removed = changes.get("remove_subnets") or []
        original(self, vpc_id=vpc_id, policy_doc=policy_doc, add_subnets=None, **changes)
        _add_interfaces(self, endpoint, added)
        for eni_id in list(endpoint.network_interface_ids):
            eni = self.enis.get(eni_id)
            if eni is not None and eni.subnet_id in removed:
                endpoint.network_interface_ids.remove(eni_id)
                del self.enis[eni_id]
            elif eni is not None:
                eni._group_set = [self.get_security_group_from_id(g) for g in endpoint.security_group_ids]
        prefix_list = endpoint.destination_prefix_list_id
        if prefix_list:
            for table in changes.get("add_route_tables") or []:
                self.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
            for table in changes.get("remove_route_tables") or []:
                self.delete_route(table, None, destination_prefix_list_id=prefix_list)

    @operation(EC2Response, "DeleteVpcEndpoints")
    def delete(response: Any, asked: Parameters) -> dict[str, Any]:
        backend = response.ec2_backend
        unsuccessful = []
        for endpoint_id in asked["VpcEndpointIds"]:
            endpoint = backend.vpc_end_points.get(endpoint_id)
            if endpoint is None:
                message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
                error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
                unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
            elif endpoint.vpc_endpoint_type == "Interface":
                if endpoint.state != "deleting":
                    endpoint.state = "deleting"
                    world.schedule(
                        world.delay("ec2.vpc_endpoint.delete"), functools.partial(_forget, backend, endpoint)
                    )
            else:
                for table_id in endpoint.route_table_ids:
                    table = backend.route_tables.get(table_id)
                    for route_id, route in list(table._routes.items()) if table else []:
                        if route.gateway is endpoint:
                            del table._routes[route_id]
                _forget(backend, endpoint)
        return {"Unsuccessful": unsuccessful}


def _forget(backend: Any, endpoint: Any) -> None:
    for eni_id in endpoint.network_interface_ids:
        backend.enis.pop(eni_id, None)
    backend.vpc_end_points.pop(endpoint.id, None)
    backend.tags.pop(endpoint.id, None)


def _check_service(backend: Any, name: str) -> None:
    parts = name.split(".")
    if name.startswith("com.amazonaws.vpce."):
        return
    if len(parts) < 4 or parts[:2] != ["com", "amazonaws"] or parts[2] != backend.region_name:
        refuse("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


def _refuse_taken_tables(backend: Any, wanted: dict[str, Any]) -> None:
    for other in backend.vpc_end_points.values():
        for table in wanted.get("route_table_ids") or []:
            if other.service_name == wanted["service_name"] and table in (other.route_table_ids or []):
                refuse(
                    "RouteAlreadyExists",
                    f"route table {table} already has a route with destination-prefix-list-id"
                    f" {other.destination_prefix_list_id}",
                )


def _add_interfaces(backend: Any, endpoint: Any, subnet_ids: list[str]) -> None:
    for subnet_id in subnet_ids:
        subnet = backend.get_subnet(subnet_id)
        eni = backend.create_network_interface(
            subnet,
            random_private_ip(subnet.cidr_block),
            group_ids=list(endpoint.security_group_ids),
            description=f"VPC Endpoint Interface {endpoint.id}",
        )
        eni.interface_type, eni.requester_managed, eni.status = "vpc_endpoint", True, "in-use"
        endpoint.network_interface_ids.append(eni.id)
        endpoint.subnet_ids.append(subnet_id)
