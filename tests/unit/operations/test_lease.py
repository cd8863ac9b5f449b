"""The lease and the ledger, on a table in memory."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import LeaseError, StackwrightError
from ansible_collections.stackwright.aws.plugins.module_utils.operations import lease as lease_module
from ansible_collections.stackwright.aws.plugins.module_utils.operations.lease import (
    ENTRY,
    LedgerLease,
    is_dead_here,
    process_identity,
)
from ansible_collections.stackwright.aws.plugins.module_utils.operations.ledger import TABLE, Conflict, Ledger

STACK = "shop-test"


class Table:
    """DynamoDB with one table, as far as the ledger asks for it."""

    region, account, partition = "nowhere-1", "123456789012", "aws"

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] | None = None
        self.requests: list[str] = []
        self.fail: list[tuple[str, str, ApiError]] = []
        self.creating_looks = 2
        self.gate: threading.Barrier | None = None
        self._lock = threading.RLock()

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        assert (service, params["TableName"]) == ("dynamodb", TABLE)
        if self.gate is not None and operation == "put_item":
            self.gate.wait()
        with self._lock:
            self.requests.append(operation)
            self._failing(operation, "sent")
            answer: dict[str, Any] = getattr(self, operation)(params)
            self._failing(operation, "answered")
            return answer

    def pages(self, *_arguments: Any, **_more: Any) -> list[Any]:
        raise AssertionError("the ledger is never listed")

    def _failing(self, operation: str, when: str) -> None:
        for failure in self.fail:
            if failure[:2] == (operation, when):
                self.fail.remove(failure)
                raise failure[2]

    def _table(self) -> dict[tuple[str, str], dict[str, Any]]:
        if self.items is None:
            raise ApiError("ResourceNotFoundException", "no such table", missing=True)
        return self.items

    def create_table(self, params: dict[str, Any]) -> dict[str, Any]:
        if self.items is not None:
            raise ApiError("ResourceInUseException", "exists")
        self.definition, self.items = params, {}
        return {}

    def describe_table(self, params: dict[str, Any]) -> dict[str, Any]:
        self._table()
        self.creating_looks -= 1
        return {"Table": {"TableStatus": "CREATING" if self.creating_looks > 0 else "ACTIVE"}}

    def get_item(self, params: dict[str, Any]) -> dict[str, Any]:
        assert params["ConsistentRead"] is True
        found = self._table().get(_key(params["Key"]))
        return {"Item": dict(found)} if found else {}

    def put_item(self, params: dict[str, Any]) -> dict[str, Any]:
        table, key = self._table(), _key(params["Item"])
        if not self._holds(params, table.get(key)):
            raise ApiError("ConditionalCheckFailedException", "the conditional request failed")
        table[key] = params["Item"]
        return {}

    @staticmethod
    def _holds(params: dict[str, Any], found: dict[str, Any] | None) -> bool:
        condition = params.get("ConditionExpression")
        if condition is None:
            return True
        if condition == "attribute_not_exists(Stack)":
            return found is None
        names, values = params["ExpressionAttributeNames"], params["ExpressionAttributeValues"]
        terms = [term.split(" = ") for term in condition.split(" AND ")]
        return found is not None and all(found.get(names[name]) == values[value] for name, value in terms)


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["Stack"]["S"], item["Entry"]["S"]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(table: Table, clock: Clock) -> Iterator[Any]:
    """Leases of runners on other machines; their hearts are stopped in the end."""
    made: list[LedgerLease] = []

    def make(process: str, **options: Any) -> LedgerLease:
        lease = LedgerLease(
            Ledger(table, table.region, sleep=clock.sleep), STACK, clock=clock, sleep=clock.sleep, **options
        )
        acquire = lease.acquire

        def as_process(**options: Any) -> Any:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(lease_module, "process_identity", lambda pid=None: f"elsewhere/{process}/1/1")
                return acquire(**options)

        lease.acquire = as_process  # type: ignore[method-assign]
        lease.holder = f"{process}@elsewhere"
        made.append(lease)
        return lease

    yield make
    for lease in made:
        lease._stop.set()


def entry(table: Table) -> dict[str, Any]:
    return Ledger(table, table.region).get(STACK, ENTRY)


# The ledger


def test_there_is_nothing_in_a_ledger_that_is_not_there(table: Table) -> None:
    assert Ledger(table, table.region).get(STACK, "x") == {}
    assert table.requests == ["get_item"]


def test_the_first_write_makes_the_ledger_and_waits_for_it(table: Table, clock: Clock) -> None:
    ledger = Ledger(table, table.region, sleep=clock.sleep)
    ledger.put(STACK, "x", {"Text": "a", "Number": 3, "Half": 0.5})
    assert ledger.get(STACK, "x") == {"Stack": STACK, "Entry": "x", "Text": "a", "Number": 3, "Half": 0.5}
    assert table.definition["DeletionProtectionEnabled"] is True
    assert table.definition["SSESpecification"] == {"Enabled": True}


def test_a_ledger_that_another_runner_is_just_making_is_waited_for(table: Table, clock: Clock) -> None:
    table.fail.append(("put_item", "sent", ApiError("ResourceNotFoundException", "not yet", missing=True)))
    table.items = {}
    Ledger(table, table.region, sleep=clock.sleep).put(STACK, "x", {"A": 1})
    assert table.requests.count("create_table") == 1


def test_a_ledger_that_never_becomes_active_is_told(table: Table, clock: Clock) -> None:
    table.creating_looks = 10_000
    with pytest.raises(StackwrightError, match=r"stackwright-ledger in nowhere-1 is not active.*run again"):
        Ledger(table, table.region, sleep=clock.sleep).put(STACK, "x", {})


def test_a_conditional_write_tells_what_it_found(table: Table, clock: Clock) -> None:
    ledger = Ledger(table, table.region, sleep=clock.sleep)
    ledger.put(STACK, "x", {"Fence": 1}, expect={})
    for expect in ({}, {"Fence": 2}):
        with pytest.raises(Conflict) as conflict:
            ledger.put(STACK, "x", {"Fence": 9}, expect=expect)
        assert conflict.value.entry["Fence"] == 1
    ledger.put(STACK, "x", {"Fence": 2}, expect={"Fence": 1})
    assert ledger.get(STACK, "x")["Fence"] == 2


# The lease


def test_a_second_runner_is_told_who_holds_it_and_since_when(leases: Any) -> None:
    leases("alice").acquire()
    with pytest.raises(LeaseError) as refusal:
        leases("bob").acquire()
    assert "shop-test is held by alice@elsewhere since 1970-01-12T13:46:40+00:00" in str(refusal.value)
    assert re.search(r"in 6[01] s at the latest", str(refusal.value))


def test_looking_takes_nothing(leases: Any, table: Table) -> None:
    leases("alice").peek()
    assert table.requests == ["get_item"] and table.items is None


def test_a_lease_given_back_is_free_and_counts_what_was_completed(leases: Any) -> None:
    alice, bob = leases("alice"), leases("bob")
    first = alice.acquire()
    alice.release(True)
    second = bob.acquire()
    bob.release(False)
    third = alice.acquire()
    assert [(state.generation, state.fence) for state in (first, second, third)] == [(0, 1), (1, 2), (1, 3)]


def test_a_run_that_deletes_moves_the_generation_on_when_it_begins(leases: Any) -> None:
    """However it ends: what it deletes is not made by repeating what made it."""
    alice = leases("alice")
    assert alice.acquire(deletes=True).generation == 1
    alice.release(False)
    assert leases("bob").peek().generation == 1


def test_where_something_may_be_is_remembered_until_a_run_has_looked(leases: Any) -> None:
    here, there = ("AWS::EC2::VPC", "nowhere-1"), ("AWS::IAM::Role", "")
    alice = leases("alice")
    assert alice.acquire(places=[here]).places == {here}
    alice.release(settled=False)
    assert leases("bob").peek().places == {here}
    assert alice.acquire(places=[there]).places == {here, there}
    alice.release(settled=True, places=[there])
    assert leases("bob").peek().places == {there}


def test_a_holder_that_lives_on_after_all_is_not_overrun(leases: Any, clock: Clock, table: Table) -> None:
    """It renews its lease between the look at it and the taking of it."""
    alice, bob = leases("alice", ttl=60), leases("bob")
    alice.acquire()
    clock.sleep(61)
    seen = bob.ledger.get(STACK, ENTRY)
    bob.ledger.put(STACK, ENTRY, {**seen, "Expires": clock.now + 60}, expect={"Fence": seen["Fence"]})
    assert not bob._try_take(seen, clock.now)
    assert entry(table)["Holder"] == "alice@elsewhere"


def test_a_beat_that_comes_late_does_not_take_back_what_was_released(leases: Any, table: Table) -> None:
    alice = leases("alice")
    alice.acquire()
    alice.release(True)
    assert not alice._renew()
    assert entry(table)["Holder"] == ""


def test_of_two_first_runs_the_second_is_told_who_was_first(leases: Any, table: Table) -> None:
    """The other one makes the ledger, and takes the lease, between the two attempts to write."""
    alice, bob = leases("alice"), leases("bob")
    ensure = bob.ledger.ensure

    def late() -> None:
        alice.acquire()
        ensure()

    bob.ledger.ensure = late
    with pytest.raises(LeaseError, match="held by alice@elsewhere"):
        bob.acquire()


def test_a_process_of_another_container_or_before_a_restart_cannot_be_judged() -> None:
    machine, host, boot, namespace, pid, _start = process_identity().split("/")
    assert is_dead_here("/".join((machine, host, boot, namespace, pid, "1")))
    assert not is_dead_here("/".join((machine, host, boot, "pid:[1]", pid, "1")))
    assert not is_dead_here("/".join((machine, host, "another-boot", namespace, pid, "1")))


def test_a_lease_that_is_not_renewed_runs_out(leases: Any, clock: Clock) -> None:
    alice = leases("alice", ttl=60)
    alice.acquire()
    clock.sleep(59)
    with pytest.raises(LeaseError):
        leases("bob").acquire()
    clock.sleep(2)
    assert leases("bob").acquire().fence == 2


def test_a_holder_whose_clock_is_behind_is_not_overrun(leases: Any, clock: Clock, table: Table) -> None:
    alice, bob = leases("alice", ttl=60), leases("bob")
    alice.acquire()
    clock.sleep(90)
    sleep = bob._sleep

    def beat(seconds: float) -> None:
        """What a living holder does meanwhile, by a clock that is 90 s behind."""
        held = entry(table)
        alice.ledger.put(STACK, ENTRY, {**held, "Expires": held["Expires"] + 20}, expect={"Fence": held["Fence"]})
        sleep(seconds)

    bob._sleep = beat
    with pytest.raises(LeaseError, match=r"held by alice@elsewhere since .* set the clocks right"):
        bob.acquire()
    assert entry(table)["Holder"] == "alice@elsewhere"


def test_the_one_who_lost_it_stops(leases: Any, clock: Clock) -> None:
    alice = leases("alice", ttl=60)
    alice.acquire()
    alice.check()
    clock.sleep(61)
    with pytest.raises(LeaseError, match="could not be renewed in time"):
        alice.check()


def test_the_one_who_lost_it_does_not_give_back_what_another_holds(leases: Any, clock: Clock, table: Table) -> None:
    alice, bob = leases("alice", ttl=60), leases("bob")
    alice.acquire()
    clock.sleep(61)
    bob.acquire()
    with pytest.raises(LeaseError):
        alice.check()
    alice.release(True)
    assert entry(table)["Holder"] == "bob@elsewhere" and entry(table)["Generation"] == 0


def test_giving_back_after_another_took_it_changes_nothing(leases: Any, clock: Clock, table: Table) -> None:
    """Even when nobody has noticed yet that it was lost."""
    alice, bob = leases("alice", ttl=60), leases("bob")
    alice.acquire()
    clock.sleep(61)
    bob.acquire()
    alice.release(True)
    assert entry(table)["Holder"] == "bob@elsewhere" and entry(table)["Generation"] == 0


def test_a_patient_runner_waits_for_its_turn(leases: Any, clock: Clock) -> None:
    leases("alice", ttl=30).acquire()
    started = clock.now
    assert leases("bob", patience=120).acquire().fence == 2
    # Until it has run out, and until nobody has renewed it either.
    assert 30 <= clock.now - started <= 33 + 15


def test_of_two_at_the_same_moment_one_gets_it(leases: Any, table: Table) -> None:
    Ledger(table, table.region, sleep=lambda _seconds: None).ensure()
    table.gate = threading.Barrier(2, timeout=5)
    outcomes: list[str] = []

    def run(name: str) -> None:
        try:
            lease = LedgerLease(Ledger(table, table.region), STACK, sleep=lambda _seconds: None)
            lease.holder = name
            taken = lease._try_take({}, time.time())
            outcomes.append("taken" if taken else "not")
        except LeaseError:
            outcomes.append("refused")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lease_module, "process_identity", lambda pid=None: f"m/h/{threading.get_ident()}/1")
        threads = [threading.Thread(target=run, args=(name,)) for name in ("alice", "bob")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == ["not", "taken"]


def test_a_lease_whose_answer_was_lost_is_taken(leases: Any, table: Table) -> None:
    """The write took effect; the repeated one conflicts with it."""
    alice = leases("alice")
    alice.acquire()
    alice.release(True)
    real, sent = table.call, []

    def twice(service: str, operation: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        answer = real(service, operation, params, **more)
        if operation == "put_item" and not sent:
            sent.append(operation)
            return real(service, operation, params, **more)  # As a client does that got no answer.
        return answer

    table.call = twice  # type: ignore[method-assign]
    assert alice.acquire().fence == 2


def test_a_living_holder_renews_its_lease(table: Table) -> None:
    lease = LedgerLease(Ledger(table, table.region, sleep=lambda _seconds: None), STACK, ttl=0.3)
    lease.acquire()
    try:
        time.sleep(0.8)
        lease.check()
        with pytest.raises(LeaseError):
            LedgerLease(Ledger(table, table.region), STACK).acquire()
        assert table.requests.count("put_item") >= 4
    finally:
        lease.release(False)


def test_a_heartbeat_that_finds_another_holder_ends_the_run(table: Table) -> None:
    lease = LedgerLease(Ledger(table, table.region, sleep=lambda _seconds: None), STACK, ttl=0.3)
    lease.acquire()
    try:
        Ledger(table, table.region).put(STACK, ENTRY, {**entry(table), "Fence": 7, "Holder": "bob"})
        time.sleep(0.25)
        with pytest.raises(LeaseError, match=r"the lease of shop-test is lost \(taken by bob\)"):
            lease.check()
    finally:
        lease.release(True)
    assert entry(table)["Fence"] == 7 and entry(table)["Holder"] == "bob"


def test_a_heartbeat_without_an_answer_is_tried_again(table: Table) -> None:
    lease = LedgerLease(Ledger(table, table.region, sleep=lambda _seconds: None), STACK, ttl=0.6)
    lease.acquire()
    table.fail.append(("put_item", "sent", ApiError("ConnectionClosed", "reset", ambiguous=True)))
    try:
        time.sleep(0.9)
        lease.check()
        assert table.fail == []
    finally:
        lease.release(False)


def test_a_holder_that_died_on_this_machine_loses_the_lease_at_once(table: Table, clock: Clock) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        identity = process_identity(process.pid)
        assert not is_dead_here(identity)
    finally:
        process.kill()
        process.wait(timeout=10)
    ledger = Ledger(table, table.region, sleep=clock.sleep)
    holder = {"Holder": "killed", "Process": identity, "Since": "x", "Expires": clock.now + 3600, "Fence": 4}
    ledger.put(STACK, ENTRY, {**holder, "Generation": 2})
    assert is_dead_here(identity)
    lease = LedgerLease(ledger, STACK, clock=clock, sleep=clock.sleep)
    state = lease.acquire()
    lease.release(False)
    assert (state.fence, state.generation) == (5, 2)


@pytest.mark.parametrize(
    "identity",
    ["", "garbage", "another-machine/host/1/1", process_identity(), process_identity(1)],
)
def test_a_holder_that_lives_or_cannot_be_judged_is_not_dead(identity: str) -> None:
    assert not is_dead_here(identity)


def test_a_process_with_a_dead_ones_number_is_another_process() -> None:
    where, pid, start = process_identity().rsplit("/", 2)
    assert is_dead_here("/".join((where, pid, str(int(start) + 1))))
