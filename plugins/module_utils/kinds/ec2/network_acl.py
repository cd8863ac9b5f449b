# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::NetworkAcl."""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Scope, Work
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, tag_specifications
from .reading import stack_objects


def _list(scope: Scope) -> list[Item]:
    if scope.ids:
        return scope.pages("ec2", "describe_network_acls", "NetworkAcls[]", NetworkAclIds=list(scope.ids))
    return stack_objects(scope, "describe_network_acls", "NetworkAcls[]")


def default_acl(work: Work, vpc_id: str) -> str:
    """The network ACL of a VPC that takes the subnets which have no other."""
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "default", "Values": ["true"]}]
    identifier: str = work.call("ec2", "describe_network_acls", Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
    return identifier


def _give_back_subnets(work: Work) -> None:
    """An ACL that is no longer described leaves its subnets to the VPC's default ACL."""
    associations = work.current.item.get("Associations", []) if work.current else []
    if not associations:
        return
    default = default_acl(work, work.attributes["VpcId"])
    for association in associations:
        identifier = association["NetworkAclAssociationId"]
        work.call("ec2", "replace_network_acl_association", AssociationId=identifier, NetworkAclId=default)


NETWORK_ACL = Kind(
    type="AWS::EC2::NetworkAcl",
    service="ec2",
    title="network ACL",
    id="NetworkAclId",
    properties={"VpcId": IMMUTABLE},
    attributes={
        "Id": Attribute("NetworkAclId"),
        "NetworkAclId": Attribute("NetworkAclId"),
        "VpcId": Attribute("VpcId", predict="{VpcId}"),
    },
    requires=("AWS::EC2::VPC",),
    list=_list,
    create=Call(
        "create_network_acl",
        lambda w: {
            **w.pick("VpcId"),
            "ClientToken": w.token,
            "TagSpecifications": tag_specifications("network-acl", w.tags),
        },
        item="NetworkAcl",
        retry_on=frozenset({"InvalidVpcID.NotFound"}),
    ),
    before_delete=_give_back_subnets,
    delete=Call("delete_network_acl", lambda w: {"NetworkAclId": w.id}, retry_on=frozenset({"DependencyViolation"})),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
)
