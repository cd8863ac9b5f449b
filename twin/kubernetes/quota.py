# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the objects of a namespace use of its quotas."""

from __future__ import annotations

from decimal import Decimal

from twin.kubernetes import quantity
from twin.kubernetes.resources import Resource
from twin.kubernetes.store import Store
from twin.kubernetes.values import Object, get

_COUNTED = ["configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "secrets", "services"]
_ENDED = ("Succeeded", "Failed")


def usage(resource_group: str, plural: str, value: Object) -> dict[str, Decimal]:
    """What one object uses, by the names of ResourceQuota."""
    used: dict[str, Decimal] = {f"count/{plural}.{resource_group}" if resource_group else f"count/{plural}": Decimal(1)}
    if resource_group == "" and plural in _COUNTED:
        used[plural] = Decimal(1)
    if (resource_group, plural) == ("", "services"):
        kind = get(value, "spec", "type")
        used["services.loadbalancers"] = Decimal(kind == "LoadBalancer")
        used["services.nodeports"] = Decimal(kind in ("NodePort", "LoadBalancer"))
    if (resource_group, plural) == ("", "persistentvolumeclaims"):
        used["requests.storage"] = quantity.parse(get(value, "spec", "resources", "requests", "storage", default="0"))
    if (resource_group, plural) == ("", "pods"):
        if get(value, "status", "phase") in _ENDED:
            return {"count/pods": Decimal(1)}
        used["pods"] = Decimal(1)
        for container in get(value, "spec", "containers", default=[]):
            for part in ("requests", "limits"):
                for name, amount in get(container, "resources", part, default={}).items():
                    key = f"{part}.{name}"
                    used[key] = used.get(key, Decimal(0)) + quantity.parse(amount)
        for name in ("cpu", "memory", "ephemeral-storage"):
            if f"requests.{name}" in used:
                used[name] = used[f"requests.{name}"]
    return used


def used_of(store: Store, namespace: str, hard: dict[str, str]) -> dict[str, Decimal]:
    """What the namespace uses of each limit."""
    total = {name: Decimal(0) for name in hard}
    for (group, plural), value in store.everything():
        if value["metadata"].get("namespace") == namespace:
            for name, amount in usage(group, plural, value).items():
                if name in total:
                    total[name] += amount
    return total


def rendered(name: str, amount: Decimal) -> str:
    return quantity.render(amount, binary="memory" in name or "storage" in name)


def refusal(store: Store, resource: Resource, value: Object) -> str | None:
    """Why the quotas of its namespace do not admit a new object; None when they do."""
    wanted = usage(resource.group, resource.plural, value)
    namespace = value["metadata"].get("namespace", "")
    for quota in store.list(("", "resourcequotas"), namespace):
        hard = get(quota, "spec", "hard", default={})
        name = quota["metadata"]["name"]
        if (resource.group, resource.plural) == ("", "pods"):
            missing = [
                limit
                for limit in sorted(hard)
                if limit.partition(".")[2] in ("cpu", "memory") and _lacking(value, limit)
            ]
            if missing:
                containers = ",".join(each["name"] for each in value["spec"]["containers"])
                return f"failed quota: {name}: must specify {','.join(f'{each} for: {containers}' for each in missing)}"
        touched = {limit: amount for limit, amount in wanted.items() if limit in hard and amount}
        if not touched:
            continue
        used = used_of(store, namespace, {limit: hard[limit] for limit in touched})
        over = [limit for limit in sorted(touched) if used[limit] + touched[limit] > quantity.parse(hard[limit])]
        if over:
            lists = (
                ",".join(f"{limit}={rendered(limit, amounts[limit])}" for limit in over) for amounts in (touched, used)
            )
            asked, present = lists
            bounds = ",".join(f"{limit}={hard[limit]}" for limit in over)
            return f"exceeded quota: {name}, requested: {asked}, used: {present}, limited: {bounds}"
    return None


def _lacking(pod: Object, limit: str) -> bool:
    part, _, name = limit.partition(".")
    return any(
        name not in get(each, "resources", part, default={}) for each in get(pod, "spec", "containers", default=[])
    )
