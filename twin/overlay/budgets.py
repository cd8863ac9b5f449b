# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Budgets: changed, with notifications and subscribers, with tags.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from moto.budgets.models import budgets_backends
from moto.budgets.responses import BudgetsResponse
from moto.core.utils import utcnow

from twin.overlay._lifecycle import Record, as_tags, page, with_tags, without_tags
from twin.overlay._tagged import Tagged, collector, pairs
from twin.patch import Parameters, existing, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

Answer = dict[str, Any]
_FOREVER = datetime(2087, 6, 15, tzinfo=UTC)
_COST_TYPES = {
    "IncludeCredit": True,
    "IncludeDiscount": True,
    "IncludeOtherSubscription": True,
    "IncludeRecurring": True,
    "IncludeRefund": True,
    "IncludeSubscription": True,
    "IncludeSupport": True,
    "IncludeTax": True,
    "IncludeUpfront": True,
    "UseAmortized": False,
    "UseBlended": False,
}
_NOTIFICATIONS_LIMIT, _EMAILS_LIMIT = 10, 10


@dataclass
class Store:
    """Budgets of an account by name, tags by ARN."""

    budgets: dict[str, Record] = field(default_factory=dict)
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def _store(response: BudgetsResponse) -> Store:
    found: Store = notes(response.backend, "store", Store)
    return found


def _invalid(message: str) -> NoReturn:
    refuse("InvalidParameterException", message)


def _arn(response: BudgetsResponse, name: str) -> str:
    return f"arn:{response.partition}:budgets::{response.current_account}:budget/{name}"


def _page(items: list[Any], p: Parameters, key: str) -> Answer:
    found, token = page(
        items,
        p.get("NextToken"),
        p.get("MaxResults"),
        100,
        lambda: refuse("InvalidNextTokenException", "The pagination token is invalid."),
    )
    return {key: found, **({"NextToken": token} if token else {})}


def _find(response: BudgetsResponse, p: Parameters, name: str = "") -> Record:
    if p["AccountId"] != response.current_account:
        refuse("AccessDeniedException", f"Account {p['AccountId']} is not the caller's.")
    name = name or p["BudgetName"]
    found = _store(response).budgets.get(name)
    if found is None:
        refuse("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return found


def _kept(budget: Answer) -> Answer:
    """The budget as it is kept: checked, with what Budgets fills in."""
    budget = copy.deepcopy(budget)
    name = budget["BudgetName"]
    if not re.fullmatch(r"(?!.*/action/)[^:\\]{1,100}", name):
        _invalid(f"The budget name {name!r} must have 1 to 100 characters, no : or \\, and not hold /action/.")
    if not (budget.get("BudgetLimit") or budget.get("PlannedBudgetLimits") or budget.get("AutoAdjustData")):
        _invalid("BudgetLimit, PlannedBudgetLimits or AutoAdjustData must be given.")
    limit = budget.get("BudgetLimit")
    if limit:
        if not re.fullmatch(r"([0-9]*\.)?[0-9]+", limit["Amount"]) or float(limit["Amount"]) <= 0:
            _invalid("The amount of a budget must be a positive number.")
        limit["Amount"] = str(float(limit["Amount"]))
    if budget["BudgetType"] == "COST":
        budget["CostTypes"] = {**_COST_TYPES, **(budget.get("CostTypes") or {})}
    start = utcnow().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    budget["TimePeriod"] = {"Start": start, "End": _FOREVER, **(budget.get("TimePeriod") or {})}
    nothing = {"Amount": "0.0", "Unit": (limit or {}).get("Unit", "USD")}
    budget.setdefault("CalculatedSpend", {"ActualSpend": nothing, "ForecastedSpend": nothing})
    budget["LastUpdatedTime"] = utcnow()
    return budget


def _notification(asked: Answer) -> Answer:
    """A notification as it is kept."""
    if not 0 < asked["Threshold"] <= 1_000_000_000:
        _invalid("The threshold of a notification must be above 0 and at most 1000000000.")
    return {"ThresholdType": "PERCENTAGE", "NotificationState": "OK", **asked, "Threshold": float(asked["Threshold"])}


def _same(one: Answer, other: Answer) -> bool:
    names = ("NotificationType", "ComparisonOperator", "Threshold")
    types = (one.get("ThresholdType") or "PERCENTAGE", other.get("ThresholdType") or "PERCENTAGE")
    return types[0] == types[1] and all(one[name] == other[name] for name in names)


def _check_subscribers(subscribers: list[Answer]) -> None:
    if not subscribers:
        _invalid("A notification must have at least one subscriber.")
    for one in subscribers:
        if one["SubscriptionType"] == "EMAIL" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", one["Address"]):
            _invalid(f"The e-mail address {one['Address']!r} is invalid.")
        if one["SubscriptionType"] == "SNS" and not re.match(r"arn:[\w-]+:sns:", one["Address"]):
            _invalid(f"The topic {one['Address']!r} is invalid.")
    kinds = [one["SubscriptionType"] for one in subscribers]
    if kinds.count("SNS") > 1 or kinds.count("EMAIL") > _EMAILS_LIMIT:
        refuse("CreationLimitExceededException", "A notification has at most one topic and 10 e-mail addresses.")
    if len({one["Address"] for one in subscribers}) != len(subscribers):
        refuse("DuplicateRecordException", "The subscribers of a notification must differ.")


def _add_notification(budget: Record, notification: Answer, subscribers: list[Answer]) -> None:
    kept = _notification(notification)
    _check_subscribers(subscribers)
    if any(_same(one["Notification"], kept) for one in budget["notifications"]):
        refuse("DuplicateRecordException", "Unable to create notification - the notification already exists.")
    if len(budget["notifications"]) >= _NOTIFICATIONS_LIMIT:
        refuse("CreationLimitExceededException", "A budget has at most 10 notifications.")
    budget["notifications"].append({"Notification": kept, "Subscribers": [dict(one) for one in subscribers]})


def _find_notification(response: BudgetsResponse, p: Parameters, member: str = "Notification") -> Answer:
    for one in _find(response, p)["notifications"]:
        if _same(one["Notification"], p[member]):
            found: Answer = one
            return found
    refuse("NotFoundException", "Unable to get notification - the notification doesn't exist.")


def _budgets() -> None:
    @operation(BudgetsResponse, "CreateBudget")
    def create(response: BudgetsResponse, p: Parameters) -> None:
        here, name = _store(response), p["Budget"]["BudgetName"]
        budget = Record(budget=_kept(p["Budget"]), notifications=[])
        if name in here.budgets:
            refuse("DuplicateRecordException", f"Error creating budget: {name} - the budget already exists.")
        for one in p.get("NotificationsWithSubscribers") or []:
            _add_notification(budget, one["Notification"], one["Subscribers"])
        here.budgets[name] = budget
        here.tags[_arn(response, name)] = as_tags(p.get("ResourceTags"))

    @operation(BudgetsResponse, "UpdateBudget")
    def update(response: BudgetsResponse, p: Parameters) -> None:
        _find(response, p, p["NewBudget"]["BudgetName"])["budget"] = _kept(p["NewBudget"])

    @operation(BudgetsResponse, "DescribeBudget")
    def describe(response: BudgetsResponse, p: Parameters) -> Answer:
        return {"Budget": _find(response, p)["budget"]}

    @operation(BudgetsResponse, "DescribeBudgets")
    def describe_all(response: BudgetsResponse, p: Parameters) -> Answer:
        return _page([one["budget"] for one in _store(response).budgets.values()], p, "Budgets")

    @operation(BudgetsResponse, "DeleteBudget")
    def delete(response: BudgetsResponse, p: Parameters) -> None:
        _find(response, p)
        del _store(response).budgets[p["BudgetName"]]
        _store(response).tags.pop(_arn(response, p["BudgetName"]), None)


def _notifications() -> None:
    @operation(BudgetsResponse, "CreateNotification")
    def create(response: BudgetsResponse, p: Parameters) -> None:
        _add_notification(_find(response, p), p["Notification"], p["Subscribers"])

    @operation(BudgetsResponse, "UpdateNotification")
    def update(response: BudgetsResponse, p: Parameters) -> None:
        new = _notification(p["NewNotification"])
        if any(_same(one["Notification"], new) for one in _find(response, p)["notifications"]):
            refuse("DuplicateRecordException", "Unable to update notification - the notification already exists.")
        _find_notification(response, p, "OldNotification")["Notification"] = new

    @operation(BudgetsResponse, "DeleteNotification")
    def delete(response: BudgetsResponse, p: Parameters) -> None:
        gone = _find_notification(response, p)
        budget = _find(response, p)
        budget["notifications"] = [one for one in budget["notifications"] if one is not gone]

    @operation(BudgetsResponse, "DescribeNotificationsForBudget")
    def describe(response: BudgetsResponse, p: Parameters) -> Answer:
        return _page([one["Notification"] for one in _find(response, p)["notifications"]], p, "Notifications")

    @operation(BudgetsResponse, "DescribeSubscribersForNotification")
    def subscribers(response: BudgetsResponse, p: Parameters) -> Answer:
        return _page(_find_notification(response, p)["Subscribers"], p, "Subscribers")

    @operation(BudgetsResponse, "CreateSubscriber")
    def subscribe(response: BudgetsResponse, p: Parameters) -> None:
        found = _find_notification(response, p)
        more = [*found["Subscribers"], dict(p["Subscriber"])]
        _check_subscribers(more)
        found["Subscribers"] = more

    @operation(BudgetsResponse, "DeleteSubscriber")
    def unsubscribe(response: BudgetsResponse, p: Parameters) -> None:
        found = _find_notification(response, p)
        rest = [one for one in found["Subscribers"] if one != p["Subscriber"]]
        if len(rest) == len(found["Subscribers"]):
            refuse("NotFoundException", "Unable to delete subscriber - the subscriber doesn't exist.")
        if not rest:
            _invalid("A notification must have at least one subscriber.")
        found["Subscribers"] = rest


def _tags() -> None:
    def of(response: BudgetsResponse, p: Parameters) -> list[dict[str, str]]:
        arn = p["ResourceARN"]
        if arn not in _store(response).tags:
            refuse("NotFoundException", f"The resource {arn} doesn't exist.")
        return _store(response).tags[arn]

    @operation(BudgetsResponse, "ListTagsForResource")
    def show(response: BudgetsResponse, p: Parameters) -> Answer:
        return {"ResourceTags": of(response, p)}

    @operation(BudgetsResponse, "TagResource")
    def tag(response: BudgetsResponse, p: Parameters) -> None:
        _store(response).tags[p["ResourceARN"]] = with_tags(of(response, p), as_tags(p["ResourceTags"]))

    @operation(BudgetsResponse, "UntagResource")
    def untag(response: BudgetsResponse, p: Parameters) -> None:
        _store(response).tags[p["ResourceARN"]] = without_tags(of(response, p), p["ResourceTagKeys"])

    @collector("budgets")
    def tagged(account: str, region: str) -> Iterator[Tagged]:
        backend: Any = existing(budgets_backends, account, "aws") if region == "us-east-1" else None
        store = notes(backend, "store", Store) if backend else Store()
        for arn, tags in list(store.tags.items()):
            yield arn, pairs(tags)


def install(world: World) -> None:
    _budgets()
    _notifications()
    _tags()
