# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `functions` section: Lambda functions with role, log, alias, and what invokes them."""

from __future__ import annotations

import json
from typing import Any

from .. import packages
from ..engine.document import Resource
from ..engine.values import Address, Ref
from . import formats
from .base import TAGS, Connection, Context, Export, Options, Tier
from .connections import called
from .function_code import code, placeholder_languages
from .function_role import execution_role
from .permissions import MAY, STATEMENTS, shortened, statement
from .queue import names
from .schedules import NAME_LIMIT, TIMING, json_input, schedule, schedule_group, schedule_role
from .secret_use import MEMBER_SUFFIX, secret_uses

FUNCTION = "AWS::Lambda::Function"
VERSION = "AWS::Lambda::Version"
ALIAS = "AWS::Lambda::Alias"
PERMISSION = "AWS::Lambda::Permission"
MAPPING = "AWS::Lambda::EventSourceMapping"
LOG_GROUP = "AWS::Logs::LogGroup"

#: What the version that a function begins with is described as; releases describe theirs otherwise.
FIRST_VERSION = "Initial"

#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LAYERS_LIMIT = 5

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "description": {"type": "str", "format": formats.length(256)},
    "runtime": {"type": "str", "format": formats.RUNTIME},
    "handler": {"type": "str", "default": "index.handler", "format": formats.HANDLER},
    "memory": {"type": "int", "default": 512, "format": formats.FUNCTION_MEMORY},
    "timeout_seconds": {"type": "int", "default": 30, "format": formats.FUNCTION_TIMEOUT},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64"], "default": "x86_64"},
    "ephemeral_storage": {"type": "int", "default": 512, "format": formats.FUNCTION_STORAGE},
    "code": {
        "type": "dict",
        "options": {
            "bucket": {"type": "str"},
            "key": {"type": "str", "no_log": False},
            "version": {"type": "str"},
            "image": {"type": "str"},
            "inline": {"type": "str"},
            "package": {"type": "str", "choices": list(packages.NAMES)},
        },
        "mutually_exclusive": [("bucket", "image", "inline", "package")],
        "required_one_of": [("bucket", "image", "inline", "package")],
        "required_together": [("bucket", "key")],
    },
    "layers": {"type": "list", "elements": "str", "default": [], "format": formats.LAYER},
    "environment": {
        "type": "dict",
        "default": {},
        "keys": formats.FUNCTION_VARIABLE,
        "values": {"type": "scalar"},
    },
    "secrets": {"type": "dict", "default": {}, "no_log": False, "keys": formats.FUNCTION_VARIABLE},
    "key": {"type": "str", "no_log": False},
    "in_network": {"type": "bool"},
    "subnet_ids": {"type": "list", "elements": "str", "default": [], "format": formats.SUBNET},
    "connects_to": {"type": "list", "elements": "str", "default": []},
    "may": MAY,
    "statements": STATEMENTS,
    "queue": {
        "type": "dict",
        "options": {
            "from": {"type": "str", "required": True},
            "batch": {"type": "int", "default": 10, "format": formats.between(1, 10000)},
            "window_seconds": {"type": "int", "default": 0, "format": formats.between(0, 300)},
            "concurrency": {"type": "int", "format": formats.between(1, 1000)},
            "partial_failures": {"type": "bool", "default": False},
            "filters": {"type": "list", "elements": "dict", "default": []},
            "enabled": {"type": "bool", "default": True},
        },
    },
    "schedule": {"type": "dict", "options": TIMING},
    "alias": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "required": True, "format": formats.ALIAS},
            "provisioned": {"type": "int", "format": formats.at_least(0)},
        },
    },
    "reserved_concurrency": {"type": "int", "format": formats.at_least(0)},
    "tracing": {"type": "bool", "default": False},
    "dead_letters": {"type": "str"},
    "log_group": {"type": "str"},
    "log_format": {"type": "str", "choices": ["Text", "JSON"], "default": "Text"},
    "log_retention_days": {"type": "int", "default": 30, "format": formats.LOG_RETENTION},
    "tags": TAGS,
}


def function_name(name: str, options: Options, context: Context) -> str:
    """The function's name in AWS."""
    return str(options["name"] or context.name(name))


def log_group_name(name: str, options: Options, context: Context) -> str:
    """The log group's name: `/aws/lambda/{function}` unless stated."""
    return str(options["log_group"] or f"/aws/lambda/{function_name(name, options, context)}")


def is_in_network(options: Options, context: Context) -> bool:
    """Whether it stands in the stack's network: unless stated otherwise, when there is one."""
    if options["in_network"] is not None:
        return bool(options["in_network"])
    return bool(context.described.get("network") or options["subnet_ids"])


def invoked(name: str, options: Options) -> Ref:
    """What others invoke: the alias, which releases move, or the function where there is none."""
    return Ref(Address(ALIAS, name), "AliasArn") if options["alias"] else Ref(Address(FUNCTION, name), "Arn")


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(FUNCTION, name)
    values: dict[str, Any] = {
        "arn": Ref(address, "Arn"),
        "name": function_name(name, options, context),
        "invoked_arn": invoked(name, options),
        "log_group": log_group_name(name, options, context),
        "role_arn": Ref(Address("AWS::IAM::Role", context.logical("function")), "Arn"),
    }
    if options["alias"]:
        values["alias"] = options["alias"]["name"]
        values["alias_arn"] = Ref(Address(ALIAS, name), "AliasArn")
    return Export(
        address=address,
        values=values,
        default="arn",
        security_group=context.own_security_group() if is_in_network(options, context) else None,
    )


def connections(_name: str, options: Options, context: Context) -> list[Connection]:
    """Whom it calls, and AWS's own endpoints, which are reached by HTTPS through NAT or interface endpoints."""
    if not is_in_network(options, context):
        return []
    return called(options, context)


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    if not _is_sound(options, context):
        return []
    made = [
        context.resource(
            LOG_GROUP,
            context.logical(),
            {
                "LogGroupName": log_group_name(name, options, context),
                "RetentionInDays": options["log_retention_days"],
            },
            tags=options["tags"],
        ),
        execution_role(
            log_group_name(name, options, context), options, context, in_network=is_in_network(options, context)
        ),
        _function(name, options, context),
    ]
    if is_in_network(options, context):
        made.append(context.security_group(f"Function {function_name(name, options, context)}"))
    made += _alias(name, options, context)
    if options["queue"]:
        made.append(_mapping(name, options, context))
    if options["schedule"]:
        made += _scheduled(name, options, context)
    return [*made, *_permissions(name, options, context)]


def _is_sound(options: Options, context: Context) -> bool:
    chosen = options["code"] or {}
    if chosen.get("image"):
        if options["runtime"]:
            context.problem("runtime", "does not go with code.image, which brings its own; leave it out")
            return False
        return True
    if not options["runtime"]:
        context.problem("runtime", "is not set; set it, e.g. python3.13 or nodejs22.x, or give code.image")
        return False
    if not chosen and not options["runtime"].startswith(placeholder_languages()):
        context.problem(
            "code", f"there is no placeholder for {options['runtime']!r} to run until the first release; give the code"
        )
        return False
    if options["connects_to"] and not is_in_network(options, context):
        context.problem("connects_to", "reaches nothing from outside the network; set in_network, or remove it")
        return False
    return True


def _function(name: str, options: Options, context: Context) -> Resource:
    if len(options["layers"]) > _LAYERS_LIMIT:
        context.problem("layers", f"has {len(options['layers'])}; Lambda takes {_LAYERS_LIMIT}, merge some of them")
    uses = secret_uses(options["secrets"], context)
    is_image = bool((options["code"] or {}).get("image"))
    # Stated even when it is nothing: what is no longer described is taken away.
    network: dict[str, Any] = {"SubnetIds": [], "SecurityGroupIds": []}
    if is_in_network(options, context):
        network = {
            "SubnetIds": options["subnet_ids"] or context.subnet_ids("private", "subnet_ids"),
            "SecurityGroupIds": [context.own_security_group()],
        }
    ready = [address for use in uses.values() for address in use.ready]
    return context.resource(
        FUNCTION,
        name,
        {
            "FunctionName": function_name(name, options, context),
            "Description": options["description"],
            "PackageType": "Image" if is_image else None,
            "Runtime": options["runtime"],
            "Handler": None if is_image else options["handler"],
            **code(options, context),
            "Architectures": [options["architecture"]],
            "Role": Ref(Address("AWS::IAM::Role", context.logical("function")), "Arn"),
            "MemorySize": options["memory"],
            "Timeout": options["timeout_seconds"],
            "EphemeralStorage": {"Size": options["ephemeral_storage"]},
            "Environment": {"Variables": _variables(options, context)},
            "KmsKeyArn": context.arn_of(options["key"], "key", "key"),
            "VpcConfig": network,
            "Layers": None if is_image else list(options["layers"]),
            "TracingConfig": {"Mode": "Active" if options["tracing"] else "PassThrough"},
            "DeadLetterConfig": {"TargetArn": context.value(options["dead_letters"], "dead_letters")}
            if options["dead_letters"]
            else {},
            "ReservedConcurrentExecutions": options["reserved_concurrency"],
            "LoggingConfig": {
                "LogFormat": options["log_format"],
                "LogGroup": Ref(Address(LOG_GROUP, context.logical()), "LogGroupName"),
            },
        },
        tags=options["tags"],
        # A function that is called before its secrets are there fails.
        depends_on=list(dict.fromkeys(ready)),
    )


def _variables(options: Options, context: Context) -> dict[str, Any]:
    """The environment: plain values, and of secrets no more than where they are."""
    filled = context.fill(options["environment"], "environment")
    found = {name: _text(value) for name, value in filled.items()}
    for name, use in secret_uses(options["secrets"], context).items():
        if name in found:
            context.problem(f"secrets.{name}", "is a variable of `environment` too; take one of them away")
        found[name] = use.arn
        if use.member:
            found[f"{name}{MEMBER_SUFFIX}"] = use.member
    return dict(sorted(found.items()))


def _alias(name: str, options: Options, context: Context) -> list[Resource]:
    """The alias, on a first version until releases move it."""
    alias = options["alias"]
    if not alias:
        return []
    function = Ref(Address(FUNCTION, name), "FunctionName")
    version = context.resource(VERSION, name, {"FunctionName": function, "Description": FIRST_VERSION})
    # Stated even when it is nothing: what is no longer described is no longer paid for.
    warm = {"ProvisionedConcurrentExecutions": alias["provisioned"]} if alias["provisioned"] else {}
    return [
        version,
        context.resource(
            ALIAS,
            name,
            {
                "FunctionName": function,
                "Name": alias["name"],
                "FunctionVersion": version.ref("Version"),
                "ProvisionedConcurrencyConfig": warm,
            },
        ),
    ]


def _mapping(name: str, options: Options, context: Context) -> Resource:
    queue = options["queue"]
    context.entry(queue["from"], "queue.from", ("queue",))
    limit = {"MaximumConcurrency": queue["concurrency"]} if queue["concurrency"] else {}
    filters = {"Filters": [{"Pattern": _json(one)} for one in queue["filters"]]} if queue["filters"] else {}
    return context.resource(
        MAPPING,
        name,
        {
            "EventSourceArn": context.value(queue["from"], "queue.from"),
            "FunctionName": invoked(name, options),
            "BatchSize": queue["batch"],
            "MaximumBatchingWindowInSeconds": queue["window_seconds"],
            "ScalingConfig": limit,
            "FilterCriteria": filters,
            "FunctionResponseTypes": ["ReportBatchItemFailures"] if queue["partial_failures"] else [],
            "Enabled": queue["enabled"],
        },
        tags=options["tags"],
    )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _text(value: Any) -> Any:
    """A variable's value as text; booleans as a person writes them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _scheduled(name: str, options: Options, context: Context) -> list[Resource]:
    timing = options["schedule"]
    label = shortened(f"{function_name(name, options, context)}-schedule", NAME_LIMIT)
    group = schedule_group(label, context, suffix="schedule", tags=options["tags"])
    invoke = statement(["lambda:InvokeFunction"], invoked(name, options))
    acting = schedule_role(context, "schedule", [invoke], f"Invokes function {name} on schedule", options["tags"])
    target: dict[str, Any] = {"Arn": invoked(name, options)}
    if timing["input"] is not None:
        target["Input"] = json_input(context.fill(timing["input"], "schedule.input"))
    return [group, acting, schedule(label, group, acting, target, timing, context, suffix="schedule")]


def _permissions(name: str, options: Options, context: Context) -> list[Resource]:
    """Event rules, topics and rotating secrets that invoke it do so by its policy."""
    senders = [
        (entry, "events")
        for entry in context.catalog.entries("event_rule")
        if any(target["to"] == context.reference for target in entry.options["targets"])
    ]
    senders += [
        (entry, "sns")
        for entry in context.catalog.entries("topic")
        if any(
            one["protocol"] == "lambda" and names(one["endpoint"], context.reference)
            for one in entry.options["subscriptions"]
        )
    ]
    senders += [
        (entry, "secretsmanager")
        for entry in context.catalog.entries("secret")
        if names(entry.options["rotation_function"] or "", context.reference)
    ]
    made = []
    for entry, service in senders:
        # Topics and secrets name the function itself.
        target = invoked(name, options) if service == "events" else Ref(Address(FUNCTION, name), "Arn")
        made.append(
            context.resource(
                PERMISSION,
                f"{name}/{entry.reference}",
                {
                    "FunctionName": target,
                    "Action": "lambda:InvokeFunction",
                    "Principal": f"{service}.amazonaws.com",
                    "SourceArn": entry.export.values["arn"],
                },
            )
        )
    return made


TIER = Tier(
    section="functions",
    reference="function",
    spec=SPEC,
    compile=compile,
    exports=exports,
    connections=connections,
    kinds=(FUNCTION, VERSION, ALIAS, PERMISSION, MAPPING),
    in_network=True,
)
