# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS: a scheduler in place of moto's records. Container instances and capacity providers stay moto's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.ecs.models import EC2ContainerServiceBackend

from twin.overlay._lifecycle import TagList, as_tags, with_tags, without_tags
from twin.overlay.ecs import clusters, run, runtime, services, task_definitions
from twin.overlay.ecs.store import Answer, Store, find_definition, invalid, of_backend, short
from twin.patch import around
from twin.refusal import refuse
from twin.world import World


def _tags_of(here: Store, arn: str) -> tuple[Any, TagList]:
    """What has the tags of the ARN, and the tags."""
    parts = arn.split(":", 5)
    kind, _, path = parts[-1].partition("/")
    if len(parts) != 6 or parts[2] != "ecs":
        invalid("The ARN provided is invalid.")
    if kind == "cluster":
        cluster = here.clusters.get(path)
        if cluster is None or cluster.status == "INACTIVE":
            refuse("ClusterNotFoundException", "Cluster not found.")
        return cluster, cluster.tags or []
    if kind == "task-definition":
        definition = find_definition(here, path, "The specified task definition does not exist.")
        return definition, definition["tags"]
    record = None
    if kind == "service" and path.count("/") == 1:
        cluster_name, name = path.split("/")
        record = here.services.get((cluster_name, name))
    elif kind == "task":
        record = here.tasks.get(short(path))
    if record is None:
        invalid(f"The specified {kind} is not found.")
    return record, record["tags"]


def _set(owner: Any, tags: TagList) -> None:
    if isinstance(owner, dict):
        owner["tags"] = tags
    else:
        owner.tags = tags


def _tags() -> None:
    @around(EC2ContainerServiceBackend, "list_tags_for_resource")
    def list_tags(original: Any, backend: EC2ContainerServiceBackend, arn: str) -> TagList:
        return original(backend, arn) if ":capacity-provider/" in arn else _tags_of(of_backend(backend), arn)[1]

    @around(EC2ContainerServiceBackend, "tag_resource")
    def tag(original: Any, backend: EC2ContainerServiceBackend, arn: str, tags: dict[str, str]) -> None:
        if ":capacity-provider/" in arn:
            original(backend, arn, tags)
            return
        owner, old = _tags_of(of_backend(backend), arn)
        new = as_tags([{"key": k, "value": v} for k, v in tags.items()], "key", "value")
        _set(owner, with_tags(old, new, "key"))

    @around(EC2ContainerServiceBackend, "untag_resource")
    def untag(original: Any, backend: EC2ContainerServiceBackend, arn: str, keys: list[str]) -> None:
        if ":capacity-provider/" in arn:
            original(backend, arn, keys)
            return
        owner, old = _tags_of(of_backend(backend), arn)
        _set(owner, without_tags(old, keys, "key"))

    @around(EC2ContainerServiceBackend, "iter_tagged_resources")
    def tagged(_: Any, backend: EC2ContainerServiceBackend) -> Iterator[TaggedResource]:
        here = of_backend(backend)
        found: list[tuple[str, str, TagList]] = [
            ("cluster", c.arn, c.tags or []) for c in here.clusters.values() if c.status != "INACTIVE"
        ]
        found += [("service", s["serviceArn"], s["tags"]) for s in here.services.values() if s["status"] != "INACTIVE"]
        found += [("task", t["taskArn"], t["tags"]) for t in here.tasks.values() if t["lastStatus"] != "STOPPED"]
        found += [
            ("task-definition", d["taskDefinitionArn"], d["tags"])
            for revisions in here.definitions.values()
            for d in revisions
            if d["status"] != "DELETED"
        ]
        for kind, arn, tags in found:
            yield TaggedResource(arn, {tag["key"]: tag["value"] for tag in tags}, f"ecs:{kind}")


def install(world: World) -> None:
    runtime.use(runtime.Pretended(world))
    task_definitions.install(world)
    clusters.install(world)
    services.install(world)
    run.install(world)
    _tags()

    @around(EC2ContainerServiceBackend, "describe_services")
    def describe_services(_: Any, backend: EC2ContainerServiceBackend, cluster: str, names: list[str]) -> Any:
        """Other services ask moto's backend whether a service exists."""
        here: Store = of_backend(backend)
        found: list[Answer] = [
            here.services[key]
            for key in ((short(cluster), short(name)) for name in names)
            if key in here.services and here.services[key]["status"] != "INACTIVE"
        ]
        return found, []
