# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Usage plans and API keys: who may call how often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ...engine.api import Api
from ...engine.kind import Attribute, Call, Item, Kind, Observed, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import given, unless
from . import common
from .common import PAGE, PASSING, SERVICE, Patch, camel, escaped, member_changes, pascal, replacements, tagging

_PLAN = "AWS::ApiGateway::UsagePlan"
_KEY = "AWS::ApiGateway::ApiKey"
_TAG_PLAN, _UNTAG_PLAN = tagging("/usageplans/{id}")
_TAG_KEY, _UNTAG_KEY = tagging("/apikeys/{id}")

# Usage plans

_PLAN_PATHS = {"UsagePlanName": "/name", "Description": "/description"}


def list_usage_plans(scope: Scope) -> Iterable[Item]:
    """All usage plans of the region, tags and all."""
    if scope.ids:
        answers = [unless((), partial(scope.call, SERVICE, "get_usage_plan", usagePlanId=one)) for one in scope.ids]
        return [answer for answer in answers if answer]
    return scope.pages(SERVICE, "get_usage_plans", "items[]", limit=PAGE)


def api_stages(item: Item) -> list[dict[str, Any]]:
    """The stages that a plan is for, in CloudFormation's shape."""
    found = []
    for one in item.get("apiStages") or []:
        stage = {"ApiId": one["apiId"], "Stage": one["stage"]}
        if one.get("throttle"):
            stage["Throttle"] = {place: pascal(limits) for place, limits in one["throttle"].items()}
        found.append(stage)
    return found


def _request_stages(stages: Any) -> list[dict[str, Any]]:
    return [
        {
            "apiId": one["ApiId"],
            "stage": one["Stage"],
            **(
                {"throttle": {place: camel(limits) for place, limits in one["Throttle"].items()}}
                if one.get("Throttle")
                else {}
            ),
        }
        for one in stages or []
    ]


def _create_plan(work: Work) -> dict[str, Any]:
    params = given(work, name="UsagePlanName", description="Description")
    for name in ("Quota", "Throttle"):
        if work.get(name):
            params[name.lower()] = camel(work.get(name))
    return {**params, "apiStages": _request_stages(work.get("ApiStages")), "tags": work.tags}


def _plan_changes(work: Work) -> dict[str, Any]:
    now = work.existing.properties
    changes = replacements(work, _PLAN_PATHS)
    for name in ("Quota", "Throttle"):
        if name in work.changed:
            changes += _limit_changes(f"/{name.lower()}", now.get(name) or {}, work.desired[name] or {})
    if "ApiStages" in work.changed:
        changes += _stage_changes(now.get("ApiStages") or [], work.desired["ApiStages"] or [])
    return {"usagePlanId": work.id, "patchOperations": changes}


def _limit_changes(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Patch]:
    if not after:
        return [{"op": "remove", "path": path}] if before else []
    return [
        {
            "op": "replace" if name in before else "add",
            "path": f"{path}/{name[:1].lower()}{name[1:]}",
            "value": common.text(value),
        }
        for name, value in after.items()
        if common.text(before.get(name)) != common.text(value)
    ]


def _named(stages: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {f"{one['ApiId']}:{one['Stage']}": one for one in stages}


def _stage_changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Patch]:
    old, new = _named(before), _named(after)
    changes = member_changes("/apiStages", list(old), list(new), valued=True)
    for name, stage in new.items():
        limits, wanted = old.get(name, {}).get("Throttle") or {}, stage.get("Throttle") or {}
        for place, limit in wanted.items():
            changes += _limit_changes(f"/apiStages/{name}/throttle/{escaped(place)}", limits.get(place) or {}, limit)
        changes += [
            {"op": "remove", "path": f"/apiStages/{name}/throttle/{escaped(place)}"}
            for place in limits
            if place not in wanted
        ]
    return changes


def _leave_stages(work: Work) -> None:
    """AWS refuses to delete a plan that is for any stage."""
    names = list(_named(work.existing.properties.get("ApiStages") or []))
    if names:
        changes = member_changes("/apiStages", names, [], valued=True)
        work.call(SERVICE, "update_usage_plan", usagePlanId=work.id, patchOperations=changes)


USAGE_PLAN = Kind(
    type=_PLAN,
    service=SERVICE,
    title="usage plan",
    id="id",
    key=("UsagePlanName",),
    requires=("AWS::ApiGateway::Stage",),
    list=list_usage_plans,
    properties={
        "UsagePlanName": Property("name"),
        "Description": Property("description"),
        "ApiStages": Property(api_stages, unordered=True, exact=True),
        "Quota": Property(lambda item: pascal(item.get("quota")), unstated=None),
        "Throttle": Property(lambda item: pascal(item.get("throttle")), unstated=None),
    },
    attributes={"Id": Attribute("id")},
    tags="tags",
    create=Call("create_usage_plan", _create_plan, item="@", once=True),
    updates=(Update((*_PLAN_PATHS, "ApiStages", "Quota", "Throttle"), Call("update_usage_plan", _plan_changes)),),
    before_delete=_leave_stages,
    delete=Call("delete_usage_plan", lambda w: {"usagePlanId": w.id}),
    tag=_TAG_PLAN,
    untag=_UNTAG_PLAN,
    retry_on=PASSING,
)

# API keys

_KEY_PATHS = {"Description": "/description", "Enabled": "/enabled", "CustomerId": "/customerId"}


def list_api_keys(scope: Scope) -> Iterable[Item]:
    """All API keys of the region, tags and all, without their values."""
    if scope.ids:
        answers = [
            unless((), partial(scope.call, SERVICE, "get_api_key", apiKey=one, includeValue=False)) for one in scope.ids
        ]
        return [answer for answer in answers if answer]
    return scope.pages(SERVICE, "get_api_keys", "items[]", includeValues=False, limit=PAGE)


def read_value(api: Api, observed: Observed, attribute: str) -> Any:
    """The key itself."""
    params = {"apiKey": observed.id, "includeValue": True}
    answer = api.call(SERVICE, "get_api_key", params, region=observed.region)
    return answer["value"] if attribute == "Value" else None


def _create_key(work: Work) -> Item:
    params = given(
        work,
        name="Name",
        description="Description",
        enabled="Enabled",
        customerId="CustomerId",
        value="Value",
        generateDistinctId="GenerateDistinctId",
    )
    answer = work.call(SERVICE, "create_api_key", **{"enabled": True, **params}, tags=work.tags)
    return {name: value for name, value in answer.items() if name != "value"}


API_KEY = Kind(
    type=_KEY,
    service=SERVICE,
    title="API key",
    template=Template(ref="APIKeyId"),
    id="id",
    key=("Name",),
    list=list_api_keys,
    properties={
        "Name": Property("name", immutable=True),
        "Description": Property("description"),
        "Enabled": Property("enabled", default=False),
        "CustomerId": Property("customerId"),
        "GenerateDistinctId": Property(write_only=True),
        "Value": Property(write_only=True, sensitive=True),
    },
    attributes={"APIKeyId": Attribute("id")},
    tags="tags",
    create=_create_key,
    updates=(
        Update(
            tuple(_KEY_PATHS),
            Call("update_api_key", lambda w: {"apiKey": w.id, "patchOperations": replacements(w, _KEY_PATHS)}),
        ),
    ),
    delete=Call("delete_api_key", lambda w: {"apiKey": w.id}),
    tag=_TAG_KEY,
    untag=_UNTAG_KEY,
    retry_on=PASSING,
    fetch=read_value,
    fetched=("Value",),
)

# Which keys a plan is for


def list_usage_plan_keys(scope: Scope) -> Iterable[Item]:
    """Keys of the plans in scope, without their values, by one list for each plan."""
    if scope.ids:
        plans = {one.partition("/")[0] for one in scope.ids}
    else:
        plans = {observed.id for observed in scope.observed(_PLAN)} | set(scope.names("UsagePlanId"))
    found = []
    for plan in sorted(plans):
        listed = unless(
            (), partial(scope.pages, SERVICE, "get_usage_plan_keys", "items[]", usagePlanId=plan, limit=PAGE)
        )
        found += [{"UsagePlanId": plan, "id": one["id"], "type": one.get("type")} for one in listed or []]
    return [item for item in found if not scope.ids or _plan_key_id(item) in scope.ids]


def _plan_key_id(item: Item) -> str:
    return f"{item['UsagePlanId']}/{item['id']}"


def _create_plan_key(work: Work) -> Item:
    plan = work.desired["UsagePlanId"]
    answer = work.call(
        SERVICE,
        "create_usage_plan_key",
        usagePlanId=plan,
        keyId=work.desired["KeyId"],
        keyType=work.get("KeyType") or "API_KEY",
    )
    return {"UsagePlanId": plan, "id": answer["id"], "type": answer.get("type")}


USAGE_PLAN_KEY = Kind(
    type="AWS::ApiGateway::UsagePlanKey",
    service=SERVICE,
    title="key of a usage plan",
    id=_plan_key_id,
    key=("UsagePlanId", "KeyId"),
    requires=(_PLAN, _KEY),
    part_of="UsagePlanId",
    list=list_usage_plan_keys,
    tags=None,
    properties={
        "UsagePlanId": Property(immutable=True),
        "KeyId": Property("id", immutable=True),
        "KeyType": Property("type", immutable=True),
    },
    attributes={"Id": Attribute(_plan_key_id)},
    create=_create_plan_key,
    delete=Call(
        "delete_usage_plan_key", lambda w: {"usagePlanId": w.id.partition("/")[0], "keyId": w.id.partition("/")[2]}
    ),
    retry_on=PASSING,
)
