# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small helpers on plain JSON values."""

from __future__ import annotations

import hashlib
import json
import math
import random
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]

_SAFE = "bcdfghjklmnpqrstvwxz2456789"


def copy(value: Any) -> Any:
    """A deep copy of a JSON value, quicker than copy.deepcopy."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy(item) for item in value]
    return value


def get(value: Any, *path: str | int, default: Any = None) -> Any:
    """Follow keys and indices; the default where one of them is missing or null."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return default
            value = value[step]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return default if value is None else value


def timestamp(seconds: float, micro: bool = False) -> str:
    """Seconds since 1970 as the API writes them."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def seconds_of(stamp: str | None) -> float:
    """Seconds since 1970 of a timestamp of the API; 0 for none."""
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() if stamp else 0.0


def random_suffix(length: int = 5) -> str:
    return "".join(random.choices(_SAFE, k=length))


def safe_hash(value: Any, length: int = 10) -> str:
    """A short hash in the alphabet of Kubernetes' generated names; the same for equal JSON."""
    number = int.from_bytes(hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()[:12], "big")
    letters = []
    for _ in range(length):
        number, rest = divmod(number, len(_SAFE))
        letters.append(_SAFE[rest])
    return "".join(letters)


def scaled(value: int | str | None, total: int, round_up: bool) -> int:
    """An int-or-percent of a total. Raises ValueError for text that is no percentage."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    if not value.endswith("%"):
        raise ValueError(f"invalid value for IntOrString: {value!r}")
    share = total * int(value[:-1]) / 100
    return math.ceil(share) if round_up else math.floor(share)


def set_condition(status: Object, kind: str, state: str, reason: str, message: str, now: str, **extra: Any) -> bool:
    """Set a condition, keeping its transition time while its state stays. True when anything changed."""
    conditions = status.setdefault("conditions", [])
    wanted = {"type": kind, "status": state, "reason": reason, "message": message, **extra}
    for index, present in enumerate(conditions):
        if present["type"] == kind:
            if all(present.get(key) == value for key, value in wanted.items()):
                return False
            moved = now if present["status"] != state else present.get("lastTransitionTime", now)
            conditions[index] = {**present, **wanted, "lastTransitionTime": moved}
            return True
    conditions.append({**wanted, "lastTransitionTime": now})
    return True


def condition(value: Object, kind: str) -> Object | None:
    return next((each for each in get(value, "status", "conditions", default=[]) if each["type"] == kind), None)


def controller_of(value: Object) -> Object | None:
    """The owner reference of the managing controller."""
    return next(
        (each for each in get(value, "metadata", "ownerReferences", default=[]) if each.get("controller")), None
    )


def owner_reference(owner: Object) -> Object:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
