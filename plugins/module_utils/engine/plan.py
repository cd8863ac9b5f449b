# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The plan: the list of changes that lead from what exists to what is described."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .document import Resource
from .focus import Focus
from .kind import Observed, Phase
from .values import Address


class Action(str, enum.Enum):  # noqa: UP042  (Python 3.10 has no StrEnum)
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    NONE = "none"


@dataclass(frozen=True)
class PlanOptions:
    """The choices of a run that shape its plan.

    Attributes:
        prune: delete what carries the stack's tags and is no longer described.
        purge_tags: remove tags that are not described from what is.
        adopt: take over what is found by its natural key and belongs to nobody.
        destroy: delete everything the stack owns.
        release_protection: let go of what is protected or holds data.
        focus: the part of the stack to plan; None: all of it.
    """

    prune: bool = False
    purge_tags: bool = True
    adopt: bool = False
    destroy: bool = False
    release_protection: bool = False
    focus: Focus | None = None

    def in_focus(self, address: Address) -> bool:
        """Whether the run is about a described resource."""
        return self.focus is None or address in self.focus.addresses


@dataclass(frozen=True)
class Change:
    """What happens to one resource, and why.

    Attributes:
        changed: the properties that differ.
        stack: the other stack that it belongs to; empty: this one.
        delete_first: a replacement takes the old one away before the new one is made, since they share a name.
        leaving: the object that still has the name, on its way out.
        observed: what exists.
        resource: what is described; None for what is not.
        desired: the stated properties with every known reference resolved, and what those that are not stated are
            taken back to, where they differ from it.
        tags_to_set / tags_to_remove: changes to its tags.
    """

    kind: str
    name: str
    action: Action
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    changed: frozenset[str] = frozenset()
    delete_first: bool = True
    leaving: Observed | None = None
    observed: Observed | None = None
    resource: Resource | None = None
    stack: str = ""
    desired: Mapping[str, Any] = field(default_factory=dict, repr=False)
    tags_to_set: Mapping[str, str] = field(default_factory=dict)
    tags_to_remove: tuple[str, ...] = ()

    @property
    def address(self) -> Address:
        return Address(self.kind, self.name, self.stack)

    @property
    def described(self) -> Resource:
        """What is described.

        Raises:
            ValueError: nothing is; the change is the deletion of what nobody describes.
        """
        if self.resource is None:
            raise ValueError(f"{self.address} is not described")
        return self.resource

    @property
    def existing(self) -> Observed:
        """What exists.

        Raises:
            ValueError: nothing does; the change is a creation.
        """
        if self.observed is None:
            raise ValueError(f"{self.address} does not exist")
        return self.observed

    def answer(self) -> dict[str, Any]:
        """The change as results carry it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "action": self.action.value,
            "reason": self.reason,
            "before": dict(self.before),
            "after": dict(self.after),
            "unknown": list(self.unknown),
        }


@dataclass(frozen=True)
class Plan:
    """Changes in an order in which they could be made one by one: makes first, deletions last and in reverse.

    Attributes:
        notes: what a person should know although nothing is done about it.
        surroundings: what the changes refer to outside the focus of the run or in other stacks, as it is.
        missing: what they refer to there and is not there, each with what to do: such a plan is only shown.
        left: what is not described any more and stays.
    """

    stack: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    surroundings: tuple[Change, ...] = ()
    missing: tuple[str, ...] = ()
    left: tuple[Observed, ...] = ()

    @property
    def effective(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action is not Action.NONE)

    @property
    def busy(self) -> tuple[Change, ...]:
        """What is unchanged but not ready yet."""
        return tuple(
            change
            for change in self.changes
            if change.action is Action.NONE and change.observed and change.observed.phase is Phase.BUSY
        )

    def answer(self) -> list[dict[str, Any]]:
        """The plan as results carry it."""
        return [change.answer() for change in self.changes]
