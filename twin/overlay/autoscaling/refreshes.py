# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instance refreshes: instances are replaced a few at a time, with checkpoints, and can be called off or turned back.

Sources: https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html,
https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html
"""

from __future__ import annotations

import uuid
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse as Response
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.autoscaling import life
from twin.overlay.autoscaling.store import Answer, Store, find_group, invalid, paged, serving, store
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

_ACTIVE = ("Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking")
_MINIMUM = 90


def install(world: World) -> None:
    _start(world)
    _stop(world)


def active(here: Store, group: str) -> Record | None:
    return next(
        (one for one in here.refreshes if one["AutoScalingGroupName"] == group and one["Status"] in _ACTIVE), None
    )


def _start(world: World) -> None:
    @operation(Response, "StartInstanceRefresh")
    def start(response: Response, p: Parameters) -> Answer:
        here, name = store(response), p["AutoScalingGroupName"]
        group = find_group(here, name)
        if active(here, name):
            refuse(
                "InstanceRefreshInProgress",
                "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
            )
        wanted, preferences = p.get("DesiredConfiguration") or {}, p.get("Preferences") or {}
        if wanted.get("LaunchTemplate"):
            life.version_of(here, wanted["LaunchTemplate"])
        if preferences.get("AutoRollback") and not _can_go_back(group, wanted):
            invalid("AutoRollback needs a desired configuration, and no launch template version $Latest or $Default.")
        percentages = preferences.get("CheckpointPercentages") or []
        if percentages and (sorted(percentages) != list(percentages) or percentages[-1] > 100):
            invalid("CheckpointPercentages must go up, to 100 at the most.")
        refresh = Record(
            InstanceRefreshId=str(uuid.uuid4()),
            AutoScalingGroupName=name,
            Status="Pending",
            StartTime=utcnow(),
            PercentageComplete=0,
            InstancesToUpdate=len(serving(group)),
            Preferences={
                "MinHealthyPercentage": _MINIMUM, "SkipMatching": False, "AutoRollback": False,
                "ScaleInProtectedInstances": "Wait", "StandbyInstances": "Wait", **preferences,
            },
            DesiredConfiguration=wanted,
            before={"LaunchTemplate": group.get("LaunchTemplate")},
            done=set(),
            passed=set(),
        )  # fmt: skip
        here.refreshes.insert(0, refresh)
        refresh["todo"] = _to_replace(here, group, refresh)
        refresh["total"] = refresh["InstancesToUpdate"] = len(refresh["todo"])
        proceed(world, refresh, world.delay("autoscaling.refresh"), lambda: _begin(world, here, group, refresh))
        return {"InstanceRefreshId": refresh["InstanceRefreshId"]}

    @operation(Response, "DescribeInstanceRefreshes")
    def describe(response: Response, p: Parameters) -> Answer:
        here, wanted = store(response), p.get("InstanceRefreshIds") or []
        find_group(here, p["AutoScalingGroupName"])
        found = [
            _shown(one)
            for one in here.refreshes
            if one["AutoScalingGroupName"] == p["AutoScalingGroupName"]
            and (not wanted or one["InstanceRefreshId"] in wanted)
        ]
        return paged(found, p, "InstanceRefreshes")


def _shown(refresh: Record) -> Answer:
    shown = {name: value for name, value in refresh.items() if name[0].isupper()}
    if not shown["DesiredConfiguration"]:
        del shown["DesiredConfiguration"]
    return shown


def _can_go_back(group: Record, wanted: Answer) -> bool:
    specifications = [wanted.get("LaunchTemplate") or {}, group.get("LaunchTemplate") or {}]
    return bool(wanted) and not any(
        str(one.get("Version") or "$Default") in ("$Latest", "$Default") for one in specifications
    )


def _specification(group: Record, refresh: Record) -> Answer:
    found: Answer = refresh["DesiredConfiguration"].get("LaunchTemplate") or life.template_of(group)
    return found


def _to_replace(here: Store, group: Record, refresh: Record) -> list[Record]:
    """The instances, oldest first; those that are as wanted already are left alone when that is asked for."""
    wanted = str(life.version_of(here, _specification(group, refresh)).number)
    return [
        one
        for one in serving(group)
        if not (refresh["Preferences"]["SkipMatching"] and one["LaunchTemplate"]["Version"] == wanted)
    ]


def _begin(world: World, here: Store, group: Record, refresh: Record) -> None:
    refresh["Status"] = "InProgress"
    _step(world, here, group, refresh)


def _step(world: World, here: Store, group: Record, refresh: Record) -> None:
    """Replace the next few once the last ones serve."""
    if refresh["Status"] not in ("InProgress", "RollbackInProgress"):
        return
    again = world.delay("autoscaling.refresh")
    if any(one["LifecycleState"] != "InService" for one in serving(group)):
        proceed(world, refresh, again, lambda: _step(world, here, group, refresh))
        return
    todo = [one for one in refresh["todo"] if one in group["Instances"] and one["LifecycleState"] == "InService"]
    total = refresh["total"]
    refresh["InstancesToUpdate"] = len(todo)
    refresh["PercentageComplete"] = int(100 * (total - len(todo)) / total) if total else 100
    if not todo:
        _end(group, refresh)
        return
    pause = _checkpoint(refresh)
    if pause:
        refresh["StatusReason"] = f"Waiting at a checkpoint of {refresh['PercentageComplete']} percent."
        proceed(world, refresh, pause, lambda: _step(world, here, group, refresh))
        return
    refresh.pop("StatusReason", None)
    least = refresh["Preferences"]["MinHealthyPercentage"]
    count = max(1, int(len(serving(group)) * (100 - least) / 100))
    for old in todo[:count]:
        made = life.launch(
            world, here, group, "an instance refresh replaces an instance.", _specification(group, refresh)
        )
        if made is None:
            refresh.update(Status="Failed", EndTime=utcnow(), StatusReason=here.activities[0].get("StatusMessage"))
            return
        life.terminate(world, here, group, old, "an instance refresh replaces the instance.")
    proceed(world, refresh, again, lambda: _step(world, here, group, refresh))


def _checkpoint(refresh: Record) -> float:
    """Seconds to wait here, once for each checkpoint that has been reached; one at 100 % comes with the end."""
    percentages = refresh["Preferences"].get("CheckpointPercentages") or []
    reached = [one for one in percentages if refresh["PercentageComplete"] >= one and one not in refresh["passed"]]
    refresh["passed"].update(reached)
    delay = refresh["Preferences"].get("CheckpointDelay")
    return float(3600 if delay is None else delay) if reached and refresh["Status"] == "InProgress" else 0.0


def _end(group: Record, refresh: Record) -> None:
    turned_back = refresh["Status"] == "RollbackInProgress"
    wanted = refresh["DesiredConfiguration"].get("LaunchTemplate")
    if turned_back:
        group["LaunchTemplate"] = refresh["before"]["LaunchTemplate"]
    elif wanted:
        group["LaunchTemplate"] = {**group.get("LaunchTemplate", {}), **wanted}
    status = "RollbackSuccessful" if turned_back else "Successful"
    refresh.update(Status=status, PercentageComplete=100, InstancesToUpdate=0, EndTime=utcnow())
    refresh.pop("StatusReason", None)


def _active(response: Any, p: Parameters) -> tuple[Store, Record, Record]:
    here, name = store(response), p.get("AutoScalingGroupName") or ""
    group = find_group(here, name)
    refresh = active(here, name)
    if refresh is None:
        refuse(
            "ActiveInstanceRefreshNotFound",
            f"No in progress or pending Instance Refresh found for Auto Scaling group {name}",
        )
    return here, group, refresh


def _stop(world: World) -> None:
    @operation(Response, "CancelInstanceRefresh")
    def cancel(response: Response, p: Parameters) -> Answer:
        _, _, refresh = _active(response, p)
        refresh.update(Status="Cancelling", StatusReason="Cancelled due to user request.")

        def done() -> None:
            refresh.update(Status="Cancelled", EndTime=utcnow())

        proceed(world, refresh, world.delay("autoscaling.refresh"), done)
        return {"InstanceRefreshId": refresh["InstanceRefreshId"]}

    @operation(Response, "RollbackInstanceRefresh")
    def rollback(response: Response, p: Parameters) -> Answer:
        here, group, refresh = _active(response, p)
        if not _can_go_back(group, refresh["DesiredConfiguration"]):
            refuse(
                "IrreversibleInstanceRefresh",
                "The instance refresh has no desired configuration, or its launch template is not a numbered version.",
            )
        refresh["RollbackDetails"] = {
            "RollbackReason": "Rolled back due to user request.",
            "RollbackStartTime": utcnow(),
            "PercentageCompleteOnRollback": refresh["PercentageComplete"],
            "InstancesToUpdateOnRollback": refresh["InstancesToUpdate"],
        }
        before = refresh["before"]["LaunchTemplate"]
        number = str(life.version_of(here, before).number)
        refresh["todo"] = [one for one in serving(group) if one["LaunchTemplate"]["Version"] != number]
        refresh.update(
            Status="RollbackInProgress",
            DesiredConfiguration={"LaunchTemplate": before},
            total=len(refresh["todo"]),
        )
        proceed(world, refresh, world.delay("autoscaling.refresh"), lambda: _step(world, here, group, refresh))
        return {"InstanceRefreshId": refresh["InstanceRefreshId"]}
