"""CodeDeploy: applications and deployment groups."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.autoscaling import EMPTY, NEEDS, OTHER, TARGETS


def _role(name: str) -> Resource:
    statement = {"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return Resource(
        "AWS::IAM::Role",
        name,
        {
            "RoleName": f"contract-{name}",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        },
    )


ROLES = [_role("codedeploy"), _role("codedeploy-too")]
APPLICATION = Resource("AWS::CodeDeploy::Application", "main", {"ApplicationName": "contract-main"})


def _group(**more: Any) -> Resource:
    return Resource(
        "AWS::CodeDeploy::DeploymentGroup",
        "under-test",
        {
            "ApplicationName": APPLICATION.ref("ApplicationName"),
            "DeploymentGroupName": "contract-group",
            "ServiceRoleArn": ROLES[0].ref("Arn"),
            "AutoScalingGroups": [EMPTY.ref("AutoScalingGroupName")],
            "DeploymentConfigName": "CodeDeployDefault.OneAtATime",
            "AutoRollbackConfiguration": {"Enabled": True, "Events": ["DEPLOYMENT_FAILURE"]},
            **more,
        },
    )


SAMPLES = [
    Sample(
        kind="AWS::CodeDeploy::Application",
        resources=[
            Resource(
                "AWS::CodeDeploy::Application",
                "under-test",
                {"ApplicationName": "contract-under-test", "ComputePlatform": "Server"},
            )
        ],
        immutable={"ApplicationName": "contract-renamed", "ComputePlatform": "Lambda"},
    ),
    Sample(
        kind="AWS::CodeDeploy::DeploymentGroup",
        resources=[*NEEDS, TARGETS[0], EMPTY, OTHER, *ROLES, APPLICATION, _group()],
        changes={
            "ServiceRoleArn": ROLES[1].ref("Arn"),
            "AutoScalingGroups": [EMPTY.ref("AutoScalingGroupName"), OTHER.ref("AutoScalingGroupName")],
            "DeploymentConfigName": "CodeDeployDefault.AllAtOnce",
            "AutoRollbackConfiguration": {
                "Enabled": True,
                "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
            },
            "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": "api-errors"}]},
            "LoadBalancerInfo": {"TargetGroupInfoList": [{"Name": TARGETS[0].ref("Name")}]},
            "DeploymentStyle": {"DeploymentType": "IN_PLACE", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
            "OutdatedInstancesStrategy": "IGNORE",
            "TerminationHookEnabled": True,
            "TriggerConfigurations": [
                {
                    "TriggerName": "failed",
                    "TriggerTargetArn": "arn:aws:sns:us-east-1:123456789012:ops",
                    "TriggerEvents": ["DeploymentFailure"],
                }
            ],
            "Ec2TagFilters": [{"Key": "role", "Value": "api", "Type": "KEY_AND_VALUE"}],
            "OnPremisesInstanceTagFilters": [{"Key": "role", "Value": "api", "Type": "KEY_AND_VALUE"}],
        },
        immutable={"DeploymentGroupName": "contract-renamed"},
    ),
]
