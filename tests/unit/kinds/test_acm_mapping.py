"""What Certificate Manager answers and takes, against CloudFormation's shapes."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs
from ansible_collections.stackwright.aws.plugins.module_utils.engine.kind import Kind, Phase, Work
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Address
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import acm
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.acm import (
    CERTIFICATE,
    IMPORTED_CERTIFICATE,
    fingerprints,
    request,
    validation_records,
)
from tests.unit.kinds import schemas

RECORD = {"Name": "_a.example.com.", "Type": "CNAME", "Value": "_b.acm-validations.aws."}
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/1"
ANSWER: dict[str, Any] = {
    "CertificateArn": ARN,
    "DomainName": "example.com",
    "SubjectAlternativeNames": ["example.com", "*.example.com", "www.example.org"],
    "Status": "PENDING_VALIDATION",
    "KeyAlgorithm": "RSA-2048",
    "Options": {"CertificateTransparencyLoggingPreference": "ENABLED"},
    "DomainValidationOptions": [
        {"DomainName": "*.example.com", "ResourceRecord": RECORD},
        {"DomainName": "example.com", "ResourceRecord": RECORD},
        {"DomainName": "www.example.org", "ResourceRecord": {**RECORD, "Name": "_c.example.org."}},
    ],
}


def pem(content: bytes, width: int = 64) -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), width))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("name", "desired", "expected"),
    [
        ("SubjectAlternativeNames", ["www.example.org", "*.example.com"], False),
        ("SubjectAlternativeNames", ["*.example.com"], True),
        ("KeyAlgorithm", "RSA_2048", False),
        ("KeyAlgorithm", "EC_prime256v1", True),
        ("CertificateTransparencyLoggingPreference", "ENABLED", False),
    ],
)
def test_comparison(name: str, desired: Any, expected: bool) -> None:
    observed = CERTIFICATE.parse(ANSWER)
    assert differs(CERTIFICATE.properties[name], desired, observed.properties[name]) is expected


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("PENDING_VALIDATION", Phase.BUSY),
        ("ISSUED", Phase.READY),
        ("FAILED", Phase.FAILED),
        ("VALIDATION_TIMED_OUT", Phase.FAILED),
        ("EXPIRED", Phase.FAILED),
        ("REVOKED", Phase.FAILED),
        ("INACTIVE", Phase.FAILED),
    ],
)
def test_states(status: str, phase: Phase) -> None:
    observed = CERTIFICATE.parse({**ANSWER, "Status": status})
    assert observed.id == ARN
    assert observed.phase is phase


def test_only_the_validation_records_may_be_used_before_the_certificate_is_issued() -> None:
    assert CERTIFICATE.referenced_when_ready
    assert [name for name, attribute in CERTIFICATE.attributes.items() if attribute.before_ready] == [
        "ValidationRecord"
    ]


def test_the_validation_records_are_told_by_name_and_a_wildcard_shares_one() -> None:
    assert validation_records(ANSWER) == {
        "example.com.Name": "_a.example.com.",
        "example.com.Type": "CNAME",
        "example.com.Value": "_b.acm-validations.aws.",
        "www.example.org.Name": "_c.example.org.",
        "www.example.org.Type": "CNAME",
        "www.example.org.Value": "_b.acm-validations.aws.",
    }
    assert validation_records({"CertificateArn": ARN, "DomainName": "example.com"}) is None


def work(**desired: Any) -> Work:
    return Work(Address(CERTIFICATE.type, "main"), desired, api=None, tags={"a": "b"}, token="t" * 32)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        ({}, {"ValidationMethod": "DNS"}),
        ({"ValidationMethod": "EMAIL"}, {"ValidationMethod": "EMAIL"}),
        ({"CertificateAuthorityArn": "arn:ca"}, {"CertificateAuthorityArn": "arn:ca"}),
        (
            {"DomainValidationOptions": [{"DomainName": "example.com", "HostedZoneId": "Z1"}]},
            {"ValidationMethod": "DNS"},
        ),
        (
            {"CertificateTransparencyLoggingPreference": "DISABLED"},
            {"ValidationMethod": "DNS", "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"}},
        ),
    ],
)
def test_request(desired: dict[str, Any], expected: dict[str, Any]) -> None:
    common = {"DomainName": "example.com", "IdempotencyToken": "t" * 32, "Tags": [{"Key": "a", "Value": "b"}]}
    assert request(work(DomainName="example.com", **desired)) == {**common, **expected}


def test_fingerprints_are_those_of_the_certificates_whatever_their_text_looks_like() -> None:
    one, two = b"one certificate" * 10, b"another certificate" * 10
    expected = [hashlib.sha256(content).hexdigest() for content in (one, two)]
    assert fingerprints(pem(one) + pem(two)) == expected
    assert fingerprints(("subject=/CN=x\n" + pem(one, 76) + "\n\n" + pem(two)).encode()) == expected
    assert fingerprints(None) is None


def test_a_renewed_certificate_differs() -> None:
    observed = IMPORTED_CERTIFICATE.parse({"CertificateArn": ARN, "Certificate": pem(b"old" * 30), "Chain": None})
    rule = IMPORTED_CERTIFICATE.properties["Certificate"]
    assert not differs(rule, pem(b"old" * 30, 76), observed.properties["Certificate"])
    assert differs(rule, pem(b"new" * 30), observed.properties["Certificate"])
    assert "PrivateKey" not in observed.properties


# CloudFormation

NOT_KNOWN = {"AWS::CertificateManager::Certificate": {"Id"}}


@pytest.mark.parametrize("kind", [kind for kind in acm.KINDS if kind.export], ids=lambda kind: kind.type)
def test_properties_are_cloudformations(kind: Kind) -> None:
    assert set(kind.properties) - schemas.writable(kind.type) == set()
    assert schemas.writable(kind.type) - set(kind.properties) == NOT_KNOWN.get(kind.type, set())


@pytest.mark.parametrize("kind", [kind for kind in acm.KINDS if kind.export], ids=lambda kind: kind.type)
def test_what_cloudformation_cannot_change_is_not_changed(kind: Kind) -> None:
    fixed = schemas.names(kind.type, "createOnlyProperties") & set(kind.properties)
    rules = [kind.properties[name] for name in fixed]
    assert all(rule.immutable or rule.initial or rule.write_only for rule in rules)
