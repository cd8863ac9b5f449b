# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ElastiCache: subnet groups, parameter groups, replication groups."""

from __future__ import annotations

from .parameter_group import PARAMETER_GROUP
from .replication_group import REPLICATION_GROUP
from .subnet_group import SUBNET_GROUP

KINDS = (SUBNET_GROUP, PARAMETER_GROUP, REPLICATION_GROUP)

__all__ = ["KINDS", "PARAMETER_GROUP", "REPLICATION_GROUP", "SUBNET_GROUP"]
