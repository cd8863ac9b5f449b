# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parts of an API that its methods refer to: request validators, models, authorizers; and gateway responses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import given, is_empty
from ..shared import json_document, json_text
from . import common
from .common import PAGE, PASSING, SERVICE, own_id, part_id, parts, replacements

_IN_API = Property(immutable=True)


def _list(operation: str) -> Callable[[Scope], Iterable[Item]]:
    return partial(parts, operation=operation, limit=PAGE)


def _made(work: Work, operation: str, **params: Any) -> Item:
    api = work.desired["RestApiId"]
    return {**work.call(SERVICE, operation, restApiId=api, **params), "RestApiId": api}


def _named(work: Work, member: str) -> dict[str, str]:
    """The parameters that name a part."""
    return {"restApiId": work.id.partition("/")[0], member: own_id(work)}


# Request validators

_VALIDATES = {
    "ValidateRequestBody": "/validateRequestBody",
    "ValidateRequestParameters": "/validateRequestParameters",
}

REQUEST_VALIDATOR = Kind(
    type="AWS::ApiGateway::RequestValidator",
    service=SERVICE,
    title="request validator",
    template=Template(ref="RequestValidatorId"),
    id=part_id(),
    key=("RestApiId", "Name"),
    requires=(common.REST_API,),
    part_of="RestApiId",
    list=_list("get_request_validators"),
    tags=None,
    properties={
        "RestApiId": _IN_API,
        "Name": Property("name", immutable=True),
        "ValidateRequestBody": Property("validateRequestBody", default=False),
        "ValidateRequestParameters": Property("validateRequestParameters", default=False),
    },
    attributes={"RequestValidatorId": Attribute("id")},
    create=lambda w: _made(
        w,
        "create_request_validator",
        **w.pick(
            name="Name",
            validateRequestBody="ValidateRequestBody",
            validateRequestParameters="ValidateRequestParameters",
        ),
    ),
    updates=(
        Update(
            tuple(_VALIDATES),
            Call(
                "update_request_validator",
                lambda w: {**_named(w, "requestValidatorId"), "patchOperations": replacements(w, _VALIDATES)},
            ),
        ),
    ),
    delete=Call("delete_request_validator", lambda w: _named(w, "requestValidatorId")),
    retry_on=PASSING,
)

# Models

#: Models that AWS puts into every API.
_DEFAULT_MODELS = frozenset({"Empty", "Error"})


def list_models(scope: Scope) -> Iterable[Item]:
    """Models in scope, without those that AWS put there and nobody described."""
    described = set(scope.names("Name"))
    found = parts(scope, "get_models", limit=PAGE)
    return [item for item in found if scope.ids or item["name"] not in _DEFAULT_MODELS or item["name"] in described]


def _model_changes(work: Work) -> dict[str, Any]:
    # Patches hold texts only.
    if "Schema" in work.desired:
        work.desired["Schema"] = json_text(work.desired["Schema"])
    changes = replacements(work, {"Description": "/description", "Schema": "/schema"})
    return {**_named(work, "modelName"), "patchOperations": changes}


MODEL = Kind(
    type="AWS::ApiGateway::Model",
    service=SERVICE,
    title="model of an API",
    template=Template(ref="Name"),
    id=part_id("name"),
    key=("RestApiId", "Name"),
    requires=(common.REST_API,),
    part_of="RestApiId",
    list=list_models,
    tags=None,
    properties={
        "RestApiId": _IN_API,
        "Name": Property("name", immutable=True),
        "ContentType": Property("contentType", immutable=True),
        "Description": Property("description"),
        "Schema": Property("schema", exact=True, normalise=json_document),
    },
    create=lambda w: _made(
        w,
        "create_model",
        **given(w, name="Name", contentType="ContentType", description="Description"),
        schema=json_text(w.get("Schema") or {}),
    ),
    updates=(Update(("Description", "Schema"), Call("update_model", _model_changes)),),
    delete=Call("delete_model", lambda w: _named(w, "modelName")),
    retry_on=PASSING,
)

# Authorizers

_AUTHORIZER = {
    "Type": "/type",
    "AuthType": "/authType",
    "AuthorizerUri": "/authorizerUri",
    "AuthorizerCredentials": "/authorizerCredentials",
    "AuthorizerResultTtlInSeconds": "/authorizerResultTtlInSeconds",
    "IdentitySource": "/identitySource",
    "IdentityValidationExpression": "/identityValidationExpression",
}


def _authorizer_changes(work: Work) -> dict[str, Any]:
    changes = replacements(work, _AUTHORIZER)
    if "ProviderARNs" in work.changed:
        changes += common.member_changes(
            "/providerARNs", work.existing.properties.get("ProviderARNs"), work.desired["ProviderARNs"], valued=True
        )
    return {**_named(work, "authorizerId"), "patchOperations": changes}


def _create_authorizer(work: Work) -> Item:
    params = given(
        work,
        name="Name",
        type="Type",
        authType="AuthType",
        authorizerUri="AuthorizerUri",
        authorizerCredentials="AuthorizerCredentials",
        authorizerResultTtlInSeconds="AuthorizerResultTtlInSeconds",
        identitySource="IdentitySource",
        identityValidationExpression="IdentityValidationExpression",
        providerARNs="ProviderARNs",
    )
    return _made(work, "create_authorizer", **params)


AUTHORIZER = Kind(
    type="AWS::ApiGateway::Authorizer",
    service=SERVICE,
    title="authorizer",
    template=Template(ref="AuthorizerId"),
    id=part_id(),
    key=("RestApiId", "Name"),
    requires=(common.REST_API,),
    part_of="RestApiId",
    list=_list("get_authorizers"),
    tags=None,
    properties={
        "RestApiId": _IN_API,
        "Name": Property("name", immutable=True),
        "Type": Property("type"),
        "AuthType": Property("authType"),
        "AuthorizerUri": Property("authorizerUri"),
        "AuthorizerCredentials": Property("authorizerCredentials"),
        "AuthorizerResultTtlInSeconds": Property("authorizerResultTtlInSeconds", default=300),
        "IdentitySource": Property("identitySource"),
        "IdentityValidationExpression": Property("identityValidationExpression", unstated=""),
        "ProviderARNs": Property("providerARNs", unordered=True),
    },
    attributes={"AuthorizerId": Attribute("id")},
    create=_create_authorizer,
    updates=(Update((*_AUTHORIZER, "ProviderARNs"), Call("update_authorizer", _authorizer_changes)),),
    delete=Call("delete_authorizer", lambda w: _named(w, "authorizerId")),
    retry_on=PASSING,
)

# Gateway responses


def list_gateway_responses(scope: Scope) -> Iterable[Item]:
    """Gateway responses in scope that are not AWS's own."""
    return [item for item in parts(scope, "get_gateway_responses", limit=PAGE) if not item.get("defaultResponse")]


def _put_gateway_response(work: Work) -> Item:
    """Put the whole: a request forgets what it is not told."""
    names = {
        "statusCode": "StatusCode",
        "responseParameters": "ResponseParameters",
        "responseTemplates": "ResponseTemplates",
    }
    values = {param: work.merged(name) for param, name in names.items()}
    stated = {param: value for param, value in values.items() if not is_empty(value)}
    return _made(work, "put_gateway_response", responseType=work.desired["ResponseType"], **stated)


GATEWAY_RESPONSE = Kind(
    type="AWS::ApiGateway::GatewayResponse",
    service=SERVICE,
    title="gateway response",
    id=part_id("responseType"),
    key=("RestApiId", "ResponseType"),
    requires=(common.REST_API,),
    part_of="RestApiId",
    list=list_gateway_responses,
    tags=None,
    properties={
        "RestApiId": _IN_API,
        "ResponseType": Property("responseType", immutable=True),
        "StatusCode": Property("statusCode"),
        "ResponseParameters": Property("responseParameters", exact=True),
        "ResponseTemplates": Property("responseTemplates", exact=True),
    },
    create=_put_gateway_response,
    updates=(Update(("StatusCode", "ResponseParameters", "ResponseTemplates"), _put_gateway_response),),
    delete=Call("delete_gateway_response", lambda w: _named(w, "responseType")),
    retry_on=PASSING,
)
