# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of a document that are not plain data: references, compositions, secrets and unknowns.

A property of a resource is a tree of dicts, lists and scalars. Any leaf of it may be

* a `Ref`: the value of an attribute of another resource;
* a `Compose`: text, or JSON, put together from references;
* a `Sensitive`: a value that must never be shown.

`resolve` replaces them by what is known; what is not known yet becomes an `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

KNOWN_AFTER_APPLY = "(known after apply)"
SENSITIVE = "(sensitive)"


class Address(NamedTuple):
    """What names a resource: its CloudFormation type, its logical name and, if it is another one's, its stack."""

    kind: str
    name: str
    stack: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" of {self.stack}" if self.stack else "")


#: The address under which facts about the account and region are referred to, as CloudFormation's
#: pseudo parameters: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
PSEUDO = Address("AWS", "")


@dataclass(frozen=True)
class Ref:
    """The value of `attribute` of the resource at `address`.

    `transform` is applied to the value once it is known; it must be pure.
    """

    address: Address
    attribute: str
    transform: Callable[[Any], Any] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.address}.{self.attribute}"


def account_id() -> Ref:
    """The account that the stack lives in."""
    return Ref(PSEUDO, "AccountId")


def partition() -> Ref:
    """The partition of the stack's region: `aws`, `aws-cn`, `aws-us-gov`."""
    return Ref(PSEUDO, "Partition")


@dataclass(frozen=True)
class Compose:
    """Text with `{name}` fields, each filled by the value of the same name in `parts`."""

    template: str
    parts: Mapping[str, Any]

    def __hash__(self) -> int:
        return hash((self.template, tuple(self.parts)))


@dataclass(frozen=True)
class Sensitive:
    """A value that is used but never shown: not in a plan, a diff, a message or a result."""

    value: Any

    def __repr__(self) -> str:
        return SENSITIVE

    __str__ = __repr__


@dataclass(frozen=True)
class Unknown:
    """A value that only the apply will tell. `source` says whose attribute it is."""

    source: str = ""
    sensitive: bool = False

    def __repr__(self) -> str:
        return SENSITIVE if self.sensitive else KNOWN_AFTER_APPLY

    __str__ = __repr__


Lookup = Callable[[Ref], Any]


def references(value: Any) -> Iterator[Ref]:
    """Every reference inside a value, depth first, in order of appearance."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Compose):
        yield from references(dict(value.parts))
    elif isinstance(value, Sensitive):
        yield from references(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)


def resolve(value: Any, lookup: Lookup) -> Any:
    """The value with every reference replaced by what `lookup` answers, which may be an `Unknown`."""
    if isinstance(value, Ref):
        found = lookup(value)
        if isinstance(found, Unknown) or value.transform is None:
            return found
        return value.transform(found)
    if isinstance(value, Compose):
        return _compose(value, lookup)
    if isinstance(value, Sensitive):
        inner = resolve(value.value, lookup)
        return Unknown(inner.source, sensitive=True) if isinstance(inner, Unknown) else Sensitive(inner)
    if isinstance(value, Mapping):
        return {key: resolve(item, lookup) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(item, lookup) for item in value]
    return value


def _compose(value: Compose, lookup: Lookup) -> Any:
    parts = {key: resolve(part, lookup) for key, part in value.parts.items()}
    sensitive = any(isinstance(p, Sensitive) or (isinstance(p, Unknown) and p.sensitive) for p in parts.values())
    for part in parts.values():
        if isinstance(part, Unknown):
            return Unknown(part.source, sensitive=sensitive)
    plain = {key: reveal(part) for key, part in parts.items()}
    text = value.template.format_map(plain)
    return Sensitive(text) if sensitive else text


def is_known(value: Any) -> bool:
    """Whether nothing inside the value is unknown."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, Sensitive):
        return is_known(value.value)
    if isinstance(value, Mapping):
        return all(is_known(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(is_known(item) for item in value)
    return True


def unknown_paths(value: Any, path: str = "") -> Iterator[str]:
    """The dotted path of every unknown inside a value."""
    if isinstance(value, Unknown):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from unknown_paths(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from unknown_paths(item, f"{path}[{index}]")


def texts(value: Any) -> Iterator[str]:
    """Every text inside plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item)


def reveal(value: Any) -> Any:
    """The value with secrets laid open, for the request that needs them and for nothing else."""
    if isinstance(value, Sensitive):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [reveal(item) for item in value]
    return value


def render(value: Any) -> Any:
    """The value as plain data to show: secrets and unknowns become words."""
    if isinstance(value, (Unknown, Sensitive)):
        return str(value)
    if isinstance(value, Ref):
        return f"${{{value}}}"
    if isinstance(value, Compose):
        return value.template.format_map({key: render(part) for key, part in value.parts.items()})
    if isinstance(value, Mapping):
        return {str(key): render(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [render(item) for item in value]
    # A kind may read a value as a type of its own, which no other process knows how to make.
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return value
