# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""On which node a pod can run."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from twin.kubernetes import quantity, selectors
from twin.kubernetes.values import Object, get

_HARD = ("NoSchedule", "NoExecute")
_RESOURCES = ("cpu", "memory", "ephemeral-storage")


def requests_of(pod: Object) -> dict[str, Decimal]:
    """What the pod asks for: its containers together, or its largest init container."""
    total: Counter[str] = Counter()
    for container in pod["spec"]["containers"]:
        for name, amount in get(container, "resources", "requests", default={}).items():
            total[name] += quantity.parse(amount)  # type: ignore[assignment]
    for container in pod["spec"].get("initContainers", []):
        for name, amount in get(container, "resources", "requests", default={}).items():
            total[name] = max(total[name], quantity.parse(amount))  # type: ignore[assignment,call-overload]
    return {name: Decimal(amount) for name, amount in total.items()}


def choose(pod: Object, nodes: list[Object], pods: list[Object]) -> tuple[str | None, str]:
    """The node for the pod and the reason why there is none."""
    if not nodes:
        return None, "no nodes available to schedule pods"
    reasons: Counter[str] = Counter()
    fitting: list[tuple[float, str]] = []
    by_node: dict[str, list[Object]] = {}
    for each in pods:
        if get(each, "status", "phase") not in ("Succeeded", "Failed"):
            by_node.setdefault(get(each, "spec", "nodeName", default=""), []).append(each)
    for node in nodes:
        name = node["metadata"]["name"]
        found = _obstacles(pod, node, by_node.get(name, [])) or _anti_affinity(pod, node, nodes, pods)
        if found:
            reasons.update(found)
        else:
            fitting.append((len(by_node.get(name, [])) + _dislike(pod, node), name))
    if fitting:
        return min(fitting)[1], ""
    listed = ", ".join(f"{count} {text}" for text, count in sorted(reasons.items()))
    return None, f"0/{len(nodes)} nodes are available: {listed}."


def _obstacles(pod: Object, node: Object, present: list[Object]) -> list[str]:
    spec = pod["spec"]
    tolerations = spec.get("tolerations") or []
    if get(node, "spec", "unschedulable") and not any(
        each.get("operator") == "Exists" and not each.get("key") for each in tolerations
    ):
        return ["node(s) were unschedulable"]
    for taint in get(node, "spec", "taints", default=[]):
        if taint["effect"] in _HARD and not any(tolerates(each, taint) for each in tolerations):
            value = f": {taint['value']}" if taint.get("value") else ": "
            return [f"node(s) had untolerated taint {{{taint['key']}{value}}}"]
    if not _selected(spec, node):
        return ["node(s) didn't match Pod's node affinity/selector"]
    found = []
    room = get(node, "status", "allocatable", default={})
    if len(present) >= int(room.get("pods", "110")):
        found.append("Too many pods")
    used: Counter[str] = Counter()
    for each in present:
        used.update(requests_of(each))  # type: ignore[arg-type]
    for name, amount in requests_of(pod).items():
        if amount and Decimal(used[name]) + amount > quantity.parse(room.get(name, "0")):
            found.append(f"Insufficient {name}")
    return found


def _selected(spec: Object, node: Object) -> bool:
    labels = selectors.labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    terms = get(spec, *path)
    fields = {"metadata.name": node["metadata"]["name"]}
    return terms is None or any(
        all(selectors.requirement_holds(each, labels) for each in term.get("matchExpressions") or [])
        and all(selectors.requirement_holds(each, fields) for each in term.get("matchFields") or [])
        for term in terms
    )


def _anti_affinity(pod: Object, node: Object, nodes: list[Object], pods: list[Object]) -> list[str]:
    """Required pod affinity and anti-affinity, by topology key."""
    labels = {each["metadata"]["name"]: selectors.labels_of(each) for each in nodes}
    mine = selectors.labels_of(node)
    for kind, wanted in (("podAntiAffinity", False), ("podAffinity", True)):
        path = ("spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution")
        for term in get(pod, *path, default=[]):
            key = term["topologyKey"]
            near = [
                each
                for each in pods
                if each["metadata"]["namespace"] == pod["metadata"]["namespace"]
                and each["metadata"]["uid"] != pod["metadata"]["uid"]
                and get(each, "spec", "nodeName") in labels
                and selectors.matches(term.get("labelSelector"), selectors.labels_of(each))
                and labels[each["spec"]["nodeName"]].get(key) == mine.get(key)
            ]
            own = selectors.matches(term.get("labelSelector"), selectors.labels_of(pod))
            if bool(near) != wanted and not (wanted and own and not near):
                return [f"node(s) didn't match pod {'affinity' if wanted else 'anti-affinity'} rules"]
    return []


def tolerates(toleration: Object, taint: Object) -> bool:
    """Whether the toleration covers the taint."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("operator") == "Exists":
        return not toleration.get("key") or toleration["key"] == taint["key"]
    return toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", "")


def _dislike(pod: Object, node: Object) -> float:
    """How much the pod's preferences speak against the node."""
    weight = 0.0
    labels = selectors.labels_of(node)
    path = ("spec", "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
    for term in get(pod, *path, default=[]):
        expressions = get(term, "preference", "matchExpressions", default=[])
        if all(selectors.requirement_holds(each, labels) for each in expressions):
            weight -= term["weight"]
    return weight
