"""EC2's networks."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample


def _policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _subnet(name: str, number: int, **more: Any) -> Resource:
    cidr = f"10.20.{number}.0/24"
    return Resource("AWS::EC2::Subnet", name, {"VpcId": VPC.ref("VpcId"), "CidrBlock": cidr, **more})


def _group(name: str, description: str = "contract") -> Resource:
    properties = {"GroupName": f"contract-{name}", "GroupDescription": description, "VpcId": VPC.ref("VpcId")}
    return Resource("AWS::EC2::SecurityGroup", name, properties)


VPC = Resource("AWS::EC2::VPC", "main", {"CidrBlock": "10.20.0.0/16"})
VPC_WITH_NAMES = Resource(VPC.kind, VPC.name, {**VPC.properties, "EnableDnsSupport": True, "EnableDnsHostnames": True})
OTHER_VPC = Resource("AWS::EC2::VPC", "other", {"CidrBlock": "10.21.0.0/16"})
SUBNET = _subnet("a", 1, AvailabilityZone="us-east-1a")
OTHER_SUBNET = _subnet("b", 2, AvailabilityZone="us-east-1b")
GATEWAY = Resource("AWS::EC2::InternetGateway", "main", {})
OTHER_GATEWAY = Resource("AWS::EC2::InternetGateway", "other", {})
ATTACHMENT = Resource(
    "AWS::EC2::VPCGatewayAttachment",
    "main",
    {"VpcId": VPC.ref("VpcId"), "InternetGatewayId": GATEWAY.ref("InternetGatewayId")},
)
ADDRESS = Resource("AWS::EC2::EIP", "main", {"Domain": "vpc"})
OTHER_ADDRESS = Resource("AWS::EC2::EIP", "other", {})


def _nat(name: str, address: Resource) -> Resource:
    properties = {
        "SubnetId": SUBNET.ref("SubnetId"),
        "AllocationId": address.ref("AllocationId"),
        "ConnectivityType": "public",
    }
    return Resource("AWS::EC2::NatGateway", name, properties, depends_on=(ATTACHMENT.address,))


THIRD_VPC = Resource("AWS::EC2::VPC", "third", {"CidrBlock": "10.23.0.0/16"})
FAR_VPC = Resource("AWS::EC2::VPC", "far", {"CidrBlock": "10.22.0.0/16"}, region="us-west-2")
PEERING = Resource(
    "AWS::EC2::VPCPeeringConnection",
    "near",
    {"VpcId": VPC.ref("VpcId"), "PeerVpcId": OTHER_VPC.ref("VpcId"), "Accepted": True},
)
FAR_PEERING = Resource(
    "AWS::EC2::VPCPeeringConnection",
    "far",
    {"VpcId": VPC.ref("VpcId"), "PeerVpcId": FAR_VPC.ref("VpcId"), "PeerRegion": "us-west-2", "Accepted": True},
)
NAT = _nat("main", ADDRESS)
OTHER_NAT = _nat("other", OTHER_ADDRESS)
TABLE = Resource("AWS::EC2::RouteTable", "main", {"VpcId": VPC.ref("VpcId")})
OTHER_TABLE = Resource("AWS::EC2::RouteTable", "other", {"VpcId": VPC.ref("VpcId")})
ROUTE = Resource(
    "AWS::EC2::Route",
    "out",
    {
        "RouteTableId": TABLE.ref("RouteTableId"),
        "DestinationCidrBlock": "0.0.0.0/0",
        "NatGatewayId": NAT.ref("NatGatewayId"),
    },
)
ROUTE_TABLE_ASSOCIATION = Resource(
    "AWS::EC2::SubnetRouteTableAssociation",
    "a",
    {"SubnetId": SUBNET.ref("SubnetId"), "RouteTableId": TABLE.ref("RouteTableId")},
)
GROUP = _group("app")
OTHER_GROUP = _group("alb")
INGRESS_FROM_GROUP = Resource(
    "AWS::EC2::SecurityGroupIngress",
    "from-alb",
    {
        "GroupId": GROUP.ref("GroupId"),
        "IpProtocol": "tcp",
        "FromPort": 8000,
        "ToPort": 8000,
        "SourceSecurityGroupId": OTHER_GROUP.ref("GroupId"),
        "Description": "from the load balancer",
    },
)
INGRESS_FROM_RANGE = Resource(
    "AWS::EC2::SecurityGroupIngress",
    "from-anywhere",
    {
        "GroupId": GROUP.ref("GroupId"),
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "CidrIp": "0.0.0.0/0",
        "Description": "from anywhere",
    },
)
EGRESS = Resource(
    "AWS::EC2::SecurityGroupEgress",
    "to-anywhere",
    {"GroupId": GROUP.ref("GroupId"), "IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "Description": "to anywhere"},
)
ACL = Resource("AWS::EC2::NetworkAcl", "main", {"VpcId": VPC.ref("VpcId")})
OTHER_ACL = Resource("AWS::EC2::NetworkAcl", "other", {"VpcId": VPC.ref("VpcId")})
ENTRY = Resource(
    "AWS::EC2::NetworkAclEntry",
    "https",
    {
        "NetworkAclId": ACL.ref("NetworkAclId"),
        "RuleNumber": 100,
        "Egress": False,
        "Protocol": 6,
        "RuleAction": "allow",
        "CidrBlock": "0.0.0.0/0",
        "PortRange": {"From": 443, "To": 443},
    },
)
ACL_ASSOCIATION = Resource(
    "AWS::EC2::SubnetNetworkAclAssociation",
    "a",
    {"SubnetId": SUBNET.ref("SubnetId"), "NetworkAclId": ACL.ref("NetworkAclId")},
)
GATEWAY_ENDPOINT = Resource(
    "AWS::EC2::VPCEndpoint",
    "s3",
    {
        "VpcId": VPC.ref("VpcId"),
        "ServiceName": "com.amazonaws.us-east-1.s3",
        "VpcEndpointType": "Gateway",
        "RouteTableIds": [TABLE.ref("RouteTableId")],
        "PolicyDocument": _policy("s3:*"),
    },
)
INTERFACE_ENDPOINT = Resource(
    "AWS::EC2::VPCEndpoint",
    "secrets",
    {
        "VpcId": VPC.ref("VpcId"),
        "ServiceName": "com.amazonaws.us-east-1.secretsmanager",
        "VpcEndpointType": "Interface",
        "SubnetIds": [SUBNET.ref("SubnetId")],
        "SecurityGroupIds": [GROUP.ref("GroupId")],
        "PrivateDnsEnabled": True,
    },
)
FLOW_LOG = Resource(
    "AWS::EC2::FlowLog",
    "main",
    {
        "ResourceId": VPC.ref("VpcId"),
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": "/contract/flow",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flow-logs",
        "MaxAggregationInterval": 60,
    },
)

SAMPLES = [
    Sample(
        "AWS::EC2::VPC",
        [VPC],
        changes={"EnableDnsHostnames": True, "EnableDnsSupport": False},
        immutable={"CidrBlock": "10.9.0.0/16", "InstanceTenancy": "dedicated"},
    ),
    Sample(
        "AWS::EC2::Subnet",
        [VPC, SUBNET],
        changes={"MapPublicIpOnLaunch": True},
        immutable={"CidrBlock": "10.20.9.0/24", "AvailabilityZone": "us-east-1b"},
    ),
    Sample("AWS::EC2::InternetGateway", [GATEWAY]),
    Sample(
        "AWS::EC2::VPCGatewayAttachment",
        [VPC, GATEWAY, OTHER_GATEWAY, ATTACHMENT],
        changes={"InternetGatewayId": OTHER_GATEWAY.ref("InternetGatewayId")},
        tags=False,
    ),
    Sample("AWS::EC2::EIP", [ADDRESS]),
    Sample(
        "AWS::EC2::NatGateway",
        [VPC, SUBNET, OTHER_SUBNET, GATEWAY, ATTACHMENT, ADDRESS, OTHER_ADDRESS, NAT],
        immutable={"AllocationId": OTHER_ADDRESS.ref("AllocationId")},
    ),
    Sample(
        "AWS::EC2::RouteTable",
        [VPC, OTHER_VPC, TABLE],
        immutable={"VpcId": OTHER_VPC.ref("VpcId")},
    ),
    Sample(
        "AWS::EC2::Route",
        [VPC, SUBNET, GATEWAY, ATTACHMENT, ADDRESS, NAT, OTHER_ADDRESS, OTHER_NAT, TABLE, ROUTE],
        changes={"NatGatewayId": OTHER_NAT.ref("NatGatewayId")},
        tags=False,
    ),
    Sample(
        "AWS::EC2::SubnetRouteTableAssociation",
        [VPC, SUBNET, OTHER_SUBNET, TABLE, OTHER_TABLE, ROUTE_TABLE_ASSOCIATION],
        changes={"RouteTableId": OTHER_TABLE.ref("RouteTableId")},
        tags=False,
    ),
    Sample(
        "AWS::EC2::SecurityGroup",
        [VPC, OTHER_VPC, GROUP],
        immutable={
            "GroupDescription": "another",
            "GroupName": "contract-another",
            "VpcId": OTHER_VPC.ref("VpcId"),
        },
    ),
    Sample(
        "AWS::EC2::SecurityGroupIngress",
        [VPC, GROUP, OTHER_GROUP, INGRESS_FROM_GROUP],
        immutable={"SourceSecurityGroupId": GROUP.ref("GroupId"), "GroupId": OTHER_GROUP.ref("GroupId")},
    ),
    Sample(
        "AWS::EC2::SecurityGroupIngress",
        [VPC, GROUP, INGRESS_FROM_RANGE],
        changes={"Description": "from everywhere", "IpProtocol": "udp", "FromPort": 442, "ToPort": 444},
        immutable={"CidrIp": "10.0.0.0/8"},
    ),
    Sample(
        "AWS::EC2::SecurityGroupEgress",
        [VPC, GROUP, OTHER_GROUP, EGRESS],
        changes={"Description": "to everywhere"},
        immutable={"CidrIp": "10.0.0.0/8", "GroupId": OTHER_GROUP.ref("GroupId")},
    ),
    Sample("AWS::EC2::NetworkAcl", [VPC, OTHER_VPC, ACL], immutable={"VpcId": OTHER_VPC.ref("VpcId")}),
    Sample(
        "AWS::EC2::NetworkAclEntry",
        [VPC, ACL, OTHER_ACL, ENTRY],
        changes={
            "Protocol": 17,
            "RuleAction": "deny",
            "CidrBlock": "10.0.0.0/8",
            "PortRange": {"From": 80, "To": 81},
        },
        tags=False,
    ),
    Sample(
        "AWS::EC2::SubnetNetworkAclAssociation",
        [VPC, SUBNET, OTHER_SUBNET, ACL, OTHER_ACL, ACL_ASSOCIATION],
        changes={"NetworkAclId": OTHER_ACL.ref("NetworkAclId")},
        tags=False,
    ),
    Sample(
        "AWS::EC2::VPCEndpoint",
        [VPC, OTHER_VPC, TABLE, OTHER_TABLE, GATEWAY_ENDPOINT],
        changes={
            "RouteTableIds": [TABLE.ref("RouteTableId"), OTHER_TABLE.ref("RouteTableId")],
            "PolicyDocument": _policy("s3:GetObject"),
        },
        immutable={"ServiceName": "com.amazonaws.us-east-1.dynamodb"},
    ),
    Sample(
        "AWS::EC2::VPCEndpoint",
        [VPC_WITH_NAMES, SUBNET, OTHER_SUBNET, GROUP, OTHER_GROUP, INTERFACE_ENDPOINT],
        changes={
            "SubnetIds": [OTHER_SUBNET.ref("SubnetId")],
            "SecurityGroupIds": [GROUP.ref("GroupId"), OTHER_GROUP.ref("GroupId")],
        },
        immutable={"ServiceName": "com.amazonaws.us-east-1.logs"},
    ),
    Sample(
        "AWS::EC2::FlowLog",
        [VPC, SUBNET, FLOW_LOG],
        immutable={"TrafficType": "REJECT", "MaxAggregationInterval": 600, "LogGroupName": "/contract/other"},
    ),
    Sample(
        "AWS::EC2::VPCPeeringConnection",
        [VPC, OTHER_VPC, THIRD_VPC, PEERING],
        immutable={"PeerVpcId": THIRD_VPC.ref("VpcId")},
    ),
    Sample("AWS::EC2::VPCPeeringConnection", [VPC, FAR_VPC, FAR_PEERING]),
]
