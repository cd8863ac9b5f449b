# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API fills in, by kind, so that an object that is applied twice does not change.

The values are those of Kubernetes' pkg/apis/*/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Callable

from twin.kubernetes.defaults import batch, core, scaling, workloads
from twin.kubernetes.values import Object

_BY_KIND: dict[tuple[str, str], Callable[[Object], None]] = {
    ("", "Pod"): lambda value: core.pod_spec(value["spec"]),
    ("", "PodTemplate"): lambda value: core.pod_template(value.get("template")),
    ("", "Service"): core.service,
    ("", "Secret"): core.secret,
    ("", "Namespace"): core.namespace,
    ("", "Node"): core.node,
    ("", "Endpoints"): core.endpoints,
    ("", "LimitRange"): core.limit_range,
    ("", "PersistentVolume"): core.persistent_volume,
    ("", "PersistentVolumeClaim"): core.persistent_volume_claim,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): batch.job,
    ("batch", "CronJob"): batch.cron_job,
    ("autoscaling", "HorizontalPodAutoscaler"): scaling.autoscaler,
    ("networking.k8s.io", "NetworkPolicy"): scaling.network_policy,
    ("storage.k8s.io", "StorageClass"): scaling.storage_class,
    ("rbac.authorization.k8s.io", "RoleBinding"): scaling.binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): scaling.binding,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): scaling.definition,
}


def fill(group: str, kind: str, value: Object) -> None:
    """Fill in the defaults of a built-in kind, in place."""
    if filler := _BY_KIND.get((group, kind)):
        filler(value)
