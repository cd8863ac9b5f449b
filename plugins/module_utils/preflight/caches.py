# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ElastiCache replication groups that AWS would refuse, and clients that could not reach them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Compose, Ref, Sensitive, references
from .networks import zones_of_subnets
from .rule import Rule, Severity, Subject

GROUP = "AWS::ElastiCache::ReplicationGroup"

#: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
_OLDEST = {"redis": 6, "valkey": 7}

_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_TLS_HOST = re.compile(
    r"(?<![a-z])redis://(?:[^@\s/]*@)?((?:master|replica|clustercfg)\.[a-z0-9.-]+\.cache\.amazonaws\.com)"
)


def _failover(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(GROUP):
        nodes = group.properties.get("NumCacheClusters")
        if not isinstance(nodes, int) or nodes > 1:
            continue
        for prop, option in (("AutomaticFailoverEnabled", "automatic_failover"), ("MultiAZEnabled", "multi_az")):
            if group.properties.get(prop):
                yield (
                    f"{group.path}.{option}",
                    f"on, with {nodes} node and nobody to fail over to; raise nodes or leave it out",
                )


def _nodes(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(GROUP):
        nodes = group.properties.get("NumCacheClusters")
        if isinstance(nodes, int) and not 1 <= nodes <= 6:
            yield f"{group.path}.nodes", f"{nodes}: a group is a primary and up to five replicas, 1 to 6; correct it"


def _multi_az_without_failover(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(GROUP):
        if group.properties.get("MultiAZEnabled") and group.properties.get("AutomaticFailoverEnabled") is False:
            yield f"{group.path}.multi_az", "on, which needs automatic_failover; turn that on too"


def _one_zone(subject: Subject) -> Iterator[tuple[str, str]]:
    zones = {
        group.address: zones_of_subnets(subject, group.properties.get("SubnetIds"))
        for group in subject.of("AWS::ElastiCache::SubnetGroup")
    }
    for group in subject.of(GROUP):
        subnets = group.properties.get("CacheSubnetGroupName")
        covered = zones.get(subnets.address) if isinstance(subnets, Ref) else None
        if group.properties.get("MultiAZEnabled") and covered is not None and len(covered) < 2:
            yield (
                f"{group.path}.multi_az",
                f"on, but its subnets are all in {', '.join(covered)}; raise network.zones",
            )


def _retired(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(GROUP):
        engine = str(group.properties.get("Engine", "redis"))
        major = str(group.properties.get("EngineVersion", "")).partition(".")[0]
        if major.isdigit() and int(major) < _OLDEST.get(engine, 0):
            yield f"{group.path}.engine_version", f"{engine} {major} is past standard support; take 7.1 or newer"


def _snapshots(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(GROUP):
        days = group.properties.get("SnapshotRetentionLimit")
        if isinstance(days, int) and not 0 <= days <= 35:
            yield f"{group.path}.snapshots.retention_days", f"{days}: ElastiCache keeps 0 to 35 days; correct it"


def _window(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(GROUP):
        window = group.properties.get("SnapshotWindow")
        if isinstance(window, str) and not _WINDOW.fullmatch(window):
            yield (
                f"{group.path}.snapshots.window",
                f"{window!r} is no window: ElastiCache takes one snapshot a day, in UTC, e.g. 05:00-06:00; for more, "
                f"say `snapshots: {{hourly: {{keep_days: 7}}}}`",
            )


def _aof(subject: Subject) -> Iterator[tuple[str, str]]:
    for parameters in subject.of("AWS::ElastiCache::ParameterGroup"):
        wanted = str((parameters.properties.get("Properties") or {}).get("appendonly", "no")).lower()
        if wanted in ("yes", "1", "true"):
            yield (
                f"{parameters.path}.parameters.appendonly",
                "append-only files are not offered with failover; rely on Multi-AZ and snapshots",
            )


def _plain_scheme(subject: Subject) -> Iterator[tuple[str, str]]:
    """`redis://` to a cache that answers in TLS alone."""
    encrypted = {group.address for group in subject.of(GROUP) if group.properties.get("TransitEncryptionEnabled")}
    for resource in subject.resources:
        for text in _compositions(resource.properties):
            if re.search(r"(?<![a-z])redis://", text.template) and encrypted & {
                ref.address for ref in references(text)
            }:
                yield resource.path, "redis:// to a cache that takes TLS only; write rediss://"
        for host in plain_hosts(resource.properties):
            yield resource.path, f"redis:// to {host}, which takes TLS only; write rediss://"


def plain_hosts(value: Any) -> Iterator[str]:
    """Hosts whose own names say that they take TLS only, in texts that call them without.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Endpoints.html
    """
    if isinstance(value, str):
        yield from _TLS_HOST.findall(value)
    elif isinstance(value, Sensitive):
        yield from plain_hosts(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from plain_hosts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from plain_hosts(item)


def _compositions(value: Any) -> Iterator[Compose]:
    if isinstance(value, Compose):
        yield value
        for part in value.parts.values():
            yield from _compositions(part)
    elif isinstance(value, Sensitive):
        yield from _compositions(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _compositions(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _compositions(item)


def _unencrypted(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(GROUP):
        if _open_wire(group):
            yield (
                f"{group.path}.transit_encryption",
                "off: everything, tokens too, crosses the network in the clear; turn it on",
            )


def _open_wire(group: Resource) -> bool:
    return group.properties.get("TransitEncryptionEnabled") is False


RULES = (
    Rule("cache.failover-alone", "Failover with a single node.", _failover),
    Rule("cache.nodes", "A number of nodes that a replication group cannot have.", _nodes),
    Rule("cache.multi-az-without-failover", "Multi-AZ without automatic failover.", _multi_az_without_failover),
    Rule("cache.multi-az-one-zone", "Multi-AZ in one zone.", _one_zone),
    Rule("cache.snapshot-window", "A snapshot window that is none.", _window),
    Rule("cache.retired-version", "An engine version past its support.", _retired),
    Rule("cache.snapshot-retention", "Snapshots kept longer than ElastiCache does.", _snapshots),
    Rule(
        "cache.append-only",
        "Append-only files, which replication groups do not have.",
        _aof,
        source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/RedisAOF.html",
    ),
    Rule("cache.plain-scheme", "A redis:// address of a cache with encryption in transit.", _plain_scheme),
    Rule("cache.unencrypted", "A cache without encryption in transit.", _unencrypted, Severity.WARNING),
)
