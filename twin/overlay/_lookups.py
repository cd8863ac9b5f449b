# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one service asks of another: does this subnet, security group, key exist?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends


def subnet(account: str, region: str, subnet_id: str) -> Any | None:
    for zone in ec2_backends[account][region].subnets.values():
        if subnet_id in zone:
            return zone[subnet_id]
    return None


def subnets(account: str, region: str, ids: Iterable[str]) -> tuple[list[Any], list[str]]:
    """The subnets that exist, and the ids of those that do not."""
    found = {i: subnet(account, region, i) for i in dict.fromkeys(ids)}
    return [s for s in found.values() if s is not None], [i for i, s in found.items() if s is None]


def security_group(account: str, region: str, group_id: str) -> Any | None:
    return ec2_backends[account][region].get_security_group_from_id(group_id)


def zones(region: str, account: str) -> list[str]:
    return [zone.name for zone in ec2_backends[account][region].describe_availability_zones()]


def kms_key_arn(account: str, region: str, key: str) -> str | None:
    """The ARN of an enabled key given by id, ARN or alias; None if there is none."""
    backend = kms_backends[account][region]
    try:
        found = backend.describe_key(key)
    except (KeyError, AttributeError, TypeError):
        return None
    return found.arn if found.key_state == "Enabled" else None
