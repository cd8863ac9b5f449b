"""How event rules and schedules are read, compared and written."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Call
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.events import EVENTS_RULE, rule_of
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.scheduler import (
    SCHEDULE,
    list_schedules,
    moment,
)
from tests.unit.kinds.canned import OWNER, CannedApi, scope, work

RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/nightly"
RULE: dict[str, Any] = {
    "Name": "nightly",
    "Arn": RULE_ARN,
    "EventBusName": "default",
    "Description": "kept",
    "EventPattern": '{"source": ["aws.rds", "aws.ec2"]}',
    "State": "ENABLED",
    "Targets": [{"Id": "a", "Arn": "arn:a", "Input": '{"x": 1}'}, {"Id": "b", "Arn": "arn:b"}],
    "Tags": [{"Key": key, "Value": value} for key, value in OWNER.items()],
}


@pytest.mark.parametrize(
    ("name", "stated", "changed"),
    [
        ("EventPattern", {"source": ["aws.ec2", "aws.rds"]}, False),
        ("EventPattern", {"source": ["aws.ec2"]}, True),
        ("Targets", [{"Id": "b", "Arn": "arn:b"}, {"Id": "a", "Arn": "arn:a", "Input": {"x": 1}}], False),
        ("Targets", [{"Id": "a", "Arn": "arn:a", "Input": {"x": 1}}], True),
        ("Targets", [{"Id": "a", "Arn": "arn:a", "Input": {"x": 2}}, {"Id": "b", "Arn": "arn:b"}], True),
        ("State", "DISABLED", True),
    ],
)
def test_rules_are_compared_by_meaning(name: str, stated: Any, changed: bool) -> None:
    assert differs(EVENTS_RULE.properties[name], stated, EVENTS_RULE.parse(RULE).properties[name]) is changed


def test_a_rule_is_named_by_its_arn() -> None:
    assert rule_of(RULE_ARN) == {"Name": "nightly", "EventBusName": "default"}
    assert rule_of(RULE_ARN.replace("nightly", "orders/nightly")) == {"Name": "nightly", "EventBusName": "orders"}


def test_a_change_of_a_rule_says_all_of_it_and_no_tags() -> None:
    api = CannedApi({"events.put_rule": {"RuleArn": RULE_ARN}})
    step = EVENTS_RULE.updates[0].step
    assert not isinstance(step, Call)
    step(work(api, EVENTS_RULE, {"Name": "nightly", "State": "DISABLED"}, RULE, changed=frozenset({"State"})))
    assert api.params("events.put_rule") == {
        "Name": "nightly",
        "EventBusName": "default",
        "Description": "kept",
        "EventPattern": RULE["EventPattern"],
        "State": "DISABLED",
    }


def _set_targets(api: CannedApi, targets: list[dict[str, Any]]) -> None:
    step = EVENTS_RULE.updates[1].step
    assert not isinstance(step, Call)
    step(work(api, EVENTS_RULE, {"Name": "nightly", "Targets": targets}, RULE))


def test_targets_are_written_and_what_is_not_described_is_removed() -> None:
    api = CannedApi()
    _set_targets(api, [{"Id": "a", "Arn": "arn:a", "Input": {"x": 2}}])
    (written,) = api.params("events.put_targets")["Targets"]
    assert written == {"Id": "a", "Arn": "arn:a", "Input": '{"x": 2}'}
    assert api.params("events.remove_targets")["Ids"] == ["b"]


def test_a_refused_target_is_an_error() -> None:
    refused = {"TargetId": "a", "ErrorCode": "ResourceNotFoundException", "ErrorMessage": "no such thing"}
    api = CannedApi({"events.put_targets": {"FailedEntryCount": 1, "FailedEntries": [refused]}})
    with pytest.raises(ApiError, match="a: no such thing"):
        _set_targets(api, [{"Id": "a", "Arn": "arn:other"}])


SCHEDULE_ITEM: dict[str, Any] = {
    "Name": "hourly",
    "GroupName": "shop",
    "ScheduleExpression": "rate(1 hour)",
    "StartDate": datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC),
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "State": "ENABLED",
    "Target": {
        "Arn": "arn:aws:scheduler:::aws-sdk:elasticache:createSnapshot",
        "RoleArn": "arn:role",
        "Input": '{"ReplicationGroupId":"main"}',
        "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
    },
}


@pytest.mark.parametrize(
    ("name", "stated", "changed"),
    [
        ("StartDate", "2026-12-01T01:00:00+01:00", False),
        ("StartDate", "2026-12-01T01:00:00Z", True),
        ("ScheduleExpressionTimezone", "UTC", False),
        ("Target", {"Arn": SCHEDULE_ITEM["Target"]["Arn"], "Input": {"ReplicationGroupId": "main"}}, False),
        ("Target", {"Arn": SCHEDULE_ITEM["Target"]["Arn"], "Input": {"ReplicationGroupId": "other"}}, True),
    ],
)
def test_schedules_are_compared_by_meaning(name: str, stated: Any, changed: bool) -> None:
    assert differs(SCHEDULE.properties[name], stated, SCHEDULE.parse(SCHEDULE_ITEM).properties[name]) is changed


def test_what_is_no_point_in_time_stays_as_it_is() -> None:
    assert moment("tomorrow") == "tomorrow"


def test_a_change_of_a_schedule_says_all_of_it() -> None:
    step = SCHEDULE.updates[0].step
    assert isinstance(step, Call)
    desired = {"Name": "hourly", "GroupName": "shop", "State": "DISABLED"}
    params = step.params(work(CannedApi(), SCHEDULE, desired, SCHEDULE_ITEM, changed=frozenset({"State"})))
    assert params == {
        "Name": "hourly",
        "GroupName": "shop",
        "ScheduleExpression": "rate(1 hour)",
        "ScheduleExpressionTimezone": "UTC",
        "StartDate": "2026-12-01T00:00:00Z",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "DISABLED",
        "Target": SCHEDULE_ITEM["Target"],
    }


def test_only_described_schedules_of_the_default_group_are_looked_at() -> None:
    api = CannedApi(
        {
            "scheduler.list_schedules": {"Schedules": [{"Name": "hourly"}]},
            "scheduler.get_schedule": lambda asked: {**SCHEDULE_ITEM, **asked},
        }
    )
    found = list_schedules(scope(api, {"Name": "x", "GroupName": "shop"}, {"Name": "plain"}))
    assert [SCHEDULE.parse(item).id for item in found] == ["shop/hourly", "default/plain"]
    assert api.params("scheduler.list_schedules") == {"GroupName": "shop"}
