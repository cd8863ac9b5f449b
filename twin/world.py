# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from twin.delays import DEFAULTS

log = logging.getLogger("twin")


class World:
    """The clock, the lock and the delays that every overlay shares."""

    def __init__(self, delays: Mapping[str, float] | None = None, scale: float = 1.0) -> None:
        """Start a world.

        :param delays: seconds by name; what is not named keeps its default.
        :param scale: factor on every default (not on what ``delays`` names).
        :raises ValueError: a name that ``twin/delays.py`` does not know, or a negative time.
        """
        self.lock = threading.RLock()
        self._delays = {name: seconds * scale for name, seconds in DEFAULTS.items()}
        self.set_delays(delays or {})
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._due = threading.Condition(self.lock)
        self._on_reset: list[Callable[[], None]] = []
        threading.Thread(target=self._run, name="twin-timer", daemon=True).start()

    @property
    def delays(self) -> dict[str, float]:
        return dict(self._delays)

    def set_delays(self, delays: Mapping[str, float]) -> None:
        """Change delays; all or nothing. Raises ValueError for an unknown name or a negative time."""
        changed = {name: float(seconds) for name, seconds in delays.items()}
        for name, seconds in changed.items():
            if name not in self._delays:
                raise ValueError(f"unknown delay {name!r}; known: {', '.join(sorted(self._delays))}")
            if not 0 <= seconds < float("inf"):
                raise ValueError(f"delay {name!r} must be a number of seconds from 0, not {seconds!r}")
        self._delays.update(changed)

    def delay(self, name: str) -> float:
        """Seconds that the transition takes. Raises KeyError for a name that ``twin/delays.py`` lacks."""
        return self._delays[name]

    def now(self) -> float:
        return time.time()

    def schedule(self, seconds: float, action: Callable[[], None]) -> None:
        """Run the action once, that many seconds from now, on the timer thread, under the world lock.

        A reset forgets what is scheduled. At 0 seconds the action runs at once, on the caller's thread.
        """
        if seconds <= 0:
            with self.lock:
                action()
            return
        with self._due:
            heapq.heappush(self._queue, (time.monotonic() + seconds, next(self._number), action))
            self._due.notify()

    @contextlib.contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let everybody else in while this thread waits for something that may ask the twin in turn."""
        held = self.lock._release_save()  # type: ignore[attr-defined]
        try:
            yield
        finally:
            self.lock._acquire_restore(held)  # type: ignore[attr-defined]

    def on_reset(self, action: Callable[[], None]) -> None:
        """Also do this when the twin is reset (state that does not live on a moto backend)."""
        self._on_reset.append(action)

    def reset(self) -> None:
        with self._due:
            self._queue.clear()
            for action in self._on_reset:
                action()

    def _run(self) -> None:
        while True:
            with self._due:
                while not self._queue or self._queue[0][0] > time.monotonic():
                    self._due.wait(self._queue[0][0] - time.monotonic() if self._queue else None)
                _, _, action = heapq.heappop(self._queue)
                try:
                    action()
                except Exception:
                    log.exception("scheduled action failed")
