# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a person who watches gets to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Event:
    """Something that happened to a resource.

    Attributes:
        verb: `creating`, `created`, `updating`, `updated`, `replacing`, `deleting`, `deleted`, `waiting`, `ready`,
            `failed`, `skipped`.
        subject: kind and logical name.
        seconds: since the work on it began.
        detail: the state, the reason.
    """

    verb: str
    subject: str
    seconds: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        text = f"{self.verb} {self.subject}"
        if self.seconds >= 1:
            text += f" ({self.seconds:.0f} s)"
        return f"{text}: {self.detail}" if self.detail else text


class Listener(Protocol):
    """Who wants to hear of events; called from one thread at a time."""

    def __call__(self, event: Event) -> None: ...


def silent(event: Event) -> None:
    """A listener for nobody."""
