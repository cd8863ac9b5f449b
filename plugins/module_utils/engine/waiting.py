# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waiting: how long, how often, and what ends it."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass

from .errors import ResourceError
from .kind import Kind, Observed, Phase

#: Seconds to wait for a kind that knows no states.
_TIMEOUT = 600
#: Seconds for which a look may still show what was before a change or a deletion was asked for.
_LAG = 10.0


@dataclass(frozen=True)
class Pause:
    """A step asks to be continued later.

    Attributes:
        seconds: how much later.
        why: what it waits for, to show.
        is_last: nothing is left to be done but to wait.
    """

    seconds: float
    why: str
    is_last: bool = False


@dataclass(frozen=True)
class WaitOptions:
    """How to wait.

    Attributes:
        wait: whether to wait at the end of a run for what nobody in the run needs.
        timeout: seconds for one resource; None: each kind's own.
        poll_interval: seconds between the first two looks at a resource.
        max_interval: seconds between two looks at the most; the interval grows with the time waited.
    """

    wait: bool = True
    timeout: int | None = None
    poll_interval: float = 0.5
    max_interval: float = 15.0

    def interval(self, waited: float) -> float:
        """Seconds until the next look, with some jitter so that many waiters spread out."""
        base = min(self.max_interval, max(self.poll_interval, waited / 6))
        return base * random.uniform(0.9, 1.1)


def lag(kind: Kind, options: WaitOptions) -> float:
    """Seconds for which a look may still show what was before: never all of the time that there is to wait."""
    return min(_LAG, _timeout(kind, options) / 2)


def _timeout(kind: Kind, options: WaitOptions) -> float:
    return options.timeout or (kind.states.timeout if kind.states else _TIMEOUT)


def until_ready(
    kind: Kind, look: Callable[[], Observed | None], options: WaitOptions, clock: Callable[[], float]
) -> Generator[Pause, None, Observed]:
    """Pauses until a resource is ready; the generator's value is the resource then.

    Raises:
        ResourceError: it failed, vanished, or took too long.
    """
    start = clock()
    timeout = _timeout(kind, options)
    while True:
        observed = look()
        waited = clock() - start
        if observed is None:
            # Reads may lag behind the create; that it is not there yet is no verdict for a while.
            if waited > min(timeout, 60):
                raise ResourceError(f"{kind.title} vanished while it was waited for", "run again")
        elif observed.phase is Phase.READY:
            return observed
        elif observed.phase in (Phase.FAILED, Phase.LEAVING):
            why = f": {observed.reason}" if observed.reason else ""
            raise ResourceError(f"{kind.title} {observed.id} is {observed.state}{why}")
        if waited > timeout:
            state = observed.state if observed else "not visible"
            state += f" ({observed.reason})" if observed and observed.reason else ""
            raise ResourceError(
                f"{kind.title} is still {state} after {int(waited)} s",
                "run again to go on waiting, or raise wait_timeout",
            )
        yield Pause(options.interval(waited), f"{observed.state if observed else 'appearing'}")


def until_gone(
    kind: Kind, look: Callable[[], Observed | None], options: WaitOptions, clock: Callable[[], float]
) -> Generator[Pause, None, None]:
    """Pauses until a resource is gone.

    Raises:
        ResourceError: the deletion failed or took too long.
    """
    start = clock()
    timeout = _timeout(kind, options)
    while True:
        observed = look()
        waited = clock() - start
        if observed is None or observed.phase is Phase.GONE:
            return
        if observed.phase is Phase.FAILED and waited > lag(kind, options):
            why = f": {observed.reason}" if observed.reason else ""
            raise ResourceError(f"{kind.title} {observed.id} is {observed.state} instead of going{why}")
        if waited > timeout:
            raise ResourceError(f"{kind.title} {observed.id} is still there after {int(waited)} s", "run again")
        yield Pause(options.interval(waited), observed.state or "deleting")
