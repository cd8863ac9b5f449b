"""How answers of Application Auto Scaling become properties, and which namespaces are asked."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Observed, Phase, Scope, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.applicationautoscaling import (
    SCALABLE_TARGET,
    SCALING_POLICY,
    TargetId,
    policy_place,
)

ARN = "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target"


def target(resource: str, dimension: str = "ecs:service:DesiredCount", namespace: str = "ecs") -> dict[str, Any]:
    return {
        "ServiceNamespace": namespace,
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "ScalableTargetARN": f"{ARN}/{resource}/{dimension}",
        "MinCapacity": 1,
        "MaxCapacity": 4,
    }


WEB = target("service/shop/web")
TABLE = [target("table/orders", f"dynamodb:table:{way}CapacityUnits", "dynamodb") for way in ("Read", "Write")]


def test_a_target_has_cloudformations_identifier() -> None:
    found = SCALABLE_TARGET.parse({**WEB, "Tags": {"stackwright:stack": "shop-prod"}})
    assert found.id == found.attributes["Id"] == "service/shop/web|ecs:service:DesiredCount|ecs"
    assert SCALABLE_TARGET.predict("Id", WEB) == found.id
    assert str(TargetId.parse(found.id)) == found.id
    assert found.stack == "shop-prod"


def test_a_target_is_not_named_until_all_of_its_name_is_known() -> None:
    assert TargetId.of({**WEB, "ResourceId": Unknown("service")}) is None


@pytest.mark.parametrize(
    ("arn", "place"),
    [
        (
            "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:6d8972f3:resource/ecs/service/shop/web:policyName/cpu",
            ("ecs", "service/shop/web"),
        ),
        (
            "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:ac54:resource/lambda/function:mail:live:policyName/a",
            ("lambda", "function:mail:live"),
        ),
    ],
)
def test_the_place_of_a_policy_is_in_its_arn(arn: str, place: tuple[str, str]) -> None:
    assert policy_place(arn) == place


def test_a_policy_is_part_of_its_target() -> None:
    found = SCALING_POLICY.parse(
        {**WEB, "PolicyARN": "arn", "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
    )
    assert found.properties[SCALING_POLICY.part_of] == SCALABLE_TARGET.parse(WEB).id


@pytest.mark.parametrize(
    ("stated", "differ"),
    [
        ({"TargetValue": 70}, False),
        ({"TargetValue": 60}, True),
        ({"TargetValue": 70.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "CPU"}}, False),
        ({"TargetValue": 70, "ScaleInCooldown": 300}, True),
    ],
)
def test_only_what_is_stated_of_a_policy_is_compared(stated: dict[str, Any], differ: bool) -> None:
    answered = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "CPU"},
        "DisableScaleIn": False,
    }
    assert differs(SCALING_POLICY.properties["TargetTrackingScalingPolicyConfiguration"], stated, answered) is differ


UTC = datetime.UTC
NIGHT = {"ScheduledActionName": "night", "Schedule": "cron(0 22 * * ? *)", "ScalableTargetAction": {"MaxCapacity": 1}}


@pytest.mark.parametrize(
    ("stated", "answered", "differ"),
    [
        pytest.param(NIGHT, {**NIGHT, "ScheduledActionARN": "arn", "Timezone": "UTC"}, False, id="defaults"),
        pytest.param(
            {**NIGHT, "StartTime": "2026-01-01T01:00:00+01:00"},
            {**NIGHT, "StartTime": datetime.datetime(2026, 1, 1, tzinfo=UTC)},
            False,
            id="an instant in another zone",
        ),
        pytest.param(
            {**NIGHT, "EndTime": "2026-01-01T00:00:00Z"},
            {**NIGHT, "EndTime": datetime.datetime(2026, 1, 2, tzinfo=UTC)},
            True,
            id="another instant",
        ),
        pytest.param({**NIGHT, "Timezone": "Europe/Berlin"}, NIGHT, True, id="another time zone"),
        pytest.param(
            NIGHT, {**NIGHT, "EndTime": datetime.datetime(2026, 1, 2, tzinfo=UTC)}, True, id="an end taken away"
        ),
    ],
)
def test_scheduled_actions(stated: dict[str, Any], answered: dict[str, Any], differ: bool) -> None:
    assert differs(SCALABLE_TARGET.properties["ScheduledActions"], [stated], [answered]) is differ


class Cloud:
    """Scalable targets by namespace; which namespaces were asked for is remembered."""

    region, account, partition = "us-east-1", "123456789012", "aws"

    def __init__(self, *indexed: dict[str, Any]) -> None:
        self.targets = {"ecs": [WEB, target("service/shop/api"), target("service/other/x")], "dynamodb": TABLE}
        self.index = [{"ResourceARN": item["ScalableTargetARN"], "Tags": []} for item in indexed]
        self.asked: list[str] = []
        self.sent: list[tuple[str, str]] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> Any:
        if operation == "list_tags_for_resource":
            return {"Tags": {"of": params["ResourceARN"]}}
        self.sent.append((operation, params["ScheduledActionName"]))
        return {}

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> Any:
        if operation == "get_resources":
            return self.index
        namespace = params["ServiceNamespace"]
        if operation == "describe_scheduled_actions":
            return [{**NIGHT, **{name: WEB[name] for name in ("ResourceId", "ScalableDimension")}}]
        self.asked.append(namespace)
        return self.targets.get(namespace, [])


def listed(cloud: Cloud, **narrow: Any) -> list[str]:
    scope = Scope(api=cloud, stack="shop-prod", region="us-east-1", **narrow)
    return [SCALABLE_TARGET.parse(item).id for item in SCALABLE_TARGET.list(scope)]


def ids(*items: dict[str, Any]) -> list[str]:
    return [SCALABLE_TARGET.parse(item).id for item in items]


def test_only_the_namespaces_of_what_is_described_are_asked() -> None:
    cloud = Cloud()
    assert listed(cloud, wanted=(WEB,)) == ids(WEB)
    assert cloud.asked == ["ecs"]


def test_the_targets_of_our_services_are_found_though_nobody_describes_them() -> None:
    cloud = Cloud()
    api = Observed("AWS::ECS::Service", "arn", {"Cluster": "shop", "ServiceName": "api"}, {}, {}, Phase.READY)
    assert listed(cloud, parents={"AWS::ECS::Service": [api]}) == ids(target("service/shop/api"))


def test_other_namespaces_are_asked_until_everything_that_the_index_knows_is_found() -> None:
    cloud = Cloud(WEB, TABLE[1])
    assert sorted(listed(cloud)) == sorted(ids(WEB, TABLE[1]))
    assert cloud.asked[-1] == "ecs"
    assert "workspaces" not in cloud.asked


def test_one_dimension_of_two_is_asked_for_by_its_identifier() -> None:
    cloud = Cloud()
    assert listed(cloud, ids=tuple(ids(TABLE[0]))) == ids(TABLE[0])
    assert cloud.asked == ["dynamodb"]


def test_a_target_comes_with_its_tags_and_its_scheduled_actions() -> None:
    scope = Scope(api=Cloud(), stack="shop-prod", region="us-east-1", wanted=(WEB, target("service/shop/api")))
    web, api = SCALABLE_TARGET.list(scope)
    assert web["Tags"] == {"of": WEB["ScalableTargetARN"]}
    assert [action["ScheduledActionName"] for action in web["ScheduledActions"]] == ["night"]
    assert api["ScheduledActions"] == []


def test_scheduled_actions_are_put_where_they_differ_and_deleted_where_they_are_not_stated() -> None:
    cloud = Cloud()
    day, noon = {**NIGHT, "ScheduledActionName": "day"}, {**NIGHT, "ScheduledActionName": "noon"}
    current = SCALABLE_TARGET.parse({**WEB, "ScheduledActions": [NIGHT, day]})
    desired = {"ScheduledActions": [NIGHT, noon]}
    step = next(update.step for update in SCALABLE_TARGET.updates if "ScheduledActions" in update.properties)
    assert callable(step)
    step(Work(Address(SCALABLE_TARGET.type, "web"), desired, cloud, current=current))
    assert cloud.sent == [("put_scheduled_action", "noon"), ("delete_scheduled_action", "day")]


def test_policies_of_targets_that_do_not_concern_us_are_left_out() -> None:
    class Policies(Cloud):
        def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> Any:
            self.asked.append(params["ServiceNamespace"])
            return [{**item, "PolicyARN": item["ResourceId"], "PolicyName": "cpu"} for item in self.targets["ecs"]]

    cloud = Policies()
    parents = {SCALABLE_TARGET.type: [SCALABLE_TARGET.parse(WEB)]}
    scope = Scope(api=cloud, stack="shop-prod", region="us-east-1", parents=parents)
    assert [item["PolicyARN"] for item in SCALING_POLICY.list(scope)] == ["service/shop/web"]
    assert cloud.asked == ["ecs"]
