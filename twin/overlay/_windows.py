# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backup and maintenance windows of RDS and ElastiCache, in UTC."""

from __future__ import annotations

import re

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_WEEKLY = re.compile(r"([a-z]{3}):([01]\d|2[0-3]):([0-5]\d)-([a-z]{3}):([01]\d|2[0-3]):([0-5]\d)")
_DAILY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def weekly(window: str) -> tuple[int, int] | None:
    """``sun:04:00-sun:05:00`` as start and length in minutes of the week; None if it is no such window."""
    match = _WEEKLY.fullmatch(window.lower())
    if not match or match[1] not in _DAYS or match[4] not in _DAYS:
        return None
    start = _DAYS.index(match[1]) * _DAY + int(match[2]) * 60 + int(match[3])
    end = _DAYS.index(match[4]) * _DAY + int(match[5]) * 60 + int(match[6])
    return start, (end - start) % _WEEK


def daily(window: str) -> tuple[int, int] | None:
    """``03:00-04:00`` as start and length in minutes of the day; None if it is no such window."""
    match = _DAILY.fullmatch(window)
    if not match:
        return None
    start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    return start, (end - start) % _DAY


def overlap(week: tuple[int, int], day: tuple[int, int]) -> bool:
    """Whether they share a minute. Windows that only touch do not."""
    in_backup = {(day[0] + minute) % _DAY for minute in range(day[1])}
    return any((week[0] + minute) % _DAY in in_backup for minute in range(week[1]))
