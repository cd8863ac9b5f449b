# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EKS::Nodegroup: nodes that EKS makes, keeps and replaces."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..ecs.shape import shaped, to_api
from ..fixed_subnets import fixed_subnets, remark_on_subnets
from ..requests import unless
from ..shared import WRITE_ONLY
from .common import (
    CLUSTER_TYPE,
    IN_PROGRESS,
    TAG,
    UNTAG,
    UPDATES,
    YOUNG_ROLE,
    forgiving,
    kubernetes_version,
    parts,
    reason_of,
    refuse_downgrade,
)

#: Parameters of the create request by property.
_PARAMETERS = {
    "ClusterName": "clusterName",
    "NodegroupName": "nodegroupName",
    "NodeRole": "nodeRole",
    "Subnets": "subnets",
    "AmiType": "amiType",
    "CapacityType": "capacityType",
    "DiskSize": "diskSize",
    "InstanceTypes": "instanceTypes",
    "LaunchTemplate": "launchTemplate",
    "NodeRepairConfig": "nodeRepairConfig",
    "ReleaseVersion": "releaseVersion",
    "RemoteAccess": "remoteAccess",
    "ScalingConfig": "scalingConfig",
    "Taints": "taints",
    "UpdateConfig": "updateConfig",
    "Version": "version",
}


def _describe(scope: Scope, cluster: str, name: str) -> Item | None:
    answer = unless((), partial(scope.call, "eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name))
    if answer is None:
        return None
    return {
        **answer["nodegroup"],
        **UPDATES.read(scope, "nodegroupName", cluster, name),
        "isSurvey": not scope.ids,
    }


def list_nodegroups(scope: Scope) -> list[Item]:
    """The node groups of the clusters in scope."""
    return parts(scope, "/", "list_nodegroups", "nodegroups[]", partial(_describe, scope))


def without_desired(value: Any) -> Any:
    """A scaling configuration to compare: how many nodes there are is the autoscaler's, once there are any."""
    if not isinstance(value, Mapping):
        return value
    return {name: member for name, member in value.items() if name != "DesiredSize"}


def refuse_template(now: Any, wanted: Any) -> str:
    """Why nodes cannot come from another launch template; another version of it they can."""
    if all((now or {}).get(name) == value for name, value in (wanted or {}).items() if name != "Version"):
        return ""
    return "it cannot change to another launch template; describe a second node group and remove this one"


def _template(value: Mapping[str, Any]) -> dict[str, str]:
    """A launch template as requests take it, whose version is text."""
    return {name[:1].lower() + name[1:]: str(member) for name, member in value.items()}


def _parameter(work: Work, name: str) -> Any:
    value = work.get(name)
    return _template(value) if name == "LaunchTemplate" else to_api(value)


def creation(work: Work) -> dict[str, Any]:
    """The parameters that make a node group."""
    params = {param: _parameter(work, name) for name, param in _PARAMETERS.items() if work.get(name) is not None}
    if work.get("Labels"):
        params["labels"] = dict(work.get("Labels"))
    return {**params, "clientRequestToken": work.token, "tags": dict(work.tags)}


def scaling(work: Work) -> dict[str, Any]:
    """The bounds as stated around the number of nodes that there are."""
    stated, now = dict(work.get("ScalingConfig") or {}), work.existing.properties.get("ScalingConfig") or {}
    bounds = {**now, **stated}
    running = int(now.get("DesiredSize") or 0)
    return {
        "minSize": int(bounds["MinSize"]),
        "maxSize": int(bounds["MaxSize"]),
        "desiredSize": min(max(running, int(bounds["MinSize"])), int(bounds["MaxSize"])),
    }


def _labels(work: Work) -> dict[str, Any]:
    wanted, now = dict(work.get("Labels") or {}), dict(work.existing.properties.get("Labels") or {})
    return {
        "addOrUpdateLabels": {key: value for key, value in wanted.items() if now.get(key) != value},
        "removeLabels": sorted(set(now) - set(wanted)),
    }


def _taints(work: Work) -> dict[str, Any]:
    def named(taints: Any) -> dict[tuple[str, str], dict[str, Any]]:
        return {(taint["Key"], taint["Effect"]): dict(taint) for taint in taints or ()}

    wanted, now = named(work.get("Taints")), named(work.existing.properties.get("Taints"))
    changed = [taint for key, taint in wanted.items() if now.get(key) != taint]
    gone = [taint for key, taint in now.items() if key not in wanted]
    return {"addOrUpdateTaints": to_api(changed), "removeTaints": to_api(gone)}


def _names(work: Work) -> dict[str, str]:
    cluster, name = work.id.split("/", 1)
    return {"clusterName": cluster, "nodegroupName": name}


def _configure(work: Work) -> None:
    params: dict[str, Any] = {}
    if "ScalingConfig" in work.changed:
        params["scalingConfig"] = scaling(work)
    if "Labels" in work.changed:
        params["labels"] = _labels(work)
    if "Taints" in work.changed:
        params["taints"] = _taints(work)
    for name in ("UpdateConfig", "NodeRepairConfig"):
        if name in work.changed:
            params[_PARAMETERS[name]] = to_api(work.get(name))
    answer = work.call("eks", "update_nodegroup_config", **_names(work), **params)
    UPDATES.begun(work, answer, *work.id.split("/", 1))


def _renew(work: Work) -> None:
    stated = {
        _PARAMETERS[name]: _parameter(work, name)
        for name in ("Version", "ReleaseVersion", "LaunchTemplate")
        if name in work.changed and work.get(name) is not None
    }
    # Without it, EKS gives up when a pod's disruption budget does not let a node go.
    stated["force"] = bool(work.get("ForceUpdateEnabled", False))
    answer = work.call("eks", "update_nodegroup_version", **_names(work), **stated)
    UPDATES.begun(work, answer, *work.id.split("/", 1))


NODEGROUP = Kind(
    type="AWS::EKS::Nodegroup",
    service="eks",
    title="node group",
    template=Template(attributes={"AutoScalingGroupName": ""}, tag_map=True),
    id=lambda item: f"{item['clusterName']}/{item['nodegroupName']}",
    key=("ClusterName", "NodegroupName"),
    requires=(CLUSTER_TYPE,),
    list=list_nodegroups,
    properties={
        "ClusterName": Property("clusterName", immutable=True),
        "NodegroupName": Property("nodegroupName", immutable=True),
        "NodeRole": Property("nodeRole", immutable=True),
        "Subnets": fixed_subnets("subnets"),
        "AmiType": Property("amiType", immutable=True),
        "CapacityType": Property("capacityType", immutable=True),
        "DiskSize": Property("diskSize", immutable=True),
        "InstanceTypes": Property("instanceTypes", immutable=True),
        "RemoteAccess": Property(shaped("remoteAccess"), immutable=True, unordered=True),
        "ForceUpdateEnabled": WRITE_ONLY,
        "Labels": Property("labels", exact=True),
        "LaunchTemplate": Property(shaped("launchTemplate"), refuse=refuse_template),
        "NodeRepairConfig": Property(shaped("nodeRepairConfig"), unordered=True),
        "ReleaseVersion": Property("releaseVersion"),
        "ScalingConfig": Property(shaped("scalingConfig"), normalise=without_desired),
        "Taints": Property(shaped("taints"), exact=True, unordered=True),
        "UpdateConfig": Property(shaped("updateConfig")),
        "Version": Property("version", normalise=kubernetes_version, refuse=refuse_downgrade),
    },
    attributes={
        "Arn": Attribute("nodegroupArn"),
        "AutoScalingGroupName": Attribute("resources.autoScalingGroups[0].name"),
    },
    tags="tags",
    states=States(
        forgiving(("DEGRADED",)),
        ready=frozenset({"ACTIVE"}),
        failed=frozenset({"CREATE_FAILED", "DELETE_FAILED", "DEGRADED", "UPDATE_FAILED"}),
        leaving=frozenset({"DELETING"}),
        reason=reason_of,
        timeout=3600,
    ),
    create=Call("create_nodegroup", creation, item="nodegroup", retry_on=YOUNG_ROLE),
    updates=(
        Update(("ScalingConfig", "Labels", "Taints", "UpdateConfig", "NodeRepairConfig"), _configure),
        Update(("Version", "ReleaseVersion", "LaunchTemplate"), _renew),
    ),
    delete=Call("delete_nodegroup", _names),
    tag=TAG,
    untag=UNTAG,
    retry_on=IN_PROGRESS,
    remark=remark_on_subnets("Subnets"),
)
