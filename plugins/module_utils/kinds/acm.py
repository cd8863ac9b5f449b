# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Certificate Manager: certificates that AWS issues, and certificates that are imported."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ..engine.template import Template
from .requests import given, unless
from .shared import IMMUTABLE, WRITE_ONLY, tag_list, with_tags

#: Without this filter ACM lists RSA 1024 and 2048 only:
#: https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
KEY_TYPES = (
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
)
#: https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
FAILED_STATES = frozenset({"EXPIRED", "FAILED", "INACTIVE", "REVOKED", "VALIDATION_TIMED_OUT"})


_PEM_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


# Reading


def _summaries(scope: Scope) -> list[Item]:
    """Every certificate of the region in short, asked once an observation."""
    found: list[Item] = scope.memo.get(
        ("acm_certificates", scope.region),
        lambda: scope.pages(
            "acm", "list_certificates", "CertificateSummaryList[]", Includes={"keyTypes": list(KEY_TYPES)}
        ),
    )
    return found


def _describe(scope: Scope, arn: str) -> Item | None:
    answer = unless((), lambda: scope.call("acm", "describe_certificate", CertificateArn=arn))
    return answer["Certificate"] if answer else None


def _list(scope: Scope, imported: bool, names: Iterable[str]) -> list[Item]:
    """The certificates in scope of one sort, each as a whole, which ACM answers one by one."""
    summaries = [{"CertificateArn": arn} for arn in scope.ids] if scope.ids else _summaries(scope)
    # A summary may not tell the sort; what it is shows when it is described.
    likely = [one for one in summaries if "Type" not in one or (one["Type"] == "IMPORTED") == imported]
    tagged = with_tags(
        scope,
        likely,
        "CertificateArn",
        "acm",
        "list_tags_for_certificate",
        "CertificateArn",
        "Tags",
        names,
        "DomainName",
    )
    found = []
    for one in tagged:
        whole = _describe(scope, one["CertificateArn"])
        if whole is not None and (whole.get("Type") == "IMPORTED") == imported:
            found.append({**whole, "Tags": one["Tags"]})
    return found


def list_certificates(scope: Scope) -> list[Item]:
    """The requested certificates in scope."""
    return _list(scope, False, scope.names("DomainName"))


def list_imported_certificates(scope: Scope) -> list[Item]:
    """The imported certificates in scope, with their texts.

    What is described says no name; so that a certificate imported a moment ago is not imported again, all of them are
    asked for their tags when any is described.
    """
    names = {one["DomainName"] for one in _summaries(scope) if "DomainName" in one} if scope.wanted else set()
    found = []
    for certificate in _list(scope, True, names):
        arn = certificate["CertificateArn"]
        texts = unless((), lambda arn=arn: scope.call("acm", "get_certificate", CertificateArn=arn))  # type: ignore[misc]
        if texts is not None:
            found.append({**certificate, "Certificate": texts["Certificate"], "Chain": texts.get("CertificateChain")})
    return found


def key_algorithm(value: Any) -> Any:
    """A key algorithm as requests write it: answers write `RSA-2048` too."""
    return value.replace("-", "_") if isinstance(value, str) else value


def other_names(item: Mapping[str, Any]) -> list[str]:
    """The names of a certificate beside its domain name, which ACM counts among them."""
    return [name for name in item.get("SubjectAlternativeNames") or () if name != item.get("DomainName")]


def validation_records(item: Mapping[str, Any]) -> dict[str, str] | None:
    """The DNS records that prove the ownership of a certificate's names: `{name}.Name`, `.Type` and `.Value` for each.

    A wildcard shares the record of the name it is over, and is there under that name. None: not told yet.
    """
    records: dict[str, str] = {}
    for option in item.get("DomainValidationOptions") or ():
        domain = option["DomainName"].removeprefix("*.")
        for member, value in (option.get("ResourceRecord") or {}).items():
            records[f"{domain}.{member}"] = value
    return records or None


def fingerprints(value: Any) -> Any:
    """The SHA-256 fingerprints of the certificates in a PEM text, in their order; anything else as it is."""
    text = value.decode() if isinstance(value, bytes) else value
    if not isinstance(text, str):
        return value
    blocks = _PEM_BLOCK.findall(text)
    return [hashlib.sha256(ssl.PEM_cert_to_DER_cert(block)).hexdigest() for block in blocks] or text.strip()


# Writing


def request(work: Work) -> dict[str, Any]:
    """The parameters that request a certificate, validated by DNS unless stated otherwise."""
    params = given(work, "DomainName", "SubjectAlternativeNames", "CertificateAuthorityArn", "KeyAlgorithm")
    if "CertificateAuthorityArn" not in params:
        params["ValidationMethod"] = work.get("ValidationMethod") or "DNS"
    # The hosted zone of a validation option is for CloudFormation; ACM takes the domains that mails go to.
    options = [
        {"DomainName": option["DomainName"], "ValidationDomain": option["ValidationDomain"]}
        for option in work.get("DomainValidationOptions") or ()
        if option.get("ValidationDomain")
    ]
    if options:
        params["DomainValidationOptions"] = options
    logging = given(
        work,
        CertificateTransparencyLoggingPreference="CertificateTransparencyLoggingPreference",
        Export="CertificateExport",
    )
    if logging:
        params["Options"] = logging
    return {**params, "IdempotencyToken": work.token, "Tags": tag_list(work.tags)}


def _texts(work: Work) -> dict[str, bytes]:
    stated = given(work, "Certificate", "PrivateKey", "CertificateChain")
    return {name: text.encode() if isinstance(text, str) else text for name, text in stated.items()}


def _import(work: Work) -> dict[str, Any]:
    return {**_texts(work), "Tags": tag_list(work.tags)}


def _import_again(work: Work) -> dict[str, Any]:
    """A renewed certificate takes the place of the old one under the same ARN; tags are not allowed then."""
    return {"CertificateArn": work.id, **_texts(work)}


_TAG = Call("add_tags_to_certificate", lambda w: {"CertificateArn": w.id, "Tags": tag_list(w.tags_to_set)})
_UNTAG = Call(
    "remove_tags_from_certificate",
    lambda w: {"CertificateArn": w.id, "Tags": [{"Key": key} for key in w.tags_to_remove]},
)
#: A load balancer lets go of a certificate some time after its listener did.
_DELETE = Call("delete_certificate", lambda w: {"CertificateArn": w.id}, retry_on=frozenset({"ResourceInUseException"}))

CERTIFICATE = Kind(
    type="AWS::CertificateManager::Certificate",
    service="acm",
    title="certificate",
    template=Template(supplied=("ValidationRecord",)),
    id="CertificateArn",
    properties={
        "DomainName": IMMUTABLE,
        "SubjectAlternativeNames": Property(path=other_names, immutable=True, unordered=True),
        "ValidationMethod": WRITE_ONLY,
        "DomainValidationOptions": WRITE_ONLY,
        "KeyAlgorithm": Property(immutable=True, normalise=key_algorithm),
        "CertificateAuthorityArn": IMMUTABLE,
        "CertificateTransparencyLoggingPreference": Property(path="Options.CertificateTransparencyLoggingPreference"),
        "CertificateExport": Property(path="Options.Export", immutable=True),
    },
    attributes={
        "CertificateArn": Attribute("CertificateArn"),
        "Arn": Attribute("CertificateArn"),
        "ValidationRecord": Attribute(validation_records, before_ready=True),
    },
    list=list_certificates,
    states=States(
        path="Status",
        ready=frozenset({"ISSUED"}),
        failed=FAILED_STATES,
        reason="FailureReason || RevocationReason",
        timeout=4500,
    ),
    create=Call("request_certificate", request, item="@"),
    referenced_when_ready=True,
    updates=(
        Update(
            ("CertificateTransparencyLoggingPreference",),
            Call(
                "update_certificate_options",
                lambda w: {"CertificateArn": w.id, "Options": w.pick("CertificateTransparencyLoggingPreference")},
            ),
        ),
    ),
    delete=_DELETE,
    tag=_TAG,
    untag=_UNTAG,
)

IMPORTED_CERTIFICATE = Kind(
    type="Custom::ImportedCertificate",
    service="acm",
    title="imported certificate",
    id="CertificateArn",
    properties={
        "Certificate": Property(normalise=fingerprints),
        "PrivateKey": Property(write_only=True, sensitive=True),
        "CertificateChain": Property(path="Chain", normalise=fingerprints),
    },
    attributes={
        "CertificateArn": Attribute("CertificateArn"),
        "Arn": Attribute("CertificateArn"),
        "DomainName": Attribute("DomainName", volatile=True),
        "Serial": Attribute("Serial", volatile=True),
        "NotAfter": Attribute(lambda item: str(item["NotAfter"]) if "NotAfter" in item else None, volatile=True),
    },
    list=list_imported_certificates,
    create=Call("import_certificate", _import, item="@", once=True),
    updates=(Update(("Certificate", "CertificateChain"), Call("import_certificate", _import_again)),),
    delete=_DELETE,
    tag=_TAG,
    untag=_UNTAG,
    export=False,
)

KINDS = (CERTIFICATE, IMPORTED_CERTIFICATE)
