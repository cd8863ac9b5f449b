"""The tables that load a tier or the kinds of a service when needed: nothing is missing, misplaced or unpacked.

What is loaded by name has to be imported somewhere too, or Ansible would not pack it for modules.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils import kinds
from ansible_collections.stackwright.aws.plugins.module_utils.engine.registry import Registry
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import registry
from ansible_collections.stackwright.aws.plugins.module_utils.tiers import sections

COLLECTION = "ansible_collections.stackwright.aws.plugins.module_utils"
ROOT = Path(__file__).resolve().parents[2]
NO_KINDS = {"cloudcontrol", "registry", "requests", "shared"}


def packed(module: object) -> set[str]:
    """What a module imports from its own folder, by name."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1]
    return {alias.name for node in imports if node.module is None for alias in node.names}


def test_every_module_of_kinds_is_listed_and_packed() -> None:
    folder = Path(kinds.__path__[0])
    there = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    holding = {name for name in there - NO_KINDS if "KINDS" in _text(folder, name)}
    assert holding == {name for modules in registry.MODULES.values() for name in modules}
    assert packed(registry) == holding


def _text(folder: Path, name: str) -> str:
    path = folder / f"{name}.py"
    return (path if path.is_file() else folder / name / "__init__.py").read_text()


@pytest.mark.parametrize("kind", list(registry.REGISTRY), ids=lambda kind: kind.type)
def test_a_kind_is_found_by_its_name(kind: registry.Kind) -> None:
    assert Registry(sources=registry.SOURCES)[kind.type] is kind


@pytest.mark.parametrize("part", [k for k in registry.REGISTRY if k.part_of], ids=lambda kind: kind.type)
def test_what_may_be_part_of_a_kind_is_loaded_with_it(part: registry.Kind) -> None:
    for whole in part.requires:
        assert part in Registry(sources=registry.SOURCES).parts_of(whole)


def test_every_tier_is_listed_and_packed() -> None:
    assert packed(sections) == set(sections.MODULES.values())
    for section, tier in sections.SECTIONS.items():
        assert tier.section == section
        assert sections.WORDS[tier.reference] is tier
    assert len(sections.WORDS) == len(sections.SECTIONS)


def test_a_run_loads_what_its_description_needs() -> None:
    program = f"""
import sys
from {COLLECTION} import run
from {COLLECTION}.tiers.stack import compile_all
description = {{"system": "shop", "env": "dev", "region": "eu-west-1", "queues": {{"jobs": {{}}}}}}
compile_all(description, types=run.REGISTRY)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.removeprefix(f"{COLLECTION}.") for name in done.stdout.split()}
    assert {"kinds.sqs", "tiers.queue"} <= loaded
    assert not {"kinds.rds", "kinds.cloudcontrol", "tiers.database", "tiers.rest_api"} & loaded
