# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules of a web ACL, in the order in which they are asked: cheap and certain ones first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Options

#: Requests are undone in this order before they are searched, as an attacker would have done them up.
_DECODED = [{"Priority": 0, "Type": "URL_DECODE"}, {"Priority": 1, "Type": "HTML_ENTITY_DECODE"}]
_PLAIN = [{"Priority": 0, "Type": "NONE"}]

#: Where an attack is looked for. Of a body that is longer than WAF looks at, the beginning.
#: https://docs.aws.amazon.com/waf/latest/developerguide/waf-oversize-request-components.html
_FIELDS: tuple[dict[str, Any], ...] = (
    {"Body": {"OversizeHandling": "CONTINUE"}},
    {"QueryString": {}},
    {"UriPath": {}},
)


def rules(options: Options, ip_sets: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules, with priorities that leave room between them.

    Args:
        ip_sets: the ARNs of the entry's IP sets, by `allow-ipv4`, `block-ipv6` and so on.
    """
    found = [
        *_addresses("AllowedAddresses", "Allow", "allow", ip_sets),
        *_addresses("BlockedAddresses", "Block", "block", ip_sets),
        *_countries(options),
        *_rate(options),
        *_attack("SQLInjectionRule", "SqliMatchStatement", options["sql_injection"], {"SensitivityLevel": "LOW"}),
        *_attack("XSSRule", "XssMatchStatement", options["cross_site_scripting"], {}),
        *_managed(options),
    ]
    return [
        {
            **rule,
            "Priority": number,
            "VisibilityConfig": {
                "CloudWatchMetricsEnabled": options["metrics"],
                "MetricName": rule["Name"],
                "SampledRequestsEnabled": True,
            },
        }
        for number, rule in enumerate(found, start=1)
    ]


def _any_of(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return statements[0] if len(statements) == 1 else {"OrStatement": {"Statements": statements}}


def _addresses(name: str, action: str, word: str, ip_sets: Mapping[str, Any]) -> list[dict[str, Any]]:
    arns = [arn for suffix, arn in ip_sets.items() if suffix.startswith(f"{word}-")]
    if not arns:
        return []
    statement = _any_of([{"IPSetReferenceStatement": {"Arn": arn}} for arn in arns])
    return [{"Name": name, "Statement": statement, "Action": {action: {}}}]


def _countries(options: Options) -> list[dict[str, Any]]:
    if options["block_countries"]:
        statement: dict[str, Any] = {"GeoMatchStatement": {"CountryCodes": options["block_countries"]}}
    elif options["allow_countries"]:
        inside = {"GeoMatchStatement": {"CountryCodes": options["allow_countries"]}}
        statement = {"NotStatement": {"Statement": inside}}
    else:
        return []
    return [{"Name": "BlockedCountries", "Statement": statement, "Action": {"Block": {}}}]


def _rate(options: Options) -> list[dict[str, Any]]:
    """A rule of its own has an action; `OverrideAction` is for groups of rules."""
    rate = options["rate_limit"]
    if not rate:
        return []
    statement: dict[str, Any] = {
        "Limit": rate["requests"],
        "EvaluationWindowSec": rate["window_seconds"],
        "AggregateKeyType": "IP",
    }
    paths = [
        {
            "ByteMatchStatement": {
                "SearchString": path,
                "FieldToMatch": {"UriPath": {}},
                "PositionalConstraint": "STARTS_WITH",
                "TextTransformations": _PLAIN,
            }
        }
        for path in rate["paths"]
    ]
    if paths:
        statement["ScopeDownStatement"] = _any_of(paths)
    return [
        {
            "Name": "RateLimitRule",
            "Statement": {"RateBasedStatement": statement},
            "Action": {rate["action"].capitalize(): {}},
        }
    ]


def _attack(name: str, statement: str, action: str | None, more: dict[str, Any]) -> list[dict[str, Any]]:
    if not action:
        return []
    places = [{statement: {"FieldToMatch": field, "TextTransformations": _DECODED, **more}} for field in _FIELDS]
    return [{"Name": name, "Statement": _any_of(places), "Action": {action.capitalize(): {}}}]


def _managed(options: Options) -> list[dict[str, Any]]:
    found = []
    for name, group in options["managed_rules"].items():
        statement: dict[str, Any] = {"VendorName": group["vendor"], "Name": name}
        if group["version"]:
            statement["Version"] = group["version"]
        if group["count_only"]:
            statement["RuleActionOverrides"] = [
                {"Name": rule, "ActionToUse": {"Count": {}}} for rule in group["count_only"]
            ]
        # None: what the group's own rules say.
        override: dict[str, Any] = {"Count": {}} if group["action"] == "count" else {"None": {}}
        found.append({"Name": name, "Statement": {"ManagedRuleGroupStatement": statement}, "OverrideAction": override})
    return found
