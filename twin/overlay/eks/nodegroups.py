# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Managed node groups: nodes that join when their role and the cluster's network let them."""

from __future__ import annotations

import re
import uuid
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.eks.responses import EKSResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import Record, proceed
from twin.overlay.eks import access, addons, servers, versions
from twin.overlay.eks.roles import check_role, find_role, has_policy
from twin.overlay.eks.store import (
    Answer,
    Cluster,
    active_cluster,
    begin,
    find_cluster,
    invalid,
    listed,
    make_arn,
    missing,
    same_request,
)
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

_EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")


def install(world: World) -> None:
    _make(world)
    _read()
    _change(world)

    @operation(EKSResponse, "DeleteNodegroup")
    def delete(response: EKSResponse, p: Parameters) -> Answer:
        cluster, group = _find(response, p)
        if group["status"] in ("CREATING", "UPDATING"):
            refuse(
                "ResourceInUseException",
                f"Nodegroup cannot be deleted because cluster {cluster.name} currently has an update in progress",
                clusterName=cluster.name,
                nodegroupName=group["nodegroupName"],
            )
        group["status"] = "DELETING"

        def finish() -> None:
            cluster.nodegroups.pop(group["nodegroupName"], None)
            if not any(one["nodeRole"] == group["nodeRole"] for one in cluster.nodegroups.values()):
                access.dismiss_nodes(cluster, group["nodeRole"])
            servers.settle_nodes(cluster)

        proceed(world, group, world.delay("eks.nodegroup.delete"), finish)
        return {"nodegroup": group}


def _find(response: EKSResponse, p: Parameters) -> tuple[Cluster, Record]:
    cluster = find_cluster(response, p["clusterName"])
    group = cluster.nodegroups.get(p["nodegroupName"])
    if group is None:
        missing(f"No node group found for name: {p['nodegroupName']}.", nodegroupName=p["nodegroupName"])
    return cluster, group


def _make(world: World) -> None:
    @operation(EKSResponse, "CreateNodegroup")
    def create(response: EKSResponse, p: Parameters) -> Answer:
        cluster, name = active_cluster(response, p["clusterName"]), p["nodegroupName"]
        old = cluster.nodegroups.get(name)
        if old is not None and same_request(old, p):
            return {"nodegroup": old}
        if old is not None:
            refuse(
                "ResourceInUseException",
                f"NodeGroup already exists with name {name} and cluster name {cluster.name}",
                clusterName=cluster.name,
                nodegroupName=name,
            )
        if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,62}", name):
            invalid(f"The nodegroup name {name!r} is not allowed", nodegroupName=name)
        template = p.get("launchTemplate")
        if template and p.get("diskSize"):
            invalid("Disk size must be specified within the launch template.", nodegroupName=name)
        if template and p.get("remoteAccess"):
            invalid("Remote access configuration cannot be specified with a launch template.", nodegroupName=name)
        version = p.get("version") or cluster.record["version"]
        _check_version(cluster, version)
        check_role(response, p["nodeRole"], "ec2.amazonaws.com")
        _, unknown = _lookups.subnets(response.current_account, response.region, p["subnets"])
        if unknown:
            invalid(f"The subnet ID '{unknown[0]}' does not exist", nodegroupName=name)
        if p.get("capacityType") == "CAPACITY_BLOCK" and not template:
            invalid("CAPACITY_BLOCK requires a launch template", nodegroupName=name)
        mark = str(uuid.uuid4())
        group = Record(
            nodegroupName=name,
            nodegroupArn=make_arn(response, "nodegroup", cluster.name, name, mark),
            clusterName=cluster.name,
            version=version,
            releaseVersion=p.get("releaseVersion") or f"{version}.2-20261101",
            createdAt=utcnow(),
            modifiedAt=utcnow(),
            status="CREATING",
            capacityType=p.get("capacityType") or "ON_DEMAND",
            scalingConfig=_scaling(p.get("scalingConfig") or {}, {"minSize": 1, "maxSize": 2, "desiredSize": 2}),
            subnets=list(p["subnets"]),
            amiType=p.get("amiType") or "AL2023_x86_64_STANDARD",
            nodeRole=p["nodeRole"],
            labels=dict(p.get("labels") or {}),
            taints=_taints(p.get("taints") or []),
            resources={"autoScalingGroups": [{"name": f"eks-{name}-{mark}"}]},
            health={"issues": []},
            updateConfig=dict(p.get("updateConfig") or {"maxUnavailable": 1}),
            tags=dict(p.get("tags") or {}),
            clientRequestToken=p.get("clientRequestToken"),
        )
        if template:
            group["launchTemplate"] = _template(response, template)
        else:
            group["diskSize"] = p.get("diskSize") or 20
        if p.get("instanceTypes") or not template:
            group["instanceTypes"] = list(p.get("instanceTypes") or ["t3.medium"])
        for member in ("remoteAccess", "nodeRepairConfig"):
            if p.get(member):
                group[member] = p[member]
        cluster.nodegroups[name] = group
        access.admit_nodes(response, cluster, p["nodeRole"])
        proceed(world, group, world.delay("eks.nodegroup.create"), lambda: _join(cluster, group))
        return {"nodegroup": group}


def _template(response: EKSResponse, asked: dict[str, str]) -> dict[str, str]:
    """A launch template that exists, in a version that it has, by both its names."""
    ec2 = ec2_backends[response.current_account][response.region]
    found = next(
        (
            one
            for one in ec2.launch_templates.values()
            if asked.get("id") in (one.id, None) and asked.get("name") in (one.name, None)
        ),
        None,
    )
    if found is None:
        invalid(f"Launch template details can't be null for {asked.get('id') or asked.get('name')}")
    version = asked.get("version") or str(found.default_version_number)
    if version.isdigit() and not 1 <= int(version) <= len(found.versions):
        invalid(f"Launch template {found.id} has no version {version}")
    return {"id": found.id, "name": found.name, "version": version}


def _join(cluster: Cluster, group: Record) -> None:
    """Nodes join with the worker policy, and are ready with a network plug-in."""
    account = cluster.record["account"]
    role = find_role(account, group["nodeRole"])
    wrong = ""
    if role is None or not (
        has_policy(role, "AmazonEKSWorkerNodePolicy") or has_policy(role, "AmazonEKSWorkerNodeMinimalPolicy")
    ):
        wrong = "Instances failed to join the kubernetes cluster"
    elif not cluster.record["selfManaged"] and "vpc-cni" not in cluster.addons:
        wrong = "Unhealthy nodes in the kubernetes cluster"
    if wrong:
        group["status"] = "CREATE_FAILED"
        group["health"] = {"issues": [{"code": "NodeCreationFailure", "message": wrong, "resourceIds": []}]}
        return
    group["status"] = "ACTIVE"
    addons.settle(cluster)
    servers.settle_nodes(cluster)


def _become(cluster: Cluster, group: Record, wanted: dict[str, Any]) -> None:
    group.update(wanted)
    servers.settle_nodes(cluster)


def _check_version(cluster: Cluster, version: str) -> None:
    now = cluster.record["version"]
    if version not in versions.VERSIONS or versions.number(version) > versions.number(now):
        invalid(f"Requested Nodegroup release version {version} is invalid for the cluster version {now}")


def _scaling(asked: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    wanted = {**now, **asked}
    least, most, desired = wanted["minSize"], wanted["maxSize"], wanted["desiredSize"]
    if "desiredSize" not in asked and asked:
        desired = wanted["desiredSize"] = max(least, min(desired, most))
    if not 0 <= least <= most or most < 1:
        invalid(f"Minimum capacity {least} can't be greater than maximum size {most}")
    if not least <= desired <= most:
        invalid(f"desired capacity {desired} must be between min size {least} and max size {most}")
    return wanted


def _taints(asked: list[dict[str, str]]) -> list[dict[str, str]]:
    for taint in asked:
        if taint.get("effect") not in _EFFECTS:
            invalid(f"Invalid taint effect {taint.get('effect')}")
    return [dict(taint) for taint in asked]


def _read() -> None:
    @operation(EKSResponse, "DescribeNodegroup")
    def describe(response: EKSResponse, p: Parameters) -> Answer:
        return {"nodegroup": _find(response, p)[1]}

    @operation(EKSResponse, "ListNodegroups")
    def list_nodegroups(response: EKSResponse, p: Parameters) -> Answer:
        return listed(p, sorted(find_cluster(response, p["clusterName"]).nodegroups), "nodegroups")


def _change(world: World) -> None:
    @operation(EKSResponse, "UpdateNodegroupConfig")
    def configure(response: EKSResponse, p: Parameters) -> Answer:
        cluster, group = _find(response, p)
        wanted: dict[str, Any] = {}
        if p.get("scalingConfig"):
            wanted["scalingConfig"] = _scaling(p["scalingConfig"], group["scalingConfig"])
        if p.get("labels"):
            gone = p["labels"].get("removeLabels") or []
            kept = {key: value for key, value in group["labels"].items() if key not in gone}
            wanted["labels"] = {**kept, **(p["labels"].get("addOrUpdateLabels") or {})}
        if p.get("taints"):
            added = _taints(p["taints"].get("addOrUpdateTaints") or [])
            names = {(one["key"], one["effect"]) for one in [*added, *(p["taints"].get("removeTaints") or [])]}
            kept_taints = [one for one in group["taints"] if (one["key"], one["effect"]) not in names]
            wanted["taints"] = kept_taints + added
        for member in ("updateConfig", "nodeRepairConfig"):
            if p.get(member):
                wanted[member] = p[member]
        if not wanted:
            invalid("No changes needed for nodegroup", nodegroupName=group["nodegroupName"])
        return begin(
            world, cluster, group, "ConfigUpdate", {}, "eks.nodegroup.update", lambda: _become(cluster, group, wanted)
        )

    @operation(EKSResponse, "UpdateNodegroupVersion")
    def renew(response: EKSResponse, p: Parameters) -> Answer:
        cluster, group = _find(response, p)
        version = p.get("version") or (group["version"] if p.get("launchTemplate") else cluster.record["version"])
        _check_version(cluster, version)
        if versions.number(version) < versions.number(group["version"]):
            invalid(f"Nodegroup Kubernetes version {group['version']} cannot be downgraded to {version}")
        wanted: dict[str, Any] = {"version": version}
        wanted["releaseVersion"] = p.get("releaseVersion") or f"{version}.2-20261101"
        if p.get("launchTemplate"):
            old = group.get("launchTemplate")
            asked = {key: value for key, value in p["launchTemplate"].items() if key in ("id", "name")}
            if old is None or any(old.get(key, value) != value for key, value in asked.items()):
                invalid("You cannot specify a different launch template from the nodegroup's")
            wanted["launchTemplate"] = _template(response, {**old, **p["launchTemplate"]})
        shown = {"Version": version, "ReleaseVersion": wanted["releaseVersion"]}
        return begin(
            world,
            cluster,
            group,
            "VersionUpdate",
            shown,
            "eks.nodegroup.update",
            lambda: _become(cluster, group, wanted),
        )
