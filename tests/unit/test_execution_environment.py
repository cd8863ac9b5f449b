"""The definition of the execution environment: of the form that ansible-builder takes, and in step with the rest."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return found


@pytest.mark.parametrize("name", ["execution-environment.yml", "meta/execution-environment.yml"])
def test_it_has_the_form_that_ansible_builder_takes(name: str) -> None:
    schema = files("ansiblelint") / "schemas" / "execution-environment.json"
    jsonschema.validate(read(name), json.loads(schema.read_text()))


def test_what_it_names_is_there() -> None:
    dependencies = read("execution-environment.yml")["dependencies"]
    assert (ROOT / dependencies["galaxy"]).exists()
    assert (ROOT / dependencies["python"]).read_text() == (ROOT / "requirements.txt").read_text()
    assert (ROOT / read("meta/execution-environment.yml")["dependencies"]["python"]).exists()


def test_its_ansible_is_one_that_the_collection_takes() -> None:
    stated = Requirement(read("execution-environment.yml")["dependencies"]["ansible_core"]["package_pip"])
    lowest = next(one.version for one in stated.specifier if one.operator == ">=")
    assert SpecifierSet(read("meta/runtime.yml")["requires_ansible"]).contains(lowest)
