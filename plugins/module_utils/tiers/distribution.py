# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `distributions` section: CloudFront in front of buckets, load balancers and APIs, with its DNS records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, account_id, partition
from . import formats
from .base import TAGS, Context, Entry, Export, Options, Tier
from .distribution_origins import ACCESS_CONTROL, Origins, is_dynamic
from .distribution_policies import (
    CACHE,
    CACHE_POLICY,
    FORWARD,
    FORWARD_POLICY,
    FUNCTION,
    HEADERS_POLICY,
    SECURITY_HEADERS,
    cache_policy,
    forward_policy,
    functions,
    headers_policy,
)
from .zone import DISTRIBUTIONS_ZONE, RECORD, domain_of

DISTRIBUTION = "AWS::CloudFront::Distribution"

#: Where the certificates of distributions, their web ACLs and their metrics are kept.
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
HOME = "us-east-1"

_READING = ["GET", "HEAD", "OPTIONS"]
_EVERYTHING = [*_READING, "PUT", "POST", "PATCH", "DELETE"]

#: What an origin group gives up on.
_FAILING = [500, 502, 503, 504]

#: The answers that can have a page of their own.
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-response-code.html
_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)

SPEC: dict[str, Any] = {
    "comment": {"type": "str", "format": formats.length(128)},
    "aliases": {"type": "list", "elements": "str", "default": [], "format": formats.DOMAIN},
    "certificate": {"type": "str"},
    "tls_policy": {
        "type": "str",
        "choices": ["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"],
        "default": "TLSv1.2_2021",
    },
    "dns": {"type": "bool", "default": True},
    "to": {"type": "str", "required": True},
    "origin_path": {"type": "str"},
    "releases": {"type": "bool", "default": False},
    "failover_to": {"type": "str"},
    "origin_headers": {"type": "dict", "default": {}, "keys": formats.HEADER},
    "origin_timeout_seconds": {"type": "int", "default": 30, "format": formats.between(1, 120)},
    "cache": CACHE,
    "forward": FORWARD,
    "routes": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "paths": {"type": "list", "elements": "str", "required": True, "format": formats.CACHE_PATH},
            "to": {"type": "str"},
            "failover_to": {"type": "str"},
            "cache": CACHE,
            "forward": FORWARD,
        },
    },
    "default_root_object": {
        "type": "str",
        "format": formats.text(r"([^/].*)?", "name of an object", "index.html, without a slash before it"),
    },
    "index_documents": {"type": "bool", "default": False},
    "spa": {"type": "bool", "default": False},
    "error_pages": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "status": {"type": "int", "required": True, "format": formats.one_of(*_ERRORS)},
            "page": {"type": "str", "format": formats.or_nothing(formats.URL_PATH)},
            "answer": {"type": "int", "format": formats.one_of(200, *_ERRORS)},
            "cache_seconds": {"type": "int", "default": 10, "format": formats.at_least(0)},
        },
    },
    "functions": {
        "type": "map",
        "default": {},
        "options": {
            "code": {"type": "str", "required": True},
            "event": {"type": "str", "choices": ["viewer_request", "viewer_response"], "default": "viewer_request"},
            "paths": {"type": "list", "elements": "str", "default": [], "format": formats.CACHE_PATH},
        },
    },
    "security_headers": SECURITY_HEADERS,
    "headers": {"type": "dict", "default": {}, "keys": formats.HEADER, "values": {"type": "scalar"}},
    "remove_headers": {"type": "list", "elements": "str", "default": []},
    "web_acl": {"type": "str"},
    "access_log_bucket": {"type": "str"},
    "access_log_prefix": {"type": "str"},
    "price_class": {
        "type": "str",
        "choices": ["PriceClass_100", "PriceClass_200", "PriceClass_All"],
        "default": "PriceClass_All",
    },
    "http_version": {
        "type": "str",
        "choices": ["http1.1", "http2", "http3", "http2and3"],
        "default": "http2and3",
    },
    "ipv6": {"type": "bool", "default": True},
    "enabled": {"type": "bool", "default": True},
    "allow_countries": {"type": "list", "elements": "str", "default": [], "format": formats.COUNTRY},
    "block_countries": {"type": "list", "elements": "str", "default": [], "format": formats.COUNTRY},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [("allow_countries", "block_countries")]}


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(DISTRIBUTION, name)
    identifier, domain = Ref(address, "Id"), Ref(address, "DomainName")
    arn = "arn:{partition}:cloudfront::{account}:distribution/{id}"
    first = next(iter(options["aliases"]), None)
    return Export(
        address=address,
        values={
            "id": identifier,
            "arn": Compose(arn, {"partition": partition(), "account": account_id(), "id": identifier}),
            "domain_name": domain,
            "dns_name": domain,
            "zone_id": DISTRIBUTIONS_ZONE,
            "url": f"https://{first}" if first else Compose("https://{domain}", {"domain": domain}),
            # What a release switches to another prefix.
            "origin_id": options["to"],
        },
        default="domain_name",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    origins = Origins(options, context)
    main = origins.add(options["to"], "to", owned_by_releases=options["releases"])
    spare = origins.add(options["failover_to"], "failover_to") if options["failover_to"] else None
    groups = [] if main is None or spare is None else [_group("failover", main, spare)]
    if options["releases"] and is_dynamic(options["to"]):
        context.problem("releases", f"{options['to']!r} is no bucket, and releases are prefixes of one; leave it out")
    if options["releases"] and options["origin_path"]:
        context.problem("releases", f"own the path of the bucket, so origin_path {options['origin_path']!r} has to go")
    made, associations = functions(name, options, context)
    headers = headers_policy(options, context)
    made += [] if headers is None else [headers]
    headers_id = None if headers is None else headers.ref("Id")

    def behaviour(route: Mapping[str, Any], label: str, option: str) -> dict[str, Any]:
        target = route["to"] or options["to"]
        policies = [cache_policy(route, target, label, option, context), forward_policy(route, target, label, context)]
        made.extend(policy for policy in policies if isinstance(policy, Resource))
        cached, forwarded = (policy.ref("Id") if isinstance(policy, Resource) else policy for policy in policies)
        origins.add(target, f"{option}.to" if option else "to", owned_by_releases=options["releases"])
        grouped = "failover" if spare is not None and target == options["to"] else ""
        if option and route["failover_to"] and origins.add(route["failover_to"], f"{option}.failover_to"):
            grouped = f"failover-{label}"
            groups.append(_group(grouped, target, route["failover_to"]))
        return {
            "TargetOriginId": grouped or target,
            "ViewerProtocolPolicy": "redirect-to-https",
            # An origin group takes no request that writes.
            "AllowedMethods": _EVERYTHING if is_dynamic(target) and not grouped else _READING,
            "CachedMethods": ["GET", "HEAD"],
            "Compress": True,
            "CachePolicyId": cached,
            "OriginRequestPolicyId": forwarded or "",
            "ResponseHeadersPolicyId": headers_id or "",
            "FunctionAssociations": [],
        }

    default = {**behaviour(options, "default", ""), "FunctionAssociations": associations.pop("", [])}
    behaviours = []
    for index, route in enumerate(options["routes"]):
        settings = behaviour(route, _label(route, index), f"routes[{index}]")
        behaviours += [
            {"PathPattern": path, **settings, "FunctionAssociations": associations.pop(path, [])}
            for path in route["paths"]
        ]
    for path in associations:
        context.problem("functions", f"{path!r} is in the paths of no route; correct it or add the route")
    certificate = _certificate(options, context)
    distribution = context.resource(
        DISTRIBUTION,
        name,
        {
            "DistributionConfig": {
                "Comment": options["comment"] or f"{context.stack}: {name}",
                "Enabled": options["enabled"],
                "Aliases": options["aliases"],
                "ViewerCertificate": _viewer_certificate(certificate, options),
                "DefaultRootObject": _root_object(options),
                "Origins": origins.listed,
                "OriginGroups": {"Quantity": len(groups), "Items": groups} if groups else {"Quantity": 0},
                "DefaultCacheBehavior": default,
                "CacheBehaviors": behaviours,
                "CustomErrorResponses": _error_pages(options),
                "WebACLId": _web_acl(options, context) or "",
                "Logging": _logging(name, options, context),
                "PriceClass": options["price_class"],
                "HttpVersion": options["http_version"],
                "IPV6Enabled": options["ipv6"],
                "Restrictions": {"GeoRestriction": _countries(options)},
            }
        },
        tags=options["tags"],
    )
    made += [] if origins.access_control is None else [origins.access_control]
    return [*made, distribution, *_records(options, context)]


def _label(route: Mapping[str, Any], index: int) -> str:
    """A route in the names of its policies: its first path, and its place."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", route["paths"][0] if route["paths"] else "").strip("-")
    return f"{index + 1}-{words}" if words else str(index + 1)


def _root_object(options: Options) -> str:
    if options["default_root_object"] is not None:
        return str(options["default_root_object"])
    return "" if is_dynamic(options["to"]) else "index.html"


def _group(name: str, main: str, spare: str) -> dict[str, Any]:
    # A bucket that only the distribution may read answers 403 for what is not there.
    statuses = _FAILING if is_dynamic(main) else [403, 404, *_FAILING]
    return {
        "Id": name,
        "FailoverCriteria": {"StatusCodes": {"Quantity": len(statuses), "Items": statuses}},
        "Members": {"Quantity": 2, "Items": [{"OriginId": main}, {"OriginId": spare}]},
    }


def _error_pages(options: Options) -> list[dict[str, Any]]:
    return [
        {
            "ErrorCode": page["status"],
            "ResponsePagePath": page["page"] or "",
            "ResponseCode": (page["answer"] or page["status"]) if page["page"] else "",
            "ErrorCachingMinTTL": page["cache_seconds"],
        }
        for page in options["error_pages"]
    ]


def _countries(options: Options) -> dict[str, Any]:
    if options["allow_countries"]:
        return {"RestrictionType": "whitelist", "Locations": options["allow_countries"]}
    if options["block_countries"]:
        return {"RestrictionType": "blacklist", "Locations": options["block_countries"]}
    return {"RestrictionType": "none"}


def _logging(name: str, options: Options, context: Context) -> dict[str, Any]:
    bucket = options["access_log_bucket"]
    if not bucket:
        return {"Bucket": ""}
    domain: Any = f"{bucket}.s3.amazonaws.com"
    if context.catalog.looks_like_reference(bucket):
        entry = context.entry(bucket, "access_log_bucket", ("bucket",))
        domain = Ref(entry.export.address, "DomainName") if entry and entry.export.address else ""
    prefix = f"{name}/" if options["access_log_prefix"] is None else options["access_log_prefix"]
    return {"Bucket": domain, "Prefix": prefix}


def _web_acl(options: Options, context: Context) -> Any:
    """The web ACL that is named, or the one that says it is for this distribution."""
    named = options["web_acl"]
    if not named:
        protecting = [one for one in context.catalog.entries("web_acl") if context.reference in one.options["for"]]
        return protecting[0].export.values["arn"] if protecting else None
    return context.arn_of(named, "web_acl", "web_acl")


# Certificates


def _certificate(options: Options, context: Context) -> Any:
    """The ARN of the certificate: the one that is named, or the first in the one region that covers every alias."""
    named = options["certificate"]
    if named and named.startswith("arn:"):
        return named
    if named:
        reference = named if named.startswith(("certificate.", "stacks.")) else f"certificate.{named}"
        entry = context.entry(reference, "certificate", ("certificate",))
        if entry is None:
            return None
        missing = _uncovered(entry, options["aliases"])
        if missing:
            context.problem("certificate", f"{named!r} does not cover {', '.join(missing)}; add alternative_names")
        return entry.export.values["arn"]
    if not options["aliases"]:
        return None
    for entry in context.catalog.entries("certificate"):
        if _region(entry, context) == HOME and not _uncovered(entry, options["aliases"]):
            return entry.export.values["arn"]
    context.problem(
        "certificate",
        f"is not set, and no entry of `certificates` in {HOME} covers {', '.join(options['aliases'])}; "
        f"describe one with in_region: {HOME}, or name one",
    )
    return None


def _region(entry: Entry, context: Context) -> str:
    arn = entry.options["arn"]
    return str(arn.split(":")[3] if arn else entry.options["in_region"] or context.region)


def _uncovered(entry: Entry, aliases: Iterable[str]) -> list[str]:
    """The aliases that a certificate does not speak for; of one whose names are not known, none."""
    options = entry.options
    if (options["arn"] or options["import"]) and not options["domain"]:
        return []
    names = {options["domain"] or entry.name, *options["alternative_names"]}
    return [alias for alias in aliases if alias not in names and f"*.{alias.partition('.')[2]}" not in names]


def _viewer_certificate(arn: Any, options: Options) -> dict[str, Any]:
    if arn is None:
        return {"CloudFrontDefaultCertificate": True}
    return {
        "AcmCertificateArn": arn,
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": options["tls_policy"],
    }


# DNS


def _records(options: Options, context: Context) -> list[Resource]:
    """Alias records for the aliases whose zone is described, but where the zone describes that name itself."""
    made = []
    for alias in options["aliases"] if options["dns"] else []:
        zone = _zone_of(alias, context)
        if zone is None:
            continue
        for kind in ("A", "AAAA") if options["ipv6"] else ("A",):
            made.append(
                context.resource(
                    RECORD,
                    context.logical(f"{alias}/{kind}"),
                    {
                        "HostedZoneId": zone.export.values["id"],
                        "Name": f"{alias}.",
                        "Type": kind,
                        "AliasTarget": {
                            "DNSName": Ref(Address(DISTRIBUTION, context.reference.partition(".")[2]), "DomainName"),
                            "HostedZoneId": DISTRIBUTIONS_ZONE,
                            "EvaluateTargetHealth": False,
                        },
                    },
                )
            )
    return made


def _zone_of(alias: str, context: Context) -> Entry | None:
    """The public zone nearest to a name, unless it has records of that name."""
    zones = [
        (domain_of(entry.name, entry.options), entry)
        for entry in context.catalog.entries("zone")
        if not entry.options["private"]
    ]
    nearest = max(
        ((domain, entry) for domain, entry in zones if alias == domain or alias.endswith(f".{domain}")),
        key=lambda pair: len(pair[0]),
        default=None,
    )
    if nearest is None:
        return None
    domain, entry = nearest
    host = "@" if alias == domain else alias.removesuffix(f".{domain}")
    described = {label.partition("#")[0] for label in entry.options["records"]}
    return None if host in described else entry


TIER = Tier(
    section="distributions",
    reference="distribution",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
    kinds=(ACCESS_CONTROL, CACHE_POLICY, FORWARD_POLICY, HEADERS_POLICY, FUNCTION),
)
