# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which service and operation a request is for, as botocore names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

_SCOPE = re.compile(r"Credential=[^/]*/\d{8}/([^/]+)/([^/]+)/aws4_request")
_BY_SIGNING_NAME = {
    "cloudcontrolapi": "cloudcontrol",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "email": "ses",
    "states": "stepfunctions",
    "es": "opensearch",
}
_READS = re.compile(
    r"(Describe|List|Get|Head|BatchGet|BatchDescribe|BatchCheck|TransactGet|Lookup|Search|Simulate|Estimate|Query|Scan|Select"
    r"|Filter|Test|Check|Validate|Preview|Download|View|Decode|Assume|Encrypt|Decrypt|GenerateDataKey|GenerateMac"
    r"|GenerateRandom|Verify|Sign)(?=[A-Z0-9]|$)"
)


@dataclass(frozen=True)
class Call:
    """One request: botocore's service name, AWS's operation name (empty if unknown), the signed region."""

    service: str
    operation: str
    region: str
    write: bool


def identify(environ: dict[str, Any], body: bytes) -> Call:
    """Name the operation of a request. Reads headers and body only; never fails."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    region, signing_name = scope.groups() if scope else ("us-east-1", "s3")
    signing_name = signing_name.lower()
    service = _BY_SIGNING_NAME.get(signing_name, signing_name)
    if service == "apigateway" and environ.get("PATH_INFO", "").startswith("/v2/"):
        service = "apigatewayv2"
    operation = _operation(environ, body, service)
    if service == "elbv2" and b"Version=2012-06-01" in body:
        service = "elb"
    method = environ.get("REQUEST_METHOD", "GET")
    write = method not in ("GET", "HEAD") if service == "s3" or not operation else not _READS.match(operation)
    return Call(service, operation, region, write)


def _operation(environ: dict[str, Any], body: bytes, service: str) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rsplit(".", 1)[-1]
    path = environ.get("PATH_INFO", "")
    cbor = re.fullmatch(r"/service/[^/]+/operation/([^/]+)", path)
    if cbor:
        return cbor.group(1)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = re.search(rb"(?:^|&)Action=(\w+)", body)
        if action:
            return action.group(1).decode()
    action_in_query = parse_qs(environ.get("QUERY_STRING", "")).get("Action")
    if action_in_query:
        return str(action_in_query[0])
    try:
        operation, _ = get_service_router(service).match(Request(dict(environ)))
    except (NotFound, LookupError, ValueError, NotImplementedError):
        return ""
    except Exception as error:  # botocore has no model of that name
        if type(error).__name__ == "UnknownServiceError":
            return ""
        raise
    return str(operation.name)
