# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lifecycle hooks: they hold an instance on its way in or out until they are completed or their time is over.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
"""

from __future__ import annotations

from moto.autoscaling.responses import AutoScalingResponse as Response

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.autoscaling.instances import find
from twin.overlay.autoscaling.store import Answer, Store, find_group, invalid, store
from twin.patch import Parameters, operation
from twin.world import World

_MEMBERS = (
    "LifecycleTransition", "NotificationTargetARN", "RoleARN", "NotificationMetadata", "HeartbeatTimeout",
    "DefaultResult",
)  # fmt: skip
_TRANSITIONS = ("autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING")


def keep(here: Store, group: str, p: Answer) -> None:
    """Make a hook or change one; what is not said stays."""
    key = (group, p["LifecycleHookName"])
    known = key in here.hooks
    if not known and not p.get("LifecycleTransition"):
        invalid("LifecycleTransition is required for a new lifecycle hook.")
    if p.get("LifecycleTransition") not in (None, *_TRANSITIONS):
        invalid(f"{p['LifecycleTransition']} is no lifecycle transition.")
    if p.get("DefaultResult") not in (None, "CONTINUE", "ABANDON"):
        invalid("DefaultResult must be CONTINUE or ABANDON.")
    if p.get("HeartbeatTimeout") is not None and not 30 <= int(p["HeartbeatTimeout"]) <= 7200:
        invalid("HeartbeatTimeout must be between 30 and 7200 seconds.")
    hook = here.hooks.setdefault(
        key,
        Record(
            AutoScalingGroupName=group,
            LifecycleHookName=p["LifecycleHookName"],
            HeartbeatTimeout=3600,
            DefaultResult="ABANDON",
            GlobalTimeout=172800,
        ),
    )
    hook.update({name: p[name] for name in _MEMBERS if p.get(name) is not None})


def install(world: World) -> None:
    @operation(Response, "PutLifecycleHook")
    def put(response: Response, p: Parameters) -> Answer:
        here = store(response)
        find_group(here, p["AutoScalingGroupName"])
        keep(here, p["AutoScalingGroupName"], p)
        return {}

    @operation(Response, "DescribeLifecycleHooks")
    def describe(response: Response, p: Parameters) -> Answer:
        here, names = store(response), p.get("LifecycleHookNames") or []
        find_group(here, p["AutoScalingGroupName"])
        found = [
            hook
            for (group, name), hook in here.hooks.items()
            if group == p["AutoScalingGroupName"] and (not names or name in names)
        ]
        return {"LifecycleHooks": found}

    @operation(Response, "DeleteLifecycleHook")
    def delete(response: Response, p: Parameters) -> Answer:
        here = store(response)
        if here.hooks.pop((p["AutoScalingGroupName"], p["LifecycleHookName"]), None) is None:
            invalid(f"No Lifecycle Hook found with name: {p['LifecycleHookName']}")
        return {}

    @operation(Response, "CompleteLifecycleAction")
    def complete(response: Response, p: Parameters) -> Answer:
        here, name = store(response), p["LifecycleHookName"]
        group, instance = find(here, p.get("InstanceId") or "")
        if group["AutoScalingGroupName"] != p["AutoScalingGroupName"] or name not in instance.get("waits", ()):
            invalid(f"No active Lifecycle Action found with instance ID {instance['InstanceId']}")
        instance["complete"](name, p["LifecycleActionResult"])
        return {}

    @operation(Response, "RecordLifecycleActionHeartbeat")
    def heartbeat(response: Response, p: Parameters) -> Answer:
        here, name = store(response), p["LifecycleHookName"]
        group, instance = find(here, p.get("InstanceId") or "")
        hook = here.hooks.get((group["AutoScalingGroupName"], name))
        if hook is None or name not in instance.get("waits", ()):
            invalid(f"No active Lifecycle Action found with instance ID {instance['InstanceId']}")
        proceed(world, instance, hook["HeartbeatTimeout"], lambda: instance["complete"](name, hook["DefaultResult"]))
        return {}
