# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::SubnetRouteTableAssociation.

A subnet has at most one, so the subnet's identifier is the association's too: AWS gives an association a new
identifier each time the table changes.
"""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update
from ...engine.template import Template
from ..shared import IMMUTABLE
from .reading import matching, parents, stack_objects

_NOT_YET = frozenset({"InvalidRouteTableID.NotFound", "InvalidSubnetID.NotFound"})


def associations(table: Item) -> list[Item]:
    """A table's explicit associations with subnets; the main one, and those with gateways, are left out."""
    return [
        {"State": (one.get("AssociationState") or {}).get("State", "associated"), **one}
        for one in table.get("Associations", [])
        if one.get("SubnetId") and (one.get("AssociationState") or {}).get("State") != "disassociated"
    ]


def _list(scope: Scope) -> list[Item]:
    if scope.ids:
        return [one for one in _of_subnets(scope, set(scope.ids)) if one["SubnetId"] in scope.ids]
    tables = stack_objects(scope, "describe_route_tables", "RouteTables[]")
    found = [one for table in tables for one in associations(table)]
    subnets = parents(scope, "AWS::EC2::Subnet", "SubnetId") - {one["SubnetId"] for one in found}
    # A subnet of ours that somebody associated with another table.
    return found + [one for one in _of_subnets(scope, subnets) if one["SubnetId"] in subnets]


def _of_subnets(scope: Scope, subnets: set[str]) -> list[Item]:
    tables = matching(scope, "describe_route_tables", "RouteTables[]", {"association.subnet-id": subnets})
    return [one for table in tables for one in associations(table)]


SUBNET_ROUTE_TABLE_ASSOCIATION = Kind(
    type="AWS::EC2::SubnetRouteTableAssociation",
    service="ec2",
    title="association of a subnet with a route table",
    template=Template(ref="Id"),
    id="SubnetId",
    properties={"SubnetId": IMMUTABLE, "RouteTableId": Property()},
    attributes={"Id": Attribute("RouteTableAssociationId", volatile=True)},
    key=("SubnetId",),
    requires=("AWS::EC2::RouteTable", "AWS::EC2::Subnet"),
    part_of="RouteTableId",
    relied_on=True,
    tags=None,
    list=_list,
    create=Call("associate_route_table", lambda w: w.pick("SubnetId", "RouteTableId"), retry_on=_NOT_YET),
    updates=(
        Update(
            ("RouteTableId",),
            Call(
                "replace_route_table_association",
                lambda w: {"AssociationId": w.attributes["Id"], **w.pick("RouteTableId")},
                retry_on=_NOT_YET,
            ),
        ),
    ),
    delete=Call(
        "disassociate_route_table",
        lambda w: {"AssociationId": w.attributes["Id"]},
        ignore=frozenset({"InvalidAssociationID.NotFound"}),
    ),
)
