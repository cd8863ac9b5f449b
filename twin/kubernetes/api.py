# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to answers: paths, verbs, and the form in which objects are shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from twin.kubernetes import discovery, metrics, patches, selectors, tables, users
from twin.kubernetes.errors import StatusError, bad_request, forbidden, not_found
from twin.kubernetes.messages import Request, Response
from twin.kubernetes.metrics import MetricsApi
from twin.kubernetes.objects import Objects, Options
from twin.kubernetes.openapi import Documents
from twin.kubernetes.resources import Resource
from twin.kubernetes.reviews import Reviews
from twin.kubernetes.selectors import Predicate
from twin.kubernetes.store import Store
from twin.kubernetes.subresources import Subresources
from twin.kubernetes.users import Attributes
from twin.kubernetes.values import Object, copy
from twin.kubernetes.watching import Watch

_JSON, _MERGE = "application/json-patch+json", "application/merge-patch+json"
_STRATEGIC, _APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
_DEFAULT_WATCH = 1800.0
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "GET": "get"}
_FIELD_DEFAULTS: dict[str, Any] = {"spec.unschedulable": False, "spec.hostNetwork": False}


class Api:
    """Answers every request to one cluster."""

    def __init__(
        self,
        objects: Objects,
        documents: Documents,
        subresources: Subresources,
        reviews: Reviews,
        metrics_api: MetricsApi,
        version: Object,
        clock: Callable[[], float],
    ) -> None:
        self._objects, self._documents, self._subresources = objects, documents, subresources
        self._reviews, self._metrics, self._version, self._clock = reviews, metrics_api, version, clock
        self._resources = objects.resources
        self._extra = metrics.discovery()
        self.server_address = ""

    @property
    def _store(self) -> Store:
        return self._objects.store

    def handle(self, request: Request) -> Response:
        """Answer the request. Raises StatusError."""
        parts = [part for part in request.path.split("/") if part]
        if parts[:1] == ["api"] and len(parts) > 2:
            return self._resource_request(request, "", parts[1], parts[2:])
        if parts[:1] == ["apis"] and len(parts) > 3:
            if (parts[1], parts[2]) in self._extra:
                return self._metrics_request(request, parts[1], parts[3:])
            return self._resource_request(request, parts[1], parts[2], parts[3:])
        self._allow(request, Attributes(request.method.lower(), path=request.path))
        return self._general(request, parts)

    def _general(self, request: Request, parts: list[str]) -> Response:
        """What is not about one resource."""
        aggregated = "APIGroupDiscoveryList" in request.headers.get("accept", "")
        found: Object | None = None
        if not parts:
            names = [
                "/api",
                "/api/v1",
                "/apis",
                "/healthz",
                "/livez",
                "/openapi/v2",
                "/openapi/v3",
                "/readyz",
                "/version",
            ]
            found = {"paths": names}
        elif parts == ["version"]:
            found = self._version
        elif parts[0] in ("healthz", "livez", "readyz"):
            return Response(raw=b"ok", content_type="text/plain; charset=utf-8")
        elif parts[0] in ("api", "apis") and len(parts) == 1:
            if aggregated:
                return self._aggregated(request, core=parts[0] == "api")
            known = parts[0] == "api"
            found = discovery.versions(self.server_address) if known else discovery.groups(self._resources, self._extra)
        elif parts == ["api", "v1"]:
            found = discovery.resource_list(self._resources, self._extra, "", "v1")
        elif parts[0] == "apis" and len(parts) == 2:
            found = discovery.one_group(self._resources, self._extra, parts[1])
        elif parts[0] == "apis" and len(parts) == 3:
            found = discovery.resource_list(self._resources, self._extra, parts[1], parts[2])
        elif parts == ["openapi", "v2"]:
            return self._openapi_v2(request)
        elif parts == ["openapi", "v3"]:
            found = self._documents.index()
        elif parts[:2] == ["openapi", "v3"] and (document := self._documents.v3("/".join(parts[2:]))):
            return Response(raw=document)
        if found is None:
            raise StatusError(404, "the server could not find the requested resource", details={})
        return Response(value=found)

    def _aggregated(self, request: Request, core: bool) -> Response:
        version = "v2" if "v=v2;" in request.headers["accept"].replace(" ", "") + ";" else "v2beta1"
        value = discovery.aggregated(self._resources, self._extra, core, version)
        kind = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
        return Response(value=value, content_type=kind)

    def _openapi_v2(self, request: Request) -> Response:
        accept = request.headers.get("accept", "*/*")
        if "json" not in accept and "*/*" not in accept:
            raise StatusError(406, "only application/json is served here")
        return Response(raw=self._documents.v2())

    def _metrics_request(self, request: Request, group: str, parts: list[str]) -> Response:
        namespace = parts[1] if parts[0] == "namespaces" and len(parts) > 1 else ""
        rest = parts[2:] if namespace else parts
        asked = Attributes("get" if len(rest) > 1 else "list", group, rest[0] if rest else "", namespace=namespace)
        self._allow(request, asked)
        found = self._metrics.answer(group, parts, request.query) if request.method == "GET" else None
        if found is None:
            name = rest[1] if len(rest) > 1 else ""
            raise not_found(group, rest[0] if rest else "", name)
        return Response(value=found)

    def _allow(self, request: Request, asked: Attributes) -> None:
        if users.may(self._store, request.user, asked):
            return
        why = users.refusal(request.user, asked)
        if asked.path:
            raise StatusError(403, f"forbidden: {why}")
        raise forbidden(asked.group, asked.resource, asked.name, why)

    # One resource

    def _resource_request(self, request: Request, group: str, version: str, parts: list[str]) -> Response:
        namespace = ""
        if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in ("status", "finalize"):
            namespace, parts = parts[1], parts[2:]
        elif parts[0] == "namespaces" and len(parts) > 1:
            namespace = parts[1] if group == "" else ""
        plural, name = parts[0], parts[1] if len(parts) > 1 else ""
        sub = parts[2] if len(parts) > 2 else ""
        resource = self._resources.find(group, version, plural)
        if resource is None or (sub and sub not in resource.subresources) or len(parts) > 3:
            raise StatusError(404, "the server could not find the requested resource", details={})
        verb = self._verb(request, name)
        asked = Attributes(verb, group, plural, sub, namespace, name)
        self._allow(request, asked)
        if verb.removesuffix("collection") not in resource.verbs and not sub and verb not in resource.verbs:
            raise StatusError(405, "the server does not allow this method on the requested resource")
        if plural == "namespaces":
            namespace = ""
        if resource.namespaced and not namespace and (name or verb in ("create", "deletecollection")):
            raise bad_request(f"an empty namespace may not be set during {verb}")
        if not resource.namespaced and namespace:
            raise StatusError(404, "the server could not find the requested resource", details={})
        return self._act(request, resource, verb, namespace, name, sub)

    @staticmethod
    def _verb(request: Request, name: str) -> str:
        verb = _VERBS.get(request.method)
        if verb is None:
            raise StatusError(405, "the server does not allow this method on the requested resource")
        if verb == "get" and (request.flag("watch") or (not name)):
            return "watch" if request.flag("watch") else "list"
        if verb == "delete" and not name:
            return "deletecollection"
        if verb in ("update", "patch") and not name:
            raise StatusError(405, "the server does not allow this method on the requested resource")
        return verb

    def _act(self, request: Request, resource: Resource, verb: str, namespace: str, name: str, sub: str) -> Response:
        if verb in ("list", "watch", "deletecollection"):
            chosen = self._chosen(request, resource, name)
            if verb == "list":
                return self._list(request, resource, namespace, chosen)
            if verb == "watch":
                return self._watch(request, resource, namespace, chosen)
            return self._delete_many(request, resource, namespace, chosen)
        if sub and sub != "status":
            return self._sub(request, resource, verb, namespace, name, sub)
        if verb == "get":
            return self._show(request, resource, self._objects.get(resource, namespace, name))
        if verb == "delete":
            return self._delete(request, resource, namespace, name)
        options = self._options(request)
        if verb == "create":
            if sub:
                raise StatusError(405, "the server does not allow this method on the requested resource")
            if self._reviews.handles(resource):
                return Response(201, self._reviews.answer(resource, request.json() or {}, request.user))
            made = self._objects.create(resource, namespace, request.json(), options)
            return self._show(request, resource, made, 201, options.warnings)
        if verb == "update":
            made = self._objects.update(resource, namespace, name, request.json(), options, sub)
            return self._show(request, resource, made, 200, options.warnings)
        made, created = self._patch(request, resource, namespace, name, sub, options)
        return self._show(request, resource, made, 201 if created else 200, options.warnings)

    def _options(self, request: Request) -> Options:
        dry = request.query.get("dryRun")
        if dry not in (None, "", "All"):
            text = f'PatchOptions is invalid: dryRun: Unsupported value: ["{dry}"]: supported values: "All"'
            raise StatusError(422, text, "Invalid")
        validation = request.query.get("fieldValidation") or "Warn"
        if validation not in ("Ignore", "Warn", "Strict"):
            text = (
                f'fieldValidation: Unsupported value: "{validation}": supported values: "", "Ignore", "Strict", "Warn"'
            )
            raise StatusError(422, text, "Invalid")
        agent = request.headers.get("user-agent", "unknown").partition("/")[0][:128]
        manager = request.query.get("fieldManager") or agent
        return Options(manager, dry == "All", validation, request.flag("force"))

    def _patch(
        self, request: Request, resource: Resource, namespace: str, name: str, sub: str, options: Options
    ) -> tuple[Object, bool]:
        kind, patch = request.content_type, request.json()
        if kind == _APPLY:
            if not request.query.get("fieldManager"):
                raise bad_request(
                    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
                )
            return self._objects.apply(resource, namespace, name, patch, options, sub)
        changes: dict[str, Callable[[Object], Any]] = {
            _JSON: lambda old: patches.json_patch(old, patch),
            _MERGE: lambda old: patches.merge_patch(copy(old), patch),
        }
        if resource.custom is None:
            changes[_STRATEGIC] = lambda old: patches.strategic_merge(resource.schema, copy(old), patch)
        if kind not in changes:
            known = ", ".join([*changes, _APPLY])
            text = f"the body of the request was in an unknown format - accepted media types include: {known}"
            raise StatusError(415, text)
        return self._objects.modify(resource, namespace, name, changes[kind], options, sub), False

    def _sub(self, request: Request, resource: Resource, verb: str, namespace: str, name: str, sub: str) -> Response:
        options = self._options(request)
        body = request.json() if request.body else None
        found = self._subresources.answer(
            resource, verb, namespace, name, sub, body, request.query, request.content_type, options
        )
        found.warnings = options.warnings
        return found

    # Showing

    def _chosen(self, request: Request, resource: Resource, name: str) -> Predicate:
        labels = selectors.parse_labels(request.query.get("labelSelector", ""))
        fields = selectors.parse_fields(request.query.get("fieldSelector", ""), resource.fields, _FIELD_DEFAULTS)
        return lambda value: (
            (not name or value["metadata"]["name"] == name) and labels(selectors.labels_of(value)) and fields(value)
        )

    def _show(
        self, request: Request, resource: Resource, value: Object, code: int = 200, warnings: list[str] | None = None
    ) -> Response:
        shown = self._form(request, resource)(value)
        return Response(code, shown, warnings=warnings or [])

    def _form(self, request: Request, resource: Resource) -> Callable[[Object], Any]:
        shape, version = request.shape()
        include = request.query.get("includeObject") or "Metadata"
        if shape == "Table":
            return lambda value: tables.table(
                resource,
                [value],
                {"resourceVersion": value["metadata"].get("resourceVersion", "")},
                self._clock(),
                include,
                version,
            )
        if shape:
            return lambda value: tables.partial(value, version)
        return lambda value: value

    def _list(self, request: Request, resource: Resource, namespace: str, chosen: Predicate) -> Response:
        with self._store.lock:
            revision = str(self._store.revision)
            found = [each for each in self._store.list(resource.bucket, namespace) if chosen(each)]
        metadata: Object = {"resourceVersion": revision}
        found, metadata = self._page(request, found, metadata)
        items = [self._objects.present(resource, each) for each in found]
        shape, version = request.shape()
        if shape == "Table":
            include = request.query.get("includeObject") or "Metadata"
            return Response(value=tables.table(resource, items, metadata, self._clock(), include, version))
        if shape:
            value = {
                "kind": "PartialObjectMetadataList",
                "apiVersion": f"meta.k8s.io/{version}",
                "metadata": metadata,
                "items": [tables.partial(each, version) for each in items],
            }
            return Response(value=value)
        if resource.custom is None:
            items = [{key: item for key, item in each.items() if key not in ("apiVersion", "kind")} for each in items]
        listed = {"kind": resource.lists, "apiVersion": resource.api_version, "metadata": metadata, "items": items}
        return Response(value=listed)

    def _page(self, request: Request, found: list[Object], metadata: Object) -> tuple[list[Object], Object]:
        if token := request.query.get("continue"):
            try:
                place = json.loads(base64.urlsafe_b64decode(token))
                start, revision = tuple(place["start"]), int(place["rv"])
            except (ValueError, KeyError, TypeError):
                raise bad_request("continue key is not valid") from None
            if revision < self._store.oldest:
                text = "The provided continue parameter is too old to display a consistent list result."
                raise StatusError(410, text)
            metadata["resourceVersion"] = str(revision)
            found = [each for each in found if _key(each) > start]
        limit = _number(request, "limit")
        if limit and len(found) > limit:
            last = _key(found[limit - 1])
            place = {"start": last, "rv": metadata["resourceVersion"]}
            metadata["continue"] = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
            metadata["remainingItemCount"] = len(found) - limit
            found = found[:limit]
        return found, metadata

    def _watch(self, request: Request, resource: Resource, namespace: str, chosen: Predicate) -> Response:
        stated = request.query.get("resourceVersion", "")
        initial = request.flag("sendInitialEvents")
        try:
            since = int(stated) if stated not in ("", "0") and not initial else None
            timeout = float(request.query.get("timeoutSeconds") or _DEFAULT_WATCH)
        except ValueError:
            raise bad_request(f"Invalid value for resourceVersion: {stated!r}") from None
        watch = Watch(
            self._store,
            resource,
            namespace,
            chosen,
            lambda value: self._objects.present(resource, value),
            self._form(request, resource),
            since,
            timeout,
            request.flag("allowWatchBookmarks"),
            initial,
        )
        return Response(stream=watch.lines())

    def _delete(self, request: Request, resource: Resource, namespace: str, name: str) -> Response:
        wishes = _wishes(request)
        dry = (wishes.get("dryRun") or [request.query.get("dryRun")])[0] == "All"
        value, gone = self._objects.delete(resource, namespace, name, wishes, dry)
        if not gone:
            return self._show(request, resource, value)
        details = {"name": name, "group": resource.group, "kind": resource.plural, "uid": value["metadata"]["uid"]}
        details = {key: item for key, item in details.items() if item}
        return Response(
            value={"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        )

    def _delete_many(self, request: Request, resource: Resource, namespace: str, chosen: Predicate) -> Response:
        wishes = _wishes(request)
        dry = (wishes.get("dryRun") or [request.query.get("dryRun")])[0] == "All"
        items = []
        with self._store.lock:
            for each in self._store.list(resource.bucket, namespace):
                if chosen(each):
                    metadata = each["metadata"]
                    place = metadata.get("namespace", "")
                    items.append(self._objects.delete(resource, place, metadata["name"], wishes, dry)[0])
            revision = str(self._store.revision)
        metadata = {"resourceVersion": revision}
        return Response(
            value={"kind": resource.lists, "apiVersion": resource.api_version, "metadata": metadata, "items": items}
        )


def _key(value: Object) -> tuple[str, str]:
    return value["metadata"].get("namespace", ""), value["metadata"]["name"]


def _number(request: Request, name: str) -> int:
    """A number of the query, 0 when it is not there. Raises StatusError 400."""
    try:
        return int(request.query.get(name) or 0)
    except ValueError:
        raise bad_request(f'unable to convert query parameter "{name}" to a number: {request.query[name]!r}') from None


def _wishes(request: Request) -> Object:
    """DeleteOptions from the body and from the query."""
    body = request.json() or {}
    wishes = dict(body) if isinstance(body, dict) else {}
    if "propagationPolicy" in request.query:
        wishes.setdefault("propagationPolicy", request.query["propagationPolicy"])
    if "gracePeriodSeconds" in request.query:
        wishes.setdefault("gracePeriodSeconds", _number(request, "gracePeriodSeconds"))
    if "orphanDependents" in request.query:
        wishes.setdefault("orphanDependents", request.flag("orphanDependents"))
    return wishes
