"""Elastic Kubernetes Service, and the OIDC provider of a cluster."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose, partition
from tests.contract.sample import Sample

VPC = Resource("AWS::EC2::VPC", "eks", {"CidrBlock": "10.33.0.0/16", "EnableDnsHostnames": True})
SUBNETS = [
    Resource(
        "AWS::EC2::Subnet",
        f"eks-{zone}",
        {"VpcId": VPC.ref("VpcId"), "CidrBlock": f"10.33.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}"},
    )
    for number, zone in enumerate("abc")
]
GROUP = Resource(
    "AWS::EC2::SecurityGroup",
    "eks",
    {"GroupName": "contract-eks", "GroupDescription": "contract", "VpcId": VPC.ref("VpcId")},
)
KEY = Resource("AWS::KMS::Key", "eks", {"Description": "contract", "PendingWindowInDays": 7})


def _policy(name: str) -> Compose:
    return Compose(f"arn:{{partition}}:iam::aws:policy/{name}", {"partition": partition()})


def _role(name: str, service: str, *policies: str) -> Resource:
    return Resource(
        "AWS::IAM::Role",
        f"eks-{name}",
        {
            "RoleName": f"contract-eks-{name}",
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": service},
                        "Action": ["sts:AssumeRole", "sts:TagSession"],
                    }
                ],
            },
            "ManagedPolicyArns": [_policy(policy) for policy in policies],
        },
    )


CONTROL = _role("control", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
OTHER_CONTROL = _role("other-control", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
NODES = _role("nodes", "ec2.amazonaws.com", "AmazonEKSWorkerNodePolicy")
OTHER_NODES = _role("other-nodes", "ec2.amazonaws.com", "AmazonEKSWorkerNodePolicy")
PODS = _role("pods", "pods.eks.amazonaws.com")
OTHER_PODS = _role("other-pods", "pods.eks.amazonaws.com")


def _network(*zones: int, **more: Any) -> dict[str, Any]:
    return {
        "SubnetIds": [SUBNETS[zone].ref("SubnetId") for zone in zones],
        "EndpointPrivateAccess": True,
        "EndpointPublicAccess": False,
        **more,
    }


def _cluster(name: str, **more: Any) -> Resource:
    properties = {
        "Name": f"contract-{name}",
        "Version": "1.34",
        "RoleArn": CONTROL.ref("Arn"),
        "ResourcesVpcConfig": _network(0, 1),
        "AccessConfig": {"AuthenticationMode": "API", "BootstrapClusterCreatorAdminPermissions": True},
        **more,
    }
    return Resource("AWS::EKS::Cluster", name, properties)


CLUSTER = _cluster("main")
OTHER_CLUSTER = _cluster("other")
BASE = [VPC, *SUBNETS, CONTROL, CLUSTER, OTHER_CLUSTER]
TEMPLATE = Resource(
    "AWS::EC2::LaunchTemplate",
    "eks",
    {
        "LaunchTemplateName": "contract-eks",
        "LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}},
    },
)
LOGS = {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}, {"Type": "audit"}]}}
POLICIES = "arn:aws:eks::aws:cluster-access-policy"
EXTENDED = {"Key": "workload", "Value": "batch", "Effect": "NO_SCHEDULE"}

SAMPLES = [
    Sample(
        kind="AWS::EKS::Cluster",
        resources=[
            VPC,
            *SUBNETS,
            GROUP,
            KEY,
            CONTROL,
            OTHER_CONTROL,
            _cluster(
                "under-test",
                AccessConfig={
                    "AuthenticationMode": "API_AND_CONFIG_MAP",
                    "BootstrapClusterCreatorAdminPermissions": False,
                },
                BootstrapSelfManagedAddons=False,
                KubernetesNetworkConfig={"ServiceIpv4Cidr": "172.21.0.0/16"},
                Logging=LOGS,
                UpgradePolicy={"SupportType": "EXTENDED"},
                ZonalShiftConfig={"Enabled": False},
                RemoteNetworkConfig={"RemoteNodeNetworks": [{"Cidrs": ["10.90.0.0/16"]}]},
                ControlPlaneScalingConfig={"Tier": "standard"},
            ),
        ],
        changes={
            "AccessConfig": {"AuthenticationMode": "API"},
            "ControlPlaneScalingConfig": {"Tier": "tier-xl"},
            # Who reaches the endpoint and where its interfaces are: two updates, one after the other.
            "ResourcesVpcConfig": _network(
                1,
                2,
                EndpointPublicAccess=True,
                PublicAccessCidrs=["192.0.2.0/24"],
                SecurityGroupIds=[GROUP.ref("GroupId")],
            ),
            "EncryptionConfig": [{"Provider": {"KeyArn": KEY.ref("Arn")}, "Resources": ["secrets"]}],
            "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": "audit"}, {"Type": "scheduler"}]}},
            "RemoteNetworkConfig": {"RemoteNodeNetworks": [{"Cidrs": ["10.91.0.0/16"]}]},
            "UpgradePolicy": {"SupportType": "STANDARD"},
            "Version": "1.35",
            "ZonalShiftConfig": {"Enabled": True},
            "ComputeConfig": {"Enabled": False},
            "StorageConfig": {"BlockStorage": {"Enabled": False}},
        },
        immutable={"Name": "contract-renamed", "RoleArn": OTHER_CONTROL.ref("Arn")},
    ),
    Sample(
        kind="AWS::EKS::Nodegroup",
        resources=[
            *BASE,
            NODES,
            OTHER_NODES,
            Resource(
                "AWS::EKS::Nodegroup",
                "under-test",
                {
                    "ClusterName": CLUSTER.ref("Name"),
                    "NodegroupName": "spot-workers",
                    "NodeRole": NODES.ref("Arn"),
                    "Subnets": [SUBNETS[0].ref("SubnetId"), SUBNETS[1].ref("SubnetId")],
                    "AmiType": "AL2023_x86_64_STANDARD",
                    "CapacityType": "SPOT",
                    "DiskSize": 40,
                    "InstanceTypes": ["m5.large", "m5a.large"],
                    "Labels": {"workload-type": "background-jobs", "team": "web"},
                    "ScalingConfig": {"MinSize": 2, "MaxSize": 20, "DesiredSize": 5},
                    "Taints": [EXTENDED],
                    "UpdateConfig": {"MaxUnavailable": 1},
                    "Version": "1.33",
                },
            ),
        ],
        changes={
            "Labels": {"workload-type": "batch"},
            "NodeRepairConfig": {"Enabled": True},
            "ScalingConfig": {"MinSize": 6, "MaxSize": 8, "DesiredSize": 7},
            "Taints": [{**EXTENDED, "Effect": "NO_EXECUTE"}],
            "UpdateConfig": {"MaxUnavailablePercentage": 30},
            "Version": "1.34",
        },
        immutable={
            "ClusterName": OTHER_CLUSTER.ref("Name"),
            "NodegroupName": "renamed",
            "NodeRole": OTHER_NODES.ref("Arn"),
            "Subnets": [SUBNETS[1].ref("SubnetId"), SUBNETS[2].ref("SubnetId")],
            "AmiType": "BOTTLEROCKET_x86_64",
            "CapacityType": "ON_DEMAND",
            "DiskSize": 50,
            "InstanceTypes": ["m6i.large"],
        },
    ),
    Sample(
        kind="AWS::EKS::Nodegroup",
        resources=[
            *BASE,
            NODES,
            TEMPLATE,
            Resource(
                "AWS::EKS::Nodegroup",
                "templated",
                {
                    "ClusterName": CLUSTER.ref("Name"),
                    "NodegroupName": "templated",
                    "NodeRole": NODES.ref("Arn"),
                    "Subnets": [SUBNETS[0].ref("SubnetId")],
                    "InstanceTypes": ["m5.large"],
                    "LaunchTemplate": {
                        "Id": TEMPLATE.ref("LaunchTemplateId"),
                        "Version": TEMPLATE.ref("LatestVersionNumber"),
                    },
                },
            ),
        ],
        changes={"LaunchTemplate": {"Id": TEMPLATE.ref("LaunchTemplateId"), "Version": "$Latest"}},
    ),
    Sample(
        kind="AWS::EKS::Addon",
        resources=[
            *BASE,
            PODS,
            OTHER_PODS,
            Resource(
                "AWS::EKS::Addon",
                "under-test",
                {
                    "ClusterName": CLUSTER.ref("Name"),
                    "AddonName": "vpc-cni",
                    "AddonVersion": "v1.20.4-eksbuild.2",
                    "ConfigurationValues": '{"env": {"ENABLE_PREFIX_DELEGATION": "true"}}',
                    "ResolveConflicts": "OVERWRITE",
                    "ServiceAccountRoleArn": PODS.ref("Arn"),
                },
            ),
        ],
        changes={
            "AddonVersion": "v1.21.1-eksbuild.3",
            "ConfigurationValues": '{"env": {"WARM_IP_TARGET": "5"}}',
            "ServiceAccountRoleArn": OTHER_PODS.ref("Arn"),
        },
        immutable={"ClusterName": OTHER_CLUSTER.ref("Name")},
    ),
    Sample(
        kind="AWS::EKS::Addon",
        resources=[
            *BASE,
            Resource(
                "AWS::EKS::Addon",
                "plain",
                {"ClusterName": CLUSTER.ref("Name"), "AddonName": "eks-pod-identity-agent"},
            ),
        ],
        immutable={"AddonName": "kube-proxy"},
    ),
    Sample(
        kind="AWS::EKS::AccessEntry",
        resources=[
            *BASE,
            PODS,
            OTHER_PODS,
            Resource(
                "AWS::EKS::AccessEntry",
                "under-test",
                {
                    "ClusterName": CLUSTER.ref("Name"),
                    "PrincipalArn": PODS.ref("Arn"),
                    "Type": "STANDARD",
                    "KubernetesGroups": ["deployers"],
                    "Username": "contract",
                    "AccessPolicies": [
                        {"PolicyArn": f"{POLICIES}/AmazonEKSClusterAdminPolicy", "AccessScope": {"Type": "cluster"}},
                        {
                            "PolicyArn": f"{POLICIES}/AmazonEKSEditPolicy",
                            "AccessScope": {"Type": "namespace", "Namespaces": ["web", "jobs"]},
                        },
                    ],
                },
            ),
        ],
        changes={
            "KubernetesGroups": ["viewers", "deployers"],
            "Username": "renamed",
            "AccessPolicies": [
                {
                    "PolicyArn": f"{POLICIES}/AmazonEKSEditPolicy",
                    "AccessScope": {"Type": "namespace", "Namespaces": ["jobs"]},
                },
            ],
        },
        immutable={"ClusterName": OTHER_CLUSTER.ref("Name"), "PrincipalArn": OTHER_PODS.ref("Arn")},
    ),
    Sample(
        kind="AWS::EKS::PodIdentityAssociation",
        resources=[
            *BASE,
            PODS,
            OTHER_PODS,
            Resource(
                "AWS::EKS::PodIdentityAssociation",
                "under-test",
                {
                    "ClusterName": CLUSTER.ref("Name"),
                    "Namespace": "kube-system",
                    "ServiceAccount": "controller",
                    "RoleArn": PODS.ref("Arn"),
                },
            ),
        ],
        changes={
            "RoleArn": OTHER_PODS.ref("Arn"),
            "DisableSessionTags": True,
            "TargetRoleArn": OTHER_PODS.ref("Arn"),
        },
        immutable={
            "ClusterName": OTHER_CLUSTER.ref("Name"),
            "Namespace": "default",
            "ServiceAccount": "other",
        },
    ),
    Sample(
        kind="AWS::IAM::OIDCProvider",
        resources=[
            *BASE,
            Resource(
                "AWS::IAM::OIDCProvider",
                "under-test",
                {"Url": CLUSTER.ref("OpenIdConnectIssuerUrl"), "ClientIdList": ["sts.amazonaws.com"]},
            ),
        ],
        changes={
            "ClientIdList": ["sts.amazonaws.com", "other"],
            "ThumbprintList": ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
        },
        immutable={"Url": OTHER_CLUSTER.ref("OpenIdConnectIssuerUrl")},
    ),
]
