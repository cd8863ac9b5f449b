# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services and what stands behind them: endpoints, endpoint slices, load balancers; ingresses too."""

from __future__ import annotations

import time
from collections.abc import Iterable

from twin.kubernetes import selectors
from twin.kubernetes.controllers.context import PODS, Context, is_ready
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import own_key
from twin.kubernetes.store import Event
from twin.kubernetes.values import Object, get, owner_reference, safe_hash

SERVICES, INGRESSES = ("", "services"), ("networking.k8s.io", "ingresses")
_CLASSES = ("networking.k8s.io", "ingressclasses")
_ALB = "ingress.k8s.aws/alb"
_REGION = "eu-west-1"


class Endpoints:
    """The addresses of the pods that a service selects."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == SERVICES:
            yield from own_key(event)
        elif event.bucket == PODS:
            value = event.new or event.old
            if value is None:
                return
            for service in self._context.list(SERVICES, value["metadata"]["namespace"]):
                chosen = get(service, "spec", "selector")
                for pod in (event.old, event.new):
                    if chosen and pod and selectors.matches({"matchLabels": chosen}, selectors.labels_of(pod)):
                        yield service["metadata"]["namespace"], service["metadata"]["name"]

    def reconcile(self, key: Key) -> None:
        context = self._context
        service = context.find(SERVICES, *key)
        if service is None:
            present = context.find(("", "endpoints"), *key)
            if present is not None:
                context.delete("", "Endpoints", present)
            return
        chosen = get(service, "spec", "selector")
        if not chosen or get(service, "spec", "type") == "ExternalName":
            return
        pods = [
            each
            for each in context.list(PODS, key[0])
            if selectors.matches({"matchLabels": chosen}, selectors.labels_of(each))
            and get(each, "status", "podIP")
            and get(each, "status", "phase") not in ("Succeeded", "Failed")
        ]
        self._endpoints(service, pods)
        self._slice(service, pods)

    def _endpoints(self, service: Object, pods: list[Object]) -> None:
        context, metadata = self._context, service["metadata"]
        alive = [each for each in pods if "deletionTimestamp" not in each["metadata"]]
        lists = {
            "addresses": [_address(each) for each in alive if is_ready(each)],
            "notReadyAddresses": [_address(each) for each in alive if not is_ready(each)],
        }
        subset = {name: found for name, found in lists.items() if found}
        ports = [_port(each, pods) for each in get(service, "spec", "ports", default=[])]
        subsets = [subset | ({"ports": ports} if ports else {})] if subset else []
        labels = {**metadata.get("labels", {}), "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
        present = context.find(("", "endpoints"), metadata["namespace"], metadata["name"])
        if present is None:
            made: Object = {
                "metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "labels": labels}
            }
            context.create("", "Endpoints", made | ({"subsets": subsets} if subsets else {}))
        elif present.get("subsets", []) != subsets:

            def change(made: Object) -> None:
                made.pop("subsets", None)
                if subsets:
                    made["subsets"] = subsets

            context.change("", "Endpoints", present, change)

    def _slice(self, service: Object, pods: list[Object]) -> None:
        context, metadata = self._context, service["metadata"]
        endpoints = [_endpoint(each, context) for each in pods]
        ports = [_port(each, pods) for each in get(service, "spec", "ports", default=[])]
        name = f"{metadata['name']}-{safe_hash(metadata['uid'], 5)}"
        present = context.find(("discovery.k8s.io", "endpointslices"), metadata["namespace"], name)
        if present is None:
            labels = {
                "kubernetes.io/service-name": metadata["name"],
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            }
            made = {
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": {**metadata.get("labels", {}), **labels},
                    "ownerReferences": [owner_reference(service)],
                },
                "addressType": "IPv4",
                "endpoints": endpoints,
                "ports": ports,
            }
            context.create("discovery.k8s.io", "EndpointSlice", made)
        elif present.get("endpoints") != endpoints or present.get("ports") != ports:

            def change(made: Object) -> None:
                made.update(endpoints=endpoints, ports=ports)

            context.change("discovery.k8s.io", "EndpointSlice", present, change)


def _address(pod: Object) -> Object:
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _reference(pod)}


def _reference(pod: Object) -> Object:
    metadata = pod["metadata"]
    return {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}


def _endpoint(pod: Object, context: Context) -> Object:
    terminating = "deletionTimestamp" in pod["metadata"]
    ready = is_ready(pod)
    node = context.find(("", "nodes"), "", pod["spec"]["nodeName"])
    zone = get(node, "metadata", "labels", "topology.kubernetes.io/zone", default="")
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready and not terminating, "serving": ready, "terminating": terminating},
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": _reference(pod),
    } | ({"zone": zone} if zone else {})


def _port(port: Object, pods: list[Object]) -> Object:
    target = port.get("targetPort", port["port"])
    if isinstance(target, str):
        named = (
            each["containerPort"]
            for pod in pods
            for container in pod["spec"]["containers"]
            for each in container.get("ports", [])
            if each.get("name") == target
        )
        target = next(named, port["port"])
    made = {"port": target, "protocol": port["protocol"]}
    return made | ({"name": port["name"]} if port.get("name") else {})


class LoadBalancers:
    """A hostname for services of type LoadBalancer and for ingresses of the class ``alb``, after a while."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._due: dict[str, float] = {}

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket in (SERVICES, INGRESSES):
            for namespace, name in own_key(event):
                yield f"{event.bucket[1]}/{namespace}", name

    def reconcile(self, key: Key) -> None:
        plural, _, namespace = key[0].partition("/")
        context = self._context
        ingress = plural == "ingresses"
        value = context.find(INGRESSES if ingress else SERVICES, namespace, key[1])
        if value is None:
            return
        wanted = self._is_alb(value) if ingress else get(value, "spec", "type") == "LoadBalancer"
        present = get(value, "status", "loadBalancer", "ingress")
        group, kind = ("networking.k8s.io", "Ingress") if ingress else ("", "Service")
        if not wanted or "deletionTimestamp" in value["metadata"]:
            if present and not wanted:
                context.set_status(group, kind, value, {"loadBalancer": {}})
            return
        if present:
            return
        due = self._due.setdefault(
            value["metadata"]["uid"], time.monotonic() + context.delay("kubernetes.load_balancer")
        )
        if due > time.monotonic():
            context.loop.after(due - time.monotonic() + 0.001, self, key)
            return
        self._due.pop(value["metadata"]["uid"])
        digest = safe_hash(value["metadata"]["uid"], 10)
        if ingress:
            name = f"k8s-{namespace[:8]}-{key[1][:8]}-{digest}"
            host = f"{name}-{int(safe_hash(digest, 8).encode().hex()[:9], 16)}.{_REGION}.elb.amazonaws.com"
            entry: Object = {"hostname": host}
            context.event(value, "Normal", "SuccessfullyReconciled", "Successfully reconciled", "ingress")
        else:
            entry = {"hostname": f"{safe_hash(value['metadata']['uid'], 32)}.elb.{_REGION}.amazonaws.com"}
            context.event(value, "Normal", "EnsuredLoadBalancer", "Ensured load balancer", "service-controller")
        context.set_status(group, kind, value, {"loadBalancer": {"ingress": [entry]}})

    def _is_alb(self, ingress: Object) -> bool:
        name = get(ingress, "spec", "ingressClassName") or get(
            ingress, "metadata", "annotations", "kubernetes.io/ingress.class"
        )
        if name == "alb":
            return True
        found = self._context.find(_CLASSES, "", name) if name else None
        return get(found, "spec", "controller") == _ALB
