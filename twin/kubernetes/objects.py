# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing and reading objects, as the API server does it: decode, default, admit, validate, own fields, store."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twin.kubernetes import apply, custom, defaults, deletion, fieldsets, managers, preparation, validation
from twin.kubernetes.admission import Admission
from twin.kubernetes.decoding import decode
from twin.kubernetes.errors import (
    StatusError,
    already_exists,
    bad_request,
    conflict,
    not_found,
    not_valid,
)
from twin.kubernetes.managers import Manager
from twin.kubernetes.resources import GENERATION_KINDS, Resource, Resources
from twin.kubernetes.schemas import Schema
from twin.kubernetes.store import Store
from twin.kubernetes.values import Object, copy, random_suffix, timestamp

_SYSTEM_FIELDS = ("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "selfLink")


@dataclass
class Options:
    """How a write is made."""

    manager: str = "unknown"
    dry_run: bool = False
    validation: str = "Warn"
    force: bool = False
    warnings: list[str] = field(default_factory=list)


class Objects:
    """All reads and writes of a cluster. Every write happens under the store's lock."""

    def __init__(self, store: Store, resources: Resources, clock: Callable[[], float]) -> None:
        self.store, self.resources, self._clock = store, resources, clock
        self.admission = Admission(store)
        self.after_create: Callable[[Resource, Object], None] = lambda resource, value: None

    def now(self) -> str:
        return timestamp(self._clock())

    # Reading

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """The object, in the resource's version. Raises StatusError 404."""
        found = self.store.get(resource.bucket, namespace, name)
        if found is None:
            raise not_found(resource.group, resource.plural, name)
        return self.present(resource, found)

    def present(self, resource: Resource, value: Object) -> Object:
        """A stored object in the version of the resource."""
        if value["apiVersion"] == resource.api_version:
            return value
        return resource.convert[0](value) if resource.convert else {**value, "apiVersion": resource.api_version}

    def _keep(self, resource: Resource, value: Object) -> tuple[Resource, Object]:
        """The object and its resource in the version that is stored."""
        if not resource.store_version or resource.store_version == resource.version:
            return resource, value
        kept = self.resources.find(resource.group, resource.store_version, resource.plural)
        version = f"{resource.group}/{resource.store_version}"
        made = resource.convert[1](value) if resource.convert else {**value, "apiVersion": version}
        return kept or resource, made

    # Writing

    def create(self, resource: Resource, namespace: str, body: Any, options: Options) -> Object:
        """Create the object. Raises StatusError."""
        value = self.decode(resource, body, options)
        metadata = value.setdefault("metadata", {})
        self._place(resource, namespace, metadata)
        if metadata.get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        with self.store.lock:
            return self._create(resource, value, options, [])

    def _create(self, resource: Resource, value: Object, options: Options, owners: list[Manager]) -> Object:
        metadata = value["metadata"]
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"][:58] + random_suffix()
        name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
        if resource.namespaced:
            self.admission.check_namespace(resource, name, namespace)
        if self.store.get(resource.bucket, namespace, name) is not None:
            raise already_exists(resource.group, resource.plural, name)
        for each in _SYSTEM_FIELDS:
            metadata.pop(each, None)
        given = metadata.pop("managedFields", None)
        metadata["uid"], metadata["creationTimestamp"] = str(uuid.uuid4()), self.now()
        if resource.has_status and (resource.group, resource.kind) != ("", "Node"):
            value.pop("status", None)
        if self._counts(resource):
            metadata["generation"] = 1
        shown, (resource, value) = resource, self._keep(resource, value)
        self._complete(resource, value, None)
        if owners or given == []:
            managers.write(value, owners)
        else:
            managers.record_update(resource.schema, None, value, self._manager(shown, options), [])
        self._admit(resource, value, None)
        if resource.has_status and resource.custom is None:
            value.setdefault("status", copy(preparation.FIRST_STATUS.get(resource.kind, {})))
        if (resource.group, resource.kind) == ("", "Pod"):
            value["status"]["qosClass"] = preparation.quality_of_service(value["spec"])
        self._check(resource, value, None)
        self.admission.check_quota(resource, value)
        if not options.dry_run:
            self.store.put(resource.bucket, value)
            self.after_create(resource, value)
        return self.present(shown, value)

    def update(
        self, resource: Resource, namespace: str, name: str, body: Any, options: Options, subresource: str = ""
    ) -> Object:
        """Replace the object, or its status. Raises StatusError."""
        value = self.decode(resource, body, options)
        metadata = value.setdefault("metadata", {})
        self._place(resource, namespace, metadata)
        if metadata.get("name", name) != name:
            raise bad_request(
                f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})"
            )
        metadata["name"] = name
        with self.store.lock:
            old = self.get(resource, namespace, name)
            return self._write(resource, old, value, options, subresource)

    def modify(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        change: Callable[[Object], Any],
        options: Options,
        subresource: str = "",
    ) -> Object:
        """Replace the object by what ``change`` makes of it. Raises StatusError."""
        with self.store.lock:
            old = self.get(resource, namespace, name)
            changed = change(old)
            if not isinstance(changed, dict):
                raise bad_request("the patched object is no object")
            value = self.decode(resource, changed, options)
            for each in ("name", "namespace"):
                if value.get("metadata", {}).get(each) != old["metadata"].get(each):
                    raise bad_request(f"the {each} of the object does not match the {each} on the URL")
            return self._write(resource, old, value, options, subresource)

    def _write(
        self,
        resource: Resource,
        old: Object,
        value: Object,
        options: Options,
        subresource: str,
        owners: list[Manager] | None = None,
    ) -> Object:
        metadata, before = value["metadata"], old["metadata"]
        stated = metadata.get("resourceVersion")
        if stated and stated != before["resourceVersion"]:
            why = "the object has been modified; please apply your changes to the latest version and try again"
            raise conflict(resource.group, resource.plural, before["name"], why)
        if metadata.get("uid", before["uid"]) != before["uid"]:
            why = f"Precondition failed: UID in precondition: {metadata['uid']}, UID in object meta: {before['uid']}"
            raise conflict(resource.group, resource.plural, before["name"], why)
        if subresource == "status":
            value = {**copy(old), "status": value.get("status", {})}
            metadata = value["metadata"]
            if not value["status"]:
                value.pop("status")
        elif resource.has_status:
            value.pop("status", None)
            if "status" in old:
                value["status"] = copy(old["status"])
        for each in (*_SYSTEM_FIELDS, "deletionGracePeriodSeconds"):
            metadata.pop(each, None)
            if each in before:
                metadata[each] = before[each]
        reset = metadata.get("managedFields") in ([], [{}])
        present = [] if reset else managers.read(value if metadata.get("managedFields") else old)
        metadata.pop("managedFields", None)
        shown, (resource, value) = resource, self._keep(resource, value)
        _, kept_old = self._keep(shown, old)
        self._complete(resource, value, kept_old)
        if owners is not None:
            managers.write(value, owners)
        elif not reset:
            who = self._manager(shown, options, subresource)
            managers.record_update(resource.schema, kept_old, value, who, present)
        self._admit(resource, value, kept_old)
        self._check(resource, value, kept_old)
        if self._counts(resource) and subresource != "status" and _content(value) != _content(kept_old):
            value["metadata"]["generation"] = before.get("generation", 0) + 1
        if options.dry_run:
            return self.present(shown, value)
        if "deletionTimestamp" in value["metadata"] and not deletion.held(resource, value):
            return self.present(shown, self.store.remove(resource.bucket, value))
        if _same(value, kept_old):
            return old
        return self.present(shown, self.store.put(resource.bucket, value))

    def apply(
        self, resource: Resource, namespace: str, name: str, body: Any, options: Options, subresource: str = ""
    ) -> tuple[Object, bool]:
        """Server-side apply; also tells whether the object was created. Raises StatusError."""
        strict = Options(validation="Strict")
        place = f"{namespace}/{name}" if namespace else f"/{name}"
        try:
            applied = self.decode(resource, body, strict)
        except StatusError as error:
            prefix = 'strict decoding error: unknown field "'
            if prefix not in error.message:
                raise
            path = error.message.partition(prefix)[2].partition('"')[0]
            text = (
                f"failed to create typed patch object ({place}; {resource.api_version}, Kind={resource.kind}): "
                f".{path}: field not declared in schema"
            )
            raise StatusError(500, text, "Unknown") from None
        metadata = applied.setdefault("metadata", {})
        if metadata.get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        self._place(resource, namespace, metadata)
        if metadata.get("name", name) != name:
            raise bad_request(
                f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})"
            )
        metadata["name"] = name
        if subresource == "status":
            applied = {
                key: item for key, item in applied.items() if key in ("apiVersion", "kind", "metadata", "status")
            }
        elif resource.has_status:
            applied.pop("status", None)
        schema = resource.schema
        who = self._manager(resource, options, subresource, "Apply")
        wanted = set(fieldsets.leaves(schema, applied))
        with self.store.lock:
            found = self.store.get(resource.bucket, namespace, name)
            if found is None:
                if metadata.get("resourceVersion") or metadata.get("uid"):
                    raise conflict(resource.group, resource.plural, name, "the object does not exist")
                who.fields = wanted
                return self._create(resource, applied, options, [who]), True
            old = self.present(resource, found)
            owners = managers.read(old)
            mine = managers.own(owners, who)
            others = {path for each in owners if each is not mine for path in each.fields}
            merged = apply.merge(schema, old, applied)
            gone = mine.fields - wanted - others
            merged = copy(apply.drop(schema, merged, gone, others | wanted) if gone else merged)
            changed = apply.changes(schema, old, merged) & set(fieldsets.leaves(schema, merged))
            managers.check_conflicts(changed, mine, owners, options.force)
            if mine.fields != wanted or changed or gone:
                mine.time = who.time
            mine.fields = wanted
            merged.setdefault("metadata", {})["resourceVersion"] = metadata.get("resourceVersion", "")
            return self._write(resource, old, merged, options, subresource, owners), False

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Object | None = None,
        dry_run: bool = False,
    ) -> tuple[Object, bool]:
        """Delete the object, or mark it where finalizers or a grace period hold it.

        :return: the object, and whether it is gone already.
        """
        wishes = body or {}
        with self.store.lock:
            value = self.get(resource, namespace, name)
            self.admission.check_delete(resource, value)
            deletion.check_preconditions(resource, value, wishes)
            if dry_run:
                return value, False
            kept, stored = self._keep(resource, value)
            marked = copy(stored)
            deletion.propagate(self.store, marked, wishes)
            grace = deletion.grace_of(resource, marked, wishes)
            if "deletionGracePeriodSeconds" in marked["metadata"]:
                grace = min(grace, marked["metadata"]["deletionGracePeriodSeconds"])
                marked["metadata"]["deletionGracePeriodSeconds"] = grace
            if not deletion.held(resource, marked) and not grace:
                return self.present(resource, self.store.remove(kept.bucket, stored)), True
            if "deletionTimestamp" not in marked["metadata"]:
                marked["metadata"]["deletionTimestamp"] = self.now()
                marked["metadata"]["deletionGracePeriodSeconds"] = grace
                if (resource.group, resource.kind) == ("", "Namespace"):
                    marked["status"] = {**marked.get("status", {}), "phase": "Terminating"}
                elif "generation" in marked["metadata"]:
                    marked["metadata"]["generation"] += 1
            elif marked == stored:
                return value, False
            return self.present(resource, self.store.put(kept.bucket, marked)), False

    # Steps of a write

    def decode(self, resource: Resource, body: Any, options: Options) -> Object:
        """A request's object by the schema, without unknown fields. Raises StatusError 400 and 422."""
        if not isinstance(body, dict):
            raise bad_request("the object provided is unrecognized (must be of type object)")
        for name, wanted in (("apiVersion", resource.api_version), ("kind", resource.kind)):
            if body.get(name, wanted) != wanted:
                raise bad_request(
                    f"the {'API version' if name == 'apiVersion' else 'kind'} in the data ({body[name]}) does not "
                    f"match the expected {'API version' if name == 'apiVersion' else 'kind'} ({wanted})"
                )
        text = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
        if resource.custom is None:
            result = decode(resource.schema, body)
            if result.wrong:
                raise bad_request(text + "; ".join(result.wrong))
            value, unknown = result.value, result.unknown
        else:
            unknown = []
            value = copy(custom.prune(resource.schema, body, "", unknown))
            metadata = decode(_metadata_schema(resource.schema), body.get("metadata") or {}, "metadata")
            if metadata.wrong:
                raise bad_request(text + "; ".join(metadata.wrong))
            value["metadata"] = metadata.value
        if unknown and options.validation == "Strict":
            fields = ", ".join(f'unknown field "{each}"' for each in unknown)
            raise bad_request(f"{text}strict decoding error: {fields}" if resource.custom is None else _strict(fields))
        if options.validation == "Warn":
            options.warnings += [f'unknown field "{each}"' for each in unknown]
        value.update(apiVersion=resource.api_version, kind=resource.kind)
        return value

    def _complete(self, resource: Resource, value: Object, old: Object | None) -> None:
        if resource.custom is not None:
            custom.fill(resource.schema, value)
            return
        if (resource.group, resource.kind) == ("", "Secret") and value.get("stringData"):
            value["data"] = {**value.get("data", {}), **preparation.encoded(value["stringData"])}
        value.pop("stringData", None)
        if "spec" in resource.schema.get("properties", {}):
            value.setdefault("spec", {})
        if old is not None:
            preparation.carry(resource, value, old)
        defaults.fill(resource.group, resource.kind, value)

    def _admit(self, resource: Resource, value: Object, old: Object | None) -> None:
        """What admission and the kind's own preparation change. Nobody owns that."""
        if resource.custom is not None:
            return
        if "spec" in value or resource.kind == "Service":
            self.admission.change(resource, value, old)
        if resource.kind == "Job" and old is None:
            preparation.select_by_uid(value)

    def _check(self, resource: Resource, value: Object, old: Object | None) -> None:
        if resource.custom is not None:
            errors = validation.metadata.check(resource.group, resource.kind, value, old, resource.namespaced)
            errors += custom.check(resource.schema, value)
        else:
            errors = validation.check(resource, value, old)
        if errors:
            raise not_valid(resource.group, resource.kind, value["metadata"].get("name", ""), errors)

    def _place(self, resource: Resource, namespace: str, metadata: Object) -> None:
        if not resource.namespaced:
            metadata.pop("namespace", None)
            return
        if metadata.get("namespace", namespace) != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = namespace

    def _manager(
        self, resource: Resource, options: Options, subresource: str = "", operation: str = "Update"
    ) -> Manager:
        return Manager(options.manager, operation, resource.api_version, subresource, self.now())

    @staticmethod
    def _counts(resource: Resource) -> bool:
        return resource.custom is not None or (resource.kind in GENERATION_KINDS and resource.group != "autoscaling")


def _metadata_schema(schema: Schema) -> Schema:
    return schema["properties"]["metadata"]


def _strict(fields: str) -> str:
    return f"strict decoding error: {fields}"


def _content(value: Object) -> Object:
    return {key: item for key, item in value.items() if key not in ("metadata", "status")}


def _same(one: Object, other: Object) -> bool:
    """Whether two objects differ in nothing but the times of their field owners."""

    def bare(value: Object) -> Object:
        owners = [
            {key: item for key, item in each.items() if key != "time"}
            for each in value["metadata"].get("managedFields", [])
        ]
        metadata = {key: item for key, item in value["metadata"].items() if key != "resourceVersion"}
        return {**value, "metadata": {**metadata, "managedFields": owners}}

    return bare(one) == bare(other)
