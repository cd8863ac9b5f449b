# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenSearch domains."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.twin.support import default_subnets, passes_through, refused, until

Client = Callable[..., Any]

CLUSTER = {"InstanceType": "r6g.large.search", "InstanceCount": 1}
BASE = {
    "DomainName": "found",
    "EngineVersion": "OpenSearch_2.11",
    "ClusterConfig": CLUSTER,
    "EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 20},
}
SECURE = {
    "EncryptionAtRestOptions": {"Enabled": True},
    "NodeToNodeEncryptionOptions": {"Enabled": True},
    "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
}


@pytest.fixture
def search(twin: Any, client: Client) -> Any:
    twin.delays(opensearch__create=0.3, opensearch__modify=0.3, opensearch__delete=0.3, opensearch__upgrade=0.3)
    return client("opensearch")


def one(search: Any) -> dict[str, Any]:
    found: dict[str, Any] = search.describe_domain(DomainName="found")["DomainStatus"]
    return found


def status(search: Any) -> Callable[[], str]:
    return lambda: str(one(search)["DomainProcessingStatus"])


def active(search: Any, **more: Any) -> dict[str, Any]:
    search.create_domain(**{**BASE, **more})
    until(status(search), lambda state: state == "Active")
    return one(search)


def test_a_domain_is_created_before_it_has_an_endpoint(search: Any) -> None:
    made = search.create_domain(**BASE)["DomainStatus"]
    assert (made["Created"], made["Processing"]) == (False, True)
    created = until(lambda: one(search), lambda domain: domain["Created"])
    assert "Endpoint" not in created or not created["Processing"]
    passes_through(status(search), "Creating", "Active")
    assert one(search)["Endpoint"].endswith(".us-east-1.es.amazonaws.com")
    assert not one(search)["Processing"]


def test_a_name_is_taken_once(search: Any) -> None:
    search.create_domain(**BASE)
    with refused("ResourceAlreadyExistsException", "found"):
        search.create_domain(**BASE)


def test_a_change_keeps_what_it_does_not_name(search: Any) -> None:
    active(search)
    search.update_domain_config(DomainName="found", ClusterConfig={"InstanceCount": 2})
    with refused("ValidationException", "in progress"):
        search.update_domain_config(DomainName="found", ClusterConfig={"InstanceCount": 3})
    passes_through(status(search), "Modifying", "Active")
    cluster = one(search)["ClusterConfig"]
    assert (cluster["InstanceCount"], cluster["InstanceType"]) == (2, "r6g.large.search")
    assert one(search)["EBSOptions"]["VolumeSize"] == 20


def test_an_upgrade_takes_its_time_and_goes_one_way(search: Any) -> None:
    active(search)
    search.upgrade_domain(DomainName="found", TargetVersion="OpenSearch_2.17")
    assert one(search)["UpgradeProcessing"] and one(search)["EngineVersion"] == "OpenSearch_2.11"
    passes_through(status(search), "UpgradingEngineVersion", "Active")
    assert one(search)["EngineVersion"] == "OpenSearch_2.17"
    with refused("ValidationException", "not possible"):
        search.upgrade_domain(DomainName="found", TargetVersion="OpenSearch_2.11")


def test_a_deleted_domain_keeps_its_name_until_it_is_gone(search: Any) -> None:
    active(search)
    assert search.delete_domain(DomainName="found")["DomainStatus"]["Deleted"]
    assert status(search)() == "Deleting"
    with refused("ResourceAlreadyExistsException"):
        search.create_domain(**BASE)
    until(lambda: search.list_domain_names()["DomainNames"], lambda found: found == [])
    with refused("ResourceNotFoundException"):
        one(search)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("3 to 28", {"DomainName": "a" * 29}),
        ("Invalid engine version", {"EngineVersion": "OpenSearch_9.9"}),
        ("instance type", {"ClusterConfig": {"InstanceType": "r6g.large"}}),
        ("multiple of two", {"ClusterConfig": {**CLUSTER, "InstanceCount": 3, "ZoneAwarenessEnabled": True}}),
        ("EBS storage", {"EBSOptions": {"EBSEnabled": False}}),
        ("Iops", {"EBSOptions": {"EBSEnabled": True, "VolumeType": "gp3", "VolumeSize": 20, "Iops": 100}}),
        ("fine-grained", {"AdvancedSecurityOptions": {"Enabled": True}}),
        ("master user", {**SECURE, "AdvancedSecurityOptions": {"Enabled": True}}),
        (
            "three or five",
            {"ClusterConfig": {**CLUSTER, "DedicatedMasterEnabled": True, "DedicatedMasterType": "m6g.large.search"}},
        ),
    ],
)
def test_what_create_refuses(search: Any, text: str, change: dict[str, Any]) -> None:
    with refused("ValidationException", text):
        search.create_domain(**{**BASE, **change})
    assert search.list_domain_names()["DomainNames"] == []


def test_a_domain_in_a_vpc_needs_the_role_and_a_subnet_per_zone(client: Client, search: Any) -> None:
    three = default_subnets(client, 3)
    spread = {
        "InstanceType": "r6g.large.search",
        "InstanceCount": 3,
        "ZoneAwarenessEnabled": True,
        "ZoneAwarenessConfig": {"AvailabilityZoneCount": 3},
    }
    wanted = {**BASE, "ClusterConfig": spread}
    with refused("ValidationException", "service-linked role"):
        search.create_domain(**wanted, VPCOptions={"SubnetIds": three})
    client("iam").create_service_linked_role(AWSServiceName="opensearchservice.amazonaws.com")
    with refused("ValidationException", "exactly three subnets"):
        search.create_domain(**wanted, VPCOptions={"SubnetIds": three[:2]})
    search.create_domain(**wanted, VPCOptions={"SubnetIds": three})
    until(status(search), lambda state: state == "Active")
    domain = one(search)
    assert domain["Endpoints"]["vpc"].startswith("vpc-found-") and "Endpoint" not in domain
    assert len(domain["VPCOptions"]["AvailabilityZones"]) == 3 and domain["VPCOptions"]["VPCId"]


def test_encryption_cannot_be_taken_back(search: Any) -> None:
    active(search, **SECURE)
    for name in ("EncryptionAtRestOptions", "NodeToNodeEncryptionOptions"):
        with refused("ValidationException", "cannot disable"):
            search.update_domain_config(DomainName="found", **{name: {"Enabled": False}})


def test_a_log_is_published_only_where_the_service_may_write(client: Client, search: Any) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/slow")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/slow"
    active(search)
    publish = {"SEARCH_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": f"{arn}:*", "Enabled": True}}
    with refused("ValidationException", "does not grant sufficient permissions"):
        search.update_domain_config(DomainName="found", LogPublishingOptions=publish)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "es.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{arn}:*",
    }
    logs.put_resource_policy(
        policyName="search", policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    search.update_domain_config(DomainName="found", LogPublishingOptions=publish)
    assert one(search)["LogPublishingOptions"] == publish


def test_a_policy_names_who_exists(client: Client, search: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:role/nobody"},
        "Action": "es:ESHttpGet",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with refused("InvalidTypeException", "nobody"):
        search.create_domain(**BASE, AccessPolicies=policy)


def test_tags_of_domains_are_found_by_the_index(client: Client, search: Any) -> None:
    search.create_domain(**BASE, TagList=[{"Key": "team", "Value": "data"}])
    found = client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "team", "Values": ["data"]}])
    assert [one["ResourceARN"] for one in found["ResourceTagMappingList"]] == [
        "arn:aws:es:us-east-1:123456789012:domain/found"
    ]
