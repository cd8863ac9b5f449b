# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import eventually, refused

TAGS = [{"Key": "stackwright:stack", "Value": "s-staging"}]
FILTER = [{"Name": "tag:stackwright:stack", "Values": ["s-staging"]}]


@pytest.fixture
def ec2(client: Any) -> Any:
    return client("ec2")


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24", AvailabilityZone="us-east-1a")
    return str(made["Subnet"]["SubnetId"])


def gateway(ec2: Any, vpc: str) -> str:
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    return str(igw)


def nat_state(ec2: Any, nat: str) -> str:
    return str(ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"])


def test_dry_run_changes_nothing(ec2: Any, twin: Any) -> None:
    before = len(ec2.describe_vpcs()["Vpcs"])
    with refused("DryRunOperation", 412):
        ec2.create_vpc(CidrBlock="10.9.0.0/16", DryRun=True)
    assert len(ec2.describe_vpcs()["Vpcs"]) == before


def test_nat_gateway_passes_through_its_states(ec2: Any, vpc: str, subnet: str) -> None:
    gateway(ec2, vpc)
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    wanted = {
        "SubnetId": subnet,
        "AllocationId": eip,
        "ClientToken": "t-1",
        "TagSpecifications": [{"ResourceType": "natgateway", "Tags": TAGS}],
    }
    made = ec2.create_nat_gateway(**wanted)["NatGateway"]
    assert made["State"] == "pending"
    nat = made["NatGatewayId"]
    assert ec2.create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"] == nat
    with refused("IdempotentParameterMismatch"):
        ec2.create_nat_gateway(**{**wanted, "ConnectivityType": "private"})
    eventually(lambda: nat_state(ec2, nat), "available")
    assert [g["NatGatewayId"] for g in ec2.describe_nat_gateways(Filters=FILTER)["NatGateways"]] == [nat]
    assert ec2.describe_nat_gateways(Filters=[{"Name": "tag:a", "Values": ["b"]}])["NatGateways"] == []
    address = ec2.describe_addresses(AllocationIds=[eip])["Addresses"][0]
    assert address["AssociationId"]
    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=eip)
    with refused("AuthFailure"):
        ec2.disassociate_address(AssociationId=address["AssociationId"])
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert nat_state(ec2, nat) == "deleting"
    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=eip)
    eventually(lambda: nat_state(ec2, nat), "deleted")
    ec2.release_address(AllocationId=eip)
    ec2.delete_subnet(SubnetId=subnet)


def test_nat_gateway_fails_with_awss_reason(ec2: Any, vpc: str, subnet: str) -> None:
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=eip)["NatGateway"]["NatGatewayId"]
    eventually(lambda: nat_state(ec2, nat), "failed")
    seen = ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]
    assert seen["FailureCode"] == "Gateway.NotAttached"
    assert vpc in seen["FailureMessage"]
    with refused("NatGatewayNotFound"):
        ec2.describe_nat_gateways(NatGatewayIds=["nat-00000000000000000"])
    with refused("NatGatewayNotFound"):
        ec2.delete_nat_gateway(NatGatewayId="nat-00000000000000000")


def test_a_deleted_nat_gateway_leaves_a_blackhole(ec2: Any, vpc: str, subnet: str) -> None:
    gateway(ec2, vpc)
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=eip)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.delete_nat_gateway(NatGatewayId=nat)

    def route() -> Any:
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return {r["DestinationCidrBlock"]: r["State"] for r in routes}["0.0.0.0/0"]

    eventually(route, "blackhole")
    with refused("InvalidNatGatewayID.NotFound"):
        ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)


def test_internet_gateway_rules(ec2: Any, vpc: str) -> None:
    igw = gateway(ec2, vpc)
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    with refused("InvalidParameterValue"):
        ec2.attach_internet_gateway(InternetGatewayId=other, VpcId=vpc)
    with refused("Resource.AlreadyAssociated"):
        ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    with refused("DependencyViolation"):
        ec2.delete_internet_gateway(InternetGatewayId=igw)
    with refused("DependencyViolation"):
        ec2.delete_vpc(VpcId=vpc)
    ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    ec2.delete_vpc(VpcId=vpc)
    acls = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    assert acls == []


def test_internet_gateway_stays_while_addresses_are_mapped(ec2: Any, vpc: str, subnet: str) -> None:
    igw = gateway(ec2, vpc)
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    eni = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    association = ec2.associate_address(AllocationId=eip, NetworkInterfaceId=eni)["AssociationId"]
    with refused("DependencyViolation", 400, "mapped public address"):
        ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    ec2.disassociate_address(AssociationId=association)
    ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)


def test_route_tables(ec2: Any, vpc: str, subnet: str) -> None:
    table, other = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    with refused("InvalidGatewayID.NotFound"):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId="igw-00000000")
    loose = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    with refused("InvalidParameterValue"):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=loose)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    with refused("Resource.AlreadyAssociated"):
        ec2.associate_route_table(RouteTableId=other, SubnetId=subnet)
    with refused("DependencyViolation"):
        ec2.delete_route_table(RouteTableId=table)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_route_table(RouteTableId=table)
    main = ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"][0]["RouteTableId"]
    with refused("DependencyViolation"):
        ec2.delete_route_table(RouteTableId=main)


def test_security_groups_in_use_stay(ec2: Any, vpc: str, subnet: str) -> None:
    app = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
    db = ec2.create_security_group(GroupName="db", Description="db", VpcId=vpc)["GroupId"]
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "UserIdGroupPairs": [{"GroupId": app, "Description": "from the application"}],
    }
    ec2.authorize_security_group_ingress(GroupId=db, IpPermissions=[rule])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [db]}])["SecurityGroupRules"]
    assert [r["Description"] for r in rules if not r["IsEgress"]] == ["from the application"]
    with refused("DependencyViolation", 400, f"resource {app} has a dependent object"):
        ec2.delete_security_group(GroupId=app)
    with refused("DependencyViolation"):
        ec2.delete_vpc(VpcId=vpc)
    ec2.delete_security_group(GroupId=db)
    eni = ec2.create_network_interface(SubnetId=subnet, Groups=[app])["NetworkInterface"]["NetworkInterfaceId"]
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=app)
    ec2.delete_network_interface(NetworkInterfaceId=eni)
    ec2.delete_security_group(GroupId=app)
    default = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]
    with refused("CannotDelete"):
        ec2.delete_security_group(GroupId=default["GroupId"])


def test_security_group_rules_are_added_all_or_nothing(ec2: Any, vpc: str) -> None:
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]

    def tcp(port: int, description: str) -> dict[str, Any]:
        ranges = [{"CidrIp": "10.0.0.0/8", "Description": description}]
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}

    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(80, "a"), tcp(443, "a")])
    assert sorted(r["FromPort"] for r in made["SecurityGroupRules"]) == [80, 443]
    with refused("InvalidPermission.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(8080, "b"), tcp(443, "other")])
    permissions = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert sorted(p["FromPort"] for p in permissions) == [80, 443]


def test_pages(ec2: Any, vpc: str) -> None:
    for number in range(7):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24")
    asked = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}], "MaxResults": 5}
    first = ec2.describe_subnets(**asked)
    assert len(first["Subnets"]) == 5
    second = ec2.describe_subnets(**asked, NextToken=first["NextToken"])
    assert len(second["Subnets"]) == 2
    assert "NextToken" not in second
    with refused("InvalidNextToken"):
        ec2.describe_subnets(NextToken="nonsense")


def test_interface_endpoint(ec2: Any, vpc: str, subnet: str) -> None:
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    group = ec2.create_security_group(GroupName="endpoints", Description="endpoints", VpcId=vpc)["GroupId"]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.secretsmanager",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": TAGS}],
    )["VpcEndpoint"]
    assert made["State"] == "pending"
    assert made["SubnetIds"] == [subnet]

    def state() -> Any:
        found = ec2.describe_vpc_endpoints(Filters=FILTER)["VpcEndpoints"]
        return [e["State"] for e in found]

    eventually(state, ["available"])
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=subnet)
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["Unsuccessful"] == []
    assert state() == ["deleting"]
    eventually(state, [])
    ec2.delete_subnet(SubnetId=subnet)
    gone = ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["Unsuccessful"]
    assert gone[0]["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"


def test_gateway_endpoint_adds_and_takes_its_route(ec2: Any, vpc: str) -> None:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table])
    endpoint = made["VpcEndpoint"]
    assert (endpoint["VpcEndpointType"], endpoint["State"]) == ("Gateway", "available")

    def routes() -> list[str]:
        found = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [r["GatewayId"] for r in found if "DestinationPrefixListId" in r]

    assert routes() == [endpoint["VpcEndpointId"]]
    with refused("InvalidServiceName"):
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-west-2.s3")
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    assert routes() == []
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_a_route_table_leaves_its_gateway_endpoint(ec2: Any, vpc: str) -> None:
    kept, deleted = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[kept, deleted])
    ec2.delete_route_table(RouteTableId=deleted)
    (endpoint,) = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert endpoint["RouteTableIds"] == [kept]


def test_flow_log_to_a_group_named_by_arn(ec2: Any, vpc: str, client: Any) -> None:
    client("logs").create_log_group(logGroupName="/vpc/flow")
    asked = {
        "ResourceType": "VPC",
        "ResourceIds": [vpc],
        "TrafficType": "REJECT",
        "LogDestinationType": "cloud-watch-logs",
        "LogDestination": "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/flow",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flow",
    }
    made = ec2.create_flow_logs(**asked, ClientToken="f-1")["FlowLogIds"]
    assert ec2.create_flow_logs(**asked, ClientToken="f-1")["FlowLogIds"] == made
    with refused("FlowLogAlreadyExists"):
        ec2.create_flow_logs(**asked)
    (seen,) = ec2.describe_flow_logs(FlowLogIds=made)["FlowLogs"]
    assert seen["DeliverLogsStatus"] == "SUCCESS"
    with refused("InvalidFlowLogId.NotFound"):
        ec2.describe_flow_logs(FlowLogIds=["fl-00000000"])


def test_tags_go_with_their_resource(ec2: Any) -> None:
    made = ec2.create_vpc(CidrBlock="10.3.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": TAGS}])["Vpc"][
        "VpcId"
    ]
    assert len(ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made]}])["Tags"]) == 1
    ec2.delete_vpc(VpcId=made)
    assert ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made]}])["Tags"] == []


def test_awss_images_are_there(ec2: Any, client: Any) -> None:
    assert len(ec2.describe_images(Owners=["amazon"])["Images"]) > 1000
    west = client("ec2", "us-west-2")
    image = west.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = west.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, ClientToken="i-1")
    again = west.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, ClientToken="i-1")
    assert again["Instances"][0]["InstanceId"] == made["Instances"][0]["InstanceId"]


def test_instance_type_offerings(ec2: Any) -> None:
    wanted = [{"Name": "instance-type", "Values": ["t3.medium"]}]
    found = ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=wanted)
    zones = {one["Location"] for one in found["InstanceTypeOfferings"]}
    assert {"us-east-1a", "us-east-1b"} <= zones
    assert {one["LocationType"] for one in found["InstanceTypeOfferings"]} == {"availability-zone"}
