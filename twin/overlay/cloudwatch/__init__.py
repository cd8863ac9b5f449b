# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch: alarms that follow their metrics, composite alarms, anomaly detectors, metric math, dashboards."""

from __future__ import annotations

from twin.overlay.cloudwatch import alarms, anomalies, dashboards, metrics, tags
from twin.world import World


def install(world: World) -> None:
    metrics.install()
    alarms.install(world)
    anomalies.install()
    dashboards.install()
    tags.install()
