# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lease of a stack: one run at a time. A port, implemented on the ledger and by tests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from .observe import Place


@dataclass(frozen=True)
class LeaseState:
    """What the ledger says.

    Attributes:
        generation: grows whenever nothing is left that a repeated create could mean: idempotency tokens hold for one.
        fence: the token of the last lease; it grows with every lease taken.
        holder: who holds it now; empty for nobody.
        since: when the holder took it, ISO 8601, UTC.
        places: every kind and region in which something of the stack may be, described or not.
    """

    generation: int = 0
    fence: int = 0
    holder: str = ""
    since: str = ""
    places: frozenset[Place] = frozenset()


class Lease(Protocol):
    """A lease on one stack."""

    def peek(self) -> LeaseState:
        """What the ledger says, without taking anything."""

    def acquire(self, *, deletes: bool = False, places: Collection[Place] = ()) -> LeaseState:
        """Take the lease.

        Args:
            places: where the run may make something, to be remembered beside what is known.
            deletes: the run deletes something. What is made after that is not what a token of before stands for,
                however this run ends.

        Raises:
            LeaseError: somebody else holds it; says who and since when.
        """

    def check(self) -> None:
        """Raises `LeaseError` when the lease is no longer ours."""

    def release(self, settled: bool, places: Collection[Place] | None = None) -> None:
        """Give it back.

        Args:
            places: where there is something of the stack now, to be known from now on; None: wherever there may be.
            settled: what became of every create is known: the next run's tokens are new ones.
        """
