# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `monitoring` section: logs and what they say, alarms, and dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .alarms import ALARM, COMPOSITE, METRIC, alarm, composite_alarm, measured
from .base import TAGS, Context, Export, Options, Tier
from .dashboard_widgets import log_group
from .dashboards import DASHBOARD, dashboard

LOG_GROUP = "AWS::Logs::LogGroup"
METRIC_FILTER = "AWS::Logs::MetricFilter"
QUERY = "AWS::Logs::QueryDefinition"
DETECTOR = "AWS::CloudWatch::AnomalyDetector"

#: The values that a dimension has; none: any.
_VALUES: dict[str, Any] = {"type": "list", "elements": "str", "default": []}

_ALARM_OPTIONS: dict[str, Any] = {
    **METRIC,
    "metrics": {"type": "map", "options": METRIC},
    "expression": {"type": "str"},
    "rate": {
        "type": "dict",
        "options": {
            "of": {"type": "str"},
            "errors": {"type": "dict", "options": METRIC},
            "total": {"type": "dict", "options": METRIC},
        },
        "required_one_of": [("of", "errors")],
        "required_together": [("errors", "total")],
    },
    "anomaly": {
        "type": "dict",
        "options": {
            "width": {"type": "float", "default": 2.0, "format": formats.at_least(0)},
            "side": {"type": "str", "choices": ["above", "below", "both"], "default": "above"},
        },
    },
    "above_average": {
        "type": "dict",
        "options": {
            "percent": {"type": "float", "required": True},
            "days": {"type": "int", "default": 7, "format": formats.at_least(1)},
        },
    },
    "above": {"type": "float"},
    "at_least": {"type": "float"},
    "below": {"type": "float"},
    "at_most": {"type": "float"},
    "period_seconds": {"type": "int", "default": 300, "format": formats.at_least(10)},
    "periods": {"type": "int", "default": 2, "format": formats.at_least(1)},
    "periods_to_alarm": {"type": "int", "format": formats.at_least(1)},
    "missing": {"type": "str", "choices": ["missing", "notBreaching", "breaching", "ignore"]},
    "description": {"type": "str"},
    "notify": {"type": "list", "elements": "str"},
    "notify_ok": {"type": "bool", "default": True},
    "actions": {"type": "list", "elements": "str", "default": []},
    "notify_insufficient": {"type": "bool", "default": False},
    "count": {"type": "bool", "default": False},
}

SPEC: dict[str, Any] = {
    "notify": {"type": "list", "elements": "str", "default": []},
    "log_groups": {
        "type": "map",
        "default": {},
        "options": {
            "retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
            "key": {"type": "str", "no_log": False},
        },
    },
    "metric_filters": {
        "type": "map",
        "default": {},
        "options": {
            "log_group": {"type": "str", "required": True},
            "pattern": {"type": "str", "default": ""},
            "namespace": {"type": "str", "required": True},
            "metric": {"type": "str", "required": True},
            "value": {"type": "str", "default": "1"},
            "default_value": {"type": "float"},
            "dimensions": {"type": "dict", "values": {"type": "scalar"}},
            "unit": {"type": "str"},
        },
        "mutually_exclusive": [("default_value", "dimensions")],
    },
    "queries": {
        "type": "map",
        "default": {},
        "options": {
            "query": {"type": "str", "required": True},
            "log_groups": {"type": "list", "elements": "str", "default": []},
            "language": {"type": "str", "choices": ["CWLI", "SQL", "PPL"], "default": "CWLI"},
        },
    },
    "anomaly_detectors": {
        "type": "map",
        "default": {},
        "options": {
            **METRIC,
            "time_zone": {"type": "str", "format": formats.TIME_ZONE},
            "exclude": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"start": {"type": "str", "required": True}, "end": {"type": "str", "required": True}},
            },
        },
    },
    "published": {
        "type": "dict",
        "default": {},
        "values": {"type": "dict", "default": {}, "values": {"type": "dict", "default": {}, "values": _VALUES}},
    },
    "alarms": {"type": "map", "default": {}, "options": _ALARM_OPTIONS},
    "composite_alarms": {
        "type": "map",
        "default": {},
        "options": {
            "any_of": {"type": "list", "elements": "str"},
            "all_of": {"type": "list", "elements": "str"},
            "rule": {"type": "str"},
            "description": {"type": "str"},
            "notify": {"type": "list", "elements": "str"},
        },
    },
    "dashboards": {
        "type": "map",
        "default": {},
        "options": {
            "of": {"type": "list", "elements": "str", "default": []},
            "alarms": {"type": "list", "elements": "str", "default": []},
            "rows": {"type": "list", "elements": "list", "default": []},
            "widgets": {"type": "list", "elements": "dict", "default": []},
        },
    },
    "tags": TAGS,
}


def exports(name: str, options: Options, context: Context) -> Export:
    return Export()


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    context = replace(context, tags={**context.tags, **options["tags"]})
    made = [
        context.resource(
            LOG_GROUP,
            group,
            {
                "LogGroupName": group,
                "RetentionInDays": rule["retention_days"],
                "KmsKeyId": context.arn_of(rule["key"], "key", f"log_groups.{group}.key"),
            },
        )
        for group, rule in options["log_groups"].items()
    ]
    made += [
        _metric_filter(label, rule, options["log_groups"], context) for label, rule in options["metric_filters"].items()
    ]
    made += [_query(label, rule, context) for label, rule in options["queries"].items()]
    made += [_detector(label, rule, context) for label, rule in options["anomaly_detectors"].items()]
    made += [alarm(label, rule, options["notify"], context) for label, rule in options["alarms"].items()]
    made += [
        composite_alarm(label, rule, options["alarms"], options["notify"], context)
        for label, rule in options["composite_alarms"].items()
    ]
    made += [dashboard(label, rule, options["alarms"], context) for label, rule in options["dashboards"].items()]
    return made


def _metric_filter(name: str, rule: Options, groups: Mapping[str, Any], context: Context) -> Resource:
    option = f"metric_filters.{name}"
    named = rule["log_group"]
    group = Ref(Address(LOG_GROUP, named), "LogGroupName") if named in groups else log_group(named, option, context)
    dimensions = [{"Key": key, "Value": value} for key, value in sorted((rule["dimensions"] or {}).items())]
    return context.resource(
        METRIC_FILTER,
        name,
        {
            "LogGroupName": group,
            "FilterName": name,
            "FilterPattern": rule["pattern"],
            "MetricTransformations": [
                {
                    "MetricNamespace": rule["namespace"],
                    "MetricName": rule["metric"],
                    "MetricValue": rule["value"],
                    "DefaultValue": rule["default_value"],
                    "Dimensions": dimensions or None,
                    "Unit": rule["unit"],
                }
            ],
        },
    )


def _query(name: str, rule: Options, context: Context) -> Resource:
    option = f"queries.{name}.log_groups"
    groups = [log_group(group, option, context) for group in rule["log_groups"]]
    return context.resource(
        QUERY,
        name,
        {
            "Name": name,
            "QueryString": rule["query"].strip(),
            "LogGroupNames": groups or None,
            "QueryLanguage": rule["language"],
        },
    )


def _detector(name: str, rule: Options, context: Context) -> Resource:
    found = measured(rule, f"anomaly_detectors.{name}", context) or {}
    excluded = [{"StartTime": one["start"], "EndTime": one["end"]} for one in rule["exclude"]]
    return context.resource(
        DETECTOR,
        name,
        {
            "SingleMetricAnomalyDetector": {
                "Namespace": found.get("Namespace"),
                "MetricName": found.get("MetricName"),
                "Dimensions": found.get("Dimensions"),
                "Stat": found.get("statistic"),
            },
            "Configuration": {"MetricTimeZone": rule["time_zone"], "ExcludedTimeRanges": excluded},
        },
    )


TIER = Tier(
    section="monitoring",
    reference="monitoring",
    spec=SPEC,
    compile=compile,
    exports=exports,
    single=True,
    kinds=(LOG_GROUP, METRIC_FILTER, QUERY, DETECTOR, ALARM, COMPOSITE, DASHBOARD),
)

__all__ = ["ALARM", "COMPOSITE", "DASHBOARD", "LOG_GROUP", "SPEC", "TIER"]
