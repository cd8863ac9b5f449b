"""A stack of the inventories that stands in an account of its own, and the engine to plan and converge it with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import (
    Convergence,
    ConvergeOptions,
    Outcome,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import registry_for
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_all, merge
from tests.contract.account import Account, api_of
from tests.inventories import described
from tests.own_twin import ROOT, own_twin
from tests.unit.engine.made_up import FreeLease


@dataclass
class Standing:
    """A stack that stands.

    Attributes:
        description: as its inventory has it.
    """

    account: Account
    description: dict[str, Any]

    @property
    def document(self) -> Document:
        return self.described()

    def described(self, **overrides: Any) -> Document:
        return compile_all(merge(self.description, overrides)).document

    def converge(self, check: bool = False, overrides: dict[str, Any] | None = None, **options: bool) -> Outcome:
        """One run. Options are those of `PlanOptions`."""
        api = self.account.reading_api if check else self.account.api
        document = self.described(**(overrides or {}))
        waiting = WaitOptions(poll_interval=0.02, max_interval=0.1, timeout=60)
        choices = ConvergeOptions(check=check, plan=PlanOptions(**options), waiting=waiting, threads=8)
        return Convergence(api, registry_for(api, document), FreeLease(), options=choices).run(document)


def effective(outcome: Outcome) -> dict[str, str]:
    """What a plan changes: `kind name` to action."""
    return {f"{change.kind} {change.name}": change.action.value for change in outcome.plan.effective}


@contextmanager
def standing(system: str, host: str) -> Iterator[Standing]:
    """A stack, converged."""
    folder = ROOT / "inventories" / system
    variables = described([folder])[str(folder)][host]
    description = merge({"env": host, **variables["stack"]}, variables.get("stack_overrides") or {})
    with own_twin(0.02) as twin:
        stack = Standing(Account(twin, api_of(twin, False), api_of(twin, True)), description)
        stack.converge()
        yield stack
