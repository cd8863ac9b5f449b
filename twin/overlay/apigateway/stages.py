# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from botocore.model import Shape
from moto.apigateway.responses import APIGatewayResponse
from moto.core.utils import get_service_model
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from twin.overlay.apigateway import patches
from twin.overlay.apigateway.domains import refuse_if_mapped
from twin.overlay.apigateway.store import (
    Api,
    Document,
    Store,
    api_of,
    bad,
    conflict,
    missing,
    new_id,
    operation,
    page,
    store,
)
from twin.patch import Parameters, existing

if TYPE_CHECKING:
    from twin.world import World

# https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html
_SETTINGS = {
    "metrics/enabled": "metricsEnabled",
    "logging/loglevel": "loggingLevel",
    "logging/dataTrace": "dataTraceEnabled",
    "throttling/burstLimit": "throttlingBurstLimit",
    "throttling/rateLimit": "throttlingRateLimit",
    "caching/enabled": "cachingEnabled",
    "caching/ttlInSeconds": "cacheTtlInSeconds",
    "caching/dataEncrypted": "cacheDataEncrypted",
    "caching/requireAuthorizationForCacheControl": "requireAuthorizationForCacheControl",
    "caching/unauthorizedCacheControlHeaderStrategy": "unauthorizedCacheControlHeaderStrategy",
}
_SETTING = re.compile(rf"/(?P<place>[^/]+/[^/]+)/(?P<name>{'|'.join(_SETTINGS)})")
_DEFAULT_SETTINGS = {
    "metricsEnabled": False,
    "loggingLevel": "OFF",
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
_NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"


def install(world: World) -> None:
    _deployments()
    _account()

    @operation(APIGatewayResponse, "CreateStage")
    def create(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        if asked["stageName"] in api.stages:
            conflict("Stage already exists")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", asked["stageName"]):
            bad("Stage name only allows a-zA-Z0-9-_")
        made = {
            "cacheClusterEnabled": False,
            "cacheClusterStatus": "NOT_AVAILABLE",
            "tracingEnabled": False,
            "methodSettings": {},
            **{name: value for name, value in asked.items() if name != "restApiId"},
            "createdDate": int(time.time()),
            "tags": dict(asked.get("tags") or {}),
        }
        _check(response, api, made)
        api.stages[made["stageName"]] = made
        return made

    @operation(APIGatewayResponse, "GetStages")
    def lists(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).stages.values()
        deployment = asked.get("deploymentId")
        return {"item": [one for one in found if not deployment or one["deploymentId"] == deployment]}

    @operation(APIGatewayResponse, "GetStage")
    def get(response: Any, asked: Parameters) -> Document:
        return _stage(response, asked)

    @operation(APIGatewayResponse, "UpdateStage")
    def update(response: Any, asked: Parameters) -> Document:
        stage = _stage(response, asked)
        changed = {
            name: {key: dict(inner) if isinstance(inner, dict) else inner for key, inner in value.items()}
            if isinstance(value, dict)
            else value
            for name, value in stage.items()
        }
        changed["tags"] = stage["tags"]
        plain = []
        for one in asked.get("patchOperations") or []:
            if not _set_method(changed, one):
                plain.append(one)
        patches.apply("Stage", changed, plain)
        _check(response, api_of(response, asked), changed)
        stage.clear()
        stage.update(changed)
        return stage

    @operation(APIGatewayResponse, "DeleteStage")
    def delete(response: Any, asked: Parameters) -> None:
        _stage(response, asked)
        refuse_if_mapped(response, asked["restApiId"], asked["stageName"])
        for plan in store(response).plans.values():
            named = {"apiId": asked["restApiId"], "stage": asked["stageName"]}
            if any(named.items() <= one.items() for one in plan.get("apiStages") or []):
                bad(f"Cannot delete stage {asked['stageName']}, because it's associated with usage plan {plan['id']}")
        del api_of(response, asked).stages[asked["stageName"]]


def _stage(response: Any, asked: Document) -> Document:
    return api_of(response, asked).stages.get(asked["stageName"]) or missing("Invalid stage identifier specified")


def _set_method(stage: Document, operation: dict[str, Any]) -> bool:
    """Apply an operation that is about the settings of methods."""
    settings = stage["methodSettings"]
    if operation["op"] == "remove" and operation["path"][1:] in settings:
        del settings[operation["path"][1:]]
        return True
    found = _SETTING.fullmatch(operation["path"])
    if not found or operation["op"] != "replace":
        return False
    shape: Any = get_service_model("apigateway").shape_for("MethodSetting")
    name = _SETTINGS[found["name"]]
    member: Shape = shape.members[name]
    of_place = settings.setdefault(found["place"], dict(_DEFAULT_SETTINGS))
    of_place[name] = patches.typed(member, operation["value"])
    return True


def _check(response: Any, api: Api, stage: Document) -> None:
    if stage["deploymentId"] not in api.deployments:
        bad("Deployment id does not exist")
    canary = stage.get("canarySettings")
    if canary and not 0 <= canary.get("percentTraffic", 0) <= 100:
        bad("Percent traffic must be between 0 and 100")
    held = store(response)
    logs = stage.get("accessLogSettings") or {}
    levels = {settings["loggingLevel"] for settings in stage["methodSettings"].values()}
    if (logs or levels - {"OFF"}) and not held.account.get("cloudwatchRoleArn"):
        bad(_NO_ROLE)
    if logs.get("destinationArn"):
        _check_log(logs["destinationArn"])


def _check_log(arn: str) -> None:
    _, _, service, region, account, rest = arn.split(":", 5)
    if service == "firehose" and rest.startswith("deliverystream/amazon-apigateway-"):
        return
    groups = existing(logs_backends, account, region) if service == "logs" else None
    if groups is None or rest.removeprefix("log-group:") not in groups.groups:
        bad("Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': " + arn)


def _deployments() -> None:
    @operation(APIGatewayResponse, "CreateDeployment")
    def create(response: Any, asked: Parameters) -> Document:
        api = api_of(response, asked)
        methods = list(api.methods())
        if not methods:
            bad("The REST API doesn't contain any methods")
        if any("methodIntegration" not in method for method in methods):
            bad("No integration defined for method")
        made = {
            "id": new_id(6),
            "description": asked.get("description") or "",
            "createdDate": time.time(),
            "apiSummary": {
                api.path(resource["id"]): {
                    name: {
                        "authorizationType": method["authorizationType"],
                        "apiKeyRequired": method["apiKeyRequired"],
                    }
                    for name, method in resource["resourceMethods"].items()
                }
                for resource in api.resources.values()
                if resource["resourceMethods"]
            },
        }
        api.deployments[made["id"]] = made
        return _short(made)

    @operation(APIGatewayResponse, "GetDeployments")
    def lists(response: Any, asked: Parameters) -> Document:
        return page([_short(one) for one in api_of(response, asked).deployments.values()], asked)

    @operation(APIGatewayResponse, "GetDeployment")
    def get(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).deployments.get(asked["deploymentId"])
        document = found or missing("Invalid Deployment identifier specified")
        return document if "apisummary" in (asked.get("embed") or []) else _short(document)

    @operation(APIGatewayResponse, "UpdateDeployment")
    def update(response: Any, asked: Parameters) -> Document:
        found = api_of(response, asked).deployments.get(asked["deploymentId"])
        document = found or missing("Invalid Deployment identifier specified")
        patches.apply("Deployment", document, asked["patchOperations"])
        return _short(document)

    @operation(APIGatewayResponse, "DeleteDeployment")
    def delete(response: Any, asked: Parameters) -> None:
        api, identifier = api_of(response, asked), asked["deploymentId"]
        if identifier not in api.deployments:
            missing("Invalid Deployment identifier specified")
        for stage in api.stages.values():
            if identifier in (stage["deploymentId"], (stage.get("canarySettings") or {}).get("deploymentId")):
                bad("Active stages pointing to this deployment must be moved or deleted")
        del api.deployments[identifier]


def _short(deployment: Document) -> Document:
    return {name: value for name, value in deployment.items() if name != "apiSummary"}


def _account() -> None:
    @operation(APIGatewayResponse, "GetAccount")
    def get(response: Any, asked: Parameters) -> Document:
        return store(response).account

    @operation(APIGatewayResponse, "UpdateAccount")
    def update(response: Any, asked: Parameters) -> Document:
        held: Store = store(response)
        for one in asked["patchOperations"]:
            if one["path"] == "/cloudwatchRoleArn" and one.get("value"):
                _check_role(response.current_account, one["value"])
        patches.apply("Account", held.account, asked["patchOperations"])
        return held.account


def _check_role(account: str, arn: str) -> None:
    backend = existing(iam_backends, account, "aws")
    role = next((one for one in backend.roles.values() if one.arn == arn), None) if backend else None
    if role is None or "apigateway.amazonaws.com" not in str(role.assume_role_policy_document):
        bad(
            "The role ARN does not have required permissions configured. "
            "Please grant trust permission for API Gateway and add the required role policy."
        )
