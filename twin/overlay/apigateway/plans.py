# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from moto.apigateway.responses import APIGatewayResponse

from twin.overlay.apigateway import patches
from twin.overlay.apigateway.store import Document, Store, bad, conflict, missing, new_id, operation, page, store
from twin.patch import Parameters

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    _plans()
    _keys(world)
    _plan_keys()


def _plans() -> None:
    @operation(APIGatewayResponse, "CreateUsagePlan")
    def create(response: Any, asked: Parameters) -> Document:
        held = store(response)
        made = {"apiStages": [], **asked, "id": new_id(6), "tags": dict(asked.get("tags") or {})}
        for stage in made["apiStages"]:
            _check_stage(held, stage)
        held.plans[made["id"]] = made
        return made

    @operation(APIGatewayResponse, "GetUsagePlans")
    def lists(response: Any, asked: Parameters) -> Document:
        held, key = store(response), asked.get("keyId")
        found = [plan for name, plan in held.plans.items() if not key or key in held.plan_keys.get(name, [])]
        return page(found, asked)

    @operation(APIGatewayResponse, "GetUsagePlan")
    def get(response: Any, asked: Parameters) -> Document:
        return _plan(store(response), asked)

    @operation(APIGatewayResponse, "UpdateUsagePlan")
    def update(response: Any, asked: Parameters) -> Document:
        held = store(response)
        plan = _plan(held, asked)
        plain = []
        for one in asked["patchOperations"]:
            patches.check("UsagePlan", one)
            if one["path"].startswith("/apiStages"):
                _change_stages(held, plan, one)
            else:
                plain.append(one)
        patches.apply("UsagePlan", plan, plain)
        return plan

    @operation(APIGatewayResponse, "DeleteUsagePlan")
    def delete(response: Any, asked: Parameters) -> None:
        held = store(response)
        if _plan(held, asked)["apiStages"]:
            bad(f"Cannot delete Usage Plan {asked['usagePlanId']} because there are API stages associated with it.")
        del held.plans[asked["usagePlanId"]]
        held.plan_keys.pop(asked["usagePlanId"], None)


def _plan(held: Store, asked: Document) -> Document:
    return held.plans.get(asked["usagePlanId"]) or missing("Invalid Usage Plan ID specified")


def _check_stage(held: Store, stage: Document) -> None:
    api = held.apis.get(stage["apiId"])
    if api is None or stage["stage"] not in api.stages:
        missing(f"API Stage not found: {stage['apiId']}:{stage['stage']}")


def _change_stages(held: Store, plan: Document, change: dict[str, Any]) -> None:
    stages = plan["apiStages"]
    tokens = change["path"].split("/")[2:]
    name = tokens[0] if tokens else change["value"]
    api, _, stage = name.partition(":")
    found = next((one for one in stages if (one["apiId"], one["stage"]) == (api, stage)), None)
    if not tokens and change["op"] == "add":
        _check_stage(held, {"apiId": api, "stage": stage})
        if found is not None:
            conflict("API stage is already in the usage plan")
        stages.append({"apiId": api, "stage": stage})
        return
    if found is None:
        missing(f"API Stage not found: {name}")
    if not tokens:
        stages.remove(found)
        return
    place = tokens[2].replace("~1", "/").replace("~0", "~")
    limits = found.setdefault("throttle", {})
    if change["op"] == "remove":
        limits.pop(place, None)
    else:
        number = float(change["value"]) if tokens[3] == "rateLimit" else int(change["value"])
        limits.setdefault(place, {})[tokens[3]] = number


def _keys(world: World) -> None:
    @operation(APIGatewayResponse, "CreateApiKey")
    def create(response: Any, asked: Parameters) -> Document:
        held = store(response)
        value = asked.get("value")
        if value and not 20 <= len(value) <= 128:
            bad("API Key value should be at least 20 characters")
        if value and any(key["value"] == value for key in held.keys.values()):
            conflict("API Key already exists")
        made = {
            "enabled": False,
            **{name: item for name, item in asked.items() if name != "generateDistinctId"},
            "id": new_id(),
            "value": value or new_id(40),
            "createdDate": int(time.time()),
            "stageKeys": [],
            "tags": dict(asked.get("tags") or {}),
        }
        held.keys[made["id"]] = made
        return made

    @operation(APIGatewayResponse, "GetApiKeys")
    def lists(response: Any, asked: Parameters) -> Document:
        shown = [_shown(key, asked.get("includeValues")) for key in store(response).keys.values()]
        return page([key for key in shown if key.get("name", "").startswith(asked.get("nameQuery") or "")], asked)

    @operation(APIGatewayResponse, "GetApiKey")
    def get(response: Any, asked: Parameters) -> Document:
        return _shown(_key(store(response), asked["apiKey"]), asked.get("includeValue"))

    @operation(APIGatewayResponse, "UpdateApiKey")
    def update(response: Any, asked: Parameters) -> Document:
        key = _key(store(response), asked["apiKey"])
        patches.apply("ApiKey", key, asked["patchOperations"])
        return _shown(key, False)

    @operation(APIGatewayResponse, "DeleteApiKey")
    def delete(response: Any, asked: Parameters) -> None:
        held = store(response)
        _key(held, asked["apiKey"])
        del held.keys[asked["apiKey"]]
        for keys in held.plan_keys.values():
            if asked["apiKey"] in keys:
                keys.remove(asked["apiKey"])


def _key(held: Store, identifier: str) -> Document:
    return held.keys.get(identifier) or missing("Invalid API Key identifier specified")


def _shown(key: Document, value: bool | None) -> Document:
    return key if value else {name: item for name, item in key.items() if name != "value"}


def _plan_keys() -> None:
    def shown(held: Store, identifier: str) -> Document:
        key = held.keys[identifier]
        return {"id": identifier, "type": "API_KEY", "name": key.get("name"), "value": key["value"]}

    @operation(APIGatewayResponse, "CreateUsagePlanKey")
    def create(response: Any, asked: Parameters) -> Document:
        held = store(response)
        _plan(held, asked)
        _key(held, asked["keyId"])
        keys = held.plan_keys.setdefault(asked["usagePlanId"], [])
        if asked["keyId"] in keys:
            conflict(f"Usage Plan Key {asked['keyId']} already exists")
        keys.append(asked["keyId"])
        return shown(held, asked["keyId"])

    @operation(APIGatewayResponse, "GetUsagePlanKeys")
    def lists(response: Any, asked: Parameters) -> Document:
        held = store(response)
        _plan(held, asked)
        return page([shown(held, key) for key in held.plan_keys.get(asked["usagePlanId"], [])], asked)

    @operation(APIGatewayResponse, "DeleteUsagePlanKey")
    def delete(response: Any, asked: Parameters) -> None:
        keys = store(response).plan_keys.get(asked["usagePlanId"], [])
        if asked["keyId"] not in keys:
            missing("Invalid Usage Plan Key ID specified")
        keys.remove(asked["keyId"])
