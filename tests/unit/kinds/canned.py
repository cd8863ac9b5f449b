"""An `Api` that answers from a table and notes what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jmespath

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Observed, Scope, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address

STACK = "shop-prod"
OWNER = {"stackwright:stack": STACK, "stackwright:name": "main"}

Answer = dict[str, Any] | Exception | Callable[[dict[str, Any]], dict[str, Any]]


def missing(code: str) -> ApiError:
    return ApiError(code, "there is none", missing=True)


class CannedApi:
    """Answers `service.operation` from a table; what is not in it is answered by nothing at all."""

    region = "us-east-1"
    account = "123456789012"
    partition = "aws"

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        name = f"{service}.{operation}"
        self.asked.append((name, params))
        answer = self.answers.get(name, {})
        if isinstance(answer, Exception):
            raise answer
        return answer(params) if callable(answer) else answer

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> list[Any]:
        found: list[Any] = jmespath.search(items, self.call(service, operation, params)) or []
        return found

    def names(self) -> list[str]:
        """What was asked, in order."""
        return [name for name, _params in self.asked]

    def params(self, name: str) -> dict[str, Any]:
        """The parameters of the only request of a name."""
        (found,) = [params for asked, params in self.asked if asked == name]
        return found


def scope(api: CannedApi, *wanted: Mapping[str, Any], **more: Any) -> Scope:
    return Scope(api=api, stack=STACK, region="us-east-1", wanted=wanted, **more)


def work(
    api: CannedApi, kind: Kind, desired: dict[str, Any], current: dict[str, Any] | None = None, **more: Any
) -> Work:
    """The work on one resource; `current` is the item that exists."""
    observed: Observed | None = None if current is None else kind.parse(current, "us-east-1")
    return Work(
        address=Address(kind.type, "main"),
        desired=desired,
        api=api,
        stack=STACK,
        current=observed,
        tags=dict(OWNER),
        token="0" * 32,
        region="us-east-1",
        **more,
    )
