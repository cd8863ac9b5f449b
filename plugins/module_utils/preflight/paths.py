# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether those who are told an address can open a connection to it, and whether what is open answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref, references
from .rule import Rule, Severity, Subject

GROUP, INGRESS = "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"
FUNCTION, SERVICE, TASK = "AWS::Lambda::Function", "AWS::ECS::Service", "AWS::ECS::TaskDefinition"
LOAD_BALANCER, LISTENER = "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener"
PROXY_TARGETS = "AWS::RDS::DBProxyTargetGroup"
SECRET, SECRET_VALUE = "AWS::SecretsManager::Secret", "Custom::SecretValue"

_MYSQL = ("mysql", "mariadb")
#: Attributes of a server by which somebody is told how to reach it.
_TELLS = re.compile(r"(?i)endpoint|secret")


@dataclass(frozen=True)
class _Server:
    """Something private that listens.

    Attributes:
        groups: its security groups; None where one of them is not the stack's, so that its rules are not known.
        port: the one that it listens on; None where that is not known.
    """

    resource: Resource
    groups: frozenset[Address] | None
    port: int | None

    @property
    def label(self) -> str:
        return f"{self.resource.kind.rpartition('::')[2]} {self.resource.name}"


def _servers(subject: Subject) -> dict[Address, _Server]:
    found = {}
    known = {group.address for group in subject.of(GROUP)}
    for resource in subject.resources:
        properties = resource.properties
        if resource.kind == "AWS::RDS::DBInstance" and not properties.get("PubliclyAccessible"):
            engine = str(properties.get("Engine", ""))
            default = 3306 if engine in _MYSQL else 5432 if engine == "postgres" else None
            listed, port = properties.get("VPCSecurityGroups"), properties.get("Port", default)
        elif resource.kind == "AWS::RDS::DBProxy":
            listed, port = properties.get("VpcSecurityGroupIds"), None
        elif resource.kind == "AWS::ElastiCache::ReplicationGroup":
            listed, port = properties.get("SecurityGroupIds"), properties.get("Port", 6379)
        elif resource.kind == "AWS::OpenSearchService::Domain" and properties.get("VPCOptions"):
            listed, port = properties["VPCOptions"].get("SecurityGroupIds"), 443
        else:
            continue
        number = int(port) if isinstance(port, (int, str)) and str(port).isdigit() else None
        found[resource.address] = _Server(resource, _groups(listed, known), number)
    return found


def _groups(listed: Any, known: set[Address]) -> frozenset[Address] | None:
    addresses = [group.address if isinstance(group, Ref) else None for group in listed or ()]
    if not addresses or any(address not in known for address in addresses):
        return None
    return frozenset(address for address in addresses if address)


def _ingress(subject: Subject) -> dict[Address, list[Mapping[str, Any]]]:
    """The rules that let in, by security group."""
    found: dict[Address, list[Mapping[str, Any]]] = {}
    for group in subject.of(GROUP):
        inline = group.properties.get("SecurityGroupIngress") or ()
        found[group.address] = [rule for rule in inline if isinstance(rule, Mapping)]
    for rule in subject.of(INGRESS):
        group_id = rule.properties.get("GroupId")
        if isinstance(group_id, Ref):
            found.setdefault(group_id.address, []).append(rule.properties)
    return found


def _span(rule: Mapping[str, Any]) -> tuple[int, int] | None:
    """The TCP ports of a rule; None for a rule of another protocol."""
    if str(rule.get("IpProtocol")) == "-1":
        return 0, 65535
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if rule.get("IpProtocol") in ("tcp", "6") and str(first).isdigit() and str(last).isdigit():
        return int(str(first)), int(str(last))
    return None


def _opens(rule: Mapping[str, Any], port: int | None) -> bool:
    span = _span(rule)
    return span is not None and (port is None or span[0] <= port <= span[1])


def _needs(subject: Subject, value: Any, *, described: bool = True) -> set[Address]:
    """What a value holds the address of, by itself or inside a secret that it names.

    Args:
        described: look into the secrets of the section `secrets` too, and not only into those of databases and caches.
    """
    inside: dict[Address, set[Address]] = {}
    for secret in subject.of(SECRET_VALUE):
        of = secret.properties.get("SecretId")
        if isinstance(of, Ref) and (described or not secret.path.startswith("secrets.")):
            inside.setdefault(of.address, set()).update(_pointed(secret.properties))
    named = [ref.address for ref in references(value) if ref.address.kind == SECRET]
    return _pointed(value).union(*(inside.get(address, set()) for address in named))


def _pointed(value: Any) -> set[Address]:
    """What a value holds the address or the credentials of."""
    return {ref.address for ref in references(value) if _TELLS.search(ref.attribute)}


def _outside(subject: Subject) -> Iterator[tuple[str, str]]:
    servers = _servers(subject)
    for function in subject.of(FUNCTION):
        if (function.properties.get("VpcConfig") or {}).get("SubnetIds"):
            continue
        for address in sorted(_needs(subject, function.properties.get("Environment")) & set(servers)):
            yield (
                function.path,
                f"{function.name} is outside the network and is given the address of {servers[address].label}, which "
                f"is private; put it into private subnets with a group of its own (`connects_to`)",
            )


def _clients(subject: Subject) -> Iterator[tuple[Resource, Any, set[Address]]]:
    """Who is told addresses, what of it is looked at, and its security groups; only where all of them are known."""
    known = {group.address for group in subject.of(GROUP)}
    for function in subject.of(FUNCTION):
        groups = _groups((function.properties.get("VpcConfig") or {}).get("SecurityGroupIds"), known)
        if groups:
            yield function, function.properties.get("Environment"), set(groups)
    tasks = {task.address: task for task in subject.of(TASK)}
    for service in subject.of(SERVICE):
        network = (service.properties.get("NetworkConfiguration") or {}).get("AwsvpcConfiguration") or {}
        groups = _groups(network.get("SecurityGroups"), known)
        definition = service.properties.get("TaskDefinition") or service.properties.get("InitialTaskDefinition")
        task = tasks.get(definition.address) if isinstance(definition, Ref) else None
        if groups and task:
            yield service, task.properties.get("ContainerDefinitions"), set(groups)


def _unreachable(subject: Subject) -> Iterator[tuple[str, str]]:
    # What stands behind a proxy is come to by that.
    proxied = {ref.address for group in subject.of(PROXY_TARGETS) for ref in references(group.properties)}
    servers = {address: server for address, server in _servers(subject).items() if address not in proxied}
    ingress = _ingress(subject)
    for client, told, groups in _clients(subject):
        # secret.unreachable looks into the secrets that are described.
        for address in sorted(_needs(subject, told, described=False) & set(servers)):
            server = servers[address]
            if server.groups is None or server.groups & groups:
                continue
            rules = [rule for group in server.groups for rule in ingress.get(group, ())]
            if not any(_opens(rule, server.port) and _lets_in(rule, groups) for rule in rules):
                yield (
                    client.path,
                    f"{client.name} is told how to reach {server.label}, whose groups do not let it in; add it to "
                    f"`connects_to`, or a rule from its group to port {server.port or 'of the proxy'}",
                )


def _lets_in(rule: Mapping[str, Any], groups: set[Address]) -> bool:
    """Whether one of some groups may come in by a rule; a range of addresses or a group elsewhere may hold anybody."""
    source = rule.get("SourceSecurityGroupId")
    return source.address in groups if isinstance(source, Ref) else True


def _closed(subject: Subject) -> Iterator[tuple[str, str]]:
    """A server in a group that was made for something else."""
    ingress = _ingress(subject)
    for server in _servers(subject).values():
        rules = [rule for group in server.groups or () for rule in ingress.get(group, ())]
        spans = sorted({span for rule in rules if (span := _span(rule))})
        if spans and server.port is not None and not any(_opens(rule, server.port) for rule in rules):
            ports = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
            yield (
                server.resource.path,
                f"{server.label} listens on {server.port}, and its groups let in {ports} only: nothing can reach it; "
                f"give it a group of its own and name it in `connects_to` of those who use it",
            )


def _unanswered(subject: Subject) -> Iterator[tuple[str, str]]:
    ingress = _ingress(subject)
    known = {group.address for group in subject.of(GROUP)}
    listening: dict[Address, set[int]] = {}
    for listener in subject.of(LISTENER):
        balancer, port = listener.properties.get("LoadBalancerArn"), listener.properties.get("Port")
        if isinstance(balancer, Ref) and str(port).isdigit():
            listening.setdefault(balancer.address, set()).add(int(str(port)))
    for balancer in subject.of(LOAD_BALANCER):
        groups = _groups(balancer.properties.get("SecurityGroups"), known)
        ports = listening.get(balancer.address)
        if groups is None or not ports:
            continue
        spans = {span for group in groups for rule in ingress.get(group, ()) if (span := _span(rule))}
        for first, last in sorted(spans):
            if not any(first <= port <= last for port in ports):
                shown = str(first) if first == last else f"{first}-{last}"
                yield (
                    balancer.path,
                    f"port {shown} of {balancer.name} is open and no listener answers there; close it, or add a "
                    f"listener (port 80 redirects to 443)",
                )


RULES = (
    Rule(
        "function.outside-network",
        "A function outside the network that is given a private address.",
        _outside,
        source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    ),
    Rule(
        "network.unreachable", "An address given to somebody who is not let in there.", _unreachable, Severity.WARNING
    ),
    Rule(
        "network.closed-port", "A database, cache or domain whose own port is closed to all.", _closed, Severity.WARNING
    ),
    Rule("load-balancer.open-port", "An open port that no listener answers.", _unanswered, Severity.WARNING),
)
