"""cbi by the playbooks: several services on one cluster, a worker that scales on its queue, and a rotating password.

Production is converged once and shared; the destruction at the end takes it away. What social_analytics shows of the
playbooks themselves is not shown again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.accounts import doors, is_kept, tagged
from tests.integration.playbooks import Stack
from tests.own_twin import own_twin

SCALE = 0.3
REGION = "me-south-1"
ANYWHERE = "0.0.0.0/0"
NAME = "cbi-production"
CIDR = "10.50.0.0/16"
TEN_FOLD = "inventories/cbi/host_vars/prod_10x.yml"
SECRETS = {"DATABASE_PASSWORD", "REDIS_URL", "ANTHROPIC_API_KEY", "JWT_SECRET", "ENCRYPTION_KEY", "PHONE_HASH_SALT"}


@pytest.fixture(scope="module")
def prod() -> Iterator[Stack]:
    """Production, planned on an empty account and then converged twice."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "prod", system="cbi")
        stack.runs["planned"] = stack.play("site", "--check", "--diff")
        stack.runs["first"] = stack.play("site")
        stack.runs["second"] = stack.play("site")
        yield stack


def _client(stack: Stack, service: str) -> Any:
    return stack.twin.client(service, REGION)


def _group(stack: Stack, identifier: str) -> dict[str, Any]:
    (group,) = _client(stack, "ec2").describe_security_groups(GroupIds=[identifier])["SecurityGroups"]
    return dict(group)


def _services(stack: Stack) -> dict[str, dict[str, Any]]:
    names = ["cbi-api", "cbi-worker", "cbi-dashboard"]
    found = _client(stack, "ecs").describe_services(cluster=NAME, services=names)["services"]
    return {service["serviceName"]: service for service in found}


def _task_definition(stack: Stack, family: str) -> dict[str, Any]:
    answer = _client(stack, "ecs").describe_task_definition(taskDefinition=family)
    return dict(answer["taskDefinition"])


def _database(stack: Stack) -> dict[str, Any]:
    (found,) = _client(stack, "rds").describe_db_instances()["DBInstances"]
    return dict(found)


def _own_group(service: dict[str, Any]) -> str:
    (group,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    return str(group)


# Plan and convergence


def test_the_plan_on_an_empty_account_is_what_is_then_done(prod: Stack) -> None:
    planned, first = prod.runs["planned"], prod.runs["first"]
    assert planned.writes == []
    assert {change["action"] for change in planned.result["plan"]} == {"create"}
    assert first.result["plan"] == planned.result["plan"]
    assert first.result["awaiting_value"] == ["anthropic-api-key"]


def test_a_second_run_changes_nothing_and_writes_nothing(prod: Stack) -> None:
    second = prod.runs["second"]
    assert (second.changed, second.effective(), second.writes) == (0, {}, [])


# The rows of the system


def test_network_and_doors(prod: Stack) -> None:
    """CB-net, CB-sg: two zones; 443 from anywhere, 8000 from there, 8081 from the VPC, 5432 and 6379 from two."""
    subnets = _client(prod, "ec2").describe_subnets(Filters=[{"Name": "tag-key", "Values": ["stackwright:stack"]}])
    assert len({subnet["AvailabilityZone"] for subnet in subnets["Subnets"]}) == 2
    services = _services(prod)
    api, worker = _own_group(services["cbi-api"]), _own_group(services["cbi-worker"])
    (balancer,) = _client(prod, "elbv2").describe_load_balancers()["LoadBalancers"]
    (front,) = balancer["SecurityGroups"]
    assert doors(_group(prod, front)) == {(443, 443, ANYWHERE), (80, 80, ANYWHERE)}
    assert doors(_group(prod, api)) == {(8000, 8000, front)}
    assert doors(_group(prod, worker)) == {(8081, 8081, CIDR)}
    migrate = _migration_group(prod)
    database = _database(prod)["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    assert doors(_group(prod, database)) == {(5432, 5432, group) for group in (api, worker, migrate)}
    clusters = _client(prod, "elasticache").describe_cache_clusters(ShowCacheNodeInfo=True)["CacheClusters"]
    cache = clusters[0]["SecurityGroups"][0]["SecurityGroupId"]
    assert doors(_group(prod, cache)) == {(6379, 6379, group) for group in (api, worker)}


def _migration_group(stack: Stack) -> str:
    filters = [{"Name": "tag:stackwright:name", "Values": ["service.cbi-migrate"]}]
    (group,) = _client(stack, "ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return str(group["GroupId"])


def test_paths_go_to_the_api_and_the_rest_to_the_dashboard(prod: Stack) -> None:
    """CB-alb."""
    elbv2 = _client(prod, "elbv2")
    groups = {group["TargetGroupArn"]: group for group in elbv2.describe_target_groups()["TargetGroups"]}
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (secure,) = [listener for listener in listeners if listener["Protocol"] == "HTTPS"]
    assert secure["SslPolicy"].startswith("ELBSecurityPolicy-TLS13")
    routes: dict[str, list[str]] = {}
    for rule in elbv2.describe_rules(ListenerArn=secure["ListenerArn"])["Rules"]:
        paths = [path for one in rule["Conditions"] for path in one.get("PathPatternConfig", one).get("Values", [])]
        for action in rule["Actions"]:
            if action["Type"] == "forward":
                arn = action.get("TargetGroupArn") or action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
                routes[groups[arn]["TargetGroupName"]] = paths
    assert sorted(routes["cbi-api-tg"]) == ["/api/*", "/webhook/*", "/ws/*"]
    assert not [path for path in routes["cbi-dashboard-tg"] if path != "*"]
    for arn in groups:
        told = elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
        attributes = {one["Key"]: one["Value"] for one in told}
        assert attributes["deregistration_delay.timeout_seconds"] == "30"
        assert attributes["stickiness.enabled"] == "true"


@pytest.mark.parametrize(
    ("service", "tasks", "size", "takes_secrets"),
    [
        ("cbi-api", 2, ("512", "1024"), True),
        ("cbi-worker", 2, ("256", "512"), True),
        ("cbi-dashboard", 1, ("256", "512"), False),
    ],
)
def test_services(prod: Stack, service: str, tasks: int, size: tuple[str, str], takes_secrets: bool) -> None:
    """CB-ecs, CB-roll."""
    found = _services(prod)[service]
    assert found["desiredCount"] == tasks
    deployment = found["deploymentConfiguration"]
    assert (deployment["minimumHealthyPercent"], deployment["maximumPercent"]) == (100, 200)
    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    definition = _task_definition(prod, service)
    (container,) = definition["containerDefinitions"]
    assert (definition["cpu"], definition["memory"]) == size
    logs = container["logConfiguration"]["options"]
    assert (logs["awslogs-group"], logs["awslogs-stream-prefix"]) == (f"/ecs/{service}", service.removeprefix("cbi-"))
    if takes_secrets:
        assert {one["name"] for one in container["secrets"]} == SECRETS
        assert all(one["valueFrom"].startswith("arn:aws:secretsmanager:") for one in container["secrets"])


def test_a_release_puts_command_and_health_checks_into_place(prod: Stack) -> None:
    """CB-ecs: until then a placeholder stands in for the image, with its own program and its own check."""
    images = {name: {"image": "public.ecr.aws/example/cbi:1.0.0"} for name in ("cbi-api", "cbi-worker")}
    planned = prod.play("plan", "-e", json.dumps({"stack_overrides": {"services": images}}))
    after = {
        change["name"]: change["after"]["ContainerDefinitions"][0]
        for change in planned.result["plan"]
        if change["kind"] == "AWS::ECS::TaskDefinition" and change["action"] != "none"
    }
    assert set(after) == set(images)
    assert after["cbi-worker"]["Command"] == ["python", "-m", "cbi.workers.main"]
    words = ("Interval", "Timeout", "Retries", "StartPeriod")
    assert tuple(after["cbi-api"]["HealthCheck"][word] for word in words) == (30, 5, 3, 60)
    assert tuple(after["cbi-worker"]["HealthCheck"][word] for word in words[:3]) == (30, 10, 3)
    assert "localhost:8081/health" in after["cbi-worker"]["HealthCheck"]["Command"][1]


def test_the_migration_is_a_task_without_a_service(prod: Stack) -> None:
    """CB-mig."""
    definition = _task_definition(prod, "cbi-migrate")
    (container,) = definition["containerDefinitions"]
    assert {one["name"] for one in container["secrets"]} == {"DATABASE_PASSWORD"}
    arns = _client(prod, "ecs").list_services(cluster=NAME)["serviceArns"]
    assert sorted(arn.rpartition("/")[2] for arn in arns) == ["cbi-api", "cbi-dashboard", "cbi-worker"]


def test_workers_follow_the_queue(prod: Stack) -> None:
    """CB-scale: pending messages per worker, and not an average over them."""
    scaling = _client(prod, "application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["ResourceId"], target["MinCapacity"], target["MaxCapacity"]) == (f"service/{NAME}/cbi-worker", 2, 8)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    rule = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (rule["TargetValue"], rule["ScaleInCooldown"], rule["ScaleOutCooldown"]) == (50.0, 300, 60)
    terms = {term["Id"]: term for term in rule["CustomizedMetricSpecification"]["Metrics"]}
    assert terms["result"]["Expression"] == "pending / running"
    assert terms["pending"]["MetricStat"]["Metric"]["MetricName"] == "PendingMessages"
    assert terms["running"]["MetricStat"]["Metric"]["MetricName"] == "RunningTaskCount"


def test_database(prod: Stack) -> None:
    """CB-db."""
    database = _database(prod)
    wanted = {
        "DBInstanceIdentifier": NAME,
        "DBInstanceClass": "db.t3.medium",
        "AllocatedStorage": 50,
        "MaxAllocatedStorage": 200,
        "DBName": "cbi",
        "MasterUsername": "cbi_admin",
        "MultiAZ": True,
        "BackupRetentionPeriod": 14,
        "PreferredBackupWindow": "03:00-04:00",
        "StorageEncrypted": True,
        "PubliclyAccessible": False,
        "PerformanceInsightsEnabled": True,
        "MonitoringInterval": 60,
        "DeletionProtection": True,
    }
    assert {name: database.get(name) for name in wanted} == wanted
    assert database["EngineVersion"].startswith("15.")
    assert database["DBParameterGroups"][0]["DBParameterGroupName"] == f"{NAME}-postgres15"
    pages = (
        _client(prod, "rds")
        .get_paginator("describe_db_parameters")
        .paginate(DBParameterGroupName=f"{NAME}-postgres15", Source="user")
    )
    stated = {one["ParameterName"]: one["ParameterValue"] for page in pages for one in page["Parameters"]}
    assert stated == {"rds.allowed_extensions": "pg_trgm,postgis,uuid-ossp", "rds.force_ssl": "1"}


def test_cache(prod: Stack) -> None:
    """CB-cache."""
    (group,) = _client(prod, "elasticache").describe_replication_groups()["ReplicationGroups"]
    assert (group["CacheNodeType"], group["MultiAZ"], group["AutomaticFailover"]) == (
        "cache.t3.micro",
        "enabled",
        "enabled",
    )
    assert len(group["MemberClusters"]) == 2 and group["TransitEncryptionEnabled"] and group["AtRestEncryptionEnabled"]


def test_a_pager_is_called_and_its_url_is_nobodys(prod: Stack) -> None:
    """CB-alarm: with the option set there is a subscription; the URL holds a key, and the plan does not."""
    key = "b1946ac92492d2347c6235b4d2611184"
    url = f"https://events.pagerduty.com/integration/{key}/enqueue"
    planned = prod.play("site", "--check", "--diff", "-e", f"pager_url={url}")
    assert planned.effective() == {"AWS::SNS::Subscription pagerduty/https/pagerduty": "create"}
    assert key not in json.dumps(planned.result["plan"])


def test_seven_secrets_and_the_one_that_rotates(prod: Stack) -> None:
    """CB-sec."""
    secrets = _client(prod, "secretsmanager")
    names = [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]
    assert len(names) == 7
    managed = secrets.describe_secret(SecretId=_database(prod)["MasterUserSecret"]["SecretArn"])
    assert managed["RotationEnabled"] and managed["RotationRules"]["AutomaticallyAfterDays"] == 30
    assert managed["OwningService"] == "rds"
    (container,) = _task_definition(prod, "cbi-api")["containerDefinitions"]
    password = next(one["valueFrom"] for one in container["secrets"] if one["name"] == "DATABASE_PASSWORD")
    assert password == f"{managed['ARN']}:password::"


def test_repository_and_backups(prod: Stack) -> None:
    """CB-ecr, CB-bak."""
    repositories = _client(prod, "ecr").describe_repositories()["repositories"]
    assert [repository["repositoryName"] for repository in repositories] == ["cbi"]
    backup = _client(prod, "backup")
    (plan,) = backup.list_backup_plans()["BackupPlansList"]
    (rule,) = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]
    assert (rule["ScheduleExpression"], rule["Lifecycle"]["DeleteAfterDays"]) == ("cron(0 4 ? * SUN *)", 90)
    lifecycle = _client(prod, "s3").get_bucket_lifecycle_configuration(Bucket=f"{NAME}-backups")["Rules"]
    moves = {one["StorageClass"]: one["Days"] for rule in lifecycle for one in rule.get("Transitions", ())}
    assert moves == {"STANDARD_IA": 30, "GLACIER": 90}


def test_the_dashboard_stands_behind_cloudfront(prod: Stack) -> None:
    """CB-cdn."""
    (distribution,) = prod.twin.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert distribution["Aliases"]["Items"] == ["dashboard.cbi-sudan.org"]
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    (origin,) = distribution["Origins"]["Items"]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    kept = distribution["CacheBehaviors"]["Items"]
    assert [behaviour["PathPattern"] for behaviour in kept] == ["/_next/static/*"]


def test_the_dashboard_may_ask_the_api(prod: Stack) -> None:
    """CB-cdn: what its pages are served with lets them call the API and its WebSocket."""
    client = prod.twin.client("cloudfront")
    (item,) = client.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]["Items"]
    headers = item["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert "connect-src 'self' https://api.cbi-sudan.org wss://api.cbi-sudan.org;" in policy


@pytest.mark.parametrize(
    ("name", "bound", "periods", "topic"),
    [
        ("cbi-llm-error-rate-high", 5, (2, 300), "pagerduty"),
        ("cbi-queue-depth-critical", 500, (3, 60), "pagerduty"),
        ("cbi-report-latency-high", 30, (3, 300), "ops"),
        ("cbi-api-5xx-rate", 10, (2, 300), "pagerduty"),
        ("cbi-rds-connections-high", 60, (2, 300), "ops"),
        ("cbi-redis-memory-high", 80, (2, 300), "ops"),
    ],
)
def test_alarms(prod: Stack, name: str, bound: float, periods: tuple[int, int], topic: str) -> None:
    """CB-alarm."""
    (alarm,) = _client(prod, "cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    seconds = alarm.get("Period") or next(
        one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one
    )
    assert (alarm["Threshold"], (alarm["EvaluationPeriods"], seconds)) == (bound, periods)
    assert [arn.rpartition(":")[2] for arn in alarm["AlarmActions"]] == [f"{NAME}-{topic}"]


def test_a_rate_is_a_rate(prod: Stack) -> None:
    """CB-alarm: failures by calls; the document's sum would have been a count."""
    (alarm,) = _client(prod, "cloudwatch").describe_alarms(AlarmNames=["cbi-llm-error-rate-high"])["MetricAlarms"]
    terms = {term["Id"]: term for term in alarm["Metrics"]}
    assert terms["result"]["Expression"] == "100 * FILL(errors, 0) / total"
    measured = {name: terms[name]["MetricStat"] for name in ("errors", "total")}
    assert [one["Metric"]["MetricName"] for one in measured.values()] == ["JSONParseFailures", "LLMCalls"]
    assert {one["Stat"] for one in measured.values()} == {"Sum"}


def test_silent_workers_are_an_alarm(prod: Stack) -> None:
    """CB-alarm: the workers tell the depth of the queue, and dead ones tell nothing."""
    (alarm,) = _client(prod, "cloudwatch").describe_alarms(AlarmNames=["cbi-queue-depth-critical"])["MetricAlarms"]
    assert (alarm["MetricName"], alarm["Dimensions"], alarm["TreatMissingData"]) == ("PendingMessages", [], "breaching")


def test_dashboard(prod: Stack) -> None:
    """CB-dash."""
    body = json.loads(_client(prod, "cloudwatch").get_dashboard(DashboardName="CBI-Production")["DashboardBody"])
    titles = [widget["properties"]["title"] for widget in body["widgets"]]
    assert len(titles) == 8 and "Queue depth" in titles and "Report latency, end to end" in titles
    latency = next(one["properties"] for one in body["widgets"] if one["properties"]["title"].startswith("Report lat"))
    assert [metric[-1]["stat"] for metric in latency["metrics"]] == ["p50", "p95", "p99"]
    assert {widget["properties"]["region"] for widget in body["widgets"]} == {REGION}


def test_five_saved_queries(prod: Stack) -> None:
    """CB-logs."""
    found = _client(prod, "logs").describe_query_definitions(queryDefinitionNamePrefix="cbi/")["queryDefinitions"]
    assert len(found) == 5
    assert all(query["logGroupNames"] == ["/ecs/cbi-worker"] for query in found)


# Ten times the load


def test_ten_times_the_load_is_reached_in_place(prod: Stack) -> None:
    """CB-10x: what grows is changed, a replica is added, and nothing that holds data is replaced."""
    planned = prod.play("plan", "-e", f"@{TEN_FOLD}")
    assert planned.writes == []
    changes = {f"{one['kind']} {one['name']}": one for one in planned.result["plan"] if one["action"] != "none"}
    assert changes["AWS::RDS::DBInstance main"]["after"]["DBInstanceClass"] == "db.r6g.large"
    assert changes["AWS::RDS::DBInstance main/analytics"]["action"] == "create"
    assert changes["AWS::ElastiCache::ReplicationGroup main"]["after"]["CacheNodeType"] == "cache.r6g.large"
    assert changes["AWS::ECS::Service cbi-api"]["after"]["DesiredCount"] == 4
    assert {name for name, one in changes.items() if one["action"] == "replace"} == set()
    for service in ("cbi-api", "cbi-worker"):
        (container,) = changes[f"AWS::ECS::TaskDefinition {service}"]["after"]["ContainerDefinitions"]
        assert "ANALYTICS_DATABASE_HOST" in {one["Name"] for one in container["Environment"]}


# The end


def test_destroying_leaves_nothing_but_last_snapshots(prod: Stack) -> None:
    run = prod.play("destroy", "-e", "confirm=cbi-prod", "-e", "release_protection=true")
    assert {change["action"] for change in run.result["plan"]} == {"delete"}
    snapshots = _client(prod, "rds").describe_db_snapshots()["DBSnapshots"]
    assert [one["DBSnapshotIdentifier"].startswith(f"{NAME}-final-") for one in snapshots].count(True) == 1
    left = tagged(prod.twin, "cbi-prod", (REGION, "us-east-1"))
    assert [arn for arn in left if not is_kept(prod.twin, arn)] == []
    managed = [one for one in _client(prod, "secretsmanager").list_secrets()["SecretList"] if one.get("OwningService")]
    assert managed == []
    again = prod.play("destroy", "-e", "confirm=cbi-prod", "-e", "release_protection=true")
    assert again.changed == 0 and again.writes == []
