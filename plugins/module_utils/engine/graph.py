# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Order: a directed graph of hashable nodes, and walks along it that do not depend on input order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

Node = TypeVar("Node")


class CycleError(ValueError):
    """The graph has a cycle; `nodes` are on it, in order."""

    def __init__(self, nodes: list[object]) -> None:
        super().__init__(" -> ".join(str(node) for node in nodes))
        self.nodes = nodes


class Graph(Generic[Node]):
    """Nodes and what each needs first.

    Args:
        needs: for each node, the nodes that come before it. Needs outside the graph are ignored.
    """

    def __init__(self, needs: Mapping[Node, Iterable[Node]]) -> None:
        nodes = set(needs)
        self.needs: dict[Node, set[Node]] = {node: set(before) & nodes - {node} for node, before in needs.items()}
        self.dependents: dict[Node, set[Node]] = {node: set() for node in nodes}
        for node, before in self.needs.items():
            for need in before:
                self.dependents[need].add(node)

    def ordered(self) -> list[Node]:
        """All nodes, needs first; ties are broken by the nodes' own order of text, so any input order gives one result.

        Raises:
            CycleError: there is no such order.
        """
        waiting = {node: len(before) for node, before in self.needs.items()}
        ready = [(str(node), id(node), node) for node, count in waiting.items() if count == 0]
        heapq.heapify(ready)
        result: list[Node] = []
        while ready:
            _text, _id, node = heapq.heappop(ready)
            result.append(node)
            for dependent in self.dependents[node]:
                waiting[dependent] -= 1
                if waiting[dependent] == 0:
                    heapq.heappush(ready, (str(dependent), id(dependent), dependent))
        if len(result) < len(self.needs):
            raise CycleError(list(self._cycle(set(self.needs) - set(result))))
        return result

    def _cycle(self, among: set[Node]) -> list[Node]:
        path: list[Node] = [min(among, key=str)]
        while True:
            step = min(self.needs[path[-1]] & among, key=str)
            if step in path:
                return [*path[path.index(step) :], step]
            path.append(step)

    def downstream(self, start: Node) -> set[Node]:
        """Every node that needs `start`, directly or through others; without `start`."""
        seen: set[Node] = set()
        todo = [start]
        while todo:
            for dependent in self.dependents[todo.pop()]:
                if dependent not in seen:
                    seen.add(dependent)
                    todo.append(dependent)
        return seen
