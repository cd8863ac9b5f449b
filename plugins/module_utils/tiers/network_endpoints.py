# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ways out of a network that do not lead over the internet: endpoints of AWS's services, and of other people's."""

from __future__ import annotations

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .base import SECURITY_GROUP
from .network_entry import ROUTE_TABLE, Network, table_names

ENDPOINT = "AWS::EC2::VPCEndpoint"


def endpoints(network: Network) -> list[Resource]:
    tables = table_names(network.places)
    made = [
        network.make(
            ENDPOINT,
            name,
            {
                "VpcId": network.vpc_id,
                "VpcEndpointType": "Gateway",
                "ServiceName": f"com.amazonaws.{network.context.region}.{name}",
                "RouteTableIds": [Ref(Address(ROUTE_TABLE, table), "RouteTableId") for table in tables],
            },
        )
        for name in network.options["gateway_endpoints"]
    ]
    names = network.options["interface_endpoints"]
    if not names:
        return made
    subnets = network.context.subnet_ids("private", "interface_endpoints")
    if not subnets:
        network.context.problem("interface_endpoints", "endpoints stand in private subnets; add subnets.private")
    group = network.context.security_group("HTTPS from within the VPC to AWS endpoints", suffix="endpoints")
    made += [group, _endpoint_ingress(network)]
    made += [
        network.make(
            ENDPOINT,
            name,
            {
                "VpcId": network.vpc_id,
                "VpcEndpointType": "Interface",
                "ServiceName": f"com.amazonaws.{network.context.region}.{name}",
                "SubnetIds": subnets,
                "SecurityGroupIds": [group.ref("GroupId")],
                "PrivateDnsEnabled": True,
            },
        )
        for name in names
    ]
    return made


def private_services(network: Network) -> list[Resource]:
    """Endpoints to services that others offer in their own accounts, by the names that they tell."""
    made: list[Resource] = []
    for service in network.options["private_services"]:
        subnets = network.context.subnet_ids("private", "private_services")
        group = network.context.security_group(f"From within the VPC to {service['name']}", suffix=service["name"])
        made += [group, *(_endpoint_ingress(network, service["name"], port) for port in service["ports"])]
        made.append(
            network.make(
                ENDPOINT,
                service["name"],
                {
                    "VpcId": network.vpc_id,
                    "VpcEndpointType": "Interface",
                    "ServiceName": service["service"],
                    "SubnetIds": subnets,
                    "SecurityGroupIds": [group.ref("GroupId")],
                    "PrivateDnsEnabled": service["private_dns"],
                },
            )
        )
    return made


def _endpoint_ingress(network: Network, suffix: str = "endpoints", port: int = 443) -> Resource:
    group = network.context.logical(suffix)
    return network.make(
        "AWS::EC2::SecurityGroupIngress",
        f"{group}/{port} from {network.options['cidr']}",
        {
            "GroupId": Ref(Address(SECURITY_GROUP, group), "GroupId"),
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "CidrIp": network.options["cidr"],
            "Description": "HTTPS from within the VPC" if port == 443 else f"{port} from within the VPC",
        },
    )
