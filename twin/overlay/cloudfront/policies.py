# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cache, origin request and response headers policies, AWS's own among them, and origin access controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.cloudfront.responses import CloudFrontResponse

from twin.overlay._lifecycle import Record
from twin.overlay.cloudfront import store as kept
from twin.overlay.cloudfront.store import Store, store
from twin.patch import Parameters, operation
from twin.refusal import refuse


@dataclass(frozen=True)
class Sort:
    """:param property: where a behaviour, or an origin, names one."""

    member: str
    path: str
    property: str
    typed: bool = True

    @property
    def plural(self) -> str:
        return f"{self.member[:-1]}ies" if self.typed else f"{self.member}s"


SORTS = (
    Sort("CachePolicy", "cache-policy", "CachePolicyId"),
    Sort("OriginRequestPolicy", "origin-request-policy", "OriginRequestPolicyId"),
    Sort("ResponseHeadersPolicy", "response-headers-policy", "ResponseHeadersPolicyId"),
    Sort("OriginAccessControl", "origin-access-control", "OriginAccessControlId", typed=False),
)

#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
MANAGED: dict[str, dict[str, str]] = {
    "CachePolicy": {
        "658327ea-f89d-4fab-a63d-7e88639e58f6": "Managed-CachingOptimized",
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "Managed-CachingDisabled",
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": "Managed-CachingOptimizedForUncompressedObjects",
    },
    "OriginRequestPolicy": {
        "216adef6-5c7f-47e4-b989-5492eafa07d3": "Managed-AllViewer",
        "b689b0a8-53d0-40ab-baf2-68738e2966ac": "Managed-AllViewerExceptHostHeader",
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": "Managed-CORS-S3Origin",
    },
    "ResponseHeadersPolicy": {"67f7725c-6f97-4210-82d7-5512b31e9d03": "Managed-SecurityHeadersPolicy"},
    "OriginAccessControl": {},
}


def install() -> None:
    for sort in SORTS:
        kept.routed(sort.path, f"{sort.path}/(?P<policy_id>[^/]+)", f"{sort.path}/(?P<policy_id>[^/]+)/config")
        _install(sort)


def _install(sort: Sort) -> None:
    config = f"{sort.member}Config"

    def all_of(response: Any) -> dict[str, Record]:
        return store(response).policies.setdefault(sort.member, {})

    def find(response: Any, identifier: str) -> Record:
        found = all_of(response).get(identifier)
        if found is None and identifier in MANAGED[sort.member]:
            found = Record(Id=identifier, ETag="managed", **{config: {"Name": MANAGED[sort.member][identifier]}})
        if found is None:
            refuse(f"NoSuch{sort.member}", f"The specified {sort.member} does not exist.", 404)
        return found

    def answer(response: Any, policy: Record) -> dict[str, Any]:
        return {sort.member: {**policy, "LastModifiedTime": kept.now()}, "ETag": policy["ETag"]}

    def check_name(response: Any, wanted: dict[str, Any], but: str = "") -> None:
        for other in all_of(response).values():
            if other["Id"] != but and other[config]["Name"] == wanted["Name"]:
                refuse(f"{sort.member}AlreadyExists", f"A {sort.member} with the same name already exists.", 409)

    @operation(CloudFrontResponse, f"Create{sort.member}")
    def create(response: Any, asked: Parameters) -> dict[str, Any]:
        wanted = asked[config]
        _check(sort, wanted)
        check_name(response, wanted)
        policy = Record(Id=kept.identifier(), ETag=kept.identifier(), **{config: wanted})
        all_of(response)[policy["Id"]] = policy
        return answer(response, policy)

    @operation(CloudFrontResponse, f"Get{sort.member}")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        return answer(response, find(response, asked["Id"]))

    @operation(CloudFrontResponse, f"Get{sort.member}Config")
    def get_config(response: Any, asked: Parameters) -> dict[str, Any]:
        policy = find(response, asked["Id"])
        return {config: policy[config], "ETag": policy["ETag"]}

    @operation(CloudFrontResponse, f"Update{sort.member}")
    def update(response: Any, asked: Parameters) -> dict[str, Any]:
        policy = find(response, asked["Id"])
        if asked["Id"] in MANAGED[sort.member]:
            refuse("IllegalUpdate", "The update contains modifications that are not allowed.", 400)
        kept.check_version(asked, policy["ETag"])
        _check(sort, asked[config])
        check_name(response, asked[config], policy["Id"])
        policy.update({config: asked[config], "ETag": kept.identifier()})
        return answer(response, policy)

    @operation(CloudFrontResponse, f"Delete{sort.member}")
    def delete(response: Any, asked: Parameters) -> None:
        policy = find(response, asked["Id"])
        if asked["Id"] in MANAGED[sort.member]:
            refuse("IllegalDelete", "You cannot delete a managed policy.", 400)
        kept.check_version(asked, policy["ETag"])
        if policy["Id"] in set(_used(store(response), sort.property)):
            refuse(f"{sort.member}InUse", f"The {sort.member} is in use by one or more distributions.", 409)
        del all_of(response)[policy["Id"]]

    @operation(CloudFrontResponse, f"List{sort.plural}")
    def list_all(response: Any, asked: Parameters) -> dict[str, Any]:
        own = list(all_of(response).values())
        if not sort.typed:
            flat = [(one["Id"], {"Description": "", **one[config], "Id": one["Id"]}) for one in own]
            return {f"{sort.member}List": kept.listed(flat, asked)}
        managed = [find(response, identifier) for identifier in MANAGED[sort.member]]
        shown = [
            (one["Id"], {"Type": kind, sort.member: {**one, "LastModifiedTime": kept.now()}})
            for kind, those in (("custom", own), ("managed", managed))
            for one in those
            if asked.get("Type") in (None, kind)
        ]
        return {f"{sort.member}List": kept.listed(shown, asked)}


def _used(account: Store, name: str) -> Iterator[str]:
    for distribution in account.distributions.values():
        config = distribution["DistributionConfig"]
        behaviours = [config["DefaultCacheBehavior"], *kept.elements(config.get("CacheBehaviors"))]
        for place in (*behaviours, *kept.elements(config["Origins"])):
            if place.get(name):
                yield place[name]


def exists(account: Store, sort: Sort, identifier: str) -> bool:
    return identifier in account.policies.get(sort.member, {}) or identifier in MANAGED[sort.member]


def _check(sort: Sort, config: dict[str, Any]) -> None:
    if len(config.get("Comment") or "") > 128:
        refuse("InvalidArgument", "The parameter Comment is too long.", 400)
    if sort.member == "CachePolicy":
        default, most = config.get("DefaultTTL", 86400), config.get("MaxTTL", 31536000)
        if not config["MinTTL"] <= default <= most:
            refuse("InvalidArgument", "The parameter DefaultTTL must be between MinTTL and MaxTTL.", 400)
        inner = config.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
        if most == 0 and (inner.get("EnableAcceptEncodingGzip") or inner.get("EnableAcceptEncodingBrotli")):
            refuse("InvalidArgument", "Compression requires caching: MaxTTL must be greater than 0.", 400)
    for custom in kept.elements(config.get("CustomHeadersConfig")):
        if custom["Header"].lower() in _SECURITY_HEADERS:
            refuse("InvalidArgument", f"The header {custom['Header']} is set in SecurityHeadersConfig.", 400)


_SECURITY_HEADERS = {
    "content-security-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
}
