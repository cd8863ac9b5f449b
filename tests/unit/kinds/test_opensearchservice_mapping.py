"""How OpenSearch domains are found, read and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Call, Phase
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.opensearchservice import (
    CONFIGURABLE,
    OPENSEARCH_DOMAIN,
    PROPERTIES,
    domain_state,
)
from tests.unit.kinds import schemas
from tests.unit.kinds.canned import OWNER, CannedApi, scope, work

ARN = "arn:aws:es:us-east-1:123456789012:domain/products"
TAGS = [{"Key": key, "Value": value} for key, value in OWNER.items()]
INDEX = {"ResourceTagMappingList": [{"ResourceARN": ARN, "Tags": TAGS}]}
DOMAIN: dict[str, Any] = {
    "DomainName": "products",
    "DomainId": "123456789012/products",
    "ARN": ARN,
    "Created": True,
    "Deleted": False,
    "Processing": False,
    "UpgradeProcessing": False,
    "Endpoints": {"vpc": "vpc-products.es.amazonaws.com"},
    "EngineVersion": "OpenSearch_2.11",
    "ClusterConfig": {"InstanceType": "r6g.large.search", "InstanceCount": 3, "WarmEnabled": False},
    "EncryptionAtRestOptions": {"Enabled": True, "KmsKeyId": "arn:aws:kms:us-east-1:1:key/abc"},
    "AdvancedSecurityOptions": {"Enabled": True, "InternalUserDatabaseEnabled": True},
    "AutoTuneOptions": {"State": "ENABLE_IN_PROGRESS"},
    "LogPublishingOptions": {
        "SEARCH_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": "arn:aws:logs:::log-group:/slow", "Enabled": True},
        "INDEX_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": "arn:aws:logs:::log-group:/old", "Enabled": False},
    },
    "VPCOptions": {"VPCId": "vpc-1", "SubnetIds": ["a", "b"], "SecurityGroupIds": ["sg"], "AvailabilityZones": ["x"]},
}


def test_domains_are_read_five_at_a_time() -> None:
    names = [{"DomainName": f"d{number}"} for number in range(7)]
    api = CannedApi(
        {
            "resourcegroupstaggingapi.get_resources": INDEX,
            "opensearch.list_domain_names": {"DomainNames": names},
            "opensearch.describe_domains": lambda params: {
                "DomainStatusList": [DOMAIN] if "d0" in params["DomainNames"] else []
            },
        }
    )
    (item,) = OPENSEARCH_DOMAIN.list(scope(api))
    assert [len(params["DomainNames"]) for name, params in api.asked if name == "opensearch.describe_domains"] == [5, 2]
    observed = OPENSEARCH_DOMAIN.parse(item)
    assert (observed.id, observed.name, observed.phase) == ("products", "main", Phase.READY)
    assert observed.attributes["DomainEndpoint"] == "vpc-products.es.amazonaws.com"


@pytest.mark.parametrize(
    ("change", "state", "phase"),
    [
        ({}, "Active", Phase.READY),
        ({"Created": False}, "Creating", Phase.BUSY),
        ({"Endpoints": {}}, "Creating", Phase.BUSY),
        ({"Processing": True}, "Modifying", Phase.BUSY),
        (
            {"Processing": True, "DomainProcessingStatus": "UpdatingServiceSoftware"},
            "UpdatingServiceSoftware",
            Phase.BUSY,
        ),
        ({"UpgradeProcessing": True, "Processing": True}, "UpgradingEngineVersion", Phase.BUSY),
        ({"Deleted": True, "Processing": True}, "Deleting", Phase.LEAVING),
        ({"DomainProcessingStatus": "Isolated"}, "Isolated", Phase.FAILED),
    ],
)
def test_states(change: dict[str, Any], state: str, phase: Phase) -> None:
    assert domain_state({**DOMAIN, **change}) == state
    assert OPENSEARCH_DOMAIN.parse({**DOMAIN, **change}).phase is phase


@pytest.mark.parametrize(
    ("name", "stated", "same"),
    [
        ("ClusterConfig", {"InstanceCount": 3}, True),
        ("ClusterConfig", {"InstanceCount": 4}, False),
        ("EncryptionAtRestOptions", {"Enabled": True}, True),
        ("EncryptionAtRestOptions", {"Enabled": True, "KmsKeyId": "abc"}, True),
        ("EncryptionAtRestOptions", {"Enabled": True, "KmsKeyId": "def"}, False),
        (
            "AdvancedSecurityOptions",
            {"Enabled": True, "MasterUserOptions": {"MasterUserPassword": Sensitive("x")}},
            True,
        ),
        ("AutoTuneOptions", {"DesiredState": "ENABLED"}, True),
        ("AutoTuneOptions", {"DesiredState": "DISABLED"}, False),
        ("VPCOptions", {"SubnetIds": ["b", "a"]}, True),
        (
            "LogPublishingOptions",
            {"SEARCH_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": "arn:aws:logs:::log-group:/slow:*"}},
            True,
        ),
        ("LogPublishingOptions", {}, False),
    ],
)
def test_comparison(name: str, stated: Any, same: bool) -> None:
    observed = OPENSEARCH_DOMAIN.parse(DOMAIN)
    assert differs(PROPERTIES[name], stated, observed.properties[name]) is not same


def _update(desired: dict[str, Any], *changed: str) -> dict[str, Any]:
    step = OPENSEARCH_DOMAIN.updates[0].step
    assert isinstance(step, Call)
    return step.params(work(CannedApi(), OPENSEARCH_DOMAIN, desired, DOMAIN, changed=frozenset(changed)))


def test_an_update_names_only_what_differs() -> None:
    desired = {
        "ClusterConfig": {"InstanceCount": 6},
        "EBSOptions": {"EBSEnabled": True},
        "EngineVersion": "OpenSearch_2.17",
    }
    assert _update(desired, "ClusterConfig", "EngineVersion") == {
        "DomainName": "products",
        "ClusterConfig": {"InstanceCount": 6},
    }


def test_a_log_that_is_no_longer_stated_is_ended() -> None:
    other = {"CloudWatchLogsLogGroupArn": "arn:other", "Enabled": True}
    logs = _update({"LogPublishingOptions": {"AUDIT_LOGS": other}}, "LogPublishingOptions")["LogPublishingOptions"]
    assert logs["AUDIT_LOGS"] == other
    assert logs["SEARCH_SLOW_LOGS"]["Enabled"] is False


def test_a_policy_is_text_and_can_be_taken_away() -> None:
    assert _update({"AccessPolicies": {"Statement": []}}, "AccessPolicies")["AccessPolicies"] == '{"Statement": []}'
    assert _update({"AccessPolicies": {}}, "AccessPolicies")["AccessPolicies"] == ""


def test_the_service_linked_role_is_made_once_and_only_for_a_vpc() -> None:
    step = OPENSEARCH_DOMAIN.before_create
    assert callable(step) and not isinstance(step, Call)
    api = CannedApi()
    step(work(api, OPENSEARCH_DOMAIN, {"DomainName": "products"}))
    assert api.names() == []
    there = CannedApi({"iam.create_service_linked_role": ApiError("InvalidInput", "has been taken in this account")})
    step(work(there, OPENSEARCH_DOMAIN, {"VPCOptions": {"SubnetIds": ["a"]}}))
    assert there.names() == ["iam.create_service_linked_role"]
    denied = CannedApi({"iam.create_service_linked_role": ApiError("AccessDenied", "no", denied=True)})
    with pytest.raises(ApiError):
        step(work(denied, OPENSEARCH_DOMAIN, {"VPCOptions": {"SubnetIds": ["a"]}}))


def test_properties_are_cloudformations() -> None:
    kind = OPENSEARCH_DOMAIN.type
    assert set(PROPERTIES) - {"AutoTuneOptions"} == schemas.writable(kind)
    immutable = {name for name, prop in PROPERTIES.items() if prop.immutable}
    assert immutable == schemas.names(kind, "createOnlyProperties")
    assert schemas.names(kind, "readOnlyProperties") <= set(OPENSEARCH_DOMAIN.attributes)
    fixed = immutable | {name for name, prop in PROPERTIES.items() if prop.write_only}
    assert CONFIGURABLE | {"EngineVersion"} == set(PROPERTIES) - fixed
