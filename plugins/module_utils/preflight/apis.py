# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Web ACLs, and the APIs that they stand before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.values import Compose, references
from .rule import Rule, Severity, Subject

WEB_ACL = "AWS::WAFv2::WebACL"
ASSOCIATION = "AWS::WAFv2::WebACLAssociation"
AUTHORIZER = "AWS::ApiGateway::Authorizer"
DOMAIN_NAME = "AWS::ApiGateway::DomainName"

#: Where names at the edge have their certificates.
EDGE = "us-east-1"

_AUTHORIZERS = ("TOKEN", "REQUEST", "COGNITO_USER_POOLS")

#: Statements that stand for rules with actions of their own.
_GROUPS = ("ManagedRuleGroupStatement", "RuleGroupReferenceStatement")


def _rules(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for acl in subject.of(WEB_ACL):
        for rule in acl.properties.get("Rules") or ():
            if isinstance(rule, Mapping):
                yield acl.path, rule


def _wrong_action(subject: Subject) -> Iterator[tuple[str, str]]:
    for path, rule in _rules(subject):
        is_group = any(name in _GROUPS for name in rule.get("Statement") or ())
        if rule.get("OverrideAction") and not is_group:
            yield path, f"rule {rule.get('Name')!r} has an OverrideAction, which is for rule groups; give it an Action"
        elif rule.get("Action") and is_group:
            yield path, f"rule {rule.get('Name')!r} is a rule group and has an Action; give it an OverrideAction"
        elif not rule.get("Action") and not rule.get("OverrideAction"):
            word = "OverrideAction" if is_group else "Action"
            yield path, f"rule {rule.get('Name')!r} has no {word}; give it one"


def _rate(subject: Subject) -> Iterator[tuple[str, str]]:
    for path, rule in _rules(subject):
        limit = ((rule.get("Statement") or {}).get("RateBasedStatement") or {}).get("Limit")
        if isinstance(limit, int) and not 10 <= limit <= 2_000_000_000:
            yield (
                f"{path}.rate_limit.requests",
                f"{limit} is not between 10 and 2000000000, which WAF can count; correct it",
            )


def _same_priority(subject: Subject) -> Iterator[tuple[str, str]]:
    for acl in subject.of(WEB_ACL):
        seen: dict[Any, Any] = {}
        for rule in acl.properties.get("Rules") or ():
            other = seen.setdefault(rule.get("Priority"), rule.get("Name"))
            if other != rule.get("Name"):
                yield (
                    acl.path,
                    f"rules {other!r} and {rule.get('Name')!r} both have priority {rule.get('Priority')}; give one "
                    f"of them another",
                )


def _http_api(subject: Subject) -> Iterator[tuple[str, str]]:
    for association in subject.of(ASSOCIATION):
        arn = association.properties.get("ResourceArn")
        template = arn.template if isinstance(arn, Compose) else arn
        refers = any(ref.address.kind.startswith("AWS::ApiGatewayV2::") for ref in references(arn))
        if refers or (isinstance(template, str) and ":apigateway:" in template and "/apis/" in template):
            yield (
                association.path,
                f"{template if isinstance(template, str) else association.name!r} is an HTTP API, which WAF cannot "
                f"protect; make it a REST API, or protect a distribution before it",
            )


def _token_type(subject: Subject) -> Iterator[tuple[str, str]]:
    for authorizer in subject.of(AUTHORIZER):
        kind = authorizer.properties.get("Type")
        if isinstance(kind, str) and kind not in _AUTHORIZERS:
            yield (
                authorizer.path,
                f"type {kind!r}: a REST API has {', '.join(_AUTHORIZERS)}, and JWT is for HTTP APIs; let a function "
                f"check the token (`code: {{package: jwt_authorizer}}`) and name it in `authorizer`",
            )


def _certificate_region(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain in subject.of(DOMAIN_NAME):
        for member, needed in (("RegionalCertificateArn", domain.region or subject.region), ("CertificateArn", EDGE)):
            where = subject.region_of(domain.properties.get(member))
            if where not in (None, needed):
                yield (
                    f"{domain.path}.domain.certificate",
                    f"the certificate stands in {where}, and this name takes those of {needed} only: make it there",
                )


def _weak(subject: Subject) -> Iterator[tuple[str, str]]:
    for domain in subject.of(DOMAIN_NAME):
        if domain.properties.get("SecurityPolicy") == "TLS_1_0":
            yield domain.path, "'TLS_1_0' lets in TLS older than 1.2; take TLS_1_2"


def _open(subject: Subject) -> Iterator[tuple[str, str]]:
    """An API behind which nobody asks who calls."""
    for section in ("rest_apis", "http_apis"):
        for name, api in subject.entries(section).items():
            if not api.get("authorizer") and not any(route.get("api_key") for route in api["routes"].values()):
                yield f"{section}.{name}.authorizer", "is not set, so anybody may call every route; describe one"


RULES = (
    Rule(
        "web-acl.action",
        "A rule with the action of a rule group, or the other way round.",
        _wrong_action,
        source="https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html",
    ),
    Rule("web-acl.rate", "A rate that WAF cannot count.", _rate),
    Rule("web-acl.priority", "Two rules with the same priority.", _same_priority),
    Rule(
        "web-acl.http-api",
        "A web ACL before an HTTP API.",
        _http_api,
        source="https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html",
    ),
    Rule(
        "api.authorizer-type",
        "A JWT authorizer on a REST API.",
        _token_type,
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html",
    ),
    Rule(
        "api.certificate-region",
        "A domain name of an API with a certificate of another region.",
        _certificate_region,
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains-prerequisites.html",
    ),
    Rule("api.weak-tls", "A TLS policy older than 1.2.", _weak),
    Rule("api.open", "An API that anybody may call.", _open, Severity.WARNING),
)
