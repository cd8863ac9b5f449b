"""social_analytics by its playbooks, as a person runs them, from an empty account to nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.own_twin import OwnTwin, is_scheduled_for_deletion, own_twin

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = str(Path(sys.executable).parent / "ansible-playbook")
STACK_TAG, NAME_TAG = "stackwright:stack", "stackwright:name"
REGIONS = ("us-east-1", "us-west-2")


@pytest.fixture(scope="module")
def twin() -> Iterator[OwnTwin]:
    with own_twin(scale=0.5) as running:
        yield running


def environment(twin: OwnTwin) -> dict[str, str]:
    """What a person has who sourced `.twin.env`, with results as JSON."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ANSIBLE_"))}
    return {
        **plain,
        "AWS_ENDPOINT_URL": twin.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }


def start(twin: OwnTwin, playbook: str, stack: str, *more: str, callback: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PLAYBOOK, f"playbooks/{playbook}.yml", "-i", "inventories/social_analytics", "-l", stack, "-vvv", *more],
        cwd=ROOT,
        env={**environment(twin), "ANSIBLE_STDOUT_CALLBACK": callback or "default", "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def play(twin: OwnTwin, playbook: str, stack: str, *more: str, fails: bool = False) -> str:
    """What a playbook says."""
    process = start(twin, playbook, stack, *more)
    text, _nothing = process.communicate(timeout=120)
    assert (process.returncode != 0) is fails, text
    return text


def overriding(stack: str, **database: Any) -> list[str]:
    """Arguments that change options of the stack's database beside what the stack's own file says."""
    file = ROOT / "inventories" / "social_analytics" / "host_vars" / f"{stack}.yml"
    overrides = yaml.safe_load(file.read_text())["stack_overrides"]
    overrides["databases"]["main"].update(database)
    return ["-e", json.dumps({"stack_overrides": overrides})]


def plan_of(twin: OwnTwin, stack: str, tmp_path: Path) -> list[tuple[str, str, str]]:
    """The plan that plan.yml saves."""
    file = tmp_path / f"{stack}.json"
    play(twin, "plan", stack, "-e", f"plan_out={file}")
    plan = json.loads(file.read_text())[stack]["plan"]
    return [(entry["kind"], entry["name"], entry["action"]) for entry in plan if entry["action"] != "none"]


def tagged(twin: OwnTwin, stack: str) -> dict[str, dict[str, str]]:
    """Everything that carries the stack's tag, by ARN."""
    found: dict[str, dict[str, str]] = {}
    for region in REGIONS:
        pages = twin.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
        for page in pages.paginate(TagFilters=[{"Key": STACK_TAG, "Values": [stack]}]):
            for entry in page["ResourceTagMappingList"]:
                found[entry["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in entry["Tags"]}
    return found


def names(twin: OwnTwin, stack: str) -> Counter[tuple[str, str]]:
    """What the stack owns, by type and logical name: each must be there once."""
    return Counter(
        (
            re.sub(r"[:/].*", "", arn.split(":", 5)[5]) + " of " + arn.split(":")[2] + " in " + arn.split(":")[3],
            tags[NAME_TAG],
        )
        for arn, tags in tagged(twin, stack).items()
    )


def secrets(twin: OwnTwin) -> set[str]:
    """Every secret value, whole and by member."""
    client = twin.client("secretsmanager")
    found: set[str] = set()
    for entry in client.list_secrets()["SecretList"]:
        text = client.get_secret_value(SecretId=entry["ARN"])["SecretString"]
        found.add(text)
        if text.startswith("{"):
            found |= {str(value) for key, value in json.loads(text).items() if key in ("password", "token")}
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stack", ["prod", "staging"])
def test_from_nothing_to_running_to_nothing(twin: OwnTwin, stack: str, tmp_path: Path) -> None:
    twin.reset()
    owner = f"social-analytics-{stack}"

    # The plan on an empty account sends no request that writes, and is what is then done.
    twin.forget_requests()
    planned = plan_of(twin, stack, tmp_path)
    assert twin.writes() == []
    assert {action for _kind, _name, action in planned} == {"create"}
    first = play(twin, "site", stack)
    made = set(re.findall(r"(?:created) (\S+) (.+?)(?: \(\d+ s\))?$", first, re.MULTILINE))
    assert {(kind, name) for kind, name, _action in planned} == made

    # No secret in anything that was said, in no tag and in no ledger.
    hidden = secrets(twin)
    assert len(hidden) >= 6
    said = (
        first
        + json.dumps(tagged(twin, owner))
        + json.dumps(twin.client("dynamodb").scan(TableName="stackwright-ledger"))
    )
    assert [value for value in hidden if value in said] == []

    # The second run finds nothing to do and sends no request that writes.
    twin.forget_requests()
    assert re.search(rf"^{stack} .*changed=0 ", play(twin, "site", stack), re.MULTILINE)
    assert twin.writes() == []
    kinds = len({kind for kind, _name, _action in planned})
    assert len(twin.requests()) <= 2 * kinds

    rows(twin, stack)

    # Taking it down wants the name, and the word for what is protected.
    assert "say confirm=" in play(twin, "destroy", stack, "-e", "confirm=nonsense", fails=True)
    assert "release_protection" in play(twin, "destroy", stack, "-e", f"confirm={owner}", fails=True)
    play(twin, "destroy", stack, "-e", f"confirm={owner}", "-e", "release_protection=true")
    snapshots = twin.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [snapshot["DBInstanceIdentifier"] for snapshot in snapshots] == ["social-analytics-db"]
    left = [arn for arn in tagged(twin, owner) if ":snapshot:" not in arn and not is_scheduled_for_deletion(twin, arn)]
    assert left == []


def rows(twin: OwnTwin, stack: str) -> None:
    """The rows SA-* of the requirements, with their figures."""
    is_prod = stack == "prod"
    ec2, rds, cache = twin.client("ec2"), twin.client("rds"), twin.client("elasticache")

    database = rds.describe_db_instances(DBInstanceIdentifier="social-analytics-db")["DBInstances"][0]
    assert (database["Engine"], database["EngineVersion"].split(".")[0]) == ("postgres", "15")
    assert database["DBInstanceClass"] == ("db.t3.medium" if is_prod else "db.t3.small")
    assert database["MultiAZ"] is is_prod
    assert (database["AllocatedStorage"], database["BackupRetentionPeriod"]) == (100, 7)
    assert database["StorageEncrypted"] and database["DeletionProtection"]
    assert not database["PubliclyAccessible"] and database["MasterUsername"] != "admin"

    group = cache.describe_replication_groups(ReplicationGroupId="social-analytics-redis")["ReplicationGroups"][0]
    assert len(group["MemberClusters"]) == (3 if is_prod else 1)
    assert group["CacheNodeType"] == "cache.t3.medium"
    assert group["AutomaticFailover"] == ("enabled" if is_prod else "disabled")
    assert group["TransitEncryptionEnabled"] and group["AtRestEncryptionEnabled"]
    assert group["SnapshotRetentionLimit"] == 7
    members = cache.describe_cache_clusters(CacheClusterId=group["MemberClusters"][0])["CacheClusters"]
    assert members[0]["EngineVersion"].startswith("7.0")

    prefix = "production" if is_prod else "staging"
    manager = twin.client("secretsmanager")
    content = {
        name: manager.get_secret_value(SecretId=f"{prefix}/social-analytics/{name}")["SecretString"]
        for name in ("database/main", "redis/url", "encryption/secret-key", "jwt/secret-key")
    }
    main = json.loads(content["database/main"])
    assert main["host"] == database["Endpoint"]["Address"] and main["port"] == 5432
    assert main["username"] == database["MasterUsername"] and main["database"] == "social_analytics"
    assert len(main["password"]) >= 32
    assert re.fullmatch(r"rediss://:\w+@[\w.-]+:6379/0", content["redis/url"])

    repositories = twin.client("ecr").describe_repositories()["repositories"]
    assert {each["repositoryName"] for each in repositories} == {
        f"social-analytics/{n}" for n in ("backend", "frontend")
    }
    assert all(each["imageScanningConfiguration"]["scanOnPush"] for each in repositories)
    assert all(each["encryptionConfiguration"]["encryptionType"] == "AES256" for each in repositories)

    ecs = twin.client("ecs")
    cluster = ecs.describe_clusters(clusters=["social-analytics-cluster"])["clusters"][0]
    strategy = {item["capacityProvider"]: item for item in cluster["defaultCapacityProviderStrategy"]}
    assert (strategy["FARGATE"]["weight"], strategy["FARGATE"]["base"], strategy["FARGATE_SPOT"]["weight"]) == (1, 1, 4)
    service = ecs.describe_services(cluster="social-analytics-cluster", services=["backend-service"])["services"][0]
    assert service["runningCount"] == service["desiredCount"] == (2 if is_prod else 1)
    assert service["healthCheckGracePeriodSeconds"] == 60
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert definition["family"] == "social-analytics-backend"
    container = definition["containerDefinitions"][0]
    assert {each["name"] for each in container["secrets"]} == {"DATABASE", "REDIS_URL", "ENCRYPTION_KEY", "JWT_SECRET"}
    assert container["logConfiguration"]["options"]["awslogs-group"] == "/ecs/social-analytics-backend"

    elb = twin.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["social-analytics-alb"])["LoadBalancers"][0]
    assert balancer["Scheme"] == "internet-facing" and len(balancer["AvailabilityZones"]) == 2
    target = elb.describe_target_groups(Names=["social-analytics-backend-tg"])["TargetGroups"][0]
    figures = ("Protocol", "Port", "TargetType", "HealthCheckPath", "HealthCheckIntervalSeconds")
    assert [target[name] for name in figures] == ["HTTP", 8000, "ip", "/health", 30]
    assert (
        target["HealthCheckTimeoutSeconds"],
        target["HealthyThresholdCount"],
        target["UnhealthyThresholdCount"],
    ) == (5, 2, 3)
    listeners = {
        each["Port"]: each for each in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    }
    assert listeners[443]["Protocol"] == "HTTPS" and "TLS13-1-2" in listeners[443]["SslPolicy"]
    assert listeners[80]["DefaultActions"][0]["Type"] == "redirect"

    scaling = twin.client("application-autoscaling")
    scalable = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (scalable["MinCapacity"], scalable["MaxCapacity"]) == (2 if is_prod else 1, 10)
    policy = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"][0]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ECSServiceAverageCPUUtilization"

    groups = {each["logGroupName"]: each for each in twin.client("logs").describe_log_groups()["logGroups"]}
    assert {"/ecs/social-analytics-backend", "/ecs/social-analytics-frontend"} <= set(groups)
    assert all("retentionInDays" in each for each in groups.values())
    alarm = twin.client("cloudwatch").describe_alarms(AlarmNames=["social-analytics-high-cpu"])["MetricAlarms"][0]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Period"]) == (80, 2, 300)
    assert {each["Name"] for each in alarm["Dimensions"]} == {"ClusterName", "ServiceName"}

    vaults = twin.client("backup").list_backup_vaults()["BackupVaultList"]
    away = twin.client("backup", "us-west-2").list_backup_vaults()["BackupVaultList"]
    assert len(vaults) == len(away) == 1
    plan_id = twin.client("backup").list_backup_plans()["BackupPlansList"][0]["BackupPlanId"]
    rule = twin.client("backup").get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]["Rules"][0]
    assert rule["CopyActions"][0]["DestinationBackupVaultArn"] == away[0]["BackupVaultArn"]

    network(ec2, service, database, group)
    roles(twin)


def network(ec2: Any, service: Any, database: Any, group: Any) -> None:
    """SA-net: who reaches whom, on which port, and nobody else."""
    placed = service["networkConfiguration"]["awsvpcConfiguration"]
    subnets = {each["SubnetId"]: each for each in ec2.describe_subnets()["Subnets"]}
    assert not any(subnets[identifier]["MapPublicIpOnLaunch"] for identifier in placed["subnets"])
    tasks = placed["securityGroups"][0]
    stored = database["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    rules = [each for each in ec2.describe_security_group_rules()["SecurityGroupRules"] if not each["IsEgress"]]

    def sources(owner: str) -> set[tuple[int, str]]:
        return {
            (rule["FromPort"], rule.get("ReferencedGroupInfo", {}).get("GroupId") or rule.get("CidrIpv4", ""))
            for rule in rules
            if rule["GroupId"] == owner
        }

    assert sources(stored) == {(5432, tasks)}
    (port, balancer), *others = sources(tasks)
    assert port == 8000 and not others
    assert sources(balancer) == {(443, "0.0.0.0/0"), (80, "0.0.0.0/0")}
    assert {(6379, tasks)} in [sources(each["GroupId"]) for each in ec2.describe_security_groups()["SecurityGroups"]]
    gateways = [each for each in ec2.describe_nat_gateways()["NatGateways"] if each["State"] == "available"]
    assert len({gateway["SubnetId"] for gateway in gateways}) == 2


def roles(twin: OwnTwin) -> None:
    """SA-iam: the documented actions, on this system's own things; `*` only where an action takes nothing else."""
    iam = twin.client("iam")
    allowed: dict[str, set[str]] = {}
    for role in iam.list_roles()["Roles"]:
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            for statement in document["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                resources = (
                    statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
                )
                allowed.setdefault(role["RoleName"].rsplit("-", 1)[1], set()).update(actions)
                if "*" in resources:
                    assert set(actions) <= {
                        "cloudwatch:PutMetricData",
                        "ecr:GetAuthorizationToken",
                        "logs:DescribeLogGroups",
                    }
    assert {"logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue"} <= allowed["execution"]
    assert {"s3:PutObject", "s3:GetObject", "cloudwatch:PutMetricData"} <= allowed["task"]
    assert {"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"} <= allowed["task"]


@pytest.mark.timeout(300)
def test_killed_runs_drift_and_a_second_runner(twin: OwnTwin, tmp_path: Path) -> None:
    twin.reset()
    stack, owner = "staging", "social-analytics-staging"

    # Killed whenever some requests have been sent, and started again: nothing is doubled, nothing is missing.
    for writes in (5, 60, 110):
        process = start(twin, "site", stack)
        deadline = time.monotonic() + 60
        while len(twin.writes()) < writes and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    # Meanwhile the lease of the dead is not waited for: its holder was a process of this machine.
    play(twin, "site", stack)
    assert plan_of(twin, stack, tmp_path) == []
    undisturbed = names(twin, owner)
    assert [name for name, count in undisturbed.items() if count > 1] == []

    # Changed behind our back: seen by drift.yml, put right by site.yml.
    twin.client("cloudwatch").delete_alarms(AlarmNames=["social-analytics-high-cpu"])
    twin.client("logs").put_retention_policy(logGroupName="/ecs/social-analytics-backend", retentionInDays=1)
    ec2 = twin.client("ec2")
    group = ec2.describe_security_groups(Filters=[{"Name": f"tag:{NAME_TAG}", "Values": ["database.main"]}])
    opened = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group["SecurityGroups"][0]["GroupId"], IpPermissions=[opened])
    drift = play(twin, "drift", stack, "-e", "fail_on_drift=true", fails=True)
    for changed in (
        "create   AWS::CloudWatch::Alarm",
        "update   AWS::Logs::LogGroup",
        "delete   AWS::EC2::SecurityGroupIngress",
    ):
        assert changed in drift
    play(twin, "site", stack)
    assert plan_of(twin, stack, tmp_path) == []
    assert names(twin, owner) == undisturbed

    # One option changes just what it should; a saved plan is applied exactly, or not at all.
    bigger = overriding(stack, allocated_storage=120)
    file = tmp_path / "bigger.json"
    play(twin, "plan", stack, "-e", f"plan_out={file}", *bigger)
    saved = json.loads(file.read_text())[stack]["plan"]
    assert [entry["name"] for entry in saved if entry["action"] != "none"] == ["main"]
    assert "not the saved one" in play(twin, "site", stack, "-e", f"plan={file}", fails=True)
    assert twin.client("rds").describe_db_instances()["DBInstances"][0]["AllocatedStorage"] == 100

    # What holds data is not replaced; the message says what forces it and what to do instead.
    other = overriding(stack, username="somebody_else")
    refused = play(twin, "site", stack, *other, fails=True)
    assert "MasterUsername" in refused and "holds data" in refused

    # Two at once: the second is told who holds the lease, and since when.
    twin.client("cloudwatch").delete_alarms(AlarmNames=["social-analytics-high-memory"])
    twin.delays({"rds.modify": 6.0})
    holder = start(twin, "site", stack, *bigger)
    while "rds.ModifyDBInstance" not in twin.requests()[-200:]:
        assert holder.poll() is None, holder.communicate()[0]
        time.sleep(0.1)
    second = play(twin, "site", stack, fails=True)
    assert re.search(rf"the stack {owner} is held by \S+ \(pid \d+, converge\) since 20\d\d-", " ".join(second.split()))
    text, _nothing = holder.communicate(timeout=60)
    assert holder.returncode == 0, text
