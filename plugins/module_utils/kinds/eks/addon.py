# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EKS::Addon: what AWS installs into a cluster and keeps going."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ..ecs.shape import to_api
from ..requests import unless
from ..shared import WRITE_ONLY, json_document, json_text
from .common import CLUSTER_TYPE, IN_PROGRESS, TAG, UNTAG, UPDATES, YOUNG_ROLE, forgiving, parts, reason_of

#: Parameters of both requests by property.
_PARAMETERS = {
    "AddonVersion": "addonVersion",
    "ResolveConflicts": "resolveConflicts",
    "ServiceAccountRoleArn": "serviceAccountRoleArn",
    "PodIdentityAssociations": "podIdentityAssociations",
}


def _describe(scope: Scope, cluster: str, name: str) -> Item | None:
    answer = unless((), partial(scope.call, "eks", "describe_addon", clusterName=cluster, addonName=name))
    if answer is None:
        return None
    return {**answer["addon"], **UPDATES.read(scope, "addonName", cluster, name), "isSurvey": not scope.ids}


def list_addons(scope: Scope) -> list[Item]:
    """The add-ons of the clusters in scope."""
    return parts(scope, "|", "list_addons", "addons[]", partial(_describe, scope))


def _settings(work: Work) -> dict[str, Any]:
    params = {param: to_api(work.get(name)) for name, param in _PARAMETERS.items() if work.get(name) is not None}
    if "ConfigurationValues" in work.desired:
        params["configurationValues"] = json_text(work.get("ConfigurationValues") or "")
    return params


def creation(work: Work) -> dict[str, Any]:
    """The parameters that install an add-on."""
    params = {"clusterName": work.desired["ClusterName"], "addonName": work.desired["AddonName"], **_settings(work)}
    if work.get("NamespaceConfig"):
        params["namespaceConfig"] = to_api(work.get("NamespaceConfig"))
    return {**params, "clientRequestToken": work.token, "tags": dict(work.tags)}


def _names(work: Work) -> dict[str, str]:
    cluster, name = work.id.split("|", 1)
    return {"clusterName": cluster, "addonName": name}


def _update(work: Work) -> None:
    params = _settings(work)
    # An update without the role keeps it.
    answer = work.call("eks", "update_addon", **_names(work), **params)
    UPDATES.begun(work, answer, *work.id.split("|", 1))


def _remove(work: Work) -> dict[str, Any]:
    return {**_names(work), "preserve": bool(work.get("PreserveOnDelete", False))}


ADDON = Kind(
    type="AWS::EKS::Addon",
    service="eks",
    title="EKS add-on",
    id=lambda item: f"{item['clusterName']}|{item['addonName']}",
    key=("ClusterName", "AddonName"),
    requires=(CLUSTER_TYPE,),
    list=list_addons,
    properties={
        "ClusterName": Property("clusterName", immutable=True),
        "AddonName": Property("addonName", immutable=True),
        "NamespaceConfig": Property(
            lambda item: {"Namespace": (item.get("namespaceConfig") or {}).get("namespace")}, immutable=True
        ),
        "AddonVersion": Property("addonVersion"),
        "ConfigurationValues": Property("configurationValues", exact=True, normalise=json_document, unstated="{}"),
        "ServiceAccountRoleArn": Property("serviceAccountRoleArn"),
        "PodIdentityAssociations": WRITE_ONLY,
        "PreserveOnDelete": WRITE_ONLY,
        "ResolveConflicts": WRITE_ONLY,
    },
    attributes={
        "Arn": Attribute("addonArn"),
    },
    tags="tags",
    states=States(
        # An add-on without nodes to run on is degraded until there are some.
        forgiving(("DEGRADED", "UPDATE_FAILED")),
        ready=frozenset({"ACTIVE"}),
        failed=frozenset({"CREATE_FAILED", "DELETE_FAILED", "DEGRADED", "UPDATE_FAILED"}),
        leaving=frozenset({"DELETING"}),
        reason=reason_of,
        timeout=1800,
    ),
    create=Call("create_addon", creation, item="addon", retry_on=YOUNG_ROLE),
    updates=(Update(("AddonVersion", "ConfigurationValues", "ServiceAccountRoleArn"), _update),),
    delete=Call("delete_addon", _remove),
    tag=TAG,
    untag=UNTAG,
    retry_on=IN_PROGRESS,
)
