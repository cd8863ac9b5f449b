"""What Route 53 answers and takes, against CloudFormation's shapes; and whose its objects are."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import NAME_TAG, STACK_TAG
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ResourceError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Scope, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address, Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import route53
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.route53 import HOSTED_ZONE, RECORD_SET
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.route53.health_check import changes
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.route53.hosted_zone import is_of_concern
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.route53.names import domain_name, zone_id
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.route53.ownership import (
    UNTAGGED,
    caller_reference,
    tags_by_reference,
    tags_or_reference,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.route53.record_set import (
    is_kept_by_aws,
    is_other_half,
    record_parameter,
)
from tests.unit.kinds import canned, schemas


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("API.Example.com.", "api.example.com"),
        ("\\052.example.com.", "*.example.com"),
        ("a\\100b.example.com", "a@b.example.com"),
        (None, None),
    ],
)
def test_domain_names(text: Any, expected: Any) -> None:
    assert domain_name(text) == expected


def test_zone_ids() -> None:
    assert zone_id("/hostedzone/Z1") == zone_id("Z1") == "Z1"


# Ownership


def work(name: str = "public", stack: str = "shop-prod") -> Work:
    address = Address("AWS::Route53::HostedZone", name)
    return Work(address, {}, api=None, stack=stack, token="0123456789abcdef" * 2)  # type: ignore[arg-type]


def test_a_reference_tells_stack_and_name() -> None:
    reference = caller_reference(work(), 64)
    assert reference == "stackwright/shop-prod/public/0123456789ab"
    assert tags_by_reference(reference, "shop-prod") == {STACK_TAG: "shop-prod", NAME_TAG: "public", UNTAGGED: "true"}
    assert tags_by_reference(reference, "shop") == {}
    assert tags_by_reference("terraform-2026", "shop-prod") == {}


def test_a_logical_name_may_hold_a_slash() -> None:
    assert tags_by_reference(caller_reference(work("zones/public"), 64), "shop-prod")[NAME_TAG] == "zones/public"


def test_a_long_reference_is_hashed_and_stays_unique() -> None:
    one, other = caller_reference(work("n" * 80), 64), caller_reference(work("m" * 80), 64)
    assert len(one) == len(other) == 64
    assert one != other
    assert tags_by_reference(one, "shop-prod") == {}


def test_real_tags_are_worth_more_than_a_reference() -> None:
    reference = caller_reference(work(), 64)
    assert tags_or_reference({STACK_TAG: "other"}, reference, "shop-prod") == {STACK_TAG: "other"}
    assert tags_or_reference({"team": "a"}, reference, "shop-prod")[NAME_TAG] == "public"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ({"Name": "example.com.", "Config": {"PrivateZone": False}}, True),
        ({"Name": "example.com.", "Config": {"PrivateZone": True}}, False),
        ({"Name": "example.org."}, False),
        ({"Name": "example.org.", "Id": "/hostedzone/Z9"}, True),
        ({"Name": "example.org.", "CallerReference": "stackwright/shop-prod/old/1"}, True),
    ],
)
def test_the_zones_of_concern(zone: dict[str, Any], expected: bool) -> None:
    scope = Scope(api=None, stack="shop-prod", region="us-east-1", wanted=({"Name": "Example.com"},))  # type: ignore[arg-type]
    assert is_of_concern({"Id": "/hostedzone/Z1", **zone}, scope, {"Z9"}) is expected


def test_a_zone_is_parsed() -> None:
    item = {"Id": "/hostedzone/Z1", "Name": "example.com.", "DelegationSet": {"NameServers": ["ns1"]}, "Tags": {}}
    observed = HOSTED_ZONE.parse(item)
    assert observed.id == "Z1"
    assert observed.properties["Name"] == "example.com"
    assert observed.attributes["NameServers"] == ["ns1"]


def test_a_zone_whose_answer_was_lost_is_not_made_twice() -> None:
    zone = {
        "Id": "/hostedzone/Z1",
        "Name": "example.com.",
        "CallerReference": "stackwright/shop-prod/main/000000000000",
    }
    api = canned.CannedApi(
        {
            "route53.create_hosted_zone": ApiError("HostedZoneAlreadyExists", "there is one"),
            "route53.list_hosted_zones": {"HostedZones": [{"Id": "/hostedzone/Z0", "CallerReference": "x"}, zone]},
            "route53.get_hosted_zone": {"HostedZone": zone, "DelegationSet": {"NameServers": ["ns1"]}},
        }
    )
    asked = canned.work(api, HOSTED_ZONE, {"Name": "example.com"})
    assert callable(HOSTED_ZONE.create)
    made = HOSTED_ZONE.parse(HOSTED_ZONE.create(asked) or {})
    assert made.id == "Z1"
    assert api.params("route53.change_tags_for_resource")["ResourceId"] == "Z1"


def test_somebody_elses_zone_with_the_same_reference_is_no_answer() -> None:
    error = ApiError("HostedZoneAlreadyExists", "there is one")
    api = canned.CannedApi({"route53.create_hosted_zone": error})
    assert callable(HOSTED_ZONE.create)
    with pytest.raises(ApiError, match="HostedZoneAlreadyExists"):
        HOSTED_ZONE.create(canned.work(api, HOSTED_ZONE, {"Name": "example.com"}))


def test_records_of_a_zone_that_is_not_ours_are_read_by_name() -> None:
    there = [{"Name": "a.example.com.", "Type": "A", "TTL": 1}, {"Name": "b.example.com.", "Type": "A", "TTL": 1}]
    api = canned.CannedApi({"route53.list_resource_record_sets": {"ResourceRecordSets": there}})
    wanted = {"HostedZoneId": "Z1", "Name": "a.example.com", "Type": "A"}
    found = RECORD_SET.list(canned.scope(api, wanted))
    assert [RECORD_SET.parse(item).id for item in found] == ["Z1|a.example.com|A|"]
    assert api.params("route53.list_resource_record_sets")["StartRecordName"] == "a.example.com"


def test_what_aws_keeps_is_found_and_is_no_part_of_our_zone() -> None:
    zone = HOSTED_ZONE.parse({"Id": "Z1", "Name": "example.com.", "Tags": {STACK_TAG: canned.STACK}})
    there = [{"Name": "example.com.", "Type": "NS"}, {"Name": "a.example.com.", "Type": "A"}]
    api = canned.CannedApi({"route53.list_resource_record_sets": {"ResourceRecordSets": there}})
    scope = canned.scope(api, parents={HOSTED_ZONE.type: [zone]})
    found = [RECORD_SET.parse(item) for item in RECORD_SET.list(scope)]
    # The engine takes a part for described by its whole when the property is the whole's identifier.
    assert [one.properties[RECORD_SET.part_of] == zone.id for one in found] == [False, True]
    assert [one.id for one in found] == ["Z1|example.com|NS|", "Z1|a.example.com|A|"]


# Records

RECORD: dict[str, Any] = {
    "HostedZoneId": "Z1",
    "Name": "\\052.example.com.",
    "Type": "A",
    "TTL": 300,
    "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}],
    "SetIdentifier": "blue",
    "Weight": 100,
}


def test_a_record_is_found_by_its_key() -> None:
    observed = RECORD_SET.parse(RECORD)
    assert observed.id == "Z1|*.example.com|A|blue"
    stated = {"HostedZoneId": "/hostedzone/Z1", "Name": "*.Example.com.", "Type": "A", "SetIdentifier": "blue"}
    assert RECORD_SET.natural_key(stated) == RECORD_SET.natural_key(observed.properties)
    assert RECORD_SET.natural_key({"HostedZoneId": "Z1", "Name": "a.b", "Type": "A"}) == ("Z1", "a.b", "A", "")
    assert RECORD_SET.natural_key({**stated, "Name": Unknown("x")}) is None


@pytest.mark.parametrize(
    ("name", "desired", "answer", "expected"),
    [
        ("ResourceRecords", ["192.0.2.2", "192.0.2.1"], RECORD, False),
        ("ResourceRecords", ["192.0.2.2"], RECORD, True),
        ("TTL", "300", RECORD, False),
        ("Weight", 0, RECORD, True),
        (
            "AliasTarget",
            {"DNSName": "LB.example.com", "HostedZoneId": "Z2"},
            {"AliasTarget": {"DNSName": "lb.example.com.", "HostedZoneId": "Z2", "EvaluateTargetHealth": False}},
            False,
        ),
        (
            "AliasTarget",
            {"DNSName": "lb.example.com", "HostedZoneId": "Z2", "EvaluateTargetHealth": True},
            {"AliasTarget": {"DNSName": "lb.example.com.", "HostedZoneId": "Z2", "EvaluateTargetHealth": False}},
            True,
        ),
    ],
)
def test_record_comparison(name: str, desired: Any, answer: dict[str, Any], expected: bool) -> None:
    observed = RECORD_SET.parse({"HostedZoneId": "Z1", "Name": "a.b.", "Type": "A", **answer})
    assert differs(RECORD_SET.properties[name], desired, observed.properties[name]) is expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"Name": "example.com.", "Type": "SOA"}, True),
        ({"Name": "example.com.", "Type": "NS"}, True),
        ({"Name": "sub.example.com.", "Type": "NS"}, False),
        ({"Name": "example.com.", "Type": "A"}, False),
        ({"Name": "a.example.com.", "Type": "A", "TrafficPolicyInstanceId": "t"}, True),
        ({"Name": "_a.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": "_b.acm-validations.aws."}]}, True),
        ({"Name": "a.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": "b.example.com"}]}, False),
    ],
)
def test_what_aws_keeps_in_a_zone(record: dict[str, Any], expected: bool) -> None:
    assert is_kept_by_aws(record, "example.com") is expected


@pytest.mark.parametrize(
    ("stated", "current", "expected"),
    [
        ({"TTL": "60", "ResourceRecords": ["x"]}, None, {"TTL": 60, "ResourceRecords": [{"Value": "x"}]}),
        # What is not stated stays.
        (
            {"ResourceRecords": ["x"]},
            {"TTL": 300, "Weight": 7, "SetIdentifier": "blue"},
            {"TTL": 300, "Weight": 7, "SetIdentifier": "blue", "ResourceRecords": [{"Value": "x"}]},
        ),
        (
            {"TTL": 60},
            {"TTL": 300, "ResourceRecords": [{"Value": "x"}]},
            {"TTL": 60, "ResourceRecords": [{"Value": "x"}]},
        ),
        # A weight of 0 says something.
        ({"Weight": 0, "ResourceRecords": ["x"]}, {"Weight": 7}, {"Weight": 0, "ResourceRecords": [{"Value": "x"}]}),
        # An alias drives the values out, and the other way round.
        (
            {"AliasTarget": {"DNSName": "lb", "HostedZoneId": "/hostedzone/Z2"}},
            {"TTL": 300, "ResourceRecords": [{"Value": "x"}]},
            {"AliasTarget": {"DNSName": "lb", "HostedZoneId": "Z2", "EvaluateTargetHealth": False}},
        ),
        (
            {"TTL": 60, "ResourceRecords": ["x"]},
            {"AliasTarget": {"DNSName": "lb"}},
            {"TTL": 60, "ResourceRecords": [{"Value": "x"}]},
        ),
    ],
)
def test_record_requests(stated: dict[str, Any], current: dict[str, Any] | None, expected: dict[str, Any]) -> None:
    named = {"Name": "a.example.com", "Type": "A"}
    assert record_parameter({**named, **stated}, current) == {**named, **expected}


# Health checks

CONFIG = {"Type": "HTTPS", "Port": 443, "ResourcePath": "/health", "FailureThreshold": 3, "Regions": ["us-east-1"]}


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        ({"Type": "HTTPS", "Port": "443"}, {}),
        ({"FailureThreshold": "5"}, {"FailureThreshold": 5}),
        ({"ResourcePath": ""}, {"ResetElements": ["ResourcePath"]}),
        ({"Regions": []}, {"ResetElements": ["Regions"]}),
    ],
)
def test_health_check_changes(desired: dict[str, Any], expected: dict[str, Any]) -> None:
    assert changes(desired, CONFIG) == expected


@pytest.mark.parametrize("desired", [{"Type": "TCP"}, {"RequestInterval": 10}, {"MeasureLatency": True}])
def test_what_no_request_changes_is_refused(desired: dict[str, Any]) -> None:
    with pytest.raises(ResourceError, match="cannot be changed"):
        changes({**CONFIG, **desired}, CONFIG)


# CloudFormation

NOT_KNOWN = {
    "AWS::Route53::HostedZone": {"HostedZoneFeatures", "HostedZoneTags"},
    "AWS::Route53::HealthCheck": {"HealthCheckTags"},
    "AWS::Route53::RecordSet": {"HostedZoneName"},
}


@pytest.mark.parametrize("kind", [kind for kind in route53.KINDS if kind.export], ids=lambda kind: kind.type)
def test_properties_are_cloudformations(kind: Kind) -> None:
    assert set(kind.properties) - schemas.writable(kind.type) == set()
    assert schemas.writable(kind.type) - set(kind.properties) == NOT_KNOWN.get(kind.type, set())


@pytest.mark.parametrize("kind", [kind for kind in route53.KINDS if kind.export], ids=lambda kind: kind.type)
def test_what_cloudformation_cannot_change_is_not_changed(kind: Kind) -> None:
    fixed = schemas.names(kind.type, "createOnlyProperties") & set(kind.properties)
    rules = [kind.properties[name] for name in fixed]
    assert all(rule.immutable or rule.initial or rule.write_only for rule in rules)


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        ({"Failover": "SECONDARY", "SetIdentifier": "away"}, True),
        ({"Failover": "PRIMARY", "SetIdentifier": "drift"}, False),
        ({"Failover": "SECONDARY", "SetIdentifier": "away", "Name": "www.example.com"}, False),
        ({"Failover": "SECONDARY", "SetIdentifier": "away", "Type": "AAAA"}, False),
        ({"Failover": None, "Weight": 10, "SetIdentifier": "away"}, False),
    ],
)
def test_the_other_half_of_a_failover_is_somebody_elses(other: dict[str, Any], stays: bool) -> None:
    ours = {
        "HostedZoneId": "Z1",
        "Name": "api.example.com",
        "Type": "A",
        "Failover": "PRIMARY",
        "SetIdentifier": "home",
    }
    assert is_other_half({**ours, **other}, [ours]) is stays
    assert is_other_half({**ours, **other}, []) is False
