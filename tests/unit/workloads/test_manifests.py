"""Workloads: from short options to manifests."""

from __future__ import annotations

import json
from typing import Any

import kubernetes_validate
import pytest
import yaml

from ansible_collections.stackwright.aws.plugins.filter.leftovers import leftovers
from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.tiers.placeholder import IMAGE
from ansible_collections.stackwright.aws.plugins.module_utils.workloads.manifests import Manifests, compile_workloads

VERSION = "1.33"
API: dict[str, Any] = {
    "image": "registry.example.com/api:1.4.2",
    "replicas": 3,
    "port": 8000,
    "service": 80,
    "resources": {"cpu": "250m", "memory": "512Mi", "cpu_limit": "500m", "memory_limit": "1Gi"},
    "config": ["app-config"],
    "secrets": ["app-secrets"],
    "health_check": {"path": "/health"},
    "ingress": {"host": "api.example.com", "certificate": "${certificate.main.arn}"},
    "autoscale": {"name": "api-hpa", "min": 3, "max": 20, "cpu": 70, "memory": 80},
}
WORKER: dict[str, Any] = {
    "namespace": "jobs",
    "image": "registry.example.com/worker@sha256:" + "0" * 64,
    "command": ["celery", "worker"],
    "replicas": 10,
    "config": ["app-config"],
    "node_labels": {"workload-type": "background"},
    "tolerations": {"workload-type": "background"},
    "autoscale": {"min": 5, "max": 50, "external": {"queue_length": 10}},
}
WHOLE: dict[str, Any] = {
    "kubernetes": VERSION,
    "namespaces": {"shop": {"labels": {"environment": "production"}}, "jobs": {}},
    "config_maps": {"app-config": {"data": {"HOST": "${database.main.address}", "DEBUG": False, "POOL": 20}}},
    "external_secrets": {"app-secrets": {"data": {"PASSWORD": "shop/database:password", "TOKEN": "shop/token"}}},
    "secret_stores": {"aws-secrets-manager": {"region": "us-east-1"}},
    "service_accounts": {"reader": {"namespace": "jobs"}},
    "deployments": {"api": API, "worker": WORKER},
    "metrics_adapter": {"namespace": "jobs", "metrics": {"queue_length": "celery_queue_length"}},
}
REFERENCES = {"database.main": {"address": "db.example.com"}, "certificate.main": {"arn": "arn:aws:acm:x"}}


def compiled(existing: Any = (), **sections: Any) -> Manifests:
    return compile_workloads({**WHOLE, **sections}, "shop-prod", REFERENCES, existing)


def problems(**sections: Any) -> list[str]:
    with pytest.raises(DocumentError) as mistakes:
        compiled(**sections)
    return mistakes.value.problems


def test_keys_are_text() -> None:
    (found,) = problems(config_maps={"api": {"data": {True: "x"}}})
    assert found.startswith("workloads.config_maps.api.data: one of its keys is true, as YAML reads yes and on")


def deployment(name: str, **options: Any) -> dict[str, Any]:
    return {"deployments": {name: options}}


def get(manifests: Manifests, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
    found = [
        one
        for one in manifests.all
        if (one["kind"], one["metadata"]["name"]) == (kind, name)
        and namespace in (None, one["metadata"].get("namespace"))
    ]
    assert len(found) == 1, found
    return found[0]


def test_everything_is_valid_for_the_named_version() -> None:
    checked = 0
    for manifest in compiled().all:
        if "external-secrets" not in manifest["apiVersion"]:
            kubernetes_validate.validate(manifest, VERSION, strict=True)
            checked += 1
    assert checked >= 11


def test_the_container_is_as_described() -> None:
    (container,) = get(compiled(), "Deployment", "api")["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "250m", "memory": "512Mi"},
        "limits": {"cpu": "500m", "memory": "1Gi"},
    }
    assert container["readinessProbe"]["httpGet"] == {"path": "/health", "port": 8000}
    assert (container["readinessProbe"]["initialDelaySeconds"], container["readinessProbe"]["periodSeconds"]) == (10, 5)
    assert (container["livenessProbe"]["initialDelaySeconds"], container["livenessProbe"]["periodSeconds"]) == (30, 10)
    assert container["envFrom"] == [{"secretRef": {"name": "app-secrets"}}, {"configMapRef": {"name": "app-config"}}]


def test_pods_have_no_rights_that_nobody_gave_them() -> None:
    pod = get(compiled(), "Deployment", "api")["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    security = pod["containers"][0]["securityContext"]
    assert security["allowPrivilegeEscalation"] is False and security["capabilities"] == {"drop": ["ALL"]}
    assert security["readOnlyRootFilesystem"] is True


def test_a_service_account_stands_wherever_a_deployment_names_it() -> None:
    found = compiled(
        service_accounts={"app": {"token": False}, "reader": {"namespace": "jobs"}},
        deployments={
            "api": {**API, "service_account": "app"},
            "worker": {**WORKER, "service_account": "app"},
            "watcher": {**WORKER, "service_account": "reader", "autoscale": None},
        },
    )
    for namespace, name, token in (("shop", "app", False), ("jobs", "app", False), ("jobs", "reader", True)):
        assert get(found, "ServiceAccount", name, namespace)["automountServiceAccountToken"] is token
    for name, account in (("api", "app"), ("worker", "app"), ("watcher", "reader")):
        pod = get(found, "Deployment", name)["spec"]["template"]["spec"]
        assert pod["serviceAccountName"] == account and "automountServiceAccountToken" not in pod


def test_services_are_no_variables_of_pods() -> None:
    for name in ("api", "worker"):
        assert get(compiled(), "Deployment", name)["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_workers_run_on_the_nodes_that_are_kept_for_them() -> None:
    pod = get(compiled(), "Deployment", "worker")["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"workload-type": "background"}
    assert pod["tolerations"] == [
        {"key": "workload-type", "operator": "Equal", "value": "background", "effect": "NoSchedule"}
    ]


def test_an_autoscaler_owns_the_number_once_the_deployment_exists() -> None:
    first = compiled()
    assert "replicas" not in get(first, "Deployment", "worker")["spec"]
    assert {one["metadata"]["name"]: one["spec"] for one in first.initial} == {
        "api": {"replicas": 3},
        "worker": {"replicas": 10},
    }
    existing = [get(first, "Deployment", "api"), get(first, "Deployment", "worker")]
    assert compiled(existing).initial == []


def test_autoscalers_say_what_was_said() -> None:
    api = get(compiled(), "HorizontalPodAutoscaler", "api-hpa")["spec"]
    assert (api["minReplicas"], api["maxReplicas"]) == (3, 20)
    assert [(m["resource"]["name"], m["resource"]["target"]["averageUtilization"]) for m in api["metrics"]] == [
        ("cpu", 70),
        ("memory", 80),
    ]
    (queue,) = get(compiled(), "HorizontalPodAutoscaler", "worker")["spec"]["metrics"]
    assert queue["external"] == {
        "metric": {"name": "queue_length"},
        "target": {"type": "AverageValue", "averageValue": "10"},
    }


def test_the_adapter_serves_the_metric_of_the_autoscaler() -> None:
    config = get(compiled(), "ConfigMap", "prometheus-adapter")["data"]["config.yaml"]
    (rule,) = yaml.safe_load(config)["externalRules"]
    assert rule["seriesQuery"] == '{__name__="celery_queue_length"}'
    assert rule["name"] == {"as": "queue_length"}


def test_the_ingress_is_https_only() -> None:
    ingress = get(compiled(), "Ingress", "api")
    notes = ingress["metadata"]["annotations"]
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert "kubernetes.io/ingress.class" not in notes
    assert notes["alb.ingress.kubernetes.io/certificate-arn"] == "arn:aws:acm:x"
    assert notes["alb.ingress.kubernetes.io/ssl-redirect"] == "443"
    assert json.loads(notes["alb.ingress.kubernetes.io/listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]


def test_the_ingress_names_the_security_group_of_its_load_balancer() -> None:
    name = "alb.ingress.kubernetes.io/security-groups"
    assert name not in get(compiled(), "Ingress", "api")["metadata"]["annotations"]
    own = {**API, "ingress": {**API["ingress"], "security_group": "sg-1"}}
    found = get(compiled(deployments={"api": own}), "Ingress", "api")
    assert found["metadata"]["annotations"][name] == "sg-1"


def test_a_config_map_stands_wherever_it_is_used() -> None:
    places = [one["metadata"]["namespace"] for one in compiled().all if one["metadata"]["name"] == "app-config"]
    assert places == ["shop", "jobs"]
    assert get(compiled(), "ConfigMap", "app-config", "jobs")["data"] == {
        "HOST": "db.example.com",
        "DEBUG": "false",
        "POOL": "20",
    }


def test_secrets_are_named_and_never_held() -> None:
    secret = get(compiled(), "ExternalSecret", "app-secrets")
    assert secret["apiVersion"] == "external-secrets.io/v1"
    assert secret["spec"]["data"] == [
        {"secretKey": "PASSWORD", "remoteRef": {"key": "shop/database", "property": "password"}},
        {"secretKey": "TOKEN", "remoteRef": {"key": "shop/token"}},
    ]
    assert "Secret" not in {one["kind"] for one in compiled().all}


def test_everything_says_whose_it_is() -> None:
    for manifest in compiled().all:
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "stackwright"
        assert labels["app.kubernetes.io/part-of"] == "shop-prod"


def test_before_the_first_release_a_placeholder_answers() -> None:
    (container,) = get(compiled(**deployment("api", port=8000)), "Deployment", "api")["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["image"] == IMAGE and "8000" in container["command"][-1]


def test_what_a_release_brought_stays() -> None:
    running = {
        "metadata": {"namespace": "shop", "name": "api"},
        "spec": {"template": {"spec": {"containers": [{"image": "registry.example.com/api:9"}]}}},
    }
    options = deployment("api", port=8000, command=["serve"])
    (container,) = get(compiled([running], **options), "Deployment", "api")["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["command"]) == ("registry.example.com/api:9", ["serve"])


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (deployment("api", image="a/b:latest"), "deployments.api.image: 'a/b:latest' is another image tomorrow"),
        (deployment("api", image="a/b"), "deployments.api.image: 'a/b' is another image tomorrow"),
        (deployment("api", service=80), "deployments.api.service: needs `port`"),
        (deployment("api", namespace="nowhere"), "'nowhere' is none of the described namespaces (shop, jobs)"),
        (deployment("api", config=["other"]), "'other' is none of `config_maps`"),
        (deployment("api", secrets=["other"]), "'other' is none of `external_secrets`"),
        (deployment("api", service_account="other"), "'other' is none of `service_accounts`"),
        (
            deployment("api", service_account="reader"),
            "service_account: 'reader' stands in jobs; leave its `namespace` out, and it stands wherever it is named",
        ),
        (deployment("api", replicas=1, autoscale={"min": 2, "max": 3, "cpu": 50}), "1 is not between min 2 and max 3"),
        (
            deployment("api", replicas=2, autoscale={"min": 2, "max": 3, "external": {"depth": 1}}),
            "external.depth: nothing on the cluster serves this metric",
        ),
        (
            deployment("api", port=1, service=1, ingress={"host": "x.example.com"}),
            "ingress.certificate: is missing",
        ),
        (deployment("api", imag="x"), "workloads.deployments.api.imag: unknown option; did you mean 'image'?"),
        ({"config_maps": {"c": {"data": {"A": "${cache.main.url}"}}}}, "the stack has no 'cache.main'"),
        ({"config_maps": {"c": {"data": {"A": "${database.main.url}"}}}}, "database.main tells no 'url'"),
    ],
)
def test_a_mistake_names_the_option_and_the_mend(sections: dict[str, Any], message: str) -> None:
    assert any(message in problem for problem in problems(**sections)), problems(**sections)


def test_what_is_no_longer_described_is_found_and_what_controllers_made_is_not() -> None:
    described = compiled().all
    pods = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "ownerReferences": [{"uid": "1"}]}}
    old = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "old", "namespace": "shop", "uid": "2"}}
    assert leftovers([*described, pods, old], described) == [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "old", "namespace": "shop"}}
    ]
