# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a stack lies: regions, zones, and the tags on everything."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..aws.zones import is_region, regions
from .rule import Rule, Severity, Subject

#: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
TAG_KEY_LIMIT, TAG_VALUE_LIMIT, TAGS_LIMIT = 128, 256, 50
#: What every service takes in a tag; some take more.
_TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*")
#: The environment whose data needs no guard.
UNGUARDED = "dev"
#: The tags that every resource carries beside the user's: two of ownership, one of protection.
_OWN_TAGS = 3

#: Members that name what a resource uses, and services whose things are used in their own region only.
_USES = frozenset(
    {
        *("CertificateArn", "RegionalCertificateArn", "Layers"),
        *("KmsKeyId", "KmsKeyArn", "KmsMasterKeyId", "KMSMasterKeyID", "KeyArn", "KeyId", "EncryptionKeyArn"),
    }
)
_OF_ONE_REGION = frozenset({"acm", "kms", "lambda"})


def region_problem(name: str) -> str:
    """What is wrong with the name of a region, as a message goes on after it; empty: nothing."""
    if is_region(name):
        return ""
    near = difflib.get_close_matches(name.lower(), sorted(regions()), n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else "see `aws ec2 describe-regions --all-regions`"
    return f"is no region of AWS; {hint}"


def _regions(subject: Subject) -> Iterator[tuple[str, str]]:
    named = {"region": subject.region}
    for resource in subject.resources:
        if resource.region:
            named.setdefault(f"{resource.path}.region", resource.region)
    for path, region in named.items():
        problem = region_problem(region)
        if problem:
            yield path, f"{region!r} {problem}"


def _zones(subject: Subject) -> Iterator[tuple[str, str]]:
    for resource in subject.resources:
        zone, region = resource.properties.get("AvailabilityZone"), resource.region or subject.region
        if isinstance(zone, str) and is_region(region) and not zone.startswith(region):
            yield (
                f"{resource.path}.zone" if resource.kind == "AWS::RDS::DBInstance" else resource.path,
                f"{zone!r} is in another region; name a zone of {region}, e.g. {region}a",
            )


def _arns(subject: Subject) -> Iterator[tuple[str, str]]:
    """Of keys, certificates and layers: what uses one has to be in its region.

    CloudFront, and the domain name of an edge-optimised API, use certificates of us-east-1; other rules judge those.
    """
    for resource in subject.resources:
        region = resource.region or subject.region
        if resource.kind.startswith("AWS::CloudFront::") or not is_region(region):
            continue
        for name, arn, where in _used(resource.properties, region):
            parts = arn.split(":")
            at_the_edge = resource.kind == "AWS::ApiGateway::DomainName" and name == "CertificateArn"
            if len(parts) > 5 and parts[2] in _OF_ONE_REGION and parts[3] not in ("", where) and not at_the_edge:
                yield (
                    resource.path,
                    f"{name} {arn!r} is of {parts[3]}, where {where} has to have it; name one of {where}",
                )


def _used(value: Any, region: str, name: str = "") -> Iterator[tuple[str, str, str]]:
    """The ARNs that stand in the place of what is used, with the member that holds them and the region that uses it.

    A member such as the copy of a secret may say its own region.
    """
    if isinstance(value, Mapping):
        own = value.get("Region")
        for member, item in value.items():
            yield from _used(item, own if isinstance(own, str) else region, member)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _used(item, region, name)
    elif isinstance(value, str) and name in _USES and value.startswith("arn:"):
        yield name, value, region


def _tags(subject: Subject) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for resource in subject.resources:
        if len(resource.tags) > TAGS_LIMIT - _OWN_TAGS:
            yield resource.path, f"{len(resource.tags)} tags; with ours AWS takes {TAGS_LIMIT - _OWN_TAGS} at the most"
        for key, value in resource.tags.items():
            if (key, value) in seen:
                continue
            seen.add((key, value))
            path = f"{resource.path}.tags" if resource.path else "tags"
            if key.lower().startswith("aws:"):
                yield path, f"{key!r}: the prefix aws: is AWS's own; choose another key"
            if key.lower().startswith("stackwright:"):
                yield path, f"{key!r}: the prefix stackwright: says whose a resource is; choose another key"
            if not 1 <= len(key) <= TAG_KEY_LIMIT:
                yield path, f"{key!r}: a tag's key has 1 to {TAG_KEY_LIMIT} characters; shorten it"
            if not (_TAG_TEXT.fullmatch(key) and _TAG_TEXT.fullmatch(value)):
                yield path, f"{key!r}: a tag takes letters, digits, spaces and _ . : / = + - @; leave out the rest"
            if len(value) > TAG_VALUE_LIMIT:
                yield path, f"{key!r}: its value has {len(value)} of {TAG_VALUE_LIMIT} characters; shorten it"


def _unguarded(subject: Subject) -> Iterator[tuple[str, str]]:
    env = subject.options.get("env", UNGUARDED)
    if subject.options.get("protect") is False and env != UNGUARDED:
        yield (
            "protect",
            f"false in {env!r}: one call deletes a database, bucket, key or secret; leave it out",
        )


RULES = (
    Rule("place.unknown-region", "A region that AWS does not have.", _regions),
    Rule("place.other-zone", "An availability zone of another region.", _zones),
    Rule(
        "place.other-region",
        "A key, certificate or layer of another region.",
        _arns,
        source="https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html",
    ),
    Rule("place.unguarded", "A stack that does not guard its data outside dev.", _unguarded, Severity.WARNING),
    Rule("tags.refused", "Tags that AWS refuses, or that say whose a resource is.", _tags),
)
