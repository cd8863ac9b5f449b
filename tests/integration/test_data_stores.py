"""The data stores of several systems in one account, figure by figure: made once, found unchanged, taken down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.in_process import converge
from tests.own_twin import OwnTwin, own_twin

REGION, FAR = "us-east-1", "us-west-2"
NETWORK = {"cidr": "10.0.0.0/16", "zones": 3, "nat_gateways": "none", "flow_logs": {"enabled": False}}
NIGHT = {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}

HERE: dict[str, Any] = {
    "system": "stores",
    "env": "prod",
    "region": REGION,
    "network": NETWORK,
    "keys": {"data": {}},
    "databases": {
        # LB-db
        "brands": {
            **NIGHT,
            "identifier": "llm-brand-monitor-db",
            "instance_class": "db.r6g.xlarge",
            "allocated_storage": 100,
            "max_allocated_storage": 500,
            "storage_type": "gp3",
            "database": "llm_brand_monitor",
            "multi_az": True,
            "backups": {"retention_days": 30, "window": "03:00-04:00"},
            "maintenance_window": "Mon:04:00-Mon:05:00",
            "performance_insights": True,
        },
        # ST-db, ST-env
        "letters": {
            **NIGHT,
            "identifier": "steno-demand-letters-prod",
            "allocated_storage": 100,
            "key": "data",
            "multi_az": True,
            "backups": {"retention_days": 30, "window": "02:00-03:00"},
            "maintenance_window": "Sun:03:00-Sun:04:00",
            "rotate_password_days": 90,
            "proxy": {},
        },
        # RS-db
        "sentiment": {
            **NIGHT,
            "identifier": "rapid-sentiment-db",
            "allocated_storage": 20,
            "storage_type": "gp2",
            "backups": {"retention_days": 30},
        },
    },
    "caches": {
        # LB-cache
        "brands": {
            "replication_group_id": "llm-brand-monitor-redis",
            "engine_version": "7.0",
            "node_type": "cache.r6g.large",
            "nodes": 3,
            "snapshots": {"retention_days": 7, "window": "05:00-06:00"},
        },
        # RS-cache
        "sentiment": {
            "replication_group_id": "rapid-sentiment-redis",
            "engine_version": "6.x",
            "node_type": "cache.t3.small",
            "nodes": 1,
            "port": 6379,
        },
    },
    # LB-search
    "search_domains": {
        "brands": {
            "name": "llm-brand-monitor",
            "engine_version": "OpenSearch_2.11",
            "instance_type": "r6g.large.search",
            "nodes": 3,
            "volume": {"type": "gp3", "size": 100},
        }
    },
    # LB-sg: who may reach what.
    "clusters": {"main": {}},
    "services": {
        "api": {
            "cluster": "main",
            "port": 8000,
            "connects_to": ["database.letters", "cache.brands", "search_domain.brands"],
        }
    },
}
#: RS-dr
THERE: dict[str, Any] = {
    "system": "stores",
    "env": "prod-dr",
    "region": FAR,
    "network": NETWORK,
    "keys": {"data": {}},
    "databases": {
        "sentiment": {
            **NIGHT,
            "identifier": "rapid-sentiment-db-dr",
            "replica_of": "arn:aws:rds:us-east-1:123456789012:db:rapid-sentiment-db",
            "key": "data",
            "storage_type": "gp2",
            "backups": {"retention_days": 7},
        }
    },
}


@pytest.fixture(scope="module")
def account() -> Iterator[OwnTwin]:
    """An account with both stacks."""
    with own_twin(0.3) as twin:
        for description in (HERE, THERE):
            planned = converge(twin, description, check=True)
            assert planned["plan"] == converge(twin, description)["plan"]
        yield twin


def _databases(twin: OwnTwin, region: str = REGION) -> dict[str, dict[str, Any]]:
    found = twin.client("rds", region).describe_db_instances()["DBInstances"]
    return {database["DBInstanceIdentifier"]: database for database in found}


@pytest.mark.parametrize("description", [HERE, THERE], ids=["primary", "standby"])
def test_a_second_run_changes_nothing_and_writes_nothing(account: OwnTwin, description: dict[str, Any]) -> None:
    account.forget_requests()
    assert not converge(account, description)["changed"]
    assert account.writes() == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "llm-brand-monitor-db",
            {
                "DBInstanceClass": "db.r6g.xlarge",
                "AllocatedStorage": 100,
                "MaxAllocatedStorage": 500,
                "StorageType": "gp3",
                "StorageEncrypted": True,
                "MultiAZ": True,
                "DBName": "llm_brand_monitor",
                "BackupRetentionPeriod": 30,
                "PreferredBackupWindow": "03:00-04:00",
                "PreferredMaintenanceWindow": "mon:04:00-mon:05:00",
                "PerformanceInsightsEnabled": True,
            },
        ),
        (
            "steno-demand-letters-prod",
            {
                "DBInstanceClass": "db.t3.medium",
                "AllocatedStorage": 100,
                "StorageEncrypted": True,
                "MultiAZ": True,
                "BackupRetentionPeriod": 30,
                "PreferredBackupWindow": "02:00-03:00",
                "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
            },
        ),
        (
            "rapid-sentiment-db",
            {
                "DBInstanceClass": "db.t3.medium",
                "AllocatedStorage": 20,
                "StorageType": "gp2",
                "StorageEncrypted": True,
                "PubliclyAccessible": False,
                "BackupRetentionPeriod": 30,
            },
        ),
    ],
)
def test_databases(account: OwnTwin, name: str, wanted: dict[str, Any]) -> None:
    database = _databases(account)[name]
    assert {member: database.get(member) for member in wanted} == wanted


def test_a_proxy_stands_in_front_and_the_password_rotates(account: OwnTwin) -> None:
    rds = account.client("rds")
    (proxy,) = rds.describe_db_proxies()["DBProxies"]
    database = _databases(account)["steno-demand-letters-prod"]
    managed = database["MasterUserSecret"]["SecretArn"]
    assert (proxy["DBProxyName"], proxy["RequireTLS"]) == ("steno-demand-letters-prod", True)
    assert [auth["SecretArn"] for auth in proxy["Auth"]] == [managed]
    (target,) = rds.describe_db_proxy_targets(DBProxyName=proxy["DBProxyName"])["Targets"]
    assert (target["RdsResourceId"], target["TargetHealth"]["State"]) == ("steno-demand-letters-prod", "AVAILABLE")
    rules = account.client("secretsmanager").describe_secret(SecretId=managed)["RotationRules"]
    assert rules["AutomaticallyAfterDays"] == 90
    assert database["KmsKeyId"].startswith("arn:aws:kms:us-east-1:")


def test_caches(account: OwnTwin) -> None:
    groups = account.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    found = {group["ReplicationGroupId"]: group for group in groups}
    large, small = found["llm-brand-monitor-redis"], found["rapid-sentiment-redis"]
    assert (large["CacheNodeType"], len(large["MemberClusters"])) == ("cache.r6g.large", 3)
    assert (large["MultiAZ"], large["AutomaticFailover"]) == ("enabled", "enabled")
    assert (large["SnapshotRetentionLimit"], large["SnapshotWindow"]) == (7, "05:00-06:00")
    assert large["AtRestEncryptionEnabled"] and large["TransitEncryptionEnabled"]
    assert (small["CacheNodeType"], len(small["MemberClusters"])) == ("cache.t3.small", 1)
    assert small["NodeGroups"][0]["PrimaryEndpoint"]["Port"] == 6379
    clusters = account.client("elasticache").describe_cache_clusters()["CacheClusters"]
    versions = {one["ReplicationGroupId"]: one["EngineVersion"] for one in clusters}
    assert versions["llm-brand-monitor-redis"].startswith("7.0")
    assert versions["rapid-sentiment-redis"].startswith("6.")


def test_search(account: OwnTwin) -> None:
    domain = account.client("opensearch").describe_domain(DomainName="llm-brand-monitor")["DomainStatus"]
    cluster = domain["ClusterConfig"]
    assert domain["EngineVersion"] == "OpenSearch_2.11"
    assert (cluster["InstanceType"], cluster["InstanceCount"]) == ("r6g.large.search", 3)
    assert cluster["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 3}
    assert len(domain["VPCOptions"]["AvailabilityZones"]) == 3
    assert (domain["EBSOptions"]["VolumeType"], domain["EBSOptions"]["VolumeSize"]) == ("gp3", 100)
    assert domain["EncryptionAtRestOptions"]["Enabled"] and domain["NodeToNodeEncryptionOptions"]["Enabled"]
    assert domain["DomainEndpointOptions"]["EnforceHTTPS"]
    (group,) = domain["VPCOptions"]["SecurityGroupIds"]
    (found,) = account.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    (rule,) = found["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], len(rule["UserIdGroupPairs"])) == (443, 443, 1)


def test_the_replica_in_another_region_has_a_key_of_its_own(account: OwnTwin) -> None:
    replica = _databases(account, FAR)["rapid-sentiment-db-dr"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"].endswith(":db:rapid-sentiment-db")
    assert (replica["DBInstanceClass"], replica["BackupRetentionPeriod"]) == ("db.t3.medium", 7)
    assert replica["StorageEncrypted"] and replica["KmsKeyId"].startswith("arn:aws:kms:us-west-2:")


def test_a_promotion_is_not_undone(account: OwnTwin) -> None:
    """The failover's work stays when the same description is converged again, which says so."""
    rds = account.client("rds", FAR)
    rds.promote_read_replica(DBInstanceIdentifier="rapid-sentiment-db-dr", BackupRetentionPeriod=7)
    deadline = time.monotonic() + 20
    while _databases(account, FAR)["rapid-sentiment-db-dr"]["DBInstanceStatus"] != "available":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    before = _databases(account, FAR)["rapid-sentiment-db-dr"]["DbiResourceId"]
    again = converge(account, THERE)
    assert not again["changed"]
    assert any("rapid-sentiment-db-dr" in note and "promoted" in note for note in again["notes"])
    after = _databases(account, FAR)["rapid-sentiment-db-dr"]
    assert after["DbiResourceId"] == before and "ReadReplicaSourceDBInstanceIdentifier" not in after
