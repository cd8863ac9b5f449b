# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Topics."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import attribute_text, indexed, is_empty, is_stated, make_arn, unless
from ..shared import MUTABLE, arn_tagging, json_document, json_text, tag_list, with_tags

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


def list_topics(scope: Scope) -> list[Item]:
    """Topics that are described or carry the stack's tag, with their attributes."""
    if scope.ids:
        arns = list(scope.ids)
    elif scope.everything:
        arns = scope.pages("sns", "list_topics", "Topics[].TopicArn")
    else:
        names = {*scope.names("TopicName"), *indexed(scope, "sns")}
        arns = [make_arn(scope.api, "sns", scope.region, name) for name in sorted(names)]
    topics = [topic for arn in arns if (topic := read_topic(scope, arn)) is not None]
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
    if not is_stated(scope, "DataProtectionPolicy"):
        return tagged
    return [_with_data_protection(scope, topic) for topic in tagged]


def read_topic(scope: Scope, arn: str) -> Item | None:
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
    present = logging_attributes(work.existing.properties.get("DeliveryStatusLogging"))
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
        "DisplayName": Property(unstated=None),
        "KmsMasterKeyId": Property(unstated=None),
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
