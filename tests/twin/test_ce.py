# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import refused

SERVICES = {"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}


@pytest.fixture
def ce(client: Any) -> Any:
    return client("ce")


@pytest.fixture
def monitor(ce: Any) -> str:
    arn: str = ce.create_anomaly_monitor(AnomalyMonitor=SERVICES, ResourceTags=[{"Key": "a", "Value": "b"}])[
        "MonitorArn"
    ]
    return arn


def test_an_account_has_one_monitor_of_every_service(ce: Any, monitor: str) -> None:
    with refused("LimitExceededException"):
        ce.create_anomaly_monitor(AnomalyMonitor={**SERVICES, "MonitorName": "again"})
    ce.update_anomaly_monitor(MonitorArn=monitor, MonitorName="renamed")
    assert [one["MonitorName"] for one in ce.get_anomaly_monitors()["AnomalyMonitors"]] == ["renamed"]
    assert ce.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"] == [{"Key": "a", "Value": "b"}]
    ce.delete_anomaly_monitor(MonitorArn=monitor)
    with refused("UnknownMonitorException"):
        ce.get_anomaly_monitors(MonitorArnList=[monitor])
    with refused("ResourceNotFoundException"):
        ce.list_tags_for_resource(ResourceArn=monitor)


def test_who_is_told_and_how_often_have_to_fit(ce: Any, monitor: str) -> None:
    def subscription(frequency: str, kind: str, **more: Any) -> dict[str, Any]:
        address = "ops@example.com" if kind == "EMAIL" else "arn:aws:sns:us-east-1:123456789012:money"
        told = [{"Type": kind, "Address": address}]
        found = {"SubscriptionName": "s", "MonitorArnList": [monitor], "Frequency": frequency, "Subscribers": told}
        return {**found, "Threshold": 10.0, **more}

    for wrong in (
        subscription("DAILY", "SNS"),
        subscription("IMMEDIATE", "EMAIL"),
        subscription("DAILY", "EMAIL", ThresholdExpression={"Dimensions": {"Key": "SERVICE", "Values": ["x"]}}),
    ):
        with refused("ValidationException"):
            ce.create_anomaly_subscription(AnomalySubscription=wrong)
    with refused("UnknownMonitorException"):
        strange = {**subscription("DAILY", "EMAIL"), "MonitorArnList": [f"{monitor}0"]}
        ce.create_anomaly_subscription(AnomalySubscription=strange)
    arn = ce.create_anomaly_subscription(AnomalySubscription=subscription("DAILY", "EMAIL"))["SubscriptionArn"]
    with refused("ValidationException"):
        ce.update_anomaly_subscription(SubscriptionArn=arn, Frequency="IMMEDIATE")
    ce.update_anomaly_subscription(SubscriptionArn=arn, Frequency="WEEKLY", Threshold=20)
    (shown,) = ce.get_anomaly_subscriptions()["AnomalySubscriptions"]
    assert (shown["Frequency"], shown["Threshold"], shown["Subscribers"][0]["Status"]) == ("WEEKLY", 20, "CONFIRMED")
    ce.delete_anomaly_subscription(SubscriptionArn=arn)
    with refused("UnknownSubscriptionException"):
        ce.get_anomaly_subscriptions(SubscriptionArnList=[arn])
