# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGateway::Stage: where a deployment is served, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import given, is_empty
from . import common
from .common import (
    PASSING,
    SERVICE,
    Patch,
    arn_of,
    camel,
    map_changes,
    own_id,
    parts,
    pascal,
    replace,
    replacements,
    tagging,
)

_TAG, _UNTAG = tagging("/restapis/{id}")

_PLAIN = {
    "DeploymentId": "/deploymentId",
    "Description": "/description",
    "TracingEnabled": "/tracingEnabled",
    "CacheClusterEnabled": "/cacheClusterEnabled",
    "CacheClusterSize": "/cacheClusterSize",
    "DocumentationVersion": "/documentationVersion",
}
#: A setting of methods: CloudFormation's name, the answer's, and its path.
#: https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html
_SETTINGS = {
    "ThrottlingBurstLimit": ("throttlingBurstLimit", "throttling/burstLimit"),
    "ThrottlingRateLimit": ("throttlingRateLimit", "throttling/rateLimit"),
    "MetricsEnabled": ("metricsEnabled", "metrics/enabled"),
    "LoggingLevel": ("loggingLevel", "logging/loglevel"),
    "DataTraceEnabled": ("dataTraceEnabled", "logging/dataTrace"),
    "CachingEnabled": ("cachingEnabled", "caching/enabled"),
    "CacheTtlInSeconds": ("cacheTtlInSeconds", "caching/ttlInSeconds"),
    "CacheDataEncrypted": ("cacheDataEncrypted", "caching/dataEncrypted"),
}

#: The account's role for logs may have been set a moment ago.
_NO_ROLE_YET = frozenset({"BadRequestException: CloudWatch Logs role ARN"})


# Reading


def list_stages(scope: Scope) -> Iterable[Item]:
    """Stages in scope, tags and all."""
    found = parts(scope, "get_stages", "item[]")
    named = [{**item, "Arn": _arn(scope, item)} for item in found]
    return [item for item in named if not scope.ids or _id(item) in scope.ids]


def _id(item: Item) -> str:
    return f"{item['RestApiId']}/{item['stageName']}"


def _arn(scope: Scope, item: Item) -> str:
    return (
        f"arn:{scope.api.partition}:apigateway:{scope.region}::/restapis/{item['RestApiId']}/stages/{item['stageName']}"
    )


def method_settings(item: Item) -> list[dict[str, Any]]:
    """The settings of methods, each with the path and method that the answer has them under."""
    found = []
    for place, settings in (item.get("methodSettings") or {}).items():
        path, _slash, method = place.rpartition("/")
        named = {ours: settings[theirs] for ours, (theirs, _path) in _SETTINGS.items() if theirs in settings}
        found.append({"ResourcePath": f"/{path}", "HttpMethod": method, **named})
    return found


def by_place(value: Any) -> Any:
    """Settings by where they hold; which places there are is compared too, what AWS fills in is not."""
    if not isinstance(value, (list, tuple)):
        return value
    places = {_place(one): {name: item for name, item in one.items() if name in _SETTINGS} for one in value}
    return {"Places": sorted(places), **places}


def _place(setting: Mapping[str, Any]) -> str:
    """A place as AWS writes it: `*/*`, `~1letters~1{id}/GET`; CloudFormation's spelling `/~1letters` is known too."""
    path = str(setting.get("ResourcePath") or "/*")
    inner = path[1:] if path == "/*" or path.startswith("/~1") else path.replace("/", "~1")
    return f"{inner}/{setting.get('HttpMethod') or '*'}"


def log_setting(value: Any) -> Any:
    """Where accesses are logged, without what CloudWatch Logs adds to a log group's ARN for its streams."""
    if not isinstance(value, Mapping):
        return value
    destination = value.get("DestinationArn")
    return {**value, "DestinationArn": str(destination).removesuffix(":*")} if destination else dict(value)


#: The limit that is none but the account's.
UNTHROTTLED = -1


def _in_template(settings: list[dict[str, Any]]) -> dict[str, Any]:
    """CloudFormation knows no limit that is none."""
    plain = [{name: value for name, value in one.items() if value != UNTHROTTLED} for one in settings]
    return {"MethodSettings": plain}


# Writing


def _create(work: Work) -> Item:
    params = given(
        work,
        deploymentId="DeploymentId",
        description="Description",
        variables="Variables",
        tracingEnabled="TracingEnabled",
        cacheClusterEnabled="CacheClusterEnabled",
        cacheClusterSize="CacheClusterSize",
        documentationVersion="DocumentationVersion",
    )
    if work.get("CanarySetting"):
        params["canarySettings"] = camel(work.get("CanarySetting"))
    names = {"restApiId": work.desired["RestApiId"], "stageName": work.desired["StageName"]}
    answer = work.call(SERVICE, "create_stage", **names, **params, tags=work.tags)
    arn = arn_of(work, f"/restapis/{names['restApiId']}/stages/{names['stageName']}")
    return {**answer, "RestApiId": names["restApiId"], "Arn": arn}


def _patched(work: Work, changes: list[Patch]) -> dict[str, Any]:
    api = work.id.partition("/")[0]
    return {"restApiId": api, "stageName": own_id(work), "patchOperations": changes}


def _changes(work: Work) -> dict[str, Any]:
    now = work.existing.properties
    changes = replacements(work, _PLAIN)
    if "Variables" in work.changed:
        changes += map_changes("/variables", now.get("Variables"), work.desired["Variables"], "replace")
    if "CanarySetting" in work.changed:
        changes += _canary(now.get("CanarySetting") or {}, work.desired["CanarySetting"])
    return _patched(work, changes)


def _canary(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> list[Patch]:
    path = "/canarySettings"
    if not after:
        return [{"op": "remove", "path": path}]
    names = ("PercentTraffic", "DeploymentId", "UseStageCache")
    changes = [
        replace(f"{path}/{name[:1].lower()}{name[1:]}", after[name])
        for name in names
        if name in after and after[name] != before.get(name)
    ]
    if "StageVariableOverrides" in after:
        changes += map_changes(
            f"{path}/stageVariableOverrides",
            before.get("StageVariableOverrides"),
            after["StageVariableOverrides"],
            "replace",
        )
    return changes


def _later(work: Work) -> dict[str, Any]:
    """What the create request does not take."""
    now = work.existing.properties
    changes: list[Patch] = []
    if "ClientCertificateId" in work.desired and work.desired["ClientCertificateId"] != now.get("ClientCertificateId"):
        changes.append(replace("/clientCertificateId", work.desired["ClientCertificateId"]))
    if "AccessLogSetting" in work.desired:
        changes += _log(log_setting(now.get("AccessLogSetting")) or {}, log_setting(work.desired["AccessLogSetting"]))
    if "MethodSettings" in work.desired:
        changes += _settings(by_place(now.get("MethodSettings") or []), by_place(work.desired["MethodSettings"] or []))
    return _patched(work, changes)


def _log(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> list[Patch]:
    path = "/accessLogSettings"
    if not after:
        return [{"op": "remove", "path": path}] if before else []
    names = {"DestinationArn": "destinationArn", "Format": "format"}
    return [
        replace(f"{path}/{member}", after[name])
        for name, member in names.items()
        if not is_empty(after.get(name)) and after[name] != before.get(name)
    ]


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Patch]:
    changes = []
    for place in after["Places"]:
        now = before.get(place) or {}
        changes += [
            replace(f"/{place}/{_SETTINGS[name][1]}", value)
            for name, value in after[place].items()
            if common.text(now.get(name)) != common.text(value)
        ]
    gone = [place for place in before["Places"] if place not in after["Places"]]
    return changes + [{"op": "remove", "path": f"/{place}"} for place in gone]


STAGE = Kind(
    type="AWS::ApiGateway::Stage",
    service=SERVICE,
    title="stage of an API",
    template=Template(
        ref="StageName", attributes={"Arn": "", "WebAclArn": ""}, properties={"MethodSettings": _in_template}
    ),
    id=_id,
    key=("RestApiId", "StageName"),
    requires=(common.REST_API, "AWS::ApiGateway::Deployment"),
    list=list_stages,
    properties={
        "RestApiId": Property(immutable=True),
        "StageName": Property("stageName", immutable=True),
        "DeploymentId": Property("deploymentId"),
        "Description": Property("description"),
        "Variables": Property("variables", exact=True),
        "TracingEnabled": Property("tracingEnabled", default=False),
        "CacheClusterEnabled": Property("cacheClusterEnabled", default=False),
        "CacheClusterSize": Property("cacheClusterSize"),
        "DocumentationVersion": Property("documentationVersion"),
        "CanarySetting": Property(lambda item: pascal(item.get("canarySettings"))),
        "ClientCertificateId": Property("clientCertificateId"),
        "AccessLogSetting": Property(
            lambda item: pascal(item.get("accessLogSettings")), exact=True, normalise=log_setting
        ),
        "MethodSettings": Property(method_settings, normalise=by_place),
    },
    attributes={
        "Arn": Attribute("Arn", "arn:{partition}:apigateway:{region}::/restapis/{RestApiId}/stages/{StageName}"),
        "WebAclArn": Attribute("webAclArn", volatile=True),
    },
    tags="tags",
    create=_create,
    updates=(
        Update((*_PLAIN, "Variables", "CanarySetting"), Call("update_stage", _changes)),
        Update(
            ("AccessLogSetting", "ClientCertificateId", "MethodSettings"),
            Call("update_stage", _later, retry_on=_NO_ROLE_YET),
            on_create=True,
        ),
    ),
    delete=Call("delete_stage", lambda w: {"restApiId": w.id.partition("/")[0], "stageName": own_id(w)}),
    tag=_TAG,
    untag=_UNTAG,
    retry_on=PASSING,
)
