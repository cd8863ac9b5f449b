# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A Deployment and what stands around it: service, ingress, autoscaler, disruption budget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..tiers import placeholder

Options = Mapping[str, Any]
Manifest = dict[str, Any]

APP = "app"
NAME = "app.kubernetes.io/name"
MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
MANAGER = "stackwright"

#: Where a program may write although its root is read-only.
_SCRATCH = "scratch"


def labels(name: str, stack: str) -> dict[str, str]:
    """The labels of everything that belongs to a workload."""
    return {APP: name, NAME: name, PART_OF: stack, MANAGED_BY: MANAGER}


class Workload:
    """One deployment: its options and what is derived from them.

    Args:
        namespace: where it stands.
        stack: what it is part of.
        image: what runs now, if something does and the options do not say.
    """

    def __init__(self, name: str, options: Options, namespace: str, stack: str, image: str = "") -> None:
        self.name = name
        self.options = options
        self.namespace = namespace
        self.labels = labels(name, stack)
        self.image, self.command, self.arguments = self._image(image)

    def _image(self, current: str) -> tuple[str, list[str], list[str]]:
        """Image, command and arguments: stated, or what a release has brought, or the placeholder's until then."""
        command, arguments = list(self.options["command"] or ()), list(self.options["arguments"] or ())
        if self.options["image"] or current not in ("", placeholder.IMAGE):
            return self.options["image"] or current, command, arguments
        return placeholder.IMAGE, placeholder.program(self.options["port"]), [*command, *arguments]

    @property
    def is_scaled(self) -> bool:
        """Whether an autoscaler owns the number of replicas."""
        return self.options["autoscale"] is not None

    def manifests(self) -> list[Manifest]:
        """Everything, in an order in which it can be made."""
        made = [self.deployment()]
        if self.options["service"]:
            made.append(self.service())
        if self.options["ingress"]:
            made.append(self.ingress())
        if self.is_scaled:
            made.append(self.autoscaler())
        if self._least() > 1:
            made.append(self.disruption_budget())
        return made

    def _manifest(self, version: str, kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> Manifest:
        return {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": name, "namespace": self.namespace, "labels": self.labels, **metadata},
            "spec": dict(spec),
        }

    def deployment(self) -> Manifest:
        spec: dict[str, Any] = {
            "selector": {"matchLabels": {APP: self.name}},
            "progressDeadlineSeconds": self.options["deadline_seconds"],
            "revisionHistoryLimit": 10,
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {
                    "maxSurge": int_or_text(self.options["surge"]),
                    "maxUnavailable": int_or_text(self.options["unavailable"]),
                },
            },
            "template": {
                "metadata": {"labels": self.labels, "annotations": self._annotations()},
                "spec": self._pod(),
            },
        }
        if not self.is_scaled:
            spec["replicas"] = self.options["replicas"]
        return self._manifest("apps/v1", "Deployment", self.name, spec)

    def initial_replicas(self) -> Manifest:
        """The number of replicas that an autoscaled deployment begins with; the autoscaler owns it afterwards."""
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {"replicas": self.options["replicas"]},
        }

    def _annotations(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.options["annotations"].items()}

    def _pod(self) -> dict[str, Any]:
        user = self.options["user"]
        pod: dict[str, Any] = {
            "containers": [self._container()],
            "terminationGracePeriodSeconds": self.options["stop_seconds"],
            # A service named flower would be FLOWER_PORT=tcp://..., which programs take for a setting of theirs.
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": user,
                "runAsGroup": user,
                "fsGroup": user,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {APP: self.name}},
                }
            ],
            "volumes": [*self._volumes(), {"name": _SCRATCH, "emptyDir": {}}],
        }
        if self.options["service_account"]:
            # Whether it talks to the cluster is the account's to say.
            pod["serviceAccountName"] = self.options["service_account"]
        else:
            pod["automountServiceAccountToken"] = False
        if self.options["node_labels"]:
            pod["nodeSelector"] = {key: str(value) for key, value in self.options["node_labels"].items()}
        if self.options["tolerations"]:
            pod["tolerations"] = [
                {"key": key, "operator": "Equal", "value": str(value), "effect": "NoSchedule"}
                for key, value in self.options["tolerations"].items()
            ]
        return pod

    def _container(self) -> dict[str, Any]:
        container: dict[str, Any] = {
            "name": self.options["container"] or self.name,
            "image": self.image,
            "resources": self._resources(),
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": self.options["read_only_root"],
            },
            "volumeMounts": [
                *({"name": _volume_name(path), "mountPath": path} for path in self.options["mounts"]),
                {"name": _SCRATCH, "mountPath": "/tmp"},
            ],
        }
        if self.command:
            container["command"] = self.command
        if self.arguments:
            container["args"] = self.arguments
        if self.options["port"]:
            container["ports"] = [{"containerPort": self.options["port"], "protocol": "TCP"}]
        sources = [{"secretRef": {"name": name}} for name in self.options["secrets"]]
        sources += [{"configMapRef": {"name": name}} for name in self.options["config"]]
        if sources:
            container["envFrom"] = sources
        if self.options["environment"]:
            container["env"] = [
                {"name": name, "value": text(value)} for name, value in sorted(self.options["environment"].items())
            ]
        return {**container, **self._probes()}

    def _resources(self) -> dict[str, Any]:
        given = self.options["resources"]
        limits = {"cpu": given["cpu_limit"], "memory": given["memory_limit"] or given["memory"]}
        return {
            "requests": {"cpu": given["cpu"], "memory": given["memory"]},
            "limits": {name: value for name, value in limits.items() if value},
        }

    def _probes(self) -> dict[str, Any]:
        probe = self.options["health_check"]
        if probe is None:
            return {}
        if probe["path"]:
            how: dict[str, Any] = {"httpGet": {"path": probe["path"], "port": probe["port"] or self.options["port"]}}
        else:
            own = placeholder.health_check(self.options["port"])
            how = {"exec": {"command": own if self.image == placeholder.IMAGE else list(probe["command"])}}
        shared = {"timeoutSeconds": probe["timeout_seconds"], "failureThreshold": probe["failures"]}
        return {
            "readinessProbe": {
                **how,
                **shared,
                "initialDelaySeconds": probe["ready_after_seconds"],
                "periodSeconds": probe["ready_every_seconds"],
            },
            "livenessProbe": {
                **how,
                **shared,
                "initialDelaySeconds": probe["alive_after_seconds"],
                "periodSeconds": probe["alive_every_seconds"],
            },
        }

    def _volumes(self) -> list[dict[str, Any]]:
        volumes = []
        for path, mount in self.options["mounts"].items():
            source: dict[str, Any] = {"emptyDir": {}}
            if mount["config_map"]:
                source = {"configMap": {"name": mount["config_map"]}}
            elif mount["secret"]:
                source = {"secret": {"secretName": mount["secret"]}}
            volumes.append({"name": _volume_name(path), **source})
        return volumes

    def service(self) -> Manifest:
        return self._manifest(
            "v1",
            "Service",
            self.name,
            {
                "type": "ClusterIP",
                "selector": {APP: self.name},
                "ports": [
                    {
                        "name": "http",
                        "port": self.options["service"],
                        "targetPort": self.options["port"],
                        "protocol": "TCP",
                    }
                ],
            },
        )

    def ingress(self) -> Manifest:
        """An application load balancer: HTTPS, with port 80 redirected to it.

        https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
        """
        ingress = self.options["ingress"]
        annotations = {}
        if ingress["class"] == "alb":
            alb = {
                "scheme": ingress["scheme"],
                "target-type": "ip",
                "listen-ports": json.dumps([{"HTTP": 80}, {"HTTPS": 443}]),
                "ssl-redirect": "443",
                "ssl-policy": ingress["tls_policy"],
                "healthcheck-path": ingress["health_check"],
                "certificate-arn": ingress["certificate"],
                "wafv2-acl-arn": ingress["web_acl"],
                # Its rules lead to the pods, so the controller need not manage any.
                "security-groups": ingress["security_group"],
            }
            annotations = {f"alb.ingress.kubernetes.io/{name}": value for name, value in alb.items() if value}
        backend = {"service": {"name": self.name, "port": {"number": self.options["service"]}}}
        return self._manifest(
            "networking.k8s.io/v1",
            "Ingress",
            ingress["name"] or self.name,
            {
                "ingressClassName": ingress["class"],
                "rules": [
                    {
                        "host": ingress["host"],
                        "http": {"paths": [{"path": ingress["path"], "pathType": "Prefix", "backend": backend}]},
                    }
                ],
            },
            annotations={**annotations, **{key: str(value) for key, value in ingress["annotations"].items()}},
        )

    def autoscaler(self) -> Manifest:
        scale = self.options["autoscale"]
        metrics: list[dict[str, Any]] = [
            {
                "type": "Resource",
                "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": scale[name]}},
            }
            for name in ("cpu", "memory")
            if scale[name] is not None
        ]
        metrics += [
            {
                "type": "External",
                "external": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": str(value)}},
            }
            for name, value in sorted(scale["external"].items())
        ]
        return self._manifest(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            scale["name"] or self.name,
            {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name},
                "minReplicas": scale["min"],
                "maxReplicas": scale["max"],
                "metrics": metrics,
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": scale["scale_in_seconds"]}},
            },
        )

    def _least(self) -> int:
        return int(self.options["autoscale"]["min"] if self.is_scaled else self.options["replicas"])

    def disruption_budget(self) -> Manifest:
        """A node that is drained takes one pod at a time."""
        return self._manifest(
            "policy/v1",
            "PodDisruptionBudget",
            self.name,
            {"maxUnavailable": 1, "selector": {"matchLabels": {APP: self.name}}},
        )


def int_or_text(value: str) -> int | str:
    """What Kubernetes takes as a number or a percentage."""
    return int(value) if value.isdigit() else value


def text(value: Any) -> str:
    """A value as the text of an environment variable."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _volume_name(path: str) -> str:
    return "mount" + "".join(char if char.isalnum() else "-" for char in path.lower()).rstrip("-")
