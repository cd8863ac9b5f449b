# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resource quantities: ``500m``, ``1.5Gi``, ``2e3``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_PATTERN = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$")

PATTERN_TEXT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def parse(value: Any) -> Decimal:
    """Return the amount. Raises ValueError for what is no quantity."""
    number, suffix = _split(value)
    if suffix in _BINARY:
        return number * (Decimal(1024) ** _BINARY[suffix])
    if suffix in _DECIMAL:
        return number.scaleb(_DECIMAL[suffix])
    return number.scaleb(int(suffix[1:]))


def canonical(value: Any) -> str:
    """The form in which the API server stores it: the largest suffix that leaves an integer."""
    _, suffix = _split(value)
    amount = parse(value)
    return render(amount, binary=suffix in _BINARY)


def render(amount: Decimal, binary: bool = False) -> str:
    """Write an amount with a decimal or a binary suffix."""
    if amount == 0:
        return "0"
    if binary and amount == amount.to_integral_value():
        whole = int(amount)
        for suffix, power in reversed(_BINARY.items()):
            if whole % (1024**power) == 0:
                return f"{whole // 1024**power}{suffix}"
        return str(whole)
    for suffix, power in reversed(_DECIMAL.items()):
        scaled = amount.scaleb(-power)
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}{suffix}"
    return f"{int(amount.scaleb(9).to_integral_value(rounding='ROUND_UP'))}n"


def _split(value: Any) -> tuple[Decimal, str]:
    found = _PATTERN.match(str(value)) if not isinstance(value, bool) else None
    if not found:
        raise ValueError(PATTERN_TEXT)
    return Decimal(found[1]), found[2] or ""
