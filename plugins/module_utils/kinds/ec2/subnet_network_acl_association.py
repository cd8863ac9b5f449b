# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::SubnetNetworkAclAssociation.

A subnet always has exactly one, so the subnet's identifier is the association's too. To make one is to take the subnet
from the ACL that it has, to delete one is to give it back to the VPC's default ACL.
"""

from __future__ import annotations

from ...engine.api import ApiError
from ...engine.kind import Attribute, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..shared import IMMUTABLE
from .network_acl import default_acl
from .reading import matching, parents, stack_objects


def associations(acl: Item) -> list[Item]:
    """An ACL's associations with subnets."""
    return [
        {**one, "NetworkAclId": acl["NetworkAclId"], "VpcId": acl.get("VpcId"), "IsDefault": bool(acl.get("IsDefault"))}
        for one in acl.get("Associations", [])
    ]


def _list(scope: Scope) -> list[Item]:
    """Associations with a default ACL are no association, unless just that is described."""
    if scope.ids:
        found = _of_subnets(scope, set(scope.ids))
    else:
        acls = stack_objects(scope, "describe_network_acls", "NetworkAcls[]")
        found = [one for acl in acls for one in associations(acl)]
        missing = parents(scope, "AWS::EC2::Subnet", "SubnetId") - {one["SubnetId"] for one in found}
        found = found + _of_subnets(scope, missing)
    stated = {properties.get("NetworkAclId") for properties in scope.wanted if "NetworkAclId" in properties}
    return [one for one in found if not one["IsDefault"] or one["NetworkAclId"] in stated]


def _of_subnets(scope: Scope, subnets: set[str]) -> list[Item]:
    acls = matching(scope, "describe_network_acls", "NetworkAcls[]", {"association.subnet-id": subnets})
    return [one for acl in acls for one in associations(acl) if one["SubnetId"] in subnets]


def _move(work: Work) -> Item:
    """Associate the subnet with the described ACL, whichever it has now."""
    return _associate(work, work.desired["SubnetId"], work.desired["NetworkAclId"])


def _associate(work: Work, subnet: str, acl: str) -> Item:
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    acls = work.call("ec2", "describe_network_acls", Filters=filters)["NetworkAcls"]
    now = next((one for found in acls for one in associations(found) if one["SubnetId"] == subnet), None)
    if now is None:
        raise ApiError(
            "InvalidSubnetID.NotFound",
            f"no network ACL has the subnet {subnet}",
            service="ec2",
            operation="describe_network_acls",
            missing=True,
        )
    identifier = now["NetworkAclAssociationId"]
    if now["NetworkAclId"] != acl:
        answer = work.call("ec2", "replace_network_acl_association", AssociationId=identifier, NetworkAclId=acl)
        identifier = answer["NewAssociationId"]
    return {**now, "NetworkAclId": acl, "NetworkAclAssociationId": identifier}


def _give_back(work: Work) -> None:
    item = work.current.item if work.current else {}
    if not item.get("IsDefault"):
        _associate(work, work.id, default_acl(work, item["VpcId"]))


SUBNET_NETWORK_ACL_ASSOCIATION = Kind(
    type="AWS::EC2::SubnetNetworkAclAssociation",
    service="ec2",
    title="association of a subnet with a network ACL",
    template=Template(ref="AssociationId"),
    id="SubnetId",
    properties={"SubnetId": IMMUTABLE, "NetworkAclId": Property()},
    attributes={"AssociationId": Attribute("NetworkAclAssociationId", volatile=True)},
    key=("SubnetId",),
    requires=("AWS::EC2::NetworkAcl", "AWS::EC2::Subnet"),
    part_of="NetworkAclId",
    relied_on=True,
    tags=None,
    list=_list,
    create=_move,
    updates=(Update(("NetworkAclId",), _move),),
    delete=_give_back,
)
