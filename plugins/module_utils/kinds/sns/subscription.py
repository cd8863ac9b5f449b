# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subscriptions to topics."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ...engine.kind import Attribute, Item, Kind, Property, Reader, Scope, Update, Work
from ...engine.template import Template
from ...engine.values import SENSITIVE, reveal
from ..requests import attribute_text, is_empty, unless
from ..shared import IMMUTABLE, WRITE_ONLY, json_document
from .topic import TOPIC

SUBSCRIPTION_ATTRIBUTES = (
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "DeliveryPolicy",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)

#: What SNS answers instead of an ARN while nobody has confirmed a subscription.
PENDING = "PendingConfirmation"


def subscription_id(item: Item) -> str:
    """What a subscription is known by, confirmed or not: SNS gives it an ARN only once it is confirmed.

    The endpoint is hashed, since the URL of an alerting service may hold its key.
    """
    who = f"{item['Protocol']}\0{item['Endpoint']}"
    return f"{item['TopicArn']}:{hashlib.sha256(who.encode()).hexdigest()[:16]}"


def shown_endpoint(endpoint: Any) -> Any:
    """What to show of an endpoint: of a URL no more than the host, since the rest may be a key."""
    if not isinstance(endpoint, str) or not endpoint.startswith(("http://", "https://")):
        return endpoint
    url = urlsplit(endpoint)
    return f"{url.scheme}://{url.hostname}/{SENSITIVE}"


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
    as_it_is = scope.ids and not scope.wanted
    names = set(SUBSCRIPTION_ATTRIBUTES) if as_it_is else stated.keys() & set(SUBSCRIPTION_ATTRIBUTES)
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
    template=Template(ref="Arn"),
    id=subscription_id,
    key=("TopicArn", "Protocol", "Endpoint"),
    requires=(TOPIC,),
    tags=None,
    properties={
        "TopicArn": IMMUTABLE,
        "Protocol": IMMUTABLE,
        "Endpoint": Property(immutable=True, shown=shown_endpoint),
        "Region": WRITE_ONLY,
        "FilterPolicy": Property(
            path=subscription_attribute("FilterPolicy"), exact=True, normalise=json_document, unstated=None
        ),
        "FilterPolicyScope": Property(path=subscription_attribute("FilterPolicyScope"), default="MessageAttributes"),
        "RawMessageDelivery": Property(
            path=subscription_attribute("RawMessageDelivery"), default=False, unstated=False
        ),
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
