# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `topics` section: SNS topics that alarms and operations speak to, and who listens."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref, Sensitive
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .permissions import this_account

TOPIC = "AWS::SNS::Topic"
TOPIC_POLICY = "AWS::SNS::TopicPolicy"
SUBSCRIPTION = "AWS::SNS::Subscription"

#: AWS's own services that publish on behalf of this account.
PUBLISHERS = [
    "backup.amazonaws.com",
    "budgets.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "costalerts.amazonaws.com",
    "events.amazonaws.com",
    "events.rds.amazonaws.com",
]

_ARN = formats.text(r"arn:\S+", "reference and no ARN", "queue.NAME or function.NAME")
#: What a protocol's address looks like.
_ADDRESSES = {
    "email": formats.EMAIL,
    "email-json": formats.EMAIL,
    "https": formats.HTTPS_URL,
    "sms": formats.PHONE,
    "lambda": _ARN,
    "sqs": _ARN,
}
#: What a subscription of a protocol may name by reference.
_ENTRIES = {"lambda": "function", "sqs": "queue"}

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "display_name": {"type": "str", "format": formats.length(100)},
    "key": {"type": "str", "no_log": False},
    "subscriptions": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "protocol": {
                "type": "str",
                "choices": ["email", "email-json", "https", "lambda", "sms", "sqs"],
                "required": True,
            },
            "name": {"type": "str"},
            "endpoint": {"type": "str"},
            "secret_endpoint": {"type": "str", "no_log": True},
            "filter": {"type": "dict"},
            "raw": {"type": "bool"},
        },
        "mutually_exclusive": [("endpoint", "secret_endpoint")],
    },
    "in_region": {"type": "str", "format": formats.REGION},
    "tags": TAGS,
}


def topic_name(name: str, options: Options, context: Context) -> str:
    """The topic's name in AWS."""
    return options["name"] or context.name(name)


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(TOPIC, name)
    return Export(
        address=address,
        values={"arn": Ref(address, "TopicArn"), "name": topic_name(name, options, context)},
        default="arn",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    topic = context.resource(
        TOPIC,
        name,
        {
            "TopicName": topic_name(name, options, context),
            "DisplayName": options["display_name"],
            "KmsMasterKeyId": context.arn_of(options["key"], "key", "key"),
        },
        tags=options["tags"],
        region=options["in_region"] or "",
    )
    return [topic, _policy(name, topic, context), *_subscriptions(name, options, topic, context)]


def _policy(name: str, topic: Resource, context: Context) -> Resource:
    """AWS's services of this account may publish, and nobody without TLS."""
    arn = topic.ref("TopicArn")
    statements = [
        {
            "Sid": "ServicesOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": PUBLISHERS},
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": this_account(),
        },
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    return context.resource(TOPIC_POLICY, name, {"Topics": [arn], "PolicyDocument": document}, region=topic.region)


def _subscriptions(name: str, options: Options, topic: Resource, context: Context) -> list[Resource]:
    """Whoever listens and has an address; who has none yet is left out, and a preflight rule says so."""
    return [
        context.resource(
            SUBSCRIPTION,
            f"{name}/{subscription['protocol']}/{listener_name(subscription, index)}",
            {
                "TopicArn": topic.ref("TopicArn"),
                "Protocol": subscription["protocol"],
                "Endpoint": _endpoint(subscription, index, context),
                "FilterPolicy": subscription["filter"],
                "RawMessageDelivery": subscription["raw"],
            },
            region=topic.region,
        )
        for index, subscription in enumerate(options["subscriptions"])
        if subscription["endpoint"] or subscription["secret_endpoint"]
    ]


def listener_name(subscription: Options, index: int) -> str:
    """What tells a subscription from the topic's others. The URL of an alerting service holds its key: not that."""
    return str(subscription["name"] or subscription["endpoint"] or index)


def _endpoint(subscription: Options, index: int, context: Context) -> Any:
    if subscription["secret_endpoint"]:
        if subscription["protocol"] == "https" and formats.HTTPS_URL(subscription["secret_endpoint"]):
            context.problem(
                f"subscriptions[{index}].secret_endpoint", "the value is no address over HTTPS; begin it with https://"
            )
        return Sensitive(subscription["secret_endpoint"])
    endpoint, option = subscription["endpoint"], f"subscriptions[{index}].endpoint"
    word = _ENTRIES.get(subscription["protocol"])
    if word and endpoint.startswith(f"{word}."):
        entry = context.entry(endpoint, option, (word,))
        return entry.export.values["arn"] if entry else ""
    takes = _ADDRESSES.get(subscription["protocol"])
    problem = takes(endpoint) if takes and "${" not in endpoint else ""
    if problem:
        # The URL of an alerting service holds its key: it is not shown.
        shown = "the value" if subscription["protocol"] == "https" else repr(endpoint)
        context.problem(option, f"{shown} {problem}")
    return context.fill(endpoint, option)


TIER = Tier(section="topics", reference="topic", spec=SPEC, compile=compile, exports=exports)
