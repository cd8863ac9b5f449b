# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Buckets: what a fresh one has, configurations that come back as they were put, and refusals.

moto dispatches S3 by path and query string, not by operation; ``operations`` adds what the other services have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.overlay.s3 import buckets, configurations, lifecycle, operations, policies, replication

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    handlers = operations.install()
    for part in (buckets, policies, lifecycle, replication, configurations):
        part.install(world, handlers)
