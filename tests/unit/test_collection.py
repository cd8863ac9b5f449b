"""What describes the collection agrees with what is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").glob("*") if path.is_dir())


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def test_action_groups_name_every_module_once() -> None:
    groups = read("meta/runtime.yml")["action_groups"]
    assert sorted(module for group in groups.values() for module in group) == MODULES
    assert all(group == sorted(group) for group in groups.values())


@pytest.mark.parametrize("role", ROLES)
def test_role_is_specified_and_has_a_scenario(role: str) -> None:
    assert (ROOT / f"roles/{role}/meta/argument_specs.yml").is_file()
    assert (ROOT / f"extensions/molecule/{role}/molecule.yml").is_file()
    assert (ROOT / f"extensions/molecule/{role}/converge.yml").is_file()


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_satisfies_the_requirements(name: str) -> None:
    locked = pins("requirements.lock")
    lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    for requirement in (Requirement(line) for line in lines if line and not line.startswith("-r")):
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not locked: run make lock"
        assert all(version in requirement.specifier for version in versions), requirement


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-collections.lock"])
def test_lock_pins_hashes_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text and "--extra-index" not in text and "--find-links" not in text
    for block in re.split(r"\n(?=[\w])", text)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]
