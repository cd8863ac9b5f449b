# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VPC peering: states in time, both sides, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.twin.support import passes_through, refused, until


def vpc(ec2: Any, cidr: str) -> str:
    return str(ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])


def status(ec2: Any, identifier: str) -> str:
    found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[identifier])["VpcPeeringConnections"]
    return str(found[0]["Status"]["Code"])


def join(ec2: Any, one: str, other: str, **more: Any) -> str:
    made = ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other, **more)["VpcPeeringConnection"]
    assert made["Status"]["Code"] in ("initiating-request", "failed")
    return str(made["VpcPeeringConnectionId"])


def test_it_is_requested_accepted_and_active(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    one, other = vpc(ec2, "10.1.0.0/16"), vpc(ec2, "10.2.0.0/16")
    connection = join(ec2, one, other)
    with refused("InvalidStateTransition"):
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    passes_through(lambda: status(ec2, connection), "initiating-request", "pending-acceptance")
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    passes_through(lambda: status(ec2, connection), "provisioning", "active")
    with refused("VpcPeeringConnectionAlreadyExists"):
        ec2.create_vpc_peering_connection(VpcId=other, PeerVpcId=one)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)
    assert status(ec2, connection) == "deleted"
    with refused("InvalidStateTransition"):
        ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=connection)


def test_overlapping_ranges_fail(client: Callable[..., Any]) -> None:
    ec2 = client("ec2")
    connection = join(ec2, vpc(ec2, "10.1.0.0/16"), vpc(ec2, "10.1.128.0/17"))
    assert status(ec2, connection) == "failed"


def test_each_side_has_tags_of_its_own(client: Callable[..., Any]) -> None:
    here, there = client("ec2"), client("ec2", "us-west-2")
    tags = [{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "stack", "Value": "shop"}]}]
    connection = join(
        here, vpc(here, "10.1.0.0/16"), vpc(there, "10.2.0.0/16"), PeerRegion="us-west-2", TagSpecifications=tags
    )
    until(lambda: status(there, connection) == "pending-acceptance")
    with refused("OperationNotPermitted"):
        here.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    there.accept_vpc_peering_connection(VpcPeeringConnectionId=connection)
    until(lambda: status(here, connection) == "active")
    by_tag = [{"Name": "tag:stack", "Values": ["shop"]}]
    assert len(here.describe_vpc_peering_connections(Filters=by_tag)["VpcPeeringConnections"]) == 1
    assert there.describe_vpc_peering_connections(Filters=by_tag)["VpcPeeringConnections"] == []
    (seen,) = there.describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert seen["Tags"] == [] and seen["RequesterVpcInfo"]["Region"] == "us-east-1"
