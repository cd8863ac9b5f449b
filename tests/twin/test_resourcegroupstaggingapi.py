# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import refused

PAIR = {"Key": "stackwright:stack", "Value": "s-staging"}
TAGS = [PAIR]
FILTERS = [{"Key": "stackwright:stack", "Values": ["s-staging"]}]


def spec(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAGS}]


def kinds(client: Any, region: str = "us-east-1", **asked: Any) -> set[str]:
    pages = (
        client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate(TagFilters=FILTERS, **asked)
    )
    found = set()
    for page in pages:
        for mapping in page["ResourceTagMappingList"]:
            assert PAIR in mapping["Tags"]
            _, _, service, _, _, resource = mapping["ResourceARN"].split(":", 5)
            found.add(
                f"{service}:{resource.replace(':', '/').split('/')[0]}" if service not in ("s3", "sns") else service
            )
    return found


@pytest.fixture
def network(client: Any) -> dict[str, str]:
    """One of each taggable kind of a VPC."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=spec("vpc"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.1.{n}.0/24",
            AvailabilityZone=zone,
            TagSpecifications=spec("subnet"),
        )["Subnet"]["SubnetId"]
        for n, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    igw = ec2.create_internet_gateway(TagSpecifications=spec("internet-gateway"))["InternetGateway"]
    ec2.attach_internet_gateway(InternetGatewayId=igw["InternetGatewayId"], VpcId=vpc)
    eip = ec2.allocate_address(Domain="vpc", TagSpecifications=spec("elastic-ip"))["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=eip, TagSpecifications=spec("natgateway"))
    ec2.create_route_table(VpcId=vpc, TagSpecifications=spec("route-table"))
    ec2.create_network_acl(VpcId=vpc, TagSpecifications=spec("network-acl"))
    group = ec2.create_security_group(
        GroupName="web", Description="web", VpcId=vpc, TagSpecifications=spec("security-group")
    )["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        TagSpecifications=spec("security-group-rule"),
    )
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", TagSpecifications=spec("vpc-endpoint"))
    ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[vpc],
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogGroupName="/flow",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow",
        TagSpecifications=spec("vpc-flow-log"),
    )
    return {"vpc": vpc, "group": group, "one": subnets[0], "two": subnets[1]}


def test_network(client: Any, network: dict[str, str]) -> None:
    assert kinds(client) == {
        "ec2:vpc",
        "ec2:subnet",
        "ec2:internet-gateway",
        "ec2:elastic-ip",
        "ec2:natgateway",
        "ec2:route-table",
        "ec2:network-acl",
        "ec2:security-group",
        "ec2:security-group-rule",
        "ec2:vpc-endpoint",
        "ec2:vpc-flow-log",
    }
    assert kinds(client, ResourceTypeFilters=["ec2:subnet", "rds"]) == {"ec2:subnet"}
    assert kinds(client, "us-west-2") == set()


def test_load_balancing(client: Any, network: dict[str, str]) -> None:
    elb = client("elbv2")
    subnets = [network["one"], network["two"]]
    balancer = elb.create_load_balancer(Name="web", Subnets=subnets, Tags=TAGS)["LoadBalancers"][0]
    group = elb.create_target_group(Name="blue", Protocol="HTTP", Port=80, VpcId=network["vpc"], Tags=TAGS)
    actions = [{"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}]
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=actions, Tags=TAGS
    )["Listeners"][0]["ListenerArn"]
    conditions = [{"Field": "path-pattern", "Values": ["/a/*"]}]
    elb.create_rule(ListenerArn=listener, Priority=1, Conditions=conditions, Actions=actions, Tags=TAGS)
    name = "elasticloadbalancing"
    wanted = {f"{name}:loadbalancer", f"{name}:targetgroup", f"{name}:listener", f"{name}:listener-rule"}
    assert kinds(client, ResourceTypeFilters=[name]) == wanted
    assert kinds(client, ResourceTypeFilters=[f"{name}:loadbalancer/app"]) == {f"{name}:loadbalancer"}
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    assert kinds(client, ResourceTypeFilters=[name]) == {f"{name}:targetgroup"}


def test_data_services(client: Any, network: dict[str, str]) -> None:
    subnets = [network["one"], network["two"]]
    rds, cache = client("rds"), client("elasticache")
    rds.create_db_subnet_group(DBSubnetGroupName="db", DBSubnetGroupDescription="db", SubnetIds=subnets, Tags=TAGS)
    rds.create_db_parameter_group(
        DBParameterGroupName="pg", DBParameterGroupFamily="postgres15", Description="pg", Tags=TAGS
    )
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="cache", CacheSubnetGroupDescription="cache", SubnetIds=subnets, Tags=TAGS
    )
    cache.create_cache_parameter_group(
        CacheParameterGroupName="redis", CacheParameterGroupFamily="redis7", Description="redis", Tags=TAGS
    )
    client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=TAGS,
    )
    client("s3").create_bucket(Bucket="tagged-bucket", CreateBucketConfiguration={"Tags": TAGS})
    assert kinds(client, ResourceTypeFilters=["rds", "elasticache", "dynamodb:table", "s3"]) == {
        "rds:subgrp",
        "rds:pg",
        "elasticache:subnetgroup",
        "elasticache:parametergroup",
        "dynamodb:table",
        "s3",
    }
    assert kinds(client, "us-west-2", ResourceTypeFilters=["s3"]) == set()


def test_everything_else(client: Any) -> None:
    client("ecs").create_cluster(clusterName="c", tags=[{"key": PAIR["Key"], "value": PAIR["Value"]}])
    client("ecr").create_repository(repositoryName="repository", tags=TAGS)
    client("logs").create_log_group(logGroupName="/l", tags={PAIR["Key"]: PAIR["Value"]})
    client("sns").create_topic(Name="t", Tags=TAGS)
    client("kms").create_key(Tags=[{"TagKey": PAIR["Key"], "TagValue": PAIR["Value"]}])
    client("secretsmanager").create_secret(Name="s", SecretString="x", Tags=TAGS)
    client("ssm").put_parameter(Name="/p", Value="1", Type="String", Tags=TAGS)
    client("acm").request_certificate(DomainName="a.example.com", Tags=TAGS)
    client("backup").create_backup_vault(BackupVaultName="vault", BackupVaultTags={PAIR["Key"]: PAIR["Value"]})
    client("backup").create_backup_plan(
        BackupPlan={
            "BackupPlanName": "weekly",
            "Rules": [
                {
                    "RuleName": "weekly",
                    "TargetBackupVaultName": "vault",
                    "ScheduleExpression": "cron(0 5 ? * SUN *)",
                    "Lifecycle": {"DeleteAfterDays": 35},
                }
            ],
        },
        BackupPlanTags={PAIR["Key"]: PAIR["Value"]},
    )
    client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/t",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=2,
        Tags={PAIR["Key"]: PAIR["Value"]},
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="a",
        Namespace="AWS/RDS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        Tags=TAGS,
    )
    route53 = client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="z")["HostedZone"]["Id"]
    check = route53.create_health_check(
        CallerReference="h", HealthCheckConfig={"Type": "HTTP", "FullyQualifiedDomainName": "example.com"}
    )["HealthCheck"]["Id"]
    for kind, identifier in (("hostedzone", zone.rpartition("/")[2]), ("healthcheck", check)):
        route53.change_tags_for_resource(ResourceType=kind, ResourceId=identifier, AddTags=TAGS)
    iam = client("iam")
    policy = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    )
    iam.create_policy(PolicyName="p", PolicyDocument=policy, Tags=TAGS)
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust, Tags=TAGS)
    iam.create_instance_profile(InstanceProfileName="i", Tags=TAGS)
    assert kinds(client) == {
        "ecs:cluster",
        "ecr:repository",
        "logs:log-group",
        "sns",
        "kms:key",
        "secretsmanager:secret",
        "ssm:parameter",
        "acm:certificate",
        "backup:backup-vault",
        "backup:backup-plan",
        "application-autoscaling:scalable-target",
        "cloudwatch:alarm",
        "route53:hostedzone",
        "route53:healthcheck",
        "iam:policy",
        "iam:instance-profile",  # and no role: AWS does not report them here
    }
    assert kinds(client, "us-west-2") == set()


def test_pages(client: Any) -> None:
    ssm, tagging = client("ssm"), client("resourcegroupstaggingapi")
    for number in range(7):
        ssm.put_parameter(Name=f"/p{number}", Value="1", Type="String", Tags=TAGS)
    ssm.put_parameter(Name="/other", Value="1", Type="String", Tags=[{"Key": "stackwright:stack", "Value": "x"}])
    first = tagging.get_resources(TagFilters=FILTERS, ResourcesPerPage=5)
    assert len(first["ResourceTagMappingList"]) == 5
    second = tagging.get_resources(TagFilters=FILTERS, ResourcesPerPage=5, PaginationToken=first["PaginationToken"])
    assert len(second["ResourceTagMappingList"]) == 2
    assert second["PaginationToken"] == ""
    arn = second["ResourceTagMappingList"][0]["ResourceARN"]
    assert len(tagging.get_resources(ResourceARNList=[arn])["ResourceTagMappingList"]) == 1
    with refused("InvalidParameterException"):
        tagging.get_resources(ResourceARNList=[arn], TagFilters=FILTERS)
    assert tagging.get_tag_values(Key="stackwright:stack")["TagValues"] == ["s-staging", "x"]
