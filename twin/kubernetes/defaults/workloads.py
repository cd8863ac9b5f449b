# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Defaults of the apps group."""

from __future__ import annotations

from twin.kubernetes.defaults.core import default, persistent_volume_claim, pod_template
from twin.kubernetes.values import Object


def deployment(value: Object) -> None:
    spec = value.setdefault("spec", {})
    default(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = spec.setdefault("strategy", {})
    default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        default(strategy.setdefault("rollingUpdate", {}), maxUnavailable="25%", maxSurge="25%")
    pod_template(spec.get("template"))


def replica_set(value: Object) -> None:
    spec = value.setdefault("spec", {})
    default(spec, replicas=1)
    pod_template(spec.get("template"))


def stateful_set(value: Object) -> None:
    spec = value.setdefault("spec", {})
    default(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady")
    default(spec, persistentVolumeClaimRetentionPolicy={})
    default(spec["persistentVolumeClaimRetentionPolicy"], whenDeleted="Retain", whenScaled="Retain")
    strategy = spec.setdefault("updateStrategy", {})
    default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        default(strategy.setdefault("rollingUpdate", {}), partition=0)
    for claim in spec.get("volumeClaimTemplates", []):
        default(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        persistent_volume_claim(claim)
        default(claim, status={"phase": "Pending"})
    pod_template(spec.get("template"))


def daemon_set(value: Object) -> None:
    spec = value.setdefault("spec", {})
    default(spec, revisionHistoryLimit=10)
    strategy = spec.setdefault("updateStrategy", {})
    default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        default(strategy.setdefault("rollingUpdate", {}), maxUnavailable=1, maxSurge=0)
    pod_template(spec.get("template"))
