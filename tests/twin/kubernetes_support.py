# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster for tests, with the clients that people use."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

from twin.kubernetes import Node, UserInfo, start_cluster

USERS = {
    "admin": UserInfo("admin", ("system:masters",)),
    "viewer": UserInfo("viewer", ("stackwright:view",)),
    "editor": UserInfo("editor", ("stackwright:edit",)),
    "shopkeeper": UserInfo("shopkeeper", ("stackwright:admin:team",)),
    "bob": UserInfo("bob"),
}
_ROOM = {"cpu": "32", "memory": "64Gi", "pods": "110"}
_GENERAL, _GPU = {"eks.amazonaws.com/nodegroup": "general"}, {"eks.amazonaws.com/nodegroup": "gpu"}
_TAINT = {"key": "gpu", "value": "true", "effect": "NoSchedule"}
NODES = (
    Node("node-a", labels=_GENERAL, capacity=_ROOM, zone="eu-west-1a", address="10.0.0.10"),
    Node("node-b", labels=_GENERAL, capacity=_ROOM, zone="eu-west-1b", address="10.0.0.11"),
    Node("node-gpu", labels=_GPU, taints=(_TAINT,), capacity=_ROOM, zone="eu-west-1a", address="10.0.0.12"),
)
DELAYS = {
    "kubernetes.load_balancer": 0.1,
    "kubernetes.metrics.sync": 0.1,
    "kubernetes.namespace": 0.05,
    "kubernetes.pod.back_off": 0.1,
    "kubernetes.pod.pull": 0.03,
    "kubernetes.pod.ready": 0.05,
    "kubernetes.pod.run": 0.1,
    "kubernetes.pod.stop": 0.05,
    "kubernetes.second": 0.05,
    "kubernetes.volume": 0.03,
}


class Kube:
    """A running cluster and its clients."""

    def __init__(self, folder: Path, version: str = "1.33") -> None:
        self.cluster = start_cluster("test", version=version, authenticate=USERS.get, nodes=NODES, delays=DELAYS)
        self._folder = folder
        self._numbers = itertools.count(1)
        self.authority = folder / "ca.pem"
        self.authority.write_bytes(base64.b64decode(self.cluster.certificate_authority_data))
        self._pool = urllib3.PoolManager(ca_certs=str(self.authority), retries=False)
        self.kubeconfig = folder / "config"
        self.kubeconfig.write_text(yaml.safe_dump(self._config()))

    def _config(self) -> Any:
        cluster = {
            "server": self.cluster.endpoint,
            "certificate-authority-data": self.cluster.certificate_authority_data,
        }
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": "admin"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        }

    def api(self, token: str = "admin") -> client.ApiClient:
        configuration = client.Configuration()
        configuration.host = self.cluster.endpoint
        configuration.ssl_ca_cert = str(self.authority)
        configuration.api_key = {"authorization": f"Bearer {token}"}
        return client.ApiClient(configuration)

    def core(self, token: str = "admin") -> client.CoreV1Api:
        return client.CoreV1Api(self.api(token))

    def apps(self) -> client.AppsV1Api:
        return client.AppsV1Api(self.api())

    def dynamic(self) -> DynamicClient:
        return DynamicClient(self.api())

    def call(self, method: str, path: str, body: Any = None, token: str = "admin", **headers: str) -> Any:
        """A raw request: the status code, the headers and the JSON of the answer."""
        raw = self._raw(method, path, body, token, headers)
        return raw.status, raw.headers, json.loads(raw.data) if raw.data[:1] in b"{[" else raw.data.decode()

    def events(self, path: str) -> list[Any]:
        """Every event of a watch until it ends."""
        return [json.loads(line) for line in self._raw("GET", path, None, "admin", {}).data.splitlines()]

    def _raw(self, method: str, path: str, body: Any, token: str, headers: dict[str, str]) -> Any:
        wanted = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        wanted |= {name.replace("_", "-"): text for name, text in headers.items()}
        if body is not None:
            wanted.setdefault("Content-Type", "application/json")
        payload = None if body is None else json.dumps(body)
        return self._pool.request(method, self.cluster.endpoint + path, body=payload, headers=wanted)

    def kubectl(self, *arguments: str, given: Any = None, fails: bool = False) -> str:
        """Run kubectl and return what it prints; ``given`` is sent as a manifest on its standard input."""
        program = shutil.which("kubectl")
        if program is None:
            pytest.skip("kubectl is not installed")
        documents = given if isinstance(given, list) else [given]
        done = subprocess.run(
            [program, "--kubeconfig", str(self.kubeconfig), "--cache-dir", str(self._folder / "cache"), *arguments],
            input=yaml.safe_dump_all(documents) if given is not None else None,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def new_namespace(self) -> str:
        name = f"test-{next(self._numbers)}"
        self.core().create_namespace({"metadata": {"name": name}})
        return name


def deployment(name: str = "web", image: str = "nginx:1.25", replicas: int = 2, **spec: Any) -> dict[str, Any]:
    """A small Deployment."""
    container = {
        "name": "web",
        "image": image,
        "ports": [{"containerPort": 80}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def pod(name: str, image: str = "app:1", **spec: Any) -> dict[str, Any]:
    """A small Pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": image}], **spec},
    }


def until(read: Callable[[], Any], seconds: float = 6.0) -> Any:
    """Read until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        seen = read()
        if seen:
            return seen
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


@contextmanager
def refused(code: int, reason: str, text: str = "") -> Iterator[Any]:
    """The block must be answered with exactly this Status."""
    with pytest.raises(ApiException) as caught:
        yield caught
    status = json.loads(caught.value.body)
    assert (caught.value.status, status["reason"]) == (code, reason), status
    assert text in status["message"], status


def conditions(value: Any) -> dict[str, tuple[str, str]]:
    """Status and reason of each condition of a client's object."""
    return {each.type: (each.status, each.reason) for each in value.status.conditions or []}
