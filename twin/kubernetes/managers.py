# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who owns which field: the entries of metadata.managedFields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twin.kubernetes import fieldsets
from twin.kubernetes.errors import StatusError
from twin.kubernetes.fieldsets import Fields
from twin.kubernetes.schemas import Schema
from twin.kubernetes.values import Object


@dataclass
class Manager:
    """One entry."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""
    time: str = ""
    fields: Fields = field(default_factory=set)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return self.name, self.operation, self.api_version, self.subresource

    def entry(self) -> Object:
        made: Object = {
            "manager": self.name,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": fieldsets.encode(self.fields),
        }
        return made | ({"subresource": self.subresource} if self.subresource else {})

    def __str__(self) -> str:
        text = f'"{self.name}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        if self.operation == "Update":
            text += f" using {self.api_version}" + (f" at {self.time}" if self.time else "")
        return text


def read(value: Object | None) -> list[Manager]:
    """The entries of an object."""
    entries = (value or {}).get("metadata", {}).get("managedFields") or []
    return [
        Manager(
            each.get("manager", ""),
            each.get("operation", "Update"),
            each.get("apiVersion", ""),
            each.get("subresource", ""),
            each.get("time", ""),
            fieldsets.decode(each.get("fieldsV1") or {}),
        )
        for each in entries
        if each.get("operation")
    ]


def write(value: Object, managers: list[Manager]) -> None:
    """Put the entries into the object, those without fields left out."""
    kept = [each for each in managers if each.fields]
    kept.sort(key=lambda each: (each.operation != "Apply", each.time))
    if kept:
        value["metadata"]["managedFields"] = [each.entry() for each in kept]
    else:
        value["metadata"].pop("managedFields", None)


def own(managers: list[Manager], who: Manager) -> Manager:
    """The entry of the same identity, made when there is none."""
    for each in managers:
        if each.identity == who.identity:
            return each
    managers.append(who)
    return who


def record_update(schema: Schema, old: Object | None, new: Object, who: Manager, managers: list[Manager]) -> None:
    """Give the writer of an update what it changed, and take it from the others."""
    before = fieldsets.leaves(schema, old) if old else {}
    after = fieldsets.leaves(schema, new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    removed = set(before) - set(after)
    if changed or removed:
        entry = own(managers, who)
        had = set(entry.fields)
        entry.fields = (entry.fields | changed) - removed
        if entry.fields != had or changed:
            entry.time = who.time
        for each in managers:
            if each is not entry:
                each.fields -= changed | removed
    write(new, managers)


def check_conflicts(changed: Fields, who: Manager, managers: list[Manager], force: bool) -> None:
    """Refuse (409) what other managers own; with force, take it from them."""
    found: list[tuple[Manager, list[fieldsets.Path]]] = []
    for each in managers:
        if each.identity == who.identity:
            continue
        contested = sorted(path for path in each.fields & changed)
        if contested:
            found.append((each, contested))
    if force:
        for each, contested in found:
            each.fields -= set(contested)
        return
    if not found:
        return
    total = sum(len(paths) for _, paths in found)
    parts: list[str] = []
    causes: list[dict[str, Any]] = []
    for each, paths in found:
        names = [fieldsets.shown(path) for path in paths]
        if len(names) == 1:
            parts.append(f"conflict with {each}: {names[0]}")
        else:
            parts.append(f"conflicts with {each}:\n" + "\n".join(f"- {name}" for name in names))
        causes += [
            {"reason": "FieldManagerConflict", "message": f"conflict with {each}", "field": name} for name in names
        ]
    noun = "conflict" if total == 1 else "conflicts"
    message = f"Apply failed with {total} {noun}: " + "\n".join(parts)
    raise StatusError(409, message, "Conflict", {"causes": causes})
