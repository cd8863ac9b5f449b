"""What a tier's module says of arguments that it does not understand."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stackwright.aws.plugins.module_utils.door import run_tier_module
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.sections import SECTIONS
from ansible_collections.stackwright.aws.plugins.modules import stack

SHOP = {"system": "shop", "env": "prod", "region": "eu-west-1", "entry": "x"}


@pytest.mark.parametrize(
    ("section", "given", "named"),
    [
        ("secrets", {"vaule": "hunter2"}, "vaule"),
        ("secrets", {"rotate_days": "hunter2", "rotation_function": "function.f"}, "rotate_days"),
        ("caches", {"engine_version": "7.1", "node_type": "cache.t3.small", "auth_token": "hunter2"}, "auth_token"),
        ("caches", {"engine_version": "7.1", "node_type": "cache.t3.small", "engine": "hunter2"}, "engine"),
        ("functions", {"runtime": "python3.13", "environment": {"API_KEY": "hunter2"}}, "API_KEY"),
        ("secrets", {"generate": "hunter2"}, "generate"),
        ("certificates", {"import": {"certificate": "x", "privatekey": "hunter2"}}, "private_key"),
        ("topics", {"subscriptions": [{"protocol": "https", "secret_url": "https://x/hunter2"}]}, "secret_url"),
        ("parameters", {"secretvalue": "hunter2"}, "secret_value"),
    ],
)
def test_nothing_is_shown_of_what_is_not_understood(
    section: str, given: dict[str, Any], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with patch_module_args({**SHOP, **given}), pytest.raises(SystemExit):
        run_tier_module(SECTIONS[section])
    said = capsys.readouterr().out
    assert named in said
    assert "hunter2" not in said


def test_nor_of_a_whole_description(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"description": {"system": "shop"}, "overides": {"secrets": {"jwt": {"value": "hunter2"}}}}
    with patch_module_args(told), pytest.raises(SystemExit):
        stack.main()
    said = capsys.readouterr().out
    assert "overides" in said
    assert "hunter2" not in said
