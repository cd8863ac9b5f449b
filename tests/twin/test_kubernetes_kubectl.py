# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kubectl against the cluster, as people use it."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.twin.kubernetes_support import Kube, deployment, pod, until

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")


def _service() -> dict[str, Any]:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def test_applying_again_changes_nothing_and_diff_agrees(kube: Kube, namespace: str) -> None:
    wanted = [deployment(), _service()]
    apply = ("-n", namespace, "apply", "-f", "-")
    assert "no namespace was" not in kube.kubectl(*apply, "--dry-run=server", given=wanted)
    assert "deployment.apps/web created" in kube.kubectl(*apply, given=wanted)
    assert "successfully rolled out" in kube.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=9s")
    assert kube.kubectl(*apply, given=wanted).split("\n")[:2] == [
        "deployment.apps/web unchanged",
        "service/web unchanged",
    ]
    assert kube.kubectl("-n", namespace, "diff", "-f", "-", given=wanted) == ""
    changed = [deployment(image="nginx:1.26"), _service()]
    text = kube.kubectl("-n", namespace, "diff", "-f", "-", given=changed, fails=True)
    assert "-      - image: nginx:1.25" in text and "+      - image: nginx:1.26" in text


def test_what_is_left_out_of_a_manifest_goes(kube: Kube, namespace: str) -> None:
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "1", "y": "2"}}
    kube.kubectl("-n", namespace, "apply", "-f", "-", given=wanted)
    del wanted["data"]["y"]  # type: ignore[attr-defined]
    kube.kubectl("-n", namespace, "apply", "-f", "-", given=wanted)
    assert kube.core().read_namespaced_config_map("a", namespace).data == {"x": "1"}


def test_server_side_apply_conflicts_by_name(kube: Kube, namespace: str) -> None:
    apply = ("-n", namespace, "apply", "--server-side", "-f", "-")
    kube.kubectl(*apply, "--field-manager=one", given=deployment())
    text = kube.kubectl(*apply, "--field-manager=two", given=deployment(replicas=5), fails=True)
    assert 'Apply failed with 1 conflict: conflict with "one": .spec.replicas' in text
    kube.kubectl(*apply, "--field-manager=two", "--force-conflicts", given=deployment(replicas=1))
    assert kube.apps().read_namespaced_deployment("web", namespace).spec.replicas == 1


def test_a_manifest_that_is_wrong_is_refused(kube: Kube, namespace: str) -> None:
    apply = ("-n", namespace, "apply", "-f", "-")
    text = kube.kubectl(*apply, given=deployment(replica=3), fails=True)
    assert 'strict decoding error: unknown field "spec.replica"' in text
    text = kube.kubectl(*apply, given=deployment(replicas=-1), fails=True)
    assert 'The Deployment "web" is invalid: spec.replicas: Invalid value: -1' in text


def test_a_rollout_its_history_and_the_way_back(kube: Kube, namespace: str) -> None:
    def rollout(*arguments: str, fails: bool = False) -> str:
        return kube.kubectl("-n", namespace, "rollout", *arguments, fails=fails)

    kube.kubectl("-n", namespace, "apply", "-f", "-", given=deployment(progressDeadlineSeconds=8))
    rollout("status", "deploy/web", "--timeout=9s")
    kube.kubectl("-n", namespace, "annotate", "deploy/web", "kubernetes.io/change-cause=a bad one")
    kube.kubectl("-n", namespace, "set", "image", "deploy/web", "web=nginx:bad")
    assert 'deployment "web" exceeded its progress deadline' in rollout(
        "status", "deploy/web", "--timeout=9s", fails=True
    )
    assert "a bad one" in rollout("history", "deploy/web")
    assert "nginx:bad" in rollout("history", "deploy/web", "--revision=2")
    assert "rolled back" in rollout("undo", "deploy/web")
    assert "successfully rolled out" in rollout("status", "deploy/web", "--timeout=9s")
    assert (
        kube.apps().read_namespaced_deployment("web", namespace).spec.template.spec.containers[0].image == "nginx:1.25"
    )
    assert "paused" in rollout("pause", "deploy/web")
    assert "resumed" in rollout("resume", "deploy/web")
    assert "restarted" in rollout("restart", "deploy/web")
    assert "successfully rolled out" in rollout("status", "deploy/web", "--timeout=9s")


def test_reading_in_every_form(kube: Kube, namespace: str) -> None:
    kube.kubectl("-n", namespace, "create", "-f", "-", given=deployment(replicas=1))
    kube.kubectl("-n", namespace, "wait", "--for=condition=Available", "deploy/web", "--timeout=9s")
    text = kube.kubectl("-n", namespace, "get", "deploy", "-o", "wide").splitlines()
    assert text[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]
    assert text[1].split()[:4] == ["web", "1/1", "1", "1"]
    assert text[1].split()[5:] == ["web", "nginx:1.25", "app=web"]
    everything = kube.kubectl("-n", namespace, "get", "all")
    assert "pod/web-" in everything and "replicaset.apps/web-" in everything
    found = kube.kubectl("-n", namespace, "get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.phase}")
    assert found == "Running"
    described = kube.kubectl("-n", namespace, "describe", "deploy", "web")
    assert "Scaled up replica set web-" in described and "MinimumReplicasAvailable" in described
    assert "node.kubernetes.io/not-ready:NoExecute op=Exists for 300s" in kube.kubectl(
        "-n", namespace, "describe", "pod"
    )
    assert "listening on 80" in kube.kubectl("-n", namespace, "logs", "deploy/web")
    assert "SuccessfulCreate" in kube.kubectl("-n", namespace, "get", "events")


def test_waiting_watching_scaling_labelling_patching(kube: Kube, namespace: str) -> None:
    def run(*arguments: str, fails: bool = False) -> str:
        return kube.kubectl("-n", namespace, *arguments, fails=fails)

    kube.kubectl(
        "-n", namespace, "apply", "-f", "-", given=[deployment(replicas=1), pod("ends", restartPolicy="Never")]
    )
    run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/ends", "--timeout=9s")
    run("scale", "deploy/web", "--replicas=2")
    run("wait", "--for=jsonpath={.status.availableReplicas}=2", "deploy/web", "--timeout=9s")
    run("label", "deploy/web", "tier=front")
    run("patch", "deploy/web", "--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":1}]')
    run("patch", "deploy/web", "--type=merge", "-p", '{"spec":{"minReadySeconds":1}}')
    run("patch", "deploy/web", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:3"}]}}}}')
    found = kube.apps().read_namespaced_deployment("web", namespace)
    assert (found.spec.replicas, found.spec.min_ready_seconds, found.metadata.labels) == (1, 1, {"tier": "front"})
    assert found.spec.template.spec.containers[0].image == "nginx:3"
    seen = run("get", "deploy", "web", "--watch", "--request-timeout=1s", "-o", "name")
    assert seen.startswith("deployment.apps/web")
    run("delete", "pod/ends", "deploy/web", "--timeout=9s")
    assert "NotFound" in run("get", "deploy", "web", fails=True)


def test_what_the_api_says_about_itself(kube: Kube) -> None:
    resources = kube.kubectl("api-resources", "-o", "wide")
    assert "horizontalpodautoscalers" in resources and "metrics.k8s.io/v1beta1" in resources
    assert "policy/v1" in kube.kubectl("api-versions")
    assert "maxSurge" in kube.kubectl("explain", "deployment.spec.strategy.rollingUpdate")
    assert "Server Version: v1.33" in kube.kubectl("version")
    assert kube.kubectl("get", "--raw", "/readyz") == "ok"


def test_a_stateful_set_and_a_daemon_set_go_back_too(kube: Kube, namespace: str) -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "x", "image": "x:1"}]}}
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template}
    for kind, more in (("StatefulSet", {"serviceName": "x"}), ("DaemonSet", {})):
        body = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x"}, "spec": {**spec, **more}}
        kube.kubectl("-n", namespace, "apply", "-f", "-", given=body)
        name = f"{kind.lower()}/x"
        kube.kubectl("-n", namespace, "rollout", "status", name, "--timeout=9s")
        kube.kubectl("-n", namespace, "set", "image", name, "x=x:2")
        kube.kubectl("-n", namespace, "rollout", "status", name, "--timeout=9s")
        kube.kubectl("-n", namespace, "rollout", "undo", name)
        kube.kubectl("-n", namespace, "rollout", "status", name, "--timeout=9s")
        kube.kubectl("-n", namespace, "delete", name, "--timeout=9s")
        pods = kube.core().list_namespaced_pod
        until(lambda read=pods: not read(namespace).items)


def test_objects_that_kubectl_makes_itself(kube: Kube, namespace: str) -> None:
    """Those come in binary form."""

    def create(*arguments: str) -> str:
        return kube.kubectl("-n", namespace, "create", *arguments)

    create("deployment", "web", "--image=nginx:1", "--replicas=2", "--port=80", "--", "serve", "--fast")
    found = kube.apps().read_namespaced_deployment("web", namespace).spec
    container = found.template.spec.containers[0]
    assert (found.replicas, container.image, container.command) == (2, "nginx:1", ["serve", "--fast"])
    assert container.ports[0].container_port == 80
    create("configmap", "c", "--from-literal=a=b")
    assert kube.core().read_namespaced_config_map("c", namespace).data == {"a": "b"}
    create("secret", "generic", "s", "--from-literal=a=b")
    assert kube.core().read_namespaced_secret("s", namespace).data == {"a": "Yg=="}
    create("service", "clusterip", "web", "--tcp=80:8080")
    port = kube.core().read_namespaced_service("web", namespace).spec.ports[0]
    assert (port.port, port.target_port) == (80, 8080)
    create("poddisruptionbudget", "web", "--selector=app=web", "--min-available=50%")
    create("ingress", "web", "--class=alb", "--rule=shop.example.com/*=web:80")
    text = kube.kubectl("-n", namespace, "get", "pdb,ing", "web")
    assert "50%" in text and "shop.example.com" in text
    assert kube.kubectl("auth", "can-i", "create", "pods").strip() == "yes"
    assert kube.kubectl("-n", namespace, "create", "quota", "q", "--hard=pods=1", "--dry-run=server")
