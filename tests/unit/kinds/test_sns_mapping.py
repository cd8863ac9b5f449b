"""How topics, their policies and subscriptions are read, compared and written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs, show
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.sns.policy import (
    SNS_TOPIC_POLICY,
    default_policy,
    own_policy,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.sns.subscription import SNS_SUBSCRIPTION
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.sns.topic import SNS_TOPIC, logging_attributes
from tests.unit.kinds.canned import CannedApi, missing, scope, work

ARN = "arn:aws:sns:us-east-1:123456789012:alerts"
TOPIC = {
    "TopicArn": ARN,
    "DisplayName": "Alerts",
    "ContentBasedDeduplication": "false",
    "SQSSuccessFeedbackRoleArn": "arn:ok",
    "SQSSuccessFeedbackSampleRate": "100",
    "HTTPFailureFeedbackRoleArn": "arn:bad",
}


def test_attributes_become_properties() -> None:
    topic = SNS_TOPIC.parse(TOPIC)
    assert (topic.id, topic.properties["TopicName"]) == (ARN, "alerts")
    assert topic.properties["DeliveryStatusLogging"] == [
        {"Protocol": "http/s", "FailureFeedbackRoleArn": "arn:bad"},
        {"Protocol": "sqs", "SuccessFeedbackRoleArn": "arn:ok", "SuccessFeedbackSampleRate": "100"},
    ]


@pytest.mark.parametrize(
    ("name", "stated", "changed"),
    [
        ("ContentBasedDeduplication", False, False),
        ("ContentBasedDeduplication", True, True),
        ("FifoTopic", False, False),
        ("DeliveryStatusLogging", [{"Protocol": "https", "FailureFeedbackRoleArn": "arn:bad"}], True),
        (
            "DeliveryStatusLogging",
            [
                {"Protocol": "sqs", "SuccessFeedbackRoleArn": "arn:ok", "SuccessFeedbackSampleRate": 100},
                {"Protocol": "https", "FailureFeedbackRoleArn": "arn:bad"},
            ],
            False,
        ),
    ],
)
def test_topics_are_compared_by_meaning(name: str, stated: Any, changed: bool) -> None:
    assert differs(SNS_TOPIC.properties[name], stated, SNS_TOPIC.parse(TOPIC).properties[name]) is changed


def test_logging_that_is_not_stated_is_switched_off() -> None:
    attributes = logging_attributes([{"Protocol": "lambda", "SuccessFeedbackRoleArn": "arn:l"}])
    assert {name: value for name, value in attributes.items() if value} == {"LambdaSuccessFeedbackRoleArn": "arn:l"}
    assert attributes["SQSFailureFeedbackRoleArn"] == ""


def test_a_standard_topic_is_not_said_to_be_no_fifo_topic() -> None:
    api = CannedApi({"sns.create_topic": {"TopicArn": ARN}})
    SNS_TOPIC.create(work(api, SNS_TOPIC, {"TopicName": "alerts", "FifoTopic": False, "DisplayName": "A"}))  # type: ignore[misc, operator]
    assert api.params("sns.create_topic")["Attributes"] == {"DisplayName": "A"}


def test_a_topic_that_does_not_exist_is_left_out() -> None:
    api = CannedApi({"sns.get_topic_attributes": missing("NotFound")})
    assert list(SNS_TOPIC.list(scope(api, {"TopicName": "alerts"}))) == []
    assert api.params("sns.get_topic_attributes") == {"TopicArn": ARN}


def test_the_policy_that_every_topic_begins_with_is_none() -> None:
    assert own_policy({"Policy": json.dumps(default_policy(ARN, "123456789012"))}) is None
    assert own_policy({"Policy": '{"Id": "mine", "Statement": []}'}) == {"Id": "mine", "Statement": []}


def test_a_policy_is_taken_away_by_giving_back_the_default_one() -> None:
    item = {"TopicArn": ARN, "Policy": '{"Id": "mine", "Statement": []}'}
    params = SNS_TOPIC_POLICY.delete.params(work(CannedApi(), SNS_TOPIC_POLICY, {}, item))  # type: ignore[union-attr]
    assert own_policy({"Policy": params["AttributeValue"]}) is None
    assert (params["TopicArn"], params["AttributeName"]) == (ARN, "Policy")


def test_policies_cost_no_request_where_the_topic_was_read() -> None:
    api = CannedApi()
    topic = SNS_TOPIC.parse({**TOPIC, "Policy": '{"Id": "mine", "Statement": []}'})
    (item,) = SNS_TOPIC_POLICY.list(scope(api, parents={"AWS::SNS::Topic": [topic]}))
    assert SNS_TOPIC_POLICY.parse(item).properties["Topics"] == [ARN]
    assert api.asked == []


SUBSCRIPTION = {
    "TopicArn": ARN,
    "Protocol": "https",
    "Endpoint": "https://events.example.com/integration/k3y/enqueue",
    "SubscriptionArn": f"{ARN}:1",
}


def test_a_subscription_is_known_by_the_same_id_before_and_after_its_confirmation() -> None:
    confirmed = SNS_SUBSCRIPTION.parse(SUBSCRIPTION)
    pending = SNS_SUBSCRIPTION.parse({**SUBSCRIPTION, "SubscriptionArn": "PendingConfirmation"})
    other = SNS_SUBSCRIPTION.parse({**SUBSCRIPTION, "Endpoint": "https://example.com"})
    assert confirmed.id == pending.id != other.id
    assert "k3y" not in confirmed.id


def subscriptions(entry: dict[str, str], *wanted: dict[str, Any]) -> tuple[Any, CannedApi]:
    attributes = {"Attributes": {"FilterPolicy": '{"a": ["b"]}', "RawMessageDelivery": "true"}}
    api = CannedApi(
        {
            "sns.list_subscriptions_by_topic": {"Subscriptions": [entry]},
            "sns.get_subscription_attributes": attributes,
        }
    )
    asked = scope(api, *wanted, parents={"AWS::SNS::Topic": [SNS_TOPIC.parse(TOPIC)]})
    return [SNS_SUBSCRIPTION.parse(item) for item in SNS_SUBSCRIPTION.list(asked)], api


def test_attributes_are_read_only_where_some_are_stated() -> None:
    _found, api = subscriptions(SUBSCRIPTION, {k: SUBSCRIPTION[k] for k in ("TopicArn", "Protocol", "Endpoint")})
    assert api.names() == ["sns.list_subscriptions_by_topic"]
    (found,), api = subscriptions(SUBSCRIPTION, {**SUBSCRIPTION, "FilterPolicy": {"a": ["b"]}})
    assert not differs(SNS_SUBSCRIPTION.properties["FilterPolicy"], {"a": ["b"]}, found.properties["FilterPolicy"])
    assert not differs(SNS_SUBSCRIPTION.properties["RawMessageDelivery"], True, found.properties["RawMessageDelivery"])


def test_an_unconfirmed_subscription_is_as_it_was_made() -> None:
    entry = {**SUBSCRIPTION, "SubscriptionArn": "PendingConfirmation"}
    (found,), api = subscriptions(entry, {**SUBSCRIPTION, "FilterPolicy": {"a": ["b"]}, "RawMessageDelivery": True})
    assert not differs(SNS_SUBSCRIPTION.properties["FilterPolicy"], {"a": ["b"]}, found.properties["FilterPolicy"])
    assert not differs(SNS_SUBSCRIPTION.properties["RawMessageDelivery"], True, found.properties["RawMessageDelivery"])
    assert api.names() == ["sns.list_subscriptions_by_topic"]


def test_one_that_was_ended_is_not_listed() -> None:
    found, _api = subscriptions({**SUBSCRIPTION, "SubscriptionArn": "Deleted"})
    assert found == []


@pytest.mark.parametrize(("arn", "requests"), [(f"{ARN}:1", ["sns.unsubscribe"]), ("PendingConfirmation", [])])
def test_only_a_confirmed_subscription_can_be_ended(arn: str, requests: list[str]) -> None:
    api = CannedApi()
    SNS_SUBSCRIPTION.delete(work(api, SNS_SUBSCRIPTION, {}, {**SUBSCRIPTION, "SubscriptionArn": arn}))  # type: ignore[misc, operator]
    assert api.names() == requests


def test_of_the_url_of_an_alerting_service_only_the_host_is_shown() -> None:
    endpoint = SNS_SUBSCRIPTION.properties["Endpoint"]
    assert show(endpoint, "https://events.pagerduty.com/integration/hunter2/enqueue?k=v") == (
        "https://events.pagerduty.com/(sensitive)"
    )
    assert show(endpoint, "ops@example.com") == "ops@example.com"
    assert show(endpoint, Sensitive("ops@example.com")) == "(sensitive)"
