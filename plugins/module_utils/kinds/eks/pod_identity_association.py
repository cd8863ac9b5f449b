# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EKS::PodIdentityAssociation: the role that the pods of a service account act as."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import given, unless
from ..shared import json_text, policy_document
from .common import CLUSTER_TYPE, TAG, UNTAG, YOUNG_ROLE, parts

_SETTINGS = {
    "roleArn": "RoleArn",
    "targetRoleArn": "TargetRoleArn",
    "disableSessionTags": "DisableSessionTags",
}


def _describe(scope: Scope, cluster: str, identifier: str) -> Item | None:
    answer = unless(
        (),
        partial(scope.call, "eks", "describe_pod_identity_association", clusterName=cluster, associationId=identifier),
    )
    return answer["association"] if answer else None


def list_associations(scope: Scope) -> list[Item]:
    """The associations of the clusters in scope."""
    return parts(
        scope,
        "/",
        "list_pod_identity_associations",
        "associations[].associationId",
        partial(_describe, scope),
    )


def _settings(work: Work) -> dict[str, Any]:
    params = work.pick(**_SETTINGS)
    if work.get("Policy"):
        params["policy"] = json_text(work.get("Policy"))
    return params


def creation(work: Work) -> dict[str, Any]:
    """The parameters that make an association."""
    where = given(work, clusterName="ClusterName", namespace="Namespace", serviceAccount="ServiceAccount")
    return {**where, **_settings(work), "clientRequestToken": work.token, "tags": dict(work.tags)}


def _names(work: Work) -> dict[str, str]:
    cluster, identifier = work.id.split("/", 1)
    return {"clusterName": cluster, "associationId": identifier}


POD_IDENTITY_ASSOCIATION = Kind(
    type="AWS::EKS::PodIdentityAssociation",
    service="eks",
    title="pod identity association",
    template=Template(ref="AssociationArn", attributes={"Arn": "AssociationArn"}),
    id=lambda item: f"{item['clusterName']}/{item['associationId']}",
    key=("ClusterName", "Namespace", "ServiceAccount"),
    requires=(CLUSTER_TYPE,),
    list=list_associations,
    properties={
        "ClusterName": Property("clusterName", immutable=True),
        "Namespace": Property("namespace", immutable=True),
        "ServiceAccount": Property("serviceAccount", immutable=True),
        "RoleArn": Property("roleArn"),
        "TargetRoleArn": Property("targetRoleArn"),
        "DisableSessionTags": Property("disableSessionTags", default=False),
        "Policy": Property("policy", exact=True, normalise=policy_document),
    },
    attributes={
        "Arn": Attribute("associationArn"),
        "AssociationArn": Attribute("associationArn"),
        "AssociationId": Attribute("associationId"),
        "ExternalId": Attribute("externalId", volatile=True),
    },
    tags="tags",
    create=Call("create_pod_identity_association", creation, item="association", retry_on=YOUNG_ROLE),
    updates=(
        Update(
            ("RoleArn", "TargetRoleArn", "DisableSessionTags", "Policy"),
            Call(
                "update_pod_identity_association",
                lambda w: {**_names(w), **_settings(w)},
                retry_on=YOUNG_ROLE,
            ),
        ),
    ),
    delete=Call("delete_pod_identity_association", _names),
    tag=TAG,
    untag=UNTAG,
)
