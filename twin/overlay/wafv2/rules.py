# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twin.overlay.wafv2.common import invalid, missing
from twin.refusal import refuse

LIMIT = 5000
_TRANSFORMATION = 10
_WINDOWS = (60, 120, 300, 600)

# Web ACL capacity units: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
MANAGED = {
    "AWSManagedRulesACFPRuleSet": 50,
    "AWSManagedRulesATPRuleSet": 50,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesAntiDDoSRuleSet": 50,
    "AWSManagedRulesBotControlRuleSet": 50,
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesWordPressRuleSet": 100,
}
_GROUPS = ("ManagedRuleGroupStatement", "RuleGroupReferenceStatement")
# https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html
_COSTS = {
    "ByteMatchStatement": 10,
    "GeoMatchStatement": 1,
    "IPSetReferenceStatement": 1,
    "LabelMatchStatement": 1,
    "RegexMatchStatement": 3,
    "RegexPatternSetReferenceStatement": 25,
    "SizeConstraintStatement": 1,
    "SqliMatchStatement": 20,
    "XssMatchStatement": 40,
    "AsnMatchStatement": 1,
}


def check(rules: list[dict[str, Any]], of_backend: Any) -> int:
    """The capacity of rules that AWS would take; refuses the others."""
    priorities = [rule["Priority"] for rule in rules]
    names = [rule["Name"] for rule in rules]
    if len(set(priorities)) < len(priorities) or len(set(names)) < len(names):
        invalid("You have used the same priority or name for two rules, field: RULE")
    for rule in rules:
        _check_rule(rule, of_backend)
    total = sum(capacity(rule["Statement"], of_backend) for rule in rules)
    if total > LIMIT:
        refuse(
            "WAFLimitsExceededException",
            f"AWS WAF couldn’t perform the operation because you exceeded your resource limit: {total} WCU.",
            400,
        )
    return total


def _check_rule(rule: dict[str, Any], of_backend: Any) -> None:
    statement = rule["Statement"]
    if len(statement) != 1:
        invalid("You have specified no statement, or more than one, field: STATEMENT")
    is_group = next(iter(statement)) in _GROUPS
    has_action, has_override = bool(rule.get("Action")), bool(rule.get("OverrideAction"))
    if has_action == has_override:
        invalid("A reference in your rule statement is not valid., field: RULE, exactly one action is required")
    if is_group and has_action:
        invalid("A rule group takes an OverrideAction, not an Action, field: RULE_ACTION")
    if not is_group and has_override:
        invalid("You can use OverrideAction only with a rule group, field: OVERRIDE_ACTION")
    if not rule.get("VisibilityConfig"):
        invalid("VisibilityConfig is required, field: VISIBILITY_CONFIG")
    for name, inner in _statements(statement):
        _check_statement(name, inner, of_backend)


def _statements(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in statement.items():
        yield name, inner
        for nested in inner.get("Statements") or []:
            yield from _statements(nested)
        for member in ("Statement", "ScopeDownStatement"):
            if inner.get(member):
                yield from _statements(inner[member])


def _check_statement(name: str, inner: dict[str, Any], of_backend: Any) -> None:
    if name == "RateBasedStatement":
        if not 10 <= inner["Limit"] <= 2_000_000_000:
            invalid(f"The rate limit is not valid., field: RATE_LIMIT, parameter: {inner['Limit']}")
        if inner.get("EvaluationWindowSec", 300) not in _WINDOWS:
            invalid(f"field: EVALUATION_WINDOW_SEC, parameter: {inner['EvaluationWindowSec']}")
    if name == "IPSetReferenceStatement" and inner["ARN"] not in of_backend.ip_sets:
        missing()
    if name == "ManagedRuleGroupStatement" and inner["VendorName"] == "AWS" and inner["Name"] not in MANAGED:
        missing()
    if name in ("AndStatement", "OrStatement") and len(inner.get("Statements") or []) < 2:
        invalid(f"{name} needs two statements, field: {name.upper()}")


def capacity(statement: dict[str, Any], of_backend: Any) -> int:
    """What a statement takes of a web ACL's capacity."""
    total = 0
    for name, inner in statement.items():
        if name == "ManagedRuleGroupStatement":
            total += MANAGED.get(inner["Name"], 100)
        elif name == "RuleGroupReferenceStatement":
            group = of_backend.rule_groups.get(inner["ARN"])
            total += group.capacity if group else missing()
        elif name == "RateBasedStatement":
            total += 2 + 30 * len(inner.get("CustomKeys") or [])
        elif name in ("AndStatement", "OrStatement", "NotStatement"):
            total += 1
        else:
            cost = _COSTS.get(name, 1)
            total += 30 if name == "SqliMatchStatement" and inner.get("SensitivityLevel") == "HIGH" else cost
        total += _TRANSFORMATION * len(inner.get("TextTransformations") or [])
        nested = [*(inner.get("Statements") or []), inner.get("Statement"), inner.get("ScopeDownStatement")]
        total += sum(capacity(one, of_backend) for one in nested if one)
    return total


def ip_sets(rules: list[Any]) -> set[str]:
    """The ARNs of the IP sets that the rules of a web ACL refer to."""
    return {
        inner["ARN"]
        for rule in rules
        for name, inner in _statements(rule.statement)
        if name == "IPSetReferenceStatement"
    }
