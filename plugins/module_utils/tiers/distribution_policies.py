# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a distribution keeps, passes on and adds: cache, origin request and response headers policies, functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from . import formats
from .base import Context, Options
from .distribution_origins import is_dynamic, policy_name

CACHE_POLICY = "AWS::CloudFront::CachePolicy"
FORWARD_POLICY = "AWS::CloudFront::OriginRequestPolicy"
HEADERS_POLICY = "AWS::CloudFront::ResponseHeadersPolicy"
FUNCTION = "AWS::CloudFront::Function"

#: AWS's own policies.
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
#: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_VIEWER_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

#: A day, and a year: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
_DAY, _YEAR = 86400, 31536000
_NAME_LIMIT = 128
_FUNCTION_NAME_LIMIT = 64
_RUNTIME = "cloudfront-js-2.0"

CACHE: dict[str, Any] = {
    "type": "dict",
    "options": {
        "default_ttl": {"type": "int", "default": _DAY, "format": formats.at_least(0)},
        "max_ttl": {"type": "int", "default": _YEAR, "format": formats.at_least(0)},
        "min_ttl": {"type": "int", "default": 0, "format": formats.at_least(0)},
        "compress": {"type": "bool", "default": True},
        "query_strings": {"type": "list", "elements": "str", "default": []},
        "headers": {"type": "list", "elements": "str", "default": []},
        "cookies": {"type": "list", "elements": "str", "default": []},
    },
}
FORWARD: dict[str, Any] = {
    "type": "dict",
    "options": {
        "query_strings": {"type": "list", "elements": "str", "default": []},
        "headers": {"type": "list", "elements": "str", "default": []},
        "cookies": {"type": "list", "elements": "str", "default": []},
    },
}
SECURITY_HEADERS: dict[str, Any] = {
    "type": "dict",
    "apply_defaults": True,
    "options": {
        "enabled": {"type": "bool", "default": True},
        "content_security_policy": {
            "type": "str",
            "default": "default-src 'self'; base-uri 'self'; frame-ancestors 'none'; object-src 'none'",
        },
        "hsts_seconds": {"type": "int", "default": 63072000, "format": formats.at_least(0)},
        "hsts_subdomains": {"type": "bool", "default": True},
        "hsts_preload": {"type": "bool", "default": False},
        "frame_options": {"type": "str", "choices": ["DENY", "SAMEORIGIN"], "default": "DENY"},
        "referrer_policy": {
            "type": "str",
            "choices": [
                "no-referrer",
                "no-referrer-when-downgrade",
                "origin",
                "origin-when-cross-origin",
                "same-origin",
                "strict-origin",
                "strict-origin-when-cross-origin",
                "unsafe-url",
            ],
            "default": "strict-origin-when-cross-origin",
        },
        "permissions_policy": {"type": "str", "default": "camera=(), geolocation=(), microphone=()"},
    },
}

#: What has no dot in its last part is a view of the application, or a folder.
_SPA = """function handler(event) {
  var request = event.request;
  var last = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (!last.includes('.')) request.uri = '/index.html';
  return request;
}
"""
_INDEX = """function handler(event) {
  var request = event.request;
  var last = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (last === '') request.uri += 'index.html';
  else if (!last.includes('.')) request.uri += '/index.html';
  return request;
}
"""


def _chosen(values: list[str], word: str, member: str) -> dict[str, Any]:
    """None, all (`*`), or some by name, as every policy says it."""
    if "*" in values:
        return {word: "all"}
    return {word: "whitelist", member: values} if values else {word: "none"}


def cache_policy(route: Mapping[str, Any], target: str, label: str, option: str, context: Context) -> Resource | str:
    """What is kept and for how long: a policy as described, or the id of one of AWS's own."""
    cache = route["cache"]
    if cache is None:
        return CACHING_DISABLED if is_dynamic(target) else CACHING_OPTIMIZED
    where = f"{option}.cache" if option else "cache"
    if not cache["min_ttl"] <= cache["default_ttl"] <= cache["max_ttl"]:
        context.problem(
            where,
            f"default_ttl {cache['default_ttl']} is not between min_ttl {cache['min_ttl']} and max_ttl "
            f"{cache['max_ttl']}; correct one of them",
        )
    if "*" in cache["headers"]:
        context.problem(f"{where}.headers", "'*' would keep nothing twice; name the headers that answers depend on")
    # Nothing is compressed that is not kept, and CloudFront refuses the wish.
    compress = cache["compress"] and cache["max_ttl"] > 0
    name = context.reference.partition(".")[2]
    return context.resource(
        CACHE_POLICY,
        f"{name}/{label}",
        {
            "CachePolicyConfig": {
                "Name": policy_name(name, label, context, _NAME_LIMIT),
                "DefaultTTL": cache["default_ttl"],
                "MaxTTL": cache["max_ttl"],
                "MinTTL": cache["min_ttl"],
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "EnableAcceptEncodingGzip": compress,
                    "EnableAcceptEncodingBrotli": compress,
                    "HeadersConfig": _chosen(cache["headers"], "HeaderBehavior", "Headers"),
                    "CookiesConfig": _chosen(cache["cookies"], "CookieBehavior", "Cookies"),
                    "QueryStringsConfig": _chosen(cache["query_strings"], "QueryStringBehavior", "QueryStrings"),
                },
            }
        },
    )


def forward_policy(route: Mapping[str, Any], target: str, label: str, context: Context) -> Resource | str | None:
    """What of a request the origin gets to see: as described; else a bucket nothing, and all others everything.

    A load balancer gets the viewer's `Host`, which its certificate is for; others answer to no name but their own.
    """
    forward = route["forward"]
    if forward is None:
        if not is_dynamic(target):
            return None
        return ALL_VIEWER if target.startswith("load_balancer.") else ALL_VIEWER_BUT_HOST
    headers = _chosen(forward["headers"], "HeaderBehavior", "Headers")
    if headers["HeaderBehavior"] == "all":
        headers = {"HeaderBehavior": "allViewer"}
    name = context.reference.partition(".")[2]
    return context.resource(
        FORWARD_POLICY,
        f"{name}/{label}",
        {
            "OriginRequestPolicyConfig": {
                "Name": policy_name(name, label, context, _NAME_LIMIT),
                "HeadersConfig": headers,
                "CookiesConfig": _chosen(forward["cookies"], "CookieBehavior", "Cookies"),
                "QueryStringsConfig": _chosen(forward["query_strings"], "QueryStringBehavior", "QueryStrings"),
            }
        },
    )


def headers_policy(options: Options, context: Context) -> Resource | None:
    """The headers that every answer carries."""
    security = options["security_headers"]
    custom = {name: str(value) for name, value in options["headers"].items()}
    config: dict[str, Any] = {}
    if security["enabled"]:
        config["SecurityHeadersConfig"] = _security(security)
        if security["permissions_policy"]:
            custom.setdefault("Permissions-Policy", security["permissions_policy"])
    if custom:
        items = [{"Header": name, "Value": value, "Override": True} for name, value in sorted(custom.items())]
        config["CustomHeadersConfig"] = {"Items": items}
    if options["remove_headers"]:
        config["RemoveHeadersConfig"] = {"Items": [{"Header": name} for name in sorted(options["remove_headers"])]}
    if not config:
        return None
    name = context.reference.partition(".")[2]
    full = {"Name": policy_name(name, "", context, _NAME_LIMIT), **config}
    return context.resource(HEADERS_POLICY, name, {"ResponseHeadersPolicyConfig": full})


def _security(security: Mapping[str, Any]) -> dict[str, Any]:
    policy = security["content_security_policy"]
    return {
        "ContentSecurityPolicy": {"ContentSecurityPolicy": policy, "Override": True} if policy else None,
        "ContentTypeOptions": {"Override": True},
        "FrameOptions": {"FrameOption": security["frame_options"], "Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": security["referrer_policy"], "Override": True},
        "StrictTransportSecurity": {
            "AccessControlMaxAgeSec": security["hsts_seconds"],
            "IncludeSubdomains": security["hsts_subdomains"],
            "Preload": security["hsts_preload"],
            "Override": True,
        },
    }


def functions(name: str, options: Options, context: Context) -> tuple[list[Resource], dict[str, list[dict[str, Any]]]]:
    """The functions of a distribution, and what runs where: by path of a route, empty for all other paths."""
    made: list[Resource] = []
    associations: dict[str, list[dict[str, Any]]] = {}
    for label, rule in _described(options, context).items():
        function = context.resource(
            FUNCTION,
            f"{name}/{label}",
            {
                "Name": policy_name(name, label, context, _FUNCTION_NAME_LIMIT),
                "FunctionConfig": {"Comment": f"{context.stack}: {name}, {label}", "Runtime": _RUNTIME},
                "FunctionCode": rule["code"],
                "AutoPublish": True,
            },
            tags=options["tags"],
        )
        made.append(function)
        event = rule["event"].replace("_", "-")
        for path in rule["paths"] or [""]:
            there = associations.setdefault(path, [])
            if any(one["EventType"] == event for one in there):
                context.problem(
                    f"functions.{label}",
                    f"is the second one for {event} of {path or 'the paths that no route takes'}; CloudFront runs one, "
                    f"so put the two together",
                )
            there.append({"EventType": event, "FunctionARN": function.ref("FunctionARN")})
    return made, associations


def _described(options: Options, context: Context) -> dict[str, Mapping[str, Any]]:
    """The functions that are written, and those that a word stands for.

    A single-page application is served by a function and not by an error page: that would also take the place of what
    the other routes, and the firewall, answer with 403 and 404.
    """
    found: dict[str, Mapping[str, Any]] = dict(options["functions"])
    for word, code in (("spa", _SPA), ("index_documents", _INDEX)):
        if not options[word]:
            continue
        if is_dynamic(options["to"]):
            context.problem(word, f"{options['to']!r} is no bucket, and finds its pages itself; leave it out")
        label = word.replace("_", "-")
        found[label] = {"code": code, "event": "viewer_request", "paths": []}
    return found
