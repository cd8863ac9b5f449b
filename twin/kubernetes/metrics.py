# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measurements that autoscalers and ``kubectl top`` read. Nothing is measured: tests say what there is to see."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase

from twin.kubernetes import quantity, selectors
from twin.kubernetes.store import Store
from twin.kubernetes.values import Object, get

_IDLE = {"cpu": Decimal("0.001"), "memory": Decimal(16 * 1024 * 1024)}
_WINDOW = "15s"

CUSTOM, EXTERNAL, RESOURCE = "custom.metrics.k8s.io", "external.metrics.k8s.io", "metrics.k8s.io"
VERSION = "v1beta1"


class Metrics:
    """What the three metrics APIs answer. Pods are named by a shell pattern, so that new ones are covered too.

    Tables are replaced and never changed in place: controllers read them while tests write.
    """

    def __init__(self) -> None:
        self._usage: dict[tuple[str, str], dict[str, Decimal]] = {}
        self._pods: dict[tuple[str, str, str], Decimal] = {}
        self._objects: dict[tuple[str, str, str, str], Decimal] = {}
        self._external: dict[tuple[str, str], list[tuple[dict[str, str], Decimal]]] = {}

    def set_usage(self, namespace: str, pods: str, cpu: str | None = None, memory: str | None = None) -> None:
        """What each pod whose name fits the pattern uses. Raises ValueError for what is no quantity."""
        stated = {"cpu": cpu, "memory": memory}
        used = {name: quantity.parse(amount) for name, amount in stated.items() if amount is not None}
        key = (namespace, pods)
        self._usage = {**self._usage, key: {**self._usage.get(key, {}), **used}}

    def set_pods_metric(self, namespace: str, pods: str, metric: str, value: str) -> None:
        """A custom metric of each pod whose name fits the pattern."""
        self._pods = {**self._pods, (namespace, pods, metric): quantity.parse(value)}

    def set_object_metric(self, namespace: str, kind: str, name: str, metric: str, value: str) -> None:
        """A custom metric of one object, such as the requests of an Ingress."""
        self._objects = {**self._objects, (namespace, kind, name, metric): quantity.parse(value)}

    def set_external_metric(
        self, namespace: str, metric: str, value: str, labels: dict[str, str] | None = None
    ) -> None:
        """A metric of something outside the cluster, such as the length of a queue."""
        key = (namespace, metric)
        series = [each for each in self._external.get(key, []) if each[0] != (labels or {})]
        self._external = {**self._external, key: [*series, (labels or {}, quantity.parse(value))]}

    def usage(self, pod: Object) -> dict[str, Decimal]:
        """What a pod uses; almost nothing unless it was set."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        used = dict(_IDLE)
        for (where, pattern), amounts in self._usage.items():
            if where == namespace and fnmatchcase(name, pattern):
                used.update(amounts)
        return used

    def of_pod(self, pod: Object, metric: str) -> Decimal | None:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        for (where, pattern, what), value in reversed(self._pods.items()):
            if (where, what) == (namespace, metric) and fnmatchcase(name, pattern):
                return value
        return None

    def of_object(self, namespace: str, kind: str, name: str, metric: str) -> Decimal | None:
        return self._objects.get((namespace, kind, name, metric))

    def external(self, namespace: str, metric: str, selector: Object | None) -> list[tuple[dict[str, str], Decimal]]:
        found = self._external.get((namespace, metric), [])
        return [each for each in found if not selector or selectors.matches(selector, each[0])]


def discovery() -> dict[tuple[str, str], list[Object]]:
    """The resources of the metrics APIs."""

    def row(name: str, kind: str, namespaced: bool, verbs: list[str]) -> Object:
        return {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": verbs}

    return {
        (RESOURCE, VERSION): [
            row("nodes", "NodeMetrics", False, ["get", "list"]),
            row("pods", "PodMetrics", True, ["get", "list"]),
        ],
        (CUSTOM, VERSION): [row("pods/*", "MetricValueList", True, ["get"])],
        (EXTERNAL, VERSION): [row("*", "ExternalMetricValueList", True, ["get"])],
    }


class MetricsApi:
    """Answers requests to the three metrics APIs."""

    def __init__(self, store: Store, metrics: Metrics, now: Callable[[], str]) -> None:
        self._store, self._metrics, self._now = store, metrics, now

    def answer(self, group: str, parts: list[str], query: dict[str, str]) -> Object | None:
        """The answer to a path behind ``/apis/GROUP/v1beta1/``; None for what is not there."""
        if group == RESOURCE:
            return self._resource(parts, query)
        if len(parts) < 3 or parts[0] != "namespaces":
            return None
        namespace, rest = parts[1], parts[2:]
        if group == EXTERNAL:
            items = [
                {
                    "metricName": rest[0],
                    "metricLabels": labels,
                    "timestamp": self._now(),
                    "value": quantity.render(value),
                }
                for labels, value in self._metrics.external(namespace, rest[0], None)
                if selectors.parse_labels(query.get("labelSelector", ""))(labels)
            ]
            return {
                "kind": "ExternalMetricValueList",
                "apiVersion": f"{group}/{VERSION}",
                "metadata": {},
                "items": items,
            }
        return self._custom(namespace, rest, query) if len(rest) == 3 else None

    def _resource(self, parts: list[str], query: dict[str, str]) -> Object | None:
        chosen = selectors.parse_labels(query.get("labelSelector", ""))
        namespace = ""
        if len(parts) > 1 and parts[0] == "namespaces":
            namespace, parts = parts[1], parts[2:]
        if parts[:1] == ["nodes"]:
            found = [self._node(each) for each in self._store.list(("", "nodes")) if chosen(selectors.labels_of(each))]
            kind = "NodeMetrics"
        elif parts[:1] == ["pods"]:
            pods = [each for each in self._running(namespace) if chosen(selectors.labels_of(each))]
            found, kind = [self._pod(each) for each in pods], "PodMetrics"
        else:
            return None
        if len(parts) > 1:
            one = next((each for each in found if each["metadata"]["name"] == parts[1]), None)
            return one and {"kind": kind, "apiVersion": f"{RESOURCE}/{VERSION}", **one}
        return {"kind": f"{kind}List", "apiVersion": f"{RESOURCE}/{VERSION}", "metadata": {}, "items": found}

    def _running(self, namespace: str) -> list[Object]:
        pods = self._store.list(("", "pods"), namespace)
        return [each for each in pods if get(each, "status", "phase") == "Running"]

    def _pod(self, pod: Object) -> Object:
        containers = pod["spec"]["containers"]
        used = self._metrics.usage(pod)
        shares = {name: _text(name, amount / len(containers)) for name, amount in used.items()}
        names = ("name", "namespace", "labels", "creationTimestamp")
        return {
            "metadata": {key: item for key, item in pod["metadata"].items() if key in names},
            "timestamp": self._now(),
            "window": _WINDOW,
            "containers": [{"name": each["name"], "usage": shares} for each in containers],
        }

    def _node(self, node: Object) -> Object:
        name = node["metadata"]["name"]
        total = {"cpu": Decimal("0.05"), "memory": Decimal(400 * 1024 * 1024)}
        for pod in self._running(""):
            if get(pod, "spec", "nodeName") == name:
                for key, amount in self._metrics.usage(pod).items():
                    total[key] += amount
        return {
            "metadata": {"name": name, "labels": selectors.labels_of(node)},
            "timestamp": self._now(),
            "window": _WINDOW,
            "usage": {key: _text(key, amount) for key, amount in total.items()},
        }

    def _custom(self, namespace: str, rest: list[str], query: dict[str, str]) -> Object:
        plural, name, metric = rest
        items = []
        if plural == "pods":
            chosen = selectors.parse_labels(query.get("labelSelector", ""))
            for pod in self._running(namespace):
                value = self._metrics.of_pod(pod, metric)
                if value is not None and name in ("*", pod["metadata"]["name"]) and chosen(selectors.labels_of(pod)):
                    items.append(self._value("Pod", pod["metadata"]["name"], namespace, metric, value))
        else:
            for kind in (plural.removesuffix("s"), plural.removesuffix("es")):
                value = self._metrics.of_object(namespace, kind.title(), name, metric)
                if value is not None:
                    items.append(self._value(kind.title(), name, namespace, metric, value))
        return {"kind": "MetricValueList", "apiVersion": f"{CUSTOM}/{VERSION}", "metadata": {}, "items": items}

    def _value(self, kind: str, name: str, namespace: str, metric: str, value: Decimal) -> Object:
        described = {"kind": kind, "namespace": namespace, "name": name, "apiVersion": "/v1"}
        return {
            "describedObject": described,
            "metricName": metric,
            "timestamp": self._now(),
            "value": quantity.render(value),
            "selector": None,
        }


def _text(name: str, amount: Decimal) -> str:
    if name == "memory":
        return f"{int(amount) // 1024}Ki"
    return f"{int(amount * 1_000_000_000)}n"
