# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront's configurations in CloudFormation's shape and in the API's: pure functions.

The API wraps every list with the number of its elements, and spells some members differently.
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-distributionconfig.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.values import SENSITIVE

#: Members whose names differ, CloudFormation's first. No name means two things.
_NAMES = {
    "AcmCertificateArn": "ACMCertificateArn",
    "IPV6Enabled": "IsIPV6Enabled",
    "IamCertificateId": "IAMCertificateId",
    "OriginCustomHeaders": "CustomHeaders",
    "OriginSSLProtocols": "OriginSslProtocols",
    "SslSupportMethod": "SSLSupportMethod",
}
_STATED_NAMES = {api: stated for stated, api in _NAMES.items()}

#: Members of a wrapped list beside its elements; `Enabled` stands for "there are some".
_WRAPPING = frozenset({"Enabled", "Items", "Quantity"})
_WITH_ENABLED = ("TrustedKeyGroups", "TrustedSigners")
#: The one list that the API does not wrap.
_BARE = "ParameterDefinitions"

#: What tells the objects of a list apart; the order of these lists means nothing.
_KEYS = ("Id", "HeaderName", "Header", "ErrorCode", "EventType")
#: Lists of objects whose order decides.
_ORDERED = frozenset({"CacheBehaviors", "Members"})

#: Settings that make no sense beside a cache policy.
_BEFORE_POLICIES = ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL")

#: What a request leaves out instead of saying that there is none.
_LEFT_OUT_WHEN_EMPTY = ("CachePolicyId", "OriginRequestPolicyId", "RealtimeLogConfigArn", "ResponseHeadersPolicyId")


def _is_wrapped(value: Mapping[str, Any]) -> bool:
    return bool(value) and _WRAPPING.issuperset(value) and ("Items" in value or "Quantity" in value)


# From the API


def stated(value: Any) -> Any:
    """A configuration of the API in CloudFormation's shape, lists unwrapped everywhere."""
    if isinstance(value, Mapping):
        if _is_wrapped(value):
            return [stated(item) for item in value.get("Items") or ()]
        plain = {_STATED_NAMES.get(str(name), str(name)): stated(item) for name, item in value.items()}
        return _unfolded(plain, value)
    if isinstance(value, (list, tuple)):
        return [stated(item) for item in value]
    return value


def _unfolded(plain: dict[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """Lists that hold something beside their elements."""
    methods = value.get("AllowedMethods")
    if isinstance(methods, Mapping):
        plain["AllowedMethods"] = list(methods.get("Items") or ())
        plain["CachedMethods"] = list((methods.get("CachedMethods") or {}).get("Items") or ())
    if "RestrictionType" in value:
        plain.pop("Quantity", None)
        plain["Locations"] = list(plain.pop("Items", None) or plain.get("Locations") or ())
    return plain


def comparable(value: Any, name: str = "") -> Any:
    """A configuration, stated or observed, in one form: lists unwrapped, and sorted where their order means nothing."""
    if isinstance(value, Mapping):
        if _is_wrapped(value):
            return comparable(value.get("Items") or [], name)
        return {member: comparable(item, member) for member, item in value.items() if not _says_nothing(member, item)}
    if isinstance(value, (list, tuple)):
        items = [comparable(item) for item in value]
        return items if name in _ORDERED else sorted(items, key=_place)
    return value


def _says_nothing(name: str, value: Any) -> bool:
    return name == "ServerTimingHeadersConfig" and isinstance(value, Mapping) and not value.get("Enabled")


def _place(item: Any) -> str:
    if isinstance(item, Mapping):
        return str(next((item[key] for key in _KEYS if key in item), ""))
    return str(item)


# To the API


def without_secrets(value: Any) -> Any:
    """A configuration to show: the headers by which origins know a distribution are as good as a password."""
    if isinstance(value, Mapping):
        hidden = {"HeaderValue": SENSITIVE} if "HeaderName" in value else {}
        return {name: without_secrets(item) for name, item in value.items()} | hidden
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    return value


def requested(value: Any, name: str = "") -> Any:
    """A configuration in CloudFormation's shape as requests carry it."""
    if isinstance(value, Mapping):
        if _is_wrapped(value):
            return requested(value.get("Items") or [], name)
        plain = {_NAMES.get(str(member), str(member)): requested(item, member) for member, item in value.items()}
        return _folded(plain)
    if isinstance(value, (list, tuple)):
        items = [requested(item) for item in value]
        if name == _BARE:
            return items
        wrapped: dict[str, Any] = {"Quantity": len(items), **({"Items": items} if items else {})}
        return {"Enabled": bool(items), **wrapped} if name in _WITH_ENABLED else wrapped
    return str(value) if name == "ResponseCode" else value


def _folded(plain: dict[str, Any]) -> dict[str, Any]:
    """Members that the API puts inside others, and those that it insists on."""
    cached = plain.pop("CachedMethods", None)
    if cached and "AllowedMethods" in plain:
        plain["AllowedMethods"]["CachedMethods"] = cached
    if "RestrictionType" in plain:
        plain |= plain.pop("Locations", {"Quantity": 0})
    for name in _LEFT_OUT_WHEN_EMPTY:
        if plain.get(name) == "":
            del plain[name]
    if "S3OriginConfig" in plain:
        plain["S3OriginConfig"] = {"OriginAccessIdentity": "", **(plain["S3OriginConfig"] or {})}
    if "CustomOriginConfig" in plain:
        plain["CustomOriginConfig"] = {"HTTPPort": 80, "HTTPSPort": 443, **plain["CustomOriginConfig"]}
    return plain


def distribution_request(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a distribution as requests carry it."""
    plain: dict[str, Any] = requested(config)
    logging = plain.get("Logging")
    if logging is not None:
        nothing = {"Enabled": bool(logging.get("Bucket")), "IncludeCookies": False, "Bucket": "", "Prefix": ""}
        plain["Logging"] = {**nothing, **logging, "Enabled": nothing["Enabled"]}
    return {"Comment": "", **plain}


# Changing


def overlaid(current: Any, desired: Any, name: str = "") -> Any:
    """A configuration with another one laid over it: what is not stated stays as it is.

    A list is as stated; an object in it keeps what is not stated of the one with the same key.
    """
    if isinstance(desired, Mapping) and isinstance(current, Mapping) and name != "ViewerCertificate":
        merged = {
            **current,
            **{member: overlaid(current.get(member), item, member) for member, item in desired.items()},
        }
        return _consistent(merged, desired)
    if isinstance(desired, (list, tuple)) and isinstance(current, (list, tuple)):
        there = {_key(item): item for item in current if isinstance(item, Mapping)}
        return [overlaid(there.get(_key(item)), item) if isinstance(item, Mapping) else item for item in desired]
    return desired


def _key(item: Mapping[str, Any]) -> str:
    return str(next((item[key] for key in ("Id", "PathPattern") if key in item), ""))


def _consistent(merged: dict[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the API refuses beside what is stated now."""
    gone: Sequence[str] = ()
    if "CachePolicyId" in desired and "ForwardedValues" not in desired:
        gone = _BEFORE_POLICIES
    elif "S3OriginConfig" in desired:
        gone = ("CustomOriginConfig", "VpcOriginConfig")
    elif "CustomOriginConfig" in desired:
        gone = ("S3OriginConfig", "VpcOriginConfig", "OriginAccessControlId")
    return {name: item for name, item in merged.items() if name not in gone or name in desired}


# To a template


def in_template(value: Any) -> Any:
    """A configuration as a template states it: what there is none of is left out, but for an identity of old."""
    if isinstance(value, Mapping):
        plain = {name: in_template(item) for name, item in value.items() if item != "" or name.endswith("Identity")}
        return {name: item for name, item in plain.items() if item or name != "Logging"}
    if isinstance(value, (list, tuple)):
        return [in_template(item) for item in value]
    return value
