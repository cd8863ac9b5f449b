# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policy documents: what every service checks before it stores one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any


def statements(document: str) -> list[dict[str, Any]]:
    """The statements of a document that ``problem`` finds nothing wrong with."""
    found = json.loads(document)["Statement"]
    return [found] if isinstance(found, dict) else list(found)


def problem(document: str, resource: bool = True) -> str | None:
    """What is wrong with a resource-based policy, in AWS's words; None if nothing is.

    :param resource: statements must name a Resource, as S3's, SNS's and KMS's must and a trust policy must not.
    """
    try:
        policy = json.loads(document)
    except ValueError:
        return "Policies must be valid JSON and the first byte must be '{'"
    if not isinstance(policy, dict):
        return "Policies must be valid JSON and the first byte must be '{'"
    if "Statement" not in policy:
        return "Missing required field Statement"
    if policy.get("Version") not in (None, "2012-10-17", "2008-10-17"):
        return "The policy must contain a valid version string"
    for statement in statements(document):
        if not isinstance(statement, dict):
            return "Invalid policy syntax."
        if statement.get("Effect") not in ("Allow", "Deny"):
            return (
                f"Invalid effect: {statement.get('Effect')}"
                if "Effect" in statement
                else "Missing required field Effect"
            )
        if "Principal" not in statement and "NotPrincipal" not in statement:
            return "Missing required field Principal"
        if "Action" not in statement and "NotAction" not in statement:
            return "Missing required field Action"
        if resource and "Resource" not in statement and "NotResource" not in statement:
            return "Missing required field Resource"
        if not resource and ("Resource" in statement or "NotResource" in statement):
            return "Has prohibited field Resource"
    return None


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def missing_principal(document: str, account: str) -> str | None:
    """The first user or role of the own account that a policy names and that does not exist."""
    from moto.iam.models import iam_backends

    iam = iam_backends[account]["aws"]
    known = {role.arn for role in iam.roles.values()} | {user.arn for user in iam.users.values()}
    for arn in principals(document):
        if re.fullmatch(rf"arn:aws:iam::{account}:(role|user)/.+", arn) and arn not in known:
            return arn
    return None


def principals(document: str) -> Iterator[str]:
    """Every AWS principal of the document: ARNs, account ids and ``*``."""
    for statement in statements(document):
        principal = statement.get("Principal") or {}
        yield from listed(principal.get("AWS") if isinstance(principal, dict) else principal)
