# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cost Explorer: monitors of cost anomalies and who is told. They belong to the account, not to a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .requests import given
from .shared import IMMUTABLE, MUTABLE, global_scope, json_document, tag_list, with_tags

MONITOR = "AWS::CE::AnomalyMonitor"

_DOCUMENT = Property(normalise=json_document, exact=True, unordered=True)


def _tag(work: Work) -> dict[str, Any]:
    return {"ResourceArn": work.id, "ResourceTags": tag_list(work.tags_to_set)}


def _untag(work: Work) -> dict[str, Any]:
    return {"ResourceArn": work.id, "ResourceTagKeys": list(work.tags_to_remove)}


_TAG = Call("tag_resource", _tag)
_UNTAG = Call("untag_resource", _untag)


def _documents(work: Work, *names: str) -> dict[str, Any]:
    """Expressions, which a description may give as text, as the API takes them."""
    return {name: json_document(value) for name, value in given(work, *names).items()}


# Monitors


def monitor_key(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What tells a monitor from others: an account has one that watches each service, whatever its name.

    https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html
    """
    if properties.get("MonitorType") == "DIMENSIONAL" and properties.get("MonitorDimension") == "SERVICE":
        return ("every service",)
    name = properties.get("MonitorName")
    return ("named", name) if isinstance(name, str) else None


def list_monitors(scope: Scope) -> list[Item]:
    """Monitors that are described or carry the stack's tag."""
    monitors = scope.pages("ce", "get_anomaly_monitors", "AnomalyMonitors[]")
    if scope.ids:
        monitors = [monitor for monitor in monitors if monitor["MonitorArn"] in scope.ids]
    keyed = [{**monitor, "Key": monitor_key(monitor)} for monitor in monitors]
    return with_tags(
        global_scope(scope),
        keyed,
        "MonitorArn",
        "ce",
        "list_tags_for_resource",
        "ResourceArn",
        "ResourceTags",
        [key for wanted in scope.wanted if (key := monitor_key(wanted))],  # type: ignore[misc]
        "Key",
    )


def _create_monitor(work: Work) -> dict[str, Any]:
    monitor = {
        **given(work, "MonitorName", "MonitorType", "MonitorDimension"),
        **_documents(work, "MonitorSpecification"),
    }
    return {"AnomalyMonitor": monitor, "ResourceTags": tag_list(work.tags)}


CE_ANOMALY_MONITOR = Kind(
    type=MONITOR,
    service="ce",
    title="anomaly monitor",
    template=Template(tags="ResourceTags"),
    id="MonitorArn",
    key=("MonitorName", "MonitorType", "MonitorDimension"),
    key_of=monitor_key,
    is_global=True,
    properties={
        "MonitorName": MUTABLE,
        "MonitorType": IMMUTABLE,
        "MonitorDimension": IMMUTABLE,
        "MonitorSpecification": Property(immutable=True, normalise=json_document, exact=True, unordered=True),
    },
    attributes={
        "MonitorArn": Attribute("MonitorArn"),
        "CreationDate": Attribute("CreationDate"),
        "LastEvaluatedDate": Attribute("LastEvaluatedDate", volatile=True),
        "LastUpdatedDate": Attribute("LastUpdatedDate", volatile=True),
        "DimensionalValueCount": Attribute("DimensionalValueCount", volatile=True),
    },
    list=list_monitors,
    create=Call("create_anomaly_monitor", _create_monitor),
    updates=(
        Update(
            ("MonitorName",),
            Call("update_anomaly_monitor", lambda w: {"MonitorArn": w.id, "MonitorName": w.desired["MonitorName"]}),
        ),
    ),
    delete=Call("delete_anomaly_monitor", lambda w: {"MonitorArn": w.id}),
    tag=_TAG,
    untag=_UNTAG,
)


# Subscriptions


def subscribers(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who is told, without whether they agreed."""
    return [{name: one[name] for name in ("Address", "Type")} for one in item.get("Subscribers") or []]


def list_subscriptions(scope: Scope) -> list[Item]:
    """Subscriptions that are described or carry the stack's tag."""
    found = scope.pages("ce", "get_anomaly_subscriptions", "AnomalySubscriptions[]")
    return with_tags(
        global_scope(scope),
        [one for one in found if not scope.ids or one["SubscriptionArn"] in scope.ids],
        "SubscriptionArn",
        "ce",
        "list_tags_for_resource",
        "ResourceArn",
        "ResourceTags",
        scope.names("SubscriptionName"),
        "SubscriptionName",
    )


def _subscription(work: Work) -> dict[str, Any]:
    params = {
        **given(work, "SubscriptionName", "MonitorArnList", "Subscribers", "Frequency"),
        **_documents(work, "ThresholdExpression"),
    }
    if work.get("Threshold") is not None:
        params["Threshold"] = float(work.desired["Threshold"])
    return params


CE_ANOMALY_SUBSCRIPTION = Kind(
    type="AWS::CE::AnomalySubscription",
    service="ce",
    title="anomaly subscription",
    template=Template(tags="ResourceTags"),
    id="SubscriptionArn",
    key=("SubscriptionName",),
    requires=(MONITOR,),
    is_global=True,
    properties={
        "SubscriptionName": MUTABLE,
        "MonitorArnList": Property(unordered=True),
        "Subscribers": Property(path=subscribers, unordered=True),
        "Frequency": MUTABLE,
        "Threshold": MUTABLE,
        "ThresholdExpression": _DOCUMENT,
    },
    attributes={"SubscriptionArn": Attribute("SubscriptionArn"), "AccountId": Attribute("AccountId")},
    list=list_subscriptions,
    create=Call(
        "create_anomaly_subscription",
        lambda w: {"AnomalySubscription": _subscription(w), "ResourceTags": tag_list(w.tags)},
    ),
    updates=(
        Update(
            ("SubscriptionName", "MonitorArnList", "Subscribers", "Frequency", "Threshold", "ThresholdExpression"),
            Call(
                "update_anomaly_subscription",
                lambda w: {
                    "SubscriptionArn": w.id,
                    **{name: value for name, value in _subscription(w).items() if name in w.changed},
                },
            ),
        ),
    ),
    delete=Call("delete_anomaly_subscription", lambda w: {"SubscriptionArn": w.id}),
    tag=_TAG,
    untag=_UNTAG,
)

KINDS = (CE_ANOMALY_MONITOR, CE_ANOMALY_SUBSCRIPTION)
