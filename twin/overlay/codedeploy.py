# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CodeDeploy: applications, deployment groups, and deployments that take their time and can be stopped.

Sources: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeploymentGroup.html,
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_UpdateDeploymentGroup.html
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.codedeploy.models import codedeploy_backends
from moto.codedeploy.responses import CodeDeployResponse as Response
from moto.core.utils import utcnow
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends

from twin.overlay._lifecycle import Record, as_tags, page, proceed, with_tags, without_tags
from twin.overlay._tagged import Tagged, collector, pairs
from twin.overlay.autoscaling.store import of_backend
from twin.patch import Parameters, existing, notes, operation
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]

_MEMBERS = (
    "deploymentConfigName", "ec2TagFilters", "onPremisesInstanceTagFilters", "serviceRoleArn", "triggerConfigurations",
    "alarmConfiguration", "autoRollbackConfiguration", "outdatedInstancesStrategy", "deploymentStyle",
    "blueGreenDeploymentConfiguration", "loadBalancerInfo", "ec2TagSet", "ecsServices", "onPremisesTagSet",
    "terminationHookEnabled",
)  # fmt: skip
_CONFIGURATIONS = ("CodeDeployDefault.OneAtATime", "CodeDeployDefault.HalfAtATime", "CodeDeployDefault.AllAtOnce")
_OVER = ("Succeeded", "Failed", "Stopped")


@dataclass
class Store:
    account: str
    region: str
    applications: dict[str, Record] = field(default_factory=dict)
    groups: dict[tuple[str, str], Record] = field(default_factory=dict)
    deployments: dict[str, Record] = field(default_factory=dict)
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def arn(self, resource: str) -> str:
        return f"arn:aws:codedeploy:{self.region}:{self.account}:{resource}"


def of(backend: Any) -> Store:
    found: Store = notes(backend, "store", lambda: Store(backend.account_id, backend.region_name))
    return found


def _store(response: Response) -> Store:
    return of(response.codedeploy_backend)


def _application(here: Store, name: str) -> Record:
    found = here.applications.get(name)
    if found is None:
        refuse("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return found


def _group(here: Store, application: str, name: str) -> Record:
    _application(here, application)
    found = here.groups.get((application, name))
    if found is None:
        refuse("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return found


def _deployment(here: Store, name: str) -> Record:
    found = here.deployments.get(name)
    if found is None:
        refuse("DeploymentDoesNotExistException", f"The deployment {name} could not be found")
    return found


def _page(items: list[Any], p: Parameters, key: str) -> Answer:
    found, token = page(
        items,
        p.get("nextToken"),
        None,
        100,
        lambda: refuse("InvalidNextTokenException", "The next token was specified in an invalid format."),
    )
    return {key: found, **({"nextToken": token} if token else {})}


def install(world: World) -> None:
    _applications()
    _groups()
    _deployments(world)
    _tags()

    @collector("codedeploy")
    def tagged(account: str, region: str) -> Iterator[Tagged]:
        backend = existing(codedeploy_backends, account, region)
        for arn, tags in list(of(backend).tags.items()) if backend else []:
            yield arn, pairs(tags)


def _applications() -> None:
    @operation(Response, "CreateApplication")
    def create(response: Response, p: Parameters) -> Answer:
        here, name = _store(response), p["applicationName"]
        if name in here.applications:
            refuse("ApplicationAlreadyExistsException", f"The application name {name} is already used.")
        if p.get("computePlatform") not in (None, "Server", "Lambda", "ECS"):
            refuse("InvalidComputePlatformException", "The computePlatform is invalid.")
        here.applications[name] = Record(
            applicationId=str(uuid.uuid4()),
            applicationName=name,
            computePlatform=p.get("computePlatform") or "Server",
            createTime=utcnow(),
            linkedToGitHub=False,
        )
        here.tags[here.arn(f"application:{name}")] = as_tags(p.get("tags"))
        return {"applicationId": here.applications[name]["applicationId"]}

    @operation(Response, "GetApplication")
    def get(response: Response, p: Parameters) -> Answer:
        return {"application": _application(_store(response), p["applicationName"])}

    @operation(Response, "BatchGetApplications")
    def batch(response: Response, p: Parameters) -> Answer:
        here = _store(response)
        if len(p["applicationNames"]) > 100:
            refuse("BatchLimitExceededException", "The maximum number of names is 100.")
        return {"applicationsInfo": [_application(here, name) for name in p["applicationNames"]]}

    @operation(Response, "ListApplications")
    def listed(response: Response, p: Parameters) -> Answer:
        return _page(sorted(_store(response).applications), p, "applications")

    @operation(Response, "UpdateApplication")
    def rename(response: Response, p: Parameters) -> None:
        here, old, new = _store(response), p["applicationName"], p["newApplicationName"]
        application = _application(here, old)
        if new in here.applications:
            refuse("ApplicationAlreadyExistsException", f"The application name {new} is already used.")
        application["applicationName"] = new
        here.applications[new] = here.applications.pop(old)
        here.tags[here.arn(f"application:{new}")] = here.tags.pop(here.arn(f"application:{old}"), [])
        for key in [key for key in here.groups if key[0] == old]:
            here.groups[key[0], key[1]]["applicationName"] = new
            here.groups[new, key[1]] = here.groups.pop(key)

    @operation(Response, "DeleteApplication")
    def delete(response: Response, p: Parameters) -> None:
        here, name = _store(response), p["applicationName"]
        here.applications.pop(name, None)  # one that is not there is no error
        here.tags.pop(here.arn(f"application:{name}"), None)
        for key in [key for key in here.groups if key[0] == name]:
            del here.groups[key]
            here.tags.pop(here.arn(f"deploymentgroup:{name}/{key[1]}"), None)


def _fleet(here: Store, name: str) -> Any:
    backend = existing(autoscaling_backends, here.account, here.region)
    return of_backend(backend).groups.get(name) if backend else None


def _check(here: Store, p: Parameters) -> None:
    role = str(p.get("serviceRoleArn") or "")
    if role:
        known = {one.arn for one in iam_backends[here.account]["aws"].roles.values()}
        if role not in known:
            refuse(
                "InvalidRoleException",
                f"AWS CodeDeploy does not have the permissions required to assume the role {role}.",
            )
    for name in p.get("autoScalingGroups") or []:
        if isinstance(name, str) and _fleet(here, name) is None:
            refuse("InvalidAutoScalingGroupException", f"The specified Auto Scaling group {name} does not exist.")
    name = p.get("deploymentConfigName")
    if name is not None and name not in _CONFIGURATIONS:
        refuse("DeploymentConfigDoesNotExistException", f"No Deployment Configuration found for name: {name}")
    groups = elbv2_backends[here.account][here.region].target_groups.values()
    for one in (p.get("loadBalancerInfo") or {}).get("targetGroupInfoList") or []:
        if not any(group.name == one["name"] for group in groups):
            refuse("InvalidLoadBalancerInfoException", f"The target group {one['name']} does not exist.")
    style = p.get("deploymentStyle") or {}
    info = p.get("loadBalancerInfo") or {}
    if style.get("deploymentOption") == "WITH_TRAFFIC_CONTROL" and not any(info.values()):
        refuse("InvalidLoadBalancerInfoException", "Load balancer info must be specified with traffic control.")


def _groups() -> None:
    @operation(Response, "CreateDeploymentGroup")
    def create(response: Response, p: Parameters) -> Answer:
        here, application, name = _store(response), p["applicationName"], p["deploymentGroupName"]
        found = _application(here, application)
        if (application, name) in here.groups:
            refuse(
                "DeploymentGroupAlreadyExistsException",
                f"Deployment Group named {name} already exists for application {application}.",
            )
        _check(here, p)
        group = Record(
            applicationName=application,
            deploymentGroupId=str(uuid.uuid4()),
            deploymentGroupName=name,
            deploymentConfigName="CodeDeployDefault.OneAtATime",
            computePlatform=found["computePlatform"],
            outdatedInstancesStrategy="UPDATE",
            deploymentStyle={"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"},
            autoScalingGroups=[],
            terminationHookEnabled=False,
        )
        _keep(group, p)
        here.groups[application, name] = group
        here.tags[here.arn(f"deploymentgroup:{application}/{name}")] = as_tags(p.get("tags"))
        return {"deploymentGroupId": group["deploymentGroupId"]}

    @operation(Response, "GetDeploymentGroup")
    def get(response: Response, p: Parameters) -> Answer:
        return {"deploymentGroupInfo": _group(_store(response), p["applicationName"], p["deploymentGroupName"])}

    @operation(Response, "BatchGetDeploymentGroups")
    def batch(response: Response, p: Parameters) -> Answer:
        here, application = _store(response), p["applicationName"]
        _application(here, application)
        named = [(application, name) for name in p["deploymentGroupNames"]]
        return {"deploymentGroupsInfo": [here.groups[key] for key in named if key in here.groups]}

    @operation(Response, "ListDeploymentGroups")
    def listed(response: Response, p: Parameters) -> Answer:
        here, application = _store(response), p["applicationName"]
        _application(here, application)
        names = sorted(name for its, name in here.groups if its == application)
        return {"applicationName": application, **_page(names, p, "deploymentGroups")}

    @operation(Response, "UpdateDeploymentGroup")
    def update(response: Response, p: Parameters) -> Answer:
        here, application, name = _store(response), p["applicationName"], p["currentDeploymentGroupName"]
        group, new = _group(here, application, name), p.get("newDeploymentGroupName")
        _check(here, {**group, **p})
        if new and new != name:
            if (application, new) in here.groups:
                refuse("DeploymentGroupAlreadyExistsException", f"Deployment Group named {new} already exists.")
            group["deploymentGroupName"] = new
            here.groups[application, new] = here.groups.pop((application, name))
            tags = here.tags.pop(here.arn(f"deploymentgroup:{application}/{name}"), [])
            here.tags[here.arn(f"deploymentgroup:{application}/{new}")] = tags
        _keep(group, p)
        return {"hooksNotCleanedUp": []}

    @operation(Response, "DeleteDeploymentGroup")
    def delete(response: Response, p: Parameters) -> Answer:
        here, application, name = _store(response), p["applicationName"], p["deploymentGroupName"]
        here.groups.pop((application, name), None)
        here.tags.pop(here.arn(f"deploymentgroup:{application}/{name}"), None)
        return {"hooksNotCleanedUp": []}


def _keep(group: Record, p: Parameters) -> None:
    group.update({name: p[name] for name in _MEMBERS if p.get(name) is not None})
    if p.get("autoScalingGroups") is not None:
        have = {one["name"]: one for one in group["autoScalingGroups"]}
        group["autoScalingGroups"] = [
            have.get(name)
            or {"name": name, "hook": f"CodeDeploy-managed-automatic-launch-deployment-hook-{name}-{uuid.uuid4()}"}
            for name in p["autoScalingGroups"]
        ]


def _deployments(world: World) -> None:
    @operation(Response, "CreateDeployment")
    def create(response: Response, p: Parameters) -> Answer:
        here, application = _store(response), p["applicationName"]
        _application(here, application)
        if not p.get("deploymentGroupName"):
            refuse("DeploymentGroupNameRequiredException", "The deployment group name was not specified.")
        group = _group(here, application, p["deploymentGroupName"])
        if not p.get("revision"):
            refuse("RevisionRequiredException", "The revision was not specified.")
        running = [one for one in here.deployments.values() if one["group"] is group and one["status"] not in _OVER]
        if running:
            refuse(
                "DeploymentLimitExceededException",
                f"The Deployment Group '{group['deploymentGroupName']}' already has an active Deployment"
                f" '{running[0]['deploymentId']}'",
            )
        targets = [
            instance["InstanceId"]
            for one in group["autoScalingGroups"]
            for instance in (_fleet(here, one["name"]) or {}).get("Instances", [])
            if instance["LifecycleState"] == "InService"
        ]
        made = Record(
            applicationName=application,
            deploymentGroupName=group["deploymentGroupName"],
            deploymentConfigName=p.get("deploymentConfigName") or group["deploymentConfigName"],
            deploymentId=f"d-{secrets.token_hex(5)[:9].upper()}",
            revision=p["revision"],
            status="Created",
            createTime=utcnow(),
            creator="user",
            description=p.get("description"),
            deploymentStyle=group["deploymentStyle"],
            loadBalancerInfo=group.get("loadBalancerInfo"),
            autoRollbackConfiguration=p.get("autoRollbackConfiguration") or group.get("autoRollbackConfiguration"),
            computePlatform=group["computePlatform"],
            deploymentOverview=_overview(targets, []),
            group=group,
            targets=targets,
            done=[],
        )
        here.deployments[made["deploymentId"]] = made
        _step(world, group, made)
        return {"deploymentId": made["deploymentId"]}

    @operation(Response, "GetDeployment")
    def get(response: Response, p: Parameters) -> Answer:
        return {"deploymentInfo": _deployment(_store(response), p["deploymentId"])}

    @operation(Response, "BatchGetDeployments")
    def batch(response: Response, p: Parameters) -> Answer:
        known = _store(response).deployments
        return {"deploymentsInfo": [known[name] for name in p["deploymentIds"] if name in known]}

    @operation(Response, "ListDeployments")
    def listed(response: Response, p: Parameters) -> Answer:
        here, application, group = _store(response), p.get("applicationName"), p.get("deploymentGroupName")
        if bool(application) != bool(group):
            refuse("DeploymentGroupNameRequiredException", "Application and deployment group go together.")
        found = [
            one["deploymentId"]
            for one in here.deployments.values()
            if application in (None, one["applicationName"])
            and group in (None, one["deploymentGroupName"])
            and (not p.get("includeOnlyStatuses") or one["status"] in p["includeOnlyStatuses"])
        ]
        return _page(found, p, "deployments")

    @operation(Response, "StopDeployment")
    def stop(response: Response, p: Parameters) -> Answer:
        made = _deployment(_store(response), p["deploymentId"])
        if made["status"] in _OVER:
            refuse("DeploymentAlreadyCompletedException", "The deployment is already complete.")

        def stopped() -> None:
            made.update(status="Stopped", completeTime=utcnow())
            made["errorInformation"] = {"code": "MANUAL_STOP", "message": "The deployment was stopped by its creator."}
            made["group"]["lastAttemptedDeployment"] = _last(made)

        proceed(world, made, world.delay("codedeploy.instance"), stopped)
        return {"status": "Pending", "statusMessage": "Stopping the deployment."}

    @operation(Response, "ListDeploymentConfigs")
    def configurations(response: Response, p: Parameters) -> Answer:
        return _page(list(_CONFIGURATIONS), p, "deploymentConfigsList")


def _overview(targets: list[str], done: list[str], running: int = 0) -> Answer:
    return {
        "Pending": len(targets) - len(done) - running, "InProgress": running, "Succeeded": len(done), "Failed": 0,
        "Skipped": 0, "Ready": 0,
    }  # fmt: skip


def _last(made: Record) -> Answer:
    return {
        "deploymentId": made["deploymentId"],
        "status": made["status"],
        "createTime": made["createTime"],
        "endTime": utcnow(),
    }


def _step(world: World, group: Record, made: Record) -> None:
    """The next instances, as many at once as the configuration says; the end after the last."""
    targets, done = made["targets"], made["done"]

    def act() -> None:
        made["status"] = "InProgress"
        made.setdefault("startTime", utcnow())
        rest = [one for one in targets if one not in done]
        if not targets:
            made.update(status="Failed", completeTime=utcnow())
            made["errorInformation"] = {
                "code": "NO_INSTANCES",
                "message": "No instances were found for the deployment.",
            }
            group["lastAttemptedDeployment"] = _last(made)
            return
        if not rest:
            made.update(status="Succeeded", completeTime=utcnow())
            group["targetRevision"] = made["revision"]
            group["lastAttemptedDeployment"] = group["lastSuccessfulDeployment"] = _last(made)
            return
        at_once = {"AllAtOnce": len(targets), "HalfAtATime": max(1, len(targets) // 2)}
        now = rest[: at_once.get(made["deploymentConfigName"].rpartition(".")[2], 1)]
        made["deploymentOverview"] = _overview(targets, done, len(now))

        def deployed() -> None:
            done.extend(now)
            made["deploymentOverview"] = _overview(targets, done)
            _step(world, group, made)

        proceed(world, made, world.delay("codedeploy.instance"), deployed)

    proceed(world, made, world.delay("codedeploy.instance") / 4, act)


def _tags() -> None:
    def tags_of(response: Response, arn: str) -> list[dict[str, str]]:
        tags = _store(response).tags.get(arn)
        if tags is None:
            refuse("ArnNotSupportedException", f"The specified ARN is not supported or does not exist: {arn}")
        return tags

    @operation(Response, "ListTagsForResource")
    def listed(response: Response, p: Parameters) -> Answer:
        return {"Tags": tags_of(response, p["ResourceArn"])}

    @operation(Response, "TagResource")
    def tag(response: Response, p: Parameters) -> Answer:
        here, arn = _store(response), p["ResourceArn"]
        here.tags[arn] = with_tags(tags_of(response, arn), as_tags(p["Tags"]))
        return {}

    @operation(Response, "UntagResource")
    def untag(response: Response, p: Parameters) -> Answer:
        here, arn = _store(response), p["ResourceArn"]
        here.tags[arn] = without_tags(tags_of(response, arn), p["TagKeys"])
        return {}
