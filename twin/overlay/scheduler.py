# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schedules: their groups, their roles, expressions and targets that Scheduler does not take.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

import json
import re
import zoneinfo
from typing import TYPE_CHECKING, Any, NoReturn

import botocore.session
from botocore.exceptions import UnknownServiceError
from moto.iam.models import iam_backends
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.scheduler.responses import EventBridgeSchedulerResponse as Response

from twin.overlay._policies import listed
from twin.patch import Parameters, around, before, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_RATE = re.compile(r"rate\(([1-9]\d*) (minutes?|hours?|days?)\)")
_CRON = re.compile(r"cron\(\S+( \S+){5}\)")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
_UNIVERSAL = re.compile(r"arn:aws:scheduler:::aws-sdk:([a-z0-9]+):([a-z][A-Za-z0-9]*)")
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html#unsupported-api-actions
_READING = (
    "get",
    "describe",
    "list",
    "poll",
    "receive",
    "search",
    "scan",
    "query",
    "select",
    "read",
    "test",
    "validate",
)


def install(world: World) -> None:
    _groups()
    _schedules()


def _invalid(message: str) -> NoReturn:
    refuse("ValidationException", message, 400)


def _groups() -> None:
    @before(Response, "CreateScheduleGroup")
    def twice(response: Any, asked: Parameters) -> None:
        if asked["Name"] in response.scheduler_backend.schedule_groups:
            refuse("ConflictException", f"Schedule group {asked['Name']} already exists.", 409)

    @before(Response, "DeleteScheduleGroup")
    def known(response: Any, asked: Parameters) -> None:
        if asked["Name"] == "default":
            _invalid("The default schedule group cannot be deleted.")
        response.scheduler_backend.get_schedule_group(asked["Name"])

    @around(EventBridgeSchedulerBackend, "delete_schedule_group")
    def forget(original: Any, self: Any, name: str | None) -> None:
        """A group goes with its schedules and its tags."""
        self.tagger.delete_all_tags_for_resource(self.get_schedule_group(name).arn)
        original(self, name)

    @before(Response, "ListSchedules")
    def in_a_group(response: Any, asked: Parameters) -> None:
        if asked.get("GroupName"):
            response.scheduler_backend.get_schedule_group(asked["GroupName"])


def _schedules() -> None:
    original = Response.create_schedule

    @operation(Response, "CreateSchedule")
    def create(response: Any, asked: Parameters) -> Any:
        """The same token is the same request, whenever it comes again."""
        backend = response.scheduler_backend
        group = backend.get_schedule_group(asked.get("GroupName"))
        tokens = notes(backend, "tokens")
        token = asked.get("ClientToken")
        if token and tokens.get(token) == (group.name, asked["Name"]) and asked["Name"] in group.schedules:
            return {"ScheduleArn": group.schedules[asked["Name"]].arn}
        _check(response, asked)
        answer = original(response)
        tokens[token] = (group.name, asked["Name"])
        return answer

    @before(Response, "UpdateSchedule")
    def update(response: Any, asked: Parameters) -> None:
        response.scheduler_backend.get_schedule(asked.get("GroupName"), asked["Name"])
        _check(response, asked)


def _check(response: Any, asked: Parameters) -> None:
    expression = asked["ScheduleExpression"]
    if not any(form.fullmatch(expression) for form in (_RATE, _CRON, _AT)):
        _invalid(f"Invalid Schedule Expression {expression}.")
    zone = asked.get("ScheduleExpressionTimezone") or "UTC"
    if zone not in zoneinfo.available_timezones():
        _invalid(f"Invalid ScheduleExpressionTimezone {zone}.")
    window = asked["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        _invalid("MaximumWindowInMinutes goes with the mode FLEXIBLE, and with no other.")
    target = asked["Target"]
    _check_role(response, target["RoleArn"])
    if target["Arn"].startswith("arn:aws:scheduler:::"):
        _check_universal(target)
    if "Input" in target and ":lambda:" in target["Arn"]:
        try:
            json.loads(target["Input"])
        except ValueError:
            _invalid("Input must be a valid JSON document for this target.")


def _check_role(response: Any, arn: str) -> None:
    roles = iam_backends[response.current_account]["aws"].roles.values()
    role = next((one for one in roles if one.arn == arn), None)
    trust = role.assume_role_policy_document if role else "{}"
    statements = (json.loads(trust) if isinstance(trust, str) else trust).get("Statement") or []
    trusted = [
        service
        for statement in (statements if isinstance(statements, list) else [statements])
        if statement.get("Effect") == "Allow" and isinstance(statement.get("Principal"), dict)
        for service in listed(statement["Principal"].get("Service"))
    ]
    if "scheduler.amazonaws.com" not in trusted:
        _invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


def _check_universal(target: Parameters) -> None:
    match = _UNIVERSAL.fullmatch(target["Arn"])
    if match is None:
        _invalid(f"{target['Arn']} is not a valid target ARN.")
    service, action = match.groups()
    name = action[0].upper() + action[1:]
    if action.startswith(_READING):
        _invalid(f"{target['Arn']} is not a supported target: it only reads.")
    try:
        model = botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        _invalid(f"{service} is not a valid service of a universal target.")
    if name not in model.operation_names:
        _invalid(f"{name} is not an action of {service}.")
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError:
            _invalid("Input must be a valid JSON document for this target.")
