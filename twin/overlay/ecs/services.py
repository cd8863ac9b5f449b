# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services: ACTIVE, DRAINING, INACTIVE; what of an update makes a new deployment."""

from __future__ import annotations

import copy
import re
from typing import Any

from moto.core.utils import utcnow
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from twin.overlay._lifecycle import Record, as_tags
from twin.overlay.ecs import deployments, service_rules
from twin.overlay.ecs.clusters import filled
from twin.overlay.ecs.store import (
    Answer,
    Store,
    client_error,
    event,
    find_cluster,
    find_definition,
    find_service,
    invalid,
    json_page,
    short,
    store,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

# A change of one of these makes a new deployment; the others are noted, or act on the tasks to come.
_DEPLOYED = (
    "taskDefinition", "networkConfiguration", "capacityProviderStrategy", "platformVersion", "loadBalancers",
    "serviceRegistries", "serviceConnectConfiguration", "volumeConfigurations", "launchType",
)  # fmt: skip
_NOTED = (
    "desiredCount", "healthCheckGracePeriodSeconds", "enableExecuteCommand", "enableECSManagedTags",
    "propagateTags", "placementConstraints", "placementStrategy", "availabilityZoneRebalancing",
)  # fmt: skip


def _deployment_configuration(p: Parameters, daemon: bool, old: Answer | None = None) -> Answer:
    default: Answer = {
        "strategy": "ROLLING",
        "maximumPercent": 100 if daemon else 200,
        "minimumHealthyPercent": 0 if daemon else 100,
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "bakeTimeInMinutes": 0,
    }
    return {**default, **(old or {}), **p.get("deploymentConfiguration", {})}


def _network(network: Answer | None) -> Answer | None:
    settings = (network or {}).get("awsvpcConfiguration")
    if not settings:
        return network
    return {"awsvpcConfiguration": {"securityGroups": [], "assignPublicIp": "DISABLED", **settings}}


def view(here: Store, service: Record, tags: bool) -> Answer:
    shown: Answer = copy.copy(service)
    alive = here.of_service(service)
    running = sum(task["lastStatus"] == "RUNNING" for task in alive)
    shown.update(runningCount=running, pendingCount=len(alive) - running)
    if not tags:
        shown.pop("tags")
    if service["status"] == "INACTIVE":
        shown["deployments"] = []
    return shown


def _request_key(p: Parameters) -> dict[str, Any]:
    return {k: v for k, v in p.items() if k not in ("clientToken", "tags", "desiredCount")}


def _existing(here: Store, name: str, cluster: str, p: Parameters) -> Record | None:
    """The service of that name if this is the same request again; a refusal if it is another's."""
    service = here.services.get((cluster, name))
    if service is None or service["status"] == "INACTIVE":
        return None
    if service["status"] == "DRAINING":
        invalid("Unable to Start a service that is still Draining.")
    token = p.get("clientToken")
    same = _request_key(p) == service["request"]
    if same or (token and token == service["token"]):
        return service
    invalid("Creation of service was not idempotent.")


def _record(here: Store, cluster: Any, definition: Record, p: Parameters) -> Record:
    name, scheduling = p["serviceName"], p.get("schedulingStrategy") or "REPLICA"
    strategy = p.get("capacityProviderStrategy")
    if not strategy and not p.get("launchType"):
        strategy = cluster.default_capacity_provider_strategy
    launch_type = p.get("launchType") or (None if strategy else "EC2")
    fargate = launch_type == "FARGATE" or any(s["capacityProvider"].startswith("FARGATE") for s in strategy or [])
    return Record(
        {k: v for k, v in p.items() if k in ("serviceConnectConfiguration", "volumeConfigurations")},
        serviceArn=here.arn(f"service/{cluster.name}/{name}"),
        serviceName=name,
        clusterArn=cluster.arn,
        cluster_name=cluster.name,
        status="ACTIVE",
        loadBalancers=p.get("loadBalancers") or [],
        serviceRegistries=p.get("serviceRegistries") or [],
        desiredCount=p.get("desiredCount", 0),
        taskDefinition=definition["taskDefinitionArn"],
        launchType=launch_type,
        capacityProviderStrategy=filled(strategy) or None,
        platformVersion=(p.get("platformVersion") or "LATEST") if fargate else None,
        platformFamily="Linux" if fargate else None,
        deploymentConfiguration=_deployment_configuration(p, scheduling == "DAEMON"),
        deploymentController=p.get("deploymentController") or {"type": "ECS"},
        networkConfiguration=_network(p.get("networkConfiguration")),
        healthCheckGracePeriodSeconds=p.get("healthCheckGracePeriodSeconds", 0) if p.get("loadBalancers") else None,
        schedulingStrategy=scheduling,
        placementConstraints=p.get("placementConstraints") or [],
        placementStrategy=p.get("placementStrategy") or [],
        propagateTags=p.get("propagateTags") or "NONE",
        enableECSManagedTags=bool(p.get("enableECSManagedTags")),
        enableExecuteCommand=bool(p.get("enableExecuteCommand")),
        availabilityZoneRebalancing=p.get("availabilityZoneRebalancing") or "ENABLED",
        roleArn=f"arn:{here.partition}:iam::{here.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        createdAt=utcnow(),
        createdBy=f"arn:{here.partition}:iam::{here.account}:root",
        tags=as_tags(p.get("tags"), "key", "value"),
        events=[],
        deployments=[],
        history=[],
        request=_request_key(p),
        token=p.get("clientToken"),
    )


def _check(here: Store, cluster: Any, definition: Record, p: Parameters) -> None:
    service_rules.check_placement(cluster, definition, p)
    service_rules.check_network(here, definition, p.get("networkConfiguration"))
    service_rules.check_load_balancers(here, definition, p.get("loadBalancers") or [])
    service_rules.check_grace(p.get("healthCheckGracePeriodSeconds"), p.get("loadBalancers") or [])


def _definition(here: Store, name: str | None) -> Record:
    if not name:
        invalid("TaskDefinition can not be blank.")
    definition = find_definition(here, name, "TaskDefinition not found.")
    if definition["status"] != "ACTIVE":
        client_error("TaskDefinition is inactive")
    return definition


def _update(here: Store, cluster: Any, service: Record, p: Parameters) -> bool:
    """Apply an update; True if it makes a new deployment."""
    definition = _definition(here, p.get("taskDefinition") or service["taskDefinition"]) if p.get(
        "taskDefinition"
    ) else find_definition(here, service["taskDefinition"])  # fmt: skip
    wanted = {
        "networkConfiguration": service["networkConfiguration"],
        "loadBalancers": service["loadBalancers"],
        **{k: v for k, v in p.items() if v is not None},
    }
    _check(here, cluster, definition, wanted)
    settings = _deployment_configuration(
        p, service["schedulingStrategy"] == "DAEMON", service["deploymentConfiguration"]
    )
    service_rules.check_deployment(settings, service["schedulingStrategy"])
    service["deploymentConfiguration"] = settings
    new: dict[str, Any] = {name: p[name] for name in _DEPLOYED if p.get(name) is not None}
    new["taskDefinition"] = definition["taskDefinitionArn"]
    if "networkConfiguration" in new:
        new["networkConfiguration"] = _network(new["networkConfiguration"])
    if "capacityProviderStrategy" in new:
        new["capacityProviderStrategy"] = filled(new["capacityProviderStrategy"]) or None
        new["launchType"] = None
    changed = any(service.get(name) != value for name, value in new.items())
    service.update(new)
    service.update({name: p[name] for name in _NOTED if p.get(name) is not None})
    return changed or bool(p.get("forceNewDeployment"))


def install(world: World) -> None:
    @operation(Response, "CreateService")
    def create(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p.get("cluster"))
        name = p.get("serviceName") or ""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
            invalid("Invalid service name. Up to 255 letters (uppercase and lowercase), numbers, underscores, and"
                    " hyphens are allowed.")  # fmt: skip
        found = _existing(here, name, cluster.name, p)
        if found is not None:
            return {"service": view(here, found, tags=True)}
        definition = _definition(here, p.get("taskDefinition"))
        if p.get("schedulingStrategy") != "DAEMON" and p.get("desiredCount") is None:
            invalid("The desired count must be specified for a service that uses the REPLICA scheduling strategy.")
        _check(here, cluster, definition, p)
        service = _record(here, cluster, definition, p)
        service_rules.check_deployment(service["deploymentConfiguration"], service["schedulingStrategy"])
        here.services[cluster.name, name] = service
        if service["deploymentController"]["type"] == "ECS":
            deployments.new_deployment(here, service)
            deployments.look(world, here, service)
        return {"service": view(here, service, tags=True)}

    @operation(Response, "DescribeServices")
    def describe(response: Response, p: Parameters) -> Answer:
        here, names = store(response), p.get("services") or []
        cluster = find_cluster(here, p.get("cluster"))
        if not names:
            invalid("Services cannot be empty.")
        if len(names) > 10:
            invalid("Services list cannot have more than 10 items.")
        found, failures = [], []
        for name in names:
            service = here.services.get((cluster.name, short(name)))
            if service is None:
                arn = name if name.startswith("arn:") else here.arn(f"service/{cluster.name}/{name}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(view(here, service, "TAGS" in p.get("include", [])))
        return {"services": found, "failures": failures}

    @operation(Response, "ListServices")
    def list_services(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p.get("cluster"))
        found = [
            service["serviceArn"]
            for (name, _), service in sorted(here.services.items())
            if name == cluster.name
            and service["status"] == "ACTIVE"
            and p.get("launchType") in (None, service["launchType"])
            and p.get("schedulingStrategy") in (None, service["schedulingStrategy"])
        ]
        return json_page(found, p, "serviceArns", default=10)

    @operation(Response, "UpdateService")
    def update(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p.get("cluster"))
        service = find_service(here, cluster, p["service"])
        if service["status"] != "ACTIVE":
            refuse("ServiceNotActiveException", "Service was not ACTIVE.")
        if _update(here, cluster, service, p) and service["deploymentController"]["type"] == "ECS":
            deployments.new_deployment(here, service)
        deployments.look(world, here, service)
        return {"service": view(here, service, tags=True)}

    @operation(Response, "DeleteService")
    def delete(response: Response, p: Parameters) -> Answer:
        here = store(response)
        cluster = find_cluster(here, p.get("cluster"))
        service = find_service(here, cluster, p["service"])
        if service["status"] == "INACTIVE":
            refuse("ServiceNotFoundException", "Service not found.")
        if service["desiredCount"] > 0 and not p.get("force") and service["schedulingStrategy"] == "REPLICA":
            invalid("The service cannot be stopped while it is scaled above 0.")
        service["desiredCount"] = 0

        def gone() -> None:
            service["status"] = "INACTIVE"

        if service["status"] == "ACTIVE":
            event(service, "has begun draining connections on its tasks.")
            deployments.drain(world, here, service, gone)
        return {"service": view(here, service, tags=True)}

    _service_deployments(world)


def _deployment(here: Store, arn: str) -> tuple[Record, Record] | None:
    for service in here.services.values():
        for deployment in service["history"]:
            if deployment["arn"] == arn:
                return service, deployment
    return None


def _service_deployments(world: World) -> None:
    @operation(Response, "ListServiceDeployments")
    def list_deployments(response: Response, p: Parameters) -> Answer:
        here = store(response)
        service = find_service(here, find_cluster(here, p.get("cluster")), p["service"])
        wanted = p.get("status") or []
        found = [deployments.brief(service, d) for d in service["history"] if not wanted or d["outcome"] in wanted]
        return json_page(found, p, "serviceDeployments", default=20)

    @operation(Response, "DescribeServiceDeployments")
    def describe_deployments(response: Response, p: Parameters) -> Answer:
        here, found, failures = store(response), [], []
        for arn in p.get("serviceDeploymentArns") or []:
            match = _deployment(here, arn)
            if match is None:
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                found.append(deployments.describe(here, *match))
        return {"serviceDeployments": found, "failures": failures}

    @operation(Response, "DescribeServiceRevisions")
    def describe_revisions(response: Response, p: Parameters) -> Answer:
        here, found, failures = store(response), [], []
        known = {
            deployment["revision"]: (service, deployment)
            for service in here.services.values()
            for deployment in service["history"]
        }
        for arn in p["serviceRevisionArns"]:
            if arn not in known:
                failures.append({"arn": arn, "reason": "MISSING"})
                continue
            service, deployment = known[arn]
            definition = find_definition(here, deployment["taskDefinition"])
            found.append(
                {
                    **{k: v for k, v in deployment["settings"].items() if v},
                    "serviceRevisionArn": arn,
                    "serviceArn": service["serviceArn"],
                    "clusterArn": service["clusterArn"],
                    "createdAt": deployment["revisionCreatedAt"],
                    "containerImages": [
                        {"containerName": c["name"], "image": c["image"]} for c in definition["containerDefinitions"]
                    ],
                }
            )
        return {"serviceRevisions": found, "failures": failures}

    @operation(Response, "StopServiceDeployment")
    def stop_deployment(response: Response, p: Parameters) -> Answer:
        here, arn = store(response), p["serviceDeploymentArn"]
        match = _deployment(here, arn)
        if match is None:
            refuse("ServiceDeploymentNotFoundException", "Service deployment not found.")
        service, deployment = match
        if deployment["outcome"] != "IN_PROGRESS":
            refuse("ConflictException", f"The service deployment is in {deployment['outcome']} state.")
        good = next((d for d in service["history"] if d["rolloutState"] == "COMPLETED"), None)
        if p.get("stopType") == "ABORT" or good is None:
            deployment.update(rolloutState="FAILED", outcome="STOPPED", finishedAt=utcnow())
            deployment["rolloutStateReason"] = "The deployment was stopped."
        else:
            deployment.update(rolloutState="FAILED", rolloutStateReason="The deployment was stopped.")
            deployments.roll_back(here, service, deployment, good, "Service deployment was stopped: rolling back to")
        deployments.look(world, here, service)
        return {"serviceDeploymentArn": arn}
