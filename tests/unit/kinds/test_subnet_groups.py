"""Subnet groups that cannot leave a zone, since something stands there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Neighbours, Observed
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.elasticache import REPLICATION_GROUP, SUBNET_GROUP
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.rds import DB_INSTANCE, DB_SUBNET_GROUP

SUBNETS = [
    {"SubnetIdentifier": f"subnet-{zone}{number}", "SubnetAvailabilityZone": {"Name": f"us-east-1{zone}"}}
    for zone in "abc"
    for number in (1, 2)
]
EVERYTHING = [subnet["SubnetIdentifier"] for subnet in SUBNETS]


def database(group: str) -> Observed:
    return DB_INSTANCE.parse(
        {
            "DBInstanceIdentifier": "data",
            "DBSubnetGroup": {"DBSubnetGroupName": group},
            "AvailabilityZone": "us-east-1a",
            "SecondaryAvailabilityZone": "us-east-1b",
        }
    )


def cache(group: str) -> Observed:
    nodes = [{"PreferredAvailabilityZone": "us-east-1a"}, {"PreferredAvailabilityZone": "us-east-1b"}]
    return REPLICATION_GROUP.parse(
        {
            "ReplicationGroupId": "data",
            "NodeGroups": [{"NodeGroupMembers": nodes}],
            "Nodes": [{"CacheSubnetGroupName": group}],
        }
    )


@pytest.mark.parametrize(
    ("kind", "tenant"),
    [(DB_SUBNET_GROUP, database), (SUBNET_GROUP, cache)],
    ids=["database", "cache"],
)
@pytest.mark.parametrize(
    ("stays", "left"),
    [
        (EVERYTHING, ""),
        # One of two in a zone: only AWS knows which of them is in use.
        (["subnet-a1", "subnet-b2"], ""),
        (["subnet-b1", "subnet-c1"], "us-east-1a"),
        ([Unknown("new"), Unknown("newer")], "us-east-1a and us-east-1b"),
        (Unknown("all of them"), ""),
        (None, ""),
    ],
)
def test_the_zones_of_what_stands_in_a_subnet_group_are_kept(kind: Kind, tenant: Any, stays: Any, left: str) -> None:
    found = kind.parse({"DBSubnetGroupName": "ours", "CacheSubnetGroupName": "ours", "Subnets": SUBNETS})
    neighbours = Neighbours(lambda _kind: [(tenant("ours"), None), (tenant("another"), None)])
    assert kind.refuse_for_others is not None
    refused = list(kind.refuse_for_others({"SubnetIds": stays}, found, neighbours))
    assert len(refused) == bool(left)
    assert not left or f"cannot leave {left}, where the" in refused[0]
    assert not left or "`network.zones`" in refused[0]
