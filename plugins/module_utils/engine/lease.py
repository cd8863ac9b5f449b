# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lease of a stack: one run at a time. A port, implemented on the ledger and by tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class LeaseState:
    """What the ledger says.

    Attributes:
        generation: how many runs of the stack have been completed.
        fence: the token of the last lease; it grows with every lease taken.
        holder: who holds it now; empty for nobody.
        since: when the holder took it, ISO 8601, UTC.
    """

    generation: int = 0
    fence: int = 0
    holder: str = ""
    since: str = ""


class Lease(Protocol):
    """A lease on one stack."""

    def peek(self) -> LeaseState:
        """What the ledger says, without taking anything."""

    def acquire(self) -> LeaseState:
        """Take the lease.

        Raises:
            LeaseError: somebody else holds it; says who and since when.
        """

    def check(self) -> None:
        """Raises `LeaseError` when the lease is no longer ours."""

    def release(self, completed: bool) -> None:
        """Give it back.

        Args:
            completed: everything that was planned is done: the next run's tokens are new ones.
        """
