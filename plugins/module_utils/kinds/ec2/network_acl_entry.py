# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::NetworkAclEntry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, NaturalKey, Property, Scope, Update, Work
from ..shared import IMMUTABLE
from .normal import acl_protocol, cidr
from .reading import parents, stack_objects

#: Every ACL ends with entries of AWS's own that deny the rest and cannot be changed: 32767 for IPv4, 32768 for IPv6.
#: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html (rules of users go up to 32766)
HIGHEST_RULE_NUMBER = 32766


def key_of(properties: Mapping[str, Any]) -> NaturalKey | None:
    """An ACL has one entry of a number in a direction; without a word it is for what comes in."""
    acl, number = properties.get("NetworkAclId"), properties.get("RuleNumber")
    if not isinstance(acl, str) or not isinstance(number, (int, str)):
        return None
    egress = str(properties.get("Egress") or False).lower() == "true"
    return (acl, str(number), "egress" if egress else "ingress")


def entries(acl: Item) -> list[Item]:
    """The entries of an ACL that people made."""
    return [
        {**entry, "NetworkAclId": acl["NetworkAclId"]}
        for entry in acl.get("Entries", [])
        if entry["RuleNumber"] <= HIGHEST_RULE_NUMBER
    ]


def _list(scope: Scope) -> list[Item]:
    if scope.ids:
        acls = _acls(scope, {identifier.split("|")[0] for identifier in scope.ids})
        return [entry for acl in acls for entry in entries(acl) if _identifier(entry) in scope.ids]
    acls = stack_objects(scope, "describe_network_acls", "NetworkAcls[]")
    wanted = parents(scope, "AWS::EC2::NetworkAcl", "NetworkAclId")
    acls = acls + _acls(scope, wanted - {acl["NetworkAclId"] for acl in acls})
    return [entry for acl in acls for entry in entries(acl)]


def _acls(scope: Scope, ids: set[str]) -> list[Item]:
    if not ids:
        return []
    return scope.pages("ec2", "describe_network_acls", "NetworkAcls[]", NetworkAclIds=sorted(ids))


def _identifier(item: Item) -> str:
    return "|".join(key_of(item) or ())


def _place(work: Work) -> dict[str, Any]:
    return {**work.pick("NetworkAclId", "RuleNumber"), "Egress": bool(work.get("Egress"))}


def _request(work: Work) -> dict[str, Any]:
    """An entry is created and replaced whole."""
    members = {
        "Protocol": acl_protocol(work.merged("Protocol")),
        "RuleAction": work.merged("RuleAction"),
        "CidrBlock": work.merged("CidrBlock"),
        "Ipv6CidrBlock": work.merged("Ipv6CidrBlock"),
        "IcmpTypeCode": work.merged("Icmp"),
        "PortRange": work.merged("PortRange"),
    }
    if "CidrBlock" in work.desired or "Ipv6CidrBlock" in work.desired:
        # One of the two: a stated range takes the place of the other family's.
        members |= {"CidrBlock": work.get("CidrBlock"), "Ipv6CidrBlock": work.get("Ipv6CidrBlock")}
    return {**_place(work), **{name: value for name, value in members.items() if value is not None}}


NETWORK_ACL_ENTRY = Kind(
    type="AWS::EC2::NetworkAclEntry",
    service="ec2",
    title="network ACL entry",
    id=_identifier,
    properties={
        "NetworkAclId": IMMUTABLE,
        "RuleNumber": IMMUTABLE,
        "Egress": IMMUTABLE,
        "Protocol": Property(normalise=acl_protocol),
        "RuleAction": Property(),
        "CidrBlock": Property(normalise=cidr),
        "Ipv6CidrBlock": Property(normalise=cidr),
        "Icmp": Property(path="IcmpTypeCode"),
        "PortRange": Property(),
    },
    attributes={"Id": Attribute(_identifier)},
    key=("NetworkAclId", "RuleNumber", "Egress"),
    key_of=key_of,
    requires=("AWS::EC2::NetworkAcl",),
    part_of="NetworkAclId",
    tags=None,
    list=_list,
    create=Call("create_network_acl_entry", _request, retry_on=frozenset({"InvalidNetworkAclID.NotFound"})),
    updates=(
        Update(
            ("Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock", "Icmp", "PortRange"),
            Call("replace_network_acl_entry", _request),
        ),
    ),
    delete=Call("delete_network_acl_entry", _place, ignore=frozenset({"InvalidNetworkAclEntry.NotFound"})),
)
