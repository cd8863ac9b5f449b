# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments: a ReplicaSet for each revision, and the way from one to the next."""

from __future__ import annotations

import time
from collections.abc import Iterable

from twin.kubernetes.controllers.context import PODS, Context
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import BUCKET as SETS
from twin.kubernetes.controllers.replicasets import own_key, owner_keys
from twin.kubernetes.store import Event
from twin.kubernetes.values import Object, copy, get, owner_reference, safe_hash, scaled, set_condition

BUCKET = ("apps", "deployments")
REVISION = "deployment.kubernetes.io/revision"
_DESIRED, _MAX = "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas"
_HASH = "pod-template-hash"
_OWN = (REVISION, "deployment.kubernetes.io/revision-history", _DESIRED, _MAX)
_NOT_COPIED = (*_OWN, "kubectl.kubernetes.io/last-applied-configuration", "deprecated.deployment.rollback.to")
_COMPONENT = "deployment-controller"


class Deployments:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._progress: dict[str, tuple[object, float]] = {}

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == BUCKET:
            if event.new is None and event.old is not None:
                self._progress.pop(event.old["metadata"]["uid"], None)
            yield from own_key(event)
        elif event.bucket == SETS:
            yield from owner_keys(event, "Deployment")
        elif event.bucket == PODS and event.new is None:
            # A recreating deployment waits for the last pod of the old revision.
            for namespace, name in owner_keys(event, "ReplicaSet"):
                found = self._context.find(SETS, namespace, name)
                if found:
                    yield from owner_keys(Event(0, SETS, None, found), "Deployment")

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(BUCKET, *key)
        if value is None or "deletionTimestamp" in value["metadata"]:
            return
        context.adopt(SETS, value)
        sets = sorted(context.owned(SETS, value), key=_revision)
        wanted = _bare(value["spec"]["template"])
        new = next((each for each in sets if _bare(each["spec"]["template"]) == wanted), None)
        old = [each for each in sets if each is not new]
        if value["spec"].get("paused"):
            self._scale_paused(value, sets)
        else:
            new = self._revise(value, new, old)
            value = context.find(BUCKET, *key) or value
            if get(value, "spec", "strategy", "type") == "Recreate":
                self._recreate(value, new, old)
            else:
                self._roll(value, new, old)
            self._forget(value, new, old)
        self._report(key)

    # Revisions

    def _revise(self, value: Object, new: Object | None, old: list[Object]) -> Object:
        """The ReplicaSet of the template as it is now, with the highest revision."""
        context = self._context
        revision = max((_revision(each) for each in old), default=0) + 1
        annotations = {
            name: text for name, text in value["metadata"].get("annotations", {}).items() if name not in _NOT_COPIED
        }
        if new is None:
            new = self._make(value, old, annotations | {REVISION: str(revision)})
        else:
            number = max(_revision(new), revision)
            limits = {name: text for name, text in self._limits(value).items()}
            wanted = {**new["metadata"].get("annotations", {}), **annotations, **limits, REVISION: str(number)}
            if wanted != new["metadata"].get("annotations"):
                new = context.change(
                    "apps", "ReplicaSet", new, lambda made: made["metadata"].update(annotations=wanted)
                )
        stated = str(_revision(new))
        if get(value, "metadata", "annotations", REVISION) != stated:

            def note(made: Object) -> None:
                made["metadata"].setdefault("annotations", {})[REVISION] = stated

            context.change("apps", "Deployment", value, note)
        return new

    def _limits(self, value: Object) -> dict[str, str]:
        replicas = value["spec"]["replicas"]
        return {_DESIRED: str(replicas), _MAX: str(replicas + self._surge(value)[0])}

    def _make(self, value: Object, old: list[Object], annotations: dict[str, str]) -> Object:
        spec, context = value["spec"], self._context
        digest = safe_hash(spec["template"])
        template = copy(spec["template"])
        template.setdefault("metadata", {}).setdefault("labels", {})[_HASH] = digest
        selector = copy(spec["selector"])
        selector.setdefault("matchLabels", {})[_HASH] = digest
        present = sum(each["spec"]["replicas"] for each in old)
        replicas = spec["replicas"]
        if get(spec, "strategy", "type") == "RollingUpdate":
            replicas = min(replicas, max(0, replicas + self._surge(value)[0] - present))
        elif self._old_pods(old):
            replicas = 0
        made: Object = {
            "metadata": {
                "name": f"{value['metadata']['name']}-{digest}",
                "namespace": value["metadata"]["namespace"],
                "labels": dict(template["metadata"]["labels"]),
                "annotations": annotations | self._limits(value),
                "ownerReferences": [owner_reference(value)],
            },
            "spec": {"replicas": replicas, "selector": selector, "template": template},
        }
        if spec.get("minReadySeconds"):
            made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        result = context.create("apps", "ReplicaSet", made)
        if replicas:
            self._tell_scale(value, result, 0, replicas)
        return result

    def _forget(self, value: Object, new: Object, old: list[Object]) -> None:
        limit = value["spec"].get("revisionHistoryLimit", 10)
        idle = [
            each
            for each in self._fresh(old)
            if not each["spec"]["replicas"] and not get(each, "status", "replicas", default=0)
        ]
        for each in sorted(idle, key=_revision)[: max(0, len(idle) - limit)]:
            self._context.delete("apps", "ReplicaSet", each)

    # Scaling

    def _surge(self, value: Object) -> tuple[int, int]:
        """How many pods there may be above the wanted number, and how many may be missing."""
        rolling, replicas = get(value, "spec", "strategy", "rollingUpdate", default={}), value["spec"]["replicas"]
        surge = scaled(rolling.get("maxSurge", 0), replicas, round_up=True)
        missing = scaled(rolling.get("maxUnavailable", 0), replicas, round_up=False)
        return (surge, missing) if surge or missing else (0, 1)

    def _scale(self, value: Object, which: Object, replicas: int) -> None:
        before = which["spec"]["replicas"]
        if before == replicas:
            return
        limits = self._limits(value)

        def change(made: Object) -> None:
            made["spec"]["replicas"] = replicas
            made["metadata"].setdefault("annotations", {}).update(limits)

        self._context.change("apps", "ReplicaSet", which, change)
        self._tell_scale(value, which, before, replicas)

    def _tell_scale(self, value: Object, which: Object, before: int, after: int) -> None:
        way = "up" if after > before else "down"
        text = f"Scaled {way} replica set {which['metadata']['name']} from {before} to {after}"
        self._context.event(value, "Normal", "ScalingReplicaSet", text, _COMPONENT)

    def _fresh(self, sets: list[Object]) -> list[Object]:
        found = (self._context.find(SETS, each["metadata"]["namespace"], each["metadata"]["name"]) for each in sets)
        return [each for each in found if each is not None]

    def _scale_paused(self, value: Object, sets: list[Object]) -> None:
        active = [each for each in sets if each["spec"]["replicas"]] or sets[-1:]
        others = sum(each["spec"]["replicas"] for each in active[:-1])
        if active:
            self._scale(value, active[-1], max(0, value["spec"]["replicas"] - others))

    def _old_pods(self, old: list[Object]) -> bool:
        context = self._context
        return any(
            get(pod, "status", "phase") not in ("Succeeded", "Failed")
            for each in old
            for pod in context.owned(PODS, each)
        )

    def _recreate(self, value: Object, new: Object, old: list[Object]) -> None:
        for each in old:
            self._scale(value, each, 0)
        if not self._old_pods(old):
            self._scale(value, new, value["spec"]["replicas"])

    def _roll(self, value: Object, new: Object, old: list[Object]) -> None:
        wanted = value["spec"]["replicas"]
        surge, missing = self._surge(value)
        total = new["spec"]["replicas"] + sum(each["spec"]["replicas"] for each in old)
        present = new["spec"]["replicas"]
        if present > wanted:
            self._scale(value, new, wanted)
        elif present < wanted and total < wanted + surge:
            self._scale(value, new, present + min(wanted + surge - total, wanted - present))
        if not any(each["spec"]["replicas"] for each in old):
            return
        [new, *_] = self._fresh([new])
        old = self._fresh(old)
        total = new["spec"]["replicas"] + sum(each["spec"]["replicas"] for each in old)
        least = wanted - missing
        unavailable = new["spec"]["replicas"] - _available(new)
        spare = total - least - unavailable
        # First the pods of old revisions that do not work anyway, then working ones as far as enough remain.
        for each in old:
            broken = min(spare, each["spec"]["replicas"] - _available(each))
            if broken > 0:
                self._scale(value, each, each["spec"]["replicas"] - broken)
                spare -= broken
        old = self._fresh(old)
        spare = min(spare, sum(_available(each) for each in [new, *old]) - least)
        for each in old:
            down = min(spare, each["spec"]["replicas"])
            if down > 0:
                self._scale(value, each, each["spec"]["replicas"] - down)
                spare -= down

    # Status

    def _report(self, key: Key) -> None:
        context = self._context
        value = context.find(BUCKET, *key)
        if value is None:
            return
        context.adopt(SETS, value)
        sets = sorted(context.owned(SETS, value), key=_revision)
        wanted = _bare(value["spec"]["template"])
        new = next((each for each in sets if _bare(each["spec"]["template"]) == wanted), None)
        totals = {
            name: sum(get(each, "status", name, default=0) for each in sets)
            for name in ("replicas", "readyReplicas", "availableReplicas")
        }
        status = copy(value.get("status") or {})
        counts = {
            **totals,
            "updatedReplicas": get(new, "status", "replicas", default=0) if new else 0,
            "unavailableReplicas": max(0, sum(each["spec"]["replicas"] for each in sets) - totals["availableReplicas"]),
        }
        for name, count in counts.items():
            if count:
                status[name] = count
            else:
                status.pop(name, None)
        status["observedGeneration"] = value["metadata"]["generation"]
        self._available_condition(value, status, totals["availableReplicas"])
        self._progressing_condition(key, value, status, new, counts, sets)
        failures = [
            each
            for found in sets
            for each in get(found, "status", "conditions", default=[])
            if each["type"] == "ReplicaFailure"
        ]
        if failures:
            set_condition(status, "ReplicaFailure", "True", failures[0]["reason"], failures[0]["message"], context.now)
        else:
            status["conditions"] = [each for each in status["conditions"] if each["type"] != "ReplicaFailure"]
        context.set_status("apps", "Deployment", value, status)

    def _available_condition(self, value: Object, status: Object, available: int) -> None:
        least = value["spec"]["replicas"] - self._surge(value)[1]
        now = self._context.now
        if get(value, "spec", "strategy", "type") == "Recreate":
            least = value["spec"]["replicas"]
        enough = available >= least
        reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
        text = f"Deployment {'has' if enough else 'does not have'} minimum availability."
        if set_condition(status, "Available", str(enough), reason, text, now):
            _touch(status, "Available", now)

    def _progressing_condition(
        self, key: Key, value: Object, status: Object, new: Object | None, counts: dict[str, int], sets: list[Object]
    ) -> None:
        context, now = self._context, self._context.now
        uid, spec = value["metadata"]["uid"], value["spec"]
        if spec.get("paused"):
            if set_condition(status, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now):
                _touch(status, "Progressing", now)
            self._progress.pop(uid, None)
            return
        present = next((each for each in status["conditions"] if each["type"] == "Progressing"), {})
        name = new["metadata"]["name"] if new else ""
        done = (
            counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == spec["replicas"]
            and new is not None
            and get(new, "spec", "replicas") == spec["replicas"]
        )
        if done:
            text = f'ReplicaSet "{name}" has successfully progressed.'
            state, reason = "True", "NewReplicaSetAvailable"
            self._progress.pop(uid, None)
        else:
            measure = (name, *sorted(counts.items()))
            before, since = self._progress.get(uid, (None, 0.0))
            if before != measure:
                # More unavailable pods are no progress; everything else that changes is.
                since = time.monotonic() if before is None or self._better(before, measure) else since
                self._progress[uid] = (measure, since)
            left = since + context.seconds(spec["progressDeadlineSeconds"]) - time.monotonic()
            if left > 0:
                state, reason = "True", "ReplicaSetUpdated"
                text = f'ReplicaSet "{name}" is progressing.'
                if not present:
                    reason, text = "NewReplicaSetCreated", f'Created new replica set "{name}"'
                context.loop.after(left + 0.01, self, key)
            else:
                state, reason = "False", "ProgressDeadlineExceeded"
                text = f'ReplicaSet "{name}" has timed out progressing.'
            stuck = present.get("reason") == "NewReplicaSetAvailable" and present["message"].startswith(
                f'ReplicaSet "{name}"'
            )
            if stuck:
                # A complete rollout stays complete while pods come and go.
                return
        if set_condition(status, "Progressing", state, reason, text, now):
            _touch(status, "Progressing", now)

    @staticmethod
    def _better(before: object, after: tuple[object, ...]) -> bool:
        if not isinstance(before, tuple) or before[0] != after[0]:
            return True
        was, is_now = dict(before[1:]), dict(after[1:])  # type: ignore[arg-type]
        return (
            is_now["updatedReplicas"] > was["updatedReplicas"]
            or is_now["readyReplicas"] > was["readyReplicas"]
            or is_now["availableReplicas"] > was["availableReplicas"]
            or is_now["replicas"] - is_now["updatedReplicas"] < was["replicas"] - was["updatedReplicas"]
        )


def _touch(status: Object, kind: str, now: str) -> None:
    for each in status["conditions"]:
        if each["type"] == kind:
            each["lastUpdateTime"] = now


def _revision(value: Object) -> int:
    return int(get(value, "metadata", "annotations", REVISION, default="0"))


def _available(value: Object) -> int:
    return get(value, "status", "availableReplicas", default=0)


def _bare(template: Object) -> Object:
    """The template without the hash that tells revisions apart."""
    metadata = dict(template.get("metadata") or {})
    labels = {key: text for key, text in (metadata.get("labels") or {}).items() if key != _HASH}
    metadata = {key: item for key, item in metadata.items() if key not in ("labels", "creationTimestamp")}
    return {"metadata": {**metadata, "labels": labels}, "spec": template["spec"]}
