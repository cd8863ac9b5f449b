# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import eventually, refused


@pytest.fixture
def sns(client: Any) -> Any:
    return client("sns")


@pytest.fixture
def topic(sns: Any) -> str:
    made = sns.create_topic(Name="alarms", Attributes={"DisplayName": "alarms"}, Tags=[{"Key": "a", "Value": "b"}])
    return str(made["TopicArn"])


def test_a_topic_with_other_settings_is_another_topic(sns: Any, topic: str) -> None:
    assert sns.create_topic(Name="alarms")["TopicArn"] == topic
    with refused("InvalidParameter", 400, "different attributes"):
        sns.create_topic(Name="alarms", Attributes={"DisplayName": "other"})
    with refused("InvalidParameter", 400, "different tags"):
        sns.create_topic(Name="alarms", Tags=[{"Key": "a", "Value": "c"}])
    with refused("InvalidParameter", 400, "AttributeName"):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Nonsense", AttributeValue="x")
    with refused("InvalidParameter", 400, "Policy"):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue="nonsense")


def test_attributes_come_back(sns: Any) -> None:
    role = "arn:aws:iam::123456789012:role/log"
    wanted = {"TracingConfig": "Active", "SignatureVersion": "2", "SQSFailureFeedbackRoleArn": role}
    topic = sns.create_topic(Name="traced", Attributes=wanted)["TopicArn"]

    def shown() -> dict[str, str]:
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        return {name: value for name, value in attributes.items() if name in wanted}

    assert shown() == wanted
    assert sns.create_topic(Name="traced", Attributes=wanted)["TopicArn"] == topic
    with refused("InvalidParameter", 400, "different attributes"):
        sns.create_topic(Name="traced", Attributes={"TracingConfig": "PassThrough"})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="1")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SQSFailureFeedbackRoleArn", AttributeValue="")
    assert shown() == {"TracingConfig": "Active", "SignatureVersion": "1"}
    for name, value in (("TracingConfig", "active"), ("SignatureVersion", "3")):
        with refused("InvalidParameter", 400, name):
            sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)


def test_data_protection(sns: Any, topic: str) -> None:
    identifiers = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
    statement = {"DataDirection": "Inbound", "Principal": ["*"], "DataIdentifier": identifiers}
    protecting = {**statement, "Operation": {"Deidentify": {"MaskConfig": {}}}}
    wanted = {"Name": "p", "Version": "2021-06-01", "Statement": [protecting]}

    def shown(arn: str) -> str | None:
        return sns.get_data_protection_policy(ResourceArn=arn).get("DataProtectionPolicy")

    assert shown(topic) is None
    with refused("InvalidParameter"):
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy="{}")
    with refused("InvalidParameter"):
        document_without = json.dumps({"Statement": [statement]})
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=document_without)
    with refused("NotFound", 404):
        sns.get_data_protection_policy(ResourceArn=f"{topic}-x")
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=json.dumps(wanted))
    assert json.loads(shown(topic) or "") == wanted
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy="")
    assert shown(topic) is None
    born = sns.create_topic(Name="born", DataProtectionPolicy=json.dumps(wanted))["TopicArn"]
    assert json.loads(shown(born) or "") == wanted
    fifo = sns.create_topic(Name="o.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    with refused("InvalidParameter"):
        sns.put_data_protection_policy(ResourceArn=fifo, DataProtectionPolicy=json.dumps(wanted))


def test_subscriptions_wait_for_confirmation(sns: Any, topic: str) -> None:
    mail = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    assert mail["SubscriptionArn"] == "pending confirmation"
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://example.com/hook")

    def arns() -> dict[str, str]:
        found = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        return {one["Protocol"]: one["SubscriptionArn"] for one in found}

    assert arns() == {"email": "PendingConfirmation", "https": "PendingConfirmation"}
    eventually(lambda: arns()["https"].startswith("arn:"), True)
    assert arns()["email"] == "PendingConfirmation"
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]) == ("1", "1")
    named = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="two@example.com", ReturnSubscriptionArn=True)[
        "SubscriptionArn"
    ]
    shown = sns.get_subscription_attributes(SubscriptionArn=named)["Attributes"]
    assert shown["PendingConfirmation"] == "true"
    with refused("InvalidParameter", 400, "at least 6 elements"):
        sns.unsubscribe(SubscriptionArn="PendingConfirmation")


def test_endpoints(sns: Any, topic: str) -> None:
    for protocol, endpoint in (
        ("email", "nobody"),
        ("https", "http://example.com"),
        ("sqs", "queue"),
    ):
        with refused("InvalidParameter"):
            sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
