# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances of groups: shown, replaced, taken out for a while, and missed when somebody terminates them."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse as Response

from twin.overlay._lifecycle import Record, stay
from twin.overlay.autoscaling import life
from twin.overlay.autoscaling.store import (
    Answer,
    Store,
    activity,
    end,
    find_group,
    invalid,
    of_backend,
    paged,
    store,
)
from twin.patch import Parameters, around, operation
from twin.world import World


def find(here: Store, instance_id: str) -> tuple[Record, Record]:
    """The group and the instance in it."""
    for group in here.groups.values():
        for instance in group["Instances"]:
            if instance["InstanceId"] == instance_id:
                return group, instance
    invalid(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")


def install(world: World) -> None:
    _read()
    _terminate(world)
    _standby(world)

    @around(AutoScalingBackend, "notify_terminate_instances")
    def missed(_: Any, self: Any, instance_ids: list[str]) -> None:
        here = of_backend(self)
        for group in here.groups.values():
            for instance in group["Instances"]:
                if instance["InstanceId"] in instance_ids and not instance["LifecycleState"].startswith("Terminating"):
                    life.replace_unhealthy(world, here, group, instance)


def _read() -> None:
    @operation(Response, "DescribeAutoScalingInstances")
    def describe(response: Response, p: Parameters) -> Answer:
        wanted = p.get("InstanceIds") or []
        found = [
            {**instance, "AutoScalingGroupName": name}
            for name, group in sorted(store(response).groups.items())
            for instance in group["Instances"]
            if not wanted or instance["InstanceId"] in wanted
        ]
        return paged(found, p, "AutoScalingInstances")

    @operation(Response, "DescribeScalingActivities")
    def activities(response: Response, p: Parameters) -> Answer:
        here, name, wanted = store(response), p.get("AutoScalingGroupName"), p.get("ActivityIds") or []
        if name:
            find_group(here, name)
        found = [
            one
            for one in here.activities
            if name in (None, one["AutoScalingGroupName"]) and (not wanted or one["ActivityId"] in wanted)
        ]
        return paged(found, p, "Activities", 100)


def _terminate(world: World) -> None:
    @operation(Response, "TerminateInstanceInAutoScalingGroup")
    def terminate(response: Response, p: Parameters) -> Answer:
        here = store(response)
        group, instance = find(here, p["InstanceId"])
        decrement = bool(p["ShouldDecrementDesiredCapacity"])
        if decrement and int(group["DesiredCapacity"]) <= int(group["MinSize"]):
            invalid(
                "Currently, desiredSize equals minSize. Terminating instance without replacement will violate group's"
                " min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min"
                " size."
            )
        note = life.terminate(
            world, here, group, instance, "an instance was taken out of service in response to a user request."
        )
        if decrement:
            group["DesiredCapacity"] = int(group["DesiredCapacity"]) - 1
        life.reconcile(world, here, group, "an instance was started in response to a user request.")
        return {"Activity": note or activity(here, group, f"Terminating EC2 instance: {instance['InstanceId']}", "")}

    @operation(Response, "SetInstanceHealth")
    def health(response: Response, p: Parameters) -> None:
        here = store(response)
        group, instance = find(here, p["InstanceId"])
        if p["HealthStatus"] not in ("Healthy", "Unhealthy"):
            invalid("Valid instance health states are: [Healthy, Unhealthy].")
        if p["HealthStatus"] == "Unhealthy":
            life.replace_unhealthy(world, here, group, instance)
        else:
            instance["HealthStatus"] = "Healthy"

    @operation(Response, "SetInstanceProtection")
    def protect(response: Response, p: Parameters) -> Answer:
        here = store(response)
        for instance_id in p["InstanceIds"]:
            find(here, instance_id)[1]["ProtectedFromScaleIn"] = bool(p["ProtectedFromScaleIn"])
        return {}


def _standby(world: World) -> None:
    def move(response: Response, p: Parameters, verb: str) -> tuple[Store, Record, list[Record]]:
        here = store(response)
        group = find_group(here, p["AutoScalingGroupName"])
        chosen = [find(here, one)[1] for one in p.get("InstanceIds") or []]
        for instance in chosen:
            if instance not in group["Instances"]:
                invalid(f"The instance {instance['InstanceId']} is not part of Auto Scaling group {verb}.")
        return here, group, chosen

    def answer(here: Store, group: Record, chosen: list[Record], text: str) -> Answer:
        notes = [activity(here, group, f"{text}: {one['InstanceId']}", "a user request.") for one in chosen]
        for note in notes:
            end(note)
        return {"Activities": notes}

    def shrink(here: Store, group: Record, p: Parameters, count: int) -> None:
        if not p["ShouldDecrementDesiredCapacity"]:
            life.reconcile(world, here, group, "an instance was started in place of one that was taken out.")
            return
        if int(group["DesiredCapacity"]) - count < int(group["MinSize"]):
            invalid("The group's size cannot go below its minimum.")
        group["DesiredCapacity"] = int(group["DesiredCapacity"]) - count

    @operation(Response, "EnterStandby")
    def enter(response: Response, p: Parameters) -> Answer:
        here, group, chosen = move(response, p, "for standby")
        if p["ShouldDecrementDesiredCapacity"] and int(group["DesiredCapacity"]) - len(chosen) < int(group["MinSize"]):
            invalid("The group's size cannot go below its minimum.")
        for instance in chosen:
            stay(instance)
            instance["LifecycleState"] = "Standby"
        life.deregister(here, group, chosen)
        shrink(here, group, p, len(chosen))
        return answer(here, group, chosen, "Moving EC2 instance to Standby")

    @operation(Response, "ExitStandby")
    def leave(response: Response, p: Parameters) -> Answer:
        here, group, chosen = move(response, p, "in standby")
        for instance in chosen:
            if instance["LifecycleState"] != "Standby":
                invalid(f"The instance {instance['InstanceId']} is not in Standby.")
            instance["LifecycleState"] = "InService"
        group["DesiredCapacity"] = int(group["DesiredCapacity"]) + len(chosen)
        group["MaxSize"] = max(int(group["MaxSize"]), group["DesiredCapacity"])
        life.register(here, group, chosen)
        return answer(here, group, chosen, "Moving EC2 instance out of Standby")

    @operation(Response, "DetachInstances")
    def detach(response: Response, p: Parameters) -> Answer:
        here, group, chosen = move(response, p, "to detach from")
        life.deregister(here, group, chosen)
        for instance in chosen:
            stay(instance)
            life.take_out(group, instance)
        shrink(here, group, p, len(chosen))
        return answer(here, group, chosen, "Detaching EC2 instance")
