# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watches: the events of a resource as lines of JSON."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

from twin.kubernetes.errors import StatusError
from twin.kubernetes.resources import Resource
from twin.kubernetes.selectors import Predicate
from twin.kubernetes.store import Event, Expired, Store
from twin.kubernetes.values import Object

Render = Callable[[Object], Any]
_BOOKMARK_EVERY = 30.0


class Watch:
    """One watch, an iterator of lines. The caller closes it."""

    def __init__(
        self,
        store: Store,
        resource: Resource,
        namespace: str,
        chosen: Predicate,
        present: Callable[[Object], Object],
        render: Render,
        since: int | None,
        timeout: float,
        bookmarks: bool,
        initial: bool,
    ) -> None:
        """Begin to watch.

        :param since: the revision after which events are sent; None begins with what there is now.
        :param timeout: seconds after which the watch ends.
        :param initial: tell by a bookmark when everything there is has been sent.
        """
        self._store, self._namespace, self._chosen = store, namespace, chosen
        self._present, self._render = present, render
        self._end, self._bookmarks, self._initial = time.monotonic() + timeout, bookmarks, initial
        self._resource = resource
        self._first: list[Object] = []
        self._expired = False
        with store.lock:
            self._revision = store.revision if since is None else since
            if since is None:
                self._first = store.list(resource.bucket, namespace)
            try:
                self._past, self._events = store.watch(resource.bucket, since)
            except Expired:
                self._expired = True

    def lines(self) -> Iterator[bytes]:
        if self._expired:
            text = f"too old resource version: {self._revision} ({self._store.revision})"
            yield _line("ERROR", StatusError(410, text).body())
            return
        try:
            yield from self._lines()
        finally:
            self._store.unwatch(self._events)

    def _lines(self) -> Iterator[bytes]:
        for value in self._first:
            if self._chosen(value):
                yield self._write("ADDED", value)
        if self._initial:
            yield self._bookmark({"k8s.io/initial-events-end": "true"})
        for event in self._past:
            yield from self._tell(event)
        next_bookmark = time.monotonic() + _BOOKMARK_EVERY
        while (now := time.monotonic()) < self._end:
            try:
                event = self._events.get(timeout=min(self._end, next_bookmark) - now if next_bookmark > now else 0.01)
            except queue.Empty:
                if self._bookmarks and time.monotonic() >= next_bookmark:
                    yield self._bookmark({})
                if time.monotonic() >= next_bookmark:
                    next_bookmark = time.monotonic() + _BOOKMARK_EVERY
                continue
            if event is None:
                return
            yield from self._tell(event)
        if self._bookmarks:
            yield self._bookmark({})

    def _tell(self, event: Event) -> Iterator[bytes]:
        if event.bucket != self._resource.bucket or event.revision <= self._revision:
            return
        self._revision = event.revision
        old, new = self._match(event.old), self._match(event.new)
        if new is not None:
            yield self._write("ADDED" if old is None else "MODIFIED", new)
        elif old is not None:
            revision = str(event.revision)
            yield self._write("DELETED", {**old, "metadata": {**old["metadata"], "resourceVersion": revision}})

    def _match(self, value: Object | None) -> Object | None:
        if value is None or (self._namespace and value["metadata"].get("namespace") != self._namespace):
            return None
        return value if self._chosen(value) else None

    def _write(self, kind: str, value: Object) -> bytes:
        return _line(kind, self._render(self._present(value)))

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        metadata: Object = {"resourceVersion": str(self._revision), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        return _line(
            "BOOKMARK",
            {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": metadata},
        )


def _line(kind: str, value: Any) -> bytes:
    return json.dumps({"type": kind, "object": value}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
