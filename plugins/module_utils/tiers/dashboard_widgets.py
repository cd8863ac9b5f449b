# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Widgets of a dashboard in the words of the person who looks at it, as CloudWatch has them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.values import Address, Ref
from . import formats
from .alarms import ALARM, METRIC, measured
from .base import Context
from .catalog import close
from .options import validate

_LIST: dict[str, Any] = {"type": "list", "elements": "str", "default": []}

#: One line of a chart.
METRIC_SPEC: dict[str, Any] = {
    **METRIC,
    "by": _LIST,
    "statistics": {**_LIST, "format": formats.STATISTIC},
    "expression": {"type": "str"},
    "label": {"type": "str"},
    "id": {"type": "str"},
    "hidden": {"type": "bool", "default": False},
    "right": {"type": "bool", "default": False},
}

#: One widget: a chart, a query, a text, or alarms.
WIDGET_SPEC: dict[str, Any] = {
    "title": {"type": "str"},
    "metrics": {"type": "list", "elements": "dict", "default": [], "options": METRIC_SPEC},
    "query": {"type": "str"},
    "log_groups": _LIST,
    "text": {"type": "str"},
    "alarms": _LIST,
    "view": {"type": "str", "choices": ["line", "stacked", "number", "bar", "pie", "gauge", "table"]},
    "period_seconds": {"type": "int", "default": 300, "format": formats.at_least(1)},
    "height": {"type": "int", "default": 6, "format": formats.between(1, 1000)},
    "lines": {"type": "dict", "default": {}, "values": {"type": "float"}},
}
_KINDS = ("metrics", "query", "text", "alarms")

_VIEWS = {"line": "timeSeries", "stacked": "timeSeries", "number": "singleValue"}

Placeholder = Callable[[Any], Any]


def row_widget(
    given: Any, placeholder: Placeholder, alarms: Mapping[str, Any], option: str, context: Context
) -> dict[str, Any] | None:
    """One widget, without its place; None, and a recorded problem, when it shows nothing.

    Args:
        placeholder: a text that stands for a value until that is known.
    """
    mistakes: list[str] = []
    widget = validate(WIDGET_SPEC, given, context.option(option), mistakes)
    if mistakes:
        context.problems.extend(mistakes)
        return None
    kinds = [kind for kind in _KINDS if widget[kind]]
    if len(kinds) != 1:
        context.problem(option, f"shows {len(kinds)} things; give exactly one of {', '.join(_KINDS)}")
        return None
    made = {"metrics": _chart, "query": _query, "text": _text, "alarms": _alarms}[kinds[0]]
    properties = made(widget, placeholder, alarms, option, context)
    kind = {"metrics": "metric", "query": "log", "text": "text", "alarms": "alarm"}[kinds[0]]
    return {"type": kind, "height": widget["height"], "properties": properties}


def _chart(
    widget: Mapping[str, Any], placeholder: Placeholder, _alarms: Mapping[str, Any], option: str, context: Context
) -> dict[str, Any]:
    lines: list[list[Any]] = []
    for index, metric in enumerate(widget["metrics"]):
        lines += _lines(metric, widget["period_seconds"], placeholder, f"{option}.metrics[{index}]", context)
    view = widget["view"] or "line"
    found = {
        "title": widget["title"],
        "region": context.region,
        "view": _VIEWS.get(view, view),
        "stacked": view == "stacked",
        "period": widget["period_seconds"],
        "metrics": lines,
    }
    if widget["lines"]:
        found["annotations"] = {
            "horizontal": [{"label": label, "value": value} for label, value in widget["lines"].items()]
        }
    return {name: value for name, value in found.items() if value is not None}


def _lines(
    metric: Mapping[str, Any], period: int, placeholder: Placeholder, option: str, context: Context
) -> list[list[Any]]:
    """A metric as CloudWatch writes it, once for each statistic."""
    shown: dict[str, Any] = {
        "label": metric["label"],
        "id": metric["id"],
        "visible": False if metric["hidden"] else None,
        "yAxis": "right" if metric["right"] else None,
    }
    plain = {name: value for name, value in shown.items() if value is not None}
    if metric["expression"]:
        return [[{"expression": metric["expression"], "period": period, **plain}]]
    if metric["by"]:
        return [[{"expression": _search(metric, period, option, context), "period": period, **plain}]]
    found = measured(metric, option, context)
    if found is None:
        return []
    dimensions: list[Any] = []
    for dimension in found["Dimensions"]:
        dimensions += [dimension["Name"], placeholder(dimension["Value"])]
    several = metric["statistics"] or [found["statistic"]]
    lines = []
    for statistic in several:
        own = {**plain, "stat": statistic}
        if len(several) > 1:
            own["label"] = f"{metric['label'] or found['MetricName']} {statistic}"
        lines.append([found["Namespace"], found["MetricName"], *dimensions, own])
    return lines


def _search(metric: Mapping[str, Any], period: int, option: str, context: Context) -> str:
    """Every value of some dimensions, those that are still to come too.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
    """
    if not metric["namespace"] or not metric["metric"]:
        context.problem(option, "`by` needs `namespace` and `metric`")
    which = ",".join([str(metric["namespace"]), *metric["by"]])
    statistic = metric["statistic"] or "Average"
    return f"SEARCH('{{{which}}} MetricName=\"{metric['metric']}\"', '{statistic}', {period})"


def _query(
    widget: Mapping[str, Any], placeholder: Placeholder, _alarms: Mapping[str, Any], option: str, context: Context
) -> dict[str, Any]:
    groups = [placeholder(log_group(name, f"{option}.log_groups", context)) for name in widget["log_groups"]]
    if not groups:
        context.problem(f"{option}.log_groups", "is empty; name the log groups that the query reads")
    sources = "".join(f"SOURCE '{group}' | " for group in groups)
    view = {"line": "timeSeries", "number": "table"}.get(widget["view"] or "table", widget["view"] or "table")
    return {
        "title": widget["title"] or "Logs",
        "region": context.region,
        "view": view,
        "query": sources + " ".join(widget["query"].split()),
    }


def _text(
    widget: Mapping[str, Any], placeholder: Placeholder, _alarms: Mapping[str, Any], option: str, context: Context
) -> dict[str, Any]:
    text = f"# {widget['title']}\n{widget['text']}" if widget["title"] else widget["text"]
    return {"markdown": placeholder(context.fill(text, f"{option}.text"))}


def _alarms(
    widget: Mapping[str, Any], placeholder: Placeholder, alarms: Mapping[str, Any], option: str, context: Context
) -> dict[str, Any]:
    arns = []
    for label in widget["alarms"]:
        if label not in alarms:
            context.problem(f"{option}.alarms", f"{label!r} is no entry of `alarms`{close(label, alarms)}")
            continue
        arns.append(placeholder(Ref(Address(ALARM, label), "Arn")))
    return {"title": widget["title"] or "Alarms", "alarms": arns}


def log_group(name: str, option: str, context: Context) -> Any:
    """A log group: by its name, or that of an entry, e.g. `service.api`."""
    if context.catalog.looks_like_reference(name):
        return context.value(f"{name}.log_group", option)
    return context.fill(name, option)
