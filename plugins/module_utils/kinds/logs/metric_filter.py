# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metric filters: what log events say, as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import is_empty
from .log_group import LOG_GROUP

#: CloudFormation's names of what a transformation has, and the API's.
_MEMBERS = {
    "MetricName": "metricName",
    "MetricNamespace": "metricNamespace",
    "MetricValue": "metricValue",
    "DefaultValue": "defaultValue",
    "Unit": "unit",
}
#: What no unit means: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
_NO_UNIT = "None"


def filter_id(item: Mapping[str, Any]) -> str:
    """The identifier of a filter, whose name is known within its log group only. Neither can hold a colon."""
    return f"{item['logGroupName']}:{item['filterName']}"


def transformations(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A filter's transformations in CloudFormation's shape."""
    found = []
    for one in item.get("metricTransformations") or []:
        stated = {name: one[member] for name, member in _MEMBERS.items() if one.get(member) is not None}
        dimensions = [{"Key": key, "Value": value} for key, value in sorted((one.get("dimensions") or {}).items())]
        found.append({**stated, **({"Dimensions": dimensions} if dimensions else {})})
    return found


def plain_transformations(value: Any) -> Any:
    """Transformations to compare: the order of dimensions means nothing, and no unit has a name."""
    if not isinstance(value, (list, tuple)):
        return value
    return [
        {
            **one,
            "Unit": one.get("Unit") or _NO_UNIT,
            "Dimensions": sorted(one.get("Dimensions") or [], key=lambda dimension: str(dimension["Key"])),
        }
        for one in value
    ]


def transformation_parameters(value: Any) -> list[dict[str, Any]]:
    """Transformations as the API takes them."""
    found = []
    for one in value:
        params = {member: one[name] for name, member in _MEMBERS.items() if not is_empty(one.get(name))}
        params["metricValue"] = str(params["metricValue"])
        if "defaultValue" in params:
            params["defaultValue"] = float(params["defaultValue"])
        if one.get("Dimensions"):
            params["dimensions"] = {dimension["Key"]: dimension["Value"] for dimension in one["Dimensions"]}
        found.append(params)
    return found


def list_metric_filters(scope: Scope) -> list[Item]:
    """The filters of observed and described log groups, by one request for all of them."""
    if scope.ids:
        return [
            one
            for identifier in scope.ids
            for one in scope.pages(
                "logs", "describe_metric_filters", "metricFilters[]", logGroupName=identifier.partition(":")[0]
            )
            if filter_id(one) == identifier
        ]
    groups = {*scope.names("LogGroupName"), *(group.id for group in scope.observed(LOG_GROUP))}
    if not groups and not scope.everything:
        return []
    found = scope.pages("logs", "describe_metric_filters", "metricFilters[]")
    return [one for one in found if scope.everything or one["logGroupName"] in groups]


def _put(work: Work) -> dict[str, Any]:
    """The API has one request, which writes the whole."""
    params: dict[str, Any] = {
        "logGroupName": work.merged("LogGroupName"),
        "filterName": work.merged("FilterName"),
        "filterPattern": work.merged("FilterPattern") or "",
        "metricTransformations": transformation_parameters(work.merged("MetricTransformations")),
    }
    for name in ("ApplyOnTransformedLogs", "FieldSelectionCriteria", "EmitSystemFieldDimensions"):
        if not is_empty(work.merged(name)):
            params[name[:1].lower() + name[1:]] = work.merged(name)
    return params


LOGS_METRIC_FILTER = Kind(
    type="AWS::Logs::MetricFilter",
    service="logs",
    title="metric filter",
    id=filter_id,
    key=("LogGroupName", "FilterName"),
    requires=(LOG_GROUP,),
    part_of="LogGroupName",
    tags=None,
    properties={
        "LogGroupName": Property(path="logGroupName", immutable=True),
        "FilterName": Property(path="filterName", immutable=True),
        "FilterPattern": Property(path="filterPattern"),
        "MetricTransformations": Property(path=transformations, exact=True, normalise=plain_transformations),
        "ApplyOnTransformedLogs": Property(path="applyOnTransformedLogs", default=False),
        "FieldSelectionCriteria": Property(path="fieldSelectionCriteria"),
        "EmitSystemFieldDimensions": Property(path="emitSystemFieldDimensions", unordered=True),
    },
    attributes={"FilterName": Attribute("filterName", "{FilterName}")},
    list=list_metric_filters,
    # A group that is made in the same run may come a moment later.
    create=Call("put_metric_filter", _put, retry_on=frozenset({"ResourceNotFoundException"})),
    updates=(
        Update(
            (
                "FilterPattern",
                "MetricTransformations",
                "ApplyOnTransformedLogs",
                "FieldSelectionCriteria",
                "EmitSystemFieldDimensions",
            ),
            Call("put_metric_filter", _put),
        ),
    ),
    delete=Call(
        "delete_metric_filter",
        lambda w: {
            "logGroupName": w.existing.properties["LogGroupName"],
            "filterName": w.existing.properties["FilterName"],
        },
    ),
)
