# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metric and composite alarms: put, described whole, deleted in order."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.utils import utcnow

from twin.overlay._lifecycle import as_tags, page
from twin.overlay.cloudwatch import metrics, states
from twin.overlay.cloudwatch.rules import RuleError, parse
from twin.overlay.cloudwatch.states import refresh, settings
from twin.patch import Parameters, around, notes, operation
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]
_COMMON = ("AlarmDescription", "OKActions", "AlarmActions", "InsufficientDataActions")
_METRIC = (
    *_COMMON, "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit",
    "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData",
    "EvaluateLowSampleCountPercentile", "Metrics", "ThresholdMetricId",
)  # fmt: skip
_COMPOSITE = (
    *_COMMON, "AlarmRule", "ActionsSuppressor", "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)  # fmt: skip


def _invalid(message: str) -> None:
    refuse("ValidationError", message)


def view(alarm: Alarm) -> Answer:
    return {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.alarm_arn,
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        **({} if alarm.rule else {"Dimensions": []}),
        **settings(alarm),
        "StateValue": alarm.state_value,
        "StateReason": alarm.state_reason,
        "StateReasonData": alarm.state_reason_data,
        "StateUpdatedTimestamp": alarm.state_updated_timestamp,
        "StateTransitionedTimestamp": alarm.state_updated_timestamp,
        "AlarmConfigurationUpdatedTimestamp": alarm.configuration_updated_timestamp,
    }


def _check_actions(response: CloudWatchResponse, p: Parameters) -> None:
    for member in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        if len(p.get(member) or []) > 5:
            _invalid(f"The number of {member} must be at most 5.")
        for action in p.get(member) or []:
            parts = action.split(":")
            if len(parts) < 6 or parts[0] != "arn":
                _invalid(f"Invalid arn syntax: {action}")
            if parts[2] == "sns" and parts[3] != response.region:
                _invalid(f"Invalid region {parts[3]} specified. Only {response.region} is supported.")


def _check_band(p: Parameters, limit: str) -> None:
    """An alarm on an anomaly: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    band = next((item for item in p["Metrics"] if item["Id"] == limit), {})
    if not str(band.get("Expression")).startswith("ANOMALY_DETECTION_BAND"):
        _invalid("ThresholdMetricId must name an ANOMALY_DETECTION_BAND expression of the metrics list.")
    if p.get("Threshold") is not None:
        _invalid("Threshold and ThresholdMetricId cannot be used together.")
    if p["ComparisonOperator"] not in states.EDGES:
        _invalid(f"The comparison operator {p['ComparisonOperator']} cannot be used with ThresholdMetricId.")


def _check_metric(p: Parameters) -> None:
    chosen = [name for name in ("Statistic", "ExtendedStatistic", "Metrics") if p.get(name)]
    if len(chosen) != 1:
        _invalid("Exactly one of the elements Statistic, ExtendedStatistic or Metrics must be set for the alarm")
    if p.get("ExtendedStatistic") and not metrics.EXTENDED.fullmatch(p["ExtendedStatistic"]):
        refuse(
            "InvalidParameterValue",
            f"The value {p['ExtendedStatistic']} for parameter ExtendedStatistic is not supported.",
        )
    if p.get("Statistic") and p["Statistic"] not in metrics.PLAIN:
        refuse(
            "InvalidParameterValue",
            f"The value {p['Statistic']} for parameter Statistic is not supported.",
        )
    if p.get("TreatMissingData") not in (None, "breaching", "notBreaching", "ignore", "missing"):
        _invalid(
            f"Option {p['TreatMissingData']} is not supported. Supported options for parameter"
            " TreatMissingData are"
            " breaching, notBreaching, ignore and missing."
        )
    if p.get("DatapointsToAlarm") and p["DatapointsToAlarm"] > p["EvaluationPeriods"]:
        _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if p.get("Metrics"):
        shown = [item["Id"] for item in p["Metrics"] if item.get("ReturnData") is not False]
        limit = p.get("ThresholdMetricId")
        if limit:
            _check_band(p, limit)
            shown = [name for name in shown if name != limit]
        if len(shown) != 1:
            _invalid("Exactly one element of the metrics list should return data.")
        return
    if not p.get("MetricName") or not p.get("Namespace") or not p.get("Period"):
        _invalid("MetricName, Namespace and Period must be set for the alarm")
    if p["Period"] not in (10, 20, 30) and p["Period"] % 60:
        _invalid("Period must be 10, 20, 30 or a multiple of 60")
    longest = 86400 if p["Period"] < 3600 else 604800
    if p["Period"] * p["EvaluationPeriods"] > longest:
        _invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).")


def put(backend: CloudWatchBackend, name: str, kept: Answer, enabled: bool | None, rule: str | None = None) -> Alarm:
    """Make the alarm or change it; a change keeps its state, as AWS does."""
    old = backend.alarms.get(name)
    alarm = backend.put_metric_alarm(
        name=name,
        namespace=kept.get("Namespace"),  # type: ignore[arg-type]
        metric_name=kept.get("MetricName"),  # type: ignore[arg-type]
        comparison_operator=kept.get("ComparisonOperator"),  # type: ignore[arg-type]
        evaluation_periods=kept.get("EvaluationPeriods"),  # type: ignore[arg-type]
        period=kept.get("Period"),  # type: ignore[arg-type]
        threshold=kept.get("Threshold"),  # type: ignore[arg-type]
        statistic=kept.get("Statistic"),  # type: ignore[arg-type]
        description=kept.get("AlarmDescription"),  # type: ignore[arg-type]
        dimensions=kept.get("Dimensions") or [],
        alarm_actions=kept.get("AlarmActions") or [],
        actions_enabled=True if enabled is None else enabled,
        rule=rule,
    )
    notes(alarm, "settings").update(kept)
    if old is not None:
        alarm.state_value, alarm.state_reason = old.state_value, old.state_reason
        alarm.state_updated_timestamp = old.state_updated_timestamp
        notes(alarm, "judged").update(notes(old, "judged"))
    return alarm


def _children(alarm: Alarm) -> list[str]:
    return parse(alarm.rule)[1] if alarm.rule else []


def _put(world: World) -> None:
    def tag_new(response: CloudWatchResponse, p: Parameters, new: bool, alarm: Alarm) -> None:
        if new and p.get("Tags"):  # "Tags" of an alarm that exists are ignored: TagResource is for that
            response.cloudwatch_backend.tagger.tag_resource(alarm.alarm_arn, as_tags(p["Tags"]))

    @operation(CloudWatchResponse, "PutMetricAlarm")
    def put_metric(response: CloudWatchResponse, p: Parameters) -> None:
        backend, name = response.cloudwatch_backend, p["AlarmName"]
        _check_metric(p)
        _check_actions(response, p)
        old = backend.alarms.get(name)
        if old is not None and old.rule:
            _invalid(f"A composite alarm named {name} already exists.")
        kept = {member: p[member] for member in _METRIC if p.get(member) is not None}
        tag_new(response, p, old is None, put(backend, name, kept, p.get("ActionsEnabled")))

    @operation(CloudWatchResponse, "PutCompositeAlarm")
    def put_composite(response: CloudWatchResponse, p: Parameters) -> None:
        backend, name = response.cloudwatch_backend, p["AlarmName"]
        _check_actions(response, p)
        try:
            names = parse(p["AlarmRule"])[1]
        except RuleError as error:
            _invalid(str(error))
        missing = [child for child in names if child not in backend.alarms]
        if missing:
            _invalid(
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
            )
        old = backend.alarms.get(name)
        if old is not None and not old.rule:
            _invalid(f"A metric alarm named {name} already exists.")
        kept = {member: p[member] for member in _COMPOSITE if p.get(member) is not None}
        tag_new(response, p, old is None, put(backend, name, kept, p.get("ActionsEnabled"), p["AlarmRule"]))

    @around(Alarm, "__init__")
    def born(original: Any, alarm: Alarm, *args: Any, **kw: Any) -> None:
        original(alarm, *args, **kw)
        alarm.state_value = "INSUFFICIENT_DATA"


def _chosen(backend: CloudWatchBackend, alarm: Alarm, p: Parameters) -> bool:
    shown = view(alarm)
    prefix = p.get("ActionPrefix")
    actions = shown["AlarmActions"] + shown["OKActions"] + shown["InsufficientDataActions"]
    parent = backend.alarms.get(p.get("ChildrenOfAlarmName") or "")
    return (
        (not p.get("AlarmNames") or alarm.name in p["AlarmNames"])
        and alarm.name.startswith(p.get("AlarmNamePrefix") or "")
        and p.get("StateValue") in (None, alarm.state_value)
        and (not prefix or any(action.startswith(prefix) for action in actions))
        and (not p.get("ChildrenOfAlarmName") or (parent is not None and alarm.name in _children(parent)))
        and (not p.get("ParentsOfAlarmName") or p["ParentsOfAlarmName"] in _children(alarm))
    )


def _read(world: World) -> None:
    @operation(CloudWatchResponse, "DescribeAlarms")
    def describe(response: CloudWatchResponse, p: Parameters) -> Answer:
        backend = response.cloudwatch_backend
        if p.get("AlarmNames") and p.get("AlarmNamePrefix"):
            _invalid("AlarmNamePrefix and AlarmNames cannot be used together.")
        if len(p.get("AlarmNames") or []) > 100:
            _invalid("At most 100 alarm names can be specified.")
        types = p.get("AlarmTypes") or ["MetricAlarm"]
        for alarm in backend.alarms.values():
            refresh(backend, alarm, world.now())
        found = [
            alarm
            for name, alarm in sorted(backend.alarms.items())
            if ("CompositeAlarm" if alarm.rule else "MetricAlarm") in types and _chosen(backend, alarm, p)
        ]
        shown, token = page(
            found, p.get("NextToken"), p.get("MaxRecords"), 50,
            lambda: refuse("InvalidNextToken", "The next token specified is invalid."),
        )  # fmt: skip
        return {
            "MetricAlarms": [view(alarm) for alarm in shown if not alarm.rule],
            "CompositeAlarms": [view(alarm) for alarm in shown if alarm.rule],
            **({"NextToken": token} if token else {}),
        }

    @operation(CloudWatchResponse, "DescribeAlarmsForMetric")
    def for_metric(response: CloudWatchResponse, p: Parameters) -> Answer:
        found = [
            view(alarm)
            for alarm in response.cloudwatch_backend.alarms.values()
            if (alarm.namespace, alarm.metric_name) == (p["Namespace"], p["MetricName"]) and not alarm.rule
        ]
        return {"MetricAlarms": found}

    @operation(CloudWatchResponse, "SetAlarmState")
    def set_state(response: CloudWatchResponse, p: Parameters) -> None:
        backend = response.cloudwatch_backend
        alarm = backend.alarms.get(p["AlarmName"])
        if alarm is None:
            refuse("ResourceNotFound", f"Unknown alarm: {p['AlarmName']}")
        refresh(backend, alarm, world.now())
        alarm.update_state(p["StateReason"], p.get("StateReasonData") or "{}", p["StateValue"])
        alarm.state_updated_timestamp = utcnow()


def _delete() -> None:
    @operation(CloudWatchResponse, "DeleteAlarms")
    def delete(response: CloudWatchResponse, p: Parameters) -> None:
        alarms, names = response.cloudwatch_backend.alarms, list(dict.fromkeys(p.get("AlarmNames") or []))
        if len(names) > 100:
            _invalid("At most 100 alarms can be deleted in one operation.")
        missing = [name for name in names if name not in alarms]
        if missing:
            refuse("ResourceNotFound", f"Unknown alarm: {', '.join(missing)}")
        if sum(bool(alarms[name].rule) for name in names) > 1:
            _invalid("Only one composite alarm can be deleted in one operation.")
        needed = [
            name
            for name in names
            if any(name in _children(alarm) for alarm in alarms.values() if alarm.name not in names)
        ]
        if needed:
            them = "it" if len(needed) == 1 else "them"
            _invalid(f"Cannot delete {','.join(needed)} as there are composite alarm(s) depending on {them}.")
        for name in names:
            alarm = alarms.pop(name)
            response.cloudwatch_backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)


def install(world: World) -> None:
    _put(world)
    _read(world)
    _delete()
