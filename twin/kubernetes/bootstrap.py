# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cluster has before anybody asks for anything."""

from __future__ import annotations

from twin.kubernetes import metrics, users
from twin.kubernetes.objects import Objects, Options
from twin.kubernetes.resources import Resource
from twin.kubernetes.values import Object

_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_RBAC = "rbac.authorization.k8s.io"
_OPTIONS = Options("kube-apiserver")


def prepare_namespace(objects: Objects, resource: Resource, value: Object, authority: str) -> None:
    """The service account and the authority's certificate that every namespace has."""
    if (resource.group, resource.kind) != ("", "Namespace"):
        return
    name, options = value["metadata"]["name"], Options("kube-controller-manager")
    _create(objects, "", "ServiceAccount", {"metadata": {"name": "default", "namespace": name}}, options)
    trusted = {"metadata": {"name": "kube-root-ca.crt", "namespace": name}, "data": {"ca.crt": authority}}
    _create(objects, "", "ConfigMap", trusted, options)


def bootstrap(objects: Objects) -> None:
    """Namespaces, roles, classes, the API's own service, and the list of APIs."""
    for name in _NAMESPACES:
        _create(objects, "", "Namespace", {"metadata": {"name": name}})
    for name, rules in users.built_in_roles().items():
        labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
        role: Object = {"metadata": {"name": name, "labels": labels}, "rules": rules}
        if name in ("view", "edit", "admin"):
            # Others add to these roles by labelling their own.
            chosen = {"matchLabels": {f"rbac.authorization.k8s.io/aggregate-to-{name}": "true"}}
            role["aggregationRule"] = {"clusterRoleSelectors": [chosen]}
        _create(objects, _RBAC, "ClusterRole", role)
    bound = {
        "metadata": {"name": "cluster-admin"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "Group", "name": users.MASTERS}],
    }
    _create(objects, _RBAC, "ClusterRoleBinding", bound)
    for name, value in (("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000)):
        _create(objects, "scheduling.k8s.io", "PriorityClass", {"metadata": {"name": name}, "value": value})
    storage = {
        "metadata": {"name": "gp2", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kubernetes.io/aws-ebs",
        "parameters": {"type": "gp2", "fsType": "ext4"},
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    _create(objects, "storage.k8s.io", "StorageClass", storage)
    service = {
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver"}},
        "spec": {"clusterIP": "10.100.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 443}]},
    }
    _create(objects, "", "Service", service)
    versions = [(group, version) for group, found in objects.resources.group_versions().items() for version in found]
    for group, version in versions:
        _api_service(objects, group, version)
    for group, version in metrics.discovery():
        _api_service(objects, group, version, {"name": "metrics-server", "namespace": "kube-system"})


def _api_service(objects: Objects, group: str, version: str, service: Object | None = None) -> None:
    spec: Object = {"version": version, "groupPriorityMinimum": 17800, "versionPriority": 15}
    if group:
        spec["group"] = group
    if service:
        spec["service"] = {**service, "port": 443}
        spec["insecureSkipTLSVerify"] = True
    made = _create(
        objects, "apiregistration.k8s.io", "APIService", {"metadata": {"name": f"{version}.{group}"}, "spec": spec}
    )
    condition = {
        "type": "Available",
        "status": "True",
        "reason": "Passed" if service else "Local",
        "message": "all checks passed" if service else "Local APIServices are always available",
        "lastTransitionTime": objects.now(),
    }
    resource = objects.resources.by_kind("apiregistration.k8s.io", "APIService")
    assert resource is not None
    status = {**made, "status": {"conditions": [condition]}}
    objects.update(resource, "", made["metadata"]["name"], status, _OPTIONS, "status")


def _create(objects: Objects, group: str, kind: str, value: Object, options: Options = _OPTIONS) -> Object:
    resource = objects.resources.by_kind(group, kind)
    assert resource is not None
    return objects.create(resource, value["metadata"].get("namespace", ""), value, options)
