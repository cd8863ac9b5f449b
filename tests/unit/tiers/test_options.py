"""The validator: every mistake found at once, each with path, value and mend."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.tiers.formats import COUNTRY, VARIABLE, between
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.options import for_ansible, validate, validate_stack
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.sections import SECTIONS
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import merge

SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "size": {"type": "int", "default": 3},
    "on": {"type": "bool"},
    "mode": {"type": "str", "choices": ["fast", "slow"]},
    "password": {"type": "str", "no_log": True, "choices": ["never-shown"]},
    "words": {"type": "list", "elements": "str", "default": []},
    "inner": {
        "type": "dict",
        "apply_defaults": True,
        "options": {"days": {"type": "int", "default": 7}, "a": {"type": "str"}, "b": {"type": "str"}},
        "mutually_exclusive": [("a", "b")],
    },
    "port": {"type": "int", "format": between(1, 65535)},
    "share": {"type": "float", "format": between(0, 100)},
    "countries": {"type": "list", "elements": "str", "default": [], "format": COUNTRY},
    "variables": {"type": "dict", "keys": VARIABLE, "values": {"type": "scalar"}},
    "targets": {"type": "dict", "values": {"type": "float", "format": between(1, 100)}},
    "steps": {"type": "list", "elements": "dict", "options": {"days": {"type": "int", "required": True}}},
}


def checked(given: Any, **constraints: Any) -> tuple[dict[str, Any], list[str]]:
    found: list[str] = []
    return validate(SPEC, given, "things.one", found, constraints), found


def test_fills_in_defaults() -> None:
    options, found = checked({"name": "x"})
    assert not found
    assert options == {
        "name": "x",
        "size": 3,
        "on": None,
        "mode": None,
        "password": None,
        "words": [],
        "inner": {"days": 7, "a": None, "b": None},
        "port": None,
        "share": None,
        "countries": [],
        "variables": None,
        "targets": None,
        "steps": None,
    }


def test_defaults_are_not_shared() -> None:
    first, _ = checked({"name": "x"})
    first["words"].append("changed")
    second, _ = checked({"name": "x"})
    assert second["words"] == []


@pytest.mark.parametrize(
    ("given", "option", "value"),
    [
        ({"size": "4"}, "size", 4),
        ({"on": "yes"}, "on", True),
        ({"name": 7}, "name", "7"),
        ({"name": 7.1}, "name", "7.1"),
        ({"words": "a,b"}, "words", ["a", "b"]),
        ({"words": [1]}, "words", ["1"]),
        ({"steps": [{"days": "3"}]}, "steps", [{"days": 3}]),
        ({"size": None}, "size", 3),
        ({"variables": {"A": 1, "B": True, "C": None, "D": "d"}}, "variables", {"A": "1", "B": "true", "D": "d"}),
        ({"targets": {"cpu": "70"}}, "targets", {"cpu": 70.0}),
    ],
)
def test_coerces_as_ansible_does(given: dict[str, Any], option: str, value: Any) -> None:
    options, found = checked({"name": "x", **given})
    assert not found
    assert options[option] == value


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nmae": "x", "name": "y"}, "things.one.nmae: unknown option; did you mean 'name'"),
        ({}, "things.one.name: is missing"),
        ({"name": "x", "size": "many"}, "things.one.size: 'many' is not a whole number"),
        ({"name": "x", "size": True}, "things.one.size: True is not a whole number"),
        ({"name": {"a": 1}}, "things.one.name: a mapping is not text; quote it"),
        ({"name": True}, "things.one.name: True is not text; quote it"),
        ({"name": "x", "mode": "fats"}, "things.one.mode: 'fats' is none of: fast, slow; did you mean 'fast'"),
        ({"name": "x", "inner": {"dasy": 1}}, "things.one.inner.dasy: unknown option"),
        ({"name": "x", "inner": {"a": "1", "b": "2"}}, "things.one.inner: a and b exclude each other"),
        ({"name": "x", "inner": 3}, "things.one.inner: a plain value is not a mapping of options"),
        ({"name": "x", "steps": [{"days": 1}, {}]}, "things.one.steps[1].days: is missing"),
        ({"name": "x", "port": 0}, "things.one.port: 0 is not between 1 and 65535; correct it"),
        ({"name": "x", "port": float("inf")}, "things.one.port: inf is not a whole number"),
        ({"name": "x", "share": 101}, "things.one.share: 101 is not between 0 and 100; correct it"),
        ({"name": "x", "share": float("nan")}, "things.one.share: nan is not a number"),
        ({"name": "x", "share": True}, "things.one.share: True is not a number"),
        ({"name": "x", "countries": ["DE", "Peru"]}, "things.one.countries[1]: 'Peru' is no country by two letters"),
        ({"name": "x", "variables": {"A B": "1"}}, "things.one.variables: 'A B' is no name of a variable"),
        ({"name": "x", "variables": {"A": {"b": 1}}}, "things.one.variables.A: a mapping is not text"),
        ({"name": "x", "targets": {"cpu": 500}}, "things.one.targets.cpu: 500 is not between 1 and 100"),
        ("text", "things.one: text is no mapping of options; write OPTION: value"),
    ],
)
def test_says_what_is_wrong(given: Any, message: str) -> None:
    assert any(line.startswith(message) for line in checked(given)[1])


def test_finds_every_mistake_at_once() -> None:
    assert len(checked({"size": "many", "mode": "x", "other": 1})[1]) == 4


def test_a_secret_is_in_no_message() -> None:
    _, found = checked({"name": "x", "password": "hunter2"})
    assert found == ["things.one.password: the value is none of: never-shown"]


@pytest.mark.parametrize(
    "given",
    [
        {"name": ["DB_PASSWORD=hunter2"]},
        {"name": "x", "variables": ["DB_PASSWORD=hunter2"]},
        {"name": "x", "variables": {"DB_PASSWORD": {"is": "hunter2"}}},
        {"name": "x", "words": [{"DB_PASSWORD": "hunter2"}]},
        {"name": "x", "inner": ["hunter2"]},
        {"name": "x", "steps": ["hunter2"]},
        {"name": "x", "hunter": "hunter2"},
        ["hunter2"],
    ],
)
def test_what_is_of_another_type_is_not_shown(given: Any) -> None:
    _, found = checked(given)
    assert found and "hunter2" not in "".join(found)


@pytest.mark.parametrize(
    ("constraint", "given", "message"),
    [
        ({"mutually_exclusive": [("on", "mode")]}, {"on": True, "mode": "fast"}, "on and mode exclude each other"),
        ({"required_together": [("on", "mode")]}, {"on": True}, "on needs mode beside it"),
        ({"required_one_of": [("on", "mode")]}, {}, "needs one of on, mode"),
        ({"required_if": [("size", 3, ("on", "mode"))]}, {"on": True}, "size 3 needs mode"),
        ({"required_by": {"on": "mode"}}, {"on": True}, "on needs mode beside it"),
    ],
)
def test_relations(constraint: dict[str, Any], given: dict[str, Any], message: str) -> None:
    broken = checked({"name": "x", **given}, **constraint)[1]
    assert len(broken) == 1 and broken[0].startswith(f"things.one: {message}")
    assert not checked(
        {"name": "x", "on": True, "mode": "fast", "size": 4},
        **{key: rule for key, rule in constraint.items() if key != "mutually_exclusive"},
    )[1]


def test_a_description_in_full() -> None:
    options, found = validate_stack(
        {
            "system": "shop",
            "env": "prod",
            "region": "eu-west-1",
            "tags": {"team": "a"},
            "keys": {"data": None},
            "network": {"cidr": "10.0.0.0/16"},
        },
        SECTIONS,
    )
    assert not found
    assert options["keys"]["data"]["rotation"] is True
    assert options["network"]["nat_gateways"] == "one_per_zone"
    assert "databases" not in options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"databses": {}}, "databses: unknown section; did you mean 'databases'? (there are system, env"),
        ({"databses": {}}, "did you mean 'databases'"),
        ({"databases": ["main"]}, "databases: a list is no mapping of names to their options"),
        ({"keys": {"a:b": {}}}, "keys.a:b: the name must begin with a letter or digit"),
        ({"system": "My Shop"}, "system: 'My Shop' cannot be part of a name in AWS"),
        ({"env": "prod us"}, "env: 'prod us' cannot be part of a name in AWS"),
        ({"system": ""}, "system: '' cannot be part of a name in AWS"),
        ({"tags": {True: "x"}}, "tags: one of its keys is true, as YAML reads yes and on, and not a name; quote it"),
        ({"keys": {None: {}}}, "keys: one of its keys is null and not a name"),
        ({"secrets": {"a": {"value": [{1.5: "hunter2"}]}}}, "secrets.a.value[0]: one of its keys is no text"),
    ],
)
def test_what_is_wrong_with_a_description(given: dict[str, Any], message: str) -> None:
    _, found = validate_stack({"system": "shop", "env": "prod", "region": "eu-west-1", **given}, SECTIONS)
    assert len(found) == 1
    assert message in found[0]


def test_keys_and_tags_are_text() -> None:
    description = {"system": "shop", "env": "prod", "region": "eu-west-1", "tags": {2024: 7, "on": True, "gone": None}}
    options, found = validate_stack({**description, "keys": {1: {"tags": {2: "x"}}}}, SECTIONS)
    assert not found
    assert options["tags"] == {"2024": "7", "on": "true"}
    assert options["keys"]["1"]["tags"] == {"2": "x"}


def test_ansible_gets_only_its_own_words() -> None:
    spec = {
        "a": {"type": "dict", "values": {"type": "scalar"}, "keys": VARIABLE},
        "b": {"type": "dict", "options": {"c": {"type": "int", "format": between(1, 2)}}},
        "d": {"type": "map", "options": {"e": {"type": "str"}}},
    }
    assert for_ansible(spec) == {
        "a": {"type": "dict"},
        "b": {"type": "dict", "options": {"c": {"type": "int"}}},
        "d": {"type": "dict"},
    }


def test_no_description_at_all() -> None:
    assert validate_stack(["x"], SECTIONS)[1]
    assert validate_stack({}, SECTIONS)[1] == [
        "system: is missing; it has no default",
        "env: is missing; it has no default",
        "region: is missing; it has no default",
    ]


def test_merge() -> None:
    stack = {"a": {"x": 1, "list": [1, 2], "deep": {"u": 1, "v": 2}}, "b": 1, "c": {"gone": 1, "stays": 2}}
    overrides = {"a": {"list": [3], "deep": {"v": 3}}, "b": {"now": "a mapping"}, "c": {"gone": None}, "d": None}
    before = repr(stack)
    assert merge(stack, overrides) == {
        "a": {"x": 1, "list": [3], "deep": {"u": 1, "v": 3}},
        "b": {"now": "a mapping"},
        "c": {"stays": 2},
    }
    assert repr(stack) == before
