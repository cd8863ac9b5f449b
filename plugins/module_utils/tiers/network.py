# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `network` section: a VPC with its subnets and ways out, or one that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.zones import ZONES
from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .connections import ANYWHERE
from .network_acls import NETWORK_ACL, NETWORK_ACLS, network_acls
from .network_endpoints import ENDPOINT, endpoints, private_services
from .network_entry import ROUTE_TABLE, SUBNET, VPC, Network, layout, subnet_name, table_name, table_names
from .network_flow_logs import FLOW_LOG, flow_logs
from .network_layout import PLACEMENTS

INTERNET_GATEWAY = "AWS::EC2::InternetGateway"
ATTACHMENT = "AWS::EC2::VPCGatewayAttachment"
NAT_GATEWAY = "AWS::EC2::NatGateway"
ADDRESS = "AWS::EC2::EIP"

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "cidr": {"type": "str"},
    "zones": {"type": "raw", "default": 2},
    "subnets": {
        "type": "dict",
        "options": {place: {"type": "list", "elements": "str"} for place in PLACEMENTS},
    },
    "nat_gateways": {"type": "str", "choices": ["none", "single", "one_per_zone"], "default": "one_per_zone"},
    "gateway_endpoints": {"type": "list", "elements": "str", "choices": ["s3", "dynamodb"], "default": ["s3"]},
    "interface_endpoints": {"type": "list", "elements": "str", "default": [], "format": formats.ENDPOINT_SERVICE},
    "private_services": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "service": {"type": "str", "required": True},
            "ports": {"type": "list", "elements": "int", "default": [443], "format": formats.PORT},
            "private_dns": {"type": "bool", "default": False},
        },
    },
    "network_acls": NETWORK_ACLS,
    "flow_logs": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "enabled": {"type": "bool", "default": True},
            "traffic": {"type": "str", "choices": ["ALL", "ACCEPT", "REJECT"], "default": "ALL"},
            "retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
            "aggregation_seconds": {"type": "int", "choices": [60, 600], "default": 600},
        },
    },
    "existing": {
        "type": "dict",
        "options": {
            "vpc_id": {"type": "str", "required": True},
            "cidr": {"type": "str"},
            "public_subnet_ids": {"type": "list", "elements": "str", "default": []},
            "private_subnet_ids": {"type": "list", "elements": "str", "default": []},
            "data_subnet_ids": {"type": "list", "elements": "str", "default": []},
            "route_table_ids": {"type": "list", "elements": "str", "default": []},
        },
    },
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("cidr", "existing")],
    "mutually_exclusive": [("cidr", "existing"), ("subnets", "existing")],
}


def zones(options: Options | None, region: str, problems: list[str]) -> tuple[str, ...]:
    """The names of the availability zones that the options mean, in order.

    `zones` is how many, of the region's first ones, or which: letters or whole names.
    """
    letters = ZONES.get(region, "")
    asked = 2 if options is None else options["zones"]
    if isinstance(asked, (list, tuple)):
        wanted = [str(zone).removeprefix(region) for zone in asked]
        strange = [zone for zone in wanted if letters and zone not in letters]
        for zone in strange:
            problems.append(f"network.zones: {zone!r} is no zone of {region}; it has {', '.join(letters)}")
        if len(set(wanted)) < len(wanted):
            problems.append(f"network.zones: {asked} names a zone twice; name each once")
        return tuple(f"{region}{zone}" for zone in dict.fromkeys(wanted) if zone not in strange)
    try:
        count = int(str(asked))
    except ValueError:
        problems.append(f"network.zones: {asked!r} is neither a number of zones nor a list of them")
        return ()
    if count < 1 or (letters and count > len(letters)):
        problems.append(
            f"network.zones: {region} has {len(letters)} zones to choose from; {count} is not among 1 to that"
        )
        return ()
    return tuple(f"{region}{letter}" for letter in letters[:count])


def exports(_name: str, options: Options, context: Context) -> Export:
    existing = options["existing"]
    if existing:
        return Export(values=_existing_values(existing))
    places = layout(options, context)
    vpc = Address(VPC, "vpc")
    values: dict[str, Any] = {"vpc_id": Ref(vpc, "VpcId"), "cidr": options["cidr"]}
    for place in PLACEMENTS:
        # A tier of subnets that is not described shares the next more private one that is.
        used = place if places.get(place) else _fallback(place, places)
        values[f"{place}_subnet_ids"] = [
            Ref(Address(SUBNET, subnet_name(used, zone)), "SubnetId") for zone, _cidr in places.get(used, ())
        ]
    values["route_table_ids"] = [Ref(Address(ROUTE_TABLE, table), "RouteTableId") for table in table_names(places)]
    return Export(address=vpc, values=values, ready=_routes_out(options, places, context))


def _routes_out(options: Options, places: Mapping[str, Any], context: Context) -> tuple[Address, ...]:
    """What must stand before an instance in a private subnet reaches anything outside the VPC."""
    if options["nat_gateways"] == "none" or not places.get("public"):
        return ()
    zones = [zone for zone, _cidr in places.get("private", ())]
    return (
        *(Address("AWS::EC2::Route", f"{table_name('private', zone)}/{ANYWHERE}") for zone in zones),
        *(Address("AWS::EC2::SubnetRouteTableAssociation", subnet_name("private", zone)) for zone in zones),
    )


def _existing_values(existing: Mapping[str, Any]) -> dict[str, Any]:
    private = existing["private_subnet_ids"]
    return {
        "vpc_id": existing["vpc_id"],
        "cidr": existing["cidr"],
        "public_subnet_ids": list(existing["public_subnet_ids"]),
        "private_subnet_ids": list(private),
        "data_subnet_ids": list(existing["data_subnet_ids"] or private),
        "route_table_ids": list(existing["route_table_ids"]),
    }


def _fallback(place: str, places: Mapping[str, Any]) -> str:
    order = {"private": ("data",), "data": ("private",)}.get(place, ())
    return next((other for other in order if places.get(other)), place)


def compile(_name: str, options: Options, context: Context) -> list[Resource]:
    if options["existing"]:
        return []
    network = Network(options, context)
    return [
        *_vpc(network),
        *_subnets(network),
        *_ways_out(network),
        *_route_tables(network),
        *endpoints(network),
        *private_services(network),
        *network_acls(network),
        *flow_logs(network),
    ]


def _vpc(network: Network) -> list[Resource]:
    return [
        network.make(
            VPC,
            "vpc",
            {
                "CidrBlock": network.options["cidr"],
                "EnableDnsSupport": True,
                "EnableDnsHostnames": True,
            },
            title=network.options["name"] or network.context.stack,
        )
    ]


def _subnets(network: Network) -> list[Resource]:
    return [
        network.context.resource(
            SUBNET,
            subnet_name(place, zone),
            {
                "VpcId": network.vpc_id,
                "AvailabilityZone": zone,
                "CidrBlock": cidr,
                # What wants a public address says so itself; nothing gets one by landing here.
                "MapPublicIpOnLaunch": False,
            },
            tags={**_load_balancer_tags(network, place), **network.tags},
        )
        for place, subnets in network.places.items()
        for zone, cidr in subnets
    ]


def _load_balancer_tags(network: Network, place: str) -> dict[str, str]:
    """How the load balancers of Kubernetes find their subnets.

    https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
    """
    if not network.context.described.get("kubernetes_clusters"):
        return {}
    role_of = {"public": "elb", "private": "internal-elb"}.get(place)
    return {f"kubernetes.io/role/{role_of}": "1"} if role_of else {}


def _ways_out(network: Network) -> list[Resource]:
    if not network.has_public:
        if _nat_zones(network):
            network.context.problem(
                "nat_gateways", "a NAT gateway stands in a public subnet; add subnets.public or say none"
            )
        return []
    gateway = network.make(INTERNET_GATEWAY, "internet", {})
    attachment = network.make(
        ATTACHMENT, "internet", {"VpcId": network.vpc_id, "InternetGatewayId": gateway.ref("InternetGatewayId")}
    )
    made = [gateway, attachment]
    for zone in _nat_zones(network):
        address = network.make(ADDRESS, f"nat-{zone[-1]}", {"Domain": "vpc"}, depends_on=(attachment.address,))
        made += [
            address,
            network.make(
                NAT_GATEWAY,
                f"nat-{zone[-1]}",
                {
                    "SubnetId": Ref(Address(SUBNET, subnet_name("public", zone)), "SubnetId"),
                    "AllocationId": address.ref("AllocationId"),
                    "ConnectivityType": "public",
                },
                depends_on=(attachment.address,),
            ),
        ]
    return made


def _nat_zones(network: Network) -> tuple[str, ...]:
    how = network.options["nat_gateways"]
    if how == "none" or not network.places.get("private"):
        return ()
    return network.context.zones[:1] if how == "single" else network.context.zones


def _route_tables(network: Network) -> list[Resource]:
    made: list[Resource] = []
    for place, subnets in network.places.items():
        for zone, _cidr in subnets:
            table = table_name(place, zone)
            if table not in {res.name for res in made if res.kind == ROUTE_TABLE}:
                made.append(network.make(ROUTE_TABLE, table, {"VpcId": network.vpc_id}))
                made += _default_route(network, place, zone, table)
            made.append(
                network.make(
                    "AWS::EC2::SubnetRouteTableAssociation",
                    subnet_name(place, zone),
                    {
                        "SubnetId": Ref(Address(SUBNET, subnet_name(place, zone)), "SubnetId"),
                        "RouteTableId": Ref(Address(ROUTE_TABLE, table), "RouteTableId"),
                    },
                )
            )
    return made


def _default_route(network: Network, place: str, zone: str, table: str) -> list[Resource]:
    via: dict[str, Any]
    depends_on: tuple[Address, ...] = ()
    if place == "public":
        via = {"GatewayId": Ref(Address(INTERNET_GATEWAY, "internet"), "InternetGatewayId")}
        depends_on = (Address(ATTACHMENT, "internet"),)
    elif place == "private" and network.has_public and _nat_zones(network):
        nat = zone if zone in _nat_zones(network) else _nat_zones(network)[0]
        via = {"NatGatewayId": Ref(Address(NAT_GATEWAY, f"nat-{nat[-1]}"), "NatGatewayId")}
    else:
        return []
    return [
        network.make(
            "AWS::EC2::Route",
            f"{table}/{ANYWHERE}",
            {
                "RouteTableId": Ref(Address(ROUTE_TABLE, table), "RouteTableId"),
                "DestinationCidrBlock": ANYWHERE,
                **via,
            },
            depends_on=depends_on,
        )
    ]


TIER = Tier(
    section="network",
    reference="network",
    spec=SPEC,
    compile=compile,
    exports=exports,
    single=True,
    constraints=CONSTRAINTS,
    kinds=(
        VPC,
        SUBNET,
        ROUTE_TABLE,
        INTERNET_GATEWAY,
        NAT_GATEWAY,
        ADDRESS,
        ENDPOINT,
        FLOW_LOG,
        NETWORK_ACL,
    ),
)
