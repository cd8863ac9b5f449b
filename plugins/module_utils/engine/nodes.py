# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The makings and removals that a plan amounts to, and what each has to wait for."""

from __future__ import annotations

from dataclasses import dataclass, field

from .document import Document
from .kind import Phase
from .order import requirements
from .plan import Action, Change, Plan
from .registry import Registry
from .values import Address
from .work import Steps, steps_after_users


@dataclass(eq=False)
class Node:
    """A making or a removal on its way.

    Attributes:
        closes: it is the end of an update, which waits until the users of the resource are changed.
        needs: what must have succeeded before.
        after: what must have been tried before: an order among kinds, which says nothing about these very objects.
    """

    change: Change
    removes: bool
    closes: bool = False
    needs: set[Node] = field(default_factory=set)
    after: set[Node] = field(default_factory=set)
    steps: Steps | None = None
    started: float = 0.0
    finished: bool = False
    failed: bool = False
    detail: str = ""

    @property
    def subject(self) -> str:
        return str(self.change.address)

    def __str__(self) -> str:
        return f"{'remove' if self.removes else 'finish' if self.closes else 'make'} {self.subject}"


class Nodes:
    """Everything that is to be made or removed.

    Attributes:
        makes: what is created, changed or only waited for, by address.
        removals: what is deleted, also the old one of a replacement.
        closings: the ends of updates that come after those of the users.
    """

    def __init__(self, document: Document, registry: Registry, plan: Plan) -> None:
        self.document = document
        self.registry = registry
        self.makes: dict[Address, Node] = {}
        self.removals: list[Node] = []
        self.closings: list[Node] = []
        for change in (*plan.surroundings, *plan.changes):
            self._add(change)
        self._order_removals()
        self._order_closings()

    def _add(self, change: Change) -> None:
        if change.action is Action.DELETE:
            self.removals.append(Node(change, removes=True))
            return
        standing = change.observed if change.action is Action.NONE else None
        if standing is not None and standing.phase is Phase.READY:
            return
        make = self.makes[change.address] = Node(change, removes=False)
        if steps_after_users(self.registry[change.kind], change):
            self.closings.append(Node(change, removes=False, closes=True, needs={make}))
        if change.action is Action.REPLACE:
            removal = Node(change, removes=True)
            self.removals.append(removal)
            if change.delete_first:
                make.needs.add(removal)
            else:
                removal.needs.add(make)

    def _order_removals(self) -> None:
        required = {
            node.change.kind: requirements(self.registry, node.change.kind)
            for node in (*self.makes.values(), *self.removals)
        }
        replaced = {node.change.address: node for node in self.removals if node.change.action is Action.REPLACE}
        for node in self.removals:
            change = node.change
            users = (
                self.document.graph.downstream(change.address) if change.address in self.document.resources else set()
            )
            if change.action is Action.REPLACE and not change.delete_first:
                node.needs |= {self.makes[user] for user in users if user in self.makes}
            node.needs |= {replaced[user] for user in users if user in replaced}
            others = [other for other in self.removals if other is not node]
            if change.action is Action.DELETE:
                doomed = [other for other in others if other.change.action is Action.DELETE]
                node.needs |= {other for other in doomed if other.change.address in users}
            node.after |= {other for other in others if change.kind in required[other.change.kind]} - node.needs
        # Only what is made is waited for from here on.
        for node in self.removals if self.makes else ():
            waiting = self._waiting_for(node)
            kind, deletes = self.registry[node.change.kind], node.change.action is Action.DELETE
            if deletes and not kind.part_of:
                node.needs |= set(self.makes.values()) - waiting
                continue
            if deletes and kind.relied_on:
                # What is unchanged and just not well, nobody waits for: access is taken away in spite of it.
                changed = {make for make in self.makes.values() if make.change.action is not Action.NONE}
                node.needs |= changed - waiting
                continue
            # What is described may still use what goes, by a reference that it had before.
            updates = {make for make in self.makes.values() if make.change.action is Action.UPDATE}
            node.after |= {make for make in updates - waiting if node.change.kind in required[make.change.kind]}

    def _order_closings(self) -> None:
        for node in self.closings:
            users = self.document.graph.dependents.get(node.change.address, set())
            node.needs |= {self.makes[user] for user in users if user in self.makes}
            node.needs |= {
                removal
                for removal in self.removals
                if node.change.kind in requirements(self.registry, removal.change.kind)
            }

    def _waiting_for(self, node: Node) -> set[Node]:
        """Everything that can only be done after a removal, directly or through others; with the removal itself."""
        dependents: dict[Node, set[Node]] = {}
        for other in (*self.makes.values(), *self.removals):
            for need in other.needs | other.after:
                dependents.setdefault(need, set()).add(other)
        for address, make in self.makes.items():
            users = {self.makes[user] for user in self.document.graph.dependents.get(address, ()) if user in self.makes}
            dependents.setdefault(make, set()).update(users)
        found = {node}
        todo = [node]
        while todo:
            for dependent in dependents.get(todo.pop(), set()) - found:
                found.add(dependent)
                todo.append(dependent)
        return found
