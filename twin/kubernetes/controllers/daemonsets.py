# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DaemonSets: one pod on every node that takes it."""

from __future__ import annotations

from collections.abc import Iterable

from twin.kubernetes.controllers import revisions
from twin.kubernetes.controllers.context import PODS, Context, is_active
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import own_key, owner_keys
from twin.kubernetes.controllers.scheduling import choose
from twin.kubernetes.store import Event
from twin.kubernetes.values import Object, copy, get, scaled

BUCKET = ("apps", "daemonsets")
_NODES = ("", "nodes")
_COMPONENT = "daemonset-controller"
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)


class DaemonSets:
    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == BUCKET:
            yield from own_key(event)
        elif event.bucket == PODS:
            yield from owner_keys(event, "DaemonSet")
        elif event.bucket == _NODES:
            for each in self._context.list(BUCKET):
                yield each["metadata"]["namespace"], each["metadata"]["name"]

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(BUCKET, *key)
        if value is None or "deletionTimestamp" in value["metadata"]:
            return
        revision, found = revisions.current(context, value)
        newest = revision["metadata"]["labels"][revisions.HASH]
        pods = {_node_of(each): each for each in context.owned(PODS, value) if is_active(each)}
        wanted = {each["metadata"]["name"] for each in context.list(_NODES) if self._takes(value, each, newest)}
        for name in sorted(wanted - set(pods)):
            if any(_node_of(each) == name for each in context.owned(PODS, value)):
                continue
            made = context.create("", "Pod", self._pod(value, name, newest))
            text = f"Created pod: {made['metadata']['name']}"
            context.event(value, "Normal", "SuccessfulCreate", text, _COMPONENT)
            pods[name] = made
        for name in sorted(set(pods) - wanted):
            self._delete(value, pods.pop(name))
        self._roll(key, value, pods, newest, len(wanted))
        pods = {_node_of(each): each for each in context.owned(PODS, value) if is_active(each)}
        self._report(key, value, pods, wanted, newest)
        revisions.forget(context, value, found, {newest, *(_hash(each) for each in pods.values())})

    def _takes(self, value: Object, node: Object, newest: str) -> bool:
        """Whether the node fits, its room aside."""
        pod = self._pod(value, node["metadata"]["name"], newest)
        pod["metadata"].update(name="probe", uid="")
        for each in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
            each.pop("resources", None)
        return choose(pod, [node], [])[0] is not None

    def _pod(self, value: Object, node: str, newest: str) -> Object:
        pod = self._context.pod_from(value, value["spec"]["template"], {revisions.HASH: newest})
        spec = pod["spec"]
        tolerations = spec.setdefault("tolerations", [])
        for key, effect in _TOLERATED:
            tolerations.append({"key": key, "operator": "Exists", "effect": effect})
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        affinity = copy(spec.get("affinity") or {})
        required = affinity.setdefault("nodeAffinity", {}).setdefault(
            "requiredDuringSchedulingIgnoredDuringExecution", {}
        )
        terms = required.get("nodeSelectorTerms") or [{}]
        required["nodeSelectorTerms"] = [{**each, **term} for each in terms]
        spec["affinity"] = affinity
        return pod

    def _roll(self, key: Key, value: Object, pods: dict[str, Object], newest: str, wanted: int) -> None:
        if value["spec"]["updateStrategy"]["type"] != "RollingUpdate":
            return
        limit = get(value, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable", default=1)
        room = max(1, scaled(limit, wanted, round_up=True))
        room -= wanted - sum(self._context.available(each, 0)[0] for each in pods.values())
        for name in sorted(pods):
            if _hash(pods[name]) == newest:
                continue
            working = self._context.available(pods[name], 0)[0]
            if not working or room > 0:
                room -= working
                self._delete(value, pods[name])

    def _delete(self, value: Object, pod: Object) -> None:
        name = pod["metadata"]["name"]
        self._context.delete("", "Pod", pod)
        self._context.event(value, "Normal", "SuccessfulDelete", f"Deleted pod: {name}", _COMPONENT)

    def _report(self, key: Key, value: Object, pods: dict[str, Object], wanted: set[str], newest: str) -> None:
        ready = available = 0
        for each in pods.values():
            ready += self._context.available(each, 0)[0]
            done, left = self._context.available(each, value["spec"].get("minReadySeconds", 0))
            available += done
            if left:
                self._context.loop.after(left + 0.01, self, key)
        status: Object = {
            "observedGeneration": value["metadata"]["generation"],
            "currentNumberScheduled": len(set(pods) & wanted),
            "desiredNumberScheduled": len(wanted),
            "numberMisscheduled": 0,
            "numberReady": ready,
        }
        extra = {
            "updatedNumberScheduled": sum(_hash(each) == newest for each in pods.values()),
            "numberAvailable": available,
            "numberUnavailable": len(wanted) - available,
        }
        status.update({name: count for name, count in extra.items() if count})
        self._context.set_status("apps", "DaemonSet", value, status)


def _hash(pod: Object) -> str:
    return get(pod, "metadata", "labels", revisions.HASH, default="")


def _node_of(pod: Object) -> str:
    """The node of a pod, or the one that it is meant for."""
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", 0)
    meant = get(pod, "spec", *path, "matchFields", 0, "values", 0, default="")
    return get(pod, "spec", "nodeName", default=meant)
