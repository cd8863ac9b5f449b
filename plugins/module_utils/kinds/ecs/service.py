# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ECS::Service.

How many tasks run is either described or an autoscaler's business, and which is decided by the property that is stated:
`DesiredCount` is compared, and set back when it differs; `InitialDesiredCount` is what a new service begins with and is
not looked at afterwards. So it is with what runs: `TaskDefinition` is set back, and `InitialTaskDefinition` is what the
service runs until it runs a revision that the stack did not register, which is a release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.document import STACK_TAG
from ...engine.kind import (
    Attribute,
    Call,
    Item,
    Kind,
    Observed,
    Property,
    Scope,
    States,
    Update,
    Work,
    read_tags,
)
from ...engine.template import Template
from ..requests import batches, indexed, unless
from ..shared import WRITE_ONLY, arn_tagging, lower_tag_list
from .shape import api_name, is_surveyed, last_part, shaped, survey, to_api, to_cloudformation
from .task_definition import describe

_CLUSTER = "AWS::ECS::Cluster"
_INITIAL = "InitialTaskDefinition"

#: How many services one request describes.
#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
_BATCH = 10

_TAG, _UNTAG = arn_tagging("ecs", "resourceArn", lower=True, keys="tagKeys")


def list_services(scope: Scope) -> Iterable[Item]:
    """Services in scope: everything in our clusters, and what is described or tagged as ours in clusters of others."""
    found: list[Item] = []
    for cluster, names in sorted(_services_by_cluster(scope).items()):
        for batch in batches(sorted(names), _BATCH):
            answer = unless(
                ("ClusterNotFoundException",),
                lambda cluster=cluster, batch=batch: scope.call(  # type: ignore[misc]
                    "ecs", "describe_services", cluster=cluster, services=list(batch), include=["TAGS"]
                ),
            )
            found += (answer or {}).get("services", [])
    return survey(scope, _with_releases(scope, found))


def _with_releases(scope: Scope, services: list[Item]) -> list[Item]:
    """Services with a note of those that run a release, where somebody states what others begin with."""
    begin = {properties.get("ServiceName") for properties in scope.wanted if _INITIAL in properties}
    if scope.ids or not begin:
        return services
    return [
        {**service, "isRelease": service.get("serviceName") in begin and _runs_release(scope, service)}
        for service in services
    ]


def _runs_release(scope: Scope, service: Item) -> bool:
    """Whether a service runs a revision that carries no tag of the stack."""
    revision = service.get("taskDefinition")
    found = describe(scope, revision) if revision else None
    return found is not None and (read_tags(found["tags"]) or {}).get(STACK_TAG) != scope.stack


def _services_by_cluster(scope: Scope) -> dict[str, set[str]]:
    """The names of the services to describe, by the name of their cluster."""
    names: dict[str, set[str]] = defaultdict(set)
    if scope.ids:
        for arn in scope.ids:
            names[arn.split("/")[-2]].add(last_part(arn))
        return names
    for properties in scope.wanted:
        cluster, name = properties.get("Cluster"), properties.get("ServiceName")
        if isinstance(cluster, str) and isinstance(name, str):
            names[last_part(cluster)].add(name)
    for path in indexed(scope, "ecs", "service/"):
        cluster, _slash, name = path.rpartition("/")
        if cluster:  # ARNs of the old format, without the cluster, cannot carry tags
            names[cluster].add(name)
    for cluster in _clusters_to_list(scope):
        arns = unless(
            ("ClusterNotFoundException",),
            lambda cluster=cluster: scope.pages("ecs", "list_services", "serviceArns[]", cluster=cluster),  # type: ignore[misc]
        )
        names[cluster] |= {last_part(arn) for arn in arns or []}
    return names


def _clusters_to_list(scope: Scope) -> list[str]:
    if scope.everything:
        return [last_part(arn) for arn in scope.pages("ecs", "list_clusters", "clusterArns[]")]
    return [cluster.id for cluster in scope.observed(_CLUSTER)]


def service_state(item: Item) -> str:
    """The service's status, and while that is `ACTIVE`, how far its deployment is.

    `STEADY_STATE`: the primary deployment is completed and as many tasks run as are desired.
    `ROLLBACK_IN_PROGRESS`: the circuit breaker or an alarm is taking a deployment back.
    A failed deployment is no reason to replace the service: the next deployment mends it. So a survey of what exists
    calls it `DEPLOYMENT_FAILED`, which is a busy state, and only who waits for the service is told `FAILED`.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
    """
    status = str(item.get("status") or "")
    if status != "ACTIVE":
        return status
    state = _task_sets_state(item) if item.get("taskSets") else _deployment_state(item)
    if state in _FAILED and is_surveyed(item):
        return "DEPLOYMENT_FAILED"
    return state


_FAILED = frozenset({"FAILED", "ROLLBACK_IN_PROGRESS"})


def primary_deployment(item: Item) -> Mapping[str, Any]:
    """The deployment that the service is being brought to, empty when there is none."""
    deployments: list[Mapping[str, Any]] = item.get("deployments") or []
    return next((one for one in deployments if one.get("status") == "PRIMARY"), {})


def _deployment_state(item: Item) -> str:
    primary = primary_deployment(item)
    rollout = primary.get("rolloutState")
    if rollout == "FAILED":
        return "FAILED"
    if "rolling back" in str(primary.get("rolloutStateReason", "")).lower() and rollout == "IN_PROGRESS":
        return "ROLLBACK_IN_PROGRESS"
    is_counted = item.get("runningCount") == item.get("desiredCount")
    # Without a rollout state, as with an external controller before its first task set, the counts have to do.
    is_rolled_out = rollout == "COMPLETED" if rollout else len(item.get("deployments") or []) <= 1
    if is_rolled_out:
        return "STEADY_STATE" if is_counted else "STABILIZING"
    return "IN_PROGRESS"


def _task_sets_state(item: Item) -> str:
    """For services that CodeDeploy or somebody else deploys by task sets."""
    is_steady = all(one.get("stabilityStatus") == "STEADY_STATE" for one in item["taskSets"])
    return "STEADY_STATE" if is_steady else "STABILIZING"


def reason(item: Item) -> str:
    """Why the service is not steady, in ECS's own words: those of a failed deployment and the latest event.

    The event is where ECS says that an image cannot be pulled, a role not be assumed or a subnet has no addresses left.
    """
    deployments: list[Mapping[str, Any]] = item.get("deployments") or []
    failed = [str(one.get("rolloutStateReason") or "") for one in deployments if one.get("rolloutState") == "FAILED"]
    events = [str(event.get("message") or "") for event in item.get("events") or []]
    said = failed[:1] if service_state(item) == "STEADY_STATE" else [*failed[:1], *events[:1]]
    return " ".join(words for words in said if words)


def revision_name(value: Any) -> Any:
    """`family:revision` of a task definition, given so or by its ARN."""
    return last_part(value)


class Released(str):
    """A revision that a release brought."""


def running(item: Item) -> str | None:
    """The revision that a service runs."""
    revision = item.get("taskDefinition")
    return Released(revision) if revision and item.get("isRelease") else revision


def remark(desired: Mapping[str, Any], found: Observed) -> str:
    """What to say of a service that runs a release."""
    revision = found.properties.get(_INITIAL)
    if _INITIAL not in desired or not isinstance(revision, Released):
        return ""
    return (
        f"ECS service {found.properties['ServiceName']} runs {last_part(revision)}, which this stack did not register: "
        f"a release. It is left so; state the image to let the description decide what runs"
    )


def _of_primary(member: str) -> Any:
    """A reader of what only the deployments tell."""

    def read(item: Item) -> Any:
        return to_cloudformation(primary_deployment(item).get(member), member)

    return read


def _arn(facts: Mapping[str, Any]) -> str | None:
    cluster, name = facts.get("Cluster"), facts.get("ServiceName")
    if not (isinstance(cluster, str) and isinstance(name, str)):
        return None
    where = f"arn:{facts['partition']}:ecs:{facts['region']}:{facts['account']}"
    return f"{where}:service/{last_part(cluster)}/{name}"


#: Properties that update_service can change, beside the number of tasks.
_UPDATABLE = {
    "TaskDefinition": Property("taskDefinition", normalise=revision_name),
    # Not one of CloudFormation's: what runs until a release does.
    _INITIAL: Property(running, normalise=revision_name, enough=lambda _wanted, there: isinstance(there, Released)),
    "NetworkConfiguration": Property(shaped("networkConfiguration"), unordered=True),
    "LoadBalancers": Property(shaped("loadBalancers"), unordered=True, unstated=[]),
    "CapacityProviderStrategy": Property(shaped("capacityProviderStrategy"), unordered=True),
    "DeploymentConfiguration": Property(shaped("deploymentConfiguration"), unordered=True),
    "DeploymentController": Property(shaped("deploymentController")),
    "HealthCheckGracePeriodSeconds": Property("healthCheckGracePeriodSeconds", default=0),
    "PropagateTags": Property("propagateTags", default="NONE"),
    "EnableECSManagedTags": Property("enableECSManagedTags", default=False),
    "EnableExecuteCommand": Property("enableExecuteCommand", default=False),
    "PlatformVersion": Property("platformVersion"),
    "AvailabilityZoneRebalancing": Property("availabilityZoneRebalancing"),
    "ServiceRegistries": Property(shaped("serviceRegistries"), unordered=True),
    "PlacementConstraints": Property(shaped("placementConstraints"), unordered=True),
    "PlacementStrategies": Property(shaped("placementStrategy")),
    "ServiceConnectConfiguration": Property(_of_primary("serviceConnectConfiguration"), unordered=True),
    "VolumeConfigurations": Property(_of_primary("volumeConfigurations"), key="Name"),
    "VpcLatticeConfigurations": Property(_of_primary("vpcLatticeConfigurations"), unordered=True),
    "GatewayConnectors": WRITE_ONLY,
    "Monitoring": WRITE_ONLY,
}
_CREATED_WITH = ("ServiceName", "Cluster", "Role", "SchedulingStrategy", "LaunchType", *_UPDATABLE)


#: Parameters that are called otherwise than the property.
_PARAMETERS = {"PlacementStrategies": "placementStrategy", _INITIAL: "taskDefinition"}


def _parameters(work: Work, names: Iterable[str]) -> dict[str, Any]:
    return {
        _PARAMETERS.get(name) or api_name(name): to_api(work.get(name)) for name in names if work.get(name) is not None
    }


def creation(work: Work) -> dict[str, Any]:
    """The parameters of a new service; it begins with one task unless it is told otherwise, as in CloudFormation."""
    params = {**_parameters(work, _CREATED_WITH), "tags": lower_tag_list(work.tags), "clientToken": work.token}
    if work.get("SchedulingStrategy") != "DAEMON":
        params["desiredCount"] = int(work.get("DesiredCount", work.get("InitialDesiredCount", 1)))
    return params


def change(work: Work) -> dict[str, Any]:
    """The parameters of an update: only what differs, since much of it starts a deployment."""
    params = {
        "cluster": work.current.properties["Cluster"] if work.current else work.get("Cluster"),
        "service": work.id,
        **_parameters(work, [name for name in _UPDATABLE if name in work.changed]),
    }
    if "DesiredCount" in work.changed:
        params["desiredCount"] = int(work.get("DesiredCount"))
    if "CapacityProviderStrategy" in work.changed:
        # ECS refuses a change of strategy that is not a deployment.
        params["forceNewDeployment"] = True
    return params


#: What AWS says while the cluster, or the listener that sends traffic to the target group, is not seen everywhere yet.
_SETTLING = frozenset(
    {
        "ClusterNotFoundException",
        "InvalidParameterException: does not have an associated load balancer",
    }
)

SERVICE = Kind(
    type="AWS::ECS::Service",
    service="ecs",
    title="ECS service",
    template=Template(properties={"InitialDesiredCount": "DesiredCount", _INITIAL: "TaskDefinition"}),
    id="serviceArn",
    key=("Cluster", "ServiceName"),
    requires=(_CLUSTER,),
    updates_while_busy=True,
    list=list_services,
    properties={
        "ServiceName": Property("serviceName", immutable=True),
        "Cluster": Property(lambda item: last_part(item.get("clusterArn")), immutable=True, normalise=last_part),
        "Role": Property("roleArn", immutable=True, normalise=last_part),
        "SchedulingStrategy": Property("schedulingStrategy", immutable=True, default="REPLICA"),
        "LaunchType": Property("launchType", immutable=True),
        "DesiredCount": Property("desiredCount"),
        # Not one of CloudFormation's: the number of tasks of a new service whose tasks an autoscaler counts.
        "InitialDesiredCount": Property("desiredCount", initial=True),
        **_UPDATABLE,
    },
    attributes={
        "ServiceArn": Attribute("serviceArn", _arn),
        "Arn": Attribute("serviceArn", _arn),
        "Name": Attribute("serviceName", "{ServiceName}"),
    },
    tags="tags",
    remark=remark,
    states=States(
        service_state,
        ready=frozenset({"STEADY_STATE"}),
        failed=_FAILED,
        leaving=frozenset({"DRAINING"}),
        gone=frozenset({"INACTIVE"}),
        reason=reason,
        timeout=1800,
    ),
    create=Call("create_service", creation, item="service", retry_on=_SETTLING),
    updates=(
        Update((*_UPDATABLE, "DesiredCount"), Call("update_service", change, item="service", retry_on=_SETTLING)),
    ),
    tag=_TAG,
    untag=_UNTAG,
    delete=Call(
        "delete_service",
        # With force it need not be scaled to nothing first.
        lambda w: {"cluster": w.get("Cluster"), "service": w.id, "force": True},
        ignore=frozenset({"ServiceNotActiveException"}),
    ),
)
