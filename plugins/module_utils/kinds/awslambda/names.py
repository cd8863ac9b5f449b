# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The many ways to name a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...engine.kind import Scope

FUNCTION = "AWS::Lambda::Function"


def function_part(value: Any) -> Any:
    """`name` or `name:qualifier` of a function, given so or by its ARN; `$LATEST` is what an unqualified name means."""
    if not isinstance(value, str):
        return value
    name = value.rpartition(":function:")[2] if value.startswith("arn:") else value
    return name.removesuffix(":$LATEST")


def split(value: str) -> tuple[str, str]:
    """A function's name and the qualifier behind it, which may be empty."""
    name, _colon, qualifier = str(function_part(value)).partition(":")
    return name, qualifier


def qualified(value: str) -> dict[str, str]:
    """The parameters by which requests name a function and the version or alias meant."""
    name, qualifier = split(value)
    return {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}


def functions_in_scope(scope: Scope) -> list[str]:
    """The names of the functions that are observed, and of those that something is described of."""
    observed = {function.id for function in scope.observed(FUNCTION)}
    return sorted(observed | set(_described(scope)))


def _described(scope: Scope) -> Iterator[str]:
    for wanted in scope.wanted:
        if isinstance(wanted.get("FunctionName"), str):
            yield split(wanted["FunctionName"])[0]
