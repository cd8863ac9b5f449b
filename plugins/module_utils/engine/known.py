# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is known while a plan is carried out: what exists, and what references lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .api import Api
from .document import Document
from .errors import ResourceError
from .kind import Kind, Observed
from .observe import prediction_facts
from .plan import Action, Change, Plan
from .registry import Registry
from .values import PSEUDO, Address, Ref, Sensitive, Unknown, references, resolve


class Known:
    """The newest look at each resource; written and read by the threads of one run.

    Args:
        plan: tells what exists at the beginning and what is wanted.
        facts: the pseudo parameters, by region.

    Attributes:
        current: what exists, by address.
        desired: what is stated, by address.
    """

    def __init__(
        self,
        api: Api,
        document: Document,
        registry: Registry,
        plan: Plan,
        facts: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.api = api
        self.document = document
        self.registry = registry
        self.facts = facts
        self.current: dict[Address, Observed] = {}
        self.desired: dict[Address, Mapping[str, Any]] = {}
        for change in (*plan.surroundings, *plan.changes):
            if change.action is Action.DELETE:
                continue
            self.desired[change.address] = change.desired
            if change.action is Action.NONE and change.observed is not None:
                self.current[change.address] = change.observed

    def parents(self, kind: Kind, region: str) -> Mapping[str, Sequence[Observed]]:
        """What exists of the kinds that a kind requires, for its lists."""
        return {
            required: [
                observed
                for address, observed in list(self.current.items())
                if address.kind == required and observed.region in ("", region)
            ]
            for required in kind.requires
        }

    def value(self, ref: Ref, region: str) -> Any:
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
            facts = self.facts[self.document.region_of(address)]
            value = kind.predict(name, prediction_facts(facts, self.desired[address]))
        return Unknown(str(ref)) if value is None or isinstance(value, Unknown) else value

    def is_available(self, ref: Ref, region: str, finished: bool) -> bool:
        """Whether a reference can be followed.

        Args:
            finished: whether nothing is done to the resource that it leads to, or not any more.
        """
        if ref.address == PSEUDO:
            return True
        if ref.address not in self.current:
            return False
        if finished:
            return True
        kind = self.registry[ref.address.kind]
        described = kind.attribute(ref.attribute)
        if kind.referenced_when_ready and not (described and described.before_ready):
            return False
        return kind.fetches(ref.attribute) or not isinstance(self.value(ref, region), Unknown)

    def resolve(self, change: Change) -> dict[str, Any]:
        """The stated properties of a change with every reference followed.

        Raises:
            ResourceError: the service did not answer what a reference leads to.
        """
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
        taken = {name: change.desired[name] for name in change.changed if name not in resource.properties}
        resolved: dict[str, Any] = {**resolve(stated, lambda ref: self.value(ref, region)), **taken}
        missing = [str(ref) for ref in references(stated) if isinstance(self._value_or_fetched(ref, region), Unknown)]
        if missing:
            raise ResourceError(
                f"{', '.join(missing)} is not known although it exists", "the service did not answer it; run again"
            )
        return resolved

    def _value_or_fetched(self, ref: Ref, region: str) -> Any:
        if ref.address != PSEUDO and self.registry[ref.address.kind].fetches(ref.attribute):
            return ref
        return self.value(ref, region)


def _to_resources(value: Any) -> list[Ref]:
    return [ref for ref in references(value) if ref.address != PSEUDO]
