# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Watching rollouts until all are done or one cannot succeed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from .rollout import Rollout, State, judge, why_not_scheduled

#: Reads the objects of a version and kind in a namespace.
Read = Callable[[str, str, str], list[dict[str, Any]]]


def read_with(client: Any) -> Read:
    """Reads objects of a kind in a namespace."""

    def read(version: str, kind: str, namespace: str) -> list[dict[str, Any]]:
        answer = client.get(client.resource(kind, version), namespace=namespace)
        return list(answer.to_dict().get("items") or [])

    return read


def look(read: Read, wanted: list[dict[str, str]]) -> list[dict[str, Any]]:
    """How far every deployment is; one request per kind and namespace."""
    found: list[dict[str, Any]] = []
    for namespace in dict.fromkeys(one["namespace"] for one in wanted):
        deployments = {one["metadata"]["name"]: one for one in read("apps/v1", "Deployment", namespace)}
        replica_sets, pods = read("apps/v1", "ReplicaSet", namespace), read("v1", "Pod", namespace)
        for name in [one["name"] for one in wanted if one["namespace"] == namespace]:
            answer: dict[str, Any] = {"namespace": namespace, "name": name, "state": "missing"}
            if name in deployments:
                answer.update(_told(judge(deployments[name], replica_sets, pods), pods))
            found.append(answer)
    return found


def _told(rollout: Rollout, pods: list[dict[str, Any]]) -> dict[str, Any]:
    message = rollout.message
    if rollout.state is State.WORKING:
        message = "; ".join(filter(None, [message, why_not_scheduled(pods)]))
    return {
        "state": rollout.state.value,
        "ready": rollout.ready,
        "desired": rollout.desired,
        "reason": rollout.reason,
        "message": message,
    }


def wait_for(
    read: Read,
    params: Mapping[str, Any],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[list[dict[str, Any]], str]:
    """Look until all is done or something cannot succeed. Answers the last look and, for a failure, what to say."""
    start = clock()
    broken_since: dict[tuple[str, str], float] = {}
    while True:
        found = look(read, params["deployments"])
        now = clock()
        for one in found:
            key = (one["namespace"], one["name"])
            if one["state"] != "broken":
                broken_since.pop(key, None)
            elif now - broken_since.setdefault(key, now) >= params["patience"] or _is_final(one):
                return found, "; ".join(_sentence(other) for other in found if other["state"] == "broken")
        if all(one["state"] == "done" for one in found):
            return found, ""
        if now - start >= params["wait_timeout"]:
            late = "; ".join(_sentence(one) for one in found if one["state"] != "done")
            return found, f"after {int(now - start)} s: {late}"
        sleep(params["poll_interval"])


def _is_final(one: Mapping[str, Any]) -> bool:
    return bool(one["reason"] == "ProgressDeadlineExceeded")


def _sentence(one: Mapping[str, Any]) -> str:
    what = f"deployment {one['name']} in {one['namespace']}"
    if one["state"] == "missing":
        return f"{what} does not exist"
    why = ": ".join(filter(None, [one.get("reason"), one.get("message")]))
    return f"{what} has {one['ready']} of {one['desired']} pods ready: {why or one['state']}"
