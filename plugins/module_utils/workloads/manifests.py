# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What runs on a Kubernetes cluster, from short options to manifests. Pure: nobody is asked anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.errors import DocumentError
from ..tiers.options import validate, with_text_keys
from .deployment import APP, MANAGED_BY, MANAGER, PART_OF, Manifest, Options, Workload, text
from .metrics_adapter import adapter_config
from .rules import Cluster, check
from .spec import SPEC
from .texts import References

#: The annotation that names the role of a service account.
#: https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


@dataclass(frozen=True)
class Manifests:
    """What is to be applied.

    Attributes:
        all: every manifest, in an order in which they can be made.
        initial: what an autoscaler owns as soon as it exists; for deployments that do not exist yet.
        deployments: namespace and name of each deployment, to wait for.
        kubernetes: the version of Kubernetes that they are written for.
    """

    all: list[Manifest]
    initial: list[Manifest]
    deployments: list[dict[str, str]]
    kubernetes: str


def compile_workloads(
    description: Any,
    stack: str,
    references: Mapping[str, Mapping[str, Any]] | None = None,
    existing: Iterable[Mapping[str, Any]] = (),
) -> Manifests:
    """A description of workloads as manifests.

    Args:
        stack: the stack that they are part of.
        references: what the stack's converge answered, for `${...}` in texts.
        existing: the deployments as they are. An image that the description leaves to releases stays as it is.

    Raises:
        DocumentError: with every problem found.
    """
    problems: list[str] = []
    options = validate(SPEC, with_text_keys(description, "workloads", problems), "workloads", problems)
    if problems:
        raise DocumentError(problems)
    compiler = _Compiler(options, stack, References(references or {}, problems), existing, problems)
    manifests = compiler.compile()
    if problems:
        raise DocumentError(list(dict.fromkeys(problems)))
    return manifests


class _Compiler:
    def __init__(
        self,
        options: Options,
        stack: str,
        references: References,
        existing: Iterable[Mapping[str, Any]],
        problems: list[str],
    ) -> None:
        self.options = references.fill(options, "workloads")
        self.stack = stack
        self.problems = problems
        self.existing = {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in existing}

    def compile(self) -> Manifests:
        workloads = [self._workload(name, options) for name, options in self.options["deployments"].items()]
        made = [
            *self._namespaces(),
            *self._service_accounts(),
            *self._secret_stores(),
            *self._config_maps(),
            *self._external_secrets(),
            *self._metrics_adapter(),
            *(manifest for workload in workloads for manifest in workload.manifests()),
        ]
        self._judge(made, self.options["manifests"])
        made += self.options["manifests"]
        new = [one for one in workloads if (one.namespace, one.name) not in self.existing]
        return Manifests(
            all=made,
            initial=[workload.initial_replicas() for workload in new if workload.is_scaled],
            deployments=[{"namespace": one.namespace, "name": one.name} for one in workloads],
            kubernetes=self.options["kubernetes"],
        )

    def _judge(self, made: list[Manifest], stated: list[Manifest]) -> None:
        """What the rules find in all that is applied. An image that a release has brought is not ours to judge."""
        adapter = self.options["metrics_adapter"]
        ours = [(_option(manifest), manifest) for manifest in made]
        theirs = [(f"manifests[{index}]", manifest) for index, manifest in enumerate(stated)]
        released = {
            f"deployments.{name}.image" for name, one in self.options["deployments"].items() if not one["image"]
        }
        served = frozenset(adapter["metrics"] if adapter else ())
        for finding in check(Cluster((*ours, *theirs), served)):
            if finding.path not in released:
                self.problems.append(f"workloads.{finding}")

    def _problem(self, path: str, message: str) -> None:
        self.problems.append(f"workloads.{path}: {message}")

    def _labels(self) -> dict[str, str]:
        return {PART_OF: self.stack, MANAGED_BY: MANAGER}

    def _namespace(self, stated: str | None, path: str) -> str:
        known = list(self.options["namespaces"])
        if stated is None:
            return known[0] if known else "default"
        if stated not in known:
            self._problem(path, f"{stated!r} is none of the described namespaces ({', '.join(known)}); describe it")
        return stated

    # Deployments

    def _workload(self, name: str, options: Options) -> Workload:
        path = f"deployments.{name}"
        namespace = self._namespace(options["namespace"], f"{path}.namespace")
        self._check(path, options)
        return Workload(name, options, namespace, self.stack, self._image(namespace, name))

    def _image(self, namespace: str, name: str) -> str:
        """What runs now."""
        existing = self.existing.get((namespace, name))
        containers = existing["spec"]["template"]["spec"]["containers"] if existing else []
        return str(containers[0]["image"]) if containers else ""

    def _check(self, path: str, options: Options) -> None:
        for word in ("service", "ingress"):
            if options[word] and not options["port"]:
                self._problem(f"{path}.{word}", "needs `port`, the one that the container listens on")
        if options["ingress"] and not options["service"]:
            self._problem(f"{path}.ingress", "needs `service`, the port that the ingress sends to")
        ingress = options["ingress"]
        if ingress and ingress["class"] == "alb" and not ingress["certificate"]:
            self._problem(f"{path}.ingress.certificate", "is missing: HTTPS needs a certificate's ARN")
        probe = options["health_check"]
        if probe and probe["path"] and not (probe["port"] or options["port"]):
            self._problem(f"{path}.health_check.path", "needs `port`, the one that answers it")
        scale = options["autoscale"]
        if scale and not scale["min"] <= options["replicas"] <= scale["max"]:
            self._problem(
                f"{path}.replicas", f"{options['replicas']} is not between min {scale['min']} and max {scale['max']}"
            )
        for word, section in (("config", "config_maps"), ("secrets", "external_secrets")):
            for name in options[word]:
                if name not in self.options[section]:
                    self._problem(f"{path}.{word}", f"{name!r} is none of `{section}`; describe it")
        self._check_account(f"{path}.service_account", options)

    def _check_account(self, path: str, options: Options) -> None:
        account = options["service_account"]
        if not account:
            return
        if account not in self.options["service_accounts"]:
            self._problem(path, f"{account!r} is none of `service_accounts`; describe it")
            return
        home = self.options["service_accounts"][account]["namespace"]
        if home and home != self._namespace(options["namespace"], ""):
            self._problem(
                path, f"{account!r} stands in {home}; leave its `namespace` out, and it stands wherever it is named"
            )

    # What they are given

    def _namespaces(self) -> Iterator[Manifest]:
        for name, options in self.options["namespaces"].items():
            yield _manifest(
                "v1",
                "Namespace",
                name,
                None,
                {**self._labels(), **_texts(options["labels"])},
                annotations=_texts(options["annotations"]),
            )

    def _service_accounts(self) -> Iterator[Manifest]:
        for name, options in self.options["service_accounts"].items():
            annotations = {ROLE_ANNOTATION: options["role"]} if options["role"] else {}
            for namespace in self._places(f"service_accounts.{name}.namespace", "service_account", name, options):
                yield {
                    **_manifest("v1", "ServiceAccount", name, namespace, self._labels(), annotations=annotations),
                    "automountServiceAccountToken": options["token"],
                }

    def _users(self, word: str, name: str) -> list[str]:
        """The namespaces of the deployments that name something."""
        return [
            self._namespace(options["namespace"], "")
            for options in self.options["deployments"].values()
            if name == options[word] or (isinstance(options[word], list) and name in options[word])
        ]

    def _places(self, path: str, word: str, name: str, options: Options) -> list[str]:
        """Where something stands: where it is said, or wherever a deployment names it, or in the first namespace."""
        namespaces = options["namespaces"] if "namespaces" in options else [options["namespace"] or ""]
        stated = [self._namespace(one, path) for one in namespaces if one]
        found = list(dict.fromkeys(stated or self._users(word, name)))
        return found or [self._namespace(None, "")]

    def _config_maps(self) -> Iterator[Manifest]:
        for name, options in self.options["config_maps"].items():
            for namespace in self._places(f"config_maps.{name}.namespaces", "config", name, options):
                data = {key: text(value) for key, value in options["data"].items()}
                yield {**_manifest("v1", "ConfigMap", name, namespace, self._labels()), "data": data}

    def _secret_stores(self) -> Iterator[Manifest]:
        for name, options in self.options["secret_stores"].items():
            aws: dict[str, Any] = {"service": "SecretsManager", "region": options["region"]}
            if options["role"]:
                aws["role"] = options["role"]
            yield {
                **_manifest("external-secrets.io/v1", "ClusterSecretStore", name, None, self._labels()),
                "spec": {"provider": {"aws": aws}},
            }

    def _external_secrets(self) -> Iterator[Manifest]:
        for name, options in self.options["external_secrets"].items():
            data = [self._remote(name, key, where) for key, where in options["data"].items()]
            for namespace in self._places(f"external_secrets.{name}.namespaces", "secrets", name, options):
                yield {
                    **_manifest("external-secrets.io/v1", "ExternalSecret", name, namespace, self._labels()),
                    "spec": {
                        "refreshInterval": options["refresh"],
                        "secretStoreRef": {"name": options["store"], "kind": "ClusterSecretStore"},
                        "target": {"name": name},
                        "data": data,
                    },
                }

    def _remote(self, name: str, key: str, where: Any) -> dict[str, Any]:
        """`SECRET` or `SECRET:MEMBER` in Secrets Manager, the secret by its name or its ARN."""
        if not isinstance(where, str) or not where:
            self._problem(f"external_secrets.{name}.data.{key}", f"{where!r} is no SECRET or SECRET:MEMBER")
            where = ""
        parts = where.split(":")
        # An ARN has six colons of its own.
        own = 7 if parts[0] == "arn" else 1
        remote, member = ":".join(parts[:own]), ":".join(parts[own:])
        reference = {"key": remote, "property": member} if member else {"key": remote}
        return {"secretKey": key, "remoteRef": reference}

    def _metrics_adapter(self) -> Iterator[Manifest]:
        adapter = self.options["metrics_adapter"]
        if adapter is None:
            return
        namespace = self._namespace(adapter["namespace"], "metrics_adapter.namespace")
        yield {
            **_manifest("v1", "ConfigMap", adapter["name"], namespace, self._labels()),
            "data": {"config.yaml": adapter_config(adapter["metrics"])},
        }


def _option(manifest: Manifest) -> str:
    """The option that a manifest is compiled from."""
    name, labels = manifest["metadata"]["name"], manifest["metadata"].get("labels") or {}
    if APP in labels:
        return f"deployments.{labels[APP]}"
    return f"config_maps.{name}" if manifest["kind"] == "ConfigMap" else f"{manifest['kind']}.{name}"


def _manifest(
    version: str, kind: str, name: str, namespace: str | None, labels: Mapping[str, str], **metadata: Any
) -> Manifest:
    found = {"name": name, "labels": dict(labels), **{word: value for word, value in metadata.items() if value}}
    if namespace:
        found["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": found}


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: text(value) for key, value in values.items()}
