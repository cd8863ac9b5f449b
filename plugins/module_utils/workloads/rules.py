# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What cannot stand on a cluster, looked for in every manifest: the compiled ones and those stated as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..preflight.caches import plain_hosts
from ..preflight.rule import Finding
from ..preflight.secrets import plain_secrets
from ..preflight.traffic import is_weak_policy

Manifest = Mapping[str, Any]

_ALB = "alb.ingress.kubernetes.io/"

#: API versions that are not served any more, and what is.
#: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
#: https://external-secrets.io/latest/introduction/stability-support/
REMOVED = {
    "apps/v1beta1": "apps/v1",
    "apps/v1beta2": "apps/v1",
    "autoscaling/v2beta1": "autoscaling/v2",
    "autoscaling/v2beta2": "autoscaling/v2",
    "batch/v1beta1": "batch/v1",
    "extensions/v1beta1": "networking.k8s.io/v1 or apps/v1",
    "external-secrets.io/v1alpha1": "external-secrets.io/v1",
    "external-secrets.io/v1beta1": "external-secrets.io/v1",
    "networking.k8s.io/v1beta1": "networking.k8s.io/v1",
    "policy/v1beta1": "policy/v1",
    "rbac.authorization.k8s.io/v1beta1": "rbac.authorization.k8s.io/v1",
}


@dataclass(frozen=True)
class Cluster:
    """What is judged.

    Attributes:
        manifests: each with the option that it comes from.
        served: the external metrics that something on the cluster answers.
    """

    manifests: tuple[tuple[str, Manifest], ...]
    served: frozenset[str] = frozenset()

    def of(self, *kinds: str) -> Iterator[tuple[str, Manifest]]:
        """The manifests of some kinds."""
        return ((path, manifest) for path, manifest in self.manifests if manifest.get("kind") in kinds)


@dataclass(frozen=True)
class ClusterRule:
    """A rule with its code; whatever it finds is an error."""

    code: str
    title: str
    check: Callable[[Cluster], Iterable[tuple[str, str]]]
    source: str = ""


def check(cluster: Cluster) -> list[Finding]:
    """What the rules find, in the rules' order."""
    return [Finding(rule.code, path, message) for rule in RULES for path, message in rule.check(cluster)]


def is_floating(image: str) -> bool:
    """Whether an image's name may be another image tomorrow: no tag, or `latest`, and no digest."""
    return bool(image) and "@" not in image and image.rpartition("/")[2].partition(":")[2] in ("", "latest")


def _pods(cluster: Cluster) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The specification of the pods of everything that makes pods."""
    for path, manifest in cluster.manifests:
        spec = manifest.get("spec") or {}
        if manifest.get("kind") == "CronJob":
            spec = (spec.get("jobTemplate") or {}).get("spec") or {}
        pod = spec if manifest.get("kind") == "Pod" else (spec.get("template") or {}).get("spec")
        if isinstance(pod, Mapping) and "containers" in pod:
            yield path, pod


def _containers(cluster: Cluster) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, pod in _pods(cluster):
        for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
            yield path, container


def _floating(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for path, container in _containers(cluster):
        image = str(container.get("image") or "")
        if is_floating(image):
            yield f"{path}.image", f"{image!r} is another image tomorrow; pin a version or a digest"


def _removed(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for path, manifest in cluster.manifests:
        version = str(manifest.get("apiVersion"))
        if version in REMOVED:
            yield path, f"{manifest.get('kind')} of {version!r} is not served any more; write it for {REMOVED[version]}"


def _ingress_class(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for path, manifest in cluster.of("Ingress"):
        chosen = _annotations(manifest).get("kubernetes.io/ingress.class")
        if chosen is not None:
            yield path, f"the annotation kubernetes.io/ingress.class is deprecated; say ingressClassName: {chosen}"


def _annotations(manifest: Manifest) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (manifest.get("metadata") or {}).get("annotations") or {}
    return found


def _weak(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for path, manifest in cluster.of("Ingress"):
        annotations = _annotations(manifest)
        policy = annotations.get(f"{_ALB}ssl-policy")
        if f"{_ALB}certificate-arn" in annotations and is_weak_policy(policy):
            yield (
                f"{path}.tls_policy",
                f"{policy or 'ELBSecurityPolicy-2016-08'!r} lets in TLS older than 1.2; take "
                f"ELBSecurityPolicy-TLS13-1-2-2021-06",
            )


def _unserved(cluster: Cluster) -> Iterator[tuple[str, str]]:
    groups = [(manifest.get("spec") or {}).get("group") for _path, manifest in cluster.of("APIService")]
    if "external.metrics.k8s.io" in groups:
        return  # a metrics server of somebody's own
    for path, manifest in cluster.of("HorizontalPodAutoscaler"):
        for metric in (manifest.get("spec") or {}).get("metrics") or ():
            name = ((metric.get("external") or {}).get("metric") or {}).get("name")
            if name and name not in cluster.served:
                yield (
                    f"{path}.autoscale.external.{name}",
                    "nothing on the cluster serves this metric; describe it in `metrics_adapter.metrics`",
                )


def _held(cluster: Cluster) -> Iterator[tuple[str, Any]]:
    """What everybody can read who may read the cluster's objects: configuration and environments."""
    for path, manifest in cluster.of("ConfigMap"):
        yield f"{path}.data", manifest.get("data") or {}
    for path, container in _containers(cluster):
        stated = {one.get("name"): one.get("value") for one in container.get("env") or () if one.get("value")}
        yield f"{path}.environment", stated


def _plain(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """The value itself is never in the message."""
    for path, values in _held(cluster):
        for where, what in plain_secrets(values):
            yield (
                f"{path}.{where}",
                f"holds {what} in plain text; keep it in Secrets Manager and name it in `external_secrets`",
            )
    for path, manifest in cluster.of("Secret"):
        if manifest.get("data") or manifest.get("stringData"):
            yield path, "is a Secret with its values; keep them in Secrets Manager and name it in `external_secrets`"


def _plain_scheme(cluster: Cluster) -> Iterator[tuple[str, str]]:
    for path, values in _held(cluster):
        for host in plain_hosts(values):
            yield path, f"redis:// to {host}, which takes TLS only; write rediss://"


RULES = (
    ClusterRule("workload.floating-image", "An image by the tag latest, or by none.", _floating),
    ClusterRule(
        "workload.removed-api",
        "A version of an API that is not served any more.",
        _removed,
        "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
    ),
    ClusterRule("workload.ingress-class", "The deprecated annotation of an ingress's class.", _ingress_class),
    ClusterRule("workload.weak-tls", "An ingress with a TLS policy older than 1.2.", _weak),
    ClusterRule("workload.unserved-metric", "An autoscaler on an external metric that nobody serves.", _unserved),
    ClusterRule("workload.plain-secret", "A secret in configuration, environment or manifest.", _plain),
    ClusterRule("workload.plain-scheme", "A redis:// address of a cache with encryption in transit.", _plain_scheme),
)
