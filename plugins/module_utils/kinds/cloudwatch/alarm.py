# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms and composite alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import batches, is_empty, make_arn, names_in_scope
from ..shared import IMMUTABLE, MUTABLE, arn_tagging, tag_list, with_tags

TAG, UNTAG = arn_tagging("cloudwatch", "ResourceARN")

#: Properties that say what one metric is: an alarm on a metric query has none of them, and the other way round.
SINGLE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit")

#: Of each group an alarm has one.
ALTERNATIVES = (
    (SINGLE_METRIC, ("Metrics",), ("EvaluationCriteria", "EvaluationInterval")),
    (("Statistic",), ("ExtendedStatistic",)),
    (("Threshold",), ("ThresholdMetricId",)),
)

_NUMBERS = {"Period": int, "EvaluationPeriods": int, "DatapointsToAlarm": int, "Threshold": float}


def metric_queries(value: Any) -> Any:
    """Metric queries by their ids, their dimensions by name: neither order means anything."""
    if not isinstance(value, (list, tuple)):
        return value
    return sorted(map(_sorted_query, value), key=lambda query: str(query.get("Id")))


def _sorted_query(query: Mapping[str, Any]) -> dict[str, Any]:
    stat = query.get("MetricStat")
    if not stat or not stat.get("Metric", {}).get("Dimensions"):
        return dict(query)
    dimensions = sorted(stat["Metric"]["Dimensions"], key=lambda dimension: str(dimension["Name"]))
    return {**query, "MetricStat": {**stat, "Metric": {**stat["Metric"], "Dimensions": dimensions}}}


def one_line(value: Any) -> Any:
    """An alarm rule without the line breaks and spaces in which it was written."""
    return " ".join(value.split()) if isinstance(value, str) else value


def alarm_definition(stated: Mapping[str, Any], present: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The whole of an alarm: as stated, else as it is, without what contradicts the stated."""
    dropped: set[str] = set()
    for group in ALTERNATIVES:
        chosen = [choice for choice in group if any(not is_empty(stated.get(name)) for name in choice)]
        if chosen:
            dropped |= {name for choice in group if choice not in chosen for name in choice}
    definition = {name: stated[name] if name in stated else present.get(name) for name in names if name not in dropped}
    return {name: _NUMBERS.get(name, _same)(value) for name, value in definition.items() if not is_empty(value)}


def _same(value: Any) -> Any:
    return value


def _put(operation: str, names: tuple[str, ...]) -> Callable[[Work], Item]:
    """The step that writes a whole alarm, whether it is there already or not: the API has only that."""

    def put(work: Work) -> Item:
        present = work.current.properties if work.current else {}
        definition = alarm_definition(work.desired, present, names)
        if "AlarmRule" in definition:
            definition["AlarmRule"] = one_line(definition["AlarmRule"])
        # Tags are for the creation: on an existing alarm the request ignores them.
        tags = {} if work.current else {"Tags": tag_list(work.tags)}
        work.call("cloudwatch", operation, **definition, **tags)
        arn = make_arn(work.api, "cloudwatch", work.region, f"alarm:{definition['AlarmName']}")
        return {**definition, "AlarmArn": arn}

    return put


def _alarms(kind: str) -> Callable[[Scope], list[Item]]:
    """Lists the alarms of one type that are described or carry the stack's tag."""

    def list_alarms(scope: Scope) -> list[Item]:
        found: list[Item] = []
        if scope.everything:
            found = scope.pages("cloudwatch", "describe_alarms", f"{kind}s[]", AlarmTypes=[kind])
        else:
            for batch in batches(names_in_scope(scope, "AlarmName", "cloudwatch", "alarm:"), 100):
                found += scope.pages(
                    "cloudwatch", "describe_alarms", f"{kind}s[]", AlarmNames=list(batch), AlarmTypes=[kind]
                )
        return with_tags(
            scope,
            found,
            "AlarmArn",
            "cloudwatch",
            "list_tags_for_resource",
            "ResourceARN",
            "Tags",
            scope.names("AlarmName"),
            "AlarmName",
        )

    return list_alarms


_ACTIONS = Property(unordered=True, unstated=None)
_COMMON = {
    "AlarmName": IMMUTABLE,
    "AlarmDescription": Property(unstated=None),
    "ActionsEnabled": Property(default=True),
    "AlarmActions": _ACTIONS,
    "OKActions": _ACTIONS,
    "InsufficientDataActions": _ACTIONS,
    "ActionConfiguration": MUTABLE,
}
_METRIC_ALARM = {
    **_COMMON,
    "MetricName": MUTABLE,
    "Namespace": MUTABLE,
    "Dimensions": Property(unordered=True),
    "Period": MUTABLE,
    "Statistic": MUTABLE,
    "ExtendedStatistic": MUTABLE,
    "Unit": MUTABLE,
    "Metrics": Property(normalise=metric_queries),
    "EvaluationPeriods": MUTABLE,
    "DatapointsToAlarm": MUTABLE,
    "Threshold": MUTABLE,
    "ThresholdMetricId": MUTABLE,
    "ComparisonOperator": MUTABLE,
    "TreatMissingData": Property(default="missing"),
    "EvaluateLowSampleCountPercentile": MUTABLE,
    "EvaluationCriteria": MUTABLE,
    "EvaluationInterval": MUTABLE,
    "EvaluationWindow": MUTABLE,
    "WarmUpConfiguration": MUTABLE,
}
_COMPOSITE_ALARM = {
    **_COMMON,
    "AlarmRule": Property(normalise=one_line),
    "ActionsSuppressor": MUTABLE,
    "ActionsSuppressorWaitPeriod": MUTABLE,
    "ActionsSuppressorExtensionPeriod": MUTABLE,
}
_ALARM_ATTRIBUTES = {
    "AlarmName": Attribute("AlarmName", "{AlarmName}"),
    "Arn": Attribute("AlarmArn", "arn:{partition}:cloudwatch:{region}:{account}:alarm:{AlarmName}"),
}
_DELETE_ALARM = Call("delete_alarms", lambda w: {"AlarmNames": [w.id]})

CLOUDWATCH_ALARM = Kind(
    type="AWS::CloudWatch::Alarm",
    service="cloudwatch",
    title="alarm",
    id="AlarmName",
    key=("AlarmName",),
    properties=_METRIC_ALARM,
    attributes=_ALARM_ATTRIBUTES,
    list=_alarms("MetricAlarm"),
    create=_put("put_metric_alarm", tuple(_METRIC_ALARM)),
    updates=(Update(tuple(set(_METRIC_ALARM) - {"AlarmName"}), _put("put_metric_alarm", tuple(_METRIC_ALARM))),),
    delete=_DELETE_ALARM,
    tag=TAG,
    untag=UNTAG,
)

CLOUDWATCH_COMPOSITE_ALARM = Kind(
    type="AWS::CloudWatch::CompositeAlarm",
    service="cloudwatch",
    title="composite alarm",
    id="AlarmName",
    key=("AlarmName",),
    # An alarm that a composite one names cannot be deleted before it.
    requires=("AWS::CloudWatch::Alarm",),
    properties=_COMPOSITE_ALARM,
    attributes=_ALARM_ATTRIBUTES,
    list=_alarms("CompositeAlarm"),
    create=_put("put_composite_alarm", tuple(_COMPOSITE_ALARM)),
    updates=(
        Update(tuple(set(_COMPOSITE_ALARM) - {"AlarmName"}), _put("put_composite_alarm", tuple(_COMPOSITE_ALARM))),
    ),
    delete=_DELETE_ALARM,
    tag=TAG,
    untag=UNTAG,
)
