"""How CodeDeploy's answers become properties, and what is asked for."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.codedeploy import (
    APPLICATION,
    DEPLOYMENT_GROUP,
    parameters,
)
from tests.unit.kinds.canned import OWNER, CannedApi, missing, scope, work

ARN = "arn:aws:codedeploy:us-east-1:123456789012"
GROUP = {
    "applicationName": "api",
    "deploymentGroupName": "prod",
    "serviceRoleArn": "arn:role",
    "deploymentConfigName": "CodeDeployDefault.OneAtATime",
    "autoScalingGroups": [{"name": "api-asg", "hook": "CodeDeploy-managed-x"}],
    "loadBalancerInfo": {"targetGroupInfoList": [{"name": "api-tg"}]},
    "alarmConfiguration": {"enabled": True, "ignorePollAlarmFailure": False, "alarms": [{"name": "errors"}]},
    "ec2TagFilters": [{"Key": "role", "Value": "api", "Type": "KEY_AND_VALUE"}],
}


def tagged(*names: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in OWNER.items()]
    return {"ResourceTagMappingList": [{"ResourceARN": f"{ARN}:{name}", "Tags": tags} for name in names]}


def test_a_group_is_read_in_cloudformations_shape() -> None:
    found = DEPLOYMENT_GROUP.parse({**GROUP, "Tags": OWNER})
    assert found.id == "api/prod"
    assert found.properties["AutoScalingGroups"] == ["api-asg"]
    stated = {
        "LoadBalancerInfo": {"TargetGroupInfoList": [{"Name": "api-tg"}]},
        "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": "errors"}]},
        "Ec2TagFilters": [{"Key": "role", "Value": "api", "Type": "KEY_AND_VALUE"}],
    }
    for name, value in stated.items():
        assert not differs(DEPLOYMENT_GROUP.properties[name], value, found.properties[name]), name
        assert differs(DEPLOYMENT_GROUP.properties[name], {"Enabled": "no"}, found.properties[name]), name


def test_requests_take_the_apis_spelling() -> None:
    stated = {
        "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": "errors"}]},
        "Ec2TagFilters": [{"Key": "role", "Type": "KEY_ONLY"}],
        "AutoScalingGroups": ["api-asg"],
    }
    assert parameters(stated, stated) == {
        "alarmConfiguration": {"enabled": True, "alarms": [{"name": "errors"}]},
        "ec2TagFilters": [{"Key": "role", "Type": "KEY_ONLY"}],
        "autoScalingGroups": ["api-asg"],
    }


def test_groups_are_asked_for_by_application() -> None:
    api = CannedApi(
        {
            "resourcegroupstaggingapi.get_resources": tagged("deploymentgroup:api/prod"),
            "codedeploy.batch_get_deployment_groups": {"deploymentGroupsInfo": [GROUP]},
        }
    )
    wanted = {"ApplicationName": "api", "DeploymentGroupName": "canary"}
    (item,) = DEPLOYMENT_GROUP.list(scope(api, wanted))
    assert DEPLOYMENT_GROUP.parse(item).name == "main"
    asked = api.params("codedeploy.batch_get_deployment_groups")
    assert asked == {"applicationName": "api", "deploymentGroupNames": ["canary", "prod"]}


def test_what_is_not_there_yet_is_no_error() -> None:
    gone = missing("ApplicationDoesNotExistException")
    api = CannedApi({"codedeploy.batch_get_deployment_groups": gone, "codedeploy.batch_get_applications": gone})
    wanted = {"ApplicationName": "api", "DeploymentGroupName": "prod"}
    assert list(DEPLOYMENT_GROUP.list(scope(api, wanted))) == []
    assert list(APPLICATION.list(scope(api, wanted))) == []


def test_an_update_names_the_group_as_it_is() -> None:
    (update,) = DEPLOYMENT_GROUP.updates
    desired = {"DeploymentConfigName": "CodeDeployDefault.AllAtOnce", "ServiceRoleArn": "arn:role"}
    made = work(CannedApi(), DEPLOYMENT_GROUP, desired, GROUP, changed=frozenset({"DeploymentConfigName"}))
    assert update.step.params(made) == {  # type: ignore[union-attr]
        "applicationName": "api",
        "currentDeploymentGroupName": "prod",
        "deploymentConfigName": "CodeDeployDefault.AllAtOnce",
    }


def test_tags_go_by_an_arn_that_follows_from_the_names() -> None:
    made = work(CannedApi(), DEPLOYMENT_GROUP, {}, GROUP, tags_to_set={"team": "web"})
    params = DEPLOYMENT_GROUP.tag.params(made)  # type: ignore[union-attr]
    assert params == {"ResourceArn": f"{ARN}:deploymentgroup:api/prod", "Tags": [{"Key": "team", "Value": "web"}]}
