# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which of the things found are deleted, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .diff import as_secret_as, show
from .document import NAME_TAG, Document
from .kind import Kind, Observed, Phase
from .leftovers import Leftovers
from .match import Matcher
from .observe import Observation
from .order import deletion_order
from .parts import Parts
from .plan import Action, Change, PlanOptions
from .registry import Registry

_Identity = tuple[str, str, str]


class Deletions:
    """What is not described any more, or is destroyed with its stack.

    Args:
        matcher: knows what is described among the things found.

    Attributes:
        problems: why something may not be deleted.
        notes: what is kept although it is not described.
        left: that itself.
    """

    def __init__(
        self,
        document: Document,
        registry: Registry,
        observation: Observation,
        matcher: Matcher,
        options: PlanOptions,
    ) -> None:
        self.document = document
        self.registry = registry
        self.observation = observation
        self.matcher = matcher
        self.options = options
        self.parts = Parts(registry, observation.everything())
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.left: list[Observed] = []

    def changes(self) -> list[Change]:
        """The deletions, in their order; only right once everything described is matched."""
        leftovers: list[Observed] = []
        doomed: dict[_Identity, Observed] = {}
        reasons: dict[_Identity, str] = {}
        for observed in self.observation.everything():
            if observed.phase is Phase.LEAVING or (self.matcher.is_claimed(observed) and not self.options.destroy):
                continue
            kind = self.registry[observed.kind]
            if self._is_leftover(kind, observed):
                leftovers.append(observed)
            elif reason := self._why_delete(kind, observed):
                doomed[observed.identity], reasons[observed.identity] = observed, reason
        for observed in self._pruned(leftovers, doomed):
            doomed[observed.identity], reasons[observed.identity] = observed, "is no longer described"
        for part, whole in list(self._hanging(doomed.values())):
            doomed[part.identity] = part
            reasons.setdefault(part.identity, f"{self.registry[whole.kind].title} {whole.id} goes")
        for observed in doomed.values():
            kind = self.registry[observed.kind]
            if kind.farewell:
                self.notes.append(f"{kind.title} {observed.id} ({observed.name}): {kind.farewell}")
        return [
            self._delete(self.registry[observed.kind], observed, reasons[observed.identity])
            for observed in deletion_order(self.registry, doomed.values())
        ]

    # What is not described any more

    def _is_leftover(self, kind: Kind, observed: Observed) -> bool:
        """Whether its tags say that the stack described it once; what hangs on something goes or stays with that."""
        focus = self.options.focus
        return (
            not self.options.destroy
            and kind.tags is not None
            and observed.stack == self.document.stack
            and not self.matcher.is_superseded(observed)
            and (not kind.part_of or self._hangs_elsewhere(kind, observed))
            and (focus is None or focus.has(kind, observed, self.document.stack))
        )

    def _pruned(self, leftovers: list[Observed], doomed: dict[_Identity, Observed]) -> list[Observed]:
        """What of it goes. The rest is noted."""
        if not leftovers:
            return []
        # What is described states what it uses: it lets go of what it used before.
        users = (
            observed
            for observed in self.observation.everything()
            if observed.phase is not Phase.LEAVING
            and observed.identity not in doomed
            and not self.matcher.is_claimed(observed)
        )
        release = self.options.release_protection
        kept = Leftovers(self.registry, leftovers, users, self.parts, release_protection=release).kept()
        pruned: list[Observed] = []
        for observed in leftovers:
            why = kept.get(observed.identity)
            what = f"{self.registry[observed.kind].title} {observed.id} ({observed.name}) is no longer described"
            if why:
                hint = "" if release else "; prune with release_protection deletes it"
                self.notes.append(f"{what} and is kept, since {why}{hint}")
            elif not self.options.prune:
                self.notes.append(f"{what}; prune deletes it")
            else:
                pruned.append(observed)
                continue
            self.left.append(observed)
        return pruned

    def _hanging(self, wholes: Iterable[Observed]) -> Iterator[tuple[Observed, Observed]]:
        """What goes with some objects: what hangs on them, and is neither described nor another stack's."""
        for whole in wholes:
            for part, holder in self.parts.below(whole):
                is_kept = self.matcher.is_claimed(part) and not self.options.destroy
                if not is_kept and part.phase is not Phase.LEAVING and part.stack in ("", self.document.stack):
                    yield part, holder

    # What is not to be, whatever the description says

    def _why_delete(self, kind: Kind, observed: Observed) -> str:
        """Why something found is deleted; empty when it stays."""
        if self.options.destroy:
            return self._why_destroy(kind, observed)
        focus, superseded = self.options.focus, self.matcher.is_superseded(observed)
        in_question = not superseded and observed.stack in ("", self.document.stack)
        if kind.part_of and in_question and not self._hangs_elsewhere(kind, observed):
            return self._why_remove_part(kind, observed)
        if not superseded or (focus is not None and not focus.has(kind, observed, self.document.stack)):
            return ""
        if kind.holds_data:
            self.problems.append(
                f"{kind.title} {observed.id} carries the same tags as another one and both hold data; "
                f"delete the wrong one or take the tag {NAME_TAG} off it"
            )
        return "another one carries the same name"

    def _hangs_elsewhere(self, kind: Kind, observed: Observed) -> bool:
        """Whether a part of ours hangs on something that this run does not know, as a group that a service made."""
        return bool(kind.part_of) and observed.stack == self.document.stack and not self.parts.has(observed)

    def _why_remove_part(self, kind: Kind, observed: Observed) -> str:
        if not self._is_part(kind, observed):
            return ""
        described = (found.properties for address, found in self.matcher.matched.items() if address.kind == kind.type)
        if kind.completes is not None and kind.completes(observed.properties, described):
            return ""
        if kind.others_add_parts and not self.options.prune:
            self.notes.append(f"{kind.title} {observed.id} is not described; prune deletes it")
            return ""
        return "is not described"

    def _why_destroy(self, kind: Kind, observed: Observed) -> str:
        if not self._is_destroyed(kind, observed):
            return ""
        if observed.protected and not self.options.release_protection:
            self.problems.append(
                f"{kind.title} {observed.id} ({observed.name}) is protected; "
                f"-e release_protection=true lets go of it, after a final snapshot where there is such a thing"
            )
        return "the stack is destroyed" if self.options.focus is None else "it is destroyed"

    def _is_destroyed(self, kind: Kind, observed: Observed) -> bool:
        focus, address = self.options.focus, self.matcher.address_of(observed)
        if kind.of_the_account:
            return False
        if kind.tags is None:
            return (address is not None and self.options.in_focus(address)) or self._is_part(kind, observed)
        if focus is None:
            return observed.stack == self.document.stack
        return focus.has(kind, observed, self.document.stack)

    def _is_part(self, kind: Kind, observed: Observed) -> bool:
        """Whether it hangs on something that is ours and that the run is about, and is nobody else's."""
        focus = self.options.focus
        if focus is None:
            return self.matcher.is_part_of_ours(kind, observed)
        if not focus.may_remove_part(kind, observed, self.document.stack):
            return False
        return self.matcher.is_part_of_ours(kind, observed, focus.addresses)

    def _delete(self, kind: Kind, observed: Observed, reason: str) -> Change:
        stated = {name: value for name, value in observed.properties.items() if value not in (None, "", [], {})}
        address = self.matcher.address_of(observed)
        resource = self.document.resources.get(address) if address else None
        described = resource.properties if resource else {}
        return Change(
            kind.type,
            address.name if address and self.options.destroy else observed.name or observed.id,
            Action.DELETE,
            reason,
            before={
                name: show(kind.properties[name], as_secret_as(described.get(name), value))
                for name, value in stated.items()
            },
            observed=observed,
            resource=resource,
        )
