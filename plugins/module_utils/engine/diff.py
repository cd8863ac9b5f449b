# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Comparison of what the user stated with what the cloud answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .kind import Property
from .values import SENSITIVE, Sensitive, Unknown, is_known, render, reveal

_STATED_ONLY = Property()


def differs(prop: Property, desired: Any, actual: Any) -> bool:
    """Whether a stated value is not what the cloud has. What is not known yet differs from anything."""
    if prop.enough is not None and prop.enough(desired, actual):
        return False
    if not is_known(desired):
        return True
    desired, actual = reveal(desired), reveal(actual)
    # Of an object only what is stated counts; one in which nothing is stated says that there is to be nothing.
    nothing = isinstance(desired, Mapping) and not desired
    if prop.normalise is not None:
        desired, actual = prop.normalise(desired), prop.normalise(actual)
    if nothing and _is_empty(desired):
        return not _is_empty(actual)
    return not _matches(prop, desired, actual)


def _is_empty(value: Any) -> bool:
    if value is None or value is False:
        return True
    return isinstance(value, (str, list, tuple, Mapping)) and not len(value)


def _matches(prop: Property, desired: Any, actual: Any) -> bool:
    if _is_empty(desired) and _is_empty(actual):
        return True
    if isinstance(desired, Mapping):
        return isinstance(actual, Mapping) and _objects_match(prop, desired, actual)
    if isinstance(desired, (list, tuple)):
        return isinstance(actual, (list, tuple)) and _lists_match(prop, desired, actual)
    if isinstance(actual, (Mapping, list, tuple)):
        return False
    return bool(_scalar(desired) == _scalar(actual))


def _scalar(value: Any) -> Any:
    """Numbers, booleans and their texts in one form: services answer `"30"` for 30 and `"true"` for true."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        if value.lower() in ("true", "false"):
            return value.lower()
        # Only plain decimal text is a number: "1e3", "0x1f" or "007" are names.
        digits = value.removeprefix("-").replace(".", "", 1)
        if digits.isdecimal() and not (len(digits) > 1 and value.lstrip("-").startswith("0") and "." not in value):
            return float(value)
    return value


def _objects_match(prop: Property, desired: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    inner = Property(unordered=prop.unordered, exact=prop.exact, key=prop.key)
    if prop.exact and any(not _is_empty(value) for key, value in actual.items() if key not in desired):
        return False
    return all(_matches(inner, value, actual.get(key)) for key, value in desired.items())


def _lists_match(prop: Property, desired: Sequence[Any], actual: Sequence[Any]) -> bool:
    keyed = prop.key and all(isinstance(element, Mapping) and prop.key in element for element in desired)
    if keyed:
        return _keyed_lists_match(prop, desired, actual)
    if len(desired) != len(actual):
        return False
    if not prop.unordered:
        return all(_matches(prop, one, other) for one, other in zip(desired, actual, strict=True))
    rest = list(actual)
    for element in desired:
        index = next((i for i, other in enumerate(rest) if _matches(prop, element, other)), None)
        if index is None:
            return False
        del rest[index]
    return True


def _keyed_lists_match(prop: Property, desired: Sequence[Any], actual: Sequence[Any]) -> bool:
    by_key = {element.get(prop.key): element for element in actual if isinstance(element, Mapping)}
    if prop.exact and len(by_key) != len(desired):
        return False
    inner = Property(unordered=prop.unordered, exact=prop.exact)
    return all(
        element[prop.key] in by_key and _matches(inner, element, by_key[element[prop.key]]) for element in desired
    )


def stated_part(desired: Any, actual: Any) -> Any:
    """The part of what the cloud has that a stated value speaks about, to show beside it."""
    if isinstance(desired, Mapping) and isinstance(actual, Mapping):
        return {key: stated_part(value, actual.get(key)) for key, value in desired.items()}
    return as_secret_as(desired, actual)


def as_secret_as(desired: Any, actual: Any) -> Any:
    """What the cloud has, not to be shown where what is stated about it is not."""
    if isinstance(desired, Mapping) and isinstance(actual, Mapping):
        return {key: as_secret_as(desired.get(key), value) for key, value in actual.items()}
    # The elements of a list are not told apart: one secret hides them all.
    return Sensitive(actual) if actual is not None and _holds_secret(desired) else actual


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_secret(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_holds_secret(item) for item in value)
    return isinstance(value, Sensitive) or (isinstance(value, Unknown) and value.sensitive)


def differing_part(prop: Property, desired: Any, actual: Any) -> tuple[Any, Any]:
    """A stated value that differs, and what the cloud has, to show beside one another.

    Of an object only the members that differ, if they can be told apart; everything else whole.
    """
    whole = desired, stated_part(desired, actual)
    if not (isinstance(desired, Mapping) and isinstance(actual, Mapping) and is_known(desired)):
        return whole
    wanted, there = reveal(desired), reveal(actual)
    if prop.normalise is not None:
        wanted, there = prop.normalise(wanted), prop.normalise(there)
    if not (isinstance(wanted, Mapping) and isinstance(there, Mapping)):
        return whole
    inner = Property(unordered=prop.unordered, exact=prop.exact, key=prop.key)
    names = [name for name in desired if name in wanted and not _matches(inner, wanted[name], there.get(name))]
    surplus = [name for name, value in there.items() if prop.exact and name not in wanted and not _is_empty(value)]
    if not names and not surplus:
        return whole
    before = {name: stated_part(desired[name], actual.get(name)) for name in names}
    return {name: desired[name] for name in names}, {**before, **{name: actual.get(name) for name in surplus}}


def show(prop: Property, value: Any) -> Any:
    """A property's value as plans and outputs show it."""
    if isinstance(value, Unknown) and not prop.sensitive:
        return str(value)
    if prop.sensitive and value is not None:
        return SENSITIVE
    return render(value) if prop.shown is None or isinstance(value, Sensitive) else prop.shown(render(value))


def tag_changes(
    desired: Mapping[str, str], actual: Mapping[str, str], purge: bool
) -> tuple[dict[str, str], tuple[str, ...]]:
    """What to set and what to remove so that tags are as desired.

    Keys that begin with `aws:` belong to AWS and are never touched.

    Args:
        purge: remove keys that are not desired.
    """
    to_set = {key: value for key, value in desired.items() if actual.get(key) != value}
    to_remove = [key for key in actual if key not in desired and not key.startswith("aws:")] if purge else []
    return to_set, tuple(sorted(to_remove))
