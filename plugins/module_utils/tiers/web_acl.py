# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `web_acls` section: WAF's web ACLs, their logging, and what they protect."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Context, Export, Options, Tier
from .web_acl_rules import rules

WEB_ACL = "AWS::WAFv2::WebACL"
IP_SET = "AWS::WAFv2::IPSet"
ASSOCIATION = "AWS::WAFv2::WebACLAssociation"
LOGGING = "AWS::WAFv2::LoggingConfiguration"
LOG_GROUP = "AWS::Logs::LogGroup"

#: Where everything is kept that protects distributions.
#: https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
GLOBAL_REGION = "us-east-1"
#: How WAF wants the name of a log group to begin.
#: https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
LOG_PREFIX = "aws-waf-logs-"

#: What can be protected, and the word of its export that is the ARN which WAF takes.
_PROTECTED = {"load_balancer": "arn", "rest_api": "stage_arn"}
_DISTRIBUTION = "distribution"

_ACTIONS = ["block", "count"]

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "description": {"type": "str", "format": formats.length(256)},
    "for": {"type": "list", "elements": "str", "default": []},
    "default_action": {"type": "str", "choices": ["allow", "block"], "default": "allow"},
    "rate_limit": {
        "type": "dict",
        "options": {
            "requests": {"type": "int", "required": True},
            "window_seconds": {"type": "int", "choices": [60, 120, 300, 600], "default": 300},
            "paths": {"type": "list", "elements": "str", "default": []},
            "action": {"type": "str", "choices": ["block", "count", "captcha", "challenge"], "default": "block"},
        },
    },
    "sql_injection": {"type": "str", "choices": _ACTIONS},
    "cross_site_scripting": {"type": "str", "choices": _ACTIONS},
    "managed_rules": {
        "type": "map",
        "default": {},
        "options": {
            "vendor": {"type": "str", "default": "AWS"},
            "version": {"type": "str"},
            "action": {"type": "str", "choices": _ACTIONS, "default": "block"},
            "count_only": {"type": "list", "elements": "str", "default": []},
        },
    },
    "allow_addresses": {"type": "list", "elements": "str", "default": []},
    "block_addresses": {"type": "list", "elements": "str", "default": []},
    "allow_countries": {"type": "list", "elements": "str", "default": [], "format": formats.COUNTRY},
    "block_countries": {"type": "list", "elements": "str", "default": [], "format": formats.COUNTRY},
    "metrics": {"type": "bool", "default": True},
    "log": {"type": "bool", "default": True},
    "log_group": {"type": "str"},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "log_only_matches": {"type": "bool", "default": False},
    "redact_headers": {"type": "list", "elements": "str", "default": ["authorization", "cookie"]},
    "tags": TAGS,
}

CONSTRAINTS: dict[str, Any] = {"mutually_exclusive": [("allow_countries", "block_countries")]}


def web_acl_name(name: str, options: Options, context: Context) -> str:
    """The web ACL's name in AWS."""
    return options["name"] or context.name(name)


def is_global(options: Options) -> bool:
    """Whether it protects distributions, which name their web ACL themselves."""
    return any(target.partition(".")[0] == _DISTRIBUTION for target in options["for"])


def log_group_name(name: str, options: Options, context: Context) -> str:
    """The log group's name, which has to begin with `aws-waf-logs-`."""
    return options["log_group"] or f"{LOG_PREFIX}{web_acl_name(name, options, context)}"


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(WEB_ACL, name)
    values: dict[str, Any] = {
        "arn": Ref(address, "Arn"),
        "name": web_acl_name(name, options, context),
        "scope": "CLOUDFRONT" if is_global(options) else "REGIONAL",
    }
    if options["log"]:
        values["log_group"] = log_group_name(name, options, context)
    return Export(address=address, values=values, default="arn")


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    scope = "CLOUDFRONT" if is_global(options) else "REGIONAL"
    region = GLOBAL_REGION if is_global(options) else ""
    sets = [*_ip_sets(name, options, scope, region, context)]
    acl = context.resource(
        WEB_ACL,
        name,
        {
            "Name": web_acl_name(name, options, context),
            "Description": options["description"],
            "Scope": scope,
            "DefaultAction": {options["default_action"].capitalize(): {}},
            "Rules": rules(options, {one.name.rpartition("/")[2]: one.ref("Arn") for one in sets}),
            "VisibilityConfig": {
                "CloudWatchMetricsEnabled": options["metrics"],
                "MetricName": web_acl_name(name, options, context),
                "SampledRequestsEnabled": True,
            },
        },
        tags=options["tags"],
        region=region,
    )
    return [*sets, acl, *_logging(name, options, acl, context), *_associations(options, acl, context)]


def _ip_sets(name: str, options: Options, scope: str, region: str, context: Context) -> Iterable[Resource]:
    """One set for each list and each version of the protocol: WAF does not mix them."""
    for word in ("allow", "block"):
        by_version: dict[str, list[str]] = {"IPV4": [], "IPV6": []}
        for text in options[f"{word}_addresses"]:
            try:
                found = ipaddress.ip_network(text, strict=True)
            except ValueError:
                context.problem(
                    f"{word}_addresses", f"{text!r} is no range of addresses; write it as 192.0.2.0/24 or 2001:db8::/32"
                )
                continue
            if not found.prefixlen:
                context.problem(f"{word}_addresses", f"{text!r}: WAF takes no /0; use default_action for all addresses")
            by_version[f"IPV{found.version}"].append(str(found))
        for version, addresses in by_version.items():
            if addresses:
                suffix = f"{word}-{version.lower()}"
                yield context.resource(
                    IP_SET,
                    f"{name}/{suffix}",
                    {
                        "Name": f"{web_acl_name(name, options, context)}-{suffix}",
                        "Scope": scope,
                        "IPAddressVersion": version,
                        "Addresses": addresses,
                    },
                    tags=options["tags"],
                    region=region,
                )


def _logging(name: str, options: Options, acl: Resource, context: Context) -> list[Resource]:
    if not options["log"]:
        return []
    group_name = log_group_name(name, options, context)
    if not group_name.startswith(LOG_PREFIX):
        context.problem("log_group", f"{group_name!r} must begin with {LOG_PREFIX}, or WAF does not write to it")
    group = context.resource(
        LOG_GROUP,
        context.logical(),
        {"LogGroupName": group_name, "RetentionInDays": options["log_retention_days"]},
        tags=options["tags"],
        region=acl.region,
    )
    matched = [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT", "CAPTCHA", "CHALLENGE")]
    kept = {"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": matched}
    configuration = context.resource(
        LOGGING,
        name,
        {
            "ResourceArn": acl.ref("Arn"),
            "LogDestinationConfigs": [group.ref("Arn")],
            "RedactedFields": [{"SingleHeader": {"Name": header.lower()}} for header in options["redact_headers"]],
            "LoggingFilter": {"DefaultBehavior": "DROP", "Filters": [kept]} if options["log_only_matches"] else {},
        },
        region=acl.region,
    )
    return [group, configuration]


def _associations(options: Options, acl: Resource, context: Context) -> list[Resource]:
    made = []
    for index, target in enumerate(options["for"]):
        option = f"for[{index}]"
        word = target.partition(".")[0]
        if word == _DISTRIBUTION:
            continue
        if acl.region:
            context.problem(
                option, f"{target!r} is regional, and a web ACL of a distribution is global; describe a second web ACL"
            )
        elif target.startswith("arn:"):
            made.append(associate(target, target, acl.ref("Arn"), context))
        elif word in _PROTECTED:
            arn = context.value(f"{target}.{_PROTECTED[word]}", option)
            made.append(associate(target, arn, acl.ref("Arn"), context))
        else:
            context.problem(
                option,
                f"{target!r} cannot be protected by WAF; there are "
                f"{', '.join(f'{known}.NAME' for known in _PROTECTED)}, distribution, and ARNs",
            )
    return made


def associate(target: str, resource_arn: Any, acl_arn: Any, context: Context) -> Resource:
    """What puts a web ACL before a resource, which has one at the most.

    Args:
        target: what the resource is called in the description.
    """
    return context.resource(ASSOCIATION, target, {"ResourceArn": resource_arn, "WebACLArn": acl_arn})


TIER = Tier(
    section="web_acls",
    reference="web_acl",
    spec=SPEC,
    compile=compile,
    exports=exports,
    constraints=CONSTRAINTS,
    kinds=(IP_SET,),
)
