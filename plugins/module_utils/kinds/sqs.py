# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Simple Queue Service: queues and their policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from .requests import attribute_text, is_empty, unless
from .shared import json_document, json_text, policy_document, tag_index

QUEUE = "AWS::SQS::Queue"

#: A queue's name stays taken for a minute after it was deleted.
#: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
DELETED_RECENTLY = frozenset({"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"})


# Queues


def redrive_policy(value: Any) -> Any:
    """A redrive policy to compare: the count of receives is a number, whether it is written as one or as text."""
    policy = json_document(value)
    if isinstance(policy, Mapping) and "maxReceiveCount" in policy:
        return {**policy, "maxReceiveCount": int(policy["maxReceiveCount"])}
    return policy


def queue_name(item: Item) -> str:
    """The last part of a queue's ARN."""
    return str(item["QueueArn"]).rpartition(":")[2]


def read_queue(scope: Scope, url: str) -> Item | None:
    """A queue's attributes and its URL."""
    answer = unless((), partial(scope.call, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]))
    return None if answer is None else {**answer["Attributes"], "QueueUrl": url}


def list_queues(scope: Scope) -> list[Item]:
    """Queues that are described or carry the stack's tag, with their attributes and tags.

    One list tells the URLs of all queues of the region; the attributes are asked for queue by queue.
    """
    if scope.ids:
        found = [queue for url in scope.ids if (queue := read_queue(scope, url)) is not None]
        return [{**queue, "Tags": _tags(scope, queue["QueueUrl"])} for queue in found]
    index = tag_index(scope)
    described = set(scope.names("QueueName"))
    tagged = {arn.rpartition(":")[2] for arn in index if arn.split(":")[2] == "sqs"}
    found = []
    for url in scope.pages("sqs", "list_queues", "QueueUrls[]", MaxResults=1000):
        if not (scope.everything or url.rpartition("/")[2] in described | tagged):
            continue
        queue = read_queue(scope, url)
        if queue is not None:
            arn = queue["QueueArn"]
            found.append({**queue, "Tags": index[arn] if arn in index else _tags(scope, url)})
    return found


def _tags(scope: Scope, url: str) -> dict[str, str]:
    answer = unless((), partial(scope.call, "sqs", "list_queue_tags", QueueUrl=url))
    return dict((answer or {}).get("Tags") or {})


#: Properties that are attributes of the same name and can be changed.
CHANGEABLE = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
)


def _create(work: Work) -> Item:
    stated = {name: work.desired[name] for name in (*CHANGEABLE, "FifoQueue") if not is_empty(work.get(name))}
    # A queue is a standard one unless it is said to be FIFO; saying that it is not is refused.
    if not stated.get("FifoQueue", True):
        del stated["FifoQueue"]
    attributes = {name: attribute_text(value) for name, value in stated.items()}
    answer = work.call(
        "sqs", "create_queue", QueueName=work.desired["QueueName"], Attributes=attributes, tags=dict(work.tags)
    )
    arn = f"arn:{work.api.partition}:sqs:{work.region}:{work.api.account}:{work.desired['QueueName']}"
    return {**attributes, "QueueUrl": answer["QueueUrl"], "QueueArn": arn, "Tags": dict(work.tags)}


def _set(work: Work) -> dict[str, Any]:
    """The attributes that differ; an empty one takes a policy or a key away."""
    changed = sorted(set(CHANGEABLE) & work.changed)
    return {"QueueUrl": work.id, "Attributes": {name: attribute_text(work.desired[name]) for name in changed}}


SQS_QUEUE = Kind(
    type=QUEUE,
    service="sqs",
    title="queue",
    id="QueueUrl",
    key=("QueueName",),
    properties={
        "QueueName": Property(path=queue_name, immutable=True),
        "FifoQueue": Property(immutable=True, default=False),
        "DelaySeconds": Property(default=0),
        "MaximumMessageSize": Property(),
        "MessageRetentionPeriod": Property(default=345600),
        "ReceiveMessageWaitTimeSeconds": Property(default=0),
        "VisibilityTimeout": Property(default=30),
        "RedrivePolicy": Property(exact=True, normalise=redrive_policy),
        "RedriveAllowPolicy": Property(exact=True, unordered=True, normalise=json_document),
        "KmsMasterKeyId": Property(unstated=None),
        "KmsDataKeyReusePeriodSeconds": Property(default=300),
        "SqsManagedSseEnabled": Property(default=False),
        "ContentBasedDeduplication": Property(default=False),
        "DeduplicationScope": Property(default="queue"),
        "FifoThroughputLimit": Property(default="perQueue"),
    },
    attributes={
        # The URL's host is the region's own affair: it differs between partitions.
        "QueueUrl": Attribute("QueueUrl"),
        "QueueName": Attribute(queue_name, "{QueueName}"),
        "Arn": Attribute("QueueArn", "arn:{partition}:sqs:{region}:{account}:{QueueName}"),
    },
    list=list_queues,
    create=_create,
    updates=(Update(CHANGEABLE, Call("set_queue_attributes", _set)),),
    delete=Call("delete_queue", lambda w: {"QueueUrl": w.id}),
    tag=Call("tag_queue", lambda w: {"QueueUrl": w.id, "Tags": dict(w.tags_to_set)}),
    untag=Call("untag_queue", lambda w: {"QueueUrl": w.id, "TagKeys": list(w.tags_to_remove)}),
    retry_on=DELETED_RECENTLY,
)


# Policies


def list_queue_policies(scope: Scope) -> list[Item]:
    """The policies of observed and described queues, as far as somebody gave them one."""
    observed: dict[str, Item] = {} if scope.ids else {queue.id: queue.item for queue in scope.observed(QUEUE)}
    described = set(scope.ids) or {
        url for wanted in scope.wanted for url in _listed(wanted.get("Queues")) if isinstance(url, str)
    }
    queues = list(observed.values())
    queues += [queue for url in sorted(described - observed.keys()) if (queue := read_queue(scope, url)) is not None]
    return [queue for queue in queues if queue.get("Policy")]


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _put_policy(work: Work) -> Item:
    """Write the policy to each of the queues."""
    policy = json_text(work.desired["PolicyDocument"])
    queues = work.desired.get("Queues") or [work.id]
    for url in queues:
        work.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})
    return {"QueueUrl": queues[0], "Policy": policy}


def _queues(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The queues that a policy is on; None while one is not known."""
    queues = list(_listed(properties.get("Queues")))
    return tuple(sorted(queues)) if queues and all(isinstance(url, str) for url in queues) else None


SQS_QUEUE_POLICY = Kind(
    type="AWS::SQS::QueuePolicy",
    service="sqs",
    title="queue policy",
    id="QueueUrl",
    key=("Queues",),
    key_of=_queues,
    requires=(QUEUE,),
    tags=None,
    properties={
        "Queues": Property(path=lambda item: [item["QueueUrl"]], immutable=True, unordered=True),
        "PolicyDocument": Property(path="Policy", exact=True, normalise=policy_document),
    },
    attributes={"Id": Attribute("QueueUrl")},
    list=list_queue_policies,
    create=_put_policy,
    updates=(Update(("PolicyDocument",), _put_policy),),
    delete=Call("set_queue_attributes", lambda w: {"QueueUrl": w.id, "Attributes": {"Policy": ""}}),
)

KINDS = (SQS_QUEUE, SQS_QUEUE_POLICY)
