# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `monitoring` section: log groups, alarms, composite alarms and dashboards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..engine.document import Resource
from .alarms import ALARM, COMPOSITE, alarm, composite_alarm
from .base import TAGS, Context, Export, Options, Tier
from .dashboards import DASHBOARD, dashboard

LOG_GROUP = "AWS::Logs::LogGroup"

_ALARM_OPTIONS: dict[str, Any] = {
    "of": {"type": "str"},
    "metric": {"type": "str"},
    "namespace": {"type": "str"},
    "dimensions": {"type": "dict"},
    "metrics": {"type": "dict"},
    "expression": {"type": "str"},
    "statistic": {"type": "str"},
    "above": {"type": "float"},
    "at_least": {"type": "float"},
    "below": {"type": "float"},
    "at_most": {"type": "float"},
    "period_seconds": {"type": "int", "default": 300},
    "periods": {"type": "int", "default": 2},
    "periods_to_alarm": {"type": "int"},
    "missing": {"type": "str", "choices": ["missing", "notBreaching", "breaching", "ignore"]},
    "description": {"type": "str"},
    "notify": {"type": "list", "elements": "str"},
    "notify_ok": {"type": "bool", "default": True},
    "actions": {"type": "list", "elements": "str", "default": []},
}

SPEC: dict[str, Any] = {
    "notify": {"type": "list", "elements": "str", "default": []},
    "log_groups": {
        "type": "map",
        "default": {},
        "options": {"retention_days": {"type": "int", "default": 30}, "key": {"type": "str", "no_log": False}},
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
    made += [alarm(label, rule, options["notify"], context) for label, rule in options["alarms"].items()]
    made += [
        composite_alarm(label, rule, options["alarms"], options["notify"], context)
        for label, rule in options["composite_alarms"].items()
    ]
    made += [dashboard(label, rule, options["alarms"], context) for label, rule in options["dashboards"].items()]
    return made


TIER = Tier(
    section="monitoring",
    reference="monitoring",
    spec=SPEC,
    compile=compile,
    exports=exports,
    single=True,
    kinds=(LOG_GROUP, ALARM, COMPOSITE, DASHBOARD),
)

__all__ = ["ALARM", "COMPOSITE", "DASHBOARD", "LOG_GROUP", "SPEC", "TIER"]
