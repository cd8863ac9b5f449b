# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

from moto.apigateway.responses import APIGatewayResponse

from twin.overlay.apigateway import patches
from twin.overlay.apigateway.store import Document, api_of, bad, conflict, missing, new_id, operation, page
from twin.patch import Parameters

# Gateway responses that every API has: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_DEFAULT_RESPONSES = ("ACCESS_DENIED", "DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "UNAUTHORIZED", "WAF_FILTERED")


def install() -> None:
    _validators()
    _models()
    _authorizers()
    _gateway_responses()


def _validators() -> None:
    @operation(APIGatewayResponse, "CreateRequestValidator")
    def create(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        if any(one["name"] == asked["name"] for one in api.validators.values()):
            conflict("Request validator name already exists")
        made = {
            "validateRequestBody": False,
            "validateRequestParameters": False,
            **{name: value for name, value in asked.items() if name != "restApiId"},
            "id": new_id(6),
        }
        api.validators[made["id"]] = made
        return made

    @operation(APIGatewayResponse, "GetRequestValidators")
    def lists(response: Any, asked: Parameters) -> Document:
        return page(list(api_of(response, asked).validators.values()), asked)

    @operation(APIGatewayResponse, "GetRequestValidator")
    def get(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).validators.get(asked["requestValidatorId"])
        return found or missing("Invalid Request Validator identifier specified")

    @operation(APIGatewayResponse, "UpdateRequestValidator")
    def update(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).validators.get(asked["requestValidatorId"])
        document = found or missing("Invalid Request Validator identifier specified")
        patches.apply("RequestValidator", document, asked["patchOperations"])
        return document

    @operation(APIGatewayResponse, "DeleteRequestValidator")
    def delete(response: Any, asked: Parameters) -> None:
        api, identifier = api_of(response, asked), asked["requestValidatorId"]
        if identifier not in api.validators:
            missing("Invalid Request Validator identifier specified")
        if any(method.get("requestValidatorId") == identifier for method in api.methods()):
            conflict(f"Cannot delete request validator '{identifier}', is referenced by methods")
        del api.validators[identifier]


def _models() -> None:
    @operation(APIGatewayResponse, "CreateModel")
    def create(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        if asked["name"] in api.models:
            conflict("Model name already exists for this REST API")
        if not asked["name"].isalnum():
            bad("Model name must be alphanumeric: " + asked["name"])
        made = {**{name: value for name, value in asked.items() if name != "restApiId"}, "id": new_id(6)}
        _check_schema(made.get("schema"))
        api.models[made["name"]] = made
        return made

    @operation(APIGatewayResponse, "GetModels")
    def lists(response: Any, asked: Parameters) -> Document:
        return page(list(api_of(response, asked).models.values()), asked)

    @operation(APIGatewayResponse, "GetModel")
    def get(response: Any, asked: Parameters) -> Document:
        return api_of(response, asked).models.get(asked["modelName"]) or missing("Invalid model name specified")

    @operation(APIGatewayResponse, "UpdateModel")
    def update(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).models.get(asked["modelName"])
        document = found or missing("Invalid model name specified")
        patches.apply("Model", document, asked["patchOperations"])
        _check_schema(document.get("schema"))
        return document

    @operation(APIGatewayResponse, "DeleteModel")
    def delete(response: Any, asked: Parameters) -> None:
        api, name = api_of(response, asked), asked["modelName"]
        if name not in api.models:
            missing("Invalid model name specified")
        if any(name in (method.get("requestModels") or {}).values() for method in api.methods()):
            conflict(f"Cannot delete model '{name}', is referenced in method requests")
        del api.models[name]


def _check_schema(schema: str | None) -> None:
    try:
        json.loads(schema or "{}")
    except ValueError:
        bad("Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]")


def _authorizers() -> None:
    @operation(APIGatewayResponse, "CreateAuthorizer")
    def create(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        if any(one["name"] == asked["name"] for one in api.authorizers.values()):
            bad("Authorizer name must be unique. Authorizer " + asked["name"] + " already exists in this RestApi.")
        made = {
            "authorizerResultTtlInSeconds": 300,
            "authType": "custom",
            **{name: value for name, value in asked.items() if name != "restApiId"},
            "id": new_id(6),
        }
        _check_authorizer(made)
        api.authorizers[made["id"]] = made
        return made

    @operation(APIGatewayResponse, "GetAuthorizers")
    def lists(response: Any, asked: Parameters) -> Document:
        return page(list(api_of(response, asked).authorizers.values()), asked)

    @operation(APIGatewayResponse, "GetAuthorizer")
    def get(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).authorizers.get(asked["authorizerId"])
        return found or missing("Invalid Authorizer identifier specified")

    @operation(APIGatewayResponse, "UpdateAuthorizer")
    def update(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).authorizers.get(asked["authorizerId"])
        document = found or missing("Invalid Authorizer identifier specified")
        changed = dict(document)
        patches.apply("Authorizer", changed, asked["patchOperations"])
        _check_authorizer(changed)
        document.clear()
        document.update(changed)
        return document

    @operation(APIGatewayResponse, "DeleteAuthorizer")
    def delete(response: Any, asked: Parameters) -> None:
        api, identifier = api_of(response, asked), asked["authorizerId"]
        if identifier not in api.authorizers:
            missing("Invalid Authorizer identifier specified")
        if any(method.get("authorizerId") == identifier for method in api.methods()):
            conflict(f"Cannot delete authorizer '{identifier}', is referenced in methods")
        del api.authorizers[identifier]


def _check_authorizer(document: Document) -> None:
    if document["type"] in ("TOKEN", "REQUEST"):
        if not str(document.get("authorizerUri") or "").startswith("arn:aws:apigateway:"):
            bad(
                f"Invalid Authorizer URI: {document.get('authorizerUri')}. "
                "Authorizer URI should be a valid API Gateway ARN"
            )
        source = document.get("identitySource")
        if not source and (document["type"] == "TOKEN" or document["authorizerResultTtlInSeconds"]):
            bad("Identity source is required")
    if not 0 <= document["authorizerResultTtlInSeconds"] <= 3600:
        bad("Authorizer result TTL must be between 0 and 3600")


def _gateway_responses() -> None:
    def default(name: str) -> Document:
        return {
            "responseType": name,
            "defaultResponse": True,
            "responseTemplates": {"application/json": '{"message":$context.error.messageString}'},
        }

    @operation(APIGatewayResponse, "PutGatewayResponse")
    def put(response: Any, asked: Parameters) -> Document:
        api, name = api_of(response, asked), asked["responseType"]
        made = {
            "responseTemplates": default(name)["responseTemplates"],
            **{key: value for key, value in asked.items() if key != "restApiId"},
            "defaultResponse": False,
        }
        api.responses[name] = made
        return made

    @operation(APIGatewayResponse, "GetGatewayResponses")
    def lists(response: Any, asked: Parameters) -> Document:
        own = api_of(response, asked).responses
        return page([*own.values(), *(default(name) for name in _DEFAULT_RESPONSES if name not in own)], asked)

    @operation(APIGatewayResponse, "DeleteGatewayResponse")
    def delete(response: Any, asked: Parameters) -> None:
        if api_of(response, asked).responses.pop(asked["responseType"], None) is None:
            missing("Gateway response type not defined on api")
