# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Policies of topics."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..shared import json_document, json_text, policy_document
from .topic import TOPIC, read_topic

#: The marker by which SNS names the policy that every topic begins with.
DEFAULT_POLICY = "__default_policy_ID"


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
    topics += [topic for arn in sorted(described - observed.keys()) if (topic := read_topic(scope, arn)) is not None]
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


def _topics(properties: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The topics that a policy is on; None while one is not known."""
    topics = list(_listed(properties.get("Topics")))
    return tuple(sorted(topics)) if topics and all(isinstance(arn, str) for arn in topics) else None


SNS_TOPIC_POLICY = Kind(
    type="AWS::SNS::TopicPolicy",
    service="sns",
    title="topic policy",
    id="TopicArn",
    key=("Topics",),
    key_of=_topics,
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
