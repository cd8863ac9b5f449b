"""The playbooks of the collection, run as a user runs them, against a twin."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.own_twin import ROOT, OwnTwin

TIMEOUT = 150
BIN = Path(sys.executable).parent
LEDGER = "stackwright-ledger"


@dataclass(frozen=True)
class Run:
    """One `ansible-playbook` that has ended.

    Attributes:
        output: everything that it wrote.
        results: what the tasks of the stack module answered, in order.
        by_host: the same by host, the last of each.
        writes: the writing requests that the twin saw meanwhile.
        requests: all of them.
    """

    code: int
    output: str
    results: list[dict[str, Any]]
    by_host: dict[str, dict[str, Any]]
    writes: list[str]
    requests: list[str]

    @property
    def result(self) -> dict[str, Any]:
        assert self.results, self.output[-4000:]
        return self.results[0]

    @property
    def changed(self) -> int:
        """How many tasks the recap counts as changed, of all hosts."""
        found = re.findall(r"^\w+ +: ok=\d+ +changed=(\d+) ", self.output, re.MULTILINE)
        assert found, self.output[-4000:]
        return sum(map(int, found))

    def effective(self, host: str = "") -> dict[str, str]:
        """What its plan changes: `kind name` to action. Without a host, that of the first."""
        plan = (self.by_host[host] if host else self.result)["plan"]
        return {f"{c['kind']} {c['name']}": c["action"] for c in plan if c["action"] != "none"}


def environment(twin: OwnTwin) -> dict[str, str]:
    """Nothing of the caller's that could lead to another account or change what Ansible does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_", "PYTEST_"))}
    return kept | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": twin.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "NO_COLOR": "1",
    }


@dataclass
class Stack:
    """One stack of an inventory in an account of its own, or several, as `prod,prod_dr`, in one."""

    twin: OwnTwin
    name: str
    system: str = "social_analytics"
    runs: dict[str, Run] = field(default_factory=dict)

    def start(self, playbook: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a playbook in a process group of its own."""
        command = ["ansible-playbook", f"playbooks/{playbook}.yml", "-i", f"inventories/{self.system}", "-l", self.name]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env=environment(self.twin),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def play(self, playbook: str, *arguments: str, verbosity: str = "-v", expect: int | None = 0) -> Run:
        """Run a playbook to its end.

        Args:
            expect: the exit code that it has to end with; None: any.
        """
        self.twin.forget_requests()
        process = self.start(playbook, verbosity, *arguments)
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            kill(process)
            raise
        assert expect is None or process.returncode == expect, f"{_failures(output)}\n{output[-3000:]}"
        found = _results(output)
        results = [result for _host, result in found]
        return Run(process.returncode, output, results, dict(found), self.twin.writes(), self.twin.requests())


def kill(process: subprocess.Popen[str]) -> None:
    """End a playbook and all its workers at once, as a machine that goes down does.

    Ansible's workers are leaders of sessions of their own, so the process group alone would leave them at work.
    """
    for pid in [*_descendants(process.pid), process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=10)


def _descendants(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, ()))
    for child in found:
        found += children.get(child, ())
    return found


def _results(output: str) -> list[tuple[str, dict[str, Any]]]:
    """What tasks answered, each with its host: at -v and above the default callback prints results as JSON."""
    found = []
    for start in re.finditer(r"^\w+: \[(\w+)[^\]]*\](?:: FAILED!)? => (?=\{)", output, re.MULTILINE):
        result, _end = json.JSONDecoder().raw_decode(output[start.end() :])
        if "stats" in result:
            found.append((start.group(1), result))
    return found


def _failures(output: str) -> str:
    """The messages of the tasks that failed: what comes with them can be longer than what a log shows of it."""
    return "\n".join(re.findall(r'^fatal: .*?"msg": "((?:[^"\\]|\\.)*)"', output, re.MULTILINE | re.DOTALL))


def wait_for_writes(twin: OwnTwin, count: int, process: subprocess.Popen[str], timeout: float = 60) -> None:
    """Return as soon as a running playbook has sent so many writing requests, or has ended."""
    deadline = time.monotonic() + timeout
    while process.poll() is None and len(twin.writes()) < count:
        assert time.monotonic() < deadline, f"{len(twin.writes())} of {count} writing requests after {timeout} s"
        time.sleep(0.02)
