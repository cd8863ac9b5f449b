# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What EKS wants of the roles that it is given."""

from __future__ import annotations

import json
from typing import Any

from moto.eks.responses import EKSResponse
from moto.iam.models import iam_backends

from twin.overlay._policies import listed, statements
from twin.overlay.eks.store import invalid


def find_role(account: str, arn: str) -> Any | None:
    return next((role for role in iam_backends[account]["aws"].roles.values() if role.arn == arn), None)


def check_role(response: EKSResponse, arn: str, service: str) -> Any:
    """A role that exists and that the service may assume; refuse any other."""
    role = find_role(response.current_account, arn)
    if role is None or service not in _trusted(role.assume_role_policy_document):
        invalid(
            f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct"
        )
    return role


def has_policy(role: Any, name: str) -> bool:
    """Whether one of AWS's own policies is attached to a role."""
    return any(str(arn).endswith(f"policy/{name}") for arn in role.managed_policies)


def _trusted(document: Any) -> set[str]:
    text = document if isinstance(document, str) else json.dumps(document)
    found: set[str] = set()
    for statement in statements(text):
        principal = statement.get("Principal")
        found |= set(listed(principal.get("Service"))) if isinstance(principal, dict) else set()
    return found
