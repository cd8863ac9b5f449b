"""Whether a rollout is done, on its way, or cannot succeed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.workloads.rollout import REVISION, State, judge
from ansible_collections.stackwright.aws.plugins.module_utils.workloads.watch import wait_for

DONE = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "readyReplicas": 3}


def deployment(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "api", "namespace": "shop", "uid": "d", "generation": 2, "annotations": {REVISION: "2"}},
        "spec": {"replicas": 3},
        "status": {**DONE, **status},
    }


def replica_set(uid: str, revision: str) -> dict[str, Any]:
    return {"metadata": {"uid": uid, "ownerReferences": [{"uid": "d"}], "annotations": {REVISION: revision}}}


def pod(owner: str, reason: str = "", restarts: int = 0) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": f"because of {reason}"}} if reason else {"running": {}}
    return {
        "metadata": {"name": f"api-{owner}", "ownerReferences": [{"uid": owner}]},
        "status": {"containerStatuses": [{"state": state, "restartCount": restarts, "image": "api:2"}]},
    }


SETS = [replica_set("old", "1"), replica_set("new", "2")]


def test_all_new_and_available_is_done() -> None:
    assert judge(deployment(), SETS, [pod("new")]).state is State.DONE


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"observedGeneration": 1}, "has not seen the change"),
        ({"updatedReplicas": 1}, "1 of 3 pods are of the new revision"),
        ({"replicas": 4}, "1 old pods are to end"),
        ({"availableReplicas": 2}, "2 of 3 new pods are available"),
    ],
)
def test_on_its_way(status: dict[str, Any], message: str) -> None:
    found = judge(deployment(**status), SETS, [])
    assert found.state is State.WORKING and message in found.message


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"])
def test_a_new_pod_that_cannot_start_breaks_it(reason: str) -> None:
    found = judge(deployment(updatedReplicas=1), SETS, [pod("new", reason)])
    assert (found.state, found.reason) == (State.BROKEN, reason)
    assert found.message == f"pod api-new: because of {reason}"


def test_an_old_pod_that_cannot_start_does_not() -> None:
    assert judge(deployment(), SETS, [pod("old", "ImagePullBackOff")]).state is State.DONE


def test_a_crash_counts_when_it_comes_again() -> None:
    assert judge(deployment(), SETS, [pod("new", "CrashLoopBackOff", 1)]).state is State.DONE
    assert judge(deployment(), SETS, [pod("new", "CrashLoopBackOff", 3)]).state is State.BROKEN


def test_kubernetes_own_verdict_counts() -> None:
    verdict = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "has timed out"}
    found = judge(deployment(availableReplicas=0, conditions=[verdict]), SETS, [])
    assert (found.state, found.reason) == (State.BROKEN, "ProgressDeadlineExceeded")


class Cluster:
    """Answers one look after the other, and a clock that goes on with each sleep."""

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self.looks = list(looks)
        self.now = 0.0
        self.pods: list[dict[str, Any]] = []

    def read(self, _version: str, kind: str, _namespace: str) -> list[dict[str, Any]]:
        if kind == "Deployment":
            return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return SETS if kind == "ReplicaSet" else self.pods

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, **params: Any) -> tuple[list[dict[str, Any]], str]:
        defaults = {"wait_timeout": 60, "poll_interval": 1.0, "patience": 5.0}
        wanted = [{"namespace": "shop", "name": "api"}]
        return wait_for(self.read, {"deployments": wanted, **defaults, **params}, lambda: self.now, self.sleep)


def test_waits_until_it_is_done() -> None:
    cluster = Cluster([deployment(availableReplicas=0)], [deployment(availableReplicas=1)], [deployment()])
    found, problem = cluster.wait()
    assert problem == "" and found[0]["state"] == "done" and cluster.now == 2


def test_a_bad_image_ends_the_wait_long_before_its_time() -> None:
    cluster = Cluster([deployment(updatedReplicas=1)])
    cluster.pods = [pod("new", "ImagePullBackOff")]
    _found, problem = cluster.wait()
    assert problem.startswith("deployment api in shop has 3 of 3 pods ready: ImagePullBackOff: pod api-new")
    assert 5 <= cluster.now < 10


def test_a_registry_that_recovers_is_forgiven() -> None:
    cluster = Cluster(*([[deployment(updatedReplicas=1)]] * 3), [deployment()])
    cluster.pods = [pod("new", "ErrImagePull")]
    original = cluster.sleep

    def sleep(seconds: float) -> None:
        original(seconds)
        if cluster.now >= 3:
            cluster.pods = [pod("new")]

    cluster.sleep = sleep  # type: ignore[method-assign]
    assert cluster.wait()[1] == ""


def test_the_end_of_time_says_what_is_missing() -> None:
    _found, problem = Cluster([deployment(availableReplicas=1)]).wait(wait_timeout=10)
    assert problem == "after 10 s: deployment api in shop has 3 of 3 pods ready: 1 of 3 new pods are available"


def test_a_deployment_that_is_not_there_is_named() -> None:
    assert "deployment api in shop does not exist" in Cluster([]).wait(wait_timeout=3)[1]
