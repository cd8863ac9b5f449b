# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The resources that a cluster serves: the built-in ones as a table, custom ones as they are defined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twin.kubernetes.schemas import Schema
from twin.kubernetes.store import Bucket
from twin.kubernetes.values import Object

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
GENERAL_FIELDS = frozenset({"metadata.name", "metadata.namespace"})


@dataclass(frozen=True)
class Resource:
    """One resource in one version of its group."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    singular: str = ""
    list_kind: str = ""
    fields: frozenset[str] = GENERAL_FIELDS
    definition: str = ""
    schema: Schema = field(default_factory=dict, compare=False, repr=False)
    custom: Object | None = field(default=None, compare=False, repr=False)
    """The version of the CustomResourceDefinition, for custom resources."""
    store_version: str = ""
    """The version in which objects are kept, where it is not this one."""
    convert: tuple[Callable[[Object], Object], Callable[[Object], Object]] | None = field(default=None, compare=False)
    """From the kept version to this one, and back."""

    @property
    def bucket(self) -> Bucket:
        return self.group, self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular_name(self) -> str:
        return self.singular or self.kind.lower()

    @property
    def lists(self) -> str:
        return self.list_kind or f"{self.kind}List"

    @property
    def has_status(self) -> bool:
        return "status" in self.subresources


def _row(group: str, version: str, kind: str, plural: str, short: str = "", sub: str = "", **more: Any) -> Resource:
    fields = GENERAL_FIELDS | set(more.pop("selectable", "").split())
    categories = tuple(more.pop("categories", "").split())
    return Resource(
        group,
        version,
        kind,
        plural,
        short=tuple(short.split()),
        subresources=tuple(sub.split()),
        fields=frozenset(fields),
        categories=categories,
        **more,
    )


_EVENT_FIELDS = (
    "involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid involvedObject.apiVersion "
    "involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source type"
)
_POD_FIELDS = (
    "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase "
    "status.podIP status.nominatedNodeName"
)
_ONLY_CREATE = {"verbs": ("create",)}
_APPS, _RBAC, _NET, _STORAGE = "apps", "rbac.authorization.k8s.io", "networking.k8s.io", "storage.k8s.io"

BUILT_IN: tuple[Resource, ...] = (
    _row("", "v1", "Namespace", "namespaces", "ns", "status finalize", namespaced=False, selectable="status.phase"),
    _row("", "v1", "Node", "nodes", "no", "status", namespaced=False, selectable="spec.unschedulable"),
    _row(
        "",
        "v1",
        "Pod",
        "pods",
        "po",
        "status log eviction binding ephemeralcontainers",
        categories="all",
        selectable=_POD_FIELDS,
    ),
    _row("", "v1", "PodTemplate", "podtemplates"),
    _row("", "v1", "Service", "services", "svc", "status", categories="all", selectable="spec.clusterIP spec.type"),
    _row("", "v1", "Endpoints", "endpoints", "ep", singular="endpoints"),
    _row("", "v1", "ConfigMap", "configmaps", "cm"),
    _row("", "v1", "Secret", "secrets", selectable="type"),
    _row("", "v1", "ServiceAccount", "serviceaccounts", "sa", "token"),
    _row("", "v1", "Event", "events", "ev", selectable=_EVENT_FIELDS),
    _row("", "v1", "PersistentVolume", "persistentvolumes", "pv", "status", namespaced=False),
    _row("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "status"),
    _row("", "v1", "LimitRange", "limitranges", "limits"),
    _row("", "v1", "ResourceQuota", "resourcequotas", "quota", "status"),
    _row(_APPS, "v1", "Deployment", "deployments", "deploy", "status scale", categories="all"),
    _row(
        _APPS, "v1", "ReplicaSet", "replicasets", "rs", "status scale", categories="all", selectable="status.replicas"
    ),
    _row(_APPS, "v1", "StatefulSet", "statefulsets", "sts", "status scale", categories="all"),
    _row(_APPS, "v1", "DaemonSet", "daemonsets", "ds", "status", categories="all"),
    _row(_APPS, "v1", "ControllerRevision", "controllerrevisions"),
    _row("batch", "v1", "Job", "jobs", sub="status", categories="all", selectable="status.successful"),
    _row("batch", "v1", "CronJob", "cronjobs", "cj", "status", categories="all"),
    _row("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "status", categories="all"),
    _row("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "status", categories="all"),
    _row(_NET, "v1", "Ingress", "ingresses", "ing", "status"),
    _row(_NET, "v1", "IngressClass", "ingressclasses", namespaced=False),
    _row(_NET, "v1", "NetworkPolicy", "networkpolicies", "netpol"),
    _row("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", "status"),
    _row(_RBAC, "v1", "Role", "roles"),
    _row(_RBAC, "v1", "RoleBinding", "rolebindings"),
    _row(_RBAC, "v1", "ClusterRole", "clusterroles", namespaced=False),
    _row(_RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    _row(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "crd crds",
        "status",
        namespaced=False,
        categories="api-extensions",
    ),
    _row("apiregistration.k8s.io", "v1", "APIService", "apiservices", sub="status", namespaced=False),
    _row("coordination.k8s.io", "v1", "Lease", "leases"),
    _row("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    _row("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", "pc", namespaced=False),
    _row(_STORAGE, "v1", "StorageClass", "storageclasses", "sc", namespaced=False),
    _row(_STORAGE, "v1", "CSIDriver", "csidrivers", namespaced=False),
    _row("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", namespaced=False, **_ONLY_CREATE),
    _row("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False, **_ONLY_CREATE),
    _row(
        "authorization.k8s.io",
        "v1",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        namespaced=False,
        **_ONLY_CREATE,
    ),
    _row("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", namespaced=False, **_ONLY_CREATE),
)

GENERATION_KINDS = frozenset(
    [
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "Ingress",
        "IngressClass",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Pod",
        "CustomResourceDefinition",
    ]
)
"""Built-in kinds whose metadata.generation counts changes of the specification. Custom resources all do."""


class Resources:
    """Resources by group, version and plural name; custom ones come and go."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str, str], Resource] = {}

    def add(self, resource: Resource) -> None:
        self._all[resource.group, resource.version, resource.plural] = resource

    def remove(self, group: str, plural: str) -> None:
        self._all = {key: each for key, each in self._all.items() if (key[0], key[2]) != (group, plural)}

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._all.get((group, version, plural))

    def by_kind(self, group: str, kind: str) -> Resource | None:
        """The resource of a kind, in the first version that is served."""
        return next((each for each in self if (each.group, each.kind) == (group, kind)), None)

    def by_bucket(self, bucket: Bucket) -> Resource | None:
        return next((each for each in self if each.bucket == bucket), None)

    def group_versions(self) -> dict[str, list[str]]:
        """Groups in order of appearance, each with its versions."""
        found: dict[str, list[str]] = {}
        for each in self:
            versions = found.setdefault(each.group, [])
            if each.version not in versions:
                versions.append(each.version)
        return found

    def of(self, group: str, version: str) -> list[Resource]:
        return [each for each in self if (each.group, each.version) == (group, version)]

    def __iter__(self) -> Any:
        return iter(tuple(self._all.values()))
