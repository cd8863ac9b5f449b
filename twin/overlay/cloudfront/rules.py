# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudFront refuses of a distribution.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
"""

from __future__ import annotations

from typing import Any

from moto.acm.models import acm_backends
from moto.s3.models import s3_backends

from twin.overlay.cloudfront import store as kept
from twin.overlay.cloudfront.functions import is_live
from twin.overlay.cloudfront.policies import SORTS, exists
from twin.overlay.cloudfront.store import store
from twin.patch import existing
from twin.refusal import refuse


def check(response: Any, config: dict[str, Any], but: str = "") -> None:
    """Refuse what AWS does; ``but`` is the distribution that is being changed."""
    _check_origins(config)
    _check_parts(response, config)
    _check_aliases(response, config, but)
    _check_logging(response, config)
    acl = config.get("WebACLId") or ""
    if acl.startswith("arn:") and ":us-east-1:" not in acl and ":global/" not in acl:
        refuse("InvalidWebACLId", "A web ACL ID specified is not valid.", 400)
    if (config.get("DefaultRootObject") or "").startswith("/"):
        refuse("InvalidDefaultRootObject", "The default root object file name is too big or contains a /.", 400)


def _behaviours(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [config["DefaultCacheBehavior"], *kept.elements(config.get("CacheBehaviors"))]


def _check_origins(config: dict[str, Any]) -> None:
    origins = kept.elements(config["Origins"])
    for origin in origins:
        kinds = [name for name in ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig") if name in origin]
        if len(kinds) != 1:
            refuse("InvalidOrigin", "Each origin needs exactly one of S3OriginConfig and CustomOriginConfig.", 400)
        if kinds == ["S3OriginConfig"] and ".s3" not in origin["DomainName"]:
            refuse("InvalidArgument", "The parameter Origin DomainName does not refer to a valid S3 bucket.", 400)
        path = origin.get("OriginPath") or ""
        if path and (not path.startswith("/") or path.endswith("/")):
            refuse("InvalidArgument", "The parameter OriginPath must begin with a / and must not end with one.", 400)
    ids = {one["Id"] for one in (*origins, *kept.elements(config.get("OriginGroups")))}
    if any(one["TargetOriginId"] not in ids for one in _behaviours(config)):
        refuse("NoSuchOrigin", "One or more of your origins or origin groups do not exist.", 404)


def _check_parts(response: Any, config: dict[str, Any]) -> None:
    account = store(response)
    for place in (*_behaviours(config), *kept.elements(config["Origins"])):
        for sort in SORTS:
            named = place.get(sort.property)
            if named and not exists(account, sort, named):
                code = f"NoSuch{sort.member}" if sort.typed else "InvalidOriginAccessControl"
                refuse(code, f"The specified {sort.member} does not exist.", 404 if sort.typed else 400)
    for behaviour in _behaviours(config):
        if not behaviour.get("CachePolicyId") and "ForwardedValues" not in behaviour:
            refuse("InvalidArgument", "The parameter ForwardedValues is required.", 400)
        if behaviour.get("CachePolicyId") and "ForwardedValues" in behaviour:
            refuse("InvalidArgument", "The parameter ForwardedValues cannot be used with a cache policy.", 400)
        for association in kept.elements(behaviour.get("FunctionAssociations")):
            if not is_live(account, association["FunctionARN"]):
                refuse("InvalidFunctionAssociation", "The function must exist and must be published.", 400)


def _check_aliases(response: Any, config: dict[str, Any], but: str) -> None:
    names = [name.lower() for name in kept.elements(config.get("Aliases"))]
    for other in store(response).distributions.values():
        if other["Id"] != but and set(names) & set(kept.elements(other["DistributionConfig"]["Aliases"])):
            refuse(
                "CNAMEAlreadyExists",
                "One or more of the CNAMEs you provided are already associated with a different resource.",
                409,
            )
    arn = (config.get("ViewerCertificate") or {}).get("ACMCertificateArn")
    if arn:
        _check_certificate(response, arn, names)
    elif names:
        _invalid(
            "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted"
            " certificate that validates your authorization to use the domain name."
        )


def _check_certificate(response: Any, arn: str, names: list[str]) -> None:
    backend = existing(acm_backends, response.current_account, "us-east-1")
    certificate = backend._certificates.get(arn) if backend else None
    if certificate is not None:
        certificate.check()
    if certificate is None or certificate.status != "ISSUED":
        _invalid(
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a"
            " valid certificate chain."
        )
    described = certificate.describe()["Certificate"]
    covered = {described["DomainName"], *(described.get("SubjectAlternativeNames") or ())}
    for name in names:
        if name not in covered and f"*.{name.partition('.')[2]}" not in covered:
            _invalid(
                "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME)"
                " that you're trying to add."
            )


def _invalid(message: str) -> None:
    refuse("InvalidViewerCertificate", message, 400)


def _check_logging(response: Any, config: dict[str, Any]) -> None:
    logging = config.get("Logging") or {}
    if not logging.get("Enabled"):
        return
    backend = existing(s3_backends, response.current_account, "aws")
    name = (logging.get("Bucket") or "").partition(".s3")[0]
    bucket = backend.buckets.get(name) if backend else None
    if bucket is None or ".s3" not in logging["Bucket"]:
        refuse("InvalidArgument", f"The S3 bucket that you specified for CloudFront logs doesn't exist: {name}", 400)
    if bucket.ownership_rule == "BucketOwnerEnforced":
        refuse(
            "InvalidArgument",
            f"The S3 bucket that you specified for CloudFront logs does not enable ACL access: {logging['Bucket']}",
            400,
        )
