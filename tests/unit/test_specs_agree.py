"""What a module takes, what its documentation says and what its role takes are the same, option by option."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import roles  # noqa: E402

SPECS = roles.specs()
MODULES = sorted(SPECS)


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    return roles.documentation(MODULES)


def facts(rule: dict[str, Any], inner: str) -> dict[str, Any]:
    """What two descriptions of an option have to agree on."""
    found = {word: rule.get(word) for word in ("type", "elements", "default")}
    found["choices"] = sorted(rule.get("choices") or [], key=str) or None
    found["required"] = bool(rule.get("required"))
    found["aliases"] = sorted(rule.get("aliases") or [])
    found["members"] = flatten(rule.get(inner) or {}, inner)
    return found


def flatten(options: dict[str, Any], inner: str) -> dict[str, Any]:
    return {name: facts(rule, inner) for name, rule in options.items()}


def secrets(options: dict[str, Any], inner: str, path: str = "") -> Iterator[str]:
    """The options whose values must not be shown."""
    for name, rule in options.items():
        if rule.get("no_log"):
            yield f"{path}{name}"
        yield from secrets(rule.get(inner) or {}, inner, f"{path}{name}.")


def role(module: str) -> dict[str, Any]:
    path = ROOT / "roles" / roles.role_of(module) / "meta/argument_specs.yml"
    main: dict[str, Any] = yaml.safe_load(path.read_text())["argument_specs"]["main"]
    return main


@pytest.mark.parametrize("module", MODULES)
def test_documentation_says_what_the_module_takes(module: str, documented: dict[str, Any]) -> None:
    assert flatten(documented[module]["doc"]["options"], "suboptions") == flatten(SPECS[module], "options")


@pytest.mark.parametrize("module", MODULES)
def test_role_takes_what_the_module_takes(module: str) -> None:
    # A variable has one name.
    plain = {name: {**rule, "aliases": None} for name, rule in SPECS[module].items()}
    wanted = {roles.variable(module, name): rule for name, rule in plain.items()}
    assert flatten(role(module)["options"], "options") == flatten(wanted, "options")


@pytest.mark.parametrize("module", MODULES)
def test_role_hides_what_the_module_hides(module: str) -> None:
    wanted = {roles.variable(module, name) for name in secrets(SPECS[module], "options")}
    assert set(secrets(role(module)["options"], "options")) == wanted


@pytest.mark.parametrize("module", MODULES)
def test_role_is_what_scripts_roles_writes(module: str, documented: dict[str, Any]) -> None:
    for name, text in roles.files(module, SPECS[module], documented[module]).items():
        path = ROOT / "roles" / roles.role_of(module) / name
        assert path.read_text() == text, f"{path.relative_to(ROOT)}: run scripts/roles.py"


@pytest.mark.parametrize("module", MODULES)
def test_examples_name_options_that_there_are(module: str, documented: dict[str, Any]) -> None:
    name = f"{roles.COLLECTION}.{module}"
    examples = [task[name] for task in yaml.safe_load(documented[module]["examples"]) if name in task]
    assert examples
    for given in examples:
        assert set(given) <= set(SPECS[module])
        assert {option for option, rule in SPECS[module].items() if rule.get("required")} <= set(given)


@pytest.mark.parametrize("module", MODULES)
def test_no_option_of_a_tier_hides_one_that_every_module_has(module: str) -> None:
    tier = next((tier for tier in roles.TIERS if tier.reference == module), None)
    if tier is None:
        assert module == "stack"
        return
    common = roles.tier_spec(tier.__class__(section="x", reference="x", spec={}, compile=tier.compile, in_network=True))
    assert not set(common) & set(tier.spec)


@pytest.mark.parametrize("path", sorted((ROOT / "plugins/modules").glob("*.py")), ids=lambda path: path.stem)
def test_a_module_is_thin(path: Path) -> None:
    tree = ast.parse(path.read_text())
    code = [node for node in tree.body if not isinstance(node, ast.Assign)]
    assert sum((node.end_lineno or 0) - node.lineno + 1 for node in code) <= 40


def test_every_tier_has_a_module_and_a_role() -> None:
    assert {path.stem for path in (ROOT / "plugins/modules").glob("*.py")} >= set(MODULES)
    assert {path.name for path in (ROOT / "roles").iterdir()} >= {roles.role_of(module) for module in MODULES}


def test_a_difference_is_seen() -> None:
    rule = {"type": "list", "elements": "dict", "options": {"days": {"type": "int", "default": 7}}}
    assert flatten({"keep": rule}, "options") != flatten(
        {"keep": {**rule, "options": {"days": {"type": "int", "default": 8}}}}, "options"
    )
    assert flatten({"keep": rule}, "options") != flatten({"keep": {**rule, "elements": "str"}}, "options")
