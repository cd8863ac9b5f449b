# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Network ACLs: rules for whole subnets, which keep no state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .connections import ANYWHERE
from .network_entry import SUBNET, Network, subnet_name
from .network_layout import PLACEMENTS

NETWORK_ACL = "AWS::EC2::NetworkAcl"

_RULE: dict[str, Any] = {
    "number": {"type": "int", "required": True, "format": formats.between(1, 32766)},
    "action": {"type": "str", "choices": ["allow", "deny"], "default": "allow"},
    "protocol": {"type": "str", "choices": ["tcp", "udp", "icmp", "all"], "default": "tcp"},
    "cidr": {"type": "str", "default": ANYWHERE, "format": formats.CIDR},
    "port": {"type": "int", "format": formats.RULE_PORT},
    "to_port": {"type": "int", "format": formats.RULE_PORT},
}

NETWORK_ACLS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "name": {"type": "str", "required": True},
        "subnets": {"type": "list", "elements": "str", "choices": list(PLACEMENTS), "required": True},
        "ingress": {"type": "list", "elements": "dict", "options": _RULE, "required": True},
        "egress": {"type": "list", "elements": "dict", "options": _RULE, "required": True},
    },
}


def network_acls(network: Network) -> list[Resource]:
    made: list[Resource] = []
    for index, acl in enumerate(network.options["network_acls"]):
        made.append(network.make(NETWORK_ACL, acl["name"], {"VpcId": network.vpc_id}))
        for direction in ("ingress", "egress"):
            _check_numbers(network, f"network_acls[{index}].{direction}", acl[direction])
            made += [_acl_entry(network, acl["name"], direction, rule) for rule in acl[direction]]
        made += [
            network.make(
                "AWS::EC2::SubnetNetworkAclAssociation",
                subnet_name(place, zone),
                {
                    "SubnetId": Ref(Address(SUBNET, subnet_name(place, zone)), "SubnetId"),
                    "NetworkAclId": Ref(Address(NETWORK_ACL, acl["name"]), "NetworkAclId"),
                },
            )
            for place in acl["subnets"]
            for zone, _cidr in network.places.get(place, ())
        ]
    return made


def _check_numbers(network: Network, option: str, rules: list[Mapping[str, Any]]) -> None:
    """The number of a rule says when it is asked, and tells it from the others."""
    seen: dict[int, int] = {}
    for index, rule in enumerate(rules):
        first = seen.setdefault(rule["number"], index)
        if first != index:
            network.context.problem(
                f"{option}[{index}].number", f"{rule['number']} is that of {option}[{first}] too; give it another"
            )


def _acl_entry(network: Network, acl: str, direction: str, rule: Mapping[str, Any]) -> Resource:
    first, last = rule["port"], rule["to_port"]
    if first is not None and last is not None and first > last:
        network.context.problem(
            f"network_acls.{acl}.{direction}", f"rule {rule['number']}: port {first} is above to_port {last}; swap them"
        )
    ports = None
    if rule["protocol"] in ("tcp", "udp"):
        ports = {"From": 0 if first is None else first, "To": last or (65535 if first is None else first)}
    return network.make(
        "AWS::EC2::NetworkAclEntry",
        f"{acl}/{direction}/{rule['number']}",
        {
            "NetworkAclId": Ref(Address(NETWORK_ACL, acl), "NetworkAclId"),
            "RuleNumber": rule["number"],
            "Egress": direction == "egress",
            "RuleAction": rule["action"],
            "CidrBlock": rule["cidr"],
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-networkaclentry.html
            "Protocol": {"all": -1, "icmp": 1, "tcp": 6, "udp": 17}[rule["protocol"]],
            "PortRange": ports,
            "Icmp": {"Code": -1, "Type": -1} if rule["protocol"] == "icmp" else None,
        },
    )
