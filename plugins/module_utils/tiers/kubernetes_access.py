# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may do what in a Kubernetes cluster, and what its pods may do in AWS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, account_id, partition
from .base import Context, Options
from .kubernetes_policies import cluster_autoscaler, load_balancer_controller
from .permissions import MAY, STATEMENTS, Statement, granted, grants, policy, role
from .secret_use import NO_SECRET

CLUSTER = "AWS::EKS::Cluster"
ENTRY = "AWS::EKS::AccessEntry"
ASSOCIATION = "AWS::EKS::PodIdentityAssociation"

#: https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
POLICIES = {
    "admin": "AmazonEKSAdminPolicy",
    "admin_view": "AmazonEKSAdminViewPolicy",
    "cluster_admin": "AmazonEKSClusterAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}

POD_ROLE_OPTIONS: dict[str, Any] = {
    "role_name": {"type": "str"},
    "may": MAY,
    "statements": STATEMENTS,
    "managed_policies": {"type": "list", "elements": "str", "default": []},
}

_CONTROLLERS = "kube-system"


def access_entries(name: str, options: Options, context: Context) -> list[Resource]:
    """An entry for each principal, with one policy on the whole cluster or on some namespaces."""
    wanted = [
        {"principal": principal, "policy": "cluster_admin", "namespaces": [], "groups": []}
        for principal in options["administrators"]
    ]
    seen: set[str] = set()
    made = []
    for index, access in enumerate([*wanted, *options["access"]]):
        option = "administrators" if index < len(wanted) else f"access[{index - len(wanted)}].principal"
        principal = access["principal"]
        if principal in seen:
            context.problem(option, f"{principal!r} stands here twice; a principal has one entry")
            continue
        seen.add(principal)
        if not access["policy"] and not access["groups"]:
            context.problem(option, f"{principal!r} may do nothing; give it a policy, or groups that a binding names")
        made.append(
            context.resource(
                ENTRY,
                f"{name}/{principal}",
                {
                    "ClusterName": Ref(Address(CLUSTER, name), "Name"),
                    "PrincipalArn": context.arn_of(principal, "role", option),
                    "Type": "STANDARD",
                    "KubernetesGroups": list(access["groups"]),
                    "AccessPolicies": _policies(access["policy"], access["namespaces"]),
                },
                tags=options["tags"],
            )
        )
    return made


def _policies(word: str | None, namespaces: list[str]) -> list[dict[str, Any]]:
    if not word:
        return []
    arn = Compose(f"arn:{{partition}}:eks::aws:cluster-access-policy/{POLICIES[word]}", {"partition": partition()})
    scope = {"Type": "namespace", "Namespaces": list(namespaces)} if namespaces else {"Type": "cluster"}
    return [{"PolicyArn": arn, "AccessScope": scope}]


# Pods


def trusted_pods(name: str, options: Options, context: Context) -> dict[str, Any]:
    """The pods of a cluster, by way of EKS's agent: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html"""
    allowed: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["pods.eks.amazonaws.com"]},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id()},
            "ArnEquals": {"aws:SourceArn": context.arn("eks", f"cluster/{options['name'] or name}")},
        },
    }
    return policy([allowed])


def association(
    name: str, namespace: str, account: str, allowed: Resource, options: Options, context: Context
) -> Resource:
    """What makes the pods of a service account act as a role."""
    return context.resource(
        ASSOCIATION,
        f"{name}/{namespace}/{account}",
        {
            "ClusterName": Ref(Address(CLUSTER, name), "Name"),
            "Namespace": namespace,
            "ServiceAccount": account,
            "RoleArn": allowed.ref("Arn"),
        },
        tags=options["tags"],
    )


def _pod_role(
    name: str,
    where: str,
    statements: Iterable[Statement],
    options: Options,
    context: Context,
    *,
    role_name: str = "",
    managed: Iterable[Any] = (),
) -> list[Resource]:
    """A role and its association.

    Args:
        where: namespace, slash, service account.
    """
    namespace, _slash, account = where.partition("/")
    allowed = role(
        context,
        f"pods-{namespace}-{account}",
        trusted_pods(name, options, context),
        statements,
        name=role_name,
        managed=managed,
        description=f"Pods of {where} in {options['name'] or name}",
        tags=options["tags"],
    )
    return [allowed, association(name, namespace, account, allowed, options, context)]


def pod_roles(name: str, options: Options, context: Context) -> list[Resource]:
    """The roles of the service accounts that are described."""
    made: list[Resource] = []
    for where, described in options["pod_roles"].items():
        option = f"pod_roles.{where}"
        if where.count("/") != 1 or not all(where.split("/")):
            context.problem(option, "is no service account; write it as NAMESPACE/SERVICE_ACCOUNT")
            continue
        statements = [
            {"Effect": "Allow", **context.fill(item, f"{option}.statements[{index}]")}
            for index, item in enumerate(described["statements"])
        ]
        made += _pod_role(
            name,
            where,
            [*grants(described["may"], context, f"{option}.may"), *statements],
            options,
            context,
            role_name=described["role_name"] or "",
            managed=[
                arn if arn.startswith("arn:") else context.managed_policy(arn) for arn in described["managed_policies"]
            ],
        )
    return made


def controllers(name: str, options: Options, context: Context) -> list[Resource]:
    """The roles of well-known controllers, which are installed into the cluster by whoever deploys there."""
    cluster = options["name"] or name
    made: list[Resource] = []
    if options["load_balancer_controller"]:
        statements = load_balancer_controller(cluster, context)
        made += _pod_role(name, f"{_CONTROLLERS}/aws-load-balancer-controller", statements, options, context)
    if options["cluster_autoscaler"]:
        statements = cluster_autoscaler(cluster, context)
        made += _pod_role(name, f"{_CONTROLLERS}/cluster-autoscaler", statements, options, context)
    external = options["external_secrets"]
    if external:
        statements = []
        for secret in external["secrets"]:
            if context.catalog.looks_like_reference(secret):
                statements += granted("read", secret, context, "external_secrets.secrets")
            else:
                context.problem("external_secrets.secrets", NO_SECRET)
        made += _pod_role(name, f"{external['namespace']}/{external['service_account']}", statements, options, context)
    return made
