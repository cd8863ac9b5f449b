# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an object must fulfil beyond its schema, by kind."""

from __future__ import annotations

from collections.abc import Callable

from twin.kubernetes.errors import FieldError
from twin.kubernetes.resources import Resource
from twin.kubernetes.validation import (
    access,
    batch,
    core,
    definitions,
    metadata,
    network,
    pods,
    presence,
    scaling,
    workloads,
)
from twin.kubernetes.values import Object

Check = Callable[[Object, Object | None], list[FieldError]]

_BY_KIND: dict[tuple[str, str], Check] = {
    ("", "Pod"): pods.pod,
    ("", "Service"): network.service,
    ("", "ConfigMap"): core.config_map,
    ("", "Secret"): core.secret,
    ("", "PersistentVolumeClaim"): core.claim,
    ("", "ResourceQuota"): core.quota,
    ("", "LimitRange"): core.limit_range,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): batch.job,
    ("batch", "CronJob"): batch.cron_job,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("networking.k8s.io", "NetworkPolicy"): network.network_policy,
    ("autoscaling", "HorizontalPodAutoscaler"): scaling.autoscaler,
    ("policy", "PodDisruptionBudget"): scaling.disruption_budget,
    ("rbac.authorization.k8s.io", "Role"): access.role,
    ("rbac.authorization.k8s.io", "ClusterRole"): access.role,
    ("rbac.authorization.k8s.io", "RoleBinding"): access.binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): access.binding,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.definition,
}


def check(resource: Resource, value: Object, old: Object | None) -> list[FieldError]:
    """Every mistake in an object of a built-in kind; ``old`` is what it replaces."""
    group, kind = resource.group, resource.kind
    errors = metadata.check(group, kind, value, old, resource.namespaced)
    if checker := _BY_KIND.get((group, kind)):
        return errors + checker(value, old)
    return errors + presence.missing(resource.schema, value)
