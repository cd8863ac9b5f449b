# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments and their rollouts, pods, stateful sets, daemon sets, jobs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from kubernetes import client

from tests.twin.kubernetes_support import Kube, conditions, deployment, pod, refused, until


def _pods(kube: Kube, namespace: str, label: str) -> list[Any]:
    return kube.core().list_namespaced_pod(namespace, label_selector=label).items


def _deployment(kube: Kube, namespace: str, name: str = "web") -> Any:
    return kube.apps().read_namespaced_deployment(name, namespace)


def _rolled_out(kube: Kube, namespace: str) -> Any:
    """The deployment, once every pod is of its newest revision and available."""

    def done() -> Any:
        found = _deployment(kube, namespace)
        status = found.status
        settled = (
            status.observed_generation == found.metadata.generation
            and status.replicas == status.updated_replicas == status.available_replicas == found.spec.replicas
            and conditions(found)["Progressing"] == ("True", "NewReplicaSetAvailable")
        )
        return found if settled else None

    return until(done)


def _image(kube: Kube, namespace: str, image: str) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
    kube.apps().patch_namespaced_deployment("web", namespace, patch)


def _sets(kube: Kube, namespace: str) -> dict[str, Any]:
    found = kube.apps().list_namespaced_replica_set(namespace).items
    return {each.metadata.annotations["deployment.kubernetes.io/revision"]: each for each in found}


def _waiting(found: Any) -> str | None:
    statuses = found.status.container_statuses or []
    return statuses[0].state.waiting.reason if statuses and statuses[0].state.waiting else None


def _events(kube: Kube, namespace: str, name: str) -> list[str]:
    found = kube.core().list_namespaced_event(namespace, field_selector=f"involvedObject.name={name}")
    return [each.reason for each in found.items]


def test_a_deployment_becomes_available(kube: Kube, namespace: str) -> None:
    kube.apps().create_namespaced_deployment(namespace, deployment())
    found = _rolled_out(kube, namespace)
    assert conditions(found)["Available"] == ("True", "MinimumReplicasAvailable")
    assert found.metadata.annotations["deployment.kubernetes.io/revision"] == "1"
    pods = _pods(kube, namespace, "app=web")
    assert {each.spec.node_name for each in pods} == {"node-a", "node-b"}
    assert all(each.status.pod_ip and each.metadata.labels["pod-template-hash"] for each in pods)
    assert "ScalingReplicaSet" in _events(kube, namespace, "web")


def test_a_rolling_update_keeps_enough_pods_and_bounds_the_surge(kube: Kube, namespace: str) -> None:
    rolling = {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}}
    kube.apps().create_namespaced_deployment(namespace, deployment(replicas=4, **rolling))
    _rolled_out(kube, namespace)
    _image(kube, namespace, "nginx:1.26")
    most, least = 0, 9
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        sets = kube.apps().list_namespaced_replica_set(namespace).items
        most = max(most, sum(each.spec.replicas for each in sets))
        least = min(least, sum(each.status.available_replicas or 0 for each in sets))
        found = _deployment(kube, namespace)
        if found.status.updated_replicas == found.status.available_replicas == found.status.replicas == 4:
            break
    left = [each for each in _pods(kube, namespace, "app=web") if not each.metadata.deletion_timestamp]
    assert {each.spec.containers[0].image for each in left} == {"nginx:1.26"}
    # A busy machine looks too seldom to see the surge.
    assert 4 <= most <= 5 and least >= 3
    assert sorted(_sets(kube, namespace)) == ["1", "2"]


def test_a_recreating_deployment_never_mixes_revisions(kube: Kube, namespace: str) -> None:
    kube.apps().create_namespaced_deployment(namespace, deployment(strategy={"type": "Recreate"}))
    _rolled_out(kube, namespace)
    _image(kube, namespace, "nginx:1.26")
    seen = []

    def finished() -> bool:
        images = {each.spec.containers[0].image for each in _pods(kube, namespace, "app=web")}
        seen.append(images)
        found = _deployment(kube, namespace)
        return images == {"nginx:1.26"} and found.status.available_replicas == 2

    until(finished)
    assert all(len(images) <= 1 for images in seen)


def test_an_image_that_is_not_there_stops_the_rollout_and_rolling_back_mends_it(kube: Kube, namespace: str) -> None:
    kube.apps().create_namespaced_deployment(namespace, deployment(progressDeadlineSeconds=8))
    _rolled_out(kube, namespace)
    _image(kube, namespace, "nginx:bad")
    until(lambda: conditions(_deployment(kube, namespace))["Progressing"] == ("False", "ProgressDeadlineExceeded"))
    found = _deployment(kube, namespace)
    assert found.status.available_replicas == 2, "what ran goes on running"
    assert found.status.updated_replicas == 1 and found.status.unavailable_replicas == 1
    [stuck] = [each for each in _pods(kube, namespace, "app=web") if each.spec.containers[0].image == "nginx:bad"]
    assert _waiting(stuck) == "ImagePullBackOff"
    assert {"Failed", "BackOff"} <= set(_events(kube, namespace, stuck.metadata.name))
    _image(kube, namespace, "nginx:1.25")
    found = _rolled_out(kube, namespace)
    assert found.metadata.annotations["deployment.kubernetes.io/revision"] == "3"
    assert sorted(_sets(kube, namespace)) == ["2", "3"], "the revision that is used again gets a new number"


def test_a_paused_deployment_waits_for_being_resumed(kube: Kube, namespace: str) -> None:
    apps = kube.apps()
    apps.create_namespaced_deployment(namespace, deployment())
    _rolled_out(kube, namespace)
    apps.patch_namespaced_deployment("web", namespace, {"spec": {"paused": True}})
    until(lambda: conditions(_deployment(kube, namespace))["Progressing"] == ("Unknown", "DeploymentPaused"))
    _image(kube, namespace, "nginx:1.26")
    time.sleep(0.3)
    assert sorted(_sets(kube, namespace)) == ["1"]
    apps.patch_namespaced_deployment("web", namespace, {"spec": {"paused": False}})
    _rolled_out(kube, namespace)
    assert sorted(_sets(kube, namespace)) == ["1", "2"]


def test_old_revisions_are_forgotten_and_the_change_cause_is_kept(kube: Kube, namespace: str) -> None:
    wanted = deployment(replicas=1, revisionHistoryLimit=1)
    wanted["metadata"]["annotations"] = {"kubernetes.io/change-cause": "the first"}
    kube.apps().create_namespaced_deployment(namespace, wanted)
    _rolled_out(kube, namespace)
    assert _sets(kube, namespace)["1"].metadata.annotations["kubernetes.io/change-cause"] == "the first"
    for number in (26, 27):
        _image(kube, namespace, f"nginx:1.{number}")
        _rolled_out(kube, namespace)
    until(lambda: sorted(_sets(kube, namespace)) == ["2", "3"])


def test_scaling_does_not_make_a_revision(kube: Kube, namespace: str) -> None:
    kube.apps().create_namespaced_deployment(namespace, deployment())
    _rolled_out(kube, namespace)
    kube.apps().patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 3}})
    assert _rolled_out(kube, namespace).metadata.annotations["deployment.kubernetes.io/revision"] == "1"
    scale = kube.apps().read_namespaced_deployment_scale("web", namespace)
    assert (scale.spec.replicas, scale.status.replicas, scale.status.selector) == (3, 3, "app=web")


def test_min_ready_seconds_delay_availability(kube: Kube, namespace: str) -> None:
    kube.apps().create_namespaced_deployment(namespace, deployment(replicas=1, minReadySeconds=10))
    found = until(lambda: (seen := _deployment(kube, namespace)).status.ready_replicas and seen)
    assert found.status.available_replicas is None
    assert _rolled_out(kube, namespace).status.available_replicas == 1


def test_deleting_a_deployment_takes_its_pods_along_unless_they_are_orphaned(kube: Kube, namespace: str) -> None:
    apps = kube.apps()
    for name in ("web", "kept"):
        apps.create_namespaced_deployment(namespace, deployment(name, replicas=1))
    until(lambda: len(_pods(kube, namespace, "app in (web,kept)")) == 2)
    apps.delete_namespaced_deployment("kept", namespace, propagation_policy="Orphan")
    apps.delete_namespaced_deployment("web", namespace, propagation_policy="Foreground")
    until(lambda: not _pods(kube, namespace, "app=web"))
    with refused(404, "NotFound"):
        until(lambda: apps.read_namespaced_deployment("web", namespace) and None)
    [orphan] = _pods(kube, namespace, "app=kept")
    apps.create_namespaced_deployment(namespace, deployment("kept", replicas=1))
    until(lambda: apps.read_namespaced_deployment("kept", namespace).status.available_replicas == 1)
    assert [each.metadata.name for each in _pods(kube, namespace, "app=kept")] == [orphan.metadata.name], "adopted"


# Pods


@pytest.mark.parametrize(
    ("image", "reason"),
    [("app:bad-1", "ImagePullBackOff"), ("app:missing", "ImagePullBackOff"), ("app:crash", "CrashLoopBackOff")],
)
def test_what_an_image_does_is_told_by_its_tag(kube: Kube, namespace: str, image: str, reason: str) -> None:
    core = kube.core()
    core.create_namespaced_pod(namespace, pod("app", image))
    found = until(lambda: _waiting(seen := core.read_namespaced_pod("app", namespace)) == reason and seen)
    assert found.status.container_statuses[0].state.waiting.message
    assert not found.status.container_statuses[0].ready


def test_a_container_that_crashes_is_started_again(kube: Kube, namespace: str) -> None:
    core = kube.core()
    core.create_namespaced_pod(namespace, pod("app", "app:crash"))

    def restarted() -> Any:
        statuses = core.read_namespaced_pod("app", namespace).status.container_statuses
        return statuses and statuses[0].restart_count >= 1 and statuses[0]

    found = until(restarted)
    assert found.last_state.terminated is None or found.last_state.terminated.exit_code == 1


def test_a_pod_waits_for_its_secret_and_starts_when_it_is_there(kube: Kube, namespace: str) -> None:
    core = kube.core()
    wanted = pod("app")
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    wanted["spec"]["containers"][0]["env"] = [{"name": "PASSWORD", "valueFrom": reference}]
    core.create_namespaced_pod(namespace, wanted)
    found = until(
        lambda: _waiting(seen := core.read_namespaced_pod("app", namespace)) == "CreateContainerConfigError" and seen
    )
    assert found.status.container_statuses[0].state.waiting.message == 'secret "db" not found'
    core.create_namespaced_secret(namespace, {"metadata": {"name": "db"}, "stringData": {"password": "s3cret"}})
    until(lambda: core.read_namespaced_pod("app", namespace).status.phase == "Running")
    log = core.read_namespaced_pod_log("app", namespace)
    assert "PASSWORD" in log and "s3cret" not in log


def test_a_pod_that_fits_no_node_stays_pending_until_one_comes(kube: Kube, namespace: str) -> None:
    core = kube.core()
    core.create_namespaced_pod(namespace, pod("lost", nodeSelector={"disk": "fast"}))
    until(lambda: "FailedScheduling" in _events(kube, namespace, "lost"))
    found = core.read_namespaced_pod("lost", namespace)
    assert found.status.phase == "Pending" and found.spec.node_name is None
    assert conditions(found)["PodScheduled"] == ("False", "Unschedulable")
    core.patch_node("node-b", {"metadata": {"labels": {"disk": "fast"}}})
    until(lambda: core.read_namespaced_pod("lost", namespace).spec.node_name == "node-b")
    core.patch_node("node-b", {"metadata": {"labels": {"disk": None}}})


def test_a_taint_keeps_pods_away_that_do_not_tolerate_it(kube: Kube, namespace: str) -> None:
    core = kube.core()
    chosen = {"nodeSelector": {"eks.amazonaws.com/nodegroup": "gpu"}}
    core.create_namespaced_pod(namespace, pod("out", **chosen))
    tolerations = [{"key": "gpu", "operator": "Equal", "value": "true", "effect": "NoSchedule"}]
    core.create_namespaced_pod(namespace, pod("in", tolerations=tolerations, **chosen))
    until(lambda: core.read_namespaced_pod("in", namespace).spec.node_name == "node-gpu")
    message = conditions(core.read_namespaced_pod("out", namespace))["PodScheduled"]
    assert message == ("False", "Unschedulable")


def test_a_pod_too_large_for_every_node_is_not_scheduled(kube: Kube, namespace: str) -> None:
    wanted = pod("large")
    wanted["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "64"}}
    kube.core().create_namespaced_pod(namespace, wanted)

    def message() -> Any:
        found = kube.core().read_namespaced_pod("large", namespace).status.conditions or []
        return next((each.message for each in found if each.type == "PodScheduled"), None)

    assert "2 Insufficient cpu" in until(message)


def test_a_budget_holds_back_evictions(kube: Kube, namespace: str) -> None:
    kube.apps().create_namespaced_deployment(namespace, deployment())
    budget = {"metadata": {"name": "web"}, "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}}
    policy = client.PolicyV1Api(kube.api())
    policy.create_namespaced_pod_disruption_budget(namespace, budget)
    _rolled_out(kube, namespace)
    until(lambda: policy.read_namespaced_pod_disruption_budget("web", namespace).status.current_healthy == 2)
    name = _pods(kube, namespace, "app=web")[0].metadata.name
    with refused(429, "TooManyRequests", "disruption budget"):
        kube.core().create_namespaced_pod_eviction(name, namespace, {"metadata": {"name": name}})
    policy.patch_namespaced_pod_disruption_budget("web", namespace, {"spec": {"minAvailable": 1}})
    until(lambda: policy.read_namespaced_pod_disruption_budget("web", namespace).status.disruptions_allowed == 1)
    kube.core().create_namespaced_pod_eviction(name, namespace, {"metadata": {"name": name}})
    until(lambda: name not in [each.metadata.name for each in _pods(kube, namespace, "app=web")])


# Stateful sets, daemon sets, jobs


def _stateful(replicas: int = 2) -> dict[str, Any]:
    container = {"name": "db", "image": "postgres:16", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    return {
        "metadata": {"name": "db"},
        "spec": {
            "serviceName": "db",
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [container]}},
            "volumeClaimTemplates": [claim],
        },
    }


def test_a_stateful_set_comes_up_in_order_with_its_claims(kube: Kube, namespace: str) -> None:
    apps, core = kube.apps(), kube.core()
    apps.create_namespaced_stateful_set(namespace, _stateful())
    until(lambda: apps.read_namespaced_stateful_set("db", namespace).status.ready_replicas == 2)
    first, second = _pods(kube, namespace, "app=db")
    assert (first.metadata.name, second.metadata.name) == ("db-0", "db-1")
    assert first.metadata.labels["apps.kubernetes.io/pod-index"] == "0"
    claims = core.list_namespaced_persistent_volume_claim(namespace).items
    assert {each.metadata.name: each.status.phase for each in claims} == {"data-db-0": "Bound", "data-db-1": "Bound"}
    apps.patch_namespaced_stateful_set(
        "db", namespace, {"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "postgres:17"}]}}}}
    )

    def updated() -> Any:
        found = apps.read_namespaced_stateful_set("db", namespace)
        status = found.status
        seen = status.observed_generation == found.metadata.generation
        done = status.updated_replicas == status.ready_replicas == 2
        return seen and done and status.current_revision == status.update_revision

    until(updated)
    assert {each.spec.containers[0].image for each in _pods(kube, namespace, "app=db")} == {"postgres:17"}
    with refused(422, "Invalid", "updates to statefulset spec for fields other than"):
        apps.patch_namespaced_stateful_set("db", namespace, {"spec": {"serviceName": "other"}})
    apps.patch_namespaced_stateful_set("db", namespace, {"spec": {"replicas": 1}})
    until(lambda: [each.metadata.name for each in _pods(kube, namespace, "app=db")] == ["db-0"])


def test_a_daemon_set_has_a_pod_on_every_node_that_takes_it(kube: Kube, namespace: str) -> None:
    apps = kube.apps()
    template = {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"name": "a", "image": "agent:1"}]}}
    spec = {"selector": {"matchLabels": {"app": "agent"}}, "template": template}
    apps.create_namespaced_daemon_set(namespace, {"metadata": {"name": "agent"}, "spec": spec})
    until(lambda: apps.read_namespaced_daemon_set("agent", namespace).status.number_available == 2)
    assert {each.spec.node_name for each in _pods(kube, namespace, "app=agent")} == {"node-a", "node-b"}
    everywhere = {"spec": {"template": {"spec": {"tolerations": [{"operator": "Exists"}]}}}}
    apps.patch_namespaced_daemon_set("agent", namespace, everywhere)
    until(lambda: apps.read_namespaced_daemon_set("agent", namespace).status.number_available == 3)
    until(lambda: apps.read_namespaced_daemon_set("agent", namespace).status.updated_number_scheduled == 3)


def _job(image: str, **spec: Any) -> dict[str, Any]:
    inner = {"restartPolicy": "Never", "containers": [{"name": "m", "image": image, "command": ["migrate"]}]}
    return {"metadata": {"name": "migrate"}, "spec": {"template": {"spec": inner}, **spec}}


def test_a_job_runs_to_its_end(kube: Kube, namespace: str) -> None:
    batch = client.BatchV1Api(kube.api())
    batch.create_namespaced_job(namespace, _job("app:1", completions=3, parallelism=2))
    found = until(lambda: (seen := batch.read_namespaced_job("migrate", namespace)).status.succeeded == 3 and seen)
    until(lambda: conditions(batch.read_namespaced_job("migrate", namespace)).get("Complete"))
    assert found.spec.selector.match_labels["batch.kubernetes.io/controller-uid"] == found.metadata.uid
    with refused(422, "Invalid", "field is immutable"):
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "m", "image": "app:2"}]}}}}
        batch.patch_namespaced_job("migrate", namespace, patch)


@pytest.mark.parametrize(("image", "code"), [("app:fail", 1), ("app:exit-3", 3)])
def test_a_job_that_fails_gives_up(kube: Kube, namespace: str, image: str, code: int) -> None:
    batch = client.BatchV1Api(kube.api())
    batch.create_namespaced_job(namespace, _job(image, backoffLimit=1))
    until(lambda: conditions(batch.read_namespaced_job("migrate", namespace)).get("Failed"))
    found = batch.read_namespaced_job("migrate", namespace)
    assert conditions(found)["Failed"] == ("True", "BackoffLimitExceeded")
    assert found.status.failed == 2
    last = _pods(kube, namespace, "job-name=migrate")[0].status.container_statuses[0].state.terminated
    assert (last.exit_code, last.reason) == (code, "Error")


def test_a_cron_job_makes_a_job_when_it_is_due(kube: Kube, namespace: str) -> None:
    batch = client.BatchV1Api(kube.api())
    job = {"spec": _job("app:1")["spec"]}
    with refused(422, "Invalid", "spec.schedule"):
        batch.create_namespaced_cron_job(
            namespace, {"metadata": {"name": "n"}, "spec": {"schedule": "99 * * * *", "jobTemplate": job}}
        )
    made = batch.create_namespaced_cron_job(
        namespace, {"metadata": {"name": "nightly"}, "spec": {"schedule": "0 3 * * *", "jobTemplate": job}}
    )
    assert (made.spec.concurrency_policy, made.spec.suspend) == ("Allow", False)
    # As if it had been made a day ago, when it was due since.
    stored = kube.cluster.store.get(("batch", "cronjobs"), namespace, "nightly")
    assert stored is not None
    with kube.cluster.store.lock:
        old = {**stored["metadata"], "creationTimestamp": "2026-01-01T00:00:00Z"}
        kube.cluster.store.put(("batch", "cronjobs"), {**stored, "metadata": old})
    found = until(lambda: batch.list_namespaced_job(namespace).items)
    assert [each.metadata.owner_references[0].name for each in found] == ["nightly"], "missed runs are made up for once"
    until(lambda: conditions(batch.list_namespaced_job(namespace).items[0]).get("Complete"))
    until(lambda: batch.read_namespaced_cron_job("nightly", namespace).status.last_successful_time)
