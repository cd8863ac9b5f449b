# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters and their capacity providers."""

from __future__ import annotations

from moto.ecs.models import Cluster, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from twin.overlay._lifecycle import as_tags, proceed
from twin.overlay.ecs.store import (
    Answer,
    Store,
    find_cluster,
    invalid,
    json_page,
    short,
    store,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

_FARGATE = ("FARGATE", "FARGATE_SPOT")


def check_strategy(strategy: list[Answer], allowed: list[str]) -> None:
    """A capacity provider strategy, of the cluster or of what runs in it."""
    if len([item for item in strategy if item.get("base")]) > 1:
        invalid("Only one capacity provider in a capacity provider strategy can have a base value defined.")
    if strategy and not any(item.get("weight", 1 if len(strategy) == 1 else 0) for item in strategy):
        invalid("The specified capacity provider strategy must have at least one weight greater than 0.")
    for item in strategy:
        if short(item["capacityProvider"]) not in allowed:
            invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that is not"
                " associated"
                " with the cluster. Associate the capacity provider with the cluster and try again."
            )


def filled(strategy: list[Answer] | None) -> list[Answer]:
    return [
        {"capacityProvider": s["capacityProvider"], "weight": s.get("weight", 0), "base": s.get("base", 0)}
        for s in strategy or []
    ]


def _check_providers(response: Response, names: list[str]) -> None:
    backend: EC2ContainerServiceBackend = response.ecs_backend
    for name in names:
        if name not in _FARGATE and backend._get_provider(name) is None:
            invalid(
                f"The specified capacity provider '{name}' was not found. Specify a valid name or ARN and try again."
            )


def view(here: Store, cluster: Cluster, include: list[str]) -> Answer:
    """What DescribeClusters says: settings, configuration, statistics and tags only where asked for."""
    tasks = here.in_cluster(cluster.name)
    services = [s for (name, _), s in here.services.items() if name == cluster.name and s["status"] == "ACTIVE"]
    running = [task for task in tasks if task["lastStatus"] == "RUNNING"]
    pending = [task for task in tasks if task["lastStatus"] in ("PROVISIONING", "PENDING", "ACTIVATING")]
    counts = {"runningFargateTasksCount": running, "pendingFargateTasksCount": pending}
    shown: Answer = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": cluster.registered_container_instances_count,
        "runningTasksCount": len(running),
        "pendingTasksCount": len(pending),
        "activeServicesCount": len(services),
        "statistics": [],
        "settings": [],
        "tags": [],
        "capacityProviders": cluster.capacity_providers or [],
        "defaultCapacityProviderStrategy": filled(cluster.default_capacity_provider_strategy),
    }
    if getattr(cluster, "attachments_status", None):
        shown["attachmentsStatus"] = cluster.attachments_status  # type: ignore[attr-defined]
    if "SETTINGS" in include:
        shown["settings"] = cluster.settings
    if "STATISTICS" in include:
        shown["statistics"] = [{"name": name, "value": str(len(found))} for name, found in counts.items()]
    if "TAGS" in include:
        shown["tags"] = cluster.tags or []
    if "CONFIGURATIONS" in include and cluster.configuration:
        shown["configuration"] = cluster.configuration
    if cluster.service_connect_defaults:
        shown["serviceConnectDefaults"] = cluster.service_connect_defaults
    return shown


_EVERYTHING = ["SETTINGS", "TAGS", "CONFIGURATIONS"]


def _check_settings(settings: list[Answer] | None) -> None:
    for setting in settings or []:
        if setting.get("name") != "containerInsights":
            invalid(f"Invalid cluster setting name: {setting.get('name')}.")
        if setting.get("value") not in ("enabled", "disabled", "enhanced"):
            invalid(f"Invalid value for containerInsights: {setting.get('value')}.")


def _in_use(here: Store, cluster: Cluster, provider: str) -> bool:
    return any(
        item["capacityProvider"] == provider
        for (name, _), service in here.services.items()
        if name == cluster.name and service["status"] != "INACTIVE"
        for item in service.get("capacityProviderStrategy") or []
    )


def install(world: World) -> None:
    def attach(cluster: Cluster) -> None:
        cluster.attachments_status = "UPDATE_IN_PROGRESS"  # type: ignore[attr-defined]

        def done() -> None:
            cluster.attachments_status = "UPDATE_COMPLETE"  # type: ignore[attr-defined]
            if cluster.status == "PROVISIONING":
                cluster.status = "ACTIVE"

        proceed(world, cluster, world.delay("ecs.task.start"), done)

    @operation(Response, "CreateCluster")
    def create(response: Response, p: Parameters) -> Answer:
        here, name = store(response), p.get("clusterName") or "default"
        found = here.clusters.get(name)
        if found is not None and found.status != "INACTIVE":
            return {"cluster": view(here, found, _EVERYTHING)}
        _check_settings(p.get("settings"))
        providers, strategy = p.get("capacityProviders", []), p.get("defaultCapacityProviderStrategy", [])
        _check_providers(response, providers)
        check_strategy(strategy, providers)
        cluster = response.ecs_backend.create_cluster(
            name,
            as_tags(p.get("tags"), "key", "value"),
            p.get("settings"),
            p.get("configuration"),
            providers,
            strategy,
            p.get("serviceConnectDefaults"),
        )
        if providers:
            cluster.status = "PROVISIONING"
            attach(cluster)
        return {"cluster": view(here, cluster, _EVERYTHING)}

    @operation(Response, "DescribeClusters")
    def describe(response: Response, p: Parameters) -> Answer:
        here, found, failures = store(response), [], []
        names = p.get("clusters") or ["default"]
        if len(names) > 100:
            invalid("Clusters can have at most 100 items.")
        for name in names:
            cluster = here.clusters.get(short(name))
            if cluster is not None:
                found.append(view(here, cluster, p.get("include", [])))
            elif p.get("clusters"):
                arn = name if name.startswith("arn:") else here.arn(f"cluster/{name}")
                failures.append({"arn": arn, "reason": "MISSING"})
        return {"clusters": found, "failures": failures}

    @operation(Response, "ListClusters")
    def list_clusters(response: Response, p: Parameters) -> Answer:
        found = [c.arn for c in store(response).clusters.values() if c.status != "INACTIVE"]
        return json_page(sorted(found), p, "clusterArns")

    def update(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p["cluster"])
        _check_settings(p.get("settings"))
        response.ecs_backend.update_cluster(
            cluster.name, p.get("settings"), p.get("configuration"), p.get("serviceConnectDefaults")
        )
        return {"cluster": view(here, cluster, _EVERYTHING)}

    operation(Response, "UpdateCluster")(update)
    operation(Response, "UpdateClusterSettings")(update)

    @operation(Response, "PutClusterCapacityProviders")
    def put_providers(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p["cluster"])
        if getattr(cluster, "attachments_status", None) == "UPDATE_IN_PROGRESS":
            refuse(
                "UpdateInProgressException",
                "The specified cluster is in a busy state. Cluster attachments must be in UPDATE_COMPLETE or"
                " UPDATE_FAILED state before they can be updated. Wait and try again.",
            )
        providers, strategy = p.get("capacityProviders", []), p.get("defaultCapacityProviderStrategy", [])
        _check_providers(response, providers)
        check_strategy(strategy, providers)
        for name in cluster.capacity_providers or []:
            if name not in providers and _in_use(here, cluster, name):
                refuse(
                    "ResourceInUseException",
                    "The specified capacity provider is in use and cannot be removed.",
                )
        cluster.capacity_providers, cluster.default_capacity_provider_strategy = providers, strategy
        attach(cluster)
        return {"cluster": view(here, cluster, _EVERYTHING)}

    @operation(Response, "DeleteCluster")
    def delete(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p["cluster"])
        if any(n == cluster.name and s["status"] != "INACTIVE" for (n, _), s in here.services.items()):
            refuse(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            )
        if any(task["lastStatus"] != "STOPPED" for task in here.in_cluster(cluster.name)):
            refuse("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
        if cluster.registered_container_instances_count:
            refuse(
                "ClusterContainsContainerInstancesException",
                "The Cluster cannot be deleted while Container Instances are active or draining.",
            )
        cluster.status = "INACTIVE"
        return {"cluster": view(here, cluster, _EVERYTHING)}
