# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References in a description: `database.main.address`, `secret.prod/app:password`, `"${bucket.audio.name}/x"`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..engine.values import Compose, Ref
from .base import Entry, Export, Tier

if TYPE_CHECKING:
    from .elsewhere import Elsewhere

_FIELD = re.compile(r"\$\$\{|\$\{([^{}]*)\}")


def close(word: str, known: Iterable[str]) -> str:
    """A hint at what was probably meant; empty when nothing is near."""
    found = difflib.get_close_matches(word, sorted(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(name) for name in found)}?" if found else ""


class Catalog:
    """The entries of a stack, by reference word and name.

    Args:
        tiers: the tiers whose entries can be referred to, by the word that references to them begin with.
        facts: what can be referred to as `stack.WORD`.
        elsewhere: what can be referred to as `stacks.ENV.REFERENCE`; None: nothing.
    """

    def __init__(
        self,
        tiers: Mapping[str, Tier] | None = None,
        facts: Mapping[str, Any] | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.elsewhere = elsewhere
        self._tiers = {} if tiers is None else tiers
        self._entries: dict[str, dict[str, Entry]] = {word: {} for word in self._tiers}
        self._facts = dict(facts or {})

    def add(self, entry: Entry) -> None:
        """Make an entry known."""
        self._entries[entry.tier.reference][entry.name] = entry

    def region(self, reference: str) -> str:
        """The region of the other stack that a reference leads into; empty for one of this stack."""
        return self.elsewhere.region(reference) if self.elsewhere and reference.startswith("stacks.") else ""

    def entries(self, word: str) -> list[Entry]:
        """All entries of a tier by its reference word, in the order of the description."""
        return list(self._entries.get(word, {}).values())

    def looks_like_reference(self, text: str) -> bool:
        """Whether a text begins as a reference does: with the word of a tier and a dot."""
        word, dot, _rest = text.partition(".")
        return bool(dot) and (word in self._tiers or word in ("stack", "stacks"))

    def entry(self, reference: str, path: str, problems: list[str], expect: tuple[str, ...] = ()) -> Entry | None:
        """The entry that a reference names; None, and a problem more, when there is none or of another tier."""
        if self.elsewhere is not None and reference.startswith("stacks."):
            return self.elsewhere.entry(reference, path, problems, expect)
        found = self._find(reference, path, problems)
        if found is None:
            return None
        entry = found[0]
        if expect and entry.tier.reference not in expect:
            problems.append(f"{path}: {reference!r} is not one of: {', '.join(f'{word}.NAME' for word in expect)}")
            return None
        return entry

    def value(self, reference: str, path: str, problems: list[str]) -> Any:
        """What a reference stands for; an empty text, and a problem more, when it leads nowhere."""
        if reference.startswith("stack."):
            return self._fact(reference, path, problems)
        if self.elsewhere is not None and reference.startswith("stacks."):
            return self.elsewhere.value(reference, path, problems)
        found = self._find(reference, path, problems)
        if found is None:
            return ""
        entry, word, member = found
        export = entry.export
        if member:
            if export.member is None or word:
                problems.append(f"{path}: {reference!r}: a {entry.tier.reference} has no {member!r}")
                return ""
            return export.member(member)
        word = word or export.default
        if word in export.values:
            return export.values[word]
        if export.address and word[:1].isupper():
            return Ref(export.address, word)
        problems.append(_no_such_value(reference, entry.reference, word, export, path))
        return ""

    def fill(self, value: Any, path: str, problems: list[str]) -> Any:
        """A value with the references in its texts replaced."""
        if isinstance(value, Mapping):
            return {key: self.fill(item, f"{path}.{key}", problems) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.fill(item, f"{path}[{index}]", problems) for index, item in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        whole = _FIELD.fullmatch(value)
        if whole and whole.group(1) is not None:
            return self.value(whole.group(1).strip(), path, problems)
        return self._composed(value, path, problems)

    def _composed(self, text: str, path: str, problems: list[str]) -> Any:
        parts: dict[str, Any] = {}
        template = ""
        end = 0
        for match in _FIELD.finditer(text):
            template += _braced(text[end : match.start()])
            end = match.end()
            if match.group(1) is None:
                template += "${{"
                continue
            key = f"p{len(parts)}"
            parts[key] = self.value(match.group(1).strip(), path, problems)
            template += f"{{{key}}}"
        if "${" in _FIELD.sub("", text):
            problems.append(f"{path}: has a ${{ without its }}; close it, or write $${{ for the text itself")
        template += _braced(text[end:])
        return Compose(template, parts) if parts else template.format()

    def _fact(self, reference: str, path: str, problems: list[str]) -> Any:
        word = reference.partition(".")[2]
        if word in self._facts:
            return self._facts[word]
        problems.append(f"{path}: {reference!r}: a stack has {', '.join(self._facts)}{close(word, self._facts)}")
        return ""

    def _find(self, reference: str, path: str, problems: list[str]) -> tuple[Entry, str, str] | None:
        """The entry, the word after it and the member after it."""
        word, _dot, rest = reference.partition(".")
        tier = self._tiers.get(word)
        if tier is None:
            problems.append(f"{path}: {reference!r} is no reference{self._meant(word)}")
            return None
        entries = self._entries[word]
        if tier.single:
            if "" in entries:
                return entries[""], rest, ""
            problems.append(f"{path}: {reference!r} needs the section `{tier.section}`, which is not there; add it")
            return None
        for name in sorted(entries, key=len, reverse=True):
            if rest == name:
                return entries[name], "", ""
            if rest.startswith(name) and rest[len(name)] in ".:@":
                tail = rest[len(name) :]
                return (entries[name], tail[1:], "") if tail[0] == "." else (entries[name], "", tail)
        stem = re.split(r"[:@]", rest)[0]
        near = close(stem, entries) or close(stem.partition(".")[0], entries)
        known = f"it has {', '.join(sorted(entries))}" if entries else "it is empty"
        problems.append(f"{path}: {reference!r} names nothing in `{tier.section}` ({known}){near}")
        return None

    def _meant(self, word: str) -> str:
        """What to write where a reference begins with no tier's word."""
        named = [entry.reference for entries in self._entries.values() if (entry := entries.get(word)) is not None]
        if named:
            return f"; write {' or '.join(sorted(named))}"
        return close(word, self._tiers) or "; write the word of a section and the name of an entry, as database.main"


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _no_such_value(reference: str, whose: str, word: str, export: Export, path: str) -> str:
    words = ", ".join(sorted(export.values)) or "nothing that can be referred to"
    if not word:
        return f"{path}: {reference!r} needs a word after it: {words}"
    return f"{path}: {reference!r}: {whose} has no {word!r} (it has {words}){close(word, export.values)}"
