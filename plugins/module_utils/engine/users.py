# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the objects of a stack use: by that a resource is recognised which lost its tags and has no natural key.

A VPC has no name of its own, but the subnets that carry the stack's tags stand in one: where the description refers
to the VPC, they hold its identifier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .diff import differs
from .document import Document, Resource
from .kind import Kind, Observed, Phase
from .registry import Registry
from .values import Address, Ref, Unknown, is_known, references, resolve

if TYPE_CHECKING:
    from .observe import Observation


class Users:
    """Looks from what uses a resource at what it uses.

    Only what is told by its tags counts as a user, or what cannot carry any and hangs on something that is.
    """

    def __init__(self, document: Document, registry: Registry, observation: Observation) -> None:
        self.document = document
        self.registry = registry
        self.observation = observation
        self._places: dict[Address, list[tuple[Resource, str]]] = defaultdict(list)
        for user in document.in_order():
            for name, value in user.properties.items():
                for address in {ref.address for ref in references(value) if self._is_identifier(ref)}:
                    self._places[address].append((user, name))

    def _is_identifier(self, ref: Ref) -> bool:
        """Whether what a reference leads to is the identifier, by which an object can be asked for."""
        if ref.address not in self.document.resources:
            return False
        kind = self.registry[ref.address.kind]
        attribute = kind.attribute(ref.attribute)
        return attribute is not None and attribute.path == kind.id

    def used(self, resource: Resource) -> dict[str, list[Address]]:
        """What is used where the description refers to a resource: identifiers, each with its users."""
        kind = self.registry[resource.kind]
        if kind.tags is None or self.tagged(resource) or kind.natural_key(self._known(resource)) is not None:
            return {}
        found: dict[str, list[Address]] = defaultdict(list)
        for user, name in self._places[resource.address]:
            observed = self._object(user)
            if observed is not None:
                for identifier in self._held(resource.address, user.properties[name], observed.properties.get(name)):
                    found[identifier].append(user.address)
        return found

    def _held(self, address: Address, stated: Any, actual: Any) -> Iterator[str]:
        """The texts that stand where a value refers to the identifier of a resource; in a list, anywhere in it."""
        if isinstance(stated, Ref):
            if stated.address == address and self._is_identifier(stated) and actual and isinstance(actual, str):
                yield actual
        elif isinstance(stated, Mapping) and isinstance(actual, Mapping):
            for name, member in stated.items():
                yield from self._held(address, member, actual.get(name))
        elif isinstance(stated, (list, tuple)) and isinstance(actual, (list, tuple)):
            # Two references in one list lead to the same texts: each counts once.
            held = [list(self._held(address, one, other)) for one in stated for other in actual]
            yield from dict.fromkeys(identifier for some in held for identifier in some)

    def recognise(self, resource: Resource, desired: Mapping[str, Any]) -> list[tuple[Observed, Address]]:
        """The objects of nobody that are used in a resource's place and look like it, each with one of its users.

        Where several are, as the tables of an endpoint, the one with the most users; several only where they tie.
        """
        kind = self.registry[resource.kind]
        used = self.used(resource)
        found = [
            observed
            for observed in (self.observation.of(kind, self._region(resource)) if used else ())
            if observed.id in used and self._is_nobodys(observed) and _looks_like(kind, desired, observed)
        ]
        most = max((len(used[observed.id]) for observed in found), default=0)
        return [(one, used[one.id][0]) for one in found if len(used[one.id]) == most]

    def tagged(self, resource: Resource) -> list[Observed]:
        """The objects whose tags say that they are a resource."""
        kind = self.registry[resource.kind]
        if kind.tags is None:
            return []
        return [
            observed
            for observed in self.observation.of(kind, self._region(resource))
            if observed.stack == self.document.stack and observed.name == resource.name
        ]

    def _region(self, resource: Resource) -> str:
        return resource.region or self.document.region

    def _is_nobodys(self, observed: Observed) -> bool:
        if observed.phase is Phase.LEAVING or observed.stack not in ("", self.document.stack):
            return False
        return not (observed.stack and Address(observed.kind, observed.name) in self.document.resources)

    def _object(self, resource: Resource) -> Observed | None:
        """What a resource is, by its tags, or, where it cannot carry any, by a natural key that is known."""
        kind = self.registry[resource.kind]
        if kind.tags is not None:
            return next(iter(self.tagged(resource)), None)
        key = kind.natural_key(self._known(resource))
        if key is None:
            return None
        candidates = self.observation.of(kind, self._region(resource))
        return next((one for one in candidates if kind.natural_key(one.properties) == key), None)

    def _known(self, resource: Resource) -> dict[str, Any]:
        """A resource's properties as far as tags tell what they refer to."""

        def lookup(ref: Ref) -> Any:
            target = self.document.resources.get(ref.address)
            found = self._object(target) if target is not None else None
            value = None if found is None else found.attribute(ref.attribute)
            return Unknown(str(ref)) if value is None else value

        wanted = self.registry[resource.kind].key
        return {name: resolve(value, lookup) for name, value in resource.properties.items() if name in wanted}


def _looks_like(kind: Kind, desired: Mapping[str, Any], observed: Observed) -> bool:
    """Whether an object has every property that is stated, known and never changes."""
    return not any(
        prop.immutable and prop.compared and is_known(desired[name]) and differs(prop, desired[name], there)
        for name, prop in kind.properties.items()
        if name in desired
        for there in (observed.properties.get(name),)
    )
