"""Arrows point down only: plugins, then the doors directly in module_utils, then tiers, kinds, aws and the engine.

Read from the source, so that an import inside a function counts as one at the top does.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.stackwright.aws"
UTILS = "plugins.module_utils"

# What a layer may import of module_utils. A file belongs to the longest name that is its beginning: those directly
# in module_utils are the doors between a plugin and everything below.
ALLOWED = {
    f"{UTILS}.engine": ["engine"],
    # The engine calls AWS through a protocol of its own; the client implements it and raises its error.
    f"{UTILS}.aws": ["aws", "engine.api", "engine.pacing"],
    f"{UTILS}.kinds": ["kinds", "engine", "aws"],
    f"{UTILS}.operations": ["operations", "engine", "aws"],
    f"{UTILS}.preflight": ["preflight", "tiers", "kinds", "engine", "aws"],
    f"{UTILS}.workloads": ["workloads", "tiers.options", "tiers.placeholder", "preflight", "engine"],
    # What runs in Lambda knows nothing of what brings it there.
    f"{UTILS}.packages": ["packages"],
    f"{UTILS}.tiers": ["tiers", "preflight", "kinds", "packages", "engine", "aws"],
    UTILS: [""],
}
# The engine is to be understood, tested and reused without Ansible and without AWS.
ENGINE_LIBRARIES = {*sys.stdlib_module_names, "jmespath"}
CHECKOUT_ONLY = {"twin", "tests", "scripts"}


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything that `source`, a module in `package`, imports anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = parents[: len(parents) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            # `from package import module` imports the module: keep the last name, it tells the layer.
            yield from ((node.lineno, f"{prefix}.{alias.name}") for alias in node.names)
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("importlib.import_module", "import_module", "__import__")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def within(name: str, prefix: str) -> bool:
    return not prefix or f"{name}.".startswith(f"{prefix}.")


def layer_of(package: str) -> str | None:
    return next((layer for layer in ALLOWED if within(package, layer)), None)


def violations(source: str, package: str) -> list[str]:
    """Imports that break the rules for a module of `package` (dotted, relative to the collection)."""
    layer = layer_of(package)
    found = []
    for line, name in imports(source, f"{COLLECTION}.{package}"):
        top = name.split(".")[0]
        inner = name.removeprefix(f"{COLLECTION}.")
        if top in CHECKOUT_ONLY:
            found.append(f"{line}: {name} is no part of the collection")
        elif layer and inner != name:
            target = inner.removeprefix(f"{UTILS}.")
            if target == inner or not any(within(target, prefix) for prefix in ALLOWED[layer]):
                found.append(f"{line}: {layer} may not import {inner}")
        elif layer == f"{UTILS}.engine" and top not in ENGINE_LIBRARIES:
            found.append(f"{line}: the engine may not import {name}")
    return found


SOURCES = sorted((ROOT / "plugins").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    assert violations(path.read_text(), package) == []


def test_every_folder_of_module_utils_is_a_layer() -> None:
    utils = ROOT / "plugins/module_utils"
    folders = {path.relative_to(utils).parts[0] for path in utils.rglob("*/*.py")}
    assert folders <= {layer.rpartition(".")[2] for layer in ALLOWED}


@pytest.mark.parametrize(
    ("package", "source"),
    [
        (f"{UTILS}.engine", f"from {COLLECTION}.{UTILS}.aws.client import Clients"),
        (f"{UTILS}.engine", f"def late():\n    from {COLLECTION}.{UTILS} import kinds"),
        (f"{UTILS}.engine", "from ..kinds import rds"),
        (f"{UTILS}.engine", "import boto3"),
        (f"{UTILS}.engine", "from ansible.module_utils.basic import AnsibleModule"),
        (f"{UTILS}.engine", f"import importlib\nimportlib.import_module('{COLLECTION}.{UTILS}.tiers.stack')"),
        (f"{UTILS}.aws", f"import {COLLECTION}.{UTILS}.engine.plan"),
        (f"{UTILS}.aws", "from ..engine.apiary import Bee"),
        (f"{UTILS}.kinds.ec2", "from ...tiers.base import Tier"),
        (UTILS, f"from {COLLECTION}.plugins.modules.stack import main"),
        (f"{UTILS}.kinds", f"from {COLLECTION}.{UTILS}.tiers.base import Tier"),
        (f"{UTILS}.kinds", "from ..tiers import base"),
        (f"{UTILS}.tiers", f"from {COLLECTION}.plugins.modules import stack"),
        (f"{UTILS}.tiers", f"from {COLLECTION}.{UTILS}.operations.lease import Lease"),
        ("plugins.action", "from twin.world import World"),
    ],
)
def test_an_import_upwards_is_found(package: str, source: str) -> None:
    assert len(violations(source, package)) == 1


@pytest.mark.parametrize(
    ("package", "source"),
    [
        (f"{UTILS}.engine", "import jmespath\nimport concurrent.futures\nfrom .plan import Plan"),
        (f"{UTILS}.kinds", f"from {COLLECTION}.{UTILS}.engine.kind import Kind\nfrom ..aws import errors"),
        (f"{UTILS}.tiers", f"from {COLLECTION}.{UTILS}.kinds.rds import KINDS"),
        (f"{UTILS}.aws", "from ..engine.api import ApiError"),
        (UTILS, "from .operations.lease import LedgerLease\nfrom .tiers.stack import compile_all"),
        ("plugins.modules", f"from {COLLECTION}.{UTILS}.tiers.stack import run\nimport boto3"),
    ],
)
def test_an_import_downwards_is_fine(package: str, source: str) -> None:
    assert violations(source, package) == []
