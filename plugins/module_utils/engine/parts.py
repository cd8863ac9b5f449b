# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What hangs on what among the things found: the parts of a whole, and theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from .kind import Observed
from .registry import Registry


class Parts:
    """The parts among some objects.

    Args:
        observed: wholes and parts in any order.
    """

    def __init__(self, registry: Registry, observed: Iterable[Observed]) -> None:
        self.registry = registry
        self._by_whole: dict[str, list[Observed]] = defaultdict(list)
        everything = list(observed)
        self._ids = {(one.kind, one.id) for one in everything}
        for one in everything:
            part_of = registry[one.kind].part_of
            if part_of and one.properties.get(part_of):
                self._by_whole[str(one.properties[part_of])].append(one)

    def below(self, whole: Observed) -> Iterator[tuple[Observed, Observed]]:
        """Every part of a whole, and of its parts, each with what it hangs on."""
        for part in self._by_whole.get(whole.id, ()):
            # An identifier is unique only within its kind.
            if whole.kind in self.registry[part.kind].requires:
                yield part, whole
                yield from self.below(part)

    def has(self, observed: Observed) -> bool:
        """Whether something is a part of an object that is known."""
        kind = self.registry[observed.kind]
        whole = str(observed.properties.get(kind.part_of)) if kind.part_of else ""
        return any((required, whole) in self._ids for required in kind.requires)
