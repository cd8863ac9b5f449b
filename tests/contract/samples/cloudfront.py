"""CloudFront."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.engine.document import Resource
from tests.contract.sample import Sample

BUCKET = Resource("AWS::S3::Bucket", "site", {"BucketName": "contract-site"})


def _cache(default: int) -> dict[str, Any]:
    return {
        "Name": "contract-cache",
        "DefaultTTL": default,
        "MaxTTL": 31536000,
        "MinTTL": 0,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True,
            "EnableAcceptEncodingBrotli": True,
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Origin", "Accept"]},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": ["v"]},
        },
    }


def _forward(headers: list[str]) -> dict[str, Any]:
    return {
        "Name": "contract-forward",
        "Comment": "What the application reads",
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": headers},
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }


def _headers(frame: str) -> dict[str, Any]:
    return {
        "Name": "contract-headers",
        "SecurityHeadersConfig": {
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"FrameOption": frame, "Override": True},
            "StrictTransportSecurity": {"AccessControlMaxAgeSec": 63072000, "Override": True},
        },
        "CustomHeadersConfig": {"Items": [{"Header": "Permissions-Policy", "Value": "camera=()", "Override": True}]},
        "CorsConfig": {
            "AccessControlAllowOrigins": {"Items": ["https://example.com"]},
            "AccessControlAllowHeaders": {"Items": ["*"]},
            "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
            "AccessControlAllowCredentials": False,
            "OriginOverride": True,
        },
    }


def _access(behaviour: str) -> dict[str, Any]:
    return {
        "Name": "contract-access",
        "OriginAccessControlOriginType": "s3",
        "SigningBehavior": behaviour,
        "SigningProtocol": "sigv4",
    }


def _code(index: str) -> str:
    return f"function handler(event) {{ event.request.uri += '{index}'; return event.request; }}"


CACHE = Resource("AWS::CloudFront::CachePolicy", "site", {"CachePolicyConfig": _cache(86400)})
FORWARD = Resource(
    "AWS::CloudFront::OriginRequestPolicy", "site", {"OriginRequestPolicyConfig": _forward(["CloudFront-Viewer-City"])}
)
HEADERS = Resource("AWS::CloudFront::ResponseHeadersPolicy", "site", {"ResponseHeadersPolicyConfig": _headers("DENY")})
ACCESS = Resource("AWS::CloudFront::OriginAccessControl", "site", {"OriginAccessControlConfig": _access("always")})
FUNCTION = Resource(
    "AWS::CloudFront::Function",
    "index",
    {
        "Name": "contract-index",
        "FunctionConfig": {"Comment": "Index documents", "Runtime": "cloudfront-js-2.0"},
        "FunctionCode": _code("index.html"),
        "AutoPublish": True,
    },
)
PARTS = [BUCKET, CACHE, FORWARD, HEADERS, ACCESS, FUNCTION]


def _distribution(**changed: Any) -> dict[str, Any]:
    behaviour = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS"],
        "CachedMethods": ["GET", "HEAD"],
        "Compress": True,
        "CachePolicyId": CACHE.ref("Id"),
        "OriginRequestPolicyId": FORWARD.ref("Id"),
        "ResponseHeadersPolicyId": HEADERS.ref("Id"),
        "FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": FUNCTION.ref("FunctionARN")}],
    }
    dynamic = {
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    }
    origins = [
        {
            "Id": "site",
            "DomainName": BUCKET.ref("RegionalDomainName"),
            "OriginAccessControlId": ACCESS.ref("Id"),
            "S3OriginConfig": {},
        },
        {
            "Id": "api",
            "DomainName": "api.example.com",
            "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
            "OriginCustomHeaders": [{"HeaderName": "X-From", "HeaderValue": "edge"}],
        },
    ]
    return {
        "Comment": "Contract",
        "Enabled": True,
        "HttpVersion": "http2and3",
        "IPV6Enabled": True,
        "PriceClass": "PriceClass_100",
        "DefaultRootObject": "index.html",
        "Origins": origins,
        "DefaultCacheBehavior": behaviour,
        "CacheBehaviors": [dynamic],
        "CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": 200, "ResponsePagePath": "/index.html"}],
        "Restrictions": {"GeoRestriction": {"RestrictionType": "blacklist", "Locations": ["AQ"]}},
        "WebACLId": "",
        **changed,
    }


GROUP = {
    "Quantity": 1,
    "Items": [
        {
            "Id": "both",
            "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [502, 503]}},
            "Members": {"Quantity": 2, "Items": [{"OriginId": "site"}, {"OriginId": "api"}]},
        }
    ],
}
DISTRIBUTION = Resource("AWS::CloudFront::Distribution", "site", {"DistributionConfig": _distribution()})
WITH_GROUP = Resource(
    "AWS::CloudFront::Distribution", "site", {"DistributionConfig": _distribution(OriginGroups=GROUP)}
)

SAMPLES = [
    Sample(CACHE.kind, [CACHE], changes={"CachePolicyConfig": _cache(3600)}, tags=False),
    Sample(FORWARD.kind, [FORWARD], changes={"OriginRequestPolicyConfig": _forward(["Accept"])}, tags=False),
    Sample(HEADERS.kind, [HEADERS], changes={"ResponseHeadersPolicyConfig": _headers("SAMEORIGIN")}, tags=False),
    Sample(ACCESS.kind, [ACCESS], changes={"OriginAccessControlConfig": _access("no-override")}, tags=False),
    Sample(
        FUNCTION.kind,
        [FUNCTION],
        changes={
            "FunctionCode": _code("home.html"),
            "FunctionConfig": {"Comment": "Home documents", "Runtime": "cloudfront-js-2.0"},
        },
        immutable={"Name": "contract-renamed"},
    ),
    Sample(
        DISTRIBUTION.kind,
        [*PARTS, DISTRIBUTION],
        changes={"DistributionConfig": _distribution(Comment="Changed", CustomErrorResponses=[], CacheBehaviors=[])},
    ),
    Sample(DISTRIBUTION.kind, [*PARTS, WITH_GROUP], changes={"DistributionConfig": _distribution(Enabled=False)}),
]
