# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What carries the stack's tags and is not described any more: what of it goes, and what stays because of what."""

from __future__ import annotations

from collections.abc import Iterable

from .kind import Kind, Observed
from .order import requirements
from .parts import Parts
from .registry import Registry
from .values import texts

_Identity = tuple[str, str, str]


class Leftovers:
    """Decides about what is not described any more.

    What holds data or is protected stays until its protection is released, and what stays needs what it uses: AWS
    refuses to delete the subnet group of a database, or the target group of a listener.

    Args:
        found: what is not described any more.
        undescribed: everything that nobody describes and that is not deleted for another reason. What cannot carry
            tags uses something only as a part of what stays.
        parts: what hangs on what.
        release_protection: let go of what holds data or is protected.
    """

    def __init__(
        self,
        registry: Registry,
        found: Iterable[Observed],
        undescribed: Iterable[Observed],
        parts: Parts,
        *,
        release_protection: bool,
    ) -> None:
        self.registry = registry
        self.found = list(found)
        self.undescribed = list(undescribed)
        self.parts = parts
        self.release_protection = release_protection

    def kept(self) -> dict[_Identity, str]:
        """What of it stays, and why."""
        kept = {one.identity: why for one in self.found if (why := self._why_guarded(one))}
        candidates = {one.identity: one for one in self.found if one.identity not in kept}
        going = {part.identity for one in candidates.values() for part, _whole in self.parts.below(one)}
        users = [
            one
            for one in self.undescribed
            if one.identity not in candidates.keys() | going
            and (self.registry[one.kind].tags is not None or self.parts.has(one))
        ]
        while users:
            user = users.pop()
            for used in self._used_by(user, candidates.values()):
                del candidates[used.identity]
                kept[used.identity] = f"{self.registry[user.kind].title} {user.id} uses it"
                users += [used, *(part for part, _whole in self.parts.below(used))]
        return kept

    def _why_guarded(self, observed: Observed) -> str:
        if self.release_protection:
            return ""
        if self.registry[observed.kind].holds_data:
            return "it holds data"
        return "it is protected" if observed.protected else ""

    def _used_by(self, user: Observed, candidates: Iterable[Observed]) -> list[Observed]:
        required = requirements(self.registry, user.kind)
        held = set(texts(user.properties))
        return [
            one
            for one in candidates
            if not held.isdisjoint(_identifiers_of(self.registry[one.kind], one))
            # What a person chose means something only where something of the kind is expected.
            or (one.kind in required and not held.isdisjoint(_names_of(self.registry[one.kind], one)))
        ]


def _names_of(kind: Kind, observed: Observed) -> tuple[str, ...]:
    """By what a user may refer to an object although others may be called the same."""
    return (observed.id, *(kind.natural_key(observed.properties) or () if len(kind.key) == 1 else ()))


def _identifiers_of(kind: Kind, observed: Observed) -> set[str]:
    """By what a user may refer to an object and to no other: the identifier that the cloud gave it, its ARN."""
    arns = {text for text in texts(observed.attributes) if text.startswith("arn:")}
    return arns | ({observed.id} - set(kind.natural_key(observed.properties) or ()))
