# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `http_apis` section: HTTP APIs before functions, which check tokens themselves."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from . import formats
from .api_routes import Route, access_log, api_name, exported, function_arn, log_format, permission, routes
from .base import TAGS, Context, Export, Options, Tier

API = "AWS::ApiGatewayV2::Api"
INTEGRATION = "AWS::ApiGatewayV2::Integration"
ROUTE = "AWS::ApiGatewayV2::Route"
AUTHORIZER = "AWS::ApiGatewayV2::Authorizer"
STAGE = "AWS::ApiGatewayV2::Stage"

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "description": {"type": "str", "format": formats.length(1024)},
    "stage": {"type": "str", "default": "$default", "format": formats.HTTP_STAGE},
    "default_endpoint": {"type": "bool", "default": True},
    "routes": {
        "type": "map",
        "required": True,
        "options": {
            "methods": {"type": "list", "elements": "str", "default": []},
            "function": {"type": "str", "required": True},
            "authorize": {"type": "bool", "default": True},
            "scopes": {"type": "list", "elements": "str", "default": []},
        },
    },
    "authorizer": {
        "type": "dict",
        "options": {
            "issuer": {"type": "str", "required": True},
            "audience": {"type": "list", "elements": "str", "required": True},
            "header": {"type": "str", "default": "Authorization"},
        },
    },
    "cors": {
        "type": "dict",
        "options": {
            "origins": {"type": "list", "elements": "str", "required": True},
            "methods": {"type": "list", "elements": "str", "default": ["*"]},
            "headers": {"type": "list", "elements": "str", "default": ["authorization", "content-type"]},
            "credentials": {"type": "bool", "default": False},
            "max_age_seconds": {"type": "int", "default": 600, "format": formats.between(-1, 86400)},
        },
    },
    "throttle": {
        "type": "dict",
        "options": {
            "burst": {"type": "int", "required": True, "format": formats.at_least(0)},
            "rate": {"type": "float", "required": True, "format": formats.at_least(0)},
        },
    },
    "timeout_seconds": {"type": "float", "default": 30, "format": formats.between(0.05, 30)},
    "variables": {"type": "dict", "default": {}, "keys": formats.STAGE_VARIABLE, "values": {"type": "scalar"}},
    "metrics": {"type": "bool", "default": True},
    "log": {"type": "bool", "default": True},
    "log_group": {"type": "str"},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "tags": TAGS,
}


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(API, name)
    values = exported(Ref(address, "ApiId"), "apis", name, options, context)
    return Export(address=address, values=values, default="url", ready=(Address(STAGE, name),))


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    cors = options["cors"]
    if cors and cors["credentials"] and "*" in cors["origins"]:
        context.problem("cors.origins", "'*' does not go with credentials; name the origins")
    api = context.resource(
        API,
        name,
        {
            "Name": api_name(name, options, context),
            "ProtocolType": "HTTP",
            "Description": options["description"],
            "DisableExecuteApiEndpoint": not options["default_endpoint"],
            # Stated even when it is nothing: what is no longer described is no longer allowed.
            "CorsConfiguration": {
                "AllowOrigins": cors["origins"],
                "AllowMethods": cors["methods"],
                "AllowHeaders": cors["headers"],
                "AllowCredentials": cors["credentials"],
                "MaxAge": cors["max_age_seconds"],
            }
            if cors
            else {},
        },
        tags=options["tags"],
    )
    authorizer = _authorizer(name, options, api, context)
    made: list[Resource] = [api, *([authorizer] if authorizer else [])]
    integrations: dict[str, Resource] = {}
    for route in routes(options, context, rest="$default"):
        reference = route.options["function"]
        if reference not in integrations:
            function = function_arn(reference, f"{route.option}.function", context)
            integrations[reference] = _integration(f"{name}/{reference}", function, options, api, context)
            source = Compose("{id}/*", {"id": api.ref("ApiId")})
            made += [integrations[reference], permission(reference, function, source, context)]
        made.append(_route(name, route, api, integrations[reference], authorizer, context))
    return [*made, *_stage(name, options, api, context)]


def _authorizer(name: str, options: Options, api: Resource, context: Context) -> Resource | None:
    rule = options["authorizer"]
    if not rule:
        return None
    if not rule["issuer"].startswith("https://"):
        context.problem(
            "authorizer.issuer", f"{rule['issuer']!r} is no URL of an issuer; it is the token's `iss`, with https://"
        )
    return context.resource(
        AUTHORIZER,
        f"{name}/jwt",
        {
            "ApiId": api.ref("ApiId"),
            "Name": "jwt",
            "AuthorizerType": "JWT",
            "IdentitySource": [f"$request.header.{rule['header']}"],
            "JwtConfiguration": {"Issuer": rule["issuer"], "Audience": rule["audience"]},
        },
    )


def _integration(label: str, function: Any, options: Options, api: Resource, context: Context) -> Resource:
    return context.resource(
        INTEGRATION,
        label,
        {
            "ApiId": api.ref("ApiId"),
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": function,
            "IntegrationMethod": "POST",
            "PayloadFormatVersion": "2.0",
            "TimeoutInMillis": int(options["timeout_seconds"] * 1000),
        },
    )


def _route(
    name: str, route: Route, api: Resource, integration: Resource, authorizer: Resource | None, context: Context
) -> Resource:
    guard = authorizer if route.options["authorize"] else None
    if route.options["scopes"] and guard is None:
        context.problem(
            f"{route.option}.scopes", "need an authorizer that looks at tokens; describe one, or remove them"
        )
    return context.resource(
        ROUTE,
        f"{name}/{route.label}",
        {
            "ApiId": api.ref("ApiId"),
            "RouteKey": route.label,
            "Target": Compose("integrations/{id}", {"id": integration.ref("IntegrationId")}),
            "AuthorizationType": "JWT" if guard is not None else "NONE",
            "AuthorizerId": guard.ref("AuthorizerId") if guard is not None else None,
            "AuthorizationScopes": route.options["scopes"],
        },
    )


def _stage(name: str, options: Options, api: Resource, context: Context) -> list[Resource]:
    settings: dict[str, Any] = {"DetailedMetricsEnabled": options["metrics"]}
    if options["throttle"]:
        settings["ThrottlingBurstLimit"] = options["throttle"]["burst"]
        settings["ThrottlingRateLimit"] = options["throttle"]["rate"]
    log = [access_log(api_name(name, options, context), options, context)] if options["log"] else []
    stage = context.resource(
        STAGE,
        name,
        {
            "ApiId": api.ref("ApiId"),
            "StageName": options["stage"],
            "AutoDeploy": True,
            "DefaultRouteSettings": settings,
            "StageVariables": {key: str(value) for key, value in options["variables"].items()},
            "AccessLogSettings": {
                "DestinationArn": log[0].ref("Arn"),
                "Format": log_format({"route": "$context.routeKey"}),
            }
            if log
            else {},
        },
        tags=options["tags"],
    )
    return [*log, stage]


TIER = Tier(
    section="http_apis",
    reference="http_api",
    spec=SPEC,
    compile=compile,
    exports=exports,
    kinds=(INTEGRATION, ROUTE, AUTHORIZER),
)
