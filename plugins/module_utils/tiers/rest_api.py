# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `rest_apis` section: REST APIs before functions, with validation, authorization, limits and logs."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from ..kinds.apigateway.stage import UNTHROTTLED
from . import formats
from .api_routes import access_log, api_name, exported, log_format, permission, routes
from .base import TAGS, Context, Export, Options, Tier
from .permissions import role, trust
from .rest_api_methods import (
    AUTHORIZER,
    GATEWAY_RESPONSE,
    METHOD,
    MODEL,
    RESOURCE,
    VALIDATOR,
    Methods,
)
from .web_acl import associate

REST_API = "AWS::ApiGateway::RestApi"
DEPLOYMENT = "AWS::ApiGateway::Deployment"
STAGE = "AWS::ApiGateway::Stage"
USAGE_PLAN = "AWS::ApiGateway::UsagePlan"
API_KEY = "AWS::ApiGateway::ApiKey"
USAGE_PLAN_KEY = "AWS::ApiGateway::UsagePlanKey"
ACCOUNT = "AWS::ApiGateway::Account"
DOMAIN_NAME = "AWS::ApiGateway::DomainName"
MAPPING = "AWS::ApiGateway::BasePathMapping"

_LIMITS: dict[str, Any] = {
    "type": "dict",
    "options": {
        "burst": {"type": "int", "required": True, "format": formats.at_least(0)},
        "rate": {"type": "float", "required": True, "format": formats.at_least(0)},
    },
}

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "description": {"type": "str", "format": formats.length(1024)},
    "stage": {"type": "str", "default": "v1", "format": formats.STAGE},
    "endpoint": {"type": "str", "choices": ["regional", "edge"], "default": "regional"},
    "default_endpoint": {"type": "bool", "default": True},
    "domain": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "certificate": {"type": "str", "required": True},
            "base_path": {"type": "str"},
        },
    },
    "binary_media_types": {"type": "list", "elements": "str", "default": []},
    "routes": {
        "type": "map",
        "required": True,
        "options": {
            "methods": {"type": "list", "elements": "str", "default": []},
            "function": {"type": "str", "required": True},
            "authorize": {"type": "bool", "default": True},
            "api_key": {"type": "bool", "default": False},
            "body": {"type": "dict"},
            "required_query": {"type": "list", "elements": "str", "default": []},
            "required_headers": {"type": "list", "elements": "str", "default": []},
            "timeout_seconds": {"type": "float", "default": 29, "format": formats.at_least(0.05)},
        },
    },
    "authorizer": {
        "type": "dict",
        "options": {
            "function": {"type": "str", "required": True},
            "header": {"type": "str", "default": "Authorization"},
            "pattern": {"type": "str"},
            "ttl_seconds": {"type": "int", "default": 300, "format": formats.between(0, 3600)},
        },
    },
    "cors": {
        "type": "dict",
        "options": {
            "origin": {"type": "str", "required": True},
            "headers": {"type": "list", "elements": "str", "default": ["Authorization", "Content-Type"]},
            "credentials": {"type": "bool", "default": False},
            "max_age_seconds": {"type": "int", "default": 600, "format": formats.at_least(0)},
        },
    },
    "throttle": _LIMITS,
    "usage_plans": {
        "type": "map",
        "default": {},
        "options": {
            "throttle": _LIMITS,
            "quota": {
                "type": "dict",
                "options": {
                    "requests": {"type": "int", "required": True, "format": formats.at_least(1)},
                    "per": {"type": "str", "choices": ["day", "week", "month"], "required": True},
                },
            },
            "keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
        },
    },
    "variables": {"type": "dict", "default": {}, "keys": formats.STAGE_VARIABLE, "values": {"type": "scalar"}},
    "metrics": {"type": "bool", "default": True},
    "tracing": {"type": "bool", "default": False},
    "log": {"type": "bool", "default": True},
    "log_group": {"type": "str"},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "execution_log": {"type": "str", "choices": ["off", "error", "info"], "default": "off"},
    "web_acl": {"type": "str"},
    "tags": TAGS,
}


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(REST_API, name)
    values = exported(Ref(address, "RestApiId"), "restapis", name, options, context)
    values["stage_arn"] = Ref(Address(STAGE, name), "Arn")
    if options["domain"]:
        values |= _domain_values(name, options)
    ready = Address(MAPPING if options["domain"] else STAGE, name)
    return Export(address=address, values=values, default="url", ready=(ready,))


def _base_path(options: Options) -> str:
    """The first part of paths below the API's own name: as below AWS's unless stated."""
    stated = options["domain"]["base_path"]
    return str(options["stage"] if stated is None else stated).strip("/")


def _domain_values(name: str, options: Options) -> dict[str, Any]:
    """Where it is reached under its own name, and what an alias record leads to."""
    where = "Regional" if options["endpoint"] == "regional" else "Distribution"
    domain, path = Address(DOMAIN_NAME, name), _base_path(options)
    return {
        "domain": options["domain"]["name"],
        "url": f"https://{options['domain']['name']}" + (f"/{path}" if path else ""),
        "dns_name": Ref(domain, f"{where}DomainName"),
        "zone_id": Ref(domain, f"{where}HostedZoneId"),
    }


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    api = context.resource(
        REST_API,
        name,
        {
            "Name": api_name(name, options, context),
            "Description": options["description"],
            "EndpointConfiguration": {"Types": [options["endpoint"].upper()]},
            "DisableExecuteApiEndpoint": not options["default_endpoint"],
            "BinaryMediaTypes": options["binary_media_types"],
        },
        tags=options["tags"],
    )
    if not options["routes"]:
        context.problem("routes", "is empty, and API Gateway deploys no API without a method; describe a route")
    methods = Methods(name, options, api, context)
    for route in routes(options, context):
        methods.add(route)
    methods.finish()
    logging = _logging(name, options, context)
    deployment = context.resource(
        DEPLOYMENT,
        name,
        {
            "RestApiId": api.ref("RestApiId"),
            "Description": f"{api_name(name, options, context)} {options['stage']}",
            "Definition": {**methods.definition(), "BinaryMediaTypes": options["binary_media_types"]},
        },
        depends_on=[made.address for made in methods.deployed()],
    )
    stage = _stage(name, options, api, deployment, logging, context)
    made = [api, *methods.made(), *logging, deployment, stage, *_permissions(options, api, methods, context)]
    if options["web_acl"]:
        acl = context.arn_of(options["web_acl"], "web_acl", "web_acl")
        made.append(associate(context.reference, stage.ref("Arn"), acl, context))
    return [*made, *_domain(name, options, api, stage, context), *_usage_plans(name, options, api, stage, context)]


# Logs and the stage


def _logging(name: str, options: Options, context: Context) -> list[Resource]:
    """The access log, and the role by which API Gateway writes logs, which is one for the whole account and region."""
    made = []
    if options["log"]:
        made.append(access_log(api_name(name, options, context), options, context))
    if options["log"] or options["execution_log"] != "off":
        writer = role(
            context,
            "logs",
            trust(["apigateway.amazonaws.com"]),
            managed=[context.managed_policy("service-role/AmazonAPIGatewayPushToCloudWatchLogs")],
            description="Writes the logs of APIs",
            tags=options["tags"],
        )
        made.append(writer)
        account = context.resource(ACCOUNT, context.logical("logs"), {"CloudWatchRoleArn": writer.ref("Arn")})
        made.append(account)
    return made


def _stage(
    name: str, options: Options, api: Resource, deployment: Resource, logging: list[Resource], context: Context
) -> Resource:
    # Nobody's data belongs into logs, so DataTraceEnabled stays off.
    settings: dict[str, Any] = {
        "ResourcePath": "/*",
        "HttpMethod": "*",
        "MetricsEnabled": options["metrics"],
        "LoggingLevel": options["execution_log"].upper(),
        "DataTraceEnabled": False,
    }
    throttle = options["throttle"] or {"burst": UNTHROTTLED, "rate": UNTHROTTLED}
    settings["ThrottlingBurstLimit"] = throttle["burst"]
    settings["ThrottlingRateLimit"] = throttle["rate"]
    log = next((one for one in logging if one.kind == "AWS::Logs::LogGroup"), None)
    return context.resource(
        STAGE,
        name,
        {
            "RestApiId": api.ref("RestApiId"),
            "StageName": options["stage"],
            "DeploymentId": deployment.ref("DeploymentId"),
            "TracingEnabled": options["tracing"],
            "Variables": {key: str(value) for key, value in options["variables"].items()},
            "AccessLogSetting": {"DestinationArn": log.ref("Arn"), "Format": log_format()} if log else {},
            "MethodSettings": [settings],
        },
        tags=options["tags"],
        depends_on=[one.address for one in logging if one.kind == ACCOUNT],
    )


def _permissions(options: Options, api: Resource, methods: Methods, context: Context) -> list[Resource]:
    """Each function may be invoked by this stage, and the authorizer's by the authorizer; nobody else's is meant."""
    identifier = api.ref("RestApiId")
    made = []
    for label, function in methods.functions.items():
        source = Compose("{id}/{stage}/*", {"id": identifier, "stage": options["stage"]})
        made.append(permission(label, function, source, context))
    if methods.authorizer is not None:
        source = Compose(
            "{id}/authorizers/{authorizer}",
            {"id": identifier, "authorizer": methods.authorizer.ref("AuthorizerId")},
        )
        made.append(permission("authorizer", methods.authorizer_function, source, context))
    return made


# The API's own name


def _domain(name: str, options: Options, api: Resource, stage: Resource, context: Context) -> list[Resource]:
    if not options["domain"]:
        return []
    regional = options["endpoint"] == "regional"
    certificate = context.arn_of(options["domain"]["certificate"], "certificate", "domain.certificate")
    domain = context.resource(
        DOMAIN_NAME,
        name,
        {
            "DomainName": options["domain"]["name"],
            "RegionalCertificateArn" if regional else "CertificateArn": certificate,
            "EndpointConfiguration": {"Types": [options["endpoint"].upper()]},
            "SecurityPolicy": "TLS_1_2",
        },
        tags=options["tags"],
    )
    mapping = context.resource(
        MAPPING,
        name,
        {
            "DomainName": domain.ref("DomainName"),
            "BasePath": _base_path(options),
            "RestApiId": api.ref("RestApiId"),
            "Stage": stage.ref("StageName"),
        },
    )
    return [domain, mapping]


# Usage plans


def _usage_plans(name: str, options: Options, api: Resource, stage: Resource, context: Context) -> list[Resource]:
    made: list[Resource] = []
    keys: dict[str, Resource] = {}
    served = {"ApiId": api.ref("RestApiId"), "Stage": stage.ref("StageName")}
    for plan_name, plan in options["usage_plans"].items():
        limits, quota = plan["throttle"], plan["quota"]
        described = context.resource(
            USAGE_PLAN,
            f"{name}/{plan_name}",
            {
                "UsagePlanName": f"{api_name(name, options, context)}-{plan_name}",
                "ApiStages": [served],
                "Throttle": {"BurstLimit": limits["burst"], "RateLimit": limits["rate"]} if limits else {},
                "Quota": {"Limit": quota["requests"], "Period": quota["per"].upper()} if quota else {},
            },
            tags=options["tags"],
            depends_on=[stage.address],
        )
        made.append(described)
        for key_name in plan["keys"]:
            if key_name not in keys:
                keys[key_name] = context.resource(
                    API_KEY,
                    f"{name}/{key_name}",
                    {"Name": f"{api_name(name, options, context)}-{key_name}", "Enabled": True},
                    tags=options["tags"],
                )
            made.append(
                context.resource(
                    USAGE_PLAN_KEY,
                    f"{name}/{plan_name}/{key_name}",
                    {
                        "UsagePlanId": described.ref("Id"),
                        "KeyId": keys[key_name].ref("APIKeyId"),
                        "KeyType": "API_KEY",
                    },
                )
            )
    if any(route["api_key"] for route in options["routes"].values()) and not keys:
        context.problem("usage_plans", "has no keys, but a route wants one; name a key in a plan")
    return [*keys.values(), *made]


TIER = Tier(
    section="rest_apis",
    reference="rest_api",
    spec=SPEC,
    compile=compile,
    exports=exports,
    kinds=(
        RESOURCE,
        METHOD,
        MODEL,
        VALIDATOR,
        AUTHORIZER,
        GATEWAY_RESPONSE,
        USAGE_PLAN,
        API_KEY,
        USAGE_PLAN_KEY,
        ACCOUNT,
        DOMAIN_NAME,
        MAPPING,
    ),
)
