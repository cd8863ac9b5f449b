# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch: alarms, composite alarms, anomaly detectors and dashboards."""

from __future__ import annotations

from .alarm import CLOUDWATCH_ALARM, CLOUDWATCH_COMPOSITE_ALARM, alarm_definition
from .anomaly_detector import CLOUDWATCH_ANOMALY_DETECTOR
from .dashboard import CLOUDWATCH_DASHBOARD

KINDS = (CLOUDWATCH_ALARM, CLOUDWATCH_COMPOSITE_ALARM, CLOUDWATCH_ANOMALY_DETECTOR, CLOUDWATCH_DASHBOARD)

__all__ = [
    "CLOUDWATCH_ALARM",
    "CLOUDWATCH_ANOMALY_DETECTOR",
    "CLOUDWATCH_COMPOSITE_ALARM",
    "CLOUDWATCH_DASHBOARD",
    "KINDS",
    "alarm_definition",
]
