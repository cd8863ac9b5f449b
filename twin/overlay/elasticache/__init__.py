# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ElastiCache, in place of moto's: replication groups and their members, groups, snapshots, tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from twin.overlay._lifecycle import Record, as_tags
from twin.overlay.elasticache import changes, clusters, groups, replication, snapshots
from twin.overlay.elasticache.store import Store, must_be_available, of_backend, store
from twin.patch import Parameters, around, operation
from twin.refusal import refuse
from twin.world import World

_NOT_FOUND = {
    "replicationgroup": "ReplicationGroupNotFoundFault",
    "cluster": "CacheClusterNotFound",
    "subnetgroup": "CacheSubnetGroupNotFoundFault",
    "parametergroup": "CacheParameterGroupNotFound",
    "snapshot": "SnapshotNotFoundFault",
}


def _kinds(found: Store) -> dict[str, dict[str, Record]]:
    return {
        "replicationgroup": found.groups,
        "cluster": found.clusters,
        "subnetgroup": found.subnet_groups,
        "parametergroup": found.parameter_groups,
        "snapshot": found.snapshots,
    }


def _tagged(response: ElastiCacheResponse, arn: str) -> list[str]:
    """The ARN, and with a replication group those of its members: they carry its tags."""
    parts = arn.split(":", 6)
    if len(parts) != 7 or parts[2] != "elasticache":
        refuse("InvalidARN", f"Provided ARN {arn} is not valid.")
    kind, name = parts[5], parts[6]
    if kind == "user":
        return [arn]
    record = _kinds(store(response)).get(kind, {}).get(name)
    if record is None:
        refuse(_NOT_FOUND.get(kind, "InvalidARN"), f"{name} is either not present or not available.")
    if kind != "replicationgroup":
        return [arn]
    return [arn, *(cluster["ARN"] for cluster in store(response).members(record))]


def _writable(response: ElastiCacheResponse, arn: str) -> list[str]:
    arns = _tagged(response, arn)
    group = store(response).groups.get(arn.split(":", 6)[6]) if ":replicationgroup:" in arn else None
    if group is not None:
        must_be_available(group, "be tagged")
    return arns


def _tags() -> None:
    def list_tags(response: ElastiCacheResponse, p: Parameters) -> dict[str, Any]:
        _tagged(response, p["ResourceName"])
        tags = response.elasticache_backend.tagging_service.list_tags_for_resource(p["ResourceName"])
        return {"TagList": tags["Tags"]}

    operation(ElastiCacheResponse, "ListTagsForResource")(list_tags)

    @operation(ElastiCacheResponse, "AddTagsToResource")
    def add(response: ElastiCacheResponse, p: Parameters) -> dict[str, Any]:
        for arn in _writable(response, p["ResourceName"]):
            response.elasticache_backend.tagging_service.tag_resource(arn, as_tags(p["Tags"]))
        return list_tags(response, p)

    @operation(ElastiCacheResponse, "RemoveTagsFromResource")
    def remove(response: ElastiCacheResponse, p: Parameters) -> dict[str, Any]:
        for arn in _writable(response, p["ResourceName"]):
            response.elasticache_backend.tagging_service.untag_resource_using_names(arn, p["TagKeys"])
        return list_tags(response, p)

    @around(ElastiCacheBackend, "iter_tagged_resources")
    def tagged(original: Any, backend: ElastiCacheBackend) -> Iterator[TaggedResource]:
        yield from original(backend)
        for kind, records in _kinds(of_backend(backend)).items():
            for record in list(records.values()):
                yield TaggedResource(
                    arn=record["ARN"],
                    tags=backend.tagging_service.get_tag_dict_for_resource(record["ARN"]),
                    resource_type=f"elasticache:{kind}",
                )


def install(world: World) -> None:
    groups.install()
    clusters.install(world)
    snapshots.install(world)
    replication.install(world)
    changes.install(world)
    _tags()
