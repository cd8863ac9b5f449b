# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What well-known controllers of Kubernetes need in AWS, as their makers document it, held to one cluster."""

from __future__ import annotations

from typing import Any

from .base import Context
from .permissions import Statement, statement

_OURS = "elbv2.k8s.aws/cluster"
_TAGGED = f"aws:ResourceTag/{_OURS}"
_TAGGING = f"aws:RequestTag/{_OURS}"

#: These take no resource.
_LOOKS = (
    "acm:DescribeCertificate",
    "acm:ListCertificates",
    "cognito-idp:DescribeUserPoolClient",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeCoipPools",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeIpamPools",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:GetCoipPoolUsage",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeTrustStores",
    "iam:GetServerCertificate",
    "iam:ListServerCertificates",
    "shield:GetSubscriptionState",
)


def load_balancer_controller(cluster: str, context: Context) -> list[Statement]:
    """The AWS Load Balancer Controller. What it makes carries the cluster's name, and it changes nothing else.

    https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/docs/install/iam_policy.json

    Args:
        cluster: the cluster's name in AWS.
    """
    groups = context.arn("ec2", "security-group/*")
    balancers = [context.arn("elasticloadbalancing", f"loadbalancer/{kind}/*/*") for kind in ("app", "net")]
    targets = context.arn("elasticloadbalancing", "targetgroup/*/*")
    listeners = [
        context.arn("elasticloadbalancing", f"{part}/{kind}/*")
        for part in ("listener", "listener-rule")
        for kind in ("app", "net")
    ]
    ours: dict[str, Any] = {"StringEquals": {_TAGGED: cluster}}
    making: dict[str, Any] = {"StringEquals": {_TAGGING: cluster}}
    return [
        statement(_LOOKS, "*"),
        statement(
            ["iam:CreateServiceLinkedRole"],
            context.arn(
                "iam",
                "role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing",
                region="",
            ),
            {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
        statement(
            ["wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"],
            [context.arn("wafv2", "regional/webacl/*/*"), balancers[0]],
        ),
        statement(["ec2:CreateSecurityGroup"], [groups, context.arn("ec2", "vpc/*")]),
        statement(
            ["ec2:CreateTags"],
            groups,
            {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", _TAGGING: cluster}},
        ),
        statement(["ec2:CreateTags", "ec2:DeleteTags"], groups, {**ours, "Null": {_TAGGING: "true"}}),
        # The rules that let its load balancers reach the nodes, whose group is not its own.
        statement(["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"], groups),
        statement(["ec2:DeleteSecurityGroup"], groups, ours),
        statement(
            ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            [*balancers, targets],
            making,
        ),
        statement(
            ["elasticloadbalancing:AddTags"],
            [*balancers, targets],
            {
                "StringEquals": {
                    "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"],
                    _TAGGING: cluster,
                }
            },
        ),
        statement(
            ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            [*balancers, targets],
            {**ours, "Null": {_TAGGING: "true"}},
        ),
        statement(["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], listeners),
        statement(
            [
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:AddListenerCertificates",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteRule",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyListenerAttributes",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:RemoveListenerCertificates",
                "elasticloadbalancing:SetRulePriorities",
                "elasticloadbalancing:SetWebAcl",
            ],
            [*balancers, *listeners],
        ),
        statement(
            [
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:ModifyCapacityReservation",
                "elasticloadbalancing:ModifyIpPools",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:SetIpAddressType",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            [*balancers, targets],
            ours,
        ),
        statement(["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"], targets),
    ]


def cluster_autoscaler(cluster: str, context: Context) -> list[Statement]:
    """The Cluster Autoscaler, for the groups that EKS tags with the cluster's name.

    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md

    Args:
        cluster: the cluster's name in AWS.
    """
    return [
        statement(
            [
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ],
            "*",
        ),
        statement(["eks:DescribeNodegroup"], context.arn("eks", f"nodegroup/{cluster}/*")),
        statement(
            ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
            context.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*"),
            {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}": "owned"}},
        ),
    ]
