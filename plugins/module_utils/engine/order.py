# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What goes before what, by kind: nothing here knows single objects."""

from __future__ import annotations

from collections.abc import Iterable

from .graph import Graph
from .kind import Observed
from .registry import Registry


def deletion_order(registry: Registry, doomed: Iterable[Observed]) -> list[Observed]:
    """What is to be deleted, each before what it requires, the same for any input order."""
    listed = {observed.identity: observed for observed in doomed}
    kinds = {observed.kind for observed in listed.values()}
    required = {kind: requirements(registry, kind) & kinds for kind in kinds}
    by_kind: dict[str, list[tuple[str, str, str]]] = {}
    for identity, observed in listed.items():
        by_kind.setdefault(observed.kind, []).append(identity)
    graph = Graph(required)
    return [listed[identity] for kind in reversed(graph.ordered()) for identity in sorted(by_kind[kind])]


def requirements(registry: Registry, kind: str) -> set[str]:
    """Every kind that a kind requires, directly or through others."""
    seen: set[str] = set()
    todo = [kind]
    while todo:
        for required in registry[todo.pop()].requires:
            if required in registry and required not in seen and required != kind:
                seen.add(required)
                todo.append(required)
    return seen
