# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from moto.wafv2.models import GLOBAL_REGION, wafv2_backends

from twin.patch import existing
from twin.refusal import refuse

CLOUDFRONT = "CLOUDFRONT"


def region_of(arn: str) -> str:
    """The region of the backend that holds what an ARN names."""
    scope = arn.split(":", 5)[5].partition("/")[0]
    return GLOBAL_REGION if scope == "global" else arn.split(":")[3]


def backend(account: str, region: str) -> Any:
    return wafv2_backends[account][region]


def backend_of(response: Any, scope: str) -> Any:
    """The backend of a scope; CloudFront's is asked in us-east-1 only."""
    if scope == CLOUDFRONT and response.region not in ("us-east-1", GLOBAL_REGION):
        invalid("The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT")
    return backend(response.current_account, GLOBAL_REGION if scope == CLOUDFRONT else response.region)


def backends(account: str) -> Iterator[Any]:
    """Every backend of the account that anything has used."""
    for region in list(dict.keys(wafv2_backends[account])):
        found = existing(wafv2_backends, account, region)
        if found is not None:
            yield found


def invalid(message: str) -> NoReturn:
    refuse("WAFInvalidParameterException", f"Error reason: {message}", 400)


def missing() -> NoReturn:
    refuse(
        "WAFNonexistentItemException",
        "AWS WAF couldn’t perform the operation because your resource doesn’t exist.",
        400,
    )


def duplicate() -> NoReturn:
    refuse(
        "WAFDuplicateItemException",
        "AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an "
        "existing one.",
        400,
    )


def associated() -> NoReturn:
    refuse(
        "WAFAssociatedItemException",
        "AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s "
        "associated with another resource.",
        400,
    )


def web_acl(account: str, arn: str) -> Any:
    """The web ACL of an ARN; refuses when there is none."""
    found = backend(account, region_of(arn)).wacls.get(arn)
    return found if found is not None else missing()
