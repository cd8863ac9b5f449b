# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dashboards: a body that CloudWatch would refuse is refused.

Source: "Dashboard body structure and syntax" in the CloudWatch API reference.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

from twin.patch import Parameters, before
from twin.refusal import refuse

_TYPES = ("metric", "text", "log", "alarm", "explorer", "custom", "trace")
_LIMITS = {"x": (0, 23), "y": (0, 10_000), "width": (1, 24), "height": (1, 1000)}
_NEEDED = {"text": "markdown", "log": "query", "alarm": "alarms"}

Message = dict[str, str]


def _message(path: str, text: str) -> Message:
    return {"DataPath": path, "Message": text}


def problems(body: Any) -> list[Message]:
    """What is wrong with a dashboard's body, by the path of each thing."""
    if not isinstance(body, dict) or not isinstance(body.get("widgets"), list):
        return [_message("", "The dashboard body must be an object with an array of widgets")]
    if len(body["widgets"]) > 500:
        return [_message("/widgets", "Should NOT have more than 500 items")]
    return [found for index, widget in enumerate(body["widgets"]) for found in _widget(f"/widgets/{index}", widget)]


def _widget(path: str, widget: Any) -> list[Message]:
    if not isinstance(widget, dict):
        return [_message(path, "Should be object")]
    kind, properties = widget.get("type"), widget.get("properties")
    if kind not in _TYPES:
        return [_message(f"{path}/type", "Should be equal to one of the allowed values")]
    found = []
    for name, (low, high) in _LIMITS.items():
        value = widget.get(name)
        if value is not None and (type(value) is not int or not low <= value <= high):
            found.append(_message(f"{path}/{name}", f"Should be an integer between {low} and {high}"))
    if not isinstance(properties, dict):
        return [*found, _message(path, "Should have required property 'properties'")]
    needed = _NEEDED.get(kind)
    if needed and needed not in properties:
        found.append(_message(f"{path}/properties", f"Should have required property '{needed}'"))
    if kind == "metric":
        if not properties.get("metrics") and not properties.get("annotations"):
            found.append(_message(f"{path}/properties", "Should have required property 'metrics' or 'annotations'"))
        if "metrics" in properties and not _metrics(properties["metrics"]):
            found.append(_message(f"{path}/properties/metrics", "Should be an array of metric arrays"))
        period = properties.get("period")
        if period is not None and (type(period) is not int or (period not in (1, 5, 10, 30) and period % 60)):
            found.append(_message(f"{path}/properties/period", "Should be 1, 5, 10, 30 or a multiple of 60"))
    if kind in ("metric", "log") and "region" not in properties:
        found.append(_message(f"{path}/properties", "Should have required property 'region'"))
    return found


def _metrics(metrics: Any) -> bool:
    return isinstance(metrics, list) and all(isinstance(item, list) and item for item in metrics)


def install() -> None:
    @before(CloudWatchResponse, "PutDashboard")
    def check(response: CloudWatchResponse, p: Parameters) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", p["DashboardName"]):
            _refuse([_message("", f"The value {p['DashboardName']} for DashboardName contains invalid characters.")])
        try:
            body = json.loads(p["DashboardBody"])
        except ValueError:
            _refuse([_message("", "The field DashboardBody must be a valid JSON object")])
        found = problems(body)
        if found:
            _refuse(found)
        backend = response.cloudwatch_backend
        if p["DashboardName"] not in backend.dashboards:  # tags of one that exists are left alone
            backend.tagger.tag_resource(_arn(backend, p["DashboardName"]), p.get("Tags", []))

    @before(CloudWatchResponse, "DeleteDashboards")
    def forget_tags(response: CloudWatchResponse, p: Parameters) -> None:
        for name in p["DashboardNames"]:
            response.cloudwatch_backend.tagger.delete_all_tags_for_resource(_arn(response.cloudwatch_backend, name))


def _arn(backend: CloudWatchBackend, name: str) -> str:
    return f"arn:{backend.partition}:cloudwatch::{backend.account_id}:dashboard/{name}"


def _refuse(messages: list[Message]) -> None:
    refuse(
        "InvalidParameterInput",
        f"The dashboard body is invalid, there are {len(messages)} validation errors: "
        + json.dumps([{"dataPath": m["DataPath"], "message": m["Message"]} for m in messages]),
        dashboardValidationMessages=messages,
    )
