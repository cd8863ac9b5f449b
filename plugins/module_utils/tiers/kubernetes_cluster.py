# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `kubernetes_clusters` section: EKS clusters with their nodes, add-ons, and who may do what."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import SECURITY_GROUP, TAGS, Connection, Context, Export, Options, Tier
from .connections import ANYWHERE, EGRESS, INGRESS
from .kubernetes_access import POD_ROLE_OPTIONS, POLICIES, access_entries, controllers, pod_roles
from .kubernetes_nodes import ADDON_OPTIONS, NODE_GROUP_OPTIONS, addons, node_groups, node_role
from .permissions import role, statement, this_account, trust

CLUSTER = "AWS::EKS::Cluster"
PROVIDER = "AWS::IAM::OIDCProvider"
LOG_GROUP = "AWS::Logs::LogGroup"

#: https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "version": {"type": "str", "required": True},
    "support": {"type": "str", "choices": ["standard", "extended"], "default": "extended"},
    "endpoint": {
        "type": "dict",
        "apply_defaults": True,
        "options": {
            "public": {"type": "bool", "default": False},
            "cidrs": {"type": "list", "elements": "str", "default": [], "format": formats.CIDR},
        },
    },
    "logs": {"type": "list", "elements": "str", "choices": list(LOGS), "default": ["api", "audit", "authenticator"]},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "key": {"type": "str", "no_log": False},
    "deletion_protection": {"type": "bool"},
    "creator_administers": {"type": "bool", "default": True},
    "administrators": {"type": "list", "elements": "str", "default": []},
    "access": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "principal": {"type": "str", "required": True},
            "policy": {"type": "str", "choices": sorted(POLICIES)},
            "namespaces": {"type": "list", "elements": "str", "default": []},
            "groups": {"type": "list", "elements": "str", "default": []},
        },
    },
    "node_groups": {"type": "map", "required": True, "options": NODE_GROUP_OPTIONS},
    "addons": {"type": "map", "default": {}, "options": ADDON_OPTIONS},
    "pod_roles": {"type": "map", "default": {}, "options": POD_ROLE_OPTIONS},
    "irsa": {"type": "bool", "default": False},
    "load_balancer_controller": {"type": "bool", "default": False},
    "external_secrets": {
        "type": "dict",
        "no_log": False,
        "options": {
            "secrets": {"type": "list", "elements": "str", "required": True, "no_log": False},
            "namespace": {"type": "str", "default": "external-secrets"},
            "service_account": {"type": "str", "default": "external-secrets"},
        },
    },
    "cluster_autoscaler": {"type": "bool", "default": False},
    "ingress": {
        "type": "dict",
        "options": {
            "ports": {"type": "list", "elements": "int", "required": True},
            "cidrs": {"type": "list", "elements": "str", "default": [ANYWHERE], "format": formats.CIDR},
        },
    },
    "connects_to": {"type": "list", "elements": "str", "default": []},
    "allow_from": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "source": {"type": "str", "required": True},
            "port": {"type": "int", "required": True, "format": formats.RULE_PORT},
            "to_port": {"type": "int", "format": formats.RULE_PORT},
        },
    },
    "session_manager": {"type": "bool", "default": True},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "tags": TAGS,
}


def cluster_name(name: str, options: Options) -> str:
    """The cluster's name in AWS: the entry's unless stated."""
    return options["name"] or name


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(CLUSTER, name)
    group = Ref(address, "ClusterSecurityGroupId")
    values: dict[str, Any] = {
        "arn": Ref(address, "Arn"),
        "name": cluster_name(name, options),
        "endpoint": Ref(address, "Endpoint"),
        "certificate_authority": Ref(address, "CertificateAuthorityData"),
        "oidc_issuer": Ref(address, "OpenIdConnectIssuerUrl"),
        "security_group_id": group,
        "node_role_arn": Ref(Address("AWS::IAM::Role", context.logical("nodes")), "Arn"),
    }
    if options["irsa"]:
        values["oidc_provider_arn"] = Ref(Address(PROVIDER, name), "Arn")
    if options["ingress"]:
        values["ingress_security_group_id"] = context.own_security_group("ingress")
    return Export(address=address, values=values, default="name", security_group=group)


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    """Whom pods call, and who calls them: nodes, pods and the control plane share the cluster's security group."""
    found = [
        Connection(source=context.reference, target=target, path=context.option("connects_to"))
        for target in options["connects_to"]
    ]
    return found + [
        Connection(
            source=allowed["source"],
            target=context.reference,
            port=allowed["port"],
            to_port=allowed["to_port"],
            path=context.option(f"allow_from[{index}]"),
        )
        for index, allowed in enumerate(options["allow_from"])
    ]


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    _check(options, context)
    logs = context.resource(
        LOG_GROUP,
        context.logical(),
        {
            # EKS writes here and nowhere else.
            "LogGroupName": f"/aws/eks/{cluster_name(name, options)}/cluster",
            "RetentionInDays": options["log_retention_days"],
        },
        tags=options["tags"],
    )
    control = _control_role(name, options, context)
    cluster = _cluster(name, options, control, logs, context)
    nodes = node_role(name, options, context)
    entries = access_entries(name, options, context)
    allowed = [*pod_roles(name, options, context), *controllers(name, options, context)]
    groups = node_groups(name, options, nodes, context)
    made = [logs, control, cluster, nodes, *groups, *addons(name, options, groups, context), *entries, *allowed]
    if options["irsa"]:
        made.append(_provider(name, options, context))
    return [*made, *_ingress(name, options, context)]


def _check(options: Options, context: Context) -> None:
    endpoint = options["endpoint"]
    if endpoint["public"] and not endpoint["cidrs"]:
        context.problem("endpoint.cidrs", f"is empty, so who may call a public endpoint? Name ranges, or {ANYWHERE}")
    if endpoint["cidrs"] and not endpoint["public"]:
        context.problem("endpoint.cidrs", "says who may call a public endpoint; set endpoint.public, or leave it out")
    if not options["node_groups"]:
        context.problem("node_groups", "is empty; without nodes nothing runs, not even the cluster's own DNS")


def _control_role(name: str, options: Options, context: Context) -> Resource:
    """The role of the control plane: https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html"""
    key = context.arn_of(options["key"], "key", "key")
    allowed = [statement(["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:ListGrants"], key)] if key else []
    return role(
        context,
        "control-plane",
        trust(["eks.amazonaws.com"], condition=this_account()),
        allowed,
        managed=[context.managed_policy("AmazonEKSClusterPolicy")],
        description=f"Control plane of {cluster_name(name, options)}",
        tags=options["tags"],
    )


def _cluster(name: str, options: Options, control: Resource, logs: Resource, context: Context) -> Resource:
    endpoint = options["endpoint"]
    key = context.arn_of(options["key"], "key", "key")
    guarded = context.protect if options["deletion_protection"] is None else options["deletion_protection"]
    return context.resource(
        CLUSTER,
        name,
        {
            "Name": cluster_name(name, options),
            "Version": options["version"],
            "RoleArn": control.ref("Arn"),
            "ResourcesVpcConfig": {
                "SubnetIds": options["subnet_ids"] or context.subnet_ids("private", "subnet_ids"),
                "EndpointPrivateAccess": True,
                "EndpointPublicAccess": endpoint["public"],
                "PublicAccessCidrs": list(endpoint["cidrs"]) if endpoint["public"] else None,
            },
            "AccessConfig": {
                "AuthenticationMode": "API",
                "BootstrapClusterCreatorAdminPermissions": options["creator_administers"],
            },
            # The network plug-in, DNS and proxy are add-ons here, which EKS keeps going.
            "BootstrapSelfManagedAddons": False,
            "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": kind} for kind in options["logs"]]}},
            "EncryptionConfig": [{"Provider": {"KeyArn": key}, "Resources": ["secrets"]}] if key else None,
            "UpgradePolicy": {"SupportType": options["support"].upper()},
            "DeletionProtection": guarded,
        },
        tags=options["tags"],
        protect=True,
        # Made by EKS itself, the group would keep its events for ever.
        depends_on=[logs.address],
    )


def _provider(name: str, options: Options, context: Context) -> Resource:
    return context.resource(
        PROVIDER,
        name,
        {"Url": Ref(Address(CLUSTER, name), "OpenIdConnectIssuerUrl"), "ClientIdList": ["sts.amazonaws.com"]},
        tags=options["tags"],
    )


def _ingress(name: str, options: Options, context: Context) -> list[Resource]:
    """The security group of load balancers that Ingresses make, and its way to the pods.

    An Ingress names it in `alb.ingress.kubernetes.io/security-groups`.
    """
    wanted = options["ingress"]
    if not wanted:
        return []
    label = context.logical("ingress")
    group = context.security_group(f"Load balancers of {cluster_name(name, options)}", suffix="ingress")
    pods, own = Ref(Address(CLUSTER, name), "ClusterSecurityGroupId"), Ref(Address(SECURITY_GROUP, label), "GroupId")
    made = [group]
    for port in (80, 443):
        made += [
            context.resource(
                INGRESS,
                f"{label}/{port} from {cidr}",
                {
                    "GroupId": own,
                    "IpProtocol": "tcp",
                    "FromPort": port,
                    "ToPort": port,
                    "CidrIpv6" if ":" in cidr else "CidrIp": cidr,
                    "Description": f"{port} from {cidr}",
                },
            )
            for cidr in wanted["cidrs"]
        ]
    for port in wanted["ports"]:
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        to_pods = {"GroupId": own, **rule, "DestinationSecurityGroupId": pods, "Description": f"{port} to the pods"}
        from_group = {"GroupId": pods, **rule, "SourceSecurityGroupId": own, "Description": f"{port} from {label}"}
        made += [
            context.resource(EGRESS, f"{label}/{port} to {context.reference}", to_pods),
            context.resource(INGRESS, f"{context.reference}/{port} from {label}", from_group),
        ]
    return made


TIER = Tier(
    section="kubernetes_clusters",
    reference="kubernetes_cluster",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    kinds=(
        "AWS::EKS::Nodegroup",
        "AWS::EKS::Addon",
        "AWS::EKS::AccessEntry",
        "AWS::EKS::PodIdentityAssociation",
        PROVIDER,
    ),
    in_network=True,
)
