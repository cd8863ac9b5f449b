# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::RouteTable."""

from __future__ import annotations

from ...engine.api import ApiError
from ...engine.kind import Attribute, Call, Item, Kind, Scope, Work
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, tag_specifications
from .reading import matching, stack_objects


def _list(scope: Scope) -> list[Item]:
    if scope.ids:
        return matching(scope, "describe_route_tables", "RouteTables[]", {"route-table-id": scope.ids})
    return stack_objects(scope, "describe_route_tables", "RouteTables[]")


def _disassociate(work: Work) -> None:
    """A table that is no longer described lets its subnets go back to the VPC's main table."""
    associations = work.current.item.get("Associations", []) if work.current else []
    for association in associations:
        if association.get("Main"):
            continue
        try:
            work.call("ec2", "disassociate_route_table", AssociationId=association["RouteTableAssociationId"])
        except ApiError as error:
            # It went with its subnet, or in a run that was cut short.
            if error.code != "InvalidAssociationID.NotFound":
                raise


ROUTE_TABLE = Kind(
    type="AWS::EC2::RouteTable",
    service="ec2",
    title="route table",
    id="RouteTableId",
    properties={"VpcId": IMMUTABLE},
    attributes={
        "RouteTableId": Attribute("RouteTableId"),
        "VpcId": Attribute("VpcId", predict="{VpcId}"),
    },
    requires=("AWS::EC2::VPC",),
    list=_list,
    create=Call(
        "create_route_table",
        lambda w: {
            **w.pick("VpcId"),
            "ClientToken": w.token,
            "TagSpecifications": tag_specifications("route-table", w.tags),
        },
        item="RouteTable",
        retry_on=frozenset({"InvalidVpcID.NotFound"}),
    ),
    before_delete=_disassociate,
    delete=Call("delete_route_table", lambda w: {"RouteTableId": w.id}, retry_on=frozenset({"DependencyViolation"})),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
)
