# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from moto.cloudfront.models import random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.cloudfront.urls import url_paths

from twin.overlay._lifecycle import Record
from twin.patch import Parameters, notes
from twin.refusal import refuse

_BASE = "{0}/2020-05-31/"


@dataclass
class Store:
    """What an account has in CloudFront."""

    distributions: dict[str, Record] = field(default_factory=dict)
    policies: dict[str, dict[str, Record]] = field(default_factory=dict)
    functions: dict[str, Record] = field(default_factory=dict)
    invalidations: dict[str, list[Record]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


def store(response: Any) -> Store:
    return store_of(response.backend)


def store_of(backend: Any) -> Store:
    found: Store = notes(backend, "cloudfront", Store)
    return found


def identifier() -> str:
    """As AWS's: 14 characters that begin with E."""
    return "E" + random_id(length=13)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def arn(response: Any, resource: str) -> str:
    return f"arn:{response.partition}:cloudfront::{response.current_account}:{resource}"


def routed(*paths: str) -> None:
    """Let moto know addresses that it has no route for."""
    for path in paths:
        url_paths.setdefault(f"{_BASE}{path}$", CloudFrontResponse.dispatch)


def check_version(asked: Parameters, kept: str) -> None:
    """Only who has seen the latest version may change or delete it."""
    given = asked.get("IfMatch")
    if not given:
        refuse("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.", 400)
    if given != kept:
        refuse("PreconditionFailed", "The request failed because it didn't meet the preconditions.", 412)


def listed(items: list[Any], asked: Parameters) -> dict[str, Any]:
    """The members of every list's answer. Items are ``(key, shown)``, in the order of the keys."""
    size = int(asked.get("MaxItems") or 100)
    after = asked.get("Marker") or ""
    rest = sorted((one for one in items if one[0] > after), key=lambda one: str(one[0]))
    page = rest[:size]
    more = len(rest) > size
    answer: dict[str, Any] = {
        "Marker": after,
        "MaxItems": size,
        "IsTruncated": more,
        "Quantity": len(page),
    }
    if page:
        answer["Items"] = [shown for _key, shown in page]
    return {**answer, **({"NextMarker": page[-1][0]} if more else {})}


def elements(wrapped: dict[str, Any] | None) -> list[Any]:
    """The elements of a list as CloudFront wraps it."""
    return list((wrapped or {}).get("Items") or [])
