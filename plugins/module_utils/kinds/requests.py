# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the functions of several services need to make and to read requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ..engine.api import Api, ApiError
from ..engine.kind import Scope, Work
from .shared import json_text, tag_index

T = TypeVar("T")


def is_empty(value: Any) -> bool:
    """Whether a value says nothing; False and 0 say something."""
    return value is None or (isinstance(value, (str, list, tuple, Mapping)) and not value)


def attribute_text(value: Any) -> str:
    """A property as an attribute of SNS or SQS holds it: everything is text there."""
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json_text(value) if isinstance(value, (Mapping, list)) else str(value)


def given(work: Work, *names: str, **renamed: str) -> dict[str, Any]:
    """The stated ones among some properties that say something, as parameters; `Parameter="Property"` renames one."""
    return {name: value for name, value in work.pick(*names, **renamed).items() if not is_empty(value)}


def restated(work: Work, *names: str) -> dict[str, Any]:
    """Properties as stated, or else as they are now, for requests that forget what they are not told."""
    values = {name: work.merged(name) for name in names}
    return {name: value for name, value in values.items() if not is_empty(value)}


def pruned(value: Any) -> Any:
    """The value without anything empty inside it."""
    if isinstance(value, Mapping):
        inner = {key: pruned(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if not is_empty(item)}
    if isinstance(value, (list, tuple)):
        return [item for item in map(pruned, value) if not is_empty(item)]
    return value


def make_arn(api: Api, service: str, region: str, resource: str) -> str:
    """An ARN in the account at hand."""
    return f"arn:{api.partition}:{service}:{region}:{api.account}:{resource}"


def batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values in groups of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def unless(codes: Collection[str], ask: Callable[[], T]) -> T | None:
    """The answer, or None when there is no such thing: the error is one of `codes`, or says that it is missing."""
    try:
        return ask()
    except ApiError as error:
        if error.code in codes or error.missing:
            return None
        raise


def indexed(scope: Scope, service: str, prefix: str = "") -> list[str]:
    """The names of what the tag index knows of one service: each ARN's last part, behind a prefix such as `alarm:`."""
    found = []
    for arn in tag_index(scope):
        _arn, _partition, its_service, _region, _account, resource = arn.split(":", 5)
        if its_service == service and resource.startswith(prefix):
            found.append(resource[len(prefix) :])
    return found


def is_stated(scope: Scope, *names: str) -> bool:
    """Whether one of some properties is worth a request: somebody stated it, or an object is asked for as it is."""
    if scope.ids and not scope.wanted:
        return True
    return any(name in wanted for wanted in scope.wanted for name in names)


def names_in_scope(scope: Scope, prop: str, service: str, prefix: str = "") -> list[str]:
    """The names to ask for: those asked for, or else the described ones and the ones that the tag index knows."""
    if scope.ids:
        return list(scope.ids)
    return sorted({*scope.names(prop), *indexed(scope, service, prefix)})
