# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

from twin.identify import Call


class RequestLog:
    """What was asked of the twin: a count by operation, and the last requests in order. No parameters, no bodies."""

    def __init__(self, keep: int = 50_000) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=keep)
        self._counts: Counter[str] = Counter()
        self._number = 0

    def record(self, call: Call, status: int) -> None:
        with self._lock:
            self._number += 1
            self._counts[f"{call.service}.{call.operation or '?'}"] += 1
            self._entries.append(
                {
                    "n": self._number,
                    "service": call.service,
                    "operation": call.operation,
                    "region": call.region,
                    "write": call.write,
                    "status": status,
                }
            )

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._counts.clear()
            self._number = 0

    def as_dict(self) -> dict[str, Any]:
        with self._lock:
            return {"counts": dict(sorted(self._counts.items())), "log": list(self._entries)}
