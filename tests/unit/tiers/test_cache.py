"""The cache tier."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.tiers.cache import family_of

from .build import document, get, is_secret, of, plain

MAIN = {"engine_version": "7.0", "node_type": "cache.t3.medium", "nodes": 3}
GROUP = "AWS::ElastiCache::ReplicationGroup"


def _group(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = plain(get(document(caches={"main": {**MAIN, **options}}), GROUP, "main").properties)
    return found


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("redis", "7.0", "redis7"),
        ("redis", "7.1", "redis7"),
        ("redis", "6.x", "redis6.x"),
        ("redis", "6.2", "redis6.x"),
        ("redis", "5.0.6", "redis5.0"),
        ("valkey", "8.0", "valkey8"),
    ],
)
def test_family(engine: str, version: str, family: str) -> None:
    assert family_of(engine, version) == family


def test_several_nodes_fail_over() -> None:
    group = _group()
    assert (group["NumCacheClusters"], group["AutomaticFailoverEnabled"], group["MultiAZEnabled"]) == (3, True, True)


def test_one_node_does_not() -> None:
    group = _group(nodes=1)
    assert (group["NumCacheClusters"], group["AutomaticFailoverEnabled"], group["MultiAZEnabled"]) == (1, False, False)


def test_secure_by_default() -> None:
    doc = document(caches={"main": MAIN})
    group = get(doc, GROUP, "main")
    assert group.protect
    assert group.properties["AtRestEncryptionEnabled"] is True
    assert group.properties["TransitEncryptionEnabled"] is True
    assert is_secret(group.properties["AuthToken"])
    assert plain(group.properties["AuthToken"]) == "<Secret cache.main Value.token>"
    assert group.properties["SnapshotRetentionLimit"] == 7
    assert get(doc, "AWS::SecretsManager::Secret", "cache.main").properties["Name"] == "shop-prod/cache/main"


def test_the_family_is_in_the_parameter_groups_name() -> None:
    doc = document(caches={"main": {**MAIN, "engine_version": "6.2", "parameters": {"timeout": 300}}})
    group = get(doc, "AWS::ElastiCache::ParameterGroup", "main/redis6.x").properties
    assert group["CacheParameterGroupName"] == "shop-prod-main-redis6-x"
    assert group["Properties"] == {"timeout": "300"}


def test_the_url_without_a_token() -> None:
    doc = document(caches={"main": {**MAIN, "auth_token": False}}, secrets={"redis/url": {"text": "${cache.main.url}"}})
    assert plain(get(doc, "Custom::SecretValue", "redis/url").properties["Text"]) == (
        "rediss://<ReplicationGroup main PrimaryEndPoint.Address>:6379/0"
    )
    assert "AuthToken" not in get(doc, GROUP, "main").properties
    assert set(of(doc, "AWS::SecretsManager::Secret")) == {"redis/url"}


def test_the_url_with_a_token_is_a_secret() -> None:
    doc = document(caches={"main": MAIN}, secrets={"redis/url": {"text": "${cache.main.url}"}})
    text = get(doc, "Custom::SecretValue", "redis/url").properties["Text"]
    assert is_secret(text)
    assert plain(text) == (
        "rediss://:<Secret cache.main Value.token>@<ReplicationGroup main PrimaryEndPoint.Address>:6379/0"
    )


def test_no_token_without_tls() -> None:
    assert "AuthToken" not in _group(transit_encryption=False)


def test_slow_commands_go_to_a_log_group_with_an_end() -> None:
    doc = document(caches={"main": {**MAIN, "replication_group_id": "Shop-Redis"}})
    assert get(doc, "AWS::Logs::LogGroup", "cache.main/slow-log").properties == {
        "LogGroupName": "/aws/elasticache/shop-redis/slow-log",
        "RetentionInDays": 30,
    }
    (delivery,) = plain(get(doc, GROUP, "main").properties["LogDeliveryConfigurations"])
    assert delivery["DestinationDetails"] == {
        "CloudWatchLogsDetails": {"LogGroup": "<LogGroup cache.main/slow-log LogGroupName>"}
    }
