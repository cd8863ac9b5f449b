"""A twin of one's own, for tests that need an account nobody else looks at."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[1]


class OwnTwin:
    """A running twin, seen from outside."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = botocore.session.Session()
        self._session.set_credentials("testing", "testing")
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A client that is independent of the code under test. One per service and region."""
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.create_client(
                service, region_name=region, endpoint_url=self.url, config=Config(s3={"addressing_style": "path"})
            )
        return self._clients[service, region]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Use one of the twin's own endpoints."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def reset(self) -> None:
        """Forget everything that was made."""
        self.ask("POST", "/moto-api/reset")

    def forget_requests(self) -> None:
        """Count from here on."""
        self.ask("DELETE", "/_twin/requests")

    def requests(self) -> list[str]:
        """Every request since the last `forget_requests`, as `service.Operation`."""
        return [f"{entry['service']}.{entry['operation']}" for entry in self.ask("GET", "/_twin/requests")["log"]]

    def writes(self) -> list[str]:
        """The ones among them that may have changed something."""
        log = self.ask("GET", "/_twin/requests")["log"]
        return [f"{entry['service']}.{entry['operation']}" for entry in log if entry["write"]]

    def delays(self, seconds: dict[str, float]) -> None:
        """How long slow things take, by the names of `twin/delays.py`."""
        self.ask("PUT", "/_twin/delays", seconds)


@contextmanager
def own_twin(scale: float = 1.0) -> Iterator[OwnTwin]:
    """A twin on a free port, ended with the block.

    Args:
        scale: factor on how long slow things take.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "twin", "serve", "--port", "0", "--delays-scale", str(scale)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the twin did not start: {process.wait(timeout=10)}"
        yield OwnTwin(line.split()[-1])
    finally:
        process.terminate()
        process.wait(timeout=10)


def is_scheduled_for_deletion(twin: OwnTwin, arn: str) -> bool:
    """Whether something is as good as deleted: AWS keeps keys, secrets and revisions of tasks for a while."""
    _arn, _partition, service, region, _account, name = arn.split(":", 5)
    client = twin.client(service, region or "us-east-1")
    if service == "kms" and name.startswith("key/"):
        return bool(client.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion")
    if service == "secretsmanager":
        return "DeletedDate" in client.describe_secret(SecretId=arn)
    if service == "ecs" and name.startswith("task-definition/"):
        status = client.describe_task_definition(taskDefinition=arn)["taskDefinition"]["status"]
        return bool(status in ("INACTIVE", "DELETE_IN_PROGRESS"))
    return False
