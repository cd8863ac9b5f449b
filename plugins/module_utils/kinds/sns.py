# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Simple Notification Service: topics, their policies, subscriptions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Reader, Scope, Update, Work
from ..engine.values import reveal
from .requests import indexed, is_empty, make_arn, unless
from .shared import (
    IMMUTABLE,
    MUTABLE,
    WRITE_ONLY,
    arn_tagging,
    json_document,
    json_text,
    policy_document,
    tag_list,
    with_tags,
)

TOPIC = "AWS::SNS::Topic"

_TAG, _UNTAG = arn_tagging("sns", "ResourceArn")

#: Properties of a topic that are attributes of the same name, and of these the ones that can be changed.
TOPIC_ATTRIBUTES = (
    "DisplayName",
    "KmsMasterKeyId",
    "FifoTopic",
    "ContentBasedDeduplication",
    "FifoThroughputScope",
    "SignatureVersion",
    "TracingConfig",
    "ArchivePolicy",
)
CHANGEABLE = tuple(name for name in TOPIC_ATTRIBUTES if name != "FifoTopic")

#: How the attributes of delivery logging begin, by protocol.
#: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
LOGGING_PREFIX = {
    "http/s": "HTTP",
    "http": "HTTP",
    "https": "HTTP",
    "sqs": "SQS",
    "lambda": "Lambda",
    "firehose": "Firehose",
    "application": "Application",
}
LOGGING_MEMBERS = ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")

SUBSCRIPTION_ATTRIBUTES = (
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "DeliveryPolicy",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)

#: The marker by which SNS names the policy that every topic begins with.
DEFAULT_POLICY = "__default_policy_ID"

PENDING = "PendingConfirmation"


def attribute_text(value: Any) -> str:
    """A property as an attribute holds it: everything is text there."""
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json_text(value) if isinstance(value, (Mapping, list)) else str(value)


def topic_name(item: Item) -> str:
    """The last part of a topic's ARN."""
    return str(item["TopicArn"]).rpartition(":")[2]


def delivery_logging(item: Item) -> list[dict[str, str]]:
    """The delivery logging of a topic by protocol."""
    found = []
    for protocol in ("http/s", "sqs", "lambda", "firehose", "application"):
        prefix = LOGGING_PREFIX[protocol]
        members = {name: item[prefix + name] for name in LOGGING_MEMBERS if item.get(prefix + name)}
        if members:
            found.append({"Protocol": protocol, **members})
    return found


def logging_attributes(value: Any) -> dict[str, str]:
    """Delivery logging as attributes; what is not stated is empty."""
    found = {prefix + name: "" for prefix in set(LOGGING_PREFIX.values()) for name in LOGGING_MEMBERS}
    for entry in value or []:
        for name in LOGGING_MEMBERS:
            found[LOGGING_PREFIX[entry["Protocol"]] + name] = attribute_text(entry.get(name))
    return found


def logging_by_protocol(value: Any) -> Any:
    """Delivery logging with one word for HTTP of either sort."""
    if not isinstance(value, (list, tuple)):
        return value
    return [
        {**entry, "Protocol": "http/s" if entry["Protocol"].startswith("http") else entry["Protocol"]}
        for entry in value
    ]


# Topics


def list_topics(scope: Scope) -> list[Item]:
    """Topics that are described or carry the stack's tag, with their attributes."""
    if scope.ids:
        arns = list(scope.ids)
    elif scope.everything:
        arns = scope.pages("sns", "list_topics", "Topics[].TopicArn")
    else:
        names = {*scope.names("TopicName"), *indexed(scope, "sns")}
        arns = [make_arn(scope.api, "sns", scope.region, name) for name in sorted(names)]
    topics = [topic for arn in arns if (topic := _read_topic(scope, arn)) is not None]
    tagged = with_tags(
        scope,
        topics,
        "TopicArn",
        "sns",
        "list_tags_for_resource",
        "ResourceArn",
        "Tags",
        scope.names("TopicName"),
        topic_name,
    )
    stated = {name for wanted in scope.wanted for name in wanted} or set(SNS_TOPIC.properties)
    if "DataProtectionPolicy" not in stated:
        return tagged
    return [_with_data_protection(scope, topic) for topic in tagged]


def _read_topic(scope: Scope, arn: str) -> Item | None:
    answer = unless((), partial(scope.call, "sns", "get_topic_attributes", TopicArn=arn))
    return None if answer is None else {**answer["Attributes"], "TopicArn": arn}


def _with_data_protection(scope: Scope, topic: Item) -> Item:
    if topic.get("FifoTopic") == "true":
        return topic
    answer = unless((), partial(scope.call, "sns", "get_data_protection_policy", ResourceArn=topic["TopicArn"]))
    return {**topic, "DataProtectionPolicy": (answer or {}).get("DataProtectionPolicy")}


def _create_topic(work: Work) -> Item:
    attributes = {name: attribute_text(work.desired[name]) for name in TOPIC_ATTRIBUTES if not is_empty(work.get(name))}
    # A topic is a standard one unless it is said to be FIFO; saying that it is not is refused.
    if attributes.get("FifoTopic") == "false":
        del attributes["FifoTopic"]
    logging = logging_attributes(work.get("DeliveryStatusLogging"))
    attributes.update({name: value for name, value in logging.items() if value})
    params: dict[str, Any] = {"Name": work.desired["TopicName"], "Attributes": attributes, "Tags": tag_list(work.tags)}
    if work.get("DataProtectionPolicy"):
        params["DataProtectionPolicy"] = json_text(work.desired["DataProtectionPolicy"])
    answer = work.call("sns", "create_topic", **params)
    return {**attributes, "TopicArn": answer["TopicArn"], "DataProtectionPolicy": params.get("DataProtectionPolicy")}


def _set_topic(work: Work) -> None:
    for name in sorted(set(CHANGEABLE) & work.changed):
        _set_topic_attribute(work, name, attribute_text(work.desired[name]))


def _set_topic_attribute(work: Work, name: str, value: str) -> None:
    work.call("sns", "set_topic_attributes", TopicArn=work.id, AttributeName=name, AttributeValue=value)


def _set_logging(work: Work) -> None:
    assert work.current is not None
    present = logging_attributes(work.current.properties.get("DeliveryStatusLogging"))
    for name, value in sorted(logging_attributes(work.desired["DeliveryStatusLogging"]).items()):
        if value != present[name]:
            _set_topic_attribute(work, name, value)


_JSON = Property(exact=True, normalise=json_document)

SNS_TOPIC = Kind(
    type=TOPIC,
    service="sns",
    title="topic",
    id="TopicArn",
    key=("TopicName",),
    properties={
        "TopicName": Property(path=topic_name, immutable=True),
        "DisplayName": MUTABLE,
        "KmsMasterKeyId": MUTABLE,
        "FifoTopic": Property(immutable=True, default=False),
        "ContentBasedDeduplication": Property(default=False),
        "FifoThroughputScope": MUTABLE,
        "SignatureVersion": MUTABLE,
        "TracingConfig": MUTABLE,
        "ArchivePolicy": _JSON,
        "DataProtectionPolicy": _JSON,
        "DeliveryStatusLogging": Property(path=delivery_logging, unordered=True, normalise=logging_by_protocol),
    },
    attributes={
        "TopicArn": Attribute("TopicArn", "arn:{partition}:sns:{region}:{account}:{TopicName}"),
        "Arn": Attribute("TopicArn", "arn:{partition}:sns:{region}:{account}:{TopicName}"),
        "TopicName": Attribute(topic_name, "{TopicName}"),
    },
    list=list_topics,
    create=_create_topic,
    updates=(
        Update(CHANGEABLE, _set_topic),
        Update(("DeliveryStatusLogging",), _set_logging),
        Update(
            ("DataProtectionPolicy",),
            Call(
                "put_data_protection_policy",
                lambda w: {
                    "ResourceArn": w.id,
                    "DataProtectionPolicy": json_text(w.desired["DataProtectionPolicy"] or ""),
                },
            ),
        ),
    ),
    delete=Call("delete_topic", lambda w: {"TopicArn": w.id}),
    tag=_TAG,
    untag=_UNTAG,
)


# Policies


def own_policy(item: Item) -> Any:
    """The policy of a topic, unless it is the one that every topic begins with."""
    policy = json_document(item.get("Policy"))
    return None if not policy or policy.get("Id") == DEFAULT_POLICY else policy


def default_policy(topic_arn: str, account: str) -> dict[str, Any]:
    """The policy that SNS gives to a new topic: its owner's account may do everything.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    actions = (
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    )
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    return {"Version": "2008-10-17", "Id": DEFAULT_POLICY, "Statement": [statement]}


def list_topic_policies(scope: Scope) -> list[Item]:
    """The policies of observed and described topics, as far as somebody gave them one."""
    if scope.ids:
        observed: dict[str, Item] = {}
        described: set[str] = set(scope.ids)
    else:
        observed = {topic.id: topic.item for topic in scope.observed(TOPIC)}
        described = {arn for wanted in scope.wanted for arn in _listed(wanted.get("Topics")) if isinstance(arn, str)}
    topics = list(observed.values())
    topics += [topic for arn in sorted(described - observed.keys()) if (topic := _read_topic(scope, arn)) is not None]
    return [topic for topic in topics if own_policy(topic)]


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _put_policy(work: Work) -> Item:
    """Write the policy to each of the topics."""
    policy = json_text(work.desired["PolicyDocument"])
    topics = work.desired.get("Topics") or [work.id]
    for arn in topics:
        work.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return {"TopicArn": topics[0], "Policy": policy}


def _reset_policy(work: Work) -> dict[str, Any]:
    return {
        "TopicArn": work.id,
        "AttributeName": "Policy",
        "AttributeValue": json.dumps(default_policy(work.id, work.api.account)),
    }


SNS_TOPIC_POLICY = Kind(
    type="AWS::SNS::TopicPolicy",
    service="sns",
    title="topic policy",
    id="TopicArn",
    key=("Topics",),
    requires=(TOPIC,),
    tags=None,
    properties={
        "Topics": Property(path=lambda item: [item["TopicArn"]], immutable=True, unordered=True),
        "PolicyDocument": Property(path=own_policy, exact=True, normalise=policy_document),
    },
    attributes={"Id": Attribute("TopicArn")},
    list=list_topic_policies,
    create=_put_policy,
    updates=(Update(("PolicyDocument",), _put_policy),),
    delete=Call("set_topic_attributes", _reset_policy),
)


# Subscriptions


def subscription_id(item: Item) -> str:
    """What a subscription is known by, confirmed or not: SNS gives it an ARN only once it is confirmed.

    The endpoint is hashed, since the URL of an alerting service may hold its key.
    """
    who = f"{item['Protocol']}\0{item['Endpoint']}"
    return f"{item['TopicArn']}:{hashlib.sha256(who.encode()).hexdigest()[:16]}"


def subscription_attribute(name: str) -> Reader:
    """Where a subscription holds an attribute."""
    return f"Attributes.{name}"


def list_subscriptions(scope: Scope) -> list[Item]:
    """Subscriptions to observed and described topics, with their attributes where somebody stated some."""
    found = []
    for topic in _topics_of(scope):
        subscriptions = unless(
            (),
            partial(scope.pages, "sns", "list_subscriptions_by_topic", "Subscriptions[]", TopicArn=topic),
        )
        found += [entry for entry in subscriptions or [] if entry["SubscriptionArn"] != "Deleted"]
    if scope.ids:
        found = [entry for entry in found if subscription_id(entry) in scope.ids]
    return [_with_attributes(scope, entry) for entry in found]


def _topics_of(scope: Scope) -> list[str]:
    if scope.ids:
        return sorted({identifier.rpartition(":")[0] for identifier in scope.ids})
    return sorted({*scope.names("TopicArn"), *(topic.id for topic in scope.observed(TOPIC))})


def _with_attributes(scope: Scope, entry: Item) -> Item:
    stated = _stated_for(scope, entry)
    names = set(SUBSCRIPTION_ATTRIBUTES) if scope.ids else stated.keys() & set(SUBSCRIPTION_ATTRIBUTES)
    if not names:
        return entry
    if entry["SubscriptionArn"] == PENDING:
        # It was made with what is stated, and does not tell before it is confirmed.
        return {**entry, "Attributes": {name: attribute_text(stated.get(name)) for name in names}}
    arn = entry["SubscriptionArn"]
    answer = unless((), partial(scope.call, "sns", "get_subscription_attributes", SubscriptionArn=arn))
    return {**entry, "Attributes": (answer or {}).get("Attributes") or {}}


def _stated_for(scope: Scope, entry: Item) -> dict[str, Any]:
    """What is stated about the subscription of this protocol and endpoint."""
    stated: dict[str, Any] = {}
    for wanted in scope.wanted:
        endpoint = reveal(wanted.get("Endpoint"))
        may_be_this = endpoint == entry["Endpoint"] or not isinstance(endpoint, str)
        if may_be_this and wanted.get("Protocol") == entry["Protocol"]:
            stated.update(wanted)
    return stated


def _subscribe(work: Work) -> Item:
    attributes = {
        name: attribute_text(work.desired[name]) for name in SUBSCRIPTION_ATTRIBUTES if not is_empty(work.get(name))
    }
    entry = {name: work.desired[name] for name in ("TopicArn", "Protocol", "Endpoint")}
    answer = work.call("sns", "subscribe", **entry, Attributes=attributes, ReturnSubscriptionArn=True)
    return {**entry, "SubscriptionArn": answer["SubscriptionArn"], "Attributes": attributes}


def _set_subscription(work: Work) -> None:
    if work.attributes["Arn"] == PENDING:
        return
    for name in sorted(set(SUBSCRIPTION_ATTRIBUTES) & work.changed):
        work.call(
            "sns",
            "set_subscription_attributes",
            SubscriptionArn=work.attributes["Arn"],
            AttributeName=name,
            AttributeValue=attribute_text(work.desired[name]) or ("{}" if name.endswith("Policy") else ""),
        )


def _unsubscribe(work: Work) -> None:
    """End a subscription. One that nobody confirmed cannot be ended, and is dropped by SNS itself after two days."""
    if work.attributes["Arn"] != PENDING:
        work.call("sns", "unsubscribe", SubscriptionArn=work.attributes["Arn"])


SNS_SUBSCRIPTION = Kind(
    type="AWS::SNS::Subscription",
    service="sns",
    title="subscription",
    id=subscription_id,
    key=("TopicArn", "Protocol", "Endpoint"),
    requires=(TOPIC,),
    tags=None,
    properties={
        "TopicArn": IMMUTABLE,
        "Protocol": IMMUTABLE,
        "Endpoint": IMMUTABLE,
        "Region": WRITE_ONLY,
        "FilterPolicy": Property(path=subscription_attribute("FilterPolicy"), exact=True, normalise=json_document),
        "FilterPolicyScope": Property(path=subscription_attribute("FilterPolicyScope"), default="MessageAttributes"),
        "RawMessageDelivery": Property(path=subscription_attribute("RawMessageDelivery"), default=False),
        "DeliveryPolicy": Property(path=subscription_attribute("DeliveryPolicy"), normalise=json_document),
        "RedrivePolicy": Property(path=subscription_attribute("RedrivePolicy"), normalise=json_document),
        "ReplayPolicy": Property(path=subscription_attribute("ReplayPolicy"), normalise=json_document),
        "SubscriptionRoleArn": Property(path=subscription_attribute("SubscriptionRoleArn")),
    },
    attributes={"Arn": Attribute("SubscriptionArn")},
    list=list_subscriptions,
    create=_subscribe,
    updates=(Update(SUBSCRIPTION_ATTRIBUTES, _set_subscription),),
    delete=_unsubscribe,
)

KINDS = (SNS_TOPIC, SNS_TOPIC_POLICY, SNS_SUBSCRIPTION)
