"""Certificate Manager."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from ansible_collections.stackwright.aws.plugins.module_utils.engine.values import Sensitive
from tests.contract.sample import Sample

KEY = ec.generate_private_key(ec.SECP256R1())


def issue(domain: str = "imported.example.com") -> str:
    """Another certificate for the same name and key, as a renewal brings."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=90))
        .sign(KEY, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


PRIVATE_KEY = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()

ZONE = Resource("AWS::Route53::HostedZone", "public", {"Name": "certified.example.com"})
CERTIFICATE = Resource(
    "AWS::CertificateManager::Certificate",
    "main",
    {
        "DomainName": "certified.example.com",
        "SubjectAlternativeNames": ["*.certified.example.com"],
        "ValidationMethod": "DNS",
        "KeyAlgorithm": "RSA_2048",
        "CertificateTransparencyLoggingPreference": "ENABLED",
    },
)
#: The record proves the ownership; without it no certificate is issued.
RECORD = Resource(
    "AWS::Route53::RecordSet",
    "validation",
    {
        "HostedZoneId": ZONE.ref("HostedZoneId"),
        "Name": CERTIFICATE.ref("ValidationRecord.certified.example.com.Name"),
        "Type": CERTIFICATE.ref("ValidationRecord.certified.example.com.Type"),
        "TTL": 60,
        "ResourceRecords": [CERTIFICATE.ref("ValidationRecord.certified.example.com.Value")],
    },
)
IMPORTED = Resource(
    "Custom::ImportedCertificate",
    "main",
    {"Certificate": issue(), "PrivateKey": Sensitive(PRIVATE_KEY)},
)

SAMPLES = [
    Sample(
        "AWS::CertificateManager::Certificate",
        [ZONE, RECORD, CERTIFICATE],
        changes={"CertificateTransparencyLoggingPreference": "DISABLED"},
        immutable={
            "DomainName": "renamed.example.com",
            "SubjectAlternativeNames": ["www.certified.example.com"],
            "KeyAlgorithm": "EC_prime256v1",
        },
    ),
    Sample("Custom::ImportedCertificate", [IMPORTED]),
]
