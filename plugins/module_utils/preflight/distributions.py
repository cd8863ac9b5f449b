# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Distributions: what CloudFront would refuse, and what would answer with errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.values import Ref
from .rule import Rule, Severity, Subject

DISTRIBUTION = "AWS::CloudFront::Distribution"
FUNCTION = "AWS::CloudFront::Function"
HEADERS_POLICY = "AWS::CloudFront::ResponseHeadersPolicy"

#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
HOME = "us-east-1"
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
LARGEST_FUNCTION = 10240
_WEAK = frozenset({"SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016"})

#: Headers that only their own settings may set.
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
_SECURITY = frozenset(
    {
        "content-security-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
    }
)


def _configs(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for distribution in subject.of(DISTRIBUTION):
        yield distribution.path, distribution.properties.get("DistributionConfig") or {}


def _region(subject: Subject) -> Iterator[tuple[str, str]]:
    for path, config in _configs(subject):
        where = subject.region_of((config.get("ViewerCertificate") or {}).get("AcmCertificateArn"))
        if where not in (None, HOME):
            yield (
                f"{path}.certificate",
                f"the certificate stands in {where}; CloudFront takes those of {HOME} only: give it in_region: {HOME}",
            )


def _no_certificate(subject: Subject) -> Iterator[tuple[str, str]]:
    for path, config in _configs(subject):
        own = (config.get("ViewerCertificate") or {}).get("AcmCertificateArn")
        if config.get("Aliases") and not own:
            yield f"{path}.certificate", f"is missing: {', '.join(config['Aliases'])} need one of {HOME}"


def _weak(subject: Subject) -> Iterator[tuple[str, str]]:
    for path, config in _configs(subject):
        oldest = (config.get("ViewerCertificate") or {}).get("MinimumProtocolVersion")
        if oldest in _WEAK:
            yield f"{path}.tls_policy", f"{oldest!r} lets in TLS older than 1.2; take TLSv1.2_2021"


def _web_acl(subject: Subject) -> Iterator[tuple[str, str]]:
    scopes = {
        resource.address: resource.properties.get("Scope")
        for resource in subject.resources
        if resource.kind == "AWS::WAFv2::WebACL"
    }
    for path, config in _configs(subject):
        acl = config.get("WebACLId")
        if isinstance(acl, Ref) and scopes.get(acl.address, "CLOUDFRONT") != "CLOUDFRONT":
            yield (
                f"{path}.web_acl",
                f"the web ACL {acl.address.name} protects what stands in a region; one of scope CLOUDFRONT is needed: "
                f"name the distribution in its `for`",
            )


def _host(subject: Subject) -> Iterator[tuple[str, str]]:
    """A load balancer that gets the viewer's Host must have a certificate for it."""
    for name, options in subject.entries("distributions").items():
        targets = {options["to"] if not options["forward"] else ""}
        targets |= {route["to"] or "" for route in options["routes"] if not route["forward"]}
        for target in sorted(target for target in targets if target.startswith("load_balancer.")):
            balancer = subject.entries("load_balancers").get(target.removeprefix("load_balancer."))
            served = [balancer.get("certificate"), *(balancer.get("more_certificates") or ())] if balancer else []
            each = [_names(subject, certificate) for certificate in served]
            # One whose names are not known may be the one that covers what is asked for.
            names = set[str]().union(*each) if all(each) else set()
            lacking = [alias for alias in options["aliases"] if names and not _covers(names, alias)]
            if names and not options["aliases"]:
                lacking = ["the distribution's own name"]
            if lacking:
                yield (
                    f"distributions.{name}",
                    f"{target} gets requests for {', '.join(lacking)}, which no certificate of it covers, so they "
                    f"would be answered 502; add the names to one, or say in `forward` what is passed on",
                )


def _names(subject: Subject, certificate: str | None) -> set[str]:
    """The names of a described certificate; nothing when they are not known."""
    name = (certificate or "").removeprefix("certificate.")
    options = subject.entries("certificates").get(name)
    if options is None or options["arn"] or options["import"]:
        return set()
    return {options["domain"] or name, *options["alternative_names"]}


def _covers(names: set[str], alias: str) -> bool:
    return alias in names or f"*.{alias.partition('.')[2]}" in names


def _encrypted(subject: Subject) -> Iterator[tuple[str, str]]:
    buckets = {f"bucket.{name}": options for name, options in subject.entries("buckets").items() if options.get("key")}
    for name, options in subject.entries("distributions").items():
        targets = {options["to"], options["failover_to"], *(route["to"] for route in options["routes"])}
        for target in sorted(target for target in targets if target in buckets):
            yield (
                f"distributions.{name}",
                f"{target} is encrypted with {buckets[target]['key']}, which has to let CloudFront decrypt; say "
                f"services: [cloudfront.amazonaws.com] in the key, or leave the bucket's key out for AES256",
            )


def _headers(subject: Subject) -> Iterator[tuple[str, str]]:
    for policy in subject.of(HEADERS_POLICY):
        config = policy.properties.get("ResponseHeadersPolicyConfig") or {}
        for header in (config.get("CustomHeadersConfig") or {}).get("Items") or ():
            if str(header.get("Header")).lower() in _SECURITY:
                yield (
                    f"{policy.path}.headers",
                    f"{header['Header']!r} is refused among these; say it in security_headers",
                )


def _size(subject: Subject) -> Iterator[tuple[str, str]]:
    for function in subject.of(FUNCTION):
        code = function.properties.get("FunctionCode")
        if isinstance(code, str) and len(code.encode()) > LARGEST_FUNCTION:
            yield function.path, f"{function.name} has {len(code.encode())} bytes; CloudFront takes {LARGEST_FUNCTION}"


RULES = (
    Rule("distribution.certificate-region", "A certificate where CloudFront does not look for it.", _region),
    Rule("distribution.no-certificate", "Aliases without a certificate.", _no_certificate),
    Rule("distribution.weak-tls", "A TLS policy older than 1.2.", _weak),
    Rule("distribution.web-acl-scope", "A web ACL of a region.", _web_acl),
    Rule("distribution.headers", "A security header among the custom ones.", _headers),
    Rule("distribution.function-size", "A function that is too large.", _size),
    Rule("distribution.origin-certificate", "A load balancer without the viewer's name.", _host, Severity.WARNING),
    Rule("distribution.encrypted-origin", "A bucket whose key CloudFront may not use.", _encrypted, Severity.WARNING),
)
