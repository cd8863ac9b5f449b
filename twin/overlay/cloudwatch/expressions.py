# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metric math: arithmetic, comparisons and the commoner functions over time series.

A series is a value by the start of its period, in seconds since the epoch. Points that one side lacks, and
divisions by zero, give no point. Source: "Use metric math" in the CloudWatch user guide.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from twin.overlay.cloudwatch.anomalies import band

Series = dict[int, float]
Value = float | Series | list[Series] | str


class ExpressionError(ValueError):
    """The expression cannot be parsed, or uses what is not known here."""


_BINARY: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: lambda a, b: float(a > b),
    ast.GtE: lambda a, b: float(a >= b),
    ast.Lt: lambda a, b: float(a < b),
    ast.LtE: lambda a, b: float(a <= b),
    ast.Eq: lambda a, b: float(a == b),
    ast.NotEq: lambda a, b: float(a != b),
    ast.And: lambda a, b: float(bool(a) and bool(b)),
    ast.Or: lambda a, b: float(bool(a) or bool(b)),
}
_REDUCE: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_POINTWISE: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}


def evaluate(expression: str, known: dict[str, Series], stats: dict[str, Series], period: int) -> Series:
    """The series of an expression.

    :param known: every series it may name, by query id.
    :param stats: those of them that are metrics, for ``METRICS()``.
    :param period: seconds of a period, for ``PERIOD()``.
    :raises ExpressionError: it is not valid.
    """
    text = re.sub(r"\bAND\b|&&", " and ", expression)
    text = re.sub(r"\bOR\b|\|\|", " or ", text).replace("^", "**")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"Invalid syntax in expression '{expression}'") from error
    result = _Evaluation(known, stats, period).value(tree)
    if isinstance(result, dict):
        return result
    if isinstance(result, (int, float)):
        moments = {moment for series in known.values() for moment in series}
        return dict.fromkeys(sorted(moments), float(result))
    raise ExpressionError(f"The expression '{expression}' does not give a single time series")


class _Evaluation:
    def __init__(self, known: dict[str, Series], stats: dict[str, Series], period: int) -> None:
        self._known, self._stats, self._period = known, stats, period

    def value(self, node: ast.AST) -> Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str)):
            return node.value
        if isinstance(node, ast.Name):
            if node.id not in self._known:
                raise ExpressionError(f"Unknown id {node.id}")
            return self._known[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._apply(operator.mul, -1.0, self.value(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return self._apply(_BINARY[type(node.op)], self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _BINARY:
            sides = self.value(node.left), self.value(node.comparators[0])
            return self._apply(_BINARY[type(node.ops[0])], *sides)
        if isinstance(node, ast.BoolOp):
            result = self.value(node.values[0])
            for other in node.values[1:]:
                result = self._apply(_BINARY[type(node.op)], result, self.value(other))
            return result
        if isinstance(node, ast.List):
            return [self._series(self.value(item)) for item in node.elts]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self._call(node.func.id.upper(), node.args)
        raise ExpressionError("Unsupported element in expression")

    @staticmethod
    def _series(value: Value) -> Series:
        if not isinstance(value, dict):
            raise ExpressionError("A time series is expected")
        return value

    @staticmethod
    def _apply(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
        def once(a: float, b: float) -> float | None:
            try:
                return float(function(a, b))
            except (ZeroDivisionError, OverflowError):
                return None

        if isinstance(left, dict) and isinstance(right, dict):
            points = {moment: once(left[moment], right[moment]) for moment in left if moment in right}
        elif isinstance(left, dict) and isinstance(right, (int, float)):
            points = {moment: once(value, right) for moment, value in left.items()}
        elif isinstance(left, (int, float)) and isinstance(right, dict):
            points = {moment: once(left, value) for moment, value in right.items()}
        elif isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return once(left, right) or 0.0
        else:
            raise ExpressionError("Arrays and strings cannot be calculated with")
        return {moment: value for moment, value in points.items() if value is not None}

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        if name == "PERIOD":
            return float(self._period)
        if name == "METRICS":
            wanted = self.value(arguments[0]) if arguments else ""
            return [series for key, series in self._stats.items() if str(wanted) in key]
        if name == "FILL" and len(arguments) == 2:
            return self._fill(arguments)
        if name == "IF" and len(arguments) in (2, 3):
            return self._if([self.value(argument) for argument in arguments])
        if name in _REDUCE and len(arguments) == 1:
            return self._reduce(_REDUCE[name], self.value(arguments[0]))
        if name in _POINTWISE and len(arguments) == 1:
            series = self._series(self.value(arguments[0]))
            return {moment: float(_POINTWISE[name](value)) for moment, value in series.items()}
        if name == "EPOCH" and len(arguments) == 1:
            series = self._series(self.value(arguments[0]))
            return {moment: float(moment) for moment in series}
        if name == "DATAPOINT_COUNT" and len(arguments) == 1:
            return float(len(self._series(self.value(arguments[0]))))
        if name == "ANOMALY_DETECTION_BAND" and len(arguments) in (1, 2):
            series = self._series(self.value(arguments[0]))
            width = self.value(arguments[1]) if len(arguments) == 2 else 2
            if not isinstance(width, (int, float)):
                raise ExpressionError("The width of a band is a number")
            # AWS gives both edges; one series has room for one.
            return dict.fromkeys(series, band(series.values(), width)[1])
        if name in ("RATE", "DIFF") and len(arguments) == 1:
            return self._change(self._series(self.value(arguments[0])), per_second=name == "RATE")
        raise ExpressionError(f"Unsupported function {name}")

    @staticmethod
    def _change(series: Series, per_second: bool) -> Series:
        moments = sorted(series)
        return {
            later: (series[later] - series[earlier]) / ((later - earlier) if per_second else 1)
            for earlier, later in pairwise(moments)
        }

    def _reduce(self, function: Callable[[Sequence[float]], float], value: Value) -> Value:
        if isinstance(value, dict):  # of one series: a number
            return float(function(list(value.values()))) if value else 0.0
        if isinstance(value, list):  # of several: point by point
            moments = sorted({moment for series in value for moment in series})
            return {t: float(function([s[t] for s in value if t in s])) for t in moments}
        raise ExpressionError("A time series is expected")

    def _fill(self, arguments: list[ast.expr]) -> Series:
        series = self._series(self.value(arguments[0]))
        moments = sorted({moment for other in self._known.values() for moment in other})
        how = arguments[1]
        if isinstance(how, ast.Name) and how.id.upper() == "REPEAT":
            filled, last = {}, None
            for moment in moments:
                last = series.get(moment, last)
                if last is not None:
                    filled[moment] = last
            return filled
        value = self.value(how)
        if isinstance(value, (int, float)):
            return {moment: series.get(moment, float(value)) for moment in moments}
        raise ExpressionError("FILL takes a number or REPEAT")

    @staticmethod
    def _if(values: list[Any]) -> Value:
        condition, chosen, other = values[0], values[1], values[2] if len(values) == 3 else {}
        if isinstance(condition, (int, float)):
            return chosen if condition else other
        result: Series = {}
        for moment, truth in condition.items():
            value = chosen if truth else other
            point = value.get(moment) if isinstance(value, dict) else value
            if point is not None:
                result[moment] = float(point)
        return result
