# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms: a metric of an entry, or any metric, or metric math, against a bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from . import formats
from .base import Context, stated
from .catalog import close
from .metrics import dimension_list, dimensions_of, find_source, rate_words

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"

_BOUNDS = {
    "above": "GreaterThanThreshold",
    "at_least": "GreaterThanOrEqualToThreshold",
    "below": "LessThanThreshold",
    "at_most": "LessThanOrEqualToThreshold",
}
#: How an alarm on what is unusual compares with the band of what is usual.
_SIDES = {
    "above": "GreaterThanUpperThreshold",
    "below": "LessThanLowerThreshold",
    "both": "LessThanLowerOrGreaterThanUpperThreshold",
}
_DAY = 86400
STATISTICS = frozenset({"Average", "Maximum", "Minimum", "SampleCount", "Sum"})

#: What a metric is named by, alone or as a term of an expression.
METRIC: dict[str, Any] = {
    "of": {"type": "str"},
    "metric": {"type": "str"},
    "namespace": {"type": "str"},
    "dimensions": {"type": "dict", "values": {"type": "scalar"}},
    "statistic": {"type": "str", "format": formats.STATISTIC},
}

Rule = Mapping[str, Any]


def alarm(name: str, rule: Rule, notify: list[str], context: Context) -> Resource:
    """One alarm."""
    option = f"alarms.{name}"
    what = _measured(rule, option, context)
    missing = rule["missing"] or what.pop("TreatMissingData", "missing")
    what.pop("TreatMissingData", None)
    region = what.pop("region", "")
    _check_topics(rule, notify, region, option, context)
    return context.resource(
        ALARM,
        name,
        {
            "AlarmName": name,
            "AlarmDescription": rule["description"] or _description(name, rule),
            "EvaluationPeriods": rule["periods"],
            "DatapointsToAlarm": rule["periods_to_alarm"] or rule["periods"],
            "TreatMissingData": missing,
            **_bound(rule, option, context),
            **what,
            **_actions(rule, notify, option, context),
        },
        region=region,
    )


def _check_topics(rule: Rule, notify: list[str], region: str, option: str, context: Context) -> None:
    """An alarm reaches only topics of its own region."""
    for name in (notify if rule["notify"] is None else rule["notify"]) if region else ():
        known = {entry.name: entry.options["in_region"] for entry in context.catalog.entries("topic")}
        plain = name.removeprefix("topic.")
        if plain in known and (known[plain] or context.region) != region:
            context.problem(
                f"{option}.notify",
                f"{name!r} stands in {known[plain] or context.region}, and what {rule['of']} publishes is watched in "
                f"{region} only; name a topic with in_region: {region}",
            )


def _measured(rule: Rule, option: str, context: Context) -> dict[str, Any]:
    """What is measured, in the one way that a rule says it."""
    ways = {"expression": _math, "rate": _rate, "anomaly": _anomaly, "above_average": _above_average}
    given = [word for word in ways if rule[word]]
    if len(given) > 1:
        context.problem(option, f"has {' and '.join(given)}; keep one")
        return {}
    return ways[given[0]](rule, option, context) if given else _single(rule, option, context)


def _description(name: str, rule: Rule) -> str:
    word = next((word for word in _BOUNDS if rule[word] is not None), "above")
    what = rule["expression"] or f"{rule['of'] or rule['namespace'] or name} {rule['metric'] or ''}".strip()
    if rule["anomaly"]:
        return f"{what} is {rule['anomaly']['side']} what is usual for {rule['periods']} x {rule['period_seconds']} s"
    if rule["above_average"]:
        average = rule["above_average"]
        return f"{what} of a day above {average['percent']} % of the average of {average['days']} days"
    if rule["rate"]:
        what = f"{rule['rate']['of'] or name} in per cent"
    return f"{what} {word.replace('_', ' ')} {rule[word]} for {rule['periods']} x {rule['period_seconds']} s"


def _bound(rule: Rule, option: str, context: Context) -> dict[str, Any]:
    given = [word for word in _BOUNDS if rule[word] is not None]
    if rule["anomaly"] or rule["above_average"]:
        if given:
            context.problem(f"{option}.{given[0]}", "an alarm on what is unusual has its bound already; leave it out")
        return {}
    if len(given) != 1:
        context.problem(option, f"has {len(given)} bounds; give exactly one of {', '.join(_BOUNDS)}")
        return {}
    return {"ComparisonOperator": _BOUNDS[given[0]], "Threshold": rule[given[0]]}


def _statistic(name: str) -> dict[str, str]:
    return {"Statistic": name} if name in STATISTICS else {"ExtendedStatistic": name}


def measured(rule: Rule, option: str, context: Context, *, timed_by: str = "") -> dict[str, Any] | None:
    """Namespace, name, dimensions, statistic and the meaning of missing data of what a rule names.

    Args:
        timed_by: the option that has the rule's period, if that is another than its own.
    """
    if not rule.get("of"):
        if not rule.get("namespace") or not rule.get("metric"):
            context.problem(option, "measures nothing: give `of` and `metric`, or `namespace` and `metric`")
            return None
        dimensions = context.fill(rule.get("dimensions") or {}, f"{option}.dimensions")
        return {
            "Namespace": rule["namespace"],
            "MetricName": rule["metric"],
            "Dimensions": dimension_list(dimensions),
            "statistic": rule.get("statistic") or "Average",
            "missing": "missing",
            "region": "",
        }
    entry = context.entry(rule["of"], f"{option}.of")
    source = find_source(entry) if entry else None
    if entry is None or source is None:
        if entry is not None:
            context.problem(
                f"{option}.of", f"{rule['of']!r} publishes no metric that has a word; use namespace and metric"
            )
        return None
    found = source.metrics.get(rule.get("metric") or "")
    if found is None:
        known = ", ".join(sorted(source.metrics))
        near = close(str(rule.get("metric")), source.metrics)
        context.problem(f"{option}.metric", f"{rule.get('metric')!r} is not one of {known}{near}")
        return None
    if found.every > (rule.get("period_seconds") or found.every):
        context.problem(
            f"{timed_by or option}.period_seconds",
            f"{rule['period_seconds']}: {rule['metric']} of {rule['of']} comes every {found.every} s; make it that",
        )
    dimensions = dimensions_of(source, found, entry, context)
    if not dimensions:
        context.problem(f"{option}.metric", f"{rule['of']} as it is described does not publish {rule['metric']}")
        return None
    region = source.region(entry)
    return {
        "Namespace": found.namespace or source.namespace,
        "MetricName": found.name,
        "Dimensions": dimension_list(dimensions),
        "statistic": rule.get("statistic") or found.statistic,
        "missing": found.missing,
        "region": region if region != context.region else "",
    }


def _single(rule: Rule, option: str, context: Context) -> dict[str, Any]:
    found = measured(rule, option, context)
    if found is None:
        return {}
    statistic, missing = found.pop("statistic"), found.pop("missing")
    return {**found, **_statistic(statistic), "Period": rule["period_seconds"], "TreatMissingData": missing}


def _math(rule: Rule, option: str, context: Context) -> dict[str, Any]:
    """Metric math: `metrics` names the terms, `expression` puts them together.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    terms = {f"metrics.{term}": its_rule or {} for term, its_rule in sorted((rule["metrics"] or {}).items())}
    if not terms:
        context.problem(f"{option}.metrics", "is empty; name the terms of the expression")
    return _of_terms(rule, rule["expression"], terms, option, context)


def _of_terms(rule: Rule, expression: str, terms: Mapping[str, Rule], option: str, context: Context) -> dict[str, Any]:
    """An expression over terms, each by the option that says it."""
    queries = [_result(rule, expression)]
    regions: set[str] = set()
    for where, its_rule in terms.items():
        term = where.rpartition(".")[2]
        found, region = _term(term, its_rule, rule["period_seconds"], f"{option}.{where}", context, timed_by=option)
        queries += found
        regions |= {region} if found else set()
    if len(regions) > 1:
        context.problem(option, "measures in two regions, and an alarm sees but its own; make two of it")
    return {"Metrics": queries, "TreatMissingData": "notBreaching", "region": "".join(sorted(regions)[:1])}


def _result(rule: Rule, expression: str) -> dict[str, Any]:
    label = rule["description"] or "result"
    return {"Id": "result", "Expression": expression, "Label": label, "ReturnData": True}


def _term(
    term: str, rule: Rule, period: int, option: str, context: Context, *, shown: bool = False, timed_by: str = ""
) -> tuple[list[dict[str, Any]], str]:
    """A metric as a term of an expression, and where it is published; nothing when there is no such metric."""
    found = measured({**rule, "period_seconds": period}, option, context, timed_by=timed_by)
    if found is None:
        return [], ""
    statistic = found.pop("statistic")
    found.pop("missing")
    region = found.pop("region")
    stat = {"Metric": found, "Period": period, "Stat": statistic}
    return [{"Id": term, "ReturnData": shown, "MetricStat": stat}], region


def _rate(rule: Rule, option: str, context: Context) -> dict[str, Any]:
    """What share of something went wrong, in per cent. Where nothing happened, nothing went wrong.

    An operation on two series has a value where both have one, hence the zeros for counts that are told only when there
    is something to tell. Where all are zero, the division has none.
    """
    rate = rule["rate"]
    errors, total = stated(rate["errors"] or {}), stated(rate["total"] or {})
    expression = "100 * FILL(errors, 0) / total"
    beside: dict[str, Any] = {}
    if rate["of"]:
        entry = context.entry(rate["of"], f"{option}.rate.of")
        words = rate_words(entry) if entry else None
        if entry is not None and words is None:
            context.problem(
                f"{option}.rate.of", f"{rate['of']!r} has no rate of its own; say `errors` and `total` instead"
            )
        if words is None:
            return {}
        if words[2] and not errors and not total:
            beside = {"rate.uncounted": {"of": rate["of"], "metric": words[2], "statistic": "Sum"}}
            expression = "100 * (FILL(errors, 0) + FILL(uncounted, 0)) / (FILL(total, 0) + FILL(uncounted, 0))"
        errors = {"of": rate["of"], "metric": words[0], **errors}
        total = {"of": rate["of"], "metric": words[1], **total}
    terms = {"rate.errors": {"statistic": "Sum", **errors}, "rate.total": {"statistic": "Sum", **total}, **beside}
    return _of_terms(rule, expression, terms, option, context)


def _anomaly(rule: Rule, option: str, context: Context) -> dict[str, Any]:
    """A metric against what CloudWatch has learned of its usual course.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Anomaly_Detection.html
    """
    band = rule["anomaly"]
    expression = f"ANOMALY_DETECTION_BAND(measured, {band['width']:g})"
    watched, region = _term("measured", rule, rule["period_seconds"], option, context, shown=True)
    return {
        "region": region,
        "Metrics": [
            *watched,
            {"Id": "band", "Expression": expression, "Label": "usual", "ReturnData": True},
        ],
        "ThresholdMetricId": "band",
        "ComparisonOperator": _SIDES[band["side"]],
        "TreatMissingData": "notBreaching",
    }


def _above_average(rule: Rule, option: str, context: Context) -> dict[str, Any]:
    """The latest day against the average of the days before it.

    Metric math has no moving average: its functions look at all the days that the alarm looks at, the latest of which
    is taken out of the average again, and the others are never above it.
    """
    average = rule["above_average"]
    others = "(SUM(daily) - daily) / (DATAPOINT_COUNT(daily) - 1)"
    expression = f"IF(EPOCH(daily) >= MAX(EPOCH(daily)), 100 * daily / ({others}), 0)"
    counted = {**rule, "statistic": rule["statistic"] or "Sum"}
    daily, region = _term("daily", {**counted, "period_seconds": _DAY}, _DAY, option, context)
    return {
        "region": region,
        "Metrics": [_result(rule, expression), *daily],
        "EvaluationPeriods": average["days"],
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": average["percent"],
        "TreatMissingData": "notBreaching",
    }


def _topics(rule: Rule, notify: list[str], option: str, context: Context) -> list[Any]:
    names = notify if rule["notify"] is None else rule["notify"]
    return [context.arn_of(name, "topic", f"{option}.notify") for name in names]


def _actions(rule: Rule, notify: list[str], option: str, context: Context) -> dict[str, Any]:
    topics = _topics(rule, notify, option, context)
    steps = [context.value(step, f"{option}.actions") for step in rule["actions"]]
    return {
        # Stated, so that an alarm that somebody silenced speaks again after the next run.
        "ActionsEnabled": True,
        "AlarmActions": [*topics, *steps],
        "OKActions": topics if rule["notify_ok"] else [],
        "InsufficientDataActions": topics if rule["notify_insufficient"] else None,
    }


def composite_alarm(name: str, rule: Rule, alarms: Mapping[str, Any], notify: list[str], context: Context) -> Resource:
    """An alarm over other alarms."""
    option = f"composite_alarms.{name}"
    given = [word for word in ("any_of", "all_of", "rule") if rule[word]]
    if len(given) != 1:
        context.problem(option, f"has {len(given)} rules; give exactly one of any_of, all_of, rule")
    members = rule["any_of"] or rule["all_of"] or []
    for member in members:
        if member not in alarms:
            context.problem(f"{option}.{given[0]}", f"{member!r} is no entry of `alarms`{close(member, alarms)}")
    if rule["rule"]:
        expression: Any = context.fill(rule["rule"], f"{option}.rule")
    else:
        glue = " OR " if rule["any_of"] else " AND "
        parts = {f"a{index}": Ref(Address(ALARM, member), "AlarmName") for index, member in enumerate(members)}
        expression = Compose(glue.join(f'ALARM("{{{part}}}")' for part in parts), parts)
    topics = _topics(rule, notify, option, context)
    return context.resource(
        COMPOSITE,
        name,
        {
            "AlarmName": name,
            "AlarmDescription": rule["description"] or f"{'any' if rule['any_of'] else 'all'} of {', '.join(members)}",
            "AlarmRule": expression,
            "ActionsEnabled": True,
            "AlarmActions": topics,
            "OKActions": topics,
        },
    )
