# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ApiGatewayV2::Stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Call, Item, Kind, Observed, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import is_empty
from ..shared import IMMUTABLE, MUTABLE
from . import common
from .common import PASSING, SERVICE, differing, given, part_id, parts, place

_CHANGEABLE = (
    "AutoDeploy",
    "ClientCertificateId",
    "DefaultRouteSettings",
    "DeploymentId",
    "Description",
)


def list_stages(scope: Scope) -> Iterable[Item]:
    """Stages in scope, tags and all."""
    return parts(scope, "get_stages", "StageName")


def log_settings(value: Any) -> Any:
    """Where accesses are logged, without what CloudWatch Logs adds to a log group's ARN for its streams."""
    if not isinstance(value, Mapping):
        return value
    destination = value.get("DestinationArn")
    return {**value, "DestinationArn": str(destination).removesuffix(":*")} if destination else dict(value)


def _create(work: Work) -> Item:
    params = given(work, (*_CHANGEABLE, "RouteSettings", "StageVariables"))
    if work.get("AccessLogSettings"):
        params["AccessLogSettings"] = log_settings(work.get("AccessLogSettings"))
    names = {"ApiId": work.desired["ApiId"], "StageName": work.desired["StageName"]}
    return {**work.call(SERVICE, "create_stage", **names, **params, Tags=work.tags), "ApiId": names["ApiId"]}


def _set_log(work: Work) -> None:
    wanted = log_settings(work.desired["AccessLogSettings"])
    if wanted:
        work.call(SERVICE, "update_stage", **place(work, "StageName"), AccessLogSettings=wanted)
    else:
        work.call(SERVICE, "delete_access_log_settings", **place(work, "StageName"))


def _set_routes(work: Work) -> None:
    wanted = work.desired["RouteSettings"] or {}
    for route in sorted((work.existing.properties.get("RouteSettings") or {}).keys() - wanted.keys()):
        work.call(SERVICE, "delete_route_settings", **place(work, "StageName"), RouteKey=route)
    if wanted:
        work.call(SERVICE, "update_stage", **place(work, "StageName"), RouteSettings=wanted)


def _set_variables(work: Work) -> None:
    """Variables as stated; an empty value takes one away."""
    wanted = dict(work.desired["StageVariables"] or {})
    gone = (work.existing.properties.get("StageVariables") or {}).keys() - wanted.keys()
    work.call(SERVICE, "update_stage", **place(work, "StageName"), StageVariables={**wanted, **dict.fromkeys(gone, "")})


def variables(value: Any) -> Any:
    """Variables that have a value."""
    return {name: item for name, item in value.items() if not is_empty(item)} if isinstance(value, Mapping) else value


def route_settings(value: Any) -> Any:
    """Settings by route; which routes have any is compared too, what AWS fills in is not."""
    return {"Routes": sorted(value), **value} if isinstance(value, Mapping) else value


def lasting_throttle(desired: Mapping[str, Any], found: Observed) -> str:
    """Says that a stage has limits that nobody states: API Gateway changes them, but takes none away."""
    has = found.properties.get("DefaultRouteSettings") or {}
    limits = [name for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit") if not is_empty(has.get(name))]
    if not limits or any(name in (desired.get("DefaultRouteSettings") or {}) for name in limits):
        return ""
    what = ", ".join(f"{name} {has[name]}" for name in limits)
    return (
        f"the stage {found.id} keeps a throttle that is not described ({what}), since API Gateway takes none away from "
        f"an HTTP API; state one as wide as the account's limits, or delete the stage by hand and converge again"
    )


def _arn(work: Work) -> str:
    return f"arn:{work.api.partition}:apigateway:{work.region}::/apis/{work.id.replace('/', '/stages/')}"


STAGE = Kind(
    type="AWS::ApiGatewayV2::Stage",
    service=SERVICE,
    title="stage of an HTTP API",
    template=Template(ref="StageName", tag_map=True),
    id=part_id("StageName"),
    key=("ApiId", "StageName"),
    requires=(common.API,),
    list=list_stages,
    properties={
        "ApiId": IMMUTABLE,
        "StageName": IMMUTABLE,
        "Description": MUTABLE,
        "AutoDeploy": Property(default=False),
        # With AutoDeploy it is AWS's.
        "DeploymentId": MUTABLE,
        "ClientCertificateId": MUTABLE,
        "DefaultRouteSettings": MUTABLE,
        "RouteSettings": Property(normalise=route_settings),
        "AccessLogSettings": Property(exact=True, normalise=log_settings),
        "StageVariables": Property(exact=True, normalise=variables),
    },
    create=_create,
    updates=(
        Update(_CHANGEABLE, Call("update_stage", lambda w: {**place(w, "StageName"), **differing(w, _CHANGEABLE)})),
        Update(("AccessLogSettings",), _set_log),
        Update(("RouteSettings",), _set_routes),
        Update(("StageVariables",), _set_variables),
    ),
    delete=Call("delete_stage", lambda w: place(w, "StageName")),
    remark=lasting_throttle,
    tag=Call("tag_resource", lambda w: {"ResourceArn": _arn(w), "Tags": dict(w.tags_to_set)}),
    untag=Call("untag_resource", lambda w: {"ResourceArn": _arn(w), "TagKeys": list(w.tags_to_remove)}),
    retry_on=PASSING,
)
