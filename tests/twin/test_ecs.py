# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, passes_through, refused, until

Client = Callable[..., Any]
ROLE = "arn:aws:iam::123456789012:role/exec"
TASK = {
    "family": "web",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "512",
    "memory": "1024",
    "containerDefinitions": [
        {"name": "app", "image": "public.ecr.aws/nginx/nginx:1", "portMappings": [{"containerPort": 8000}]}
    ],
}


@pytest.fixture
def ecs(twin: Any, client: Client) -> Any:
    twin.delays(
        ecs__task__start=0.2,
        ecs__task__stop=0.1,
        ecs__drain=0.1,
        ecs__deployment=0.1,
        elbv2__target_health=0.1,
    )
    return client("ecs")


@pytest.fixture
def network(client: Client) -> dict[str, Any]:
    return {"awsvpcConfiguration": {"subnets": default_subnets(client)}}


def cluster(ecs: Any, **more: Any) -> dict[str, Any]:
    ecs.create_cluster(clusterName="c", **more)
    return until(lambda: ecs.describe_clusters(clusters=["c"])["clusters"][0], lambda c: c["status"] == "ACTIVE")


def role(client: Client, name: str = "exec") -> str:
    policy = {"Version": "2012-10-17", "Statement": []}
    return client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))["Role"]["Arn"]


def target_group(client: Client, attached: bool = True, kind: str = "ip") -> str:
    elb = client("elbv2")
    subnets = default_subnets(client)
    vpc = client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    arn = elb.create_target_group(Name="tg", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType=kind)
    arn = arn["TargetGroups"][0]["TargetGroupArn"]
    if attached:
        balancer = elb.create_load_balancer(Name="lb", Subnets=subnets, Scheme="internal")["LoadBalancers"][0]
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
    return arn


def registered(ecs: Any, **change: Any) -> str:
    return ecs.register_task_definition(**{**TASK, **change})["taskDefinition"]["taskDefinitionArn"]


def service(ecs: Any, network: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {
        "cluster": "c",
        "serviceName": "s",
        "taskDefinition": "web",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "networkConfiguration": network,
    }
    wanted = {k: v for k, v in {**base, **more}.items() if v is not None}
    return ecs.create_service(**wanted)["service"]


def described(ecs: Any, include: list[str] | None = None) -> dict[str, Any]:
    return ecs.describe_services(cluster="c", services=["s"], include=include or [])["services"][0]


def steady(ecs: Any, count: int = 2) -> dict[str, Any]:
    def is_steady(s: dict[str, Any]) -> bool:
        return (
            len(s["deployments"]) == 1
            and s["deployments"][0]["rolloutState"] == "COMPLETED"
            and s["runningCount"] == count
        )

    return until(lambda: described(ecs), is_steady)


def running(ecs: Any) -> list[dict[str, Any]]:
    arns = ecs.list_tasks(cluster="c", serviceName="s")["taskArns"]
    return ecs.describe_tasks(cluster="c", tasks=arns, include=["TAGS"])["tasks"] if arns else []


def test_a_cluster_with_capacity_providers_is_provisioned_first(twin: Any, ecs: Any) -> None:
    twin.delays(ecs__task__start=1.0)
    strategy = [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 4, "base": 0},
    ]
    made = ecs.create_cluster(
        clusterName="c",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=strategy,
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[{"key": "a", "value": "1"}],
    )["cluster"]
    assert made["status"] == "PROVISIONING"
    with refused("UpdateInProgressException", "busy state"):
        ecs.put_cluster_capacity_providers(
            cluster="c", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
        )
    got = cluster(ecs)
    assert got["defaultCapacityProviderStrategy"] == strategy
    assert (got["settings"], got["tags"]) == ([], [])
    got = ecs.describe_clusters(clusters=["c"], include=["SETTINGS", "TAGS"])["clusters"][0]
    assert got["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    assert got["tags"] == [{"key": "a", "value": "1"}]
    ecs.put_cluster_capacity_providers(cluster="c", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[])
    ecs.update_cluster_settings(cluster="c", settings=[{"name": "containerInsights", "value": "disabled"}])
    got = ecs.describe_clusters(clusters=["c"], include=["SETTINGS"])["clusters"][0]
    assert (got["capacityProviders"], got["settings"][0]["value"]) == (["FARGATE"], "disabled")


def test_a_strategy_must_name_what_the_cluster_has(ecs: Any) -> None:
    with refused("InvalidParameterException", "was not found"):
        ecs.create_cluster(clusterName="c", capacityProviders=["NOSUCH"])
    with refused("InvalidParameterException", "not associated with the cluster"):
        ecs.create_cluster(
            clusterName="c",
            capacityProviders=["FARGATE"],
            defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        )


def test_a_cluster_in_use_cannot_be_deleted(ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    service(ecs, network)
    with refused("ClusterContainsServicesException", "while Services are active"):
        ecs.delete_cluster(cluster="c")
    ecs.delete_service(cluster="c", service="s", force=True)
    until(lambda: described(ecs)["status"], lambda s: s == "INACTIVE")
    assert ecs.delete_cluster(cluster="c")["cluster"]["status"] == "INACTIVE"
    with refused("ClusterNotFoundException"):
        ecs.list_services(cluster="c")
    assert ecs.list_clusters()["clusterArns"] == []
    assert ecs.create_cluster(clusterName="c")["cluster"]["status"] == "ACTIVE"


def test_a_task_definition_comes_back_whole(client: Client, ecs: Any) -> None:
    container = {
        "name": "app",
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1",
        "cpu": 256,
        "memoryReservation": 512,
        "essential": True,
        "command": ["serve"],
        "environment": [{"name": "A", "value": "1"}],
        "secrets": [{"name": "S", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-AbCdEf"}],
        "portMappings": [{"containerPort": 8000, "name": "http", "appProtocol": "http"}],
        "healthCheck": {"command": ["CMD-SHELL", "true"], "startPeriod": 60},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"},
        },
        "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}],
        "linuxParameters": {"initProcessEnabled": True},
        "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}],
        "dockerLabels": {"l": "1"},
    }
    stated = {
        "executionRoleArn": ROLE,
        "taskRoleArn": ROLE,
        "volumes": [{"name": "v"}],
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "ephemeralStorage": {"sizeInGiB": 30},
        "containerDefinitions": [container],
        "tags": [{"key": "a", "value": "1"}],
    }
    registered(ecs, **stated)
    answer = ecs.describe_task_definition(taskDefinition="web", include=["TAGS"])
    got = answer["taskDefinition"]
    assert answer["tags"] == [{"key": "a", "value": "1"}]
    assert "tags" not in ecs.describe_task_definition(taskDefinition="web")
    for name in ("executionRoleArn", "taskRoleArn", "volumes", "runtimePlatform", "ephemeralStorage"):
        assert got[name] == stated[name]
    assert (got["cpu"], got["memory"], got["networkMode"]) == ("512", "1024", "awsvpc")
    back = got["containerDefinitions"][0]
    for name in container.keys() - {"portMappings", "healthCheck"}:
        assert back[name] == container[name]
    assert back["portMappings"] == [
        {"containerPort": 8000, "hostPort": 8000, "protocol": "tcp", "name": "http", "appProtocol": "http"}
    ]
    assert back["healthCheck"] == {
        "command": ["CMD-SHELL", "true"],
        "startPeriod": 60,
        "interval": 30,
        "timeout": 5,
        "retries": 3,
    }
    assert got["compatibilities"] == ["EC2", "FARGATE"]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("No Fargate configuration exists for given values: 512 CPU, 512 memory", {"memory": "512"}),
        ("No Fargate configuration exists", {"cpu": "300"}),
        ("'cpu' be defined at the task level", {"cpu": None}),
        ("only supports network mode", {"networkMode": "bridge"}),
        (
            "support log driver awslogs",
            {"containerDefinitions": [{"name": "a", "image": "i", "logConfiguration": {"logDriver": "awslogs"}}]},
        ),
        (
            "support ECR images",
            {"containerDefinitions": [{"name": "a", "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1"}]},
        ),
        ("image should not be null", {"containerDefinitions": [{"name": "a"}]}),
        (
            "greater than for the task",
            {"containerDefinitions": [{"name": "a", "image": "i", "memory": 4096}]},
        ),
        (
            "Duplicate container names",
            {"containerDefinitions": [{"name": "a", "image": "i"}, {"name": "a", "image": "i"}]},
        ),
        (
            "one container must be essential",
            {"containerDefinitions": [{"name": "a", "image": "i", "essential": False}]},
        ),
        (
            "Unknown volume",
            {
                "containerDefinitions": [
                    {"name": "a", "image": "i", "mountPoints": [{"sourceVolume": "v", "containerPath": "/"}]}
                ]
            },
        ),
    ],
)
def test_what_a_task_definition_is_refused_for(ecs: Any, text: str, change: dict[str, Any]) -> None:
    with refused("ClientException", text):
        ecs.register_task_definition(**{k: v for k, v in {**TASK, **change}.items() if v is not None})


def test_revisions(ecs: Any) -> None:
    first, second = registered(ecs), registered(ecs)
    assert (first[-2:], second[-2:]) == (":1", ":2")
    ecs.deregister_task_definition(taskDefinition=second)
    assert ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"] == 1
    assert ecs.list_task_definitions(familyPrefix="web", status="INACTIVE")["taskDefinitionArns"] == [second]
    assert ecs.list_task_definition_families(status="ACTIVE")["families"] == ["web"]
    for _ in range(3):
        registered(ecs)
    pages = list(ecs.get_paginator("list_task_definitions").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["taskDefinitionArns"]) for page in pages] == [2, 2]
    answer = ecs.delete_task_definitions(taskDefinitions=[first, second])
    assert answer["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    assert "still in ACTIVE" in answer["failures"][0]["reason"]
    with refused("ClientException"):
        ecs.describe_task_definition(taskDefinition="nosuch")


def test_a_deleted_revision_goes_once_nothing_refers_to_it(
    twin: Any, client: Client, ecs: Any, network: dict[str, Any]
) -> None:
    twin.delays(ecs__task_definition__delete=0.2)
    cluster(ecs)
    tagging = client("resourcegroupstaggingapi")

    def shown() -> list[str]:
        found = tagging.get_resources(ResourceTypeFilters=["ecs:task-definition"])["ResourceTagMappingList"]
        return [one["ResourceARN"] for one in found]

    tags = [{"key": "team", "value": "a"}]
    arn = ecs.register_task_definition(**TASK, tags=tags)["taskDefinition"]["taskDefinitionArn"]
    service(ecs, network)
    steady(ecs)
    ecs.deregister_task_definition(taskDefinition=arn)
    assert shown() == [arn]
    assert ecs.delete_task_definitions(taskDefinitions=[arn])["failures"] == []
    time.sleep(0.4)
    got = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    assert (got["taskDefinition"]["status"], got["tags"]) == ("DELETE_IN_PROGRESS", tags)
    assert ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"] == [arn]
    assert shown() == [arn]
    with refused("ClientException", "inactive"):
        service(ecs, network, serviceName="another", taskDefinition=arn)
    ecs.delete_service(cluster="c", service="s", force=True)
    until(lambda: ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"], lambda found: not found)
    with refused("ClientException"):
        ecs.describe_task_definition(taskDefinition=arn)
    assert shown() == []
    assert ecs.list_task_definition_families()["families"] == []
    assert ecs.delete_task_definitions(taskDefinitions=[arn])["failures"]
    assert registered(ecs).endswith(":2")


def test_a_service_starts_tasks_registers_them_and_completes(client: Client, ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    group = target_group(client)
    made = service(
        ecs,
        network,
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8000}],
        healthCheckGracePeriodSeconds=60,
    )
    assert (made["status"], made["runningCount"]) == ("ACTIVE", 0)
    assert made["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    got = steady(ecs)
    assert got["deployments"][0]["status"] == "PRIMARY" and got["deployments"][0]["runningCount"] == 2
    assert "steady state" in got["events"][0]["message"]
    tasks = running(ecs)
    assert {task["lastStatus"] for task in tasks} == {"RUNNING"}
    addresses = {
        detail["value"]
        for task in tasks
        for detail in task["attachments"][0]["details"]
        if detail["name"] == "privateIPv4Address"
    }
    health = client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert {(h["Target"]["Id"], h["TargetHealth"]["State"]) for h in health} == {(a, "healthy") for a in addresses}
    assert {h["Target"]["Port"] for h in health} == {8000}
    interfaces = client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert addresses <= {eni["PrivateIpAddress"] for eni in interfaces}
    ecs.get_waiter("services_stable").wait(cluster="c", services=["s"], WaiterConfig={"Delay": 1, "MaxAttempts": 3})


def test_every_field_of_a_service_comes_back(client: Client, ecs: Any, network: dict[str, Any]) -> None:
    strategy = [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 4, "base": 0},
    ]
    cluster(ecs, capacityProviders=["FARGATE", "FARGATE_SPOT"])
    registered(ecs, taskRoleArn=role(client))
    configuration = {
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "maximumPercent": 150,
        "minimumHealthyPercent": 50,
    }
    made = service(
        ecs,
        network,
        launchType=None,
        capacityProviderStrategy=strategy,
        deploymentConfiguration=configuration,
        propagateTags="SERVICE",
        enableECSManagedTags=True,
        enableExecuteCommand=True,
        platformVersion="1.4.0",
        tags=[{"key": "a", "value": "1"}],
    )
    assert made["tags"] == [{"key": "a", "value": "1"}]
    assert "tags" not in described(ecs)
    got = described(ecs, ["TAGS"])
    assert got["tags"] == [{"key": "a", "value": "1"}]
    assert got["capacityProviderStrategy"] == strategy and "launchType" not in got
    assert configuration.items() <= got["deploymentConfiguration"].items()
    assert got["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    assert (got["propagateTags"], got["platformVersion"]) == ("SERVICE", "1.4.0")
    assert got["enableECSManagedTags"] and got["enableExecuteCommand"]
    steady(ecs)
    task = running(ecs)[0]
    assert {"key": "a", "value": "1"} in task["tags"]
    assert {"key": "aws:ecs:serviceName", "value": "s"} in task["tags"]
    assert task["capacityProviderName"] in ("FARGATE", "FARGATE_SPOT")
    with refused("ResourceInUseException"):
        ecs.put_cluster_capacity_providers(
            cluster="c", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
        )


@pytest.mark.parametrize(
    ("code", "text", "change"),
    [
        ("ClientException", "TaskDefinition not found", {"taskDefinition": "nosuch"}),
        (
            "InvalidParameterException",
            "Network Configuration must be provided",
            {"networkConfiguration": None},
        ),
        (
            "InvalidParameterException",
            "subnet ID 'subnet-0' does not exist",
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}},
        ),
        ("InvalidParameterException", "desired count", {"desiredCount": None}),
        (
            "InvalidParameterException",
            "block deployments",
            {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}},
        ),
        ("InvalidParameterException", "grace period is only valid", {"healthCheckGracePeriodSeconds": 60}),
        ("InvalidParameterException", "valid taskRoleArn", {"enableExecuteCommand": True}),
        (
            "InvalidParameterException",
            "not associated with the cluster",
            {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
        ),
        (
            "InvalidParameterException",
            "does not exist",
            {
                "loadBalancers": [
                    {
                        "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/0",
                        "containerName": "app",
                        "containerPort": 8000,
                    }
                ]
            },
        ),
        ("ClusterNotFoundException", "", {"cluster": "nosuch"}),
    ],
)
def test_what_a_service_is_refused_for(
    ecs: Any, network: dict[str, Any], code: str, text: str, change: dict[str, Any]
) -> None:
    cluster(ecs)
    registered(ecs)
    with refused(code, text):
        service(ecs, network, **change)


def test_a_target_group_needs_a_load_balancer_the_right_type_and_the_containers_port(
    client: Client, ecs: Any, network: dict[str, Any]
) -> None:
    cluster(ecs)
    registered(ecs)
    group = target_group(client, attached=False)
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 8000}
    with refused("InvalidParameterException", "does not have an associated load balancer"):
        service(ecs, network, loadBalancers=[balancer])
    with refused("InvalidParameterException", "did not have a container port 9"):
        service(ecs, network, loadBalancers=[{**balancer, "containerPort": 9}])
    with refused("InvalidParameterException", "does not exist in the task definition"):
        service(ecs, network, loadBalancers=[{**balancer, "containerName": "x"}])


def test_creation_is_idempotent_and_only_that(ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    first = service(ecs, network, clientToken="t")
    assert service(ecs, network, clientToken="t")["createdAt"] == first["createdAt"]
    with refused("InvalidParameterException", "Creation of service was not idempotent."):
        service(ecs, network, taskDefinition="web:1", propagateTags="SERVICE")
    assert len(ecs.list_services(cluster="c")["serviceArns"]) == 1


def test_a_new_task_definition_replaces_the_tasks(client: Client, ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    first = registered(ecs)
    group = target_group(client)
    balancer = {"targetGroupArn": group, "containerName": "app", "containerPort": 8000}
    service(ecs, network, loadBalancers=[balancer])
    steady(ecs)
    old = {task["taskArn"] for task in running(ecs)}
    second = registered(ecs)
    answer = ecs.update_service(cluster="c", service="s", taskDefinition="web")["service"]
    assert [(d["status"], d["taskDefinition"]) for d in answer["deployments"]] == [
        ("PRIMARY", second),
        ("ACTIVE", first),
    ]
    assert answer["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    low: list[int] = []

    def watch() -> dict[str, Any]:
        got = described(ecs)
        low.append(got["runningCount"])
        return got

    until(watch, lambda s: len(s["deployments"]) == 1 and s["deployments"][0]["rolloutState"] == "COMPLETED")
    assert min(low) >= 2
    assert {task["taskDefinitionArn"] for task in running(ecs)} == {second}
    health = client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert len(health) == 2
    stopped = ecs.describe_tasks(cluster="c", tasks=sorted(old))["tasks"]
    assert {task["lastStatus"] for task in stopped} == {"STOPPED"}
    found = ecs.list_service_deployments(cluster="c", service="s")["serviceDeployments"]
    assert [d["status"] for d in found] == ["SUCCESSFUL", "SUCCESSFUL"]
    (detail,) = ecs.describe_service_deployments(serviceDeploymentArns=[found[0]["serviceDeploymentArn"]])[
        "serviceDeployments"
    ]
    assert detail["targetServiceRevision"]["runningTaskCount"] == 2
    (revision,) = ecs.describe_service_revisions(serviceRevisionArns=[detail["targetServiceRevision"]["arn"]])[
        "serviceRevisions"
    ]
    assert revision["taskDefinition"] == second


def test_scaling_and_noted_changes_make_no_deployment_but_force_does(ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    service(ecs, network)
    before = steady(ecs)["deployments"][0]["id"]
    ecs.update_service(cluster="c", service="s", desiredCount=3, propagateTags="SERVICE")
    assert steady(ecs, 3)["deployments"][0]["id"] == before
    ecs.update_service(
        cluster="c",
        service="s",
        desiredCount=1,
        deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 0},
    )
    got = steady(ecs, 1)
    assert got["deployments"][0]["id"] == before
    assert got["deploymentConfiguration"]["maximumPercent"] == 100
    ecs.update_service(cluster="c", service="s", forceNewDeployment=True)
    until(lambda: steady(ecs, 1)["deployments"][0]["id"], lambda identity: identity != before)


def test_the_circuit_breaker_rolls_back_what_cannot_be_pulled(
    client: Client, ecs: Any, network: dict[str, Any]
) -> None:
    cluster(ecs)
    first = registered(ecs)
    service(
        ecs,
        network,
        desiredCount=1,
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )
    steady(ecs, 1)
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/nosuch:1"
    registered(ecs, executionRoleArn=role(client), containerDefinitions=[{"name": "app", "image": image}])
    ecs.update_service(cluster="c", service="s", taskDefinition="web")
    got = until(
        lambda: described(ecs),
        lambda s: (
            len(s["deployments"]) == 1
            and s["deployments"][0]["taskDefinition"] == first
            and s["deployments"][0]["rolloutState"] == "COMPLETED"
        ),
        timeout=20,
    )
    assert (got["taskDefinition"], got["runningCount"]) == (first, 1)
    statuses = [d["status"] for d in ecs.list_service_deployments(cluster="c", service="s")["serviceDeployments"]]
    assert statuses == ["SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    stopped = ecs.list_tasks(cluster="c", serviceName="s", desiredStatus="STOPPED")["taskArns"]
    reasons = {t["stoppedReason"] for t in ecs.describe_tasks(cluster="c", tasks=stopped)["tasks"]}
    assert any(reason.startswith("CannotPullContainerError") for reason in reasons)


def test_a_deletion_drains_first(twin: Any, ecs: Any, network: dict[str, Any]) -> None:
    twin.delays(ecs__drain=1.5)
    cluster(ecs)
    registered(ecs)
    service(ecs, network)
    steady(ecs)
    with refused("InvalidParameterException", "scaled above 0"):
        ecs.delete_service(cluster="c", service="s")
    assert ecs.delete_service(cluster="c", service="s", force=True)["service"]["status"] == "DRAINING"
    assert ecs.list_services(cluster="c")["serviceArns"] == []
    with refused("InvalidParameterException", "still Draining"):
        service(ecs, network)
    passes_through(lambda: described(ecs)["status"], "DRAINING", "INACTIVE")
    with refused("ServiceNotActiveException"):
        ecs.update_service(cluster="c", service="s", desiredCount=1)
    with refused("ServiceNotFoundException"):
        ecs.delete_service(cluster="c", service="s")
    assert service(ecs, network)["status"] == "ACTIVE"


def test_a_task_runs_once_and_ends(client: Client, ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    before = len(client("ec2").describe_network_interfaces()["NetworkInterfaces"])
    run = {
        "cluster": "c",
        "taskDefinition": "web",
        "launchType": "FARGATE",
        "networkConfiguration": network,
        "startedBy": "me",
        "clientToken": "t",
        "overrides": {"containerOverrides": [{"name": "app", "command": ["migrate"]}]},
        "tags": [{"key": "a", "value": "1"}],
    }
    task = ecs.run_task(**run)["tasks"][0]
    assert task["lastStatus"] == "PROVISIONING"
    assert ecs.run_task(**run)["tasks"][0]["taskArn"] == task["taskArn"]
    read = lambda: ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]], include=["TAGS"])["tasks"][0]  # noqa: E731
    passes_through(lambda: read()["lastStatus"], "PROVISIONING", "PENDING", "RUNNING", "STOPPED")
    got = read()
    assert got["containers"][0]["exitCode"] == 0
    assert (got["stopCode"], got["startedBy"]) == ("EssentialContainerExited", "me")
    assert got["overrides"]["containerOverrides"][0]["command"] == ["migrate"]
    assert got["tags"] == [{"key": "a", "value": "1"}]
    assert len(client("ec2").describe_network_interfaces()["NetworkInterfaces"]) == before
    assert ecs.list_tasks(cluster="c")["taskArns"] == []
    assert ecs.list_tasks(cluster="c", desiredStatus="STOPPED")["taskArns"] == [task["taskArn"]]


@pytest.mark.parametrize(
    ("code", "text", "change"),
    [
        (
            "InvalidParameterException",
            "not a container in the TaskDefinition",
            {"overrides": {"containerOverrides": [{"name": "x"}]}},
        ),
        ("InvalidParameterException", "No Container Instances", {"launchType": "EC2"}),
        ("InvalidParameterException", "Network Configuration must be provided", {"networkConfiguration": {}}),
        ("ClientException", "not found", {"taskDefinition": "nosuch"}),
    ],
)
def test_what_run_task_refuses(ecs: Any, network: dict[str, Any], code: str, text: str, change: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    base = {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network}
    with refused(code, text):
        ecs.run_task(**{**base, **change})


def test_a_task_with_a_role_secret_or_log_group_that_does_not_exist_does_not_start(
    client: Client, ecs: Any, network: dict[str, Any]
) -> None:
    cluster(ecs)
    run = {"cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network}
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:nosuch-AbCdEf"
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/nosuch", "awslogs-region": "us-east-1"}}
    base = {"name": "app", "image": "nginx"}
    registered(ecs, executionRoleArn=ROLE, containerDefinitions=[base])
    with refused("ClientException", "unable to assume the role"):
        ecs.run_task(**run)
    role(client)
    manager = client("secretsmanager")
    empty = manager.create_secret(Name="empty")["ARN"]
    text = manager.create_secret(Name="text", SecretString="plain")["ARN"]
    whole = manager.create_secret(Name="whole", SecretString='{"a": "b"}')["ARN"]

    def from_(source: str) -> dict[str, Any]:
        return {"secrets": [{"name": "S", "valueFrom": source}]}

    for change, reason in (
        (from_(secret), "can't find the specified secret."),
        (from_(empty), "can't find the specified secret value"),
        (from_(f"{text}:a::"), "which is no JSON"),
        (from_(f"{whole}:other::"), "did not contain json key other"),
        ({"logConfiguration": log}, "log group /nosuch"),
    ):
        registered(ecs, executionRoleArn=ROLE, containerDefinitions=[{**base, **change}])
        arn = ecs.run_task(**run)["tasks"][0]["taskArn"]
        task = until(
            lambda arn=arn: ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0],
            lambda t: t["lastStatus"] == "STOPPED",
        )
        assert task["stopCode"] == "TaskFailedToStart"
        assert task["stoppedReason"].startswith("ResourceInitializationError") and reason in task["stoppedReason"]
        assert "exitCode" not in task["containers"][0]


def test_a_stopped_task_is_replaced(ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    service(ecs, network)
    steady(ecs)
    gone = running(ecs)[0]["taskArn"]
    assert ecs.stop_task(cluster="c", task=gone, reason="me")["task"]["desiredStatus"] == "STOPPED"
    until(lambda: [t["taskArn"] for t in running(ecs)], lambda arns: len(arns) == 2 and gone not in arns)
    steady(ecs)


def test_at_most_ten_services_a_call_and_pages(ecs: Any, network: dict[str, Any]) -> None:
    cluster(ecs)
    registered(ecs)
    names = [f"s{number:02d}" for number in range(12)]
    for name in names:
        service(ecs, network, serviceName=name, desiredCount=0)
    with refused("InvalidParameterException", "10"):
        ecs.describe_services(cluster="c", services=names)
    assert len(ecs.list_services(cluster="c")["serviceArns"]) == 10
    pages = ecs.get_paginator("list_services").paginate(cluster="c")
    assert sum(len(page["serviceArns"]) for page in pages) == 12
    answer = ecs.describe_services(cluster="c", services=["s00", "nosuch"])
    assert len(answer["services"]) == 1 and answer["failures"][0]["reason"] == "MISSING"


def test_tags_of_everything(client: Client, ecs: Any, network: dict[str, Any]) -> None:
    made = cluster(ecs)
    definition = registered(ecs)
    arns = [made["clusterArn"], definition, service(ecs, network, desiredCount=0)["serviceArn"]]
    for arn in arns:
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "3"}])
        ecs.untag_resource(resourceArn=arn, tagKeys=["b"])
        assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "3"}]
    found = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "a"}])
    assert set(arns) <= {r["ResourceARN"] for r in found["ResourceTagMappingList"]}
