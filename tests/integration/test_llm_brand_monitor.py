"""llm_brand_monitor by the playbooks: a cluster with node groups, a search domain, and what runs on the cluster.

Staging is converged once and shared; the destruction at the end takes it away. Production is planned, and converged
where its figures differ.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client as kubernetes
from kubernetes import dynamic
from kubernetes.utils.quantity import parse_quantity

from ansible_collections.stackwright.aws.plugins.module_utils.aws.credentials import ConnectionOptions
from ansible_collections.stackwright.aws.plugins.module_utils.aws.eks_token import reach
from tests.integration.accounts import is_kept, tagged
from tests.integration.playbooks import Run, Stack
from tests.own_twin import own_twin

SCALE = 0.3
CLUSTER = "llm-brand-monitor-cluster-staging"
APP, JOBS = "llm-brand-monitor", "llm-brand-monitor-jobs"
SECRET_MEMBERS = ("", "admin_password", "password", "token", "secret_key")
#: LB-work: namespace, replicas, requests and limits.
WORK: dict[str, tuple[str, int, tuple[str, str, str, str]]] = {
    "api-service": (APP, 3, ("250m", "512Mi", "500m", "1Gi")),
    "scraper-service": (APP, 5, ("500m", "1Gi", "1000m", "2Gi")),
    "simulator-service": (APP, 10, ("250m", "512Mi", "500m", "1Gi")),
    "celery-worker": (JOBS, 10, ("250m", "512Mi", "500m", "1Gi")),
    "celery-beat": (JOBS, 1, ("100m", "256Mi", "200m", "512Mi")),
    "analytics": (APP, 3, ("250m", "512Mi", "500m", "1Gi")),
}


@pytest.fixture(scope="module")
def staging() -> Iterator[Stack]:
    """Staging, planned on an empty account and then converged twice."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "staging", system="llm_brand_monitor")
        stack.runs["planned"] = stack.play("site", "--check", "--diff")
        stack.runs["first"] = stack.play("site")
        stack.runs["second"] = stack.play("site")
        yield stack


@pytest.fixture(scope="module")
def prod() -> Iterator[Stack]:
    """Production and its standby in another region by one command, without what runs on the clusters."""
    with own_twin(SCALE) as twin:
        stack = Stack(twin, "prod,prod_dr", system="llm_brand_monitor")
        stack.runs["first"] = stack.play("site", "--skip-tags", "workloads")
        stack.runs["second"] = stack.play("site", "--skip-tags", "workloads")
        yield stack


class Kube:
    """The cluster's API by the Kubernetes client, reached as kubernetes.core reaches it."""

    def __init__(self, stack: Stack, cluster: str) -> None:
        self._stack, self._cluster = stack, cluster
        connection = ConnectionOptions.from_params(
            {"endpoint_url": stack.twin.url, "access_key": "testing", "secret_key": "testing"}, "us-east-1"
        )
        self.endpoint = reach(connection, cluster)
        with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as authority:
            authority.write(self.endpoint.certificate)
        settings = kubernetes.Configuration()
        settings.host, settings.ssl_ca_cert = self.endpoint.host, authority.name
        settings.api_key = {"authorization": f"Bearer {self.endpoint.token}"}
        self.client = dynamic.DynamicClient(kubernetes.ApiClient(settings))

    def get(self, version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        resource = self.client.resources.get(api_version=version, kind=kind)
        found: dict[str, Any] = resource.get(name=name, namespace=namespace).to_dict()
        return found

    def deployment(self, name: str, namespace: str) -> dict[str, Any]:
        return self.get("apps/v1", "Deployment", name, namespace)


@pytest.fixture
def kube(staging: Stack) -> Kube:
    return Kube(staging, CLUSTER)


def recap(run: Run) -> dict[str, int]:
    """The counts of the recap."""
    (line,) = re.findall(r"^\w+ +: (ok=.*)$", run.output, re.MULTILINE)
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}


# Plan and convergence


def test_the_plan_on_an_empty_account_is_what_is_then_done(staging: Stack) -> None:
    planned, first = staging.runs["planned"], staging.runs["first"]
    assert planned.writes == []
    assert {change["action"] for change in planned.result["plan"]} == {"create"}
    assert first.result["plan"] == planned.result["plan"]
    assert set(first.result["awaiting_value"]) == {"alerting", "llm-keys", "neo4j"}


def test_a_second_run_changes_nothing_on_aws_or_on_the_cluster(staging: Stack) -> None:
    second = staging.runs["second"]
    assert second.effective() == {}
    assert second.writes == []
    assert recap(second)["changed"] == 0
    assert "Apply the manifests" in second.output


# LB-net, LB-eks, LB-sg


def test_the_network_has_a_subnet_per_tier_and_zone(staging: Stack) -> None:
    subnets = staging.twin.client("ec2").describe_subnets()["Subnets"]
    own = {subnet["CidrBlock"]: subnet["AvailabilityZone"] for subnet in subnets if subnet.get("Tags")}
    assert set(own) == {f"10.0.{tens}{tier}.0/24" for tens in ("", "1", "2") for tier in (1, 2, 3)}
    assert own["10.0.1.0/24"] == own["10.0.2.0/24"] == own["10.0.3.0/24"] != own["10.0.11.0/24"]


def test_the_cluster_is_private_encrypted_and_has_both_node_groups(staging: Stack) -> None:
    eks = staging.twin.client("eks")
    cluster = eks.describe_cluster(name=CLUSTER)["cluster"]
    assert cluster["status"] == "ACTIVE"
    assert cluster["resourcesVpcConfig"]["endpointPublicAccess"] is False
    assert cluster["encryptionConfig"][0]["resources"] == ["secrets"]
    groups = {
        name.rpartition("/")[2]: eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName=name)["nodegroup"]
        for name in eks.list_nodegroups(clusterName=CLUSTER)["nodegroups"]
    }
    spot = next(group for name, group in groups.items() if "spot-workers" in name)
    assert spot["capacityType"] == "SPOT"
    assert spot["instanceTypes"] == ["m5.large", "m5a.large", "m6i.large"]
    assert spot["scalingConfig"] == {"minSize": 2, "maxSize": 20, "desiredSize": 5}
    assert spot["labels"]["workload-type"] == "background-jobs"
    assert spot["taints"] == [{"key": "workload-type", "value": "background-jobs", "effect": "NO_SCHEDULE"}]
    assert {group["capacityType"] for group in groups.values()} == {"SPOT", "ON_DEMAND"}


def test_the_cluster_measures_its_pods(staging: Stack) -> None:
    addon = staging.twin.client("eks").describe_addon(clusterName=CLUSTER, addonName="metrics-server")["addon"]
    assert addon["status"] == "ACTIVE"


def test_the_nodes_reach_their_data_and_nobody_else_does(staging: Stack) -> None:
    ec2 = staging.twin.client("ec2")
    nodes = staging.twin.client("eks").describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    opened = {
        (rule["FromPort"], _other_side(rule))
        for rule in rules
        if not rule["IsEgress"] and rule["FromPort"] in (5432, 6379)
    }
    sources = {nodes["clusterSecurityGroupId"], _bastion_group(staging)}
    assert opened == {(port, source) for port in (5432, 6379) for source in sources}
    reached = [rule for rule in rules if not rule["IsEgress"] and rule["GroupId"] == nodes["clusterSecurityGroupId"]]
    assert 8000 in {rule["FromPort"] for rule in reached}


def _bastion_group(stack: Stack) -> str:
    (found,) = stack.twin.client("ec2").describe_security_groups(
        Filters=[{"Name": "tag:stackwright:name", "Values": ["fleet.bastion"]}]
    )["SecurityGroups"]
    return str(found["GroupId"])


def test_the_bastion_leads_to_the_data_and_the_cluster_and_nobody_gets_in_but_by_session_manager(
    staging: Stack,
) -> None:
    (fleet,) = staging.twin.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=["llm-brand-monitor-staging-bastion"]
    )["AutoScalingGroups"]
    assert (fleet["MinSize"], fleet["MaxSize"], len(fleet["Instances"])) == (1, 1, 1)
    ec2, group = staging.twin.client("ec2"), _bastion_group(staging)
    (reserved,) = ec2.describe_instances(InstanceIds=[fleet["Instances"][0]["InstanceId"]])["Reservations"]
    (instance,) = reserved["Instances"]
    assert instance["InstanceType"] == "t4g.nano" and "PublicIpAddress" not in instance
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
    assert not [one for one in rules if one["GroupId"] == group and not one["IsEgress"]]
    reached = {one["FromPort"] for one in rules if _other_side(one) == group and not one["IsEgress"]}
    assert reached == {443, 5432, 6379}
    template = fleet["LaunchTemplate"]["LaunchTemplateId"]
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Default"])[
        "LaunchTemplateVersions"
    ]
    profile = version["LaunchTemplateData"]["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    iam = staging.twin.client("iam")
    (role,) = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonSSMManagedInstanceCore"]


# LB-db, LB-cache, LB-search, LB-edge, LB-waf


def test_production_has_the_figures_of_its_data_stores(prod: Stack) -> None:
    twin = prod.twin
    (database,) = twin.client("rds").describe_db_instances()["DBInstances"]
    assert (database["DBInstanceIdentifier"], database["DBInstanceClass"]) == ("llm-brand-monitor-db", "db.r6g.xlarge")
    assert (database["AllocatedStorage"], database["MaxAllocatedStorage"], database["StorageType"]) == (100, 500, "gp3")
    assert database["MultiAZ"] and database["StorageEncrypted"] and database["PerformanceInsightsEnabled"]
    assert (database["BackupRetentionPeriod"], database["PreferredBackupWindow"]) == (30, "03:00-04:00")
    assert database["PreferredMaintenanceWindow"] == "mon:04:00-mon:05:00"
    assert (database["DBName"], database["MasterUsername"] != "admin") == ("llm_brand_monitor", True)
    (cache,) = twin.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    assert (cache["ReplicationGroupId"], cache["CacheNodeType"]) == ("llm-brand-monitor-redis", "cache.r6g.large")
    assert (len(cache["MemberClusters"]), cache["AutomaticFailover"], cache["MultiAZ"]) == (3, "enabled", "enabled")
    assert cache["TransitEncryptionEnabled"] and cache["AtRestEncryptionEnabled"]
    assert (cache["SnapshotRetentionLimit"], cache["SnapshotWindow"]) == (7, "05:00-06:00")
    domain = twin.client("opensearch").describe_domain(DomainName="llm-brand-monitor")["DomainStatus"]
    assert domain["EngineVersion"] == "OpenSearch_2.11"
    cluster = domain["ClusterConfig"]
    assert (cluster["InstanceType"], cluster["InstanceCount"]) == ("r6g.large.search", 3)
    assert cluster["ZoneAwarenessConfig"]["AvailabilityZoneCount"] == 3
    assert (domain["EBSOptions"]["VolumeType"], domain["EBSOptions"]["VolumeSize"]) == ("gp3", 100)
    assert domain["EncryptionAtRestOptions"]["Enabled"] and domain["NodeToNodeEncryptionOptions"]["Enabled"]


def test_the_standby_follows_in_the_other_region(prod: Stack) -> None:
    (replica,) = prod.twin.client("rds", "us-west-2").describe_db_instances()["DBInstances"]
    assert replica["DBInstanceIdentifier"] == "llm-brand-monitor-db-dr"
    source = replica["ReadReplicaSourceDBInstanceIdentifier"]
    assert source == "arn:aws:rds:us-east-1:123456789012:db:llm-brand-monitor-db"
    groups = prod.twin.client("eks", "us-west-2").list_nodegroups(clusterName="llm-brand-monitor-cluster")["nodegroups"]
    assert len(groups) == 2
    held = prod.twin.client("secretsmanager", "us-west-2").list_secrets()["SecretList"]
    assert {"llm-brand-monitor/database", "llm-brand-monitor/llm-keys"} <= {secret["Name"] for secret in held}
    manager = prod.twin.client("secretsmanager", "us-west-2")
    password = json.loads(manager.get_secret_value(SecretId="llm-brand-monitor/database")["SecretString"])["password"]
    url = manager.get_secret_value(SecretId="llm-brand-monitor/database-url")["SecretString"]
    host, port = replica["Endpoint"]["Address"], replica["Endpoint"]["Port"]
    assert url == f"postgresql://brand_monitor:{password}@{host}:{port}/llm_brand_monitor?sslmode=require"


def test_a_second_run_of_both_changes_nothing(prod: Stack) -> None:
    second = prod.runs["second"]
    assert {host: second.effective(host) for host in second.by_host} == {"prod": {}, "prod_dr": {}}
    assert second.writes == []


def test_redis_is_kept_hourly(prod: Stack) -> None:
    schedules = [_schedule(prod, one) for one in prod.twin.client("scheduler").list_schedules()["Schedules"]]
    taken = {
        json.loads(one["Target"]["Input"])["CacheClusterId"]: one["ScheduleExpression"]
        for one in schedules
        if one["Target"]["Arn"].endswith("elasticache:createSnapshot")
    }
    assert taken == {
        "llm-brand-monitor-redis-002": "cron(0 0/2 * * ? *)",
        "llm-brand-monitor-redis-003": "cron(0 1/2 * * ? *)",
    }


def _schedule(stack: Stack, summary: dict[str, Any]) -> dict[str, Any]:
    scheduler = stack.twin.client("scheduler")
    return dict(scheduler.get_schedule(Name=summary["Name"], GroupName=summary["GroupName"]))


def test_the_bucket_is_copied_to_another_region(prod: Stack) -> None:
    s3 = prod.twin.client("s3")
    rules = s3.get_bucket_replication(Bucket="llm-brand-monitor-production")["ReplicationConfiguration"]["Rules"]
    target = rules[0]["Destination"]["Bucket"].rpartition(":")[2]
    assert prod.twin.client("s3").get_bucket_location(Bucket=target)["LocationConstraint"] == "us-west-2"


def test_the_web_acl_limits_addresses_and_has_the_common_rules(prod: Stack) -> None:
    waf = prod.twin.client("wafv2")
    (summary,) = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert summary["Name"] == "llm-brand-monitor-waf"
    rules = waf.get_web_acl(Name=summary["Name"], Id=summary["Id"], Scope="REGIONAL")["WebACL"]["Rules"]
    (rate,) = [rule for rule in rules if "RateBasedStatement" in rule["Statement"]]
    assert rate["Statement"]["RateBasedStatement"]["Limit"] == 2000
    assert "Block" in rate["Action"] and "OverrideAction" not in rate
    (common,) = [rule for rule in rules if "ManagedRuleGroupStatement" in rule["Statement"]]
    assert common["Statement"]["ManagedRuleGroupStatement"]["Name"] == "AWSManagedRulesCommonRuleSet"


# LB-ns, LB-work, LB-svc, LB-hpa, LB-es, LB-prom, LB-graf


@pytest.mark.parametrize("name", WORK)
def test_a_deployment_runs_as_documented(kube: Kube, name: str) -> None:
    namespace, replicas, (cpu, memory, cpu_limit, memory_limit) = WORK[name]
    found = kube.deployment(name, namespace)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert found["spec"]["replicas"] == found["status"]["readyReplicas"] == replicas
    assert _quantities(container["resources"]["requests"]) == _quantities({"cpu": cpu, "memory": memory})
    assert _quantities(container["resources"]["limits"]) == _quantities({"cpu": cpu_limit, "memory": memory_limit})
    assert {"secretRef": {"name": "app-secrets"}} in container["envFrom"]
    assert not container["image"].endswith(":latest")


def _quantities(resources: dict[str, str]) -> dict[str, Any]:
    """Amounts as numbers: Kubernetes writes 1000m as 1."""
    return {name: parse_quantity(amount) for name, amount in resources.items()}


def test_workers_run_on_spot_nodes_with_their_command(kube: Kube) -> None:
    worker = kube.deployment("celery-worker", JOBS)["spec"]["template"]["spec"]
    assert worker["nodeSelector"] == {"workload-type": "background-jobs"}
    assert worker["containers"][0]["command"][:4] == ["celery", "-A", "app.celery", "worker"]
    pods = kube.client.resources.get(api_version="v1", kind="Pod").get(
        namespace=JOBS, label_selector="app=celery-worker"
    )
    nodes = {pod["spec"]["nodeName"] for pod in pods.to_dict()["items"]}
    labels = [kube.get("v1", "Node", node)["metadata"]["labels"]["workload-type"] for node in nodes]
    assert set(labels) == {"background-jobs"}


@pytest.mark.parametrize("namespace", [APP, JOBS])
def test_the_application_acts_as_the_account_that_may_use_the_bucket(
    kube: Kube, staging: Stack, namespace: str
) -> None:
    assert kube.get("v1", "ServiceAccount", "app", namespace)["automountServiceAccountToken"] is False
    found = staging.twin.client("eks").list_pod_identity_associations(clusterName=CLUSTER)["associations"]
    assert (namespace, "app") in {(one["namespace"], one["serviceAccount"]) for one in found}
    for name in (name for name, (where, *_rest) in WORK.items() if where == namespace):
        assert kube.deployment(name, namespace)["spec"]["template"]["spec"]["serviceAccountName"] == "app"


def test_the_beat_keeps_its_schedule_where_it_can_write(kube: Kube) -> None:
    (beat,) = kube.deployment("celery-beat", JOBS)["spec"]["template"]["spec"]["containers"]
    assert beat["command"] == ["celery", "-A", "app.celery", "beat", "-l", "info"]
    assert {"name": "CELERY_BEAT_SCHEDULE", "value": "/tmp/celerybeat-schedule"} in beat["env"]
    assert beat["securityContext"]["readOnlyRootFilesystem"] is True
    assert {"name": "scratch", "mountPath": "/tmp"} in beat["volumeMounts"]


def test_the_api_is_reached_by_https_only(kube: Kube, staging: Stack) -> None:
    service = kube.get("v1", "Service", "api-service", APP)["spec"]["ports"][0]
    assert (service["port"], service["targetPort"]) == (80, 8000)
    ingress = kube.get("networking.k8s.io/v1", "Ingress", "api-ingress", APP)
    notes = {key.rpartition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert (notes["scheme"], notes["ssl-redirect"]) == ("internet-facing", "443")
    assert "TLS" in notes["ssl-policy"] and "2016" not in notes["ssl-policy"]
    certificates = staging.twin.client("acm").list_certificates()["CertificateSummaryList"]
    assert notes["certificate-arn"] in {certificate["CertificateArn"] for certificate in certificates}
    (web_acl,) = staging.twin.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert notes["wafv2-acl-arn"] == web_acl["ARN"]


def test_the_load_balancer_lets_in_the_web_and_reaches_the_pods(kube: Kube, staging: Stack) -> None:
    ingress = kube.get("networking.k8s.io/v1", "Ingress", "api-ingress", APP)
    group = ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/security-groups"]
    nodes = staging.twin.client("eks").describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]
    rules = staging.twin.client("ec2").describe_security_group_rules()["SecurityGroupRules"]
    own = {(one["IsEgress"], one["FromPort"], _other_side(one)) for one in rules if one["GroupId"] == group}
    pods = nodes["clusterSecurityGroupId"]
    assert own == {(False, 80, "0.0.0.0/0"), (False, 443, "0.0.0.0/0"), (True, 8000, pods)}
    assert (8000, group) in {
        (one["FromPort"], _other_side(one)) for one in rules if one["GroupId"] == pods and not one["IsEgress"]
    }


def test_the_name_of_the_api_follows_its_load_balancer(staging: Stack) -> None:
    eks, iam = staging.twin.client("eks"), staging.twin.client("iam")
    addon = eks.describe_addon(clusterName=CLUSTER, addonName="external-dns")["addon"]
    settings = json.loads(addon["configurationValues"])
    assert (settings["domainFilters"], settings["policy"]) == (["staging.llmbrandmonitor.com"], "sync")
    assert settings["txtOwnerId"] == "llm-brand-monitor-staging"
    (found,) = eks.list_pod_identity_associations(clusterName=CLUSTER, namespace="external-dns")["associations"]
    held = eks.describe_pod_identity_association(clusterName=CLUSTER, associationId=found["associationId"])
    role = held["association"]["roleArn"].rpartition("/")[2]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    (change,) = [one for one in document["Statement"] if "route53:ChangeResourceRecordSets" in one["Action"]]
    (zone,) = staging.twin.client("route53").list_hosted_zones()["HostedZones"]
    assert change["Resource"] == [f"arn:aws:route53:::{zone['Id'].strip('/')}"]
    names = change["Condition"]["ForAllValues:StringLike"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"]
    assert names == ["api.staging.llmbrandmonitor.com", "*-api.staging.llmbrandmonitor.com"]


def _other_side(rule: dict[str, Any]) -> str | None:
    """Whom a rule lets in or leads to."""
    group: str | None = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
    return group or rule.get("CidrIpv4")


def test_autoscalers_have_their_figures(kube: Kube) -> None:
    api = kube.get("autoscaling/v2", "HorizontalPodAutoscaler", "api-service-hpa", APP)["spec"]
    targets = {
        metric["resource"]["name"]: metric["resource"]["target"]["averageUtilization"] for metric in api["metrics"]
    }
    assert (api["minReplicas"], api["maxReplicas"], targets) == (3, 20, {"cpu": 70, "memory": 80})
    worker = kube.get("autoscaling/v2", "HorizontalPodAutoscaler", "celery-worker-hpa", JOBS)["spec"]
    assert (worker["minReplicas"], worker["maxReplicas"]) == (5, 50)
    assert worker["metrics"][0]["external"]["metric"]["name"] == "celery_queue_length"
    adapter = kube.get("v1", "ConfigMap", "prometheus-adapter", "monitoring")["data"]["config.yaml"]
    assert yaml.safe_load(adapter)["externalRules"][0]["name"] == {"as": "celery_queue_length"}


def test_secrets_are_kept_in_step_hourly(kube: Kube, staging: Stack) -> None:
    external = kube.get("external-secrets.io/v1", "ExternalSecret", "app-secrets", APP)
    assert external["spec"]["refreshInterval"] == "1h"
    keys = {each["secretKey"] for each in external["spec"]["data"]}
    assert {"DATABASE_PASSWORD", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "REDIS_URL", "SENTRY_DSN"} <= keys
    held = kube.get("v1", "Secret", "app-secrets", APP)["data"]
    manager = staging.twin.client("secretsmanager")
    kept = json.loads(manager.get_secret_value(SecretId="llm-brand-monitor/database")["SecretString"])
    assert base64.b64decode(held["DATABASE_PASSWORD"]).decode() == kept["password"]
    values = {key: base64.b64decode(value).decode() for key, value in held.items()}
    (database,) = staging.twin.client("rds").describe_db_instances()["DBInstances"]
    host, port = database["Endpoint"]["Address"], database["Endpoint"]["Port"]
    at = f"brand_monitor:{kept['password']}@{host}:{port}"
    assert values["DATABASE_URL"] == f"postgresql://{at}/llm_brand_monitor?sslmode=require"
    assert values["REDIS_URL"].startswith("rediss://") and values["REDIS_URL"].endswith(":6379/0")
    for key, database in (("CELERY_BROKER_URL", 0), ("CELERY_RESULT_BACKEND", 1)):
        assert values[key].startswith("rediss://")
        assert values[key].endswith(f":6379/{database}?ssl_cert_reqs=CERT_REQUIRED")


def test_queues_and_workers_are_counted(kube: Kube) -> None:
    (exporter,) = kube.deployment("celery-exporter", JOBS)["spec"]["template"]["spec"]["containers"]
    assert "--queues=default,scraping,simulation" in exporter["args"]
    held = kube.get("v1", "Secret", "celery-exporter", JOBS)["data"]
    broker = kube.get("v1", "Secret", "app-secrets", JOBS)["data"]["CELERY_BROKER_URL"]
    assert held == {"CE_BROKER_URL": broker}
    (port,) = kube.get("v1", "Service", "celery-exporter", JOBS)["spec"]["ports"]
    prometheus = yaml.safe_load(kube.get("v1", "ConfigMap", "prometheus", "monitoring")["data"]["prometheus.yml"])
    (job,) = [job for job in prometheus["scrape_configs"] if job["job_name"] == "celery"]
    assert f"celery-exporter.{JOBS}:{port['port']}" in job["static_configs"][0]["targets"]


def test_prometheus_and_grafana_have_what_was_judged(kube: Kube) -> None:
    prometheus = kube.get("v1", "ConfigMap", "prometheus", "monitoring")["data"]
    alerts = {rule["alert"] for group in yaml.safe_load(prometheus["rules.yml"])["groups"] for rule in group["rules"]}
    assert alerts == {
        "HighErrorRate",
        "HighLatency",
        "HighQueueDepth",
        "WorkerDown",
        "HighConnectionUsage",
        "ReplicationLag",
    }
    boards = kube.get("v1", "ConfigMap", "grafana-dashboards", "monitoring")["data"]
    assert {json.loads(board)["title"] for board in boards.values()} == {
        "API performance",
        "LLM simulation",
        "Background jobs",
        "Database",
    }


def test_grafana_has_a_password_of_its_own(kube: Kube, staging: Stack) -> None:
    (grafana,) = kube.deployment("grafana", "monitoring")["spec"]["template"]["spec"]["containers"]
    assert grafana["envFrom"] == [{"secretRef": {"name": "grafana"}}]
    held = kube.get("v1", "Secret", "grafana", "monitoring")["data"]["GF_SECURITY_ADMIN_PASSWORD"]
    kept = staging.twin.client("secretsmanager").get_secret_value(SecretId="llm-brand-monitor/grafana")["SecretString"]
    assert base64.b64decode(held).decode() == json.loads(kept)["admin_password"]


def test_no_secret_shows(staging: Stack, kube: Kube) -> None:
    manager = staging.twin.client("secretsmanager")
    values = []
    for secret in manager.list_secrets()["SecretList"]:
        text = manager.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        members = json.loads(text) if text.startswith("{") else {"": text}
        values += [str(value) for key, value in members.items() if key in SECRET_MEMBERS and value]
    assert len(values) >= 5
    shown = "".join(run.output for run in staging.runs.values())
    maps = kube.client.resources.get(api_version="v1", kind="ConfigMap").get().to_dict()
    for value in values:
        assert value not in shown
        assert value not in json.dumps(maps)


# A release that cannot run, and the end


def test_a_bad_image_is_told_with_its_reason_and_the_old_pods_go_on(staging: Stack, kube: Kube) -> None:
    bad = staging.play("site", "-e", "release=bad-1", "-e", "workloads_patience=1", expect=2)
    assert re.search(r"deployment api-service in llm-brand-monitor has .* (ErrImagePull|ImagePullBackOff)", bad.output)
    assert kube.deployment("api-service", APP)["status"]["availableReplicas"] == 3
    assert "No such image" not in bad.output
    good = staging.play("site")
    assert kube.deployment("api-service", APP)["status"]["updatedReplicas"] == 3
    assert good.effective() == {}


def test_kubectl_sees_the_same(staging: Stack, kube: Kube, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(json.dumps(kube.endpoint.kubeconfig()))
    config.chmod(0o600)
    try:
        done = subprocess.run(
            ["kubectl", "--kubeconfig", config, "-n", APP, "get", "deployments", "-o", "json"],
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        pytest.skip("kubectl is not on this machine")
    seen = {one["metadata"]["name"]: one["status"]["readyReplicas"] for one in json.loads(done.stdout)["items"]}
    assert seen == {name: replicas for name, (namespace, replicas, _) in WORK.items() if namespace == APP}


def test_a_cluster_without_the_operator_is_told_what_to_install(staging: Stack, kube: Kube) -> None:
    definitions = kube.client.resources.get(api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition")
    definitions.delete(name="externalsecrets.external-secrets.io")
    failed = staging.play("site", expect=2)
    assert (
        "The cluster does not serve external-secrets.io/v1/ExternalSecret. "
        "Install the External Secrets Operator on it, and run again." in failed.output
    )


def test_destroying_takes_what_runs_there_along_and_leaves_nothing(staging: Stack) -> None:
    staging.play("destroy", "-e", "confirm=llm-brand-monitor-staging", "-e", "release_protection=true")
    left = [arn for arn in tagged(staging.twin, "llm-brand-monitor-staging") if not is_kept(staging.twin, arn)]
    assert left == []
    assert staging.twin.client("eks").list_clusters()["clusters"] == []
