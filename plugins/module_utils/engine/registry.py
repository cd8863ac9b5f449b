# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds that a run knows, each service's got when one of them is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from .kind import Kind

#: Gets the kinds of one service.
Source = Callable[[], Iterable[Kind]]


class Registry:
    """The kinds that a run knows, by type name.

    Args:
        kinds: those that are at hand.
        sources: what gets further ones, by the service in the names of their types (`AWS::RDS`) or by a whole name.
            A source is asked when one of its kinds is first needed, and answers with all kinds that may be parts of
            its own, so that a run pays for the services that it deals with.
    """

    def __init__(self, kinds: Iterable[Kind] = (), sources: Mapping[str, Source] | None = None) -> None:
        self._kinds = {kind.type: kind for kind in kinds}
        self._sources = dict(sources or {})

    def with_kinds(self, kinds: Iterable[Kind]) -> Registry:
        """This registry and some kinds more."""
        return Registry([*self._kinds.values(), *kinds], self._sources)

    def parts_of(self, whole: str) -> list[Kind]:
        """The kinds whose objects may be parts of objects of a kind."""
        self._ask(whole)
        return [kind for kind in list(self._kinds.values()) if kind.part_of and whole in kind.requires]

    def _ask(self, name: str) -> None:
        if name not in self._kinds:
            source = self._sources.get(name) or self._sources.get(name.rpartition("::")[0])
            # Two threads that ask at once are answered the same.
            self._kinds.update({kind.type: kind for kind in source()} if source else {})

    def __getitem__(self, name: str) -> Kind:
        self._ask(name)
        return self._kinds[name]

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self._ask(name)
        return name in self._kinds

    def __iter__(self) -> Iterator[Kind]:
        """Every kind."""
        for source in self._sources.values():
            self._kinds.update({kind.type: kind for kind in source()})
        return iter(list(self._kinds.values()))
