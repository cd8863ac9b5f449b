# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Grafana dashboards from panels and queries.

https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..engine.errors import DocumentError
from ..tiers.options import validate, with_text_keys

#: Panels stand in rows of two on a grid of 24 columns.
_COLUMNS, _WIDTH, _HEIGHT = 24, 12, 8
_SCHEMA = 39

SPEC: dict[str, Any] = {
    "uid": {"type": "str", "required": True},
    "title": {"type": "str", "required": True},
    "refresh": {"type": "str", "default": "30s"},
    "since": {"type": "str", "default": "now-6h"},
    "datasource": {"type": "str", "default": "prometheus"},
    "panels": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "title": {"type": "str", "required": True},
            "type": {"type": "str", "choices": ["timeseries", "stat", "gauge", "table"], "default": "timeseries"},
            "unit": {"type": "str", "default": "short"},
            "queries": {"type": "dict", "required": True},
        },
    },
}


def dashboard(description: Any) -> dict[str, Any]:
    """A dashboard as Grafana's provisioning takes it.

    Raises:
        DocumentError: with every mistake in the description.
    """
    problems: list[str] = []
    options = validate(SPEC, with_text_keys(description, "dashboard", problems), "dashboard", problems)
    if problems:
        raise DocumentError(problems)
    source = {"type": "prometheus", "uid": options["datasource"]}
    return {
        "uid": options["uid"],
        "title": options["title"],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "refresh": options["refresh"],
        "time": {"from": options["since"], "to": "now"},
        "panels": [_panel(number, panel, source) for number, panel in enumerate(options["panels"])],
    }


def _panel(number: int, panel: Mapping[str, Any], source: Mapping[str, str]) -> dict[str, Any]:
    across = _COLUMNS // _WIDTH
    return {
        "id": number + 1,
        "type": panel["type"],
        "title": panel["title"],
        "datasource": source,
        "gridPos": {
            "x": number % across * _WIDTH,
            "y": number // across * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel["unit"]}, "overrides": []},
        "targets": [
            {"refId": _letter(index), "datasource": source, "expr": query, "legendFormat": legend}
            for index, (legend, query) in enumerate(panel["queries"].items())
        ],
    }


def _letter(index: int) -> str:
    return chr(ord("A") + index)


def expressions(dashboards: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every expression of some dashboards, for whoever checks them."""
    return [target["expr"] for one in dashboards for panel in one["panels"] for target in panel["targets"]]
