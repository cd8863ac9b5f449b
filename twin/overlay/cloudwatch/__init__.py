# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch: alarms that follow their metrics, composite alarms, metric math, dashboards."""

from __future__ import annotations

from twin.overlay.cloudwatch import alarms, dashboards, metrics, tags
from twin.world import World


def install(world: World) -> None:
    metrics.install()
    alarms.install(world)
    dashboards.install()
    tags.install()
