# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading metrics: statistics and percentiles by period, exact dimensions, metric math."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, MetricAggregatedDatum, MetricDatum
from moto.cloudwatch.responses import CloudWatchResponse

from twin.overlay.cloudwatch.expressions import ExpressionError, Series, evaluate
from twin.patch import Parameters, operation
from twin.refusal import refuse

Answer = dict[str, Any]
EXTENDED = re.compile(r"(p|tm|tc|ts|wm)(\d{1,2}(\.\d{1,10})?|100)|IQM|(PR|TM|TC|TS|WM)\(.*\)")
PLAIN = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


def statistic(data: Iterable[Any], name: str) -> float:
    """One statistic of the data of one period."""
    values: list[float] = []
    count = total = 0.0
    for datum in data:
        if isinstance(datum, MetricAggregatedDatum):
            values += [datum.min, datum.max]
            count, total = count + datum.sample_count, total + datum.sum
        else:
            values.append(datum.value)
            count, total = count + 1, total + datum.value
    if name in ("Sum", "SampleCount"):
        return total if name == "Sum" else count
    if name == "Average":
        return total / count if count else 0.0
    if name in ("Minimum", "Maximum"):
        return min(values) if name == "Minimum" else max(values)
    return _extended(sorted(values), name)


def _extended(values: list[float], name: str) -> float:
    match = re.fullmatch(r"(p|tm|wm|tc|ts)(\d+(?:\.\d+)?)", name)
    if not match:
        values = values[len(values) // 4 : max(len(values) // 4 + 1, len(values) * 3 // 4)]
        return sum(values) / len(values)  # the interquartile mean
    share = float(match[2]) / 100
    if match[1] == "p":
        position = share * (len(values) - 1)
        low, high = math.floor(position), math.ceil(position)
        return values[low] + (values[high] - values[low]) * (position - low)
    kept = values[: max(1, math.ceil(len(values) * share))]
    return {"tc": float(len(kept)), "ts": sum(kept)}.get(match[1], sum(kept) / len(kept))


def series(
    backend: CloudWatchBackend,
    metric: Answer,
    stat: str,
    period: int,
    start: float,
    end: float,
    unit: str | None = None,
) -> Series:
    """The metric's statistic by the start of each period that has data. Dimensions must match exactly."""
    wanted = {(d["Name"], d["Value"]) for d in metric.get("Dimensions") or []}
    periods: dict[int, list[MetricDatum]] = {}
    for datum in backend.get_all_metrics():
        if (
            datum.name == metric["MetricName"]
            and datum.namespace == metric["Namespace"]
            and unit in (None, datum.unit)
            and {(d.name, d.value) for d in datum.dimensions} == wanted
        ):
            moment = datum.timestamp.replace(tzinfo=datum.timestamp.tzinfo or UTC).timestamp()
            if start <= moment < end:
                periods.setdefault(int(moment // period) * period, []).append(datum)  # type: ignore[arg-type]
    return {moment: statistic(periods[moment], stat) for moment in sorted(periods)}


def query(backend: CloudWatchBackend, queries: list[Answer], start: float, end: float) -> dict[str, Series]:
    """The series of every query by id; expressions may name each other in any order.

    :raises ExpressionError: an expression is not valid, or goes round in circles.
    """
    stats: dict[str, Series] = {}
    period = 60
    for item in queries:
        stat = item.get("MetricStat")
        if stat:
            period = int(stat.get("Period") or item.get("Period") or 60)
            stats[item["Id"]] = series(backend, stat["Metric"], stat["Stat"], period, start, end, stat.get("Unit"))
    found = dict(stats)
    waiting = [item for item in queries if item.get("Expression")]
    while waiting:
        left, problem = [], None
        for item in waiting:
            try:
                found[item["Id"]] = evaluate(item["Expression"], found, stats, int(item.get("Period") or period))
            except ExpressionError as error:
                left.append(item)
                problem = error
        if len(left) == len(waiting):
            raise problem or ExpressionError("The expressions refer to each other")
        waiting = left
    return found


def _label(item: Answer) -> str:
    if item.get("Label"):
        return str(item["Label"])
    return str(item["MetricStat"]["Metric"]["MetricName"] if item.get("MetricStat") else item["Id"])


def _seconds(moment: datetime) -> float:
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def install() -> None:
    @operation(CloudWatchResponse, "GetMetricData")
    def get_metric_data(response: CloudWatchResponse, p: Parameters) -> Answer:
        queries = p["MetricDataQueries"]
        start, end = _seconds(p["StartTime"]), _seconds(p["EndTime"])
        if start >= end:
            refuse("ValidationError", "The parameter EndTime must be greater than StartTime.")
        ids = [item.get("Id") or "" for item in queries]
        if len(set(ids)) != len(ids) or not all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", i) for i in ids):
            refuse(
                "ValidationError",
                "The values for parameter id in MetricDataQueries are not unique or not valid.",
            )
        try:
            found = query(response.cloudwatch_backend, queries, start, end)
        except ExpressionError as error:
            refuse("ValidationError", f"Error in expression: {error}")
        results = []
        for item in queries:
            if item.get("ReturnData") is False:
                continue
            points = sorted(found[item["Id"]].items(), reverse=p.get("ScanBy") != "TimestampAscending")
            results.append(
                {
                    "Id": item["Id"],
                    "Label": _label(item),
                    "Timestamps": [datetime.fromtimestamp(moment, UTC) for moment, _ in points],
                    "Values": [value for _, value in points],
                    "StatusCode": "Complete",
                }
            )
        return {"MetricDataResults": results, "Messages": []}

    @operation(CloudWatchResponse, "GetMetricStatistics")
    def get_statistics(response: CloudWatchResponse, p: Parameters) -> Answer:
        start, end = _seconds(p["StartTime"]), _seconds(p["EndTime"])
        if start >= end:
            refuse(
                "InvalidParameterValue",
                "The parameter StartTime must be less than the parameter EndTime.",
            )
        plain, extended = p.get("Statistics") or [], p.get("ExtendedStatistics") or []
        if not plain and not extended:
            refuse(
                "InvalidParameterCombination",
                "At least one of Statistics and ExtendedStatistics is required.",
            )
        points: dict[int, Answer] = {}
        for name in [*plain, *extended]:
            found = series(response.cloudwatch_backend, p, name, p["Period"], start, end, p.get("Unit"))
            for moment, value in found.items():
                point = points.setdefault(
                    moment,
                    {"Timestamp": datetime.fromtimestamp(moment, UTC), "Unit": p.get("Unit") or "None"},
                )
                if name in plain:
                    point[name] = value
                else:
                    point.setdefault("ExtendedStatistics", {})[name] = value
        return {"Label": p["MetricName"], "Datapoints": list(points.values())}
