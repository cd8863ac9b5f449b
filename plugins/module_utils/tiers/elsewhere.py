# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References to other stacks: `stacks.prod.database.main.arn` is what `database.main.arn` is in the stack `prod`.

What another stack makes is looked at and waited for, never changed. That it is described, and how, is known from its
own description, so a reference that leads nowhere is found before any request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..engine.document import Document, Resource
from ..engine.errors import DocumentError
from ..engine.values import PSEUDO, Compose, Ref, Sensitive, references
from .base import Entry
from .catalog import Catalog, close

#: The word that such references begin with.
WORD = "stacks"


class OtherStack:
    """Another stack, as far as it can be referred to.

    Args:
        name: the value of its ownership tag.
        region: where it stands.
        catalog: its entries.
        make: compiles its resources.
    """

    def __init__(self, name: str, region: str, catalog: Catalog, make: Callable[[], Iterable[Resource]]) -> None:
        self.name = name
        self.region = region
        self.catalog = catalog
        self._make = make

    def document(self, wanted: Iterable[Any]) -> Document:
        """Some of its resources, each with what is plainly stated of it.

        Args:
            wanted: their addresses; one that the stack does not make is left out.
        """
        made = {resource.address: resource for resource in self._make()}
        here = [made[own] for address in sorted(wanted) if (own := address._replace(stack="")) in made]
        return Document(self.name, self.region, [_plain(resource) for resource in here])

    def lend(self, value: Any) -> Any:
        """A value of the stack as another one sees it: its references lead into this stack."""
        if isinstance(value, Ref):
            return value if value.address == PSEUDO else replace(value, address=value.address._replace(stack=self.name))
        if isinstance(value, Compose):
            return Compose(value.template, self.lend(dict(value.parts)))
        if isinstance(value, Sensitive):
            return Sensitive(self.lend(value.value))
        if isinstance(value, Mapping):
            return {key: self.lend(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.lend(item) for item in value]
        return value


def _plain(resource: Resource) -> Resource:
    """A resource with only what is stated of it without a reference or a secret."""
    plain = {
        name: value
        for name, value in resource.properties.items()
        if not isinstance(value, Sensitive) and next(references(value), None) is None
    }
    return replace(resource, properties=plain, depends_on=(), awaits_value=False)


class Elsewhere:
    """The other stacks that a description may refer to, by environment.

    Args:
        stacks: opens each when it is first referred to; raises `DocumentError` for one that cannot be compiled.
    """

    def __init__(self, stacks: Mapping[str, Callable[[], OtherStack]]) -> None:
        self._stacks = stacks
        self._open: dict[str, OtherStack | None] = {}
        self._mistakes: dict[str, list[str]] = {}

    def value(self, reference: str, path: str, problems: list[str]) -> Any:
        """What a reference such as `stacks.prod.database.main.arn` stands for; a problem more when it leads nowhere."""
        other, rest = self._other(reference, path, problems)
        return other.lend(other.catalog.value(rest, path, problems)) if other else ""

    def entry(self, reference: str, path: str, problems: list[str], expect: tuple[str, ...]) -> Entry | None:
        """The entry of another stack, with what it exports as this stack sees it."""
        other, rest = self._other(reference, path, problems)
        entry = other.catalog.entry(rest, path, problems, expect) if other else None
        if other is None or entry is None:
            return None
        export = entry.export
        lent = replace(
            export,
            address=export.address._replace(stack=other.name) if export.address else None,
            values=other.lend(export.values),
            # Its own rules are its own business, and groups of other regions cannot be named in rules.
            security_group=None,
            ready=tuple(address._replace(stack=other.name) for address in export.ready),
        )
        return replace(entry, export=lent)

    def region(self, reference: str) -> str:
        """The region of the stack that a reference leads into; empty when it leads nowhere."""
        other, _rest = self._other(reference, "", [])
        return other.region if other else ""

    def documents(self, addresses: Iterable[Any]) -> list[Document]:
        """What is referred to, as a document for each of the other stacks."""
        wanted = set(addresses)
        opened = [other for other in self._open.values() if other is not None]
        found = [(other, {address for address in wanted if address.stack == other.name}) for other in opened]
        return [other.document(its) for other, its in found if its]

    def _other(self, reference: str, path: str, problems: list[str]) -> tuple[OtherStack | None, str]:
        env, _dot, rest = reference.removeprefix(f"{WORD}.").partition(".")
        if env not in self._stacks:
            known = f"there are {', '.join(sorted(self._stacks))}" if self._stacks else "none is given"
            problems.append(
                f"{path}: {reference!r}: no stack {env!r} is known here ({known}){close(env, self._stacks)}; the "
                f"option `stacks` of the stack module takes the descriptions of those that are referred to"
            )
            return None, rest
        if env not in self._open:
            try:
                self._open[env] = self._stacks[env]()
            except DocumentError as error:
                self._open[env] = None
                self._mistakes[env] = [f"{WORD}.{env}: {mistake}" for mistake in error.problems]
        problems += self._mistakes.get(env, [])
        return self._open[env], rest
