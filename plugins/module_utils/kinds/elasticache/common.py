# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of ElastiCache share."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Call, Item, Scope
from ..shared import tag_list, with_tags

#: A tag request is refused while the resource it is about is being changed.
_CHANGING = frozenset({"InvalidReplicationGroupState"})

TAG = Call(
    "add_tags_to_resource",
    lambda w: {"ResourceName": w.attributes["Arn"], "Tags": tag_list(w.tags_to_set)},
    retry_on=_CHANGING,
)
UNTAG = Call(
    "remove_tags_from_resource",
    lambda w: {"ResourceName": w.attributes["Arn"], "TagKeys": list(w.tags_to_remove)},
    retry_on=_CHANGING,
)


def lower(value: Any) -> Any:
    """Text in lower case: ElastiCache stores names and maintenance windows so."""
    return value.lower() if isinstance(value, str) else value


def named(scope: Scope, operation: str, items: str, name: str) -> list[Item]:
    """Objects in scope with their tags: one request for all of them, or one for the only one asked for.

    Args:
        name: what the answer and the request call an object's name.
    """
    narrow = {name: scope.ids[0]} if len(scope.ids) == 1 else {}
    found = scope.pages("elasticache", operation, items, **narrow)
    return with_tags(
        scope,
        [item for item in found if not scope.ids or item[name] in scope.ids],
        "ARN",
        "elasticache",
        "list_tags_for_resource",
        "ResourceName",
        "TagList",
        [lower(wanted) for wanted in scope.names(name)],
        name,
    )
