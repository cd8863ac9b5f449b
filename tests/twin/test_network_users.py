# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A subnet and a security group stay while a managed service uses them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import eventually, refused


class Network:
    def __init__(self, client: Any) -> None:
        self.ec2 = client("ec2")
        vpc = self.ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.5.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for n, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        self.group = self.ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]

    def is_held(self) -> None:
        with refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=self.group)
        with refused("DependencyViolation"):
            self.ec2.delete_subnet(SubnetId=self.subnets[0])

    def is_free(self) -> None:
        self.ec2.delete_security_group(GroupId=self.group)
        self.ec2.delete_subnet(SubnetId=self.subnets[0])


@pytest.fixture
def network(client: Any) -> Network:
    return Network(client)


def test_database(client: Any, network: Network) -> None:
    rds = client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=network.subnets)
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
        MasterUsername="app",
        MasterUserPassword="correct-horse",
        DBSubnetGroupName="g",
        VpcSecurityGroupIds=[network.group],
    )
    network.is_held()

    def count() -> int:
        return len(rds.describe_db_instances()["DBInstances"])

    eventually(lambda: rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"], "available")
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    network.is_held()
    eventually(count, 0)
    network.is_free()


def test_cache(client: Any, network: Network) -> None:
    cache = client("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="g", CacheSubnetGroupDescription="g", SubnetIds=network.subnets
    )
    cache.create_replication_group(
        ReplicationGroupId="redis",
        ReplicationGroupDescription="redis",
        Engine="redis",
        CacheNodeType="cache.t3.medium",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        CacheSubnetGroupName="g",
        SecurityGroupIds=[network.group],
    )
    network.is_held()

    def status() -> list[str]:
        return [one["Status"] for one in cache.describe_replication_groups()["ReplicationGroups"]]

    eventually(status, ["available"])
    cache.delete_replication_group(ReplicationGroupId="redis")
    eventually(status, [])
    network.is_free()


def test_service(client: Any, network: Network) -> None:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="c")
    ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "web:1", "essential": True}],
    )
    ecs.create_service(
        cluster="c",
        serviceName="web",
        taskDefinition="web",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": network.subnets[:1], "securityGroups": [network.group]}
        },
    )
    network.is_held()

    def running() -> int:
        return int(ecs.describe_services(cluster="c", services=["web"])["services"][0]["runningCount"])

    eventually(running, 1)
    ecs.delete_service(cluster="c", service="web", force=True)

    def interfaces() -> Any:
        of_group = [{"Name": "group-id", "Values": [network.group]}]
        return network.ec2.describe_network_interfaces(Filters=of_group)["NetworkInterfaces"]

    eventually(interfaces, [])
    network.is_free()
