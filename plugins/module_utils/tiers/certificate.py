# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `certificates` section: requested with DNS validation, imported, or somebody else's by ARN."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref, Sensitive
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .zone import domain_of

CERTIFICATE = "AWS::CertificateManager::Certificate"
IMPORTED = "Custom::ImportedCertificate"
RECORD = "AWS::Route53::RecordSet"

SPEC: dict[str, Any] = {
    "domain": {"type": "str", "format": formats.DOMAIN},
    "alternative_names": {"type": "list", "elements": "str", "default": [], "format": formats.DOMAIN},
    "zone": {"type": "str"},
    "key_algorithm": {"type": "str", "choices": ["RSA_2048", "EC_prime256v1", "EC_secp384r1"], "default": "RSA_2048"},
    "arn": {"type": "str", "format": formats.CERTIFICATE_ARN},
    "import": {
        "type": "dict",
        "options": {
            "certificate": {"type": "str", "required": True},
            "private_key": {"type": "str", "required": True, "no_log": True},
            "chain": {"type": "str"},
        },
    },
    "in_region": {"type": "str", "format": formats.REGION},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [("arn", "import"), ("arn", "zone"), ("import", "zone"), ("import", "alternative_names")],
}


def exports(name: str, options: Options, context: Context) -> Export:
    if options["arn"]:
        return Export(values={"arn": options["arn"], "domain": options["domain"] or name}, default="arn")
    address = Address(IMPORTED if options["import"] else CERTIFICATE, name)
    return Export(
        address=address,
        values={"arn": Ref(address, "CertificateArn"), "domain": options["domain"] or name},
        default="arn",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    if options["arn"]:
        return []
    if options["import"]:
        return [_imported(name, options, context)]
    return _requested(name, options, context)


def _imported(name: str, options: Options, context: Context) -> Resource:
    given = options["import"]
    return context.resource(
        IMPORTED,
        name,
        {
            "Certificate": given["certificate"],
            "PrivateKey": Sensitive(given["private_key"]),
            "CertificateChain": given["chain"],
        },
        tags=options["tags"],
        region=options["in_region"] or "",
    )


def _requested(name: str, options: Options, context: Context) -> list[Resource]:
    domain = options["domain"] or name
    zone_id = context.value(options["zone"], "zone") if options["zone"] else None
    names = (domain, *options["alternative_names"])
    _check_zone(names, options, context)
    certificate = context.resource(
        CERTIFICATE,
        name,
        {
            "DomainName": domain,
            "SubjectAlternativeNames": options["alternative_names"] or None,
            "ValidationMethod": "DNS",
            # For an exported template: there CloudFormation makes the records.
            "DomainValidationOptions": zone_id and [{"DomainName": each, "HostedZoneId": zone_id} for each in names],
            "KeyAlgorithm": options["key_algorithm"],
        },
        tags=options["tags"],
        region=options["in_region"] or "",
    )
    if not options["zone"]:
        return [certificate]
    there = _validated_before(name, options, context)
    unproven = [each for each in _validated(domain, options) if each not in there]
    return [certificate, *(_validation(name, each, zone_id, certificate, context) for each in unproven)]


def _check_zone(names: Iterable[str], options: Options, context: Context) -> None:
    """Where the zone is known: a name of another domain would wait for its validation for ever."""
    entries = context.catalog.entries("zone")
    zone = next((domain_of(one.name, one.options) for one in entries if one.reference == options["zone"]), "")
    for each in names:
        if zone and not f".{each.rstrip('.').lower()}".endswith(f".{zone.lower()}"):
            context.problem(
                "zone", f"{options['zone']} is {zone}, and {each!r} is not in it; name the zone that it is in"
            )


def _validated(domain: str, options: Options) -> list[str]:
    """The names that need a record of their own: a wildcard shares that of the name it is over."""
    bare = [each.removeprefix("*.") for each in (domain, *options["alternative_names"])]
    return list(dict.fromkeys(bare))


def _validated_before(name: str, options: Options, context: Context) -> set[str]:
    """The names that a certificate before this one proves: the record is the same for every region of an account."""
    found: set[str] = set()
    for entry in context.catalog.entries("certificate"):
        if entry.name == name:
            break
        if entry.options["zone"] == options["zone"]:
            found.update(_validated(entry.options["domain"] or entry.name, entry.options))
    return found


def _validation(name: str, domain: str, zone_id: Any, certificate: Resource, context: Context) -> Resource:
    """The record by which AWS sees that the domain is ours; it has to stay for renewals."""
    prefix = f"ValidationRecord.{domain}"
    return context.resource(
        RECORD,
        f"{name}/validation/{domain}",
        {
            "HostedZoneId": zone_id,
            "Name": certificate.ref(f"{prefix}.Name"),
            "Type": "CNAME",
            "TTL": "300",
            "ResourceRecords": [certificate.ref(f"{prefix}.Value")],
        },
    )


TIER = Tier(
    section="certificates",
    reference="certificate",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
    kinds=(CERTIFICATE, IMPORTED),
)
