# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which of the things found is the resource described."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from .diff import differs
from .document import NAME_TAG, STACK_TAG, Document, Resource
from .kind import Kind, Observed, Phase
from .observe import Observation, is_ours
from .registry import Registry
from .users import Users
from .values import Address


@dataclass(frozen=True)
class Match:
    """The answer for one resource.

    Attributes:
        is_foreign: it can carry tags, and they name no stack.
        user: what of the stack uses it, if that is all that tells which resource it is.
        problem: why what was found cannot be used.
    """

    observed: Observed | None = None
    is_foreign: bool = False
    user: Address | None = None
    problem: str = ""


class Matcher:
    """Finds resources among what was observed, and remembers which was taken for which."""

    def __init__(self, document: Document, registry: Registry, observation: Observation) -> None:
        self.document = document
        self.registry = registry
        self.observation = observation
        self.users = Users(document, registry, observation)
        self.matched: dict[Address, Observed] = {}
        self._claimed: dict[tuple[str, str, str], Address] = {}
        self._superseded: set[tuple[str, str, str]] = set()

    def match(self, resource: Resource, desired: Mapping[str, Any]) -> Match:
        """The object that a resource is, found by its tags, or else by its natural key, or else by what uses it."""
        kind = self.registry[resource.kind]
        candidates = self.observation.of(kind, resource.region or self.document.region)
        tagged = self.users.tagged(resource)
        if tagged:
            best = self._best(kind, desired, tagged)
            self._superseded |= {other.identity for other in tagged if other is not best}
            return self._claim(resource, Match(best))
        key = kind.natural_key(desired)
        same_key = [one for one in candidates if key is not None and kind.natural_key(one.properties) == key]
        if not same_key:
            return self._by_user(resource, desired)
        found = min(same_key, key=lambda observed: (observed.phase is Phase.LEAVING, observed.id))
        return self._claim(resource, self._by_key(kind, resource, found))

    def _by_key(self, kind: Kind, resource: Resource, found: Observed) -> Match:
        if is_ours(kind, found, self.document.stack):
            # Tags that name another logical name: the resource was renamed in the description.
            other = Address(kind.type, found.name)
            if kind.tags is not None and found.name and other in self.document.resources:
                return Match(
                    found,
                    problem=f"{resource.path or resource.address}: {kind.title} {found.id} is already {other} of this "
                    f"stack; give one of the two another name",
                )
            return Match(found)
        if found.stack:
            return Match(
                found,
                problem=f"{resource.path or resource.address}: {kind.title} {found.id} belongs to the stack "
                f"{found.stack}; choose another name",
            )
        # A part of what is ours is ours, whoever made it: the whole is described exactly by its parts.
        foreign = found.phase is not Phase.LEAVING and not self.is_part_of_ours(kind, found)
        return Match(found, is_foreign=foreign)

    def _by_user(self, resource: Resource, desired: Mapping[str, Any]) -> Match:
        found = [one for one in self.users.recognise(resource, desired) if not self.is_claimed(one[0])]
        if not found:
            return Match()
        observed, user = found[0]
        if len(found) == 1:
            return self._claim(resource, Match(observed, is_foreign=not observed.stack, user=user))
        ids = ", ".join(one.id for one, _user in found)
        return Match(
            observed,
            problem=f"{resource.path or resource.address}: {user} of this stack uses {ids}, and no tag says which of "
            f"them is {resource.address}; give that one the tags {STACK_TAG}={self.document.stack} and "
            f"{NAME_TAG}={resource.name}",
        )

    def _best(self, kind: Kind, desired: Mapping[str, Any], tagged: list[Observed]) -> Observed:
        """Among objects with the same tags, left by a run that died half-way, the one nearest to what is wanted."""

        def distance(observed: Observed) -> tuple[bool, int, int, str]:
            comparable = {name: prop for name, prop in kind.properties.items() if name in desired and prop.compared}
            wrong = [
                name for name in comparable if differs(comparable[name], desired[name], observed.properties.get(name))
            ]
            forcing = sum(comparable[name].immutable for name in wrong)
            return (observed.phase in (Phase.LEAVING, Phase.FAILED), forcing, len(wrong), observed.id)

        return tagged[0] if len(tagged) == 1 else min(tagged, key=distance)

    def _claim(self, resource: Resource, match: Match) -> Match:
        if match.observed is not None:
            self._claimed[match.observed.identity] = resource.address
            if match.observed.phase is not Phase.LEAVING and not match.problem:
                self.matched[resource.address] = match.observed
        return match

    def is_claimed(self, observed: Observed) -> bool:
        """Whether it was taken for a resource."""
        return observed.identity in self._claimed

    def is_superseded(self, observed: Observed) -> bool:
        """Whether it carries the tags of a resource that another object was taken for."""
        return observed.identity in self._superseded

    def address_of(self, observed: Observed) -> Address | None:
        """The resource that it was taken for."""
        return self._claimed.get(observed.identity)

    def is_part_of_ours(self, kind: Kind, observed: Observed, among: Container[Address] | None = None) -> bool:
        """Whether it hangs on something that this stack owns and describes.

        Args:
            among: just some of that.
        """
        whole = observed.properties.get(kind.part_of) if kind.part_of else None
        if whole is None:
            return False
        return any(
            found.id == whole and is_ours(self.registry[address.kind], found, self.document.stack)
            for address, found in self.matched.items()
            if address.kind in kind.requires and (among is None or address in among)
        )
