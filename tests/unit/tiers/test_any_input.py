"""Whatever stands in the place of an option: a compile ends well, or with problems that begin with an option's path.

What is tried is drawn from a seed: everything at once would take an hour.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.filter.other_stacks import other_stacks
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.registry import REGISTRY
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.options import STACK_SPEC
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.sections import SECTIONS
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_all, merge, merge_stacks
from tests.inventories import INVENTORIES, described

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import pages  # noqa: E402

import roles  # noqa: E402

SEED = 20240229
HOST = "staging"
#: How many are tried of each inventory, and of the options of each section.
OF_AN_INVENTORY, OF_A_SECTION = 40, 10

VALUES: list[Any] = [
    *(None, True, 0, -1, 2.5, 10**30, float("inf")),
    *("", "x y", 3000 * "x", "\u00e9", "${", "${x.y}", "${secret.nope}", "secret.x:y"),
    *(["x"], [], {}, [None], {"a": 1}, {"a": None}, [{"a": None}], {True: 1, None: 2, 2024: 3}),
]
SPECS: dict[str, Any] = {
    **STACK_SPEC,
    **{section: {"type": "dict" if tier.single else "map", "options": tier.spec} for section, tier in SECTIONS.items()},
}

Where = tuple[Any, ...]


def places(value: Any, where: Where = ()) -> Iterator[Where]:
    """Every place in a description, the branches too."""
    yield where
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from places(item, (*where, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*where, index))


def options(spec: Mapping[str, Any]) -> Iterator[Where]:
    """Every option of a spec, as a place in an entry: the first of a list, one of any name in a mapping of names."""
    between: dict[str, Where] = {"map": ("x",), "list": (0,)}
    for name, rule in spec.items():
        yield (name,)
        for inner in options(rule.get("options") or {}):
            yield (name, *between.get(rule["type"], ()), *inner)


def put(value: Any, where: Where, new: Any) -> Any:
    """A copy with another value in a place, which is made if need be."""
    if not where:
        return new
    key, rest = where[0], where[1:]
    if isinstance(key, int):
        items = list(value) if isinstance(value, list) else []
        items += [None] * (key + 1 - len(items))
        return [put(item, rest, new) if index == key else item for index, item in enumerate(items)]
    members = dict(value) if isinstance(value, Mapping) else {}
    return {**members, key: put(members.get(key), rest, new)}


def is_path(path: str, value: Any, rule: Mapping[str, Any]) -> bool:
    """Whether what is left of a path leads to an option of the spec, or to what is written in the description."""
    if not path:
        return True
    index = re.match(r"\[(\d+)\]", path)
    if index:
        # A single thing is taken for a list of one.
        items = value if isinstance(value, list) else [value]
        item = items[int(index[1])] if int(index[1]) < len(items) else None
        return is_path(path[index.end() :], item, rule)
    written = {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
    named = rule.get("type") == "map"
    spec = {} if named else rule.get("options") or {}
    rest = path.removeprefix(".")
    for key in sorted({*written, *spec}, key=len, reverse=True):
        if rest == key or rest.startswith((f"{key}.", f"{key}[")):
            inner = {"options": rule["options"]} if named else spec.get(key) or {}
            if is_path(rest[len(key) :], written.get(key), inner):
                return True
    return False


def check(description: Any, stacks: Mapping[str, Any] | None = None) -> None:
    try:
        compile_all(description, types=REGISTRY, stacks=stacks)
    except DocumentError as error:
        for problem in error.problems:
            # The name of an entry can have a colon and a blank in it.
            parts = problem.split(": ")
            paths = [": ".join(parts[:count]) for count in range(1, len(parts))]
            known = [path == "stack" or is_path(path, description, {"options": SPECS}) for path in paths]
            assert any(known), problem


@cache
def stacks() -> dict[str, dict[str, dict[str, Any]]]:
    return described(INVENTORIES)


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda path: path.name)
def test_any_value_in_a_description(inventory: Path) -> None:
    hosts = stacks()[str(inventory)]
    others = merge_stacks(other_stacks(hosts, HOST))
    whole = merge({"env": HOST, **hosts[HOST]["stack"]}, hosts[HOST].get("stack_overrides") or {})
    check(whole, others)
    cases = list(product(places(whole), VALUES))
    for where, value in random.Random(SEED).sample(cases, OF_AN_INVENTORY):
        check(put(whole, where, value), others)


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    return roles.documentation(list(pages.modules()))


@pytest.mark.parametrize("module", sorted(pages.modules()))
def test_any_value_in_an_option(module: str, documented: dict[str, Any]) -> None:
    tier = pages.modules()[module]
    arguments = next(pages.examples(documented[module], module))
    whole = pages.around(tier, arguments)
    entry: Where = (tier.section,) if tier.single else (tier.section, arguments["entry"])
    cases = list(product(options(tier.spec), VALUES))
    for where, value in random.Random(SEED).sample(cases, OF_A_SECTION):
        check(put(whole, (*entry, *where), value))
