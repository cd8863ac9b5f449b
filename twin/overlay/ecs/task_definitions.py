# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Task definitions: what is registered comes back whole, with what ECS fills in and what Fargate refuses."""

from __future__ import annotations

import re
from typing import Any

from moto.core.utils import utcnow
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from twin.overlay._lifecycle import Record, as_tags
from twin.overlay.ecs.store import (
    Answer,
    Store,
    client_error,
    find_definition,
    invalid,
    json_page,
    short,
    store,
)
from twin.patch import Parameters, operation
from twin.world import World

_GIB = 1024
# "Task size" in "Amazon ECS task definition differences for Fargate": CPU units -> MiB.
FARGATE: dict[int, list[int]] = {
    256: [512, 1024, 2048],
    512: [_GIB * n for n in range(1, 5)],
    1024: [_GIB * n for n in range(2, 9)],
    2048: [_GIB * n for n in range(4, 17)],
    4096: [_GIB * n for n in range(8, 31)],
    8192: [_GIB * n for n in range(16, 61, 4)],
    16384: [_GIB * n for n in range(32, 121, 8)],
}
_FIELDS = (
    "family", "taskRoleArn", "executionRoleArn", "networkMode", "volumes", "placementConstraints",
    "requiresCompatibilities", "cpu", "memory", "pidMode", "ipcMode", "proxyConfiguration",
    "inferenceAccelerators", "ephemeralStorage", "runtimePlatform", "enableFaultInjection",
)  # fmt: skip
_UNKNOWN = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
_STILL_ACTIVE = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
_HEALTH = {"interval": 30, "timeout": 5, "retries": 3}


def units(value: Any, one: int) -> int | None:
    """``512``, ``.5 vCPU`` or ``1 GB`` as CPU units (one = 1024 a vCPU) or MiB (one = 1024 a GB)."""
    if value is None:
        return None
    match = re.fullmatch(r"\s*(\d*\.?\d+)\s*(vcpu|gb)?\s*", str(value), re.IGNORECASE)
    if not match:
        return None
    return int(float(match[1]) * one) if match[2] else int(float(match[1]))


def _check_fargate(p: Parameters) -> None:
    if p.get("networkMode") != "awsvpc":
        client_error("When networkMode is not specified as awsvpc, Fargate compatibility cannot be requested."
                     " Fargate only supports network mode 'awsvpc'.")  # fmt: skip
    for name in ("cpu", "memory"):
        if not p.get(name):
            client_error(f"Fargate requires that '{name}' be defined at the task level.")
    cpu, memory = units(p["cpu"], 1024), units(p["memory"], 1024)
    if cpu is None:
        client_error("Invalid 'cpu' setting for task.")
    if memory is None:
        client_error("Invalid 'memory' setting for task.")
    if memory not in FARGATE.get(cpu, []):
        client_error(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
            " See the Amazon ECS documentation for the valid values."
        )
    if p.get("pidMode") not in (None, "task"):
        client_error(
            f"Tasks using the Fargate launch type do not support pidMode '{p['pidMode']}'. The supported"
            " value"
            " for pidMode is 'task'."
        )
    storage = p.get("ephemeralStorage", {}).get("sizeInGiB")
    if storage is not None and not 21 <= storage <= 200:
        client_error("The value for sizeInGiB must be between 21 and 200.")
    if p.get("executionRoleArn"):
        return
    for container in p["containerDefinitions"]:
        driver = container.get("logConfiguration", {}).get("logDriver")
        if driver == "awslogs":
            client_error("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
        if ".dkr.ecr." in container.get("image", ""):
            client_error("Fargate requires task definition to have execution role ARN to support ECR images.")
        if container.get("secrets"):
            client_error(
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
            )


def _check_containers(p: Parameters) -> None:
    containers = p.get("containerDefinitions") or []
    if not containers:
        client_error("Container list cannot be empty.")
    names = [container.get("name") for container in containers]
    if len(set(names)) != len(names):
        client_error("Duplicate container names are not allowed.")
    if not any(container.get("essential", True) for container in containers):
        client_error("At least one container must be essential.")
    cpu, memory = units(p.get("cpu"), 1024), units(p.get("memory"), 1024)
    for container in containers:
        _check_container(container, names, p, memory)
    if cpu is not None and sum(c.get("cpu", 0) for c in containers) > cpu:
        client_error("Invalid setting for container. The total cpu of the containers is greater than for the task.")


def _check_container(container: Answer, names: list[Any], p: Parameters, memory: int | None) -> None:
    name = container.get("name")
    for member in ("name", "image"):
        if not container.get(member):
            client_error(f"Container.{member} should not be null or empty.")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", str(name)):
        client_error(f"Invalid container name: {name}.")
    if memory is None and not container.get("memory") and not container.get("memoryReservation"):
        client_error(
            f"Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be"
            " specified."
        )
    if memory is not None and container.get("memory", 0) > memory:
        client_error(f"The 'memory' setting for container '{name}' is greater than for the task.")
    for mapping in container.get("portMappings", []):
        inside, outside = mapping.get("containerPort"), mapping.get("hostPort")
        if p.get("networkMode") == "awsvpc" and outside not in (None, inside):
            client_error("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
    for other in container.get("dependsOn", []):
        if other["containerName"] not in names:
            client_error(
                f"Container '{name}' cannot depend on the container '{other['containerName']}' because it"
                " does"
                " not exist."
            )
    volumes = {volume.get("name") for volume in p.get("volumes", [])}
    for mount in container.get("mountPoints", []):
        if mount.get("sourceVolume") not in volumes:
            client_error(f"Unknown volume '{mount.get('sourceVolume')}'.")


def _filled(container: Answer, network_mode: str) -> Answer:
    """A container as ECS gives it back: with its defaults."""
    full: Answer = {
        "cpu": 0,
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        **container,
    }
    full["portMappings"] = [
        {
            **({"hostPort": mapping["containerPort"]} if network_mode in ("awsvpc", "host") else {}),
            "protocol": "tcp",
            **mapping,
        }
        for mapping in container.get("portMappings", [])
    ]
    if "healthCheck" in container:
        full["healthCheck"] = {**_HEALTH, **container["healthCheck"]}
    return full


def _attributes(p: Parameters) -> list[dict[str, str]]:
    """The capabilities that an agent needs; ECS derives them and describes them."""
    names = {"com.amazonaws.ecs.capability.docker-remote-api.1.18"}
    if p.get("taskRoleArn"):
        names.add("com.amazonaws.ecs.capability.task-iam-role")
    if p.get("networkMode") == "awsvpc":
        names.add("ecs.capability.task-eni")
    for container in p["containerDefinitions"]:
        if container.get("logConfiguration", {}).get("logDriver") == "awslogs":
            names |= {
                "com.amazonaws.ecs.capability.logging-driver.awslogs",
                "ecs.capability.execution-role-awslogs",
            }
        if ".dkr.ecr." in container["image"]:
            names |= {"com.amazonaws.ecs.capability.ecr-auth", "ecs.capability.execution-role-ecr-pull"}
        if container.get("secrets"):
            names.add("ecs.capability.secrets.asm.environment-variables")
        if container.get("healthCheck"):
            names.add("ecs.capability.container-health-check")
    return [{"name": name} for name in sorted(names)]


def _register(here: Store, p: Parameters) -> Record:
    compatible = p.get("requiresCompatibilities") or []
    mode = p.get("networkMode") or "bridge"
    p["networkMode"] = p.get("networkMode") or ("awsvpc" if "FARGATE" in compatible else None)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", p.get("family") or ""):
        client_error("Family contains invalid characters.")
    _check_containers(p)
    if "FARGATE" in compatible:
        _check_fargate(p)
        mode = "awsvpc"
    revisions = here.definitions.setdefault(p["family"], [])
    number = revisions[-1]["revision"] + 1 if revisions else 1
    fits = mode == "awsvpc" and units(p.get("memory"), 1024) in FARGATE.get(units(p.get("cpu"), 1024) or 0, [])
    definition = Record(
        {name: p[name] for name in _FIELDS if p.get(name) is not None},
        taskDefinitionArn=here.arn(f"task-definition/{p['family']}:{number}"),
        revision=number,
        status="ACTIVE",
        networkMode=mode,
        volumes=p.get("volumes") or [],
        placementConstraints=p.get("placementConstraints") or [],
        containerDefinitions=[_filled(c, mode) for c in p["containerDefinitions"]],
        compatibilities=["EC2", "FARGATE"] if fits or "FARGATE" in compatible else ["EC2"],
        requiresAttributes=_attributes(p),
        registeredAt=utcnow(),
        registeredBy=f"arn:{here.partition}:iam::{here.account}:root",
        tags=as_tags(p.get("tags"), "key", "value"),
    )
    revisions.append(definition)
    return definition


def _families(here: Store, prefix: str | None, status: str) -> list[str]:
    found = []
    for family, revisions in sorted(here.definitions.items()):
        states = {definition["status"] for definition in revisions} - {"DELETED"}
        active = "ACTIVE" in states
        if not states or (prefix and not family.startswith(prefix)):
            continue
        if status == "ALL" or (status == "ACTIVE") is active:
            found.append(family)
    return found


def install(world: World) -> None:
    @operation(Response, "RegisterTaskDefinition")
    def register(response: Response, p: Parameters) -> Answer:
        definition = _register(store(response), p)
        return {"taskDefinition": definition, "tags": definition["tags"]}

    @operation(Response, "DescribeTaskDefinition")
    def describe(response: Response, p: Parameters) -> Answer:
        definition = find_definition(store(response), p["taskDefinition"])
        tags = {"tags": definition["tags"]} if "TAGS" in p.get("include", []) else {}
        return {"taskDefinition": definition, **tags}

    @operation(Response, "ListTaskDefinitions")
    def list_definitions(response: Response, p: Parameters) -> Answer:
        family, status = p.get("familyPrefix"), p.get("status") or "ACTIVE"
        found = [
            definition["taskDefinitionArn"]
            for name, revisions in sorted(store(response).definitions.items())
            for definition in revisions
            if family in (None, name) and definition["status"] == status
        ]
        if p.get("sort") == "DESC":
            found.reverse()
        return json_page(found, p, "taskDefinitionArns")

    @operation(Response, "ListTaskDefinitionFamilies")
    def families(response: Response, p: Parameters) -> Answer:
        return json_page(_families(store(response), p.get("familyPrefix"), p.get("status") or "ALL"), p, "families")

    @operation(Response, "DeregisterTaskDefinition")
    def deregister(response: Response, p: Parameters) -> Answer:
        name = p["taskDefinition"]
        if ":" not in short(name):
            client_error("Revision is missing.")
        definition = find_definition(store(response), name, "The specified task definition does not exist.")
        if definition["status"] == "ACTIVE":
            definition["status"] = "INACTIVE"
            definition["deregisteredAt"] = utcnow()
        return {"taskDefinition": definition}

    @operation(Response, "DeleteTaskDefinitions")
    def delete(response: Response, p: Parameters) -> Answer:
        names = p.get("taskDefinitions") or []
        if not 1 <= len(names) <= 10:
            invalid("Size of TaskDefinition references list must be between 1 and 10.")
        here = store(response)
        gone, failures = [], []
        for name in names:
            family, _, revision = short(name).partition(":")
            revisions = here.definitions.get(family, [])
            found = [d for d in revisions if str(d["revision"]) == revision and d["status"] != "DELETED"]
            if not found:
                reason = _UNKNOWN
                failures.append({"arn": name, "reason": reason})
            elif found[0]["status"] == "ACTIVE":
                reason = _STILL_ACTIVE
                failures.append({"arn": name, "reason": reason})
            else:
                if found[0]["status"] == "INACTIVE":
                    here.leave(found[0], world.delay("ecs.task_definition.delete"))
                gone.append(Record(found[0]))
        return {"taskDefinitions": gone, "failures": failures}
