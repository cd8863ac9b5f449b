# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates: validation by DNS or e-mail, tokens, options, and the users of a certificate.

Source: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.acm.responses import AWSCertificateManagerResponse

from twin.patch import Parameters, after, around, before, existing, notes, operation, parameters
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_ONE_HOUR = 3600.0


def install(world: World) -> None:
    @around(AWSCertificateManagerResponse, "request_certificate")
    def once(original: Any, self: Any) -> Any:
        """The same token with the same wishes names the same certificate for an hour."""
        asked = parameters(self, "RequestCertificate")
        _check(asked)
        token = asked.get("IdempotencyToken")
        wish = json.dumps({k: v for k, v in asked.items() if k != "Tags"}, sort_keys=True)
        known = notes(self.acm_backend, "requests")
        if token and wish in known:
            at, answer = known[wish]
            if world.now() - at < _ONE_HOUR and answer.result["CertificateArn"] in self.acm_backend._certificates:
                return answer
        self.acm_backend._idempotency_tokens.clear()
        answer = original(self)
        known[wish] = (world.now(), answer)
        certificate = self.acm_backend._certificates[answer.result["CertificateArn"]]
        names = [asked["DomainName"], *(asked.get("SubjectAlternativeNames") or [])]
        notes(certificate, "request").update(
            account=self.acm_backend.account_id,
            method=asked.get("ValidationMethod") or "EMAIL",
            names=list(dict.fromkeys(names)),
            at=world.now(),
        )
        certificate.cert_options = {
            "CertificateTransparencyLoggingPreference": "ENABLED",
            "Export": "DISABLED",
            **(asked.get("Options") or {}),
        }
        return answer

    @around(CertBundle, "check")
    def check(original: Any, self: Any) -> None:
        request = notes(self, "request")
        if request and self.status == "PENDING_VALIDATION" and self.type == "AMAZON_ISSUED":
            since = _validated_since(world, self, request)
            if since is not None and world.now() >= since:
                self.status, request["issued_at"] = "ISSUED", world.now()

    @around(CertBundle, "describe")
    def describe(original: Any, self: Any) -> dict[str, Any]:
        answer: dict[str, Any] = original(self)
        certificate = answer["Certificate"]
        region, account = self.arn.split(":")[3:5]
        certificate["InUseBy"] = sorted(set(_users(account, region, self.arn)))
        request = notes(self, "request")
        if request:
            issued = self.status == "ISSUED"
            certificate["SubjectAlternativeNames"] = request["names"]
            certificate["DomainValidationOptions"] = list(_validations(world, self, request))
            certificate["IssuedAt"] = request.get("issued_at")
            certificate["RenewalEligibility"] = "ELIGIBLE" if issued and certificate["InUseBy"] else "INELIGIBLE"
            certificate["Issuer"] = "Amazon"
            if not issued:
                for name in ("NotBefore", "NotAfter", "Serial", "IssuedAt"):
                    certificate.pop(name, None)
        return answer

    @before(AWSCertificateManagerResponse, "DeleteCertificate")
    def in_use(response: Any, asked: Parameters) -> None:
        backend = response.acm_backend
        arn = asked["CertificateArn"]
        if any(_users(backend.account_id, backend.region_name, arn)):
            refuse("ResourceInUseException", f"Certificate {arn} in account {backend.account_id} is in use.")

    @operation(AWSCertificateManagerResponse, "UpdateCertificateOptions")
    def update_options(response: Any, asked: Parameters) -> None:
        certificate = response.acm_backend.get_certificate(asked["CertificateArn"])
        if certificate.status != "ISSUED":
            refuse("InvalidStateException", f"The certificate {certificate.arn} is not in a valid state.")
        certificate.cert_options = {**certificate.cert_options, **asked["Options"]}

    @around(AWSCertificateManagerBackend, "set_certificate_in_use_by")
    def derived(original: Any, self: Any, arn: str, load_balancer_name: str) -> None:
        """InUseBy is read off the listeners when it is asked for."""

    @after(AWSCertificateManagerResponse, "ListCertificates")
    def page(response: Any, asked: Parameters, result: Any) -> Any:
        """By default AWS lists certificates with RSA keys of 1024 and 2048 bits only."""
        wanted = (asked.get("Includes") or {}).get("keyTypes") or ["RSA_1024", "RSA_2048"]
        summaries = [
            {**one, "SubjectAlternativeNameSummaries": one.get("SubjectAlternativeNames")}
            for one in result["CertificateSummaryList"]
            if one["KeyAlgorithm"] in wanted
        ]
        start = int(asked.get("NextToken") or 0)
        end = start + (asked.get("MaxItems") or 1000)
        return {
            "CertificateSummaryList": summaries[start:end],
            "NextToken": str(end) if end < len(summaries) else None,
        }


def _check(asked: Parameters) -> None:
    for name in [asked["DomainName"], *(asked.get("SubjectAlternativeNames") or [])]:
        if len(name) > 253 or "." not in name or ".." in name or name.startswith("."):
            refuse("ValidationException", f"1 validation error detected: Value '{name}' at 'domainName' is invalid")


def _record(account: str, name: str) -> dict[str, str]:
    """The record depends on the account and the domain alone: a renewal finds the one that is there."""
    domain = name.removeprefix("*.")
    mark = hashlib.sha256(f"{account} {domain}".encode()).hexdigest()
    return {
        "Name": f"_{mark[:32]}.{domain}.",
        "Type": "CNAME",
        "Value": f"_{mark[32:]}.{mark[8:18]}.acm-validations.aws.",
    }


def _validations(world: World, certificate: Any, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    status = "SUCCESS" if certificate.status == "ISSUED" else certificate.status
    for name in request["names"]:
        option = {
            "DomainName": name,
            "ValidationDomain": name,
            "ValidationStatus": status,
            "ValidationMethod": request["method"],
        }
        # AWS answers a new request for some seconds without the record to create.
        if request["method"] == "DNS" and world.now() >= request["at"] + world.delay("acm.validation_record"):
            option["ResourceRecord"] = _record(request["account"], name)
        if request["method"] == "EMAIL":
            domain = name.removeprefix("*.")
            option["ValidationEmails"] = [f"{who}@{domain}" for who in ("admin", "hostmaster", "webmaster")]
        yield option


def _validated_since(world: World, certificate: Any, request: dict[str, Any]) -> float | None:
    """When the certificate is issued: a moment after every domain has its record in a zone of the account.

    Domains that no zone of the account is authoritative for are taken as validated by someone else.
    """
    from moto.route53.models import route53_backends

    route53 = existing(route53_backends, request["account"], "aws")
    zones = [zone for zone in route53.zones.values() if not zone.private_zone] if route53 else []
    seen = request.setdefault("seen", {})
    moments: list[float] = []
    for name in request["names"]:
        record = _record(request["account"], name)
        domain = "." + name.removeprefix("*.")
        mine = [zone for zone in zones if domain.endswith("." + zone.name.rstrip("."))]
        if request["method"] != "DNS" or not mine:
            moments.append(request["at"] + world.delay("acm.issue_unmanaged"))
            continue
        if name not in seen and any(_has(zone, record) for zone in mine):
            seen[name] = world.now()
        if name not in seen:
            return None
        moments.append(seen[name] + world.delay("acm.issue"))
    return max(moments)


def _has(zone: Any, record: dict[str, str]) -> bool:
    return any(
        rrset.type == "CNAME"
        and rrset.name.rstrip(".").lower() == record["Name"].rstrip(".")
        and any(value.rstrip(".") == record["Value"].rstrip(".") for value in rrset.records)
        for rrset in zone.rrsets
    )


def _users(account: str, region: str, arn: str) -> Iterator[str]:
    from moto.cloudfront.models import cloudfront_backends
    from moto.elbv2.models import elbv2_backends

    from twin.overlay.cloudfront.store import store_of
    from twin.overlay.elbv2.certificates import further

    elb = existing(elbv2_backends, account, region)
    for balancer in elb.load_balancers.values() if elb else []:
        if any(arn in (*listener.certificates, *further(listener)) for listener in balancer.listeners.values()):
            yield balancer.arn
    cloudfront = existing(cloudfront_backends, account, "aws")
    for distribution in store_of(cloudfront).distributions.values() if cloudfront else []:
        if distribution["DistributionConfig"]["ViewerCertificate"].get("ACMCertificateArn") == arn:
            yield distribution["ARN"]
