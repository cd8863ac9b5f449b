# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CodeDeploy: applications and deployment groups. A deployment is an operation, and not described here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .ecs.shape import api_name, to_api, to_cloudformation
from .requests import batches, indexed, is_empty, make_arn, names_in_scope, unless
from .shared import each_present, tag_list, with_tags

SERVICE = "codedeploy"
_APPLICATION = "AWS::CodeDeploy::Application"

#: How many names one request takes.
#: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeploymentGroups.html
_BATCH = 100


def _tagging(arn: Callable[[Work], str]) -> tuple[Call, Call]:
    return (
        Call("tag_resource", lambda w: {"ResourceArn": arn(w), "Tags": tag_list(w.tags_to_set)}),
        Call("untag_resource", lambda w: {"ResourceArn": arn(w), "TagKeys": list(w.tags_to_remove)}),
    )


# Applications


def application_arn(work: Work) -> str:
    """CodeDeploy answers no ARNs; they follow from the names."""
    return make_arn(work.api, SERVICE, work.region, f"application:{work.id}")


def list_applications(scope: Scope) -> Iterable[Item]:
    """Applications in scope with their tags."""
    names = names_in_scope(scope, "ApplicationName", SERVICE, "application:")
    if scope.everything and not scope.ids:
        names = scope.pages(SERVICE, "list_applications", "applications[]")
    found = each_present(
        names,
        _BATCH,
        lambda some: scope.call(SERVICE, "batch_get_applications", applicationNames=list(some))["applicationsInfo"],
    )
    return with_tags(
        scope,
        found,
        lambda item: make_arn(scope.api, SERVICE, scope.region, f"application:{item['applicationName']}"),
        SERVICE,
        "list_tags_for_resource",
        "ResourceArn",
        "Tags",
        wanted=scope.names("ApplicationName"),
        name="applicationName",
    )


_TAG, _UNTAG = _tagging(application_arn)

APPLICATION = Kind(
    type=_APPLICATION,
    service=SERVICE,
    title="CodeDeploy application",
    id="applicationName",
    key=("ApplicationName",),
    list=list_applications,
    properties={
        "ApplicationName": Property("applicationName", immutable=True),
        "ComputePlatform": Property("computePlatform", immutable=True, default="Server"),
    },
    attributes={"Name": Attribute("applicationName", "{ApplicationName}")},
    create=Call(
        "create_application",
        lambda w: {
            "applicationName": w.desired["ApplicationName"],
            "computePlatform": w.get("ComputePlatform", "Server"),
            "tags": tag_list(w.tags),
        },
    ),
    tag=_TAG,
    untag=_UNTAG,
    delete=Call("delete_application", lambda w: {"applicationName": w.id}),
)


# Deployment groups


def group_id(item: Item) -> str:
    """What names a deployment group: those of two applications may have the same name."""
    return f"{item.get('applicationName')}/{item.get('deploymentGroupName')}"


def group_arn(work: Work) -> str:
    """CodeDeploy answers no ARNs; they follow from the names."""
    return make_arn(work.api, SERVICE, work.region, f"deploymentgroup:{work.id}")


def list_groups(scope: Scope) -> Iterable[Item]:
    """Deployment groups in scope with their tags, those of an application by one request."""
    named = set(scope.ids)
    if not scope.ids:
        named = set(indexed(scope, SERVICE, "deploymentgroup:"))
        for properties in scope.wanted:
            application, group = properties.get("ApplicationName"), properties.get("DeploymentGroupName")
            if isinstance(application, str) and isinstance(group, str):
                named.add(f"{application}/{group}")
    names: dict[str, set[str]] = defaultdict(set)
    for identifier in named:
        application, _slash, group = identifier.partition("/")
        names[application].add(group)
    if scope.everything and not scope.ids:
        for application in scope.pages(SERVICE, "list_applications", "applications[]"):
            names[application] |= set(
                scope.pages(SERVICE, "list_deployment_groups", "deploymentGroups[]", applicationName=application)
            )
    found: list[Item] = []
    for application, groups in sorted(names.items()):
        for batch in batches(sorted(groups), _BATCH):
            found += _of_application(scope, application, batch)
    return with_tags(
        scope,
        found,
        lambda item: make_arn(scope.api, SERVICE, scope.region, f"deploymentgroup:{group_id(item)}"),
        SERVICE,
        "list_tags_for_resource",
        "ResourceArn",
        "Tags",
        wanted=named,
        name=group_id,
    )


def _of_application(scope: Scope, application: str, names: Iterable[str]) -> list[Item]:
    def ask() -> dict[str, Any]:
        return scope.call(
            SERVICE, "batch_get_deployment_groups", applicationName=application, deploymentGroupNames=list(names)
        )

    return list((unless((), ask) or {}).get("deploymentGroupsInfo") or [])


#: Properties whose members the API writes as CloudFormation does.
_SAME = ("Ec2TagFilters", "OnPremisesInstanceTagFilters")


def _shaped(member: str) -> Callable[[Item], Any]:
    def read(item: Item) -> Any:
        return to_cloudformation(item.get(member), member)

    return read


_UPDATABLE = {
    "ServiceRoleArn": Property("serviceRoleArn"),
    "DeploymentConfigName": Property("deploymentConfigName", default="CodeDeployDefault.OneAtATime"),
    "AutoScalingGroups": Property("autoScalingGroups[].name", unordered=True),
    "DeploymentStyle": Property(_shaped("deploymentStyle")),
    "LoadBalancerInfo": Property(_shaped("loadBalancerInfo"), unordered=True),
    "AutoRollbackConfiguration": Property(_shaped("autoRollbackConfiguration"), unordered=True),
    "AlarmConfiguration": Property(_shaped("alarmConfiguration"), unordered=True),
    "BlueGreenDeploymentConfiguration": Property(_shaped("blueGreenDeploymentConfiguration")),
    "TriggerConfigurations": Property(_shaped("triggerConfigurations"), unordered=True, unstated=[]),
    "OutdatedInstancesStrategy": Property("outdatedInstancesStrategy", default="UPDATE"),
    "TerminationHookEnabled": Property("terminationHookEnabled", default=False),
    "Ec2TagFilters": Property("ec2TagFilters", unordered=True),
    "OnPremisesInstanceTagFilters": Property("onPremisesInstanceTagFilters", unordered=True),
}


def parameters(stated: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Properties as requests take them."""
    return {
        api_name(name): stated[name] if name in _SAME else to_api(stated[name])
        for name in names
        if stated.get(name) is not None
    }


def _creation(work: Work) -> dict[str, Any]:
    params = parameters(work.desired, ("ApplicationName", "DeploymentGroupName", *_UPDATABLE))
    return {**{name: value for name, value in params.items() if not is_empty(value)}, "tags": tag_list(work.tags)}


def _change(work: Work) -> dict[str, Any]:
    return {
        "applicationName": work.existing.properties["ApplicationName"],
        "currentDeploymentGroupName": work.existing.properties["DeploymentGroupName"],
        **parameters(work.desired, [name for name in _UPDATABLE if name in work.changed]),
    }


#: A role that was made a moment ago cannot be assumed everywhere yet.
_SETTLING = frozenset({"InvalidRoleException"})
_TAG_GROUP, _UNTAG_GROUP = _tagging(group_arn)

DEPLOYMENT_GROUP = Kind(
    type="AWS::CodeDeploy::DeploymentGroup",
    service=SERVICE,
    title="deployment group",
    template=Template(ref="DeploymentGroupName"),
    id=group_id,
    key=("ApplicationName", "DeploymentGroupName"),
    requires=(_APPLICATION, "AWS::AutoScaling::AutoScalingGroup"),
    list=list_groups,
    properties={
        "ApplicationName": Property("applicationName", immutable=True),
        "DeploymentGroupName": Property("deploymentGroupName", immutable=True),
        **_UPDATABLE,
    },
    attributes={"DeploymentGroupName": Attribute("deploymentGroupName", "{DeploymentGroupName}")},
    create=Call("create_deployment_group", _creation, retry_on=_SETTLING),
    updates=(Update(tuple(_UPDATABLE), Call("update_deployment_group", _change, retry_on=_SETTLING)),),
    tag=_TAG_GROUP,
    untag=_UNTAG_GROUP,
    delete=Call(
        "delete_deployment_group",
        lambda w: {
            "applicationName": w.desired["ApplicationName"],
            "deploymentGroupName": w.desired["DeploymentGroupName"],
        },
    ),
)

KINDS = (APPLICATION, DEPLOYMENT_GROUP)
