# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who talks to whom, as security group rules on both sides.

A security group made by a tier has no rule of its own: what nobody described cannot be reached, and can reach nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..engine.document import Resource
from ..engine.values import Ref
from .base import Connection, Context, Options

INGRESS = "AWS::EC2::SecurityGroupIngress"
EGRESS = "AWS::EC2::SecurityGroupEgress"

ANYWHERE = "0.0.0.0/0"


def let_in(options: Options, context: Context) -> list[Connection]:
    """Whom the entry's `allow_from` names."""
    path = context.option("allow_from")
    return [Connection(source=source, target=context.reference, path=path) for source in options["allow_from"]]


def called(options: Options, context: Context) -> list[Connection]:
    """Whom the entry's `connects_to` names, and AWS's own endpoints, by HTTPS through NAT or interface endpoints."""
    path = context.option("connects_to")
    found = [Connection(source=context.reference, target=target, path=path) for target in options["connects_to"]]
    return [*found, Connection(source=context.reference, target=ANYWHERE, port=443, path=context.path)]


@dataclass(frozen=True)
class _End:
    """One side of a connection: a security group, ours or not, or a range of addresses."""

    label: str
    group: Ref | str | None = None
    cidr: str = ""
    port: int | None = None

    @property
    def ours(self) -> bool:
        return isinstance(self.group, Ref)

    def named(self, group: str) -> dict[str, Any]:
        """The properties by which a rule names this side as the other one."""
        if self.group is not None:
            return {group: self.group}
        return {"CidrIpv6" if ":" in self.cidr else "CidrIp": self.cidr}


def compile_connections(connections: Iterable[Connection], context: Context) -> list[Resource]:
    """The rules that let exactly these connections through, each once."""
    rules: dict[tuple[str, str], Resource] = {}
    for connection in connections:
        for rule in _rules(connection, context):
            rules.setdefault((rule.kind, rule.name), rule)
    return list(rules.values())


def _rules(connection: Connection, context: Context) -> list[Resource]:
    source = _end(connection.source, connection.path, context)
    target = _end(connection.target, connection.path, context)
    if source is None or target is None:
        return []
    port = connection.port if connection.port is not None else target.port
    if port is None and connection.protocol in ("tcp", "udp"):
        context.problems.append(f"{connection.path}: {connection.target} listens on no port; give it one")
        return []
    ports = _ports(connection.protocol, port, connection.to_port)
    label = _label(connection.protocol, port, connection.to_port)
    bound = replace(context, path=connection.path)
    rules = []
    if target.ours:
        properties = {
            "GroupId": target.group,
            "IpProtocol": connection.protocol,
            **ports,
            **source.named("SourceSecurityGroupId"),
            "Description": f"{label} from {source.label}",
        }
        rules.append(bound.resource(INGRESS, f"{target.label}/{label} from {source.label}", properties))
    if source.ours:
        properties = {
            "GroupId": source.group,
            "IpProtocol": connection.protocol,
            **ports,
            **target.named("DestinationSecurityGroupId"),
            "Description": f"{label} to {target.label}",
        }
        rules.append(bound.resource(EGRESS, f"{source.label}/{label} to {target.label}", properties))
    return rules


def _ports(protocol: str, port: int | None, to_port: int | None) -> dict[str, int]:
    if protocol == "icmp":
        return {"FromPort": -1, "ToPort": -1}
    if protocol == "-1" or port is None:
        return {}
    return {"FromPort": port, "ToPort": port if to_port is None else to_port}


def _label(protocol: str, port: int | None, to_port: int | None) -> str:
    if protocol == "-1":
        return "all"
    if protocol == "icmp":
        return "icmp"
    span = f"{port}" if to_port in (None, port) else f"{port}-{to_port}"
    return span if protocol == "tcp" else f"{protocol}/{span}"


def _end(name: str, path: str, context: Context) -> _End | None:
    if is_cidr(name):
        return _End(label=name, cidr=name)
    if "/" in name and name.partition("/")[0].count(".") == 3:
        context.problems.append(f"{path}: {name!r} is no range of addresses; write it as 10.1.0.0/16 or 10.1.2.3/32")
        return None
    entry = context.catalog.entry(name, path, context.problems)
    if entry is None:
        return None
    if entry.export.security_group is None:
        context.problems.append(f"{path}: {name!r} has no network address that one could connect to; remove it")
        return None
    return _End(label=entry.reference, group=entry.export.security_group, port=entry.export.port)


def is_cidr(text: str) -> bool:
    """Whether it is a range of addresses."""
    try:
        ipaddress.ip_network(text, strict=True)
    except ValueError:
        return False
    return "/" in text
