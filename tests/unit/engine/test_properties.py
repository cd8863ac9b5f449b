"""What holds for every document and every prior state: minimal, ordered, stable, predictable, resumable."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import (
    Convergence,
    ConvergeOptions,
    Outcome,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import (
    NAME_TAG,
    OWNERSHIP_TAGS,
    PROTECTED_TAG,
    Document,
    Resource,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action, Change, PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Unknown, references
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from tests.unit.engine.all_sorts import DATA, LATE, LAYERS, PART, PLAIN, REGISTRY, UNTAGGED
from tests.unit.engine.made_up import FreeLease, Hook, MadeUpCloud

STACK = "shop-test"
FAST = WaitOptions(poll_interval=0.0005, max_interval=0.002)
LAYER_OF = {kind.type: number for number, layer in enumerate(LAYERS) for kind in layer}

#: `HYPOTHESIS_PROFILE=thorough` looks longer.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# The same examples each time, so that a change is judged by what it changed; the thorough profile goes looking.
settings.register_profile("quick", _COMMON, max_examples=30, derandomize=True)
settings.register_profile("thorough", _COMMON, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def short(kind: str) -> str:
    return kind.rsplit("::", 1)[1].lower()


# Random documents


@st.composite
def resources(draw: st.DrawFn) -> list[Resource]:
    """Resources from a small pool of addresses, so that two documents have some in common."""
    pool = [(kind, number) for layer in LAYERS for kind in layer for number in (0, 1)]
    chosen = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=8, unique_by=lambda one: (one[0].type, one[1])))
    made: list[Resource] = []
    for kind, number in sorted(chosen, key=lambda one: (LAYER_OF[one[0].type], one[0].type, one[1])):
        resource = draw(_resource(kind, number, made))
        if resource is not None:
            made.append(resource)
    return made


@st.composite
def _resource(draw: st.DrawFn, kind: Kind, number: int, made: list[Resource]) -> Resource | None:
    name = f"{short(kind.type)}-{'ab'[number]}"
    usable = [other for other in made if other.kind in kind.requires]
    if kind is PART:
        wholes = [other for other in usable if other.kind == PLAIN.type]
        if not wholes:
            return None
        whole = draw(st.sampled_from(wholes))
        return Resource(kind.type, name, {"Whole": whole.ref("Id"), "Number": number, "Size": draw(st.integers(1, 2))})
    properties: dict[str, Any] = {"Name": name} if kind.key else {}
    for prop, values in (("Size", (1, 2)), ("Mode", ("a", "b")), ("Shape", ("round", "square"))):
        value = draw(st.sampled_from((None, *values)))
        if value is not None and not (kind is DATA and prop == "Shape"):
            properties[prop] = value
    if kind.requires:
        few = st.lists(st.sampled_from(usable), max_size=2, unique_by=lambda other: other.name)
        uses = draw(few) if usable else []
        # Always stated, since what is not stated is left alone and would hold what is no longer described.
        properties["Uses"] = [other.ref("Id") for other in uses]
        target = draw(st.sampled_from([None, *usable]))
        if target is not None:
            properties["Fixed"] = target.ref(
                draw(st.sampled_from(("Id", "Name" if "Name" in target.properties else "Id")))
            )
        target = draw(st.sampled_from([None, *(other for other in usable if "Size" in other.properties)]))
        if target is not None:
            properties["Follows"] = target.ref("Endpoint" if target.kind == LATE.type else "Revision")
    tags = draw(st.dictionaries(st.sampled_from(("team", "cost")), st.sampled_from("xy"), max_size=2))
    after = draw(st.lists(st.sampled_from(made), max_size=1)) if made else []
    return Resource(
        kind.type,
        name,
        properties,
        tags=tags if kind.tags is not None else {},
        depends_on=tuple(other.address for other in after if LAYER_OF[other.kind] < LAYER_OF[kind.type]),
    )


# Random prior states

MOMENTS = st.sampled_from(("sent", "answered"))


class Killed(BaseException):
    """The process ended."""


def kill_at(number: int, when: str) -> Hook:
    """The process ends at its n-th request, before or after it takes effect, and sends none after it."""
    count = itertools.count(1)
    dead = []

    def hook(moment: str, operation: str, params: dict[str, Any]) -> None:
        if dead or (moment == "sent" and next(count) == number and when == "sent"):
            dead.append(operation)
            raise Killed
        if moment == "answered" and when == "answered" and next(reached) == number:
            dead.append(operation)
            raise Killed

    reached = itertools.count(1)
    return hook


def fail_at(number: int, when: str, error: ApiError) -> Hook:
    """The n-th request fails, before or after it takes effect; all others are served."""
    counts = {"sent": itertools.count(1), "answered": itertools.count(1)}

    def hook(moment: str, operation: str, params: dict[str, Any]) -> None:
        if next(counts[moment]) == number and moment == when:
            raise error

    return hook


@dataclass
class World:
    """A cloud, the lease on the stack in it, and what was done to it."""

    cloud: MadeUpCloud = field(default_factory=MadeUpCloud)
    lease: FreeLease = field(default_factory=FreeLease)

    def copy(self) -> World:
        lease = FreeLease()
        lease.generation, lease.fence = self.lease.generation, self.lease.fence
        return World(self.cloud.copy(), lease)

    def converge(
        self, described: list[Resource], *, check: bool = False, hook: Hook | None = None, release: bool = True
    ) -> Outcome:
        self.cloud.hook = hook or (lambda _moment, _operation, _params: None)
        self.cloud.requests.clear()
        self.lease.held = False
        options = ConvergeOptions(
            check=check, plan=PlanOptions(prune=True, release_protection=release), waiting=FAST, threads=1
        )
        try:
            return Convergence(self.cloud, REGISTRY, self.lease, options=options).run(
                Document(STACK, self.cloud.region, described)
            )
        finally:
            self.cloud.hook = lambda _moment, _operation, _params: None

    def converge_disturbed(self, described: list[Resource], hook: Hook) -> bool:
        """Whether the run says that it went well."""
        try:
            self.converge(described, hook=hook)
        except (Killed, ApplyError, ApiError):
            return False
        return True

    def state(self, described: list[Resource]) -> list[tuple[str, ...]]:
        """Everything that exists, in words that do not depend on identifiers; stated properties only."""
        labels = {thing["Id"]: _label(thing) for thing in self.cloud.things.values()}
        stated = {resource.address: resource for resource in described}
        found = []
        for thing in self.cloud.things.values():
            name = thing["Tags"].get(NAME_TAG) or thing.get("Name") or f"part-{thing['Number']}"
            resource = stated.get(Address(thing["Kind"], name))
            if resource is None and thing["Kind"] == UNTAGGED.type:
                continue  # Without tags it belongs to nobody once it is not described.
            words = [
                f"{prop}={_worded(thing.get(prop) or [], labels)}"
                for prop in sorted(resource.properties if resource else ())
            ]
            tags = {key: value for key, value in thing["Tags"].items() if key not in OWNERSHIP_TAGS}
            found.append((thing["Kind"], labels[thing["Id"]], *words, str(sorted(tags.items()))))
        return sorted(found)


def _label(thing: dict[str, Any]) -> str:
    return f"{short(thing['Kind'])}:{thing['Tags'].get(NAME_TAG) or thing.get('Name') or thing.get('Number')}"


def _worded(value: Any, labels: dict[str, str]) -> str:
    if isinstance(value, list):
        return str(sorted(_worded(one, labels) for one in value))
    text = str(value)
    number, dot, rest = text.partition(".")
    return f"{labels.get(number, number)}{dot}{rest}"


Meddling = Callable[[World], None]


@st.composite
def meddlings(draw: st.DrawFn) -> list[Meddling]:
    return draw(st.lists(st.one_of(_deleted(), _changed(), _duplicated(), _parts(), _killed()), max_size=4))


def _pick(world: World, number: int, **has: Any) -> dict[str, Any] | None:
    things = [
        thing
        for thing in world.cloud.things.values()
        if all((thing.get(key) == value) if value is not None else key in thing for key, value in has.items())
    ]
    return things[number % len(things)] if things else None


@st.composite
def _deleted(draw: st.DrawFn) -> Meddling:
    number = draw(st.integers(0, 20))

    def meddle(world: World) -> None:
        thing = _pick(world, number)
        if thing is not None:
            try:
                world.cloud.delete_thing(thing["Id"])
            except ApiError as error:
                assert error.code == "InUse"

    return meddle


@st.composite
def _changed(draw: st.DrawFn) -> Meddling:
    number, prop, value = (
        draw(st.integers(0, 20)),
        draw(st.sampled_from(("Size", "Mode", "team"))),
        draw(st.integers(3, 4)),
    )

    def meddle(world: World) -> None:
        if prop == "team":
            thing = _pick(world, number)
            if thing is not None and thing["Tags"]:
                thing["Tags"]["team"] = str(value)
            return
        thing = _pick(world, number, **{prop: None})
        if thing is not None:
            thing[prop] = value

    return meddle


@st.composite
def _duplicated(draw: st.DrawFn) -> Meddling:
    number = draw(st.integers(0, 20))

    def meddle(world: World) -> None:
        thing = _pick(world, number)
        if thing is not None and thing["Tags"] and "Name" not in thing:
            properties = {name: thing[name] for name in ("Size", "Mode", "Shape") if name in thing}
            world.cloud.create_thing(thing["Kind"], properties, dict(thing["Tags"]))

    return meddle


@st.composite
def _parts(draw: st.DrawFn) -> Meddling:
    number, part = draw(st.integers(0, 20)), draw(st.integers(0, 3))

    def meddle(world: World) -> None:
        whole = _pick(world, number, Kind=PLAIN.type)
        if whole is not None and not any(
            thing.get("Whole") == whole["Id"] and thing.get("Number") == part for thing in world.cloud.things.values()
        ):
            world.cloud.create_thing(PART.type, {"Whole": whole["Id"], "Number": part, "Size": 9}, {})

    return meddle


@st.composite
def _killed(draw: st.DrawFn) -> Meddling:
    described, number, when = draw(resources()), draw(st.integers(1, 30)), draw(MOMENTS)

    def meddle(world: World) -> None:
        world.converge_disturbed(described, kill_at(number, when))

    return meddle


@dataclass(frozen=True)
class History:
    """What happened to a cloud before."""

    busy_looks: int
    described: list[Resource] | None
    meddlings: list[Meddling]

    def world(self) -> World:
        """A cloud after it."""
        world = World()
        world.cloud.busy_looks = self.busy_looks
        if self.described is not None:
            world.converge(self.described)
            for meddle in self.meddlings:
                meddle(world)
        return world


def histories() -> st.SearchStrategy[History]:
    """None at all, or what became of another document."""
    return st.builds(History, st.integers(0, 2), st.none() | resources(), meddlings())


def undisturbed(described: list[Resource]) -> list[tuple[str, ...]]:
    """The state that a document leads to on an empty cloud."""
    world = World()
    world.converge(described)
    return world.state(described)


# What holds


@given(resources(), histories())
def test_any_prior_state_converges_to_the_description(described: list[Resource], history: History) -> None:
    world = history.world()
    world.converge(described)
    assert world.state(described) == undisturbed(described)
    again = world.converge(described)
    assert not again.changed, again.plan.effective
    assert world.cloud.writes == []


@given(resources(), histories())
def test_a_check_writes_nothing_and_tells_what_is_then_done(described: list[Resource], history: History) -> None:
    world = history.world()
    before = {number: dict(thing, Busy=0) for number, thing in world.cloud.things.items()}
    predicted = world.converge(described, check=True)
    assert world.cloud.writes == []
    assert {number: dict(thing, Busy=0) for number, thing in world.cloud.things.items()} == before
    done = world.converge(described)
    assert done.plan.answer() == predicted.plan.answer()
    assert bool(world.cloud.writes) == bool(predicted.plan.effective)


@given(resources(), histories())
def test_the_plan_is_minimal(described: list[Resource], history: History) -> None:
    world = history.world()
    plan = world.converge(described, check=True).plan
    by_address = {change.address: change for change in plan.changes if change.action is not Action.DELETE}
    assert set(by_address) == {resource.address for resource in described}
    for change in by_address.values():
        if change.action is Action.CREATE:
            assert change.observed is None
            continue
        assert change.observed is not None
        thing = world.cloud.things[change.observed.id]
        really = {name for name, value in change.desired.items() if _really_differs(name, value, thing)}
        kind = REGISTRY[change.kind]
        if change.action is Action.NONE:
            assert really == set()
        elif change.action is Action.UPDATE:
            assert change.changed == really
            assert set(change.after) - {"Tags"} == set(change.before) - {"Tags"} == really
            assert really or change.tags_to_set or change.tags_to_remove
            assert not any(kind.properties[name].immutable for name in really)
        else:
            forced = {name for name in really if kind.properties[name].immutable}
            assert change.changed == forced
            assert forced or any(_is_replaced_in_place(by_address, need) for need in _used(change))
            assert change.action is Action.REPLACE


def _really_differs(name: str, value: Any, thing: dict[str, Any]) -> bool:
    """Whether a stated value is not what exists, by a rule simpler than the engine's."""
    if isinstance(value, list):
        return any(isinstance(one, Unknown) for one in value) or sorted(value) != sorted(thing.get(name) or [])
    return isinstance(value, Unknown) or value != thing.get(name)


def _used(change: Change) -> set[Address]:
    assert change.resource is not None
    return {ref.address for ref in references(change.resource.properties)}


def _is_replaced_in_place(by_address: dict[Address, Change], address: Address) -> bool:
    return by_address[address].action is Action.REPLACE and by_address[address].delete_first


@st.composite
def shrunk(draw: st.DrawFn) -> tuple[list[Resource], list[Resource]]:
    """A document in which some things are protected, and what is left of it: what that uses is left too."""
    whole = draw(resources())
    used = {need for resource in whole for need in resource.needs()}
    whole = [
        replace(one, protect=REGISTRY[one.kind].tags is not None and one.address not in used and draw(st.booleans()))
        for one in whole
    ]
    left: dict[Address, Resource] = {}
    for resource in reversed(whole):
        if draw(st.sampled_from((True, False, False))) or any(
            resource.address in other.needs() for other in left.values()
        ):
            left[resource.address] = resource
    return whole, [one for one in whole if one.address in left]


@settings(max_examples=max(100, settings.default.max_examples))
@given(shrunk())
def test_prune_without_release_deletes_no_more_than_can_go(documents: tuple[list[Resource], list[Resource]]) -> None:
    whole, left = documents
    world = World()
    world.converge(whole)
    guarded = {
        number
        for number, thing in world.cloud.things.items()
        if REGISTRY[thing["Kind"]].holds_data or thing["Tags"].get(PROTECTED_TAG)
    }
    world.converge(left, release=False)
    assert guarded <= set(world.cloud.things)
    assert not world.converge(left, release=False).changed
    world.converge(left)
    assert world.state(left) == undisturbed(left)


@given(resources(), histories())
def test_the_plan_is_ordered(described: list[Resource], history: History) -> None:
    world = history.world()
    plan = world.converge(described, check=True).plan
    position = {
        change.address: number for number, change in enumerate(plan.changes) if change.action is not Action.DELETE
    }
    for resource in described:
        assert all(position[need] < position[resource.address] for need in resource.needs())
    deletions = [(number, change) for number, change in enumerate(plan.changes) if change.action is Action.DELETE]
    assert all(number > place for number, _change in deletions for place in position.values())
    # What is used goes after its users, whatever it is that uses it.
    gone: set[str] = set()
    for _number, change in deletions:
        assert change.observed is not None
        users = {thing["Id"] for thing in world.cloud.things.values() if change.observed.id in thing.get("Uses", [])}
        doomed = {other.observed.id for _n, other in deletions if other.observed is not None}
        assert users & doomed <= gone
        gone.add(change.observed.id)


@given(resources(), histories(), st.randoms())
def test_the_plan_does_not_depend_on_the_order_of_the_description(
    described: list[Resource], history: History, random: Any
) -> None:
    world = history.world()
    plan = world.copy().converge(described, check=True).plan
    shuffled = [
        replace(resource, properties=dict(random.sample(sorted(resource.properties.items()), len(resource.properties))))
        for resource in random.sample(described, len(described))
    ]
    other = world.copy().converge(shuffled, check=True).plan
    assert other.answer() == plan.answer()


#: How far into a run something happens: how many requests it takes is not the same each time.
PERMILLE = st.integers(0, 999)


def _request(world: World, described: list[Resource], permille: int) -> int:
    """The number of the request that comes so far into the run."""
    copied = world.copy()
    copied.converge(described)
    return 1 + len(copied.cloud.requests) * permille // 1000


@given(resources(), histories(), PERMILLE, MOMENTS)
def test_a_run_killed_at_any_request_is_finished_by_the_next(
    described: list[Resource], history: History, permille: int, when: str
) -> None:
    world = history.world()
    world.converge_disturbed(described, kill_at(_request(world, described, permille), when))
    world.converge(described)
    assert world.state(described) == undisturbed(described)
    assert not world.converge(described).changed


@given(resources(), histories(), PERMILLE, st.sampled_from(("refused", "throttled", "lost request", "lost answer")))
def test_a_refused_or_unanswered_request_leaves_nothing_that_the_next_run_does_not_mend(
    described: list[Resource], history: History, permille: int, fault: str
) -> None:
    world = history.world()
    number = _request(world, described, permille)
    if fault == "refused":
        hook = fail_at(number, "sent", ApiError("LimitExceeded", "too many of them"))
    elif fault == "throttled":
        hook = fail_at(number, "sent", ApiError("Throttling", "Rate exceeded", throttled=True))
    else:
        moment = "sent" if fault == "lost request" else "answered"
        hook = fail_at(number, moment, ApiError("ConnectionClosed", "reset by peer", ambiguous=True))
    if world.converge_disturbed(described, hook):
        # A run that says it went well has done all of it.
        assert world.state(described) == undisturbed(described)
    world.converge(described)
    assert world.state(described) == undisturbed(described)
    assert not world.converge(described).changed


@given(resources(), histories())
def test_a_destroyed_stack_leaves_nothing_and_is_destroyed_once(described: list[Resource], history: History) -> None:
    world = history.world()
    world.converge(described)
    options = ConvergeOptions(plan=PlanOptions(destroy=True, release_protection=True), waiting=FAST, threads=1)
    document = Document(STACK, world.cloud.region, described)
    world.lease.held = False
    Convergence(world.cloud, REGISTRY, world.lease, options=options).run(document)
    assert world.state([]) == []
    assert not Convergence(world.cloud, REGISTRY, world.lease, options=options).run(document).changed
