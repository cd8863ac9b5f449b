"""Every rule over manifests: something that it finds, and the nearest thing that it does not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackwright.aws.plugins.module_utils.engine.errors import DocumentError
from ansible_collections.stackwright.aws.plugins.module_utils.workloads.manifests import compile_workloads
from ansible_collections.stackwright.aws.plugins.module_utils.workloads.rules import RULES, Cluster, check

TLS_HOST = "master.shop.abc123.euw1.cache.amazonaws.com"
WEAK, STRONG = "ELBSecurityPolicy-TLS-1-1-2017-01", "ELBSecurityPolicy-TLS13-1-2-2021-06"

Made = dict[str, Any]


def made(kind: str, version: str = "v1", *, annotations: Any = None, **members: Any) -> Made:
    metadata = {"name": "x", **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **members}


def pod(image: str = "a/b:1", **env: str) -> dict[str, Any]:
    return {"containers": [{"name": "x", "image": image, "env": [{"name": k, "value": v} for k, v in env.items()]}]}


def deployment(image: str = "a/b:1", **env: str) -> Made:
    return made("Deployment", "apps/v1", spec={"template": {"spec": pod(image, **env)}})


def nightly(image: str) -> Made:
    return made("CronJob", "batch/v1", spec={"jobTemplate": {"spec": {"template": {"spec": pod(image)}}}})


def ingress(**annotations: str) -> Made:
    return made("Ingress", "networking.k8s.io/v1", annotations=annotations, spec={"ingressClassName": "alb"})


def alb(**settings: str) -> Made:
    return ingress(**{f"alb.ingress.kubernetes.io/{name.replace('_', '-')}": text for name, text in settings.items()})


def scaled_on(metric: str) -> Made:
    external = {"type": "External", "external": {"metric": {"name": metric}}}
    return made("HorizontalPodAutoscaler", "autoscaling/v2", spec={"metrics": [external]})


#: The code, what it fires on, what it does not, and a part of the message.
CASES: list[tuple[str, list[Made], list[Made], str]] = [
    ("workload.floating-image", [deployment("a/b:latest")], [deployment("a/b:1.2")], "'a/b:latest'"),
    ("workload.floating-image", [nightly("host:5000/a/b")], [nightly("host:5000/a/b@sha256:00")], "pin a version"),
    (
        "workload.removed-api",
        [made("ExternalSecret", "external-secrets.io/v1beta1")],
        [made("ExternalSecret", "external-secrets.io/v1")],
        "write it for external-secrets.io/v1",
    ),
    (
        "workload.ingress-class",
        [ingress(**{"kubernetes.io/ingress.class": "alb"})],
        [ingress(**{"alb.ingress.kubernetes.io/scheme": "internal"})],
        "ingressClassName: alb",
    ),
    (
        "workload.weak-tls",
        [alb(certificate_arn="arn", ssl_policy=WEAK)],
        [alb(certificate_arn="arn", ssl_policy=STRONG)],
        WEAK,
    ),
    ("workload.weak-tls", [alb(certificate_arn="arn")], [alb(scheme="internal")], "ELBSecurityPolicy-2016-08"),
    ("workload.unserved-metric", [scaled_on("depth")], [scaled_on("served")], "metrics_adapter.metrics"),
    (
        "workload.unserved-metric",
        [scaled_on("depth")],
        [scaled_on("depth"), made("APIService", spec={"group": "external.metrics.k8s.io"})],
        "nothing on the cluster serves",
    ),
    ("workload.plain-secret", [made("Secret", stringData={"TOKEN": "x"})], [made("Secret")], "external_secrets"),
    ("workload.plain-secret", [deployment(DB_PASSWORD="hunter2")], [deployment(DB_USER="hunter2")], "DB_PASSWORD"),
    (
        "workload.plain-secret",
        [made("ConfigMap", data={"DATABASE_URL": "postgres://app:hunter2@db/shop"})],
        [made("ConfigMap", data={"DATABASE_URL": "postgres://db/shop"})],
        "a URL with a password",
    ),
    (
        "workload.plain-scheme",
        [deployment(REDIS_URL=f"redis://{TLS_HOST}:6379/0")],
        [deployment(REDIS_URL=f"rediss://{TLS_HOST}:6379/0")],
        f"redis:// to {TLS_HOST}",
    ),
]


def found(manifests: list[Made]) -> list[Any]:
    paired = tuple((f"manifests[{index}]", manifest) for index, manifest in enumerate(manifests))
    return check(Cluster(paired, served=frozenset({"served"})))


@pytest.mark.parametrize(("code", "bad", "good", "message"), CASES, ids=[case[0] for case in CASES])
def test_a_rule(code: str, bad: list[Made], good: list[Made], message: str) -> None:
    (finding,) = found(bad)
    assert (finding.code, finding.path.startswith("manifests[0]")) == (code, True)
    assert message in f"{finding.path}: {finding.message}"
    assert "hunter2" not in finding.message
    assert found(good) == []


def test_every_rule_is_tested_and_has_a_code_of_its_own() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {case[0] for case in CASES}


def test_the_rules_look_at_what_is_described_too() -> None:
    described = {
        "kubernetes": "1.35",
        "namespaces": {"shop": {}},
        "config_maps": {"app": {"data": {"API_KEY": "abc"}}},
        "deployments": {"web": {"image": "a/b:1", "environment": {"JWT_SECRET": "abc"}}},
        "manifests": [made("PodDisruptionBudget", "policy/v1beta1")],
    }
    with pytest.raises(DocumentError) as mistakes:
        compile_workloads(described, "shop-prod")
    beginnings = [
        "workloads.manifests[0]: PodDisruptionBudget of 'policy/v1beta1'",
        "workloads.config_maps.app.data.API_KEY: holds a secret by its name",
        "workloads.deployments.web.environment.JWT_SECRET: holds a secret by its name",
    ]
    assert all(said.startswith(begin) for said, begin in zip(mistakes.value.problems, beginnings, strict=True))
