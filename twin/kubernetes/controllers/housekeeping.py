# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Namespaces that end, owners that go, definitions that come and go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from twin.kubernetes import custom
from twin.kubernetes.controllers.context import Context
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import own_key
from twin.kubernetes.schemas import Schemas
from twin.kubernetes.store import Bucket, Event
from twin.kubernetes.values import Object, copy, get, set_condition

_NAMESPACES, _DEFINITIONS = ("", "namespaces"), ("apiextensions.k8s.io", "customresourcedefinitions")
_APIEXTENSIONS = "apiextensions.k8s.io"
_CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_FOREGROUND = "foregroundDeletion"
_MANAGER = "kube-apiserver"


class Namespaces:
    """A namespace that is deleted takes everything in it along, and goes when it is empty."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._due: dict[str, float] = {}

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == _NAMESPACES:
            yield from own_key(event)
        elif event.new is None and event.old is not None and event.old["metadata"].get("namespace"):
            yield "", event.old["metadata"]["namespace"]

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(_NAMESPACES, *key)
        if value is None or "deletionTimestamp" not in value["metadata"]:
            return
        due = self._due.setdefault(value["metadata"]["uid"], time.monotonic() + context.delay("kubernetes.namespace"))
        if due > time.monotonic():
            context.loop.after(due - time.monotonic() + 0.001, self, key)
            return
        left = 0
        for bucket, each in list(context.objects.store.everything()):
            if each["metadata"].get("namespace") != key[1]:
                continue
            resource = context.objects.resources.by_bucket(bucket)
            if resource is None:
                continue
            if "deletionTimestamp" not in each["metadata"]:
                context.objects.delete(resource, key[1], each["metadata"]["name"])
            left += context.find(bucket, key[1], each["metadata"]["name"]) is not None
        value = context.find(_NAMESPACES, *key)
        if left or value is None:
            return
        self._due.pop(value["metadata"]["uid"], None)

        def release(made: Object) -> None:
            made["spec"]["finalizers"] = []

        context.change("", "Namespace", value, release)


class Garbage:
    """What has owners goes when the last of them is gone."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        if event.new is None and event.old is not None:
            yield "", event.old["metadata"]["uid"]
            for each in event.old["metadata"].get("ownerReferences", []):
                yield "", each["uid"]
        elif event.new is not None and _FOREGROUND in event.new["metadata"].get("finalizers", []):
            yield "", event.new["metadata"]["uid"]

    def reconcile(self, key: Key) -> None:
        """Deal with everything that belongs to the owner of that uid."""
        context, uid = self._context, key[1]
        everything = list(context.objects.store.everything())
        alive = {each["metadata"]["uid"]: (bucket, each) for bucket, each in everything}
        owner = alive.get(uid)
        waits = owner is not None and _FOREGROUND in owner[1]["metadata"].get("finalizers", [])
        if owner is not None and not waits:
            return
        blocking = 0
        for bucket, each in everything:
            references = each["metadata"].get("ownerReferences", [])
            mine = next((reference for reference in references if reference["uid"] == uid), None)
            if mine is None:
                continue
            others = [reference for reference in references if reference["uid"] != uid and reference["uid"] in alive]
            if not others:
                self._delete(bucket, each, foreground=waits)
            name, place = each["metadata"]["name"], each["metadata"].get("namespace", "")
            blocking += context.find(bucket, place, name) is not None and not others
        if owner is not None and waits and not blocking:
            self._release(*owner)

    def _delete(self, bucket: Bucket, value: Object, foreground: bool) -> None:
        resource = self._context.objects.resources.by_bucket(bucket)
        if resource is not None and "deletionTimestamp" not in value["metadata"]:
            wishes = {"propagationPolicy": "Foreground"} if foreground else None
            metadata = value["metadata"]
            self._context.objects.delete(resource, metadata.get("namespace", ""), metadata["name"], wishes)

    def _release(self, bucket: Bucket, owner: Object) -> None:
        resource = self._context.objects.resources.by_bucket(bucket)

        def release(made: Object) -> None:
            made["metadata"]["finalizers"] = [each for each in made["metadata"]["finalizers"] if each != _FOREGROUND]

        if resource is not None:
            self._context.change(resource.group, resource.kind, owner, release)


class Definitions:
    """CustomResourceDefinitions: their resources are served once they are established."""

    def __init__(self, context: Context, schemas: Schemas, changed: Callable[[], None]) -> None:
        self._context, self._schemas, self._changed = context, schemas, changed

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == _DEFINITIONS:
            yield from own_key(event)
        elif event.new is None and event.bucket[0]:
            yield "", f"{event.bucket[1]}.{event.bucket[0]}"

    def reconcile(self, key: Key) -> None:
        value = self._context.find(_DEFINITIONS, *key)
        if value is None:
            return
        if "deletionTimestamp" in value["metadata"]:
            self._remove(value)
            return
        spec, names = value["spec"], value["spec"]["names"]
        self._context.objects.resources.remove(spec["group"], names["plural"])
        for resource in custom.resources_of(value, self._schemas):
            self._context.objects.resources.add(resource)
        self._changed()
        if _CLEANUP not in value["metadata"].get("finalizers", []):

            def hold(made: Object) -> None:
                made["metadata"].setdefault("finalizers", []).append(_CLEANUP)

            value = self._context.change(_APIEXTENSIONS, "CustomResourceDefinition", value, hold, _MANAGER)
        now, status = self._context.now, copy(value.get("status") or {})
        set_condition(status, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
        text = "the initial names have been accepted"
        set_condition(status, "Established", "True", "InitialNamesAccepted", text, now)
        status["acceptedNames"] = copy(names)
        stored = next(each["name"] for each in spec["versions"] if each.get("storage"))
        status["storedVersions"] = list(dict.fromkeys([*get(status, "storedVersions", default=[]), stored]))
        self._context.set_status(_APIEXTENSIONS, "CustomResourceDefinition", value, status, _MANAGER)

    def _remove(self, value: Object) -> None:
        spec, context = value["spec"], self._context
        bucket = (spec["group"], spec["names"]["plural"])
        resource = context.objects.resources.by_bucket(bucket)
        if resource is not None:
            for each in context.list(bucket):
                if "deletionTimestamp" not in each["metadata"]:
                    metadata = each["metadata"]
                    context.objects.delete(resource, metadata.get("namespace", ""), metadata["name"])
            if context.list(bucket):
                return
            context.objects.resources.remove(*bucket)
            self._changed()
        if _CLEANUP in value["metadata"].get("finalizers", []):

            def release(made: Object) -> None:
                made["metadata"]["finalizers"] = [each for each in made["metadata"]["finalizers"] if each != _CLEANUP]

            context.change(_APIEXTENSIONS, "CustomResourceDefinition", value, release, _MANAGER)
