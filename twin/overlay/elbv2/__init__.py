# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Application Load Balancers: states, network interfaces, idempotent creation, refusals, defaults.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.overlay.elbv2 import actions, certificates, listeners, load_balancers, pages, target_groups

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    for part in (actions, load_balancers, listeners, certificates, target_groups, pages):
        part.install(world)
