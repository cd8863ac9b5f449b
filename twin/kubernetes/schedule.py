# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schedules of cron jobs: five fields, or a name such as ``@hourly``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}


class Schedule:
    """A parsed schedule. Raises ValueError for one that cannot be read."""

    def __init__(self, text: str, zone: str | None = None) -> None:
        fields = _NAMED.get(text.strip(), text).split()
        if len(fields) != 5:
            raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{text}]")
        names: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS)
        self._sets = [_field(part, *bounds, known) for part, bounds, known in zip(fields, _BOUNDS, names, strict=True)]
        if 7 in self._sets[4]:
            self._sets[4].add(0)
        self._any_day, self._any_weekday = fields[2] in "*?", fields[4] in "*?"
        self._zone = ZoneInfo(zone) if zone else UTC

    def holds(self, moment: datetime) -> bool:
        """Whether the minute is one of the schedule's."""
        minute, hour, day, month, weekday = self._sets
        if moment.minute not in minute or moment.hour not in hour or moment.month not in month:
            return False
        on_day, on_weekday = moment.day in day, moment.isoweekday() % 7 in weekday
        return on_day and on_weekday if self._any_day or self._any_weekday else on_day or on_weekday

    def next(self, after: float) -> float | None:
        """The first moment of the schedule later than the given one, in seconds since 1970; None within five years."""
        moment = datetime.fromtimestamp(after, self._zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
        minute, hour, _, month, _ = self._sets
        end = moment + timedelta(days=5 * 366)
        while moment < end:
            if moment.month not in month:
                moment = (moment.replace(day=1, hour=0, minute=0) + timedelta(days=32)).replace(day=1)
            elif not self.holds(moment.replace(hour=min(hour), minute=min(minute))):
                moment = moment.replace(hour=0, minute=0) + timedelta(days=1)
            elif moment.hour not in hour:
                moment = moment.replace(minute=0) + timedelta(hours=1)
            elif moment.minute not in minute:
                moment += timedelta(minutes=1)
            else:
                return moment.timestamp()
        return None


def _field(text: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            start, end = low, high
        else:
            start = names.get(first.lower(), -1) if not first.isdigit() else int(first)
            end = start if not dash else (names.get(last.lower(), -1) if not last.isdigit() else int(last))
            if step and not dash:
                end = high
        if (step and not (step.isdigit() and int(step) > 0)) or not low <= start <= end <= high:
            raise ValueError(f"failed to parse {text}: it must lie between {low} and {high}")
        found |= set(range(start, end + 1, int(step or 1)))
    return found
