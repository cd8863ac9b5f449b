# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What hangs below an object: scale, log, eviction, binding, token, finalize."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twin.kubernetes import logs, patches, selectors
from twin.kubernetes.errors import StatusError, bad_request, conflict, invalid, not_found, not_valid
from twin.kubernetes.messages import Response
from twin.kubernetes.objects import Objects, Options
from twin.kubernetes.resources import Resource
from twin.kubernetes.tables import json_path
from twin.kubernetes.tokens import Tokens
from twin.kubernetes.values import Object, condition, copy, get, timestamp

_JSON, _MERGE = "application/json-patch+json", "application/merge-patch+json"
_STRATEGIC, _APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
_SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
_TOKEN_SECONDS = 3600


class Subresources:
    """Answers requests to subresources other than status."""

    def __init__(self, objects: Objects, tokens: Tokens) -> None:
        self._objects, self._tokens = objects, tokens

    def answer(
        self,
        resource: Resource,
        verb: str,
        namespace: str,
        name: str,
        sub: str,
        body: Any,
        query: dict[str, str],
        content_type: str,
        options: Options,
    ) -> Response:
        """Answer one request. Raises StatusError."""
        if sub == "scale":
            return self._scale(resource, verb, namespace, name, body, content_type, options)
        if sub == "log" and verb == "get":
            text = logs.read(self._objects.get(resource, namespace, name), query)
            return Response(raw=text.encode(), content_type="text/plain")
        if sub == "eviction" and verb == "create":
            return self._evict(resource, namespace, name, body or {}, options)
        if sub == "binding" and verb == "create":
            return self._bind(resource, namespace, name, body or {}, options)
        if sub == "token" and verb == "create":
            return self._token(resource, namespace, name, body or {})
        if sub == "finalize" and verb == "update":
            return self._finalize(resource, name, body or {}, options)
        raise StatusError(405, "the server does not allow this method on the requested resource")

    # Scale

    def _paths(self, resource: Resource) -> tuple[str, str, str]:
        scale = get(resource.custom, "subresources", "scale") if resource.custom else None
        if scale is None:
            return ".spec.replicas", ".status.replicas", ""
        return scale["specReplicasPath"], scale["statusReplicasPath"], scale.get("labelSelectorPath", "")

    def scale_of(self, resource: Resource, value: Object) -> Object:
        """The Scale of an object."""
        wanted, present, label_path = self._paths(resource)
        text = json_path(value, label_path) if label_path else selectors.as_text(get(value, "spec", "selector"))
        names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        status: Object = {"replicas": json_path(value, present) or 0}
        return {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {key: value["metadata"][key] for key in names if key in value["metadata"]},
            "spec": {"replicas": json_path(value, wanted) or 0},
            "status": status | ({"selector": text} if text else {}),
        }

    def _scale(
        self, resource: Resource, verb: str, namespace: str, name: str, body: Any, content_type: str, options: Options
    ) -> Response:
        if verb == "get":
            return Response(value=self.scale_of(resource, self._objects.get(resource, namespace, name)))
        if verb not in ("update", "patch"):
            raise StatusError(405, "the server does not allow this method on the requested resource")
        with self._objects.store.lock:
            value = self._objects.get(resource, namespace, name)
            scale = self.scale_of(resource, value)
            wanted = body if verb == "update" else _patched(scale, body, content_type)
            version = get(wanted, "metadata", "resourceVersion")
            if version and version != value["metadata"]["resourceVersion"]:
                why = "the object has been modified; please apply your changes to the latest version and try again"
                raise conflict(resource.group, resource.plural, name, why)
            replicas = get(wanted, "spec", "replicas", default=0)
            if not isinstance(replicas, int) or isinstance(replicas, bool):
                raise bad_request('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be a number')
            if replicas < 0:
                error = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
                raise not_valid("autoscaling", "Scale", name, [error])
            made = self.set_scale(resource, namespace, name, replicas, options)
        return Response(value=self.scale_of(resource, made))

    def set_scale(self, resource: Resource, namespace: str, name: str, replicas: int, options: Options) -> Object:
        path = self._paths(resource)[0].strip(".").split(".")

        def change(old: Object) -> Object:
            made = copy(old)
            inner = made
            for step in path[:-1]:
                inner = inner.setdefault(step, {})
            inner[path[-1]] = replicas
            return made

        return self._objects.modify(resource, namespace, name, change, options, "scale")

    # Pods

    def _evict(self, resource: Resource, namespace: str, name: str, body: Object, options: Options) -> Response:
        with self._objects.store.lock:
            pod = self._objects.get(resource, namespace, name)
            labels = selectors.labels_of(pod)
            for budget in self._objects.store.list(("policy", "poddisruptionbudgets"), namespace):
                if not selectors.matches(get(budget, "spec", "selector"), labels):
                    continue
                ready = condition(pod, "Ready")
                if not ready or ready["status"] != "True":
                    continue
                if get(budget, "status", "disruptionsAllowed", default=0) < 1:
                    cause = {
                        "reason": "DisruptionBudget",
                        "message": f"The disruption budget {budget['metadata']['name']} needs "
                        f"{get(budget, 'status', 'desiredHealthy', default=0)} healthy pods and has "
                        f"{get(budget, 'status', 'currentHealthy', default=0)} currently",
                    }
                    text = "Cannot evict pod as it would violate the pod's disruption budget."
                    raise StatusError(429, text, details={"causes": [cause]})
            wishes = {key: item for key, item in (body.get("deleteOptions") or {}).items() if key != "dryRun"}
            self._objects.delete(resource, namespace, name, wishes, options.dry_run)
        return Response(201, dict(_SUCCESS))

    def _bind(self, resource: Resource, namespace: str, name: str, body: Object, options: Options) -> Response:
        node = get(body, "target", "name")
        if not node:
            raise not_valid("", "Binding", name, [invalid("target.name", "", "must be specified")])

        def change(old: Object) -> Object:
            if get(old, "spec", "nodeName"):
                why = f'pod {name} is already assigned to node "{old["spec"]["nodeName"]}"'
                raise conflict("", "pods/binding", name, why)
            return {**copy(old), "spec": {**copy(old["spec"]), "nodeName": node}}

        self._objects.modify(resource, namespace, name, change, options, "binding")
        return Response(201, dict(_SUCCESS))

    # The rest

    def _token(self, resource: Resource, namespace: str, name: str, body: Object) -> Response:
        account = self._objects.get(resource, namespace, name)
        spec = body.get("spec") or {}
        seconds = spec.get("expirationSeconds") or _TOKEN_SECONDS
        if seconds < 600:
            error = invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
            raise not_valid("authentication.k8s.io", "TokenRequest", "", [error])
        audiences = spec.get("audiences") or ["https://kubernetes.default.svc"]
        token, expires = self._tokens.issue(account, audiences, seconds)
        value = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": namespace, "creationTimestamp": self._objects.now()},
            "spec": {**spec, "audiences": audiences, "expirationSeconds": seconds},
            "status": {"token": token, "expirationTimestamp": timestamp(expires)},
        }
        return Response(201, value)

    def _finalize(self, resource: Resource, name: str, body: Object, options: Options) -> Response:
        finalizers = get(body, "spec", "finalizers", default=[])

        def change(old: Object) -> Object:
            return {**copy(old), "spec": {"finalizers": finalizers}}

        if resource.kind != "Namespace":
            raise not_found(resource.group, resource.plural, name)
        return Response(value=self._objects.modify(resource, "", name, change, options, "finalize"))


def _patched(value: Object, patch: Any, content_type: str) -> Any:
    kinds: dict[str, Callable[[], Any]] = {
        _JSON: lambda: patches.json_patch(value, patch),
        _MERGE: lambda: patches.merge_patch(copy(value), patch),
        _STRATEGIC: lambda: patches.merge_patch(copy(value), patch),
        _APPLY: lambda: patches.merge_patch(copy(value), patch),
    }
    if content_type not in kinds:
        raise StatusError(415, "the body of the request was in an unknown format")
    return kinds[content_type]()
