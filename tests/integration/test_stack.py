"""social_analytics by the playbooks, as a user runs them: planned, made, found, drifted, killed, taken down.

The stacks are converged once and shared. What changes one puts it back, except for the destruction at the end.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.accounts import doors, everything, is_kept, secret_values, tagged
from tests.integration.playbooks import LEDGER, Run, Stack, kill, wait_for_writes
from tests.own_twin import OwnTwin, own_twin

#: Slow things go through their states, in a third of the twin's usual time.
SCALE = 0.3
ACCOUNT = "123456789012"
ANYWHERE = "0.0.0.0/0"

#: What differs between the two stacks, by SA-*.
FIGURES: dict[str, dict[str, Any]] = {
    "prod": {"class": "db.t3.medium", "multi_az": True, "nodes": 3, "tasks": 2, "secrets": "production"},
    "staging": {"class": "db.t3.small", "multi_az": False, "nodes": 1, "tasks": 1, "secrets": "staging"},
}


@pytest.fixture(scope="module")
def prod() -> Iterator[Stack]:
    """The production stack, planned on an empty account and then converged twice."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "prod")
        stack.runs["planned"] = stack.play("site", "--check", "--diff")
        stack.runs["first"] = stack.play("site", verbosity="-vvv")
        stack.runs["second"] = stack.play("site")
        yield stack


@pytest.fixture(scope="module")
def staging() -> Iterator[Stack]:
    """The staging stack, converged."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "staging")
        stack.runs["first"] = stack.play("site")
        yield stack


@pytest.fixture(params=["prod", "staging"])
def stack(request: pytest.FixtureRequest) -> Stack:
    """Each of the two."""
    found: Stack = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def spare() -> Iterator[OwnTwin]:
    """An account for runs that do not end well."""
    with own_twin(SCALE) as twin:
        yield twin


# Plan and convergence


def test_the_plan_on_an_empty_account_writes_nothing_and_is_what_is_then_done(prod: Stack) -> None:
    planned, first = prod.runs["planned"], prod.runs["first"]
    assert planned.writes == []
    assert planned.result["stats"]["writes"] == 0
    assert {change["action"] for change in planned.result["plan"]} == {"create"}
    assert planned.result["changed"] is True
    assert first.result["plan"] == planned.result["plan"]
    assert first.result["plan_digest"] == planned.result["plan_digest"]
    assert first.result["stats"]["writes"] == len(first.writes)


def test_the_plan_names_every_resource_in_its_diff(prod: Stack) -> None:
    planned = prod.runs["planned"]
    shown = planned.output.partition("changed: [prod]")[0]
    for change in planned.result["plan"]:
        assert f"{change['kind']} {change['name']}" in shown


def test_a_second_run_changes_nothing_and_writes_nothing(prod: Stack) -> None:
    second = prod.runs["second"]
    assert second.changed == 0
    assert second.effective() == {}
    assert second.writes == []
    _same_outputs(prod.runs["first"].result["outputs"], second.result["outputs"])


def _same_outputs(first: dict[str, Any], second: dict[str, Any]) -> None:
    """What a run tells of what it made is what a look at it tells, but for what AWS only knows later."""
    for kind, named in second.items():
        for name, outputs in named.items():
            told = {key: _bare(value) for key, value in outputs.items() if key != "LoadBalancerArns"}
            assert {key: _bare(value) for key, value in first[kind][name].items()} == told, f"{kind} {name}"


def _bare(value: Any) -> Any:
    return value.removeprefix("/hostedzone/") if isinstance(value, str) else value


def test_no_generated_secret_shows_anywhere(prod: Stack) -> None:
    """Not in what a whole run says at -vvv, not in its result, the ledger, or a tag."""
    hidden = set(_generated(prod.twin))
    assert len(hidden) >= 4
    ledger = prod.twin.client("dynamodb").scan(TableName=LEDGER)["Items"]
    places = {
        "output": prod.runs["first"].output,
        "result": json.dumps(prod.runs["first"].results),
        "check": prod.runs["planned"].output + prod.runs["second"].output,
        "ledger": json.dumps(ledger),
        "tags": json.dumps(tagged(prod.twin, "social-analytics-prod")),
        "environment": json.dumps(_task_definition(prod)["containerDefinitions"]),
    }
    assert ledger
    for value in hidden:
        for place, text in places.items():
            assert value not in text, f"a secret shows in {place}"


def _generated(twin: OwnTwin) -> Iterator[str]:
    """The secret parts of the secrets' values: passwords, keys and tokens, without hosts and names."""
    for name, value in secret_values(twin).items():
        if not value.startswith("{"):
            yield value
            yield from re.findall(r"^rediss://[^:]*:([^@]+)@", value)
            continue
        secret = [member for key, member in json.loads(value).items() if key in ("password", "token", "auth_token")]
        assert secret, f"{name} holds nothing secret"
        yield from secret


# The rows of the system


def test_network(stack: Stack) -> None:
    """SA-net: public subnets for the load balancer only, private ones for tasks and data, NAT."""
    ec2 = stack.twin.client("ec2")
    subnets = {subnet["SubnetId"]: subnet for subnet in _ours(stack, ec2.describe_subnets()["Subnets"])}
    assert len({subnet["AvailabilityZone"] for subnet in subnets.values()}) == 2
    public, private = set(), set()
    for table in _ours(stack, ec2.describe_route_tables()["RouteTables"]):
        ways_out = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == ANYWHERE]
        members = {one["SubnetId"] for one in table["Associations"] if "SubnetId" in one}
        if any(route.get("GatewayId", "").startswith("igw-") for route in ways_out):
            public |= members
        else:
            private |= members
    assert public | private == set(subnets)
    balancer = _load_balancer(stack)
    assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} <= public
    assert {one["SubnetId"] for one in _gateways(stack)} == public
    tasks = _service(stack)["networkConfiguration"]["awsvpcConfiguration"]
    assert set(tasks["subnets"]) <= private
    groups = stack.twin.client("rds").describe_db_subnet_groups()["DBSubnetGroups"]
    data = {one["SubnetIdentifier"] for group in groups for one in group["Subnets"]}
    caches = stack.twin.client("elasticache").describe_cache_subnet_groups()["CacheSubnetGroups"]
    data |= {one["SubnetIdentifier"] for group in caches for one in group["Subnets"]}
    assert len(data) == 2 and data <= private
    assert not data & set(tasks["subnets"])


def _gateways(stack: Stack) -> list[dict[str, Any]]:
    gateways = stack.twin.client("ec2").describe_nat_gateways()["NatGateways"]
    return [gateway for gateway in gateways if gateway["State"] == "available"]


def _ours(stack: Stack, things: list[dict[str, Any]]) -> list[dict[str, Any]]:
    owner = {"Key": "stackwright:stack", "Value": f"social-analytics-{stack.name}"}
    return [thing for thing in things if owner in (thing.get("Tags") or [])]


def test_only_the_documented_doors_are_open(stack: Stack) -> None:
    """SA-net: 443 from anywhere to the load balancer (80 redirects), 8000 from it, 5432 and 6379 from the tasks."""
    ec2 = stack.twin.client("ec2")
    groups = {group["GroupId"]: group for group in _ours(stack, ec2.describe_security_groups()["SecurityGroups"])}
    database = _database(stack)["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    cache = _cache_members(stack)[0]["SecurityGroups"][0]["SecurityGroupId"]
    (balancer,) = _load_balancer(stack)["SecurityGroups"]
    (tasks,) = _service(stack)["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    assert len({database, cache, balancer, tasks}) == 4
    open_doors = {group: doors(groups[group]) for group in (database, cache, balancer, tasks)}
    assert open_doors[balancer] == {(443, 443, ANYWHERE), (80, 80, ANYWHERE)}
    assert open_doors[tasks] == {(8000, 8000, balancer)}
    assert open_doors[database] == {(5432, 5432, tasks)}
    assert open_doors[cache] == {(6379, 6379, tasks)}


def _database(stack: Stack) -> dict[str, Any]:
    answer = stack.twin.client("rds").describe_db_instances(DBInstanceIdentifier="social-analytics-db")
    found: dict[str, Any] = answer["DBInstances"][0]
    return found


def test_database(stack: Stack) -> None:
    """SA-db, and the correction of its master user's name."""
    figures, database = FIGURES[stack.name], _database(stack)
    assert database["Engine"] == "postgres"
    assert re.fullmatch(r"15(\.\d+)?", database["EngineVersion"])
    assert database["DBInstanceClass"] == figures["class"]
    assert database["MultiAZ"] is figures["multi_az"]
    assert database["AllocatedStorage"] == 100
    assert database["BackupRetentionPeriod"] == 7
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False
    assert database["DeletionProtection"] is True
    assert database["MasterUsername"] not in ("admin", "postgres", "rdsadmin")


def _cache(stack: Stack) -> dict[str, Any]:
    answer = stack.twin.client("elasticache").describe_replication_groups(ReplicationGroupId="social-analytics-redis")
    found: dict[str, Any] = answer["ReplicationGroups"][0]
    return found


def _cache_members(stack: Stack) -> list[dict[str, Any]]:
    client = stack.twin.client("elasticache")
    names = _cache(stack)["MemberClusters"]
    return [client.describe_cache_clusters(CacheClusterId=name)["CacheClusters"][0] for name in names]


def test_cache(stack: Stack) -> None:
    """SA-cache, and of SA-bak the daily snapshots kept for seven days."""
    figures, cache, members = FIGURES[stack.name], _cache(stack), _cache_members(stack)
    assert len(members) == figures["nodes"]
    assert {member["CacheNodeType"] for member in members} == {"cache.t3.medium"}
    assert all(member["Engine"] == "redis" and member["EngineVersion"].startswith("7.0") for member in members)
    assert cache["AutomaticFailover"] == ("enabled" if figures["nodes"] > 1 else "disabled")
    assert cache["MultiAZ"] == ("enabled" if figures["nodes"] > 1 else "disabled")
    assert cache["AtRestEncryptionEnabled"] is True
    assert cache["TransitEncryptionEnabled"] is True
    assert cache["SnapshotRetentionLimit"] == 7


def test_secrets(stack: Stack) -> None:
    """SA-sec, and the correction that an encrypted Redis is spoken to by rediss."""
    prefix = FIGURES[stack.name]["secrets"]
    values = secret_values(stack.twin)
    wanted = {"database/main", "redis/url", "encryption/secret-key", "jwt/secret-key"}
    assert {f"{prefix}/social-analytics/{name}" for name in wanted} <= set(values)
    database = json.loads(values[f"{prefix}/social-analytics/database/main"])
    instance = _database(stack)
    assert database["host"] == instance["Endpoint"]["Address"]
    assert str(database["port"]) == "5432" and database["database"] == "social_analytics"
    assert database["username"] == instance["MasterUsername"]
    assert len(database["password"]) >= 20
    address = _cache(stack)["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    assert re.fullmatch(
        rf"rediss://[^@]*@?{re.escape(address)}:6379(/0)?", values[f"{prefix}/social-analytics/redis/url"]
    )
    keys = {values[f"{prefix}/social-analytics/{name}/secret-key"] for name in ("encryption", "jwt")}
    assert len(keys) == 2 and all(len(key) == 64 for key in keys)


def test_repositories(stack: Stack) -> None:
    """SA-ecr."""
    answer = stack.twin.client("ecr").describe_repositories()["repositories"]
    repositories = {one["repositoryName"]: one for one in answer}
    assert set(repositories) == {"social-analytics/backend", "social-analytics/frontend"}
    for repository in repositories.values():
        assert repository["imageScanningConfiguration"]["scanOnPush"] is True
        assert repository["encryptionConfiguration"]["encryptionType"] in ("AES256", "KMS")


def _service(stack: Stack) -> dict[str, Any]:
    answer = stack.twin.client("ecs").describe_services(
        cluster="social-analytics-cluster", services=["backend-service"]
    )
    found: dict[str, Any] = answer["services"][0]
    return found


def _task_definition(stack: Stack) -> dict[str, Any]:
    arn = _service(stack)["taskDefinition"]
    found: dict[str, Any] = stack.twin.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return found


def test_service(stack: Stack) -> None:
    """SA-ecs, and the correction that tasks have no public address."""
    cluster = stack.twin.client("ecs").describe_clusters(clusters=["social-analytics-cluster"])["clusters"][0]
    strategy = {one["capacityProvider"]: one for one in cluster["defaultCapacityProviderStrategy"]}
    assert set(strategy) == {"FARGATE", "FARGATE_SPOT"}
    assert (strategy["FARGATE"]["weight"], strategy["FARGATE"]["base"]) == (1, 1)
    assert (strategy["FARGATE_SPOT"]["weight"], strategy["FARGATE_SPOT"].get("base", 0)) == (4, 0)
    service = _service(stack)
    assert service["desiredCount"] == FIGURES[stack.name]["tasks"]
    assert service["healthCheckGracePeriodSeconds"] == 60
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    definition = _task_definition(stack)
    assert definition["family"] == "social-analytics-backend"
    assert (definition["cpu"], definition["memory"]) == ("512", "1024")
    (container,) = definition["containerDefinitions"]
    assert [port["containerPort"] for port in container["portMappings"]] == [8000]
    given = {one["name"] for one in container["secrets"]}
    assert given == {"DATABASE", "REDIS_URL", "ENCRYPTION_KEY", "JWT_SECRET"}


def _load_balancer(stack: Stack) -> dict[str, Any]:
    answer = stack.twin.client("elbv2").describe_load_balancers(Names=["social-analytics-alb"])
    found: dict[str, Any] = answer["LoadBalancers"][0]
    return found


def test_load_balancer(stack: Stack) -> None:
    """SA-alb: HTTPS with a certificate and a current policy, 80 redirects, and the target group's figures."""
    elbv2, balancer = stack.twin.client("elbv2"), _load_balancer(stack)
    assert balancer["Scheme"] == "internet-facing" and balancer["Type"] == "application"
    (group,) = elbv2.describe_target_groups(Names=["social-analytics-backend-tg"])["TargetGroups"]
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTP", 8000, "ip")
    assert group["HealthCheckPath"] == "/health"
    assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (30, 5)
    assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (2, 3)
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    by_port = {listener["Port"]: listener for listener in listeners}
    assert set(by_port) == {80, 443}
    redirect = by_port[80]["DefaultActions"][0]["RedirectConfig"]
    assert (redirect["Protocol"], redirect["Port"], redirect["StatusCode"]) == ("HTTPS", "443", "HTTP_301")
    secure = by_port[443]
    assert secure["Protocol"] == "HTTPS" and "TLS13" in secure["SslPolicy"]
    certificate = stack.twin.client("acm").describe_certificate(
        CertificateArn=secure["Certificates"][0]["CertificateArn"]
    )["Certificate"]
    assert certificate["Status"] == "ISSUED"
    assert group["TargetGroupArn"] in json.dumps(
        [secure["DefaultActions"], elbv2.describe_rules(ListenerArn=secure["ListenerArn"])["Rules"]]
    )
    attached = _service(stack)["loadBalancers"]
    assert [(one["targetGroupArn"], one["containerPort"]) for one in attached] == [(group["TargetGroupArn"], 8000)]


def test_scaling(stack: Stack) -> None:
    """SA-scale: up to ten tasks, by CPU."""
    client = stack.twin.client("application-autoscaling")
    (target,) = client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert target["ResourceId"] == "service/social-analytics-cluster/backend-service"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (FIGURES[stack.name]["tasks"], 10)
    (policy,) = client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert policy["PolicyType"] == "TargetTrackingScaling"
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ECSServiceAverageCPUUtilization"
    assert tracking["TargetValue"] == 70


def test_monitoring(stack: Stack) -> None:
    """SA-mon: log groups, the CPU alarm, and watches over memory, latency and 5xx that reach somebody."""
    groups = {group["logGroupName"]: group for group in stack.twin.client("logs").describe_log_groups()["logGroups"]}
    for name in ("/ecs/social-analytics-backend", "/ecs/social-analytics-frontend"):
        assert groups[name]["retentionInDays"] == 30
    cloudwatch = stack.twin.client("cloudwatch")
    named = cloudwatch.describe_alarms(AlarmNamePrefix="social-analytics-")["MetricAlarms"]
    alarms = {alarm["AlarmName"]: alarm for alarm in named}
    cpu = alarms["social-analytics-high-cpu"]
    assert (cpu["Namespace"], cpu["MetricName"], cpu["Statistic"]) == ("AWS/ECS", "CPUUtilization", "Average")
    assert (cpu["Threshold"], cpu["ComparisonOperator"]) == (80, "GreaterThanThreshold")
    assert (cpu["EvaluationPeriods"], cpu["Period"]) == (2, 300)
    dimensions = {one["Name"]: one["Value"] for one in cpu["Dimensions"]}
    assert dimensions == {"ClusterName": "social-analytics-cluster", "ServiceName": "backend-service"}
    memory = alarms["social-analytics-high-memory"]
    assert (memory["MetricName"], memory["Threshold"]) == ("MemoryUtilization", 80)
    slow = alarms["social-analytics-slow-responses"]
    assert (slow["MetricName"], slow["ExtendedStatistic"], slow["Threshold"]) == ("TargetResponseTime", "p99", 0.5)
    assert "5XX" in json.dumps(alarms["social-analytics-error-rate"]["Metrics"])
    topics = {topic["TopicArn"] for topic in stack.twin.client("sns").list_topics()["Topics"]}
    assert all(set(alarm["AlarmActions"]) <= topics and alarm["AlarmActions"] for alarm in alarms.values())


def test_roles_grant_no_more_than_this_system_needs(stack: Stack) -> None:
    """SA-iam, and the correction of its statements on everything."""
    iam, definition = stack.twin.client("iam"), _task_definition(stack)
    statements = {}
    for member in ("executionRoleArn", "taskRoleArn"):
        role = definition[member].rsplit("/", 1)[1]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        documents = [
            iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        ]
        statements[member] = [statement for document in documents for statement in document["Statement"]]
        (trust,) = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
        assert _list(trust["Principal"]["Service"]) == ["ecs-tasks.amazonaws.com"]
    assert definition["executionRoleArn"] != definition["taskRoleArn"]
    # These take no resource at all, by AWS's service authorization reference.
    unscoped = {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"}
    for statement in [*statements["executionRoleArn"], *statements["taskRoleArn"]]:
        assert statement["Effect"] == "Allow"
        actions, resources = _list(statement["Action"]), _list(statement["Resource"])
        assert not any("*" in action for action in actions), statement
        if "*" in resources:
            assert set(actions) <= unscoped, statement
        else:
            assert all("social-analytics" in resource or _is_ours(stack, resource) for resource in resources), statement
    execution = {"logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue"}
    assert execution <= _actions(statements["executionRoleArn"])
    task = {
        *("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "s3:PutObject", "s3:GetObject"),
        *("cloudwatch:PutMetricData", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    }
    assert task <= _actions(statements["taskRoleArn"])


def test_the_execution_role_may_pull_what_is_released(stack: Stack) -> None:
    """SA-iam: the system's own repositories, before the first release too."""
    iam, role = stack.twin.client("iam"), _task_definition(stack)["executionRoleArn"].rsplit("/", 1)[1]
    policies = json.dumps(
        [
            iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        ]
    )
    for action in ("GetAuthorizationToken", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage"):
        assert f"ecr:{action}" in policies
    assert "repository/social-analytics/backend" in policies


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _actions(statements: list[dict[str, Any]]) -> set[str]:
    return {action for statement in statements for action in _list(statement["Action"])}


def _is_ours(stack: Stack, resource: str) -> bool:
    """Whether an ARN without the system's name in it is that of something which carries the stack's tags."""
    return resource.removesuffix("/*").removesuffix("-??????") in tagged(stack.twin, f"social-analytics-{stack.name}")


def test_weekly_snapshots_are_copied_to_another_region(stack: Stack) -> None:
    """SA-bak."""
    client = stack.twin.client("backup")
    (listed,) = client.list_backup_plans()["BackupPlansList"]
    plan = client.get_backup_plan(BackupPlanId=listed["BackupPlanId"])["BackupPlan"]
    (rule,) = plan["Rules"]
    assert "SUN" in rule["ScheduleExpression"] and rule["Lifecycle"]["DeleteAfterDays"] == 35
    (copy,) = rule["CopyActions"]
    assert copy["DestinationBackupVaultArn"].startswith(f"arn:aws:backup:us-west-2:{ACCOUNT}:backup-vault:")
    name = copy["DestinationBackupVaultArn"].rsplit(":", 1)[1]
    vaults = stack.twin.client("backup", "us-west-2").list_backup_vaults()["BackupVaultList"]
    assert name in {vault["BackupVaultName"] for vault in vaults}
    (selected,) = client.list_backup_selections(BackupPlanId=listed["BackupPlanId"])["BackupSelectionsList"]
    selection = client.get_backup_selection(BackupPlanId=listed["BackupPlanId"], SelectionId=selected["SelectionId"])[
        "BackupSelection"
    ]
    assert selection["Resources"] == [f"arn:aws:rds:us-east-1:{ACCOUNT}:db:social-analytics-db"]


def test_everything_carries_the_owners_tags(stack: Stack) -> None:
    found = tagged(stack.twin, f"social-analytics-{stack.name}")
    assert len(found) > 40
    # What AWS derives for itself copies no user tags: a revision keeps those of the description.
    for arn, tags in found.items():
        assert tags["stackwright:name"], arn
        assert (tags.get("system"), tags.get("environment")) == ("social-analytics", stack.name), arn


# What is refused at the door

BAD_INPUT: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "unknown key": ({"databases": {"main": {"instance_clas": "db.t3.small"}}}, ("databases.main", "instance_clas")),
    "unknown section": ({"database": {}}, ("database", "databases")),
    "wrong type": (
        {"databases": {"main": {"allocated_storage": "plenty"}}},
        ("databases.main", "allocated_storage", "plenty"),
    ),
    "dangling reference": (
        {"services": {"backend-service": {"connects_to": ["database.mian"]}}},
        ("services.backend-service", "connects_to", "database.mian"),
    ),
    "overlapping subnets": (
        {"network": {"subnets": {"public": ["10.40.0.0/24", "10.40.0.128/25"], "private": ["10.40.2.0/24"]}}},
        ("network.subnets", "10.40.0.128/25", "overlap"),
    ),
    "impossible zone count": ({"network": {"zones": 9}}, ("network.zones", "9")),
    "unknown region": ({"region": "eu-east-1"}, ("region", "eu-east-1")),
    "bad name": ({"databases": {"main": {"identifier": "-db_1"}}}, ("databases.main", "Identifier", "-db_1")),
    "plaintext secret": (
        {"services": {"backend-service": {"environment": {"DB_PASSWORD": "hunter2hunter2"}}}},
        ("services.backend-service", "DB_PASSWORD", "secrets"),
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_refused_in_words_before_any_request(spare: OwnTwin, case: str) -> None:
    overrides, words = BAD_INPUT[case]
    run = Stack(spare, "staging").play("site", "-e", json.dumps({"stack_overrides": overrides}), expect=2)
    message = run.result["msg"]
    for word in words:
        assert word in message
    assert "hunter2hunter2" not in run.output.replace(json.dumps({"stack_overrides": overrides}), "")
    assert "Traceback" not in run.output
    assert run.requests == []


# Drift


def test_what_changed_behind_our_back_shows_and_is_put_right(prod: Stack) -> None:
    before = everything(prod.twin)
    ec2, rds = prod.twin.client("ec2"), prod.twin.client("rds")
    group = _database(prod)["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    everyone = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": ANYWHERE}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everyone])
    rds.modify_db_instance(
        DBInstanceIdentifier="social-analytics-db", DBInstanceClass="db.t3.large", ApplyImmediately=True
    )
    rds.get_waiter("db_instance_available").wait(
        DBInstanceIdentifier="social-analytics-db", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    prod.twin.client("cloudwatch").delete_alarms(AlarmNames=["social-analytics-high-cpu"])
    (vpc,) = _ours(prod, ec2.describe_vpcs()["Vpcs"])
    ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "system", "Value": "somebody-elses"}])

    drift = prod.play("drift", "-e", "fail_on_drift=true", expect=2)
    assert drift.writes == []
    effective = drift.effective()
    deleted = [subject for subject, action in effective.items() if action == "delete"]
    assert len(deleted) == 1 and deleted[0].startswith("AWS::EC2::SecurityGroupIngress ")
    assert {subject: action for subject, action in effective.items() if action != "delete"} == {
        "AWS::RDS::DBInstance main": "update",
        "AWS::CloudWatch::Alarm social-analytics-high-cpu": "create",
        "AWS::EC2::VPC vpc": "update",
    }
    changes = {f"{change['kind']} {change['name']}": change for change in drift.result["plan"]}
    database = changes["AWS::RDS::DBInstance main"]
    assert (database["before"], database["after"]) == (
        {"DBInstanceClass": "db.t3.large"},
        {"DBInstanceClass": "db.t3.medium"},
    )
    assert changes["AWS::EC2::VPC vpc"]["before"] == {"Tags": {"system": "somebody-elses"}}

    mended = prod.play("site")
    assert mended.effective() == effective
    assert doors(ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]).isdisjoint(
        {(5432, 5432, ANYWHERE)}
    )
    calm = prod.play("drift", "-e", "fail_on_drift=true")
    assert calm.effective() == {} and calm.writes == []
    assert everything(prod.twin) == before


# One change


def _database_with(**options: Any) -> tuple[str, str]:
    """Arguments that change options of the database and nothing else; prod has no overrides of its own."""
    return "-e", json.dumps({"stack_overrides": {"databases": {"main": options}}})


def test_replacing_what_holds_data_is_refused_with_the_property_that_forces_it(prod: Stack) -> None:
    refused = prod.play("site", *_database_with(username="somebody_else"), expect=2)
    assert "databases.main" in refused.result["msg"]
    assert "MasterUsername" in refused.result["msg"] and "holds data" in refused.result["msg"]
    assert refused.writes == []


def test_a_saved_plan_is_applied_exactly_or_not_at_all(prod: Stack, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    bigger = _database_with(allocated_storage=120)
    planned = prod.play("plan", "-e", f"plan_out={file}", *bigger)
    assert planned.writes == []
    assert planned.effective() == {"AWS::RDS::DBInstance main": "update"}
    assert json.loads(file.read_text())["prod"]["plan_digest"] == planned.result["plan_digest"]
    assert "AllocatedStorage" in (tmp_path / "plan.json.html").read_text()

    other = prod.play("site", "-e", f"plan={file}", expect=2)
    assert "not the saved one" in other.result["msg"] and other.writes == []
    same = prod.play("site", "-e", f"plan={file}", *bigger)
    assert same.effective() == planned.effective()
    assert _database(prod)["AllocatedStorage"] == 120
    stale = prod.play("site", "-e", f"plan={file}", *bigger, expect=2)
    assert "not the saved one" in stale.result["msg"] and stale.writes == []


# Runs that do not end


def _same_as_undisturbed(spare: OwnTwin, staging: Stack) -> None:
    """The account holds what an undisturbed run makes: the same, each once."""
    killed, whole = everything(spare), everything(staging.twin)
    different = {place: (killed[place], whole[place]) for place in whole if killed[place] != whole[place]}
    assert different == {}


@pytest.mark.parametrize("part", range(3))
def test_a_run_killed_at_any_moment_is_finished_by_the_next(spare: OwnTwin, staging: Stack, part: int) -> None:
    """`kill -9` of the whole process group, once in each third of the run."""
    spare.reset()
    total = len(staging.runs["first"].writes)
    moment = random.randint(1 + part * total // 3, (part + 1) * total // 3 - 1)
    print(f"killed after {moment} of {total} writing requests")
    stack = Stack(spare, "staging")
    spare.forget_requests()
    process = stack.start("site")
    wait_for_writes(spare, moment, process)
    assert process.poll() is None, "it ended before it could be killed"
    kill(process)
    finished = stack.play("site")
    # A run that was killed at its very end has left nothing to do.
    assert finished.result["changed"] is bool(finished.effective())
    assert stack.play("site", "--check").effective() == {}
    _same_as_undisturbed(spare, staging)


def test_a_second_run_is_told_who_holds_the_lease(spare: OwnTwin, staging: Stack) -> None:
    spare.reset()
    usual = spare.ask("GET", "/_twin/delays")["delays"]
    spare.delays({"rds.create": 30.0})
    stack = Stack(spare, "staging")
    spare.forget_requests()
    first = stack.start("site")
    try:
        wait_for_writes(spare, 20, first)
        refused = stack.play("site", expect=2)
    finally:
        kill(first)
        spare.delays(usual)
    message = refused.result["msg"]
    assert re.search(r"social-analytics-staging is held by \S+@\S+ \(pid \d+, converge\)", message), message
    assert re.search(r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", message), message
    changing = [name for name in refused.results if name.get("changed")]
    assert changing == []


# The end


def test_destroying_asks_for_the_name_and_keeps_what_is_protected(prod: Stack) -> None:
    before = everything(prod.twin)
    wrong = prod.play("destroy", "-e", "confirm=social-analytics-staging", expect=2)
    assert "confirm" in wrong.result["msg"] and "social-analytics-prod" in wrong.result["msg"]
    assert wrong.writes == []
    guarded = prod.play("destroy", "-e", "confirm=social-analytics-prod", expect=2)
    assert "release_protection" in guarded.result["msg"]
    for name in ("social-analytics-db", "social-analytics-redis"):
        assert name in guarded.result["msg"]
    assert guarded.writes == []
    assert everything(prod.twin) == before


def test_destroying_takes_a_last_snapshot_and_leaves_nothing_else(prod: Stack) -> None:
    """The last test of this file: the production stack is gone after it."""
    run: Run = prod.play("destroy", "-e", "confirm=social-analytics-prod", "-e", "release_protection=true")
    assert {change["action"] for change in run.result["plan"]} == {"delete"}
    snapshots = prod.twin.client("rds").describe_db_snapshots()["DBSnapshots"]
    last = [one for one in snapshots if one["DBSnapshotIdentifier"].startswith("social-analytics-db-final-")]
    assert len(last) == 1 and last[0]["Encrypted"] is True
    caches = prod.twin.client("elasticache").describe_snapshots()["Snapshots"]
    assert len([one for one in caches if one["SnapshotName"].startswith("social-analytics-redis-final-")]) == 1
    left = [arn for arn in tagged(prod.twin, "social-analytics-prod") if not is_kept(prod.twin, arn)]
    assert left == []
    again = prod.play("destroy", "-e", "confirm=social-analytics-prod", "-e", "release_protection=true")
    assert again.changed == 0 and again.writes == []
