# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of the slow services share."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pytest

from tests.twin import helpers

T = TypeVar("T")


def until(read: Callable[[], T], good: Callable[[T], Any] = bool, timeout: float = 8.0) -> T:
    """Read until it is good; return what was read. Fails with the last value."""
    end = time.monotonic() + timeout
    while True:
        value = read()
        if good(value):
            return value
        if time.monotonic() > end:
            pytest.fail(f"still {value!r} after {timeout} s")
        time.sleep(0.03)


def passes_through(read: Callable[[], str], *states: str, timeout: float = 8.0) -> None:
    """It ends in the last of the states and shows no other, nor any out of order, on the way.

    A busy machine may miss a short one: what a call answers is asserted where it matters.
    """
    seen: list[str] = []

    def note() -> str:
        state = read()
        if not seen or seen[-1] != state:
            seen.append(state)
        return state

    until(note, lambda state: state == states[-1], timeout)
    rest = iter(states)
    assert all(state in rest for state in seen), f"{seen} is not in the order of {states}"


def refused(code: str, text: str = "") -> AbstractContextManager[None]:
    """The call inside is refused with AWS's code, and the message has the text in it."""
    return helpers.refused(code, message=text)


def default_subnets(client: Callable[..., Any], count: int = 2, region: str = "us-east-1") -> list[str]:
    """Subnets of the default VPC, one per zone."""
    found = client("ec2", region).describe_subnets()["Subnets"]
    by_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in found}
    return [by_zone[zone] for zone in sorted(by_zone)][:count]
