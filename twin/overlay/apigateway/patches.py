# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON patches as API Gateway takes them: of the paths that it lists, with texts for values.

Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape
from moto.core.utils import get_service_model

from twin.overlay.apigateway.store import Document, bad

# By shape, the operations that are allowed on paths.
_ALLOWED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "RestApi": (
        (
            "replace",
            r"/(name|description|apiKeySource|disableExecuteApiEndpoint|minimumCompressionSize|policy|securityPolicy"
            r"|endpointAccessMode|endpointConfiguration/(types/\w+|ipAddressType))",
        ),
        ("add remove", r"/(binaryMediaTypes/[^/]+|endpointConfiguration/vpcEndpointIds)"),
    ),
    "Method": (
        ("replace", r"/(authorizationType|authorizerId|apiKeyRequired|operationName|requestValidatorId)"),
        ("add replace remove", r"/(requestParameters|requestModels)/[^/]+"),
        ("add remove", r"/authorizationScopes"),
    ),
    "RequestValidator": (("replace", r"/(validateRequestBody|validateRequestParameters)"),),
    "Model": (("replace", r"/(description|schema)"),),
    "Authorizer": (
        (
            "replace",
            r"/(name|type|authType|authorizerUri|authorizerCredentials|authorizerResultTtlInSeconds|identitySource"
            r"|identityValidationExpression)",
        ),
        ("add remove", r"/providerARNs"),
    ),
    "Deployment": (("replace", r"/description"),),
    "Stage": (
        (
            "replace",
            r"/(deploymentId|description|tracingEnabled|cacheClusterEnabled|cacheClusterSize|clientCertificateId"
            r"|documentationVersion|accessLogSettings/(destinationArn|format)"
            r"|canarySettings/(percentTraffic|deploymentId|useStageCache))",
        ),
        ("replace remove", r"/(variables|canarySettings/stageVariableOverrides)/[^/]+"),
        ("remove", r"/(accessLogSettings|canarySettings)"),
    ),
    "UsagePlan": (
        ("replace", r"/(name|description|productCode)"),
        ("add replace", r"/(throttle/(burstLimit|rateLimit)|quota/(limit|offset|period))"),
        ("add remove", r"/apiStages"),
        ("add replace", r"/apiStages/[^/]+/throttle/[^/]+/(burstLimit|rateLimit)"),
        ("remove", r"/(throttle|quota|apiStages/[^/]+/throttle/[^/]+)"),
    ),
    "ApiKey": (("replace", r"/(name|description|enabled|customerId)"),),
    "DomainName": (
        (
            "replace",
            r"/(certificateArn|regionalCertificateArn|securityPolicy|endpointAccessMode|routingMode"
            r"|ownershipVerificationCertificateArn|mutualTlsAuthentication/truststore(Uri|Version)"
            r"|endpointConfiguration/types/\w+)",
        ),
    ),
    "BasePathMapping": (("replace", r"/(basePath|restapiId|stage)"),),
    "Account": (("replace", r"/cloudwatchRoleArn"),),
}
_VALUELESS = re.compile(r"/(minimumCompressionSize|binaryMediaTypes/[^/]+)")


def check(name: str, operation: Mapping[str, Any]) -> None:
    """Refuse an operation that AWS does not list for objects of a shape."""
    word, path = operation["op"], operation["path"]
    if not any(word in words.split() and re.fullmatch(pattern, path) for words, pattern in _ALLOWED[name]):
        bad(f"Invalid patch path  '{path}' specified for op '{word}'.")
    if word in ("add", "replace") and "value" not in operation and not _VALUELESS.fullmatch(path):
        bad(f"Invalid patch operation, value is missing for '{path}'")


def apply(name: str, document: Document, operations: list[dict[str, Any]]) -> None:
    """Change a document of a shape; all or nothing."""
    for operation in operations:
        check(name, operation)
    shape = get_service_model("apigateway").shape_for(name)
    for operation in operations:
        tokens = [token.replace("~1", "/").replace("~0", "~") for token in operation["path"].split("/")[1:]]
        _apply(document, shape, tokens, operation["op"], operation.get("value"))


def _apply(document: Document, shape: Any, tokens: list[str], word: str, value: str | None) -> None:
    token, rest = tokens[0], tokens[1:]
    inner: Shape = shape.members[token] if shape.type_name == "structure" else shape.value
    if inner.type_name == "list":
        _apply_list(document, token, rest, word, value)
    elif rest:
        _apply(document.setdefault(token, {}), inner, rest, word, value)
    elif word == "remove" or value is None or value == "":
        document.pop(token, None)
    else:
        document[token] = typed(inner, value)


def _apply_list(document: Document, name: str, rest: list[str], word: str, value: str | None) -> None:
    members = document.setdefault(name, [])
    if word == "replace":
        document[name] = [value]
        return
    member = rest[0] if rest else value
    if word == "add" and member not in members:
        members.append(member)
    elif word == "remove":
        if member not in members:
            bad(f"Invalid patch path: there is no {member} in {name}")
        members.remove(member)


def typed(shape: Shape, value: str) -> Any:
    """A patch's text as the member that it is to be."""
    try:
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[value]
        if shape.type_name == "integer":
            return int(value)
        if shape.type_name in ("double", "float"):
            return float(value)
    except (KeyError, ValueError):
        bad(f"Invalid patch value {value!r}")
    return value
