# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Autoscalers and metrics, services and ingresses, quotas and limits."""

from __future__ import annotations

import time
from typing import Any

import pytest
from kubernetes import client

from tests.twin.kubernetes_support import Kube, conditions, deployment, pod, refused, until


def _autoscaler(metrics: list[dict[str, Any]], **spec: Any) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return {
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6, "metrics": metrics, **spec},
    }


def _cpu(percent: int = 50) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def _quick(**more: Any) -> dict[str, Any]:
    return {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}, **more}}


@pytest.fixture
def scaling(kube: Kube) -> Any:
    return client.AutoscalingV2Api(kube.api())


def _running(kube: Kube, namespace: str, replicas: int = 2) -> None:
    kube.apps().create_namespaced_deployment(namespace, deployment(replicas=replicas))
    _has(kube, namespace, replicas)


def _has(kube: Kube, namespace: str, replicas: int) -> None:
    def available() -> bool:
        found = kube.apps().read_namespaced_deployment("web", namespace)
        return found.spec.replicas == replicas and found.status.available_replicas == replicas

    until(available)


def _read(scaling: Any, namespace: str) -> Any:
    return scaling.read_namespaced_horizontal_pod_autoscaler("web", namespace)


def test_load_makes_more_pods_and_idleness_takes_them_away(kube: Kube, scaling: Any, namespace: str) -> None:
    _running(kube, namespace)
    kube.cluster.metrics.set_usage(namespace, "web-*", cpu="50m")
    scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler([_cpu()], **_quick()))
    until(lambda: conditions(_read(scaling, namespace)).get("ScalingActive") == ("True", "ValidMetricFound"))
    kube.cluster.metrics.set_usage(namespace, "web-*", cpu="100m")
    until(lambda: kube.apps().read_namespaced_deployment("web", namespace).spec.replicas == 6)
    until(lambda: conditions(_read(scaling, namespace))["ScalingLimited"] == ("True", "TooManyReplicas"))
    shown = _read(scaling, namespace).status.current_metrics[0].resource.current
    assert (shown.average_utilization, shown.average_value) == (100, "100m")
    kube.cluster.metrics.set_usage(namespace, "web-*", cpu="1m")
    _has(kube, namespace, 2)
    assert conditions(_read(scaling, namespace))["ScalingLimited"] == ("True", "TooFewReplicas")


def test_a_window_of_stabilisation_holds_back_scaling_down(kube: Kube, scaling: Any, namespace: str) -> None:
    _running(kube, namespace)
    kube.cluster.metrics.set_usage(namespace, "web-*", cpu="100m")
    scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler([_cpu()]))
    _has(kube, namespace, 6)
    kube.cluster.metrics.set_usage(namespace, "web-*", cpu="1m")
    until(lambda: conditions(_read(scaling, namespace))["AbleToScale"] == ("True", "ScaleDownStabilized"))
    assert kube.apps().read_namespaced_deployment("web", namespace).spec.replicas == 6


def test_a_new_autoscaler_does_not_scale_down_at_once(kube: Kube, scaling: Any, namespace: str) -> None:
    _running(kube, namespace, replicas=4)
    scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler([_cpu()]))
    until(lambda: conditions(_read(scaling, namespace)).get("AbleToScale") == ("True", "ScaleDownStabilized"))
    assert kube.apps().read_namespaced_deployment("web", namespace).spec.replicas == 4


def test_a_policy_limits_the_pace(kube: Kube, scaling: Any, namespace: str) -> None:
    _running(kube, namespace)
    kube.cluster.metrics.set_usage(namespace, "web-*", cpu="100m")
    slow = {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 600}]}}
    scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler([_cpu(20)], **_quick(**slow)))
    _has(kube, namespace, 3)
    until(lambda: conditions(_read(scaling, namespace))["ScalingLimited"] == ("True", "ScaleUpLimit"))


def test_metrics_of_pods_of_objects_and_of_the_outside(kube: Kube, scaling: Any, namespace: str) -> None:
    _running(kube, namespace)
    metrics = kube.cluster.metrics
    queue = {"metric": {"name": "queue_length"}, "target": {"type": "AverageValue", "averageValue": "10"}}
    per_pod = {"metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "100"}}
    ingress = {
        "metric": {"name": "hits"},
        "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "web"},
        "target": {"type": "Value", "value": "1k"},
    }
    wanted = [
        {"type": "External", "external": queue},
        {"type": "Pods", "pods": per_pod},
        {"type": "Object", "object": ingress},
    ]
    scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler(wanted, **_quick()))
    until(lambda: conditions(_read(scaling, namespace)).get("ScalingActive") == ("False", "FailedGetExternalMetric"))
    metrics.set_external_metric(namespace, "queue_length", "30")
    _has(kube, namespace, 3)
    metrics.set_pods_metric(namespace, "web-*", "requests", "108")
    time.sleep(0.3)
    assert kube.apps().read_namespaced_deployment("web", namespace).spec.replicas == 3, "within the tolerance"
    metrics.set_object_metric(namespace, "Ingress", "web", "hits", "1200")
    until(lambda: kube.apps().read_namespaced_deployment("web", namespace).spec.replicas >= 4)
    shown = _read(scaling, namespace).status.current_metrics
    assert {each.type for each in shown} == {"External", "Pods", "Object"}
    path = f"/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/queue_length"
    assert kube.call("GET", path)[2]["items"][0]["value"] == "30"
    path = f"/apis/custom.metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/*/requests"
    assert {each["value"] for each in kube.call("GET", path)[2]["items"]} == {"108"}


def test_without_requests_there_is_no_utilisation(kube: Kube, scaling: Any, namespace: str) -> None:
    wanted = deployment()
    wanted["spec"]["template"]["spec"]["containers"][0].pop("resources")
    kube.apps().create_namespaced_deployment(namespace, wanted)
    _has(kube, namespace, 2)
    scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler([_cpu()]))

    def message() -> str:
        found = _read(scaling, namespace).status.conditions or []
        return next((each.message for each in found if each.type == "ScalingActive"), "")

    until(lambda: "missing request for cpu in container web" in message())


def test_an_autoscaler_must_make_sense_and_has_an_old_form(kube: Kube, scaling: Any, namespace: str) -> None:
    with refused(422, "Invalid", "spec.maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`"):
        scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler([_cpu()], maxReplicas=1))
    made = scaling.create_namespaced_horizontal_pod_autoscaler(namespace, _autoscaler([_cpu(70)], **_quick()))
    up = made.spec.behavior.scale_up
    assert (up.stabilization_window_seconds, len(up.policies)) == (0, 2)
    old = client.AutoscalingV1Api(kube.api())
    found = old.read_namespaced_horizontal_pod_autoscaler("web", namespace)
    assert found.spec.target_cpu_utilization_percentage == 70
    patch = {"spec": {"targetCPUUtilizationPercentage": 40}}
    old.patch_namespaced_horizontal_pod_autoscaler("web", namespace, patch)
    assert _read(scaling, namespace).spec.metrics[0].resource.target.average_utilization == 40


def test_the_metrics_api_tells_usage(kube: Kube, namespace: str) -> None:
    kube.core().create_namespaced_pod(namespace, pod("app"))
    until(lambda: kube.core().read_namespaced_pod("app", namespace).status.phase == "Running")
    kube.cluster.metrics.set_usage(namespace, "app", cpu="250m", memory="64Mi")
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods"
    [found] = kube.call("GET", path)[2]["items"]
    assert found["containers"] == [{"name": "app", "usage": {"cpu": "250000000n", "memory": "65536Ki"}}]
    assert len(kube.call("GET", "/apis/metrics.k8s.io/v1beta1/nodes")[2]["items"]) == 3


def test_a_service_has_the_addresses_of_its_ready_pods(kube: Kube, namespace: str) -> None:
    wanted = deployment()
    wanted["spec"]["template"]["spec"]["containers"][0]["ports"][0]["name"] = "http"
    kube.apps().create_namespaced_deployment(namespace, wanted)
    service = {
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 8080, "targetPort": "http"}]},
    }
    kube.core().create_namespaced_service(namespace, service)

    def ready() -> Any:
        found = kube.core().read_namespaced_endpoints("web", namespace).subsets
        return found and len(found[0].addresses or []) == 2 and found[0]

    until(lambda: kube.call("GET", f"/api/v1/namespaces/{namespace}/endpoints/web")[0] == 200)
    subset = until(ready)
    addresses = {each.status.pod_ip for each in kube.core().list_namespaced_pod(namespace).items}
    assert {each.ip for each in subset.addresses} == addresses and subset.ports[0].port == 80
    slices = client.DiscoveryV1Api(kube.api()).list_namespaced_endpoint_slice(
        namespace, label_selector="kubernetes.io/service-name=web"
    )
    until(lambda: len(slices.items) == 1)
    kube.apps().patch_namespaced_deployment("web", namespace, {"spec": {"replicas": 0}})
    until(lambda: not kube.core().read_namespaced_endpoints("web", namespace).subsets)


def test_load_balancers_get_their_names(kube: Kube, namespace: str) -> None:
    core, network = kube.core(), client.NetworkingV1Api(kube.api())
    core.create_namespaced_service(
        namespace, {"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
    )
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    rule = {"host": "shop.example.com", "http": {"paths": [path]}}

    def ingress(name: str, kind: str) -> dict[str, Any]:
        return {"metadata": {"name": name}, "spec": {"ingressClassName": kind, "rules": [rule]}}

    network.create_namespaced_ingress(namespace, ingress("web", "alb"))
    network.create_namespaced_ingress(namespace, ingress("other", "nginx"))
    until(lambda: core.read_namespaced_service("web", namespace).status.load_balancer.ingress)
    found = until(lambda: network.read_namespaced_ingress("web", namespace).status.load_balancer.ingress)
    assert found[0].hostname.startswith("k8s-") and found[0].hostname.endswith(".elb.amazonaws.com")
    assert core.read_namespaced_service("web", namespace).spec.ports[0].node_port >= 30000
    assert not network.read_namespaced_ingress("other", namespace).status.load_balancer.ingress
    path = {**path, "pathType": "Regex"}
    with refused(422, "Invalid", 'pathType: Unsupported value: "Regex"'):
        network.create_namespaced_ingress(
            namespace, {"metadata": {"name": "bad"}, "spec": {"rules": [{"http": {"paths": [path]}}]}}
        )


def test_quotas_and_limits(kube: Kube, namespace: str) -> None:
    core = kube.core()
    core.create_namespaced_limit_range(
        namespace,
        {
            "metadata": {"name": "limits"},
            "spec": {"limits": [{"type": "Container", "default": {"cpu": "200m"}, "max": {"cpu": "1"}}]},
        },
    )
    made = core.create_namespaced_pod(namespace, pod("first")).spec.containers[0].resources
    assert made.limits == made.requests == {"cpu": "200m"}
    large = pod("large")
    large["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "2"}}
    with refused(403, "Forbidden", "maximum cpu usage per Container is 1, but cpu limit is 2"):
        core.create_namespaced_pod(namespace, large)
    core.create_namespaced_resource_quota(namespace, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "2"}}})
    core.create_namespaced_pod(namespace, pod("second"))
    with refused(403, "Forbidden", "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"):
        core.create_namespaced_pod(namespace, pod("third"))
    until(lambda: core.read_namespaced_resource_quota("q", namespace).status.used == {"pods": "2"})
