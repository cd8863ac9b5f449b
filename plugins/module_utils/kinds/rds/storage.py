# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Allocated storage, which storage autoscaling grows behind the description's back and nothing ever shrinks.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Allocated(int):
    """GiB that an instance has, up to how many GiB RDS may have grown it (0: autoscaling is off), and the next size."""

    limit: int
    following: int

    def __new__(cls, size: int, limit: int = 0, following: int = 0) -> Allocated:
        made = super().__new__(cls, size)
        made.limit = limit
        made.following = following
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
    if size is None:
        return None
    # By less than a tenth RDS does not grow it; what is stated would never be what is there. SQL Server is exempt.
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
    exempt = str(item.get("Engine") or "").startswith("sqlserver")
    following = int(size) + 1 if exempt else (int(size) * 11 + 9) // 10
    return Allocated(int(size), int(item.get("MaxAllocatedStorage") or 0), following)


def refuse_size(now: Any, wanted: Any) -> str:
    """Why storage cannot change from one size to another: it never shrinks, and grows by no small steps."""
    if not isinstance(now, Allocated) or not str(wanted).isdecimal():
        return ""
    if int(wanted) < now:
        return f"it has {int(now)} GiB, and RDS shrinks no storage to {wanted}; state AllocatedStorage {int(now)}"
    if now < int(wanted) < now.following:
        return (
            f"it has {int(now)} GiB, and RDS grows storage by a tenth at least, not to {wanted}; state "
            f"AllocatedStorage {int(now)}, or {now.following} or more"
        )
    return ""


def growth(stated: Any, now: Any) -> str:
    """What to say of storage that autoscaling has grown beyond what is stated; empty for nothing."""
    if not isinstance(now, Allocated) or not str(stated).isdecimal() or not int(stated) < now <= now.limit:
        return ""
    return (
        f"has grown from {stated} to {int(now)} GiB of at most {now.limit} by storage autoscaling. It is left so; "
        f"state AllocatedStorage {int(now)} to begin the next one with as much"
    )


class Limit(int):
    """GiB up to which storage may grow by itself: what there is already, where it does not grow."""

    has_room: bool

    def __new__(cls, size: int, limit: int) -> Limit:
        made = super().__new__(cls, max(size, limit))
        made.has_room = limit > size
        return made


def storage_limit(item: Mapping[str, Any]) -> Limit | None:
    """How far the storage of an instance may grow by itself."""
    size = item.get("AllocatedStorage")
    return None if size is None else Limit(int(size), int(item.get("MaxAllocatedStorage") or 0))


def is_without_room(stated: Any, now: Any) -> bool:
    """Whether nobody states a limit and storage does not grow: a limit at what there is is none."""
    return stated is None and isinstance(now, Limit) and not now.has_room


def comparable_storage(value: Any) -> Any:
    """A stated or answered size in the form in which it is compared."""
    if isinstance(value, Allocated):
        return Storage(int(value), value.limit)
    return Storage(int(value)) if isinstance(value, (int, str)) and str(value).isdecimal() else value
