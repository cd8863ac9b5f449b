"""A REST API with everything around it, from its description to nothing: what the stage serves is what is described."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.converge import Outcome
from ansible_collections.stackwright.aws.plugins.module_utils.engine.plan import Action
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.stack import compile_all
from tests.contract.account import REGION, Account

DEPLOYMENT, STAGE = "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"

DESCRIPTION: dict[str, Any] = {
    "system": "contract",
    "env": "test",
    "region": REGION,
    "protect": False,
    "secrets": {"jwt": {"generate": {"length": 64}}},
    "functions": {
        "auth": {"runtime": "nodejs22.x"},
        "letter": {"runtime": "python3.13", "alias": {"name": "Production"}},
        "jwt": {
            "runtime": "python3.13",
            "code": {"package": "jwt_authorizer"},
            "secrets": {"JWT_SECRET": "secret.jwt"},
        },
    },
    "rest_apis": {
        "api": {
            "name": "contract-api",
            "authorizer": {"function": "function.jwt"},
            "routes": {
                "POST /auth/login": {"function": "function.auth", "authorize": False, "body": {"required": ["email"]}},
                "/letters/*": {"function": "function.letter"},
            },
            "cors": {"origin": "https://app.example.com"},
            "throttle": {"burst": 1000, "rate": 500},
            "usage_plans": {"partners": {"quota": {"requests": 1000, "per": "day"}, "keys": ["acme"]}},
        }
    },
    "web_acls": {"waf": {"for": ["rest_api.api"], "rate_limit": {"requests": 2000}, "sql_injection": "block"}},
}


def run(account: Account, description: dict[str, Any], **options: Any) -> Outcome:
    return account.converge(list(compile_all(description).document.resources.values()), **options)


def actions(outcome: Outcome, kind: str) -> list[Action]:
    return [change.action for change in outcome.plan.effective if change.kind == kind]


def served(account: Account) -> dict[str, Any]:
    """What the stage serves, by path and method."""
    client = account.twin.client("apigateway", REGION)
    (api,) = client.get_rest_apis()["items"]
    stage = client.get_stage(restApiId=api["id"], stageName="v1")
    assert stage["webAclArn"] and stage["accessLogSettings"]
    found = client.get_deployment(restApiId=api["id"], deploymentId=stage["deploymentId"], embed=["apisummary"])
    summary: dict[str, Any] = found["apiSummary"]
    return summary


@pytest.fixture
def built(account: Account) -> Account:
    run(account, DESCRIPTION)
    return account


def test_an_unchanged_api_costs_a_request_per_kind_and_no_writing_one(built: Account) -> None:
    outcome = run(built, DESCRIPTION)
    assert not outcome.changed, [change.answer() for change in outcome.plan.effective]
    assert built.writes() == []
    asked = {name: count for name, count in built.api.requests.counts.items() if name.startswith("apigateway.")}
    assert sum(asked.values()) <= 13 and set(asked.values()) == {1}


def test_routes_are_guarded_as_described(built: Account) -> None:
    found = served(built)
    assert found["/auth/login"]["POST"]["authorizationType"] == "NONE"
    assert found["/letters/{proxy+}"]["ANY"]["authorizationType"] == "CUSTOM"
    assert found["/letters/{proxy+}"]["OPTIONS"]["authorizationType"] == "NONE"


def test_a_changed_route_is_served_by_the_same_run_and_one_that_is_gone_is_not(built: Account) -> None:
    changed = copy.deepcopy(DESCRIPTION)
    routes = changed["rest_apis"]["api"]["routes"]
    del routes["POST /auth/login"]
    routes["GET /health"] = {"function": "function.auth", "authorize": False}
    outcome = run(built, changed)
    assert actions(outcome, DEPLOYMENT) == [Action.CREATE]
    assert actions(outcome, STAGE) == [Action.UPDATE]
    assert set(served(built)) == {"/letters/{proxy+}", "/health"}
    assert not run(built, changed).changed
    # Back to what was: the deployment of then is still there.
    back = run(built, DESCRIPTION)
    assert actions(back, DEPLOYMENT) == []
    assert set(served(built)) == {"/letters/{proxy+}", "/auth/login"}


def test_limits_need_no_deployment(built: Account) -> None:
    changed = copy.deepcopy(DESCRIPTION)
    changed["rest_apis"]["api"]["throttle"] = {"burst": 10, "rate": 5}
    outcome = run(built, changed)
    assert actions(outcome, DEPLOYMENT) == [] and actions(outcome, STAGE) == [Action.UPDATE]


def test_a_method_changed_by_hand_is_set_back(built: Account) -> None:
    client = built.twin.client("apigateway", REGION)
    (api,) = client.get_rest_apis()["items"]
    path = next(one for one in client.get_resources(restApiId=api["id"])["items"] if one["path"] == "/letters/{proxy+}")
    place = {"restApiId": api["id"], "resourceId": path["id"]}
    opened = [{"op": "replace", "path": "/authorizationType", "value": "NONE"}]
    client.update_method(**place, httpMethod="ANY", patchOperations=opened)
    client.put_method(**place, httpMethod="GET", authorizationType="NONE")
    outcome = run(built, DESCRIPTION)
    assert sorted(action.value for action in actions(outcome, "AWS::ApiGateway::Method")) == ["delete", "update"]
    assert not run(built, DESCRIPTION).changed


def test_nothing_is_left_of_it(built: Account) -> None:
    run(built, DESCRIPTION, destroy=True, release_protection=True)
    assert not run(built, DESCRIPTION, destroy=True, release_protection=True).changed
    client = built.twin.client("apigateway", REGION)
    assert client.get_rest_apis()["items"] == client.get_usage_plans()["items"] == client.get_api_keys()["items"] == []
    # The account's setting is other stacks' too, and mended by whoever needs it next.
    assert client.get_account()["cloudwatchRoleArn"]
    assert run(built, DESCRIPTION).changed
    assert not run(built, DESCRIPTION).changed
