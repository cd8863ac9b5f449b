"""Subnets that something keeps for its life: more of them are no reason to make it anew."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.eks import NODEGROUP
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.rds import DB_PROXY


@pytest.mark.parametrize(
    ("kind", "name", "item"),
    [
        (DB_PROXY, "VpcSubnetIds", {"DBProxyName": "main", "VpcSubnetIds": ["a", "b"]}),
        (NODEGROUP, "Subnets", {"clusterName": "shop", "nodegroupName": "main", "subnets": ["a", "b"]}),
    ],
    ids=["proxy", "nodes"],
)
@pytest.mark.parametrize(
    ("stated", "differing", "remarked"),
    [
        (["b", "a"], False, False),
        (["a", "b", "c"], False, True),
        (["a", "b", Unknown("new")], False, True),
        (["a"], True, False),
        (["a", "c", "d"], True, False),
        ([Unknown("new"), Unknown("newer")], True, False),
        (Unknown("all of them"), True, False),
    ],
)
def test_only_subnets_that_are_left_are_a_difference(
    kind: Kind, name: str, item: dict[str, Any], stated: Any, differing: bool, remarked: bool
) -> None:
    found = kind.parse(item)
    assert differs(kind.properties[name], stated, found.properties[name]) is differing
    assert kind.remark is not None
    remark = kind.remark({name: stated}, found)
    assert bool(remark) is remarked
    assert not remarked or "keeps the 2 of 3 subnets" in remark
