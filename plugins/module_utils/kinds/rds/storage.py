# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Allocated storage, which storage autoscaling grows behind the description's back and nothing ever shrinks.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Allocated(int):
    """GiB that an instance has, and up to how many GiB RDS may have grown it: 0 when autoscaling is off."""

    limit: int

    def __new__(cls, size: int, limit: int = 0) -> Allocated:
        made = super().__new__(cls, size)
        made.limit = limit
        return made


class Storage:
    """GiB to compare: what is stated equals what is there when autoscaling may have made the one of the other."""

    def __init__(self, size: int, limit: int = 0) -> None:
        self.size = size
        self.limit = limit

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Storage):
            return NotImplemented
        smaller, larger = sorted((self, other), key=lambda storage: storage.size)
        return smaller.size == larger.size or larger.size <= larger.limit

    def __hash__(self) -> int:
        return hash(Storage)

    def __repr__(self) -> str:
        return str(self.size)


def allocated_storage(item: Mapping[str, Any]) -> Allocated | None:
    """What an answer says of an instance's storage."""
    size = item.get("AllocatedStorage")
    return None if size is None else Allocated(int(size), int(item.get("MaxAllocatedStorage") or 0))


def comparable_storage(value: Any) -> Any:
    """A stated or answered size in the form in which it is compared."""
    if isinstance(value, Allocated):
        return Storage(int(value), value.limit)
    return Storage(int(value)) if isinstance(value, (int, str)) and str(value).isdecimal() else value
