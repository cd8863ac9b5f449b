# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which groups, versions and resources there are, in the old form and the aggregated one."""

from __future__ import annotations

from typing import Any

from twin.kubernetes.resources import Resource, Resources
from twin.kubernetes.values import Object

_SUB_KINDS: dict[str, tuple[str, str, str]] = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "token": ("authentication.k8s.io", "v1", "TokenRequest"),
    "binding": ("", "v1", "Binding"),
}
_SUB_VERBS = {
    "log": ["get"],
    "eviction": ["create"],
    "token": ["create"],
    "binding": ["create"],
    "finalize": ["update"],
}
_COMMON = ["get", "patch", "update"]
Extra = dict[tuple[str, str], list[Object]]
"""Resources of aggregated APIs by group and version, as an APIResourceList has them."""


def versions(server: str) -> Object:
    """``/api``."""
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": server}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def _all_versions(resources: Resources, extra: Extra) -> dict[str, list[str]]:
    found = resources.group_versions()
    for group, version in extra:
        found.setdefault(group, []).append(version)
    return {name: each for name, each in found.items() if name}


def group(name: str, group_versions: list[str]) -> Object:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in group_versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def groups(resources: Resources, extra: Extra) -> Object:
    """``/apis``."""
    listed = [group(name, found) for name, found in _all_versions(resources, extra).items()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def one_group(resources: Resources, extra: Extra, name: str) -> Object | None:
    """``/apis/GROUP``."""
    found = _all_versions(resources, extra).get(name)
    return {"kind": "APIGroup", "apiVersion": "v1", **group(name, found)} if found else None


def resource_list(resources: Resources, extra: Extra, group: str, version: str) -> Object | None:
    """``/apis/GROUP/VERSION``."""
    found = [entry for each in resources.of(group, version) for entry in _entries(each)]
    found += extra.get((group, version), [])
    if not found:
        return None
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": found}


def _entries(resource: Resource) -> list[Object]:
    entry: Object = {
        "name": resource.plural,
        "singularName": resource.singular_name,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short:
        entry["shortNames"] = list(resource.short)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    made = [entry]
    for name in resource.subresources:
        sub: Object = {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": _SUB_VERBS.get(name, _COMMON),
        }
        if name in _SUB_KINDS:
            sub["group"], sub["version"], sub["kind"] = _SUB_KINDS[name]
        made.append(sub)
    return made


def aggregated(resources: Resources, extra: Extra, core: bool, version: str = "v2") -> Object:
    """``/api`` and ``/apis`` for clients that take everything at once."""
    found = {"": ["v1"]} if core else _all_versions(resources, extra)
    items = []
    for name, group_versions in found.items():
        listed = []
        for each in group_versions:
            entries = resource_list(resources, extra, name, each)
            listed.append({"version": each, "resources": _aggregate(entries, name, each), "freshness": "Current"})
        metadata: dict[str, Any] = {"creationTimestamp": None}
        items.append({"metadata": metadata | ({"name": name} if name else {}), "versions": listed})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }


def _aggregate(entries: Object | None, group: str, version: str) -> list[Object]:
    made: dict[str, Object] = {}
    for entry in (entries or {}).get("resources", []):
        name, _, sub = entry["name"].partition("/")
        kind = {
            "group": entry.get("group", group),
            "version": entry.get("version", version),
            "kind": entry["kind"],
        }
        if sub and name in made:
            listed = {"subresource": sub, "responseKind": kind, "verbs": entry["verbs"]}
            made[name].setdefault("subresources", []).append(listed)
            continue
        made[entry["name"]] = {
            "resource": entry["name"],
            "responseKind": kind,
            "scope": "Namespaced" if entry["namespaced"] else "Cluster",
            "singularResource": entry["singularName"],
            "verbs": entry["verbs"],
        }
        for key in ("shortNames", "categories"):
            if key in entry:
                made[entry["name"]][key] = entry[key]
    return list(made.values())
