# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dashboards: alarms on top, metrics side by side, rows of widgets in the words of a person or of CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from .alarms import ALARM
from .base import Context, Entry
from .catalog import close
from .dashboard_widgets import row_widget
from .metrics import Source, dimensions_of, find_source

DASHBOARD = "AWS::CloudWatch::Dashboard"

#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_GRID_WIDTH = 24
_WIDGET_WIDTH = 8
_WIDGET_HEIGHT = 6
_ALARM_HEIGHT = 3
_PERIOD_SECONDS = 300


class _Body:
    """A dashboard's body as it grows. References inside it become fields of a composition."""

    def __init__(self) -> None:
        self.widgets: list[dict[str, Any]] = []
        self.parts: dict[str, Any] = {}
        self._x = self._y = 0

    def placeholder(self, value: Any) -> str:
        """A text that stands for a value until that is known."""
        if isinstance(value, (str, int, float)):
            return str(value)
        if isinstance(value, Compose):
            # Its text is escaped with the rest of the body, so only its parts stay open.
            return value.template.format(**{name: self.placeholder(part) for name, part in value.parts.items()})
        name = f"p{len(self.parts)}"
        self.parts[name] = value
        return f"\x00{name}\x01"

    def add(self, widget: dict[str, Any], width: int = _WIDGET_WIDTH, height: int = _WIDGET_HEIGHT) -> None:
        """Put a widget into the next free place."""
        if self._x + width > _GRID_WIDTH:
            self._x, self._y = 0, self._y + _WIDGET_HEIGHT
        self.widgets.append({"x": self._x, "y": self._y, "width": width, "height": height, **widget})
        self._x += width
        if width == _GRID_WIDTH:
            self._x, self._y = 0, self._y + height

    def add_row(self, widgets: list[dict[str, Any]], height: int = _WIDGET_HEIGHT) -> None:
        """Put widgets side by side into a row of their own."""
        self._end_row()
        width = _GRID_WIDTH // len(widgets)
        for index, widget in enumerate(widgets):
            place = {"x": index * width, "y": self._y, "width": width, "height": height}
            self.widgets.append({**place, **widget})
        self._y += height

    def _end_row(self) -> None:
        if self._x:
            self._x, self._y = 0, self._y + _WIDGET_HEIGHT

    def text(self) -> Any:
        """The body as JSON, with its references."""
        plain = json.dumps({"widgets": self.widgets}, sort_keys=True)
        if not self.parts:
            return plain
        escaped = plain.replace("{", "{{").replace("}", "}}")
        for name in self.parts:
            escaped = escaped.replace(f"\\u0000{name}\\u0001", f"{{{name}}}")
        return Compose(escaped, self.parts)


def dashboard(name: str, rule: Mapping[str, Any], alarms: Mapping[str, Any], context: Context) -> Resource:
    """One dashboard."""
    option = f"dashboards.{name}"
    body = _Body()
    arns = []
    for label in rule["alarms"]:
        if label not in alarms:
            context.problem(f"{option}.alarms", f"{label!r} is no entry of `alarms`{close(label, alarms)}")
            continue
        arns.append(body.placeholder(Ref(Address(ALARM, label), "Arn")))
    if arns:
        body.add({"type": "alarm", "properties": {"title": "Alarms", "alarms": arns}}, _GRID_WIDTH, _ALARM_HEIGHT)
    for reference in rule["of"]:
        entry = context.entry(reference, f"{option}.of")
        source = find_source(entry) if entry else None
        if entry is not None and source is None:
            context.problem(f"{option}.of", f"{reference!r} publishes no metric that has a word; use widgets")
        elif entry is not None and source is not None:
            _entry_widgets(entry, source, body, context)
    for index, row in enumerate(rule["rows"]):
        widgets = [
            made
            for number, widget in enumerate(row)
            if (made := row_widget(widget, body.placeholder, alarms, f"{option}.rows[{index}][{number}]", context))
        ]
        if widgets:
            tallest = max(widget.pop("height", _WIDGET_HEIGHT) for widget in widgets)
            body.add_row(widgets, tallest)
    for index, widget in enumerate(rule["widgets"]):
        body.add({"type": "metric", **_filled(widget, body, f"{option}.widgets[{index}]", context)})
    if not body.widgets:
        context.problem(option, "shows nothing; give it `rows`, `of`, `alarms` or `widgets`")
    return context.resource(DASHBOARD, name, {"DashboardName": name, "DashboardBody": body.text()})


def _entry_widgets(entry: Entry, source: Source, body: _Body, context: Context) -> None:
    """A widget for each metric of an entry."""
    for word, metric in source.metrics.items():
        place = dimensions_of(source, metric, entry, context)
        if not place:
            continue
        dimensions: list[str] = []
        for dimension, value in sorted(place.items()):
            dimensions += [dimension, body.placeholder(value)]
        body.add(
            {
                "type": "metric",
                "properties": {
                    "title": f"{entry.reference} {word.replace('_', ' ')}",
                    "region": source.region(entry) or context.region,
                    "view": "timeSeries",
                    "stat": metric.statistic,
                    "period": metric.every or _PERIOD_SECONDS,
                    "metrics": [[metric.namespace or source.namespace, metric.name, *dimensions]],
                },
            }
        )


def _filled(value: Any, body: _Body, option: str, context: Context) -> Any:
    """A widget as the user wrote it, with its references replaced."""
    if isinstance(value, Mapping):
        return {key: _filled(item, body, option, context) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(item, body, option, context) for item in value]
    if isinstance(value, str):
        return body.placeholder(context.fill(value, option))
    return value
