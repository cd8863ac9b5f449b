# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Auto Scaling groups: instances come, serve and go, and what AWS refuses."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, passes_through, refused, until

IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


class Fleet:
    """A group `api` with a launch template, seen through clients."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.client = client
        self.asg, self.ec2, self.elb = client("autoscaling"), client("ec2"), client("elbv2")
        self.subnets = default_subnets(client)
        self.template = self.ec2.create_launch_template(
            LaunchTemplateName="api", LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.micro"}
        )["LaunchTemplate"]["LaunchTemplateId"]

    def version(self, kind: str) -> str:
        """Another version of the template."""
        made = self.ec2.create_launch_template_version(
            LaunchTemplateId=self.template, SourceVersion="1", LaunchTemplateData={"InstanceType": kind}
        )
        return str(made["LaunchTemplateVersion"]["VersionNumber"])

    def launched_by(self, version: str = "1") -> dict[str, str]:
        return {"LaunchTemplateId": self.template, "Version": version}

    def create(self, desired: int = 1, **more: Any) -> None:
        wanted = {
            "AutoScalingGroupName": "api",
            "MinSize": 0,
            "MaxSize": 4,
            "DesiredCapacity": desired,
            "VPCZoneIdentifier": ",".join(self.subnets),
            "LaunchTemplate": self.launched_by(),
            **more,
        }
        self.asg.create_auto_scaling_group(**wanted)

    def target_group(self) -> str:
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        made = self.elb.create_target_group(Name="api", Protocol="HTTP", Port=3000, VpcId=vpc, TargetType="instance")
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    @property
    def group(self) -> dict[str, Any]:
        found: dict[str, Any] = self.asg.describe_auto_scaling_groups(AutoScalingGroupNames=["api"])[
            "AutoScalingGroups"
        ][0]
        return found

    def states(self) -> list[str]:
        return sorted(one["LifecycleState"] for one in self.group["Instances"])

    def settled(self, count: int) -> list[dict[str, Any]]:
        """The instances once exactly so many serve and no other is there."""
        until(self.states, lambda states: states == ["InService"] * count)
        found: list[dict[str, Any]] = self.group["Instances"]
        return found

    def registered(self, arn: str) -> set[str]:
        return {
            one["Target"]["Id"]
            for one in self.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        }


@pytest.fixture
def fleet(client: Callable[..., Any]) -> Fleet:
    return Fleet(client)


def test_an_instance_comes_up_and_is_registered(fleet: Fleet) -> None:
    arn = fleet.target_group()
    tags = [
        {"Key": "Name", "Value": "api", "PropagateAtLaunch": True},
        {"Key": "own", "Value": "1", "PropagateAtLaunch": False},
    ]
    fleet.create(2, TargetGroupARNs=[arn], Tags=tags)
    assert fleet.states() == ["Pending", "Pending"]
    assert fleet.registered(arn) == set()
    instances = fleet.settled(2)
    assert {one["AvailabilityZone"] for one in instances} == {"us-east-1a", "us-east-1b"}
    assert fleet.registered(arn) == {one["InstanceId"] for one in instances}
    seen = fleet.ec2.describe_instances(InstanceIds=[instances[0]["InstanceId"]])["Reservations"][0]["Instances"][0]
    told = {tag["Key"]: tag["Value"] for tag in seen["Tags"]}
    assert told["Name"] == "api" and told["aws:autoscaling:groupName"] == "api" and "own" not in told
    assert seen["ImageId"].startswith("ami-")


def test_a_name_is_taken_once_and_the_group_survives(fleet: Fleet) -> None:
    fleet.create(1)
    before = fleet.settled(1)
    with refused("AlreadyExists"):
        fleet.create(0)
    assert fleet.settled(1) == before


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"MinSize": 5}, "Max bound"),
        ({"DesiredCapacity": 9}, "Desired capacity:9"),
        ({"VPCZoneIdentifier": "subnet-0"}, "subnet ID 'subnet-0'"),
        ({"TargetGroupARNs": ["arn:aws:elasticloadbalancing:x"]}, "Target Groups"),
        ({"LaunchTemplate": {"LaunchTemplateName": "none"}}, "fully-formed launch template"),
        ({"HealthCheckType": "NONE"}, "Health Check"),
        ({"InstanceMaintenancePolicy": {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 200}}, "MaxHealthy"),
    ],
)
def test_what_cannot_be_launched_is_refused(fleet: Fleet, wanted: dict[str, Any], said: str) -> None:
    with refused("ValidationError", said):
        fleet.create(**wanted)


def test_a_profile_that_is_not_there_is_refused(fleet: Fleet) -> None:
    fleet.ec2.create_launch_template_version(
        LaunchTemplateId=fleet.template, SourceVersion="1", LaunchTemplateData={"IamInstanceProfile": {"Name": "none"}}
    )
    with refused("ValidationError", "Invalid IAM Instance Profile"):
        fleet.create(LaunchTemplate=fleet.launched_by("2"))


def test_bounds_move_the_size(fleet: Fleet) -> None:
    fleet.create(1)
    fleet.settled(1)
    fleet.asg.update_auto_scaling_group(AutoScalingGroupName="api", MinSize=3)
    assert fleet.group["DesiredCapacity"] == 3
    fleet.settled(3)
    fleet.asg.update_auto_scaling_group(AutoScalingGroupName="api", MinSize=1, MaxSize=2)
    assert fleet.group["DesiredCapacity"] == 2
    fleet.settled(2)
    with refused("ValidationError", "above max value"):
        fleet.asg.set_desired_capacity(AutoScalingGroupName="api", DesiredCapacity=3)


def test_a_group_with_instances_is_deleted_by_force_only(fleet: Fleet) -> None:
    fleet.create(1)
    (instance,) = fleet.settled(1)
    with refused("ResourceInUse"):
        fleet.asg.delete_auto_scaling_group(AutoScalingGroupName="api")
    fleet.asg.delete_auto_scaling_group(AutoScalingGroupName="api", ForceDelete=True)
    assert fleet.group["Status"] == "Delete in progress"
    until(lambda: not fleet.asg.describe_auto_scaling_groups()["AutoScalingGroups"])
    seen = fleet.ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert seen["State"]["Name"] == "terminated"
    assert not fleet.ec2.describe_network_interfaces()["NetworkInterfaces"]


def test_deletion_protection(fleet: Fleet) -> None:
    fleet.create(0, DeletionProtection="prevent-force-deletion")
    with refused("ValidationError", "deletion protection"):
        fleet.asg.delete_auto_scaling_group(AutoScalingGroupName="api", ForceDelete=True)
    fleet.asg.delete_auto_scaling_group(AutoScalingGroupName="api")


def test_an_instance_that_somebody_terminates_is_replaced(fleet: Fleet) -> None:
    arn = fleet.target_group()
    fleet.create(1, TargetGroupARNs=[arn])
    (lost,) = fleet.settled(1)
    fleet.ec2.terminate_instances(InstanceIds=[lost["InstanceId"]])
    until(lambda: {one["InstanceId"] for one in fleet.group["Instances"]} - {lost["InstanceId"]})
    (new,) = fleet.settled(1)
    assert new["InstanceId"] != lost["InstanceId"]
    assert fleet.registered(arn) == {new["InstanceId"]}


def test_instances_leave_a_zone_with_their_group(fleet: Fleet) -> None:
    fleet.create(2)
    fleet.settled(2)
    fleet.asg.update_auto_scaling_group(AutoScalingGroupName="api", VPCZoneIdentifier=fleet.subnets[1])

    def places() -> list[str]:
        return [one["AvailabilityZone"] for one in fleet.group["Instances"] if one["LifecycleState"] == "InService"]

    until(places, lambda zones: zones == ["us-east-1b"] * 2)
    assert len(fleet.settled(2)) == 2


def test_an_instance_can_go_without_replacement(fleet: Fleet) -> None:
    fleet.create(2)
    first, _second = fleet.settled(2)
    fleet.asg.terminate_instance_in_auto_scaling_group(
        InstanceId=first["InstanceId"], ShouldDecrementDesiredCapacity=True
    )
    fleet.settled(1)
    assert fleet.group["DesiredCapacity"] == 1


def test_what_is_protected_stays_when_the_group_shrinks(fleet: Fleet) -> None:
    fleet.create(2)
    kept, _other = fleet.settled(2)
    fleet.asg.set_instance_protection(
        AutoScalingGroupName="api", InstanceIds=[kept["InstanceId"]], ProtectedFromScaleIn=True
    )
    fleet.asg.set_desired_capacity(AutoScalingGroupName="api", DesiredCapacity=0)
    (left,) = fleet.settled(1)
    assert left["InstanceId"] == kept["InstanceId"]


def test_standby_takes_no_requests(fleet: Fleet) -> None:
    arn = fleet.target_group()
    fleet.create(1, TargetGroupARNs=[arn])
    (instance,) = fleet.settled(1)
    fleet.asg.enter_standby(
        AutoScalingGroupName="api", InstanceIds=[instance["InstanceId"]], ShouldDecrementDesiredCapacity=True
    )
    assert fleet.states() == ["Standby"] and fleet.registered(arn) == set()
    fleet.asg.exit_standby(AutoScalingGroupName="api", InstanceIds=[instance["InstanceId"]])
    assert fleet.states() == ["InService"] and fleet.registered(arn) == {instance["InstanceId"]}
    assert fleet.group["DesiredCapacity"] == 1


def test_target_groups_come_and_go(fleet: Fleet) -> None:
    arn = fleet.target_group()
    fleet.create(1)
    (instance,) = fleet.settled(1)
    fleet.asg.attach_load_balancer_target_groups(AutoScalingGroupName="api", TargetGroupARNs=[arn])
    assert fleet.registered(arn) == {instance["InstanceId"]}
    fleet.asg.detach_load_balancer_target_groups(AutoScalingGroupName="api", TargetGroupARNs=[arn])
    assert fleet.registered(arn) == set()


# Scaling


def test_a_simple_policy_follows_its_alarm_and_cools_down(fleet: Fleet) -> None:
    fleet.create(1)
    arn = fleet.asg.put_scaling_policy(
        AutoScalingGroupName="api", PolicyName="up", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1, Cooldown=60
    )["PolicyARN"]
    cloudwatch = fleet.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="high",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=120,
        EvaluationPeriods=2,
        Threshold=70,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[arn],
    )
    for state in ("ALARM", "OK", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName="high", StateValue=state, StateReason="test")
    assert fleet.group["DesiredCapacity"] == 2
    (policy,) = fleet.asg.describe_policies(AutoScalingGroupName="api")["ScalingPolicies"]
    assert [alarm["AlarmName"] for alarm in policy["Alarms"]] == ["high"]
    with refused("ScalingActivityInProgress"):
        fleet.asg.execute_policy(AutoScalingGroupName="api", PolicyName="up", HonorCooldown=True)
    fleet.asg.execute_policy(AutoScalingGroupName="api", PolicyName="up")
    assert fleet.group["DesiredCapacity"] == 3


def test_steps_go_as_far_as_the_metric(fleet: Fleet) -> None:
    fleet.create(1)
    fleet.asg.put_scaling_policy(
        AutoScalingGroupName="api",
        PolicyName="steps",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        StepAdjustments=[
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 2},
        ],
    )
    fleet.asg.execute_policy(AutoScalingGroupName="api", PolicyName="steps", MetricValue=85, BreachThreshold=70)
    assert fleet.group["DesiredCapacity"] == 3


def test_target_tracking_keeps_two_alarms(fleet: Fleet) -> None:
    fleet.create(1)
    tracking = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
        "TargetValue": 60.0,
    }
    put = {"AutoScalingGroupName": "api", "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
    made = fleet.asg.put_scaling_policy(**put, TargetTrackingConfiguration=tracking)
    cloudwatch = fleet.client("cloudwatch")
    found = {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    assert set(found) == {alarm["AlarmName"] for alarm in made["Alarms"]}
    assert sorted(alarm["Threshold"] for alarm in found.values()) == [54.0, 60.0]
    high = next(name for name in found if "-AlarmHigh-" in name)
    cloudwatch.set_alarm_state(AlarmName=high, StateValue="ALARM", StateReason="test")
    assert fleet.group["DesiredCapacity"] == 2
    fleet.asg.delete_policy(AutoScalingGroupName="api", PolicyName="cpu")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"AdjustmentType": "ChangeInCapacity"},
        {"AdjustmentType": "Wrong", "ScalingAdjustment": 1},
        {"PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity"},
        {"PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity", "Cooldown": 5, "ScalingAdjustment": 1},
        {
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingConfiguration": {
                "TargetValue": 10,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"},
            },
        },
    ],
)
def test_a_policy_that_says_too_little_or_too_much_is_refused(fleet: Fleet, wanted: dict[str, Any]) -> None:
    fleet.create(0)
    with refused("ValidationError"):
        fleet.asg.put_scaling_policy(AutoScalingGroupName="api", PolicyName="x", **wanted)


def test_a_scheduled_action_is_carried_out_and_gone(fleet: Fleet) -> None:
    fleet.create(0)
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1.2)
    put = {"AutoScalingGroupName": "api", "ScheduledActionName": "once"}
    fleet.asg.put_scheduled_update_group_action(**put, StartTime=soon, DesiredCapacity=2)
    until(lambda: fleet.group["DesiredCapacity"] == 2)
    assert fleet.asg.describe_scheduled_actions()["ScheduledUpdateGroupActions"] == []
    with refused("ValidationError", "in the past"):
        fleet.asg.put_scheduled_update_group_action(**put, StartTime=soon, DesiredCapacity=1)
    with refused("ValidationError", "recurrence"):
        fleet.asg.put_scheduled_update_group_action(**put, Recurrence="every day", DesiredCapacity=1)
    with refused("ValidationError", "At least one"):
        fleet.asg.put_scheduled_update_group_action(**put, Recurrence="0 1 * * *")
    fleet.asg.put_scheduled_update_group_action(**put, Recurrence="0 1 * * *", MinSize=1)
    fleet.asg.put_scheduled_update_group_action(**put, MaxSize=3)
    (kept,) = fleet.asg.describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert (kept["Recurrence"], kept["MinSize"], kept["MaxSize"]) == ("0 1 * * *", 1, 3)


# Hooks


def test_a_hook_holds_an_instance_until_it_is_completed(fleet: Fleet) -> None:
    fleet.create(0)
    hook = {"AutoScalingGroupName": "api", "LifecycleHookName": "warm"}
    fleet.asg.put_lifecycle_hook(**hook, LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout=30)
    fleet.asg.set_desired_capacity(AutoScalingGroupName="api", DesiredCapacity=1)
    until(fleet.states, lambda states: states == ["Pending:Wait"])
    instance = fleet.group["Instances"][0]["InstanceId"]
    fleet.asg.complete_lifecycle_action(**hook, InstanceId=instance, LifecycleActionResult="CONTINUE")
    assert fleet.states() == ["InService"]
    with refused("ValidationError", "No active Lifecycle Action"):
        fleet.asg.complete_lifecycle_action(**hook, InstanceId=instance, LifecycleActionResult="CONTINUE")


def test_an_abandoned_launch_is_tried_again(fleet: Fleet) -> None:
    fleet.create(0)
    hook = {"AutoScalingGroupName": "api", "LifecycleHookName": "warm"}
    fleet.asg.put_lifecycle_hook(**hook, LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout=30)
    fleet.asg.set_desired_capacity(AutoScalingGroupName="api", DesiredCapacity=1)
    until(fleet.states, lambda states: states == ["Pending:Wait"])
    first = fleet.group["Instances"][0]["InstanceId"]
    fleet.asg.complete_lifecycle_action(**hook, InstanceId=first, LifecycleActionResult="ABANDON")
    until(lambda: [one["InstanceId"] for one in fleet.group["Instances"]], lambda ids: ids and first not in ids)


# Refreshes


def statuses(fleet: Fleet) -> str:
    found: str = fleet.asg.describe_instance_refreshes(AutoScalingGroupName="api")["InstanceRefreshes"][0]["Status"]
    return found


def versions(fleet: Fleet) -> set[str]:
    return {one["LaunchTemplate"]["Version"] for one in fleet.group["Instances"]}


def test_a_refresh_replaces_every_instance(fleet: Fleet) -> None:
    arn = fleet.target_group()
    fleet.create(2, TargetGroupARNs=[arn])
    before = {one["InstanceId"] for one in fleet.settled(2)}
    wanted = {"LaunchTemplate": fleet.launched_by(fleet.version("t3.small"))}
    fleet.asg.start_instance_refresh(
        AutoScalingGroupName="api", DesiredConfiguration=wanted, Preferences={"MinHealthyPercentage": 50}
    )
    with refused("InstanceRefreshInProgress"):
        fleet.asg.start_instance_refresh(AutoScalingGroupName="api")
    passes_through(lambda: statuses(fleet), "Pending", "InProgress", "Successful")
    after = fleet.settled(2)
    assert versions(fleet) == {"2"} and not before & {one["InstanceId"] for one in after}
    assert {one["InstanceType"] for one in after} == {"t3.small"}
    assert fleet.group["LaunchTemplate"]["Version"] == "2"
    assert fleet.registered(arn) == {one["InstanceId"] for one in after}


def test_a_refresh_waits_at_its_checkpoint_and_can_be_cancelled(fleet: Fleet) -> None:
    fleet.create(2)
    fleet.settled(2)
    fleet.asg.start_instance_refresh(
        AutoScalingGroupName="api",
        DesiredConfiguration={"LaunchTemplate": fleet.launched_by(fleet.version("t3.small"))},
        Preferences={"CheckpointPercentages": [50, 100], "CheckpointDelay": 600, "MinHealthyPercentage": 50},
    )

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = fleet.asg.describe_instance_refreshes(AutoScalingGroupName="api")["InstanceRefreshes"][
            0
        ]
        return found

    until(lambda: "checkpoint" in shown().get("StatusReason", ""))
    assert (shown()["PercentageComplete"], shown()["InstancesToUpdate"]) == (50, 1)
    assert versions(fleet) == {"1", "2"}
    fleet.asg.cancel_instance_refresh(AutoScalingGroupName="api")
    passes_through(lambda: statuses(fleet), "Cancelling", "Cancelled")
    assert fleet.group["LaunchTemplate"]["Version"] == "1"
    with refused("ActiveInstanceRefreshNotFound"):
        fleet.asg.cancel_instance_refresh(AutoScalingGroupName="api")


def test_a_refresh_is_turned_back(fleet: Fleet) -> None:
    fleet.create(2)
    fleet.settled(2)
    preferences = {"CheckpointPercentages": [50, 100], "CheckpointDelay": 600, "MinHealthyPercentage": 50}
    wanted = {"LaunchTemplate": fleet.launched_by(fleet.version("t3.small"))}
    fleet.asg.start_instance_refresh(AutoScalingGroupName="api", DesiredConfiguration=wanted, Preferences=preferences)
    until(lambda: versions(fleet) == {"1", "2"} and fleet.states() == ["InService"] * 2)
    fleet.asg.rollback_instance_refresh(AutoScalingGroupName="api")
    until(lambda: statuses(fleet), lambda status: status == "RollbackSuccessful")
    fleet.settled(2)
    assert versions(fleet) == {"1"} and fleet.group["LaunchTemplate"]["Version"] == "1"


def test_a_refresh_without_a_numbered_version_cannot_be_turned_back(fleet: Fleet) -> None:
    fleet.create(1)
    fleet.settled(1)
    with refused("ValidationError", "AutoRollback"):
        fleet.asg.start_instance_refresh(AutoScalingGroupName="api", Preferences={"AutoRollback": True})
    fleet.asg.start_instance_refresh(AutoScalingGroupName="api")
    with refused("IrreversibleInstanceRefresh"):
        fleet.asg.rollback_instance_refresh(AutoScalingGroupName="api")


def test_groups_are_found_by_tag_and_by_page(fleet: Fleet) -> None:
    for name in ("a", "b", "c"):
        tags = [{"Key": "stack", "Value": "shop" if name != "c" else "other"}]
        fleet.create(0, AutoScalingGroupName=name, Tags=tags)
    pages = fleet.asg.get_paginator("describe_auto_scaling_groups")
    found = pages.paginate(Filters=[{"Name": "tag:stack", "Values": ["shop"]}], PaginationConfig={"PageSize": 1})
    assert [group["AutoScalingGroupName"] for page in found for group in page["AutoScalingGroups"]] == ["a", "b"]
    fleet.asg.delete_tags(Tags=[{"ResourceId": "a", "ResourceType": "auto-scaling-group", "Key": "stack"}])
    assert len(fleet.asg.describe_tags()["Tags"]) == 2
