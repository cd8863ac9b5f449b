# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGateway::Method: what a path answers to one HTTP method, and what answers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Call, Item, Kind, Property, Scope, Update, Work
from ..requests import given, is_empty, pruned
from . import common
from .common import (
    PASSING,
    SERVICE,
    apis_in,
    camel,
    map_changes,
    member_changes,
    pascal,
    replacements,
)
from .resource import single, with_methods

_PLAIN = {
    "AuthorizationType": "/authorizationType",
    "AuthorizerId": "/authorizerId",
    "ApiKeyRequired": "/apiKeyRequired",
    "OperationName": "/operationName",
    "RequestValidatorId": "/requestValidatorId",
}
_MAPS = {"RequestParameters": "/requestParameters", "RequestModels": "/requestModels"}

#: What AWS fills in where nothing is stated.
_INTEGRATION_DEFAULTS = {
    "PassthroughBehavior": "WHEN_NO_MATCH",
    "TimeoutInMillis": 29000,
    "ConnectionType": "INTERNET",
    "ResponseTransferMode": "BUFFERED",
}


# Reading


def list_methods(scope: Scope) -> Iterable[Item]:
    """Methods in scope, which come with their resources."""
    if scope.ids:
        wanted = [one.rsplit("/", 1)[0].split("/") for one in scope.ids]
        resources = [item for api, resource in wanted for item in single(scope, api, resource)]
    else:
        resources = [item for api in apis_in(scope) for item in with_methods(scope, api)]
    return [
        {**method, "httpMethod": name, "RestApiId": resource["RestApiId"], "ResourceId": resource["id"]}
        for resource in resources
        for name, method in (resource.get("resourceMethods") or {}).items()
        if not scope.ids or f"{resource['RestApiId']}/{resource['id']}/{name}" in scope.ids
    ]


def integration_of(item: Item) -> dict[str, Any] | None:
    """What answers a method, in CloudFormation's shape."""
    found = item.get("methodIntegration")
    if not found:
        return None
    result: dict[str, Any] = pascal({name: value for name, value in found.items() if name != "httpMethod"})
    if found.get("httpMethod"):
        result["IntegrationHttpMethod"] = found["httpMethod"]
    result["IntegrationResponses"] = [pascal(one) for one in (found.get("integrationResponses") or {}).values()]
    return result


def comparable_integration(value: Any) -> Any:
    """An integration without what AWS fills in, its responses by their status."""
    if not isinstance(value, Mapping):
        return value
    # AWS puts the resource's id where no cache namespace is stated.
    kept = {
        name: item
        for name, item in value.items()
        if name != "CacheNamespace" and _INTEGRATION_DEFAULTS.get(name) != item
    }
    return {**pruned(kept), "IntegrationResponses": by_status(value.get("IntegrationResponses"))}


def by_status(value: Any) -> Any:
    """Responses by their status, without what is empty in them."""
    if not isinstance(value, (list, tuple)):
        return value
    return {
        str(one["StatusCode"]): {
            # What a response may hold is said by true and false, and false is no absence.
            name: {key: str(inner).lower() if isinstance(inner, bool) else inner for key, inner in item.items()}
            if isinstance(item, Mapping)
            else item
            for name, item in pruned(one).items()
        }
        for one in value
    }


def flags(value: Any) -> Any:
    """Parameters by whether they are required; one that is not is declared all the same."""
    return {name: str(item).lower() for name, item in value.items()} if isinstance(value, Mapping) else value


# Writing


def _place(work: Work) -> dict[str, str]:
    names = ("RestApiId", "ResourceId", "HttpMethod")
    restated = [str(work.merged(name)) for name in names]
    return dict(zip(("restApiId", "resourceId", "httpMethod"), restated, strict=True))


def _create(work: Work) -> Item:
    params = given(
        work,
        authorizerId="AuthorizerId",
        apiKeyRequired="ApiKeyRequired",
        operationName="OperationName",
        requestParameters="RequestParameters",
        requestModels="RequestModels",
        requestValidatorId="RequestValidatorId",
        authorizationScopes="AuthorizationScopes",
    )
    kind = work.get("AuthorizationType") or "NONE"
    answer = work.call(SERVICE, "put_method", **_place(work), authorizationType=kind, **params)
    return {**answer, "RestApiId": work.desired["RestApiId"], "ResourceId": work.desired["ResourceId"]}


def _changes(work: Work) -> dict[str, Any]:
    now = work.existing.properties
    changes = replacements(work, _PLAIN)
    for name, path in _MAPS.items():
        if name in work.changed:
            changes += map_changes(path, now.get(name), work.desired[name])
    if "AuthorizationScopes" in work.changed:
        changes += member_changes(
            "/authorizationScopes", now.get("AuthorizationScopes"), work.desired["AuthorizationScopes"], valued=True
        )
    return {**_place(work), "patchOperations": changes}


def _answer(work: Work) -> None:
    """Declare responses, put what answers, then take away what is no longer declared."""
    place = _place(work)
    declared = by_status(work.existing.properties.get("MethodResponses")) or {}
    wanted = {str(one["StatusCode"]): one for one in work.get("MethodResponses") or []}
    stated = "MethodResponses" in work.desired
    for status, response in sorted(wanted.items()):
        if declared.get(status) == by_status([response])[status]:
            continue
        if status in declared:
            # AWS refuses to put one over another.
            work.call(SERVICE, "delete_method_response", **place, statusCode=status)
        work.call(SERVICE, "put_method_response", **place, **_response(response))
    if "Integration" in work.desired:
        _integrate(work, place)
    for status in sorted(declared.keys() - wanted.keys()) if stated else ():
        work.call(SERVICE, "delete_method_response", **place, statusCode=status)


def _response(response: Mapping[str, Any]) -> dict[str, Any]:
    present = {name: value for name, value in response.items() if not is_empty(value)}
    return {**camel(present), "statusCode": str(response["StatusCode"])}


def _integrate(work: Work, place: dict[str, str]) -> None:
    """Put the integration over the one that may be there, then its responses."""
    wanted = work.desired["Integration"]
    if not wanted:
        work.call(SERVICE, "delete_integration", **place)
        return
    renamed = {"IntegrationHttpMethod": "integrationHttpMethod", "IntegrationResponses": ""}
    plain = {name: value for name, value in wanted.items() if name not in renamed and not is_empty(value)}
    params = camel(plain)
    if wanted.get("IntegrationHttpMethod"):
        params["integrationHttpMethod"] = wanted["IntegrationHttpMethod"]
    answer = work.call(SERVICE, "put_integration", **place, **params)
    responses = {str(one["StatusCode"]): one for one in wanted.get("IntegrationResponses") or []}
    for _status, response in sorted(responses.items()):
        work.call(SERVICE, "put_integration_response", **place, **_response(response))
    for status in sorted((answer.get("integrationResponses") or {}).keys() - responses.keys()):
        work.call(SERVICE, "delete_integration_response", **place, statusCode=status)


METHOD = Kind(
    type="AWS::ApiGateway::Method",
    service=SERVICE,
    title="method of an API",
    id=lambda item: f"{item['RestApiId']}/{item['ResourceId']}/{item['httpMethod']}",
    key=("RestApiId", "ResourceId", "HttpMethod"),
    requires=(
        common.REST_API,
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RequestValidator",
        "AWS::ApiGateway::Model",
        "AWS::ApiGateway::Authorizer",
    ),
    part_of="RestApiId",
    list=list_methods,
    tags=None,
    properties={
        "RestApiId": Property(immutable=True),
        "ResourceId": Property(immutable=True),
        "HttpMethod": Property("httpMethod", immutable=True),
        "AuthorizationType": Property("authorizationType"),
        "AuthorizerId": Property("authorizerId", unstated=""),
        "AuthorizationScopes": Property("authorizationScopes", unordered=True, unstated=None),
        "ApiKeyRequired": Property("apiKeyRequired", default=False),
        "OperationName": Property("operationName"),
        "RequestParameters": Property("requestParameters", exact=True, normalise=flags),
        "RequestModels": Property("requestModels", exact=True),
        "RequestValidatorId": Property("requestValidatorId"),
        "MethodResponses": Property(
            lambda item: [pascal(one) for one in (item.get("methodResponses") or {}).values()],
            exact=True,
            normalise=by_status,
        ),
        "Integration": Property(integration_of, exact=True, normalise=comparable_integration),
    },
    create=_create,
    updates=(
        Update((*_PLAIN, *_MAPS, "AuthorizationScopes"), Call("update_method", _changes)),
        Update(("MethodResponses", "Integration"), _answer, on_create=True),
    ),
    delete=Call("delete_method", _place),
    retry_on=PASSING,
)
