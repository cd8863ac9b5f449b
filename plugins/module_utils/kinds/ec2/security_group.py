# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::SecurityGroup. Its rules are resources of their own; a new group has none in either direction."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, tag_specifications
from .reading import objects


def _list(scope: Scope) -> list[Item]:
    natural = {"VpcId": "vpc-id", "GroupName": "group-name"}
    return objects(scope, "describe_security_groups", "SecurityGroups[]", "group-id", natural)


def _request(work: Work) -> dict[str, Any]:
    return {
        "GroupName": work.get("GroupName") or f"{work.stack}-{work.address.name}"[:255],
        "Description": work.desired["GroupDescription"],
        **work.pick("VpcId"),
        "TagSpecifications": tag_specifications("security-group", work.tags),
    }


def _close_egress(ranges: dict[str, Any]) -> Update:
    """Take away what AWS lets out of a new group: everything, by IPv4, and by IPv6 where the VPC has it.

    Every group has a description, and it never changes: this runs once, after the create.
    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    request = Call(
        "revoke_security_group_egress",
        lambda w: {"GroupId": w.id, "IpPermissions": [{"IpProtocol": "-1", **ranges}]},
        retry_on=frozenset({"InvalidGroup.NotFound"}),
        ignore=frozenset({"InvalidPermission.NotFound"}),
    )
    return Update(("GroupDescription",), request, on_create=True)


def _cut_ties(work: Work) -> None:
    """Revoke the rules that refer to groups, so that two groups that let each other in do not hold each other back."""
    item = work.current.item if work.current else {}
    for member, operation in (
        ("IpPermissions", "revoke_security_group_ingress"),
        ("IpPermissionsEgress", "revoke_security_group_egress"),
    ):
        ties = [
            {
                **{name: rule[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in rule},
                "UserIdGroupPairs": [
                    {name: pair[name] for name in ("GroupId", "UserId") if pair.get(name)}
                    for pair in rule["UserIdGroupPairs"]
                ],
            }
            for rule in item.get(member, [])
            if rule.get("UserIdGroupPairs")
        ]
        if ties:
            work.call("ec2", operation, GroupId=work.id, IpPermissions=ties)


SECURITY_GROUP = Kind(
    type="AWS::EC2::SecurityGroup",
    service="ec2",
    title="security group",
    template=Template(attributes={"Arn": ""}),
    id="GroupId",
    properties={
        "GroupDescription": Property(path="Description", immutable=True),
        "GroupName": IMMUTABLE,
        "VpcId": IMMUTABLE,
    },
    attributes={
        "GroupId": Attribute("GroupId"),
        "Id": Attribute("GroupId"),
        "Arn": Attribute("SecurityGroupArn"),
        "VpcId": Attribute("VpcId", predict="{VpcId}"),
    },
    key=("VpcId", "GroupName"),
    requires=("AWS::EC2::VPC",),
    list=_list,
    # It has no states. It cannot go before the interfaces that wear it, and those of functions outlive them long.
    states=States(lambda item: "available", ready=frozenset({"available"}), timeout=2700),
    create=Call(
        "create_security_group",
        _request,
        item="{GroupId: GroupId, SecurityGroupArn: SecurityGroupArn, Tags: Tags}",
        retry_on=frozenset({"InvalidVpcID.NotFound"}),
        once=True,
    ),
    updates=(
        _close_egress({"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
        _close_egress({"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
    ),
    before_delete=_cut_ties,
    delete=Call(
        "delete_security_group",
        lambda w: {"GroupId": w.id},
        retry_on=frozenset({"DependencyViolation"}),
    ),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
    held_by_users=True,
)
