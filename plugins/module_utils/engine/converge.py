# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Convergence: compile is done; observe, plan, take the lease, apply, answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import refusals
from .api import Api, ApiError
from .apply import Applier, Report
from .diff import as_secret_as, show
from .document import Document
from .errors import ApplyError, PlanError, StackwrightError
from .kind import Kind, Observed, Phase
from .lease import Lease, LeaseState
from .observe import Observation, Observer, Place, described_places, pseudo_parameters
from .plan import Action, Plan, PlanOptions
from .planner import Planner
from .progress import Listener, silent
from .registry import Registry
from .values import Address, render
from .waiting import WaitOptions


@dataclass(frozen=True)
class ConvergeOptions:
    """The choices of one run.

    Attributes:
        check: plan only; the api refuses to write as well.
        threads: how many requests to have under way at once.
    """

    check: bool = False
    plan: PlanOptions = field(default_factory=PlanOptions)
    waiting: WaitOptions = field(default_factory=WaitOptions)
    final_snapshot: bool = True
    threads: int = 16


@dataclass
class Outcome:
    """What a run answers.

    Attributes:
        outputs: by kind and logical name, the identifier, attributes and names of what exists.
        seconds_waited: seconds that resources were waited for, added up.
    """

    plan: Plan
    changed: bool
    outputs: dict[str, dict[str, dict[str, Any]]]
    report: Report | None = None
    seconds_waited: float = 0.0


class Convergence:
    """Brings one stack to its description.

    Args:
        lease: how the stack is kept to one runner.
        approve: is shown the plan before anything is done and may refuse it by raising.
        hint: what to do about an error code of the cloud.
        is_converging: whether a run of another stack, by name and region, is under way.
    """

    def __init__(
        self,
        api: Api,
        registry: Registry,
        lease: Lease,
        *,
        options: ConvergeOptions | None = None,
        listener: Listener = silent,
        approve: Callable[[Plan], None] = lambda _plan: None,
        hint: Callable[[ApiError], str] = lambda _error: "",
        is_converging: Callable[[str, str], bool] = lambda _stack, _region: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api = api
        self.registry = registry
        self.lease = lease
        self.options = options or ConvergeOptions()
        self.listener = listener
        self.approve = approve
        self.hint = hint
        self.is_converging = is_converging
        self.clock = clock

    def plan(self, document: Document, former: Collection[Place] = ()) -> tuple[Plan, Mapping[str, Mapping[str, str]]]:
        """The plan against what exists now, and the facts it was made with.

        Args:
            former: where the stack once described something, as the ledger says. What is deleted is looked for among
                all kinds all the same: the ledger may be a new one.
        """
        choices = self.options.plan
        deletes = choices.prune or choices.destroy
        kinds: Collection[str] = ()
        if deletes:
            kinds = choices.focus.kinds if choices.focus else [kind.type for kind in self.registry]
        if choices.focus:
            document = choices.focus.view(document, self.registry, former=deletes)
            former = [place for place in former if deletes and place[0] in choices.focus.kinds]
        observer = Observer(self.api, self.registry, self.options.threads)
        observation = observer.observe(document, kinds=kinds, former=former, everything=choices.adopt)
        facts = self._facts(document, observation)
        return Planner(document, self.registry, observation, facts, choices, self._fetch).plan(), facts

    def _fetch(self, kind: Kind, observed: Observed, attribute: str) -> Any:
        return kind.read(self.api, observed, attribute)

    def _facts(self, document: Document, observation: Observation) -> dict[str, dict[str, str]]:
        regions = {document.region} | {region for _kind, region in observation.found if region}
        regions |= {document.region_of(address) for address in document.elsewhere()}
        return {region: pseudo_parameters(self.api, region) for region in regions}

    def _approved(self, document: Document, state: LeaseState) -> tuple[Plan, Mapping[str, Mapping[str, str]]]:
        plan, facts = self.plan(document, state.places)
        if not state.fence and not self.options.plan.adopt and self.options.plan.focus is None:
            elsewhere = refusals.of_region(document, self.registry, plan)
            if elsewhere:
                raise PlanError([elsewhere])
        self.approve(plan)
        if plan.missing and not self.options.check:
            raise PlanError(list(plan.missing))
        return plan, facts

    def _deletes(self, plan: Plan) -> bool:
        """Whether something goes, for good or to be made anew, whose create had a token; parts of wholes have none."""
        gone = (change.kind for change in plan.changes if change.action in (Action.DELETE, Action.REPLACE))
        return any(not self.registry[kind].part_of for kind in gone)

    def _places_after(self, plan: Plan, described: set[Place]) -> set[Place] | None:
        """Where there is something of the stack once a plan is carried out; None: the run has not looked everywhere."""
        if self.options.plan.focus is not None:
            return None
        stays = set() if self.options.plan.destroy else described
        return stays | {(observed.kind, observed.region) for observed in plan.left}

    def run(self, document: Document) -> Outcome:
        """Plan and, unless this is a check, carry it out.

        An unchanged stack takes no lease. A lease that somebody else had meanwhile, or held when the plan was made,
        makes the plan stale, so it is made again.

        Raises:
            StackwrightError: the description cannot be reached; each subclass says more.
        """
        before = self.lease.peek()
        plan, facts = self._approved(document, before)
        if self.options.check or not (plan.effective or plan.busy):
            return Outcome(plan, bool(plan.effective), outputs_of(self.registry, plan, {}))
        described = described_places(document, self.registry)
        state = self.lease.acquire(deletes=self._deletes(plan), places=described)
        settled, places = False, None
        try:
            if before.holder or state.fence != before.fence + 1:
                plan, facts = self._approved(document, replace(state, fence=state.fence - 1))
            applier = Applier(
                self.api,
                document,
                self.registry,
                plan,
                facts,
                generation=state.generation,
                waiting=self.options.waiting,
                final_snapshot=self.options.final_snapshot,
                release_protection=self.options.plan.release_protection,
                listener=self.listener,
                fence=self.lease.check,
                hint=self.hint,
                is_converging=self.is_converging,
                threads=self.options.threads,
                clock=self.clock,
            )
            report = applier.apply()
            settled, places = True, self._places_after(plan, described)
        except ApplyError as error:
            settled = not error.report.ambiguous
            raise
        finally:
            self.lease.release(settled, places)
        return Outcome(
            plan, bool(plan.effective), outputs_of(self.registry, plan, report.observed), report, report.waited
        )


def outputs_of(
    registry: Registry, plan: Plan, observed: Mapping[Address, Observed]
) -> dict[str, dict[str, dict[str, Any]]]:
    """What exists, by kind and logical name: its identifier, attributes and natural name."""
    outputs: dict[str, dict[str, dict[str, Any]]] = {}
    for change in plan.changes:
        if change.action is Action.DELETE:
            continue
        found = observed.get(change.address) or change.observed
        if found is None or found.phase is Phase.GONE:
            continue
        kind = registry[change.kind]
        # A key may be computed from more than a name.
        shown = {name: _shown(kind, name, found, change.desired.get(name)) for name in kind.key}
        names = {name: value for name, value in shown.items() if not isinstance(value, (Mapping, list))}
        values = {"id": found.id, **names, **found.attributes}
        plain = {name: render(value) for name, value in values.items() if value is not None}
        outputs.setdefault(change.kind, {})[change.name] = plain
    return outputs


def _shown(kind: Kind, name: str, found: Observed, stated: Any) -> Any:
    value = as_secret_as(stated, found.properties.get(name)) or stated
    return None if value is None else show(kind.properties[name], value)


__all__ = ["ConvergeOptions", "Convergence", "Outcome", "StackwrightError", "outputs_of"]
