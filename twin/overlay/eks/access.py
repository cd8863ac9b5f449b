# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access entries and their policies.

Source: https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
"""

from __future__ import annotations

import uuid
from typing import Any

from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse
from moto.iam.models import iam_backends

from twin.overlay._lifecycle import Record
from twin.overlay.eks.store import (
    Answer,
    Cluster,
    active_cluster,
    find_cluster,
    invalid,
    listed,
    missing,
    same_request,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse

_POLICY = "arn:aws:eks::aws:cluster-access-policy/"
POLICIES = ("AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy",
            "AmazonEKSViewPolicy")  # fmt: skip
_TYPES = ("STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX")


def install() -> None:
    _entries()
    _policies()


def admit_creator(cluster: Cluster) -> None:
    """Whoever made a cluster administers it, if that was wanted."""
    entry = _make(cluster, cluster.record["creator"], {})
    entry["policies"].append(_association(f"{_POLICY}AmazonEKSClusterAdminPolicy", {"type": "cluster"}))


def admit_nodes(response: EKSResponse, cluster: Cluster, role_arn: str) -> None:
    """The nodes of managed groups need no entry of somebody else's making."""
    if cluster.record["accessConfig"]["authenticationMode"] != "CONFIG_MAP" and role_arn not in cluster.entries:
        _make(cluster, role_arn, {"type": "EC2_LINUX"})


def dismiss_nodes(cluster: Cluster, role_arn: str) -> None:
    entry = cluster.entries.get(role_arn)
    if entry is not None and entry["type"] == "EC2_LINUX":
        del cluster.entries[role_arn]


def _make(cluster: Cluster, principal: str, p: Parameters) -> Record:
    account, path = principal.split(":")[4], principal.split(":", 5)[5]
    kind, name = path.split("/")[0], path.split("/")[-1]
    where = cluster.record["arn"].split(":cluster/")[0]
    entry = Record(
        clusterName=cluster.name,
        principalArn=principal,
        kubernetesGroups=list(p.get("kubernetesGroups") or []),
        accessEntryArn=f"{where}:access-entry/{cluster.name}/{kind}/{account}/{name}/{uuid.uuid4()}",
        createdAt=utcnow(),
        modifiedAt=utcnow(),
        tags=dict(p.get("tags") or {}),
        username=p.get("username") or _username(principal, p.get("type") or "STANDARD"),
        type=p.get("type") or "STANDARD",
        policies=[],
        clientRequestToken=p.get("clientRequestToken"),
    )
    if entry["type"] == "EC2_LINUX":
        entry["kubernetesGroups"] = ["system:nodes"]
    cluster.entries[principal] = entry
    return entry


def _username(principal: str, kind: str) -> str:
    if kind == "EC2_LINUX":
        return "system:node:{{EC2PrivateDNSName}}"
    arn, _, name = principal.partition(":role/")
    if not name:
        return principal
    return f"{arn.replace(':iam:', ':sts:')}:assumed-role/{name.split('/')[-1]}/{{{{SessionName}}}}"


def _entries() -> None:
    @operation(EKSResponse, "CreateAccessEntry")
    def create(response: EKSResponse, p: Parameters) -> Answer:
        cluster, principal = active_cluster(response, p["clusterName"]), p["principalArn"]
        _check_mode(cluster)
        old = cluster.entries.get(principal)
        if old is not None and same_request(old, p):
            return {"accessEntry": old}
        if old is not None:
            refuse("ResourceInUseException", "The specified access entry resource is already in use on this cluster.")
        if not _exists(principal):
            invalid("The specified principalArn is invalid: invalid principal.")
        if p.get("type", "STANDARD") not in _TYPES:
            invalid(f"The specified type {p['type']} is not supported")
        _check_groups(p)
        return {"accessEntry": _make(cluster, principal, p)}

    @operation(EKSResponse, "DescribeAccessEntry")
    def describe(response: EKSResponse, p: Parameters) -> Answer:
        return {"accessEntry": _find(response, p)}

    @operation(EKSResponse, "ListAccessEntries")
    def list_entries(response: EKSResponse, p: Parameters) -> Answer:
        cluster = find_cluster(response, p["clusterName"])
        _check_mode(cluster)
        return listed(p, sorted(cluster.entries), "accessEntries")

    @operation(EKSResponse, "UpdateAccessEntry")
    def update(response: EKSResponse, p: Parameters) -> Answer:
        entry = _find(response, p)
        _check_groups(p)
        entry.update({name: p[name] for name in ("kubernetesGroups", "username") if name in p}, modifiedAt=utcnow())
        return {"accessEntry": entry}

    @operation(EKSResponse, "DeleteAccessEntry")
    def delete(response: EKSResponse, p: Parameters) -> Answer:
        entry = _find(response, p)
        del find_cluster(response, p["clusterName"]).entries[entry["principalArn"]]
        return {}


def _check_mode(cluster: Cluster) -> None:
    if cluster.record["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        refuse(
            "InvalidRequestException",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this"
            " operation.",
            clusterName=cluster.name,
        )


def _check_groups(p: Parameters) -> None:
    for group in p.get("kubernetesGroups") or ():
        if group.startswith(("system:", "eks:", "aws:", "amazon:", "iam:")):
            invalid(f"The kubernetes group name {group} is invalid, it cannot start with system:")


def _exists(principal: str) -> bool:
    """Of another account nothing is known; the operator's user is the one that everybody is by default."""
    account = principal.split(":")[4] if principal.count(":") >= 5 else ""
    if not account or account not in iam_backends:
        return bool(account)
    here = iam_backends[account]["aws"]
    known = {role.arn for role in here.roles.values()} | {user.arn for user in here.users.values()}
    return principal in known or principal.endswith((":user/operator", ":root"))


def _find(response: EKSResponse, p: Parameters) -> Record:
    cluster = find_cluster(response, p["clusterName"])
    entry = cluster.entries.get(p["principalArn"])
    if entry is None:
        missing(f"The specified principalArn could not be found. You can view your available access entries with"
                f" 'ListAccessEntries': {p['principalArn']}")  # fmt: skip
    return entry


def _association(arn: str, scope: dict[str, Any]) -> dict[str, Any]:
    return {
        "policyArn": arn,
        "accessScope": {"type": scope["type"], "namespaces": list(scope.get("namespaces") or [])},
        "associatedAt": utcnow(),
        "modifiedAt": utcnow(),
    }


def _policies() -> None:
    @operation(EKSResponse, "AssociateAccessPolicy")
    def associate(response: EKSResponse, p: Parameters) -> Answer:
        entry, arn, scope = _find(response, p), p["policyArn"], p["accessScope"]
        if arn.removeprefix(_POLICY) not in POLICIES:
            invalid("The policyArn parameter format is not valid")
        if entry["type"] != "STANDARD":
            invalid("Access policies can only be associated with access entries of type STANDARD")
        if (scope["type"] == "namespace") != bool(scope.get("namespaces")):
            invalid("Namespaces must be given for the scope namespace, and for no other")
        made = _association(arn, scope)
        entry["policies"] = [one for one in entry["policies"] if one["policyArn"] != arn] + [made]
        return {
            "clusterName": entry["clusterName"],
            "principalArn": entry["principalArn"],
            "associatedAccessPolicy": made,
        }

    @operation(EKSResponse, "DisassociateAccessPolicy")
    def disassociate(response: EKSResponse, p: Parameters) -> Answer:
        entry = _find(response, p)
        if not any(one["policyArn"] == p["policyArn"] for one in entry["policies"]):
            missing("The specified policyArn is not associated with the specified principalArn")
        entry["policies"] = [one for one in entry["policies"] if one["policyArn"] != p["policyArn"]]
        return {}

    @operation(EKSResponse, "ListAssociatedAccessPolicies")
    def list_policies(response: EKSResponse, p: Parameters) -> Answer:
        entry = _find(response, p)
        answer = listed(p, entry["policies"], "associatedAccessPolicies")
        return {**answer, "clusterName": entry["clusterName"], "principalArn": entry["principalArn"]}

    @operation(EKSResponse, "ListAccessPolicies")
    def known_policies(response: EKSResponse, p: Parameters) -> Answer:
        return listed(p, [{"name": name, "arn": f"{_POLICY}{name}"} for name in POLICIES], "accessPolicies")
