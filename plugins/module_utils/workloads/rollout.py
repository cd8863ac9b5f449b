# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What became of a rollout: a judgement over a Deployment, its ReplicaSets and their Pods. Pure.

Done is what `kubectl rollout status` calls done:
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]

REVISION = "deployment.kubernetes.io/revision"
#: Why a container waits that will not start without a change of the description, the image or what it refers to.
BROKEN = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)
#: Restarts after which a container that crashes is not expected to come up.
CRASHES = 3


class State(enum.Enum):
    """How far a rollout is."""

    DONE = "done"
    WORKING = "working"
    BROKEN = "broken"


@dataclass(frozen=True)
class Rollout:
    """A judgement.

    Attributes:
        reason: Kubernetes' own word, e.g. `ImagePullBackOff`; empty while all is well.
        message: what a person should know.
    """

    state: State
    ready: int
    desired: int
    reason: str = ""
    message: str = ""


def judge(deployment: Object, replica_sets: Iterable[Object], pods: Iterable[Object]) -> Rollout:
    """How far the rollout of a deployment is.

    Args:
        replica_sets: those that the deployment owns, others do no harm.
        pods: those in its namespace.
    """
    status = deployment.get("status") or {}
    desired = int(deployment["spec"].get("replicas", 1))
    ready = int(status.get("readyReplicas") or 0)
    trouble = next(_troubles(_of_the_newest(deployment, replica_sets, pods)), None)
    if trouble is not None:
        return Rollout(State.BROKEN, ready, desired, *trouble)
    if int(status.get("observedGeneration") or 0) < int(deployment["metadata"].get("generation") or 0):
        return Rollout(State.WORKING, ready, desired, message="the controller has not seen the change yet")
    for condition in status.get("conditions") or ():
        if condition.get("reason") == "ProgressDeadlineExceeded":
            return Rollout(State.BROKEN, ready, desired, condition["reason"], condition.get("message", ""))
    return _counted(status, ready, desired)


def _counted(status: Object, ready: int, desired: int) -> Rollout:
    updated = int(status.get("updatedReplicas") or 0)
    available = int(status.get("availableReplicas") or 0)
    total = int(status.get("replicas") or 0)
    if updated < desired:
        return Rollout(State.WORKING, ready, desired, message=f"{updated} of {desired} pods are of the new revision")
    if total > updated:
        return Rollout(State.WORKING, ready, desired, message=f"{total - updated} old pods are to end")
    if available < updated:
        return Rollout(State.WORKING, ready, desired, message=f"{available} of {updated} new pods are available")
    return Rollout(State.DONE, ready, desired)


def _of_the_newest(deployment: Object, replica_sets: Iterable[Object], pods: Iterable[Object]) -> list[Object]:
    """The pods of the newest revision; what an older one suffers from is what the rollout may be the cure for."""
    uid = deployment["metadata"].get("uid")
    revision = (deployment["metadata"].get("annotations") or {}).get(REVISION)
    newest = {
        one["metadata"].get("uid")
        for one in replica_sets
        if uid in _owners(one) and (one["metadata"].get("annotations") or {}).get(REVISION) == revision
    }
    return [pod for pod in pods if newest & set(_owners(pod))]


def _owners(one: Object) -> list[Any]:
    return [owner.get("uid") for owner in one["metadata"].get("ownerReferences") or ()]


def _troubles(pods: Iterable[Object]) -> Iterator[tuple[str, str]]:
    for pod in pods:
        status = pod.get("status") or {}
        for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            waiting = (container.get("state") or {}).get("waiting") or {}
            reason = str(waiting.get("reason") or "")
            crashed = reason == "CrashLoopBackOff" and int(container.get("restartCount") or 0) >= CRASHES
            if reason in BROKEN or crashed:
                yield reason, f"pod {pod['metadata']['name']}: {waiting.get('message') or container.get('image', '')}"


def why_not_scheduled(pods: Iterable[Object]) -> str:
    """What the scheduler says of a pod that has no node; empty when all have one. New nodes may be on their way."""
    for pod in pods:
        for condition in (pod.get("status") or {}).get("conditions") or ():
            if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
                return f"pod {pod['metadata']['name']}: {condition.get('message', '')}"
    return ""
