# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scheduled actions: kept whole, and carried out once when their one time comes. Recurrences are kept only.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScheduledUpdateGroupAction.html
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse as Response
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.autoscaling import life
from twin.overlay.autoscaling.store import Answer, Store, find_group, invalid, paged, store
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

_MEMBERS = ("StartTime", "EndTime", "Recurrence", "TimeZone", "MinSize", "MaxSize", "DesiredCapacity")
_FIELD = re.compile(r"[A-Za-z0-9*,/-]+")


def install(world: World) -> None:
    @operation(Response, "PutScheduledUpdateGroupAction")
    def put(response: Response, p: Parameters) -> None:
        here = store(response)
        find_group(here, p["AutoScalingGroupName"])
        _keep(world, here, p["AutoScalingGroupName"], p)

    @operation(Response, "BatchPutScheduledUpdateGroupAction")
    def batch_put(response: Response, p: Parameters) -> Answer:
        here = store(response)
        find_group(here, p["AutoScalingGroupName"])
        for action in p["ScheduledUpdateGroupActions"]:
            _keep(world, here, p["AutoScalingGroupName"], action)
        return {"FailedScheduledUpdateGroupActions": []}

    @operation(Response, "DescribeScheduledActions")
    def describe(response: Response, p: Parameters) -> Answer:
        here, group, names = store(response), p.get("AutoScalingGroupName"), p.get("ScheduledActionNames") or []
        if group:
            find_group(here, group)
        found = [
            action for key, action in here.actions.items() if group in (None, key[0]) and (not names or key[1] in names)
        ]
        return paged(found, p, "ScheduledUpdateGroupActions")

    @operation(Response, "DeleteScheduledAction")
    def delete(response: Response, p: Parameters) -> None:
        here = store(response)
        if here.actions.pop((p["AutoScalingGroupName"], p["ScheduledActionName"]), None) is None:
            invalid(f"Scheduled action name not found: {p['ScheduledActionName']}")

    @operation(Response, "BatchDeleteScheduledAction")
    def batch_delete(response: Response, p: Parameters) -> Answer:
        here = store(response)
        for name in p["ScheduledActionNames"]:
            here.actions.pop((p["AutoScalingGroupName"], name), None)
        return {"FailedScheduledActions": []}


def _seconds_until(moment: Any) -> float:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return (aware - datetime.datetime.now(datetime.UTC)).total_seconds()


def _keep(world: World, here: Store, group: str, p: Parameters) -> None:
    key = (group, p["ScheduledActionName"])
    old = here.actions.get(key) or {}
    wanted = {**old, **{name: p[name] for name in _MEMBERS if p.get(name) is not None}}
    if all(wanted.get(name) is None for name in ("MinSize", "MaxSize", "DesiredCapacity")):
        invalid("At least one of MinSize, MaxSize and DesiredCapacity must be specified.")
    if not wanted.get("Recurrence") and not wanted.get("StartTime"):
        invalid("Either a recurrence or a start time must be specified.")
    if wanted.get("Recurrence"):
        fields = str(wanted["Recurrence"]).split()
        if len(fields) != 5 or not all(_FIELD.fullmatch(one) for one in fields):
            invalid(f"Given recurrence string:{wanted['Recurrence']} is invalid")
    if wanted.get("TimeZone"):
        try:
            zoneinfo.ZoneInfo(wanted["TimeZone"])
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            invalid(f"Given time zone:{wanted['TimeZone']} is invalid")
    if p.get("StartTime") is not None and _seconds_until(p["StartTime"]) <= 0:
        invalid("Given start time is in the past")
    clash = [
        name
        for (its_group, name), other in here.actions.items()
        if its_group == group
        and name != key[1]
        and wanted.get("StartTime")
        and other.get("StartTime") == wanted["StartTime"]
    ]
    if clash:
        refuse("AlreadyExists", f"There is already a scheduled action {clash[0]} at this time.")
    action = here.actions[key] = Record(
        wanted,
        AutoScalingGroupName=group,
        ScheduledActionName=key[1],
        ScheduledActionARN=old.get("ScheduledActionARN")
        or here.arn("scheduledUpdateGroupAction", group, f":scheduledActionName/{key[1]}"),
    )
    if action.get("StartTime") and not action.get("Recurrence"):
        proceed(world, action, max(0.0, _seconds_until(action["StartTime"])), lambda: _run(world, here, key))


def _run(world: World, here: Store, key: tuple[str, str]) -> None:
    action, group = here.actions.pop(key, None), here.groups.get(key[0])
    if action is None or group is None or life.suspended(group, "ScheduledActions"):
        return
    for name in ("MinSize", "MaxSize"):
        if action.get(name) is not None:
            group[name] = int(action[name])
    desired = int(group["DesiredCapacity"] if action.get("DesiredCapacity") is None else action["DesiredCapacity"])
    cause = f"the scheduled action {key[1]} was executed at {utcnow():%H:%M:%S}."
    life.resize(world, here, group, desired, cause)
