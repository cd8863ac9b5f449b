"""The web ACL tier."""

from __future__ import annotations

from typing import Any

import pytest

from .build import document, get, of, plain, problems

ACL = "AWS::WAFv2::WebACL"
ASSOCIATION = "AWS::WAFv2::WebACLAssociation"
LOGGING = "AWS::WAFv2::LoggingConfiguration"
IP_SET = "AWS::WAFv2::IPSet"
BALANCER = {"front": {"certificate": "arn:aws:acm:eu-west-1:1:certificate/c"}}
BALANCER_ARN = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/made-by-ingress/1"


def rules(**options: Any) -> dict[str, dict[str, Any]]:
    """The rules of a web ACL by name."""
    doc = document(web_acls={"api": options})
    return {rule["Name"]: rule for rule in plain(get(doc, ACL, "api").properties)["Rules"]}


def test_nothing_but_a_name_is_a_web_acl_that_lets_everything_in_and_logs_it() -> None:
    doc = document(web_acls={"api": {}})
    acl = plain(get(doc, ACL, "api").properties)
    assert acl["Name"] == "shop-prod-api"
    assert (acl["Scope"], acl["DefaultAction"], acl["Rules"]) == ("REGIONAL", {"Allow": {}}, [])
    assert get(doc, "AWS::Logs::LogGroup", "web_acl.api").properties == {
        "LogGroupName": "aws-waf-logs-shop-prod-api",
        "RetentionInDays": 30,
    }
    assert plain(get(doc, LOGGING, "api").properties) == {
        "ResourceArn": "<WebACL api Arn>",
        "LogDestinationConfigs": ["<LogGroup web_acl.api Arn>"],
        "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}, {"SingleHeader": {"Name": "cookie"}}],
        "LoggingFilter": {},
    }


def test_a_rate_rule_has_an_action_and_a_managed_group_an_override() -> None:
    found = rules(rate_limit={"requests": 2000}, managed_rules={"AWSManagedRulesCommonRuleSet": {}})
    rate, common = found["RateLimitRule"], found["AWSManagedRulesCommonRuleSet"]
    assert rate["Statement"] == {
        "RateBasedStatement": {"Limit": 2000, "EvaluationWindowSec": 300, "AggregateKeyType": "IP"}
    }
    assert rate["Action"] == {"Block": {}} and "OverrideAction" not in rate
    assert common["OverrideAction"] == {"None": {}} and "Action" not in common
    assert rate["Priority"] < common["Priority"]


def test_a_rate_on_some_paths() -> None:
    one = rules(rate_limit={"requests": 100, "window_seconds": 60, "paths": ["/auth"], "action": "challenge"})
    statement = one["RateLimitRule"]["Statement"]["RateBasedStatement"]
    assert statement["EvaluationWindowSec"] == 60
    assert statement["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == "/auth"
    assert one["RateLimitRule"]["Action"] == {"Challenge": {}}
    two = rules(rate_limit={"requests": 100, "paths": ["/auth", "/login"]})
    nested = two["RateLimitRule"]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["OrStatement"]
    assert len(nested["Statements"]) == 2


@pytest.mark.parametrize(
    ("option", "rule", "statement"),
    [
        ("sql_injection", "SQLInjectionRule", "SqliMatchStatement"),
        ("cross_site_scripting", "XSSRule", "XssMatchStatement"),
    ],
)
def test_attacks_are_looked_for_in_body_query_and_path(option: str, rule: str, statement: str) -> None:
    found = rules(**{option: "block"})[rule]
    places = [one[statement] for one in found["Statement"]["OrStatement"]["Statements"]]
    assert [next(iter(place["FieldToMatch"])) for place in places] == ["Body", "QueryString", "UriPath"]
    assert all(
        [t["Type"] for t in place["TextTransformations"]] == ["URL_DECODE", "HTML_ENTITY_DECODE"] for place in places
    )
    assert found["Action"] == {"Block": {}}
    assert rules(**{option: "count"})[rule]["Action"] == {"Count": {}}


def test_rules_of_a_group_that_only_count() -> None:
    found = rules(
        managed_rules={
            "AWSManagedRulesCommonRuleSet": {"count_only": ["SizeRestrictions_BODY"], "version": "Version_1.0"},
            "AWSManagedRulesSQLiRuleSet": {"action": "count"},
        }
    )
    group = found["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    assert group["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    assert group["Version"] == "Version_1.0"
    assert found["AWSManagedRulesSQLiRuleSet"]["OverrideAction"] == {"Count": {}}


def test_addresses_become_a_set_for_each_version() -> None:
    doc = document(
        web_acls={"api": {"block_addresses": ["192.0.2.0/24", "2001:db8::/32"], "allow_addresses": ["198.51.100.7"]}}
    )
    assert {name: (one["IPAddressVersion"], one["Addresses"]) for name, one in of(doc, IP_SET).items()} == {
        "api/allow-ipv4": ("IPV4", ["198.51.100.7/32"]),
        "api/block-ipv4": ("IPV4", ["192.0.2.0/24"]),
        "api/block-ipv6": ("IPV6", ["2001:db8::/32"]),
    }
    allowed, blocked = plain(get(doc, ACL, "api").properties)["Rules"]
    assert allowed["Action"] == {"Allow": {}}
    assert allowed["Statement"] == {"IPSetReferenceStatement": {"Arn": "<IPSet api/allow-ipv4 Arn>"}}
    assert len(blocked["Statement"]["OrStatement"]["Statements"]) == 2


def test_countries() -> None:
    assert rules(block_countries=["KP"])["BlockedCountries"]["Statement"] == {
        "GeoMatchStatement": {"CountryCodes": ["KP"]}
    }
    only = rules(allow_countries=["DE", "FR"])["BlockedCountries"]["Statement"]
    assert only == {"NotStatement": {"Statement": {"GeoMatchStatement": {"CountryCodes": ["DE", "FR"]}}}}


def test_it_stands_before_a_load_balancer_and_before_what_an_arn_names() -> None:
    doc = document(load_balancers=BALANCER, web_acls={"api": {"for": ["load_balancer.front", BALANCER_ARN]}})
    assert {name: plain(props) for name, props in of(doc, ASSOCIATION).items()} == {
        "load_balancer.front": {
            "ResourceArn": "<LoadBalancer front LoadBalancerArn>",
            "WebACLArn": "<WebACL api Arn>",
        },
        BALANCER_ARN: {"ResourceArn": BALANCER_ARN, "WebACLArn": "<WebACL api Arn>"},
    }


def test_for_a_distribution_everything_is_global() -> None:
    doc = document(web_acls={"cdn": {"for": ["distribution"], "block_addresses": ["192.0.2.0/24"]}})
    made = [get(doc, ACL, "cdn"), get(doc, IP_SET, "cdn/block-ipv4")]
    assert all(res.region == "us-east-1" and res.properties["Scope"] == "CLOUDFRONT" for res in made)
    assert get(doc, "AWS::Logs::LogGroup", "web_acl.cdn").region == "us-east-1"
    assert get(doc, LOGGING, "cdn").region == "us-east-1"
    assert not of(doc, ASSOCIATION)


def test_without_a_log() -> None:
    doc = document(web_acls={"api": {"log": False}})
    assert not of(doc, LOGGING) and not of(doc, "AWS::Logs::LogGroup")


def test_only_what_matched_is_logged() -> None:
    doc = document(web_acls={"api": {"log_only_matches": True, "redact_headers": ["X-Api-Key"]}})
    logging = get(doc, LOGGING, "api").properties
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    assert logging["RedactedFields"] == [{"SingleHeader": {"Name": "x-api-key"}}]


def test_what_is_blocked_can_be_alarmed_on() -> None:
    doc = document(
        web_acls={"api": {"name": "api-waf"}},
        monitoring={"alarms": {"blocked": {"of": "web_acl.api", "metric": "blocked", "above": 100}}},
    )
    alarm = get(doc, "AWS::CloudWatch::Alarm", "blocked").properties
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/WAFV2", "BlockedRequests")
    assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == {
        "Region": "eu-west-1",
        "Rule": "ALL",
        "WebACL": "api-waf",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"for": ["distribution", "load_balancer.front"]}, "web_acls.x.for[1]: 'load_balancer.front' is regional"),
        ({"for": ["topic.ops"]}, "web_acls.x.for[0]: 'topic.ops' cannot be protected by WAF"),
        ({"for": ["load_balancer.frnt"]}, "web_acls.x.for[0]: 'load_balancer.frnt.arn' names nothing"),
        ({"block_addresses": ["192.0.2.1/24"]}, "web_acls.x.block_addresses: '192.0.2.1/24' is no range"),
        ({"log_group": "/waf/x"}, "web_acls.x.log_group: '/waf/x' must begin with aws-waf-logs-"),
        ({"allow_countries": ["DE"], "block_countries": ["KP"]}, "web_acls.x: allow_countries and block_countries"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], message: str) -> None:
    assert any(line.startswith(message) for line in problems(load_balancers=BALANCER, web_acls={"x": options}))
