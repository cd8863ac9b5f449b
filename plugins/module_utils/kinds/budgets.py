# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Budgets, with whom they tell of what. They belong to the account, not to a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.errors import ResourceError
from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .requests import is_stated, make_arn, pruned
from .shared import global_scope, tag_list, with_tags

#: What a notification is known by: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Notification.html
_NOTIFICATION = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")


def budget_name(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """A budget's name, which is its natural key."""
    budget = properties.get("Budget")
    name = budget.get("BudgetName") if isinstance(budget, Mapping) else None
    return (name,) if isinstance(name, str) else None


def _arn(api: Any, name: str) -> str:
    return make_arn(api, "budgets", "", f"budget/{name}")


def _predicted_arn(facts: Mapping[str, Any]) -> str | None:
    name = budget_name(facts)
    return f"arn:{facts['partition']}:budgets::{facts['account']}:budget/{name[0]}" if name else None


def list_budgets(scope: Scope) -> list[Item]:
    """Budgets that are described or carry the stack's tag, with their notifications where somebody stated some."""
    budgets = [
        {**budget, "Arn": _arn(scope.api, budget["BudgetName"])}
        for budget in scope.pages("budgets", "describe_budgets", "Budgets[]", AccountId=scope.api.account)
        if not scope.ids or budget["BudgetName"] in scope.ids
    ]
    names = [name[0] for wanted in scope.wanted if (name := budget_name(wanted))]
    found = with_tags(
        global_scope(scope),
        budgets,
        "Arn",
        "budgets",
        "list_tags_for_resource",
        "ResourceARN",
        "ResourceTags",
        names,
        "BudgetName",
    )
    if not is_stated(scope, "NotificationsWithSubscribers"):
        return found
    return [{**budget, "Notifications": _notifications(scope, budget["BudgetName"])} for budget in found]


def _notifications(scope: Scope, budget: str) -> list[dict[str, Any]]:
    of_budget = {"AccountId": scope.api.account, "BudgetName": budget}
    found = scope.pages("budgets", "describe_notifications_for_budget", "Notifications[]", **of_budget)
    plain = [known_by(notification) for notification in found]
    return [
        {
            "Notification": notification,
            "Subscribers": scope.pages(
                "budgets",
                "describe_subscribers_for_notification",
                "Subscribers[]",
                **of_budget,
                Notification=notification,
            ),
        }
        for notification in plain
    ]


def known_by(notification: Mapping[str, Any]) -> dict[str, Any]:
    """A notification by what tells it from the others, with its default."""
    found = {
        "ThresholdType": "PERCENTAGE",
        **{name: notification[name] for name in _NOTIFICATION if name in notification},
    }
    return {**found, "Threshold": float(found["Threshold"])}


def with_subscribers(value: Any) -> Any:
    """Notifications to compare and to send: the thresholds as numbers, the defaults filled in."""
    if not isinstance(value, (list, tuple)):
        return value
    return [{"Notification": known_by(one["Notification"]), "Subscribers": list(one["Subscribers"])} for one in value]


#: What a description can say of a budget. The rest Budgets works out by itself, and it changes all the time.
_SETTINGS = (
    "BudgetName",
    "BudgetType",
    "TimeUnit",
    "TimePeriod",
    "BudgetLimit",
    "PlannedBudgetLimits",
    "AutoAdjustData",
    "CostFilters",
    "CostTypes",
    "FilterExpression",
    "Metrics",
    "BillingViewArn",
)


def settings(item: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody decided about a budget."""
    return {name: item[name] for name in _SETTINGS if name in item}


def plain_budget(value: Any) -> Any:
    """A budget to compare: amounts as numbers, which AWS answers with decimals of its own, and filters or none."""
    if not isinstance(value, Mapping):
        return value
    value = {"CostFilters": None, **value}
    limit = value.get("BudgetLimit")
    return {**value, "BudgetLimit": {**limit, "Amount": float(limit["Amount"])}} if limit else value


def budget_parameter(value: Mapping[str, Any]) -> dict[str, Any]:
    """A budget as requests carry it."""
    budget = pruned(value)
    for limit in [budget.get("BudgetLimit"), *(budget.get("PlannedBudgetLimits") or {}).values()]:
        if limit:
            limit["Amount"] = str(limit["Amount"])
    return dict(budget)


def _create(work: Work) -> dict[str, Any]:
    return {
        "AccountId": work.api.account,
        "Budget": budget_parameter(work.desired["Budget"]),
        "NotificationsWithSubscribers": with_subscribers(work.get("NotificationsWithSubscribers") or []),
        "ResourceTags": tag_list(work.tags),
    }


def _update(work: Work) -> dict[str, Any]:
    name = budget_name(work.desired)
    if name is not None and name[0] != work.id:
        raise ResourceError(
            f"the budget {work.id} cannot be called {name[0]}", "describe another budget under another name"
        )
    # What is not stated stays, but for what the budget is limited to: the request takes the whole.
    budget = {**settings(work.existing.item), "CostFilters": None, **work.desired["Budget"]}
    return {"AccountId": work.api.account, "NewBudget": budget_parameter(budget)}


def _set_notifications(work: Work) -> None:
    """Make what is missing and remove what is not described; whoever stays is told all along."""
    of_budget = {"AccountId": work.api.account, "BudgetName": work.id}
    desired = {_text(one): one for one in with_subscribers(work.desired["NotificationsWithSubscribers"] or [])}
    present = {
        _text(one): one for one in with_subscribers(work.existing.properties["NotificationsWithSubscribers"] or [])
    }
    for text, one in desired.items():
        if text not in present:
            work.call("budgets", "create_notification", **of_budget, **one)
            continue
        notification = {**of_budget, "Notification": one["Notification"]}
        there = present[text]["Subscribers"]
        for subscriber in [entry for entry in one["Subscribers"] if entry not in there]:
            work.call("budgets", "create_subscriber", **notification, Subscriber=subscriber)
        for subscriber in [entry for entry in there if entry not in one["Subscribers"]]:
            work.call("budgets", "delete_subscriber", **notification, Subscriber=subscriber)
    for text, one in present.items():
        if text not in desired:
            work.call("budgets", "delete_notification", **of_budget, Notification=one["Notification"])


def _text(one: Mapping[str, Any]) -> str:
    return "\0".join(str(one["Notification"][name]) for name in _NOTIFICATION)


BUDGET = Kind(
    type="AWS::Budgets::Budget",
    service="budgets",
    title="budget",
    template=Template(tags="ResourceTags", attributes={"Arn": ""}),
    id="BudgetName",
    key=("Budget",),
    key_of=budget_name,
    is_global=True,
    properties={
        "Budget": Property(path=settings, normalise=plain_budget, unordered=True),
        "NotificationsWithSubscribers": Property(path="Notifications", normalise=with_subscribers, unordered=True),
    },
    attributes={
        "BudgetName": Attribute("BudgetName", lambda facts: (budget_name(facts) or (None,))[0]),
        "Arn": Attribute("Arn", _predicted_arn),
    },
    list=list_budgets,
    create=Call("create_budget", _create),
    updates=(
        Update(("Budget",), Call("update_budget", _update)),
        Update(("NotificationsWithSubscribers",), _set_notifications),
    ),
    delete=Call("delete_budget", lambda w: {"AccountId": w.api.account, "BudgetName": w.id}),
    tag=Call("tag_resource", lambda w: {"ResourceARN": w.attributes["Arn"], "ResourceTags": tag_list(w.tags_to_set)}),
    untag=Call(
        "untag_resource", lambda w: {"ResourceARN": w.attributes["Arn"], "ResourceTagKeys": list(w.tags_to_remove)}
    ),
)

KINDS = (BUDGET,)
