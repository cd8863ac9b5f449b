"""Elastic Container Service: clusters, task definitions, services."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Compose, account_id, partition
from tests.contract.sample import Sample
from tests.contract.samples import elasticloadbalancingv2 as elb

VPC = Resource("AWS::EC2::VPC", "ecs", {"CidrBlock": "10.32.0.0/16", "EnableDnsHostnames": True})
SUBNETS = [
    Resource(
        "AWS::EC2::Subnet",
        f"ecs-{zone}",
        {
            "VpcId": VPC.ref("VpcId"),
            "CidrBlock": f"10.32.{number}.0/24",
            "AvailabilityZone": f"us-east-1{zone}",
        },
    )
    for number, zone in enumerate("ab")
]
GROUPS = [
    Resource(
        "AWS::EC2::SecurityGroup",
        f"ecs-{name}",
        {"GroupName": f"contract-ecs-{name}", "GroupDescription": "contract", "VpcId": VPC.ref("VpcId")},
    )
    for name in ("one", "two")
]
NETWORK = [VPC, *SUBNETS, *GROUPS]
ROLE = Resource(
    "AWS::IAM::Role",
    "ecs-task",
    {
        "RoleName": "contract-ecs-task",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
    },
)


def _role(name: str) -> Compose:
    return Compose("arn:{partition}:iam::{account}:role/" + name, {"partition": partition(), "account": account_id()})


def _container(**more: Any) -> dict[str, Any]:
    return {
        "Name": "app",
        "Image": "registry.example.com/app:1.0",
        "PortMappings": [{"ContainerPort": 8000}],
        "Environment": [{"Name": "LOG_LEVEL", "Value": "info"}, {"Name": "API_VERSION", "Value": "1.0"}],
        **more,
    }


LOGS = {
    "LogDriver": "awslogs",
    "Options": {"awslogs-group": "/ecs/contract", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"},
}


def _task_definition(name: str, **more: Any) -> Resource:
    properties = {
        "Family": f"contract-{name}",
        "Cpu": "256",
        "Memory": "1024",
        "NetworkMode": "awsvpc",
        "RequiresCompatibilities": ["FARGATE"],
        "ContainerDefinitions": [_container()],
        **more,
    }
    return Resource("AWS::ECS::TaskDefinition", name, properties)


def _cluster(name: str) -> Resource:
    return Resource("AWS::ECS::Cluster", name, {"ClusterName": f"contract-{name}"})


CLUSTER = _cluster("main")
OTHER_CLUSTER = _cluster("other")
TASKS = _task_definition("main", TaskRoleArn=ROLE.ref("Arn"))
OTHER_TASKS = _task_definition("other", TaskRoleArn=ROLE.ref("Arn"))


def network(groups: list[Resource], subnets: list[Resource] | None = None) -> dict[str, Any]:
    return {
        "AwsvpcConfiguration": {
            "Subnets": [subnet.ref("SubnetId") for subnet in subnets or SUBNETS],
            "SecurityGroups": [group.ref("GroupId") for group in groups],
            "AssignPublicIp": "DISABLED",
        }
    }


def service(name: str, **more: Any) -> Resource:
    properties = {
        "Cluster": CLUSTER.ref("ClusterName"),
        "ServiceName": f"contract-{name}",
        "TaskDefinition": TASKS.ref("TaskDefinitionArn"),
        "NetworkConfiguration": network(GROUPS[:1]),
        **more,
    }
    return Resource("AWS::ECS::Service", name, properties)


SAMPLES = [
    Sample(
        kind="AWS::ECS::Cluster",
        resources=[
            Resource(
                "AWS::ECS::Cluster",
                "under-test",
                {
                    "ClusterName": "contract-under-test",
                    "CapacityProviders": ["FARGATE", "FARGATE_SPOT"],
                    "DefaultCapacityProviderStrategy": [
                        {"CapacityProvider": "FARGATE", "Weight": 1, "Base": 1},
                        {"CapacityProvider": "FARGATE_SPOT", "Weight": 4},
                    ],
                    "ClusterSettings": [{"Name": "containerInsights", "Value": "disabled"}],
                    "Configuration": {"ExecuteCommandConfiguration": {"Logging": "DEFAULT"}},
                },
            )
        ],
        changes={
            "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
            "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}],
            "Configuration": {"ExecuteCommandConfiguration": {"Logging": "NONE"}},
        },
        immutable={"ClusterName": "contract-renamed"},
    ),
    Sample(
        kind="AWS::ECS::TaskDefinition",
        resources=[
            _task_definition(
                "under-test",
                ContainerDefinitions=[_container(LogConfiguration=LOGS)],
                ExecutionRoleArn=_role("contract-execution"),
                EphemeralStorage={"SizeInGiB": 25},
                RuntimePlatform={"CpuArchitecture": "X86_64", "OperatingSystemFamily": "LINUX"},
                Volumes=[{"Name": "scratch"}],
            )
        ],
        changes={
            "ContainerDefinitions": [
                _container(
                    Image="registry.example.com/app:1.1",
                    Environment=[{"Name": "LOG_LEVEL", "Value": "debug"}],
                    HealthCheck={"Command": ["CMD-SHELL", "curl -f http://localhost:8000/health"]},
                    MountPoints=[{"SourceVolume": "scratch", "ContainerPath": "/scratch"}],
                )
            ],
            "Cpu": "512",
            "Memory": "2 GB",
            "EphemeralStorage": {"SizeInGiB": 30},
            "ExecutionRoleArn": _role("contract-execution-too"),
            "TaskRoleArn": _role("contract-task"),
            "RuntimePlatform": {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
            "Volumes": [{"Name": "scratch"}, {"Name": "more"}],
        },
        immutable={"Family": "contract-renamed"},
    ),
    Sample(
        kind="AWS::ECS::Service",
        resources=[
            *NETWORK,
            ROLE,
            CLUSTER,
            OTHER_CLUSTER,
            TASKS,
            OTHER_TASKS,
            service(
                "under-test",
                DesiredCount=1,
                LaunchType="FARGATE",
                PlatformVersion="LATEST",
                DeploymentConfiguration={
                    "MinimumHealthyPercent": 100,
                    "MaximumPercent": 200,
                    "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
                },
            ),
        ],
        changes={
            "TaskDefinition": OTHER_TASKS.ref("TaskDefinitionArn"),
            "DesiredCount": 2,
            "NetworkConfiguration": network(GROUPS),
            "DeploymentConfiguration": {"MinimumHealthyPercent": 50, "MaximumPercent": 300},
            "EnableECSManagedTags": True,
            "EnableExecuteCommand": True,
            "PropagateTags": "SERVICE",
        },
        immutable={
            "ServiceName": "contract-renamed",
            "Cluster": OTHER_CLUSTER.ref("ClusterName"),
        },
    ),
    Sample(
        kind="AWS::ECS::Service",
        resources=[
            *elb.NETWORK,
            elb.ALB,
            elb.BLUE,
            elb.GREEN,
            elb.LISTENER,
            ROLE,
            CLUSTER,
            TASKS,
            service(
                "routed",
                DesiredCount=0,
                LaunchType="FARGATE",
                NetworkConfiguration=network(elb.GROUPS[:1], elb.SUBNETS),
                LoadBalancers=[
                    {
                        "ContainerName": "app",
                        "ContainerPort": 8000,
                        "TargetGroupArn": elb.BLUE.ref("TargetGroupArn"),
                    }
                ],
            ),
        ],
    ),
]
