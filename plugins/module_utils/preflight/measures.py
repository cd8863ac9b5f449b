# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metrics that nobody publishes, traces that nobody keeps, and bounds that mean nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.document import Resource
from .rule import Rule, Severity, Subject, alarm_option

ALARM = "AWS::CloudWatch::Alarm"
SCALING = "AWS::ApplicationAutoScaling::ScalingPolicy"
FILTER = "AWS::Logs::MetricFilter"
BUCKET_METRICS = "AWS/S3"

#: Namespaces that agents of AWS publish to without the stack having a word in it.
_AGENTS = ("CWAgent", "ECS/ContainerInsights", "ContainerInsights", "LambdaInsights", "System/Linux", "Glue")

#: A term of an expression, as functions and words are in capitals; and text, which is none.
_TERM = re.compile(r"(?<![A-Za-z0-9_.])[a-z][A-Za-z0-9_]*")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")

Dimensions = frozenset[str]


def _measured(properties: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Namespace, name and dimensions of every metric of an alarm, or of what scaling follows."""
    singles: list[Mapping[str, Any]] = [properties]
    for query in properties.get("Metrics") or []:
        singles.append((query.get("MetricStat") or {}).get("Metric") or {})
    for single in singles:
        namespace, name = single.get("Namespace"), single.get("MetricName")
        if isinstance(namespace, str) and isinstance(name, str):
            yield namespace, name, {one["Name"]: one["Value"] for one in single.get("Dimensions") or []}


def _custom(subject: Subject) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """What alarms and scaling measure of the application's own, each with the option that says so."""
    watched = [(alarm_option(alarm), alarm.properties) for alarm in subject.of(ALARM)]
    for policy in subject.of(SCALING):
        followed = policy.properties.get("TargetTrackingScalingPolicyConfiguration") or {}
        label = policy.name.partition("/")[2]
        watched.append((f"{policy.path}.scale_on.{label}", followed.get("CustomizedMetricSpecification") or {}))
    for path, properties in watched:
        for namespace, name, dimensions in _measured(properties):
            if not namespace.startswith("AWS/") and namespace not in _AGENTS:
                yield path, namespace, name, dimensions


def _filtered(subject: Subject) -> dict[tuple[str, str], Dimensions]:
    """The metrics that filters make of logs, with the names of their dimensions."""
    found: dict[tuple[str, str], Dimensions] = {}
    for one in subject.of(FILTER):
        for rule in one.properties.get("MetricTransformations") or []:
            names = frozenset(dimension["Key"] for dimension in rule.get("Dimensions") or [])
            found[rule["MetricNamespace"], rule["MetricName"]] = names
    return found


def _published(subject: Subject) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (subject.options.get("monitoring") or {}).get("published") or {}
    return found


def _of_logs(subject: Subject) -> Iterator[tuple[str, str]]:
    filters = _filtered(subject)
    for path, namespace, name, dimensions in _custom(subject):
        made = filters.get((namespace, name))
        if made is not None and made != frozenset(dimensions):
            yield (
                path,
                f"{namespace} {name} is made of logs with the dimensions {_names(made)}, and watched with "
                f"{_names(frozenset(dimensions))}: such a metric never has data; make the two agree",
            )


def _names(dimensions: Dimensions) -> str:
    return ", ".join(sorted(dimensions)) or "none"


def _undeclared(subject: Subject) -> Iterator[tuple[str, str]]:
    """What alarms and scaling watch of a namespace whose metrics are declared."""
    declared = _published(subject)
    for path, namespace, name, dimensions in _custom(subject):
        if namespace not in declared:
            continue
        metrics = declared[namespace] or {}
        if name not in metrics:
            known = ", ".join(sorted(metrics)) or "nothing"
            yield (
                path,
                f"nobody publishes {name!r} in {namespace} (`published` has {known}); correct the one or the other",
            )
            continue
        known_dimensions = metrics[name] or {}
        if set(dimensions) != set(known_dimensions):
            yield (
                path,
                f"{namespace} {name} is published with the dimensions {_names(frozenset(known_dimensions))}, and "
                f"watched with {_names(frozenset(dimensions))}; make the two agree",
            )
            continue
        for dimension, value in dimensions.items():
            values = known_dimensions[dimension]
            if isinstance(value, str) and values and value not in [str(one) for one in values]:
                yield (
                    path,
                    f"{namespace} {name} is never published with {dimension} {value!r} (there are "
                    f"{', '.join(map(str, values))}): there would never be data; take one of these",
                )


def _unpublished(subject: Subject) -> Iterator[tuple[str, str]]:
    """What alarms and scaling watch of a namespace that nobody of the stack may write to."""
    writers = {namespace for namespace, _name in _filtered(subject)} | set(_published(subject))
    for role in subject.of("AWS::IAM::Role"):
        for policy in role.properties.get("Policies") or []:
            for statement in policy["PolicyDocument"]["Statement"]:
                condition = (statement.get("Condition") or {}).get("StringEquals") or {}
                writers |= set(condition.get("cloudwatch:namespace") or [])
    said: set[str] = set()
    for path, namespace, _name, _dimensions in _custom(subject):
        if namespace not in writers and namespace not in said:
            said.add(namespace)
            yield (
                path,
                f"nobody in this stack may publish to {namespace}; let the workload (`may: {{publish_metrics: "
                f"[{namespace}]}}`), or say under `published` what somebody else does",
            )


def _bucket_share(subject: Subject) -> Iterator[tuple[str, str]]:
    for alarm in subject.of(ALARM):
        of_bucket = any(
            namespace == BUCKET_METRICS and name == "BucketSizeBytes"
            for namespace, name, _d in _measured(alarm.properties)
        )
        bound = alarm.properties.get("Threshold")
        if of_bucket and not alarm.properties.get("Metrics") and isinstance(bound, (int, float)) and bound <= 100:
            yield (
                alarm_option(alarm),
                f"{bound:g} of BucketSizeBytes is {bound:g} bytes: a bucket has no allocation to be a share of; give "
                f"the quota in bytes, or divide by it in an expression",
            )


_DAY = 86400


def _daily(subject: Subject) -> Iterator[tuple[str, str]]:
    for alarm in subject.of(ALARM):
        period = alarm.properties.get("Period")
        if (
            alarm.properties.get("Namespace") == BUCKET_METRICS
            and alarm.properties.get("MetricName") in ("BucketSizeBytes", "NumberOfObjects")
            and isinstance(period, int)
            and period < _DAY
        ):
            yield (
                alarm_option(alarm),
                f"S3 measures {alarm.properties['MetricName']} once a day, and the period is {period} s; "
                f"make period_seconds {_DAY}",
            )


def _sampling(rule: Resource) -> str:
    """The option that a sampling rule comes from."""
    return f"tracing.sampling.{rule.name}" if rule.path.startswith("tracing") else rule.path


def _errors_sampled(subject: Subject) -> Iterator[tuple[str, str]]:
    words = ("fault", "error", "5xx", "exception")
    for rule in subject.of("AWS::XRay::SamplingRule"):
        settings = rule.properties.get("SamplingRule") or {}
        name = f"{rule.name} {settings.get('RuleName')}".lower()
        whole = settings.get("FixedRate") == 1
        narrow = any(settings.get(what, "*") != "*" for what in ("Host", "URLPath", "ServiceName", "HTTPMethod"))
        if whole and any(word in name for word in words) and not narrow and not settings.get("Attributes"):
            yield (
                _sampling(rule),
                "X-Ray decides at the beginning of a request, when nobody knows whether it will fail: a rule for "
                "errors samples everything; sample at the documented rate and keep the errors in a group "
                "(`groups: {faults: {filter: 'fault = true OR error = true'}}`)",
            )


def _sampling_priorities(subject: Subject) -> Iterator[tuple[str, str]]:
    seen: dict[Any, str] = {}
    for rule in subject.of("AWS::XRay::SamplingRule"):
        priority = (rule.properties.get("SamplingRule") or {}).get("Priority")
        if isinstance(priority, int) and not 1 <= priority <= 9999:
            yield f"{_sampling(rule)}.priority", f"{priority}: X-Ray takes 1 to 9999"
        if priority in seen:
            yield (
                f"{_sampling(rule)}.priority",
                f"{priority} is also that of {seen[priority]}: which of them decides is not said; give an order",
            )
        seen[priority] = rule.name


def _past(subject: Subject) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    for alarm in subject.of(ALARM):
        runs = alarm.properties.get("EvaluationPeriods")
        periods = [(query.get("MetricStat") or {}).get("Period") for query in alarm.properties.get("Metrics") or []]
        length = alarm.properties.get("Period") or max([one for one in periods if one], default=0)
        longest = _DAY if length < 3600 else 7 * _DAY
        if isinstance(runs, int) and length * runs > longest:
            yield (
                alarm_option(alarm),
                f"{runs} periods of {length} s: an alarm looks back {longest // _DAY} day(s) at the most with such "
                f"periods; use fewer or longer ones",
            )


def _strange_terms(subject: Subject) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html"""
    computed = [(alarm_option(alarm, "expression"), alarm.properties.get("Metrics")) for alarm in subject.of(ALARM)]
    for policy in subject.of(SCALING):
        followed = policy.properties.get("TargetTrackingScalingPolicyConfiguration") or {}
        metrics = (followed.get("CustomizedMetricSpecification") or {}).get("Metrics")
        computed.append((f"{policy.path}.scale_on.{policy.name.partition('/')[2]}.expression", metrics))
    for path, metrics in computed:
        known = {query.get("Id") for query in metrics or ()}
        for expression in [query.get("Expression") for query in metrics or ()]:
            # A query that selects has names of metrics in it.
            if not isinstance(expression, str) or expression.lstrip().upper().startswith("SELECT"):
                continue
            for term in dict.fromkeys(_TERM.findall(_QUOTED.sub("", expression))):
                if term not in known:
                    yield path, f"{term!r} is no term (`metrics` has {', '.join(sorted(known - {'result'}))}); name it"


RULES = (
    Rule("alarm.unknown-term", "An expression over a term that nothing names.", _strange_terms),
    Rule("alarm.dimensions", "An alarm, or scaling, on dimensions that the metric filter does not give.", _of_logs),
    Rule("alarm.unpublished-value", "An alarm, or scaling, on what the declared metrics do not have.", _undeclared),
    Rule(
        "alarm.unpublished",
        "An alarm, or scaling, on a namespace that nobody may publish to.",
        _unpublished,
        Severity.WARNING,
    ),
    Rule("alarm.bucket-share", "A share of a bucket, which has no allocation.", _bucket_share),
    Rule("alarm.bucket-daily", "A daily metric of a bucket with a shorter period.", _daily),
    Rule("alarm.looks-back", "An alarm that would look back further than CloudWatch does.", _past),
    Rule("tracing.errors", "A sampling rule that is meant for errors.", _errors_sampled),
    Rule("tracing.priority", "Sampling rules without an order, or out of range.", _sampling_priorities),
)
