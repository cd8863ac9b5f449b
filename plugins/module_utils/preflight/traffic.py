# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Load balancers and what is behind them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..engine.values import Ref
from .rule import Rule, Severity, Subject

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
LISTENER_CERTIFICATE = "AWS::ElasticLoadBalancingV2::ListenerCertificate"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"

#: Policies whose oldest protocol is TLS 1.2.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_STRONG = re.compile(r"ELBSecurityPolicy-(?:TLS13-1-[23]-|TLS-1-2-|FS-1-2-)[A-Za-z0-9-]+")
_DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"
_ENCRYPTED = ("HTTPS", "TLS")
#: How many certificates a load balancer takes beside the default ones, unless the quota is raised.
_CERTIFICATES = 25


def is_weak_policy(policy: Any) -> bool:
    """Whether a security policy, or the one that is used where none is named, lets in TLS older than 1.2."""
    text = policy or _DEFAULT_POLICY
    return isinstance(text, str) and not _STRONG.fullmatch(text)


def _weak(subject: Subject) -> Iterator[tuple[str, str]]:
    for listener in subject.of(LISTENER):
        # A listener that names none gets the oldest.
        policy = listener.properties.get("SslPolicy") or _DEFAULT_POLICY
        if listener.properties.get("Protocol") in _ENCRYPTED and is_weak_policy(policy):
            yield (
                f"{listener.path}.tls_policy",
                f"{policy!r} lets in TLS older than 1.2; take ELBSecurityPolicy-TLS13-1-2-2021-06",
            )


def _no_certificate(subject: Subject) -> Iterator[tuple[str, str]]:
    for listener in subject.of(LISTENER):
        if listener.properties.get("Protocol") in _ENCRYPTED and not listener.properties.get("Certificates"):
            yield f"{listener.path}.certificate", "is missing: HTTPS needs one; name an entry of certificates or an ARN"


def _certificate_region(subject: Subject) -> Iterator[tuple[str, str]]:
    """Of certificates that are described; ARNs are judged with those of keys and layers."""
    for resource in subject.of(LISTENER, LISTENER_CERTIFICATE):
        needed = resource.region or subject.region
        for certificate in resource.properties.get("Certificates") or ():
            arn = certificate.get("CertificateArn")
            if isinstance(arn, Ref) and (where := subject.region_of(arn)) not in (None, needed):
                yield (
                    resource.path,
                    f"certificate {arn.address.name} stands in {where}, and a listener takes those of {needed} only; "
                    f"describe one without `in_region`",
                )


def _many_certificates(subject: Subject) -> Iterator[tuple[str, str]]:
    listeners = {listener.address: listener for listener in subject.of(LISTENER)}
    counts: Counter[Any] = Counter()
    paths: dict[Any, str] = {}
    for resource in subject.of(LISTENER_CERTIFICATE):
        arn = resource.properties.get("ListenerArn")
        listener = listeners.get(arn.address) if isinstance(arn, Ref) else None
        balancer = listener.properties.get("LoadBalancerArn") if listener else arn
        counts[balancer] += 1
        paths.setdefault(balancer, resource.path)
    for balancer, count in counts.items():
        if count > _CERTIFICATES:
            yield (
                paths[balancer],
                f"{count} certificates beside the default one, where AWS takes {_CERTIFICATES} unless the quota is "
                f"raised; raise it, or put more names into one certificate",
            )


def _clear(subject: Subject) -> Iterator[tuple[str, str]]:
    for listener in subject.of(LISTENER):
        if listener.properties.get("Protocol") != "HTTP":
            continue
        kinds = {action.get("Type") for action in listener.properties.get("DefaultActions") or ()}
        if kinds - {"redirect", "fixed-response"}:
            yield listener.path, "serves HTTP in the clear; give it a certificate, and port 80 redirects"


def _health(subject: Subject) -> Iterator[tuple[str, str]]:
    for group in subject.of(TARGET_GROUP):
        interval = _number(group.properties.get("HealthCheckIntervalSeconds"))
        timeout = _number(group.properties.get("HealthCheckTimeoutSeconds"))
        if interval is not None and timeout is not None and timeout >= interval:
            yield (
                group.path,
                f"a health check of {timeout} s cannot end within its interval of {interval} s; shorten it",
            )
        path = group.properties.get("HealthCheckPath")
        if isinstance(path, str) and not path.startswith("/"):
            yield group.path, f"health check path {path!r} must begin with /"


def _ports(subject: Subject) -> Iterator[tuple[str, str]]:
    for resource in subject.of(LISTENER, TARGET_GROUP):
        port = _number(resource.properties.get("Port", resource.properties.get("InitialPort")))
        if port is not None and not 1 <= port <= 65535:
            yield resource.path, f"port {port} is not between 1 and 65535; correct it"


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, str)) and str(value).lstrip("-").isdigit() else None


RULES = (
    Rule("load-balancer.weak-tls", "A TLS policy older than 1.2.", _weak),
    Rule("load-balancer.no-certificate", "HTTPS without a certificate.", _no_certificate),
    Rule("load-balancer.certificate-region", "A certificate of another region.", _certificate_region),
    Rule(
        "load-balancer.many-certificates",
        "More certificates than a load balancer takes.",
        _many_certificates,
        Severity.WARNING,
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html",
    ),
    Rule("load-balancer.clear-text", "A listener that serves HTTP.", _clear, Severity.WARNING),
    Rule("load-balancer.health-check", "A health check that cannot pass.", _health),
    Rule("load-balancer.port", "A port that is none.", _ports),
)
