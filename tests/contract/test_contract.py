"""The contract that every kind keeps, generated from the samples.

One sample is taken through its whole life: planned on an empty account, made, found unchanged, tagged, changed
property by property, replaced, destroyed, and destroyed again. Each change is a subtest, so that one
failure does not hide the next.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import tests.contract.samples
from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Outcome
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import (
    OWNERSHIP_TAGS,
    STACK_TAG,
    Document,
    Resource,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError, PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Left
from ansible_collections.stackwright.aws.plugins.module_utils.engine.observe import pseudo_parameters
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action, Change
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import (
    PSEUDO,
    Address,
    Ref,
    is_known,
    references,
    reveal,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from tests.contract.account import REGION, STACK, Account
from tests.contract.sample import Sample
from tests.own_twin import is_scheduled_for_deletion


def _samples() -> list[Sample]:
    found: list[Sample] = []
    for module in sorted(pkgutil.iter_modules(tests.contract.samples.__path__), key=lambda module: module.name):
        found += importlib.import_module(f"tests.contract.samples.{module.name}").SAMPLES
    return found


def _named() -> list[Any]:
    named: list[Any] = []
    count: dict[str, int] = {}
    for sample in SAMPLES:
        count[sample.kind] = number = count.get(sample.kind, 0) + 1
        named.append(pytest.param(sample, id=f"{sample.kind}-{number}"))
    return named


SAMPLES = _samples()


def test_every_kind_has_a_sample() -> None:
    kinds = {kind.type for kind in REGISTRY}
    assert kinds - {sample.kind for sample in SAMPLES} == set()


def test_what_is_taken_away_is_stated_by_a_sample() -> None:
    """Otherwise nobody has seen it go."""
    stated = {
        (sample.kind, name) for sample in SAMPLES for name in {**sample.resources[-1].properties, **sample.changes}
    }
    kept = {(sample.kind, name) for sample in SAMPLES for name in sample.needed}
    taken = {
        (kind.type, name) for kind in REGISTRY for name, prop in kind.properties.items() if prop.unstated != Left.ALONE
    }
    assert taken - stated == set()
    assert kept <= taken


@pytest.mark.parametrize("sample", _named())
def test_contract(sample: Sample, account: Account, subtests: pytest.Subtests) -> None:
    life = Life(sample, account)
    # Without these there is nothing to go on with.
    life.is_made_as_predicted()
    life.is_unchanged()
    if sample.tags:
        with subtests.test("tags"):
            life.tags_are_set_left_and_purged()
    for name, value in sample.changes.items():
        with subtests.test("change", property=name):
            life.changes(name, value)
    for name, value in sample.refused:
        with subtests.test("refused", property=name, value=value):
            life.is_refused_while_planning(name, value)
    for name in life.taken_away_unless_stated():
        with subtests.test("taken away", property=name):
            life.is_taken_away(name)
    for name, value in sample.immutable.items():
        with subtests.test("immutable", property=name):
            life.is_replaced_or_refused(name, value)
    life.is_destroyed_once()


class Life:
    """The life of one sample."""

    def __init__(self, sample: Sample, account: Account) -> None:
        self.account = account
        self.kind: Kind = REGISTRY[sample.kind]
        self.sample = sample
        self.needs = sample.resources[:-1]
        self.subject = sample.resources[-1]
        assert self.subject.kind == sample.kind, "the last resource of a sample is the one under test"
        assert (self.kind.tags is not None and not self.kind.owned_by_mark) == sample.tags

    def _resources(self, subject: Resource | None = None) -> list[Resource]:
        return [*self.needs, subject or self.subject]

    def _run(self, subject: Resource | None = None, **options: Any) -> Outcome:
        return self.account.converge(self._resources(subject), **options)

    def _planned(self, subject: Resource | None = None, **options: Any) -> Outcome:
        """The plan, which must be made without a single writing request."""
        outcome = self._run(subject, check=True, **options)
        assert self.account.writes(check=True) == []
        return outcome

    def _subject_in(self, outcome: Outcome) -> Change:
        return next(change for change in outcome.plan.changes if change.address == self.subject.address)

    def _only_the_subject(self, outcome: Outcome, action: Action) -> Change:
        """The subject's change, which is the only one but for what refers to it."""
        users = self._users()
        effective = {change.address: change.action for change in outcome.plan.effective if change.address not in users}
        assert effective == {self.subject.address: action}, _answers(outcome)
        return self._subject_in(outcome)

    def _users(self) -> set[Address]:
        return Document(STACK, REGION, self._resources()).graph.downstream(self.subject.address)

    def _with(self, name: str, value: Any) -> Resource:
        return replace(self.subject, properties={**self.subject.properties, name: value})

    # Creation

    def is_made_as_predicted(self) -> None:
        """The plan on an empty account is carried out to the letter, and what it predicts comes true."""
        predicted = self._planned()
        assert {change.action for change in predicted.plan.changes} == {Action.CREATE}
        done = self._run()
        assert done.plan.answer() == predicted.plan.answer()
        assert done.changed and self.account.writes()
        found = {change.address: change for change in self._planned().plan.changes}
        for change in predicted.plan.changes:
            self._came_true(change, found[change.address])

    def _came_true(self, predicted: Change, found: Change) -> None:
        kind, observed = REGISTRY[predicted.kind], found.observed
        assert observed is not None, f"{predicted.address} was made and is not found"
        for name, value in predicted.desired.items():
            prop = kind.properties[name]
            if is_known(value):
                assert reveal(value) == reveal(found.desired[name]), f"{predicted.address}.{name}: predicted wrongly"
                if not (prop.write_only or prop.initial):
                    assert not differs(prop, value, observed.properties.get(name)), (
                        f"{predicted.address}.{name}: planned {value!r}, found {observed.properties.get(name)!r}"
                    )
            else:
                self._could_not_be_known(predicted, name)
        resource = predicted.resource
        assert resource is not None
        pseudo = pseudo_parameters(self.account.api, resource.region or REGION)
        facts = {"account": pseudo["AccountId"], "region": pseudo["Region"], "partition": pseudo["Partition"]}
        for name, attribute in kind.attributes.items():
            value = kind.predict(name, {**facts, **predicted.desired})
            if attribute.predict is not None and is_known(value):
                assert reveal(value) == observed.attribute(name), f"{predicted.address}.{name}: predicted wrongly"

    def _could_not_be_known(self, predicted: Change, name: str) -> None:
        """An unknown leads to an attribute that nothing but the request itself can tell."""
        assert predicted.resource is not None
        unknown = [ref for ref in references(predicted.resource.properties[name]) if not self._derivable(ref)]
        assert unknown, f"{predicted.address}.{name} is unknown, though everything in it follows from the description"

    def _derivable(self, ref: Ref) -> bool:
        if ref.address == PSEUDO:
            return True
        target = next(resource for resource in self._resources() if resource.address == ref.address)
        kind = REGISTRY[ref.address.kind]
        if kind.fetches(ref.attribute):
            return False
        described = kind.attribute(ref.attribute)
        if described is None:
            stated = target.properties.get(ref.attribute)
            return ref.attribute in target.properties and all(self._derivable(inner) for inner in references(stated))
        if described.predict is None:
            return False
        return all(self._derivable(inner) for inner in references(target.properties))

    def is_unchanged(self) -> None:
        """A run right after changes nothing, and writes nothing to find that out."""
        outcome = self._run()
        assert not outcome.changed, _answers(outcome)
        assert self.account.writes() == []

    # Changes

    def tags_are_set_left_and_purged(self) -> None:
        plain = self.subject
        tagged = replace(plain, tags={"team": "web", "cost-centre": "1"})
        self._only_the_subject(self._run(tagged), Action.UPDATE)
        assert self._tags(tagged) == dict(tagged.tags)
        changed = replace(plain, tags={"team": "api", "cost-centre": "1"})
        self._only_the_subject(self._run(changed), Action.UPDATE)
        assert self._tags(changed) == dict(changed.tags)
        fewer = replace(plain, tags={"team": "api"})
        kept = self._run(fewer, purge_tags=False)
        assert not kept.changed, _answers(kept)
        assert self._tags(changed) == dict(changed.tags)
        self._only_the_subject(self._run(fewer, purge_tags=True), Action.UPDATE)
        assert self._tags(fewer) == dict(fewer.tags)
        self._only_the_subject(self._run(plain), Action.UPDATE)
        assert self._tags(plain) == {}

    def _tags(self, subject: Resource) -> dict[str, str]:
        """The user's tags as they are now, on a subject that is as described."""
        outcome = self._planned(subject)
        assert not outcome.changed, _answers(outcome)
        observed = self._subject_in(outcome).observed
        assert observed is not None and observed.tags is not None
        return {key: value for key, value in observed.tags.items() if key not in OWNERSHIP_TAGS}

    def changes(self, name: str, value: Any) -> None:
        """A mutable property reaches another value in place, and nothing else is touched."""
        changed = self._with(name, value)
        change = self._only_the_subject(self._run(changed), Action.UPDATE)
        assert change.changed == {name}, change.changed
        self.subject = changed
        self.is_unchanged()

    def taken_away_unless_stated(self) -> list[str]:
        """The stated properties that say something else than what it means not to state them."""
        return [
            name
            for name, value in self.subject.properties.items()
            if (prop := self.kind.properties[name]).unstated is not Left.ALONE
            and name not in self.sample.needed
            and (not is_known(value) or differs(prop, prop.unstated, reveal(value)))
        ]

    def is_taken_away(self, name: str) -> None:
        """What is no longer stated is no longer there, and is stated again without a trace of it."""
        stated = self.subject
        without = replace(stated, properties={key: val for key, val in stated.properties.items() if key != name})
        self._only_the_subject(self._planned(without), Action.UPDATE)
        change = self._only_the_subject(self._run(without), Action.UPDATE)
        assert change.changed == {name}, change.changed
        self.subject = without
        self.is_unchanged()
        self._run(stated)
        self.subject = stated
        self.is_unchanged()

    def is_replaced_or_refused(self, name: str, value: Any) -> None:
        """An immutable property forces a replacement and is named as the cause; what holds data is not replaced."""
        changed = self._with(name, value)
        observed = self._subject_in(self._planned()).observed
        assert observed is not None
        if self.kind.holds_data or observed.protected:
            self._is_refused(changed, name)
            return
        planned = self._planned(changed)
        change = self._subject_in(planned)
        if self.kind.tags is None and name in self.kind.key and change.action is Action.CREATE:
            # Without tags a thing with another natural key is another thing; the old one is nobody's.
            return
        self._only_the_subject(planned, Action.REPLACE)
        assert name in change.changed and name in change.reason, change.reason
        if self._users():
            return  # What uses it in the sample was made for the one before.
        done = self._run(changed)
        assert done.plan.answer() == planned.plan.answer()
        self.subject = changed
        self.is_unchanged()
        new = self._subject_in(self._planned()).observed
        assert new is not None and new != observed

    def _is_refused(self, changed: Resource, name: str) -> None:
        for check in (True, False):
            with pytest.raises(PlanError, match=r"holds data|is protected") as refusal:
                self._run(changed, check=check)
            assert name in str(refusal.value)
            assert self.account.writes(check) == []

    def is_refused_while_planning(self, name: str, value: Any) -> None:
        """What AWS would refuse is refused before anything is sent; AWS would indeed."""
        changed = self._with(name, value)
        for check in (True, False):
            with pytest.raises(PlanError, match=f"^{self.subject.address}: {self.kind.title} "):
                self._run(changed, check=check)
            assert self.account.writes(check) == []
        with pytest.raises(ApplyError):
            self._run(changed, kinds=(_unguarded(self.kind),))
        self.is_unchanged()

    # The end

    def is_destroyed_once(self) -> None:
        """Nothing is left that carries the stack's tags, and there is nothing to destroy a second time."""
        planned = self._planned(destroy=True, release_protection=True)
        assert (self.subject.address in {change.address for change in planned.plan.effective}) != self.sample.stays
        done = self._run(destroy=True, release_protection=True)
        assert done.plan.answer() == planned.plan.answer()
        assert {change.action for change in done.plan.changes} == {Action.DELETE}
        again = self._run(destroy=True, release_protection=True)
        assert not again.changed, _answers(again)
        assert self.account.writes() == []
        assert _carrying_tags(self.account) == []


def _carrying_tags(account: Account) -> list[str]:
    """What AWS's own index says still belongs to the stack, without what only waits to be forgotten."""
    found: list[str] = []
    for region in (REGION, "us-west-2"):
        pages = account.twin.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
        for page in pages.paginate(TagFilters=[{"Key": STACK_TAG, "Values": [STACK]}]):
            arns = [resource["ResourceARN"] for resource in page["ResourceTagMappingList"]]
            found += [arn for arn in arns if not is_scheduled_for_deletion(account.twin, arn)]
    return found


def _unguarded(kind: Kind) -> Kind:
    """The same kind, but that it lets every change through."""
    properties = {name: replace(prop, refuse=None) for name, prop in kind.properties.items()}
    return replace(kind, properties=properties, refuse=None)


def _answers(outcome: Outcome) -> list[Mapping[str, Any]]:
    return [change.answer() for change in outcome.plan.effective]
