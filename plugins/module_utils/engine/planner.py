# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a plan is made: a document against an observation. Pure: it asks nobody anything but `fetch`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from . import refusals
from .deletions import Deletions
from .diff import differing_part, differs, show, stated_part, tag_changes
from .document import NAME_TAG, STACK_TAG, Document, Resource
from .errors import PlanError
from .kind import Kind, Neighbours, Observed, Phase
from .match import Match, Matcher
from .observe import Observation, known_attribute, prediction_facts
from .plan import Action, Change, Plan, PlanOptions
from .registry import Registry
from .values import (
    PSEUDO,
    Address,
    Ref,
    Sensitive,
    Unknown,
    references,
    resolve,
    unknown_paths,
)

#: Reads one attribute of an object: the kind, the object, the attribute's name.
Fetch = Callable[[Kind, Observed, str], Any]


class Planner:
    """Makes the plan of one document against one observation.

    Args:
        facts: the values of the pseudo parameters by region.
        fetch: reads an attribute that is not part of an observation, where a comparison needs it.
    """

    def __init__(
        self,
        document: Document,
        registry: Registry,
        observation: Observation,
        facts: Mapping[str, Mapping[str, str]],
        options: PlanOptions | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        self.document = document
        self.registry = registry
        self.observation = observation
        self.facts = facts
        self.options = options or PlanOptions()
        self.fetch = fetch
        self.matcher = Matcher(document, registry, observation)
        self.decided: dict[Address, Change] = {}
        self.problems: list[str] = []
        self.notes: list[str] = []

    def plan(self) -> Plan:
        """The plan.

        Raises:
            PlanError: something cannot be done; every problem found is told.
        """
        if self.options.destroy:
            for resource in self.document.in_order():
                self._look_before_destroying(resource)
            changes: list[Change] = []
        else:
            for resource in self.document.in_order():
                decide = self._decide if self.options.in_focus(resource.address) else self._leave
                self.decided[resource.address] = decide(resource)
            changes = [self.decided[address] for address in self.document.order if self.options.in_focus(address)]
            # Only right once everything described is decided.
            for change in changes:
                self.problems += refusals.for_others(self.registry[change.kind], change, self._neighbours)
        deletions = Deletions(self.document, self.registry, self.observation, self.matcher, self.options)
        deleted = deletions.changes()
        if self.problems or deletions.problems:
            raise PlanError([*self.problems, *deletions.problems])
        surroundings, missing = self._surroundings()
        elsewhere = () if self.options.destroy else self._elsewhere()
        awaited = [
            f"waits for {change.address}, which does not exist yet" for change in elsewhere if not change.observed
        ]
        return Plan(
            self.document.stack,
            (*changes, *deleted),
            (*self.notes, *deletions.notes, *missing, *awaited),
            (*surroundings, *elsewhere),
            missing,
            tuple(deletions.left),
        )

    def _look_before_destroying(self, resource: Resource) -> None:
        kind = self.registry[resource.kind]
        match = self.matcher.match(resource, self._resolved(resource))
        if match.observed is not None and match.is_foreign and self.options.in_focus(resource.address):
            self.notes.append(refusals.stays(self.document, kind, resource, match.observed, match.user))

    # What the run is not about

    def _leave(self, resource: Resource) -> Change:
        """What is only looked at, as it is."""
        desired = self._resolved(resource)
        match = self.matcher.match(resource, desired)
        found = match.observed
        if match.problem or (found is not None and found.phase is Phase.LEAVING):
            found = None
        why = (
            match.problem or f"{resource.path}: {resource.address} is referred to and does not exist; converge it first"
        )
        return Change(
            resource.kind,
            resource.name,
            Action.NONE,
            "is left alone" if found else why,
            observed=found,
            resource=resource,
            desired=desired,
        )

    def _surroundings(self) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        """What the changes refer to outside the focus: what is there, and what is not."""
        if self.options.focus is None or self.options.destroy:
            return (), ()
        needed = [
            self.decided[address] for address in sorted(self.options.focus.needs(self.document)) if not address.stack
        ]
        missing = tuple(change.reason for change in needed if change.observed is None)
        return tuple(change for change in needed if change.observed is not None), missing

    def _elsewhere(self) -> tuple[Change, ...]:
        """What the document refers to in other stacks, as it is; it may be on its way."""
        return tuple(
            Change(
                address.kind,
                address.name,
                Action.NONE,
                f"belongs to {address.stack}",
                observed=self.observation.elsewhere.get(address),
                resource=self.document.declared(address),
                stack=address.stack,
            )
            for address in self.document.elsewhere()
        )

    # What is described

    def _resolved(self, resource: Resource) -> dict[str, Any]:
        region = resource.region or self.document.region
        kind = self.registry[resource.kind]
        resolved: dict[str, Any] = {}
        self.problems += [
            f"{resource.path or resource.address}: {kind.title} has no property {name}; correct or remove it"
            for name in sorted(set(resource.properties) - set(kind.properties))
        ]
        # In the table's order: the plan of one description is the same however it was written down.
        for name in [name for name in kind.properties if name in resource.properties]:
            value = resource.properties[name]
            # What is never compared is not worth reading a secret for.
            compared = kind.properties[name].compared
            resolved[name] = resolve(value, partial(self._lookup, region=region, compared=compared))
        return resolved

    def _lookup(self, ref: Ref, region: str, compared: bool) -> Any:
        if ref.address == PSEUDO:
            return self.facts[region][ref.attribute]
        if self.registry[ref.address.kind].fetches(ref.attribute):
            return self._fetched(ref, compared)
        if ref.address.stack:
            return self._elsewhere_attribute(ref)
        target = self.decided.get(ref.address)
        if target is None:
            found = self.matcher.matched.get(ref.address)
            return known_attribute(found, ref)
        return attribute_after(self.registry[ref.address.kind], target, ref, self._prediction_facts(target))

    def _elsewhere_attribute(self, ref: Ref) -> Any:
        """An attribute of a resource of another stack: as it is, or what follows from what that stack states."""
        found = self.observation.elsewhere.get(ref.address)
        resource = self.document.declared(ref.address)
        if found is not None or resource is None:
            return known_attribute(found, ref)
        facts = prediction_facts(self.facts[self.document.region_of(ref.address)], resource.properties)
        value = self.registry[ref.address.kind].predict(ref.attribute, facts)
        return Unknown(str(ref)) if isinstance(value, Unknown) else value

    def _fetched(self, ref: Ref, compared: bool) -> Any:
        found = self.matcher.matched.get(ref.address) or self.observation.elsewhere.get(ref.address)
        target = self.decided.get(ref.address)
        stays = bool(ref.address.stack) or (target is not None and target.action in (Action.NONE, Action.UPDATE))
        if self.fetch is None or not compared or not stays or found is None:
            return Unknown(str(ref), sensitive=True)
        return Sensitive(self.fetch(self.registry[ref.address.kind], found, ref.attribute))

    def _prediction_facts(self, change: Change) -> dict[str, Any]:
        region = change.resource.region if change.resource and change.resource.region else self.document.region
        return prediction_facts(self.facts[region], change.desired)

    def _decide(self, resource: Resource) -> Change:
        kind = self.registry[resource.kind]
        desired = self._resolved(resource)
        match = self.matcher.match(resource, desired)
        if match.problem:
            self.problems.append(match.problem)
        found = match.observed
        if found is None or found.phase is Phase.LEAVING:
            return self._create(kind, resource, desired, found)
        if match.is_foreign and not self.options.adopt:
            self.problems.append(refusals.nobodys(self.document, kind, resource, found, match.user))
        remark = kind.remark(desired, found) if kind.remark is not None else ""
        if remark:
            self.notes.append(f"{resource.path or resource.address}: {remark}")
        whole = kind.whole(desired)
        changed = differing(kind, whole, found)
        forcing = [name for name in changed if kind.properties[name].immutable and name in desired]
        holder = self._held_by_replacement(kind, resource)
        if forcing or holder or found.phase is Phase.FAILED:
            return self._replace(kind, resource, desired, found, forcing, holder)
        self.problems += refusals.of_changes(kind, resource, whole, found, changed)
        taken = {name: whole[name] for name in changed if name not in desired}
        return self._update(kind, resource, {**desired, **taken}, found, changed, match)

    def _neighbours(self, address: Address) -> Neighbours:
        region = self.document.region_of(address)

        def found(kind: str) -> list[tuple[Observed, Address | None]]:
            known = self.observation.of(self.registry[kind], region)
            return [(observed, self.matcher.address_of(observed)) for observed in known]

        users = (self.decided[user] for user in sorted(self.document.graph.dependents[address]))
        return Neighbours(
            found,
            tuple(user.address for user in users if user.observed and not self.registry[user.kind].part_of),
            self._becomes,
        )

    def _becomes(self, observed: Observed) -> Mapping[str, Any] | None:
        address = self.matcher.address_of(observed)
        if address is not None and address in self.decided and self.options.in_focus(address):
            return {**observed.properties, **self.decided[address].desired}
        is_pruned = self.options.prune and address is None and observed.stack == self.document.stack
        return None if is_pruned or self.matcher.is_superseded(observed) else observed.properties

    def _create(self, kind: Kind, resource: Resource, desired: dict[str, Any], leaving: Observed | None) -> Change:
        reason = "does not exist"
        if leaving is not None:
            reason = f"{leaving.id} is being deleted"
        return Change(
            kind.type,
            resource.name,
            Action.CREATE,
            reason,
            after={name: show(kind.properties[name], value) for name, value in desired.items()},
            unknown=tuple(unknown_paths(desired)),
            leaving=leaving,
            resource=resource,
            desired=desired,
            changed=frozenset(desired),
            tags_to_set=self.document.ownership_tags(resource) if kind.tags is not None else {},
        )

    def _update(
        self,
        kind: Kind,
        resource: Resource,
        desired: dict[str, Any],
        found: Observed,
        changed: list[str],
        match: Match,
    ) -> Change:
        to_set, to_remove = self._tag_changes(kind, resource, found)
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for name in changed:
            prop = kind.properties[name]
            wanted, there = differing_part(prop, desired[name], found.properties.get(name))
            before[name], after[name] = show(prop, there), show(prop, wanted)
        reasons = [f"{name} differs" for name in changed]
        if to_set or to_remove:
            keys = [*to_set, *to_remove]
            before["Tags"] = {key: (found.tags or {})[key] for key in keys if key in (found.tags or {})}
            after["Tags"] = dict(to_set)
            reasons.append("belongs to no stack yet" if match.is_foreign else "tags differ")
        action = Action.UPDATE if reasons else Action.NONE
        unchanged = "as described" if found.phase is Phase.READY else f"as described, {found.state or 'not ready yet'}"
        return Change(
            kind.type,
            resource.name,
            action,
            ", ".join(reasons) or unchanged,
            before=before,
            after=after,
            unknown=tuple(unknown_paths({name: desired[name] for name in changed})),
            changed=frozenset(changed),
            observed=found,
            resource=resource,
            desired=desired,
            tags_to_set=to_set,
            tags_to_remove=to_remove,
        )

    def _tag_changes(self, kind: Kind, resource: Resource, found: Observed) -> tuple[dict[str, str], tuple[str, ...]]:
        if kind.tags is None or kind.tag is None:
            return {}, ()
        wanted = self.document.ownership_tags(resource)
        if kind.owned_by_mark:
            wanted = {key: wanted[key] for key in (STACK_TAG, NAME_TAG)}
        to_set, to_remove = tag_changes(wanted, found.tags or {}, self.options.purge_tags)
        if kind.untag is None:
            to_remove = ()
        return to_set, to_remove

    def _replace(
        self,
        kind: Kind,
        resource: Resource,
        desired: dict[str, Any],
        found: Observed,
        forcing: list[str],
        holder: str,
    ) -> Change:
        if forcing:
            reason = f"{', '.join(forcing)} cannot be changed on an existing {kind.title}"
        elif holder:
            reason = holder
        else:
            reason = f"it is {found.state or 'failed'}" + (f": {found.reason}" if found.reason else "")
        if kind.holds_data or resource.protect or found.protected:
            self.problems.append(refusals.of_replacement(kind, resource, desired, found, forcing, reason))
        self.problems += refusals.of_values(kind, resource, desired, found, forcing)
        old_key, new_key = kind.natural_key(found.properties), kind.natural_key(desired)
        # Without a name in common the new one can stand before the old one goes.
        same_key = bool(kind.key) and (new_key is None or old_key == new_key)
        # What uses something that goes before its successor comes has to go before that.
        delete_first = same_key or bool(holder) or bool(self._made_anew_below(resource))
        return Change(
            kind.type,
            resource.name,
            Action.REPLACE,
            reason,
            before={
                name: show(kind.properties[name], stated_part(value, found.properties.get(name)))
                for name, value in desired.items()
                if not kind.properties[name].write_only
            },
            after={name: show(kind.properties[name], value) for name, value in desired.items()},
            unknown=tuple(unknown_paths(desired)),
            changed=frozenset(forcing),
            delete_first=delete_first,
            observed=found,
            resource=resource,
            desired=desired,
            tags_to_set=self.document.ownership_tags(resource) if kind.tags is not None else {},
        )

    def _held_by_replacement(self, kind: Kind, resource: Resource) -> str:
        """Why this resource has to go too: something replaced cannot be deleted while it is used, or takes it along."""
        for need in self._made_anew_below(resource):
            if self.registry[need.kind].held_by_users:
                return f"it uses {need}, which is replaced under the same name"
            if kind.tags is None and need.kind in kind.requires:
                return f"it goes with {need}, which is replaced under the same name"
        return ""

    def _made_anew_below(self, resource: Resource) -> list[Address]:
        """What a resource uses and is deleted before its successor is made.

        Only a reference uses something; `depends_on` is no more than an order.
        """
        used = {ref.address: self.decided.get(ref.address) for ref in references(resource.properties)}
        return sorted(
            address
            for address, change in used.items()
            if change is not None and change.action is Action.REPLACE and change.delete_first
        )


def differing(kind: Kind, desired: Mapping[str, Any], found: Observed) -> list[str]:
    """The names of the properties in which an object is not as desired."""
    return [
        name
        for name, value in desired.items()
        if (prop := kind.properties[name]).compared and differs(prop, value, found.properties.get(name))
    ]


def attribute_after(kind: Kind, change: Change, ref: Ref, facts: Mapping[str, Any]) -> Any:
    """What an attribute will be once a change is made, or an `Unknown`.

    Args:
        facts: what predictions draw on: the desired properties and the pseudo parameters.
    """
    name = ref.attribute
    if change.action in (Action.CREATE, Action.REPLACE) or change.observed is None:
        value = kind.predict(name, facts)
        return Unknown(str(ref)) if isinstance(value, Unknown) else value
    observed = change.observed
    described = kind.attribute(name)
    if described is not None:
        if described.volatile and change.action is Action.UPDATE and change.changed:
            return Unknown(str(ref))
        value = observed.attribute(name)
        return Unknown(str(ref)) if value is None else value
    if name in change.changed:
        return change.desired[name]
    value = observed.properties.get(name)
    value = change.desired.get(name) if value is None else value
    return Unknown(str(ref)) if value is None else value
