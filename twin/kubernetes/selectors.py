# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Label selectors (the text of requests and the objects of manifests) and field selectors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from twin.kubernetes.errors import bad_request
from twin.kubernetes.values import Object, get

Predicate = Callable[[Object], bool]

_KEY = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"
_SET = re.compile(rf"^\s*({_KEY})\s+(in|notin)\s*\(([^)]*)\)\s*$")
_EQUAL = re.compile(rf"^\s*({_KEY})\s*(==|=|!=)\s*([A-Za-z0-9._-]*)\s*$")
_ORDER = re.compile(rf"^\s*({_KEY})\s*([<>])\s*(-?\d+)\s*$")
_EXISTS = re.compile(rf"^\s*(!?)\s*({_KEY})\s*$")


def labels_of(value: Object) -> dict[str, str]:
    return get(value, "metadata", "labels", default={})


def parse_labels(text: str) -> Callable[[dict[str, str]], bool]:
    """A test of labels from ``a=b,c in (d,e),!f``. Raises StatusError 400."""
    tests = [_requirement(part) for part in re.split(r",(?![^(]*\))", text) if part.strip()]
    return lambda labels: all(test(labels) for test in tests)


def _requirement(part: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET.match(part):
        key, values = found[1], {value.strip() for value in found[3].split(",")}
        if found[2] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := _EQUAL.match(part):
        key, wanted = found[1], found[3]
        if found[2] == "!=":
            return lambda labels: labels.get(key) != wanted
        return lambda labels: labels.get(key) == wanted
    if found := _ORDER.match(part):
        key, bound, above = found[1], int(found[3]), found[2] == ">"

        def ordered(labels: dict[str, str]) -> bool:
            try:
                number = int(labels[key])
            except (KeyError, ValueError):
                return False
            return number > bound if above else number < bound

        return ordered
    if found := _EXISTS.match(part):
        key, absent = found[2], bool(found[1])
        return lambda labels: (key in labels) != absent
    raise bad_request(f"unable to parse requirement: found {part.strip()!r}, expected: a label requirement")


def matches(selector: Object | None, labels: dict[str, str]) -> bool:
    """Whether a LabelSelector selects the labels. None selects nothing, an empty one everything."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(requirement_holds(each, labels) for each in selector.get("matchExpressions") or [])


def requirement_holds(requirement: Object, labels: dict[str, str]) -> bool:
    """Whether labels meet one requirement of a LabelSelector or of a node selector."""
    value, values = labels.get(requirement["key"]), requirement.get("values") or []
    operator = requirement["operator"]
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    if operator == "Exists":
        return value is not None
    if operator == "DoesNotExist":
        return value is None
    try:
        number, bound = int(value or ""), int(values[0])
    except (ValueError, IndexError):
        return False
    return number > bound if operator == "Gt" else number < bound


def as_text(selector: Object | None) -> str:
    """The selector as the text of a scale's status and of a query."""
    if not selector:
        return ""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for each in selector.get("matchExpressions") or []:
        key, values = each["key"], ",".join(sorted(each.get("values") or []))
        parts.append(
            {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(
                each["operator"], f"!{key}"
            )
        )
    return ",".join(parts)


def parse_fields(text: str, supported: frozenset[str], defaults: dict[str, Any] | None = None) -> Predicate:
    """A test of objects from ``metadata.name=a,status.phase!=Running``. Raises StatusError 400."""
    tests: list[tuple[tuple[str, ...], str, bool]] = []
    for part in filter(str.strip, text.split(",")):
        found = re.match(r"^\s*([A-Za-z0-9._]+)\s*(==|=|!=)\s*(.*?)\s*$", part)
        if not found:
            raise bad_request(f'invalid selector: "{text}"; can\'t understand "{part}"')
        if found[1] not in supported:
            raise bad_request(f"field label not supported: {found[1]}")
        tests.append((tuple(found[1].split(".")), found[3], found[2] != "!="))

    def holds(value: Object) -> bool:
        for path, wanted, equal in tests:
            present = get(value, *path, default=(defaults or {}).get(".".join(path), ""))
            text_of = str(present).lower() if isinstance(present, bool) else str(present)
            if (text_of == wanted) != equal:
                return False
        return True

    return holds
