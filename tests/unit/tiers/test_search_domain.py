"""The search domain tier."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .build import NETWORK, document, get, is_secret, of, plain, problems

MAIN = {"engine_version": "2.11", "instance_type": "r6g.large.search", "nodes": 3}
DOMAIN = "AWS::OpenSearchService::Domain"
THREE = {**NETWORK, "zones": 3}


def _domain(network: dict[str, Any] = THREE, **options: Any) -> dict[str, Any]:
    doc = document(network=network, search_domains={"main": {**MAIN, **options}})
    found: dict[str, Any] = plain(get(doc, DOMAIN, "main").properties)
    return found


def test_secure_by_default() -> None:
    domain = _domain()
    assert domain["EncryptionAtRestOptions"] == {"Enabled": True}
    assert domain["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert domain["DomainEndpointOptions"] == {
        "EnforceHTTPS": True,
        "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }
    assert domain["AdvancedSecurityOptions"]["Enabled"] is True
    assert domain["VPCOptions"]["SecurityGroupIds"] == ["<SecurityGroup search_domain.main GroupId>"]
    doc = document(network=THREE, search_domains={"main": MAIN})
    assert get(doc, DOMAIN, "main").protect


def test_it_stands_in_as_many_zones_as_there_are() -> None:
    domain = _domain()
    assert domain["ClusterConfig"]["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 3}
    assert len(domain["VPCOptions"]["SubnetIds"]) == 3
    assert domain["EngineVersion"] == "OpenSearch_2.11"
    assert domain["DomainName"] == "shop-prod-main"


@pytest.mark.parametrize(
    ("zones", "nodes", "spread"),
    [(3, 1, 1), (3, 2, 2), (3, 5, 3), (2, 4, 2), (2, 3, 1)],
)
def test_two_zones_share_an_even_number(zones: int, nodes: int, spread: int) -> None:
    domain = _domain({**NETWORK, "zones": zones}, nodes=nodes)
    assert domain["ClusterConfig"]["ZoneAwarenessEnabled"] is (spread > 1)
    assert len(domain["VPCOptions"]["SubnetIds"]) == spread


def test_more_zones_than_the_network_has() -> None:
    found = problems(network={**NETWORK, "zones": 2}, search_domains={"main": {**MAIN, "zones": 3}})
    assert any("search_domains.main.zones: 3, but there are 2 subnets" in problem for problem in found)


def test_the_master_user_is_generated_and_stays_secret() -> None:
    doc = document(network=THREE, search_domains={"main": MAIN})
    domain = get(doc, DOMAIN, "main").properties
    master = domain["AdvancedSecurityOptions"]["MasterUserOptions"]
    assert is_secret(master["MasterUserPassword"])
    secret = get(doc, "AWS::SecretsManager::Secret", "search_domain.main")
    rule = secret.properties["GenerateSecretString"]
    assert secret.properties["Name"] == "shop-prod/search_domain/main"
    assert rule["RequireEachIncludedType"] and "/" in rule["ExcludeCharacters"] and "-" not in rule["ExcludeCharacters"]
    assert json.loads(rule["SecretStringTemplate"]) == {"username": "owner"}


def test_a_master_role_needs_no_password() -> None:
    doc = document(
        network=THREE,
        roles={"ops": {"trusts": {"services": ["ec2.amazonaws.com"]}}},
        search_domains={"main": {**MAIN, "master_role": "role.ops"}},
    )
    domain = plain(get(doc, DOMAIN, "main").properties)
    assert domain["AdvancedSecurityOptions"] == {
        "Enabled": True,
        "InternalUserDatabaseEnabled": False,
        "MasterUserOptions": {"MasterUserARN": "<Role role.ops Arn>"},
    }
    (allowed,) = domain["AccessPolicies"]["Statement"]
    assert allowed["Principal"] != {"AWS": "*"}
    assert of(doc, "AWS::SecretsManager::Secret") == {}


def test_it_may_write_its_logs_and_only_these() -> None:
    doc = document(network=THREE, search_domains={"main": {**MAIN, "log_exports": ["search_slow"]}})
    (policy,) = of(doc, "AWS::Logs::ResourcePolicy").values()
    (allowed,) = plain(policy["PolicyDocument"])["Statement"]
    assert [arn.split(":log-group:")[1] for arn in allowed["Resource"]] == [
        "/aws/opensearch/domains/shop-prod-main/search_slow:*"
    ]
    assert set(plain(get(doc, DOMAIN, "main").properties)["LogPublishingOptions"]) == {"SEARCH_SLOW_LOGS"}
    assert any(address.kind == "AWS::Logs::ResourcePolicy" for address in get(doc, DOMAIN, "main").depends_on)


def test_small_instances_are_not_tuned() -> None:
    assert _domain()["AutoTuneOptions"] == {"DesiredState": "ENABLED"}
    assert _domain(instance_type="t3.small.search")["AutoTuneOptions"] == {"DesiredState": "DISABLED"}


def test_the_off_peak_window_is_a_time() -> None:
    window = _domain(off_peak_start="22:30")["OffPeakWindowOptions"]["OffPeakWindow"]
    assert window == {"WindowStartTime": {"Hours": 22, "Minutes": 30}}
    found = problems(network=THREE, search_domains={"main": {**MAIN, "off_peak_start": "25:00"}})
    assert any("search_domains.main.off_peak_start: '25:00'" in problem for problem in found)


def test_a_service_is_let_in_and_told_where() -> None:
    service = {
        "cluster": "main",
        "port": 8000,
        "connects_to": ["search_domain.main"],
        "environment": {"OPENSEARCH_URL": "${search_domain.main.url}"},
        "secrets": {"OPENSEARCH_PASSWORD": "search_domain.main.secret:password"},
        "may": {"read": ["search_domain.main"]},
    }
    doc = document(network=THREE, search_domains={"main": MAIN}, clusters={"main": {}}, services={"api": service})
    rule = plain(get(doc, "AWS::EC2::SecurityGroupIngress", "search_domain.main/443 from service.api").properties)
    assert (rule["FromPort"], rule["SourceSecurityGroupId"]) == (443, "<SecurityGroup service.api GroupId>")
    task = plain(get(doc, "AWS::ECS::TaskDefinition", "api").properties)["ContainerDefinitions"][0]
    assert task["Environment"] == [{"Name": "OPENSEARCH_URL", "Value": "https://<Domain main DomainEndpoint>"}]
    (secret,) = task["Secrets"]
    assert secret["ValueFrom"] == "<Secret search_domain.main Arn>:password::"
    role = plain(get(doc, "AWS::IAM::Role", "service.api/task").properties)
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    (allowed,) = [one for one in statements if one["Action"][0].startswith("es:")]
    assert allowed["Resource"] == ["<Domain main Arn>/*"]
