# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Topics and subscriptions: pending until confirmed, no silent differences.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.utils import camelcase_to_underscores
from moto.sns.models import SNSBackend, Subscription
from moto.sns.responses import SNSResponse

from twin.overlay._policies import problem
from twin.patch import Parameters, after, around, before, notes, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_TO_CONFIRM = ("email", "email-json", "http", "https")
_ATTRIBUTES = {
    "ApplicationFailureFeedbackRoleArn",
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "KmsMasterKeyId",
    "Policy",
    "SignatureVersion",
    "TracingConfig",
}
_CHOICES = {
    "FifoThroughputScope": ("Topic", "MessageGroup"),
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
}
# Those that moto gives back by itself.
_SHOWN_BY_MOTO = {"ContentBasedDeduplication", "DeliveryPolicy", "DisplayName", "FifoTopic", "KmsMasterKeyId", "Policy"}
_FEEDBACK = ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")


def install(world: World) -> None:
    _topics()
    _data_protection()
    _subscriptions(world)


def _topics() -> None:
    @before(SNSResponse, "CreateTopic")
    def same(response: Any, asked: Parameters) -> None:
        backend = response.backend
        attributes = asked.get("Attributes") or {}
        for name, value in attributes.items():
            _check(name, value)
        topic = next((one for one in backend.topics.values() if one.name == asked["Name"]), None)
        if topic is None:
            return
        for name, value in attributes.items():
            held = notes(topic, "attributes").get(name) or getattr(topic, camelcase_to_underscores(name), None)
            if str(held or "").lower() != str(value).lower():
                refuse(
                    "InvalidParameter",
                    "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
                )
        tags = asked.get("Tags")
        if tags and {t["Key"]: t["Value"] for t in tags} != dict(topic._tags or {}):
            refuse("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")

    @before(SNSResponse, "SetTopicAttributes")
    def known(response: Any, asked: Parameters) -> None:
        response.backend.get_topic(asked["TopicArn"])
        _check(asked["AttributeName"], asked.get("AttributeValue") or "")

    @after(SNSResponse, "CreateTopic")
    def keep(response: Any, asked: Parameters, result: Any) -> Any:
        topic = response.backend.get_topic(result["TopicArn"])
        notes(topic, "attributes").update(asked.get("Attributes") or {})
        if asked.get("DataProtectionPolicy"):
            _protect(topic, asked["DataProtectionPolicy"])
        return result

    @after(SNSResponse, "SetTopicAttributes")
    def keep_one(response: Any, asked: Parameters, result: Any) -> Any:
        topic = response.backend.get_topic(asked["TopicArn"])
        notes(topic, "attributes")[asked["AttributeName"]] = asked.get("AttributeValue") or ""
        return result

    @after(SNSResponse, "GetTopicAttributes")
    def show(response: Any, asked: Parameters, result: Any) -> Any:
        kept = notes(response.backend.get_topic(asked["TopicArn"]), "attributes")
        more = {name: value for name, value in kept.items() if value and name not in _SHOWN_BY_MOTO}
        return {**result, "Attributes": {**result["Attributes"], **more}}


def _data_protection() -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_PutDataProtectionPolicy.html"""

    @operation(SNSResponse, "PutDataProtectionPolicy")
    def put(response: Any, asked: Parameters) -> None:
        _protect(response.backend.get_topic(asked["ResourceArn"]), asked["DataProtectionPolicy"])

    @operation(SNSResponse, "GetDataProtectionPolicy")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        kept = notes(response.backend.get_topic(asked["ResourceArn"]), "data_protection")
        return {"DataProtectionPolicy": kept["document"]} if kept else {}


def _protect(topic: Any, document: str) -> None:
    """Keep a policy; an empty one takes it away."""
    if str(topic.fifo_topic).lower() == "true":
        refuse("InvalidParameter", "Invalid parameter: DataProtectionPolicy is not supported by FIFO topics")
    kept = notes(topic, "data_protection")
    if not document:
        kept.clear()
        return
    try:
        statements = json.loads(document)["Statement"]
        complete = all(one["DataIdentifier"] and one["Operation"] and one["DataDirection"] for one in statements)
    except (ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        refuse("InvalidParameter", "Invalid parameter: DataProtectionPolicy Reason: the policy is not well formed")
    kept["document"] = document


def _check(name: str, value: str) -> None:
    if name not in _ATTRIBUTES and name != "FifoTopic" and not name.endswith(_FEEDBACK):
        refuse("InvalidParameter", "Invalid parameter: AttributeName")
    if name in _CHOICES and value not in _CHOICES[name]:
        refuse("InvalidParameter", f"Invalid parameter: {name} Reason: must be one of {', '.join(_CHOICES[name])}")
    if name == "Policy":
        wrong = problem(value)
        if wrong:
            refuse("InvalidParameter", f"Invalid parameter: Policy Error: {wrong}")
    if name == "DeliveryPolicy":
        try:
            json.loads(value)
        except ValueError:
            refuse("InvalidParameter", "Invalid parameter: DeliveryPolicy: JSON is not well formed")


def _subscriptions(world: World) -> None:
    @before(SNSResponse, "Subscribe")
    def endpoint(response: Any, asked: Parameters) -> None:
        protocol, address = asked["Protocol"], asked.get("Endpoint") or ""
        if protocol.startswith("email"):
            name, at, domain = address.partition("@")
            if not (name and at and "." in domain):
                refuse("InvalidParameter", "Invalid parameter: Email address")
        elif protocol in ("http", "https") and not address.startswith(f"{protocol}://"):
            refuse("InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol")
        elif protocol in ("lambda", "sqs", "firehose") and not address.startswith("arn:"):
            refuse("InvalidParameter", f"Invalid parameter: {protocol} endpoint ARN")

    @around(SNSBackend, "subscribe")
    def subscribe(original: Any, self: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
        """An e-mail waits for its reader. A web endpoint confirms itself a moment later."""
        subscription = original(self, topic_arn, endpoint, protocol)
        if "_pending" not in subscription.__dict__:
            subscription.__dict__["_pending"] = protocol in _TO_CONFIRM
            if protocol in ("http", "https"):
                world.schedule(world.delay("sns.confirm"), lambda: _confirm(subscription))
            subscription.attributes["PendingConfirmation"] = str(subscription.__dict__["_pending"]).lower()
            subscription.attributes["ConfirmationWasAuthenticated"] = str(protocol not in _TO_CONFIRM).lower()
        return subscription

    @after(SNSResponse, "Subscribe")
    def answer(response: Any, asked: Parameters, result: Any) -> Any:
        subscription = response.backend.subscriptions.get(result["SubscriptionArn"])
        if subscription is not None and _pending(subscription) and not asked.get("ReturnSubscriptionArn"):
            return {"SubscriptionArn": "pending confirmation"}
        return result

    @after(SNSResponse, "ListSubscriptions", "ListSubscriptionsByTopic")
    def listed(response: Any, asked: Parameters, result: Any) -> Any:
        def shown(one: Subscription) -> dict[str, Any]:
            return {
                "SubscriptionArn": "PendingConfirmation" if _pending(one) else one.arn,
                "Owner": one.owner,
                "Protocol": one.protocol,
                "Endpoint": one.endpoint,
                "TopicArn": one.topic_arn,
            }

        return {**result, "Subscriptions": [shown(one) for one in result["Subscriptions"]]}

    @after(SNSResponse, "GetTopicAttributes")
    def counts(response: Any, asked: Parameters, result: Any) -> Any:
        mine = [one for one in response.backend.subscriptions.values() if one.topic_arn == asked["TopicArn"]]
        waiting = sum(_pending(one) for one in mine)
        attributes = {
            **result["Attributes"],
            "SubscriptionsPending": str(waiting),
            "SubscriptionsConfirmed": str(len(mine) - waiting),
        }
        return {**result, "Attributes": attributes}

    @before(SNSResponse, "Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes")
    def an_arn(response: Any, asked: Parameters) -> None:
        arn = asked["SubscriptionArn"]
        if len(arn.split(":")) < 6:
            refuse(
                "InvalidParameter",
                "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not"
                f" {len(arn.split(':'))}",
            )


def _pending(subscription: Any) -> bool:
    return bool(subscription.__dict__.get("_pending")) and not subscription.confirmed


def _confirm(subscription: Any) -> None:
    subscription.__dict__["_pending"] = False
    subscription.attributes["PendingConfirmation"] = "false"
