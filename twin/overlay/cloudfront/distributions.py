# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distributions: kept with AWS's defaults, deployed after a moment, refused where AWS refuses.

Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from moto.cloudfront.models import random_id
from moto.cloudfront.responses import CloudFrontResponse

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.cloudfront import store as kept
from twin.overlay.cloudfront.rules import check
from twin.overlay.cloudfront.store import store
from twin.patch import Parameters, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_NONE = {"Quantity": 0}
_READING = {"Quantity": 2, "Items": ["HEAD", "GET"]}
_CONFIG: dict[str, Any] = {
    "Aliases": _NONE,
    "DefaultRootObject": "",
    "OriginGroups": _NONE,
    "CacheBehaviors": _NONE,
    "CustomErrorResponses": _NONE,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": False,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}
_BEHAVIOUR: dict[str, Any] = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "AllowedMethods": {**_READING, "CachedMethods": _READING},
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
}
_ORIGIN: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
_CUSTOM: dict[str, Any] = {
    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
    "OriginReadTimeout": 30,
    "OriginKeepaliveTimeout": 5,
}


def install(world: World) -> None:
    def deploy(distribution: Record) -> None:
        distribution["Status"] = "InProgress"
        done = functools.partial(distribution.update, Status="Deployed")
        proceed(world, distribution, world.delay("cloudfront.deploy"), done)

    def create(response: Any, config: dict[str, Any], tags: list[dict[str, str]]) -> dict[str, Any]:
        known = store(response).distributions
        for other in known.values():
            if other["DistributionConfig"]["CallerReference"] == config["CallerReference"]:
                refuse(
                    "DistributionAlreadyExists",
                    "The caller reference that you are using to create a distribution is associated with another"
                    f" distribution. Already exists: {other['Id']}",
                    409,
                )
        check(response, config)
        identifier = kept.identifier()
        distribution = Record(
            Id=identifier,
            ARN=kept.arn(response, f"distribution/{identifier}"),
            ETag=kept.identifier(),
            LastModifiedTime=kept.now(),
            InProgressInvalidationBatches=0,
            DomainName=f"{random_id(uppercase=False)}.cloudfront.net",
            ActiveTrustedSigners={"Enabled": False, "Quantity": 0},
            ActiveTrustedKeyGroups={"Enabled": False, "Quantity": 0},
            DistributionConfig=_complete(config),
        )
        known[identifier] = distribution
        store(response).tags[distribution["ARN"]] = {tag["Key"]: tag.get("Value") or "" for tag in tags}
        deploy(distribution)
        location = f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{identifier}"
        return {"Distribution": dict(distribution), "ETag": distribution["ETag"], "Location": location}

    @operation(CloudFrontResponse, "CreateDistribution")
    def create_plain(response: Any, asked: Parameters) -> dict[str, Any]:
        return create(response, asked["DistributionConfig"], [])

    @operation(CloudFrontResponse, "CreateDistributionWithTags")
    def create_with_tags(response: Any, asked: Parameters) -> dict[str, Any]:
        given = asked["DistributionConfigWithTags"]
        return create(response, given["DistributionConfig"], kept.elements(given["Tags"]))

    @operation(CloudFrontResponse, "GetDistribution")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        found = _find(response, asked)
        return {"Distribution": found, "ETag": found["ETag"]}

    @operation(CloudFrontResponse, "GetDistributionConfig")
    def get_config(response: Any, asked: Parameters) -> dict[str, Any]:
        found = _find(response, asked)
        return {"DistributionConfig": found["DistributionConfig"], "ETag": found["ETag"]}

    @operation(CloudFrontResponse, "ListDistributions")
    def list_all(response: Any, asked: Parameters) -> dict[str, Any]:
        shown = [(one["Id"], {**one["DistributionConfig"], **one}) for one in store(response).distributions.values()]
        return {"DistributionList": kept.listed(shown, asked)}

    @operation(CloudFrontResponse, "UpdateDistribution")
    def update(response: Any, asked: Parameters) -> dict[str, Any]:
        found = _find(response, asked)
        kept.check_version(asked, found["ETag"])
        config = asked["DistributionConfig"]
        if config["CallerReference"] != found["DistributionConfig"]["CallerReference"]:
            refuse("IllegalUpdate", "The update contains modifications that are not allowed.", 400)
        check(response, config, found["Id"])
        found.update(DistributionConfig=_complete(config), ETag=kept.identifier(), LastModifiedTime=kept.now())
        deploy(found)
        return {"Distribution": found, "ETag": found["ETag"]}

    @operation(CloudFrontResponse, "DeleteDistribution")
    def delete(response: Any, asked: Parameters) -> None:
        found = _find(response, asked)
        kept.check_version(asked, found["ETag"])
        if found["DistributionConfig"]["Enabled"] or found["Status"] != "Deployed":
            refuse("DistributionNotDisabled", "The specified distribution is not disabled.", 409)
        del store(response).distributions[found["Id"]]
        store(response).tags.pop(found["ARN"], None)
        store(response).invalidations.pop(found["Id"], None)


def _find(response: Any, asked: Parameters) -> Record:
    found = store(response).distributions.get(asked["Id"])
    if found is None:
        refuse("NoSuchDistribution", "The specified distribution does not exist.", 404)
    return found


def _complete(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with what AWS says of what was not."""
    whole: dict[str, Any] = {**_CONFIG, **config}
    whole["DefaultCacheBehavior"] = _behaviour(config["DefaultCacheBehavior"])
    if kept.elements(config.get("CacheBehaviors")):
        behaviours = [_behaviour(one) for one in kept.elements(config["CacheBehaviors"])]
        whole["CacheBehaviors"] = {"Quantity": len(behaviours), "Items": behaviours}
    origins = [_origin(one) for one in kept.elements(config["Origins"])]
    whole["Origins"] = {"Quantity": len(origins), "Items": origins}
    certificate = config.get("ViewerCertificate") or {}
    if certificate.get("ACMCertificateArn"):
        known = {"Certificate": certificate["ACMCertificateArn"], "CertificateSource": "acm"}
        whole["ViewerCertificate"] = {"CloudFrontDefaultCertificate": False, **certificate, **known}
    elif certificate:
        whole["ViewerCertificate"] = _CONFIG["ViewerCertificate"]
    if kept.elements(config.get("Aliases")):
        whole["Aliases"] = {**config["Aliases"], "Items": [name.lower() for name in kept.elements(config["Aliases"])]}
    return whole


def _behaviour(config: dict[str, Any]) -> dict[str, Any]:
    whole = {**_BEHAVIOUR, **config}
    whole["AllowedMethods"] = {"CachedMethods": _READING, **whole["AllowedMethods"]}
    return whole


def _origin(config: dict[str, Any]) -> dict[str, Any]:
    whole = {**_ORIGIN, **config}
    if "CustomOriginConfig" in config:
        whole["CustomOriginConfig"] = {**_CUSTOM, **config["CustomOriginConfig"]}
    return whole
