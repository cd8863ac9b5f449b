# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lease of a stack, kept in the ledger: a holder, a fencing token, and an end that a living holder moves on."""

from __future__ import annotations

import datetime
import getpass
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

from ..engine.api import ApiError
from ..engine.errors import LeaseError
from ..engine.lease import LeaseState
from ..engine.observe import Place
from .ledger import Conflict, Ledger

ENTRY = "lease"


def process_identity(pid: int | None = None) -> str:
    """What tells this process from every other one, on this machine and on any: where it runs, pid, start time."""
    pid = os.getpid() if pid is None else pid
    return f"{_where()}/{pid}/{_start_time(pid)}"


def _where() -> str:
    """Where a pid means the same process: the machine since it was started, and the container."""
    machine = _text("/etc/machine-id") or socket.gethostname()
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return "/".join((machine, socket.gethostname(), _text("/proc/sys/kernel/random/boot_id"), namespace))


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _start_time(pid: int) -> str:
    """When a process began, in clock ticks since boot; empty where that cannot be told, or it does not run."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def is_dead_here(identity: str) -> bool:
    """Whether a holder was a process of this machine that does not run any more.

    False means "cannot tell": only a holder on this very machine, and in this container, can be judged.
    """
    head, _slash, start = identity.rpartition("/")
    where, _slash, pid = head.rpartition("/")
    if not start or not pid.isdigit() or where != _where():
        return False
    return _start_time(int(pid)) != start


class LedgerLease:
    """A lease on one stack.

    Args:
        ttl: seconds that it lasts without a sign of life of its holder. A living holder renews it every third of that.
        patience: seconds to wait for somebody else's lease before giving up.
        purpose: what the holder is doing, to show to others.
    """

    def __init__(
        self,
        ledger: Ledger,
        stack: str,
        *,
        ttl: float = 60.0,
        patience: float = 0.0,
        purpose: str = "converge",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ledger = ledger
        self.stack = stack
        self.ttl = ttl
        self.patience = patience
        self.holder = f"{getpass.getuser()}@{socket.gethostname()} (pid {os.getpid()}, {purpose})"
        self._clock = clock
        self._sleep = sleep
        self._entry: dict[str, Any] = {}
        self._good_until = 0.0
        self._lost = ""
        self._stop = threading.Event()
        self._heart: threading.Thread | None = None

    def peek(self) -> LeaseState:
        """What the ledger says, without taking anything."""
        return _state(self.ledger.get(self.stack, ENTRY))

    def acquire(self, *, deletes: bool = False, places: Collection[Place] = ()) -> LeaseState:
        """Take the lease; see `engine.lease.Lease`."""
        start = self._clock()
        while True:
            now = self._clock()
            entry = self.ledger.get(self.stack, ENTRY)
            if _is_live(entry, now) or self._is_renewed(entry):
                if now - start >= self.patience:
                    raise LeaseError(self._held_message(entry, now))
                self._sleep(min(1.0, self.patience))
                continue
            if self._try_take(entry, now, deletes, places):
                self._beat()
                return _state(self._entry)

    def _is_renewed(self, entry: dict[str, Any]) -> bool:
        """Whether a lease that has run out by this machine's clock is renewed all the same: its holder's clock differs.

        A living holder renews it within a third of the time that it lasts.
        """
        if not entry.get("Holder") or is_dead_here(str(entry.get("Process"))):
            return False
        until = self._clock() + float(entry.get("Lasts", self.ttl)) / 2
        while self._clock() < until:
            self._sleep(1.0)
            now = self.ledger.get(self.stack, ENTRY)
            if now != entry:
                return bool(now.get("Holder"))
        return False

    def _try_take(
        self, entry: dict[str, Any], now: float, deletes: bool = False, places: Collection[Place] = ()
    ) -> bool:
        mine = {
            "Holder": self.holder,
            "Process": process_identity(),
            "Since": datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="seconds"),
            "Expires": now + self.ttl,
            "Lasts": self.ttl,
            "Fence": int(entry.get("Fence", 0)) + 1,
            "Generation": int(entry.get("Generation", 0)) + int(deletes),
            "Places": _written({*_read(entry), *places}),
        }
        try:
            # A holder that lives on after all moves the end in between.
            self.ledger.put(
                self.stack, ENTRY, mine, expect={name: entry[name] for name in ("Fence", "Expires") if entry}
            )
        except Conflict as conflict:
            # Our own write whose answer was lost counts as taken.
            if conflict.entry.get("Process") != mine["Process"] or conflict.entry.get("Fence") != mine["Fence"]:
                return False
        self._entry, self._good_until, self._lost = mine, now + self.ttl, ""
        return True

    def _held_message(self, entry: dict[str, Any], now: float) -> str:
        left = int(entry["Expires"] - now) + 1
        held = f"the stack {self.stack} is held by {entry['Holder']} since {entry['Since']}; wait for that run to end"
        if left <= 0:
            return f"{held}. It is alive, though its lease has run out by this machine's clock; set the clocks right"
        return f"{held}. A holder that died loses the lease in {left} s at the latest"

    def _beat(self) -> None:
        self._stop.clear()
        self._heart = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._heart.start()

    def _keep(self) -> None:
        while not self._stop.wait(self.ttl / 3) and self._renew():
            pass

    def _renew(self) -> bool:
        """Move the end on; False when the lease is not ours any more.

        A request that hangs may arrive after the lease was given back, which keeps its fence and names nobody.
        """
        renewed = {**self._entry, "Expires": self._clock() + self.ttl}
        mine = {name: self._entry[name] for name in ("Fence", "Process")}
        try:
            self.ledger.put(self.stack, ENTRY, renewed, expect=mine)
            self._entry, self._good_until = renewed, renewed["Expires"]
        except Conflict as conflict:
            self._lost = f"taken by {conflict.entry.get('Holder') or 'nobody'}"
            return False
        except Exception:  # Whatever it was: without a beat the lease would be lost for certain.
            return True  # The next beat tries again; `check` sees when the lease has run out.
        return True

    def check(self) -> None:
        """Raises `LeaseError` when the lease is no longer ours."""
        if not self._lost and self._clock() > self._good_until:
            self._lost = "it could not be renewed in time"
        if self._lost:
            raise LeaseError(f"the lease of {self.stack} is lost ({self._lost}); nothing more is changed. Run again")

    def release(self, settled: bool, places: Collection[Place] | None = None) -> None:
        """Give it back; see `engine.lease.Lease`."""
        self._stop.set()
        if self._heart is not None:
            self._heart.join(timeout=10)
        if self._lost:
            return
        free = {
            "Holder": "",
            "Process": "",
            "Since": "",
            "Expires": 0,
            "Lasts": 0,
            "Fence": self._entry["Fence"],
            "Generation": self._entry["Generation"] + int(settled),
            "Places": self._entry["Places"] if places is None else _written(places),
        }
        try:
            self.ledger.put(self.stack, ENTRY, free, expect={"Fence": self._entry["Fence"]})
        except (Conflict, ApiError):
            return  # It runs out by itself.


def is_held(ledger: Ledger, stack: str) -> bool:
    """Whether a run of a stack is under way."""
    return _is_live(ledger.get(stack, ENTRY), time.time())


def _is_live(entry: dict[str, Any], now: float) -> bool:
    return bool(entry.get("Holder")) and entry.get("Expires", 0) > now and not is_dead_here(str(entry.get("Process")))


def _written(places: Collection[Place]) -> str:
    """Places as the text of an attribute: the kinds by region."""
    by_region: dict[str, list[str]] = {}
    for kind, region in sorted(places):
        by_region.setdefault(region, []).append(kind)
    return json.dumps(by_region)


def _read(entry: dict[str, Any]) -> frozenset[Place]:
    by_region = json.loads(entry.get("Places") or "{}")
    return frozenset((kind, region) for region, kinds in by_region.items() for kind in kinds)


def _state(entry: dict[str, Any]) -> LeaseState:
    return LeaseState(
        generation=int(entry.get("Generation", 0)),
        fence=int(entry.get("Fence", 0)),
        holder=str(entry.get("Holder", "")),
        since=str(entry.get("Since", "")),
        places=_read(entry),
    )
