# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `budgets` section: what may be spent, and who is told when it is. A budget is the account's, not a region's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier

BUDGET = "AWS::Budgets::Budget"

PERIODS = {"daily": "DAILY", "monthly": "MONTHLY", "quarterly": "QUARTERLY", "annually": "ANNUALLY"}

#: Whom to tell what, unless somebody says otherwise.
DEFAULT_ALERTS: list[dict[str, Any]] = [{"percent": 80}, {"percent": 100}, {"percent": 100, "kind": "forecast"}]

SPEC: dict[str, Any] = {
    "name": {"type": "str", "format": formats.BUDGET},
    "amount": {"type": "float", "required": True, "format": formats.at_least(0)},
    "currency": {"type": "str", "default": "USD", "format": formats.CURRENCY},
    "period": {"type": "str", "choices": list(PERIODS), "default": "monthly"},
    "notify": {"type": "list", "elements": "str", "default": []},
    "alerts": {
        "type": "list",
        "elements": "dict",
        "options": {
            "percent": {"type": "float", "format": formats.between(0, 1000000)},
            "amount": {"type": "float", "format": formats.at_least(0)},
            "kind": {"type": "str", "choices": ["actual", "forecast"], "default": "actual"},
            "notify": {"type": "list", "elements": "str"},
        },
        "required_one_of": [("percent", "amount")],
        "mutually_exclusive": [("percent", "amount")],
    },
    "only": {"type": "dict", "default": {}},
    "credits": {"type": "bool", "default": False},
    "tags": TAGS,
}


def budget_name(name: str, options: Options, context: Context) -> str:
    """The budget's name in the account."""
    return options["name"] or context.name(name)


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(BUDGET, name)
    return Export(
        address=address,
        values={"arn": Ref(address, "Arn"), "name": budget_name(name, options, context)},
        default="name",
    )


def listeners(
    names: Iterable[str], option: str, context: Context, words: tuple[str, str] = ("SubscriptionType", "Address")
) -> list[dict[str, Any]]:
    """E-mail addresses and topics as those who are told.

    Args:
        words: the names of the members that say which sort and which address.
    """
    kind, address = words
    return [
        {kind: "EMAIL", address: context.fill(name, option)}
        if "@" in name
        else {kind: "SNS", address: context.arn_of(name, "topic", option)}
        for name in names
    ]


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    return [
        context.resource(
            BUDGET,
            name,
            {
                "Budget": {
                    "BudgetName": budget_name(name, options, context),
                    "BudgetType": "COST",
                    "TimeUnit": PERIODS[options["period"]],
                    "BudgetLimit": {"Amount": options["amount"], "Unit": options["currency"]},
                    "CostTypes": {"IncludeCredit": options["credits"], "IncludeRefund": options["credits"]},
                    "CostFilters": {key: _values(value) for key, value in options["only"].items()} or None,
                },
                "NotificationsWithSubscribers": _notifications(options, context),
            },
            tags=options["tags"],
        )
    ]


def _values(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, (list, tuple)) else [value])]


def _notifications(options: Options, context: Context) -> list[dict[str, Any]]:
    alerts = options["alerts"]
    if alerts is None:
        nothing = {"percent": None, "amount": None, "kind": "actual", "notify": None}
        alerts = [{**nothing, **alert} for alert in DEFAULT_ALERTS] if options["notify"] else []
    made = []
    for index, alert in enumerate(alerts):
        option = f"alerts[{index}].notify"
        names = options["notify"] if alert["notify"] is None else alert["notify"]
        if not names:
            context.problem(option, "is empty, and so is `notify`; name an e-mail address or a topic")
        in_percent = alert["percent"] is not None
        made.append(
            {
                "Notification": {
                    "NotificationType": "FORECASTED" if alert["kind"] == "forecast" else "ACTUAL",
                    "ComparisonOperator": "GREATER_THAN",
                    "Threshold": alert["percent"] if in_percent else alert["amount"],
                    "ThresholdType": "PERCENTAGE" if in_percent else "ABSOLUTE_VALUE",
                },
                "Subscribers": listeners(names, option, context),
            }
        )
    return made


TIER = Tier(section="budgets", reference="budget", spec=SPEC, compile=compile, exports=exports)
