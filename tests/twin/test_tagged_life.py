# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tag index shows what exists: each kind is there once it is made, and gone once it is deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, until

Client = Callable[..., Any]
Delete = Callable[[], Any]
Tags = dict[str, str]
Make = Callable[[Client, Tags], Delete]

TAGS = {"stackwright:stack": "s-staging"}
KINDS: dict[str, Make] = {}


def kind(name: str) -> Callable[[Make], Make]:
    """``service:type`` as in the resource's ARN; the function makes one and returns how it is deleted."""

    def decorate(make: Make) -> Make:
        KINDS[name] = make
        return make

    return decorate


def pairs(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in tags.items()]


def spec(of: str, tags: Tags) -> list[dict[str, Any]]:
    return [{"ResourceType": of, "Tags": pairs(tags)}]


def shown(client: Client) -> set[str]:
    found = client("resourcegroupstaggingapi").get_paginator("get_resources").paginate()
    return {one["ResourceARN"] for page in found for one in page["ResourceTagMappingList"]}


def is_of(arn: str, name: str) -> bool:
    service, _, of = name.partition(":")
    _, _, its_service, _, _, resource = arn.split(":", 5)
    return its_service == service and resource.replace(":", "/").startswith(of)


@pytest.fixture
def quick(twin: Any, client: Client) -> Client:
    defaults = twin.call("GET", "/_twin/delays")["defaults"]
    twin.call("PUT", "/_twin/delays", {name: 0.02 for name in defaults})
    return client


def vpc(client: Client) -> str:
    return client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]


def default_vpc(client: Client) -> str:
    return client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]


# EC2. Everything is deleted the way that a person would: a VPC takes its default group and tables with it.


def ec2_kind(arn_type: str, spec_type: str = "") -> Callable[[Callable[..., Delete]], None]:
    def decorate(make: Callable[..., Delete]) -> None:
        def made(client: Client, tags: Tags) -> Delete:
            asked = {"TagSpecifications": spec(spec_type or arn_type, tags)} if tags else {}
            return make(client("ec2"), client, asked)

        KINDS[f"ec2:{arn_type}/"] = made

    return decorate


@ec2_kind("vpc")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.create_vpc(CidrBlock="10.1.0.0/16", **asked)["Vpc"]["VpcId"]
    if asked:
        mine = [{"Name": "vpc-id", "Values": [made]}]
        parts = [
            ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"],
            ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"],
            ec2.describe_network_acls(Filters=mine)["NetworkAcls"][0]["NetworkAclId"],
        ]
        ec2.create_tags(Resources=parts, Tags=pairs(TAGS))
    return lambda: ec2.delete_vpc(VpcId=made)


@ec2_kind("subnet")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.create_subnet(VpcId=vpc(client), CidrBlock="10.9.1.0/24", **asked)["Subnet"]["SubnetId"]
    return lambda: ec2.delete_subnet(SubnetId=made)


@ec2_kind("internet-gateway")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.create_internet_gateway(**asked)["InternetGateway"]["InternetGatewayId"]
    return lambda: ec2.delete_internet_gateway(InternetGatewayId=made)


@ec2_kind("egress-only-internet-gateway")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    answer = ec2.create_egress_only_internet_gateway(VpcId=vpc(client), **asked)
    made = answer["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    return lambda: ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=made)


@ec2_kind("elastic-ip")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.allocate_address(Domain="vpc", **asked)["AllocationId"]
    return lambda: ec2.release_address(AllocationId=made)


@ec2_kind("natgateway")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    subnet = default_subnets(client, 1)[0]
    answer = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private", **asked)
    made = answer["NatGateway"]["NatGatewayId"]
    return lambda: ec2.delete_nat_gateway(NatGatewayId=made)


@ec2_kind("route-table")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.create_route_table(VpcId=vpc(client), **asked)["RouteTable"]["RouteTableId"]
    return lambda: ec2.delete_route_table(RouteTableId=made)


@ec2_kind("network-acl")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.create_network_acl(VpcId=vpc(client), **asked)["NetworkAcl"]["NetworkAclId"]
    return lambda: ec2.delete_network_acl(NetworkAclId=made)


@ec2_kind("dhcp-options")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    options = [{"Key": "domain-name", "Values": ["example.com"]}]
    made = ec2.create_dhcp_options(DhcpConfigurations=options, **asked)["DhcpOptions"]["DhcpOptionsId"]
    return lambda: ec2.delete_dhcp_options(DhcpOptionsId=made)


@ec2_kind("network-interface")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    subnet = default_subnets(client, 1)[0]
    made = ec2.create_network_interface(SubnetId=subnet, **asked)["NetworkInterface"]["NetworkInterfaceId"]
    return lambda: ec2.delete_network_interface(NetworkInterfaceId=made)


@ec2_kind("vpc-flow-log")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[vpc(client)],
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogGroupName="/flow",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow",
        **asked,
    )["FlowLogIds"]
    return lambda: ec2.delete_flow_logs(FlowLogIds=made)


@ec2_kind("vpc-endpoint")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    answer = ec2.create_vpc_endpoint(VpcId=vpc(client), ServiceName="com.amazonaws.us-east-1.s3", **asked)
    made = answer["VpcEndpoint"]["VpcEndpointId"]
    return lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=[made])


@ec2_kind("vpc-peering-connection")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    other = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    answer = ec2.create_vpc_peering_connection(VpcId=vpc(client), PeerVpcId=other, **asked)
    made = answer["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    return lambda: ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=made)


@ec2_kind("prefix-list")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    answer = ec2.create_managed_prefix_list(PrefixListName="p", MaxEntries=2, AddressFamily="IPv4", **asked)
    made = answer["PrefixList"]["PrefixListId"]
    return lambda: ec2.delete_managed_prefix_list(PrefixListId=made)


@ec2_kind("key-pair")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    ec2.create_key_pair(KeyName="k", **asked)
    return lambda: ec2.delete_key_pair(KeyName="k")


@ec2_kind("launch-template")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    data = {"InstanceType": "t3.micro"}
    made = ec2.create_launch_template(LaunchTemplateName="l", LaunchTemplateData=data, **asked)
    identifier = made["LaunchTemplate"]["LaunchTemplateId"]
    return lambda: ec2.delete_launch_template(LaunchTemplateId=identifier)


@ec2_kind("volume")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, **asked)["VolumeId"]
    return lambda: ec2.delete_volume(VolumeId=made)


@ec2_kind("snapshot")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    made = ec2.create_snapshot(VolumeId=volume, **asked)["SnapshotId"]
    return lambda: ec2.delete_snapshot(SnapshotId=made)


@ec2_kind("instance")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, **asked)["Instances"][0]["InstanceId"]
    return lambda: ec2.terminate_instances(InstanceIds=[made])


@ec2_kind("image")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    made = ec2.create_image(InstanceId=instance, Name=f"image{len(asked)}", **asked)["ImageId"]
    return lambda: ec2.deregister_image(ImageId=made)


def group(client: Client, name: str = "g", **asked: Any) -> str:
    ec2 = client("ec2")
    return ec2.create_security_group(GroupName=name, Description="g", VpcId=default_vpc(client), **asked)["GroupId"]


def rule(client: Client, group_id: str, asked: Any, way: str = "ingress") -> str:
    authorize = getattr(client("ec2"), f"authorize_security_group_{way}")
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    rules = authorize(GroupId=group_id, IpPermissions=[permission], **asked)["SecurityGroupRules"]
    return rules[0]["SecurityGroupRuleId"]


@ec2_kind("security-group")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    made = group(client, **asked)
    rule(client, made, {"TagSpecifications": spec("security-group-rule", TAGS)} if asked else {})
    return lambda: ec2.delete_security_group(GroupId=made)


@ec2_kind("security-group-rule")
def _(ec2: Any, client: Client, asked: Any) -> Delete:
    owner = group(client, f"g{len(asked)}")
    into, out = rule(client, owner, asked), rule(client, owner, asked, "egress")

    def delete() -> None:
        ec2.revoke_security_group_ingress(GroupId=owner, SecurityGroupRuleIds=[into])
        ec2.revoke_security_group_egress(GroupId=owner, SecurityGroupRuleIds=[out])
        left = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [into, out]}])["Tags"]
        assert left == [], "DescribeTags shows rules that were revoked"

    return delete


# Load balancing


def balancer(client: Client, tags: Tags) -> str:
    asked = {"Tags": pairs(tags)} if tags else {}
    made = client("elbv2").create_load_balancer(Name="web", Subnets=default_subnets(client), **asked)
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def listener(client: Client, balancer_arn: str, tags: Tags) -> str:
    asked = {"Tags": pairs(tags)} if tags else {}
    elb = client("elbv2")
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    made = elb.create_listener(LoadBalancerArn=balancer_arn, Protocol="HTTP", Port=80, DefaultActions=answer, **asked)[
        "Listeners"
    ][0]["ListenerArn"]
    path = [{"Field": "path-pattern", "Values": ["/a/*"]}]
    elb.create_rule(ListenerArn=made, Priority=1, Conditions=path, Actions=answer, **asked)
    return made


@kind("elasticloadbalancing:loadbalancer/")
def _(client: Client, tags: Tags) -> Delete:
    made = balancer(client, tags)
    listener(client, made, tags)
    return lambda: client("elbv2").delete_load_balancer(LoadBalancerArn=made)


@kind("elasticloadbalancing:listener/")
def _(client: Client, tags: Tags) -> Delete:
    owner = balancer(client, {})
    made = listener(client, owner, tags)

    def delete() -> None:
        client("elbv2").delete_listener(ListenerArn=made)

    return delete


@kind("elasticloadbalancing:listener-rule/")
def _(client: Client, tags: Tags) -> Delete:
    elb, owner = client("elbv2"), balancer(client, {})
    made = listener(client, owner, tags)
    elb.remove_tags(ResourceArns=[made], TagKeys=list(TAGS))
    of_rule = elb.describe_rules(ListenerArn=made)["Rules"][0]["RuleArn"]

    def delete() -> None:
        elb.delete_rule(RuleArn=of_rule)
        elb.delete_load_balancer(LoadBalancerArn=owner)

    return delete


@kind("elasticloadbalancing:targetgroup/")
def _(client: Client, tags: Tags) -> Delete:
    asked = {"Tags": pairs(tags)} if tags else {}
    made = client("elbv2").create_target_group(
        Name="t", Protocol="HTTP", Port=80, VpcId=default_vpc(client), TargetType="ip", **asked
    )["TargetGroups"][0]["TargetGroupArn"]
    return lambda: client("elbv2").delete_target_group(TargetGroupArn=made)


# Data


def table(client: Client, tags: Tags) -> None:
    client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        Tags=pairs(tags),
    )


@kind("dynamodb:table/")
def _(client: Client, tags: Tags) -> Delete:
    def present() -> bool:
        return "t" in client("dynamodb").list_tables()["TableNames"]

    until(present, lambda there: not there)
    table(client, tags)
    read = client("dynamodb").describe_table
    until(lambda: read(TableName="t")["Table"]["TableStatus"], lambda status: status == "ACTIVE")
    return lambda: client("dynamodb").delete_table(TableName="t")


@kind("s3:")
def _(client: Client, tags: Tags) -> Delete:
    client("s3").create_bucket(Bucket="a-tagged-bucket")
    if tags:
        client("s3").put_bucket_tagging(Bucket="a-tagged-bucket", Tagging={"TagSet": pairs(tags)})
    return lambda: client("s3").delete_bucket(Bucket="a-tagged-bucket")


def instance(client: Client, tags: Tags) -> None:
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="admin_user",
        MasterUserPassword="not-a-secret-1",
        Tags=pairs(tags),
    )
    until(
        lambda: rds.describe_db_instances(DBInstanceIdentifier="db")["DBInstances"][0]["DBInstanceStatus"],
        lambda status: status == "available",
    )


def no_instance(client: Client) -> None:
    rds = client("rds")
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    until(lambda: rds.describe_db_instances()["DBInstances"], lambda found: not found)


@kind("rds:db/")
def _(client: Client, tags: Tags) -> Delete:
    instance(client, tags)
    return lambda: no_instance(client)


@kind("rds:snapshot/")
def _(client: Client, tags: Tags) -> Delete:
    rds = client("rds")
    instance(client, {})
    rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier="s", Tags=pairs(tags))
    until(
        lambda: rds.describe_db_snapshots(DBSnapshotIdentifier="s")["DBSnapshots"][0]["Status"],
        lambda status: status == "available",
    )

    def delete() -> None:
        rds.delete_db_snapshot(DBSnapshotIdentifier="s")
        no_instance(client)

    return delete


@kind("rds:subgrp/")
def _(client: Client, tags: Tags) -> Delete:
    rds = client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=default_subnets(client), Tags=pairs(tags)
    )
    return lambda: rds.delete_db_subnet_group(DBSubnetGroupName="g")


@kind("rds:pg/")
def _(client: Client, tags: Tags) -> Delete:
    rds = client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName="g", DBParameterGroupFamily="postgres15", Description="g", Tags=pairs(tags)
    )
    return lambda: rds.delete_db_parameter_group(DBParameterGroupName="g")


@kind("rds:cluster-pg/")
def _(client: Client, tags: Tags) -> Delete:
    rds = client("rds")
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="g", DBParameterGroupFamily="aurora-postgresql15", Description="g", Tags=pairs(tags)
    )
    return lambda: rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName="g")


@kind("rds:og/")
def _(client: Client, tags: Tags) -> Delete:
    rds = client("rds")
    rds.create_option_group(
        OptionGroupName="g", EngineName="mysql", MajorEngineVersion="8.0", OptionGroupDescription="g", Tags=pairs(tags)
    )
    return lambda: rds.delete_option_group(OptionGroupName="g")


@kind("rds:es/")
def _(client: Client, tags: Tags) -> Delete:
    rds = client("rds")
    topic = client("sns").create_topic(Name="events")["TopicArn"]
    rds.create_event_subscription(SubscriptionName="e", SnsTopicArn=topic, Tags=pairs(tags))
    return lambda: rds.delete_event_subscription(SubscriptionName="e")


@kind("elasticache:subnetgroup/")
def _(client: Client, tags: Tags) -> Delete:
    cache = client("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="g",
        CacheSubnetGroupDescription="g",
        SubnetIds=default_subnets(client),
        Tags=pairs(tags),
    )
    return lambda: cache.delete_cache_subnet_group(CacheSubnetGroupName="g")


@kind("elasticache:parametergroup/")
def _(client: Client, tags: Tags) -> Delete:
    cache = client("elasticache")
    cache.create_cache_parameter_group(
        CacheParameterGroupName="g", CacheParameterGroupFamily="redis7", Description="g", Tags=pairs(tags)
    )
    return lambda: cache.delete_cache_parameter_group(CacheParameterGroupName="g")


def replication_group(client: Client, tags: Tags) -> None:
    cache = client("elasticache")
    cache.create_replication_group(
        ReplicationGroupId="r",
        ReplicationGroupDescription="r",
        Engine="redis",
        CacheNodeType="cache.t3.small",
        NumCacheClusters=1,
        Tags=pairs(tags),
    )
    until(
        lambda: cache.describe_replication_groups(ReplicationGroupId="r")["ReplicationGroups"][0]["Status"],
        lambda status: status == "available",
    )


def no_replication_group(client: Client) -> None:
    cache = client("elasticache")
    cache.delete_replication_group(ReplicationGroupId="r")
    until(lambda: cache.describe_replication_groups()["ReplicationGroups"], lambda found: not found)


@kind("elasticache:replicationgroup/")
def _(client: Client, tags: Tags) -> Delete:
    replication_group(client, tags)
    return lambda: no_replication_group(client)


@kind("elasticache:snapshot/")
def _(client: Client, tags: Tags) -> Delete:
    cache = client("elasticache")
    replication_group(client, {})
    cache.create_snapshot(ReplicationGroupId="r", SnapshotName="s", Tags=pairs(tags))
    until(
        lambda: cache.describe_snapshots(SnapshotName="s")["Snapshots"][0]["SnapshotStatus"],
        lambda status: status == "available",
    )

    def delete() -> None:
        cache.delete_snapshot(SnapshotName="s")
        no_replication_group(client)

    return delete


@kind("elasticache:cluster/")
def _(client: Client, tags: Tags) -> Delete:
    cache = client("elasticache")
    cache.create_cache_cluster(
        CacheClusterId="c", Engine="redis", CacheNodeType="cache.t3.small", NumCacheNodes=1, Tags=pairs(tags)
    )
    until(
        lambda: cache.describe_cache_clusters(CacheClusterId="c")["CacheClusters"][0]["CacheClusterStatus"],
        lambda status: status == "available",
    )

    def delete() -> None:
        cache.delete_cache_cluster(CacheClusterId="c")
        until(lambda: cache.describe_cache_clusters()["CacheClusters"], lambda found: not found)

    return delete


# Compute


@kind("ecs:cluster/")
def _(client: Client, tags: Tags) -> Delete:
    client("ecs").create_cluster(clusterName="c", tags=pairs(tags, "key", "value"))
    return lambda: client("ecs").delete_cluster(cluster="c")


def task_definition(client: Client, tags: Tags) -> str:
    asked = {"tags": pairs(tags, "key", "value")} if tags else {}
    containers = [{"name": "app", "image": "app:1"}]
    return client("ecs").register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=containers,
        **asked,
    )["taskDefinition"]["taskDefinitionArn"]


@kind("ecs:task-definition/")
def _(client: Client, tags: Tags) -> Delete:
    ecs = client("ecs")
    made = task_definition(client, tags)

    def delete() -> None:
        ecs.deregister_task_definition(taskDefinition=made)
        assert not tags or shown(client) == {made}, "a revision that is merely inactive keeps its tags"
        ecs.delete_task_definitions(taskDefinitions=[made])

    return delete


@kind("ecs:service/")
def _(client: Client, tags: Tags) -> Delete:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="c")
    asked = {"tags": pairs(tags, "key", "value"), "propagateTags": "SERVICE"} if tags else {}
    ecs.create_service(
        cluster="c",
        serviceName="s",
        taskDefinition=task_definition(client, {}),
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": default_subnets(client)}},
        **asked,
    )
    until(lambda: ecs.describe_services(cluster="c", services=["s"])["services"][0]["runningCount"])
    return lambda: ecs.delete_service(cluster="c", service="s", force=True)


@kind("ecr:repository/")
def _(client: Client, tags: Tags) -> Delete:
    client("ecr").create_repository(repositoryName="app", tags=pairs(tags))
    return lambda: client("ecr").delete_repository(repositoryName="app")


@kind("application-autoscaling:scalable-target/")
def _(client: Client, tags: Tags) -> Delete:
    if not client("dynamodb").list_tables()["TableNames"]:
        table(client, {})
    scaling = client("application-autoscaling")
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    asked = {"Tags": tags} if tags else {}
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2, **asked)
    return lambda: scaling.deregister_scalable_target(**target)


# The rest


@kind("logs:log-group/")
def _(client: Client, tags: Tags) -> Delete:
    client("logs").create_log_group(logGroupName="/l", tags=tags)
    return lambda: client("logs").delete_log_group(logGroupName="/l")


@kind("sns:")
def _(client: Client, tags: Tags) -> Delete:
    made = client("sns").create_topic(Name="t", Tags=pairs(tags))["TopicArn"]
    return lambda: client("sns").delete_topic(TopicArn=made)


@kind("ssm:parameter/")
def _(client: Client, tags: Tags) -> Delete:
    client("ssm").put_parameter(Name="/p", Value="1", Type="String", Tags=pairs(tags))
    return lambda: client("ssm").delete_parameter(Name="/p")


@kind("ssm:document/")
def _(client: Client, tags: Tags) -> Delete:
    step = {"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ["true"]}}
    content = json.dumps({"schemaVersion": "2.2", "description": "d", "mainSteps": [step]})
    client("ssm").create_document(Name="doc", Content=content, DocumentType="Command", Tags=pairs(tags))
    return lambda: client("ssm").delete_document(Name="doc")


@kind("acm:certificate/")
def _(client: Client, tags: Tags) -> Delete:
    asked = {"Tags": pairs(tags)} if tags else {}
    made = client("acm").request_certificate(DomainName="a.example.com", **asked)["CertificateArn"]
    return lambda: client("acm").delete_certificate(CertificateArn=made)


def vault(client: Client, tags: Tags) -> Delete:
    client("backup").create_backup_vault(BackupVaultName="vault", BackupVaultTags=tags)
    return lambda: client("backup").delete_backup_vault(BackupVaultName="vault")


KINDS["backup:backup-vault/"] = vault


@kind("backup:backup-plan/")
def _(client: Client, tags: Tags) -> Delete:
    backup = client("backup")
    without = vault(client, {})
    rules = [{"RuleName": "r", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 5 ? * SUN *)"}]
    plan = {"BackupPlanName": "p", "Rules": rules}
    made = backup.create_backup_plan(BackupPlan=plan, BackupPlanTags=tags)["BackupPlanId"]

    def delete() -> None:
        backup.delete_backup_plan(BackupPlanId=made)
        without()

    return delete


def alarm(client: Client, name: str, tags: Tags) -> None:
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/RDS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
        Tags=pairs(tags),
    )


@kind("cloudwatch:alarm/")
def _(client: Client, tags: Tags) -> Delete:
    alarm(client, "a", tags)
    return lambda: client("cloudwatch").delete_alarms(AlarmNames=["a"])


@kind("cloudwatch:alarm/both")
def _(client: Client, tags: Tags) -> Delete:
    alarm(client, "a", {})
    client("cloudwatch").put_composite_alarm(AlarmName="both", AlarmRule='ALARM("a")', Tags=pairs(tags))
    return lambda: client("cloudwatch").delete_alarms(AlarmNames=["both"])


@kind("cloudwatch:dashboard/")
def _(client: Client, tags: Tags) -> Delete:
    client("cloudwatch").put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}', Tags=pairs(tags))
    return lambda: client("cloudwatch").delete_dashboards(DashboardNames=["d"])


@kind("route53:hostedzone/")
def _(client: Client, tags: Tags) -> Delete:
    route53 = client("route53")
    made = route53.create_hosted_zone(Name="example.com", CallerReference=f"z{len(tags)}")["HostedZone"]["Id"]
    identifier = made.rpartition("/")[2]
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=identifier, AddTags=pairs(TAGS))
    if not tags:
        route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=identifier, RemoveTagKeys=list(TAGS))
    return lambda: route53.delete_hosted_zone(Id=made)


@kind("route53:healthcheck/")
def _(client: Client, tags: Tags) -> Delete:
    route53 = client("route53")
    made = route53.create_health_check(
        CallerReference=f"h{len(tags)}", HealthCheckConfig={"Type": "HTTP", "FullyQualifiedDomainName": "example.com"}
    )["HealthCheck"]["Id"]
    if tags:
        route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=made, AddTags=pairs(tags))
    return lambda: route53.delete_health_check(HealthCheckId=made)


@kind("iam:policy/")
def _(client: Client, tags: Tags) -> Delete:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = client("iam").create_policy(PolicyName="p", PolicyDocument=document, Tags=pairs(tags))["Policy"]["Arn"]
    return lambda: client("iam").delete_policy(PolicyArn=made)


@kind("iam:instance-profile/")
def _(client: Client, tags: Tags) -> Delete:
    client("iam").create_instance_profile(InstanceProfileName="i", Tags=pairs(tags))
    return lambda: client("iam").delete_instance_profile(InstanceProfileName="i")


@kind("secretsmanager:secret/")
def _(client: Client, tags: Tags) -> Delete:
    secrets = client("secretsmanager")
    secrets.create_secret(Name="s", SecretString="x", Tags=pairs(tags))
    return lambda: secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_what_is_deleted_is_not_shown(quick: Client, name: str) -> None:
    delete = KINDS[name](quick, TAGS)
    made = shown(quick)
    assert [arn for arn in made if is_of(arn, name)], made
    delete()
    until(lambda: shown(quick), lambda found: not found)
    again = KINDS[name](quick, {})
    assert shown(quick) == set(), "the tags of one that is gone are on its successor"
    again()


def test_what_waits_for_its_deletion_is_still_there(quick: Client) -> None:
    """A key or a secret can be restored within its waiting period: it exists, and DescribeKey and ListResourceTags,
    or DescribeSecret, answer for it.

    Sources: "Key states of AWS KMS keys" in the KMS developer guide; DeleteSecret in the Secrets Manager reference.
    """
    key = quick("kms").create_key(Tags=pairs(TAGS, "TagKey", "TagValue"))["KeyMetadata"]
    secret = quick("secretsmanager").create_secret(Name="s", SecretString="x", Tags=pairs(TAGS))["ARN"]
    quick("kms").schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    quick("secretsmanager").delete_secret(SecretId="s", RecoveryWindowInDays=7)
    assert shown(quick) == {key["Arn"], secret}
