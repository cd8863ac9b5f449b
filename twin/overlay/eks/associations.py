# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pod identities: one role for each service account of a cluster."""

from __future__ import annotations

import uuid
from typing import Any

from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse

from twin.overlay._lifecycle import Record
from twin.overlay.eks.roles import find_role
from twin.overlay.eks.store import (
    Answer,
    Cluster,
    active_cluster,
    find_cluster,
    invalid,
    listed,
    make_arn,
    missing,
    same_request,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse

_SETTINGS = ("roleArn", "targetRoleArn", "disableSessionTags", "policy")
_SUMMARY = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")


def install() -> None:
    @operation(EKSResponse, "CreatePodIdentityAssociation")
    def create(response: EKSResponse, p: Parameters) -> Answer:
        cluster = active_cluster(response, p["clusterName"])
        found = _of_account(cluster, p["namespace"], p["serviceAccount"])
        if found is not None and same_request(found, p):
            return {"association": found}
        if found is not None:
            refuse(
                "ResourceInUseException",
                f"Association already exists: {found['associationId']}",
                clusterName=cluster.name,
            )
        _check(response, p)
        return {"association": _make(response, cluster, p)}

    @operation(EKSResponse, "DescribePodIdentityAssociation")
    def describe(response: EKSResponse, p: Parameters) -> Answer:
        return {"association": _find(response, p)[1]}

    @operation(EKSResponse, "ListPodIdentityAssociations")
    def list_associations(response: EKSResponse, p: Parameters) -> Answer:
        found = [
            {name: one[name] for name in _SUMMARY if name in one}
            for one in find_cluster(response, p["clusterName"]).associations.values()
            if p.get("namespace") in (None, one["namespace"])
            and p.get("serviceAccount") in (None, one["serviceAccount"])
        ]
        return listed(p, found, "associations")

    @operation(EKSResponse, "UpdatePodIdentityAssociation")
    def update(response: EKSResponse, p: Parameters) -> Answer:
        _cluster, found = _find(response, p)
        _check(response, p)
        found.update({name: p[name] for name in _SETTINGS if name in p}, modifiedAt=utcnow())
        return {"association": found}

    @operation(EKSResponse, "DeletePodIdentityAssociation")
    def delete(response: EKSResponse, p: Parameters) -> Answer:
        cluster, found = _find(response, p)
        return {"association": cluster.associations.pop(found["associationId"])}


def of_addon(response: EKSResponse, cluster: Cluster, addon: Record, wanted: list[dict[str, Any]]) -> None:
    """The associations that belong to an add-on: exactly these."""
    mine = [one for one in cluster.associations.values() if one.get("ownerArn") == addon["addonArn"]]
    for one in mine:
        del cluster.associations[one["associationId"]]
    for asked in wanted:
        _make(response, cluster, {"namespace": "kube-system", **asked}, ownerArn=addon["addonArn"])
    addon["podIdentityAssociations"] = [
        one["associationArn"] for one in cluster.associations.values() if one.get("ownerArn") == addon["addonArn"]
    ]


def _of_account(cluster: Cluster, namespace: str, service_account: str) -> Record | None:
    return next(
        (
            one
            for one in cluster.associations.values()
            if (one["namespace"], one["serviceAccount"]) == (namespace, service_account)
        ),
        None,
    )


def _make(response: EKSResponse, cluster: Cluster, p: Parameters, **more: Any) -> Record:
    identifier = f"a-{uuid.uuid4().hex[:17]}"
    made = Record(
        clusterName=cluster.name,
        namespace=p["namespace"],
        serviceAccount=p["serviceAccount"],
        associationArn=make_arn(response, "podidentityassociation", cluster.name, identifier),
        associationId=identifier,
        disableSessionTags=False,
        tags=dict(p.get("tags") or {}),
        createdAt=utcnow(),
        modifiedAt=utcnow(),
        clientRequestToken=p.get("clientRequestToken"),
        **more,
    )
    made.update({name: p[name] for name in _SETTINGS if name in p})
    cluster.associations[identifier] = made
    return made


def _check(response: EKSResponse, p: Parameters) -> None:
    if p.get("roleArn") and find_role(response.current_account, p["roleArn"]) is None:
        invalid("Role provided in the request does not exist.")
    if p.get("policy") and not p.get("disableSessionTags"):
        invalid("A session policy requires session tags to be disabled.")


def _find(response: EKSResponse, p: Parameters) -> tuple[Cluster, Record]:
    cluster = find_cluster(response, p["clusterName"])
    found = cluster.associations.get(p["associationId"])
    if found is None:
        missing(f"No association found with associationId {p['associationId']}")
    return cluster, found
