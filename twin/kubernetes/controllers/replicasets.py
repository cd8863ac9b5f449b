# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ReplicaSets: as many pods as wanted."""

from __future__ import annotations

from collections.abc import Iterable

from twin.kubernetes.controllers.context import PODS, Context, is_active, is_ready
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.errors import StatusError
from twin.kubernetes.store import Event
from twin.kubernetes.values import Object, controller_of, copy, get, set_condition

BUCKET = ("apps", "replicasets")
_COMPONENT = "replicaset-controller"
_RETRY = 1.0


def owner_keys(event: Event, kind: str) -> Iterable[Key]:
    """The owner of that kind of the object that the event is about."""
    for value in (event.old, event.new):
        owner = controller_of(value) if value else None
        if value and owner and owner["kind"] == kind:
            yield value["metadata"]["namespace"], owner["name"]


def own_key(event: Event) -> Iterable[Key]:
    value = event.new or event.old
    if value is not None:
        yield value["metadata"].get("namespace", ""), value["metadata"]["name"]


class ReplicaSets:
    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == BUCKET:
            yield from own_key(event)
        elif event.bucket == PODS:
            yield from owner_keys(event, "ReplicaSet")

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(BUCKET, *key)
        if value is None or "deletionTimestamp" in value["metadata"]:
            return
        context.adopt(PODS, value)
        pods = [each for each in context.owned(PODS, value) if is_active(each)]
        missing = get(value, "spec", "replicas", default=0) - len(pods)
        failure = ""
        for _ in range(missing):
            try:
                made = context.create("", "Pod", context.pod_from(value, value["spec"]["template"], {}))
            except StatusError as error:
                failure = f"Error creating: {error.message}"
                context.event(value, "Warning", "FailedCreate", failure, _COMPONENT)
                context.loop.after(_RETRY, self, key)
                break
            pods.append(made)
            context.event(value, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", _COMPONENT)
        if missing < 0:
            doomed = sorted(pods, key=_worth)[:-missing]
            for each in doomed:
                name = each["metadata"]["name"]
                context.delete("", "Pod", each)
                context.event(value, "Normal", "SuccessfulDelete", f"Deleted pod: {name}", _COMPONENT)
            pods = [each for each in pods if each not in doomed]
        self._report(key, value, pods, failure)

    def _report(self, key: Key, value: Object, pods: list[Object], failure: str) -> None:
        context, spec = self._context, value["spec"]
        checks = [context.available(each, spec.get("minReadySeconds", 0)) for each in pods]
        for done, left in checks:
            if not done and left:
                context.loop.after(left + 0.01, self, key)
        status = copy(value.get("status") or {})
        counts = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": sum(is_ready(each) for each in pods),
            "availableReplicas": sum(done for done, _ in checks),
        }
        for name, count in counts.items():
            if count or name == "replicas":
                status[name] = count
            else:
                status.pop(name, None)
        status["observedGeneration"] = value["metadata"]["generation"]
        if failure:
            set_condition(status, "ReplicaFailure", "True", "FailedCreate", failure, context.now)
        else:
            status["conditions"] = [each for each in status.get("conditions", []) if each["type"] != "ReplicaFailure"]
            if not status["conditions"]:
                status.pop("conditions")
        context.set_status("apps", "ReplicaSet", value, status)


def _worth(pod: Object) -> tuple[bool, bool, bool, str]:
    """Pods that are not scheduled, not running or not ready go first, then the youngest."""
    number = int(get(pod, "metadata", "annotations", "controller.kubernetes.io/pod-deletion-cost", default="0"))
    return (
        bool(get(pod, "spec", "nodeName")),
        get(pod, "status", "phase") == "Running",
        is_ready(pod),
        f"{number + 2**31:012d}",
    )
