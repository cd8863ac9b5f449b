# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HorizontalPodAutoscalers, fed by what the metrics store says."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from decimal import Decimal

from twin.kubernetes import quantity, selectors
from twin.kubernetes.controllers.context import PODS, Context, is_active, is_ready
from twin.kubernetes.controllers.loop import Key
from twin.kubernetes.controllers.replicasets import own_key
from twin.kubernetes.errors import StatusError
from twin.kubernetes.objects import Options
from twin.kubernetes.store import Event
from twin.kubernetes.subresources import Subresources
from twin.kubernetes.values import Object, copy, get, set_condition

BUCKET = ("autoscaling", "horizontalpodautoscalers")
_COMPONENT = "horizontal-pod-autoscaler"
_TOLERANCE = 0.1
_DOWN_WINDOW = 300
_UP_POLICIES = [
    {"type": "Pods", "value": 4, "periodSeconds": 15},
    {"type": "Percent", "value": 100, "periodSeconds": 15},
]
_DOWN_POLICIES = [{"type": "Percent", "value": 100, "periodSeconds": 15}]


class _Unknown(Exception):
    """A metric that cannot be had: the condition's reason, and why."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Autoscalers:
    def __init__(self, context: Context, subresources: Subresources) -> None:
        self._context, self._subresources = context, subresources
        self._wishes: dict[str, list[tuple[float, int]]] = {}
        self._moves: dict[str, list[tuple[float, int]]] = {}
        self._next: dict[Key, float] = {}

    def interest(self, event: Event) -> Iterable[Key]:
        if event.bucket == BUCKET:
            if event.new is None and event.old is not None:
                for table in (self._wishes, self._moves):
                    table.pop(event.old["metadata"]["uid"], None)
            old, new = event.old or {}, event.new or {}
            if old.get("spec") != new.get("spec"):
                yield from own_key(event)

    def reconcile(self, key: Key) -> None:
        context = self._context
        value = context.find(BUCKET, *key)
        if value is None:
            self._next.pop(key, None)
            return
        self._sync(value)
        now = time.monotonic()
        if self._next.get(key, 0.0) <= now + 0.005:
            every = max(0.05, context.delay("kubernetes.metrics.sync"))
            self._next[key] = now + every
            context.loop.after(every, self, key)

    def _sync(self, value: Object) -> None:
        context, namespace = self._context, value["metadata"]["namespace"]
        status = copy(value.get("status") or {})
        status.setdefault("desiredReplicas", 0)
        target = value["spec"]["scaleTargetRef"]
        group = target.get("apiVersion", "").rpartition("/")[0]
        resource = context.objects.resources.by_kind(group, target["kind"])
        found = context.find(resource.bucket, namespace, target["name"]) if resource else None
        if resource is None or found is None:
            plural = resource.plural if resource else target["kind"].lower() + "s"
            why = f'{plural}.{group} "{target["name"]}" not found'
            text = f"the HPA controller was unable to get the target's current scale: {why}"
            set_condition(status, "AbleToScale", "False", "FailedGetScale", text, context.now)
            self._save(value, status)
            return
        scale = self._subresources.scale_of(resource, context.objects.present(resource, found))
        current = scale["spec"]["replicas"]
        set_condition(
            status,
            "AbleToScale",
            "True",
            "SucceededGetScale",
            "the HPA controller was able to get the target's current scale",
            context.now,
        )
        status["currentReplicas"] = get(scale, "status", "replicas", default=0)
        if current == 0:
            set_condition(
                status,
                "ScalingActive",
                "False",
                "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero",
                context.now,
            )
            status["desiredReplicas"] = 0
            self._save(value, status)
            return
        chosen = selectors.parse_labels(scale["status"].get("selector", ""))
        pods = [each for each in context.list(PODS, namespace) if chosen(selectors.labels_of(each)) and is_active(each)]
        wanted = self._wanted(value, status, pods, current)
        if wanted is None:
            self._save(value, status)
            return
        wanted = self._bounded(value, status, current, wanted)
        status["desiredReplicas"] = wanted
        if wanted != current:
            try:
                self._subresources.set_scale(
                    resource, namespace, target["name"], wanted, Options("kube-controller-manager")
                )
            except StatusError as error:
                set_condition(status, "AbleToScale", "False", "FailedUpdateScale", error.message, context.now)
                self._save(value, status)
                return
            text = f"the HPA controller was able to update the target scale to {wanted}"
            set_condition(status, "AbleToScale", "True", "SucceededRescale", text, context.now)
            self._moves.setdefault(value["metadata"]["uid"], []).append((time.monotonic(), wanted - current))
            status["lastScaleTime"] = context.now
            why = "All metrics below target" if wanted < current else self._why(value)
            context.event(value, "Normal", "SuccessfulRescale", f"New size: {wanted}; reason: {why}", _COMPONENT)
        self._save(value, status)

    def _save(self, value: Object, status: Object) -> None:
        status.setdefault("currentMetrics", None)
        if status["currentMetrics"] is None:
            status.pop("currentMetrics")
        self._context.set_status("autoscaling", "HorizontalPodAutoscaler", value, status)

    @staticmethod
    def _why(value: Object) -> str:
        first = value["spec"]["metrics"][0]
        if first["type"] == "Resource":
            return f"{first['resource']['name']} resource utilization (percentage of request) above target"
        name = get(first, first["type"].lower(), "metric", "name", default="metric")
        return f"{first['type'].lower()} metric {name} above target"

    # Metrics

    def _wanted(self, value: Object, status: Object, pods: list[Object], current: int) -> int | None:
        """The most that any metric asks for; None when none of them can be had."""
        context, asked, shown = self._context, [], []
        failure: _Unknown | None = None
        for metric in value["spec"].get("metrics", []):
            try:
                replicas, seen = self._measure(value, metric, pods, current)
            except _Unknown as error:
                failure = failure or error
                context.event(value, "Warning", error.reason, str(error), _COMPONENT)
                continue
            asked.append(replicas)
            shown.append(seen)
        status["currentMetrics"] = shown or None
        if not asked or (failure and max(asked) < current):
            assert failure is not None
            text = f"the HPA was unable to compute the replica count: {failure}"
            set_condition(status, "ScalingActive", "False", failure.reason, text, context.now)
            return None
        text = "the HPA was able to successfully calculate a replica count"
        set_condition(status, "ScalingActive", "True", "ValidMetricFound", text, context.now)
        return max(asked)

    def _measure(self, value: Object, metric: Object, pods: list[Object], current: int) -> tuple[int, Object]:
        kind = metric["type"]
        if kind in ("Resource", "ContainerResource"):
            return self._resource(metric, pods, current)
        if kind == "Pods":
            return self._pods(metric, pods, current)
        if kind == "Object":
            return self._object(value, metric, pods, current)
        return self._external(value, metric, pods, current)

    def _resource(self, metric: Object, pods: list[Object], current: int) -> tuple[int, Object]:
        name = "resource" if metric["type"] == "Resource" else "containerResource"
        source = metric[name]
        what, target = source["name"], source["target"]
        ready = [each for each in pods if is_ready(each)]
        if not ready:
            text = (
                f"failed to get {what} utilization: did not receive metrics for targeted pods (pods might be unready)"
            )
            raise _Unknown("FailedGetResourceMetric", text)
        used = [self._context.metrics.usage(each).get(what, Decimal(0)) for each in ready]
        average = sum(used, Decimal(0)) / len(ready)
        seen: Object = {"averageValue": _amount(what, average)}
        if target["type"] == "Utilization":
            requested = Decimal(0)
            for pod in ready:
                for container in pod["spec"]["containers"]:
                    if name == "containerResource" and container["name"] != source["container"]:
                        continue
                    amount = get(container, "resources", "requests", what)
                    if amount is None:
                        where = f"container {container['name']} of Pod {pod['metadata']['name']}"
                        text = f"failed to get {what} utilization: missing request for {what} in {where}"
                        raise _Unknown("FailedGetResourceMetric", text)
                    requested += quantity.parse(amount)
            seen["averageUtilization"] = int(sum(used, Decimal(0)) * 100 / requested)
            ratio = seen["averageUtilization"] / target["averageUtilization"]
        else:
            ratio = float(average / quantity.parse(target["averageValue"]))
        shown: Object = {"name": what, "current": seen}
        if name == "containerResource":
            shown["container"] = source["container"]
        return self._by_ratio(ratio, len(ready), len(pods), current), {"type": metric["type"], name: shown}

    def _pods(self, metric: Object, pods: list[Object], current: int) -> tuple[int, Object]:
        source = metric["pods"]
        name = source["metric"]["name"]
        ready = [each for each in pods if is_ready(each)]
        found = [each for pod in ready if (each := self._context.metrics.of_pod(pod, name)) is not None]
        if not found:
            text = f"unable to get metric {name}: no metrics returned from custom metrics API"
            raise _Unknown("FailedGetPodsMetric", text)
        average = sum(found, Decimal(0)) / len(found)
        ratio = float(average / quantity.parse(source["target"]["averageValue"]))
        shown = {"metric": source["metric"], "current": {"averageValue": _amount(name, average)}}
        return self._by_ratio(ratio, len(found), len(pods), current), {"type": "Pods", "pods": shown}

    def _object(self, value: Object, metric: Object, pods: list[Object], current: int) -> tuple[int, Object]:
        source = metric["object"]
        name, described = source["metric"]["name"], source["describedObject"]
        place = value["metadata"]["namespace"]
        found = self._context.metrics.of_object(place, described["kind"], described["name"], name)
        if found is None:
            which = f"{described['kind']} on {place} {described['name']}"
            text = f"unable to get metric {name}: {which}: no metrics returned from custom metrics API"
            raise _Unknown("FailedGetObjectMetric", text)
        replicas, seen = self._total(source["target"], name, found, current)
        return replicas, {
            "type": "Object",
            "object": {"metric": source["metric"], "describedObject": described, "current": seen},
        }

    def _external(self, value: Object, metric: Object, pods: list[Object], current: int) -> tuple[int, Object]:
        source = metric["external"]
        name, place = source["metric"]["name"], value["metadata"]["namespace"]
        found = self._context.metrics.external(place, name, source["metric"].get("selector"))
        if not found:
            text = f"unable to get external metric {place}/{name}: no metrics returned from external metrics API"
            raise _Unknown("FailedGetExternalMetric", text)
        total = sum((each for _, each in found), Decimal(0))
        replicas, seen = self._total(source["target"], name, total, current)
        return replicas, {"type": "External", "external": {"metric": source["metric"], "current": seen}}

    @staticmethod
    def _total(target: Object, name: str, found: Decimal, current: int) -> tuple[int, Object]:
        """Replicas for a value of the whole: shared among the pods, or compared as it is."""
        if "averageValue" in target:
            wanted = math.ceil(found / quantity.parse(target["averageValue"]))
            ratio = float(found / (quantity.parse(target["averageValue"]) * current))
            return (current if abs(ratio - 1) <= _TOLERANCE else wanted), {
                "averageValue": _amount(name, found / current)
            }
        ratio = float(found / quantity.parse(target["value"]))
        wanted = current if abs(ratio - 1) <= _TOLERANCE else math.ceil(current * ratio)
        return wanted, {"value": _amount(name, found)}

    @staticmethod
    def _by_ratio(ratio: float, measured: int, pods: int, current: int) -> int:
        if abs(ratio - 1) <= _TOLERANCE:
            return current
        if ratio > 1 and pods > measured:
            # Pods that are not ready yet count as idle when it goes up, so that one does not overshoot.
            ratio = ratio * measured / pods
            return current if ratio <= 1 + _TOLERANCE else math.ceil(ratio * pods)
        return math.ceil(ratio * measured)

    # Bounds

    def _bounded(self, value: Object, status: Object, current: int, asked: int) -> int:
        """What stabilisation, policies and bounds leave of the wish."""
        spec, context, uid = value["spec"], self._context, value["metadata"]["uid"]
        behavior, now = spec.get("behavior") or {}, time.monotonic()
        up, down = behavior.get("scaleUp") or {}, behavior.get("scaleDown") or {}
        windows = {
            "up": context.seconds(up.get("stabilizationWindowSeconds", 0)),
            "down": context.seconds(down.get("stabilizationWindowSeconds", _DOWN_WINDOW)),
        }
        # The size that a new autoscaler finds counts as a first wish, so that it does not scale down at once.
        before = self._wishes.get(uid, [(now, current)])
        history = [each for each in before if now - each[0] <= max(windows.values())]
        history.append((now, asked))
        self._wishes[uid] = history
        least = min(wish for at, wish in history if now - at <= windows["up"])
        most = max(wish for at, wish in history if now - at <= windows["down"])
        wanted = least if current < least else most if current > most else current
        if wanted != asked:
            reason = "ScaleDownStabilized" if asked < wanted else "ScaleUpStabilized"
            way = "higher" if asked < wanted else "lower"
            which = "highest" if asked < wanted else "lowest"
            text = f"recent recommendations were {way} than current one, applying the {which} recent recommendation"
            set_condition(status, "AbleToScale", "True", reason, text, context.now)
        elif wanted == current:
            text = "recommended size matches current size"
            set_condition(status, "AbleToScale", "True", "ReadyForNewScale", text, context.now)
        limited = self._by_policies(uid, up if wanted > current else down, wanted, current)
        bounded = max(spec.get("minReplicas", 1), min(spec["maxReplicas"], limited))
        if bounded < limited or (wanted > spec["maxReplicas"] and bounded == spec["maxReplicas"]):
            words = ("True", "TooManyReplicas", "the desired replica count is more than the maximum replica count")
        elif bounded > limited:
            words = ("True", "TooFewReplicas", "the desired replica count is less than the minimum replica count")
        elif limited != wanted:
            way = "increasing" if wanted > current else "decreasing"
            reason = "ScaleUpLimit" if wanted > current else "ScaleDownLimit"
            words = ("True", reason, f"the desired replica count is {way} faster than the maximum scale rate")
        else:
            words = ("False", "DesiredWithinRange", "the desired count is within the acceptable range")
        set_condition(status, "ScalingLimited", *words, context.now)
        return bounded

    def _by_policies(self, uid: str, rules: Object, wanted: int, current: int) -> int:
        if wanted == current:
            return wanted
        rising = wanted > current
        select = rules.get("selectPolicy", "Max")
        if select == "Disabled":
            return current
        now, moves, limits = time.monotonic(), self._moves.get(uid, []), []
        for policy in rules.get("policies") or (_UP_POLICIES if rising else _DOWN_POLICIES):
            window = self._context.seconds(policy["periodSeconds"])
            moved = sum(step for at, step in moves if now - at <= window and (step > 0) == rising)
            start = current - moved
            step = policy["value"] if policy["type"] == "Pods" else start * policy["value"] / 100
            limits.append(math.ceil(start + step) if rising else math.floor(start - step))
        if rising:
            return max(current, min(wanted, max(limits) if select == "Max" else min(limits)))
        return min(current, max(wanted, min(limits) if select == "Max" else max(limits)))


def _amount(name: str, amount: Decimal) -> str:
    if name == "memory":
        return str(int(amount))
    return quantity.render(Decimal(math.ceil(amount * 1000)) / 1000)
