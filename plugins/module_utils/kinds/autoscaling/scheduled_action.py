# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::AutoScaling::ScheduledAction."""

from __future__ import annotations

import datetime
from typing import Any

from ...engine.kind import Attribute, Call, Kind, Property, Update, Work
from ...engine.template import Template
from ..requests import is_empty
from ..shared import IMMUTABLE
from .common import CONTENTION, GROUP, SERVICE, number, parts

_MUTABLE = ("MinSize", "MaxSize", "DesiredCapacity", "Recurrence", "TimeZone", "StartTime", "EndTime")


def instant(value: Any) -> Any:
    """A time as ISO 8601 in UTC; what is none stays as it is."""
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return value
    if not isinstance(moment, datetime.datetime):
        return value
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)  # noqa: UP017  (Python 3.10)
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: UP017


def _put(work: Work) -> dict[str, Any]:
    return {
        name: number(value) if name.endswith(("Size", "Capacity")) else value
        for name, value in work.pick("AutoScalingGroupName", "ScheduledActionName", *_MUTABLE).items()
        if value not in (None, "")
    }


_PUT = Call("put_scheduled_update_group_action", _put)


def _change(work: Work) -> None:
    """Put the action over the one that is there; what a put does not tell stays, so what is to go takes it along.

    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScheduledUpdateGroupAction.html
    """
    if any(is_empty(work.desired[name]) for name in work.changed):
        work.call(SERVICE, "delete_scheduled_action", **_names(work))
    work.call(SERVICE, "put_scheduled_update_group_action", **_put(work))


def _names(work: Work) -> dict[str, Any]:
    return work.pick("AutoScalingGroupName", "ScheduledActionName")


SCHEDULED_ACTION = Kind(
    type="AWS::AutoScaling::ScheduledAction",
    service=SERVICE,
    title="scheduled action",
    # CloudFormation names scheduled actions itself.
    template=Template(ref="ScheduledActionName", properties={"ScheduledActionName": ""}, attributes={"Arn": ""}),
    id="ScheduledActionARN",
    key=("AutoScalingGroupName", "ScheduledActionName"),
    requires=(GROUP,),
    part_of="AutoScalingGroupName",
    tags=None,
    retry_on=CONTENTION,
    list=lambda scope: parts(
        scope, "describe_scheduled_actions", "ScheduledUpdateGroupActions[]", "ScheduledActionARN"
    ),
    properties={
        "AutoScalingGroupName": IMMUTABLE,
        "ScheduledActionName": IMMUTABLE,
        **{name: Property(unstated=None) for name in _MUTABLE},
        # Without one it begins at its next time, which is answered as its start.
        "StartTime": Property(normalise=instant),
        "EndTime": Property(normalise=instant, unstated=None),
        "TimeZone": Property(),
    },
    attributes={
        "ScheduledActionName": Attribute("ScheduledActionName", "{ScheduledActionName}"),
        "Arn": Attribute("ScheduledActionARN"),
    },
    create=_PUT,
    updates=(Update(_MUTABLE, _change),),
    delete=Call(
        "delete_scheduled_action",
        _names,
        # One that was to run once and has run is gone by itself.
        ignore=frozenset({"ValidationError"}),
    ),
)
