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
        generation: grows whenever nothing is left that a repeated create could mean: idempotency tokens hold for one.
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

    def acquire(self, *, deletes: bool = False) -> LeaseState:
        """Take the lease.

        Args:
            deletes: the run deletes something. What is made after that is not what a token of before stands for,
                however this run ends.

        Raises:
            LeaseError: somebody else holds it; says who and since when.
        """

    def check(self) -> None:
        """Raises `LeaseError` when the lease is no longer ours."""

    def release(self, settled: bool) -> None:
        """Give it back.

        Args:
            settled: what became of every create is known: the next run's tokens are new ones.
        """
