# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who asks, and what they may do.

``system:masters`` may do everything. Others may do what roles of the cluster grant them (RBAC). Access policies of EKS
come as groups: ``stackwright:view``, ``stackwright:edit``, ``stackwright:admin`` and ``stackwright:admin-view`` (reads
everything, secrets too) stand for the cluster roles of those names in the whole cluster; with a namespace behind them
(``stackwright:edit:shop``) in that namespace. The policy of cluster administrators is the group ``system:masters``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from twin.kubernetes import selectors
from twin.kubernetes.store import Store
from twin.kubernetes.values import Object, get

MASTERS = "system:masters"
POLICY_GROUP = "stackwright:"
_RBAC = "rbac.authorization.k8s.io"
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version")
_DISCOVERY = ("/api", "/apis", "/openapi")


@dataclass(frozen=True)
class UserInfo:
    """A caller, as the authenticator knows them."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""

    def groups_of(self) -> tuple[str, ...]:
        return (*self.groups, "system:authenticated")


@dataclass(frozen=True)
class Attributes:
    """What is asked for."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def may(store: Store, user: UserInfo, asked: Attributes) -> bool:
    """Whether the user may do what is asked."""
    if MASTERS in user.groups:
        return True
    if asked.path:
        return asked.verb == "get" and asked.path.startswith((*_PUBLIC, *_DISCOVERY))
    if asked.group in ("authorization.k8s.io", "authentication.k8s.io") and asked.resource.startswith("self"):
        return True
    return any(_grants(rule, asked) for rule in _rules(store, user, asked.namespace))


def refusal(user: UserInfo, asked: Attributes) -> str:
    """Why not, in the words of the API server."""
    if asked.path:
        return f'User "{user.name}" cannot {asked.verb} path "{asked.path}"'
    resource = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    scope = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    return f'User "{user.name}" cannot {asked.verb} resource "{resource}" in API group "{asked.group}" {scope}'


def _rules(store: Store, user: UserInfo, namespace: str) -> Iterator[Object]:
    """Every rule that binds the user, cluster-wide or in the namespace."""
    for binding in store.list((_RBAC, "clusterrolebindings")):
        if _binds(binding, user):
            yield from _role(store, binding["roleRef"], "")
    for group in user.groups:
        if group.startswith(POLICY_GROUP):
            role, _, where = group.removeprefix(POLICY_GROUP).partition(":")
            if not where or where == namespace:
                yield from _role(store, {"kind": "ClusterRole", "name": role}, "")
    if namespace:
        for binding in store.list((_RBAC, "rolebindings"), namespace):
            if _binds(binding, user):
                yield from _role(store, binding["roleRef"], namespace)


def _role(store: Store, reference: Object, namespace: str) -> Iterator[Object]:
    cluster_wide = reference["kind"] == "ClusterRole"
    found = store.get(
        (_RBAC, "clusterroles" if cluster_wide else "roles"), "" if cluster_wide else namespace, reference["name"]
    )
    if found is None:
        return
    yield from found.get("rules") or []
    for selector in get(found, "aggregationRule", "clusterRoleSelectors", default=[]):
        for each in store.list((_RBAC, "clusterroles")):
            if selectors.matches(selector, selectors.labels_of(each)):
                yield from each.get("rules") or []


def _binds(binding: Object, user: UserInfo) -> bool:
    for subject in binding.get("subjects") or []:
        kind, name = subject["kind"], subject["name"]
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups_of():
            return True
        if kind == "ServiceAccount" and user.name == f"system:serviceaccount:{subject.get('namespace')}:{name}":
            return True
    return False


def _grants(rule: Object, asked: Attributes) -> bool:
    resource = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    resources = rule.get("resources") or []
    named = rule.get("resourceNames")
    return (
        bool({"*", asked.verb} & set(rule.get("verbs") or []))
        and bool({"*", asked.group} & set(rule.get("apiGroups") or []))
        and ("*" in resources or resource in resources or f"*/{asked.subresource}" in resources)
        and (not named or asked.name in named)
    )


_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_SCALED = ["deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"]
_SHARED: list[tuple[str, list[str]]] = [
    ("", ["configmaps", "endpoints", "persistentvolumeclaims", "pods", "serviceaccounts", "services"]),
    ("apps", [*_SCALED, "daemonsets"]),
    ("autoscaling", ["horizontalpodautoscalers"]),
    ("batch", ["cronjobs", "jobs"]),
    ("networking.k8s.io", ["ingresses", "networkpolicies"]),
    ("policy", ["poddisruptionbudgets"]),
]


def _rule(group: str, resources: list[str], verbs: list[str]) -> Object:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def built_in_roles() -> dict[str, list[Object]]:
    """The rules of the cluster roles that every cluster has."""
    status = [("", ["pods/status", "services/status", "persistentvolumeclaims/status"])]
    view = [_rule(group, names, _READ) for group, names in (*_SHARED, *status)]
    view += [
        _rule("", ["bindings", "events", "limitranges", "namespaces", "pods/log", "resourcequotas"], _READ),
        _rule("", ["resourcequotas/status", "namespaces/status"], _READ),
        _rule("apps", ["controllerrevisions", *(f"{each}/status" for each in ("deployments", "replicasets"))], _READ),
        _rule("discovery.k8s.io", ["endpointslices"], _READ),
        _rule("metrics.k8s.io", ["pods", "nodes"], _READ),
    ]
    edit = [*view, *(_rule(group, names, _WRITE) for group, names in _SHARED)]
    edit += [
        _rule("", ["secrets"], [*_READ, *_WRITE]),
        _rule("", ["pods/eviction", "serviceaccounts/token"], ["create"]),
        _rule("coordination.k8s.io", ["leases"], [*_READ, *_WRITE]),
        _rule("apps", ["deployments/rollback"], _WRITE),
    ]
    admin = [*edit, _rule(_RBAC, ["rolebindings", "roles"], [*_READ, *_WRITE])]
    return {
        "cluster-admin": [_rule("*", ["*"], ["*"])],
        "admin-view": [_rule("*", ["*"], _READ)],
        "admin": admin,
        "edit": edit,
        "view": view,
    }


def token_subject(value: Object) -> UserInfo:
    """The user that a service account is."""
    namespace, name = get(value, "metadata", "namespace"), get(value, "metadata", "name")
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return UserInfo(f"system:serviceaccount:{namespace}:{name}", groups, get(value, "metadata", "uid", default=""))
