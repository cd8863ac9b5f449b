"""EC2's networks: answers to properties, natural keys, requests, and what is asked to find things."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.aws import zones
from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Kind,
    Neighbours,
    Observed,
    Phase,
    Scope,
    Work,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import ec2

KINDS: dict[str, Kind] = {kind.type.removeprefix("AWS::EC2::"): kind for kind in ec2.KINDS}


def _module(name: str) -> Any:
    return import_module(f"{ec2.__name__}.{name}")


@dataclass
class Cloud:
    """An api that answers from a table and remembers what it was asked."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    region: str = "us-east-1"
    account: str = "123456789012"
    partition: str = "aws"

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> dict[str, Any]:
        self.asked.append((operation, params))
        answer = self.answers.get(operation, {})
        found: dict[str, Any] = answer(params) if callable(answer) else answer
        return found

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> list[Any]:
        found: list[Any] = self.call(service, operation, params).get(items.removesuffix("[]"), [])
        return found


def _work(kind: str, desired: dict[str, Any], item: dict[str, Any] | None = None, **more: Any) -> Work:
    current = KINDS[kind].parse(item) if item is not None else None
    return Work(Address(kind, "x"), desired, more.pop("api", Cloud()), stack="s", current=current, **more)


def _scope(cloud: Cloud, **more: Any) -> Scope:
    return Scope(cloud, "shop-prod", "us-east-1", **more)


def _params(step: Any, work: Work) -> Any:
    return step.params(work)


# Values


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("10.0.0.5/24", "10.0.0.0/24"),
        ("10.0.0.0/16", "10.0.0.0/16"),
        ("2001:0DB8:0::/32", "2001:db8::/32"),
        ("0:0::/0", "::/0"),
        ("pl-1234", "pl-1234"),
        (None, None),
    ],
)
def test_cidr(stated: Any, kept: Any) -> None:
    assert _module("normal").cidr(stated) == kept


@pytest.mark.parametrize(
    ("stated", "rule", "acl"),
    [
        ("tcp", "tcp", "6"),
        ("TCP", "tcp", "6"),
        (6, "tcp", "6"),
        ("17", "udp", "17"),
        (58, "icmpv6", "58"),
        ("all", "-1", "-1"),
        (-1, "-1", "-1"),
        (50, "50", "50"),
        (None, None, None),
    ],
)
def test_protocols(stated: Any, rule: Any, acl: Any) -> None:
    assert _module("normal").rule_protocol(stated) == rule
    assert _module("normal").acl_protocol(stated) == acl


# Answers to properties

PARSED: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "Subnet",
        {
            "SubnetId": "subnet-1",
            "Ipv6CidrBlockAssociationSet": [
                {"Ipv6CidrBlock": "2001:db8:1::/64", "Ipv6CidrBlockState": {"State": "disassociated"}},
                {"Ipv6CidrBlock": "2001:db8:2::/64", "Ipv6CidrBlockState": {"State": "associated"}},
            ],
        },
        "subnet-1",
        {"Ipv6CidrBlock": "2001:db8:2::/64"},
    ),
    (
        "NatGateway",
        {
            "NatGatewayId": "nat-1",
            "NatGatewayAddresses": [
                {"AllocationId": "eipalloc-2", "IsPrimary": False, "Status": "succeeded"},
                {"AllocationId": "eipalloc-1", "IsPrimary": True, "PrivateIp": "10.0.0.9"},
                {"AllocationId": "eipalloc-3", "IsPrimary": False, "Status": "disassociating"},
            ],
        },
        "nat-1",
        {
            "AllocationId": "eipalloc-1",
            "SecondaryAllocationIds": ["eipalloc-2"],
            "PrivateIpAddress": "10.0.0.9",
            "ConnectivityType": "public",
        },
    ),
    (
        "NatGateway",
        {"NatGatewayId": "nat-2", "NatGatewayAddresses": [{"AllocationId": "eipalloc-1"}]},
        "nat-2",
        {"AllocationId": "eipalloc-1", "SecondaryAllocationIds": []},
    ),
    (
        "Route",
        {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"},
        "rtb-1|0.0.0.0/0",
        {"GatewayId": "igw-1", "VpcEndpointId": None, "NatGatewayId": None},
    ),
    (
        "Route",
        {"RouteTableId": "rtb-1", "DestinationIpv6CidrBlock": "::/0", "GatewayId": "vpce-1"},
        "rtb-1|::/0",
        {"GatewayId": None, "VpcEndpointId": "vpce-1"},
    ),
    (
        "SecurityGroupIngress",
        {
            "SecurityGroupRuleId": "sgr-1",
            "GroupId": "sg-1",
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "ReferencedGroupInfo": {"GroupId": "sg-2", "UserId": "123456789012"},
        },
        "sgr-1",
        {"SourceSecurityGroupId": "sg-2", "SourceSecurityGroupOwnerId": "123456789012", "CidrIp": None},
    ),
    (
        "SecurityGroupEgress",
        {"SecurityGroupRuleId": "sgr-2", "GroupId": "sg-1", "PrefixListId": "pl-1", "CidrIpv4": None},
        "sgr-2",
        {"DestinationPrefixListId": "pl-1", "DestinationSecurityGroupId": None},
    ),
    (
        "NetworkAclEntry",
        {"NetworkAclId": "acl-1", "RuleNumber": 100, "Egress": True, "IcmpTypeCode": {"Code": -1, "Type": 8}},
        "acl-1|100|egress",
        {"Icmp": {"Code": -1, "Type": 8}},
    ),
    (
        "VPCEndpoint",
        {
            "VpcEndpointId": "vpce-1",
            "Groups": [{"GroupId": "sg-1", "GroupName": "a"}],
            "PolicyDocument": '{"Statement": []}',
            "State": "pendingAcceptance",
        },
        "vpce-1",
        {"SecurityGroupIds": ["sg-1"], "PolicyDocument": {"Statement": []}, "VpcEndpointType": "Gateway"},
    ),
    (
        "FlowLog",
        {"FlowLogId": "fl-1", "ResourceId": "subnet-0a"},
        "fl-1",
        {"ResourceType": "Subnet", "LogDestinationType": "cloud-watch-logs", "MaxAggregationInterval": 600},
    ),
    (
        "FlowLog",
        {"FlowLogId": "fl-2", "ResourceId": "tgw-attach-0a"},
        "fl-2",
        {"ResourceType": "TransitGatewayAttachment"},
    ),
    (
        "EIP",
        {"AllocationId": "eipalloc-1", "PublicIp": "192.0.2.1"},
        "eipalloc-1",
        {"Address": "192.0.2.1", "Domain": "vpc"},
    ),
]


@pytest.mark.parametrize(("kind", "item", "identifier", "properties"), PARSED)
def test_an_answer_is_read(kind: str, item: dict[str, Any], identifier: str, properties: dict[str, Any]) -> None:
    observed = KINDS[kind].parse(item)
    assert observed.id == identifier
    assert {name: observed.properties[name] for name in properties} == properties


@pytest.mark.parametrize(
    ("kind", "state", "phase"),
    [
        ("NatGateway", "pending", Phase.BUSY),
        ("NatGateway", "available", Phase.READY),
        ("NatGateway", "failed", Phase.FAILED),
        ("NatGateway", "deleting", Phase.LEAVING),
        ("NatGateway", "deleted", Phase.GONE),
        ("VPCEndpoint", "Pending", Phase.BUSY),
        ("VPCEndpoint", "pendingAcceptance", Phase.READY),
        ("VPCEndpoint", "PendingAcceptance", Phase.READY),
        ("VPCEndpoint", "rejected", Phase.FAILED),
        ("VPC", "pending", Phase.BUSY),
        ("VPCGatewayAttachment", "attaching", Phase.BUSY),
        ("VPCGatewayAttachment", "available", Phase.READY),
    ],
)
def test_states(kind: str, state: str, phase: Phase) -> None:
    assert KINDS[kind].parse({"State": state}).phase is phase


# What AWS put there is not ours to remove


def test_routes_of_aws_are_left_out() -> None:
    table = {
        "RouteTableId": "rtb-1",
        "Routes": [
            {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"},
            {"DestinationCidrBlock": "192.168.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"},
            {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-s3", "Origin": "CreateRoute"},
            {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "Origin": "CreateRoute"},
            {"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "vpce-firewall", "Origin": "CreateRoute"},
        ],
    }
    routes = _module("route").routes
    assert [route["DestinationCidrBlock"] for route in routes(table, set())] == ["0.0.0.0/0"]
    described = {("rtb-1", "10.9.0.0/16")}
    assert [route["DestinationCidrBlock"] for route in routes(table, described)] == ["0.0.0.0/0", "10.9.0.0/16"]


def test_main_and_gateway_associations_are_left_out() -> None:
    table = {
        "Associations": [
            {"Main": True, "RouteTableAssociationId": "rtbassoc-1"},
            {"Main": False, "RouteTableAssociationId": "rtbassoc-2", "GatewayId": "igw-1"},
            {"Main": False, "RouteTableAssociationId": "rtbassoc-3", "SubnetId": "subnet-1"},
            {"SubnetId": "subnet-2", "AssociationState": {"State": "disassociated"}},
        ]
    }
    found = _module("subnet_route_table_association").associations(table)
    assert [one["RouteTableAssociationId"] for one in found] == ["rtbassoc-3"]


def test_last_entries_of_an_acl_are_left_out() -> None:
    numbers = (100, 32766, 32767, 32768)
    acl = {"NetworkAclId": "acl-1", "Entries": [{"RuleNumber": number} for number in numbers]}
    assert [entry["RuleNumber"] for entry in _module("network_acl_entry").entries(acl)] == [100, 32766]


def test_association_with_the_default_acl_is_none_unless_described() -> None:
    acl = {
        "NetworkAclId": "acl-default",
        "IsDefault": True,
        "VpcId": "vpc-1",
        "Associations": [
            {"SubnetId": "subnet-1", "NetworkAclAssociationId": "aclassoc-1", "NetworkAclId": "acl-default"}
        ],
    }

    def listed(stated_acl: str) -> list[Any]:
        wanted = ({"SubnetId": "subnet-1", "NetworkAclId": stated_acl},)
        cloud = Cloud({"describe_network_acls": lambda params: {"NetworkAcls": [acl]}})
        return list(KINDS["SubnetNetworkAclAssociation"].list(_scope(cloud, wanted=wanted)))

    assert listed("acl-other") == []
    assert {one["SubnetId"] for one in listed("acl-default")} == {"subnet-1"}


# Natural keys


@pytest.mark.parametrize(
    ("kind", "stated", "observed"),
    [
        (
            "SecurityGroupIngress",
            {"GroupId": "sg-1", "IpProtocol": 6, "FromPort": 443, "ToPort": "443", "CidrIp": "10.0.0.1/8"},
            {
                "GroupId": "sg-1",
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "CidrIp": "10.0.0.0/8",
                "Description": "x",
            },
        ),
        (
            "SecurityGroupEgress",
            {"GroupId": "sg-1", "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"},
            {"GroupId": "sg-1", "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIp": "0.0.0.0/0"},
        ),
        (
            "Route",
            {"RouteTableId": "rtb-1", "DestinationIpv6CidrBlock": "0::/0", "GatewayId": "igw-1"},
            {"RouteTableId": "rtb-1", "DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-2"},
        ),
        (
            "NetworkAclEntry",
            {"NetworkAclId": "acl-1", "RuleNumber": 100},
            {"NetworkAclId": "acl-1", "RuleNumber": 100, "Egress": False},
        ),
        (
            "FlowLog",
            {"ResourceId": "vpc-1", "LogGroupName": "/flow"},
            {
                "ResourceId": "vpc-1",
                "LogGroupName": "/flow",
                "LogDestination": "arn:aws:logs:us-east-1:123456789012:log-group:/flow:*",
            },
        ),
        (
            "FlowLog",
            {"ResourceId": "vpc-1", "LogDestination": "arn:aws:logs:us-east-1:123456789012:log-group:/flow:*"},
            {"ResourceId": "vpc-1", "LogGroupName": "/flow"},
        ),
    ],
)
def test_what_is_stated_is_recognised(kind: str, stated: dict[str, Any], observed: dict[str, Any]) -> None:
    key = KINDS[kind].natural_key(stated)
    assert key is not None
    assert key == KINDS[kind].natural_key(observed)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (
            "SecurityGroupIngress",
            {"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "SourceSecurityGroupId": "sg-2"},
            {"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "SourceSecurityGroupId": "sg-2"},
        ),
        (
            "NetworkAclEntry",
            {"NetworkAclId": "acl-1", "RuleNumber": 100, "Egress": True},
            {"NetworkAclId": "acl-1", "RuleNumber": 100, "Egress": False},
        ),
    ],
)
def test_different_things_have_different_keys(kind: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert KINDS[kind].natural_key(one) != KINDS[kind].natural_key(other)


@pytest.mark.parametrize(
    ("kind", "stated"),
    [
        ("Route", {"RouteTableId": Unknown(), "DestinationCidrBlock": "0.0.0.0/0"}),
        ("Route", {"RouteTableId": "rtb-1"}),
        ("SecurityGroupIngress", {"GroupId": "sg-1", "IpProtocol": "tcp", "SourceSecurityGroupId": Unknown()}),
        ("FlowLog", {"ResourceId": "vpc-1"}),
        ("NetworkAclEntry", {"NetworkAclId": Unknown(), "RuleNumber": 1}),
    ],
)
def test_what_is_not_known_has_no_key(kind: str, stated: dict[str, Any]) -> None:
    assert KINDS[kind].natural_key(stated) is None


# Comparison


@pytest.mark.parametrize(
    ("kind", "name", "stated", "observed", "same"),
    [
        ("VPC", "CidrBlock", "10.0.0.1/16", "10.0.0.0/16", True),
        ("SecurityGroupIngress", "IpProtocol", "6", "tcp", True),
        ("NetworkAclEntry", "Protocol", "tcp", "6", True),
        ("NetworkAclEntry", "PortRange", {"From": 443, "To": 443}, {"From": 443, "To": 444}, False),
        ("FlowLog", "LogDestination", "arn:aws:s3:::logs/", "arn:aws:s3:::logs", True),
        ("VPCEndpoint", "SubnetIds", ["subnet-2", "subnet-1"], ["subnet-1", "subnet-2"], True),
        ("Subnet", "MapPublicIpOnLaunch", False, None, True),
        (
            "VPCEndpoint",
            "PolicyDocument",
            {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}},
            {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["s3:*"], "Resource": ["*"]}]},
            True,
        ),
    ],
)
def test_comparison(kind: str, name: str, stated: Any, observed: Any, same: bool) -> None:
    assert differs(KINDS[kind].properties[name], stated, observed) is not same


# Requests


def test_a_rule_is_created_with_its_tags() -> None:
    desired = {
        "GroupId": "sg-1",
        "IpProtocol": "6",
        "FromPort": 8000,
        "ToPort": 8000,
        "SourceSecurityGroupId": "sg-2",
        "Description": "from the load balancer",
    }
    work = _work("SecurityGroupIngress", desired, tags={"stackwright:stack": "s"})
    pair = {"GroupId": "sg-2", "Description": "from the load balancer"}
    assert _params(KINDS["SecurityGroupIngress"].create, work) == {
        "GroupId": "sg-1",
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": [pair]}],
        "TagSpecifications": [
            {"ResourceType": "security-group-rule", "Tags": [{"Key": "stackwright:stack", "Value": "s"}]}
        ],
    }


def test_a_rule_is_modified_whole() -> None:
    item = {
        "SecurityGroupRuleId": "sgr-1",
        "GroupId": "sg-1",
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "CidrIpv4": "10.0.0.0/8",
        "Description": "old",
    }
    (update,) = KINDS["SecurityGroupIngress"].updates
    request = _params(update.step, _work("SecurityGroupIngress", {"Description": "new"}, item))
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8", "Description": "new"}
    assert request == {
        "GroupId": "sg-1",
        "SecurityGroupRules": [{"SecurityGroupRuleId": "sgr-1", "SecurityGroupRule": rule}],
    }


def test_a_route_names_only_its_target() -> None:
    desired = {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "GatewayId": None}
    assert _params(KINDS["Route"].create, _work("Route", desired)) == {
        "RouteTableId": "rtb-1",
        "DestinationCidrBlock": "0.0.0.0/0",
        "NatGatewayId": "nat-1",
    }


def test_an_acl_entry_is_replaced_whole_and_changes_family() -> None:
    item = {
        "NetworkAclId": "acl-1",
        "RuleNumber": 100,
        "Egress": False,
        "Protocol": "6",
        "RuleAction": "allow",
        "CidrBlock": "0.0.0.0/0",
        "PortRange": {"From": 443, "To": 443},
    }
    place = {"NetworkAclId": "acl-1", "RuleNumber": 100}
    (update,) = KINDS["NetworkAclEntry"].updates
    deny = _params(update.step, _work("NetworkAclEntry", {**place, "RuleAction": "deny"}, item))
    assert deny == {**item, "RuleAction": "deny"}
    six = _params(update.step, _work("NetworkAclEntry", {**place, "Ipv6CidrBlock": "::/0"}, item))
    assert six["Ipv6CidrBlock"] == "::/0"
    assert "CidrBlock" not in six


def test_an_endpoint_is_modified_by_what_differs() -> None:
    item = {
        "VpcEndpointId": "vpce-1",
        "SubnetIds": ["subnet-1", "subnet-2"],
        "RouteTableIds": [],
        "PrivateDnsEnabled": True,
        "PolicyDocument": "{}",
    }
    desired = {"SubnetIds": ["subnet-2", "subnet-3"], "PrivateDnsEnabled": False, "PolicyDocument": {"Statement": []}}
    work = _work("VPCEndpoint", desired, item, changed=frozenset({"SubnetIds", "PrivateDnsEnabled", "PolicyDocument"}))
    request = _module("vpc_endpoint").modification(work)
    assert json.loads(request.pop("PolicyDocument")) == {"Statement": []}
    assert request == {
        "VpcEndpointId": "vpce-1",
        "AddSubnetIds": ["subnet-3"],
        "RemoveSubnetIds": ["subnet-1"],
        "PrivateDnsEnabled": False,
    }
    emptied = _work("VPCEndpoint", {"PolicyDocument": None}, item, changed=frozenset({"PolicyDocument"}))
    assert _module("vpc_endpoint").modification(emptied) == {"VpcEndpointId": "vpce-1", "ResetPolicy": True}


def test_secondary_addresses_of_a_nat_gateway_come_and_go() -> None:
    addresses = [
        {"AllocationId": "eipalloc-1", "IsPrimary": True, "AssociationId": "eipassoc-1"},
        {"AllocationId": "eipalloc-2", "IsPrimary": False, "AssociationId": "eipassoc-2"},
    ]
    cloud = Cloud()
    desired = {"SecondaryAllocationIds": ["eipalloc-3"], "MaxDrainDurationSeconds": 60}
    item = {"NatGatewayId": "nat-1", "NatGatewayAddresses": addresses}
    (update,) = KINDS["NatGateway"].updates
    assert callable(update.step)
    update.step(_work("NatGateway", desired, item, api=cloud))
    assert cloud.asked == [
        ("associate_nat_gateway_address", {"NatGatewayId": "nat-1", "AllocationIds": ["eipalloc-3"]}),
        (
            "disassociate_nat_gateway_address",
            {"NatGatewayId": "nat-1", "AssociationIds": ["eipassoc-2"], "MaxDrainDurationSeconds": 60},
        ),
    ]


def test_a_gateway_is_swapped_off_first() -> None:
    cloud = Cloud()
    item = {"VpcId": "vpc-1", "InternetGatewayId": "igw-1", "State": "available"}
    (update,) = KINDS["VPCGatewayAttachment"].updates
    assert callable(update.step)
    update.step(_work("VPCGatewayAttachment", {"VpcId": "vpc-1", "InternetGatewayId": "igw-2"}, item, api=cloud))
    assert [(operation, params["InternetGatewayId"]) for operation, params in cloud.asked] == [
        ("detach_internet_gateway", "igw-1"),
        ("attach_internet_gateway", "igw-2"),
    ]


def test_private_dns_options_are_set_one_by_one() -> None:
    cloud = Cloud()
    options = {"HostnameType": "resource-name", "EnableResourceNameDnsARecord": True}
    item = {"SubnetId": "subnet-1", "PrivateDnsNameOptionsOnLaunch": {"EnableResourceNameDnsARecord": False}}
    step = next(u.step for u in KINDS["Subnet"].updates if u.properties == ("PrivateDnsNameOptionsOnLaunch",))
    assert callable(step)
    step(_work("Subnet", {"PrivateDnsNameOptionsOnLaunch": options}, item, api=cloud))
    assert [params for _operation, params in cloud.asked] == [
        {"SubnetId": "subnet-1", "PrivateDnsHostnameTypeOnLaunch": "resource-name"},
        {"SubnetId": "subnet-1", "EnableResourceNameDnsARecordOnLaunch": {"Value": True}},
    ]


def test_an_address_leaves_its_instance_before_it_is_released() -> None:
    cloud = Cloud()
    release = KINDS["EIP"].before_delete
    assert callable(release)
    release(_work("EIP", {}, {"AllocationId": "eipalloc-1", "AssociationId": "eipassoc-1"}, api=cloud))
    assert cloud.asked == []
    item = {"AllocationId": "eipalloc-1", "AssociationId": "eipassoc-1", "InstanceId": "i-1"}
    release(_work("EIP", {}, item, api=cloud))
    assert cloud.asked == [("disassociate_address", {"AssociationId": "eipassoc-1"})]


def test_groups_that_refer_to_each_other_are_untied() -> None:
    cloud = Cloud()
    pair = {"GroupId": "sg-2", "UserId": "123456789012", "Description": "x"}
    item = {
        "GroupId": "sg-1",
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "UserIdGroupPairs": [pair],
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            }
        ],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "UserIdGroupPairs": [], "IpRanges": []}],
    }
    untie = KINDS["SecurityGroup"].before_delete
    assert callable(untie)
    untie(_work("SecurityGroup", {}, item, api=cloud))
    tie = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "UserIdGroupPairs": [{"GroupId": "sg-2", "UserId": "123456789012"}],
    }
    assert cloud.asked == [("revoke_security_group_ingress", {"GroupId": "sg-1", "IpPermissions": [tie]})]


# What others forbid


def test_a_subnet_that_is_used_stays_where_it_is() -> None:
    subnet = KINDS["Subnet"]
    found = subnet.parse(
        {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a"}
    )
    user = Address("AWS::ECS::Service", "api")

    def refusals(*users: Address, **desired: Any) -> list[str]:
        assert subnet.refuse_for_others is not None
        stated = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.9/24", "AvailabilityZone": "us-east-1a", **desired}
        return list(subnet.refuse_for_others(stated, found, Neighbours(lambda _kind: [], users)))

    assert refusals(user) == []
    (cidr,) = refusals(user, CidrBlock="10.0.1.0/24")
    assert "CidrBlock from 10.0.0.0/24 to 10.0.1.0/24 while it is used by AWS::ECS::Service api" in cidr
    (zone,) = refusals(user, AvailabilityZone="us-east-1b")
    assert "AvailabilityZone from us-east-1a to us-east-1b" in zone
    assert refusals(CidrBlock="10.0.1.0/24") == []
    # With its VPC everything in it is made anew.
    assert refusals(user, CidrBlock="10.0.1.0/24", VpcId=Unknown("vpc")) == []


def test_a_network_that_is_used_keeps_its_range() -> None:
    vpc, user = KINDS["VPC"], Address("AWS::EC2::Subnet", "private-a")
    found = vpc.parse({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"})

    def refusals(cidr: str, *users: Address) -> list[str]:
        assert vpc.refuse_for_others is not None
        return list(vpc.refuse_for_others({"CidrBlock": cidr}, found, Neighbours(lambda _kind: [], users)))

    (why,) = refusals("10.1.0.0/16", user)
    assert "CidrBlock from 10.0.0.0/16 to 10.1.0.0/16 with 1 resources in it" in why
    assert refusals("10.0.0.9/16", user) == []
    assert refusals("10.1.0.0/16") == []


def test_a_table_that_goes_does_not_mind_an_association_that_is_gone() -> None:
    def work(code: str) -> Work:
        def answer(_params: Any) -> dict[str, Any]:
            raise ApiError(code, "no")

        associations = [{"Main": True}, {"RouteTableAssociationId": "rtbassoc-1"}]
        item = {"RouteTableId": "rtb-1", "Associations": associations}
        return _work("RouteTable", {}, item, api=Cloud({"disassociate_route_table": answer}))

    before = KINDS["RouteTable"].before_delete
    assert callable(before)
    assert before(work("InvalidAssociationID.NotFound")) is None
    with pytest.raises(ApiError, match="UnauthorizedOperation"):
        before(work("UnauthorizedOperation"))


# Failures told in an answer


@pytest.mark.parametrize("kind", ["VPCEndpoint", "FlowLog"])
def test_a_failure_inside_an_answer_is_raised_unless_it_is_gone_already(kind: str) -> None:
    identifier = {"VPCEndpoint": "VpcEndpointId", "FlowLog": "FlowLogId"}[kind]
    operation = {"VPCEndpoint": "delete_vpc_endpoints", "FlowLog": "delete_flow_logs"}[kind]
    delete = KINDS[kind].delete
    assert callable(delete)

    def work(code: str) -> Work:
        answer = {"Unsuccessful": [{"Error": {"Code": code, "Message": "because"}}]}
        return _work(kind, {}, {identifier: "x-1"}, api=Cloud({operation: answer}))

    assert delete(work("InvalidThing.NotFound")) is None
    with pytest.raises(ApiError, match="InvalidParameter: because") as raised:
        delete(work("InvalidParameter"))
    assert raised.value.code == "InvalidParameter"


def test_a_flow_log_that_was_not_made_is_an_error() -> None:
    answer = {
        "FlowLogIds": [],
        "Unsuccessful": [{"Error": {"Code": "FlowLogAlreadyExists", "Message": "there is one"}}],
    }
    create = KINDS["FlowLog"].create
    assert callable(create)
    with pytest.raises(ApiError, match="FlowLogAlreadyExists"):
        create(_work("FlowLog", {"ResourceId": "vpc-1"}, api=Cloud({"create_flow_logs": answer}), token="t"))


# What is asked


def test_tables_routes_and_associations_share_one_request() -> None:
    table = {
        "RouteTableId": "rtb-1",
        "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute"}],
        "Associations": [{"SubnetId": "subnet-1", "RouteTableAssociationId": "rtbassoc-1", "RouteTableId": "rtb-1"}],
    }
    cloud = Cloud({"describe_route_tables": {"RouteTables": [table]}})
    subnet = Observed("AWS::EC2::Subnet", "subnet-1", {}, {}, {}, Phase.READY)
    whole = Observed("AWS::EC2::RouteTable", "rtb-1", {}, {}, {}, Phase.READY)
    scope = _scope(cloud, parents={"AWS::EC2::Subnet": [subnet], "AWS::EC2::RouteTable": [whole]})
    found = [list(KINDS[kind].list(scope)) for kind in ("RouteTable", "Route", "SubnetRouteTableAssociation")]
    assert [len(items) for items in found] == [1, 1, 1]
    assert len(cloud.asked) == 1


def test_both_directions_of_rules_share_one_request() -> None:
    rules = [{"SecurityGroupRuleId": "sgr-1", "IsEgress": False}, {"SecurityGroupRuleId": "sgr-2", "IsEgress": True}]
    cloud = Cloud({"describe_security_group_rules": {"SecurityGroupRules": rules}})
    group = Observed("AWS::EC2::SecurityGroup", "sg-1", {}, {}, {}, Phase.READY)
    scope = _scope(cloud, parents={"AWS::EC2::SecurityGroup": [group]})
    assert [rule["SecurityGroupRuleId"] for rule in KINDS["SecurityGroupIngress"].list(scope)] == ["sgr-1"]
    assert [rule["SecurityGroupRuleId"] for rule in KINDS["SecurityGroupEgress"].list(scope)] == ["sgr-2"]
    assert cloud.asked == [("describe_security_group_rules", {"Filters": [{"Name": "group-id", "Values": ["sg-1"]}]})]


def test_a_name_that_is_taken_is_asked_for_only_when_it_is_not_ours() -> None:
    ours = {"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1", "GroupName": "app"}]}
    cloud = Cloud({"describe_security_groups": ours})
    list(KINDS["SecurityGroup"].list(_scope(cloud, wanted=({"VpcId": "vpc-1", "GroupName": "app"},))))
    assert len(cloud.asked) == 1
    wanted = ({"VpcId": "vpc-1", "GroupName": "other"}, {"VpcId": Unknown(), "GroupName": "third"})
    list(KINDS["SecurityGroup"].list(_scope(cloud, wanted=wanted)))
    assert cloud.asked[-1] == (
        "describe_security_groups",
        {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}, {"Name": "group-name", "Values": ["other"]}]},
    )


def test_filters_take_two_hundred_values_at_a_time() -> None:
    cloud = Cloud()
    values = [f"sg-{number:03}" for number in range(401)]
    _module("reading").matching(_scope(cloud), "describe_security_group_rules", "X[]", {"group-id": values})
    assert [len(params["Filters"][0]["Values"]) for _operation, params in cloud.asked] == [200, 200, 1]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_one_that_is_looked_for_is_asked_for_alone(name: str) -> None:
    """Waiting looks at single resources again and again: it must not list the whole stack."""
    cloud = Cloud({"describe_addresses": {"Addresses": []}})
    identifier = {"Route": "rtb-1|0.0.0.0/0", "NetworkAclEntry": "acl-1|100|ingress"}.get(name, "x-1")
    assert list(KINDS[name].list(_scope(cloud, ids=(identifier,)))) == []
    assert len(cloud.asked) == 1
    assert identifier.split("|")[0] in json.dumps(cloud.asked)
    assert "stackwright:stack" not in json.dumps(cloud.asked)


# Zones


def test_zones_know_every_region_of_the_commercial_partition() -> None:
    import botocore.session

    missing = set(botocore.session.get_session().get_available_regions("ec2")) - set(zones.ZONES)
    assert not missing
    assert all(zones.is_region(region) for region in zones.ZONES)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("us-east-1", True),
        ("me-south-1", True),
        ("cn-north-1", True),
        ("eu-east-1", False),
        ("eu-west-9", False),
        ("", False),
    ],
)
def test_regions(name: str, known: bool) -> None:
    assert zones.is_region(name) is known


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("us-east-1f", True),
        ("us-east-1g", False),
        ("ca-central-1c", False),
        ("ca-central-1d", True),
        ("us-west-1c", True),
        ("eu-west-9a", False),
        ("us-east-1", False),
        ("", False),
    ],
)
def test_zone_names(name: str, known: bool) -> None:
    assert zones.is_zone(name) is known
