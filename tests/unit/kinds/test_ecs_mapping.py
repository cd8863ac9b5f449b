"""How answers of ECS become properties, which of them mean the same, and what its states amount to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import (
    Neighbours,
    Observed,
    Phase,
    Scope,
    Work,
)
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ecs import CLUSTER, SERVICE, TASK_DEFINITION
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ecs.service import change, creation
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ecs.shape import (
    api_name,
    cloudformation_name,
    to_api,
    to_cloudformation,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.ecs.task_definition import register
from tests.unit.kinds import schemas

ARN = "arn:aws:ecs:us-east-1:123456789012"
CONTAINERS = TASK_DEFINITION.properties["ContainerDefinitions"]
VOLUMES = TASK_DEFINITION.properties["Volumes"]


# Spelling


def members(kind: str) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every path of members in a type's schema; below what is the user's own there is none."""
    root = schemas.schema(kind)

    def walk(node: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
        if "items" in node:
            node = node["items"]
        if "$ref" in node:
            node = root["definitions"][node["$ref"].rsplit("/", 1)[1]]
        for name, inner in node.get("properties", {}).items():
            yield (*path, name), inner
            yield from walk(inner, (*path, name))

    for name in sorted(schemas.writable(kind)):
        yield (name,), root["properties"][name]
        yield from walk(root["properties"][name], (name,))


#: Members of the schema that the API spells in a way of its own at the top of its requests.
TOP = {
    "ClusterSettings": "settings",
    "PlacementStrategies": "placementStrategy",
}


@pytest.mark.parametrize(
    ("kind", "operation", "left_out"),
    [
        ("AWS::ECS::Cluster", "CreateCluster", set()),
        ("AWS::ECS::TaskDefinition", "RegisterTaskDefinition", set()),
        ("AWS::ECS::Service", "CreateService", {"ForceNewDeployment"}),
    ],
)
def test_every_member_of_a_template_has_its_name_in_the_api(kind: str, operation: str, left_out: set[str]) -> None:
    shape = botocore.session.get_session().get_service_model("ecs").operation_model(operation).input_shape
    checked = 0
    for path, _node in members(kind):
        if path[0] in left_out:
            continue
        here = shape
        for depth, name in enumerate(path):
            while here.type_name == "list":
                here = here.member
            name = TOP.get(name, name) if depth == 0 else name
            assert here.type_name == "structure" and api_name(name) in here.members, path
            here = here.members[api_name(name)]
            parent = api_name(path[depth - 1]) if depth else ""
            if depth:
                assert cloudformation_name(api_name(name), parent) == name, path
        checked += 1
    assert checked > 10


SPELLINGS = [
    pytest.param({"SizeInGiB": 25}, {"sizeInGiB": 25}, id="first letter"),
    pytest.param(
        [{"LogDriver": "awslogs", "Options": {"Mode": "x", "awslogs-group": "y"}}],
        [{"logDriver": "awslogs", "options": {"Mode": "x", "awslogs-group": "y"}}],
        id="the user's own keys",
    ),
    pytest.param(
        {"EFSVolumeConfiguration": {"FilesystemId": "fs-1", "AuthorizationConfig": {"IAM": "ENABLED"}}},
        {"efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"iam": "ENABLED"}}},
        id="EFS",
    ),
    pytest.param(
        {"FSxWindowsFileServerVolumeConfiguration": {"FileSystemId": "fs-1"}},
        {"fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-1"}},
        id="FSx",
    ),
]


@pytest.mark.parametrize(("ours", "theirs"), SPELLINGS)
def test_spelling_goes_there_and_back(ours: Any, theirs: Any) -> None:
    assert to_api(ours) == theirs
    assert to_cloudformation(theirs) == ours


# Task definitions


def container(**more: Any) -> dict[str, Any]:
    return {"Name": "app", "Image": "app:1", **more}


#: What ECS answers for a container of which only the name and the image were stated.
BARE = to_cloudformation(
    {
        "name": "app",
        "image": "app:1",
        "cpu": 0,
        "portMappings": [],
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
    }
)


@pytest.mark.parametrize(
    ("stated", "answered"),
    [
        pytest.param(container(), BARE, id="defaults"),
        pytest.param(container(Cpu=0, Essential=True, Environment=[]), BARE, id="defaults stated"),
        pytest.param(container(Essential="true", ReadonlyRootFilesystem=False), BARE, id="booleans"),
        pytest.param(
            container(PortMappings=[{"ContainerPort": 80}]),
            {**BARE, "PortMappings": [{"ContainerPort": 80, "HostPort": 80, "Protocol": "tcp"}]},
            id="a port",
        ),
        pytest.param(
            container(PortMappings=[{"ContainerPort": "80", "HostPort": 0}]),
            {**BARE, "PortMappings": [{"ContainerPort": 80, "HostPort": 0, "Protocol": "tcp"}]},
            id="any host port",
        ),
        pytest.param(
            container(PortMappings=[{"ContainerPort": 443}, {"ContainerPort": 80}]),
            {**BARE, "PortMappings": [{"ContainerPort": 80}, {"ContainerPort": 443}]},
            id="order of ports",
        ),
        pytest.param(
            container(Environment=[{"Name": "B", "Value": 2}, {"Name": "A", "Value": True}]),
            {**BARE, "Environment": [{"Name": "A", "Value": "true"}, {"Name": "B", "Value": "2"}]},
            id="environment",
        ),
        pytest.param(
            container(Secrets=[{"Name": "B", "ValueFrom": "b"}, {"Name": "A", "ValueFrom": "a"}]),
            {**BARE, "Secrets": [{"Name": "A", "ValueFrom": "a"}, {"Name": "B", "ValueFrom": "b"}]},
            id="secrets",
        ),
        pytest.param(
            container(HealthCheck={"Command": ["CMD", "true"], "Interval": 30}),
            {**BARE, "HealthCheck": {"Command": ["CMD", "true"], "Interval": 30, "Timeout": 5, "Retries": 3}},
            id="health check",
        ),
        pytest.param(
            container(LinuxParameters={"InitProcessEnabled": True}),
            {
                **BARE,
                "LinuxParameters": {
                    "InitProcessEnabled": True,
                    "Capabilities": {"Add": [], "Drop": []},
                    "Devices": [],
                    "Tmpfs": [],
                },
            },
            id="Linux parameters",
        ),
        pytest.param(
            container(LogConfiguration={"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}}),
            {
                **BARE,
                "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}, "SecretOptions": []},
            },
            id="log",
        ),
        pytest.param(
            container(RestartPolicy={"Enabled": True, "IgnoredExitCodes": [2, 1]}),
            {
                **BARE,
                "RestartPolicy": {"Enabled": True, "IgnoredExitCodes": [1, 2], "RestartAttemptPeriod": 300},
            },
            id="restarts",
        ),
        pytest.param(
            container(MountPoints=[{"SourceVolume": "a", "ContainerPath": "/a"}]),
            {**BARE, "MountPoints": [{"SourceVolume": "a", "ContainerPath": "/a", "ReadOnly": False}]},
            id="mount point",
        ),
    ],
)
def test_containers_that_mean_the_same_are_equal(stated: dict[str, Any], answered: dict[str, Any]) -> None:
    assert not differs(CONTAINERS, [stated], [answered])


@pytest.mark.parametrize(
    ("stated", "answered"),
    [
        pytest.param(container(Image="app:2"), BARE, id="image"),
        pytest.param(container(), {**BARE, "Environment": [{"Name": "A", "Value": "1"}]}, id="a variable taken away"),
        pytest.param(container(Environment=[{"Name": "A", "Value": "1"}]), BARE, id="a variable added"),
        pytest.param(
            container(Environment=[{"Name": "V", "Value": "1.0"}]),
            {**BARE, "Environment": [{"Name": "V", "Value": "1"}]},
            id="a text that is a number",
        ),
        pytest.param(
            container(), {**BARE, "HealthCheck": {"Command": ["CMD", "true"]}}, id="a health check taken away"
        ),
        pytest.param(container(Essential=False), BARE, id="essential"),
        pytest.param(container(ReadonlyRootFilesystem=True), BARE, id="root file system"),
        pytest.param(
            container(PortMappings=[{"ContainerPort": 80, "Protocol": "udp"}]),
            {**BARE, "PortMappings": [{"ContainerPort": 80, "HostPort": 80, "Protocol": "tcp"}]},
            id="protocol",
        ),
        pytest.param(container(Command=["b", "a"]), {**BARE, "Command": ["a", "b"]}, id="order of a command"),
        pytest.param(
            container(HealthCheck={"Command": ["CMD", "true"]}),
            {**BARE, "HealthCheck": {"Command": ["CMD", "true"], "Interval": 10}},
            id="an interval put back to its default",
        ),
    ],
)
def test_containers_that_mean_something_else_differ(stated: dict[str, Any], answered: dict[str, Any]) -> None:
    assert differs(CONTAINERS, [stated], [answered])


def test_containers_are_compared_by_name_and_none_is_overlooked() -> None:
    sidecar = {"Name": "proxy", "Image": "proxy:1"}
    assert not differs(CONTAINERS, [sidecar, container()], [BARE, sidecar])
    assert differs(CONTAINERS, [container()], [BARE, sidecar])
    assert differs(CONTAINERS, [container(), sidecar], [BARE])


@pytest.mark.parametrize(
    ("stated", "answered", "differ"),
    [
        ([{"Name": "a"}], [{"Name": "a", "Host": {}}], False),
        ([{"Name": "b"}, {"Name": "a"}], [{"Name": "a"}, {"Name": "b"}], False),
        (
            [{"Name": "a", "EFSVolumeConfiguration": {"FilesystemId": "fs-1"}}],
            [{"Name": "a", "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "RootDirectory": "/"}}],
            False,
        ),
        (
            [{"Name": "a", "EFSVolumeConfiguration": {"FilesystemId": "fs-1"}}],
            [{"Name": "a", "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "TransitEncryption": "ENABLED"}}],
            True,
        ),
        ([{"Name": "a"}], [{"Name": "a", "Host": {"SourcePath": "/x"}}], True),
        ([], [{"Name": "a"}], True),
    ],
)
def test_volumes(stated: list[Any], answered: list[Any], differ: bool) -> None:
    assert differs(VOLUMES, stated, answered) is differ


@pytest.mark.parametrize(
    ("name", "stated", "answered", "differ"),
    [
        ("Cpu", 256, "256", False),
        ("Cpu", "1 vCPU", "1024", False),
        ("Cpu", ".25 vcpu", "256", False),
        ("Cpu", "2 vCPU", "1024", True),
        ("Memory", "2 GB", "2048", False),
        ("Memory", "0.5GB", 512, False),
        ("Memory", "512", "1024", True),
    ],
)
def test_sizes(name: str, stated: Any, answered: Any, differ: bool) -> None:
    assert differs(TASK_DEFINITION.properties[name], stated, answered) is differ


def latest(**more: Any) -> Observed:
    item = {
        "family": "web",
        "revision": 3,
        "taskDefinitionArn": f"{ARN}:task-definition/web:3",
        "containerDefinitions": [{"name": "app", "image": "app:1"}],
        "taskRoleArn": "role",
        "tags": [{"key": "team", "value": "a"}, {"key": "old", "value": "b"}, {"key": "aws:x", "value": "c"}],
        **more,
    }
    return TASK_DEFINITION.parse(item)


def test_a_new_revision_keeps_what_is_not_stated() -> None:
    desired = {
        "Family": "web",
        "Cpu": 256,
        "ContainerDefinitions": [container(Environment=[{"Name": "A", "Value": 1}])],
    }
    work = Work(
        Address(TASK_DEFINITION.type, "web"), desired, Families(), current=latest(), tags={"stackwright:name": "web"}
    )
    work.tags_to_remove = ("old",)
    params = register(work)
    assert params["taskRoleArn"] == "role"
    assert params["cpu"] == "256"
    assert params["containerDefinitions"][0]["environment"] == [{"name": "A", "value": "1"}]
    assert params["tags"] == [{"key": "stackwright:name", "value": "web"}, {"key": "team", "value": "a"}]


def test_the_arn_of_the_next_revision_is_not_foretold() -> None:
    assert TASK_DEFINITION.attributes["TaskDefinitionArn"].volatile
    assert isinstance(TASK_DEFINITION.predict("TaskDefinitionArn", {"Family": "web"}), Unknown)


class Families:
    """Families of revisions, some of them ours."""

    region, account, partition = "us-east-1", "123456789012", "aws"

    def __init__(self) -> None:
        self.revisions = {"web:1": "shop-prod", "web:2": "", "web:3": "shop-prod", "website:1": "shop-prod"}
        self.inactive = {"web:0": "shop-prod", **{f"web:{number}": "shop-prod" for number in range(4, 14)}}
        self.deleted: list[list[str]] = []
        self.failures: list[dict[str, str]] = []
        self.asked: list[str] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> Any:
        if operation == "describe_task_definition":
            name = params["taskDefinition"].rsplit("/", 1)[-1]
            if "/" not in params["taskDefinition"]:
                self.asked.append(name)
            if name == "denied":
                raise ApiError("AccessDeniedException", "no", denied=True)
            active = [one for one in self.revisions if one.split(":")[0] == name]
            if not active and name not in {**self.revisions, **self.inactive}:
                raise ApiError("ClientException", "Unable to describe task definition.")
            name = max(active, key=lambda one: int(one.split(":")[1]), default=name)
            stack = {**self.revisions, **self.inactive}[name]
            status = "ACTIVE" if name in self.revisions else "INACTIVE"
            arn = f"{ARN}:task-definition/{name}"
            return {
                "taskDefinition": {"family": name.split(":")[0], "taskDefinitionArn": arn, "status": status},
                "tags": [{"key": "stackwright:stack", "value": stack}] if stack else [],
            }
        if operation == "delete_task_definitions":
            names = [arn.rsplit("/", 1)[1] for arn in params["taskDefinitions"]]
            assert not set(names) & set(self.revisions), "still active"
            self.deleted.append(names)
            return {"failures": self.failures}
        assert operation == "deregister_task_definition"
        name = params["taskDefinition"].rsplit("/", 1)[1]
        self.inactive[name] = self.revisions.pop(name, self.inactive.get(name, ""))
        return {}

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> Any:
        if operation == "get_resources":
            arn = f"{ARN}:task-definition/"
            return [{"ResourceARN": arn + name, "Tags": []} for name in ("web:1", "web:3", "left:7")]
        held = {"ACTIVE": self.revisions, "INACTIVE": self.inactive}[params["status"]]
        if params.get("sort") == "DESC":
            held = dict(sorted(held.items(), key=lambda item: int(item[0].split(":")[1]), reverse=True))
        return [f"{ARN}:task-definition/{name}" for name in held]


def deletion(cloud: Families) -> None:
    assert callable(TASK_DEFINITION.delete)
    TASK_DEFINITION.delete(Work(Address(TASK_DEFINITION.type, "web"), {}, cloud, stack="shop-prod", current=latest()))


def test_a_deletion_deregisters_and_deletes_our_revisions_of_the_family_and_no_others() -> None:
    cloud = Families()
    deletion(cloud)
    assert cloud.revisions == {"web:2": "", "website:1": "shop-prod"}
    assert cloud.deleted == [
        ["web:0", "web:1", "web:3", *(f"web:{number}" for number in range(4, 11))],
        ["web:11", "web:12", "web:13"],
    ]


def test_a_family_whose_deletion_was_killed_half_way_is_found_to_be_deleted() -> None:
    """Deregistered and not deleted: it is not ready to be used, and a revision of somebody else's is none of ours."""
    cloud = Families()
    cloud.inactive = {"left:6": "shop-prod", "left:7": "", "left:5": "shop-prod"}
    (left,) = [
        TASK_DEFINITION.parse(item)
        for item in TASK_DEFINITION.list(Scope(api=cloud, stack="shop-prod", region="us-east-1"))
        if item["family"] == "left"
    ]
    assert (left.attributes["Arn"], left.phase) == (f"{ARN}:task-definition/left:6", Phase.FAILED)
    looked = TASK_DEFINITION.list(Scope(api=cloud, stack="shop-prod", region="us-east-1", ids=("left",)))
    assert [item["taskDefinitionArn"] for item in looked] == [f"{ARN}:task-definition/left:6"]
    cloud.inactive = {}
    assert TASK_DEFINITION.list(Scope(api=cloud, stack="shop-prod", region="us-east-1", ids=("left",))) == []


def test_a_revision_that_is_not_deleted_is_an_error_unless_it_is_gone() -> None:
    cloud = Families()
    cloud.failures = [{"arn": "web:1", "reason": "The specified task definition does not exist."}]
    deletion(cloud)
    cloud.failures = [{"arn": "web:0", "reason": "Please deregister the target and try again."}]
    with pytest.raises(ApiError, match="Please deregister"):
        deletion(cloud)


def test_each_family_is_asked_for_once_and_one_without_revisions_is_left_out() -> None:
    cloud = Families()
    scope = Scope(api=cloud, stack="shop-prod", region="us-east-1", wanted=({"Family": "new"}, {"Family": "web"}))
    assert [item["family"] for item in TASK_DEFINITION.list(scope)] == ["web"]
    assert cloud.asked == ["left", "new", "web"]


@pytest.mark.parametrize(
    ("revisions", "latest"),
    [
        # Ours, although somebody has registered others since.
        ({"web:2": "shop-prod", "web:3": "shop-prod", "web:8": "", "web:9": "other-prod"}, "web:3"),
        ({"web:3": "shop-prod"}, "web:3"),
        # Nobody's: to be adopted.
        ({"web:8": "", "web:9": ""}, "web:9"),
    ],
)
def test_the_latest_revision_is_the_latest_of_ours(revisions: dict[str, str], latest: str) -> None:
    cloud = Families()
    cloud.revisions = revisions
    cloud.inactive = {"web:1": "shop-prod"}
    for narrowed in ({"wanted": ({"Family": "web"},)}, {"ids": ("web",)}):
        scope = Scope(api=cloud, stack="shop-prod", region="us-east-1", **narrowed)
        (found,) = (item for item in TASK_DEFINITION.list(scope) if item["family"] == "web")
        assert found["taskDefinitionArn"] == f"{ARN}:task-definition/{latest}"


def test_a_family_that_may_not_be_read_is_no_missing_family() -> None:
    with pytest.raises(ApiError, match="AccessDenied"):
        TASK_DEFINITION.list(Scope(api=Families(), stack="shop-prod", region="us-east-1", ids=("denied",)))


# Services


def deployment(status: str = "PRIMARY", rollout: str | None = "COMPLETED", reason: str = "") -> dict[str, Any]:
    return {"status": status, "rolloutState": rollout, "rolloutStateReason": reason}


def service(*deployments: dict[str, Any], running: int = 2, desired: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "serviceArn": f"{ARN}:service/shop/web",
        "serviceName": "web",
        "clusterArn": f"{ARN}:cluster/shop",
        "status": "ACTIVE",
        "runningCount": running,
        "desiredCount": desired,
        "deployments": list(deployments),
        "tags": [],
        **more,
    }


BROKEN = "ECS deployment circuit breaker: tasks failed to start."
ROLLING_BACK = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."


@pytest.mark.parametrize(
    ("item", "state", "phase"),
    [
        pytest.param(service(deployment()), "STEADY_STATE", Phase.READY, id="steady"),
        pytest.param(service(deployment(), running=1), "STABILIZING", Phase.BUSY, id="a task is being replaced"),
        pytest.param(service(deployment(), running=0, desired=0), "STEADY_STATE", Phase.READY, id="scaled to nothing"),
        pytest.param(
            service(deployment(rollout="IN_PROGRESS"), deployment("ACTIVE")), "IN_PROGRESS", Phase.BUSY, id="rolling"
        ),
        pytest.param(service(deployment(rollout="FAILED", reason=BROKEN)), "FAILED", Phase.FAILED, id="failed"),
        pytest.param(
            service(deployment(rollout="IN_PROGRESS", reason=ROLLING_BACK), deployment("ACTIVE", "FAILED", BROKEN)),
            "ROLLBACK_IN_PROGRESS",
            Phase.FAILED,
            id="rolling back",
        ),
        pytest.param(
            service(deployment(rollout="IN_PROGRESS"), deployment("ACTIVE", "FAILED", BROKEN)),
            "IN_PROGRESS",
            Phase.BUSY,
            id="the next deployment after a failed one",
        ),
        pytest.param(service(deployment(), status="DRAINING"), "DRAINING", Phase.LEAVING, id="draining"),
        pytest.param(service(deployment(), status="INACTIVE"), "INACTIVE", Phase.GONE, id="inactive"),
        pytest.param(
            service(running=0, desired=0, deploymentController={"type": "EXTERNAL"}),
            "STEADY_STATE",
            Phase.READY,
            id="no deployment of ECS's",
        ),
        pytest.param(
            service(taskSets=[{"stabilityStatus": "STEADY_STATE"}, {"stabilityStatus": "STABILIZING"}]),
            "STABILIZING",
            Phase.BUSY,
            id="task sets",
        ),
    ],
)
def test_states_of_a_service(item: dict[str, Any], state: str, phase: Phase) -> None:
    found = SERVICE.parse(item)
    assert (found.state, found.phase) == (state, phase)
    if phase is Phase.FAILED:
        assert found.reason == BROKEN


def test_a_failed_deployment_is_no_reason_to_replace_the_service() -> None:
    surveyed = SERVICE.parse({**service(deployment(rollout="FAILED", reason=BROKEN)), "isSurvey": True})
    assert (surveyed.state, surveyed.phase, surveyed.reason) == ("DEPLOYMENT_FAILED", Phase.BUSY, BROKEN)


EVENTS = [{"message": "(service web) failed to launch a task."}, {"message": "(service web) has started 1 task."}]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (service(deployment(), events=EVENTS), ""),
        (service(deployment(rollout="IN_PROGRESS"), events=EVENTS), "(service web) failed to launch a task."),
        (
            service(deployment(rollout="FAILED", reason=BROKEN), events=EVENTS),
            f"{BROKEN} (service web) failed to launch a task.",
        ),
        (service(deployment(rollout="IN_PROGRESS")), ""),
    ],
)
def test_why_a_service_is_not_steady(item: dict[str, Any], reason: str) -> None:
    assert SERVICE.parse(item).reason == reason


NETWORK = {"awsvpcConfiguration": {"subnets": ["b", "a"], "securityGroups": ["sg"], "assignPublicIp": "DISABLED"}}


@pytest.mark.parametrize(
    ("name", "stated", "answered", "differ"),
    [
        ("NetworkConfiguration", {"AwsvpcConfiguration": {"Subnets": ["a", "b"]}}, NETWORK, False),
        ("NetworkConfiguration", {"AwsvpcConfiguration": {"Subnets": ["a"]}}, NETWORK, True),
        ("TaskDefinition", "web:3", f"{ARN}:task-definition/web:3", False),
        ("TaskDefinition", f"{ARN}:task-definition/web:4", f"{ARN}:task-definition/web:3", True),
        ("Cluster", f"{ARN}:cluster/shop", "shop", False),
        ("HealthCheckGracePeriodSeconds", 0, None, False),
        ("HealthCheckGracePeriodSeconds", 60, None, True),
        ("PropagateTags", "NONE", None, False),
        (
            "DeploymentConfiguration",
            {"DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}},
            {
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
                "strategy": "ROLLING",
            },
            False,
        ),
        (
            "CapacityProviderStrategy",
            [{"CapacityProvider": "FARGATE_SPOT", "Weight": 4}, {"CapacityProvider": "FARGATE", "Weight": 1}],
            [
                {"capacityProvider": "FARGATE", "weight": 1, "base": 0},
                {"capacityProvider": "FARGATE_SPOT", "weight": 4, "base": 0},
            ],
            False,
        ),
    ],
)
def test_properties_of_a_service(name: str, stated: Any, answered: Any, differ: bool) -> None:
    member = {"Cluster": "clusterArn"}.get(name, api_name(name))
    item = service(deployment()) | ({} if answered is None else {member: answered})
    assert differs(SERVICE.properties[name], stated, SERVICE.parse(item).properties[name]) is differ


def test_what_only_the_deployments_tell_is_read_from_the_primary_one() -> None:
    volume = {"name": "data", "managedEBSVolume": {"sizeInGiB": 10, "roleArn": "role"}}
    item = service({**deployment("ACTIVE")}, {**deployment(), "volumeConfigurations": [volume]})
    assert SERVICE.parse(item).properties["VolumeConfigurations"] == [
        {"Name": "data", "ManagedEBSVolume": {"SizeInGiB": 10, "RoleArn": "role"}}
    ]


def work(desired: dict[str, Any], *changed: str) -> Work:
    return Work(
        Address(SERVICE.type, "web"),
        desired,
        Families(),
        current=SERVICE.parse(service(deployment())),
        tags={"a": "1"},
        token="0" * 32,
        changed=frozenset(changed),
    )


@pytest.mark.parametrize(
    ("desired", "count"),
    [
        ({}, 1),
        ({"DesiredCount": 3}, 3),
        ({"DesiredCount": 0}, 0),
        ({"InitialDesiredCount": "2"}, 2),
        ({"SchedulingStrategy": "DAEMON"}, None),
    ],
)
def test_how_many_tasks_a_new_service_begins_with(desired: dict[str, Any], count: int | None) -> None:
    assert creation(work(desired)).get("desiredCount") == count


def test_an_autoscalers_count_is_not_compared_and_a_described_one_is() -> None:
    assert SERVICE.properties["InitialDesiredCount"].initial
    assert differs(SERVICE.properties["DesiredCount"], 2, 5)


DEPLOYED = service(deployment())


class Running:
    """One service, and the revisions that it may run."""

    region, account, partition = "us-east-1", "123456789012", "aws"

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self.asked: list[str] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> Any:
        self.asked.append(operation)
        if operation == "describe_services":
            item = {**DEPLOYED, "taskDefinition": f"{ARN}:task-definition/{self.revision}"}
            return {"services": [item]}
        assert operation == "describe_task_definition"
        return Families().call(service, operation, params)

    def pages(self, *_args: Any, **_more: Any) -> list[Any]:
        return []


@pytest.mark.parametrize(
    ("stated", "revision", "left"),
    [
        ("InitialTaskDefinition", "web:2", True),
        ("InitialTaskDefinition", "web:1", False),
        ("TaskDefinition", "web:2", False),
    ],
)
def test_a_service_that_runs_a_release_is_left_where_it_only_begins_with_something(
    stated: str, revision: str, left: bool
) -> None:
    cloud = Running(revision)
    desired = {"Cluster": "shop", "ServiceName": "web", stated: Unknown("the next revision")}
    (item,) = SERVICE.list(Scope(api=cloud, stack="shop-prod", region="us-east-1", wanted=(desired,)))
    found = SERVICE.parse(item)
    assert differs(SERVICE.properties[stated], desired[stated], found.properties[stated]) != left
    assert differs(SERVICE.properties[stated], "web:3", found.properties[stated]) != left
    assert SERVICE.remark is not None
    assert ("runs web:2, which this stack did not register" in SERVICE.remark(desired, found)) == left
    # What a service begins with is looked up for it alone.
    assert ("describe_task_definition" in cloud.asked) == (stated == "InitialTaskDefinition")


@pytest.mark.parametrize("stated", ["TaskDefinition", "InitialTaskDefinition"])
def test_what_runs_is_one_parameter_however_it_is_stated(stated: str) -> None:
    assert creation(work({stated: "web:3"}))["taskDefinition"] == "web:3"
    assert change(work({stated: "web:3"}, stated))["taskDefinition"] == "web:3"


def test_a_create_is_recognised_when_it_is_repeated_and_carries_its_tags() -> None:
    params = creation(work({"ServiceName": "web", "PlacementStrategies": [{"Type": "spread", "Field": "x"}]}))
    assert params["clientToken"] == "0" * 32
    assert params["tags"] == [{"key": "a", "value": "1"}]
    assert params["placementStrategy"] == [{"type": "spread", "field": "x"}]


def test_an_update_sends_only_what_differs() -> None:
    desired = {"TaskDefinition": "web:4", "DesiredCount": 4, "PlatformVersion": "LATEST"}
    where = {"cluster": "shop", "service": f"{ARN}:service/shop/web"}
    assert change(work(desired, "TaskDefinition")) == {**where, "taskDefinition": "web:4"}
    assert change(work(desired, "DesiredCount")) == {**where, "desiredCount": 4}


def test_a_change_of_the_capacity_strategy_is_a_deployment() -> None:
    strategy = [{"CapacityProvider": "FARGATE", "Weight": 1}]
    assert change(work({"CapacityProviderStrategy": strategy}, "CapacityProviderStrategy"))["forceNewDeployment"]


@pytest.mark.parametrize(
    ("cluster", "arn"),
    [
        ("shop", f"{ARN}:service/shop/web"),
        (f"{ARN}:cluster/shop", f"{ARN}:service/shop/web"),
        (Unknown("x"), None),
    ],
)
def test_the_arn_of_a_service_is_foretold(cluster: Any, arn: str | None) -> None:
    facts = {"partition": "aws", "region": "us-east-1", "account": "123456789012"}
    predicted = SERVICE.predict("Arn", {**facts, "Cluster": cluster, "ServiceName": "web"})
    assert predicted == arn if arn else isinstance(predicted, Unknown)


class Clusters:
    """Clusters with services; one of them is somebody else's and one does not exist."""

    region, account, partition = "us-east-1", "123456789012", "aws"

    def __init__(self) -> None:
        self.services = {"ours": [f"s{number:02}" for number in range(23)], "theirs": ["known", "tagged", "stranger"]}
        self.described: list[tuple[str, int]] = []

    def call(
        self, service: str, operation: str, params: dict[str, Any], *, region: str = "", once: bool = False
    ) -> Any:
        assert (operation, params["include"]) == ("describe_services", ["TAGS"])
        cluster, names = params["cluster"], params["services"]
        if cluster not in self.services:
            raise ApiError("ClusterNotFoundException", "Cluster not found.", missing=True)
        self.described.append((cluster, len(names)))
        return {"services": [{"serviceName": name} for name in names if name in self.services[cluster]]}

    def pages(self, service: str, operation: str, params: dict[str, Any], items: str, *, region: str = "") -> Any:
        if operation == "get_resources":
            return [{"ResourceARN": f"{ARN}:service/theirs/tagged", "Tags": []}]
        return [f"{ARN}:service/{params['cluster']}/{name}" for name in self.services[params["cluster"]]]


def test_services_are_described_ten_at_a_time_and_those_of_others_only_when_they_concern_us() -> None:
    cloud = Clusters()
    wanted = (
        {"Cluster": "theirs", "ServiceName": "known"},
        {"Cluster": "ours", "ServiceName": "new"},
        {"Cluster": "missing", "ServiceName": "x"},
        {"Cluster": Unknown("c"), "ServiceName": "y"},
    )
    ours = CLUSTER.parse({"clusterName": "ours", "clusterArn": f"{ARN}:cluster/ours", "status": "ACTIVE"})
    parents = {CLUSTER.type: [ours]}
    scope = Scope(api=cloud, stack="shop-prod", region="us-east-1", wanted=wanted, parents=parents)
    found = {item["serviceName"] for item in SERVICE.list(scope)}
    assert found == {*cloud.services["ours"], "known", "tagged"}
    assert cloud.described == [("ours", 10), ("ours", 10), ("ours", 4), ("theirs", 2)]


# Clusters


@pytest.mark.parametrize(
    ("item", "phase"),
    [
        ({"status": "ACTIVE"}, Phase.READY),
        ({"status": "ACTIVE", "attachmentsStatus": "UPDATE_COMPLETE"}, Phase.READY),
        ({"status": "ACTIVE", "attachmentsStatus": "UPDATE_IN_PROGRESS"}, Phase.BUSY),
        ({"status": "ACTIVE", "attachmentsStatus": "UPDATE_FAILED"}, Phase.FAILED),
        ({"status": "ACTIVE", "attachmentsStatus": "UPDATE_FAILED", "isSurvey": True}, Phase.BUSY),
        ({"status": "PROVISIONING"}, Phase.BUSY),
        ({"status": "DEPROVISIONING"}, Phase.LEAVING),
        ({"status": "FAILED"}, Phase.FAILED),
        ({"status": "INACTIVE"}, Phase.GONE),
    ],
)
def test_states_of_a_cluster(item: dict[str, Any], phase: Phase) -> None:
    assert CLUSTER.parse({"clusterName": "shop", **item}).phase is phase


def test_capacity_providers_and_their_strategy_are_always_sent_together() -> None:
    now = CLUSTER.parse({"clusterName": "shop", "status": "ACTIVE", "capacityProviders": ["FARGATE"]})
    strategy = [{"CapacityProvider": "FARGATE", "Weight": 1}]
    step = next(update.step for update in CLUSTER.updates if "CapacityProviders" in update.properties)
    params = step.params(  # type: ignore[union-attr]
        Work(Address(CLUSTER.type, "shop"), {"DefaultCapacityProviderStrategy": strategy}, Families(), current=now)
    )
    assert params == {
        "cluster": "shop",
        "capacityProviders": ["FARGATE"],
        "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
    }


_ON_BOTH = {"clusterName": "shop", "status": "ACTIVE", "capacityProviders": ["FARGATE", "FARGATE_SPOT"]}


def test_a_capacity_provider_goes_only_after_the_services_are_changed() -> None:
    now = CLUSTER.parse(_ON_BOTH)
    desired = {"CapacityProviders": ["FARGATE"]}
    begin, end = (update for update in CLUSTER.updates if "CapacityProviders" in update.properties)
    sent = [
        update.step.params(Work(Address(CLUSTER.type, "shop"), desired, Families(), current=now))  # type: ignore[union-attr]
        for update in (begin, end)
    ]
    assert [params["capacityProviders"] for params in sent] == [["FARGATE", "FARGATE_SPOT"], ["FARGATE"]]
    assert begin.after_users is None
    assert end.after_users is not None
    assert end.after_users(desired, now)
    assert not end.after_users({"CapacityProviders": ["FARGATE", "FARGATE_SPOT", "mine"]}, now)


@pytest.mark.parametrize(
    ("becomes", "refused"),
    [("FARGATE_SPOT", True), ("FARGATE", False), ("", False)],
    ids=["stays on it", "leaves it", "is deleted"],
)
def test_a_capacity_provider_that_a_service_stays_on_does_not_go(becomes: str, refused: bool) -> None:
    service = SERVICE.parse(
        {
            "serviceName": "api",
            "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/shop",
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        }
    )
    neighbours = Neighbours(
        lambda kind: [(service, None)] if kind == SERVICE.type else [],
        becomes=lambda _one: {"CapacityProviderStrategy": [{"CapacityProvider": becomes}]} if becomes else None,
    )
    assert CLUSTER.refuse_for_others is not None
    reasons = list(CLUSTER.refuse_for_others({"CapacityProviders": ["FARGATE"]}, CLUSTER.parse(_ON_BOTH), neighbours))
    assert ["ECS service api runs on it" in why for why in reasons] == [True] * refused
    assert list(CLUSTER.refuse_for_others({}, CLUSTER.parse(_ON_BOTH), neighbours)) == []
