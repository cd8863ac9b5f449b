"""Waiting and pacing, by a clock that only moves when somebody sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ResourceError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Observed
from ansible_collections.stackwright.aws.plugins.module_utils.engine.pacing import Pacer
from ansible_collections.stackwright.aws.plugins.module_utils.engine.waiting import (
    Pause,
    WaitOptions,
    until_gone,
    until_ready,
)
from tests.unit.engine.made_up import NAMED


class Clock:
    """Seconds that pass only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def seen(state: str, why: str = "") -> Observed:
    return NAMED.parse({"Id": "n-1", "State": state, "Why": why, "Tags": {}})


Waiter = Callable[..., Generator[Pause, None, Any]]


def wait(waiter: Waiter, clock: Clock, look: Callable[[], Observed | None], **options: Any) -> tuple[Any, list[Pause]]:
    """Run a wait to its end, sleeping as it asks."""
    steps, pauses = waiter(NAMED, look, WaitOptions(**options), clock), []
    while True:
        try:
            pause = next(steps)
        except StopIteration as end:
            return end.value, pauses
        pauses.append(pause)
        clock.sleep(pause.seconds)


def in_turn(*states: Observed | None) -> Callable[[], Observed | None]:
    left = list(states)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_what_is_ready_is_not_waited_for() -> None:
    observed, pauses = wait(until_ready, Clock(), in_turn(seen("ready")))
    assert observed.state == "ready" and pauses == []


def test_a_wait_says_what_it_waits_for_and_ends_with_the_state() -> None:
    observed, pauses = wait(until_ready, Clock(), in_turn(None, seen("making"), seen("checking"), seen("ready")))
    assert observed.state == "ready"
    assert [pause.why for pause in pauses] == ["appearing", "making", "checking"]


@pytest.mark.parametrize("state", ["broken", "leaving"])
def test_a_failed_state_ends_a_wait_at_once_with_the_reason(state: str) -> None:
    clock = Clock()
    with pytest.raises(ResourceError, match=f"named n-1 is {state}: no capacity"):
        wait(until_ready, clock, in_turn(seen(state, "no capacity")))
    assert clock.now == 100.0


def test_a_wait_ends_after_the_kinds_time_or_the_users() -> None:
    for options, seconds in (({}, 5), ({"timeout": 60}, 60)):
        clock = Clock()
        with pytest.raises(ResourceError, match="is still making after") as error:
            wait(until_ready, clock, in_turn(seen("making")), **options)
        assert seconds < clock.now - 100 <= seconds * 1.5
        assert "wait_timeout" in error.value.hint


def test_what_vanishes_is_given_up_although_there_is_time_left() -> None:
    clock = Clock()
    with pytest.raises(ResourceError, match="vanished"):
        wait(until_ready, clock, in_turn(seen("making"), None), timeout=3600)
    assert 60 < clock.now - 100 < 120


def test_looks_become_rarer_up_to_a_limit() -> None:
    clock = Clock()
    with pytest.raises(ResourceError):
        wait(until_ready, clock, in_turn(seen("making")), timeout=600, poll_interval=1, max_interval=15)
    options = WaitOptions(poll_interval=1, max_interval=15)
    assert 0.9 <= options.interval(0) <= 1.1
    assert 4.5 <= options.interval(30) <= 5.5
    assert 13.5 <= options.interval(3000) <= 16.5


def test_gone_is_gone_however_it_shows() -> None:
    for last in (None, seen("gone")):
        _nothing, pauses = wait(until_gone, Clock(), in_turn(seen("leaving"), last))
        assert [pause.why for pause in pauses] == ["leaving"]


def test_a_deletion_that_fails_or_takes_too_long_is_told() -> None:
    with pytest.raises(ResourceError, match="is broken instead of going: held"):
        wait(until_gone, Clock(), in_turn(seen("leaving"), seen("broken", "held")))
    with pytest.raises(ResourceError, match="still there after"):
        wait(until_gone, Clock(), in_turn(seen("leaving")), timeout=30)


# Pacing


def test_a_service_is_asked_at_its_rate_after_a_burst() -> None:
    clock = Clock()
    pacer = Pacer({"ec2": 10, "*": 0}, burst=2, clock=clock, sleep=clock.sleep)
    waited = [pacer.wait("ec2") for _request in range(40)]
    assert waited[:20] == [0.0] * 20
    assert sum(waited) == pytest.approx(2.0)
    assert clock.now - 100 == pytest.approx(2.0)


def test_services_do_not_wait_for_each_other() -> None:
    clock = Clock()
    pacer = Pacer({"ec2": 1, "rds": 1}, burst=1, clock=clock, sleep=clock.sleep)
    assert (pacer.wait("ec2"), pacer.wait("rds")) == (0.0, 0.0)
    assert pacer.wait("ec2") == pytest.approx(1.0)


def test_a_service_that_is_not_named_keeps_the_common_rate_and_zero_means_none() -> None:
    clock = Clock()
    pacer = Pacer({"*": 1, "s3": 0}, burst=1, clock=clock, sleep=clock.sleep)
    assert [pacer.wait("sns"), pacer.wait("sns")] == [0.0, pytest.approx(1.0)]
    assert [pacer.wait("s3") for _request in range(100)] == [0.0] * 100


def test_a_pause_fills_the_bucket_no_further_than_a_burst() -> None:
    clock = Clock()
    pacer = Pacer({"*": 5}, burst=1, clock=clock, sleep=clock.sleep)
    clock.sleep(1000)
    assert [pacer.wait("x") > 0 for _request in range(6)] == [False] * 5 + [True]


def test_threads_keep_one_rate_together() -> None:
    pacer = Pacer({"*": 200}, burst=0.05)
    waited: list[float] = []
    threads = [threading.Thread(target=lambda: waited.extend(pacer.wait("x") for _i in range(10))) for _t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Forty requests at 200 a second, ten of them at once: the last has waited for its turn among all the others.
    assert max(waited) >= 0.005 and len(waited) == 40
