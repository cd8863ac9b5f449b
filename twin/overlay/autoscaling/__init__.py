# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EC2 Auto Scaling: groups whose instances come, serve and go in time, and what scales and refreshes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.overlay.autoscaling import groups, hooks, instances, policies, refreshes, schedules, tags

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    for part in (groups, instances, tags, policies, schedules, hooks, refreshes):
        part.install(world)
