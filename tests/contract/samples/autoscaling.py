"""EC2 Auto Scaling: groups, policies, scheduled actions, lifecycle hooks; and the launch templates that groups need."""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

AUTO_SCALING = "AWS::AutoScaling"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

VPC = Resource("AWS::EC2::VPC", "fleet", {"CidrBlock": "10.33.0.0/16"})
SUBNETS = [
    Resource(
        "AWS::EC2::Subnet",
        f"fleet-{zone}",
        {"VpcId": VPC.ref("VpcId"), "CidrBlock": f"10.33.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}"},
    )
    for number, zone in enumerate("ab")
]
SECURITY_GROUP = Resource(
    "AWS::EC2::SecurityGroup",
    "fleet",
    {"GroupName": "contract-fleet", "GroupDescription": "contract", "VpcId": VPC.ref("VpcId")},
)


def template_data(**more: Any) -> dict[str, Any]:
    return {
        "ImageId": IMAGE,
        "InstanceType": "t3.micro",
        "SecurityGroupIds": [SECURITY_GROUP.ref("GroupId")],
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}}
        ],
        **more,
    }


def template(name: str, **more: Any) -> Resource:
    properties = {"LaunchTemplateName": f"contract-{name}", "LaunchTemplateData": template_data(), **more}
    return Resource("AWS::EC2::LaunchTemplate", name, properties)


TEMPLATE = template("fleet")
OTHER_TEMPLATE = template("fleet-other")
TARGETS = [
    Resource(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        f"fleet-{name}",
        {
            "Name": f"contract-fleet-{name}",
            "Protocol": "HTTP",
            "Port": 3000,
            "VpcId": VPC.ref("VpcId"),
            "TargetType": "instance",
        },
    )
    for name in ("one", "two")
]
NETWORK = [VPC, *SUBNETS, SECURITY_GROUP]
NEEDS = [*NETWORK, TEMPLATE]


def launched_by(of: Resource) -> dict[str, Any]:
    return {"LaunchTemplateId": of.ref("LaunchTemplateId"), "Version": of.ref("DefaultVersionNumber")}


def group(name: str, **more: Any) -> Resource:
    properties = {
        "AutoScalingGroupName": f"contract-{name}",
        **({} if "InitialMinSize" in more else {"MinSize": 0}),
        "MaxSize": 2,
        "LaunchTemplate": launched_by(TEMPLATE),
        "VPCZoneIdentifier": [SUBNETS[0].ref("SubnetId")],
        **more,
    }
    return Resource(f"{AUTO_SCALING}::AutoScalingGroup", name, properties)


EMPTY = group("empty", MaxSize=1)
OTHER = group("empty-too", MaxSize=1)


def part(kind: str, name: str, **properties: Any) -> Resource:
    return Resource(
        f"{AUTO_SCALING}::{kind}", name, {"AutoScalingGroupName": EMPTY.ref("AutoScalingGroupName"), **properties}
    )


def _tracking(value: float) -> dict[str, Any]:
    return {
        "TargetValue": value,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
    }


def _in_days(days: int) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%dT00:00:00Z")


SAMPLES = [
    Sample(
        kind="AWS::EC2::LaunchTemplate",
        resources=[
            *NETWORK,
            template("under-test", UserData="#!/bin/sh\necho one\n", VersionDescription="first"),
        ],
        changes={
            "LaunchTemplateData": template_data(InstanceType="t3.small", Monitoring={"Enabled": True}),
            "UserData": "#!/bin/sh\necho two\n",
            "VersionDescription": "second",
        },
        immutable={"LaunchTemplateName": "contract-renamed"},
    ),
    Sample(
        kind=f"{AUTO_SCALING}::AutoScalingGroup",
        resources=[
            *NEEDS,
            OTHER_TEMPLATE,
            *TARGETS,
            group(
                "under-test",
                MaxSize=3,
                DesiredCapacity=1,
                TargetGroupARNs=[TARGETS[0].ref("TargetGroupArn")],
                HealthCheckType="EC2",
                HealthCheckGracePeriod=60,
                MetricsCollection=[{"Granularity": "1Minute"}],
            ),
        ],
        changes={
            "MinSize": 1,
            "MaxSize": 4,
            "DesiredCapacity": 2,
            "LaunchTemplate": launched_by(OTHER_TEMPLATE),
            "VPCZoneIdentifier": [subnet.ref("SubnetId") for subnet in SUBNETS],
            "TargetGroupARNs": [TARGETS[1].ref("TargetGroupArn")],
            "HealthCheckType": "ELB",
            "HealthCheckGracePeriod": 120,
            "Cooldown": 120,
            "DefaultInstanceWarmup": 60,
            "InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150},
            "TerminationPolicies": ["OldestLaunchTemplate", "Default"],
            "NewInstancesProtectedFromScaleIn": True,
            "CapacityRebalance": True,
            "MaxInstanceLifetime": 604800,
            "MetricsCollection": [{"Granularity": "1Minute", "Metrics": ["GroupInServiceInstances"]}],
        },
        immutable={"AutoScalingGroupName": "contract-renamed"},
    ),
    Sample(
        kind=f"{AUTO_SCALING}::AutoScalingGroup",
        resources=[
            *NEEDS,
            group(
                "mixed",
                InitialDesiredCapacity=1,
                InitialMinSize=0,
                LaunchTemplate=None,
                MixedInstancesPolicy={
                    "LaunchTemplate": {
                        "LaunchTemplateSpecification": launched_by(TEMPLATE),
                        "Overrides": [{"InstanceType": "t3.micro"}, {"InstanceType": "t3a.micro"}],
                    },
                    "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0},
                },
            ),
        ],
        changes={
            "MixedInstancesPolicy": {
                "LaunchTemplate": {
                    "LaunchTemplateSpecification": launched_by(TEMPLATE),
                    "Overrides": [{"InstanceType": "t3.small"}],
                },
                "InstancesDistribution": {"SpotAllocationStrategy": "price-capacity-optimized"},
            },
        },
    ),
    Sample(
        kind=f"{AUTO_SCALING}::ScalingPolicy",
        resources=[
            *NEEDS,
            EMPTY,
            part(
                "ScalingPolicy",
                "out",
                PolicyName="contract-out",
                PolicyType="SimpleScaling",
                AdjustmentType="ChangeInCapacity",
                ScalingAdjustment=1,
                Cooldown=300,
            ),
        ],
        changes={"ScalingAdjustment": 2, "Cooldown": 120, "AdjustmentType": "ExactCapacity"},
        immutable={"PolicyName": "contract-renamed"},
        tags=False,
    ),
    Sample(
        kind=f"{AUTO_SCALING}::ScalingPolicy",
        resources=[
            *NEEDS,
            EMPTY,
            part(
                "ScalingPolicy",
                "steps",
                PolicyName="contract-steps",
                PolicyType="StepScaling",
                AdjustmentType="ChangeInCapacity",
                StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
            ),
        ],
        changes={
            "StepAdjustments": [
                {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
                {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 2},
            ],
            "EstimatedInstanceWarmup": 90,
            "MetricAggregationType": "Maximum",
        },
        tags=False,
    ),
    Sample(
        kind=f"{AUTO_SCALING}::ScalingPolicy",
        resources=[
            *NEEDS,
            EMPTY,
            part(
                "ScalingPolicy",
                "cpu",
                PolicyName="contract-cpu",
                PolicyType="TargetTrackingScaling",
                TargetTrackingConfiguration=_tracking(70),
            ),
        ],
        changes={"TargetTrackingConfiguration": _tracking(60), "EstimatedInstanceWarmup": 120},
        tags=False,
    ),
    Sample(
        kind=f"{AUTO_SCALING}::ScheduledAction",
        resources=[
            *NEEDS,
            EMPTY,
            part("ScheduledAction", "night", ScheduledActionName="contract-night", Recurrence="0 22 * * *", MinSize=0),
        ],
        changes={
            "Recurrence": "0 21 * * 1-5",
            "TimeZone": "Europe/Berlin",
            "MinSize": 1,
            "MaxSize": 1,
            "DesiredCapacity": 1,
            "EndTime": _in_days(60),
        },
        immutable={"ScheduledActionName": "contract-renamed"},
        needed=frozenset({"Recurrence"}),
        tags=False,
    ),
    Sample(
        kind=f"{AUTO_SCALING}::LifecycleHook",
        resources=[
            *NEEDS,
            EMPTY,
            part(
                "LifecycleHook",
                "drain",
                LifecycleHookName="contract-drain",
                LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
                HeartbeatTimeout=60,
            ),
        ],
        changes={"HeartbeatTimeout": 120, "DefaultResult": "CONTINUE", "NotificationMetadata": "drain"},
        immutable={"LifecycleHookName": "contract-renamed"},
        tags=False,
    ),
]
