# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Add-ons: installed at AWS's version unless one is named, degraded while they have no node to run on."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.eks import associations, versions
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

_NO_NODES = {
    "code": "InsufficientNumberOfReplicas",
    "message": "The add-on is unhealthy because it doesn't have the desired number of replicas.",
    "resourceIds": [],
}


def install(world: World) -> None:
    _make(world)
    _read()

    @operation(EKSResponse, "UpdateAddon")
    def update(response: EKSResponse, p: Parameters) -> Answer:
        cluster, addon = _find(response, p)
        wanted: dict[str, Any] = {
            member: p[member]
            for member in ("addonVersion", "serviceAccountRoleArn", "configurationValues")
            if member in p
        }
        if "addonVersion" in wanted:
            _check_version(addon["addonName"], wanted["addonVersion"], cluster)
        _check_values(wanted.get("configurationValues"))
        if p.get("podIdentityAssociations") is not None:
            associations.of_addon(response, cluster, addon, p["podIdentityAssociations"])

        def change() -> None:
            addon.update(wanted)

        return begin(world, cluster, addon, "AddonUpdate", {}, "eks.addon", change)

    @operation(EKSResponse, "DeleteAddon")
    def delete(response: EKSResponse, p: Parameters) -> Answer:
        cluster, addon = _find(response, p)
        addon["status"] = "DELETING"

        def finish() -> None:
            cluster.addons.pop(addon["addonName"], None)
            associations.of_addon(response, cluster, addon, [])

        proceed(world, addon, world.delay("eks.addon"), finish)
        return {"addon": addon}

    @operation(EKSResponse, "DescribeAddonVersions")
    def describe_versions(response: EKSResponse, p: Parameters) -> Answer:
        found = versions.described(p.get("addonName"), p.get("kubernetesVersion"))
        if p.get("addonName") and not any(one["addonVersions"] for one in found):
            missing(f"Addon {p['addonName']} specified is not supported")
        return listed(p, found, "addons")


def _find(response: EKSResponse, p: Parameters) -> tuple[Cluster, Record]:
    cluster = find_cluster(response, p["clusterName"])
    addon = cluster.addons.get(p["addonName"])
    if addon is None:
        missing(f"No addon: {p['addonName']} found in cluster: {cluster.name}", addonName=p["addonName"])
    return cluster, addon


def _make(world: World) -> None:
    @operation(EKSResponse, "CreateAddon")
    def create(response: EKSResponse, p: Parameters) -> Answer:
        cluster, name = active_cluster(response, p["clusterName"]), p["addonName"]
        old = cluster.addons.get(name)
        if old is not None and same_request(old, p):
            return {"addon": old}
        if old is not None:
            refuse("ResourceInUseException", "Addon already exists.", clusterName=cluster.name, addonName=name)
        there = versions.addon_versions(name, cluster.record["version"])
        if not there:
            invalid(f"Addon {name} specified is not supported", addonName=name)
        if p.get("addonVersion"):
            _check_version(name, p["addonVersion"], cluster)
        _check_values(p.get("configurationValues"))
        addon = Record(
            addonName=name,
            clusterName=cluster.name,
            status="CREATING",
            addonVersion=p.get("addonVersion") or there[0],
            health={"issues": []},
            addonArn=make_arn(response, "addon", cluster.name, name, str(uuid.uuid4())),
            createdAt=utcnow(),
            modifiedAt=utcnow(),
            tags=dict(p.get("tags") or {}),
            clientRequestToken=p.get("clientRequestToken"),
        )
        for member in ("serviceAccountRoleArn", "configurationValues", "namespaceConfig"):
            if p.get(member):
                addon[member] = p[member]
        cluster.addons[name] = addon
        associations.of_addon(response, cluster, addon, p.get("podIdentityAssociations") or [])

        def finish() -> None:
            addon["status"] = "ACTIVE"
            settle(cluster)

        proceed(world, addon, world.delay("eks.addon"), finish)
        return {"addon": addon}


def settle(cluster: Cluster) -> None:
    """Add-ons that want nodes are degraded without any, and recover when there are some."""
    nodes = any(group["status"] in ("ACTIVE", "UPDATING") for group in cluster.nodegroups.values())
    for addon in cluster.addons.values():
        if addon["addonName"] not in versions.WANT_NODES or addon["status"] not in ("ACTIVE", "DEGRADED"):
            continue
        addon["status"] = "ACTIVE" if nodes else "DEGRADED"
        addon["health"] = {"issues": [] if nodes else [_NO_NODES]}


def _check_version(name: str, version: str, cluster: Cluster) -> None:
    if version not in versions.addon_versions(name, cluster.record["version"]):
        invalid(f"Addon version specified is not supported: {name} {version}", addonName=name)


def _check_values(text: str | None) -> None:
    if not text:
        return
    try:
        json.loads(text)
    except ValueError:
        invalid("ConfigurationValue is not in a valid JSON format")


def _read() -> None:
    @operation(EKSResponse, "DescribeAddon")
    def describe(response: EKSResponse, p: Parameters) -> Answer:
        return {"addon": _find(response, p)[1]}

    @operation(EKSResponse, "ListAddons")
    def list_addons(response: EKSResponse, p: Parameters) -> Answer:
        return listed(p, sorted(find_cluster(response, p["clusterName"]).addons), "addons")
