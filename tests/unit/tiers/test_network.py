"""The network tier."""

from __future__ import annotations

import ipaddress
from itertools import combinations
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.tiers.network_layout import automatic_layout

from .build import description, document, get, of, plain, problems

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


def _ranges(cidr: str, zones: tuple[str, ...]) -> dict[str, str]:
    layout = automatic_layout(cidr, zones, [])
    return {f"{place}-{zone[-1]}": cidr for place, subnets in layout.items() for zone, cidr in subnets}


def test_the_documented_layout() -> None:
    assert _ranges("10.40.0.0/16", ZONES[:2]) == {
        "private-a": "10.40.0.0/20",
        "public-a": "10.40.16.0/21",
        "data-a": "10.40.24.0/21",
        "private-b": "10.40.32.0/20",
        "public-b": "10.40.48.0/21",
        "data-b": "10.40.56.0/21",
    }


def test_zones_may_come_and_go_without_moving_a_subnet() -> None:
    whole = _ranges("10.40.0.0/16", ZONES)
    assert _ranges("10.40.0.0/16", (ZONES[2], ZONES[0])).items() <= whole.items()


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "172.16.0.0/20", "192.168.4.0/23"])
def test_subnets_are_inside_and_apart(cidr: str) -> None:
    zones = tuple(f"us-east-1{letter}" for letter in "abcdef")
    networks = [ipaddress.ip_network(text) for text in _ranges(cidr, zones).values()]
    assert len(networks) == 18
    assert all(network.subnet_of(ipaddress.ip_network(cidr)) for network in networks)
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))
    assert all(network.prefixlen <= 28 for network in networks)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            {"cidr": "10.0.0.0/24"},
            "network.cidr: 10.0.0.0/24 is too small to be divided by itself: the smallest is /23",
        ),
        ({"cidr": "10.0.0.1/16"}, "network.cidr: '10.0.0.1/16' is no IPv4 range"),
        ({"cidr": "10.0.0.0/16", "zones": 4}, "network.zones: eu-west-1 has 3 zones to choose from; 4 is not"),
        ({"cidr": "10.0.0.0/16", "zones": ["a", "x"]}, "network.zones: 'x' is no zone of eu-west-1; it has a, b, c"),
        ({"cidr": "10.0.0.0/16", "zones": ["a", "a"]}, "names a zone twice"),
        ({"cidr": "10.0.0.0/16", "zones": "two"}, "'two' is neither a number of zones nor a list of them"),
        ({}, "network: needs one of cidr, existing"),
        (
            {"cidr": "10.0.0.0/16", "subnets": {"private": ["10.0.1.0/24"]}, "nat_gateways": "none"},
            "network.subnets.private: 1 subnets for 2 zones; give one for each of eu-west-1a, eu-west-1b",
        ),
        (
            {"cidr": "10.0.0.0/16", "subnets": {"private": ["10.0.1.0/24", "10.0.2.0/24"]}},
            "network.nat_gateways: a NAT gateway stands in a public subnet",
        ),
    ],
)
def test_impossible_networks(network: dict[str, Any], message: str) -> None:
    assert any(message in line for line in problems(network=network))


def test_zones_by_letter_and_by_name() -> None:
    doc = document(network={"cidr": "10.0.0.0/16", "zones": ["c", "eu-west-1a"]})
    assert {props["AvailabilityZone"] for props in of(doc, "AWS::EC2::Subnet").values()} == {"eu-west-1a", "eu-west-1c"}


def test_stated_subnets_in_the_order_of_the_zones() -> None:
    doc = document(
        network={
            "cidr": "10.0.0.0/16",
            "zones": 3,
            "subnets": {
                "private": ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"],
                "public": ["10.0.101.0/24", "10.0.102.0/24", "10.0.103.0/24"],
            },
        },
        databases={"main": {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}},
    )
    subnets = of(doc, "AWS::EC2::Subnet")
    assert {name: props["CidrBlock"] for name, props in subnets.items()} == {
        "private-a": "10.0.1.0/24",
        "private-b": "10.0.2.0/24",
        "private-c": "10.0.3.0/24",
        "public-a": "10.0.101.0/24",
        "public-b": "10.0.102.0/24",
        "public-c": "10.0.103.0/24",
    }
    # No subnets for data are described: the database shares the private ones.
    group = plain(get(doc, "AWS::RDS::DBSubnetGroup", "main").properties)
    assert group["SubnetIds"] == [f"<Subnet private-{zone} SubnetId>" for zone in "abc"]


@pytest.mark.parametrize(
    ("how", "gateways", "routes"),
    [
        ("none", set(), {}),
        ("single", {"nat-a"}, {"private-a": "nat-a", "private-b": "nat-a"}),
        ("one_per_zone", {"nat-a", "nat-b"}, {"private-a": "nat-a", "private-b": "nat-b"}),
    ],
)
def test_nat_gateways(how: str, gateways: set[str], routes: dict[str, str]) -> None:
    doc = document(network={"cidr": "10.0.0.0/16", "nat_gateways": how})
    assert set(of(doc, "AWS::EC2::NatGateway")) == set(of(doc, "AWS::EC2::EIP")) == gateways
    found = plain(of(doc, "AWS::EC2::Route"))
    assert found.pop("public/0.0.0.0/0")["GatewayId"] == "<InternetGateway internet InternetGatewayId>"
    assert {name.removesuffix("/0.0.0.0/0"): props["NatGatewayId"] for name, props in found.items()} == {
        table: f"<NatGateway {gateway} NatGatewayId>" for table, gateway in routes.items()
    }


def test_tasks_are_started_once_the_routes_out_stand() -> None:
    service = {"cluster": "main", "image": "nginx"}
    doc = document(network={"cidr": "10.0.0.0/16"}, clusters={"main": {}}, services={"api": service})
    needed = {need for need in get(doc, "AWS::ECS::Service", "api").depends_on if need.kind.startswith("AWS::EC2::")}
    assert {(need.kind.rpartition("::")[2], need.name) for need in needed} == {
        (kind, name.format(zone))
        for zone in "ab"
        for kind, name in (("Route", "private-{}/0.0.0.0/0"), ("SubnetRouteTableAssociation", "private-{}"))
    }


def test_data_subnets_have_no_way_out() -> None:
    doc = document(network={"cidr": "10.0.0.0/16"})
    tables = {
        name: props["RouteTableId"] for name, props in plain(of(doc, "AWS::EC2::SubnetRouteTableAssociation")).items()
    }
    assert tables["data-a"] == tables["data-b"] == "<RouteTable data RouteTableId>"
    assert not [name for name in of(doc, "AWS::EC2::Route") if name.startswith("data")]
    assert len(tables) == 6


def test_nothing_gets_a_public_address_by_landing_in_a_subnet() -> None:
    subnets = of(document(network={"cidr": "10.0.0.0/16"}), "AWS::EC2::Subnet")
    assert not any(props["MapPublicIpOnLaunch"] for props in subnets.values())


def test_endpoints() -> None:
    doc = document(network={"cidr": "10.0.0.0/16", "interface_endpoints": ["ecr.api", "secretsmanager"]})
    endpoints = plain(of(doc, "AWS::EC2::VPCEndpoint"))
    assert endpoints["s3"]["ServiceName"] == "com.amazonaws.eu-west-1.s3"
    assert len(endpoints["s3"]["RouteTableIds"]) == 4
    assert endpoints["ecr.api"]["SubnetIds"] == ["<Subnet private-a SubnetId>", "<Subnet private-b SubnetId>"]
    assert endpoints["ecr.api"]["PrivateDnsEnabled"] is True
    assert endpoints["ecr.api"]["SecurityGroupIds"] == ["<SecurityGroup network/endpoints GroupId>"]
    (rule,) = of(doc, "AWS::EC2::SecurityGroupIngress").values()
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.0.0.0/16", 443, 443)


def test_flow_logs_write_to_one_group_only() -> None:
    doc = document(network={"cidr": "10.0.0.0/16", "flow_logs": {"retention_days": 14}})
    assert get(doc, "AWS::Logs::LogGroup", "network/flow-logs").properties == {
        "LogGroupName": "/vpc/shop-prod/flow-logs",
        "RetentionInDays": 14,
    }
    log = plain(get(doc, "AWS::EC2::FlowLog", "vpc").properties)
    assert (log["ResourceType"], log["TrafficType"]) == ("VPC", "ALL")
    role = plain(get(doc, "AWS::IAM::Role", "network/flow-logs").properties)
    write = role["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert write["Resource"] == [
        "arn:<AWS Partition>:logs:eu-west-1:<AWS AccountId>:log-group:/vpc/shop-prod/flow-logs:*"
    ]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": ["vpc-flow-logs.amazonaws.com"]}


def test_network_acls() -> None:
    acl = {
        "name": "edge",
        "subnets": ["public"],
        "ingress": [{"number": 100, "port": 443}, {"number": 110, "port": 1024, "to_port": 65535}],
        "egress": [{"number": 100, "protocol": "all"}, {"number": 90, "protocol": "icmp", "action": "deny"}],
    }
    doc = document(network={"cidr": "10.0.0.0/16", "network_acls": [acl]})
    entries = of(doc, "AWS::EC2::NetworkAclEntry")
    assert entries["edge/ingress/100"]["PortRange"] == {"From": 443, "To": 443}
    assert entries["edge/ingress/110"]["PortRange"] == {"From": 1024, "To": 65535}
    assert (entries["edge/ingress/100"]["Protocol"], entries["edge/ingress/100"]["Egress"]) == (6, False)
    assert (entries["edge/egress/100"]["Protocol"], entries["edge/egress/100"]["Egress"]) == (-1, True)
    assert "PortRange" not in entries["edge/egress/100"]
    assert entries["edge/egress/90"]["Icmp"] == {"Code": -1, "Type": -1}
    assert set(of(doc, "AWS::EC2::SubnetNetworkAclAssociation")) == {"public-a", "public-b"}


def test_a_network_that_is_there_already() -> None:
    doc = document(
        network={"existing": {"vpc_id": "vpc-1", "private_subnet_ids": ["subnet-1", "subnet-2"]}},
        caches={"main": {"engine_version": "7.1", "node_type": "cache.t3.small"}},
    )
    assert not [res for res in doc.resources.values() if res.kind in ("AWS::EC2::VPC", "AWS::EC2::Subnet")]
    assert get(doc, "AWS::ElastiCache::SubnetGroup", "main").properties["SubnetIds"] == ["subnet-1", "subnet-2"]
    assert get(doc, "AWS::EC2::SecurityGroup", "cache.main").properties["VpcId"] == "vpc-1"


def test_name_tags() -> None:
    doc = document(network={"cidr": "10.0.0.0/16", "name": "shop-vpc", "tags": {"cost": "net"}}, tags={"team": "core"})
    assert get(doc, "AWS::EC2::VPC", "vpc").tags == {"team": "core", "cost": "net", "Name": "shop-vpc"}
    assert get(doc, "AWS::EC2::Subnet", "private-a").tags["Name"] == "shop-prod-private-a"


def test_the_same_description_gives_the_same_document() -> None:
    network = {"cidr": "10.0.0.0/16"}
    first, second = document(network=network), document(network=dict(reversed(network.items())))
    assert first.in_order() == second.in_order()
    assert description(network=network)["network"] is network
