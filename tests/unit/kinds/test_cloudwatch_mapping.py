"""How alarms and dashboards are read, compared and written."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.cloudwatch import (
    CLOUDWATCH_ALARM,
    CLOUDWATCH_COMPOSITE_ALARM,
    CLOUDWATCH_DASHBOARD,
    alarm_definition,
)
from tests.unit.kinds.canned import OWNER, CannedApi, work

NAMES = tuple(CLOUDWATCH_ALARM.properties)
PRESENT = {
    "AlarmName": "cpu",
    "Namespace": "AWS/ECS",
    "MetricName": "CPUUtilization",
    "Statistic": "Average",
    "Period": 300,
    "Threshold": 80.0,
    "AlarmActions": ["arn:t"],
    "ActionsEnabled": True,
    "Dimensions": [],
}


def dimension(name: str) -> dict[str, str]:
    return {"Name": name, "Value": "v"}


def query(*dimensions: str) -> dict[str, Any]:
    metric = {"Namespace": "n", "MetricName": "m", "Dimensions": [dimension(name) for name in dimensions]}
    return {"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}


RATE = {"Id": "rate", "Expression": "q / 2", "ReturnData": True}


@pytest.mark.parametrize(
    ("name", "stated", "answered", "changed"),
    [
        ("Dimensions", [dimension("a"), dimension("b")], [dimension("b"), dimension("a")], False),
        ("Dimensions", [dimension("a")], [dimension("a"), dimension("b")], True),
        ("AlarmActions", ["arn:1", "arn:2"], ["arn:2", "arn:1"], False),
        ("AlarmActions", [], ["arn:1"], True),
        ("Threshold", 80, 80.0, False),
        ("Threshold", "80", 80.0, False),
        ("Metrics", [RATE, query("b", "a")], [query("a", "b"), RATE], False),
        ("Metrics", [RATE, query("a")], [query("a", "b"), RATE], True),
        ("Metrics", [{"Id": "rate", "Expression": "q / 2"}, query("a")], [query("a"), RATE], False),
        ("Metrics", [RATE], [query("a"), RATE], True),
    ],
)
def test_alarms_are_compared_by_meaning(name: str, stated: Any, answered: Any, changed: bool) -> None:
    assert differs(CLOUDWATCH_ALARM.properties[name], stated, answered) is changed


@pytest.mark.parametrize(
    ("stated", "gained", "lost"),
    [
        pytest.param({"Threshold": "90"}, {"Threshold": 90.0}, set(), id="one number"),
        pytest.param({"AlarmActions": []}, {}, {"AlarmActions"}, id="no action any more"),
        pytest.param({"ActionsEnabled": False}, {"ActionsEnabled": False}, set(), id="silenced"),
        pytest.param({"ExtendedStatistic": "p99"}, {"ExtendedStatistic": "p99"}, {"Statistic"}, id="percentile"),
        pytest.param({"ThresholdMetricId": "band"}, {"ThresholdMetricId": "band"}, {"Threshold"}, id="anomaly band"),
        pytest.param(
            {"Metrics": [RATE]},
            {"Metrics": [RATE]},
            {"Namespace", "MetricName", "Statistic", "Period"},
            id="metric math",
        ),
    ],
)
def test_an_alarm_is_written_whole(stated: dict[str, Any], gained: dict[str, Any], lost: set[str]) -> None:
    untouched = {name: value for name, value in PRESENT.items() if value != [] and name not in lost}
    assert alarm_definition(stated, PRESENT, NAMES) == {**untouched, **gained}


def test_tags_go_with_the_creation_only() -> None:
    api = CannedApi()
    desired = {"AlarmName": "cpu", "Threshold": 90}
    CLOUDWATCH_ALARM.create(work(api, CLOUDWATCH_ALARM, desired))  # type: ignore[misc, operator]
    CLOUDWATCH_ALARM.updates[0].step(work(api, CLOUDWATCH_ALARM, desired, PRESENT))  # type: ignore[operator]
    first, second = [params for _name, params in api.asked]
    assert first["Tags"] == [{"Key": key, "Value": value} for key, value in sorted(OWNER.items())]
    assert "Tags" not in second


def test_a_created_alarm_is_known_without_reading_it() -> None:
    item = CLOUDWATCH_ALARM.create(work(CannedApi(), CLOUDWATCH_ALARM, {"AlarmName": "cpu", "Threshold": 90}))  # type: ignore[misc, operator]
    assert CLOUDWATCH_ALARM.parse(item).attributes["Arn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu"


@pytest.mark.parametrize(
    ("stated", "changed"),
    [("ALARM(cpu)\n  OR ALARM(errors)\n", False), ("ALARM(cpu) AND ALARM(errors)", True)],
)
def test_rules_are_compared_without_their_layout(stated: str, changed: bool) -> None:
    prop = CLOUDWATCH_COMPOSITE_ALARM.properties["AlarmRule"]
    assert differs(prop, stated, "ALARM(cpu) OR ALARM(errors)") is changed


@pytest.mark.parametrize(
    ("stated", "changed"),
    [
        ({"widgets": [{"x": 0, "type": "text"}]}, False),
        ('{ "widgets" : [ {"type": "text", "x": 0} ] }', False),
        ({"widgets": []}, True),
        ({"widgets": [{"x": 0}]}, True),
    ],
)
def test_a_dashboard_is_compared_as_json(stated: Any, changed: bool) -> None:
    answered = '{"widgets":[{"type":"text","x":0}]}'
    assert differs(CLOUDWATCH_DASHBOARD.properties["DashboardBody"], stated, answered) is changed
