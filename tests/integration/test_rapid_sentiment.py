"""rapid_sentiment by the playbooks: fleets, a worker behind a queue, and a standby region converged in the same run.

Production and its standby share an account, staging has its own; each is converged once and shared. Before their second
run somebody switches a parameter and changes a fleet's size, as a runbook and scaling do. The destruction at the end
takes the pair away.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.accounts import doors, is_kept, tagged
from tests.integration.playbooks import Stack
from tests.own_twin import own_twin

SCALE = 0.3
HOME, AWAY = "us-east-1", "us-west-2"
ANYWHERE = "0.0.0.0/0"
ZONES = ("a", "b", "c")
FALLBACK_MODE = "ENABLE_FALLBACK_MODE"
NEW_RELIC = ("-e", "new_relic=true")
AWAITING = ["gemini", "hume", "new-relic", "slack-webhook"]


@pytest.fixture(scope="module")
def pair() -> Iterator[Stack]:
    """Production and its standby, planned on an empty account and then converged twice, at once."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "prod,prod_dr", system="rapid_sentiment")
        stack.runs["planned"] = stack.play("site", "--check")
        stack.runs["first"] = stack.play("site")
        _as_runbook_and_scaling_do(stack, "prod")
        stack.runs["second"] = stack.play("site")
        yield stack


@pytest.fixture(scope="module")
def staging() -> Iterator[Stack]:
    """Staging, in the same way, with one option set."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "staging", system="rapid_sentiment")
        stack.runs["planned"] = stack.play("site", "--check", *NEW_RELIC)
        stack.runs["first"] = stack.play("site", *NEW_RELIC)
        _as_runbook_and_scaling_do(stack, "staging")
        stack.runs["second"] = stack.play("site", *NEW_RELIC)
        yield stack


@pytest.fixture(params=["prod", "staging"])
def env(request: pytest.FixtureRequest) -> str:
    """Each of the two that are alike."""
    return str(request.param)


@pytest.fixture
def stack(env: str, request: pytest.FixtureRequest) -> Stack:
    """The account that it is in."""
    found: Stack = request.getfixturevalue("pair" if env == "prod" else env)
    return found


def _as_runbook_and_scaling_do(stack: Stack, env: str) -> None:
    name = f"/rapid-sentiment/{env}/{FALLBACK_MODE}"
    stack.twin.client("ssm").put_parameter(Name=name, Value="true", Type="String", Overwrite=True)
    scaling = stack.twin.client("autoscaling")
    scaling.set_desired_capacity(AutoScalingGroupName="api-asg", DesiredCapacity=5)
    scaling.update_auto_scaling_group(AutoScalingGroupName="api-asg", MinSize=4)


def _group(stack: Stack, name: str, region: str = HOME) -> dict[str, Any]:
    """A security group by its name."""
    filters = [{"Name": "group-name", "Values": [name]}]
    (group,) = stack.twin.client("ec2", region).describe_security_groups(Filters=filters)["SecurityGroups"]
    return dict(group)


def _fleet(stack: Stack, name: str, region: str = HOME) -> dict[str, Any]:
    client = stack.twin.client("autoscaling", region)
    (group,) = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return dict(group)


def _database(stack: Stack, region: str = HOME) -> dict[str, Any]:
    (found,) = stack.twin.client("rds", region).describe_db_instances()["DBInstances"]
    return dict(found)


def _function(stack: Stack, name: str = "audio-processor", region: str = HOME) -> dict[str, Any]:
    answer = stack.twin.client("lambda", region).get_function(FunctionName=name)
    return dict(answer["Configuration"])


def _balancer(stack: Stack, region: str = HOME) -> dict[str, Any]:
    (found,) = stack.twin.client("elbv2", region).describe_load_balancers(Names=["api-lb"])["LoadBalancers"]
    return dict(found)


def _alarm(stack: Stack, name: str) -> dict[str, Any]:
    (found,) = stack.twin.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(found)


def _template(stack: Stack, fleet: str, region: str = HOME) -> dict[str, Any]:
    identifier = _fleet(stack, fleet, region)["LaunchTemplate"]["LaunchTemplateId"]
    client = stack.twin.client("ec2", region)
    answer = client.describe_launch_template_versions(LaunchTemplateId=identifier, Versions=["$Default"])
    return dict(answer["LaunchTemplateVersions"][0])


def _allowed(stack: Stack, role_arn: str) -> dict[str, list[str]]:
    """What a role may do: action to resources."""
    client, name = stack.twin.client("iam"), role_arn.rpartition("/")[2]
    found: dict[str, list[str]] = {}
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        for one in client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]["Statement"]:
            for action in one["Action"]:
                found.setdefault(action, []).extend(one["Resource"])
    return found


def _instance_role(stack: Stack, fleet: str, region: str = HOME) -> str:
    profile = _template(stack, fleet, region)["LaunchTemplateData"]["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    answer = stack.twin.client("iam").get_instance_profile(InstanceProfileName=profile)
    return str(answer["InstanceProfile"]["Roles"][0]["Arn"])


# Plan and convergence


def test_the_plan_on_an_empty_account_is_what_is_then_done(stack: Stack, env: str) -> None:
    planned, first = stack.runs["planned"], stack.runs["first"]
    assert planned.writes == []
    assert {change["action"] for change in planned.by_host[env]["plan"]} == {"create"}
    assert first.by_host[env]["plan"] == planned.by_host[env]["plan"]
    assert first.by_host[env]["awaiting_value"] == AWAITING


def test_a_standby_is_planned_before_there_is_anything_to_follow(pair: Stack) -> None:
    planned, first = (pair.runs[run].by_host["prod_dr"] for run in ("planned", "first"))
    assert [(one["kind"], one["name"]) for one in planned["plan"]] == [
        (one["kind"], one["name"]) for one in first["plan"]
    ]
    assert {change["action"] for change in planned["plan"]} == {"create"}


def test_a_second_run_changes_nothing_and_writes_nothing(pair: Stack, staging: Stack) -> None:
    for stack in (pair, staging):
        second = stack.runs["second"]
        assert (second.changed, second.writes) == (0, [])
        assert all(second.effective(host) == {} for host in stack.name.split(","))


def test_what_a_runbook_has_set_stays(stack: Stack, env: str) -> None:
    """RS-cfg, RS-run; and the number of instances is scaling's, their least number the clock's."""
    name = f"/rapid-sentiment/{env}/{FALLBACK_MODE}"
    assert stack.twin.client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "true"
    assert (_fleet(stack, "api-asg")["DesiredCapacity"], _fleet(stack, "api-asg")["MinSize"]) == (5, 4)


# The rows of the system


def test_network(stack: Stack) -> None:
    """RS-net."""
    ec2 = stack.twin.client("ec2")
    named = [{"Name": "tag:Name", "Values": ["rapid-sentiment-vpc"]}]
    (vpc,) = ec2.describe_vpcs(Filters=named)["Vpcs"]
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    subnets = {one["SubnetId"]: one for one in ec2.describe_subnets(Filters=inside)["Subnets"]}
    wanted = {(f"10.0.{number}.0/24", f"{HOME}{zone}") for number, zone in enumerate(ZONES, 1)}
    wanted |= {(f"10.0.{100 + number}.0/24", f"{HOME}{zone}") for number, zone in enumerate(ZONES, 1)}
    assert {(one["CidrBlock"], one["AvailabilityZone"]) for one in subnets.values()} == wanted
    gateways = ec2.describe_nat_gateways(Filter=inside)["NatGateways"]
    assert len({subnets[one["SubnetId"]]["AvailabilityZone"] for one in gateways}) == 3
    assert {subnets[one["SubnetId"]]["CidrBlock"][:7] for one in gateways} == {"10.0.10"}
    acls = ec2.describe_network_acls(Filters=[*inside, {"Name": "default", "Values": ["false"]}])["NetworkAcls"]
    assert sorted(len(acl["Associations"]) for acl in acls) == [3, 3]
    (log,) = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc["VpcId"]]}])["FlowLogs"]
    assert (log["TrafficType"], log["FlowLogStatus"]) == ("ALL", "ACTIVE")


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_only_the_documented_doors_are_open(pair: Stack, region: str) -> None:
    """RS-sg, and the correction that the Lambda stands in the network and Redis behind a group of its own."""
    groups = {name: _group(pair, name, region) for name in ("web-sg", "api-sg", "db-sg", "redis-sg")}
    web, api = groups["web-sg"]["GroupId"], groups["api-sg"]["GroupId"]
    vpc = _function(pair, region=region)["VpcConfig"]
    (worker,) = vpc["SecurityGroupIds"]
    assert worker not in {group["GroupId"] for group in groups.values()} and len(vpc["SubnetIds"]) == 3
    assert {name: doors(group) for name, group in groups.items()} == {
        "web-sg": {(80, 80, ANYWHERE), (443, 443, ANYWHERE)},
        "api-sg": {(3000, 3000, web)},
        "db-sg": {(5432, 5432, api), (5432, 5432, worker)},
        "redis-sg": {(6379, 6379, api), (6379, 6379, worker)},
    }


def test_database(stack: Stack, env: str) -> None:
    """RS-db, and the corrections of its version and its end."""
    database = _database(stack)
    wanted = {
        "DBInstanceIdentifier": "rapid-sentiment-db",
        "DBInstanceClass": "db.t3.medium",
        "AllocatedStorage": 20,
        "StorageType": "gp2",
        "PubliclyAccessible": False,
        "StorageEncrypted": True,
        "BackupRetentionPeriod": 30,
        "DeletionProtection": True,
        "MultiAZ": env == "prod",
    }
    assert {name: database.get(name) for name in wanted} == wanted
    assert (database["Engine"], database["EngineVersion"].partition(".")[0]) == ("postgres", "16")


def test_cache(stack: Stack) -> None:
    """RS-cache."""
    client = stack.twin.client("elasticache")
    (group,) = client.describe_replication_groups(ReplicationGroupId="rapid-sentiment-redis")["ReplicationGroups"]
    (member,) = [client.describe_cache_clusters(CacheClusterId=one) for one in group["MemberClusters"]]
    (cluster,) = member["CacheClusters"]
    assert (cluster["CacheNodeType"], cluster["Engine"]) == ("cache.t3.small", "redis")
    assert cluster["EngineVersion"].startswith("6.")
    assert group["NodeGroups"][0]["PrimaryEndpoint"]["Port"] == 6379


def test_audio_is_kept_and_copied(stack: Stack, env: str) -> None:
    """RS-s3: what is put into the bucket arrives in the other region."""
    s3, name, copy = stack.twin.client("s3"), f"rapid-sentiment-audio-{env}", f"rapid-sentiment-audio-dr-{env}"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    moves = {one["StorageClass"]: one["Days"] for rule in rules for one in rule.get("Transitions", ())}
    assert moves == {"STANDARD_IA": 30, "GLACIER": 90}
    assert s3.get_bucket_location(Bucket=copy)["LocationConstraint"] == AWAY
    s3.put_object(Bucket=name, Key="call.wav", Body=b"hello")
    there = stack.twin.client("s3", AWAY)
    deadline = time.monotonic() + 30
    while not there.list_objects_v2(Bucket=copy).get("Contents"):
        assert time.monotonic() < deadline, "the object has not arrived"
        time.sleep(0.2)
    assert there.get_object(Bucket=copy, Key="call.wav")["Body"].read() == b"hello"


def test_packages_have_a_bucket(stack: Stack, env: str) -> None:
    """RS-s3d."""
    versioning = stack.twin.client("s3").get_bucket_versioning(Bucket=f"rapid-sentiment-deployments-{env}")
    assert versioning["Status"] == "Enabled"


def test_queue_and_what_it_feeds(stack: Stack) -> None:
    """RS-sqs, RS-fn, and the correction of the visibility timeout."""
    sqs = stack.twin.client("sqs")
    url = sqs.get_queue_url(QueueName="audio-processing-queue")["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    wanted = {
        "DelaySeconds": "0",
        "MaximumMessageSize": "262144",
        "MessageRetentionPeriod": "86400",
        "ReceiveMessageWaitTimeSeconds": "10",
        "VisibilityTimeout": "1800",
    }
    assert {name: told[name] for name in wanted} == wanted
    assert json.loads(told["RedrivePolicy"])["deadLetterTargetArn"].endswith(":audio-processing-queue-dlq")
    mappings = stack.twin.client("lambda").list_event_source_mappings(FunctionName="audio-processor")
    (mapping,) = mappings["EventSourceMappings"]
    assert (mapping["EventSourceArn"], mapping["State"]) == (told["QueueArn"], "Enabled")


def test_function(stack: Stack) -> None:
    """RS-fn, and the corrections of its runtime and of keys in its environment."""
    function = _function(stack)
    assert (function["Handler"], function["Timeout"], function["MemorySize"]) == ("index.handler", 300, 1024)
    assert function["Runtime"].startswith("nodejs") and function["Runtime"] not in ("nodejs14.x", "nodejs16.x")
    concurrency = stack.twin.client("lambda").get_function_concurrency(FunctionName="audio-processor")
    assert concurrency["ReservedConcurrentExecutions"] == 20
    assert function["TracingConfig"]["Mode"] == "Active"
    variables = function["Environment"]["Variables"]
    keys = [variables[name] for name in ("HUME_AI_API_KEY", "GEMINI_API_KEY", "DATABASE")]
    assert all(value.startswith(f"arn:aws:secretsmanager:{HOME}:") for value in keys)
    assert set(keys) <= set(_allowed(stack, function["Role"])["secretsmanager:GetSecretValue"])


def test_load_balancer(stack: Stack) -> None:
    """RS-alb, and the correction of its TLS policy."""
    elbv2, balancer = stack.twin.client("elbv2"), _balancer(stack)
    assert (balancer["Scheme"], len(balancer["AvailabilityZones"])) == ("internet-facing", 3)
    assert balancer["SecurityGroups"] == [_group(stack, "web-sg")["GroupId"]]
    (group,) = elbv2.describe_target_groups(Names=["api-tg"])["TargetGroups"]
    assert (group["Protocol"], group["Port"], group["HealthCheckPath"]) == ("HTTP", 3000, "/health")
    assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (3, 3)
    assert (group["HealthCheckTimeoutSeconds"], group["HealthCheckIntervalSeconds"]) == (5, 30)
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    by_port = {listener["Port"]: listener for listener in listeners}
    assert by_port[443]["Protocol"] == "HTTPS" and "TLS13" in by_port[443]["SslPolicy"]
    assert by_port[80]["DefaultActions"][0]["RedirectConfig"]["Port"] == "443"
    (default,) = by_port[443]["DefaultActions"]
    assert default["TargetGroupArn"] == group["TargetGroupArn"]


def test_fleets(stack: Stack) -> None:
    """RS-asg: sizes, what they are held at, times; and no secret in what they are launched by."""
    scaling = stack.twin.client("autoscaling")
    for name in ("api-asg", "web-asg"):
        fleet, template = _fleet(stack, name), _template(stack, name)
        # That of the API stands where the clock has set it.
        assert (fleet["MinSize"], fleet["MaxSize"]) == (4 if name == "api-asg" else 2, 10)
        assert len(fleet["VPCZoneIdentifier"].split(",")) == 3 and len(fleet["TargetGroupARNs"]) == 1
        assert template["LaunchTemplateData"]["InstanceType"] == "t3.medium"
    assert _fleet(stack, "web-asg")["DesiredCapacity"] == 2
    assert _fleet(stack, "api-asg")["LaunchTemplate"]["LaunchTemplateName"].startswith("api-")
    policies = scaling.describe_policies(AutoScalingGroupName="api-asg")["ScalingPolicies"]
    tracked = [one["TargetTrackingConfiguration"] for one in policies if one["PolicyType"] == "TargetTrackingScaling"]
    assert len([one for one in tracked if "PredefinedMetricSpecification" in one]) == 1
    assert len([one for one in tracked if "CustomizedMetricSpecification" in one]) == 1
    times = scaling.describe_scheduled_actions(AutoScalingGroupName="api-asg")["ScheduledUpdateGroupActions"]
    assert {one["ScheduledActionName"]: one["MinSize"] for one in times} == {
        "workday-begins": 4,
        "workday-ends": 2,
    }


def test_the_web_is_told_what_it_may_read(stack: Stack, env: str) -> None:
    """RS-asg: no secrets, parameters or addresses that are not let in."""
    script = base64.b64decode(_template(stack, "web-asg")["LaunchTemplateData"]["UserData"]).decode()
    body = script.partition("/etc/rapid-sentiment.env <<'END'\n")[2].partition("END\n")[0]
    assert {line.partition("=")[0] for line in body.splitlines()} == {"NODE_ENV", "AWS_REGION", "API_URL"}
    allowed = _allowed(stack, _instance_role(stack, "web-asg"))
    assert not {action for action in allowed if action.startswith(("secretsmanager:", "ssm:GetParameter"))}


@pytest.mark.parametrize(
    ("policy", "change", "alarm", "operator", "bound"),
    [
        ("api-scale-up", 1, "api-cpu-alarm", "GreaterThanThreshold", 70),
        ("api-scale-down", -1, "api-cpu-low-alarm", "LessThanThreshold", 30),
    ],
)
def test_alarms_move_the_fleet(stack: Stack, policy: str, change: int, alarm: str, operator: str, bound: float) -> None:
    """RS-scale."""
    (step,) = stack.twin.client("autoscaling").describe_policies(PolicyNames=[policy])["ScalingPolicies"]
    assert (step["AdjustmentType"], step["ScalingAdjustment"], step["Cooldown"]) == ("ChangeInCapacity", change, 300)
    found = _alarm(stack, alarm)
    assert (found["ComparisonOperator"], found["Threshold"]) == (operator, bound)
    assert (found["EvaluationPeriods"], found["Period"]) == (2, 120)
    assert found["AlarmActions"] == [step["PolicyARN"]]
    assert found["Dimensions"] == [{"Name": "AutoScalingGroupName", "Value": "api-asg"}]


@pytest.mark.parametrize(
    ("name", "metric", "bound", "dimensions"),
    [
        ("ApiErrorRateAlarm", "ApiRequestCount", 5, [{"Name": "StatusClass", "Value": "5xx"}]),
        ("AudioProcessingFailureAlarm", "AudioProcessingFailure", 3, []),
        ("ThirdPartyApiFailureAlarm", "ThirdPartyApiCallFailure", 3, []),
    ],
)
def test_alarms(stack: Stack, name: str, metric: str, bound: float, dimensions: list[dict[str, str]]) -> None:
    """RS-alarm, on a dimension that somebody publishes."""
    alarm = _alarm(stack, name)
    assert (alarm["Namespace"], alarm["MetricName"]) == ("RapidSentimentAnalysis", metric)
    assert (alarm["Statistic"], alarm["Threshold"], alarm["Dimensions"]) == ("Sum", bound, dimensions)
    assert (alarm["EvaluationPeriods"], alarm["Period"], alarm["TreatMissingData"]) == (2, 300, "notBreaching")
    (topic,) = alarm["AlarmActions"]
    listeners = stack.twin.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    slack = _function(stack, "rapid-sentiment-alerts-to-slack")["FunctionArn"]
    assert ("lambda", slack) in {(one["Protocol"], one["Endpoint"]) for one in listeners}


def test_the_rate_is_a_rate(stack: Stack) -> None:
    """RS-alarm: 5xx by requests, beside the count that is called a rate; of requests without a target too."""
    terms = {term["Id"]: term for term in _alarm(stack, "ApiErrorRate")["Metrics"]}
    measured = {one["MetricStat"]["Metric"]["MetricName"] for one in terms.values() if "MetricStat" in one}
    assert measured == {"HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "RequestCount"}


def test_dashboard(stack: Stack) -> None:
    """RS-dash: ten charts, each of what there is."""
    answer = stack.twin.client("cloudwatch").get_dashboard(DashboardName="rapid-sentiment")
    charts = [widget["properties"]["metrics"] for widget in json.loads(answer["DashboardBody"])["widgets"]]
    shown = {(line[0], line[1]) for chart in charts for line in chart}
    assert len(charts) == 10
    assert {
        ("AWS/EC2", "CPUUtilization"),
        ("AWS/ApplicationELB", "RequestCount"),
        ("AWS/ApplicationELB", "TargetResponseTime"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/Lambda", "Invocations"),
        ("AWS/Lambda", "Errors"),
        ("AWS/RDS", "CPUUtilization"),
        ("AWS/RDS", "DatabaseConnections"),
        ("AWS/ElastiCache", "CPUUtilization"),
        ("AWS/ElastiCache", "CurrConnections"),
    } <= shown
    full_name = _balancer(stack)["LoadBalancerArn"].partition("loadbalancer/")[2]
    assert [line[3] for chart in charts for line in chart if line[1] == "RequestCount"] == [full_name]


def test_logs_traces_and_queries(stack: Stack, env: str) -> None:
    """RS-obs."""
    logs, xray = stack.twin.client("logs"), stack.twin.client("xray")
    groups = {one["logGroupName"]: one.get("retentionInDays") for one in logs.describe_log_groups()["logGroups"]}
    assert {
        groups[name] for name in ("/rapid-sentiment/api", "/rapid-sentiment/web", "/aws/lambda/audio-processor")
    } == {30}
    assert None not in groups.values()
    rules = {
        one["SamplingRule"]["RuleName"]: one["SamplingRule"] for one in xray.get_sampling_rules()["SamplingRuleRecords"]
    }
    assert rules[f"rapid-sentiment-{env}-default"]["FixedRate"] == 0.05
    assert f"rapid-sentiment-{env}-faults" in {one["GroupName"] for one in xray.get_groups()["Groups"]}
    queries = {one["name"] for one in logs.describe_query_definitions()["queryDefinitions"]}
    assert {name.partition("/")[0] for name in queries} == {"rapid-sentiment"} and len(queries) == 3


def _records(stack: Stack, name: str) -> dict[str, dict[str, Any]]:
    """The failover records of a name, by their part."""
    client = stack.twin.client("route53")
    (zone,) = client.list_hosted_zones()["HostedZones"]
    found = client.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {one["Failover"]: one for one in found if one["Name"] == f"{name}." and "Failover" in one}


def test_names_fail_over(pair: Stack) -> None:
    """RS-dns, RS-dr: both halves stand in production's zone, each with its own health."""
    checks = {
        one["Id"]: one["HealthCheckConfig"] for one in pair.twin.client("route53").list_health_checks()["HealthChecks"]
    }
    records = _records(pair, "api.rapid-sentiment.jadekite.com")
    assert set(records) == {"PRIMARY", "SECONDARY"}
    for part, region in (("PRIMARY", HOME), ("SECONDARY", AWAY)):
        balancer = _balancer(pair, region)["DNSName"]
        assert records[part]["AliasTarget"]["DNSName"].rstrip(".") == balancer
        check = checks[records[part]["HealthCheckId"]]
        assert (check["Type"], check["Port"], check["ResourcePath"]) == ("HTTPS", 443, "/health")
        assert (check["FailureThreshold"], check["RequestInterval"]) == (3, 30)
        assert check["FullyQualifiedDomainName"] == balancer


def test_the_edge_follows_the_names_and_protects_browsers(stack: Stack, env: str) -> None:
    """RS-cdn, RS-app: in front of the load balancer, by the name that fails over, and of static assets."""
    domain = "rapid-sentiment.jadekite.com" if env == "prod" else "staging.rapid-sentiment.jadekite.com"
    client = stack.twin.client("cloudfront")
    (edge,) = client.list_distributions()["DistributionList"]["Items"]
    assert edge["Aliases"]["Items"] == [domain]
    origins = {one["DomainName"] for one in edge["Origins"]["Items"]}
    static = [f"rapid-sentiment-static-{env}.s3.{HOME}", f"rapid-sentiment-static-dr-{env}.s3.{AWAY}"]
    assert origins == {f"web.{domain}", f"api.{domain}", *(f"{name}.amazonaws.com" for name in static)}
    policy = client.get_response_headers_policy(Id=edge["DefaultCacheBehavior"]["ResponseHeadersPolicyId"])
    headers = policy["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    hsts = headers["StrictTransportSecurity"]
    assert (hsts["AccessControlMaxAgeSec"], hsts["IncludeSubdomains"], hsts["Preload"]) == (31536000, True, True)
    assert headers["FrameOptions"]["FrameOption"] == "DENY" and "ContentTypeOptions" in headers
    assert "https://api.hume.ai" in headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]


def test_firewall(stack: Stack) -> None:
    """RS-waf."""
    client = stack.twin.client("wafv2")
    (summary,) = client.list_web_acls(Scope="REGIONAL")["WebACLs"]
    acl = client.get_web_acl(Name="api-waf", Scope="REGIONAL", Id=summary["Id"])["WebACL"]
    rules = json.dumps(acl["Rules"])
    assert "SqliMatchStatement" in rules and "XssMatchStatement" in rules
    (rate,) = [
        one["Statement"]["RateBasedStatement"] for one in acl["Rules"] if "RateBasedStatement" in one["Statement"]
    ]
    assert (rate["Limit"], rate["AggregateKeyType"]) == (1000, "IP")
    assert acl["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True
    guarded = client.get_web_acl_for_resource(ResourceArn=_balancer(stack)["LoadBalancerArn"])
    assert guarded["WebACL"]["ARN"] == summary["ARN"]


def test_key(stack: Stack) -> None:
    """RS-kms."""
    kms = stack.twin.client("kms")
    key = kms.describe_key(KeyId="alias/rapid-sentiment-data-key")["KeyMetadata"]
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    assert _database(stack)["KmsKeyId"] == key["Arn"]
    for role in (_instance_role(stack, "api-asg"), _function(stack)["Role"]):
        assert _allowed(stack, role)["kms:Decrypt"] == [key["Arn"]]


def test_audit(stack: Stack) -> None:
    """RS-audit."""
    trail = stack.twin.client("cloudtrail")
    (found,) = trail.describe_trails()["trailList"]
    assert found["IsMultiRegionTrail"] and found["LogFileValidationEnabled"]
    assert trail.get_trail_status(Name=found["TrailARN"])["IsLogging"] is True
    (recorder,) = stack.twin.client("config").describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert recorder["recording"] is True


def test_passwords_of_people(pair: Stack, staging: Stack) -> None:
    """RS-access: one policy for an account, which is production's and not the standby's."""
    for stack in (pair, staging):
        policy = stack.twin.client("iam").get_account_password_policy()["PasswordPolicy"]
        assert (policy["MinimumPasswordLength"], policy["PasswordReusePrevention"]) == (14, 24)
        assert policy["RequireSymbols"] and policy["RequireNumbers"] and not policy["ExpirePasswords"]
    standby = [change["kind"] for change in pair.runs["first"].by_host["prod_dr"]["plan"]]
    assert "Custom::PasswordPolicy" not in standby


def test_cost(stack: Stack) -> None:
    """RS-cost, and the correction that the monitor watches services."""
    budgets, account = stack.twin.client("budgets"), "123456789012"
    name = "rapid-sentiment-monthly-budget"
    assert budgets.describe_budget(AccountId=account, BudgetName=name)["Budget"]["TimeUnit"] == "MONTHLY"
    told = budgets.describe_notifications_for_budget(AccountId=account, BudgetName=name)["Notifications"]
    assert {(one["NotificationType"], one["Threshold"]) for one in told} == {
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 90),
    }
    explorer = stack.twin.client("ce")
    (monitor,) = explorer.get_anomaly_monitors()["AnomalyMonitors"]
    assert (monitor["MonitorType"], monitor["MonitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    (subscription,) = explorer.get_anomaly_subscriptions()["AnomalySubscriptions"]
    assert (subscription["SubscriptionName"], subscription["Frequency"]) == (
        "rapid-sentiment-cost-subscription",
        "DAILY",
    )
    assert '"10' in json.dumps(subscription["ThresholdExpression"])


def test_configuration(stack: Stack, env: str) -> None:
    """RS-cfg: the parameters, and a copy of them every day."""
    pages = stack.twin.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=f"/rapid-sentiment/{env}")
    found = {one["Name"].rpartition("/")[2]: one["Value"] for page in pages for one in page["Parameters"]}
    assert found["DB_HOST"] == _database(stack)["Endpoint"]["Address"]
    assert found["AUDIO_BUCKET"] == f"rapid-sentiment-audio-{env}" and FALLBACK_MODE in found
    function = _function(stack, "rapid-sentiment-export-configuration")
    assert f"arn:aws:s3:::rapid-sentiment-configuration-{env}/*" in _allowed(stack, function["Role"])["s3:PutObject"]


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_deployments(pair: Stack, region: str) -> None:
    """RS-deploy: one at a time, back on failure or alarm, and everybody is told."""
    client = pair.twin.client("codedeploy", region)
    group = client.get_deployment_group(
        applicationName="rapid-sentiment-api", deploymentGroupName="rapid-sentiment-api-prod"
    )["deploymentGroupInfo"]
    assert group["deploymentConfigName"] == "CodeDeployDefault.OneAtATime"
    assert [one["name"] for one in group["autoScalingGroups"]] == ["api-asg"]
    assert [one["name"] for one in group["loadBalancerInfo"]["targetGroupInfoList"]] == ["api-tg"]
    assert set(group["autoRollbackConfiguration"]["events"]) == {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"}
    told = {event for trigger in group["triggerConfigurations"] for event in trigger["triggerEvents"]}
    assert {"DeploymentSuccess", "DeploymentFailure"} <= told


def test_the_agent_of_new_relic_is_one_option(stack: Stack, env: str) -> None:
    """RS-apm: the key waits in its secret, which the instances may read; the option says whether they use it."""
    script = base64.b64decode(_template(stack, "api-asg")["LaunchTemplateData"]["UserData"]).decode()
    assert f"NEW_RELIC_ENABLED={'true' if env == 'staging' else 'false'}\n" in script
    assert f"NEW_RELIC_SECRET=rapid-sentiment/{env}/new-relic-licence-key\n" in script
    secrets = stack.twin.client("secretsmanager").list_secrets()["SecretList"]
    (secret,) = [one["ARN"] for one in secrets if one["Name"].endswith("new-relic-licence-key")]
    assert secret in _allowed(stack, _instance_role(stack, "api-asg"))["secretsmanager:GetSecretValue"]


# The standby


def test_the_standby_follows(pair: Stack) -> None:
    """RS-dr."""
    replica, source = _database(pair, AWAY), _database(pair)
    wanted = {
        "DBInstanceIdentifier": "rapid-sentiment-db-dr",
        "DBInstanceClass": "db.t3.medium",
        "BackupRetentionPeriod": 7,
        "ReadReplicaSourceDBInstanceIdentifier": source["DBInstanceArn"],
        "StorageEncrypted": True,
        "PubliclyAccessible": False,
    }
    assert {name: replica.get(name) for name in wanted} == wanted
    assert replica["KmsKeyId"].startswith(f"arn:aws:kms:{AWAY}:")
    for name in ("api-asg", "web-asg"):
        fleet = _fleet(pair, name, AWAY)
        assert (fleet["MinSize"], fleet["DesiredCapacity"], fleet["MaxSize"]) == (1, 1, 10)


def test_the_standby_needs_nothing_of_the_other_region(pair: Stack) -> None:
    """RS-dr: what its instances and its function read, write and decrypt is in their own region."""
    secrets = pair.twin.client("secretsmanager", AWAY)
    for role in (_instance_role(pair, "api-asg", AWAY), _function(pair, region=AWAY)["Role"]):
        allowed = _allowed(pair, role)
        assert {arn for arns in allowed.values() for arn in arns if f":{HOME}:" in arn} == set()
        assert "arn:aws:s3:::rapid-sentiment-audio-dr-prod/*" in allowed["s3:PutObject"]
    variables = _function(pair, region=AWAY)["Environment"]["Variables"]
    database = json.loads(secrets.get_secret_value(SecretId=variables["DATABASE"])["SecretString"])
    assert database["username"] == _database(pair)["MasterUsername"] and len(database["password"]) >= 20
    assert variables["DB_HOST"] == _database(pair, AWAY)["Endpoint"]["Address"]


# The end


def test_destroying_leaves_nothing_but_last_snapshots(pair: Stack) -> None:
    """The standby first, which takes its half of the names out of production's zone."""
    for host in ("prod_dr", "prod"):
        one = Stack(pair.twin, host, system=pair.system)
        run = one.play("destroy", "-e", f"confirm=rapid-sentiment-{host}", "-e", "release_protection=true")
        assert {change["action"] for change in run.result["plan"]} == {"delete"}
        assert ("prod_dr of this inventory refer to prod:" in run.output) is (host == "prod")
        left = tagged(pair.twin, f"rapid-sentiment-{host}", (HOME, AWAY))
        assert [arn for arn in left if not is_kept(pair.twin, arn)] == []
        if host == "prod_dr":
            assert set(_records(pair, "api.rapid-sentiment.jadekite.com")) == {"PRIMARY"}
            assert pair.twin.client("iam").get_account_password_policy()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        pair.twin.client("iam").get_account_password_policy()
    snapshots = pair.twin.client("rds").describe_db_snapshots()["DBSnapshots"]
    (final,) = [one for one in snapshots if one["DBSnapshotIdentifier"].startswith("rapid-sentiment-db-final-")]
    key = pair.twin.client("kms").describe_key(KeyId=final["KmsKeyId"])["KeyMetadata"]
    assert (key["KeyState"], key["Description"]) == ("Enabled", f"Kept for {final['DBSnapshotArn']}")
