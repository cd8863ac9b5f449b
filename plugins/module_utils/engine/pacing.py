# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pacing: a request rate that all threads keep together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping


class Pacer:
    """One token bucket per service.

    Args:
        rates: requests a second by service; `*` is for every service that is not named.
        burst: how many seconds' worth of requests may be sent at once after a pause.
    """

    def __init__(
        self,
        rates: Mapping[str, float],
        burst: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rates = dict(rates)
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, service: str) -> float:
        """Wait for this request's turn; returns the seconds waited."""
        rate = self._rates.get(service, self._rates.get("*", 0.0))
        if rate <= 0:
            return 0.0
        with self._lock:
            now = self._clock()
            tokens, since = self._buckets.get(service, (rate * self._burst, now))
            tokens = min(rate * self._burst, tokens + (now - since) * rate) - 1
            self._buckets[service] = (tokens, now)
        delay = max(0.0, -tokens / rate)
        if delay:
            self._sleep(delay)
        return delay
