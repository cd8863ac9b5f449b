# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from tests.twin.helpers import eventually, refused

DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
LOGGING = {"Enabled": True, "IncludeCookies": False, "Bucket": "edge-logs.s3.amazonaws.com", "Prefix": ""}


@pytest.fixture
def cf(client: Any) -> Any:
    return client("cloudfront")


def config(reference: str = "one", **changed: Any) -> dict[str, Any]:
    origin = {"Id": "o", "DomainName": "b.s3.us-east-1.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    behaviour = {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only", "CachePolicyId": DISABLED}
    plain = {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behaviour,
    }
    return {**plain, **changed}


def behaviour(**more: Any) -> dict[str, Any]:
    return {"DefaultCacheBehavior": {**config()["DefaultCacheBehavior"], **more}}


def origin(**more: Any) -> dict[str, Any]:
    return {"Origins": {"Quantity": 1, "Items": [{**config()["Origins"]["Items"][0], **more}]}}


def status(cf: Any, identifier: str) -> str:
    return str(cf.get_distribution(Id=identifier)["Distribution"]["Status"])


def test_a_distribution_is_deployed_and_deleted_only_when_it_is_disabled(cf: Any) -> None:
    made = cf.create_distribution(DistributionConfig=config())
    identifier, version = made["Distribution"]["Id"], made["ETag"]
    assert made["Distribution"]["Status"] == "InProgress"
    eventually(lambda: status(cf, identifier), "Deployed")
    with refused("DistributionAlreadyExists", 409, identifier):
        cf.create_distribution(DistributionConfig=config())
    with refused("DistributionNotDisabled", 409):
        cf.delete_distribution(Id=identifier, IfMatch=version)
    whole = cf.get_distribution_config(Id=identifier)["DistributionConfig"]
    assert whole["DefaultCacheBehavior"]["AllowedMethods"]["CachedMethods"]["Quantity"] == 2
    assert whole["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    with refused("PreconditionFailed", 412):
        cf.update_distribution(Id=identifier, IfMatch="stale", DistributionConfig=whole)
    with refused("InvalidIfMatchVersion", 400):
        cf.update_distribution(Id=identifier, DistributionConfig=whole)
    with refused("IllegalUpdate", 400):
        other = {**whole, "CallerReference": "other"}
        cf.update_distribution(Id=identifier, IfMatch=version, DistributionConfig=other)
    disabled = cf.update_distribution(Id=identifier, IfMatch=version, DistributionConfig={**whole, "Enabled": False})
    assert disabled["ETag"] != version and disabled["Distribution"]["Status"] == "InProgress"
    with refused("DistributionNotDisabled", 409):
        cf.delete_distribution(Id=identifier, IfMatch=disabled["ETag"])
    eventually(lambda: status(cf, identifier), "Deployed")
    cf.delete_distribution(Id=identifier, IfMatch=disabled["ETag"])
    with refused("NoSuchDistribution", 404):
        cf.get_distribution(Id=identifier)


@pytest.mark.parametrize(
    ("code", "status", "changed"),
    [
        ("NoSuchOrigin", 404, behaviour(TargetOriginId="other")),
        ("NoSuchCachePolicy", 404, behaviour(CachePolicyId="missing")),
        ("NoSuchResponseHeadersPolicy", 404, behaviour(ResponseHeadersPolicyId="missing")),
        ("InvalidOriginAccessControl", 400, origin(OriginAccessControlId="missing")),
        ("InvalidArgument", 400, origin(DomainName="example.com")),
        ("InvalidArgument", 400, origin(OriginPath="releases")),
        ("InvalidDefaultRootObject", 400, {"DefaultRootObject": "/index.html"}),
        ("InvalidViewerCertificate", 400, {"Aliases": {"Quantity": 1, "Items": ["a.example.com"]}}),
        (
            "InvalidArgument",
            400,
            {"Logging": {"Enabled": True, "IncludeCookies": False, "Bucket": "b.s3", "Prefix": ""}},
        ),
    ],
)
def test_what_no_distribution_may_say(cf: Any, code: str, status: int, changed: dict[str, Any]) -> None:
    with refused(code, status):
        cf.create_distribution(DistributionConfig=config(**changed))


def aliased(reference: str, name: str, arn: str) -> dict[str, Any]:
    certificate = {
        "ACMCertificateArn": arn,
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    return config(reference, Aliases={"Quantity": 1, "Items": [name]}, ViewerCertificate=certificate)


def issued(client: Any, region: str) -> str:
    acm = client("acm", region)
    arn = acm.request_certificate(DomainName="*.example.com", ValidationMethod="DNS")["CertificateArn"]
    eventually(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"], "ISSUED")
    return str(arn)


def test_aliases_need_a_certificate_of_the_one_region_and_are_unique(cf: Any, client: Any) -> None:
    home, away = issued(client, "us-east-1"), issued(client, "eu-west-1")
    with refused("InvalidViewerCertificate", 400, "isn't in us-east-1 region"):
        cf.create_distribution(DistributionConfig=aliased("a", "www.example.com", away))
    with refused("InvalidViewerCertificate", 400, "doesn't cover"):
        cf.create_distribution(DistributionConfig=aliased("a", "www.example.org", home))
    made = cf.create_distribution(DistributionConfig=aliased("a", "www.example.com", home))["Distribution"]
    with refused("CNAMEAlreadyExists", 409):
        cf.create_distribution(DistributionConfig=aliased("b", "WWW.example.com", home))
    acm = client("acm")
    assert acm.describe_certificate(CertificateArn=home)["Certificate"]["InUseBy"] == [made["ARN"]]
    with refused("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=home)


def test_logs_need_a_bucket_with_access_control_lists(cf: Any, client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="edge-logs")
    with refused("InvalidArgument", 400, "does not enable ACL access"):
        cf.create_distribution(DistributionConfig=config(Logging=LOGGING))
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket="edge-logs", OwnershipControls=rules)
    made = cf.create_distribution(DistributionConfig=config(Logging=LOGGING))
    assert made["Distribution"]["DistributionConfig"]["Logging"] == LOGGING


POLICIES: dict[str, dict[str, Any]] = {
    "cache_policy": {"Name": "p", "MinTTL": 0},
    "origin_request_policy": {
        "Name": "p",
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["Accept"]}},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    },
    "response_headers_policy": {
        "Name": "p",
        "CustomHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-A", "Value": "b", "Override": True}]},
    },
    "origin_access_control": {
        "Name": "p",
        "Description": "",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    },
}
USES = {"cache_policy": behaviour, "origin_request_policy": behaviour, "response_headers_policy": behaviour}


@pytest.mark.parametrize("noun", POLICIES)
def test_policies(cf: Any, noun: str) -> None:
    member = "".join(word.capitalize() for word in noun.split("_"))
    plural = f"{noun[:-1]}ies" if noun.endswith("policy") else f"{noun}s"

    def call(verb: str, **params: Any) -> Any:
        return getattr(cf, f"{verb}_{noun}")(**params)

    def wanted(**changed: Any) -> dict[str, Any]:
        return {f"{member}Config": {**POLICIES[noun], **changed}}

    made = call("create", **wanted())
    identifier, version = made[member]["Id"], made["ETag"]
    assert call("get", Id=identifier)[member][f"{member}Config"] == POLICIES[noun]
    with refused(f"{member}AlreadyExists", 409):
        call("create", **wanted())
    found = getattr(cf, f"list_{plural}")(**({"Type": "custom"} if noun in USES else {}))[f"{member}List"]
    assert found["Quantity"] == 1
    with refused("PreconditionFailed", 412):
        call("update", Id=identifier, IfMatch="stale", **wanted())
    changed = call("update", Id=identifier, IfMatch=version, **wanted(Name="q"))
    used = USES.get(noun, origin)(**{f"{member}Id": identifier})
    cf.create_distribution(DistributionConfig=config(**used))
    with refused(f"{member}InUse", 409):
        call("delete", Id=identifier, IfMatch=changed["ETag"])
    second = call("create", **wanted())
    call("delete", Id=second[member]["Id"], IfMatch=second["ETag"])
    with refused(f"NoSuch{member}", 404):
        call("get", Id=second[member]["Id"])


def test_awss_own_policies_cannot_be_changed(cf: Any) -> None:
    own = [
        one["CachePolicy"]["CachePolicyConfig"]["Name"]
        for one in cf.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
    ]
    assert "Managed-CachingDisabled" in own
    with refused("IllegalDelete", 400):
        cf.delete_cache_policy(Id=DISABLED, IfMatch="managed")
    with refused("InvalidArgument", 400, "DefaultTTL"):
        cf.create_cache_policy(CachePolicyConfig={"Name": "x", "MinTTL": 10, "DefaultTTL": 5, "MaxTTL": 20})


def test_a_function_runs_once_it_is_published(cf: Any) -> None:
    settings = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = cf.create_function(Name="index", FunctionConfig=settings, FunctionCode=b"one")
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    with refused("NoSuchFunctionExists", 404):
        cf.get_function(Name="index", Stage="LIVE")
    association = {"Quantity": 1, "Items": [{"FunctionARN": arn, "EventType": "viewer-request"}]}
    with refused("InvalidFunctionAssociation", 400):
        cf.create_distribution(DistributionConfig=config(**behaviour(FunctionAssociations=association)))
    cf.publish_function(Name="index", IfMatch=made["ETag"])
    changed = cf.update_function(Name="index", IfMatch=made["ETag"], FunctionConfig=settings, FunctionCode=b"two")
    assert cf.get_function(Name="index", Stage="LIVE")["FunctionCode"].read() == b"one"
    with refused("PreconditionFailed", 412):
        cf.publish_function(Name="index", IfMatch=made["ETag"])
    cf.publish_function(Name="index", IfMatch=changed["ETag"])
    assert cf.get_function(Name="index", Stage="LIVE")["FunctionCode"].read() == b"two"
    cf.create_distribution(DistributionConfig=config(**behaviour(FunctionAssociations=association)))
    with refused("FunctionInUse", 409):
        cf.delete_function(Name="index", IfMatch=changed["ETag"])
    with refused("FunctionAlreadyExists", 409):
        cf.create_function(Name="index", FunctionConfig=settings, FunctionCode=b"one")
    with refused("FunctionSizeLimitExceeded", 413):
        cf.create_function(Name="large", FunctionConfig=settings, FunctionCode=b"x" * 10241)


def test_tags_are_found_in_one_region(cf: Any, client: Any) -> None:
    tags = {"Items": [{"Key": "stackwright:stack", "Value": "s"}]}
    given = {"DistributionConfig": config(), "Tags": tags}
    arn = cf.create_distribution_with_tags(DistributionConfigWithTags=given)["Distribution"]["ARN"]

    def found(region: str) -> list[str]:
        answer = client("resourcegroupstaggingapi", region).get_resources(
            TagFilters=[{"Key": "stackwright:stack", "Values": ["s"]}]
        )
        return [one["ResourceARN"] for one in answer["ResourceTagMappingList"]]

    assert (found("us-east-1"), found("eu-west-1")) == ([arn], [])
    cf.tag_resource(Resource=arn, Tags={"Items": [{"Key": "a", "Value": "b"}]})
    cf.untag_resource(Resource=arn, TagKeys={"Items": ["stackwright:stack"]})
    assert cf.list_tags_for_resource(Resource=arn)["Tags"]["Items"] == [{"Key": "a", "Value": "b"}]
    assert found("us-east-1") == []


def test_an_invalidation_takes_a_moment(cf: Any) -> None:
    identifier = cf.create_distribution(DistributionConfig=config())["Distribution"]["Id"]
    batch = {"CallerReference": "r", "Paths": {"Quantity": 1, "Items": ["/*"]}}
    made = cf.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)["Invalidation"]
    assert made["Status"] == "InProgress"
    again = cf.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)["Invalidation"]
    assert again["Id"] == made["Id"]
    eventually(
        lambda: cf.get_invalidation(DistributionId=identifier, Id=made["Id"])["Invalidation"]["Status"], "Completed"
    )
    with refused("InvalidArgument", 400):
        wrong = {"CallerReference": "s", "Paths": {"Quantity": 1, "Items": ["index.html"]}}
        cf.create_invalidation(DistributionId=identifier, InvalidationBatch=wrong)
