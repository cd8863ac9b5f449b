# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.twin.kubernetes_support import Kube

ROOT = Path(__file__).resolve().parents[2]


class Twin:
    """A running twin, seen from outside."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._sessions: dict[str, boto3.session.Session] = {}
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client without retries, so that a test sees every answer. One per service and region."""
        if (service, region) not in self._clients:
            session = self._sessions.setdefault(
                region,
                boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region),
            )
            self._clients[service, region] = session.client(
                service,
                endpoint_url=self.url,
                config=Config(
                    retries={"total_max_attempts": 1}, max_pool_connections=32, s3={"addressing_style": "path"}
                ),
            )
        return self._clients[service, region]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Use one of the twin's own endpoints."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def reset(self) -> None:
        self.call("POST", "/moto-api/reset")

    def delays(self, **seconds: float) -> None:
        """Change delays; write a dot as two underscores: ``ec2__nat_gateway__create=0.1``."""
        self.call("PUT", "/_twin/delays", {k.replace("__", "."): v for k, v in seconds.items()})

    def requests(self) -> Any:
        return self.call("GET", "/_twin/requests")


@pytest.fixture(scope="session")
def running_twin() -> Iterator[Twin]:
    process = subprocess.Popen(
        [sys.executable, "-m", "twin", "serve", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[-1]
        yield Twin(url)
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def twin(running_twin: Twin) -> Twin:
    """An empty twin with its default delays."""
    defaults = running_twin.call("GET", "/_twin/delays")["defaults"]
    running_twin.call("PUT", "/_twin/delays", defaults)
    running_twin.reset()
    return running_twin


@pytest.fixture
def client(twin: Twin) -> Callable[..., Any]:
    """``client(service, region="us-east-1")``."""
    return twin.client


@pytest.fixture(scope="session")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A Kubernetes cluster with two nodes, and a third that takes only what tolerates its taint."""
    made = Kube(tmp_path_factory.mktemp("kubernetes"))
    yield made
    made.cluster.stop()


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    """An empty namespace of the cluster."""
    name = kube.new_namespace()
    yield name
    kube.call("DELETE", f"/api/v1/namespaces/{name}")
