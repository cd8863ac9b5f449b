"""steno by the playbooks: functions behind a REST API, a database behind a proxy, a site behind CloudFront.

Production and staging are converged once each and shared; the destruction at the end takes production away. Of
development, the plan is looked at.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.accounts import doors, is_kept, tagged
from tests.integration.playbooks import Run, Stack
from tests.own_twin import own_twin

SCALE = 0.3
REGIONS = ("us-east-1", "us-west-2")
NAME = "steno-demand-letters"
SERVICES = ("auth", "letter", "ai", "document", "export")
WARM = ("auth", "letter")


def _converged(stack: Stack) -> Stack:
    """A stack, planned on an empty account and then converged twice."""
    stack.runs["planned"] = stack.play("site", "--check", "--diff")
    stack.runs["first"] = stack.play("site")
    stack.runs["second"] = stack.play("site")
    return stack


@pytest.fixture(scope="module")
def prod() -> Iterator[Stack]:
    with own_twin(SCALE) as twin:
        yield _converged(Stack(twin, "prod", system="steno"))


@pytest.fixture(scope="module")
def staging() -> Iterator[Stack]:
    with own_twin(SCALE) as twin:
        yield _converged(Stack(twin, "staging", system="steno"))


@pytest.fixture(scope="module")
def dev() -> Iterator[Run]:
    """What development would be, planned on an empty account."""
    with own_twin(SCALE) as twin:
        yield Stack(twin, "dev", system="steno").play("site", "--check")


def _client(stack: Stack, service: str, region: str = "us-east-1") -> Any:
    return stack.twin.client(service, region)


def _database(stack: Stack) -> dict[str, Any]:
    (found,) = _client(stack, "rds").describe_db_instances()["DBInstances"]
    return dict(found)


def _functions(stack: Stack) -> dict[str, dict[str, Any]]:
    return {one["FunctionName"]: one for one in _client(stack, "lambda").list_functions()["Functions"]}


def _api(stack: Stack) -> dict[str, Any]:
    (found,) = _client(stack, "apigateway").get_rest_apis()["items"]
    return dict(found)


def _alarm(stack: Stack, name: str) -> dict[str, Any]:
    (found,) = _client(stack, "cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(found)


# Plan and convergence


def test_the_plan_on_an_empty_account_is_what_is_then_done(prod: Stack, staging: Stack) -> None:
    for stack in (prod, staging):
        planned, first = stack.runs["planned"], stack.runs["first"]
        assert planned.writes == []
        assert {change["action"] for change in planned.result["plan"]} == {"create"}
        assert first.result["plan"] == planned.result["plan"]
        assert first.result["awaiting_value"] == ["anthropic", "sendgrid"]


def test_a_second_run_changes_nothing_and_writes_nothing(prod: Stack, staging: Stack) -> None:
    for stack in (prod, staging):
        second = stack.runs["second"]
        assert (second.changed, second.effective(), second.writes) == (0, {}, [])


# The rows of the system


def test_network(prod: Stack) -> None:
    """ST-net: two zones with a private, a public and a database subnet each, and a NAT gateway each."""
    ec2 = _client(prod, "ec2")
    ours = [{"Name": "tag:stackwright:stack", "Values": ["steno-prod"]}]
    (vpc,) = ec2.describe_vpcs(Filters=ours)["Vpcs"]
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    subnets = {one["CidrBlock"]: one["AvailabilityZone"] for one in ec2.describe_subnets(Filters=ours)["Subnets"]}
    assert subnets == {
        f"10.0.{tier}{index}.0/24": f"us-east-1{zone}"
        for tier in ("", "10", "20")
        for index, zone in ((1, "a"), (2, "b"))
    }
    gateways = ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": ["available"]}])["NatGateways"]
    assert len({gateway["SubnetId"] for gateway in gateways}) == 2


def test_database_and_its_proxy(prod: Stack) -> None:
    """ST-db, ST-maint, and the rotation of ST-env."""
    database = _database(prod)
    wanted = {
        "DBInstanceIdentifier": f"{NAME}-prod",
        "DBInstanceClass": "db.t3.medium",
        "AllocatedStorage": 100,
        "MultiAZ": True,
        "BackupRetentionPeriod": 30,
        "PreferredBackupWindow": "02:00-03:00",
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "StorageEncrypted": True,
        "PubliclyAccessible": False,
        "DeletionProtection": True,
    }
    assert {name: database.get(name) for name in wanted} == wanted
    assert database["EngineVersion"].startswith("15.")
    aliases = _client(prod, "kms").list_aliases(KeyId=database["KmsKeyId"])["Aliases"]
    assert [alias["AliasName"] for alias in aliases] == [f"alias/{NAME}-prod"]
    rds = _client(prod, "rds")
    (proxy,) = rds.describe_db_proxies()["DBProxies"]
    assert (proxy["DBProxyName"], proxy["RequireTLS"]) == (f"{NAME}-prod", True)
    (target,) = rds.describe_db_proxy_targets(DBProxyName=proxy["DBProxyName"])["Targets"]
    assert target["RdsResourceId"] == f"{NAME}-prod"
    managed = _client(prod, "secretsmanager").describe_secret(SecretId=database["MasterUserSecret"]["SecretArn"])
    assert managed["RotationEnabled"] and managed["RotationRules"]["AutomaticallyAfterDays"] == 90
    assert [auth["SecretArn"] for auth in proxy["Auth"]] == [managed["ARN"]]


def test_only_functions_reach_the_proxy_and_only_the_proxy_the_database(prod: Stack) -> None:
    ec2, rds = _client(prod, "ec2"), _client(prod, "rds")
    callers = {_functions(prod)[f"steno-{one}-service-prod"]["VpcConfig"]["SecurityGroupIds"][0] for one in SERVICES}
    (proxy,) = rds.describe_db_proxies()["DBProxies"][0]["VpcSecurityGroupIds"]
    database = _database(prod)["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    found = {group["GroupId"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
    assert len(callers) == len(SERVICES)
    assert doors(found[proxy]) == {(5432, 5432, caller) for caller in callers}
    assert doors(found[database]) == {(5432, 5432, proxy)}
    assert all(doors(found[caller]) == set() for caller in callers)


def test_buckets(prod: Stack) -> None:
    """ST-s3."""
    s3 = _client(prod, "s3")
    moved: dict[str, Any] = {}
    for kind in ("frontend", "documents", "exports", "assets"):
        bucket = f"{NAME}-{kind}-prod"
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        rules = {one["ID"]: one for one in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
        assert rules["rule-1"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
        moved[kind] = (rules["rule-1"].get("Transitions"), rules["rule-1"].get("Expiration"))
    assert moved["documents"] == ([{"Days": 90, "StorageClass": "GLACIER"}], None)
    assert moved["exports"][0] is None and moved["exports"][1]["Days"] == 30
    assert moved["frontend"] == moved["assets"] == (None, None)


@pytest.mark.parametrize("service", SERVICES)
def test_functions(prod: Stack, service: str) -> None:
    """ST-fn, the tracing of ST-xray, and ST-logs."""
    name = f"steno-{service}-service-prod"
    found = _functions(prod)[name]
    assert found["Runtime"].startswith("python3" if service == "ai" else "nodejs")
    assert (found["MemorySize"], found["Timeout"], found["TracingConfig"]["Mode"]) == (512, 30, "Active")
    subnets = _client(prod, "ec2").describe_subnets(SubnetIds=found["VpcConfig"]["SubnetIds"])["Subnets"]
    assert {subnet["CidrBlock"] for subnet in subnets} == {"10.0.1.0/24", "10.0.2.0/24"}
    functions = _client(prod, "lambda")
    alias = functions.get_alias(FunctionName=name, Name="Production")
    assert alias["FunctionVersion"] == "1"
    warm = functions.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    counts = [(one["FunctionArn"], one["RequestedProvisionedConcurrentExecutions"]) for one in warm]
    assert counts == ([(alias["AliasArn"], 10)] if service in WARM else [])
    (group,) = _client(prod, "logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    assert group["retentionInDays"] == 30


def test_secrets_are_named_and_not_told(prod: Stack) -> None:
    """ST-env: each function is told where its own secrets are, and may read no other."""
    secrets = {one["Name"]: one["ARN"] for one in _client(prod, "secretsmanager").list_secrets()["SecretList"]}
    own = {name for name in secrets if name.startswith("steno/prod/")}
    assert own == {f"steno/prod/{name}" for name in ("jwt-signing-key", "anthropic-api-key", "sendgrid-api-key")}
    allowed = {
        "auth": {"jwt-signing-key", "sendgrid-api-key"},
        "letter": set(),
        "ai": {"anthropic-api-key"},
        "document": set(),
        "export": {"sendgrid-api-key"},
    }
    managed = _database(prod)["MasterUserSecret"]["SecretArn"]
    for service, names in allowed.items():
        function = _functions(prod)[f"steno-{service}-service-prod"]
        wanted = {secrets[f"steno/prod/{name}"] for name in names} | {managed}
        told = {value for value in function["Environment"]["Variables"].values() if ":secret:" in value}
        assert told == wanted
        assert _resources(prod, function["Role"], "secretsmanager:GetSecretValue") == wanted


def _resources(stack: Stack, role_arn: str, action: str) -> set[str]:
    """What a role may do something to."""
    iam, role = _client(stack, "iam"), role_arn.rpartition("/")[2]
    found: set[str] = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        for one in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]:
            actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
            resources = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
            found |= set(resources) if action in actions else set()
    return found


def test_the_api_leads_to_the_services(prod: Stack) -> None:
    """ST-api: by their aliases, with a checked token everywhere but at the door."""
    gateway, api = _client(prod, "apigateway"), _api(prod)
    assert api["name"] == f"{NAME}-api-prod"
    resources = gateway.get_resources(restApiId=api["id"], limit=500, embed=["methods"])["items"]
    led: dict[str, set[str]] = {}
    for resource in resources:
        for word, method in (resource.get("resourceMethods") or {}).items():
            if word == "OPTIONS":
                continue
            uri = method["methodIntegration"]["uri"]
            assert uri.endswith("-service-prod:Production/invocations"), uri
            led.setdefault(resource["path"].split("/")[1], set()).add(uri.split(":function:")[1].split(":")[0])
            is_open = resource["path"].startswith(("/auth", "/health"))
            assert method["authorizationType"] == ("NONE" if is_open else "CUSTOM"), resource["path"]
    services = {"auth": "auth", "health": "auth", "letters": "letter", "ai": "ai"}
    services |= {"documents": "document", "exports": "export"}
    assert led == {path: {f"steno-{service}-service-prod"} for path, service in services.items()}


def test_the_stage_holds_back_validates_and_is_guarded(prod: Stack) -> None:
    """ST-api: 1000 at once, 500 a second, requests validated, and a web ACL."""
    gateway, api = _client(prod, "apigateway"), _api(prod)
    (stage,) = gateway.get_stages(restApiId=api["id"])["item"]
    assert (stage["stageName"], stage["tracingEnabled"]) == ("v1", True)
    settings = stage["methodSettings"]["*/*"]
    assert (settings["throttlingBurstLimit"], settings["throttlingRateLimit"]) == (1000, 500.0)
    paths = {one["path"]: one["id"] for one in gateway.get_resources(restApiId=api["id"], limit=500)["items"]}
    login = gateway.get_method(restApiId=api["id"], resourceId=paths["/auth/login"], httpMethod="POST")
    validator = gateway.get_request_validator(restApiId=api["id"], requestValidatorId=login["requestValidatorId"])
    assert validator["validateRequestBody"]
    model = gateway.get_model(restApiId=api["id"], modelName=login["requestModels"]["application/json"])
    assert json.loads(model["schema"])["required"] == ["email", "password"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api['id']}/stages/v1"
    acl = _client(prod, "wafv2").get_web_acl_for_resource(ResourceArn=arn)["WebACL"]
    assert acl["Name"] == f"{NAME}-api-prod"


def test_the_api_has_a_name_of_its_own_and_is_looked_at(prod: Stack) -> None:
    """ST-api: by that name the stage is the first part of the paths too."""
    gateway, dns = _client(prod, "apigateway"), _client(prod, "route53")
    (name,) = gateway.get_domain_names()["items"]
    assert (name["domainName"], name["securityPolicy"]) == ("api.stenodemandletters.com", "TLS_1_2")
    (path,) = gateway.get_base_path_mappings(domainName=name["domainName"])["items"]
    assert (path["basePath"], path["restApiId"], path["stage"]) == ("v1", _api(prod)["id"], "v1")
    (zone,) = dns.list_hosted_zones()["HostedZones"]
    records = dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (record,) = [one for one in records if (one["Name"], one["Type"]) == ("api.stenodemandletters.com.", "A")]
    assert record["AliasTarget"]["DNSName"].rstrip(".") == name["regionalDomainName"]
    (check,) = dns.list_health_checks()["HealthChecks"]
    looked_at = check["HealthCheckConfig"]
    assert (looked_at["FullyQualifiedDomainName"], looked_at["ResourcePath"]) == (name["domainName"], "/v1/health")


def test_in_staging_the_apis_name_stands_beside_the_domain(staging: Stack) -> None:
    """ST-proc: where it is asked for its health before a release."""
    gateway, dns = _client(staging, "apigateway"), _client(staging, "route53")
    (name,) = gateway.get_domain_names()["items"]
    assert name["domainName"] == "api-staging.stenodemandletters.com"
    zones = {zone["Name"]: zone["Id"] for zone in dns.list_hosted_zones()["HostedZones"]}
    records = dns.list_resource_record_sets(HostedZoneId=zones[f"{name['domainName']}."])["ResourceRecordSets"]
    (record,) = [one for one in records if one["Type"] == "A"]
    assert record["AliasTarget"]["DNSName"].rstrip(".") == name["regionalDomainName"]


def test_functions_are_told_where_they_are(prod: Stack, staging: Stack) -> None:
    """ST-env."""
    for stack, word in ((prod, "production"), (staging, "staging")):
        found = _functions(stack)
        for service in SERVICES:
            variables = found[f"steno-{service}-service-{stack.name}"]["Environment"]["Variables"]
            assert variables["ENVIRONMENT"] == word
        letter = found[f"steno-letter-service-{stack.name}"]["Environment"]["Variables"]
        assert letter["ASSETS_BUCKET"] == f"{NAME}-assets-{stack.name}"


def test_no_token_no_entry(prod: Stack) -> None:
    """The code that checks tokens, run as API Gateway runs it."""
    gateway, api = _client(prod, "apigateway"), _api(prod)
    (authorizer,) = gateway.get_authorizers(restApiId=api["id"])["items"]
    name = authorizer["authorizerUri"].split(":function:")[1].split("/")[0]
    key = _client(prod, "secretsmanager").get_secret_value(SecretId="steno/prod/jwt-signing-key")["SecretString"]
    called = f"arn:aws:execute-api:us-east-1:123456789012:{api['id']}/v1/GET/letters"
    issuer = "https://app.stenodemandletters.com"

    def ask(token: str) -> dict[str, Any]:
        event = {"type": "TOKEN", "methodArn": called, "authorizationToken": token}
        answer = _client(prod, "lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return dict(json.loads(answer["Payload"].read()))

    known = ask(f"Bearer {_token(key, issuer)}")
    assert known["principalId"] == "user-1"
    (statement,) = known["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert ask("")["errorMessage"] == "Unauthorized"
    assert ask(f"Bearer {_token('x' * 64, issuer)}")["errorMessage"] == "Unauthorized"


def _token(key: str, issuer: str) -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = {"sub": "user-1", "iss": issuer, "exp": int(time.time()) + 60}
    signed = ".".join(part(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{signed}.{part(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


def test_the_site_stands_behind_cloudfront(prod: Stack, staging: Stack) -> None:
    """ST-cdn."""
    (found,) = _client(prod, "cloudfront").list_distributions()["DistributionList"]["Items"]
    assert found["Aliases"]["Items"] == ["app.stenodemandletters.com"]
    behaviour = found["DefaultCacheBehavior"]
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    policy = _client(prod, "cloudfront").get_cache_policy(Id=behaviour["CachePolicyId"])["CachePolicy"]
    config = policy["CachePolicyConfig"]
    assert (config["DefaultTTL"], config["MaxTTL"]) == (86400, 31536000)
    (origin,) = found["Origins"]["Items"]
    assert origin["DomainName"].startswith(f"{NAME}-frontend-prod.s3.") and origin["OriginAccessControlId"]
    (found,) = _client(staging, "cloudfront").list_distributions()["DistributionList"]["Items"]
    assert found["Aliases"]["Items"] == ["staging.stenodemandletters.com"]


@pytest.mark.parametrize(
    ("name", "bound", "periods", "topics"),
    [
        ("APIGateway5xxErrors", ("GreaterThanThreshold", 5), (1, 300), {"pagerduty", "ops"}),
        ("RDSCPUHigh", ("GreaterThanThreshold", 80), (10, 60), {"pagerduty"}),
        ("RDSStorageLow", ("LessThanThreshold", 10 * 1024**3), (1, 300), {"ops"}),
        ("LambdaErrorRateHigh-auth", ("GreaterThanThreshold", 1), (1, 60), set()),
        ("APILatencyHigh", ("GreaterThanThreshold", 2000), (2, 300), {"slack"}),
        ("LambdaThrottles", ("GreaterThanThreshold", 0), (1, 300), {"slack"}),
        ("S3StorageHigh", ("GreaterThanThreshold", 80), (3, 86400), {"slack"}),
        ("AISpendUnusual", ("GreaterThanThreshold", 150), (7, 86400), {"slack"}),
    ],
)
def test_alarms(prod: Stack, name: str, bound: tuple[str, float], periods: tuple[int, int], topics: set[str]) -> None:
    """ST-alarm."""
    alarm = _alarm(prod, name)
    seconds = alarm.get("Period") or next(
        one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one
    )
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == bound
    assert (alarm["EvaluationPeriods"], seconds) == periods
    assert {arn.rpartition(":")[2] for arn in alarm["AlarmActions"]} == {f"steno-{topic}-prod" for topic in topics}


def test_what_the_alarms_measure(prod: Stack) -> None:
    """ST-alarm: a rate is errors by invocations, and storage is held against a quota of ours."""
    terms = {term["Id"]: term for term in _alarm(prod, "LambdaErrorRateHigh-letter")["Metrics"]}
    assert terms["result"]["Expression"] == "100 * FILL(errors, 0) / total"
    measured = {name: terms[name]["MetricStat"]["Metric"] for name in ("errors", "total")}
    assert [measured[name]["MetricName"] for name in ("errors", "total")] == ["Errors", "Invocations"]
    function = [{"Name": "FunctionName", "Value": "steno-letter-service-prod"}]
    assert measured["errors"]["Dimensions"] == measured["total"]["Dimensions"] == function
    stored = _alarm(prod, "S3StorageHigh")
    terms = {term["Id"]: term for term in stored["Metrics"]}
    assert "300 * 1073741824" in terms["result"]["Expression"] and stored["DatapointsToAlarm"] == 1
    sizes = [one["MetricStat"]["Metric"] for one in terms.values() if "MetricStat" in one]
    assert {one["MetricName"] for one in sizes} == {"BucketSizeBytes"}
    classes = [{part["Name"]: part["Value"] for part in one["Dimensions"]} for one in sizes]
    assert sorted((one["BucketName"], one["StorageType"]) for one in classes) == [
        (f"{NAME}-assets-prod", "StandardStorage"),
        (f"{NAME}-documents-prod", "GlacierStorage"),
        (f"{NAME}-documents-prod", "StandardStorage"),
        (f"{NAME}-exports-prod", "StandardStorage"),
        (f"{NAME}-frontend-prod", "StandardStorage"),
    ]
    latency = _alarm(prod, "APILatencyHigh")
    assert (latency["MetricName"], latency["ExtendedStatistic"]) == ("Latency", "p95")
    (over,) = _client(prod, "cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert all(f'ALARM("LambdaErrorRateHigh-{service}")' in over["AlarmRule"] for service in SERVICES)
    assert [arn.rpartition(":")[2] for arn in over["AlarmActions"]] == ["steno-pagerduty-prod"]


def test_dashboards(prod: Stack) -> None:
    """ST-dash: eight panels of the application, five of the business."""
    titles = {}
    for name in ("application", "business"):
        body = _client(prod, "cloudwatch").get_dashboard(DashboardName=f"steno-{name}")["DashboardBody"]
        titles[name] = [widget["properties"]["title"] for widget in json.loads(body)["widgets"]]
        if name == "application":
            charts = {one["properties"]["title"]: one["properties"]["metrics"] for one in json.loads(body)["widgets"]}
    assert [len(titles[name]) for name in ("application", "business")] == [8, 5]
    assert [line[-1]["stat"] for line in charts["Latency, milliseconds"]] == ["p50", "p95", "p99"]
    assert {line[1] for line in charts["Requests to buckets"]} == {"AllRequests"}
    (configured,) = _client(prod, "s3").list_bucket_metrics_configurations(Bucket=f"{NAME}-documents-prod")[
        "MetricsConfigurationList"
    ]
    assert configured["Id"] == "EntireBucket"


def test_saved_queries(prod: Stack) -> None:
    """ST-logs."""
    found = _client(prod, "logs").describe_query_definitions(queryDefinitionNamePrefix="steno/")["queryDefinitions"]
    assert {query["name"] for query in found} == {"steno/errors", "steno/response-time-by-path"}
    groups = sorted(f"/aws/lambda/steno-{service}-service-prod" for service in SERVICES)
    assert all(sorted(query["logGroupNames"]) == groups for query in found)


def test_a_tenth_is_traced_in_production_and_all_in_staging(prod: Stack, staging: Stack) -> None:
    """ST-xray, and the correction: a rule cannot know of errors to come, so a group keeps them."""
    for stack, rate in ((prod, 0.1), (staging, 1.0)):
        xray = _client(stack, "xray")
        rules = [one["SamplingRule"] for one in xray.get_sampling_rules()["SamplingRuleRecords"]]
        (rule,) = [one for one in rules if one["RuleName"] != "Default"]
        assert (rule["FixedRate"], rule["ServiceName"]) == (rate, f"{NAME}-api-{stack.name}/v1")
        (group,) = [one for one in xray.get_groups()["Groups"] if one["GroupName"] != "Default"]
        assert "fault = true" in group["FilterExpression"]
    (counted,) = _client(prod, "logs").describe_metric_filters(filterNamePrefix="steno-")["metricFilters"]
    assert counted["logGroupName"] == f"/aws/apigateway/{NAME}-api-prod"
    assert counted["metricTransformations"][0]["metricName"] == "Faults"


def test_budget_and_backups(prod: Stack) -> None:
    """ST-cost, and the copies of ST-dr: of the backups minutes behind, a week's for longer, and of objects."""
    budgets = _client(prod, "budgets")
    (budget,) = budgets.describe_budgets(AccountId="123456789012")["Budgets"]
    assert float(budget["BudgetLimit"]["Amount"]) == 1000
    told = budgets.describe_notifications_for_budget(AccountId="123456789012", BudgetName=budget["BudgetName"])
    alerts = {(one["NotificationType"], one["Threshold"]) for one in told["Notifications"]}
    assert alerts == {("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 120)}
    (copied,) = _client(prod, "rds", "us-west-2").describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert (copied["DBInstanceIdentifier"], copied["Status"]) == (f"{NAME}-prod", "replicating")
    assert copied["BackupRetentionPeriod"] == 30 and copied["KmsKeyId"].startswith("arn:aws:kms:us-west-2:")
    backup = _client(prod, "backup")
    (plan,) = backup.list_backup_plans()["BackupPlansList"]
    (rule,) = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]["Rules"]
    assert "SUN" in rule["ScheduleExpression"]
    (copy,) = rule["CopyActions"]
    assert ":backup:us-west-2:" in copy["DestinationBackupVaultArn"]
    for kind in ("documents", "assets"):
        found = _client(prod, "s3").get_bucket_replication(Bucket=f"{NAME}-{kind}-prod")["ReplicationConfiguration"]
        assert found["Rules"][0]["Destination"]["Bucket"] == f"arn:aws:s3:::{NAME}-{kind}-dr-prod"


def test_development_costs_little(dev: Run) -> None:
    """ST-env, ST-net, ST-logs: what the free tier has, one way out, and nothing kept warm."""
    assert dev.writes == [] and {change["action"] for change in dev.result["plan"]} == {"create"}
    made: dict[str, list[dict[str, Any]]] = {}
    for change in dev.result["plan"]:
        made.setdefault(change["kind"].removeprefix("AWS::"), []).append(change["after"])
    (database,) = made["RDS::DBInstance"]
    size = (database["DBInstanceClass"], database["AllocatedStorage"], database["MultiAZ"])
    assert (size, database["DeletionProtection"]) == (("db.t3.micro", "20", False), False)
    assert len(made["EC2::NatGateway"]) == 1
    assert not {"RDS::DBProxy", "Backup::BackupPlan"} & set(made)
    assert {one["BucketName"] for one in made["S3::Bucket"]} == {
        f"{NAME}-{kind}-dev" for kind in ("frontend", "documents", "exports", "assets")
    }
    assert [alias["ProvisionedConcurrencyConfig"] for alias in made["Lambda::Alias"]] == [{}] * len(SERVICES)
    groups = {one["LogGroupName"]: one["RetentionInDays"] for one in made["Logs::LogGroup"]}
    assert {groups[f"/aws/lambda/steno-{service}-service-dev"] for service in SERVICES} == {7}


# The end


def test_destroying_leaves_nothing_but_last_snapshots(prod: Stack) -> None:
    run = prod.play("destroy", "-e", "confirm=steno-prod", "-e", "release_protection=true")
    assert {change["action"] for change in run.result["plan"]} == {"delete"}
    snapshots = _client(prod, "rds").describe_db_snapshots()["DBSnapshots"]
    assert [one["DBSnapshotIdentifier"].startswith(f"{NAME}-prod-final-") for one in snapshots].count(True) == 1
    left = tagged(prod.twin, "steno-prod", REGIONS)
    assert [arn for arn in left if not is_kept(prod.twin, arn)] == []
    assert _client(prod, "s3").list_buckets()["Buckets"] == []
