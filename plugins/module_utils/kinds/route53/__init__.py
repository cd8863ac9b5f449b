# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route 53: hosted zones, record sets, health checks. It has one control plane for all regions."""

from __future__ import annotations

from .health_check import HEALTH_CHECK
from .hosted_zone import HOSTED_ZONE
from .record_set import RECORD_SET

KINDS = (HOSTED_ZONE, HEALTH_CHECK, RECORD_SET)

__all__ = ["HEALTH_CHECK", "HOSTED_ZONE", "KINDS", "RECORD_SET"]
