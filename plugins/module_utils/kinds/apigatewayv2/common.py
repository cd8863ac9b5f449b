# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of HTTP APIs share: how parts of an API are listed."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Item, Scope, Work
from ..requests import is_empty, unless

SERVICE = "apigatewayv2"
API = "AWS::ApiGatewayV2::Api"

#: Those who write to one API at once get in each other's way.
PASSING = frozenset({"TooManyRequestsException", "ConflictException: concurrent modification"})


def parts(scope: Scope, operation: str, member: str) -> list[Item]:
    """The parts of some sort of the APIs in scope, by one list for each API.

    Args:
        member: where an answer has a part's own identifier.
    """
    if scope.ids:
        apis = {identifier.partition("/")[0] for identifier in scope.ids}
    else:
        apis = {observed.id for observed in scope.observed(API)} | set(scope.names("ApiId"))
    found = []
    for api in sorted(apis):
        listed = unless((), partial(scope.pages, SERVICE, operation, "Items[]", ApiId=api))
        found += [{**item, "ApiId": api} for item in listed or []]
    return [item for item in found if not scope.ids or part_id(member)(item) in scope.ids]


def part_id(member: str) -> Any:
    """The identifier of a part: `{ApiId}/{its own}`."""
    return lambda item: f"{item['ApiId']}/{item[member]}"


def place(work: Work, member: str) -> dict[str, str]:
    """The parameters that name a part."""
    api, _slash, own = work.id.partition("/")
    return {"ApiId": api, member: own}


def given(work: Work, names: tuple[str, ...]) -> dict[str, Any]:
    """The stated ones among some properties that say something, as parameters."""
    return {name: value for name, value in work.pick(*names).items() if not is_empty(value)}


def differing(work: Work, names: tuple[str, ...]) -> dict[str, Any]:
    """The ones among some properties that differ, as parameters: a request leaves alone what it is not told."""
    return {name: work.desired[name] for name in names if name in work.changed}
