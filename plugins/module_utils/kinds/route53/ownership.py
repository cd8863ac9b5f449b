# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whose a hosted zone or a health check is.

Route 53 takes no tags with a create; they follow in a second request. What a run that dies between the two leaves
behind is recognised by its caller reference, which begins with the stack and the logical name. Besides, the next run
gives the same reference, and Route 53 answers that it is there already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.document import NAME_TAG, STACK_TAG
from ...engine.kind import Scope, Work
from ..requests import batches
from ..shared import global_scope, tag_index, tag_list

_PREFIX = "stackwright/"
_TOKEN_LENGTH = 12

#: Shown in place of the tags that are not there yet, so that the next run sees a difference and writes them.
UNTAGGED = "stackwright:untagged"

#: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResources.html
OBJECTS_A_REQUEST = 10
#: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html
TAGS_A_REQUEST = 10


def caller_reference(work: Work, limit: int) -> str:
    """The reference of one attempt at making something: the same for a repeated attempt, and unique otherwise.

    Args:
        limit: characters that Route 53 allows. A stack and a name that are too long for it are hashed; then only the
            next run recognises what it made, and no list does.
    """
    token = work.token[:_TOKEN_LENGTH]
    text = f"{_PREFIX}{work.stack}/{work.address.name}/{token}"
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(f"{work.stack}\0{work.address.name}".encode()).hexdigest()
    return f"{_PREFIX}{digest[: limit - len(_PREFIX) - _TOKEN_LENGTH - 1]}/{token}"


def tags_by_reference(reference: str, stack: str) -> dict[str, str]:
    """The tags that something without any ought to have, by its caller reference; none if it is not the stack's."""
    prefix = f"{_PREFIX}{stack}/"
    if not reference.startswith(prefix):
        return {}
    name, _slash, _token = reference[len(prefix) :].rpartition("/")
    return {STACK_TAG: stack, NAME_TAG: name, UNTAGGED: "true"} if name else {}


def tagged_ids(scope: Scope, resource_type: str) -> set[str]:
    """The identifiers of what the tag index knows to be the stack's: `hostedzone` or `healthcheck`."""
    marker = f":{resource_type}/"
    return {arn.rpartition(marker)[2] for arn in tag_index(global_scope(scope)) if ":route53:" in arn and marker in arn}


def read_tags_of(scope: Scope, resource_type: str, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """The tags of some objects, by identifier."""
    found: dict[str, dict[str, str]] = {}
    for batch in batches(sorted(ids), OBJECTS_A_REQUEST):
        answer = scope.call("route53", "list_tags_for_resources", ResourceType=resource_type, ResourceIds=list(batch))
        for tag_set in answer["ResourceTagSets"]:
            found[tag_set["ResourceId"]] = {tag["Key"]: tag.get("Value", "") for tag in tag_set["Tags"]}
    return found


def tags_or_reference(tags: Mapping[str, str], reference: str, stack: str) -> dict[str, str]:
    """An object's tags, or, if nobody has tagged it as a stack's, those that its reference speaks of."""
    if STACK_TAG in tags:
        return dict(tags)
    return {**tags, **tags_by_reference(reference, stack)}


def write_tags(work: Work, resource_type: str, identifier: str, remove: Iterable[str] = ()) -> None:
    """Set all tags that an object is to carry, and remove some."""
    for batch in batches(tag_list(work.tags), TAGS_A_REQUEST):
        work.call(
            "route53",
            "change_tags_for_resource",
            ResourceType=resource_type,
            ResourceId=identifier,
            AddTags=list(batch),
        )
    for keys in batches([key for key in remove if key != UNTAGGED], TAGS_A_REQUEST):
        work.call(
            "route53",
            "change_tags_for_resource",
            ResourceType=resource_type,
            ResourceId=identifier,
            RemoveTagKeys=list(keys),
        )


def tagging(resource_type: str) -> tuple[Any, Any]:
    """The tagging steps of one sort of object."""

    def tag(work: Work) -> None:
        write_tags(work, resource_type, work.id)

    def untag(work: Work) -> None:
        write_tags(work, resource_type, work.id, work.tags_to_remove)

    return tag, untag
