# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::Route."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, NaturalKey, Property, Scope, Update, Work
from ..shared import IMMUTABLE
from .normal import cidr, first_known
from .reading import matching, parents, stack_objects

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
    "CarrierGatewayId",
    "LocalGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "CoreNetworkArn",
)
_NOT_YET = frozenset(
    {
        "InvalidRouteTableID.NotFound",
        "InvalidGatewayID.NotFound",
        "InvalidInternetGatewayID.NotFound",
        "InvalidNatGatewayID.NotFound",
        "InvalidVpcEndpointId.NotFound",
        "InvalidVpcPeeringConnectionID.NotFound",
        "InvalidTransitGatewayID.NotFound",
        "InvalidNetworkInterfaceID.NotFound",
    }
)


def key_of(properties: Mapping[str, Any]) -> NaturalKey | None:
    """A table has one route to a destination."""
    table, destination = properties.get("RouteTableId"), first_known(properties, *_DESTINATIONS)
    if not isinstance(table, str) or destination is None:
        return None
    return (table, cidr(destination[1]))


def endpoint(route: Item) -> str | None:
    """The VPC endpoint that a route leads to; DescribeRouteTables answers it as a gateway."""
    gateway = route.get("GatewayId") or ""
    return gateway if gateway.startswith("vpce-") else None


def routes(table: Item, described: Set[NaturalKey]) -> list[Item]:
    """The routes of a table that people made.

    Left out is what AWS itself keeps: the local routes, propagated and advertised ones, and the routes of gateway
    endpoints. A route to a Gateway Load Balancer endpoint looks like the latter; it counts when it is described.

    Args:
        described: the natural keys of the routes that are described.
    """
    found: list[Item] = []
    for route in table.get("Routes", []):
        item = {**route, "RouteTableId": table["RouteTableId"]}
        if route.get("GatewayId") == "local" or route.get("Origin", "CreateRoute") != "CreateRoute":
            continue
        if endpoint(route) and key_of(item) not in described:
            continue
        found.append(item)
    return found


def _list(scope: Scope) -> list[Item]:
    if scope.ids:
        tables = _tables(scope, {identifier.split("|")[0] for identifier in scope.ids})
        described = {tuple(identifier.split("|", 1)) for identifier in scope.ids}
        every = [route for table in tables for route in routes(table, described)]
        return [route for route in every if _identifier(route) in scope.ids]
    tables = stack_objects(scope, "describe_route_tables", "RouteTables[]")
    wanted = parents(scope, "AWS::EC2::RouteTable", "RouteTableId")
    tables = tables + _tables(scope, wanted - {table["RouteTableId"] for table in tables})
    to_endpoints = [properties for properties in scope.wanted if "VpcEndpointId" in properties]
    destinations = [first_known(properties, *_DESTINATIONS) for properties in to_endpoints]
    described = {(table["RouteTableId"], cidr(one[1])) for table in tables for one in destinations if one}
    return [route for table in tables for route in routes(table, described)]


def _tables(scope: Scope, ids: set[str]) -> list[Item]:
    return matching(scope, "describe_route_tables", "RouteTables[]", {"route-table-id": ids})


def _identifier(item: Item) -> str:
    return "|".join(key_of(item) or ())


def _destination(work: Work) -> dict[str, Any]:
    return work.pick("RouteTableId", *_DESTINATIONS)


def _request(work: Work) -> dict[str, Any]:
    targets = {name: work.desired[name] for name in _TARGETS if work.desired.get(name)}
    return {**_destination(work), **targets}


ROUTE = Kind(
    type="AWS::EC2::Route",
    service="ec2",
    title="route",
    id=_identifier,
    properties={
        "RouteTableId": IMMUTABLE,
        "DestinationCidrBlock": Property(immutable=True, normalise=cidr),
        "DestinationIpv6CidrBlock": Property(immutable=True, normalise=cidr),
        "DestinationPrefixListId": IMMUTABLE,
        **{name: Property() for name in _TARGETS},
        "GatewayId": Property(path=lambda item: None if endpoint(item) else item.get("GatewayId")),
        "VpcEndpointId": Property(path=endpoint),
    },
    attributes={
        "CidrBlock": Attribute(
            lambda item: (key_of(item) or ("", None))[1],
            predict=lambda facts: (first_known(facts, *_DESTINATIONS) or (None, None))[1],
        )
    },
    key=("RouteTableId", *_DESTINATIONS),
    key_of=key_of,
    requires=("AWS::EC2::RouteTable",),
    part_of="RouteTableId",
    relied_on=True,
    tags=None,
    list=_list,
    create=Call("create_route", _request, retry_on=_NOT_YET),
    updates=(Update(_TARGETS, Call("replace_route", _request, retry_on=_NOT_YET)),),
    delete=Call(
        "delete_route",
        lambda w: {name: value for name, value in _destination(w).items() if value},
        ignore=frozenset({"InvalidRoute.NotFound"}),
    ),
)
