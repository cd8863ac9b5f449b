# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EKS::AccessEntry: what an IAM role or user may do in a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..ecs.shape import to_api
from ..requests import unless
from .common import CLUSTER_TYPE, TAG, UNTAG, YOUNG_ROLE, parts


def _describe(scope: Scope, cluster: str, principal: str) -> Item | None:
    names = {"clusterName": cluster, "principalArn": principal}
    answer = unless((), partial(scope.call, "eks", "describe_access_entry", **names))
    if answer is None:
        return None
    policies = unless(
        (), partial(scope.pages, "eks", "list_associated_access_policies", "associatedAccessPolicies[]", **names)
    )
    return {**answer["accessEntry"], "Policies": policies or []}


def list_access_entries(scope: Scope) -> list[Item]:
    """The access entries of the clusters in scope, with their policies."""
    return parts(scope, "|", "list_access_entries", "accessEntries[]", partial(_describe, scope))


def access_policies(item: Item) -> list[dict[str, Any]]:
    """The policies of an entry in CloudFormation's shape."""
    return [
        {
            "PolicyArn": one["policyArn"],
            "AccessScope": {
                "Type": (one.get("accessScope") or {}).get("type"),
                "Namespaces": sorted((one.get("accessScope") or {}).get("namespaces") or ()),
            },
        }
        for one in item.get("Policies") or ()
    ]


def plain_policies(value: Any) -> Any:
    """Policies to compare: namespaces have no order."""
    if not isinstance(value, (list, tuple)):
        return value
    return [
        {
            "PolicyArn": one["PolicyArn"],
            "AccessScope": {
                "Type": one["AccessScope"]["Type"],
                "Namespaces": sorted(one["AccessScope"].get("Namespaces") or ()),
            },
        }
        for one in value
    ]


def _names(work: Work) -> dict[str, str]:
    cluster, principal = work.id.split("|", 1)
    return {"clusterName": cluster, "principalArn": principal}


def creation(work: Work) -> dict[str, Any]:
    """The parameters that make an entry."""
    params = work.pick(
        clusterName="ClusterName", principalArn="PrincipalArn", type="Type", username="Username",
        kubernetesGroups="KubernetesGroups",
    )  # fmt: skip
    return {**params, "clientRequestToken": work.token, "tags": dict(work.tags)}


def _by_arn(policies: Any) -> dict[str, Mapping[str, Any]]:
    return {policy["PolicyArn"]: policy for policy in plain_policies(policies or [])}


def _set_policies(work: Work) -> None:
    """Give what is stated, then take what is not."""
    wanted, now = _by_arn(work.get("AccessPolicies")), _by_arn(work.existing.properties.get("AccessPolicies"))
    for arn in sorted(arn for arn in wanted if wanted[arn] != now.get(arn)):
        scope = to_api({name: value for name, value in wanted[arn]["AccessScope"].items() if value})
        work.call("eks", "associate_access_policy", **_names(work), policyArn=arn, accessScope=scope)
    for arn in sorted(now.keys() - wanted.keys()):
        work.call("eks", "disassociate_access_policy", **_names(work), policyArn=arn)


def _change(work: Work) -> dict[str, Any]:
    return {**_names(work), **work.pick(username="Username", kubernetesGroups="KubernetesGroups")}


ACCESS_ENTRY = Kind(
    type="AWS::EKS::AccessEntry",
    service="eks",
    title="access entry",
    template=Template(attributes={"Arn": "AccessEntryArn"}),
    id=lambda item: f"{item['clusterName']}|{item['principalArn']}",
    key=("ClusterName", "PrincipalArn"),
    requires=(CLUSTER_TYPE,),
    list=list_access_entries,
    properties={
        "ClusterName": Property("clusterName", immutable=True),
        "PrincipalArn": Property("principalArn", immutable=True),
        "Type": Property("type", immutable=True, default="STANDARD"),
        "Username": Property("username"),
        "KubernetesGroups": Property("kubernetesGroups", unordered=True),
        "AccessPolicies": Property(
            access_policies, key="PolicyArn", exact=True, unordered=True, normalise=plain_policies
        ),
    },
    attributes={
        "Arn": Attribute("accessEntryArn"),
        "AccessEntryArn": Attribute("accessEntryArn"),
    },
    tags="tags",
    create=Call("create_access_entry", creation, item="accessEntry", retry_on=YOUNG_ROLE),
    updates=(
        Update(("Username", "KubernetesGroups"), Call("update_access_entry", _change)),
        Update(("AccessPolicies",), _set_policies, on_create=True),
    ),
    delete=Call("delete_access_entry", _names),
    tag=TAG,
    untag=UNTAG,
)
