# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Status of disruption budgets and quotas, and volumes for claims."""

from __future__ import annotations

import time
from collections.abc import Iterable

from twin.kubernetes import quota, selectors
from twin.kubernetes.controllers.context import PODS, Context, is_ready
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import BUCKET as REPLICA_SETS
from twin.kubernetes.controllers.replicasets import own_key
from twin.kubernetes.store import Event
from twin.kubernetes.values import Object, controller_of, get, scaled, set_condition

BUDGETS, QUOTAS = ("policy", "poddisruptionbudgets"), ("", "resourcequotas")
CLAIMS, _CLASSES = ("", "persistentvolumeclaims"), ("storage.k8s.io", "storageclasses")
_VOLUMES = ("", "persistentvolumes")


class Budgets:
    """How many of the selected pods may be disrupted."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == BUDGETS:
            yield from own_key(event)
        elif event.bucket == PODS or event.bucket[0] == "apps":
            value = event.new or event.old
            for each in self._context.list(BUDGETS, (value or {})["metadata"]["namespace"]):
                yield each["metadata"]["namespace"], each["metadata"]["name"]

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(BUDGETS, *key)
        if value is None or "deletionTimestamp" in value["metadata"]:
            return
        spec = value["spec"]
        pods = [
            each
            for each in context.list(PODS, key[0])
            if selectors.matches(spec.get("selector"), selectors.labels_of(each))
            and get(each, "status", "phase") not in ("Succeeded", "Failed")
        ]
        expected = self._expected(pods)
        healthy = sum(is_ready(each) and "deletionTimestamp" not in each["metadata"] for each in pods)
        if "maxUnavailable" in spec:
            desired = max(0, expected - scaled(spec["maxUnavailable"], expected, round_up=True))
        elif isinstance(spec.get("minAvailable"), int):
            desired, expected = spec["minAvailable"], len(pods)
        else:
            desired = scaled(spec.get("minAvailable", 0), expected, round_up=True)
        allowed = max(0, healthy - desired) if expected else 0
        status: Object = {
            "observedGeneration": value["metadata"]["generation"],
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "disruptionsAllowed": allowed,
            "conditions": [dict(each) for each in get(value, "status", "conditions", default=[])],
        }
        state, reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
        set_condition(
            status, "DisruptionAllowed", state, reason, "", context.now, observedGeneration=status["observedGeneration"]
        )
        context.set_status("policy", "PodDisruptionBudget", value, status)

    def _expected(self, pods: list[Object]) -> int:
        """The pods that their controllers want, once for each controller."""
        total, seen = 0, set()
        for pod in pods:
            owner = controller_of(pod)
            if owner is None:
                total += 1
            elif owner["uid"] not in seen:
                seen.add(owner["uid"])
                bucket = REPLICA_SETS if owner["kind"] == "ReplicaSet" else ("apps", f"{owner['kind'].lower()}s")
                found = self._context.find(bucket, pod["metadata"]["namespace"], owner["name"])
                total += get(found, "spec", "replicas", default=1) if found else 1
        return total


class Quotas:
    """What each quota says is used."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def interest(self, event: Event) -> Iterable[Key]:
        value = event.new or event.old
        namespace = (value or {}).get("metadata", {}).get("namespace")
        if not namespace or event.bucket[1] == "events":
            return
        for each in self._context.list(QUOTAS, namespace):
            yield namespace, each["metadata"]["name"]

    def reconcile(self, key: Key) -> None:
        value = self._context.find(QUOTAS, *key)
        if value is None or "deletionTimestamp" in value["metadata"]:
            return
        hard = get(value, "spec", "hard", default={})
        used = quota.used_of(self._context.objects.store, key[0], hard)
        rendered = {name: quota.rendered(name, amount) for name, amount in used.items()}
        self._context.set_status("", "ResourceQuota", value, {"hard": dict(hard), "used": rendered})


class Claims:
    """A volume for each claim: at once, or when the first pod that mounts it has a node."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._due: dict[str, float] = {}

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == CLAIMS:
            yield from own_key(event)
        elif event.bucket == _CLASSES:
            for each in self._context.list(CLAIMS):
                yield each["metadata"]["namespace"], each["metadata"]["name"]
        elif event.bucket == PODS and event.new is not None:
            for volume in get(event.new, "spec", "volumes", default=[]):
                name = get(volume, "persistentVolumeClaim", "claimName")
                if name:
                    yield event.new["metadata"]["namespace"], name

    def reconcile(self, key: Key) -> None:
        context = self._context
        claim = context.find(CLAIMS, *key)
        if claim is None or get(claim, "status", "phase") == "Bound":
            return
        name = get(claim, "spec", "storageClassName", default="")
        found = context.find(_CLASSES, "", name) if name else None
        if found is None:
            text = (
                f'storageclass.storage.k8s.io "{name}" not found'
                if name
                else "no persistent volumes available for this claim"
            )
            reason = "ProvisioningFailed" if name else "FailedBinding"
            if key not in self._due:
                context.event(claim, "Warning" if name else "Normal", reason, text, "persistentvolume-controller")
            self._due[str(key)] = 0.0
            return
        if found.get("volumeBindingMode") == "WaitForFirstConsumer" and not self._consumed(key):
            return
        uid = claim["metadata"]["uid"]
        due = self._due.setdefault(uid, time.monotonic() + context.delay("kubernetes.volume"))
        if due > time.monotonic():
            context.loop.after(due - time.monotonic() + 0.001, self, key)
            return
        self._due.pop(uid)
        self._bind(claim, found)

    def _consumed(self, key: Key) -> bool:
        return any(
            get(volume, "persistentVolumeClaim", "claimName") == key[1]
            for pod in self._context.list(PODS, key[0])
            if get(pod, "spec", "nodeName")
            for volume in get(pod, "spec", "volumes", default=[])
        )

    def _bind(self, claim: Object, storage_class: Object) -> None:
        context, metadata = self._context, claim["metadata"]
        volume, storage = f"pvc-{metadata['uid']}", claim["spec"]["resources"]["requests"]["storage"]
        if context.find(_VOLUMES, "", volume) is None:
            spec = {
                "accessModes": claim["spec"]["accessModes"],
                "capacity": {"storage": storage},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "name": metadata["name"],
                    "namespace": metadata["namespace"],
                    "uid": metadata["uid"],
                },
                "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
                "storageClassName": storage_class["metadata"]["name"],
                "csi": {"driver": storage_class["provisioner"], "volumeHandle": f"vol-{metadata['uid'][:8]}"},
            }
            owner = {**_owner(claim), "controller": False, "blockOwnerDeletion": False}
            made = {"metadata": {"name": volume}, "spec": spec}
            if spec["persistentVolumeReclaimPolicy"] == "Delete":
                made["metadata"]["ownerReferences"] = [owner]  # type: ignore[index]
            context.set_status("", "PersistentVolume", context.create("", "PersistentVolume", made), {"phase": "Bound"})
        claim = context.change("", "PersistentVolumeClaim", claim, lambda made: made["spec"].update(volumeName=volume))
        status = {"phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": {"storage": storage}}
        context.set_status("", "PersistentVolumeClaim", claim, status)


def _owner(claim: Object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": claim["metadata"]["name"],
        "uid": claim["metadata"]["uid"],
    }
