# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::SecurityGroupIngress and AWS::EC2::SecurityGroupEgress: one rule each, with tags on the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, NaturalKey, Property, Scope, Update, Work
from ...engine.template import Template
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, tag_specifications
from .normal import cidr, first_known, rule_protocol
from .reading import matching, parents

_ALL_PROTOCOLS = "-1"
_KUBERNETES = "AWS::EKS::Cluster"
_PORTS = ("FromPort", "ToPort")


def key_of(prefix: str, properties: Mapping[str, Any]) -> NaturalKey | None:
    """What AWS takes for the same rule: group, protocol, ports and the other side; not the description.

    Args:
        prefix: `Source` for what comes in, `Destination` for what goes out.
    """
    group = properties.get("GroupId")
    other = first_known(properties, "CidrIp", "CidrIpv6", f"{prefix}SecurityGroupId", f"{prefix}PrefixListId")
    protocol = rule_protocol(properties.get("IpProtocol"))
    if not isinstance(group, str) or not isinstance(protocol, str) or other is None:
        return None
    ports = [] if protocol == _ALL_PROTOCOLS else [str(properties.get(name)) for name in _PORTS]
    return (group, protocol, *ports, cidr(other[1]))


def _list(scope: Scope, egress: bool) -> list[Item]:
    if scope.ids:
        found = _rules(scope, "security-group-rule-id", set(scope.ids))
    elif scope.everything:
        found = scope.memo.get(
            ("security_group_rules", scope.region),
            lambda: scope.pages("ec2", "describe_security_group_rules", "SecurityGroupRules[]"),
        )
    else:
        groups = {observed.id for observed in scope.observed("AWS::EC2::SecurityGroup")} | _made_by_services(scope)
        # Both directions are answered at once and read by both kinds.
        found = scope.memo.get(
            ("security_group_rules", scope.region, tuple(sorted(groups))),
            lambda: _rules(scope, "group-id", groups),
        )
        found = found + _rules(scope, "group-id", parents(scope, "AWS::EC2::SecurityGroup", "GroupId") - groups)
    return [rule for rule in found if rule["IsEgress"] is egress]


def _made_by_services(scope: Scope) -> set[str]:
    """The groups that a described resource of ours brings along, whose rules may be ours although they are not."""
    found = {cluster.attribute("ClusterSecurityGroupId") for cluster in scope.observed(_KUBERNETES)}
    return {group for group in found if isinstance(group, str)}


def _rules(scope: Scope, name: str, values: set[str]) -> list[Item]:
    return matching(scope, "describe_security_group_rules", "SecurityGroupRules[]", {name: values})


def _permission(work: Work, prefix: str) -> dict[str, Any]:
    """A rule as the authorize requests take it."""
    description = work.pick("Description")
    permission: dict[str, Any] = {"IpProtocol": rule_protocol(work.desired["IpProtocol"]), **work.pick(*_PORTS)}
    if work.get("CidrIp"):
        permission["IpRanges"] = [{**work.pick("CidrIp"), **description}]
    if work.get("CidrIpv6"):
        permission["Ipv6Ranges"] = [{**work.pick("CidrIpv6"), **description}]
    if work.get(f"{prefix}PrefixListId"):
        permission["PrefixListIds"] = [{**work.pick(PrefixListId=f"{prefix}PrefixListId"), **description}]
    if work.get(f"{prefix}SecurityGroupId"):
        pair = work.pick(GroupId=f"{prefix}SecurityGroupId", UserId=f"{prefix}SecurityGroupOwnerId")
        permission["UserIdGroupPairs"] = [{**pair, **description}]
    return permission


def _modified(work: Work, prefix: str) -> dict[str, Any]:
    """A rule as ModifySecurityGroupRules takes it: whole."""
    members = {
        "IpProtocol": rule_protocol(work.merged("IpProtocol")),
        "FromPort": work.merged("FromPort"),
        "ToPort": work.merged("ToPort"),
        "CidrIpv4": work.merged("CidrIp"),
        "CidrIpv6": work.merged("CidrIpv6"),
        "PrefixListId": work.merged(f"{prefix}PrefixListId"),
        "ReferencedGroupId": work.merged(f"{prefix}SecurityGroupId"),
        "Description": work.merged("Description"),
    }
    return {name: value for name, value in members.items() if value is not None}


def _kind(direction: str, prefix: str, title: str) -> Kind:
    egress = direction == "egress"
    others: Mapping[str, Property] = {
        "CidrIp": Property(path="CidrIpv4", immutable=True, normalise=cidr),
        "CidrIpv6": Property(immutable=True, normalise=cidr),
        f"{prefix}PrefixListId": Property(path="PrefixListId", immutable=True),
        f"{prefix}SecurityGroupId": Property(path="ReferencedGroupInfo.GroupId", immutable=True),
    }
    if not egress:
        others = {
            **others,
            f"{prefix}SecurityGroupOwnerId": Property(path="ReferencedGroupInfo.UserId", immutable=True),
        }
    key: Callable[[Mapping[str, Any]], NaturalKey | None] = lambda properties: key_of(prefix, properties)  # noqa: E731
    return Kind(
        type=f"AWS::EC2::SecurityGroup{direction.capitalize()}",
        service="ec2",
        title=title,
        template=Template(attributes={"Arn": ""}, tags=""),
        id="SecurityGroupRuleId",
        properties={
            "GroupId": IMMUTABLE,
            "IpProtocol": Property(normalise=rule_protocol),
            "FromPort": Property(),
            "ToPort": Property(),
            "Description": Property(),
            **others,
        },
        attributes={
            "Id": Attribute("SecurityGroupRuleId"),
            "Arn": Attribute("SecurityGroupRuleArn"),
        },
        key=("GroupId", "IpProtocol", *_PORTS, *others),
        key_of=key,
        requires=("AWS::EC2::SecurityGroup", _KUBERNETES),
        part_of="GroupId",
        relied_on=True,
        list=lambda scope: _list(scope, egress),
        create=Call(
            f"authorize_security_group_{direction}",
            lambda w: {
                **w.pick("GroupId"),
                "IpPermissions": [_permission(w, prefix)],
                "TagSpecifications": tag_specifications("security-group-rule", w.tags),
            },
            item="SecurityGroupRules[0]",
            retry_on=frozenset({"InvalidGroup.NotFound"}),
        ),
        # A rule changes in place as long as its other side stays: traffic is never cut off in between.
        updates=(
            Update(
                ("Description", "IpProtocol", *_PORTS),
                Call(
                    "modify_security_group_rules",
                    lambda w: {
                        "GroupId": w.merged("GroupId"),
                        "SecurityGroupRules": [
                            {"SecurityGroupRuleId": w.id, "SecurityGroupRule": _modified(w, prefix)}
                        ],
                    },
                ),
            ),
        ),
        delete=Call(
            f"revoke_security_group_{direction}",
            lambda w: {"GroupId": w.merged("GroupId"), "SecurityGroupRuleIds": [w.id]},
            ignore=frozenset(
                {"InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound", "InvalidPermission.NotFound"}
            ),
        ),
        tag=EC2_TAG,
        untag=EC2_UNTAG,
    )


SECURITY_GROUP_INGRESS = _kind("ingress", "Source", "security group rule for what comes in")
SECURITY_GROUP_EGRESS = _kind("egress", "Destination", "security group rule for what goes out")
