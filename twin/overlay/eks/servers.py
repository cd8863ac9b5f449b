# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes API of each cluster, from when it is ACTIVE until it goes."""

from __future__ import annotations

import atexit
import threading
from typing import Any

from twin.overlay.eks import tokens
from twin.overlay.eks.store import Cluster
from twin.world import World

_RUNNING: dict[str, Any] = {}


def install(world: World) -> None:
    world.on_reset(_stop_all)
    atexit.register(_stop_all)


def start(world: World, cluster: Cluster) -> None:
    """Let a cluster answer, and write where into its record."""
    record = cluster.record
    try:
        from twin.kubernetes import start_cluster
    except ImportError:
        record["endpoint"] = f"https://{record['name']}.eks.amazonaws.com"
        record["certificateAuthority"] = {"data": "LS0t"}
        return
    server = start_cluster(
        cluster.name, version=record["version"], authenticate=lambda token: tokens.authenticate(world, cluster, token)
    )
    _RUNNING[record["arn"]] = server
    record["endpoint"] = server.endpoint
    record["certificateAuthority"] = {"data": server.certificate_authority_data}


def stop(cluster: Cluster) -> None:
    server = _RUNNING.pop(cluster.record["arn"], None)
    if server is not None:
        # A request that is being answered may wait for the world's lock, which is held here.
        threading.Thread(target=server.stop, daemon=True).start()


def _stop_all() -> None:
    while _RUNNING:
        _arn, server = _RUNNING.popitem()
        threading.Thread(target=server.stop, daemon=True).start()
