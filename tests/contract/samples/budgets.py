"""Budgets."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

TOPIC = Resource("AWS::SNS::Topic", "money", {"TopicName": "contract-money"})


def _budget(amount: Any, **more: Any) -> dict[str, Any]:
    limit = {"Amount": amount, "Unit": "USD"}
    return {"BudgetName": "contract", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit, **more}


def _told(threshold: float, *addresses: Any, kind: str = "ACTUAL") -> dict[str, Any]:
    subscribers = [
        {"SubscriptionType": "EMAIL" if isinstance(address, str) else "SNS", "Address": address}
        for address in addresses
    ]
    notification = {"NotificationType": kind, "ComparisonOperator": "GREATER_THAN", "Threshold": threshold}
    return {"Notification": notification, "Subscribers": subscribers}


BUDGET = Resource(
    "AWS::Budgets::Budget",
    "monthly",
    {
        "Budget": _budget(1000),
        "NotificationsWithSubscribers": [
            _told(80, "ops@example.com", "boss@example.com"),
            _told(100, TOPIC.ref("TopicArn")),
        ],
    },
)

SAMPLES = [
    Sample(
        kind="AWS::Budgets::Budget",
        resources=[TOPIC, BUDGET],
        changes={
            "Budget": _budget(1200.5, CostTypes={"IncludeTax": False}),
            "NotificationsWithSubscribers": [
                _told(80, "ops@example.com", "accounts@example.com"),
                _told(90, "ops@example.com", kind="FORECASTED"),
            ],
        },
    )
]
