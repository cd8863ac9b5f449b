# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What happens inside a task. The control plane alone only pretends; a data plane takes its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twin.overlay._lifecycle import Record
from twin.world import World

Ended = Callable[[dict[str, int]], None]


class Runtime(Protocol):
    """Told of tasks under the world lock; must not block.

    A task's record has AWS's members, and ``definition`` (the task definition's record) and ``service``
    (the service's, or None for a task that was run by itself).
    """

    def start(self, task: Record, ended: Ended) -> None:
        """The task is RUNNING. Call ``ended`` with exit codes by container name when it ends by itself."""

    def stop(self, task: Record) -> None:
        """The task is to end: StopTask, a deployment, a deletion."""


class Pretended:
    """A service's task runs until it is stopped; one that was run by itself ends well after a moment."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, task: Record, ended: Ended) -> None:
        if task["service"] is None:
            codes = {container["name"]: 0 for container in task["containers"]}
            self._world.schedule(self._world.delay("ecs.task.stop"), lambda: ended(codes))

    def stop(self, task: Record) -> None:
        pass


_current: list[Runtime] = []


def use(runtime: Runtime) -> None:
    """Have tasks run by this from now on."""
    _current[:] = [runtime]


def current() -> Runtime:
    return _current[0]
