# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Anomaly detectors, and the band of usual values that they give.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAnomalyDetector.html
"""

from __future__ import annotations

import json
import statistics
import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from moto.cloudwatch.responses import CloudWatchResponse

from twin.overlay._lifecycle import Record, page
from twin.patch import Parameters, notes, operation
from twin.refusal import refuse

Answer = dict[str, Any]
_METRIC = ("Namespace", "MetricName", "Dimensions", "Stat")


def band(values: Iterable[float], width: float) -> tuple[float, float]:
    """The lower and the upper edge of what is usual: AWS's model learns hours and days, this one knows the mean."""
    known = list(values)
    if not known:
        return 0.0, 0.0
    spread = statistics.pstdev(known) * width
    middle = statistics.fmean(known)
    return middle - spread, middle + spread


def _invalid(message: str) -> NoReturn:
    refuse("InvalidParameterValue", message)


def _watched(p: Parameters) -> tuple[str, Answer]:
    """What a detector watches, in the shape in which it is answered, and as text."""
    maths, single = p.get("MetricMathAnomalyDetector"), p.get("SingleMetricAnomalyDetector")
    older = {name: p[name] for name in _METRIC if p.get(name)}
    if sum(map(bool, (maths, single, older))) != 1:
        refuse(
            "InvalidParameterCombination",
            "Give exactly one of SingleMetricAnomalyDetector, MetricMathAnomalyDetector and the older parameters.",
        )
    if maths:
        queries = maths["MetricDataQueries"]
        if sum(one.get("ReturnData") is not False for one in queries) != 1:
            _invalid("Exactly one of the queries of a detector must return data.")
        return json.dumps(queries, sort_keys=True), {"MetricMathAnomalyDetector": maths}
    metric = {"Dimensions": [], **(single or older)}
    if not all(metric.get(name) for name in ("Namespace", "MetricName", "Stat")):
        refuse("MissingParameter", "Namespace, MetricName and Stat must be given.")
    metric["Dimensions"] = sorted(metric["Dimensions"], key=lambda one: one["Name"])
    return json.dumps({name: metric[name] for name in _METRIC}), {"SingleMetricAnomalyDetector": metric, **metric}


def install() -> None:
    @operation(CloudWatchResponse, "PutAnomalyDetector")
    def put(response: CloudWatchResponse, p: Parameters) -> Answer:
        known = notes(response.cloudwatch_backend, "anomaly_detectors")
        key, watched = _watched(p)
        detector = known.get(key)
        if detector is None:
            detector = known[key] = Record(watched, AnomalyDetectorId=str(uuid.uuid4()), StateValue="PENDING_TRAINING")
        for name in ("Configuration", "MetricCharacteristics"):
            detector[name] = p.get(name) or {}
        return {"AnomalyDetectorId": detector["AnomalyDetectorId"]}

    @operation(CloudWatchResponse, "DescribeAnomalyDetectors")
    def describe(response: CloudWatchResponse, p: Parameters) -> Answer:
        types = p.get("AnomalyDetectorTypes") or ["SINGLE_METRIC"]
        chosen = [
            {name: value for name, value in one.items() if value or name == "Dimensions"}
            for one in notes(response.cloudwatch_backend, "anomaly_detectors").values()
            if ("METRIC_MATH" if "MetricMathAnomalyDetector" in one else "SINGLE_METRIC") in types
            and (not p.get("AnomalyDetectorIds") or one["AnomalyDetectorId"] in p["AnomalyDetectorIds"])
            and p.get("Namespace") in (None, one.get("Namespace"))
            and p.get("MetricName") in (None, one.get("MetricName"))
        ]
        found, token = page(
            chosen,
            p.get("NextToken"),
            p.get("MaxResults"),
            100,
            lambda: refuse("InvalidNextToken", "The next token specified is invalid."),
        )
        return {"AnomalyDetectors": found, **({"NextToken": token} if token else {})}

    @operation(CloudWatchResponse, "DeleteAnomalyDetector")
    def delete(response: CloudWatchResponse, p: Parameters) -> None:
        known = notes(response.cloudwatch_backend, "anomaly_detectors")
        if p.get("AnomalyDetectorId"):
            keys = [key for key, one in known.items() if one["AnomalyDetectorId"] == p["AnomalyDetectorId"]]
        else:
            keys = [key for key in (_watched(p)[0],) if key in known]
        if not keys:
            refuse("ResourceNotFoundException", "The anomaly detector does not exist.")
        del known[keys[0]]
