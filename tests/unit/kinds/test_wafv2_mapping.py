"""How web ACLs, IP sets, associations and logging are found, compared and changed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Unknown
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import wafv2
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.wafv2 import (
    ASSOCIATION,
    IP_SET,
    LOGGING_CONFIGURATION,
    WEB_ACL,
)
from tests.unit.kinds import schemas
from tests.unit.kinds.canned import OWNER, CannedApi, missing, scope, work

ARN = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/api/1"
GLOBAL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/cdn/2"
STRANGE = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/other/3"
TAGS = [{"Key": key, "Value": value} for key, value in OWNER.items()]
SEEN = {"CloudWatchMetricsEnabled": True, "MetricName": "api", "SampledRequestsEnabled": True}
WHOLE = {"Name": "api", "Id": "1", "ARN": ARN, "DefaultAction": {"Allow": {}}, "Rules": [], "VisibilityConfig": SEEN}
LISTED = {**WHOLE, "LockToken": "lock", "Scope": "REGIONAL", "Tags": TAGS}


def indexed(*arns: str) -> dict[str, Any]:
    mapped = [{"ResourceARN": arn, "Tags": TAGS} for arn in arns]
    return {"resourcegroupstaggingapi.get_resources": {"ResourceTagMappingList": mapped}}


def test_a_web_acl_is_read_as_a_whole_with_its_lock() -> None:
    api = CannedApi(
        {
            **indexed(ARN),
            "wafv2.list_web_acls": {"WebACLs": [{"ARN": ARN, "Name": "api"}, {"ARN": STRANGE, "Name": "other"}]},
            "wafv2.get_web_acl": {"WebACL": WHOLE, "LockToken": "lock"},
        }
    )
    (found,) = [WEB_ACL.parse(item) for item in WEB_ACL.list(scope(api, {"Name": "api", "Scope": "REGIONAL"}))]
    assert (found.id, found.name, found.properties["Scope"]) == (ARN, "main", "REGIONAL")
    assert found.item["LockToken"] == "lock"
    assert api.names().count("wafv2.get_web_acl") == 1
    assert api.params("wafv2.list_web_acls") == {"Scope": "REGIONAL", "Limit": 100}
    assert api.params("wafv2.get_web_acl") == {"Name": "api", "Scope": "REGIONAL", "Id": "1"}


def test_a_scope_that_nobody_speaks_of_is_not_listed() -> None:
    api = CannedApi(indexed(GLOBAL))
    list(WEB_ACL.list(scope(api)))
    assert api.params("wafv2.list_web_acls")["Scope"] == "CLOUDFRONT"
    elsewhere = CannedApi(indexed())
    list(WEB_ACL.list(scope(elsewhere, {"Name": "api", "Scope": "CLOUDFRONT"}, everything=False)))
    assert elsewhere.params("wafv2.list_web_acls")["Scope"] == "CLOUDFRONT"
    nothing = CannedApi(indexed())
    list(IP_SET.list(scope(nothing)))
    assert nothing.names() == ["resourcegroupstaggingapi.get_resources"]


def test_a_list_goes_on_to_its_end() -> None:
    def page(params: dict[str, Any]) -> dict[str, Any]:
        first = {"WebACLs": [{"ARN": STRANGE, "Name": "other"}], "NextMarker": "more"}
        return {"WebACLs": [{"ARN": ARN, "Name": "api"}]} if params.get("NextMarker") == "more" else first

    answers = {"wafv2.list_web_acls": page, "wafv2.get_web_acl": {"WebACL": WHOLE, "LockToken": "lock"}}
    api = CannedApi({**indexed(ARN), **answers})
    assert [item["ARN"] for item in WEB_ACL.list(scope(api))] == [ARN]


def same(stated: Any, answered: Any, kind: Kind = WEB_ACL, name: str = "Rules") -> bool:
    return not differs(kind.properties[name], stated, answered)


def rule(action: Any = None, **statement: Any) -> dict[str, Any]:
    return {"Name": "r", "Priority": 1, "Statement": statement, "Action": action or {"Block": {}}}


def test_actions_are_told_apart_although_they_are_empty() -> None:
    assert not same({"Allow": {}}, {"Block": {}}, name="DefaultAction")
    assert not same([rule({"Block": {}}, X={"a": 1})], [rule({"Count": {}}, X={"a": 1})])
    assert same([rule({"Block": {}}, X={"a": 1})], [rule({"Block": {}}, X={"a": 1})])


def test_what_is_no_longer_stated_in_a_rule_differs() -> None:
    scoped = {"Limit": 10, "ScopeDownStatement": {"GeoMatchStatement": {"CountryCodes": ["DE"]}}}
    assert not same([rule(RateBasedStatement={"Limit": 10})], [rule(RateBasedStatement=scoped)])
    assert not same([], [rule(X={"a": 1})])


def test_what_aws_fills_in_does_not() -> None:
    assert same(
        [rule(RateBasedStatement={"Limit": 10})], [rule(RateBasedStatement={"Limit": 10, "EvaluationWindowSec": 300})]
    )
    stated = {"FieldToMatch": {"Body": {}}, "TextTransformations": []}
    answered = {"FieldToMatch": {"Body": {"OversizeHandling": "CONTINUE"}}, "SensitivityLevel": "LOW"}
    assert same([rule(SqliMatchStatement=stated)], [rule(SqliMatchStatement=answered)])
    assert not same(
        [rule(SqliMatchStatement=stated)],
        [rule(SqliMatchStatement={**answered, "FieldToMatch": {"QueryString": {}}})],
    )


def test_texts_and_references_are_in_cloudformations_words() -> None:
    assert same([rule(ByteMatchStatement={"SearchString": "bot"})], [rule(ByteMatchStatement={"SearchString": b"bot"})])
    assert same(
        [rule(ByteMatchStatement={"SearchStringBase64": "Ym90"})], [rule(ByteMatchStatement={"SearchString": b"bot"})]
    )
    assert same([rule(IPSetReferenceStatement={"Arn": "a"})], [rule(IPSetReferenceStatement={"ARN": "a"})])
    assert not same([rule(IPSetReferenceStatement={"Arn": "a"})], [rule(IPSetReferenceStatement={"ARN": "b"})])


def test_the_order_of_rules_is_their_priority() -> None:
    one, two = {**rule(X={"a": 1}), "Name": "1"}, {**rule(Y={"b": 1}), "Name": "2"}
    assert same([one, two], [two, one])


def test_a_web_acl_is_created_in_the_apis_words() -> None:
    desired = {
        "Name": "api",
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": SEEN,
        "Rules": [rule(OrStatement={"Statements": [{"IPSetReferenceStatement": {"Arn": "a"}}]})],
    }
    params = WEB_ACL.create.params(work(CannedApi(), WEB_ACL, desired))  # type: ignore[union-attr]
    (made,) = params["Rules"]
    assert made["Statement"]["OrStatement"]["Statements"] == [{"IPSetReferenceStatement": {"ARN": "a"}}]
    assert {tag["Key"]: tag["Value"] for tag in params["Tags"]} == OWNER


def test_an_update_restates_everything_under_the_lock() -> None:
    current = {**LISTED, "Description": "kept", "TokenDomains": ["example.com"]}
    desired = {"DefaultAction": {"Block": {}}, "VisibilityConfig": SEEN}
    params = WEB_ACL.updates[0].step.params(work(CannedApi(), WEB_ACL, desired, current))  # type: ignore[union-attr]
    assert params == {
        "Name": "api",
        "Scope": "REGIONAL",
        "Id": "1",
        "LockToken": "lock",
        "DefaultAction": {"Block": {}},
        "VisibilityConfig": SEEN,
        "Description": "kept",
        "TokenDomains": ["example.com"],
    }


def test_what_shield_put_into_a_web_acl_is_no_difference_and_stays() -> None:
    shields = {"Name": "ShieldMitigationRuleGroup_123456789012_1_2", "Priority": 10000000}
    stated = [{"Name": "own", "Priority": 1}]
    item = {**LISTED, "Rules": [*stated, shields]}
    assert not differs(WEB_ACL.properties["Rules"], stated, WEB_ACL.parse(item).properties["Rules"])
    (update,) = WEB_ACL.updates
    asked = work(CannedApi(), WEB_ACL, {"Rules": [{"Name": "other", "Priority": 1}]}, item)
    assert update.step.params(asked)["Rules"] == [{"Name": "other", "Priority": 1}, shields]  # type: ignore[union-attr]
    emptied = work(CannedApi(), WEB_ACL, {"Rules": []}, item)
    assert update.step.params(emptied)["Rules"] == [shields]  # type: ignore[union-attr]


def test_addresses_are_compared_as_ranges() -> None:
    prop = IP_SET.properties["Addresses"]
    assert not differs(prop, ["2001:db8:0::/48", "192.0.2.0/24"], ["192.0.2.0/24", "2001:db8::/48"])
    assert differs(prop, ["192.0.2.0/24"], ["192.0.2.0/25"])


def observed_acls(*arns: str) -> dict[str, Any]:
    return {WEB_ACL.type: [WEB_ACL.parse({**LISTED, "ARN": arn}) for arn in arns]}


def test_associations_are_asked_for_by_web_acl_and_never_of_a_global_one() -> None:
    def protected(params: dict[str, Any]) -> dict[str, Any]:
        return {"ResourceArns": ["arn:alb"] if params["ResourceType"] == "APPLICATION_LOAD_BALANCER" else []}

    api = CannedApi({"wafv2.list_resources_for_web_acl": protected})
    found = list(ASSOCIATION.list(scope(api, {"ResourceArn": Unknown()}, parents=observed_acls(ARN, GLOBAL))))
    assert found == [{"ResourceArn": "arn:alb", "WebACLArn": ARN}]
    assert {params["WebACLArn"] for _name, params in api.asked} == {ARN}


def test_what_protects_a_described_resource_is_seen_whosever_it_is() -> None:
    api = CannedApi({"wafv2.get_web_acl_for_resource": {"WebACL": {"ARN": STRANGE}}})
    assert list(ASSOCIATION.list(scope(api, {"ResourceArn": "arn:pool"}))) == [
        {"ResourceArn": "arn:pool", "WebACLArn": STRANGE}
    ]
    gone = CannedApi({"wafv2.get_web_acl_for_resource": missing("WAFNonexistentItemException")})
    assert list(ASSOCIATION.list(scope(gone, ids=("arn:pool",)))) == []


def test_another_web_acl_takes_the_place_of_the_first_without_a_gap() -> None:
    current = {"ResourceArn": "arn:alb", "WebACLArn": ARN}
    desired = {"ResourceArn": "arn:alb", "WebACLArn": STRANGE}
    (update,) = ASSOCIATION.updates
    assert update.step.operation == "associate_web_acl"  # type: ignore[union-attr]
    assert update.step.params(work(CannedApi(), ASSOCIATION, desired, current)) == desired  # type: ignore[union-attr]


def test_logging_of_other_web_acls_is_not_ours() -> None:
    answer = {"LoggingConfigurations": [{"ResourceArn": ARN}, {"ResourceArn": STRANGE}]}
    api = CannedApi({"wafv2.list_logging_configurations": answer})
    assert list(LOGGING_CONFIGURATION.list(scope(api, parents=observed_acls(ARN)))) == [{"ResourceArn": ARN}]


def test_a_log_group_is_named_without_its_streams() -> None:
    desired = {"ResourceArn": ARN, "LogDestinationConfigs": ["arn:aws:logs:r:1:log-group:aws-waf-logs-x:*"]}
    params = LOGGING_CONFIGURATION.create.params(work(CannedApi(), LOGGING_CONFIGURATION, desired))  # type: ignore[union-attr]
    assert params["LoggingConfiguration"]["LogDestinationConfigs"] == ["arn:aws:logs:r:1:log-group:aws-waf-logs-x"]
    prop = LOGGING_CONFIGURATION.properties["LogDestinationConfigs"]
    assert not differs(prop, desired["LogDestinationConfigs"], params["LoggingConfiguration"]["LogDestinationConfigs"])


def test_what_is_redacted_is_told_apart_although_it_is_empty() -> None:
    prop = LOGGING_CONFIGURATION.properties["RedactedFields"]
    assert differs(prop, [{"QueryString": {}}], [{"UriPath": {}}])
    assert not differs(prop, [{"QueryString": {}}], [{"QueryString": {}}])


def test_a_filter_that_is_no_longer_stated_goes() -> None:
    prop = LOGGING_CONFIGURATION.properties["LoggingFilter"]
    assert differs(prop, {}, {"DefaultBehavior": "DROP", "Filters": []})


def test_other_errors_are_told() -> None:
    api = CannedApi({"wafv2.list_resources_for_web_acl": ApiError("WAFInternalErrorException", "sorry")})
    with pytest.raises(ApiError, match="sorry"):
        list(ASSOCIATION.list(scope(api, parents=observed_acls(ARN))))


by_type = pytest.mark.parametrize("kind", wafv2.KINDS, ids=lambda kind: kind.type)


@by_type
def test_every_property_of_a_template_is_known(kind: Kind) -> None:
    assert set(kind.properties) == schemas.writable(kind.type)


@by_type
def test_what_a_template_cannot_change_is_immutable(kind: Kind) -> None:
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    # No request changes these, and the one of associations can be changed without a gap.
    more = {"AWS::WAFv2::IPSet": {"IPAddressVersion"}, "AWS::WAFv2::WebACL": {"ApplicationConfig"}}
    fewer = {"AWS::WAFv2::WebACLAssociation": {"WebACLArn"}}
    expected = schemas.names(kind.type, "createOnlyProperties") | more.get(kind.type, set())
    assert immutable == expected - fewer.get(kind.type, set())


@by_type
def test_every_other_property_can_be_updated(kind: Kind) -> None:
    updated = {name for update in kind.updates for name in update.properties}
    assert updated == {name for name, prop in kind.properties.items() if not prop.immutable}
