# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a group at its size: instances are launched, serve, and are terminated.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
"""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.ssm.models import ssm_backends

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.autoscaling.store import Answer, Store, activity, end, serving
from twin.overlay.ec2.launch_templates import find_template, find_version
from twin.world import World

#: AWS keeps what a hook holds for two days at the most, and an hour unless it is told otherwise.
_HEARTBEAT = 3600


def suspended(group: Record, process: str) -> bool:
    return any(one["ProcessName"] == process for one in group["SuspendedProcesses"])


def template_of(group: Record) -> Answer:
    """The launch template specification that new instances are made by."""
    mixed = group.get("MixedInstancesPolicy") or {}
    specification: Answer = (mixed.get("LaunchTemplate") or {}).get("LaunchTemplateSpecification") or {}
    return specification or group.get("LaunchTemplate") or {}


def version_of(here: Store, specification: Answer) -> Any:
    """The launch template's version that a specification means now. Refuses when there is none such."""
    named = {key: specification[key] for key in ("LaunchTemplateId", "LaunchTemplateName") if specification.get(key)}
    if len(named) == 2:
        named.pop("LaunchTemplateName")
    template = find_template(ec2_backends[here.account][here.region], named)
    return find_version(template, specification.get("Version") or "$Default")


def image_of(here: Store, image: str) -> str | None:
    """The image's id; a parameter's value where the image is named by one. None: there is no such parameter."""
    if not image.startswith("resolve:ssm:"):
        return image
    backend = ssm_backends[here.account][here.region]
    with contextlib.suppress(Exception):
        found = backend.get_parameter(image.removeprefix("resolve:ssm:"))
        return found.value if found else None
    return None


def reconcile(world: World, here: Store, group: Record, cause: str) -> None:
    """Launch what is missing and terminate what is too much, or stands in a zone that the group has left.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-benefits.html#AutoScalingBehavior.InstanceUsage
    """
    zones = group.get("AvailabilityZones") or []
    for instance in [] if suspended(group, "AZRebalance") else serving(group):
        if zones and instance["AvailabilityZone"] not in zones:
            terminate(world, here, group, instance, cause)
    have, wanted = serving(group), int(group["DesiredCapacity"])
    if len(have) < wanted and not suspended(group, "Launch"):
        for _ in range(wanted - len(have)):
            launch(world, here, group, cause)
    elif len(have) > wanted and not suspended(group, "Terminate"):
        for instance in _to_go(have, len(have) - wanted):
            terminate(world, here, group, instance, cause)


def _to_go(have: list[Record], count: int) -> list[Record]:
    """The oldest ones of the fullest zones; what is protected from scale-in stays."""
    free = [one for one in have if not one["ProtectedFromScaleIn"]]
    chosen: list[Record] = []
    while free and len(chosen) < count:
        zones = Counter(one["AvailabilityZone"] for one in have if one not in chosen)
        chosen.append(max(free, key=lambda one: (zones[one["AvailabilityZone"]], -free.index(one))))
        free.remove(chosen[-1])
    return chosen


def launch(world: World, here: Store, group: Record, cause: str, specification: Answer | None = None) -> Record | None:
    """Start one instance; None, and a failed activity, when that cannot be."""
    specification = specification or template_of(group)
    note = activity(here, group, "Launching a new EC2 instance", cause)
    try:
        version = version_of(here, specification)
        instance = _run(here, group, version)
    except Exception as error:
        end(note, "Failed", str(getattr(error, "message", None) or error))
        return None
    note["Description"] = f"Launching a new EC2 instance: {instance.id}"
    made = Record(
        InstanceId=instance.id,
        InstanceType=instance.instance_type,
        AvailabilityZone=instance.placement.zone,
        LifecycleState="Pending",
        HealthStatus="Healthy",
        ProtectedFromScaleIn=bool(group["NewInstancesProtectedFromScaleIn"]),
        LaunchTemplate={
            "LaunchTemplateId": version.template.id,
            "LaunchTemplateName": version.template.name,
            "Version": str(version.number),
        },
        since=world.now(),
    )
    group["Instances"].append(made)

    def serve() -> None:
        made["LifecycleState"] = "InService"
        made["since"] = world.now()
        register(here, group, [made])
        end(note)

    def up() -> None:
        if made["LifecycleState"] == "Pending":
            hold(world, here, group, made, "LAUNCHING", serve)

    proceed(world, made, world.delay("autoscaling.launch"), up)
    return made


def _run(here: Store, group: Record, version: Any) -> Any:
    backend, data = ec2_backends[here.account][here.region], version.data
    placed = Counter(one.get("subnet") or "" for one in serving(group))
    subnets = [one for one in str(group["VPCZoneIdentifier"] or "").split(",") if one]
    used = Counter(backend.get_instance(one["InstanceId"]).subnet_id for one in serving(group))
    subnet = min(subnets, key=lambda one: used[one] + placed[one]) if subnets else None
    interfaces = data.get("NetworkInterfaces") or []
    groups = [*(data.get("SecurityGroupIds") or []), *(one for nic in interfaces for one in nic.get("Groups") or [])]
    overrides = ((group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}).get("Overrides") or []
    kind = next((one["InstanceType"] for one in overrides if one.get("InstanceType")), data.get("InstanceType"))
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"] if tag["PropagateAtLaunch"]}
    reservation = backend.run_instances(
        image_of(here, data.get("ImageId") or "") or "",
        1,
        data.get("UserData"),
        [],
        instance_type=kind or "m1.small",
        is_instance_type_default=False,
        subnet_id=subnet,
        security_group_ids=groups,
        region_name=here.region,
        launch_template={"LaunchTemplateId": version.template.id, "Version": str(version.number)},
        tags={"instance": {**tags, "aws:autoscaling:groupName": group["AutoScalingGroupName"]}},
    )
    return reservation.instances[0]


def hold(world: World, here: Store, group: Record, instance: Record, moment: str, go_on: Any) -> None:
    """Wait for the hooks of a transition, if there are any, until somebody completes them or their time is over."""
    hooks = [
        hook
        for key, hook in here.hooks.items()
        if key[0] == group["AutoScalingGroupName"] and hook["LifecycleTransition"].endswith(moment)
    ]
    if not hooks:
        go_on()
        return
    launching = moment == "LAUNCHING"
    instance["LifecycleState"] = "Pending:Wait" if launching else "Terminating:Wait"
    instance["waits"] = {hook["LifecycleHookName"] for hook in hooks}

    def done(hook: str, result: str) -> None:
        instance["waits"].discard(hook)
        if launching and result == "ABANDON":
            instance["waits"].clear()
            terminate(world, here, group, instance, "the launch of an instance was abandoned by a hook.")
            reconcile(world, here, group, "an instance was started in place of one that was abandoned.")
        elif not instance["waits"]:
            go_on()

    instance["complete"] = done
    first = min(hooks, key=lambda hook: hook["HeartbeatTimeout"])
    proceed(
        world,
        instance,
        first.get("HeartbeatTimeout", _HEARTBEAT),
        lambda: done(first["LifecycleHookName"], first["DefaultResult"]),
    )


def terminate(world: World, here: Store, group: Record, instance: Record, cause: str) -> Record | None:
    """Let one instance go; it is deregistered first."""
    if instance["LifecycleState"].startswith(("Terminat", "Detach")):
        return None
    instance["LifecycleState"] = "Terminating"
    deregister(here, group, [instance])
    note = activity(here, group, f"Terminating EC2 instance: {instance['InstanceId']}", cause)

    def gone() -> None:
        with contextlib.suppress(Exception):
            ec2_backends[here.account][here.region].terminate_instances([instance["InstanceId"]])
        if instance in group["Instances"]:
            group["Instances"].remove(instance)
        end(note)

    def leave() -> None:
        instance["LifecycleState"] = "Terminating:Proceed"
        proceed(world, instance, world.delay("autoscaling.terminate"), gone)

    hold(world, here, group, instance, "TERMINATING", leave)
    return note


def replace_unhealthy(world: World, here: Store, group: Record, instance: Record) -> None:
    """Terminate an instance that is not well, a moment after that was seen, and start another."""
    instance["HealthStatus"] = "Unhealthy"

    def act() -> None:
        if instance not in group["Instances"] or suspended(group, "ReplaceUnhealthy"):
            return
        cause = "an instance was taken out of service in response to an EC2 health check."
        terminate(world, here, group, instance, cause)
        reconcile(world, here, group, "an instance was started in response to a difference between desired and actual.")

    world.schedule(world.delay("autoscaling.health_check"), act)


def target_groups(here: Store, group: Record) -> list[Any]:
    known = elbv2_backends[here.account][here.region].target_groups
    return [known[arn] for arn in group["TargetGroupARNs"] if arn in known]


def register(here: Store, group: Record, instances: list[Record], groups: list[Any] | None = None) -> None:
    if suspended(group, "AddToLoadBalancer"):
        return
    for target_group in target_groups(here, group) if groups is None else groups:
        ids = [one["InstanceId"] for one in instances if one["LifecycleState"] == "InService"]
        target_group.register([{"Id": one, "Port": target_group.port} for one in ids])


def deregister(here: Store, group: Record, instances: list[Record], groups: list[Any] | None = None) -> None:
    for target_group in target_groups(here, group) if groups is None else groups:
        for instance in instances:
            if instance["InstanceId"] in target_group.targets:
                target_group.deregister([{"Id": instance["InstanceId"], "Port": target_group.port}])


def take_out(group: Record, instance: Record) -> None:
    """An instance that the group no longer counts."""
    if instance in group["Instances"]:
        group["Instances"].remove(instance)


def is_busy(group: Record) -> bool:
    """Whether instances are on their way in or out."""
    return any(one["LifecycleState"] not in ("InService", "Standby") for one in group["Instances"])


def resize(world: World, here: Store, group: Record, desired: int, cause: str) -> None:
    """Another size, within the bounds."""
    group["DesiredCapacity"] = max(int(group["MinSize"]), min(int(group["MaxSize"]), desired))
    group["scaled"] = utcnow()
    reconcile(world, here, group, cause)
