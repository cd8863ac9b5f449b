# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the overlays with slow resources share: steps in time, stored records, pages, tags."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from twin.refusal import refuse
from twin.world import World

T = TypeVar("T")
TagList = list[dict[str, str]]


class Record(dict[str, Any]):
    """One stored resource under AWS's member names. Keys that the service's model lacks stay private."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


def proceed(world: World, subject: Any, seconds: float, action: Callable[[], None]) -> None:
    """Do it that many seconds from now, unless a later ``proceed`` for the same subject takes its place."""
    token = object()
    subject.__dict__["_twin_step"] = token

    def run() -> None:
        if subject.__dict__.get("_twin_step") is token:
            action()

    world.schedule(seconds, run)


def stay(subject: Any) -> None:
    """Forget the step that the subject is waiting for."""
    subject.__dict__.pop("_twin_step", None)


def page(
    items: Sequence[T],
    token: str | None,
    size: int | None,
    default: int,
    invalid: Callable[[], Any],
) -> tuple[list[T], str | None]:
    """One page and the token of the next, as AWS gives it: absent after the last page.

    :param invalid: called when the token is not one that was handed out; it should refuse.
    """
    start = 0
    if token:
        try:
            start = int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("twin:"))
        except ValueError:
            invalid()
    end = start + (size or default)
    following = base64.urlsafe_b64encode(f"twin:{end}".encode()).decode() if end < len(items) else None
    return list(items[start:end]), following


def query_page(items: Sequence[T], parameters: dict[str, Any], key: str, smallest: int = 20) -> dict[str, Any]:
    """The answer of a list call of RDS or ElastiCache: ``MaxRecords`` 20 to 100, ``Marker``."""
    size = parameters.get("MaxRecords")
    if size is not None and not smallest <= size <= 100:
        refuse(
            "InvalidParameterValue",
            f"Invalid value {size} for MaxRecords. Must be between {smallest} and 100",
        )

    def invalid() -> None:
        refuse("InvalidParameterValue", "Invalid value for Marker")

    found, marker = page(items, parameters.get("Marker"), size, 100, invalid)
    return {key: found, **({"Marker": marker} if marker else {})}


def as_tags(tags: Iterable[dict[str, Any]] | None, key: str = "Key", value: str = "Value") -> TagList:
    """Plain tags out of a request's; a missing value is the empty one."""
    return [{key: tag[key], value: tag.get(value) or ""} for tag in tags or []]


def with_tags(old: TagList, new: TagList, key: str = "Key") -> TagList:
    """The old tags with the new ones set over them."""
    names = {tag[key] for tag in new}
    return [tag for tag in old if tag[key] not in names] + list(new)


def without_tags(old: TagList, names: Iterable[str], key: str = "Key") -> TagList:
    gone = set(names)
    return [tag for tag in old if tag[key] not in gone]
