# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the records of ECS are and how they are found. Clusters stay moto's, which its instances belong to."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from moto.core.utils import utcnow
from moto.ecs.models import Cluster, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from twin.overlay._lifecycle import Record, page
from twin.patch import Parameters, notes
from twin.refusal import refuse

Answer = dict[str, Any]


@dataclass
class Store:
    """Services, tasks and task definitions of one account and region."""

    account: str
    region: str
    partition: str
    clusters: dict[str, Cluster]
    definitions: dict[str, list[Record]] = field(default_factory=dict)
    services: dict[tuple[str, str], Record] = field(default_factory=dict)
    tasks: dict[str, Record] = field(default_factory=dict)
    tokens: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    leaving: list[tuple[float, Record]] = field(default_factory=list)

    def arn(self, resource: str) -> str:
        return f"arn:{self.partition}:ecs:{self.region}:{self.account}:{resource}"

    def of_service(self, service: Record, living: bool = True) -> list[Record]:
        """The service's tasks; by default those that run or are on their way to."""
        return [
            task
            for task in self.tasks.values()
            if task.get("service") is service and (not living or task["desiredStatus"] == "RUNNING")
        ]

    def of_deployment(self, service: Record, deployment: Record) -> list[Record]:
        return [task for task in self.of_service(service) if task["startedBy"] == deployment["id"]]

    def leave(self, definition: Record, seconds: float) -> None:
        """Delete a revision: it is gone after that time at the earliest, and not while anything refers to it."""
        definition["status"] = "DELETE_IN_PROGRESS"
        self.leaving.append((time.time() + seconds, definition))

    def forget(self) -> None:
        """Let go of the deleted revisions whose time has come. The family keeps counting."""
        stay = []
        for when, definition in self.leaving:
            if time.time() < when or self._refers(definition["taskDefinitionArn"]):
                stay.append((when, definition))
            else:
                definition["status"] = "DELETED"
        self.leaving = stay

    def _refers(self, definition: str) -> bool:
        running = (task["taskDefinitionArn"] for task in self.tasks.values() if task["lastStatus"] != "STOPPED")
        deployed = (
            deployment["taskDefinition"]
            for service in self.services.values()
            if service["status"] != "INACTIVE"
            for deployment in service["deployments"]
        )
        return definition in running or definition in deployed

    def in_cluster(self, name: str) -> list[Record]:
        return [task for task in self.tasks.values() if task["cluster_name"] == name]


def of_backend(backend: EC2ContainerServiceBackend) -> Store:
    def new() -> Store:
        return Store(backend.account_id, backend.region_name, backend.partition, backend.clusters)

    found: Store = notes(backend, "store", new)
    found.forget()
    return found


def store(response: Response) -> Store:
    return of_backend(response.ecs_backend)


def invalid(message: str) -> NoReturn:
    refuse("InvalidParameterException", message)


def client_error(message: str) -> NoReturn:
    refuse("ClientException", message)


def short(name_or_arn: str) -> str:
    return name_or_arn.rsplit("/", 1)[-1]


def find_cluster(here: Store, name: str | None) -> Cluster:
    cluster = here.clusters.get(short(name or "default"))
    if cluster is None or cluster.status == "INACTIVE":
        refuse("ClusterNotFoundException", "Cluster not found.")
    return cluster


def find_service(here: Store, cluster: Cluster, name: str) -> Record:
    service = here.services.get((cluster.name, short(name)))
    if service is None:
        refuse("ServiceNotFoundException", "Service not found.")
    return service


def find_definition(here: Store, name: str, message: str = "Unable to describe task definition.") -> Record:
    """By ``family``, ``family:revision`` or ARN; a family alone is its latest active revision."""
    family, _, revision = short(name).partition(":")
    revisions = here.definitions.get(family, [])
    if revision:
        found = [d for d in revisions if str(d["revision"]) == revision and d["status"] != "DELETED"]
    else:
        found = [d for d in revisions if d["status"] == "ACTIVE"][-1:]
    if not found:
        client_error(message)
    return found[0]


def event(service: Record, message: str) -> None:
    text = f"(service {service['serviceName']}) {message}"
    service["events"].insert(0, {"id": secrets.token_hex(16), "createdAt": utcnow(), "message": text})
    del service["events"][100:]


def json_page(items: list[Any], p: Parameters, key: str, most: int = 100, default: int = 100) -> Answer:
    """The answer of a list call of ECS: ``maxResults``, ``nextToken``."""
    size = p.get("maxResults")
    if size is not None and not 1 <= size <= most:
        invalid(f"maxResults must be between 1 and {most}.")
    found, token = page(items, p.get("nextToken"), size, default, lambda: invalid("Invalid token."))
    return {key: found, **({"nextToken": token} if token else {})}
