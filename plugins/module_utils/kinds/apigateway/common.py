# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of API Gateway share: how parts of an API are listed, and how changes are written down.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Call, Item, Scope, Work
from ..requests import unless

SERVICE = "apigateway"
REST_API = "AWS::ApiGateway::RestApi"

#: Those who write to one API at once get in each other's way, and an account may make an API every few seconds only.
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
PASSING = frozenset({"TooManyRequestsException", "ConflictException: concurrent modification"})
#: As many as one page holds.
PAGE = 500

Patch = dict[str, str]


# Reading


def apis_in(scope: Scope) -> list[str]:
    """The APIs whose parts are asked for: those that identifiers begin with, or else ours and the described ones."""
    if scope.ids:
        return sorted({identifier.partition("/")[0] for identifier in scope.ids})
    return sorted({observed.id for observed in scope.observed(REST_API)} | set(scope.names("RestApiId")))


def parts(scope: Scope, operation: str, items: str = "items[]", **params: Any) -> list[Item]:
    """The parts of some sort of the APIs in scope, by one list for each API."""
    found = []
    for api in apis_in(scope):
        listed = unless((), partial(scope.pages, SERVICE, operation, items, restApiId=api, **params))
        found += [{**item, "RestApiId": api} for item in listed or []]
    return found


def part_id(member: str = "id") -> Any:
    """The identifier of a part, `{RestApiId}/{its own}`: its own need not be unique."""
    return lambda item: f"{item['RestApiId']}/{item[member]}"


def own_id(work: Work) -> str:
    """A part's own identifier."""
    return work.id.partition("/")[2]


# Shapes


def pascal(value: Any) -> Any:
    """An object of an answer with CloudFormation's spelling of its members; what is inside them stays."""
    if not isinstance(value, Mapping):
        return value
    return {name[:1].upper() + name[1:]: item for name, item in value.items()}


def camel(value: Any) -> Any:
    """An object in CloudFormation's spelling as requests take it; what is inside its members stays."""
    if not isinstance(value, Mapping):
        return value
    return {name[:1].lower() + name[1:]: item for name, item in value.items()}


# Writing


def escaped(key: str) -> str:
    """A key as a part of a path: https://datatracker.ietf.org/doc/html/rfc6901#section-3"""
    return key.replace("~", "~0").replace("/", "~1")


def text(value: Any) -> str:
    """A value as patches hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def replace(path: str, value: Any) -> Patch:
    """The change of one value. None takes it away."""
    return {"op": "replace", "path": path} | ({} if value is None else {"value": text(value)})


def replacements(work: Work, paths: Mapping[str, str]) -> list[Patch]:
    """The changes of plain properties, by their paths."""
    return [replace(path, work.desired[name]) for name, path in paths.items() if name in work.changed]


def map_changes(
    path: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, new_word: str = "add"
) -> list[Patch]:
    """The changes of an object with the user's own keys.

    Args:
        new_word: the operation that makes a key; some objects know `replace` for that too.
    """
    old, new = before or {}, after or {}
    changes = []
    for key, value in sorted(new.items()):
        if text(old.get(key)) != text(value):
            word = "replace" if key in old else new_word
            changes.append({"op": word, "path": f"{path}/{escaped(key)}", "value": text(value)})
    return changes + [{"op": "remove", "path": f"{path}/{escaped(key)}"} for key in sorted(old.keys() - new.keys())]


def member_changes(path: str, before: list[str] | None, after: list[str] | None, *, valued: bool) -> list[Patch]:
    """The changes of a list in which order means nothing.

    Args:
        valued: the member is the patch's value; otherwise it is the end of the path.
    """
    changes = []
    for word, members in (
        ("add", sorted(set(after or ()) - set(before or ()))),
        ("remove", sorted(set(before or ()) - set(after or ()))),
    ):
        for member in members:
            where = {"path": path, "value": member} if valued else {"path": f"{path}/{escaped(member)}"}
            changes.append({"op": word, **where})
    return changes


def arn_of(work: Work, resource: str) -> str:
    """The ARN of something in API Gateway, which names no account."""
    return f"arn:{work.api.partition}:apigateway:{work.region}::{resource}"


def tagging(resource: str) -> tuple[Call, Call]:
    """The tagging steps of a kind.

    Args:
        resource: the end of the ARN, with `{id}` for the identifier.
    """

    def arn(work: Work) -> str:
        return arn_of(work, resource.format(id=work.id.replace("/", "/stages/")))

    return (
        Call("tag_resource", lambda w: {"resourceArn": arn(w), "tags": dict(w.tags_to_set)}),
        Call("untag_resource", lambda w: {"resourceArn": arn(w), "tagKeys": list(w.tags_to_remove)}),
    )
