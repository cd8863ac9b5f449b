# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What carries the stack's tags and is not described any more: what of it goes, and what stays because of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

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
        # An account may hold thousands of users, so each looks up what it holds.
        identifiers, names = self._by(candidates, _identifiers_of), self._by(candidates, _names_of)
        going = {part.identity for one in candidates.values() for part, _whole in self.parts.below(one)}
        users = [
            one
            for one in self.undescribed
            if one.identity not in candidates.keys() | going
            and (self.registry[one.kind].tags is not None or self.parts.has(one))
        ]
        while users:
            user = users.pop()
            for identity in sorted(self._used_by(user, identifiers, names) & candidates.keys()):
                used = candidates.pop(identity)
                kept[used.identity] = f"{self.registry[user.kind].title} {user.id} uses it"
                users += [used, *(part for part, _whole in self.parts.below(used))]
        return kept

    def _why_guarded(self, observed: Observed) -> str:
        if self.release_protection:
            return ""
        if self.registry[observed.kind].holds_data:
            return "it holds data"
        return "it is protected" if observed.protected else ""

    def _by(
        self, candidates: Mapping[_Identity, Observed], words: Callable[[Kind, Observed], Iterable[str]]
    ) -> dict[str, set[_Identity]]:
        """Candidates by the words for them."""
        found: dict[str, set[_Identity]] = defaultdict(set)
        for identity, one in candidates.items():
            for word in words(self.registry[one.kind], one):
                found[word].add(identity)
        return found

    def _used_by(
        self, user: Observed, identifiers: Mapping[str, set[_Identity]], names: Mapping[str, set[_Identity]]
    ) -> set[_Identity]:
        held = set(texts(user.properties))
        used = {identity for text in held & identifiers.keys() for identity in identifiers[text]}
        named = {identity for text in held & names.keys() for identity in names[text]} - used
        if named:
            # What a person chose means something only where something of the kind is expected.
            required = requirements(self.registry, user.kind)
            used |= {identity for identity in named if identity[0] in required}
        return used


def _names_of(kind: Kind, observed: Observed) -> tuple[str, ...]:
    """By what a user may refer to an object although others may be called the same."""
    return (observed.id, *(kind.natural_key(observed.properties) or () if len(kind.key) == 1 else ()))


def _identifiers_of(kind: Kind, observed: Observed) -> set[str]:
    """By what a user may refer to an object and to no other: the identifier that the cloud gave it, its ARN."""
    arns = {text for text in texts(observed.attributes) if text.startswith("arn:")}
    return arns | ({observed.id} - set(kind.natural_key(observed.properties) or ()))
