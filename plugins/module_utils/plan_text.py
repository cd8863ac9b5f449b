# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan as a person reads it, and as a fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from .engine.plan import Action, Change, Plan

_SIGNS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.DELETE: "-",
}


def plan_digest(plan: Plan) -> str:
    """A fingerprint of everything that a plan would do: equal plans have equal ones."""
    effective = [change.answer() for change in plan.effective]
    text = json.dumps([plan.stack, effective], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def plan_text(plan: Plan) -> str:
    """The plan as text: a line for each change, its properties below it, a summary last."""
    lines: list[str] = []
    for change in plan.effective:
        lines += _change_lines(change)
    lines += [f"note: {note}" for note in plan.notes]
    return "\n".join([*lines, summary(plan), ""])


def summary(plan: Plan) -> str:
    """How many of what."""
    counts = Counter(change.action for change in plan.changes)
    words = [f"{counts[action]} to {action.value}" for action in _SIGNS if counts[action]]
    unchanged = f"{counts[Action.NONE]} unchanged" if counts[Action.NONE] else ""
    return f"{plan.stack}: " + (", ".join(filter(None, [*words, unchanged])) or "nothing to do")


def _change_lines(change: Change) -> list[str]:
    lines = [f"{_SIGNS[change.action]} {change.kind} {change.name}  ({change.reason})"]
    if change.action is Action.CREATE:
        lines += [f"    {name}: {_text(value)}" for name, value in sorted(change.after.items())]
    elif change.action in (Action.UPDATE, Action.REPLACE):
        for name in sorted(set(change.before) | set(change.after)):
            before, after = change.before.get(name), change.after.get(name)
            if before == after:
                continue
            forces = "  # forces replacement" if change.action is Action.REPLACE and name in change.changed else ""
            lines.append(f"    {name}: {_text(before)} -> {_text(after)}{forces}")
    return lines


def _text(value: Any) -> str:
    if isinstance(value, (Mapping, list)):
        return json.dumps(value, sort_keys=True, default=str)
    return "(unset)" if value is None else str(value)
