"""How database proxies and their targets are read and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Call, Phase
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.rds import DB_PROXY, DB_PROXY_TARGET_GROUP
from tests.unit.kinds.canned import CannedApi, missing, scope, work

GROUP: dict[str, Any] = {
    "DBProxyName": "shop",
    "TargetGroupName": "default",
    "TargetGroupArn": "arn:aws:rds:us-east-1:1:target-group:prx-tg-1",
    "ConnectionPoolConfig": {"MaxConnectionsPercent": 100, "MaxIdleConnectionsPercent": 50},
}
TARGET = {"RdsResourceId": "shop-db", "Type": "RDS_INSTANCE", "TargetHealth": {"State": "AVAILABLE"}}


def _group(*targets: dict[str, Any]) -> dict[str, Any]:
    return {**GROUP, "Targets": list(targets)}


@pytest.mark.parametrize(
    ("targets", "phase"),
    [
        ([], Phase.GONE),
        ([{**TARGET, "TargetHealth": {"State": "REGISTERING"}}], Phase.BUSY),
        ([{**TARGET, "TargetHealth": {"State": "UNAVAILABLE", "Reason": "PENDING_PROXY_CAPACITY"}}], Phase.BUSY),
        ([{**TARGET, "TargetHealth": {"State": "UNAVAILABLE", "Reason": "UNREACHABLE"}}], Phase.READY),
        ([TARGET], Phase.READY),
    ],
)
def test_a_group_without_a_target_is_as_good_as_none(targets: list[dict[str, Any]], phase: Phase) -> None:
    assert DB_PROXY_TARGET_GROUP.parse(_group(*targets)).phase is phase


def test_targets_by_their_sort() -> None:
    cluster = {"RdsResourceId": "shop-cluster", "Type": "TRACKED_CLUSTER"}
    found = DB_PROXY_TARGET_GROUP.parse(_group(TARGET, cluster)).properties
    assert (found["DBInstanceIdentifiers"], found["DBClusterIdentifiers"]) == (["shop-db"], ["shop-cluster"])


def test_targets_are_asked_for_proxy_by_proxy_and_a_missing_proxy_has_none() -> None:
    def groups(params: dict[str, Any]) -> dict[str, Any]:
        if params["DBProxyName"] == "gone":
            raise missing("DBProxyNotFoundFault")
        return {"TargetGroups": [GROUP]}

    api = CannedApi(
        {
            "rds.describe_db_proxy_target_groups": groups,
            "rds.describe_db_proxy_targets": {"Targets": [TARGET]},
        }
    )
    (found,) = DB_PROXY_TARGET_GROUP.list(scope(api, {"DBProxyName": "shop"}, {"DBProxyName": "gone"}))
    assert DB_PROXY_TARGET_GROUP.parse(found).id == "shop/default"


def test_another_target_takes_the_place_of_the_first() -> None:
    api = CannedApi()
    desired = {"DBProxyName": "shop", "TargetGroupName": "default", "DBInstanceIdentifiers": ["other"]}
    step = DB_PROXY_TARGET_GROUP.updates[1].step
    assert callable(step) and not isinstance(step, Call)
    step(work(api, DB_PROXY_TARGET_GROUP, desired, _group(TARGET)))
    assert api.names() == ["rds.deregister_db_proxy_targets", "rds.register_db_proxy_targets"]
    assert api.params("rds.deregister_db_proxy_targets")["DBInstanceIdentifiers"] == ["shop-db"]
    assert api.params("rds.register_db_proxy_targets")["DBInstanceIdentifiers"] == ["other"]


def test_a_proxy_is_changed_by_what_differs() -> None:
    step = DB_PROXY.updates[0].step
    assert isinstance(step, Call)
    desired = {"DBProxyName": "shop", "VpcSecurityGroupIds": ["sg-2"], "RequireTLS": False, "IdleClientTimeout": 60}
    changed = frozenset({"VpcSecurityGroupIds", "RequireTLS"})
    params = step.params(work(CannedApi(), DB_PROXY, desired, {"DBProxyName": "shop"}, changed=changed))
    assert params == {"DBProxyName": "shop", "SecurityGroups": ["sg-2"], "RequireTLS": False}
