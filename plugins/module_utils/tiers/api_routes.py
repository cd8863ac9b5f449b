# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What REST APIs and HTTP APIs share: routes, functions behind them, access logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.document import Resource
from ..engine.values import Compose, Ref, account_id, partition
from .base import Context, Options

PERMISSION = "AWS::Lambda::Permission"
LOG_GROUP = "AWS::Logs::LogGroup"

METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

_SEGMENT = re.compile(r"[A-Za-z0-9._:-]+|\{[A-Za-z0-9._:-]+\+?\}")

#: What an access is logged as, one JSON object a line; no header and no body is in it.
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
_LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "latency": "$context.responseLatency",
    "error": "$context.error.message",
    "authorizerError": "$context.authorizer.error",
}


@dataclass(frozen=True)
class Route:
    """One method of one path.

    Attributes:
        key: as it was written, for messages.
        method: one of `METHODS`; empty for what no other route takes.
        path: with a leading slash; variables in braces, the rest of a path as `{proxy+}`.
        options: the route's.
    """

    key: str
    method: str
    path: str
    options: Options

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}".strip()

    @property
    def option(self) -> str:
        return f"routes.{self.key}"


def routes(options: Options, context: Context, *, rest: str = "") -> Iterator[Route]:
    """The routes of an API: `/letters` with its `methods`, or `POST /letters`.

    Args:
        rest: the key of the route for what no other route takes, where there is such a thing.
    """
    seen: set[str] = set()
    for key, its_options in options["routes"].items():
        if rest and key == rest:
            yield Route(key, "", key, its_options)
            continue
        method, _space, path = key.rpartition(" ")
        if method and its_options["methods"]:
            context.problem(f"routes.{key}.methods", "is said in the key already; take one of them away")
        path = f"{path[:-1]}{{proxy+}}" if path.endswith("/*") else path
        if not _is_path(path):
            context.problem(
                f"routes.{key}",
                f"{path!r} is no path; write it as /letters, /letters/{{id}} or /letters/*, before it a method if you "
                f"like",
            )
            continue
        for one in [method] if method else its_options["methods"] or ["ANY"]:
            route = Route(key, one.upper(), path, its_options)
            if route.method not in METHODS:
                context.problem(f"routes.{key}", f"{one!r} is none of {', '.join(METHODS)}")
            elif route.label in seen:
                context.problem(f"routes.{key}", f"{route.label} is there twice; take one of them away")
            else:
                seen.add(route.label)
                yield route


def _is_path(path: str) -> bool:
    if path == "/":
        return True
    segments = path.split("/")
    if segments[0] or not all(_SEGMENT.fullmatch(segment) for segment in segments[1:]):
        return False
    # Only the end of a path can stand for the rest of it.
    return not any(segment.endswith("+}") for segment in segments[1:-1])


def function_arn(reference: str, option: str, context: Context) -> Any:
    """What is invoked: the alias of a function of the stack where it has one, or a plain ARN."""
    if reference.startswith("arn:"):
        return reference
    entry = context.entry(reference, option, ("function",))
    return entry.export.values["invoked_arn"] if entry is not None else ""


def permission(label: str, function: Any, source: Any, context: Context) -> Resource:
    """What lets the API invoke a function.

    Args:
        label: what the function is called in the description.
        source: the end of an ARN of `execute-api`, from the API's id on.
    """
    arn = Compose(
        f"arn:{{partition}}:execute-api:{context.region}:{{account}}:{{source}}",
        {"partition": partition(), "account": account_id(), "source": source},
    )
    return context.resource(
        PERMISSION,
        context.logical(label),
        {
            "FunctionName": function,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": arn,
        },
    )


def invocation_uri(function: Any, context: Context) -> Compose:
    """A function as API Gateway calls it."""
    return Compose(
        f"arn:{{partition}}:apigateway:{context.region}:lambda:path/2015-03-31/functions/{{function}}/invocations",
        {"partition": partition(), "function": function},
    )


def access_log(name: str, options: Options, context: Context) -> Resource:
    """The log group of an API's accesses."""
    return context.resource(
        LOG_GROUP,
        context.logical(),
        {
            "LogGroupName": log_group_name(name, options),
            "RetentionInDays": options["log_retention_days"],
        },
        tags=options["tags"],
    )


def log_group_name(api_name: str, options: Options) -> str:
    """The log group's name: `/aws/apigateway/{name}` unless stated."""
    return str(options["log_group"] or f"/aws/apigateway/{api_name}")


def log_format(more: Mapping[str, str] | None = None) -> str:
    """The format of an access log."""
    return json.dumps({**_LOGGED, **(more or {})})


def api_name(name: str, options: Options, context: Context) -> str:
    """The API's name in AWS."""
    return str(options["name"] or context.name(name))


def exported(identifier: Ref, collection: str, name: str, options: Options, context: Context) -> dict[str, Any]:
    """What others may refer to of an API of either kind.

    Args:
        collection: where its ARN puts it: `apis` or `restapis`.
    """
    arn = f"arn:{{partition}}:apigateway:{context.region}::/{collection}/{{id}}"
    values: dict[str, Any] = {
        "id": identifier,
        "name": api_name(name, options, context),
        "arn": Compose(arn, {"partition": partition(), "id": identifier}),
        "stage": options["stage"],
        "url": url(identifier, options["stage"], context),
        "host": host(identifier, context),
    }
    if options["log"]:
        values["log_group"] = log_group_name(api_name(name, options, context), options)
    return values


def url(api_id: Ref, stage: str, context: Context) -> Compose:
    """Where a stage is served."""
    end = "" if stage == "$default" else f"/{stage}"
    return Compose(f"https://{{id}}.execute-api.{context.region}.amazonaws.com{end}", {"id": api_id})


def host(api_id: Ref, context: Context) -> Compose:
    """The name of the host that serves an API."""
    return Compose(f"{{id}}.execute-api.{context.region}.amazonaws.com", {"id": api_id})
