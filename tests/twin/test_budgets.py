# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import refused

ACCOUNT = "123456789012"
LIMIT = {"Amount": "1000", "Unit": "USD"}
BUDGET = {"BudgetName": "monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": LIMIT}
AT_80 = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
OPS = {"SubscriptionType": "EMAIL", "Address": "ops@example.com"}
BOSS = {"SubscriptionType": "EMAIL", "Address": "boss@example.com"}
OF_BUDGET = {"AccountId": ACCOUNT, "BudgetName": "monthly"}


@pytest.fixture
def budgets(client: Any) -> Any:
    found = client("budgets")
    found.create_budget(
        AccountId=ACCOUNT,
        Budget=BUDGET,
        NotificationsWithSubscribers=[{"Notification": AT_80, "Subscribers": [OPS]}],
        ResourceTags=[{"Key": "a", "Value": "b"}],
    )
    return found


def test_a_budget_is_kept_with_what_budgets_fills_in(budgets: Any) -> None:
    shown = budgets.describe_budget(**OF_BUDGET)["Budget"]
    assert shown["BudgetLimit"] == {"Amount": "1000.0", "Unit": "USD"}
    assert shown["CostTypes"]["IncludeTax"] and shown["TimePeriod"]["End"].year == 2087
    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetLimit": {"Amount": "5", "Unit": "USD"}})
    assert budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"][0]["BudgetLimit"]["Amount"] == "5.0"
    budgets.delete_budget(**OF_BUDGET)
    with refused("NotFoundException"):
        budgets.describe_budget(**OF_BUDGET)


def test_what_no_budget_can_be(budgets: Any) -> None:
    with refused("DuplicateRecordException"):
        budgets.create_budget(AccountId=ACCOUNT, Budget=BUDGET)
    with refused("NotFoundException"):
        budgets.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "BudgetName": "other"})
    unlimited = {name: value for name, value in BUDGET.items() if name != "BudgetLimit"}
    for wrong in (
        unlimited,
        {**BUDGET, "BudgetName": "a:b"},
        {**BUDGET, "BudgetLimit": {"Amount": "0", "Unit": "USD"}},
    ):
        with refused("InvalidParameterException"):
            budgets.create_budget(AccountId=ACCOUNT, Budget=wrong)


def test_notifications_and_subscribers(budgets: Any) -> None:
    def told(notification: Any = AT_80) -> list[str]:
        answer = budgets.describe_subscribers_for_notification(**OF_BUDGET, Notification=notification)
        return [one["Address"] for one in answer["Subscribers"]]

    budgets.create_subscriber(**OF_BUDGET, Notification=AT_80, Subscriber=BOSS)
    assert told() == [OPS["Address"], BOSS["Address"]]
    budgets.delete_subscriber(**OF_BUDGET, Notification=AT_80, Subscriber=OPS)
    with refused("InvalidParameterException", message="at least one"):
        budgets.delete_subscriber(**OF_BUDGET, Notification=AT_80, Subscriber=BOSS)
    with refused("DuplicateRecordException"):
        budgets.create_notification(**OF_BUDGET, Notification=AT_80, Subscribers=[OPS])
    forecast = {**AT_80, "NotificationType": "FORECASTED", "Threshold": 90.0}
    budgets.create_notification(**OF_BUDGET, Notification=forecast, Subscribers=[OPS])
    budgets.update_notification(**OF_BUDGET, OldNotification=forecast, NewNotification={**forecast, "Threshold": 120.0})
    assert told({**forecast, "Threshold": 120.0}) == [OPS["Address"]]
    budgets.delete_notification(**OF_BUDGET, Notification=AT_80)
    shown = budgets.describe_notifications_for_budget(**OF_BUDGET)["Notifications"]
    assert [(one["NotificationType"], one["Threshold"]) for one in shown] == [("FORECASTED", 120.0)]
    with refused("CreationLimitExceededException"):
        topics = [{"SubscriptionType": "SNS", "Address": f"arn:aws:sns:us-east-1:1:{name}"} for name in "ab"]
        budgets.create_notification(**OF_BUDGET, Notification=AT_80, Subscribers=topics)


def test_tags(budgets: Any, client: Any) -> None:
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/monthly"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "c", "Value": "d"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["a"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "c", "Value": "d"}]
    for region, count in (("us-east-1", 1), ("eu-west-1", 0)):
        index = client("resourcegroupstaggingapi", region).get_resources(TagFilters=[{"Key": "c"}])
        assert len(index["ResourceTagMappingList"]) == count
