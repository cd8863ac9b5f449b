"""What containers run before the first release."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

from ansible_collections.stackwright.aws.plugins.module_utils.tiers import placeholder

from .build import document, get

HEALTH = {"command": ["CMD-SHELL", "curl -f http://localhost:8081/health"]}


def container(**options: Any) -> dict[str, Any]:
    service = {"cluster": "shop", "command": ["python", "-m", "worker"], "port": 8081, **options}
    made = document(clusters={"shop": {}}, services={"worker": {**service, "container_health_check": HEALTH}})
    (found,) = get(made, "AWS::ECS::TaskDefinition", "worker").properties["ContainerDefinitions"]
    return dict(found)


def test_the_placeholder_runs_its_own_program_and_keeps_the_command_for_the_release() -> None:
    before = container()
    assert before["Image"] == placeholder.IMAGE
    assert before["EntryPoint"] == placeholder.program(8081)
    assert before["Command"] == ["python", "-m", "worker"]
    assert before["HealthCheck"]["Command"] == ["CMD", *placeholder.health_check(8081)]


def test_a_stated_image_runs_as_stated() -> None:
    stated = container(image="registry.example.com/worker:1.2.3")
    assert stated.get("EntryPoint") is None
    assert stated["HealthCheck"]["Command"] == HEALTH["command"]


def test_the_program_answers_whatever_it_is_told_and_the_health_check_sees_it() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _python, *program = placeholder.program(port)
    process = subprocess.Popen([sys.executable, *program, "python", "-m", "worker"])
    try:
        _python, *check = placeholder.health_check(port)
        deadline = time.monotonic() + 10
        while subprocess.run([sys.executable, *check], stderr=subprocess.DEVNULL, check=False).returncode:
            assert time.monotonic() < deadline
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/anything", timeout=5) as answer:
            assert answer.status == 200
    finally:
        process.kill()
        process.wait()
    assert subprocess.run([sys.executable, *check], stderr=subprocess.DEVNULL, check=False).returncode != 0
