# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A whole description as one document."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..engine.document import Document, Resource
from ..engine.errors import DocumentError
from ..engine.values import Address, account_id, partition
from ..preflight.places import UNGUARDED
from ..preflight.rules import Finding, Severity, Subject, check
from . import network
from .base import Context, Entry
from .catalog import Catalog
from .connections import compile_connections
from .elsewhere import Elsewhere, OtherStack
from .options import validate_stack
from .sections import SECTIONS, WORDS

#: Every tier, in the order in which a description reads well.
TIERS = SECTIONS.values()


@dataclass(frozen=True)
class Compiled:
    """What a description amounts to.

    Attributes:
        document: its resources.
        parts: by reference, e.g. `database.main`, what each entry contributes to them.
        options: the description with every default in its place.
        outputs: by reference, e.g. `database.main`, what can be referred to: references, compositions or plain data.
        warnings: preflight findings that do not stop a run.
    """

    document: Document
    parts: Mapping[str, frozenset[Address]]
    options: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()


def merge(stack: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A description with what differs per stack: mappings merge member by member, everything else is replaced.

    A member that is null in the overrides is taken away.
    """
    result = dict(stack)
    for name, value in overrides.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = merge(result[name], value)
        else:
            result[name] = value
    return result


def merge_stacks(stacks: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By environment, descriptions of other stacks, each given as `description` and `overrides`, merged.

    Raises:
        DocumentError: one is not given so.
    """
    merged: dict[str, dict[str, Any]] = {}
    for env, given in stacks.items():
        if not isinstance(given, Mapping) or not isinstance(given.get("description"), Mapping):
            raise DocumentError([f"stacks.{env}: is no mapping with a description; write {{description: ...}}"])
        merged[env] = merge(given["description"], given.get("overrides") or {})
    return merged


def compile_stack(
    description: Mapping[str, Any],
    *,
    types: Container[str] | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Document:
    """A description as a document, without a single request.

    Args:
        description: as the user wrote it, overrides merged.
        stacks: by environment, the descriptions of other stacks that it may refer to.
        types: the types that the engine knows a kind for, beside those that AWS's Cloud Control API may know; None: do
            not check.

    Raises:
        DocumentError: with every problem of the options, the references, the resources and the preflight rules.
    """
    return compile_all(description, types=types, stacks=stacks).document


def compile_all(
    description: Mapping[str, Any],
    *,
    types: Container[str] | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Compiled:
    """As `compile_stack`, with what else is known afterwards."""
    options, mistakes = validate_stack(description, SECTIONS)
    if mistakes:
        raise DocumentError(mistakes)
    elsewhere = _elsewhere(stacks or {})
    context = _context(options, elsewhere)
    entries = _entries(options, context)
    parts = _compile(entries, context)
    made = list({id(resource): resource for part in parts.values() for resource in part}.values())
    problems = list(context.problems)
    if types is not None:
        problems += _unknown_types(made, types)
    document = None
    needs = {address for resource in made for address in resource.needs() if address.stack}
    try:
        document = Document(context.stack, context.region, made, elsewhere.documents(needs))
    except DocumentError as error:
        if not problems:
            problems += error.problems
    findings = check(Subject(options=options, resources=tuple(made), region=context.region, zones=context.zones))
    problems += [str(finding) for finding in findings if finding.severity is Severity.ERROR]
    if problems or document is None:
        raise DocumentError(list(dict.fromkeys(problems)))
    return Compiled(
        document=document,
        parts={name: frozenset(resource.address for resource in part) for name, part in parts.items()},
        options=options,
        outputs={entry.reference: entry.export.values for entry in entries if entry.export.values},
        warnings=tuple(finding for finding in findings if finding.severity is Severity.WARNING),
    )


def _elsewhere(stacks: Mapping[str, Mapping[str, Any]]) -> Elsewhere:
    """The other stacks, each opened when it is first referred to. They may refer to each other in turn."""
    return Elsewhere({env: partial(_open, env, stacks) for env in stacks})


def _open(env: str, stacks: Mapping[str, Mapping[str, Any]]) -> OtherStack:
    options, mistakes = validate_stack(stacks[env], SECTIONS)
    if mistakes:
        raise DocumentError(mistakes)
    context = _context(options, _elsewhere(stacks))
    entries = _entries(options, context)

    def make() -> list[Resource]:
        return [resource for part in _compile(entries, context).values() for resource in part]

    return OtherStack(context.stack, context.region, context.catalog, make)


def _context(options: Mapping[str, Any], elsewhere: Elsewhere) -> Context:
    system, env, region = options["system"], options["env"], options["region"]
    facts = {
        "name": f"{system}-{env}",
        "system": system,
        "env": env,
        "region": region,
        "account": account_id(),
        "partition": partition(),
    }
    protect = options["protect"]
    problems: list[str] = []
    return Context(
        system=system,
        env=env,
        region=region,
        catalog=Catalog(WORDS, facts, elsewhere),
        tags={name: str(value) for name, value in options["tags"].items()},
        protect=env != UNGUARDED if protect is None else protect,
        zones=network.zones(options.get("network"), region, problems),
        described=options,
        problems=problems,
    )


def _entries(options: Mapping[str, Any], context: Context) -> list[Entry]:
    entries: list[Entry] = []
    for section in SECTIONS:
        described = options.get(section)
        if described is None:
            continue
        tier = SECTIONS[section]
        named = {"": described} if tier.single else described
        for name, its_options in named.items():
            plain = Entry(tier=tier, name=name, options=its_options)
            export = tier.exports(name, its_options, context.of(plain))
            entries.append(Entry(tier=tier, name=name, options=its_options, export=export))
    for entry in entries:
        context.catalog.add(entry)
    return entries


def _compile(entries: list[Entry], context: Context) -> dict[str, list[Resource]]:
    """By reference, the resources of each entry and the rules for whom it talks to; two may want the same rule."""
    parts: dict[str, list[Resource]] = {}
    rules: dict[Address, Resource] = {}
    for entry in entries:
        bound = context.of(entry)
        connections = entry.tier.connections(entry.name, entry.options, bound)
        parts[entry.reference] = [
            *entry.tier.compile(entry.name, entry.options, bound),
            *(rules.setdefault(rule.address, rule) for rule in compile_connections(connections, context)),
        ]
    return parts


def _unknown_types(made: list[Resource], types: Container[str]) -> list[str]:
    strange = [resource for resource in made if resource.kind not in types]
    if not strange:
        return []
    from ..kinds.cloudcontrol import is_type_name

    return [
        f"{resource.path}.type: {resource.kind!r} is no name of a CloudFormation type; write it as AWS does, "
        f"e.g. AWS::Events::Rule"
        for resource in strange
        if not is_type_name(resource.kind)
    ]
