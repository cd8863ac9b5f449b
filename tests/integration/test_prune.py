"""A description that shrinks: what stays because it holds data, what stays because of that, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.in_process import converge
from tests.own_twin import OwnTwin, own_twin

CORE: dict[str, Any] = {
    "system": "shrinking",
    "env": "prod",
    "region": "us-east-1",
    "network": {"cidr": "10.0.0.0/16", "zones": 2, "nat_gateways": "none", "flow_logs": {"enabled": False}},
    "clusters": {"main": {}},
    "services": {"api": {"cluster": "main", "image": "nginx:1", "port": 8000}},
}
WHOLE: dict[str, Any] = {
    **CORE,
    "databases": {"main": {"engine": "postgres", "engine_version": "16", "instance_class": "db.t3.medium"}},
    "caches": {"main": {"engine_version": "7.1", "node_type": "cache.t3.micro"}},
    "zones": {"main": {"domain": "example.com", "records": {"@": {"alias": "load_balancer.main"}}}},
    "certificates": {"main": {"domain": "example.com", "zone": "zone.main"}},
    "load_balancers": {"main": {"certificate": "main", "routes": [{"to": "service.api"}]}},
    "backups": {"weekly": {"of": ["database.main"], "schedule": "cron(0 5 ? * SUN *)", "copy_to": "us-west-2"}},
}


@pytest.fixture(scope="module")
def account() -> Iterator[OwnTwin]:
    with own_twin(0.05) as twin:
        converge(twin, WHOLE)
        yield twin


def deleted(answer: dict[str, Any]) -> set[str]:
    """The kinds of which something goes."""
    return {change["kind"].removeprefix("AWS::") for change in answer["plan"] if change["action"] == "delete"}


def test_what_is_no_longer_described_is_told_wherever_it_is(account: OwnTwin) -> None:
    for check in (True, False):
        notes = converge(account, CORE, check=check)["notes"]
        told = {note.partition(" is no longer described")[0] for note in notes}
        assert {
            "backup vault shrinking-prod-weekly (weekly/us-west-2)",
            "DB instance shrinking-prod-main (main)",
        } < told


def test_prune_keeps_what_holds_data_and_what_that_needs(account: OwnTwin) -> None:
    gone = deleted(converge(account, CORE, prune=True))
    assert "Backup::BackupPlan" in gone
    kept = {"RDS::DBInstance", "RDS::DBSubnetGroup", "RDS::DBParameterGroup", "ElastiCache::SubnetGroup"}
    kept |= {"EC2::SecurityGroup", "ElasticLoadBalancingV2::LoadBalancer"}
    kept |= {
        "ElasticLoadBalancingV2::Listener",
        "ElasticLoadBalancingV2::TargetGroup",
        "CertificateManager::Certificate",
    }
    assert not gone & kept
    again = converge(account, CORE, prune=True)
    assert not again["changed"]
    assert any("uses it; prune with release_protection deletes it" in note for note in again["notes"])


def test_prune_with_release_protection_takes_the_rest_in_every_region(account: OwnTwin) -> None:
    gone = deleted(converge(account, CORE, prune=True, release_protection=True))
    assert {"RDS::DBInstance", "Route53::HostedZone", "Route53::RecordSet", "Backup::BackupVault"} < gone
    assert account.client("backup", "us-west-2").list_backup_vaults()["BackupVaultList"] == []
    last = converge(account, CORE, prune=True, release_protection=True)
    assert not last["changed"] and last["notes"] == []
