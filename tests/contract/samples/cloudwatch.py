"""CloudWatch's alarms and dashboards."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose
from tests.contract.sample import Sample

TOPIC = Resource("AWS::SNS::Topic", "alerts", {"TopicName": "contract-alerts"})
OTHER_TOPIC = Resource("AWS::SNS::Topic", "calm", {"TopicName": "contract-calm"})

CPU = Resource(
    "AWS::CloudWatch::Alarm",
    "high-cpu",
    {
        "AlarmName": "contract-high-cpu",
        "AlarmDescription": "CPU above 80 %",
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC.ref("TopicArn")],
        "OKActions": [TOPIC.ref("TopicArn")],
        "InsufficientDataActions": [TOPIC.ref("TopicArn")],
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "ServiceName", "Value": "backend"}, {"Name": "ClusterName", "Value": "main"}],
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 2,
        "DatapointsToAlarm": 2,
        "Threshold": 80,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "breaching",
        "Unit": "Percent",
    },
)
LATENCY = Resource(
    "AWS::CloudWatch::Alarm",
    "latency",
    {
        "AlarmName": "contract-latency",
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "TargetResponseTime",
        "ExtendedStatistic": "p99",
        "EvaluateLowSampleCountPercentile": "ignore",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
    },
)


def _metric(name: str, metric: str) -> dict[str, Any]:
    dimensions = [
        {"Name": "LoadBalancer", "Value": "app/contract/1"},
        {"Name": "AvailabilityZone", "Value": "us-east-1a"},
    ]
    source = {"Namespace": "AWS/ApplicationELB", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": source, "Period": 60, "Stat": "Sum"}, "ReturnData": False}


def _rate(factor: int) -> list[dict[str, Any]]:
    expression = {"Id": "rate", "Expression": f"{factor} * errors / requests", "Label": "5xx", "ReturnData": True}
    return [_metric("errors", "HTTPCode_Target_5XX_Count"), _metric("requests", "RequestCount"), expression]


ERRORS = Resource(
    "AWS::CloudWatch::Alarm",
    "errors",
    {
        "AlarmName": "contract-errors",
        "Metrics": _rate(100),
        "EvaluationPeriods": 2,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    },
)


def _either(state: str) -> Compose:
    return Compose(
        state + "({cpu}) OR ALARM({latency})", {"cpu": CPU.ref("AlarmName"), "latency": LATENCY.ref("AlarmName")}
    )


COMPOSITE = Resource(
    "AWS::CloudWatch::CompositeAlarm",
    "page",
    {
        "AlarmName": "contract-page",
        "AlarmDescription": "wake somebody",
        "AlarmRule": _either("ALARM"),
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC.ref("TopicArn")],
        "OKActions": [TOPIC.ref("TopicArn")],
        "InsufficientDataActions": [TOPIC.ref("TopicArn")],
    },
)


def _body(title: str) -> dict[str, Any]:
    metrics = [["AWS/ECS", "CPUUtilization", "ServiceName", "backend"]]
    properties = {"metrics": metrics, "region": "us-east-1", "title": title, "view": "timeSeries"}
    return {"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": properties}]}


DASHBOARD = Resource("AWS::CloudWatch::Dashboard", "main", {"DashboardName": "contract", "DashboardBody": _body("CPU")})


def _watched(metric: str) -> dict[str, Any]:
    dimensions = [{"Name": "QueueName", "Value": "jobs"}, {"Name": "Env", "Value": "prod"}]
    return {"Namespace": "Contract", "MetricName": metric, "Stat": "Sum", "Dimensions": dimensions}


DETECTOR = Resource(
    "AWS::CloudWatch::AnomalyDetector",
    "spend",
    {
        "SingleMetricAnomalyDetector": _watched("Spend"),
        "Configuration": {
            "MetricTimeZone": "UTC",
            "ExcludedTimeRanges": [{"StartTime": "2026-01-01T00:00:00", "EndTime": "2026-01-02T00:00:00"}],
        },
    },
)
OLDER_DETECTOR = Resource("AWS::CloudWatch::AnomalyDetector", "older", _watched("Calls"))
MATH_DETECTOR = Resource(
    "AWS::CloudWatch::AnomalyDetector", "rate", {"MetricMathAnomalyDetector": {"MetricDataQueries": _rate(100)}}
)


def _anomaly(width: int) -> list[dict[str, Any]]:
    watched = {**_metric("spend", "Spend"), "ReturnData": True}
    band = {"Id": "band", "Expression": f"ANOMALY_DETECTION_BAND(spend, {width})", "ReturnData": True}
    return [watched, band]


UNUSUAL = Resource(
    "AWS::CloudWatch::Alarm",
    "unusual",
    {
        "AlarmName": "contract-unusual",
        "Metrics": _anomaly(2),
        "EvaluationPeriods": 2,
        "ThresholdMetricId": "band",
        "ComparisonOperator": "GreaterThanUpperThreshold",
    },
)

SAMPLES = [
    Sample(
        kind="AWS::CloudWatch::AnomalyDetector",
        resources=[DETECTOR],
        changes={"Configuration": {"MetricTimeZone": "Europe/Berlin"}},
        immutable={"SingleMetricAnomalyDetector": _watched("Other")},
        tags=False,
    ),
    Sample(
        kind="AWS::CloudWatch::AnomalyDetector",
        resources=[OLDER_DETECTOR],
        changes={"Configuration": {"MetricTimeZone": "Europe/Berlin"}},
        tags=False,
    ),
    Sample(
        kind="AWS::CloudWatch::AnomalyDetector",
        resources=[MATH_DETECTOR],
        immutable={"MetricMathAnomalyDetector": {"MetricDataQueries": _rate(1)}},
        tags=False,
    ),
    Sample(
        kind="AWS::CloudWatch::Alarm",
        resources=[UNUSUAL],
        changes={"Metrics": _anomaly(3), "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold"},
    ),
    Sample(
        kind="AWS::CloudWatch::Alarm",
        resources=[TOPIC, OTHER_TOPIC, CPU],
        changes={
            "AlarmDescription": "CPU above 90 %",
            "ActionsEnabled": False,
            "AlarmActions": [OTHER_TOPIC.ref("TopicArn")],
            "OKActions": [],
            "InsufficientDataActions": [OTHER_TOPIC.ref("TopicArn")],
            "Namespace": "ECS/ContainerInsights",
            "MetricName": "CpuUtilized",
            "Dimensions": [{"Name": "ClusterName", "Value": "main"}],
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 1,
            "Threshold": 90.5,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "ignore",
            "Unit": "Count",
        },
        immutable={"AlarmName": "contract-renamed"},
    ),
    Sample(
        kind="AWS::CloudWatch::Alarm",
        resources=[LATENCY],
        changes={"ExtendedStatistic": "p95", "EvaluateLowSampleCountPercentile": "evaluate", "Threshold": 0.75},
    ),
    Sample(kind="AWS::CloudWatch::Alarm", resources=[ERRORS], changes={"Metrics": _rate(1)}),
    Sample(
        kind="AWS::CloudWatch::CompositeAlarm",
        resources=[TOPIC, OTHER_TOPIC, CPU, LATENCY, COMPOSITE],
        changes={
            "AlarmDescription": "wake somebody else",
            "AlarmRule": _either("OK"),
            "ActionsEnabled": False,
            "AlarmActions": [OTHER_TOPIC.ref("TopicArn")],
        },
        immutable={"AlarmName": "contract-renamed"},
    ),
    Sample(
        kind="AWS::CloudWatch::Dashboard",
        resources=[DASHBOARD],
        changes={"DashboardBody": _body("CPU of the backend")},
        immutable={"DashboardName": "contract-renamed"},
    ),
]
