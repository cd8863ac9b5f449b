# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an alarm was put with, and the state that its metrics or its children give it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend

from twin.overlay.cloudwatch import metrics
from twin.overlay.cloudwatch.anomalies import band
from twin.overlay.cloudwatch.expressions import ExpressionError
from twin.overlay.cloudwatch.rules import parse
from twin.patch import notes

Answer = dict[str, Any]
_COMPARE = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

#: How an alarm on an anomaly compares: above the band, below it, or either.
EDGES = {
    "GreaterThanUpperThreshold": lambda value, low, high: value > high,
    "LessThanLowerThreshold": lambda value, low, high: value < low,
    "LessThanLowerOrGreaterThanUpperThreshold": lambda value, low, high: not low <= value <= high,
}
#: How far back a band looks, in periods; AWS's model is trained on two weeks.
_BAND_PERIODS = 100


def settings(alarm: Alarm) -> Answer:
    """What the alarm was put with, by AWS's names; of one that moto made for itself, what moto knows."""
    kept: Answer = notes(alarm, "settings")
    if kept:
        return kept
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Statistic": alarm.statistic,
        "Dimensions": [{"Name": d.name, "Value": d.value} for d in alarm.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison_operator,
        "AlarmActions": alarm.alarm_actions,
        "AlarmDescription": alarm.description,
        "Metrics": [
            {
                "Id": q.id,
                "Label": q.label,
                "Expression": q.expression,
                "ReturnData": q.return_data,
                **(
                    {
                        "MetricStat": {
                            "Metric": {
                                "Namespace": q.metric_stat.metric.namespace,
                                "MetricName": q.metric_stat.metric.metric_name,
                                "Dimensions": [
                                    {"Name": d.name, "Value": d.value} for d in q.metric_stat.metric.dimensions
                                ],
                            },
                            "Period": q.metric_stat.period,
                            "Stat": q.metric_stat.stat,
                            "Unit": q.metric_stat.unit,
                        }
                    }
                    if q.metric_stat
                    else {}
                ),
            }
            for q in alarm.metric_data_queries
        ],
    }


def _points(backend: CloudWatchBackend, wanted: Answer, now: float) -> tuple[dict[int, float], int]:
    """The data of the periods that are evaluated, and the length of a period."""
    if wanted.get("Metrics"):
        stats = [item["MetricStat"] for item in wanted["Metrics"] if item.get("MetricStat")]
        period = max([int(stat.get("Period") or 60) for stat in stats], default=60)
        start = now - period * (wanted["EvaluationPeriods"] + 2)
        limit = wanted.get("ThresholdMetricId")
        if limit:
            start = now - period * _BAND_PERIODS
        found = metrics.query(backend, wanted["Metrics"], start, now + 1)
        shown = next(
            item["Id"] for item in wanted["Metrics"] if item.get("ReturnData") is not False and item["Id"] != limit
        )
        return found[shown], period
    period = int(wanted["Period"])
    start = now - period * (wanted["EvaluationPeriods"] + 2)
    stat = wanted.get("ExtendedStatistic") or wanted["Statistic"]
    return metrics.series(backend, wanted, stat, period, start, now + 1, wanted.get("Unit")), period


def _breaks(wanted: Answer, past: list[float]) -> Callable[[float], bool]:
    """Whether a value is one to ring for.

    :param past: what came before the periods that are evaluated.
    """
    if wanted.get("ThresholdMetricId"):
        text = next(item["Expression"] for item in wanted["Metrics"] if item["Id"] == wanted["ThresholdMetricId"])
        width = float(text.rstrip(") ").rpartition(",")[2]) if "," in text else 2.0
        low, high = band(past, width)
        edge = EDGES[wanted["ComparisonOperator"]]
        return lambda value: bool(past) and edge(value, low, high)
    compare = _COMPARE[wanted["ComparisonOperator"]]
    return lambda value: bool(compare(value, wanted["Threshold"]))


def judge(wanted: Answer, data: dict[int, float], period: int, now: float) -> str | None:
    """The state that the data give: "Configuring how CloudWatch alarms treat missing data". None: as it was."""
    count = wanted["EvaluationPeriods"]
    needed = wanted.get("DatapointsToAlarm") or count
    newest = int(now // period) * period
    if newest not in data:  # the running period counts once it has data
        newest -= period
    window = [data.get(newest - period * index) for index in range(count)]
    breaks = _breaks(wanted, [value for moment, value in data.items() if moment <= newest - period * count])
    bad = sum(value is not None and breaks(value) for value in window)
    good = sum(value is not None for value in window) - bad
    treatment = wanted.get("TreatMissingData") or "missing"
    if treatment == "breaching":
        return "ALARM" if count - good >= needed else "OK"
    if treatment == "notBreaching":
        return "ALARM" if bad >= needed else "OK"
    if treatment == "ignore":
        return "ALARM" if bad >= needed else "OK" if good > count - needed else None
    if bad + good == 0:
        return "INSUFFICIENT_DATA"
    return "ALARM" if bad and count - good >= needed else "OK"


def refresh(backend: CloudWatchBackend, alarm: Alarm, now: float) -> None:
    """Bring the state up to date. A state that was set by hand stays until the data say something new."""
    wanted, memory = settings(alarm), notes(alarm, "judged")
    if alarm.rule:
        decide, _ = parse(alarm.rule)

        def state_of(name: str) -> str:
            child = backend.alarms.get(name)
            if child is None:
                return "INSUFFICIENT_DATA"
            refresh(backend, child, now)
            return child.state_value

        state: str | None = "ALARM" if decide(state_of) else "OK"
        reason = f"{alarm.alarm_arn} transitioned to {state}"
    elif not wanted.get("ThresholdMetricId") and (
        wanted.get("ComparisonOperator") not in _COMPARE or wanted.get("Threshold") is None
    ):
        return
    else:
        try:
            data, period = _points(backend, wanted, now)
        except ExpressionError:
            return
        state = judge(wanted, data, period, now)
        latest = [round(data[moment], 4) for moment in sorted(data)[-wanted["EvaluationPeriods"] :]]
        limit = wanted.get("Threshold", "band")
        reason = f"Threshold Crossed: datapoints {latest}, threshold {limit} ({wanted['ComparisonOperator']})."
    if state is not None and state != memory.get("state"):
        memory["state"] = state
        if state != alarm.state_value:
            alarm.update_state(reason, "{}", state)
