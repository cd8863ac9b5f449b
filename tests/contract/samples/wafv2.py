"""WAF: web ACLs, what they protect, their logging, and IP sets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample
from tests.contract.samples.elasticloadbalancingv2 import ALB, NETWORK, OTHER_ALB

_WAF = "AWS::WAFv2"


def _seen(name: str) -> dict[str, Any]:
    return {"CloudWatchMetricsEnabled": True, "MetricName": name, "SampledRequestsEnabled": True}


def _rule(name: str, priority: int, statement: dict[str, Any], **how: Any) -> dict[str, Any]:
    action = how or {"Action": {"Block": {}}}
    return {
        "Name": name,
        "Priority": priority,
        "Statement": statement,
        "VisibilityConfig": _seen(name),
        **action,
    }


ADDRESSES = Resource(
    f"{_WAF}::IPSet",
    "office",
    {
        "Name": "contract-office",
        "Scope": "REGIONAL",
        "IPAddressVersion": "IPV4",
        "Description": "the office",
        "Addresses": ["192.0.2.0/24", "198.51.100.7/32"],
    },
)
GLOBAL_ADDRESSES = Resource(
    f"{_WAF}::IPSet",
    "everywhere",
    {"Name": "contract-everywhere", "Scope": "CLOUDFRONT", "IPAddressVersion": "IPV6", "Addresses": []},
    region="us-east-1",
)

_RATE = {"RateBasedStatement": {"Limit": 1000, "AggregateKeyType": "IP", "EvaluationWindowSec": 300}}
_COMMON = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
_BOTS = {
    "ByteMatchStatement": {
        "SearchString": "bad-bot",
        "FieldToMatch": {"SingleHeader": {"Name": "user-agent"}},
        "PositionalConstraint": "CONTAINS",
        "TextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}],
    }
}
_OFFICE = {"IPSetReferenceStatement": {"Arn": ADDRESSES.ref("Arn")}}


def _acl(name: str, scope: str = "REGIONAL", **more: Any) -> Resource:
    properties = {
        "Name": f"contract-{name}",
        "Scope": scope,
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": _seen(name),
        **more,
    }
    return Resource(f"{_WAF}::WebACL", name, properties)


ACL = _acl("main")
OTHER_ACL = _acl("other")


def _log_group(name: str) -> Resource:
    return Resource("AWS::Logs::LogGroup", name, {"LogGroupName": f"aws-waf-logs-contract-{name}"})


LOGS = _log_group("one")
OTHER_LOGS = _log_group("two")

SAMPLES = [
    Sample(
        kind=f"{_WAF}::IPSet",
        resources=[ADDRESSES],
        changes={"Description": "the offices", "Addresses": ["203.0.113.0/24"]},
        immutable={"Name": "contract-renamed"},
    ),
    Sample(
        kind=f"{_WAF}::IPSet",
        resources=[GLOBAL_ADDRESSES],
        changes={"Addresses": ["2001:db8:0:0::/64"]},
    ),
    Sample(
        kind=f"{_WAF}::IPSet",
        resources=[replace(ADDRESSES, properties={**ADDRESSES.properties, "Addresses": []})],
        immutable={"IPAddressVersion": "IPV6", "Scope": "CLOUDFRONT"},
    ),
    Sample(
        kind=f"{_WAF}::WebACL",
        resources=[
            ADDRESSES,
            _acl(
                "under-test",
                Description="protects",
                Rules=[_rule("office", 0, _OFFICE, Action={"Allow": {}}), _rule("rate", 1, _RATE)],
                CustomResponseBodies={"no": {"ContentType": "TEXT_PLAIN", "Content": "no"}},
                CaptchaConfig={"ImmunityTimeProperty": {"ImmunityTime": 300}},
                ChallengeConfig={"ImmunityTimeProperty": {"ImmunityTime": 300}},
                TokenDomains=["example.com"],
                AssociationConfig={"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_16"}}},
            ),
        ],
        changes={
            "Description": "protects more",
            "DefaultAction": {"Block": {}},
            "Rules": [
                _rule("rate", 1, _RATE, Action={"Count": {}}),
                _rule("common", 2, _COMMON, OverrideAction={"None": {}}),
                _rule("bots", 3, _BOTS),
            ],
            "VisibilityConfig": _seen("renamed"),
            "CustomResponseBodies": {"never": {"ContentType": "TEXT_PLAIN", "Content": "never"}},
            "CaptchaConfig": {"ImmunityTimeProperty": {"ImmunityTime": 600}},
            "ChallengeConfig": {"ImmunityTimeProperty": {"ImmunityTime": 600}},
            "TokenDomains": ["example.com", "example.org"],
            "AssociationConfig": {"RequestBody": {"API_GATEWAY": {"DefaultSizeInspectionLimit": "KB_32"}}},
            "DataProtectionConfig": {
                "DataProtections": [
                    {"Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization"]}, "Action": "HASH"}
                ]
            },
            "OnSourceDDoSProtectionConfig": {"ALBLowReputationMode": "ACTIVE_UNDER_DDOS"},
            "MonetizationConfig": {"CurrencyMode": "TEST"},
        },
        immutable={
            "Name": "contract-renamed",
            "ApplicationConfig": {"Attributes": [{"Name": "kind", "Values": ["api"]}]},
        },
    ),
    Sample(
        kind=f"{_WAF}::WebACL",
        resources=[_acl("global", "CLOUDFRONT")],
        changes={"Rules": [_rule("rate", 1, _RATE)]},
        immutable={"Scope": "REGIONAL"},
    ),
    Sample(
        kind=f"{_WAF}::WebACLAssociation",
        resources=[
            *NETWORK,
            ALB,
            OTHER_ALB,
            ACL,
            OTHER_ACL,
            Resource(
                f"{_WAF}::WebACLAssociation",
                "under-test",
                {"ResourceArn": ALB.ref("LoadBalancerArn"), "WebACLArn": ACL.ref("Arn")},
            ),
        ],
        changes={"WebACLArn": OTHER_ACL.ref("Arn")},
        immutable={"ResourceArn": OTHER_ALB.ref("LoadBalancerArn")},
        tags=False,
    ),
    Sample(
        kind=f"{_WAF}::LoggingConfiguration",
        resources=[
            ACL,
            OTHER_ACL,
            LOGS,
            OTHER_LOGS,
            Resource(
                f"{_WAF}::LoggingConfiguration",
                "under-test",
                {
                    "ResourceArn": ACL.ref("Arn"),
                    "LogDestinationConfigs": [LOGS.ref("Arn")],
                    "RedactedFields": [{"SingleHeader": {"Name": "authorization"}}],
                },
            ),
        ],
        changes={
            "LogDestinationConfigs": [OTHER_LOGS.ref("Arn")],
            "RedactedFields": [{"QueryString": {}}, {"SingleHeader": {"Name": "authorization"}}],
            "LoggingFilter": {
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
                    }
                ],
            },
        },
        immutable={"ResourceArn": OTHER_ACL.ref("Arn")},
        tags=False,
    ),
]
