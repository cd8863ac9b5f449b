"""Carrying out a plan: how much at once, who waits for what, and in which order things go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine import work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.apply import Applier
from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import (
    Convergence,
    ConvergeOptions,
    Outcome,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Document, Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ApplyError, LeaseError, PlanError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Attribute,
    Call,
    Kind,
    Observed,
    Update,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.lease import LeaseState
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action, PlanOptions
from ansible_collections.stackwright.aws.plugins.module_utils.engine.progress import Event
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import WaitOptions
from tests.unit.engine.all_sorts import LATE, NAMED, ORDERED, PLAIN, REGISTRY, USER
from tests.unit.engine.made_up import STATES, FreeLease, MadeUpCloud, made_up_kind

FAST = WaitOptions(poll_interval=0.001, max_interval=0.005)


def converge(
    cloud: MadeUpCloud,
    *described: Resource,
    registry: Registry = REGISTRY,
    lease: Any = None,
    listener: Callable[[Event], None] = lambda _event: None,
    waiting: WaitOptions = FAST,
    threads: int = 8,
    **plan: Any,
) -> Outcome:
    options = ConvergeOptions(plan=PlanOptions(**plan), waiting=waiting, threads=threads)
    convergence = Convergence(cloud, registry, lease or FreeLease(), options=options, listener=listener)
    return convergence.run(Document("shop-test", cloud.region, described))


def resource(kind: Kind, name: str, *uses: Resource, **properties: Any) -> Resource:
    named = {"Name": name} if kind.key else {}
    return Resource(kind.type, name, {**named, "Uses": [used.ref("Id") for used in uses], **properties})


class OpenCloud(MadeUpCloud):
    """A cloud that serves requests at the same time, and in which things stay busy until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.busy_looks = 1
        self.held: set[str] = set()

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        self.hook("waiting", operation, params)
        return super().call(service, operation, params, region=region, once=once)

    def list_things(self, Kind: str) -> dict[str, Any]:
        for thing in self.things.values():
            thing["Busy"] = 2 if thing["Tags"].get("stackwright:name") in self.held else 0
        return super().list_things(Kind)


def name_of(params: dict[str, Any]) -> str:
    name: str = params.get("Tags", {}).get("stackwright:name", "")
    return name


# At once


def test_what_does_not_depend_on_each_other_is_made_at_the_same_time() -> None:
    cloud, together = OpenCloud(), threading.Barrier(4, timeout=5)

    def meet(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "waiting" and operation == "create_thing":
            together.wait()  # Breaks unless all four requests are under way at once.

    cloud.hook = meet
    converge(cloud, *(resource(NAMED, f"n{number}") for number in range(4)))
    assert len(cloud.things) == 4


def test_no_more_is_under_way_than_threads_are_allowed() -> None:
    cloud, under_way, most = OpenCloud(), [0], [0]
    lock = threading.Lock()

    def count(when: str, operation: str, params: dict[str, Any]) -> None:
        if operation != "create_thing":
            return
        with lock:
            under_way[0] += {"waiting": 1, "answered": -1}.get(when, 0)
            most[0] = max(most[0], under_way[0])
        if when == "waiting":
            time.sleep(0.01)

    cloud.hook = count
    converge(cloud, *(resource(NAMED, f"n{number}") for number in range(9)), threads=3)
    assert most[0] == 3


def test_a_kind_that_wants_it_is_made_one_after_the_other() -> None:
    cloud, events = MadeUpCloud(), []
    cloud.busy_looks = 2
    ordered = [resource(ORDERED, f"o{number}") for number in range(3)]
    free = [resource(NAMED, f"n{number}") for number in range(2)]
    converge(cloud, *ordered, *free, listener=events.append)
    spans = [
        (event.verb, event.subject)
        for event in events
        if event.subject.startswith(ORDERED.type) and event.verb in ("creating", "created")
    ]
    assert [verb for verb, _subject in spans] == ["creating", "created"] * 3
    assert [subject for _verb, subject in spans[::2]] == [subject for _verb, subject in spans[1::2]]


# Late


def test_what_became_known_is_not_taken_back_while_a_late_step_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever needs the address starts as soon as it is known, and reads it at any moment after that."""
    address = Attribute(lambda item: None if item["State"] == "working" else "somewhere")
    step = Call("update_thing", lambda w: {"Id": w.id, "Properties": {"Mode": w.desired["Mode"]}})
    growing = made_up_kind(
        "Growing",
        attributes={"Id": Attribute("Id"), "Address": address},
        updates=(Update(("Mode",), step, on_create=True, when_ready=True),),
    )
    cloud, told = OpenCloud(), []
    publish = Applier._publish

    def note(applier: Applier, subject: Address, observed: Observed) -> None:
        told.append(observed.attribute("Address"))
        publish(applier, subject, observed)

    monkeypatch.setattr(Applier, "_publish", note)
    converge(cloud, Resource(growing.type, "one", {"Mode": "late"}), registry=Registry((growing,)))
    assert told[0] is None
    assert "somewhere" in told
    assert None not in told[told.index("somewhere") :], told


def test_a_slow_thing_is_waited_for_only_by_whoever_needs_it() -> None:
    """While `slow` is not ready, what does not need it is done; what needs it is not even begun."""
    cloud, seen = OpenCloud(), {}
    cloud.held = {"slow"}
    slow = resource(LATE, "slow")
    ready = resource(NAMED, "ready")
    needs_it = resource(USER, "needs-it", slow)
    chain = resource(USER, "chain", ready)

    def listen(event: Event) -> None:
        seen[f"{event.verb} {event.subject.split()[-1]}"] = True
        if "created chain" in seen and cloud.held:
            assert "creating needs-it" not in seen
            assert "created slow" not in seen
            cloud.held.clear()

    converge(cloud, slow, ready, needs_it, chain, listener=listen)
    assert "created needs-it" in seen and not cloud.held


def test_what_is_known_before_it_is_ready_is_used_before_it_is_ready() -> None:
    """The proof that makes a thing ready is made of an attribute that it has from the start."""
    cloud = OpenCloud()
    cloud.held = {"certificate"}
    certificate = resource(LATE, "certificate")
    proof = Resource(USER.type, "proof", {"Follows": certificate.ref("Ticket")})

    def prove(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "answered" and name_of(params) == "proof":
            cloud.held.clear()

    cloud.hook = prove
    outcome = converge(cloud, certificate, proof)
    assert len(outcome.plan.effective) == 2 and not cloud.held


def test_without_wait_a_run_ends_while_what_nobody_needs_is_still_busy() -> None:
    cloud = OpenCloud()
    cloud.held = {"slow", "needed"}
    slow, needed = resource(LATE, "slow"), resource(LATE, "needed")
    user = resource(USER, "user", needed)

    def let_go(when: str, operation: str, params: dict[str, Any]) -> None:
        if operation == "list_things" and when == "sent" and cloud.counted()["list_things"] > 20:
            cloud.held.discard("needed")

    cloud.hook = let_go
    converge(cloud, slow, needed, user, waiting=WaitOptions(wait=False, poll_interval=0.001, max_interval=0.002))
    assert {thing["Tags"]["stackwright:name"] for thing in cloud.things.values()} == {"slow", "needed", "user"}
    assert "slow" in cloud.held


def test_the_next_run_waits_for_what_the_last_one_left_busy() -> None:
    cloud = OpenCloud()
    cloud.held = {"slow"}
    slow = resource(LATE, "slow")
    converge(cloud, slow, waiting=WaitOptions(wait=False, poll_interval=0.001, max_interval=0.002))
    cloud.requests.clear()

    def let_go(event: Event) -> None:
        if event.verb == "waiting for":
            cloud.held.clear()

    outcome = converge(cloud, slow, listener=let_go)
    assert not outcome.changed and cloud.writes == [] and not cloud.held


# What goes


def test_what_is_replaced_in_place_goes_after_its_user_that_is_no_longer_described() -> None:
    """The user that is pruned holds what is replaced under the same name."""
    cloud = MadeUpCloud()
    converge(cloud, resource(NAMED, "base", Shape="round"), resource(USER, "gone", resource(NAMED, "base")))
    cloud.requests.clear()
    outcome = converge(cloud, resource(NAMED, "base", Shape="square"), prune=True)
    assert {change.name: change.action for change in outcome.plan.effective} == {
        "base": Action.REPLACE,
        "gone": Action.DELETE,
    }
    assert cloud.writes == ["delete_thing", "delete_thing", "create_thing"]


def test_what_is_no_longer_described_goes_after_the_replaced_thing_that_used_it() -> None:
    cloud = MadeUpCloud()
    base = resource(NAMED, "base")
    converge(cloud, base, resource(PLAIN, "user", base, Shape="round"))
    converge(cloud, resource(PLAIN, "user", Shape="square"), prune=True)
    assert [thing["Shape"] for thing in cloud.things.values()] == ["square"]


def test_an_order_alone_does_not_take_along_what_comes_later() -> None:
    cloud = MadeUpCloud()
    base = resource(NAMED, "base", Shape="round")
    later = Resource(PLAIN.type, "later", {"Size": 1}, depends_on=(base.address,))
    converge(cloud, base, later)
    outcome = converge(cloud, resource(NAMED, "base", Shape="square"), later)
    assert [(change.name, change.action) for change in outcome.plan.effective] == [("base", Action.REPLACE)]


def test_a_refused_replacement_leaves_the_old_one_standing() -> None:
    """The old one carries the same tags as the new one: it must not be taken for what was made."""
    cloud = MadeUpCloud()
    converge(cloud, resource(PLAIN, "user", Shape="round"))

    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "create_thing":
            raise ApiError("LimitExceeded", "no more of them", operation=operation)

    cloud.hook = refuse
    with pytest.raises(ApplyError, match=r"cannot replace .* user: LimitExceeded"):
        converge(cloud, resource(PLAIN, "user", Shape="square"))
    assert [thing["Shape"] for thing in cloud.things.values()] == ["round"]


def test_a_deletion_that_is_refused_for_now_is_tried_again() -> None:
    held = [3]

    def busy(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "delete_thing" and held[0]:
            held[0] -= 1
            raise ApiError("DependencyViolation", "still in use", operation=operation)

    retrying = made_up_kind(
        "Retrying",
        delete=Call("delete_thing", lambda w: {"Id": w.id}, retry_on=frozenset({"DependencyViolation"})),
    )
    registry, cloud = Registry([retrying]), MadeUpCloud()
    converge(cloud, Resource(retrying.type, "one", {}), registry=registry)
    cloud.hook = busy
    converge(cloud, Resource(retrying.type, "one", {}), registry=registry, destroy=True)
    assert cloud.things == {} and held == [0]


@pytest.mark.timeout(10)
def test_what_never_passes_is_told_soon_however_long_the_user_would_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "create_thing":
            raise ApiError("NoKey", "the key cannot be used", operation=operation)

    monkeypatch.setattr(work, "_SETTLE_SECONDS", 0.05)
    kind = made_up_kind("Encrypted", retry_on=frozenset({"NoKey"}))
    events: list[Event] = []
    cloud = MadeUpCloud()
    cloud.hook = refuse
    with pytest.raises(ApplyError, match=r"cannot create .* NoKey: the key cannot be used"):
        converge(
            cloud,
            Resource(kind.type, "one", {}),
            registry=Registry([kind]),
            listener=events.append,
            waiting=replace(FAST, timeout=3600),
        )
    assert [event.detail for event in events if event.verb == "waiting for"] == ["NoKey: the key cannot be used"]


@pytest.mark.timeout(10)
def test_a_deletion_does_not_wait_for_what_only_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "delete_thing":
            raise ApiError("NoKey", "the key cannot be used", operation=operation)

    monkeypatch.setattr(work, "_SETTLE_SECONDS", 0.05)
    kind = made_up_kind("Encrypted", settling=frozenset({"NoKey"}), states=replace(STATES, timeout=3600))
    registry, cloud = Registry([kind]), MadeUpCloud()
    converge(cloud, Resource(kind.type, "one", {}), registry=registry)
    cloud.hook = refuse
    with pytest.raises(ApplyError, match=r"cannot delete .* NoKey"):
        converge(cloud, Resource(kind.type, "one", {}), registry=registry, destroy=True)


# What users hold on to


def _set(**fixed: Any) -> Call:
    return Call("update_thing", lambda w: {"Id": w.id, "Properties": {"Size": w.desired["Size"], **fixed}})


HOLDER = made_up_kind(
    "Holder",
    key=("Name",),
    updates=(
        Update(("Size",), _set(Mode="begun")),
        Update(
            ("Size",), _set(Mode="done"), after_users=lambda desired, found: desired["Size"] < found.properties["Size"]
        ),
    ),
)
TENANT = made_up_kind("Tenant", requires=(HOLDER.type,))
HELD = Registry([HOLDER, TENANT])


def _holder_and_tenant(size: int) -> tuple[Resource, Resource]:
    holder = resource(HOLDER, "holder", Size=size)
    return holder, resource(TENANT, "tenant", holder, Size=size)


def _steps(cloud: MadeUpCloud) -> list[str]:
    """The changes from here on, as they are sent."""
    steps: list[str] = []

    def note(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation in ("update_thing", "delete_thing"):
            steps.append(params.get("Properties", {}).get("Mode", f"{operation} {params['Id'].split('-')[0]}"))

    cloud.hook = note
    return steps


@pytest.mark.parametrize("wait", [True, False])
def test_what_users_hold_on_to_is_taken_away_when_they_are_changed(wait: bool) -> None:
    cloud = MadeUpCloud()
    converge(cloud, *_holder_and_tenant(2), registry=HELD)
    steps = _steps(cloud)
    outcome = converge(cloud, *_holder_and_tenant(1), registry=HELD, waiting=replace(FAST, wait=wait))
    assert steps == ["begun", "update_thing tenant", "done"]
    assert outcome.report.done == [f"update {TENANT.type} tenant", f"update {HOLDER.type} holder"]


def test_nothing_is_taken_away_where_nothing_is_lost() -> None:
    cloud = MadeUpCloud()
    converge(cloud, *_holder_and_tenant(2), registry=HELD)
    steps = _steps(cloud)
    converge(cloud, *_holder_and_tenant(3), registry=HELD)
    assert steps == ["begun", "update_thing tenant"]


def test_users_that_go_are_gone_before_anything_is_taken_from_them() -> None:
    cloud = MadeUpCloud()
    converge(cloud, *_holder_and_tenant(2), registry=HELD)
    steps = _steps(cloud)
    converge(cloud, _holder_and_tenant(1)[0], registry=HELD, prune=True)
    assert steps == ["begun", "delete_thing tenant", "done"]


def test_nothing_is_taken_from_users_that_could_not_be_changed() -> None:
    cloud = MadeUpCloud()
    converge(cloud, *_holder_and_tenant(2), registry=HELD)

    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "update_thing" and params["Id"].startswith("tenant"):
            raise ApiError("Full", "no room", operation=operation)

    cloud.hook = refuse
    with pytest.raises(ApplyError) as caught:
        converge(cloud, *_holder_and_tenant(1), registry=HELD)
    report = caught.value.report
    assert report.skipped == {f"finish {HOLDER.type} holder": f"it needs {TENANT.type} tenant"}
    assert report.done == [f"update {HOLDER.type} holder, but for what its users hold on to"]
    assert [thing["Mode"] for thing in cloud.things.values() if thing["Kind"] == HOLDER.type] == ["begun"]


# The lease


def test_a_lost_lease_stops_every_further_step() -> None:
    class LostLease(FreeLease):
        def check(self) -> None:
            if len(cloud.things) >= 1:
                raise LeaseError("the lease is lost")

    cloud = MadeUpCloud()
    base = resource(NAMED, "base")
    with pytest.raises(ApplyError, match="the lease is lost"):
        converge(cloud, base, resource(USER, "user", base), lease=LostLease(), threads=1)
    assert cloud.writes == ["create_thing"]


@pytest.mark.parametrize(("ambiguous", "generation"), [(False, 1), (True, 0)])
def test_the_generation_moves_on_when_it_is_known_what_was_made(ambiguous: bool, generation: int) -> None:
    lease, cloud = FreeLease(), MadeUpCloud()

    def refuse(when: str, operation: str, params: dict[str, Any]) -> None:
        if operation == "create_thing":
            raise ApiError("Nope", "no", ambiguous=ambiguous)

    cloud.hook = refuse
    with pytest.raises(ApplyError):
        converge(cloud, resource(NAMED, "base"), lease=lease)
    assert (lease.generation, lease.held) == (generation, False)
    cloud.hook = lambda *_: None
    converge(cloud, resource(NAMED, "base"), lease=lease)
    assert (lease.generation, lease.held) == (generation + 1, False)


def test_what_is_deleted_is_not_what_the_next_tokens_stand_for_however_the_run_ends() -> None:
    """The cloud would answer a create of the same token with what is gone."""
    lease, cloud = FreeLease(), MadeUpCloud()
    base = resource(NAMED, "base")
    converge(cloud, base, lease=lease)
    before = lease.generation

    class Killed(BaseException):
        pass

    def kill(_event: Event) -> None:
        raise Killed

    with pytest.raises(Killed):
        converge(cloud, base, lease=lease, listener=kill, destroy=True)
    assert lease.generation == before + 1


def test_a_plan_that_was_made_while_somebody_held_the_lease_is_made_anew() -> None:
    """What the other runner made in the meantime is not made again."""
    cloud = MadeUpCloud()
    base = resource(NAMED, "base")

    class Awaited(FreeLease):
        def peek(self) -> LeaseState:
            return replace(super().peek(), holder="somebody")

        def acquire(self, **options: Any) -> LeaseState:
            converge(cloud, base)
            return super().acquire(**options)

    outcome = converge(cloud, base, lease=Awaited())
    assert not outcome.changed and len(cloud.things) == 1


def test_a_run_of_somebody_else_in_between_makes_the_plan_anew() -> None:
    """What the other runner made is not made again."""
    cloud = MadeUpCloud()
    base = resource(NAMED, "base")

    class Overtaken(FreeLease):
        def acquire(self, **options: Any) -> LeaseState:
            if not cloud.things:
                converge(cloud, base)
                self.fence += 1
            return super().acquire(**options)

    outcome = converge(cloud, base, lease=Overtaken())
    assert not outcome.changed and len(cloud.things) == 1


def test_what_is_replaced_and_uses_what_goes_first_goes_before_that() -> None:
    """By its own properties the user could stand beside its successor; what it uses cannot."""
    cloud = MadeUpCloud()
    group = made_up_kind("Group", key=("Name",))
    service = made_up_kind("Service", requires=(group.type,))
    registry = Registry((group, service))

    def both(shape: str) -> tuple[Resource, Resource]:
        base = resource(group, "base", Shape=shape)
        return base, resource(service, "user", base, Shape=shape)

    converge(cloud, *both("round"), registry=registry)
    outcome = converge(cloud, *both("square"), registry=registry)
    assert [change.action for change in outcome.plan.changes] == [Action.REPLACE, Action.REPLACE]
    assert cloud.writes[-4:] == ["delete_thing", "delete_thing", "create_thing", "create_thing"]
    assert sorted(thing["Shape"] for thing in cloud.things.values()) == ["square", "square"]


def test_half_a_replacement_is_told() -> None:
    cloud = MadeUpCloud()
    converge(cloud, resource(NAMED, "base", Shape="round"))

    def refuse(when: str, operation: str, _params: dict[str, Any]) -> None:
        if operation == "create_thing":
            raise ApiError("LimitExceeded", "too many")

    cloud.hook = refuse
    with pytest.raises(ApplyError, match="done before: delete MadeUp::Test::Named base, to be replaced"):
        converge(cloud, resource(NAMED, "base", Shape="square"))
    cloud.hook = lambda _when, _operation, _params: None
    converge(cloud, resource(NAMED, "base", Shape="round"))
    outcome = converge(cloud, resource(NAMED, "base", Shape="square"))
    assert outcome.report.done == ["replace MadeUp::Test::Named base"]


def test_a_run_that_fails_tells_what_its_plan_noted() -> None:
    cloud, lease = MadeUpCloud(), FreeLease()
    converge(cloud, resource(NAMED, "former"), lease=lease)

    def refuse(when: str, operation: str, _params: dict[str, Any]) -> None:
        if operation == "create_thing":
            raise ApiError("LimitExceeded", "too many")

    cloud.hook = refuse
    with pytest.raises(ApplyError) as failure:
        converge(cloud, resource(NAMED, "base"), lease=lease)
    assert [note for note in failure.value.report.notes if "(former) is no longer described" in note]


# Reads that lag behind writes


class LaggingCloud(MadeUpCloud):
    """For some looks after an update it shows what was before."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks, self._old = looks, {}  # type: ignore[var-annotated]

    def update_thing(self, Id: str, Properties: dict[str, Any]) -> dict[str, Any]:
        self._old[Id] = [self.looks, dict(self.things[Id])]
        return super().update_thing(Id, Properties)

    def list_things(self, Kind: str) -> dict[str, Any]:
        found = super().list_things(Kind)["Things"]
        shown = []
        for thing in found:
            left, old = self._old.get(thing["Id"], [0, thing])
            self._old[thing["Id"]] = [left - 1, old]
            shown.append({**old, "State": "ready"} if left > 0 else thing)
        return {"Things": shown}


def test_what_was_before_an_update_is_not_taken_for_what_it_made() -> None:
    """`User` takes over what `Late` says of itself after the change."""
    cloud = LaggingCloud(looks=3)
    for size in (1, 2):
        late = resource(LATE, "late", Size=size)
        user = Resource(USER.type, "user", {"Mode": late.ref("Revision")})
        outcome = converge(cloud, late, user)
    assert outcome.outputs[LATE.type]["late"]["Revision"] == 2
    assert [thing["Mode"] for thing in cloud.things.values() if thing["Kind"] == USER.type] == [2]


def test_what_goes_on_showing_its_old_value_is_believed_after_a_while() -> None:
    cloud = LaggingCloud(looks=10**6)
    converge(cloud, resource(LATE, "late", Size=1))
    assert converge(cloud, resource(LATE, "late", Size=2), waiting=replace(FAST, timeout=1)).changed


# Requests that are sent only once


def test_a_create_that_was_throttled_is_sent_again() -> None:
    cloud, refused = MadeUpCloud(), []

    def throttle(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "sent" and operation == "create_thing" and len(refused) < 3:
            refused.append(operation)
            raise ApiError("RequestLimitExceeded", "slow down", throttled=True)

    cloud.hook = throttle
    converge(cloud, resource(NAMED, "base"))
    assert len(cloud.things) == 1 and len(refused) == 3


def test_what_a_lost_create_made_is_looked_for_more_than_once() -> None:
    """The list that is asked first does not show it yet."""
    cloud, lost = MadeUpCloud(), []

    def lose(when: str, operation: str, params: dict[str, Any]) -> None:
        if when == "answered" and operation == "create_thing" and not lost:
            lost.append(dict(cloud.things))
            cloud.things.clear()
            raise ApiError("ConnectionClosed", "no answer", ambiguous=True)
        if when == "sent" and operation == "list_things" and lost and cloud.requests.count("list_things") > 3:
            cloud.things.update(lost[0])

    cloud.hook = lose
    converge(cloud, resource(NAMED, "base"))
    assert cloud.requests.count("create_thing") == 1 and len(cloud.things) == 1


# Not waiting


def test_who_does_not_wait_still_does_everything() -> None:
    """What a create does late belongs to it."""
    step = Call("update_thing", lambda w: {"Id": w.id, "Properties": {"Mode": w.desired["Mode"]}})
    late = made_up_kind("Slow", updates=(Update(("Mode",), step, on_create=True, when_ready=True),))
    cloud = MadeUpCloud()
    cloud.busy_looks = 3
    waiting = replace(FAST, wait=False)
    converge(cloud, Resource(late.type, "one", {"Mode": "late"}), registry=Registry((late,)), waiting=waiting)
    assert cloud.writes == ["create_thing", "update_thing"]


# Plans that cannot be


def test_a_property_that_the_kind_does_not_know_is_an_error_with_the_options_path() -> None:
    stray = Resource(NAMED.type, "base", {"Name": "base", "Sise": 1}, path="networks.base")
    with pytest.raises(PlanError, match=r"networks\.base: named has no property Sise"):
        converge(MadeUpCloud(), stray)


def test_every_reason_against_a_plan_is_told_at_once() -> None:
    cloud = MadeUpCloud()
    cloud.create_thing(NAMED.type, {"Name": "one"}, {})
    cloud.create_thing(NAMED.type, {"Name": "two"}, {"stackwright:stack": "other", "stackwright:name": "two"})
    with pytest.raises(PlanError) as error:
        converge(cloud, resource(NAMED, "one"), resource(NAMED, "two"))
    assert len(error.value.problems) == 2
    assert cloud.writes == []


def test_what_is_broken_is_made_anew() -> None:
    cloud = MadeUpCloud()
    converge(cloud, resource(PLAIN, "user"))
    next(iter(cloud.things.values())).update(State="broken", Why="no capacity")
    outcome = converge(cloud, resource(PLAIN, "user"))
    assert outcome.plan.changes[0].reason == "it is broken: no capacity"
    assert [thing["State"] for thing in cloud.things.values()] == ["ready"]
