# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP APIs.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/operations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.apigatewayv2.responses import ApiGatewayV2Response

from twin.overlay.apigateway.store import (
    Document,
    HttpApi,
    bad,
    conflict,
    http_apis,
    missing,
    new_id,
    operation,
    tags_of,
)
from twin.patch import Parameters

if TYPE_CHECKING:
    from twin.world import World

# By the name of a part in operations: where it is kept, and the member that holds its identifier.
_PARTS = {"Integration": "integrations", "Authorizer": "authorizers", "Route": "routes"}


def install(world: World) -> None:
    _apis(world)
    for name, kept in _PARTS.items():
        _part(name, kept)
    _stages(world)

    @operation(ApiGatewayV2Response, "GetTags")
    def get_tags(response: Any, asked: Parameters) -> Document:
        return {"Tags": tags_of(response, asked["ResourceArn"])}

    @operation(ApiGatewayV2Response, "TagResource")
    def tag(response: Any, asked: Parameters) -> Document:
        tags_of(response, asked["ResourceArn"]).update(asked["Tags"])
        return {}

    @operation(ApiGatewayV2Response, "UntagResource")
    def untag(response: Any, asked: Parameters) -> None:
        tags = tags_of(response, asked["ResourceArn"])
        for key in asked["TagKeys"]:
            tags.pop(key, None)


def _api(response: Any, asked: Document) -> HttpApi:
    return http_apis(response).get(asked["ApiId"]) or missing(f"Invalid API identifier specified {asked['ApiId']}")


def _apis(world: World) -> None:
    @operation(ApiGatewayV2Response, "CreateApi")
    def create(response: Any, asked: Parameters) -> Document:
        identifier = new_id()
        made = {
            "RouteSelectionExpression": "$request.method $request.path",
            "ApiKeySelectionExpression": "$request.header.x-api-key",
            "DisableExecuteApiEndpoint": False,
            "IpAddressType": "ipv4",
            **asked,
            "ApiId": identifier,
            "ApiEndpoint": f"https://{identifier}.execute-api.{response.region}.amazonaws.com",
            "Tags": dict(asked.get("Tags") or {}),
        }
        _check_cors(made)
        http_apis(response)[identifier] = HttpApi(made)
        return made

    @operation(ApiGatewayV2Response, "GetApis")
    def lists(response: Any, asked: Parameters) -> Document:
        return _page([api.document for api in http_apis(response).values()], asked)

    @operation(ApiGatewayV2Response, "GetApi")
    def get(response: Any, asked: Parameters) -> Document:
        return _api(response, asked).document

    @operation(ApiGatewayV2Response, "UpdateApi")
    def update(response: Any, asked: Parameters) -> Document:
        document = _api(response, asked).document
        cors = {**(document.get("CorsConfiguration") or {}), **(asked.get("CorsConfiguration") or {})}
        changed = {**document, **asked, **({"CorsConfiguration": cors} if cors else {})}
        _check_cors(changed)
        document.update(changed)
        return document

    @operation(ApiGatewayV2Response, "DeleteCorsConfiguration")
    def delete_cors(response: Any, asked: Parameters) -> None:
        _api(response, asked).document.pop("CorsConfiguration", None)

    @operation(ApiGatewayV2Response, "DeleteApi")
    def delete(response: Any, asked: Parameters) -> None:
        _api(response, asked)
        del http_apis(response)[asked["ApiId"]]


def _check_cors(document: Document) -> None:
    cors = document.get("CorsConfiguration") or {}
    if cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or []):
        bad("allowCredentials is not supported when allowOrigins is set to *")


def _page(items: list[Document], asked: Document) -> Document:
    size = int(asked.get("MaxResults") or 25)
    start = int(asked.get("NextToken") or 0)
    following = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return {"Items": items[start : start + size], **following}


def _part(name: str, kept: str) -> None:
    member = f"{name}Id"

    def held(response: Any, asked: Document) -> dict[str, Document]:
        found: dict[str, Document] = getattr(_api(response, asked), kept)
        return found

    def one(response: Any, asked: Document) -> Document:
        return held(response, asked).get(asked[member]) or missing(f"Invalid {name} identifier specified")

    @operation(ApiGatewayV2Response, f"Create{name}")
    def create(response: Any, asked: Parameters) -> Document:
        made = {**{key: value for key, value in asked.items() if key != "ApiId"}, member: new_id(7)}
        _CHECKS[name](_api(response, asked), made)
        held(response, asked)[made[member]] = made
        return made

    @operation(ApiGatewayV2Response, f"Get{name}s")
    def lists(response: Any, asked: Parameters) -> Document:
        return _page(list(held(response, asked).values()), asked)

    @operation(ApiGatewayV2Response, f"Get{name}")
    def get(response: Any, asked: Parameters) -> Document:
        return one(response, asked)

    @operation(ApiGatewayV2Response, f"Update{name}")
    def update(response: Any, asked: Parameters) -> Document:
        document = one(response, asked)
        if name == "Route" and asked.get("AuthorizerId") and not asked.get("AuthorizationType"):
            bad("Unable to update route. Authorizer type is invalid or null.")
        changed = {**document, **{key: value for key, value in asked.items() if key != "ApiId"}}
        _CHECKS[name](_api(response, asked), changed)
        document.update({key: value for key, value in changed.items() if value != ""})
        for key in [key for key, value in changed.items() if value == ""]:
            document.pop(key, None)
        return document

    @operation(ApiGatewayV2Response, f"Delete{name}")
    def delete(response: Any, asked: Parameters) -> None:
        identifier = one(response, asked)[member]
        for route in _api(response, asked).routes.values():
            if name == "Integration" and route.get("Target") == f"integrations/{identifier}":
                conflict(f"Cannot delete Integration '{identifier}' while Route(s) reference it.")
            if name == "Authorizer" and route.get("AuthorizerId") == identifier:
                conflict(f"Cannot delete Authorizer '{identifier}' while Route(s) reference it.")
        del held(response, asked)[identifier]


def _check_integration(api: HttpApi, made: Document) -> None:
    made.setdefault("ConnectionType", "INTERNET")
    made.setdefault("TimeoutInMillis", 30000)
    if made["IntegrationType"] == "AWS_PROXY":
        made.setdefault("IntegrationMethod", "POST")
        if made.get("PayloadFormatVersion") not in ("1.0", "2.0"):
            bad("PayloadFormatVersion is a required parameter for HTTP APIs and must be either 1.0 or 2.0")


def _check_authorizer(api: HttpApi, made: Document) -> None:
    for other in api.authorizers.values():
        if other["Name"] == made["Name"] and other["AuthorizerId"] != made["AuthorizerId"]:
            bad(f"Authorizer name must be unique. Authorizer {made['Name']} already exists in this API.")
    if made["AuthorizerType"] == "JWT":
        rule = made.get("JwtConfiguration") or {}
        if not rule.get("Audience") or not str(rule.get("Issuer") or "").startswith("https://"):
            bad("Caught exception when connecting to the issuer: it must be an https URL, with an audience")


def _check_route(api: HttpApi, made: Document) -> None:
    made.setdefault("AuthorizationType", "NONE")
    made.setdefault("ApiKeyRequired", False)
    for other in api.routes.values():
        if other["RouteKey"] == made["RouteKey"] and other["RouteId"] != made["RouteId"]:
            conflict(f"Route with key {made['RouteKey']} already exists for this API")
    target = made.get("Target")
    if target and target.removeprefix("integrations/") not in api.integrations:
        bad(f"Invalid integration identifier specified in target: {target}")
    if made["AuthorizationType"] == "NONE":
        made["AuthorizerId"] = ""
    elif made.get("AuthorizerId") not in api.authorizers:
        bad("Invalid Authorizer identifier specified")


_CHECKS = {"Integration": _check_integration, "Authorizer": _check_authorizer, "Route": _check_route}


def _stages(world: World) -> None:
    def one(response: Any, asked: Document) -> Document:
        return _api(response, asked).stages.get(asked["StageName"]) or missing("Invalid stage identifier specified")

    @operation(ApiGatewayV2Response, "CreateStage")
    def create(response: Any, asked: Parameters) -> Document:
        api = _api(response, asked)
        if asked["StageName"] in api.stages:
            conflict("Stage already exists")
        made = {
            "AutoDeploy": False,
            "RouteSettings": {},
            "StageVariables": {},
            **{key: value for key, value in asked.items() if key != "ApiId"},
            "DefaultRouteSettings": {"DetailedMetricsEnabled": False, **(asked.get("DefaultRouteSettings") or {})},
            "Tags": dict(asked.get("Tags") or {}),
        }
        if made["AutoDeploy"]:
            made["DeploymentId"] = new_id(6)
        api.stages[made["StageName"]] = made
        return made

    @operation(ApiGatewayV2Response, "GetStages")
    def lists(response: Any, asked: Parameters) -> Document:
        return _page(list(_api(response, asked).stages.values()), asked)

    @operation(ApiGatewayV2Response, "GetStage")
    def get(response: Any, asked: Parameters) -> Document:
        return one(response, asked)

    @operation(ApiGatewayV2Response, "UpdateStage")
    def update(response: Any, asked: Parameters) -> Document:
        stage = one(response, asked)
        for name, value in asked.items():
            if name == "StageVariables":
                kept = {**stage["StageVariables"], **value}
                stage["StageVariables"] = {key: item for key, item in kept.items() if item != ""}
            elif name in ("DefaultRouteSettings", "RouteSettings", "AccessLogSettings"):
                stage[name] = {**(stage.get(name) or {}), **value}
            elif name != "ApiId":
                stage[name] = value
        return stage

    @operation(ApiGatewayV2Response, "DeleteAccessLogSettings")
    def delete_log(response: Any, asked: Parameters) -> None:
        one(response, asked).pop("AccessLogSettings", None)

    @operation(ApiGatewayV2Response, "DeleteRouteSettings")
    def delete_settings(response: Any, asked: Parameters) -> None:
        if one(response, asked)["RouteSettings"].pop(asked["RouteKey"], None) is None:
            missing("Invalid route key specified")

    @operation(ApiGatewayV2Response, "DeleteStage")
    def delete(response: Any, asked: Parameters) -> None:
        one(response, asked)
        del _api(response, asked).stages[asked["StageName"]]
