# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of a stack that a run is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .document import Document
from .kind import Kind, Observed
from .registry import Registry
from .values import Address


def _owns_nothing(_kind: str, _name: str) -> bool:
    return False


@dataclass(frozen=True)
class Focus:
    """Some resources of a document. All others are only looked at, since these may refer to them.

    Attributes:
        addresses: the resources.
        owns: whether a kind and a logical name that nothing describes belong to the part: what it described before.
        kinds: of what kinds that can be, beside the kinds of the resources.
    """

    addresses: frozenset[Address]
    owns: Callable[[str, str], bool] = _owns_nothing
    kinds: frozenset[str] = frozenset()

    def has(self, kind: Kind, observed: Observed, stack: str) -> bool:
        """Whether something found carries tags by which it belongs to the part."""
        if kind.tags is None or observed.stack != stack:
            return False
        return Address(kind.type, observed.name) in self.addresses or self.owns(kind.type, observed.name)

    def may_remove_part(self, kind: Kind, observed: Observed, stack: str) -> bool:
        """Whether something that hangs on a resource of the part is not somebody else's in the stack.

        What cannot carry tags, or carries none of the stack, is a change behind our back.
        """
        return kind.tags is None or observed.stack != stack or self.has(kind, observed, stack)

    def needs(self, document: Document) -> set[Address]:
        """What the part refers to outside itself."""
        found: set[Address] = set()
        for address in self.addresses:
            found |= document.resources[address].needs()
        return found - self.addresses

    def view(self, document: Document, registry: Registry, *, former: bool) -> Document:
        """What a plan of the part has to look at: it, what it refers to, and what others hang on it.

        Args:
            former: and what else there is of its kinds, so that what nothing describes any more can be told.
        """
        seen = set(self.addresses)
        for address, resource in document.resources.items():
            is_part = registry[address.kind].part_of and resource.needs() & self.addresses
            if is_part or (former and address.kind in self.kinds):
                seen.add(address)
        todo = list(seen)
        while todo:
            new = {need for need in document.resources[todo.pop()].needs() if not need.stack} - seen
            seen |= new
            todo += new
        resources = [document.resources[address] for address in sorted(seen) if not address.stack]
        return Document(document.stack, document.region, resources, document.others.values())
