# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rule language of composite alarms: ``ALARM("a") AND NOT (OK(b) OR TRUE)``."""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(
    r"\s*(?:(?P<function>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|(?P<bare>[^\s()\"]+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<bracket>[()]))"
)
Judge = Callable[[Callable[[str], str]], bool]


class RuleError(ValueError):
    """The rule cannot be parsed."""


def parse(rule: str) -> tuple[Judge, list[str]]:
    """What decides the rule, given the state of an alarm by name; and the names in it."""
    tokens: list[tuple[str, str]] = []
    names: list[str] = []
    position = 0
    while rule[position:].strip():
        match = _TOKEN.match(rule, position)
        if not match:
            raise RuleError(f"AlarmRule is not valid near: {rule[position : position + 30]}")
        position = match.end()
        if match["function"]:
            name = (match["quoted"] or match["bare"]).split(":alarm:")[-1]
            names.append(name)
            tokens.append((match["function"], name))
        else:
            tokens.append((match["word"] or match["bracket"], ""))
    parser = _Parser(tokens)
    judge = parser.either()
    if parser.left:
        raise RuleError("AlarmRule is not valid: something follows its end.")
    return judge, list(dict.fromkeys(names))


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.left = tokens

    def _next(self, *wanted: str) -> bool:
        if self.left and self.left[0][0] in wanted:
            self.left.pop(0)
            return True
        return False

    def either(self) -> Judge:
        parts = [self.both()]
        while self._next("OR"):
            parts.append(self.both())
        return lambda state: any(part(state) for part in parts)

    def both(self) -> Judge:
        parts = [self.one()]
        while self._next("AND"):
            parts.append(self.one())
        return lambda state: all(part(state) for part in parts)

    def one(self) -> Judge:
        if self._next("NOT"):
            inner = self.one()
            return lambda state: not inner(state)
        if self._next("("):
            inner = self.either()
            if not self._next(")"):
                raise RuleError("AlarmRule is not valid: a bracket is not closed.")
            return inner
        if self._next("TRUE"):
            return lambda state: True
        if self._next("FALSE"):
            return lambda state: False
        if self.left and self.left[0][0] in ("ALARM", "OK", "INSUFFICIENT_DATA"):
            function, name = self.left.pop(0)
            return lambda state: state(name) == function
        raise RuleError("AlarmRule is not valid: an alarm state is expected.")
