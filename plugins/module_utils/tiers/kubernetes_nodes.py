# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The nodes of a Kubernetes cluster, and the add-ons that run on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import Context, Options
from .kubernetes_access import ASSOCIATION, association, trusted_pods
from .permissions import role, trust

CLUSTER = "AWS::EKS::Cluster"
NODE_GROUP = "AWS::EKS::Nodegroup"
ADDON = "AWS::EKS::Addon"
LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"

_EFFECTS = {"no_schedule": "NO_SCHEDULE", "prefer_no_schedule": "PREFER_NO_SCHEDULE", "no_execute": "NO_EXECUTE"}

NODE_GROUP_OPTIONS: dict[str, Any] = {
    "name": {"type": "str"},
    "capacity": {"type": "str", "choices": ["on_demand", "spot"], "default": "on_demand"},
    "instance_types": {"type": "list", "elements": "str", "default": ["m6i.large"], "format": formats.INSTANCE_TYPE},
    "min": {"type": "int", "default": 2, "format": formats.at_least(0)},
    "max": {"type": "int", "format": formats.at_least(1)},
    "desired": {"type": "int", "format": formats.at_least(0)},
    "labels": {"type": "dict", "default": {}, "values": {"type": "scalar"}},
    "taints": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "key": {"type": "str", "required": True, "no_log": False},
            "value": {"type": "str"},
            "effect": {"type": "str", "choices": sorted(_EFFECTS), "default": "no_schedule"},
        },
    },
    "disk": {"type": "int", "default": 50, "format": formats.between(1, 16384)},
    "metadata_hops": {"type": "int", "default": 1, "format": formats.between(1, 64)},
    "ami_type": {"type": "str", "default": "AL2023_x86_64_STANDARD"},
    "version": {"type": "str"},
    "max_unavailable_percent": {"type": "int", "default": 33, "format": formats.between(1, 100)},
    "repair": {"type": "bool", "default": False},
    "launch_template": {
        "type": "dict",
        "options": {"id": {"type": "str", "required": True}, "version": {"type": "str", "required": True}},
    },
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
}

ADDON_OPTIONS: dict[str, Any] = {
    "enabled": {"type": "bool", "default": True},
    "version": {"type": "str"},
    "configuration": {"type": "dict"},
    "resolve_conflicts": {"type": "str", "choices": ["overwrite", "preserve", "none"], "default": "overwrite"},
}

#: They run on every node, and a node is not ready without them, so they are there first.
_ON_EVERY_NODE = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
#: What every cluster has unless it is switched off.
_BASIC = (*_ON_EVERY_NODE, "coredns")

#: Namespace, service account and AWS's policy of add-ons that call AWS.
#: https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
_ADDON_POLICIES = {
    "aws-ebs-csi-driver": ("kube-system", "ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
    "aws-efs-csi-driver": ("kube-system", "efs-csi-controller-sa", "service-role/AmazonEFSCSIDriverPolicy"),
    "amazon-cloudwatch-observability": ("amazon-cloudwatch", "cloudwatch-agent", "CloudWatchAgentServerPolicy"),
}
#: Service accounts of add-ons that call AWS, but may do what `pod_roles` says: AWS's own policy gives too much.
#: https://docs.aws.amazon.com/eks/latest/userguide/community-addons.html
_ADDON_ACCOUNTS = {"external-dns": "external-dns/external-dns"}


def node_role(name: str, options: Options, context: Context) -> Resource:
    """The role of the nodes: https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html"""
    managed = ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly"]
    if options["session_manager"]:
        # A shell on a node, and a way from there into the network, without a host that stands open for SSH.
        managed.append("AmazonSSMManagedInstanceCore")
    return role(
        context,
        "nodes",
        trust(["ec2.amazonaws.com"]),
        managed=[context.managed_policy(policy) for policy in managed],
        description=f"Nodes of {options['name'] or name}",
        tags=options["tags"],
    )


def node_groups(name: str, options: Options, nodes: Resource, context: Context) -> list[Resource]:
    """The node groups, after the add-ons without which their nodes would not become ready."""
    first = [Address(ADDON, f"{name}/{addon}") for addon in _installed(options) if addon in _ON_EVERY_NODE]
    made: list[Resource] = []
    for key, group in options["node_groups"].items():
        if not group["launch_template"]:
            made.append(_launch_template(name, key, options, group, context))
        made.append(
            context.resource(
                NODE_GROUP,
                f"{name}/{key}",
                _node_group(name, key, options, group, nodes, context),
                tags=options["tags"],
                depends_on=first,
            )
        )
    return made


def _launch_template(name: str, key: str, options: Options, group: Mapping[str, Any], context: Context) -> Resource:
    """What EKS's own template leaves open: disks are encrypted, and a pod cannot ask for the node's credentials.

    https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
    """
    title = f"{options['name'] or name}-{group['name'] or key}"
    # The system of Bottlerocket has a disk of its own.
    device = "/dev/xvdb" if group["ami_type"].startswith("BOTTLEROCKET") else "/dev/xvda"
    disk = {"VolumeSize": group["disk"], "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": True}
    return context.resource(
        LAUNCH_TEMPLATE,
        f"{context.reference}/{key}",
        {
            "LaunchTemplateName": title,
            "LaunchTemplateData": {
                "BlockDeviceMappings": [{"DeviceName": device, "Ebs": disk}],
                "MetadataOptions": {
                    "HttpEndpoint": "enabled",
                    "HttpTokens": "required",
                    "HttpPutResponseHopLimit": group["metadata_hops"],
                },
                "TagSpecifications": [
                    {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": title}]} for kind in ("instance", "volume")
                ],
            },
        },
        tags=options["tags"],
        title=title,
    )


def _node_group(
    name: str, key: str, options: Options, group: Mapping[str, Any], nodes: Resource, context: Context
) -> dict[str, Any]:
    option = f"node_groups.{key}"
    desired = group["min"] if group["desired"] is None else group["desired"]
    most = max(desired, group["min"]) if group["max"] is None else group["max"]
    if group["min"] > most:
        context.problem(f"{option}.min", f"{group['min']} is more than max {most}; correct one of them")
    elif not group["min"] <= desired <= most:
        context.problem(f"{option}.desired", f"{desired} is not between min {group['min']} and max {most}; change one")
    own = Address(LAUNCH_TEMPLATE, f"{context.reference}/{key}")
    stated = group["launch_template"]
    template = {"Id": Ref(own, "LaunchTemplateId"), "Version": Ref(own, "LatestVersionNumber")}
    return {
        "ClusterName": Ref(Address(CLUSTER, name), "Name"),
        "NodegroupName": group["name"] or key,
        "NodeRole": nodes.ref("Arn"),
        "Subnets": group["subnet_ids"]
        or options["subnet_ids"]
        or context.subnet_ids("private", f"{option}.subnet_ids"),
        "AmiType": group["ami_type"],
        "CapacityType": group["capacity"].upper(),
        "InstanceTypes": list(group["instance_types"]),
        "LaunchTemplate": {"Id": stated["id"], "Version": stated["version"]} if stated else template,
        # How many there are is the autoscaler's once there are any; the kind compares the bounds only.
        "ScalingConfig": {"MinSize": group["min"], "MaxSize": most, "DesiredSize": desired},
        "Labels": {str(label): str(value) for label, value in group["labels"].items()},
        "Taints": [
            {"Key": taint["key"], "Value": taint["value"], "Effect": _EFFECTS[taint["effect"]]}
            for taint in group["taints"]
        ],
        "UpdateConfig": {"MaxUnavailablePercentage": group["max_unavailable_percent"]},
        "NodeRepairConfig": {"Enabled": group["repair"]},
        "Version": group["version"] or options["version"],
    }


def _installed(options: Options) -> dict[str, Mapping[str, Any]]:
    """The add-ons with their options: the basic ones, and what is described."""
    plain = {"enabled": True, "version": None, "configuration": None, "resolve_conflicts": "overwrite"}
    wanted = {**dict.fromkeys(_BASIC, plain), **options["addons"]}
    return {addon: settings for addon, settings in wanted.items() if settings["enabled"]}


def addons(name: str, options: Options, groups: list[Resource], context: Context) -> list[Resource]:
    """The add-ons, with the roles of those that call AWS."""
    made: list[Resource] = []
    for addon, settings in _installed(options).items():
        after = [] if addon in _ON_EVERY_NODE else [group.address for group in groups]
        if addon in _ADDON_POLICIES:
            namespace, account, policy = _ADDON_POLICIES[addon]
            allowed = role(
                context,
                f"addon-{addon}",
                trusted_pods(name, options, context),
                managed=[context.managed_policy(policy)],
                description=f"{addon} in {options['name'] or name}",
                tags=options["tags"],
            )
            identity = association(name, namespace, account, allowed, options, context)
            made += [allowed, identity]
            after.append(identity.address)
        if _ADDON_ACCOUNTS.get(addon) in options["pod_roles"]:
            # A pod that is older than its role does not get it.
            after.append(Address(ASSOCIATION, f"{name}/{_ADDON_ACCOUNTS[addon]}"))
        values = settings["configuration"]
        made.append(
            context.resource(
                ADDON,
                f"{name}/{addon}",
                {
                    "ClusterName": Ref(Address(CLUSTER, name), "Name"),
                    "AddonName": addon,
                    "AddonVersion": settings["version"],
                    "ConfigurationValues": json.dumps(values, sort_keys=True) if values else None,
                    "ResolveConflicts": settings["resolve_conflicts"].upper(),
                },
                tags=options["tags"],
                depends_on=after,
            )
        )
    return made
