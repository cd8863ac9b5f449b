# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Addresses, subnets, ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from ..engine.values import Ref
from .rule import Rule, Severity, Subject

_CIDR_PROPERTIES = ("CidrBlock", "CidrIp", "CidrIpv6", "DestinationCidrBlock")
_RULES = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")

#: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_LARGEST, _SMALLEST = 16, 28

#: What nobody opens to the world by intention: shells, databases, caches, search.
_INWARD_PORTS = {22, 1433, 1521, 3306, 3389, 5432, 6379, 9200, 11211, 27017}


def _network(text: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None


def _malformed(subject: Subject) -> Iterator[tuple[str, str]]:
    for resource in subject.resources:
        for name in _CIDR_PROPERTIES:
            text = resource.properties.get(name)
            if isinstance(text, str) and text and _network(text) is None:
                try:
                    mend = f"write {ipaddress.ip_network(text, strict=False)}"
                except ValueError:
                    mend = "write it as 10.40.0.0/16"
                yield (
                    resource.path,
                    f"{text!r} is no range of addresses: bits beyond the prefix, or no range at all; {mend}",
                )


def _subnets(subject: Subject) -> list[tuple[str, str, ipaddress.IPv4Network]]:
    """Name, VPC and range of every well-formed subnet."""
    found = []
    for subnet in subject.of("AWS::EC2::Subnet"):
        network = _network(subnet.properties.get("CidrBlock"))
        if isinstance(network, ipaddress.IPv4Network):
            found.append((subnet.name, str(subnet.properties.get("VpcId")), network))
    return found


def _overlaps(subject: Subject) -> Iterator[tuple[str, str]]:
    for (name, vpc, network), (other_name, other_vpc, other) in combinations(_subnets(subject), 2):
        if vpc == other_vpc and network.overlaps(other):
            yield "network.subnets", f"{name} {network} overlaps {other_name} {other}; move one of them"


def _outside(subject: Subject) -> Iterator[tuple[str, str]]:
    for vpc in subject.of("AWS::EC2::VPC"):
        whole = _network(vpc.properties.get("CidrBlock"))
        if not isinstance(whole, ipaddress.IPv4Network):
            continue
        if not _LARGEST <= whole.prefixlen <= _SMALLEST:
            yield "network.cidr", f"{whole}: a VPC is between /{_LARGEST} and /{_SMALLEST}; choose another size"
        for name, its_vpc, network in _subnets(subject):
            if its_vpc == str(vpc.ref("VpcId")) and not network.subnet_of(whole):
                yield "network.subnets", f"{name} {network} is outside the VPC's {whole}; move it inside"


def _sizes(subject: Subject) -> Iterator[tuple[str, str]]:
    for name, _vpc, network in _subnets(subject):
        if not _LARGEST <= network.prefixlen <= _SMALLEST:
            yield "network.subnets", f"{name} {network}: a subnet is between /{_LARGEST} and /{_SMALLEST}; resize it"


def _ports(subject: Subject) -> Iterator[tuple[str, str]]:
    for rule in subject.of(*_RULES):
        first, last = rule.properties.get("FromPort"), rule.properties.get("ToPort")
        if rule.properties.get("IpProtocol") not in ("tcp", "udp") or first is None or last is None:
            continue
        if not 0 <= first <= last <= 65535:
            yield rule.path, f"ports {first} to {last}: ports go from 0 to 65535, the lower one first; correct them"


def _open(subject: Subject) -> Iterator[tuple[str, str]]:
    rules = [(rule.path, rule.properties) for rule in subject.of("AWS::EC2::SecurityGroupIngress")]
    for group in subject.of("AWS::EC2::SecurityGroup"):
        rules += [(group.path, rule) for rule in group.properties.get("SecurityGroupIngress") or ()]
    for path, properties in rules:
        source = properties.get("CidrIp") or properties.get("CidrIpv6")
        if source not in ("0.0.0.0/0", "::/0"):
            continue
        first, last = properties.get("FromPort"), properties.get("ToPort")
        exposed = sorted(port for port in _INWARD_PORTS if first is None or last is None or first <= port <= last)
        if exposed:
            listed = ", ".join(str(port) for port in exposed)
            yield path, f"{source} may reach port {listed}: the whole internet; name the ranges that need it"


def _zones_of(subject: Subject) -> Mapping[str, str]:
    return {subnet.name: str(subnet.properties.get("AvailabilityZone")) for subnet in subject.of("AWS::EC2::Subnet")}


def zones_of_subnets(subject: Subject, subnets: Any) -> set[str] | None:
    """The zones that a list of subnets covers; None where it holds subnets that are not the stack's."""
    zones = _zones_of(subject)
    names = [subnet.address.name if isinstance(subnet, Ref) else None for subnet in subnets or ()]
    if not names or any(name not in zones for name in names):
        return None
    return {zones[str(name)] for name in names}


_TWO_ZONES = {
    "AWS::RDS::DBSubnetGroup": "an RDS subnet group",
    "AWS::RDS::DBProxy": "an RDS proxy",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "an application load balancer",
}


def _single_zone(subject: Subject) -> Iterator[tuple[str, str]]:
    groups = {
        "AWS::RDS::DBSubnetGroup": "SubnetIds",
        "AWS::RDS::DBProxy": "VpcSubnetIds",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "Subnets",
    }
    for resource in subject.of(*groups):
        zones = zones_of_subnets(subject, resource.properties.get(groups[resource.kind]))
        if resource.properties.get("Type") in ("network", "gateway"):
            continue
        if zones is not None and len(zones) < 2:
            what = _TWO_ZONES[resource.kind]
            yield (
                resource.path,
                f"{what} needs subnets in two zones, and has {', '.join(sorted(zones))}; raise network.zones",
            )


RULES = (
    Rule("network.malformed-cidr", "A range of addresses with host bits, or that is none.", _malformed),
    Rule("network.subnet-overlap", "Two subnets of a VPC that share addresses.", _overlaps),
    Rule("network.out-of-range", "A VPC of impossible size, or a subnet outside its VPC.", _outside),
    Rule("network.subnet-size", "A subnet of a size that AWS does not make.", _sizes),
    Rule("network.port-range", "Ports that are none, or in the wrong order.", _ports),
    Rule("network.open-to-world", "An inward port open to every address.", _open, Severity.WARNING),
    Rule(
        "network.single-zone",
        "A subnet group or load balancer in one zone, where AWS wants two.",
        _single_zone,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
    ),
)
