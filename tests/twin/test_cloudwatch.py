# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.twin.support import refused

Client = Callable[..., Any]
ALARM = {
    "AlarmName": "high",
    "Namespace": "App",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
CALLS = {"Metric": {"Namespace": "App", "MetricName": "Calls", "Dimensions": []}, "Period": 60, "Stat": "Sum"}
ERRORS = {
    "Metric": {"Namespace": "App", "MetricName": "Errors", "Dimensions": []},
    "Period": 60,
    "Stat": "Sum",
}
RATE = [
    {"Id": "e", "MetricStat": ERRORS, "ReturnData": False},
    {"Id": "c", "MetricStat": CALLS, "ReturnData": False},
    {"Id": "r", "Expression": "100 * FILL(e, 0) / c", "Label": "rate", "ReturnData": True},
]


@pytest.fixture
def cloudwatch(client: Client) -> Any:
    return client("cloudwatch")


def put(cloudwatch: Any, **change: Any) -> None:
    cloudwatch.put_metric_alarm(**{k: v for k, v in {**ALARM, **change}.items() if v is not None})


def one(cloudwatch: Any, name: str = "high") -> dict[str, Any]:
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]


def emit(cloudwatch: Any, name: str, *values: float, dimensions: dict[str, str] | None = None) -> None:
    data = {
        "MetricName": name,
        "Values": list(values),
        "Dimensions": [{"Name": k, "Value": v} for k, v in (dimensions or {}).items()],
    }
    cloudwatch.put_metric_data(Namespace="App", MetricData=[data])


def read(cloudwatch: Any, queries: list[dict[str, Any]]) -> dict[str, list[float]]:
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=1)
    )
    return {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}


def test_every_field_of_an_alarm_comes_back(cloudwatch: Any) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:ops"
    stated = {
        "AlarmDescription": "d",
        "Statistic": None,
        "ExtendedStatistic": "p99",
        "Dimensions": [{"Name": "Service", "Value": "api"}],
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "notBreaching",
        "Unit": "Milliseconds",
        "ActionsEnabled": False,
        "AlarmActions": [topic],
        "OKActions": [topic],
        "InsufficientDataActions": [topic],
    }
    put(cloudwatch, **stated)
    got = one(cloudwatch)
    expected = {k: v for k, v in {**ALARM, **stated}.items() if v is not None}
    assert {name: got.get(name) for name in expected} == expected
    assert "Statistic" not in got


def test_metric_math_comes_back_and_decides(cloudwatch: Any) -> None:
    none = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    put(cloudwatch, **none, Metrics=RATE)
    got = one(cloudwatch)
    assert got["Metrics"] == RATE
    assert got["StateValue"] == "INSUFFICIENT_DATA"
    emit(cloudwatch, "Calls", 100)
    emit(cloudwatch, "Errors", 4)
    assert one(cloudwatch)["StateValue"] == "OK"
    emit(cloudwatch, "Errors", 2)
    assert one(cloudwatch)["StateValue"] == "ALARM"


@pytest.mark.parametrize(
    ("code", "text", "change"),
    [
        ("ValidationError", "Exactly one of the elements", {"ExtendedStatistic": "p99"}),
        ("InvalidParameterValue", "not supported", {"Statistic": None, "ExtendedStatistic": "q99"}),
        ("ValidationError", "TreatMissingData", {"TreatMissingData": "sometimes"}),
        ("ValidationError", "multiple of 60", {"Period": 45}),
        ("ValidationError", "more than a day", {"Period": 300, "EvaluationPeriods": 300}),
        ("ValidationError", "DatapointsToAlarm", {"DatapointsToAlarm": 2}),
        ("ValidationError", "Invalid region", {"AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:t"]}),
        ("ValidationError", "Invalid arn", {"AlarmActions": ["topic"]}),
        ("ValidationError", "should return data", {"Statistic": None, "Metrics": [RATE[0]]}),
    ],
)
def test_what_an_alarm_is_refused_for(cloudwatch: Any, code: str, text: str, change: dict[str, Any]) -> None:
    with refused(code, text):
        put(cloudwatch, **change)
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("treatment", "state"),
    [
        (None, "INSUFFICIENT_DATA"),
        ("breaching", "ALARM"),
        ("notBreaching", "OK"),
        ("ignore", "INSUFFICIENT_DATA"),
    ],
)
def test_missing_data_mean_what_was_declared(cloudwatch: Any, treatment: str | None, state: str) -> None:
    put(cloudwatch, TreatMissingData=treatment)
    assert one(cloudwatch)["StateValue"] == state


def test_a_state_set_by_hand_stays_and_a_change_keeps_it(cloudwatch: Any) -> None:
    put(cloudwatch)
    cloudwatch.set_alarm_state(AlarmName="high", StateValue="ALARM", StateReason="test")
    assert (one(cloudwatch)["StateValue"], one(cloudwatch)["StateReason"]) == ("ALARM", "test")
    put(cloudwatch, Threshold=6.0)
    assert one(cloudwatch)["StateValue"] == "ALARM"
    with refused("ResourceNotFound"):
        cloudwatch.set_alarm_state(AlarmName="nosuch", StateValue="OK", StateReason="r")


def test_a_composite_alarm_follows_its_children_and_keeps_them(cloudwatch: Any) -> None:
    put(cloudwatch)
    put(cloudwatch, AlarmName="low")
    with refused("ValidationError", "Could not save the composite alarm as alarms [nosuch] in the alarm rule"):
        cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("nosuch")')
    with refused("ValidationError", "AlarmRule"):
        cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(high) XOR ALARM(low)")
    rule = 'ALARM("high") AND (ALARM(low) OR NOT OK(low))'
    cloudwatch.put_composite_alarm(
        AlarmName="both",
        AlarmRule=rule,
        AlarmDescription="d",
        ActionsEnabled=False,
        Tags=[{"Key": "a", "Value": "1"}],
    )

    def composite() -> dict[str, Any]:
        answer = cloudwatch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])
        return answer["CompositeAlarms"][0]

    assert (composite()["AlarmRule"], composite()["StateValue"]) == (rule, "OK")
    assert (composite()["AlarmDescription"], composite()["ActionsEnabled"]) == ("d", False)
    cloudwatch.set_alarm_state(AlarmName="high", StateValue="ALARM", StateReason="r")
    assert composite()["StateValue"] == "ALARM"
    cloudwatch.set_alarm_state(AlarmName="low", StateValue="OK", StateReason="r")
    assert composite()["StateValue"] == "OK"
    assert [a["AlarmName"] for a in cloudwatch.describe_alarms()["MetricAlarms"]] == ["high", "low"]
    assert cloudwatch.describe_alarms()["CompositeAlarms"] == []
    with refused("ValidationError", "Cannot delete high as there are composite alarm(s) depending on it."):
        cloudwatch.delete_alarms(AlarmNames=["high"])
    cloudwatch.delete_alarms(AlarmNames=["high", "low", "both"])
    assert cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm", "MetricAlarm"])["MetricAlarms"] == []
    with refused("ResourceNotFound"):
        cloudwatch.delete_alarms(AlarmNames=["high"])


def test_tags_are_taken_at_birth_only(cloudwatch: Any) -> None:
    put(cloudwatch, Tags=[{"Key": "a", "Value": "1"}])
    put(cloudwatch, Tags=[{"Key": "b", "Value": "2"}])
    arn = one(cloudwatch)["AlarmArn"]
    tags = lambda: cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]  # noqa: E731
    assert tags() == [{"Key": "a", "Value": "1"}]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "c", "Value": "3"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert tags() == [{"Key": "c", "Value": "3"}]


def test_alarms_are_paged_and_filtered(cloudwatch: Any) -> None:
    for number in range(7):
        put(cloudwatch, AlarmName=f"a{number}")
    put(cloudwatch, AlarmName="z")
    pages = list(cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["MetricAlarms"]) for page in pages] == [3, 3, 2]
    assert len(cloudwatch.describe_alarms(AlarmNamePrefix="a")["MetricAlarms"]) == 7
    cloudwatch.disable_alarm_actions(AlarmNames=["z"])
    assert one(cloudwatch, "z")["ActionsEnabled"] is False


def test_statistics_percentiles_and_dimensions(cloudwatch: Any) -> None:
    emit(cloudwatch, "Latency", *range(1, 101), dimensions={"Service": "api"})
    emit(cloudwatch, "Latency", 5000, dimensions={"Service": "web"})
    metric = {
        "Namespace": "App",
        "MetricName": "Latency",
        "Dimensions": [{"Name": "Service", "Value": "api"}],
    }
    stats = {"a": "Average", "s": "Sum", "n": "SampleCount", "p": "p99"}
    queries = [
        {"Id": name, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": stat}} for name, stat in stats.items()
    ]
    found = {name: sum(values) for name, values in read(cloudwatch, queries).items()}
    assert (found["s"], found["n"]) == (5050.0, 100.0)
    assert found["a"] == 50.5 and found["p"] == pytest.approx(99.01)
    bare = {"Namespace": "App", "MetricName": "Latency"}
    assert read(cloudwatch, [{"Id": "b", "MetricStat": {"Metric": bare, "Period": 60, "Stat": "Sum"}}]) == {"b": []}
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_statistics(
        **metric,
        Period=3600,
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        Statistics=["Maximum"],
        ExtendedStatistics=["p50"],
    )["Datapoints"]
    assert (answer[0]["Maximum"], answer[0]["ExtendedStatistics"]["p50"]) == (100.0, 50.5)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("e / c", 0.25),
        ("(e + 1) * 2", 12.0),
        ("SUM(METRICS())", 25.0),
        ("MAX([e, c])", 20.0),
        ("IF(e > 4, 1, 0)", 1.0),
        ("IF(e > 4 AND c < 1, 1, 0)", 0.0),
        ("-e + c", 15.0),
        ("PERIOD(e) / 60", 60.0),
    ],
)
def test_metric_math(cloudwatch: Any, expression: str, value: float) -> None:
    emit(cloudwatch, "Errors", 5)
    emit(cloudwatch, "Calls", 20)
    hour = [{**q, "MetricStat": {**q["MetricStat"], "Period": 3600}} for q in RATE[:2]]
    got = read(cloudwatch, [*hour, {"Id": "x", "Expression": expression, "Period": 3600}])
    assert got == {"x": [value]}


def test_what_metric_math_refuses(cloudwatch: Any) -> None:
    for expression in ("nosuch + 1", "e +", "__import__('os')", "e.real"):
        with refused("ValidationError", "Error in expression"):
            read(cloudwatch, [RATE[0], {"Id": "x", "Expression": expression}])


WIDGET = {
    "type": "metric",
    "x": 0,
    "y": 0,
    "width": 12,
    "height": 6,
    "properties": {"metrics": [["App", "Errors"]], "region": "us-east-1"},
}


def test_a_dashboard_comes_back(cloudwatch: Any) -> None:
    body = json.dumps({"widgets": [WIDGET, {"type": "text", "properties": {"markdown": "# x"}}]})
    assert cloudwatch.put_dashboard(DashboardName="d", DashboardBody=body)["DashboardValidationMessages"] == []
    assert cloudwatch.get_dashboard(DashboardName="d")["DashboardBody"] == body
    cloudwatch.delete_dashboards(DashboardNames=["d"])
    with refused("ResourceNotFound"):
        cloudwatch.get_dashboard(DashboardName="d")


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "{}",
        '{"widgets": [{"type": "nosuch", "properties": {}}]}',
        json.dumps({"widgets": [{**WIDGET, "width": 25}]}),
        json.dumps({"widgets": [{**WIDGET, "properties": {"region": "us-east-1"}}]}),
        json.dumps({"widgets": [{"type": "text", "properties": {}}]}),
        json.dumps({"widgets": [{"type": "metric"}]}),
    ],
)
def test_what_a_dashboard_is_refused_for(cloudwatch: Any, body: str) -> None:
    with refused("InvalidParameterInput"):
        cloudwatch.put_dashboard(DashboardName="d", DashboardBody=body)
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []


def test_dashboards_and_composite_alarms_have_tags(client: Client) -> None:
    cloudwatch, tagging = client("cloudwatch"), client("resourcegroupstaggingapi")
    put(cloudwatch, AlarmName="a")
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("a")')
    composite = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]["AlarmArn"]
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}', Tags=[{"Key": "team", "Value": "a"}])
    dashboard = cloudwatch.get_dashboard(DashboardName="d")["DashboardArn"]

    def shown() -> dict[str, dict[str, str]]:
        found = tagging.get_resources(ResourceTypeFilters=["cloudwatch"])["ResourceTagMappingList"]
        return {one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in found}

    assert shown() == {dashboard: {"team": "a"}}
    for arn in (dashboard, composite):
        cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": "1"}])
        listed = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in listed} == {"team": "b", "cost": "1"}
        cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["cost"])
    assert shown() == {dashboard: {"team": "b"}, composite: {"team": "b"}}
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}')
    assert shown()[dashboard] == {"team": "b"}
    cloudwatch.delete_dashboards(DashboardNames=["d"])
    cloudwatch.delete_alarms(AlarmNames=["both"])
    assert shown() == {}
    for arn in (dashboard, composite):
        with refused("ResourceNotFoundException"):
            cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "c"}])
        with refused("ResourceNotFoundException"):
            cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
        with refused("ResourceNotFoundException"):
            cloudwatch.list_tags_for_resource(ResourceARN=arn)


def test_anomaly_detectors(client: Any) -> None:
    cloudwatch = client("cloudwatch")
    watched = {"Namespace": "App", "MetricName": "Spend", "Stat": "Sum", "Dimensions": []}
    made = cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=watched)["AnomalyDetectorId"]
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=watched, Configuration={"MetricTimezone": "UTC"})
    (seen,) = cloudwatch.describe_anomaly_detectors()["AnomalyDetectors"]
    assert (seen["AnomalyDetectorId"], seen["Configuration"]) == (made, {"MetricTimezone": "UTC"})
    with refused("InvalidParameterCombination"):
        cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=watched, Namespace="App")
    cloudwatch.delete_anomaly_detector(AnomalyDetectorId=made)
    with refused("ResourceNotFoundException"):
        cloudwatch.delete_anomaly_detector(AnomalyDetectorId=made)


def test_an_alarm_on_an_anomaly_follows_its_metric(client: Any) -> None:
    cloudwatch = client("cloudwatch")
    metric = {"Metric": {"Namespace": "App", "MetricName": "Spend"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "spend", "MetricStat": metric, "ReturnData": True},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(spend, 2)", "ReturnData": True},
    ]
    alarm = {
        "AlarmName": "unusual",
        "Metrics": queries,
        "EvaluationPeriods": 1,
        "ThresholdMetricId": "band",
        "ComparisonOperator": "GreaterThanUpperThreshold",
    }
    with refused("ValidationError"):
        cloudwatch.put_metric_alarm(**{**alarm, "ThresholdMetricId": "spend"})
    with refused("ValidationError"):
        cloudwatch.put_metric_alarm(**{**alarm, "ComparisonOperator": "GreaterThanThreshold"})
    cloudwatch.put_metric_alarm(**alarm)
    now = datetime.now(UTC)
    usual = [10.0, 11.0, 9.0, 10.0, 10.0]

    def state(latest: float) -> str:
        data = [
            {"MetricName": "Spend", "Timestamp": now - timedelta(minutes=10 + index), "Value": value}
            for index, value in enumerate(usual)
        ]
        newest = {"MetricName": "Spend", "Timestamp": now, "Value": latest}
        cloudwatch.put_metric_data(Namespace="App", MetricData=[*data, newest])
        found: str = cloudwatch.describe_alarms(AlarmNames=["unusual"])["MetricAlarms"][0]["StateValue"]
        return found

    assert state(10) == "OK"
    assert state(40) == "ALARM"


def test_a_day_is_compared_with_the_days_before_it(client: Any) -> None:
    cloudwatch = client("cloudwatch")
    day = timedelta(days=1)
    now = datetime.now(UTC)
    days = [{"MetricName": "Spend", "Timestamp": now - day * index, "Value": 10.0} for index in range(1, 7)]
    cloudwatch.put_metric_data(
        Namespace="App", MetricData=[*days, {"MetricName": "Spend", "Timestamp": now, "Value": 16.0}]
    )
    metric = {"Metric": {"Namespace": "App", "MetricName": "Spend"}, "Period": 86400, "Stat": "Sum"}
    others = "(SUM(m) - m) / (DATAPOINT_COUNT(m) - 1)"
    queries = [
        {"Id": "m", "MetricStat": metric, "ReturnData": False},
        {"Id": "share", "Expression": f"IF(EPOCH(m) >= MAX(EPOCH(m)), 100 * m / ({others}), 0)"},
    ]
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=now - day * 8, EndTime=now + day)
    values = answer["MetricDataResults"][0]["Values"]
    assert values[0] == pytest.approx(160)
    assert set(values[1:]) == {0.0}
