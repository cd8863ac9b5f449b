# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EventBridge Scheduler: schedules, and the groups that they are in."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ..engine.template import Template
from .requests import given, is_empty, unless
from .shared import IMMUTABLE, arn_tagging, json_document, json_text, tag_list, with_tags

GROUP = "AWS::Scheduler::ScheduleGroup"
DEFAULT_GROUP = "default"
_UTC = datetime.timezone.utc  # noqa: UP017  (Python 3.10 has no other name for it)

_TAG, _UNTAG = arn_tagging("scheduler", "ResourceArn")


# Groups


def list_groups(scope: Scope) -> list[Item]:
    """The groups in scope."""
    if scope.ids:
        answers = (unless((), partial(scope.call, "scheduler", "get_schedule_group", Name=name)) for name in scope.ids)
        groups = [answer for answer in answers if answer is not None]
    else:
        groups = scope.pages("scheduler", "list_schedule_groups", "ScheduleGroups[]")
    return with_tags(
        scope,
        groups,
        "Arn",
        "scheduler",
        "list_tags_for_resource",
        "ResourceArn",
        "Tags",
        scope.names("Name"),
        "Name",
    )


_GROUP_ARN = "arn:{partition}:scheduler:{region}:{account}:schedule-group/{Name}"


def _create_group(work: Work) -> Item:
    answer = work.call(
        "scheduler",
        "create_schedule_group",
        Name=work.desired["Name"],
        Tags=tag_list(work.tags),
        ClientToken=work.token,
    )
    return {
        "Name": work.desired["Name"],
        "Arn": answer["ScheduleGroupArn"],
        "State": "ACTIVE",
        "Tags": tag_list(work.tags),
    }


SCHEDULE_GROUP = Kind(
    type=GROUP,
    service="scheduler",
    title="schedule group",
    id="Name",
    key=("Name",),
    properties={"Name": IMMUTABLE},
    attributes={
        "Arn": Attribute("Arn", _GROUP_ARN),
        "State": Attribute("State", volatile=True),
        "CreationDate": Attribute("CreationDate"),
        "LastModificationDate": Attribute("LastModificationDate", volatile=True),
    },
    list=list_groups,
    states=States(path="State", ready=frozenset({"ACTIVE"}), leaving=frozenset({"DELETING"}), timeout=900),
    # The name of a group that is being deleted is taken until it is gone.
    create=_create_group,
    delete=Call("delete_schedule_group", lambda w: {"Name": w.id}),
    tag=_TAG,
    untag=_UNTAG,
    retry_on=frozenset({"ConflictException: DELETING"}),
)


# Schedules


def schedule_id(item: Mapping[str, Any]) -> str:
    """What a schedule is known by: names count within a group."""
    return f"{item.get('GroupName') or DEFAULT_GROUP}/{item['Name']}"


def _named(identifier: str) -> dict[str, str]:
    group, _slash, name = identifier.partition("/")
    return {"GroupName": group, "Name": name}


def list_schedules(scope: Scope) -> list[Item]:
    """The schedules of the groups in scope, each as a whole, which Scheduler answers one by one."""
    if scope.ids:
        identifiers = list(scope.ids)
    else:
        groups = {group.id for group in scope.observed(GROUP)} | set(scope.names("GroupName"))
        identifiers = [identifier for group in sorted(groups) for identifier in _names_in(scope, group)]
        # The default group is everybody's; of it, only what is described matters.
        identifiers += [f"{DEFAULT_GROUP}/{name}" for name in _outside_groups(scope)]
    answers = (unless((), partial(scope.call, "scheduler", "get_schedule", **_named(one))) for one in identifiers)
    return [answer for answer in answers if answer is not None]


def _names_in(scope: Scope, group: str) -> list[str]:
    ask = partial(scope.pages, "scheduler", "list_schedules", "Schedules[].Name", GroupName=group)
    return [f"{group}/{name}" for name in unless((), ask) or []]


def _outside_groups(scope: Scope) -> list[str]:
    return sorted(
        wanted["Name"] for wanted in scope.wanted if isinstance(wanted.get("Name"), str) and not wanted.get("GroupName")
    )


#: How often a call is tried again where nothing is said.
#: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
_RETRIES = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


def plain_target(value: Any) -> Any:
    """A target to compare: its input as data, what it has none of, and what Scheduler fills in."""
    if not isinstance(value, Mapping):
        return value
    plain = {"DeadLetterConfig": None, "Input": None, **value}
    plain["RetryPolicy"] = {**_RETRIES, **(value.get("RetryPolicy") or {})}
    if value.get("Input"):
        plain["Input"] = json_document(value["Input"])
    return plain


def moment(value: Any) -> Any:
    """A point in time as text to the second, in UTC, however it is written."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return value
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=_UTC)
        return aware.astimezone(_UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


_SETTINGS = (
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)


def _parameters(work: Work) -> dict[str, Any]:
    """All settings of a schedule: an update forgets what it is not told."""
    params: dict[str, Any] = {name: work.merged(name) for name in _SETTINGS}
    params = {name: moment(value) if name.endswith("Date") else value for name, value in params.items()}
    params = {name: value for name, value in params.items() if not is_empty(value)}
    target = dict(params["Target"])
    if "Input" in target:
        target["Input"] = json_text(target["Input"])
    return {**params, "Target": target}


def _create_schedule(work: Work) -> Item:
    params = {**given(work, "Name", "GroupName"), **_parameters(work)}
    answer = work.call("scheduler", "create_schedule", **params, ClientToken=work.token)
    return {"GroupName": DEFAULT_GROUP, **params, "Arn": answer["ScheduleArn"]}


def schedule_arn(facts: Mapping[str, Any]) -> str | None:
    """The ARN that a schedule will have."""
    group, name = facts.get("GroupName") or DEFAULT_GROUP, facts.get("Name")
    if not (isinstance(group, str) and isinstance(name, str)):
        return None
    return f"arn:{facts['partition']}:scheduler:{facts['region']}:{facts['account']}:schedule/{group}/{name}"


#: What Scheduler answers while the role that it is to assume is not known everywhere yet.
_SETTLING = frozenset({"ValidationException: to assume the role"})

SCHEDULE = Kind(
    type="AWS::Scheduler::Schedule",
    service="scheduler",
    title="schedule",
    template=Template(ref="Name"),
    id=schedule_id,
    key=("GroupName", "Name"),
    key_of=lambda stated: (
        (str(stated.get("GroupName") or DEFAULT_GROUP), stated["Name"]) if isinstance(stated.get("Name"), str) else None
    ),
    requires=(GROUP,),
    part_of="GroupName",
    tags=None,
    properties={
        "Name": IMMUTABLE,
        "GroupName": Property(immutable=True, default=DEFAULT_GROUP),
        "Description": Property(unstated=None),
        "EndDate": Property(normalise=moment),
        "FlexibleTimeWindow": Property(),
        "KmsKeyArn": Property(),
        "ScheduleExpression": Property(),
        "ScheduleExpressionTimezone": Property(default="UTC"),
        "StartDate": Property(normalise=moment),
        "State": Property(default="ENABLED"),
        "Target": Property(normalise=plain_target),
    },
    attributes={"Arn": Attribute("Arn", schedule_arn)},
    list=list_schedules,
    create=_create_schedule,
    updates=(
        Update(
            _SETTINGS,
            Call("update_schedule", lambda w: {**_named(w.id), **_parameters(w)}),
        ),
    ),
    delete=Call("delete_schedule", lambda w: _named(w.id)),
    retry_on=_SETTLING,
)

KINDS = (SCHEDULE_GROUP, SCHEDULE)
