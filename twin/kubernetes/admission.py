# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server's admission plug-ins change and refuse when an object is written."""

from __future__ import annotations

import ipaddress
import itertools

from twin.kubernetes import quantity, quota
from twin.kubernetes.errors import forbidden, invalid, not_found, not_valid
from twin.kubernetes.resources import Resource
from twin.kubernetes.store import Store
from twin.kubernetes.values import Object, get

SERVICE_NETWORK = ipaddress.ip_network("10.100.0.0/16")
"""Where cluster addresses come from, as on EKS."""
_NODE_PORTS = range(30000, 32768)
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"
_TOLERATED_SECONDS = 300


class Admission:
    """The plug-ins that matter: namespaces, service accounts, limits, quotas, cluster addresses, default classes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def change(self, resource: Resource, value: Object, old: Object | None) -> None:
        """Fill in what depends on other objects, in place. Raises StatusError."""
        where = (resource.group, resource.kind)
        if where == ("", "Service"):
            self._addresses(value, old)
        elif old is not None:
            return
        elif where == ("", "Pod"):
            self._pod(value)
        elif where == ("", "PersistentVolumeClaim"):
            self._default_class(value["spec"], "storageClassName", ("storage.k8s.io", "storageclasses"), _DEFAULT_CLASS)
        elif where == ("networking.k8s.io", "Ingress"):
            annotations = get(value, "metadata", "annotations", default={})
            if "kubernetes.io/ingress.class" not in annotations:
                bucket = ("networking.k8s.io", "ingressclasses")
                self._default_class(value["spec"], "ingressClassName", bucket, _DEFAULT_INGRESS)

    def check_namespace(self, resource: Resource, name: str, namespace: str) -> None:
        """Refuse a new object in a namespace that is not there or on its way out."""
        found = self._store.get(("", "namespaces"), "", namespace)
        if found is None:
            raise not_found("", "namespaces", namespace)
        if "deletionTimestamp" in found["metadata"]:
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            error = forbidden(resource.group, resource.plural, name, why)
            error.details = (error.details or {}) | {
                "causes": [
                    {
                        "reason": "NamespaceTerminating",
                        "message": f"namespace {namespace} is being terminated",
                        "field": "metadata.namespace",
                    }
                ]
            }
            raise error

    def check_quota(self, resource: Resource, value: Object) -> None:
        if why := quota.refusal(self._store, resource, value):
            raise forbidden(resource.group, resource.plural, value["metadata"]["name"], why)

    def check_delete(self, resource: Resource, value: Object) -> None:
        name = value["metadata"]["name"]
        if (resource.group, resource.kind) == ("", "Namespace") and name in ("default", "kube-system", "kube-public"):
            raise forbidden("", "namespaces", name, "this namespace may not be deleted")

    def _pod(self, value: Object) -> None:
        spec, namespace = value["spec"], value["metadata"]["namespace"]
        account = spec.setdefault("serviceAccountName", "default")
        spec.setdefault("serviceAccount", account)
        if self._store.get(("", "serviceaccounts"), namespace, account) is None:
            why = f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found'
            raise forbidden("", "pods", value["metadata"]["name"], why)
        self._limits(value)
        spec.setdefault("enableServiceLinks", True)
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
        name = spec.get("priorityClassName")
        found = self._store.get(("scheduling.k8s.io", "priorityclasses"), "", name) if name else None
        if name and found is None:
            why = f"no PriorityClass with name {name} was found"
            raise forbidden("", "pods", value["metadata"]["name"], why)
        spec.setdefault("priority", (found or {}).get("value", 0))
        tolerations = spec.setdefault("tolerations", [])
        for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
            if not any(each.get("key") in (key, None) for each in tolerations):
                tolerations.append(
                    {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATED_SECONDS}
                )

    def _limits(self, pod: Object) -> None:
        """LimitRanger: defaults of containers, then the bounds."""
        for limits in self._store.list(("", "limitranges"), pod["metadata"]["namespace"]):
            for item in get(limits, "spec", "limits", default=[]):
                if item.get("type") != "Container":
                    continue
                for container in pod["spec"].get("containers", []):
                    resources = container.setdefault("resources", {})
                    for part, source in (("limits", "default"), ("requests", "defaultRequest")):
                        for name, amount in (item.get(source) or {}).items():
                            resources.setdefault(part, {}).setdefault(name, amount)
                    self._bounds(pod, item, resources)

    @staticmethod
    def _bounds(pod: Object, item: Object, resources: Object) -> None:
        for name, most in (item.get("max") or {}).items():
            amount = (resources.get("limits") or {}).get(name)
            if amount is None or quantity.parse(amount) > quantity.parse(most):
                shown = f"{name} limit is {amount}" if amount else "no limit is specified"
                text = f"maximum {name} usage per Container is {most}, but {shown}"
                raise forbidden("", "pods", pod["metadata"]["name"], text)
        for name, least in (item.get("min") or {}).items():
            amount = (resources.get("requests") or {}).get(name)
            if amount is None or quantity.parse(amount) < quantity.parse(least):
                shown = f"request is {amount}" if amount else "no request is specified"
                text = f"minimum {name} usage per Container is {least}, but {shown}"
                raise forbidden("", "pods", pod["metadata"]["name"], text)

    def _addresses(self, value: Object, old: Object | None) -> None:
        spec = value["spec"]
        before = (old or {}).get("spec", {})
        if spec["type"] == "ExternalName":
            for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                spec.pop(name, None)
            return
        if not spec.get("clusterIP"):
            spec["clusterIP"] = before.get("clusterIP") or self._free_address()
        elif spec["clusterIP"] != "None" and spec["clusterIP"] != before.get("clusterIP"):
            self._check_address(value)
        spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        if spec["type"] in ("NodePort", "LoadBalancer"):
            kept = {port.get("name", port.get("port")): port.get("nodePort") for port in before.get("ports", [])}
            taken = self._taken_ports() | {port.get("nodePort") for port in spec.get("ports", [])}
            for port in spec.get("ports", []):
                if not port.get("nodePort"):
                    number = kept.get(port.get("name", port.get("port")))
                    port["nodePort"] = number or next(each for each in _NODE_PORTS if each not in taken)
                    taken.add(port["nodePort"])
        elif before.get("type") in ("NodePort", "LoadBalancer"):
            for port in spec.get("ports", []):
                port.pop("nodePort", None)
            for name in ("externalTrafficPolicy", "allocateLoadBalancerNodePorts"):
                spec.pop(name, None)

    def _services(self) -> list[Object]:
        return self._store.list(("", "services"))

    def _taken_ports(self) -> set[int]:
        return {port.get("nodePort") for each in self._services() for port in get(each, "spec", "ports", default=[])}

    def _free_address(self) -> str:
        taken = {get(each, "spec", "clusterIP") for each in self._services()}
        hosts = itertools.islice(SERVICE_NETWORK.hosts(), 10, None)
        return next(str(each) for each in hosts if str(each) not in taken)

    def _check_address(self, value: Object) -> None:
        wanted, name = value["spec"]["clusterIP"], value["metadata"]["name"]
        try:
            inside = ipaddress.ip_address(wanted) in SERVICE_NETWORK
        except ValueError:
            inside = False
        text = None if inside else f"failed to allocate IP {wanted}: the provided IP is not in the valid range"
        if inside and any(get(each, "spec", "clusterIP") == wanted for each in self._services()):
            text = f"failed to allocate IP {wanted}: provided IP is already allocated"
        if text:
            raise not_valid("", "Service", name, [invalid("spec.clusterIPs", [wanted], text)])

    def _default_class(self, spec: Object, field: str, bucket: tuple[str, str], annotation: str) -> None:
        if field in spec:
            return
        for each in self._store.list(bucket):
            if get(each, "metadata", "annotations", annotation) == "true":
                spec[field] = each["metadata"]["name"]
                return
