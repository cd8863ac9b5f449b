# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""StatefulSets: numbered pods, one after the other, each with its claims."""

from __future__ import annotations

from collections.abc import Iterable

from twin.kubernetes.controllers import revisions
from twin.kubernetes.controllers.context import PODS, Context, is_ready
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import own_key, owner_keys
from twin.kubernetes.errors import StatusError
from twin.kubernetes.store import Event
from twin.kubernetes.values import Object, copy, get

BUCKET = ("apps", "statefulsets")
_CLAIMS = ("", "persistentvolumeclaims")
_COMPONENT = "statefulset-controller"
_RETRY = 1.0


class StatefulSets:
    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == BUCKET:
            yield from own_key(event)
        elif event.bucket == PODS:
            yield from owner_keys(event, "StatefulSet")

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(BUCKET, *key)
        if value is None or "deletionTimestamp" in value["metadata"]:
            return
        update, found = revisions.current(context, value)
        newest = update["metadata"]["name"]
        pods = {_ordinal(each): each for each in context.owned(PODS, value)}
        present = get(value, "status", "currentRevision", default=newest)
        if not any(each["metadata"]["name"] == present for each in found):
            present = newest
        self._act(key, value, pods, present, newest, found)
        pods = {_ordinal(each): each for each in context.owned(PODS, value)}
        self._report(key, value, pods, present, newest)
        used = {each["metadata"]["labels"].get(revisions.HASH, "") for each in pods.values()} | {present, newest}
        revisions.forget(context, value, found, used)

    def _act(
        self, key: Key, value: Object, pods: dict[int, Object], present: str, newest: str, found: list[Object]
    ) -> None:
        """The next step, or all at once where pods are managed in parallel."""
        spec, context = value["spec"], self._context
        start, replicas = get(spec, "ordinals", "start", default=0), spec["replicas"]
        ordered = spec["podManagementPolicy"] == "OrderedReady"
        partition = get(spec, "updateStrategy", "rollingUpdate", "partition", default=0)
        for number in range(start, start + replicas):
            pod = pods.get(number)
            if pod is None:
                old = number - start < partition and present != newest
                if not self._create(key, value, number, present if old else newest, found) or ordered:
                    return
            elif get(pod, "status", "phase") in ("Failed", "Succeeded"):
                context.delete("", "Pod", pod)
                return
            elif ordered and not self._settled(key, value, pod):
                # A pod that does not come up on an old revision must not hold up its own repair.
                broken = not is_ready(pod) and pod["metadata"]["labels"].get(revisions.HASH) != newest
                if broken and number >= partition and "deletionTimestamp" not in pod["metadata"]:
                    self._delete(value, pod)
                return
        surplus = sorted((number for number in pods if not start <= number < start + replicas), reverse=True)
        for number in surplus:
            if "deletionTimestamp" not in pods[number]["metadata"]:
                self._delete(value, pods[number])
            if ordered:
                return
        if surplus or spec["updateStrategy"]["type"] != "RollingUpdate":
            return
        for number in sorted(pods, reverse=True):
            pod = pods[number]
            if number - start >= partition and pod["metadata"]["labels"].get(revisions.HASH) != newest:
                if "deletionTimestamp" not in pod["metadata"]:
                    self._delete(value, pod)
                return
            if not self._settled(key, value, pod):
                return

    def _settled(self, key: Key, value: Object, pod: Object) -> bool:
        done, left = self._context.available(pod, value["spec"].get("minReadySeconds", 0))
        if left:
            self._context.loop.after(left + 0.01, self, key)
        return done and "deletionTimestamp" not in pod["metadata"]

    def _create(self, key: Key, value: Object, number: int, revision: str, found: list[Object]) -> bool:
        context, owner = self._context, value["metadata"]
        name = f"{owner['name']}-{number}"
        data = next((each["data"] for each in found if each["metadata"]["name"] == revision), None)
        template = get(data, "spec", "template", default=value["spec"]["template"])
        labels = {
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(number),
            revisions.HASH: revision,
        }
        pod = context.pod_from(value, {key: item for key, item in template.items() if key != "$patch"}, labels, name)
        pod["spec"]["hostname"] = name
        if value["spec"].get("serviceName"):
            pod["spec"]["subdomain"] = value["spec"]["serviceName"]
        try:
            for claim in value["spec"].get("volumeClaimTemplates", []):
                self._claim(value, claim, name, pod)
            context.create("", "Pod", pod)
        except StatusError as error:
            text = f"create Pod {name} in StatefulSet {owner['name']} failed error: {error.message}"
            context.event(value, "Warning", "FailedCreate", text, _COMPONENT)
            context.loop.after(_RETRY, self, key)
            return False
        text = f"create Pod {name} in StatefulSet {owner['name']} successful"
        context.event(value, "Normal", "SuccessfulCreate", text, _COMPONENT)
        return True

    def _claim(self, value: Object, template: Object, pod_name: str, pod: Object) -> None:
        name = f"{template['metadata']['name']}-{pod_name}"
        namespace = value["metadata"]["namespace"]
        if self._context.find(_CLAIMS, namespace, name) is None:
            metadata = {**copy(template["metadata"]), "name": name, "namespace": namespace}
            metadata["labels"] = {
                **metadata.get("labels", {}),
                **get(value, "spec", "selector", "matchLabels", default={}),
            }
            self._context.create("", "PersistentVolumeClaim", {"metadata": metadata, "spec": copy(template["spec"])})
        volumes = [each for each in pod["spec"].get("volumes", []) if each["name"] != template["metadata"]["name"]]
        volumes.append({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": name}})
        pod["spec"]["volumes"] = volumes

    def _delete(self, value: Object, pod: Object) -> None:
        name, owner = pod["metadata"]["name"], value["metadata"]["name"]
        self._context.delete("", "Pod", pod)
        text = f"delete Pod {name} in StatefulSet {owner} successful"
        self._context.event(value, "Normal", "SuccessfulDelete", text, _COMPONENT)

    def _report(self, key: Key, value: Object, pods: dict[int, Object], present: str, newest: str) -> None:
        alive = [each for each in pods.values() if get(each, "status", "phase") not in ("Failed", "Succeeded")]
        of = [
            each["metadata"]["labels"].get(revisions.HASH)
            for each in alive
            if "deletionTimestamp" not in each["metadata"]
        ]
        replicas = value["spec"]["replicas"]
        ready = sum(is_ready(each) for each in alive)
        available = sum(self._settled(key, value, each) for each in alive)
        if of.count(newest) == len(of) == replicas and ready == replicas:
            present = newest
        status: Object = {
            "observedGeneration": value["metadata"]["generation"],
            "replicas": len(alive),
            "readyReplicas": ready,
            "availableReplicas": available,
            "currentReplicas": of.count(present),
            "updatedReplicas": of.count(newest),
            "currentRevision": present,
            "updateRevision": newest,
            "collisionCount": 0,
        }
        for name in ("readyReplicas", "currentReplicas", "updatedReplicas"):
            if not status[name]:
                status.pop(name)
        self._context.set_status("apps", "StatefulSet", value, status)


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])
