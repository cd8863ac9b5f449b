# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One thread that runs all controllers, woken by the store's events and by timers."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from twin.kubernetes.errors import StatusError
from twin.kubernetes.store import Event

if TYPE_CHECKING:
    from twin.kubernetes.store import Store

log = logging.getLogger("twin.kubernetes")

Key = tuple[str, str]
"""Namespace and name."""
_RETRY, _RETRY_BROKEN = 0.5, 5.0


class Controller(Protocol):
    """Turns events into keys of its own objects, and brings one object to what it should be."""

    def interest(self, event: Event) -> Iterable[Key]: ...

    def reconcile(self, key: Key) -> None: ...


class Loop:
    """Runs each key of each controller at most once at a time, all under the store's lock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._controllers: list[Controller] = []
        self._due: list[tuple[float, int, Controller, Key]] = []
        self._waiting: set[tuple[int, Key]] = set()
        self._timers: dict[tuple[int, Key], float] = {}
        self._number = itertools.count()
        self._wake = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="kube-controllers", daemon=True)

    def add(self, controller: Controller) -> None:
        self._controllers.append(controller)

    def start(self) -> None:
        self._store.listen(self._hear)
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self._thread.join()

    def soon(self, controller: Controller, key: Key) -> None:
        """Run the controller for the key; once, however often this is called before it runs."""
        with self._wake:
            if (id(controller), key) in self._waiting:
                return
            self._waiting.add((id(controller), key))
            heapq.heappush(self._due, (time.monotonic(), next(self._number), controller, key))
            self._wake.notify()

    def after(self, seconds: float, controller: Controller, key: Key) -> None:
        """Run the controller for the key in some seconds, unless it is to run sooner than that anyway.

        Whoever still waits for something at that sooner run asks again then; so timers do not pile up.
        """
        due = time.monotonic() + seconds
        with self._wake:
            if self._timers.get((id(controller), key), due + 1) <= due:
                return
            self._timers[id(controller), key] = due
            heapq.heappush(self._due, (due, next(self._number), controller, key))
            self._wake.notify()

    def _hear(self, event: Event) -> None:
        for controller in self._controllers:
            for key in controller.interest(event):
                self.soon(controller, key)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._wake.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                due, _, controller, key = heapq.heappop(self._due)
                self._waiting.discard((id(controller), key))
                if self._timers.get((id(controller), key)) == due:
                    del self._timers[id(controller), key]
            try:
                with self._store.lock:
                    controller.reconcile(key)
            except StatusError as error:
                log.debug("%s of %s: %s", type(controller).__name__, key, error)
                self.after(_RETRY, controller, key)
            except Exception:
                log.exception("%s of %s failed", type(controller).__name__, key)
                self.after(_RETRY_BROKEN, controller, key)
