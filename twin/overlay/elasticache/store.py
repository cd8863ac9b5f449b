# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the records of ElastiCache are, and how they are found, named and tagged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from twin.overlay._lifecycle import Record, as_tags
from twin.patch import Parameters, notes
from twin.refusal import refuse


@dataclass
class Store:
    """The resources of one account and region by name."""

    groups: dict[str, Record] = field(default_factory=dict)
    clusters: dict[str, Record] = field(default_factory=dict)
    subnet_groups: dict[str, Record] = field(default_factory=dict)
    parameter_groups: dict[str, Record] = field(default_factory=dict)
    snapshots: dict[str, Record] = field(default_factory=dict)

    def members(self, group: Record) -> list[Record]:
        return [self.clusters[name] for name in group["MemberClusters"] if name in self.clusters]


def store(response: ElastiCacheResponse) -> Store:
    return of_backend(response.elasticache_backend)


def of_backend(backend: ElastiCacheBackend) -> Store:
    found: Store = notes(backend, "store", Store)
    return found


def arn(response: ElastiCacheResponse, kind: str, name: str) -> str:
    return f"arn:{response.partition}:elasticache:{response.region}:{response.current_account}:{kind}:{name}"


def bad(message: str) -> NoReturn:
    refuse("InvalidParameterValue", message)


def clash(message: str) -> NoReturn:
    refuse("InvalidParameterCombination", message)


def check_name(kind: str, name: str, longest: int) -> str:
    """Identifiers are lower case to ElastiCache, whatever was sent."""
    name = name.lower()
    if not re.fullmatch(r"[a-z](?:-?[a-z0-9])*", name) or len(name) > longest:
        bad(
            f"The parameter {kind} is not a valid identifier. Identifiers must begin with a letter; must"
            " contain"
            " only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two"
            " consecutive"
            " hyphens."
        )
    return name


def find_group(response: ElastiCacheResponse, name: str) -> Record:
    group = store(response).groups.get(name.lower())
    if group is None:
        refuse("ReplicationGroupNotFoundFault", f"ReplicationGroup {name} not found.")
    return group


def find_cluster(response: ElastiCacheResponse, name: str) -> Record:
    cluster = store(response).clusters.get(name.lower())
    if cluster is None:
        refuse("CacheClusterNotFound", f"CacheCluster {name} not found.")
    return cluster


def find_snapshot(response: ElastiCacheResponse, name: str) -> Record:
    snapshot = store(response).snapshots.get(name)
    if snapshot is None:
        refuse("SnapshotNotFoundFault", f"Snapshot {name} not found.")
    return snapshot


def must_be_available(group: Record, doing: str) -> None:
    if group["Status"] != "available":
        refuse(
            "InvalidReplicationGroupState",
            f"Replication group {group['ReplicationGroupId']} must be in available state to {doing}; it is"
            f" {group['Status']}.",
        )


def set_tags(response: ElastiCacheResponse, resource: str, p: Parameters) -> None:
    if p.get("Tags"):
        response.elasticache_backend.tagging_service.tag_resource(resource, as_tags(p["Tags"]))


def drop_tags(backend: Any, resource: str) -> None:
    backend.tagging_service.delete_all_tags_for_resource(resource)
