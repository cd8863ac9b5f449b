"""How answers of EC2 Auto Scaling become properties, and what its requests say."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Phase
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.autoscaling.common import group_in
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.autoscaling.group import (
    AUTO_SCALING_GROUP,
    GROUP_METRICS,
    change,
    creation,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.autoscaling.lifecycle_hook import LIFECYCLE_HOOK
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.autoscaling.scaling_policy import (
    SCALING_POLICY,
    put,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.autoscaling.scheduled_action import (
    SCHEDULED_ACTION,
    instant,
)
from tests.unit.kinds.canned import OWNER, STACK, CannedApi, scope, work

NAME = "api-asg"
UP = f"arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName/{NAME}:policyName/up"


def instance(state: str = "InService", health: str = "Healthy", **more: Any) -> dict[str, Any]:
    return {"InstanceId": "i-1", "LifecycleState": state, "HealthStatus": health, **more}


def group(*instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": NAME,
        "AutoScalingGroupARN": "arn:group",
        "MinSize": 1,
        "MaxSize": 4,
        "DesiredCapacity": 1,
        "VPCZoneIdentifier": "subnet-b,subnet-a",
        "Instances": list(instances),
        "Tags": [{"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in OWNER.items()],
        **more,
    }


# Groups


@pytest.mark.parametrize(
    ("item", "phase"),
    [
        (group(instance()), Phase.READY),
        (group(DesiredCapacity=0), Phase.READY),
        (group(instance("Pending")), Phase.BUSY),
        (group(instance(health="Unhealthy")), Phase.BUSY),
        (group(instance(), DesiredCapacity=2), Phase.BUSY),
        (group(instance("Terminating"), Status="Delete in progress"), Phase.LEAVING),
        (group(Failure="We currently do not have sufficient t3.medium capacity in the zone"), Phase.BUSY),
        (group(Failure="You have requested more vCPU capacity than your current limit"), Phase.FAILED),
        (group(Failure="The image id '[ami-1]' does not exist"), Phase.FAILED),
    ],
)
def test_a_group_is_as_ready_as_its_instances(item: dict[str, Any], phase: Phase) -> None:
    assert AUTO_SCALING_GROUP.parse(item).phase is phase


def test_why_a_launch_failed_is_asked_of_a_group_that_is_waited_for() -> None:
    api = CannedApi(
        {
            "autoscaling.describe_auto_scaling_groups": {"AutoScalingGroups": [group()]},
            "autoscaling.describe_scaling_activities": {
                "Activities": [{"StatusCode": "Failed", "StatusMessage": "AMI cannot be described"}]
            },
        }
    )
    (waited,) = AUTO_SCALING_GROUP.list(scope(api, ids=(NAME,)))
    assert AUTO_SCALING_GROUP.parse(waited).reason == "AMI cannot be described"
    (surveyed,) = AUTO_SCALING_GROUP.list(scope(api))
    assert AUTO_SCALING_GROUP.parse(surveyed).phase is Phase.BUSY
    assert api.names().count("autoscaling.describe_scaling_activities") == 1


def test_groups_are_found_by_tag_and_the_described_others_by_name() -> None:
    other = {**group(), "AutoScalingGroupName": "web-asg", "Tags": []}

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        return {"AutoScalingGroups": [other] if "AutoScalingGroupNames" in params else [group()]}

    api = CannedApi({"autoscaling.describe_auto_scaling_groups": answer})
    wanted = [{"AutoScalingGroupName": NAME}, {"AutoScalingGroupName": "web-asg"}]
    found = [AUTO_SCALING_GROUP.parse(item) for item in AUTO_SCALING_GROUP.list(scope(api, *wanted))]
    assert [one.id for one in found] == [NAME, "web-asg"]
    assert [params for _name, params in api.asked] == [
        {"Filters": [{"Name": "tag:stackwright:stack", "Values": [STACK]}]},
        {"AutoScalingGroupNames": ["web-asg"]},
    ]


def test_a_new_group_says_everything_at_once() -> None:
    desired = {
        "AutoScalingGroupName": NAME,
        "MinSize": "1",
        "MaxSize": "4",
        "InitialDesiredCapacity": "2",
        "VPCZoneIdentifier": ["subnet-a", "subnet-b"],
        "Cooldown": "120",
        "TargetGroupARNs": ["arn:tg"],
    }
    params = creation(work(CannedApi(), AUTO_SCALING_GROUP, desired))
    assert (params["MinSize"], params["MaxSize"], params["DesiredCapacity"], params["DefaultCooldown"]) == (
        1,
        4,
        2,
        120,
    )
    assert params["VPCZoneIdentifier"] == "subnet-a,subnet-b"
    assert params["TargetGroupARNs"] == ["arn:tg"]
    assert {(tag["Key"], tag["ResourceId"], tag["PropagateAtLaunch"]) for tag in params["Tags"]} == {
        ("stackwright:stack", NAME, True),
        ("stackwright:name", NAME, True),
    }


def test_a_new_group_begins_with_the_bounds_that_the_clock_sets_afterwards() -> None:
    desired = {"AutoScalingGroupName": NAME, "InitialMinSize": "2", "InitialMaxSize": "4"}
    params = creation(work(CannedApi(), AUTO_SCALING_GROUP, desired))
    assert (params["MinSize"], params["MaxSize"]) == (2, 4) and "DesiredCapacity" not in params
    assert AUTO_SCALING_GROUP.properties["InitialMinSize"].initial


def test_an_update_says_only_what_differs() -> None:
    desired = {"AutoScalingGroupName": NAME, "MinSize": "2", "MaxSize": "4", "DesiredCapacity": "3"}
    made = work(CannedApi(), AUTO_SCALING_GROUP, desired, group(), changed=frozenset({"MinSize"}))
    assert change(made) == {"AutoScalingGroupName": NAME, "MinSize": 2}
    made = work(CannedApi(), AUTO_SCALING_GROUP, desired, group(), changed=frozenset({"DesiredCapacity"}))
    assert change(made) == {"AutoScalingGroupName": NAME, "DesiredCapacity": 3}


@pytest.mark.parametrize(
    ("name", "stated", "answered", "differ"),
    [
        ("VPCZoneIdentifier", ["subnet-a", "subnet-b"], group(), False),
        ("VPCZoneIdentifier", ["subnet-a"], group(), True),
        ("MinSize", "1", group(), False),
        ("Cooldown", "300", group(DefaultCooldown=300), False),
        ("LaunchTemplate", {"LaunchTemplateId": "lt-1", "Version": "3"}, {}, True),
        (
            "LaunchTemplate",
            {"LaunchTemplateId": "lt-1", "Version": 3},
            group(LaunchTemplate={"LaunchTemplateId": "lt-1", "LaunchTemplateName": "api", "Version": "3"}),
            False,
        ),
        ("MetricsCollection", [{"Granularity": "1Minute"}], group(), True),
        (
            "MetricsCollection",
            [{"Granularity": "1Minute"}],
            group(EnabledMetrics=[{"Metric": name, "Granularity": "1Minute"} for name in GROUP_METRICS]),
            False,
        ),
    ],
)
def test_what_differs(name: str, stated: Any, answered: dict[str, Any], differ: bool) -> None:
    found = AUTO_SCALING_GROUP.parse(answered) if answered else AUTO_SCALING_GROUP.parse(group())
    assert differs(AUTO_SCALING_GROUP.properties[name], stated, found.properties[name]) is differ


def test_a_group_is_emptied_before_it_goes_protected_instances_too() -> None:
    api = CannedApi()
    step = AUTO_SCALING_GROUP.before_delete
    assert callable(step)
    step(work(api, AUTO_SCALING_GROUP, {}, group(instance(ProtectedFromScaleIn=True))))
    assert api.params("autoscaling.set_instance_protection")["InstanceIds"] == ["i-1"]
    assert api.params("autoscaling.update_auto_scaling_group") == {
        "AutoScalingGroupName": NAME,
        "MinSize": 0,
        "MaxSize": 0,
        "DesiredCapacity": 0,
    }


def test_target_groups_are_attached_and_detached() -> None:
    api = CannedApi()
    update = next(one for one in AUTO_SCALING_GROUP.updates if one.properties == ("TargetGroupARNs",))
    assert callable(update.step)
    update.step(work(api, AUTO_SCALING_GROUP, {"TargetGroupARNs": ["new"]}, group(TargetGroupARNs=["old"])))
    assert api.params("autoscaling.attach_load_balancer_target_groups")["TargetGroupARNs"] == ["new"]
    assert api.params("autoscaling.detach_load_balancer_target_groups")["TargetGroupARNs"] == ["old"]


# Parts


def test_parts_are_those_of_our_groups() -> None:
    policies = [
        {"PolicyARN": UP, "PolicyName": "up", "AutoScalingGroupName": NAME},
        {"PolicyARN": "x", "PolicyName": "up", "AutoScalingGroupName": "other"},
    ]
    api = CannedApi({"autoscaling.describe_policies": {"ScalingPolicies": policies}})
    parents = {AUTO_SCALING_GROUP.type: [AUTO_SCALING_GROUP.parse(group())]}
    (found,) = SCALING_POLICY.list(scope(api, parents=parents))
    assert SCALING_POLICY.parse(found).properties[SCALING_POLICY.part_of] == NAME
    assert list(SCALING_POLICY.list(scope(CannedApi()))) == []
    (one,) = SCALING_POLICY.list(scope(api, ids=(UP,)))
    assert one["PolicyARN"] == UP and api.asked[-1][1] == {"AutoScalingGroupName": NAME}


@pytest.mark.parametrize(
    ("arn", "name"),
    [(UP, NAME), ("arn:x:autoScalingGroupName/team/a:b:scheduledActionName/night", "team/a:b")],
)
def test_the_group_is_in_the_arn(arn: str, name: str) -> None:
    assert group_in(arn) == name


def test_a_policy_is_put_whole_with_what_its_type_takes() -> None:
    present = {
        "PolicyARN": UP,
        "PolicyName": "up",
        "AutoScalingGroupName": NAME,
        "PolicyType": "SimpleScaling",
        "AdjustmentType": "ChangeInCapacity",
        "ScalingAdjustment": 1,
        "Cooldown": 300,
    }
    desired = {"AutoScalingGroupName": NAME, "PolicyName": "up", "Cooldown": "120"}
    assert put(work(CannedApi(), SCALING_POLICY, desired, present)) == {
        "AutoScalingGroupName": NAME,
        "PolicyName": "up",
        "PolicyType": "SimpleScaling",
        "AdjustmentType": "ChangeInCapacity",
        "ScalingAdjustment": 1,
        "Cooldown": 120,
    }
    tracking = {"TargetValue": 70.0}
    desired = {**desired, "PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": tracking}
    params = put(work(CannedApi(), SCALING_POLICY, desired, present))
    assert params["TargetTrackingConfiguration"] == tracking and "Cooldown" not in params


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2027-01-01T02:00:00+02:00", "2027-01-01T00:00:00Z"),
        (datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC), "2027-01-01T00:00:00Z"),
        ("soon", "soon"),
        (None, None),
    ],
)
def test_instants_are_in_utc(value: Any, said: Any) -> None:
    assert instant(value) == said


def test_a_scheduled_action_says_numbers_as_numbers() -> None:
    create = SCHEDULED_ACTION.create
    desired = {"AutoScalingGroupName": NAME, "ScheduledActionName": "night", "MinSize": "0", "Recurrence": "0 1 * * *"}
    params = create.params(work(CannedApi(), SCHEDULED_ACTION, desired))  # type: ignore[union-attr]
    assert params == {**desired, "MinSize": 0}


def test_policies_of_capacity_providers_are_those_of_ecs() -> None:
    policies = [
        {"AutoScalingGroupName": NAME, "PolicyName": name, "PolicyARN": f"arn:{name}"}
        for name in ("cpu", "ECSManagedAutoScalingPolicy-x")
    ]
    api = CannedApi({"autoscaling.describe_policies": {"ScalingPolicies": policies}})
    found = SCALING_POLICY.list(scope(api, {"AutoScalingGroupName": NAME}))
    assert [item["PolicyName"] for item in found] == ["cpu"]


def test_hooks_of_codedeploy_and_ecs_are_their_own_and_groups_to_come_have_none() -> None:
    hooks = [
        {"AutoScalingGroupName": NAME, "LifecycleHookName": name}
        for name in (
            "drain",
            "CodeDeploy-managed-automatic-launch-deployment-hook-x",
            "ecs-managed-draining-termination-hook",
        )
    ]

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        if params["AutoScalingGroupName"] != NAME:
            raise ApiError("ValidationError", "AutoScalingGroup name not found - null")
        return {"LifecycleHooks": hooks}

    api = CannedApi({"autoscaling.describe_lifecycle_hooks": answer})
    wanted = [{"AutoScalingGroupName": NAME}, {"AutoScalingGroupName": "to-come"}]
    found = [LIFECYCLE_HOOK.parse(item) for item in LIFECYCLE_HOOK.list(scope(api, *wanted))]
    assert [hook.id for hook in found] == [f"{NAME}|drain"]
