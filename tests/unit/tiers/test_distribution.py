"""The distribution tier."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.tiers.base import Context, Entry, Export, Tier
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.catalog import Catalog
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.distribution import SPEC
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.distribution_origins import Origins
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.options import validate

from .build import document, get, of, plain, problems, warnings

DISTRIBUTION = "AWS::CloudFront::Distribution"
RECORD = "AWS::Route53::RecordSet"
HOME = "us-east-1"

ZONES = {"example.com": {}}
CERTIFICATES: dict[str, Any] = {
    "regional": {"domain": "example.com", "alternative_names": ["*.example.com"], "zone": "zone.example.com"},
    "edge": {
        "domain": "example.com",
        "alternative_names": ["*.example.com"],
        "zone": "zone.example.com",
        "in_region": HOME,
    },
}
BALANCER = {"web": {"certificate": "regional", "routes": []}}


def site(**options: Any) -> Any:
    """A document with a distribution `web` of a bucket."""
    return document(
        zones=ZONES,
        certificates=CERTIFICATES,
        buckets={"site": {}, "logs": {}},
        load_balancers=BALANCER,
        distributions={"web": {"to": "bucket.site", **options}},
    )


def config(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = plain(get(site(**options), DISTRIBUTION, "web").properties["DistributionConfig"])
    return found


def wrong(**options: Any) -> list[str]:
    return problems(
        zones=ZONES,
        certificates=CERTIFICATES,
        buckets={"site": {}},
        load_balancers={**BALANCER, "inner": {"internal": True}},
        distributions={"web": {"to": "bucket.site", **options}},
    )


def test_a_site_of_a_bucket() -> None:
    found = config()
    assert found["Origins"] == [
        {
            "Id": "bucket.site",
            "DomainName": "<Bucket site RegionalDomainName>",
            "S3OriginConfig": {},
            "OriginAccessControlId": "<OriginAccessControl web Id>",
            "OriginPath": "",
        }
    ]
    behaviour = found["DefaultCacheBehavior"]
    assert (behaviour["TargetOriginId"], behaviour["ViewerProtocolPolicy"]) == ("bucket.site", "redirect-to-https")
    assert behaviour["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    assert behaviour["OriginRequestPolicyId"] == "" and behaviour["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert (found["DefaultRootObject"], found["HttpVersion"], found["IPV6Enabled"]) == ("index.html", "http2and3", True)
    assert found["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}


def test_the_bucket_lets_in_this_distribution_and_nobody_else() -> None:
    statements = plain(get(site(), "AWS::S3::BucketPolicy", "site").properties["PolicyDocument"])["Statement"]
    assert statements[1:] == [
        {
            "Sid": "Distributions",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": "<Bucket site Arn>/*",
            "Condition": {
                "StringEquals": {
                    "aws:SourceArn": [
                        "arn:<AWS Partition>:cloudfront::<AWS AccountId>:distribution/<Distribution web Id>"
                    ]
                }
            },
        }
    ]
    logs = plain(get(site(), "AWS::S3::BucketPolicy", "logs").properties["PolicyDocument"])["Statement"]
    assert len(logs) == 1


def test_aliases_take_the_certificate_of_the_one_region_and_get_records() -> None:
    doc = site(aliases=["www.example.com"])
    found = plain(get(doc, DISTRIBUTION, "web").properties["DistributionConfig"])
    assert found["ViewerCertificate"] == {
        "AcmCertificateArn": "<Certificate edge CertificateArn>",
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    records = {name: plain(value) for name, value in of(doc, RECORD).items() if name.startswith("distribution.web")}
    assert {value["Type"] for value in records.values()} == {"A", "AAAA"}
    for value in records.values():
        assert (value["Name"], value["HostedZoneId"]) == ("www.example.com.", "<HostedZone example.com Id>")
        assert value["AliasTarget"] == {
            "DNSName": "<Distribution web DomainName>",
            "HostedZoneId": "Z2FDTNDATAQYW2",
            "EvaluateTargetHealth": False,
        }


def test_two_certificates_of_one_name_share_the_record_that_proves_it() -> None:
    names = [name for name in of(site(), RECORD) if "/validation/" in name]
    assert names == ["regional/validation/example.com"]


def test_records_that_the_zone_describes_are_left_to_it() -> None:
    for zone, expected in (
        ({"www": {"alias": "distribution.web"}}, []),
        ({"w": {"values": ["192.0.2.1"]}}, ["A", "AAAA"]),
    ):
        doc = document(
            zones={"example.com": {"records": zone}},
            certificates=CERTIFICATES,
            buckets={"site": {}},
            distributions={"web": {"to": "bucket.site", "aliases": ["www.example.com"]}},
        )
        made = [value["Type"] for name, value in of(doc, RECORD).items() if name.startswith("distribution.web")]
        assert made == expected
        described = [plain(value) for name, value in of(doc, RECORD).items() if name == "example.com/www"]
        assert all(one["AliasTarget"]["EvaluateTargetHealth"] is False for one in described)
    assert [name for name in of(site(aliases=["www.example.com"], dns=False), RECORD) if "distribution" in name] == []


def test_routes_to_what_computes_its_answers() -> None:
    found = config(routes=[{"paths": ["/api/*", "/ws"], "to": "load_balancer.web"}])
    assert [one["PathPattern"] for one in found["CacheBehaviors"]] == ["/api/*", "/ws"]
    behaviour = found["CacheBehaviors"][0]
    assert behaviour["TargetOriginId"] == "load_balancer.web" and "POST" in behaviour["AllowedMethods"]
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behaviour["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    origin = found["Origins"][1]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_another_host() -> None:
    found = config(to="https://api.example.org:8443/v1", origin_headers={"X-From": "edge"})
    (origin,) = found["Origins"]
    assert (origin["DomainName"], origin["OriginPath"]) == ("api.example.org", "/v1")
    assert origin["CustomOriginConfig"]["HTTPSPort"] == 8443
    assert origin["OriginCustomHeaders"] == [{"HeaderName": "X-From", "HeaderValue": "edge"}]
    assert found["DefaultRootObject"] == ""
    assert found["DefaultCacheBehavior"]["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@pytest.mark.parametrize(("stage", "path"), [("prod", "/prod"), ("$default", "")])
def test_an_api_is_reached_at_its_stage(stage: str, path: str) -> None:
    tier = Tier(section="apis", reference="api", spec={}, compile=lambda *_: [])
    catalog = Catalog({tier.reference: tier})
    values = {"host": "abc.execute-api.eu-west-1.amazonaws.com", "stage": stage}
    catalog.add(Entry(tier=tier, name="main", options={}, export=Export(values=values)))
    context = Context(system="shop", env="prod", region="eu-west-1", catalog=catalog, path="distributions.web")
    options = validate(SPEC, {"to": "api.main"}, "distributions.web", [])
    origins = Origins(options, context)
    assert origins.add("api.main", "to") == "api.main" and context.problems == []
    (origin,) = origins.listed
    assert (origin["DomainName"], origin["OriginPath"]) == (values["host"], path)
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_what_is_kept_and_passed_on() -> None:
    cache = {"default_ttl": 3600, "query_strings": ["v"], "headers": ["Accept"], "cookies": ["*"]}
    doc = site(
        cache=cache,
        routes=[{"paths": ["/a/*"], "forward": {"headers": ["*"]}, "cache": {"max_ttl": 0, "default_ttl": 0}}],
    )
    policies = {name: value["CachePolicyConfig"] for name, value in of(doc, "AWS::CloudFront::CachePolicy").items()}
    assert set(policies) == {"web/default", "web/1-a"}
    kept = policies["web/default"]
    assert (kept["Name"], kept["DefaultTTL"], kept["MaxTTL"]) == ("shop-prod-web-default", 3600, 31536000)
    inner = kept["ParametersInCacheKeyAndForwardedToOrigin"]
    assert inner["QueryStringsConfig"] == {"QueryStringBehavior": "whitelist", "QueryStrings": ["v"]}
    assert inner["CookiesConfig"] == {"CookieBehavior": "all"}
    assert inner["EnableAcceptEncodingBrotli"] is True
    # What is not kept cannot be compressed.
    assert policies["web/1-a"]["ParametersInCacheKeyAndForwardedToOrigin"]["EnableAcceptEncodingGzip"] is False
    (forward,) = of(doc, "AWS::CloudFront::OriginRequestPolicy").values()
    assert forward["OriginRequestPolicyConfig"]["HeadersConfig"] == {"HeaderBehavior": "allViewer"}
    assert forward["OriginRequestPolicyConfig"]["CookiesConfig"] == {"CookieBehavior": "none"}


def test_browsers_are_told_to_protect_visitors() -> None:
    (policy,) = of(site(headers={"X-Team": "web"}), "AWS::CloudFront::ResponseHeadersPolicy").values()
    config = policy["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    assert security["ContentSecurityPolicy"]["ContentSecurityPolicy"].startswith("default-src 'self'")
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 63072000
    assert security["FrameOptions"]["FrameOption"] == "DENY" and security["ContentTypeOptions"] == {"Override": True}
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "strict-origin-when-cross-origin"
    assert [(item["Header"], item["Value"]) for item in config["CustomHeadersConfig"]["Items"]] == [
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ("X-Team", "web"),
    ]
    assert of(site(security_headers={"enabled": False}), "AWS::CloudFront::ResponseHeadersPolicy") == {}


def test_functions_run_where_they_are_said_to() -> None:
    code = "function handler(event) { return event.request; }"
    doc = site(
        spa=True,
        routes=[{"paths": ["/api/*"], "to": "load_balancer.web"}],
        functions={"check": {"code": code, "paths": ["/api/*"]}, "stamp": {"code": code, "event": "viewer_response"}},
    )
    made = of(doc, "AWS::CloudFront::Function")
    assert set(made) == {"web/check", "web/stamp", "web/spa"} and made["web/check"]["AutoPublish"] is True
    found = plain(get(doc, DISTRIBUTION, "web").properties["DistributionConfig"])
    assert found["DefaultCacheBehavior"]["FunctionAssociations"] == [
        {"EventType": "viewer-response", "FunctionARN": "<Function web/stamp FunctionARN>"},
        {"EventType": "viewer-request", "FunctionARN": "<Function web/spa FunctionARN>"},
    ]
    assert found["CacheBehaviors"][0]["FunctionAssociations"] == [
        {"EventType": "viewer-request", "FunctionARN": "<Function web/check FunctionARN>"}
    ]


def test_releases_own_the_path_of_the_bucket() -> None:
    assert "OriginPath" not in config(releases=True)["Origins"][0]
    assert config(origin_path="/v1")["Origins"][0]["OriginPath"] == "/v1"


def test_a_spare_origin() -> None:
    found = config(failover_to="https://spare.example.org")
    (group,) = found["OriginGroups"]["Items"]
    assert [one["OriginId"] for one in group["Members"]["Items"]] == ["bucket.site", "https://spare.example.org"]
    assert 403 in group["FailoverCriteria"]["StatusCodes"]["Items"]
    assert found["DefaultCacheBehavior"]["TargetOriginId"] == "failover"


def test_a_route_has_a_spare_origin_of_its_own() -> None:
    buckets = {"assets": {"replicate_to": {"region": "us-west-2", "name": "shop-assets-copy"}}}
    route = {"paths": ["/static/*"], "to": "bucket.assets", "failover_to": "bucket.assets.copy"}
    web = {"web": {"to": "https://origin.example.org", "routes": [route]}}
    doc = document(buckets=buckets, distributions=web)
    found = plain(get(doc, DISTRIBUTION, "web").properties["DistributionConfig"])
    assert [one["DomainName"] for one in found["Origins"]] == [
        "origin.example.org",
        "<Bucket assets RegionalDomainName>",
        "<Bucket assets/copy RegionalDomainName>",
    ]
    (group,) = found["OriginGroups"]["Items"]
    assert [one["OriginId"] for one in group["Members"]["Items"]] == ["bucket.assets", "bucket.assets.copy"]
    (behaviour,) = found["CacheBehaviors"]
    assert (behaviour["TargetOriginId"], behaviour["AllowedMethods"]) == (group["Id"], ["GET", "HEAD", "OPTIONS"])
    assert found["DefaultCacheBehavior"]["TargetOriginId"] == "https://origin.example.org"
    for bucket in ("assets", "assets/copy"):
        policy = plain(get(doc, "AWS::S3::BucketPolicy", bucket).properties["PolicyDocument"])
        (allowed,) = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
        assert (allowed["Action"], allowed["Resource"]) == ("s3:GetObject", f"<Bucket {bucket} Arn>/*")
    (problem,) = problems(buckets={"assets": {}}, distributions=web)
    assert "bucket.assets has no copy; let it `replicate_to` a region" in problem


def test_error_pages_logs_and_countries() -> None:
    doc = site(
        error_pages=[{"status": 404, "page": "/404.html"}, {"status": 500, "cache_seconds": 0}],
        access_log_bucket="bucket.logs",
        allow_countries=["DE", "FR"],
    )
    found = plain(get(doc, DISTRIBUTION, "web").properties["DistributionConfig"])
    assert found["CustomErrorResponses"] == [
        {"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": 404, "ErrorCachingMinTTL": 10},
        {"ErrorCode": 500, "ResponsePagePath": "", "ResponseCode": "", "ErrorCachingMinTTL": 0},
    ]
    assert found["Logging"] == {"Bucket": "<Bucket logs DomainName>", "Prefix": "web/"}
    # CloudFront writes its logs by an access control list.
    ownership = get(doc, "AWS::S3::Bucket", "logs").properties["OwnershipControls"]
    assert ownership == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    assert found["Restrictions"]["GeoRestriction"] == {"RestrictionType": "whitelist", "Locations": ["DE", "FR"]}


def test_the_web_acl_that_says_it_is_for_it() -> None:
    acls = {"edge": {"for": ["distribution.web"]}, "other": {}}
    doc = document(buckets={"site": {}}, web_acls=acls, distributions={"web": {"to": "bucket.site"}})
    assert plain(get(doc, DISTRIBUTION, "web").properties)["DistributionConfig"]["WebACLId"] == "<WebACL edge Arn>"
    said = problems(
        buckets={"site": {}}, web_acls=acls, distributions={"web": {"to": "bucket.site", "web_acl": "other"}}
    )
    assert any(line.startswith("distributions.web.web_acl: the web ACL other protects") for line in said)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to": "bucket.sites"}, "distributions.web.to: 'bucket.sites' names nothing"),
        ({"to": "site"}, "distributions.web.to: 'site' is neither a reference"),
        ({"to": "load_balancer.inner"}, "distributions.web.to: 'load_balancer.inner' is internal"),
        ({"to": "zone.example.com"}, "distributions.web.to: 'zone.example.com' is nothing that CloudFront could serve"),
        ({"origin_path": "v1"}, "distributions.web.origin_path: 'v1' must begin with /"),
        ({"to": "load_balancer.web", "releases": True}, "distributions.web.releases: 'load_balancer.web' is no bucket"),
        ({"to": "load_balancer.web", "spa": True}, "distributions.web.spa: 'load_balancer.web' is no bucket"),
        ({"spa": True, "index_documents": True}, "distributions.web.functions.index-documents: is the second one"),
        ({"cache": {"default_ttl": 9, "max_ttl": 8}}, "distributions.web.cache: default_ttl 9 is not between"),
        ({"cache": {"headers": ["*"]}}, "distributions.web.cache.headers: '*' would keep nothing"),
        ({"functions": {"x": {"code": "x", "paths": ["/x"]}}}, "distributions.web.functions: '/x' is in the paths"),
        ({"aliases": ["shop.example.org"]}, "distributions.web.certificate: is not set, and no entry"),
        (
            {"aliases": ["www.example.com"], "certificate": "regional"},
            "distributions.web.certificate: the certificate stands in eu-west-1",
        ),
        (
            {"aliases": ["shop.example.org"], "certificate": "edge"},
            "distributions.web.certificate: 'edge' does not cover shop.example.org",
        ),
        ({"releases": True, "origin_path": "/v1"}, "distributions.web.releases: own the path of the bucket"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], message: str) -> None:
    assert any(line.startswith(message) for line in wrong(**options)), wrong(**options)


ALARM = {"of": "distribution.web", "metric": "errors_5xx", "above": 5}


def watched(topics: dict[str, Any], **alarm: Any) -> dict[str, Any]:
    return {
        "buckets": {"site": {}},
        "distributions": {"web": {"to": "bucket.site"}},
        "topics": topics,
        "monitoring": {"notify": list(topics), "alarms": {"errors": {**ALARM, **alarm}}},
    }


def test_alarms_stand_where_the_metrics_are() -> None:
    alarm = get(document(**watched({"edge": {"in_region": HOME}})), "AWS::CloudWatch::Alarm", "errors")
    assert (alarm.region, alarm.properties["MetricName"]) == (HOME, "5xxErrorRate")
    assert plain(alarm.properties["Dimensions"]) == [
        {"Name": "DistributionId", "Value": "<Distribution web Id>"},
        {"Name": "Region", "Value": "Global"},
    ]
    assert any(
        "monitoring.alarms.errors.notify: 'ops' stands in eu-west-1" in line
        for line in problems(**watched({"ops": {}}))
    )


def test_alarms_on_what_protects_distributions_stand_there_too() -> None:
    watch = {"of": "web_acl.edge", "metric": "blocked"}
    site = {**watched({"edge": {"in_region": HOME}}, **watch), "web_acls": {"edge": {"for": ["distribution.web"]}}}
    assert get(document(**site), "AWS::CloudWatch::Alarm", "errors").region == HOME
    regional = {**watched({"edge": {}}, **watch), "web_acls": {"edge": {}}}
    assert get(document(**regional), "AWS::CloudWatch::Alarm", "errors").region == ""


def test_a_bucket_against_a_quota() -> None:
    size = {"of": "bucket.site", "metric": "size", "above": 80e9, "period_seconds": 86400}
    alarm = get(document(**watched({"ops": {}}, **size)), "AWS::CloudWatch::Alarm", "errors")
    assert (alarm.region, alarm.properties["MetricName"]) == ("", "BucketSizeBytes")
    assert alarm.properties["Dimensions"] == [
        {"Name": "BucketName", "Value": "shop-site-prod"},
        {"Name": "StorageType", "Value": "StandardStorage"},
    ]
    said = problems(**watched({"ops": {}}, **{**size, "period_seconds": 300}))
    assert any("period_seconds: 300: size of bucket.site comes every 86400 s" in line for line in said)


def test_what_is_behind_and_has_no_name_for_it_is_warned_of() -> None:
    found = warnings(
        zones=ZONES,
        certificates={**CERTIFICATES, "bare": {"domain": "example.com", "zone": "zone.example.com"}},
        load_balancers={"web": {"certificate": "bare", "routes": []}},
        distributions={"web": {"to": "load_balancer.web", "aliases": ["www.example.com"]}},
    )
    assert any("load_balancer.web gets requests for www.example.com" in line for line in found)
