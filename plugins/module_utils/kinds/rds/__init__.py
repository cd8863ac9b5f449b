# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Relational Database Service: subnet groups, parameter groups, instances, proxies."""

from __future__ import annotations

from .db_instance import DB_INSTANCE
from .db_parameter_group import DB_PARAMETER_GROUP
from .db_proxy import DB_PROXY, DB_PROXY_TARGET_GROUP
from .db_subnet_group import DB_SUBNET_GROUP

KINDS = (DB_SUBNET_GROUP, DB_PARAMETER_GROUP, DB_INSTANCE, DB_PROXY, DB_PROXY_TARGET_GROUP)

__all__ = [
    "DB_INSTANCE",
    "DB_PARAMETER_GROUP",
    "DB_PROXY",
    "DB_PROXY_TARGET_GROUP",
    "DB_SUBNET_GROUP",
    "KINDS",
]
