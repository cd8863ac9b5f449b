# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects in memory, their revisions and the events that watches follow.

What is stored is never changed in place: readers may keep it and send it without a copy.
"""

from __future__ import annotations

import queue
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from twin.kubernetes.values import Object

Bucket = tuple[str, str]
"""API group and plural name: all versions of a resource share their objects."""


@dataclass(frozen=True)
class Event:
    """One write. ``old`` is what was there before, ``new`` what is there now."""

    revision: int
    bucket: Bucket
    old: Object | None
    new: Object | None


class Expired(Exception):
    """The history no longer reaches back to the revision."""


class Store:
    """All objects of a cluster, behind one lock."""

    HISTORY = 4000

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.revision = 1
        self._objects: dict[Bucket, dict[tuple[str, str], Object]] = defaultdict(dict)
        self._history: deque[Event] = deque(maxlen=self.HISTORY)
        self._forgotten = 1
        self._closed = False
        self._watches: set[queue.SimpleQueue[Event | None]] = set()
        self._listeners: list[Callable[[Event], None]] = []

    def get(self, bucket: Bucket, namespace: str, name: str) -> Object | None:
        return self._objects[bucket].get((namespace, name))

    def list(self, bucket: Bucket, namespace: str = "") -> list[Object]:
        """All objects by namespace and name; of one namespace when it is given."""
        with self.lock:
            found = self._objects[bucket]
            return [found[key] for key in sorted(found) if not namespace or key[0] == namespace]

    def everything(self) -> Iterable[tuple[Bucket, Object]]:
        with self.lock:
            return [(bucket, each) for bucket, found in self._objects.items() for each in found.values()]

    def put(self, bucket: Bucket, value: Object) -> Object:
        """Store the object under the next revision and return it."""
        with self.lock:
            metadata = value["metadata"]
            key = (metadata.get("namespace", ""), metadata["name"])
            old = self._objects[bucket].get(key)
            self.revision += 1
            metadata["resourceVersion"] = str(self.revision)
            self._objects[bucket][key] = value
            self._tell(Event(self.revision, bucket, old, value))
            return value

    def remove(self, bucket: Bucket, value: Object) -> Object:
        """Remove the object; what is returned and told carries the revision of the removal."""
        with self.lock:
            metadata = value["metadata"]
            old = self._objects[bucket].pop((metadata.get("namespace", ""), metadata["name"]))
            self.revision += 1
            last = {**old, "metadata": {**old["metadata"], "resourceVersion": str(self.revision)}}
            self._tell(Event(self.revision, bucket, last, None))
            return last

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call the listener, under the lock, for every write."""
        self._listeners.append(listener)

    def watch(self, bucket: Bucket, since: int | None) -> tuple[list[Event], queue.SimpleQueue[Event | None]]:
        """The events since the revision, and a queue of those to come; None in it ends the watch.

        :raises Expired: the history does not reach back that far.
        """
        with self.lock:
            past: list[Event] = []
            if since is not None:
                if since < self._forgotten:
                    raise Expired
                past = [each for each in self._history if each.revision > since and each.bucket == bucket]
            events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
            self._watches.add(events)
            if self._closed:
                events.put(None)
            return past, events

    def unwatch(self, events: queue.SimpleQueue[Event | None]) -> None:
        with self.lock:
            self._watches.discard(events)

    @property
    def oldest(self) -> int:
        """The revision from which the history is complete."""
        return self._forgotten

    def compact(self) -> None:
        """Forget the history, so that watches from older revisions get 410 Gone."""
        with self.lock:
            self._history.clear()
            self._forgotten = self.revision

    def close(self) -> None:
        """End all watches, those that are still to come included."""
        with self.lock:
            self._closed = True
            for events in self._watches:
                events.put(None)
            self._listeners.clear()

    def _tell(self, event: Event) -> None:
        if len(self._history) == self.HISTORY:
            self._forgotten = self._history[0].revision
        self._history.append(event)
        for events in self._watches:
            events.put(event)
        for listener in self._listeners:
            listener(event)
