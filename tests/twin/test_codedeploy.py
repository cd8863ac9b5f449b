# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CodeDeploy: applications, groups, deployments that take their time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, passes_through, refused, until

REVISION = {"revisionType": "S3", "s3Location": {"bucket": "releases", "key": "api.zip", "bundleType": "zip"}}


@pytest.fixture
def role(client: Callable[..., Any]) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=trust)["Role"]["Arn"])


@pytest.fixture
def deploy(client: Callable[..., Any], role: str) -> Any:
    """CodeDeploy with the application `api`, its group `prod` and a fleet of two instances."""
    ec2, autoscaling = client("ec2"), client("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-1", "InstanceType": "t3.micro"}
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="fleet",
        MinSize=2,
        MaxSize=2,
        LaunchTemplate={"LaunchTemplateName": "web"},
        VPCZoneIdentifier=",".join(default_subnets(client)),
    )
    until(
        lambda: [
            one["LifecycleState"] for one in autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
        ],
        lambda states: states == ["InService"] * 2,
    )
    found = client("codedeploy")
    found.create_application(applicationName="api", tags=[{"Key": "stackwright:stack", "Value": "shop"}])
    found.create_deployment_group(
        applicationName="api", deploymentGroupName="prod", serviceRoleArn=role, autoScalingGroups=["fleet"]
    )
    return found


def status(deploy: Any, deployment: str) -> str:
    return str(deploy.get_deployment(deploymentId=deployment)["deploymentInfo"]["status"])


def start(deploy: Any) -> str:
    made = deploy.create_deployment(applicationName="api", deploymentGroupName="prod", revision=REVISION)
    return str(made["deploymentId"])


def group(deploy: Any) -> dict[str, Any]:
    found: dict[str, Any] = deploy.get_deployment_group(applicationName="api", deploymentGroupName="prod")
    return found["deploymentGroupInfo"]  # type: ignore[no-any-return]


def test_a_deployment_goes_one_at_a_time(deploy: Any) -> None:
    deployment = start(deploy)
    with refused("DeploymentLimitExceededException"):
        start(deploy)
    passes_through(lambda: status(deploy, deployment), "Created", "InProgress", "Succeeded")
    overview = deploy.get_deployment(deploymentId=deployment)["deploymentInfo"]["deploymentOverview"]
    assert overview["Succeeded"] == 2
    assert group(deploy)["lastSuccessfulDeployment"]["deploymentId"] == deployment
    assert group(deploy)["targetRevision"] == REVISION
    with refused("DeploymentAlreadyCompletedException"):
        deploy.stop_deployment(deploymentId=deployment)


def test_a_deployment_is_stopped(deploy: Any) -> None:
    deployment = start(deploy)
    assert deploy.stop_deployment(deploymentId=deployment)["status"] == "Pending"
    until(lambda: status(deploy, deployment) == "Stopped")
    assert group(deploy)["lastAttemptedDeployment"]["status"] == "Stopped"
    assert "lastSuccessfulDeployment" not in group(deploy)


def test_a_group_is_changed_and_keeps_what_is_not_said(deploy: Any) -> None:
    deploy.update_deployment_group(
        applicationName="api",
        currentDeploymentGroupName="prod",
        deploymentConfigName="CodeDeployDefault.AllAtOnce",
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
    )
    found = group(deploy)
    assert found["deploymentConfigName"] == "CodeDeployDefault.AllAtOnce"
    assert [one["name"] for one in found["autoScalingGroups"]] == ["fleet"]
    deploy.update_deployment_group(
        applicationName="api", currentDeploymentGroupName="prod", newDeploymentGroupName="live"
    )
    assert deploy.list_deployment_groups(applicationName="api")["deploymentGroups"] == ["live"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"autoScalingGroups": ["none"]}, "InvalidAutoScalingGroupException"),
        ({"deploymentConfigName": "Mine"}, "DeploymentConfigDoesNotExistException"),
        ({"serviceRoleArn": "arn:aws:iam::123456789012:role/none"}, "InvalidRoleException"),
        ({"loadBalancerInfo": {"targetGroupInfoList": [{"name": "none"}]}}, "InvalidLoadBalancerInfoException"),
        (
            {"deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"}},
            "InvalidLoadBalancerInfoException",
        ),
    ],
)
def test_what_a_group_cannot_be(deploy: Any, role: str, wanted: dict[str, Any], code: str) -> None:
    asked = {"applicationName": "api", "deploymentGroupName": "new", "serviceRoleArn": role, **wanted}
    with refused(code):
        deploy.create_deployment_group(**asked)


def test_names_are_taken_once_and_go(deploy: Any, client: Callable[..., Any], role: str) -> None:
    with refused("ApplicationAlreadyExistsException"):
        deploy.create_application(applicationName="api")
    with refused("DeploymentGroupAlreadyExistsException"):
        deploy.create_deployment_group(applicationName="api", deploymentGroupName="prod", serviceRoleArn=role)
    tagging = client("resourcegroupstaggingapi")
    by_tag = [{"Key": "stackwright:stack", "Values": ["shop"]}]
    (found,) = tagging.get_resources(TagFilters=by_tag)["ResourceTagMappingList"]
    assert found["ResourceARN"] == "arn:aws:codedeploy:us-east-1:123456789012:application:api"
    deploy.delete_application(applicationName="api")
    with refused("ApplicationDoesNotExistException"):
        deploy.get_deployment_group(applicationName="api", deploymentGroupName="prod")
    assert tagging.get_resources(TagFilters=by_tag)["ResourceTagMappingList"] == []


def test_groups_that_are_not_there_are_left_out_and_applications_refused(deploy: Any) -> None:
    found = deploy.batch_get_deployment_groups(applicationName="api", deploymentGroupNames=["prod", "none"])
    assert [one["deploymentGroupName"] for one in found["deploymentGroupsInfo"]] == ["prod"]
    with refused("ApplicationDoesNotExistException"):
        deploy.batch_get_applications(applicationNames=["api", "none"])
