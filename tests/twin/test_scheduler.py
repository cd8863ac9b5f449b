# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import refused

UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"


@pytest.fixture
def scheduler(client: Callable[..., Any]) -> Any:
    return client("scheduler")


def _role(client: Callable[..., Any], name: str, service: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return str(client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])


@pytest.fixture
def wanted(client: Callable[..., Any]) -> dict[str, Any]:
    target = {
        "Arn": UNIVERSAL + "elasticache:createSnapshot",
        "RoleArn": _role(client, "runner", "scheduler"),
        "Input": '{"SnapshotName": "a"}',
    }
    return {
        "Name": "hourly",
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }


def test_a_schedule_is_made_once(scheduler: Any, wanted: dict[str, Any]) -> None:
    first = scheduler.create_schedule(**wanted, ClientToken="same")
    assert scheduler.create_schedule(**wanted, ClientToken="same")["ScheduleArn"] == first["ScheduleArn"]
    with refused("ConflictException"):
        scheduler.create_schedule(**wanted, ClientToken="other")


def test_a_role_has_to_trust_scheduler(client: Callable[..., Any], scheduler: Any, wanted: dict[str, Any]) -> None:
    for arn in (_role(client, "other", "lambda"), "arn:aws:iam::123456789012:role/none"):
        with refused("ValidationException", "to assume the role"):
            scheduler.create_schedule(**{**wanted, "Target": {**wanted["Target"], "RoleArn": arn}})


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("ScheduleExpression", "every hour", "Invalid Schedule Expression"),
        ("ScheduleExpression", "cron(0 4 * * *)", "Invalid Schedule Expression"),
        ("ScheduleExpressionTimezone", "Mars/Olympus", "Mars/Olympus"),
        ("FlexibleTimeWindow", {"Mode": "FLEXIBLE"}, "MaximumWindowInMinutes"),
    ],
)
def test_what_no_schedule_takes(scheduler: Any, wanted: dict[str, Any], member: str, value: Any, text: str) -> None:
    with refused("ValidationException", text):
        scheduler.create_schedule(**{**wanted, member: value})


@pytest.mark.parametrize("action", ["elasticache:describeSnapshots", "nothing:create", "rds:createNothing", "rds"])
def test_only_actions_that_do_something_are_targets(scheduler: Any, wanted: dict[str, Any], action: str) -> None:
    with refused("ValidationException"):
        scheduler.create_schedule(**{**wanted, "Target": {**wanted["Target"], "Arn": UNIVERSAL + action}})


def test_a_group_goes_with_what_is_in_it(client: Callable[..., Any], scheduler: Any, wanted: dict[str, Any]) -> None:
    scheduler.create_schedule_group(Name="shop", Tags=[{"Key": "a", "Value": "b"}])
    with refused("ConflictException"):
        scheduler.create_schedule_group(Name="shop")
    scheduler.create_schedule(**wanted, GroupName="shop")
    tagging = client("resourcegroupstaggingapi")
    assert len(tagging.get_resources(ResourceTypeFilters=["scheduler"])["ResourceTagMappingList"]) == 1
    scheduler.delete_schedule_group(Name="shop")
    assert tagging.get_resources(ResourceTypeFilters=["scheduler"])["ResourceTagMappingList"] == []
    with refused("ResourceNotFoundException"):
        scheduler.get_schedule(GroupName="shop", Name="hourly")
    with refused("ValidationException"):
        scheduler.delete_schedule_group(Name="default")
