# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carrying out a plan: as much at once as the references allow, each thing waited for only by whoever needs it."""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Union

from .api import Api, ApiError
from .document import Document
from .errors import ApplyError, LeaseError, ResourceError
from .kind import Observed
from .known import Known
from .nodes import Node, Nodes
from .plan import Action, Plan
from .progress import Event, Listener, silent
from .registry import Registry
from .values import Address, references
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
        ambiguous: of some change nobody knows whether it took effect.
        notes: what the plan says beside its changes.
    """

    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    observed: dict[Address, Observed] = field(default_factory=dict)
    waited: float = 0.0
    ambiguous: bool = False
    notes: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        return not self.failed and not self.skipped


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
        self.waiting = waiting or WaitOptions()
        self.listener = listener
        self.fence = fence
        self.hint = hint
        self.threads = threads
        self.clock = clock
        self.report = Report(notes=plan.notes)
        self._wake: queue.Queue[tuple[Node, _Outcome] | None] = queue.Queue()
        self.known = Known(api, document, registry, plan, facts)
        self.nodes = Nodes(document, registry, plan)
        self.worker = Worker(
            api,
            document,
            registry,
            generation=generation,
            parents=self.known.parents,
            publish=self._publish,
            is_converging=is_converging,
            waiting=self.waiting,
            final_snapshot=final_snapshot,
            release_protection=release_protection,
            clock=clock,
        )

    def _publish(self, address: Address, observed: Observed) -> None:
        self.known.current[address] = observed
        self._wake.put(None)

    # What can be done next

    def _can_start(self, node: Node) -> bool:
        if not all(need.finished for need in node.needs):
            return False
        if not all(other.finished or other.failed for other in node.after):
            return False
        if node.removes or node.closes or node.change.action is Action.NONE:
            return True
        resource = node.change.described
        region = resource.region or self.document.region
        if not all(self._is_finished(address) for address in resource.depends_on):
            return False
        return all(
            self.known.is_available(ref, region, self._is_finished(ref.address))
            for ref in references(resource.properties)
        )

    def _is_finished(self, address: Address) -> bool:
        make = self.nodes.makes.get(address)
        return make is None or make.finished

    def _blocker(self, node: Node) -> Node | None:
        """A node that this one needs and that will not succeed."""
        for need in node.needs:
            if need.failed:
                return need
        if node.removes or node.closes or node.change.resource is None or node.change.action is Action.NONE:
            return None
        for address in sorted(node.change.resource.needs()):
            make = self.nodes.makes.get(address)
            if make is not None and make.failed:
                return make
        return None

    # The loop

    def apply(self) -> Report:
        """Carry out the plan.

        Returns:
            what was done, and what exists now.

        Raises:
            ApplyError: some changes failed or were skipped; it carries the report.
        """
        todo: list[Node] = [*self.nodes.makes.values(), *self.nodes.removals, *self.nodes.closings]
        running: set[Node] = set()
        sleeping: list[tuple[float, int, Node]] = []
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
                    if result.is_last and self._can_leave(node):
                        self._finish(node)
                        continue
                    self._waiting(node, result)
                    heapq.heappush(sleeping, (self.clock() + result.seconds, next(ticket), node))
                elif isinstance(result, BaseException):
                    self._fail(node, result)
                else:
                    self._finish(node)
        self.report.observed = dict(self.known.current)
        if not self.report.succeeded:
            raise ApplyError(_summary(self.report), self.report)
        return self.report

    def _must_queue(self, node: Node, running: set[Node], sleeping: list[tuple[float, int, Node]]) -> bool:
        """Whether the cloud wants the changes of this kind one after the other."""
        if not self.registry[node.change.kind].created_in_order:
            return False
        under_way = [*running, *(other for _time, _ticket, other in sleeping)]
        return any(other.change.kind == node.change.kind for other in under_way)

    def _can_leave(self, node: Node) -> bool:
        """Whether a resource that is only waited for need not be: the user does not want to, and nobody else does."""
        if self.waiting.wait or node.removes or node.change.stack or node.change.address not in self.known.current:
            return False
        if any(node in closing.needs for closing in self.nodes.closings):
            return False
        needed = self.document.graph.downstream(node.change.address)
        return not any(address in needed and not make.finished for address, make in self.nodes.makes.items())

    def _next_outcome(self, sleeping: list[tuple[float, int, Node]]) -> tuple[Node, _Outcome] | None:
        timeout = max(0.0, sleeping[0][0] - self.clock()) if sleeping else None
        try:
            return self._wake.get(timeout=timeout)
        except queue.Empty:
            return None

    def _start(self, node: Node) -> None:
        node.started = self.clock()
        verb = {Action.CREATE: "creating", Action.UPDATE: "updating", Action.REPLACE: "replacing"}.get(
            node.change.action, "waiting for"
        )
        self.listener(Event("deleting" if node.removes else verb, node.subject))

    def _advance(self, node: Node) -> None:
        """Run a node until it pauses, ends or fails; on a thread of the pool."""
        try:
            self.fence()
            if node.steps is None:
                node.steps = self._steps(node)
            outcome: _Outcome = next(node.steps, _DONE)
        except BaseException as error:
            outcome = error
        self._wake.put((node, outcome))

    def _steps(self, node: Node) -> Steps:
        if node.removes:
            return self.worker.remove(node.change)
        if node.change.stack and node.change.observed is None:
            return self.worker.await_other(node.change)
        if node.change.action is Action.NONE:
            return self.worker.make(node.change, {})
        desired = self.known.resolve(node.change)
        return self.worker.close(node.change, desired) if node.closes else self.worker.make(node.change, desired)

    # What is told

    def _waiting(self, node: Node, pause: Pause) -> None:
        self.report.waited += pause.seconds
        if pause.why != node.detail:
            node.detail = pause.why
            self.listener(Event("waiting for", node.subject, self.clock() - node.started, pause.why))

    def _finish(self, node: Node) -> None:
        node.finished = True
        seconds = self.clock() - node.started
        action = node.change.action
        if node.removes:
            verb = "deleted"
        elif action is Action.NONE:
            verb = "ready"
        else:
            verb = {Action.CREATE: "created", Action.UPDATE: "updated"}.get(action, "replaced")
        if action is Action.REPLACE:
            self._half_done(node)
        elif node.closes:
            self.report.done.remove(self._begun(node))
            self.report.done.append(f"{action.value} {node.subject}")
        elif any(node in closing.needs and closing.change is node.change for closing in self.nodes.closings):
            self.report.done.append(self._begun(node))
        elif action is not Action.NONE:
            self.report.done.append(f"{action.value} {node.subject}")
        self.listener(Event(verb, node.subject, seconds))

    @staticmethod
    def _begun(node: Node) -> str:
        """What is told of an update while its end has to wait for the users."""
        return f"{node.change.action.value} {node.subject}, but for what its users hold on to"

    def _half_done(self, node: Node) -> None:
        """A replacement is done when both its halves are; a run that ends in between tells the first."""
        deleted, created = f"delete {node.subject}, to be replaced", f"create {node.subject}, to replace the old one"
        mine, other = (deleted, created) if node.removes else (created, deleted)
        if other in self.report.done:
            self.report.done[self.report.done.index(other)] = f"replace {node.subject}"
        else:
            self.report.done.append(mine)

    def _fail(self, node: Node, error: BaseException) -> None:
        if not isinstance(error, (ApiError, ResourceError, LeaseError)):
            self.report.ambiguous = True
            error = ResourceError(f"{type(error).__name__}: {error}", "this is a defect; please report it")
        node.failed = True
        where = node.change.resource.path if node.change.resource and node.change.resource.path else ""
        hint = error.hint if isinstance(error, ResourceError) else ""
        if isinstance(error, ApiError):
            hint = self.hint(error)
            self.report.ambiguous |= error.ambiguous
        doing = "delete" if node.removes else node.change.action.value.replace("none", "wait for")
        message = f"{where + ': ' if where else ''}cannot {doing} {node.subject}: {error}" + (
            f"; {hint}" if hint else ""
        )
        self.report.failed[str(node)] = message
        self.listener(Event("failed", node.subject, self.clock() - node.started, str(error)))

    def _skip(self, node: Node, blocker: Node) -> None:
        node.failed = True
        because = f"it needs {blocker.subject}"
        self.report.skipped[str(node)] = because
        self.listener(Event("skipped", node.subject, 0.0, because))

    @staticmethod
    def _relax(todo: list[Node]) -> bool:
        """Let go of the order among kinds where references between the objects themselves want another one."""
        ordered = [node for node in todo if any(other in todo for other in node.after)]
        for node in ordered:
            node.after.clear()
        return bool(ordered)

    def _deadlock(self, todo: list[Node]) -> None:
        for node in todo:
            self.report.skipped[str(node)] = "nothing it waits for can happen; this is a defect, please report it"


def _summary(report: Report) -> str:
    lines = list(report.failed.values())
    if report.skipped:
        lines.append("not done: " + ", ".join(f"{name} ({why})" for name, why in sorted(report.skipped.items())))
    lines.append(f"done before: {', '.join(report.done) or 'nothing'}")
    return "\n".join(lines)
