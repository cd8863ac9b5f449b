# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What controllers share: reading, writing, events and time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twin.kubernetes import selectors
from twin.kubernetes.controllers.loop import Loop
from twin.kubernetes.metrics import Metrics
from twin.kubernetes.objects import Objects, Options
from twin.kubernetes.resources import Resource
from twin.kubernetes.store import Bucket
from twin.kubernetes.values import Object, controller_of, copy, get, owner_reference, safe_hash

PODS: Bucket = ("", "pods")
_MANAGER = "kube-controller-manager"


@dataclass
class Context:
    """The cluster as its controllers see it."""

    objects: Objects
    loop: Loop
    metrics: Metrics
    delay: Callable[[str], float]
    ready_since: dict[str, float] = field(default_factory=dict)
    """Monotonic time at which a pod became ready, by uid: finer than the API's timestamps."""

    @property
    def now(self) -> str:
        return self.objects.now()

    def seconds(self, stated: float) -> float:
        """How long a time lasts here that a manifest states in seconds."""
        return stated * self.delay("kubernetes.second")

    def resource(self, group: str, kind: str) -> Resource:
        found = self.objects.resources.by_kind(group, kind)
        if found is None:
            raise LookupError(f"no resource of kind {kind} in group {group!r}")
        return found

    def find(self, bucket: Bucket, namespace: str, name: str) -> Object | None:
        return self.objects.store.get(bucket, namespace, name)

    def list(self, bucket: Bucket, namespace: str = "") -> list[Object]:
        return self.objects.store.list(bucket, namespace)

    def owned(self, bucket: Bucket, owner: Object) -> list[Object]:
        """The objects of the namespace that the owner controls."""
        uid = owner["metadata"]["uid"]
        found = self.list(bucket, owner["metadata"]["namespace"])
        return [each for each in found if (controller_of(each) or {}).get("uid") == uid]

    def adopt(self, bucket: Bucket, owner: Object) -> None:
        """Take over the objects that the owner selects and that nobody controls."""
        selector = owner["spec"].get("selector")
        for each in self.list(bucket, owner["metadata"]["namespace"]):
            free = controller_of(each) is None and "deletionTimestamp" not in each["metadata"]
            resource = self.objects.resources.by_bucket(bucket)
            if free and resource is not None and selectors.matches(selector, selectors.labels_of(each)):

                def own(made: Object) -> None:
                    made["metadata"].setdefault("ownerReferences", []).append(owner_reference(owner))

                self.change(resource.group, resource.kind, each, own)

    def create(self, group: str, kind: str, value: Object, manager: str = _MANAGER) -> Object:
        """Create an object. Raises StatusError."""
        resource = self.resource(group, kind)
        return self.objects.create(resource, value["metadata"].get("namespace", ""), value, Options(manager))

    def change(
        self, group: str, kind: str, value: Object, change: Callable[[Object], Any], manager: str = _MANAGER
    ) -> Object:
        """Change an object; ``change`` gets a copy and changes it in place."""
        return self._modify(group, kind, value, change, manager, "")

    def set_status(self, group: str, kind: str, value: Object, status: Object, manager: str = _MANAGER) -> Object:
        """Replace the status of an object, where it differs."""
        if value.get("status") == status:
            return value

        def change(made: Object) -> None:
            made["status"] = status

        return self._modify(group, kind, value, change, manager, "status")

    def _modify(
        self, group: str, kind: str, value: Object, change: Callable[[Object], Any], manager: str, sub: str
    ) -> Object:
        def changed(old: Object) -> Object:
            made = copy(old)
            change(made)
            return made

        metadata = value["metadata"]
        resource = self.resource(group, kind)
        place = metadata.get("namespace", "")
        return self.objects.modify(resource, place, metadata["name"], changed, Options(manager), sub)

    def delete(self, group: str, kind: str, value: Object, wishes: Object | None = None) -> None:
        metadata = value["metadata"]
        if self.objects.store.get(self.resource(group, kind).bucket, metadata.get("namespace", ""), metadata["name"]):
            self.objects.delete(self.resource(group, kind), metadata.get("namespace", ""), metadata["name"], wishes)

    def pod_from(self, owner: Object, template: Object, labels: dict[str, str], name: str = "") -> Object:
        """A pod of a template, controlled by the owner; with a generated name unless one is given."""
        metadata = copy(template.get("metadata") or {})
        metadata["labels"] = {**metadata.get("labels", {}), **labels}
        metadata["namespace"] = owner["metadata"]["namespace"]
        if name:
            metadata["name"] = name
        else:
            metadata["generateName"] = f"{owner['metadata']['name']}-"
        metadata["ownerReferences"] = [owner_reference(owner)]
        return {"metadata": metadata, "spec": copy(template["spec"])}

    def event(self, value: Object, kind: str, reason: str, message: str, component: str, field_path: str = "") -> None:
        """Record an event, or count up the one that says the same."""
        metadata = value["metadata"]
        namespace = metadata.get("namespace") or "default"
        digest = safe_hash([metadata.get("uid"), kind, reason, message, component, field_path], 16)
        name = f"{metadata['name']}.{digest}"[:253]
        present = self.find(("", "events"), namespace, name)
        if present is not None:

            def again(made: Object) -> None:
                made["count"] = made.get("count", 1) + 1
                made["lastTimestamp"] = self.now

            self.change("", "Event", present, again, component)
            return
        involved = {
            "apiVersion": value["apiVersion"],
            "kind": value["kind"],
            "name": metadata["name"],
            "uid": metadata.get("uid", ""),
            "resourceVersion": metadata.get("resourceVersion", ""),
        }
        if metadata.get("namespace"):
            involved["namespace"] = metadata["namespace"]
        if field_path:
            involved["fieldPath"] = field_path
        where = self.find(("", "namespaces"), "", namespace)
        if where is None or "deletionTimestamp" in where["metadata"]:
            return
        made = {
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": {"component": component},
            "firstTimestamp": self.now,
            "lastTimestamp": self.now,
            "count": 1,
            "type": kind,
            "reportingComponent": component,
            "reportingInstance": "",
        }
        self.create("", "Event", made, component)

    def available(self, pod: Object, min_ready: float) -> tuple[bool, float]:
        """Whether a ready pod counts as available, and otherwise the seconds until it does."""
        if not is_ready(pod):
            return False, 0.0
        since = self.ready_since.get(pod["metadata"]["uid"], 0.0)
        left = since + self.seconds(min_ready) - time.monotonic()
        return left <= 0, max(0.0, left)


def is_ready(pod: Object) -> bool:
    return any(
        each["type"] == "Ready" and each["status"] == "True" for each in get(pod, "status", "conditions", default=[])
    )


def is_active(pod: Object) -> bool:
    """Neither ended nor being deleted."""
    return get(pod, "status", "phase") not in ("Succeeded", "Failed") and "deletionTimestamp" not in pod["metadata"]
