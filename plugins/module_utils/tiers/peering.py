# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `peerings` section: the stack's VPC joined with another one, and the routes between them."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier

PEERING = "AWS::EC2::VPCPeeringConnection"
ROUTE = "AWS::EC2::Route"

SPEC: dict[str, Any] = {
    "peer_vpc_id": {"type": "str"},
    "connection_id": {"type": "str"},
    "peer_cidr": {"type": "str", "required": True, "format": formats.or_nothing(formats.CIDR)},
    "peer_region": {"type": "str", "format": formats.REGION},
    "peer_account": {"type": "str", "format": formats.or_nothing(formats.ACCOUNT)},
    "peer_route_table_ids": {"type": "list", "elements": "str", "default": [], "format": formats.ROUTE_TABLE},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("peer_vpc_id", "connection_id")],
    "mutually_exclusive": [("peer_vpc_id", "connection_id")],
}


def _value(text: str, option: str, context: Context) -> Any:
    """An option that is an identifier, or a reference to one, of another stack too."""
    is_reference = context.catalog.looks_like_reference(text) or text.startswith("stacks.")
    return context.value(text, option) if is_reference else text


def exports(name: str, options: Options, context: Context) -> Export:
    if options["connection_id"]:
        return Export(values={"id": options["connection_id"], "cidr": options["peer_cidr"]}, default="id")
    address = Address(PEERING, name)
    return Export(address=address, values={"id": Ref(address, "Id"), "cidr": options["peer_cidr"]}, default="id")


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    made: list[Resource] = []
    connection: Any = None
    if options["connection_id"]:
        connection = _value(options["connection_id"], "connection_id", context)
    else:
        peering = context.resource(
            PEERING,
            name,
            {
                "VpcId": context.vpc_id(),
                "PeerVpcId": _value(options["peer_vpc_id"], "peer_vpc_id", context),
                "PeerRegion": options["peer_region"],
                "PeerOwnerId": options["peer_account"],
                # Another account has to agree itself.
                "Accepted": None if options["peer_account"] else True,
            },
            tags=options["tags"],
        )
        connection = peering.ref("Id")
        made.append(peering)
    cidr = _value(options["peer_cidr"], "peer_cidr", context)
    tables = context.value("network.route_table_ids")
    if not tables:
        context.problem("", "the network names no route tables; list them in network.existing.route_table_ids")
    for table in tables or []:
        label = table.address.name if isinstance(table, Ref) else table
        made.append(_route(f"{label}/{name}", table, cidr, connection, "", context))
    return made + _routes_back(name, options, connection, context)


def _routes_back(name: str, options: Options, connection: Any, context: Context) -> list[Resource]:
    """The routes of the other side, in tables that no stack describes: a stack's own tables have its own `peerings`."""
    if options["peer_route_table_ids"] and options["peer_account"]:
        context.problem("peer_route_table_ids", "are another account's; it has to make these routes itself")
        return []
    here = context.value("network.cidr") if options["peer_route_table_ids"] else ""
    region = options["peer_region"] or ""
    return [
        _route(f"{table}/{name}", table, here, connection, region, context) for table in options["peer_route_table_ids"]
    ]


def _route(name: str, table: Any, cidr: Any, connection: Any, region: str, context: Context) -> Resource:
    return context.resource(
        ROUTE,
        name,
        {"RouteTableId": table, "DestinationCidrBlock": cidr, "VpcPeeringConnectionId": connection},
        region=region,
    )


TIER = Tier(
    section="peerings",
    reference="peering",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
    in_network=True,
)
