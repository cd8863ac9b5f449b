# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes versions that EKS has, and those of its add-ons.

Source: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
"""

from __future__ import annotations

from typing import Any

#: Version -> end of standard support, end of extended support.
VERSIONS = {
    "1.32": ("2026-03-23", "2027-03-23"),
    "1.33": ("2026-07-29", "2027-07-29"),
    "1.34": ("2026-12-02", "2027-12-02"),
    "1.35": ("2027-03-27", "2028-03-27"),
    "1.36": ("2027-08-02", "2028-08-02"),
}
DEFAULT = "1.35"

#: Add-on -> its versions, newest first; `{minor}` is the cluster's.
_ADDONS = {
    "aws-ebs-csi-driver": ("v1.55.0-eksbuild.1", "v1.54.0-eksbuild.1"),
    "aws-efs-csi-driver": ("v2.1.15-eksbuild.1",),
    "amazon-cloudwatch-observability": ("v4.8.0-eksbuild.1", "v4.7.0-eksbuild.1"),
    "coredns": ("v1.13.1-eksbuild.1", "v1.12.4-eksbuild.1"),
    "eks-pod-identity-agent": ("v1.3.10-eksbuild.2", "v1.3.9-eksbuild.5"),
    "external-dns": ("v0.19.0-eksbuild.2",),
    "kube-proxy": ("v{minor}.2-eksbuild.1", "v{minor}.0-eksbuild.2"),
    "metrics-server": ("v0.8.1-eksbuild.1", "v0.8.0-eksbuild.6"),
    "vpc-cni": ("v1.21.1-eksbuild.3", "v1.20.4-eksbuild.2"),
}
#: They run as Deployments, which want a node.
WANT_NODES = frozenset(
    {
        "aws-ebs-csi-driver",
        "aws-efs-csi-driver",
        "amazon-cloudwatch-observability",
        "coredns",
        "external-dns",
        "metrics-server",
    }
)


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def addon_versions(name: str, cluster_version: str) -> list[str]:
    """The versions of an add-on for a cluster's version, the default first; empty for an unknown one."""
    return [version.format(minor=cluster_version) for version in _ADDONS.get(name, ())]


def described(name: str | None, cluster_version: str | None) -> list[dict[str, Any]]:
    """What DescribeAddonVersions answers."""
    wanted = [cluster_version] if cluster_version else list(VERSIONS)
    found = []
    for addon in [name] if name else sorted(_ADDONS):
        compatible: dict[str, list[dict[str, Any]]] = {}
        for version in wanted:
            for index, addon_version in enumerate(addon_versions(addon, version)):
                compatible.setdefault(addon_version, []).append(
                    {"clusterVersion": version, "platformVersions": ["*"], "defaultVersion": index == 0}
                )
        found.append(
            {
                "addonName": addon,
                "type": "networking",
                "owner": "aws",
                "publisher": "eks",
                "addonVersions": [
                    {"addonVersion": version, "architecture": ["amd64", "arm64"], "compatibilities": pairs}
                    for version, pairs in compatible.items()
                ],
            }
        )
    return found
