# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parts of an HTTP API: integrations, authorizers, routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..shared import IMMUTABLE, MUTABLE
from . import common
from .common import PASSING, SERVICE, differing, given, part_id, parts, place

# Integrations

_INTEGRATION = (
    "ConnectionId",
    "ConnectionType",
    "ContentHandlingStrategy",
    "CredentialsArn",
    "Description",
    "IntegrationMethod",
    "IntegrationSubtype",
    "PassthroughBehavior",
    "PayloadFormatVersion",
    "RequestParameters",
    "RequestTemplates",
    "ResponseParameters",
    "TemplateSelectionExpression",
    "TimeoutInMillis",
    "TlsConfig",
)


def list_integrations(scope: Scope) -> Iterable[Item]:
    """Integrations in scope."""
    return parts(scope, "get_integrations", "IntegrationId")


def response_parameters(value: Any) -> Any:
    """Changes of responses by status as the API has them: what CloudFormation has as pairs is an object there."""
    if not isinstance(value, Mapping):
        return value
    return {
        str(status): {pair["Destination"]: pair["Source"] for pair in one["ResponseParameters"]}
        if "ResponseParameters" in one
        else dict(one)
        for status, one in value.items()
    }


def _integration(params: dict[str, Any]) -> dict[str, Any]:
    if "ResponseParameters" in params:
        params["ResponseParameters"] = response_parameters(params["ResponseParameters"])
    return params


def _create_integration(work: Work) -> Item:
    params = _integration(given(work, ("IntegrationType", "IntegrationUri", *_INTEGRATION)))
    answer = work.call(SERVICE, "create_integration", ApiId=work.desired["ApiId"], **params)
    return {**answer, "ApiId": work.desired["ApiId"]}


def _create(work: Work, operation: str, names: tuple[str, ...]) -> Item:
    answer = work.call(SERVICE, operation, ApiId=work.desired["ApiId"], **given(work, names))
    return {**answer, "ApiId": work.desired["ApiId"]}


INTEGRATION = Kind(
    type="AWS::ApiGatewayV2::Integration",
    service=SERVICE,
    title="integration",
    template=Template(ref="IntegrationId"),
    id=part_id("IntegrationId"),
    # An integration has no name; there is one for each thing that answers.
    key=("ApiId", "IntegrationType", "IntegrationUri"),
    requires=(common.API,),
    part_of="ApiId",
    list=list_integrations,
    tags=None,
    properties={
        "ApiId": IMMUTABLE,
        "IntegrationType": IMMUTABLE,
        "IntegrationUri": IMMUTABLE,
        **{name: MUTABLE for name in _INTEGRATION},
        "ConnectionType": Property(default="INTERNET"),
        "RequestParameters": Property(exact=True),
        "ResponseParameters": Property(exact=True, normalise=response_parameters),
    },
    attributes={"IntegrationId": Attribute("IntegrationId")},
    create=_create_integration,
    updates=(
        Update(
            _INTEGRATION,
            Call(
                "update_integration",
                lambda w: {**place(w, "IntegrationId"), **_integration(differing(w, _INTEGRATION))},
            ),
        ),
    ),
    # A route lets go of it some time after it was changed or deleted.
    delete=Call(
        "delete_integration",
        lambda w: place(w, "IntegrationId"),
        retry_on=frozenset({"ConflictException"}),
    ),
    retry_on=PASSING,
)

# Authorizers

_AUTHORIZER = (
    "AuthorizerType",
    "AuthorizerCredentialsArn",
    "AuthorizerPayloadFormatVersion",
    "AuthorizerResultTtlInSeconds",
    "AuthorizerUri",
    "EnableSimpleResponses",
    "IdentitySource",
    "IdentityValidationExpression",
    "JwtConfiguration",
)


def list_authorizers(scope: Scope) -> Iterable[Item]:
    """Authorizers in scope."""
    return parts(scope, "get_authorizers", "AuthorizerId")


AUTHORIZER = Kind(
    type="AWS::ApiGatewayV2::Authorizer",
    service=SERVICE,
    title="authorizer",
    template=Template(ref="AuthorizerId"),
    id=part_id("AuthorizerId"),
    key=("ApiId", "Name"),
    requires=(common.API,),
    part_of="ApiId",
    list=list_authorizers,
    tags=None,
    properties={
        "ApiId": IMMUTABLE,
        "Name": IMMUTABLE,
        **{name: MUTABLE for name in _AUTHORIZER},
        "IdentitySource": Property(unordered=True),
        "JwtConfiguration": Property(unordered=True),
        "EnableSimpleResponses": Property(default=False),
    },
    attributes={"AuthorizerId": Attribute("AuthorizerId")},
    create=lambda w: _create(w, "create_authorizer", ("Name", *_AUTHORIZER)),
    updates=(
        Update(
            _AUTHORIZER,
            Call("update_authorizer", lambda w: {**place(w, "AuthorizerId"), **differing(w, _AUTHORIZER)}),
        ),
    ),
    delete=Call("delete_authorizer", lambda w: place(w, "AuthorizerId"), retry_on=frozenset({"ConflictException"})),
    retry_on=PASSING,
)

# Routes

_ROUTE = (
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "ModelSelectionExpression",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RouteResponseSelectionExpression",
    "Target",
)


def list_routes(scope: Scope) -> Iterable[Item]:
    """Routes in scope."""
    return parts(scope, "get_routes", "RouteId")


def _update_route(work: Work) -> dict[str, Any]:
    """What differs; API Gateway refuses another authorizer without its type, be it the same as before."""
    changes = differing(work, _ROUTE)
    if changes.get("AuthorizerId"):
        changes["AuthorizationType"] = work.merged("AuthorizationType")
    return {**place(work, "RouteId"), **changes}


ROUTE = Kind(
    type="AWS::ApiGatewayV2::Route",
    service=SERVICE,
    title="route",
    template=Template(ref="RouteId"),
    id=part_id("RouteId"),
    key=("ApiId", "RouteKey"),
    requires=(common.API, "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Authorizer"),
    part_of="ApiId",
    list=list_routes,
    tags=None,
    properties={
        "ApiId": IMMUTABLE,
        "RouteKey": IMMUTABLE,
        **{name: MUTABLE for name in _ROUTE},
        "ApiKeyRequired": Property(default=False),
        "AuthorizationScopes": Property(unordered=True, unstated=[]),
        "AuthorizationType": Property(default="NONE"),
        "RequestModels": Property(exact=True),
        "RequestParameters": Property(exact=True),
    },
    attributes={"RouteId": Attribute("RouteId")},
    create=lambda w: _create(w, "create_route", ("RouteKey", *_ROUTE)),
    updates=(Update(_ROUTE, Call("update_route", _update_route)),),
    delete=Call("delete_route", lambda w: place(w, "RouteId")),
    retry_on=PASSING,
)
