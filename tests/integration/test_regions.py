"""A stack that stands in one region, described in another."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.run import RunError
from tests.integration.in_process import converge
from tests.own_twin import own_twin

HOME: dict[str, Any] = {
    "system": "moving",
    "env": "prod",
    "region": "us-east-1",
    "network": {"cidr": "10.0.0.0/16", "zones": 2, "nat_gateways": "none"},
    "buckets": {"files": {}},
    "zones": {"main": {"domain": "example.com"}},
}
AWAY = {**HOME, "region": "us-west-2"}


def test_another_region_is_refused_until_the_stack_is_gone_from_its_own() -> None:
    gone: dict[str, Any] = {"state": "absent", "confirm": "moving-prod", "release_protection": True}
    with own_twin(0.02) as twin:
        converge(twin, HOME)
        twin.forget_requests()
        for given in ({}, gone):
            for check in (True, False):
                with pytest.raises(RunError, match="region: us-west-2 has nothing of moving-prod"):
                    converge(twin, AWAY, check=check, **given)
        assert twin.writes() == []
        assert not converge(twin, HOME)["changed"]
        converge(twin, HOME, **gone)
        assert converge(twin, AWAY)["changed"]
        assert not converge(twin, AWAY)["changed"]
