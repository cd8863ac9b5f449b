"""Load balancers: what their HTTPS listener serves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.tiers.build import document, of, plain, problems, warnings

ARN = "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
KIND = "AWS::ElasticLoadBalancingV2::ListenerCertificate"
CERTIFICATES = {name: {"domain": f"{name}.example.com", "zone": "zone.example.com"} for name in ("main", "shop")}


def balancer(**options: Any) -> dict[str, Any]:
    return {
        "zones": {"example.com": {}},
        "certificates": CERTIFICATES,
        "load_balancers": {"web": {"certificate": "main", **options}},
    }


def test_each_further_certificate_is_one_of_the_https_listener() -> None:
    made = of(document(**balancer(more_certificates=["shop", ARN])), KIND)
    assert {name: plain(properties) for name, properties in made.items()} == {
        f"web/443/{label}": {
            "ListenerArn": "<Listener web/443 ListenerArn>",
            "Certificates": [{"CertificateArn": arn}],
        }
        for label, arn in (("shop", "<Certificate shop CertificateArn>"), (ARN.rpartition("/")[2], ARN))
    }


def test_without_further_certificates_there_are_none() -> None:
    assert of(document(**balancer()), KIND) == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"more_certificates": ["main"]}, "more_certificates[0]: main is `certificate` already; leave it out"),
        (
            {"more_certificates": ["shop", ARN, "certificate.shop"]},
            "more_certificates[2]: certificate.shop is `more_certificates[0]` already; leave it out",
        ),
        (
            {"certificate": None, "internal": True, "more_certificates": ["shop"]},
            "more_certificates: shop: nothing is served with them without `certificate`",
        ),
        ({"more_certificates": ["nope"]}, "more_certificates[0]: 'certificate.nope' names nothing"),
        (
            {"more_certificates": [ARN.replace("eu-west-1", "us-east-1")]},
            "name one of eu-west-1",
        ),
    ],
)
def test_what_no_listener_can_serve_is_refused(options: dict[str, Any], message: str) -> None:
    (problem,) = problems(**balancer(**options))
    assert problem.startswith("load_balancers.web") and message in problem


def test_a_described_certificate_of_another_region_is_refused() -> None:
    away = {**CERTIFICATES, "edge": {"domain": "e.example.com", "zone": "zone.example.com", "in_region": "us-east-1"}}
    for options in ({"certificate": "edge"}, {"more_certificates": ["edge"]}):
        (problem,) = problems(**{**balancer(**options), "certificates": away})
        assert "load_balancers.web: certificate edge stands in us-east-1" in problem


def test_more_certificates_than_the_quota_are_a_warning() -> None:
    def said(count: int) -> list[str]:
        arns = [f"{ARN[:-2]}{number}" for number in range(10, 10 + count)]
        found = warnings(**balancer(more_certificates=arns))
        return [warning for warning in found if "certificates beside the default one" in warning]

    assert said(25) == []
    assert "26 certificates" in said(26)[0]
