"""Everything in an account, read without the collection, in a form in which two accounts can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.own_twin import OwnTwin, is_scheduled_for_deletion

#: service, operation, where the answer holds its objects, and which member of one identifies it.
READS: tuple[tuple[str, str, str, str], ...] = (
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("elasticache", "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"),
    ("elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId"),
    ("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"),
    ("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName"),
    ("secretsmanager", "list_secrets", "SecretList", "ARN"),
    ("ecr", "describe_repositories", "repositories", "repositoryArn"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ("iam", "list_roles", "Roles", "Arn"),
    ("logs", "describe_log_groups", "logGroups", "arn"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmArn"),
    ("cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmArn"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    ("route53", "list_hosted_zones", "HostedZones", "Id"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    ("backup", "list_backup_plans", "BackupPlansList", "BackupPlanId"),
    ("ecs", "list_clusters", "clusterArns", ""),
)
_APPLICATION_SCALING = (
    ("describe_scalable_targets", "ScalableTargets"),
    ("describe_scaling_policies", "ScalingPolicies"),
)

#: What AWS makes up, or what tells when: never the same twice.
_MADE_UP = (
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uuid>"),
    (r"\b[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,17}\b", "<id>"),
    (r"/[0-9a-f]{13,}\b", "/<hex>"),
    (r"(secret:[\w/.@-]+)-\w{6}\b", r"\1-<suffix>"),
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[^\"]*", "<time>"),
    (r"\b\d+\.\d+\.\d+\.\d+\b(?!/\d)", "<address>"),
    (r"\b(?:db|key|cluster)-[A-Z0-9]{20,}\b", "<resource>"),
    (r"/hostedzone/\w+", "/hostedzone/<zone>"),
    (r"-\d{9,12}\.us-east-1\.elb", "-<number>.us-east-1.elb"),
    (r"_[0-9a-f]{32}\b", "_<record>"),
    (r'"[0-9a-f]{32}"', '"<token>"'),
    (r"\b[0-9a-f]{10}\.acm-validations", "<hex>.acm-validations"),
    (r"\bAROA\w+", "<role>"),
    (r"\bns-\d+\.awsdns[^\"]*", "<server>"),
    (r"\b1[0-9]{12}\b", "<milliseconds>"),
    (r"-\d\d\.(?:co|com|net|org)\b", "-<server>"),
)
_NEVER_THE_SAME = re.compile(
    r"(Time|Date|Timestamp|CreatedAt|Until|creationTime|createdAt|updatedAt|CallerReference|VersionId|Serial)$"
)


def _read(twin: OwnTwin, service: str, operation: str, items: str, **params: Any) -> list[Any]:
    client = twin.client(service)
    if client.can_paginate(operation):
        return [item for page in client.get_paginator(operation).paginate(**params) for item in page.get(items, ())]
    found: list[Any] = getattr(client, operation)(**params)[items]
    return found


def everything(twin: OwnTwin) -> dict[str, list[str]]:
    """What an account holds, by where it was read: each object as JSON, identifiers as words that mean the same."""
    found: dict[str, list[Any]] = {}
    labels: dict[str, str] = {}
    for service, operation, items, identifier in READS:
        objects = _read(twin, service, operation, items)
        found[f"{service}.{items}"] = objects
        for one in objects:
            if isinstance(one, dict):
                labels.update(_label(one, identifier))
    for name, read in _INSIDE.items():
        found[name] = list(read(twin))
    return {name: sorted(_normal(one, labels) for one in objects) for name, objects in found.items()}


def _label(one: dict[str, Any], identifier: str) -> dict[str, str]:
    """An identifier that AWS made up, and the logical name that stands for it."""
    tags = {tag.get("Key"): tag.get("Value") for key in ("Tags", "TagSet", "TagList") for tag in one.get(key) or ()}
    name = tags.get("stackwright:name")
    return {str(one[identifier]): f"<{identifier} {name}>"} if name and identifier in one else {}


def _normal(one: Any, labels: dict[str, str]) -> str:
    text = json.dumps(_without_what_differs(one), sort_keys=True, default=str)
    for identifier, label in labels.items():
        text = text.replace(identifier, label)
    for pattern, word in _MADE_UP:
        text = re.sub(pattern, word, text)
    return json.dumps(_sorted(json.loads(text)), sort_keys=True)


def _without_what_differs(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_what_differs(item) for key, item in value.items() if not _NEVER_THE_SAME.search(key)}
    if isinstance(value, (list, tuple)):
        return [_without_what_differs(item) for item in value]
    return value


def _sorted(value: Any) -> Any:
    """Lists in one order, since that of identifiers is gone."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


# What hangs on something else


def _listeners(twin: OwnTwin) -> Iterator[Any]:
    for balancer in _read(twin, "elbv2", "describe_load_balancers", "LoadBalancers"):
        arn = balancer["LoadBalancerArn"]
        for listener in _read(twin, "elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
            rules = _read(twin, "elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])
            yield {**listener, "Rules": rules}


def _services(twin: OwnTwin) -> Iterator[Any]:
    client = twin.client("ecs")
    for cluster in client.list_clusters()["clusterArns"]:
        yield client.describe_clusters(clusters=[cluster], include=["TAGS", "SETTINGS"])["clusters"][0]["clusterName"]
        arns = client.list_services(cluster=cluster)["serviceArns"]
        for service in client.describe_services(cluster=cluster, services=arns)["services"] if arns else ():
            definition = client.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            kept = ("serviceName", "desiredCount", "networkConfiguration", "loadBalancers", "deploymentConfiguration")
            yield {name: service.get(name) for name in kept}
            yield {name: definition[name] for name in ("family", "containerDefinitions", "cpu", "memory", "volumes")}


def _records(twin: OwnTwin) -> Iterator[Any]:
    for zone in _read(twin, "route53", "list_hosted_zones", "HostedZones"):
        yield from _read(twin, "route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"])


def _policies(twin: OwnTwin) -> Iterator[Any]:
    client = twin.client("iam")
    for role in _read(twin, "iam", "list_roles", "Roles"):
        for name in client.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            policy = client.get_role_policy(RoleName=role["RoleName"], PolicyName=name)
            yield {member: policy[member] for member in ("RoleName", "PolicyName", "PolicyDocument")}
        attached = client.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        yield {"RoleName": role["RoleName"], "Attached": attached}


def _bucket_settings(twin: OwnTwin) -> Iterator[Any]:
    client = twin.client("s3")
    for bucket in client.list_buckets()["Buckets"]:
        answer: dict[str, Any] = {"Bucket": bucket["Name"]}
        for operation in ("encryption", "versioning", "policy", "lifecycle_configuration", "tagging"):
            try:
                whole = getattr(client, f"get_bucket_{operation}")(Bucket=bucket["Name"])
            except ClientError as error:
                whole = {"Error": error.response["Error"]["Code"]}
            answer[operation] = {key: value for key, value in whole.items() if key != "ResponseMetadata"}
        yield answer


def _secret_members(twin: OwnTwin) -> Iterator[Any]:
    """The names of what is in each secret; the values are another each time."""
    for name, value in secret_values(twin).items():
        try:
            members = sorted(json.loads(value))
        except (ValueError, TypeError):
            members = [f"{len(value)} characters"]
        yield {"Name": name, "Members": members}


def _scaling(twin: OwnTwin) -> Iterator[Any]:
    for operation, items in _APPLICATION_SCALING:
        yield from _read(twin, "application-autoscaling", operation, items, ServiceNamespace="ecs")


def _selections(twin: OwnTwin) -> Iterator[Any]:
    client = twin.client("backup")
    for plan in client.list_backup_plans()["BackupPlansList"]:
        identifier = plan["BackupPlanId"]
        yield client.get_backup_plan(BackupPlanId=identifier)["BackupPlan"]
        for selection in client.list_backup_selections(BackupPlanId=identifier)["BackupSelectionsList"]:
            yield client.get_backup_selection(BackupPlanId=identifier, SelectionId=selection["SelectionId"])[
                "BackupSelection"
            ]


_INSIDE: dict[str, Callable[[OwnTwin], Iterable[Any]]] = {
    "listeners": _listeners,
    "services": _services,
    "records": _records,
    "policies": _policies,
    "buckets": _bucket_settings,
    "secrets": _secret_members,
    "scaling": _scaling,
    "backups": _selections,
}


def secret_values(twin: OwnTwin) -> dict[str, str]:
    """The text of every secret of the account."""
    client = twin.client("secretsmanager")
    return {
        secret["Name"]: client.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        for secret in _read(twin, "secretsmanager", "list_secrets", "SecretList")
    }


def tagged(twin: OwnTwin, stack: str, regions: Iterable[str] = ("us-east-1", "us-west-2")) -> dict[str, dict[str, str]]:
    """What AWS's index says carries a stack's tag: ARN to tags."""
    found: dict[str, dict[str, str]] = {}
    for region in regions:
        pages = twin.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
        for page in pages.paginate(TagFilters=[{"Key": "stackwright:stack", "Values": [stack]}]):
            for resource in page["ResourceTagMappingList"]:
                found[resource["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in resource["Tags"]}
    return found


def doors(group: dict[str, Any]) -> set[tuple[int, int, str]]:
    """What a security group lets in: first port, last port, and from where."""
    found = set()
    for rule in group["IpPermissions"]:
        assert rule["IpProtocol"] == "tcp"
        sources = [one["CidrIp"] for one in rule["IpRanges"]] + [one["CidrIpv6"] for one in rule["Ipv6Ranges"]]
        sources += [one["GroupId"] for one in rule["UserIdGroupPairs"]]
        found |= {(rule["FromPort"], rule["ToPort"], source) for source in sources}
    return found


def is_kept(twin: OwnTwin, arn: str) -> bool:
    """The final snapshots are what was asked to be kept."""
    return ":snapshot:" in arn or is_scheduled_for_deletion(twin, arn)
