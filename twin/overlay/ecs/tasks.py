# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tasks: PROVISIONING, PENDING, RUNNING, STOPPING, STOPPED; with their network interfaces and targets."""

from __future__ import annotations

import contextlib
import copy
import ipaddress
import secrets
import uuid
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from twin.overlay import _lookups
from twin.overlay._lifecycle import Record, proceed
from twin.overlay.ecs import runtime
from twin.overlay.ecs.launch import start_problem
from twin.overlay.ecs.store import Answer, Store
from twin.world import World

_ALIVE = ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING")


def _interface(here: Store, network: Answer, number: int) -> tuple[Answer, str, str]:
    """An attachment with a real interface of the VPC: the attachment, its address, its zone."""
    subnets = network["subnets"]
    subnet = _lookups.subnet(here.account, here.region, subnets[number % len(subnets)])
    ec2 = ec2_backends[here.account][here.region]
    taken = {eni.private_ip_address for eni in ec2.enis.values()}
    hosts = ipaddress.ip_network(subnet.cidr_block).hosts()  # type: ignore[union-attr]
    address = next(str(host) for index, host in enumerate(hosts) if index > 10 and str(host) not in taken)
    eni = ec2.create_network_interface(
        subnet, address, group_ids=network.get("securityGroups") or None, description="arn:aws:ecs task"
    )
    eni.status = "in-use"
    details = {
        "subnetId": subnet.id,  # type: ignore[union-attr]
        "networkInterfaceId": eni.id,
        "macAddress": eni.mac_address,
        "privateDnsName": f"ip-{address.replace('.', '-')}.ec2.internal",
        "privateIPv4Address": address,
    }
    attachment = {
        "id": str(uuid.uuid4()),
        "type": "ElasticNetworkInterface",
        "status": "PRECREATED",
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }
    return attachment, address, subnet.availability_zone  # type: ignore[union-attr]


def new_task(here: Store, cluster: str, definition: Record, number: int = 0, **members: Any) -> Record:
    """A task in PROVISIONING. Members are those of the record that the caller knows."""
    identity = secrets.token_hex(16)
    arn = here.arn(f"task/{cluster}/{identity}")
    network = (members.pop("network", None) or {}).get("awsvpcConfiguration")
    attachment, address, zone = _interface(here, network, number) if network else (None, None, f"{here.region}a")
    overrides = members.pop("overrides", None) or {}
    task = here.tasks[identity] = Record(
        taskArn=arn,
        clusterArn=here.arn(f"cluster/{cluster}"),
        cluster_name=cluster,
        taskDefinitionArn=definition["taskDefinitionArn"],
        definition=definition,
        lastStatus="PROVISIONING",
        desiredStatus="RUNNING",
        cpu=overrides.get("cpu") or definition.get("cpu"),
        memory=overrides.get("memory") or definition.get("memory"),
        attachments=[attachment] if attachment else [],
        attributes=[{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        availabilityZone=zone,
        address=address,
        connectivity="CONNECTED",
        createdAt=utcnow(),
        healthStatus="UNKNOWN",
        overrides={"containerOverrides": [], "inferenceAcceleratorOverrides": [], **overrides},
        version=1,
        **members,
    )
    task["containers"] = [
        {
            "containerArn": here.arn(f"container/{cluster}/{identity}/{uuid.uuid4()}"),
            "taskArn": arn,
            "name": container["name"],
            "image": container["image"],
            "lastStatus": "PENDING",
            "networkInterfaces": [
                {"attachmentId": attachment["id"], "privateIpv4Address": address}
            ] if attachment else [],
            "healthStatus": "UNKNOWN",
            "cpu": str(container.get("cpu", 0)),
            **({"memory": str(container["memory"])} if container.get("memory") else {}),
        }
        for container in definition["containerDefinitions"]
    ]  # fmt: skip
    return task


def launch(world: World, here: Store, task: Record) -> None:
    """Let the task come up, or fail as it would."""
    seconds = world.delay("ecs.task.start")

    def pending() -> None:
        problem = start_problem(here, task["definition"])
        if problem:
            _stopped(here, task, "TaskFailedToStart", problem, {})
            return
        _status(task, "PENDING")
        proceed(world, task, seconds * 0.6, running)

    def running() -> None:
        _status(task, "RUNNING")
        task["startedAt"] = task["pullStartedAt"] = task["pullStoppedAt"] = task["connectivityAt"] = utcnow()
        for attachment in task["attachments"]:
            attachment["status"] = "ATTACHED"
        for container in task["containers"]:
            container["runtimeId"] = f"{task['taskArn'].rsplit('/', 1)[-1]}-{secrets.randbelow(10**10)}"
            container["lastStatus"] = "RUNNING"
        register(here, task)
        runtime.current().start(task, lambda codes: _ended(world, here, task, codes))

    proceed(world, task, seconds * 0.4, pending)


def _status(task: Record, status: str) -> None:
    task["lastStatus"], task["version"] = status, task["version"] + 1


def _target_groups(here: Store, task: Record) -> list[tuple[Any, int]]:
    found = []
    for balancer in (task["service"] or {}).get("loadBalancers") or []:
        groups = elbv2_backends[here.account][here.region].target_groups
        group = groups.get(balancer.get("targetGroupArn"))
        if group is not None and task["address"]:
            found.append((group, balancer["containerPort"]))
    return found


def register(here: Store, task: Record) -> None:
    for group, port in _target_groups(here, task):
        group.register([{"Id": task["address"], "Port": port}])


def _deregister(here: Store, task: Record) -> None:
    for group, port in _target_groups(here, task):
        if task["address"] in group.targets:
            group.deregister([{"Id": task["address"], "Port": port}])


def target_states(here: Store, task: Record) -> list[str]:
    """``initial``, ``healthy``, ``unhealthy``: what the task's target groups say of it. None: not asked."""
    ec2 = ec2_backends[here.account][here.region]
    return [
        group.health_for({"Id": task["address"], "Port": port}, ec2).status
        for group, port in _target_groups(here, task)
    ]


def stop(world: World, here: Store, task: Record, reason: str, code: str = "ServiceSchedulerInitiated") -> None:
    """Ask the task to end; it is STOPPED a moment later."""
    if task["desiredStatus"] == "STOPPED":
        return
    task["desiredStatus"], task["stoppedReason"], task["stopCode"] = "STOPPED", reason, code
    task["stoppingAt"] = utcnow()
    _deregister(here, task)
    started = task["lastStatus"] == "RUNNING"
    _status(task, "DEACTIVATING" if started and task["service"] else "STOPPING")
    if started:
        runtime.current().stop(task)
    codes = {container["name"]: 143 for container in task["containers"]} if started else {}

    proceed(world, task, world.delay("ecs.task.stop"), lambda: _stopped(here, task, code, reason, codes))


def _ended(world: World, here: Store, task: Record, codes: dict[str, int]) -> None:
    """A container that the task cannot do without has ended by itself."""
    if task["lastStatus"] in _ALIVE:
        _stopped(here, task, "EssentialContainerExited", "Essential container in task exited", codes)


def _stopped(here: Store, task: Record, code: str, reason: str, codes: dict[str, int]) -> None:
    _deregister(here, task)
    _status(task, "STOPPED")
    task.update(desiredStatus="STOPPED", stopCode=code, stoppedReason=reason)
    task["executionStoppedAt"] = task["stoppedAt"] = utcnow()
    task.setdefault("stoppingAt", task["stoppedAt"])
    for container in task["containers"]:
        container["lastStatus"] = "STOPPED"
        if container["name"] in codes:
            container["exitCode"] = codes[container["name"]]
    enis = ec2_backends[here.account][here.region].enis
    for attachment in task["attachments"]:
        attachment["status"] = "DELETED"
        detail = {item["name"]: item["value"] for item in attachment["details"]}
        with contextlib.suppress(KeyError):
            del enis[detail["networkInterfaceId"]]


def view(task: Record, tags: bool) -> Answer:
    shown: Answer = copy.copy(task)
    if not tags:
        shown["tags"] = []
    return shown
