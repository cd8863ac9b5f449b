# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the records of Auto Scaling are and how they are found."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, NoReturn

from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse as Response
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record, page
from twin.patch import Parameters, existing, notes
from twin.refusal import refuse

Answer = dict[str, Any]

#: What a group has until it leaves it.
SERVING = ("Pending", "Pending:Wait", "Pending:Proceed", "InService")


@dataclass
class Store:
    """Groups and their parts of one account and region. Parts are named by their group and their own name."""

    account: str
    region: str
    partition: str
    groups: dict[str, Record] = field(default_factory=dict)
    policies: dict[tuple[str, str], Record] = field(default_factory=dict)
    actions: dict[tuple[str, str], Record] = field(default_factory=dict)
    hooks: dict[tuple[str, str], Record] = field(default_factory=dict)
    activities: list[Record] = field(default_factory=list)
    refreshes: list[Record] = field(default_factory=list)

    def arn(self, kind: str, group: str, rest: str = "") -> str:
        return (
            f"arn:{self.partition}:autoscaling:{self.region}:{self.account}:{kind}:{uuid.uuid4()}"
            f":autoScalingGroupName/{group}{rest}"
        )

    def forget(self, group: str) -> None:
        """A group takes its parts along, and the alarms that its tracking policies keep."""
        self.groups.pop(group, None)
        cloudwatch = existing(cloudwatch_backends, self.account, self.region)
        for key, policy in self.policies.items():
            for alarm in policy["Alarms"] if cloudwatch and key[0] == group else []:
                cloudwatch.alarms.pop(alarm["AlarmName"], None)
        for parts in (self.policies, self.actions, self.hooks):
            for key in [key for key in parts if key[0] == group]:
                del parts[key]
        self.refreshes = [one for one in self.refreshes if one["AutoScalingGroupName"] != group]


def of_backend(backend: AutoScalingBackend) -> Store:
    found: Store = notes(backend, "store", lambda: Store(backend.account_id, backend.region_name, backend.partition))
    return found


def store(response: Response) -> Store:
    return of_backend(response.autoscaling_backend)


def invalid(message: str) -> NoReturn:
    refuse("ValidationError", message)


def find_group(here: Store, name: str) -> Record:
    group = here.groups.get(name)
    if group is None:
        invalid("AutoScalingGroup name not found - null")
    return group


def serving(group: Record) -> list[Record]:
    """The instances that count: those in service or on their way there."""
    return [one for one in group["Instances"] if one["LifecycleState"] in SERVING]


def activity(here: Store, group: Record, description: str, cause: str, status: str = "InProgress") -> Record:
    """Note something that a group does; the newest comes first."""
    made = Record(
        ActivityId=str(uuid.uuid4()),
        AutoScalingGroupName=group["AutoScalingGroupName"],
        AutoScalingGroupARN=group["AutoScalingGroupARN"],
        Description=description,
        Cause=f"At {utcnow():%Y-%m-%dT%H:%M:%SZ} {cause}",
        StartTime=utcnow(),
        StatusCode=status,
        Progress=0,
        Details="{}",
    )
    here.activities.insert(0, made)
    del here.activities[500:]
    return made


def end(made: Record, status: str = "Successful", message: str = "") -> None:
    made.update(StatusCode=status, Progress=100, EndTime=utcnow())
    if message:
        made["StatusMessage"] = message


def paged(items: list[Any], p: Parameters, key: str, default: int = 50) -> Answer:
    found, token = page(
        items,
        p.get("NextToken"),
        p.get("MaxRecords"),
        default,
        lambda: refuse("InvalidNextToken", "The NextToken value is not valid."),
    )
    return {key: found, **({"NextToken": token} if token else {})}
