# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controllers of custom resources, as others register them: what an operator would do in a real cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twin.kubernetes.controllers.context import Context
from twin.kubernetes.controllers.loop import Key, Loop
from twin.kubernetes.store import Bucket, Event
from twin.kubernetes.values import Object

Reconcile = Callable[[Context, Object], float | None]


class _One:
    """The registered code of one resource."""

    def __init__(self, context: Context, bucket: Bucket, run: Reconcile) -> None:
        self._context, self._bucket, self._run = context, bucket, run

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == self._bucket and event.new is not None:
            yield event.new["metadata"].get("namespace", ""), event.new["metadata"]["name"]

    def reconcile(self, key: Key) -> None:
        value = self._context.find(self._bucket, *key)
        if value is None:
            return
        again = self._run(self._context, value)
        if again is not None:
            self._context.loop.after(again, self, key)


class CustomControllers:
    """Holds what is registered; itself reconciles nothing."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def register(self, bucket: Bucket, run: Reconcile) -> None:
        controller = _One(self._context, bucket, run)
        loop: Loop = self._context.loop
        loop.add(controller)
        for each in self._context.list(bucket):
            loop.soon(controller, (each["metadata"].get("namespace", ""), each["metadata"]["name"]))

    def interest(self, event: Event) -> Iterable[Key]:
        return ()

    def reconcile(self, key: Key) -> None:
        return
