# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carrying out a plan: as much at once as the references allow, each thing waited for only by whoever needs it."""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Union

from .api import Api, ApiError
from .document import Document
from .errors import ApplyError, LeaseError, ResourceError
from .kind import Kind, Observed, Phase, Registry
from .order import requirements
from .plan import Action, Change, Plan
from .progress import Event, Listener, silent
from .values import PSEUDO, Address, Ref, Sensitive, Unknown, references, resolve
from .waiting import Pause, WaitOptions
from .work import Steps, Worker

_DONE = object()


@dataclass
class Report:
    """What became of a plan.

    Attributes:
        done: the changes that were made.
        failed: what could not be done: address and message.
        skipped: what was not tried, and because of whom.
        observed: what exists now, by address.
        waited: seconds that somebody waited for some resource, added up.
    """

    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    observed: dict[Address, Observed] = field(default_factory=dict)
    waited: float = 0.0

    @property
    def succeeded(self) -> bool:
        return not self.failed and not self.skipped


@dataclass(eq=False)
class _Node:
    """A making or a removal on its way.

    Attributes:
        needs: what must have succeeded before.
        after: what must have been tried before: an order among kinds, which says nothing about these very objects.
    """

    change: Change
    removes: bool
    needs: set[_Node] = field(default_factory=set)
    after: set[_Node] = field(default_factory=set)
    steps: Steps | None = None
    started: float = 0.0
    finished: bool = False
    failed: bool = False
    detail: str = ""

    @property
    def subject(self) -> str:
        return str(self.change.address)

    def __str__(self) -> str:
        return f"{'remove' if self.removes else 'make'} {self.subject}"


_Outcome = Union[Pause, BaseException, object]  # noqa: UP007


class Applier:
    """Carries out one plan.

    Args:
        fence: raises `LeaseError` when the lease of the stack is no longer ours; asked before every step.
        threads: how many requests to have under way at once.
        hint: what to do about an error code of the cloud.
        is_converging: whether a run of another stack, by name and region, is under way.
    """

    def __init__(
        self,
        api: Api,
        document: Document,
        registry: Registry,
        plan: Plan,
        facts: Mapping[str, Mapping[str, str]],
        *,
        generation: int = 0,
        waiting: WaitOptions | None = None,
        final_snapshot: bool = True,
        release_protection: bool = False,
        listener: Listener = silent,
        fence: Callable[[], None] = lambda: None,
        hint: Callable[[ApiError], str] = lambda _error: "",
        is_converging: Callable[[str, str], bool] = lambda _stack, _region: True,
        threads: int = 16,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.document = document
        self.registry = registry
        self.plan = plan
        self.facts = facts
        self.api = api
        self.waiting = waiting or WaitOptions()
        self.listener = listener
        self.fence = fence
        self.hint = hint
        self.threads = threads
        self.clock = clock
        self.report = Report()
        self._wake: queue.Queue[tuple[_Node, _Outcome] | None] = queue.Queue()
        self.current: dict[Address, Observed] = {}
        self.desired: dict[Address, Mapping[str, Any]] = {}
        self.worker = Worker(
            api,
            document,
            registry,
            generation=generation,
            parents=self._parents,
            publish=self._publish,
            is_converging=is_converging,
            waiting=self.waiting,
            final_snapshot=final_snapshot,
            release_protection=release_protection,
            clock=clock,
        )
        self.makes: dict[Address, _Node] = {}
        self.removals: list[_Node] = []
        self._build()

    # The graph of work

    def _build(self) -> None:
        for change in (*self.plan.surroundings, *self.plan.changes):
            if change.action is Action.DELETE:
                self.removals.append(_Node(change, removes=True))
                continue
            self.desired[change.address] = change.desired
            if change.action is Action.NONE and change.observed is not None:
                self.current[change.address] = change.observed
                if change.observed.phase is Phase.READY:
                    continue
            make = self.makes[change.address] = _Node(change, removes=False)
            if change.action is Action.REPLACE:
                removal = _Node(change, removes=True)
                self.removals.append(removal)
                if change.delete_first:
                    make.needs.add(removal)
                else:
                    removal.needs.add(make)
        self._order_removals()

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
        for node in self.removals:
            waiting = self._waiting_for(node)
            if node.change.action is Action.DELETE:
                if not self.registry[node.change.kind].part_of:
                    node.needs |= set(self.makes.values()) - waiting
                continue
            # What is described may still use what is replaced, by a reference that it had before.
            updates = {make for make in self.makes.values() if make.change.action is Action.UPDATE}
            node.after |= {make for make in updates - waiting if node.change.kind in required[make.change.kind]}

    def _waiting_for(self, node: _Node) -> set[_Node]:
        """Everything that can only be done after a removal, directly or through others; with the removal itself."""
        dependents: dict[_Node, set[_Node]] = {}
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

    # What is known

    def _publish(self, address: Address, observed: Observed) -> None:
        self.current[address] = observed
        self._wake.put(None)

    def _parents(self, kind: Kind, region: str) -> Mapping[str, Sequence[Observed]]:
        return {
            required: [
                observed
                for address, observed in list(self.current.items())
                if address.kind == required and observed.region in ("", region)
            ]
            for required in kind.requires
        }

    def _value(self, ref: Ref, region: str) -> Any:
        """What a reference leads to now, or an `Unknown` while that is not known."""
        if ref.address == PSEUDO:
            return self.facts[region][ref.attribute]
        address, name = ref.address, ref.attribute
        observed = self.current.get(address)
        if observed is None:
            return Unknown(str(ref))
        kind = self.registry[address.kind]
        if kind.fetches(name):
            return Sensitive(kind.read(self.api, observed, name))
        value = observed.attribute(name)
        if value is None and name in kind.properties:
            value = self.desired[address].get(name)
            value = observed.properties.get(name) if value is None or isinstance(value, Unknown) else value
        if value is None:
            value = kind.predict(name, self._prediction_facts(address))
        return Unknown(str(ref)) if value is None or isinstance(value, Unknown) else value

    def _prediction_facts(self, address: Address) -> dict[str, Any]:
        facts = self.facts[self.document.region_of(address)]
        pseudo = {"account": facts["AccountId"], "region": facts["Region"], "partition": facts["Partition"]}
        return {**pseudo, **self.desired[address]}

    def _is_available(self, ref: Ref, region: str) -> bool:
        if ref.address == PSEUDO:
            return True
        kind = self.registry[ref.address.kind]
        node = self.makes.get(ref.address)
        if ref.address not in self.current:
            return False
        if node is None or node.finished:
            return True
        described = kind.attribute(ref.attribute)
        if kind.referenced_when_ready and not (described and described.before_ready):
            return False
        return kind.fetches(ref.attribute) or not isinstance(self._value(ref, region), Unknown)

    def _can_start(self, node: _Node) -> bool:
        if not all(need.finished for need in node.needs):
            return False
        if not all(other.finished or other.failed for other in node.after):
            return False
        if node.removes or node.change.action is Action.NONE:
            return True
        resource = node.change.described
        region = resource.region or self.document.region
        for address in resource.depends_on:
            if address in self.makes and not self.makes[address].finished:
                return False
        return all(self._is_available(ref, region) for ref in references(resource.properties))

    def _blocker(self, node: _Node) -> _Node | None:
        """A node that this one needs and that will not succeed."""
        for need in node.needs:
            if need.failed:
                return need
        if node.removes or node.change.resource is None or node.change.action is Action.NONE:
            return None
        for address in sorted(node.change.resource.needs()):
            make = self.makes.get(address)
            if make is not None and make.failed:
                return make
        return None

    def _resolve(self, change: Change) -> dict[str, Any]:
        resource = change.described
        region = resource.region or self.document.region
        kind = self.registry[change.kind]
        stated = dict(resource.properties)
        if change.action is Action.UPDATE:
            # A secret that is only ever written is not read again for a change of something else.
            stated = {
                name: value
                for name, value in stated.items()
                if not kind.properties[name].write_only
                or not any(self.registry[r.address.kind].fetches(r.attribute) for r in _to_resources(value))
            }
        resolved: dict[str, Any] = resolve(stated, lambda ref: self._value(ref, region))
        missing = [str(ref) for ref in references(stated) if isinstance(self._value_or_fetched(ref, region), Unknown)]
        if missing:
            raise ResourceError(
                f"{', '.join(missing)} is not known although it exists", "the service did not answer it; run again"
            )
        return resolved

    def _value_or_fetched(self, ref: Ref, region: str) -> Any:
        if ref.address != PSEUDO and self.registry[ref.address.kind].fetches(ref.attribute):
            return ref
        return self._value(ref, region)

    # The loop

    def apply(self) -> Report:
        """Carry out the plan.

        Returns:
            what was done, and what exists now.

        Raises:
            ApplyError: some changes failed or were skipped; it carries the report.
        """
        todo: list[_Node] = [*self.makes.values(), *self.removals]
        running: set[_Node] = set()
        sleeping: list[tuple[float, int, _Node]] = []
        ticket = itertools.count()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="apply") as pool:
            while todo or running or sleeping:
                for node in list(todo):
                    blocker = self._blocker(node)
                    if blocker is not None:
                        todo.remove(node)
                        self._skip(node, blocker)
                    elif self._can_start(node) and not self._must_queue(node, running, sleeping):
                        todo.remove(node)
                        self._start(node)
                        running.add(node)
                        pool.submit(self._advance, node)
                now = self.clock()
                while sleeping and sleeping[0][0] <= now:
                    node = heapq.heappop(sleeping)[2]
                    running.add(node)
                    pool.submit(self._advance, node)
                if not running and not sleeping:
                    if self._relax(todo):
                        continue
                    self._deadlock(todo)
                    break
                outcome = self._next_outcome(sleeping)
                if outcome is None:
                    continue
                node, result = outcome
                running.discard(node)
                if isinstance(result, Pause):
                    if self._can_leave(node):
                        self._finish(node)
                        continue
                    self._waiting(node, result)
                    heapq.heappush(sleeping, (self.clock() + result.seconds, next(ticket), node))
                elif isinstance(result, BaseException):
                    self._fail(node, result)
                else:
                    self._finish(node)
        self.report.observed = dict(self.current)
        if not self.report.succeeded:
            raise ApplyError(_summary(self.report), self.report)
        return self.report

    def _must_queue(self, node: _Node, running: set[_Node], sleeping: list[tuple[float, int, _Node]]) -> bool:
        """Whether the cloud wants the changes of this kind one after the other."""
        if not self.registry[node.change.kind].created_in_order:
            return False
        under_way = [*running, *(other for _time, _ticket, other in sleeping)]
        return any(other.change.kind == node.change.kind for other in under_way)

    def _can_leave(self, node: _Node) -> bool:
        """Whether a resource that is only waited for need not be: the user does not want to, and nobody else does."""
        if self.waiting.wait or node.removes or node.change.stack or node.change.address not in self.current:
            return False
        needed = self.document.graph.downstream(node.change.address)
        return not any(address in needed and not make.finished for address, make in self.makes.items())

    def _next_outcome(self, sleeping: list[tuple[float, int, _Node]]) -> tuple[_Node, _Outcome] | None:
        timeout = max(0.0, sleeping[0][0] - self.clock()) if sleeping else None
        try:
            return self._wake.get(timeout=timeout)
        except queue.Empty:
            return None

    def _start(self, node: _Node) -> None:
        node.started = self.clock()
        verb = {Action.CREATE: "creating", Action.UPDATE: "updating", Action.REPLACE: "replacing"}.get(
            node.change.action, "waiting for"
        )
        self.listener(Event("deleting" if node.removes else verb, node.subject))

    def _advance(self, node: _Node) -> None:
        """Run a node until it pauses, ends or fails; on a thread of the pool."""
        try:
            self.fence()
            if node.steps is None:
                node.steps = self._steps(node)
            outcome: _Outcome = next(node.steps, _DONE)
        except BaseException as error:
            outcome = error
        self._wake.put((node, outcome))

    def _steps(self, node: _Node) -> Steps:
        if node.removes:
            return self.worker.remove(node.change)
        if node.change.stack and node.change.observed is None:
            return self.worker.await_other(node.change)
        if node.change.action is Action.NONE:
            return self.worker.make(node.change, {})
        desired = self._resolve(node.change)
        return self.worker.make(node.change, desired)

    # What is told

    def _waiting(self, node: _Node, pause: Pause) -> None:
        self.report.waited += pause.seconds
        if pause.why != node.detail:
            node.detail = pause.why
            self.listener(Event("waiting for", node.subject, self.clock() - node.started, pause.why))

    def _finish(self, node: _Node) -> None:
        node.finished = True
        seconds = self.clock() - node.started
        action = node.change.action
        if node.removes:
            verb = "deleted"
            if action is Action.DELETE:
                self.report.done.append(f"delete {node.subject}")
        elif action is Action.NONE:
            verb = "ready"
        else:
            verb = {Action.CREATE: "created", Action.UPDATE: "updated"}.get(action, "replaced")
            self.report.done.append(f"{action.value} {node.subject}")
        self.listener(Event(verb, node.subject, seconds))

    def _fail(self, node: _Node, error: BaseException) -> None:
        if not isinstance(error, (ApiError, ResourceError, LeaseError)):
            error = ResourceError(f"{type(error).__name__}: {error}", "this is a defect; please report it")
        node.failed = True
        where = node.change.resource.path if node.change.resource and node.change.resource.path else ""
        hint = error.hint if isinstance(error, ResourceError) else ""
        if isinstance(error, ApiError):
            hint = self.hint(error)
        doing = "delete" if node.removes else node.change.action.value.replace("none", "wait for")
        message = f"{where + ': ' if where else ''}cannot {doing} {node.subject}: {error}" + (
            f"; {hint}" if hint else ""
        )
        self.report.failed[str(node)] = message
        self.listener(Event("failed", node.subject, self.clock() - node.started, str(error)))

    def _skip(self, node: _Node, blocker: _Node) -> None:
        node.failed = True
        because = f"it needs {blocker.subject}"
        self.report.skipped[str(node)] = because
        self.listener(Event("skipped", node.subject, 0.0, because))

    @staticmethod
    def _relax(todo: list[_Node]) -> bool:
        """Let go of the order among kinds where references between the objects themselves want another one."""
        ordered = [node for node in todo if any(other in todo for other in node.after)]
        for node in ordered:
            node.after.clear()
        return bool(ordered)

    def _deadlock(self, todo: list[_Node]) -> None:
        for node in todo:
            self.report.skipped[str(node)] = "nothing it waits for can happen; this is a defect, please report it"


def _to_resources(value: Any) -> list[Ref]:
    return [ref for ref in references(value) if ref.address != PSEUDO]


def _summary(report: Report) -> str:
    lines = list(report.failed.values())
    if report.skipped:
        lines.append("not done: " + ", ".join(f"{name} ({why})" for name, why in sorted(report.skipped.items())))
    lines.append(f"done before: {', '.join(report.done) or 'nothing'}")
    return "\n".join(lines)
