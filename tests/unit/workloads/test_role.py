"""The role's own documentation of its options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.stackwright.aws.plugins.module_utils.workloads.spec import SPEC

ROOT = Path(__file__).resolve().parents[3]


def test_the_role_documents_every_option() -> None:
    specs = yaml.safe_load((ROOT / "roles" / "workloads" / "meta" / "argument_specs.yml").read_text())
    text = json.dumps(specs["argument_specs"]["main"]["options"]["workloads_description"])
    names = list(_names(SPEC))
    assert len(names) > 60
    for name in names:
        assert f"C({name})" in text or f'"{name}"' in text or f".{name})" in text, name


def _names(spec: dict[str, Any]) -> Any:
    for name, rule in spec.items():
        yield name
        yield from _names(rule.get("options") or {})
