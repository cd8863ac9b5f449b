# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import time
from typing import Any

from moto.apigateway.responses import APIGatewayResponse

from twin.overlay._policies import problem
from twin.overlay.apigateway import patches
from twin.overlay.apigateway.domains import refuse_if_mapped
from twin.overlay.apigateway.store import (
    Api,
    Document,
    api_of,
    bad,
    conflict,
    missing,
    new_id,
    operation,
    page,
    store,
    tags_of,
)
from twin.patch import Parameters

_EMPTY = {"$schema": "http://json-schema.org/draft-04/schema#", "title": "Empty Schema", "type": "object"}
_ERROR = {**_EMPTY, "title": "Error Schema", "properties": {"message": {"type": "string"}}}


def install() -> None:
    @operation(APIGatewayResponse, "CreateRestApi")
    def create(response: Any, asked: Parameters) -> Document:
        endpoint = {"types": ["EDGE"], "ipAddressType": "ipv4", **(asked.get("endpointConfiguration") or {})}
        if set(endpoint["types"]) - {"EDGE", "PRIVATE", "REGIONAL"} or len(endpoint["types"]) != 1:
            bad("Invalid endpoint configuration type specified")
        root = new_id()
        document = {
            "apiKeySource": "HEADER",
            "disableExecuteApiEndpoint": False,
            **asked,
            "endpointConfiguration": endpoint,
            "id": new_id(),
            "createdDate": int(time.time()),
            "rootResourceId": root,
            "tags": dict(asked.get("tags") or {}),
        }
        _keep_policy(document)
        api = Api(document)
        api.resources[root] = {"id": root, "resourceMethods": {}}
        for name, schema in (("Empty", _EMPTY), ("Error", _ERROR)):
            api.models[name] = {
                "id": new_id(6),
                "name": name,
                "contentType": "application/json",
                "schema": json.dumps(schema),
            }
        store(response).apis[document["id"]] = api
        return document

    @operation(APIGatewayResponse, "GetRestApis")
    def lists(response: Any, asked: Parameters) -> Document:
        return page([api.document for api in store(response).apis.values()], asked)

    @operation(APIGatewayResponse, "GetRestApi")
    def get(response: Any, asked: Parameters) -> Document:
        return api_of(response, asked).document

    @operation(APIGatewayResponse, "UpdateRestApi")
    def update(response: Any, asked: Parameters) -> Document:
        document = api_of(response, asked).document
        patches.apply("RestApi", document, asked.get("patchOperations") or [])
        if any(one["path"] == "/policy" for one in asked.get("patchOperations") or []):
            _keep_policy(document)
        return document

    @operation(APIGatewayResponse, "DeleteRestApi")
    def delete(response: Any, asked: Parameters) -> None:
        api_of(response, asked)
        refuse_if_mapped(response, asked["restApiId"])
        held = store(response)
        for plan in held.plans.values():
            if any(one["apiId"] == asked["restApiId"] for one in plan.get("apiStages") or []):
                bad(f"Cannot delete the REST API, because it's associated with usage plan {plan['id']}")
        del held.apis[asked["restApiId"]]

    @operation(APIGatewayResponse, "GetTags")
    def get_tags(response: Any, asked: Parameters) -> Document:
        return {"tags": tags_of(response, asked["resourceArn"])}

    @operation(APIGatewayResponse, "TagResource")
    def tag(response: Any, asked: Parameters) -> None:
        if any(key.startswith("aws:") for key in asked["tags"]):
            bad("Invalid tag key")
        tags_of(response, asked["resourceArn"]).update(asked["tags"])

    @operation(APIGatewayResponse, "UntagResource")
    def untag(response: Any, asked: Parameters) -> None:
        tags = tags_of(response, asked["resourceArn"])
        for key in asked["tagKeys"]:
            tags.pop(key, None)

    _resources()


def _keep_policy(document: Document) -> None:
    """AWS answers a policy as the inside of a JSON text."""
    policy = document.get("policy")
    if policy:
        wrong = problem(policy)
        if wrong:
            bad("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
        document["policy"] = json.dumps(policy)[1:-1]


def _resources() -> None:
    @operation(APIGatewayResponse, "CreateResource")
    def create(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        if asked["parentId"] not in api.resources:
            missing("Invalid Resource identifier specified")
        for other in api.resources.values():
            if other.get("parentId") == asked["parentId"] and other["pathPart"] == asked["pathPart"]:
                conflict(f"Another resource with the same parent already has this name: {asked['pathPart']}")
        if "/" in asked["pathPart"]:
            bad("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces")
        identifier = new_id(6)
        api.resources[identifier] = {
            "id": identifier,
            "parentId": asked["parentId"],
            "pathPart": asked["pathPart"],
            "resourceMethods": {},
        }
        return shown(api, identifier, True)

    @operation(APIGatewayResponse, "GetResources")
    def lists(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        whole = "methods" in (asked.get("embed") or [])
        return page([shown(api, one, whole) for one in api.resources], asked)

    @operation(APIGatewayResponse, "GetResource")
    def get(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        if asked["resourceId"] not in api.resources:
            missing("Invalid Resource identifier specified")
        return shown(api, asked["resourceId"], "methods" in (asked.get("embed") or []))

    @operation(APIGatewayResponse, "DeleteResource")
    def delete(response: Any, asked: Parameters) -> None:
        api = api_of(response, asked)
        found = api.resources.get(asked["resourceId"]) or missing("Invalid Resource identifier specified")
        if "parentId" not in found:
            bad("Can't delete root resource")
        _delete(api, found["id"])


def _delete(api: Api, identifier: str) -> None:
    for child in [one["id"] for one in api.resources.values() if one.get("parentId") == identifier]:
        _delete(api, child)
    del api.resources[identifier]


def shown(api: Api, identifier: str, whole: bool) -> Document:
    """A resource as it is answered: its methods by name only unless they are asked for."""
    resource = api.resources[identifier]
    methods = resource["resourceMethods"]
    kept = methods if whole else {name: {} for name in methods}
    return {
        **{name: value for name, value in resource.items() if name != "resourceMethods"},
        "path": api.path(identifier),
        **({"resourceMethods": kept} if methods else {}),
    }
