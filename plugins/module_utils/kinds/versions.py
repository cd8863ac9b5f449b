# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Engine versions, which people state as a prefix and services answer in full."""

from __future__ import annotations

import re
from typing import Any


class EngineVersion:
    """A version that equals another one when either is the beginning of the other, part by part.

    `15` is `15.7`, `7.0` is `7.0.7` and `6.x` is `6.2.6`; `15.4` is not `15.7`, and `1` is not `15`.
    """

    def __init__(self, text: str) -> None:
        parts = text.lower().split(".")
        self.parts = parts[:-1] if parts[-1] == "x" else parts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EngineVersion):
            return NotImplemented
        return all(one == another for one, another in zip(self.parts, other.parts, strict=False))

    def __lt__(self, other: EngineVersion) -> bool:
        """Whether it comes before another one, as far as both say."""
        mine, theirs = zip(*zip(self.parts, other.parts, strict=False), strict=False)
        return [_number(part) for part in mine] < [_number(part) for part in theirs]

    def __hash__(self) -> int:
        # Equal versions share their first part and may share no more.
        return hash(self.parts[:1] and self.parts[0])

    def __repr__(self) -> str:
        return ".".join(self.parts)


def _number(part: str) -> tuple[int, str]:
    digits = re.match(r"\d*", part)
    number = digits.group() if digits else ""
    return (int(number or 0), part[len(number) :])


def refuse_older(now: Any, wanted: Any) -> str:
    """Why an engine cannot go from one version to another: no service takes one back."""
    here, there = engine_version(now), engine_version(wanted)
    if isinstance(here, EngineVersion) and isinstance(there, EngineVersion) and there < here:
        return f"its engine cannot go back from {now} to {wanted}; state {now}"
    return ""


def engine_version(value: Any) -> Any:
    """A stated or answered version in a form in which a prefix equals the whole; the empty one stays as it is."""
    return EngineVersion(str(value)) if value not in (None, "") else value
