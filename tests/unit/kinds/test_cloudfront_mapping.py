"""How distributions, their policies and functions are read, compared, laid over what is there, and written."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.api import ApiError
from ansible_collections.stackwright.aws.plugins.module_utils.engine.diff import differs, show
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import ResourceError
from ansible_collections.stackwright.aws.plugins.module_utils.kinds import cloudfront
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.cloudfront import (
    CACHE_POLICY,
    DISTRIBUTION,
    FUNCTION,
    ORIGIN_ACCESS_CONTROL,
    RESPONSE_HEADERS_POLICY,
)
from ansible_collections.stackwright.aws.plugins.module_utils.kinds.cloudfront.shape import (
    distribution_request,
    overlaid,
    requested,
    stated,
    without_secrets,
)
from tests.unit.kinds import schemas
from tests.unit.kinds.canned import OWNER, CannedApi, missing, scope, work

ARN = "arn:aws:cloudfront::123456789012:distribution/E1"
INDEX = "resourcegroupstaggingapi.get_resources"

#: As the API answers it, with AWS's defaults filled in.
CONFIG: dict[str, Any] = {
    "CallerReference": "0" * 32,
    "Aliases": {"Quantity": 2, "Items": ["www.example.com", "example.com"]},
    "Comment": "",
    "Enabled": True,
    "IsIPV6Enabled": True,
    "WebACLId": "",
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "site",
                "DomainName": "site.s3.us-east-1.amazonaws.com",
                "OriginPath": "/releases/7",
                "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-From", "HeaderValue": "edge"}]},
                "S3OriginConfig": {"OriginAccessIdentity": ""},
                "OriginAccessControlId": "E2",
            }
        ],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "AllowedMethods": {
            "Quantity": 2,
            "Items": ["HEAD", "GET"],
            "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
        },
        "CachePolicyId": "cp",
    },
    "CacheBehaviors": {"Quantity": 0},
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "ViewerCertificate": {
        "ACMCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 1, "Items": ["DE"]}},
}
ITEM = {"Id": "E1", "ARN": ARN, "Status": "Deployed", "ETag": "V1", "DistributionConfig": CONFIG}


def plain() -> dict[str, Any]:
    found: dict[str, Any] = DISTRIBUTION.parse(ITEM).properties["DistributionConfig"]
    return found


def test_answers_take_cloudformations_shape() -> None:
    config = plain()
    assert config["Aliases"] == ["www.example.com", "example.com"]
    assert config["Origins"][0]["OriginCustomHeaders"] == [{"HeaderName": "X-From", "HeaderValue": "edge"}]
    assert config["DefaultCacheBehavior"]["CachedMethods"] == ["HEAD", "GET"]
    assert config["ViewerCertificate"]["AcmCertificateArn"].endswith("certificate/1")
    assert config["Restrictions"] == {"GeoRestriction": {"RestrictionType": "whitelist", "Locations": ["DE"]}}
    assert config["IPV6Enabled"] is True and config["CacheBehaviors"] == []


def test_what_was_read_is_written_back_as_it_was() -> None:
    assert distribution_request(stated(CONFIG)) == CONFIG


@pytest.mark.parametrize(
    ("member", "value", "changed"),
    [
        ("Aliases", ["Example.com", "www.example.com"], False),
        ("Aliases", ["example.com"], True),
        ("WebACLId", None, False),
        ("Logging", {"Bucket": ""}, False),
        ("Logging", {"Bucket": "logs.s3.amazonaws.com"}, True),
        ("DefaultCacheBehavior", {"AllowedMethods": ["GET", "HEAD"]}, False),
        ("DefaultCacheBehavior", {"AllowedMethods": ["GET", "HEAD", "OPTIONS"]}, True),
        ("Origins", [{"Id": "site", "OriginAccessControlId": "E2"}], False),
        ("Origins", [{"Id": "site", "OriginPath": "/releases/8"}], True),
        ("CustomErrorResponses", [], False),
        ("OriginGroups", {"Quantity": 0, "Items": []}, False),
    ],
)
def test_distributions_are_compared_by_meaning(member: str, value: Any, changed: bool) -> None:
    prop = DISTRIBUTION.properties["DistributionConfig"]
    assert differs(prop, {member: value}, plain()) is changed


def test_the_order_of_behaviours_counts() -> None:
    first, second = ({"PathPattern": path, "TargetOriginId": "site"} for path in ("/a/*", "/b/*"))
    prop = DISTRIBUTION.properties["DistributionConfig"]
    assert differs(prop, {"CacheBehaviors": [second, first]}, {"CacheBehaviors": [first, second]})


def update(desired: dict[str, Any]) -> dict[str, Any]:
    api = CannedApi({"cloudfront.update_distribution": {"Distribution": ITEM, "ETag": "V2"}})
    item = DISTRIBUTION.updates[0].step(work(api, DISTRIBUTION, {"DistributionConfig": desired}, ITEM))  # type: ignore[operator]
    assert item["ETag"] == "V2"
    return api.params("cloudfront.update_distribution")


def test_an_update_keeps_what_is_not_stated() -> None:
    """Above all the path of an origin, which releases own."""
    origin = {"Id": "site", "DomainName": "site.s3.us-east-1.amazonaws.com", "S3OriginConfig": {}}
    params = update({"Origins": [origin], "Comment": "Shop"})
    assert (params["Id"], params["IfMatch"]) == ("E1", "V1")
    config = params["DistributionConfig"]
    assert config["Origins"]["Items"][0]["OriginPath"] == "/releases/7"
    assert config["Comment"] == "Shop"
    assert config == {**CONFIG, "Comment": "Shop"}


def test_a_certificate_takes_the_place_of_the_whole_old_one() -> None:
    config = update({"ViewerCertificate": {"CloudFrontDefaultCertificate": True}})["DistributionConfig"]
    assert config["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}


def test_what_excludes_what_is_stated_goes() -> None:
    old = {"TargetOriginId": "a", "ForwardedValues": {"QueryString": False}, "MinTTL": 0, "Compress": True}
    new = overlaid(old, {"CachePolicyId": "cp"})
    assert new == {"TargetOriginId": "a", "Compress": True, "CachePolicyId": "cp"}
    custom = overlaid({"Id": "a", "CustomOriginConfig": {}, "OriginPath": "/x"}, {"Id": "a", "S3OriginConfig": {}})
    assert custom == {"Id": "a", "OriginPath": "/x", "S3OriginConfig": {}}


def test_members_that_the_api_insists_on() -> None:
    assert requested({"CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}}) == {
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    }
    assert requested({"TrustedKeyGroups": ["k"]}) == {
        "TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": ["k"]}
    }
    assert requested({"CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": 200}]}) == {
        "CustomErrorResponses": {"Quantity": 1, "Items": [{"ErrorCode": 404, "ResponseCode": "200"}]}
    }


def indexed(*arns: str) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in OWNER.items()]
    return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags} for arn in arns]}


def listing(index: dict[str, Any]) -> CannedApi:
    summary = {"Id": "E1", "ARN": ARN, "Aliases": CONFIG["Aliases"]}
    other = {"Id": "E9", "ARN": f"{ARN}9", "Aliases": {"Quantity": 0}}
    return CannedApi(
        {
            INDEX: index,
            "cloudfront.list_distributions": {"DistributionList": {"Items": [summary, other]}},
            "cloudfront.get_distribution": {"Distribution": ITEM, "ETag": "V1"},
            "cloudfront.list_tags_for_resource": {"Tags": {"Items": []}},
        }
    )


def test_distributions_are_ours_by_tag_or_found_by_alias() -> None:
    api = listing(indexed(ARN))
    (item,) = DISTRIBUTION.list(scope(api))
    assert DISTRIBUTION.parse(item).stack == OWNER["stackwright:stack"]
    assert "cloudfront.list_tags_for_resource" not in api.names()
    api = listing(indexed())
    wanted = {"DistributionConfig": {"Aliases": ["example.com"]}}
    assert [item["Id"] for item in DISTRIBUTION.list(scope(api, wanted))] == ["E1"]
    assert list(DISTRIBUTION.list(scope(listing(indexed())))) == []


def test_the_tags_of_what_has_no_region_are_asked_for_in_one_place() -> None:
    class Placed(CannedApi):
        def pages(self, *args: Any, region: str = "") -> list[Any]:
            self.asked.append((f"region of {args[1]}", {"is": region}))
            return []

    api = Placed()
    list(DISTRIBUTION.list(scope(api).__class__(api=api, stack="shop-prod", region="eu-west-1")))
    assert api.params("region of get_resources") == {"is": "us-east-1"}


def test_a_repeated_create_finds_what_the_first_one_made() -> None:
    refusal = ApiError("DistributionAlreadyExists", "The caller reference … Already exists: E1ABCDEFGH2345")
    api = CannedApi(
        {
            "cloudfront.create_distribution_with_tags": refusal,
            "cloudfront.get_distribution": {"Distribution": ITEM, "ETag": "V1"},
        }
    )
    desired = {"DistributionConfig": {"Enabled": True}}
    assert DISTRIBUTION.create(work(api, DISTRIBUTION, desired))["Id"] == "E1"  # type: ignore[misc, operator, index]
    assert api.params("cloudfront.get_distribution") == {"Id": "E1ABCDEFGH2345"}
    made = api.params("cloudfront.create_distribution_with_tags")["DistributionConfigWithTags"]
    assert made["DistributionConfig"]["CallerReference"] == "0" * 32
    assert {tag["Key"] for tag in made["Tags"]["Items"]} == set(OWNER)


def test_a_distribution_is_disabled_before_it_is_deleted() -> None:
    api = CannedApi(
        {
            "cloudfront.get_distribution": {"Distribution": ITEM, "ETag": "V5"},
            "cloudfront.update_distribution": {"Distribution": ITEM, "ETag": "V6"},
        }
    )
    job = work(api, DISTRIBUTION, {}, ITEM)
    DISTRIBUTION.before_delete(job)  # type: ignore[misc, operator]
    DISTRIBUTION.delete(job)  # type: ignore[misc, operator]
    disabled = api.params("cloudfront.update_distribution")
    assert disabled["DistributionConfig"] == {**CONFIG, "Enabled": False} and disabled["IfMatch"] == "V5"
    assert api.params("cloudfront.delete_distribution") == {"Id": "E1", "IfMatch": "V5"}


# Policies


def cache(comment: str, name: str = "shop", identifier: str = "P1") -> dict[str, Any]:
    config = {"Name": name, "MinTTL": 0, "Comment": comment}
    return {"Id": identifier, "CachePolicyConfig": config, "ETag": "V1"}


def test_a_policy_is_whose_its_comment_says() -> None:
    assert CACHE_POLICY.parse(cache("For the shop stackwright/shop-prod/main")).tags == OWNER
    assert CACHE_POLICY.parse(cache("For the shop stackwright/shop-prod/main")).properties["CachePolicyConfig"] == {
        "Name": "shop",
        "MinTTL": 0,
        "Comment": "For the shop",
    }
    for other in ("", "somebody's", "stackwright/alone"):
        assert CACHE_POLICY.parse(cache(other)).tags == {}


def test_a_policy_is_marked_when_it_is_made_and_when_it_is_taken_over() -> None:
    answer = {"CachePolicy": cache(""), "ETag": "V2"}
    api = CannedApi(
        {
            "cloudfront.create_cache_policy": answer,
            "cloudfront.update_cache_policy": answer,
            "cloudfront.get_cache_policy_config": {"ETag": "V7"},
        }
    )
    desired = {"CachePolicyConfig": {"Name": "shop", "MinTTL": 0}}
    CACHE_POLICY.create(work(api, CACHE_POLICY, desired))  # type: ignore[misc, operator]
    made = api.params("cloudfront.create_cache_policy")["CachePolicyConfig"]
    assert made["Comment"] == "stackwright/shop-prod/main"
    CACHE_POLICY.tag(work(api, CACHE_POLICY, desired, cache("")))  # type: ignore[misc, operator]
    marked = api.params("cloudfront.update_cache_policy")
    assert (marked["IfMatch"], marked["CachePolicyConfig"]) == ("V7", made)
    with pytest.raises(ResourceError, match="has 147 characters"):
        CACHE_POLICY.create(work(api, CACHE_POLICY, {"CachePolicyConfig": {**made, "Comment": "x" * 120}}))  # type: ignore[misc, operator]


def test_policies_are_listed_page_by_page() -> None:
    def page(params: dict[str, Any]) -> dict[str, Any]:
        if params.get("Marker") == "next":
            return {"CachePolicyList": {"Items": [{"CachePolicy": cache("", "described", "P3")}]}}
        items = [
            {"CachePolicy": cache(text, f"n{i}", f"P{i}")} for i, text in enumerate(["x stackwright/shop-prod/a", "x"])
        ]
        return {"CachePolicyList": {"Items": items, "NextMarker": "next"}}

    api = CannedApi({"cloudfront.list_cache_policies": page})
    wanted = {"CachePolicyConfig": {"Name": "described"}}
    assert [item["Id"] for item in CACHE_POLICY.list(scope(api, wanted))] == ["P0", "P3"]


def test_an_access_control_is_listed_flat_and_read_whole() -> None:
    flat = {"Id": "E3", "Name": "shop", "Description": "stackwright/shop-prod/main", "SigningBehavior": "always"}
    api = CannedApi({"cloudfront.list_origin_access_controls": {"OriginAccessControlList": {"Items": [flat]}}})
    (item,) = ORIGIN_ACCESS_CONTROL.list(scope(api))
    observed = ORIGIN_ACCESS_CONTROL.parse(item)
    assert (observed.id, observed.tags) == ("E3", OWNER)
    assert observed.properties["OriginAccessControlConfig"] == {
        "Name": "shop",
        "Description": "",
        "SigningBehavior": "always",
    }


def test_a_header_that_is_no_longer_described_is_a_difference() -> None:
    prop = RESPONSE_HEADERS_POLICY.properties["ResponseHeadersPolicyConfig"]
    frame = {"FrameOptions": {"FrameOption": "DENY", "Override": True}}
    there = {"Name": "x", "SecurityHeadersConfig": {**frame, "ContentTypeOptions": {"Override": True}}}
    assert differs(prop, {"Name": "x", "SecurityHeadersConfig": frame}, there)
    timing = {"ServerTimingHeadersConfig": {"Enabled": False, "SamplingRate": 0.0}}
    assert not differs(prop, there, {**there, **timing})


# Functions


def function(live: bool) -> CannedApi:
    summary = {
        "Name": "index",
        "FunctionConfig": {"Comment": "draft" if not live else "live", "Runtime": "cloudfront-js-2.0"},
        "FunctionMetadata": {"FunctionARN": "arn:aws:cloudfront::123456789012:function/index"},
    }

    def describe(params: dict[str, Any]) -> dict[str, Any]:
        if params.get("Stage") == "LIVE" and not live:
            raise missing("NoSuchFunctionExists")
        return {"FunctionSummary": summary, "ETag": "L1" if params.get("Stage") == "LIVE" else "D1"}

    return CannedApi(
        {
            "cloudfront.describe_function": describe,
            "cloudfront.get_function": lambda _params: {"FunctionCode": io.BytesIO(b"code")},
            "cloudfront.list_tags_for_resource": {"Tags": {"Items": []}},
            "cloudfront.list_functions": {"FunctionList": {}},
            "cloudfront.update_function": {"FunctionSummary": summary, "ETag": "D2"},
        }
    )


def test_what_counts_is_the_live_code() -> None:
    (item,) = FUNCTION.list(scope(function(live=True), {"Name": "index"}))
    observed = FUNCTION.parse(item)
    assert (observed.properties["FunctionCode"], item["ETag"]) == ("code", "D1")
    (draft,) = FUNCTION.list(scope(function(live=False), {"Name": "index"}))
    assert FUNCTION.parse(draft).properties["FunctionCode"] is None


def test_a_change_goes_live_by_the_version_that_it_made() -> None:
    api = function(live=True)
    (item,) = FUNCTION.list(scope(api, {"Name": "index"}))
    job = work(api, FUNCTION, {"Name": "index", "FunctionCode": "new"}, item)
    FUNCTION.updates[0].step(job)  # type: ignore[operator]
    changed = api.params("cloudfront.update_function")
    assert (changed["IfMatch"], changed["FunctionCode"]) == ("D1", b"new")
    assert changed["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
    assert api.params("cloudfront.publish_function") == {"Name": "index", "IfMatch": "D2"}


def test_a_new_function_is_published_as_it_was_made() -> None:
    api = function(live=False)
    api.answers["cloudfront.create_function"] = api.answers["cloudfront.update_function"]
    desired = {"Name": "index", "FunctionCode": "new", "FunctionConfig": {"Runtime": "cloudfront-js-2.0"}}
    made = FUNCTION.create(work(api, FUNCTION, desired))  # type: ignore[misc, operator]
    assert FUNCTION.parse(made).properties["FunctionCode"] is None
    live = FUNCTION.updates[0].step(work(api, FUNCTION, desired, made))  # type: ignore[operator]
    assert api.names() == ["cloudfront.create_function", "cloudfront.publish_function"]
    assert FUNCTION.parse(live).properties["FunctionCode"] == "new"


def test_a_draft_whose_making_was_cut_short_is_made_as_stated_and_published() -> None:
    api = function(live=False)
    (draft,) = FUNCTION.list(scope(api, {"Name": "index"}))
    api.asked.clear()
    FUNCTION.updates[0].step(work(api, FUNCTION, {"Name": "index", "FunctionCode": "new"}, draft))  # type: ignore[operator]
    assert api.names() == ["cloudfront.update_function", "cloudfront.publish_function"]


# CloudFormation's schemas

LEFT_OUT = {"AWS::CloudFront::Function": {"FunctionMetadata"}}


@pytest.mark.parametrize("kind", cloudfront.KINDS, ids=lambda kind: kind.type)
def test_kinds_agree_with_cloudformation(kind: Any) -> None:
    assert set(kind.properties) == schemas.writable(kind.type) - LEFT_OUT.get(kind.type, set())
    immutable = {name for name, prop in kind.properties.items() if prop.immutable}
    assert immutable == schemas.names(kind.type, "createOnlyProperties")


def test_headers_by_which_an_origin_knows_a_distribution_are_not_shown() -> None:
    shown = without_secrets(stated(CONFIG))
    assert shown["Origins"][0]["OriginCustomHeaders"] == [{"HeaderName": "X-From", "HeaderValue": "(sensitive)"}]
    assert shown["Comment"] == ""
    assert "edge" not in str(show(DISTRIBUTION.properties["DistributionConfig"], stated(CONFIG)))
