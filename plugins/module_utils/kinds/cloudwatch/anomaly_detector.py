# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Anomaly detectors: what CloudWatch learns of a metric's usual course."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import is_empty, pruned
from ..shared import IMMUTABLE
from .alarm import metric_queries

#: The older way to say which metric, and what is asked about it now.
_METRIC = ("Namespace", "MetricName", "Dimensions", "Stat")
_WHAT = (*_METRIC, "SingleMetricAnomalyDetector", "MetricMathAnomalyDetector")


def _moment(value: Any) -> Any:
    """A time as text in UTC, as CloudFormation has it."""
    if isinstance(value, datetime.datetime):
        plain = value.astimezone(datetime.timezone.utc) if value.tzinfo else value  # noqa: UP017  (Python 3.10)
        return plain.strftime("%Y-%m-%dT%H:%M:%S")
    return value.removesuffix("Z") if isinstance(value, str) else value


def configuration(item: Mapping[str, Any]) -> dict[str, Any]:
    """A detector's configuration in CloudFormation's shape, which spells the time zone differently."""
    found = dict(item.get("Configuration") or {})
    if "MetricTimezone" in found:
        found["MetricTimeZone"] = found.pop("MetricTimezone")
    return found


def plain_configuration(value: Any) -> Any:
    """A configuration to compare: times as text."""
    if not isinstance(value, Mapping):
        return value
    ranges = [{name: _moment(moment) for name, moment in one.items()} for one in value.get("ExcludedTimeRanges") or []]
    return {**value, "ExcludedTimeRanges": ranges}


def configuration_parameter(value: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as the API takes it."""
    found = pruned(plain_configuration(value))
    if "MetricTimeZone" in found:
        found["MetricTimezone"] = found.pop("MetricTimeZone")
    return dict(found)


def math(value: Any) -> Any:
    """A detector's metric math to compare: neither the order of queries nor of dimensions means anything."""
    if not isinstance(value, Mapping):
        return value
    return {**value, "MetricDataQueries": metric_queries(value.get("MetricDataQueries") or [])}


def detector_key(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What a detector watches, which no other does; None while a part of it is not known."""
    single = properties.get("SingleMetricAnomalyDetector") or {name: properties.get(name) for name in _METRIC}
    watched = math(properties.get("MetricMathAnomalyDetector")) or {
        **{name: single.get(name) for name in _METRIC},
        "Dimensions": sorted((single.get("Dimensions") or []), key=lambda dimension: str(dimension.get("Name"))),
    }
    try:
        return (json.dumps(pruned(watched), sort_keys=True),)
    except TypeError:  # something in it is known after apply
        return None


def list_detectors(scope: Scope) -> list[Item]:
    """The described detectors: they carry no tags, so what they watch is all that tells one from another."""
    found = scope.pages(
        "cloudwatch",
        "describe_anomaly_detectors",
        "AnomalyDetectors[]",
        AnomalyDetectorTypes=["SINGLE_METRIC", "METRIC_MATH"],
    )
    return [one for one in found if not scope.ids or one["AnomalyDetectorId"] in scope.ids]


def _put(work: Work) -> Item:
    """The API has one request, which writes the whole, whether it is there already or not."""
    watched = work.desired if work.current is None else work.existing.item
    params = {name: watched[name] for name in _WHAT if not is_empty(watched.get(name))}
    if work.current is not None and "SingleMetricAnomalyDetector" in params:
        # Both ways are answered; one may be asked.
        params = {name: value for name, value in params.items() if name not in _METRIC}
    settings = work.merged("Configuration")
    if settings:
        params["Configuration"] = configuration_parameter(settings)
    if work.merged("MetricCharacteristics"):
        params["MetricCharacteristics"] = work.merged("MetricCharacteristics")
    answer = work.call("cloudwatch", "put_anomaly_detector", **params)
    return {**params, "AnomalyDetectorId": answer.get("AnomalyDetectorId")}


CLOUDWATCH_ANOMALY_DETECTOR = Kind(
    type="AWS::CloudWatch::AnomalyDetector",
    service="cloudwatch",
    title="anomaly detector",
    id="AnomalyDetectorId",
    key=_WHAT,
    key_of=detector_key,
    tags=None,
    properties={
        "SingleMetricAnomalyDetector": Property(immutable=True, unordered=True),
        "MetricMathAnomalyDetector": Property(immutable=True, normalise=math),
        "Namespace": IMMUTABLE,
        "MetricName": IMMUTABLE,
        "Dimensions": Property(immutable=True, unordered=True),
        "Stat": IMMUTABLE,
        "Configuration": Property(path=configuration, exact=True, normalise=plain_configuration),
        "MetricCharacteristics": IMMUTABLE,
    },
    attributes={"Id": Attribute("AnomalyDetectorId")},
    list=list_detectors,
    create=_put,
    updates=(Update(("Configuration",), _put),),
    delete=Call("delete_anomaly_detector", lambda w: {"AnomalyDetectorId": w.id}),
)
