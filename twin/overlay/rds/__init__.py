# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS: states, pending changes, groups in use, snapshots, replicas, copies of backups, and what the service refuses."""

from __future__ import annotations

from twin.overlay.rds import automated_backups, engines, groups, instances, modify, proxies, replicas, snapshots
from twin.world import World


def install(world: World) -> None:
    engines.install()
    groups.install(world)
    instances.install(world)
    modify.install(world)
    snapshots.install(world)
    replicas.install(world)
    proxies.install(world)
    automated_backups.install()
