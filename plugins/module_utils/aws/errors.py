# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Errors of AWS in the engine's words, and what to do about them."""

from __future__ import annotations

from typing import Any

from ..engine.api import ApiError

#: What others name in an except clause comes from here, whether botocore is there or not.
__all__ = ["BotoCoreError", "ClientError", "hint", "translate"]

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectionError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        ParamValidationError,
        ProfileNotFound,
    )
except ImportError:  # the door says so before anything is asked

    class BotoCoreError(Exception):  # type: ignore[no-redef]
        """Stands in for botocore's, so that an except clause can name it."""

    class ClientError(Exception):  # type: ignore[no-redef]
        """Stands in for botocore's, so that an except clause can name it."""


#: Codes that say "no such thing" and do not end in one of the usual words.
_MISSING_CODES = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "DBInstanceNotFound",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchHealthCheck",
        "NoSuchHostedZone",
        "NoSuchKey",
        "NotFound",
        "ParameterNotFound",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "WAFNonexistentItemException",
    }
)
_MISSING_ENDINGS = (
    "NotFound",
    "NotFoundException",
    "NotFoundFault",
    ".NotFound",
    "NotFound.Fault",
    "DoesNotExistException",
)

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "AuthorizationError",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "NoCredentials",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)

_HINTS = {
    "AccessDenied": "allow this action to the caller, or run as a role that may do it",
    "AccessDeniedException": "allow this action to the caller, or run as a role that may do it",
    "UnauthorizedOperation": "allow this action to the caller, or run as a role that may do it",
    "ExpiredToken": "renew the credentials and run again; what was done is kept",
    "ExpiredTokenException": "renew the credentials and run again; what was done is kept",
    "NoCredentials": "give a profile, access_key and secret_key, or set AWS_PROFILE",
    "DependencyViolation": "something that this stack does not describe still uses it; remove that first",
    "LimitExceeded": "raise the service quota, or remove what is not needed",
    "LimitExceededException": "raise the service quota, or remove what is not needed",
    "VpcLimitExceeded": "raise the quota of VPCs per region (L-F678F1CE), or remove one",
    "AddressLimitExceeded": "raise the quota of elastic IP addresses (L-0263D0A3), or use fewer NAT gateways",
    "InstanceQuotaExceeded": "raise the quota of DB instances, or remove one",
    "InsufficientDBInstanceCapacity": "AWS has none left of this class in these zones; try another class or later",
    "ConnectionFailed": "check the network, the region and the endpoint",
}


def is_missing(code: str) -> bool:
    """Whether an error code says that the thing asked for does not exist."""
    return code in _MISSING_CODES or code.startswith("NoSuch") or code.endswith(_MISSING_ENDINGS)


def hint(error: ApiError) -> str:
    """What to do about an error; empty when AWS's own words say it best."""
    if error.throttled:
        return "AWS throttles this account; lower request_rate or run again later"
    return _HINTS.get(error.code, "")


def translate(error: BotoCoreError | ClientError, service: str, operation: str) -> ApiError:
    """A botocore error in the engine's words."""
    where: dict[str, Any] = {"service": service, "operation": operation}
    if isinstance(error, ClientError):
        body = error.response.get("Error", {})
        meta = error.response.get("ResponseMetadata", {})
        code = str(body.get("Code", "Unknown"))
        status = int(meta.get("HTTPStatusCode", 0))
        return ApiError(
            code,
            str(body.get("Message", "")),
            request_id=str(meta.get("RequestId", "")),
            missing=is_missing(code),
            throttled=code in _THROTTLED,
            ambiguous=status >= 500 and code not in _THROTTLED,
            denied=code in _DENIED,
            repeated=int(meta.get("RetryAttempts", 0)) > 0,
            **where,
        )
    if isinstance(error, (NoCredentialsError, CredentialRetrievalError, ProfileNotFound)):
        return ApiError("NoCredentials", str(error), denied=True, **where)
    if isinstance(error, ParamValidationError):
        return ApiError("InvalidRequest", str(error), **where)
    if isinstance(error, (ConnectionError, HTTPClientError)):
        return ApiError("ConnectionFailed", str(error), ambiguous=True, **where)
    return ApiError(type(error).__name__, str(error), **where)
