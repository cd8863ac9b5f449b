# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
from typing import Any

from moto.apigateway.responses import APIGatewayResponse

from twin.overlay.apigateway import patches
from twin.overlay.apigateway.store import Api, Document, api_of, bad, conflict, missing, operation
from twin.patch import Parameters

_PLACE = ("restApiId", "resourceId", "httpMethod")
_PARAMETER = re.compile(r"method\.request\.(querystring|path|header|multivaluequerystring|multivalueheader)\..+")
_LAMBDA_URI = re.compile(r"arn:aws[\w-]*:apigateway:[\w-]+:[\w.-]+:(path|action)/.+")


def install() -> None:
    @operation(APIGatewayResponse, "PutMethod")
    def put(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        methods = _methods(api, asked)
        if asked["httpMethod"] in methods:
            conflict("Method already exists for this resource")
        made = {
            "apiKeyRequired": False,
            **{name: value for name, value in asked.items() if name not in _PLACE},
            "httpMethod": asked["httpMethod"],
        }
        _check(api, made)
        methods[asked["httpMethod"]] = made
        return made

    @operation(APIGatewayResponse, "GetMethod")
    def get(response: Any, asked: Parameters) -> Document:
        return _method(response, asked)

    @operation(APIGatewayResponse, "UpdateMethod")
    def update(response: Any, asked: Parameters) -> Document:
        method = _method(response, asked)
        changed = {**method, **{name: dict(method.get(name) or {}) for name in ("requestModels", "requestParameters")}}
        patches.apply("Method", changed, asked["patchOperations"])
        _check(api_of(response, asked), changed)
        method.clear()
        method.update(changed)
        return method

    @operation(APIGatewayResponse, "DeleteMethod")
    def delete(response: Any, asked: Parameters) -> None:
        _method(response, asked)
        del _methods(api_of(response, asked), asked)[asked["httpMethod"]]

    _responses()
    _integrations()


def _methods(api: Api, asked: Document) -> dict[str, Document]:
    found = api.resources.get(asked["resourceId"]) or missing("Invalid Resource identifier specified")
    methods: dict[str, Document] = found["resourceMethods"]
    return methods


def _method(response: Any, asked: Document) -> Document:
    found = _methods(api_of(response, asked), asked).get(asked["httpMethod"])
    return found or missing("Invalid Method identifier specified")


def _check(api: Api, method: Document) -> None:
    if method["authorizationType"] == "CUSTOM" and method.get("authorizerId") not in api.authorizers:
        bad("Invalid authorizer ID specified. Setting the authorization type to CUSTOM requires a valid authorizer.")
    if method.get("requestValidatorId") and method["requestValidatorId"] not in api.validators:
        bad("Invalid Request Validator identifier specified")
    for model in (method.get("requestModels") or {}).values():
        if model not in api.models:
            bad(f"Invalid model identifier specified: {model}")
    for name in method.get("requestParameters") or {}:
        if not _PARAMETER.fullmatch(name):
            bad(f"Invalid mapping expression parameter specified: {name}")


def _responses() -> None:
    @operation(APIGatewayResponse, "PutMethodResponse")
    def put(response: Any, asked: Parameters) -> Document:
        responses = _method(response, asked).setdefault("methodResponses", {})
        if asked["statusCode"] in responses:
            conflict("Response already exists for this resource")
        made = {name: value for name, value in asked.items() if name not in _PLACE}
        responses[asked["statusCode"]] = made
        return made

    @operation(APIGatewayResponse, "DeleteMethodResponse")
    def delete(response: Any, asked: Parameters) -> None:
        if _method(response, asked).get("methodResponses", {}).pop(asked["statusCode"], None) is None:
            missing("Invalid Response status code specified")


def _integrations() -> None:
    @operation(APIGatewayResponse, "PutIntegration")
    def put(response: Any, asked: Parameters) -> Document:
        method = _method(response, asked)
        made = {
            "passthroughBehavior": "WHEN_NO_MATCH",
            "timeoutInMillis": 29000,
            "cacheNamespace": asked["resourceId"],
            "cacheKeyParameters": [],
            **{name: value for name, value in asked.items() if name not in (*_PLACE, "integrationHttpMethod")},
        }
        if asked.get("integrationHttpMethod"):
            made["httpMethod"] = asked["integrationHttpMethod"]
        _check_integration(made)
        # What it answered before goes with it.
        method["methodIntegration"] = made
        return made

    @operation(APIGatewayResponse, "DeleteIntegration")
    def delete(response: Any, asked: Parameters) -> None:
        if _method(response, asked).pop("methodIntegration", None) is None:
            missing("Invalid Integration identifier specified")

    @operation(APIGatewayResponse, "PutIntegrationResponse")
    def put_response(response: Any, asked: Parameters) -> Document:
        method = _method(response, asked)
        integration = method.get("methodIntegration") or missing("Invalid Integration identifier specified")
        if asked["statusCode"] not in method.get("methodResponses", {}):
            missing("Invalid Response status code specified")
        declared = method["methodResponses"][asked["statusCode"]].get("responseParameters") or {}
        for name in asked.get("responseParameters") or {}:
            if name not in declared:
                bad(f"Invalid mapping expression specified: Validation Result: errors : [Invalid mapping: {name}]")
        made = {name: value for name, value in asked.items() if name not in _PLACE}
        integration.setdefault("integrationResponses", {})[asked["statusCode"]] = made
        return made

    @operation(APIGatewayResponse, "DeleteIntegrationResponse")
    def delete_response(response: Any, asked: Parameters) -> None:
        integration = _method(response, asked).get("methodIntegration") or {}
        if integration.get("integrationResponses", {}).pop(asked["statusCode"], None) is None:
            missing("Invalid Response status code specified")


def _check_integration(made: Document) -> None:
    kind = made["type"]
    if kind != "MOCK" and not made.get("httpMethod"):
        bad("Enumeration value for HttpMethod must be non-empty")
    if kind in ("AWS", "AWS_PROXY") and not _LAMBDA_URI.fullmatch(str(made.get("uri") or "")):
        bad("Invalid ARN specified in the request")
    if kind == "AWS_PROXY" and ":lambda:path/" in made["uri"] and made["httpMethod"] != "POST":
        bad("Lambda integration must use POST")
    if not 50 <= made["timeoutInMillis"] <= 300000:
        bad("Timeout should be between 50 ms and 29000 ms")
