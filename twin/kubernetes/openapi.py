# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The OpenAPI documents: version 2 in one piece, version 3 by group, both of what is served."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from twin.kubernetes.resources import Resource, Resources
from twin.kubernetes.schemas import Schemas, reachable
from twin.kubernetes.values import Object

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_BODY_VERBS = {"create": "post", "update": "put", "patch": "patch"}
_ACTIONS = {"create": "post", "update": "put", "patch": "patch", "get": "get", "delete": "delete"}
_DRY_RUN = ("dryRun", "fieldManager", "fieldValidation")


class Documents:
    """Writes the documents, and remembers each until the resources change."""

    def __init__(self, resources: Resources, schemas: Schemas, version: str) -> None:
        self._resources, self._schemas, self._version = resources, schemas, version
        self._made: dict[str, bytes] = {}

    def forget(self) -> None:
        """The resources have changed."""
        self._made.clear()

    def v2(self) -> bytes:
        """``/openapi/v2``."""
        return self._remembered("v2", self._v2)

    def index(self) -> Object:
        """``/openapi/v3``."""
        paths = {}
        for group, versions in self._resources.group_versions().items():
            for version in versions:
                name = f"apis/{group}/{version}" if group else f"api/{version}"
                digest = hashlib.sha256(self.v3(name) or b"").hexdigest().upper()
                paths[name] = {"serverRelativeURL": f"/openapi/v3/{name}?hash={digest}"}
        return {"paths": paths}

    def v3(self, name: str) -> bytes | None:
        """``/openapi/v3/apis/GROUP/VERSION``; None for a group that is not there."""
        parts = name.split("/")
        if len(parts) == 2 and parts[0] == "api":
            group, version = "", parts[1]
        elif len(parts) == 3 and parts[0] == "apis":
            group, version = parts[1:]
        else:
            return None
        found = self._resources.of(group, version)
        return self._remembered(name, lambda: self._v3(found)) if found else None

    def _remembered(self, name: str, make: Any) -> bytes:
        if name not in self._made:
            self._made[name] = json.dumps(make(), separators=(",", ":")).encode()
        return self._made[name]

    def _definitions(self, found: list[Resource]) -> dict[str, Any]:
        roots = [_META + name for name in ("DeleteOptions", "Status", "WatchEvent")]
        custom: dict[str, Any] = {}
        for each in found:
            if each.custom is None:
                roots.append(each.definition)
                roots += [name for name in (f"{each.definition}List",) if name in self._schemas.raw]
            else:
                custom.update(_custom_definitions(each))
                roots += [_META + "ObjectMeta", _META + "ListMeta"]
        if any("scale" in each.subresources for each in found):
            roots.append("io.k8s.api.autoscaling.v1.Scale")
        if any("eviction" in each.subresources for each in found):
            roots += ["io.k8s.api.policy.v1.Eviction", "io.k8s.api.core.v1.Binding"]
            roots.append("io.k8s.api.authentication.v1.TokenRequest")
        return {**reachable(self._schemas.raw, roots), **custom}

    def _v2(self) -> Object:
        found = list(self._resources)
        definitions = self._definitions(found)
        definitions[_INT_OR_STRING] = {"type": "string", "format": "int-or-string"}
        definitions[_QUANTITY] = {"type": "string"}
        document = {
            "swagger": "2.0",
            "info": {"title": "Kubernetes", "version": f"v{self._version}.0"},
            "paths": self._paths(found, "#/definitions/", old=True),
            "definitions": definitions,
        }
        return json.loads(json.dumps(document).replace("#/$defs/", "#/definitions/"))

    def _v3(self, found: list[Resource]) -> Object:
        definitions = self._definitions(found)
        for name in (_INT_OR_STRING, _QUANTITY):
            if name in definitions:
                kinds = [{"type": "string"}, {"type": "integer" if name == _INT_OR_STRING else "number"}]
                definitions[name] = {"oneOf": kinds}
                if name == _INT_OR_STRING:
                    definitions[name]["format"] = "int-or-string"
        document = {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": f"v{self._version}.0"},
            "paths": self._paths(found, "#/components/schemas/", old=False),
            "components": {"schemas": definitions},
        }
        return json.loads(json.dumps(document).replace("#/$defs/", "#/components/schemas/"))

    def _paths(self, found: list[Resource], prefix: str, old: bool) -> Object:
        paths: Object = {}
        for each in found:
            base = f"/apis/{each.group}/{each.version}" if each.group else f"/api/{each.version}"
            if each.namespaced:
                base += "/namespaces/{namespace}"
            collection, one = f"{base}/{each.plural}", f"{base}/{each.plural}/{{name}}"
            name = each.definition or _custom_name(each)
            for verb in each.verbs:
                if verb in _ACTIONS:
                    path = paths.setdefault(collection if verb == "create" else one, {})
                    path[_ACTIONS[verb]] = _operation(each, verb, prefix + name, old)
                elif verb == "list":
                    paths.setdefault(collection, {})["get"] = _operation(each, "list", prefix + name + "List", old)
            for sub in each.subresources:
                path = paths.setdefault(f"{one}/{sub}", {})
                if sub in ("status", "scale"):
                    for verb in ("get", "update", "patch"):
                        path[_ACTIONS[verb]] = _operation(each, verb, prefix + name, old)
        return paths


def _operation(resource: Resource, verb: str, reference: str, old: bool) -> Object:
    schema = {"$ref": reference}
    names = ("labelSelector", "fieldSelector", "limit", "continue") if verb == "list" else ()
    if verb in _BODY_VERBS:
        names = (*_DRY_RUN, "force") if verb == "patch" else _DRY_RUN
    elif verb == "delete":
        names = ("dryRun", "gracePeriodSeconds", "propagationPolicy")
    kind = {
        name: {"force": "boolean", "limit": "integer", "gracePeriodSeconds": "integer"}.get(name, "string")
        for name in names
    }
    parameters: list[Object] = [
        {"name": name, "in": "query", "uniqueItems": True, "type": each}
        if old
        else {"name": name, "in": "query", "schema": {"type": each, "uniqueItems": True}}
        for name, each in kind.items()
    ]
    content = {"application/json": {"schema": schema}}
    response = {"description": "OK", "schema": schema} if old else {"description": "OK", "content": content}
    made: Object = {
        "operationId": f"{verb}{resource.group.title().replace('.', '')}{resource.version.title()}{resource.kind}",
        "parameters": parameters,
        "responses": {"200": response},
        "x-kubernetes-action": _ACTIONS.get(verb, verb),
        "x-kubernetes-group-version-kind": {
            "group": resource.group,
            "version": resource.version,
            "kind": resource.kind,
        },
    }
    if verb in _BODY_VERBS:
        if old:
            made["parameters"].append({"name": "body", "in": "body", "required": True, "schema": schema})
        else:
            made["requestBody"] = {"content": content}
    return made


def _custom_name(resource: Resource) -> str:
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])


def _custom_definitions(resource: Resource) -> Object:
    assert resource.custom is not None
    schema = dict(resource.custom["schema"]["openAPIV3Schema"])
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    texts = {name: {"type": "string"} for name in ("apiVersion", "kind")}
    metadata = {"$ref": f"#/$defs/{_META}ObjectMeta"}
    schema["properties"] = {**schema.get("properties", {}), **texts, "metadata": metadata}
    schema["x-kubernetes-group-version-kind"] = [kind]
    name = _custom_name(resource)
    lists = {
        "type": "object",
        "required": ["items"],
        "properties": {
            **texts,
            "metadata": {"$ref": f"#/$defs/{_META}ListMeta"},
            "items": {"type": "array", "items": {"$ref": f"#/$defs/{name}"}},
        },
        "x-kubernetes-group-version-kind": [{**kind, "kind": resource.lists}],
    }
    return {name: schema, f"{name}List": lists}
