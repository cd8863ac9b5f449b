"""Run the tests and the judges side by side: scripts/test.py [--list] [--slots N] [JOB ...]

A job is a few commands that run one after the other, into a log of its own in .test/. The jobs of one kind can be
named together: `molecule` is every molecule scenario, `lint` every judge. Run by .venv's Python.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tree
import yaml

ROOT = tree.ROOT
BIN = Path(sys.executable).parent
LOGS = ROOT / ".test"
TAIL = 60  # lines of a failed job's log to show
# Folders of tests/ that hold something else than a suite of `make test`.
NO_SUITES = {"bench", "sanity"}
# Suites whose files share nothing and take long: each file is a job of its own, so that the slots end together.
BY_FILE = {"integration"}
# Seconds on two cores, roughly: the longest start first, so that what is left in the end is short.
LONG = {
    "contract": 350,
    "twin": 240,
    "sanity": 200,
    "integration-stack": 125,
    "integration-llm_brand_monitor": 125,
    "unit": 110,
    "integration-tier_modules": 90,
    "ansible-lint": 70,
    "integration-rapid_sentiment": 65,
    "integration-killed_runs": 60,
    "integration-templates": 50,
    "integration-steno": 50,
    "integration-changes": 45,
    "integration-stripped_tags": 40,
    "molecule-workloads": 35,
    "molecule-service": 30,
    "molecule-kubernetes_cluster": 30,
    "docs": 20,
}
USUAL = {"suite": 25, "molecule": 17, "lint": 3}


@dataclass(frozen=True)
class Job:
    name: str
    kind: str
    commands: tuple[tuple[str, ...], ...]
    environment: dict[str, str] = field(default_factory=dict)
    junit: Path | None = None
    suite: str = ""

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"

    @property
    def seconds(self) -> int:
        return LONG.get(self.name, USUAL[self.kind])

    @property
    def names(self) -> tuple[str, ...]:
        """What it can be asked for by."""
        return (self.name, self.kind, self.suite)


@dataclass(frozen=True)
class Outcome:
    job: Job
    ok: bool
    passed: int
    failed: int
    skipped: int
    seconds: float


def suites() -> list[Job]:
    """A pytest job for each folder of tests/ with test files in it, or for each file, so that nothing is left out."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    parts: dict[str, tuple[str, str]] = {}
    for path in files:
        suite = path.relative_to(ROOT / "tests").parts[0]
        if suite in BY_FILE:
            parts[f"{suite}-{path.stem.removeprefix('test_')}"] = (suite, str(path.relative_to(ROOT)))
        elif suite not in NO_SUITES:
            parts[suite] = (suite, f"tests/{suite}")
    found = []
    for name, (suite, what) in parts.items():
        report = LOGS / f"{name}.xml"
        command = ("python", "-m", "pytest", what, f"--junitxml={report}", "-p", "no:cacheprovider")
        found.append(Job(name, "suite", (command,), junit=report, suite=suite))
    return found


def judges(collections: Path) -> list[Job]:
    """What reads the code instead of running it. `collections` holds a copy of the checkout in Ansible's layout."""
    collection = "ansible_collections.stackwright.aws"
    in_copy = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_HOME": str(LOGS / "home")}
    copy = collections / collection.replace(".", "/")
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    artifact = str(LOGS / "build" / f"stackwright-aws-{version}.tar.gz")
    return [
        Job("ruff", "lint", (("ruff", "check", "."), ("ruff", "format", "--check", "."))),
        Job(
            "mypy",
            "lint",
            (("mypy", "--package", f"{collection}.plugins.module_utils"),),
            {"MYPYPATH": str(collections), "MYPY_CACHE_DIR": str(ROOT / ".cache" / "mypy")},
        ),
        Job("yamllint", "lint", (("yamllint", "--strict", "."),)),
        Job(
            "ansible-lint",
            "lint",
            (("env", f"--chdir={copy}", str(BIN / "ansible-lint"), "--offline", "--nocolor"),),
            in_copy,
        ),
        Job("sanity", "lint", (("python", "scripts/sanity.py"),)),
        Job(
            "docs",
            "lint",
            (
                (
                    "antsibull-docs",
                    "lint-collection-docs",
                    "--plugin-docs",
                    "--validate-collection-refs=self",
                    str(copy),
                ),
            ),
            in_copy,
        ),
        Job(
            "changelog",
            "lint",
            (
                ("antsibull-changelog", "lint"),
                ("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml"),
            ),
        ),
        # Built, and installed as a user would.
        Job(
            "build",
            "lint",
            (
                ("ansible-galaxy", "collection", "build", "--force", "--output-path", str(LOGS / "build"), str(copy)),
                (
                    "ansible-galaxy",
                    "collection",
                    "install",
                    "--force",
                    "--offline",
                    "-p",
                    str(LOGS / "build"),
                    artifact,
                ),
            ),
            {"ANSIBLE_HOME": str(LOGS / "home")},
        ),
    ]


def scenarios() -> list[Job]:
    """One job for each molecule scenario, against a twin of its own."""
    found = []
    for path in sorted((ROOT / "extensions" / "molecule").glob("*/molecule.yml")):
        name = path.parent.name
        folder = LOGS / "molecule" / name
        command = ("scripts/with_twin.sh", str(folder), "molecule", "test", "--no-command-borders", "-s", name)
        found.append(Job(f"molecule-{name}", "molecule", (command,), {"ANSIBLE_HOME": str(folder / "home")}))
    return found


def environment(job: Job) -> dict[str, str]:
    """The caller's environment without what could point a test at a real account or change what it does."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "ANSIBLE_", "MOLECULE_", "MAKE", "MFLAGS", "PYTEST_", "PYTHON"))
    }
    return kept | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_COLOR": "1",
        **job.environment,
    }


class Runner:
    """Runs jobs and can end all that it has started."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, job: Job) -> Outcome:
        started = time.monotonic()
        done = 0
        with job.log.open("wb") as log:
            for command in job.commands:
                log.write(f"$ {' '.join(command)}\n".encode())
                log.flush()
                if self._run(command, job, log) != 0:
                    break
                done += 1
        ok = done == len(job.commands)
        passed, failed, skipped = counts(job.junit) if job.junit else (done, 0 if ok else 1, 0)
        # A suite that ended before its report was written, or failed outside of any test, has failed all the same.
        failed = max(failed, 0 if ok else 1)
        return Outcome(job, ok, passed, failed, skipped, time.monotonic() - started)

    def _run(self, command: Sequence[str], job: Job, log: object) -> int:
        with self._lock:
            if self._stopped:
                return 1
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(job),
                stdin=subprocess.DEVNULL,
                stdout=log,  # type: ignore[call-overload]
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
        try:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                os.killpg(process.pid, signal.SIGTERM)


def counts(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of a JUnit report; none at all if there is no report."""
    if not report.is_file():
        return 0, 0, 0
    total = failed = skipped = 0
    for suite in ElementTree.parse(report).iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return total - failed - skipped, failed, skipped


def report(outcome: Outcome) -> None:
    job = outcome.job
    skipped = f", {outcome.skipped} skipped" if outcome.skipped else ""
    word = "ok  " if outcome.ok else "FAIL"
    print(f"{word}  {job.name:<28} {outcome.seconds:6.1f} s  {outcome.passed} passed, {outcome.failed} failed{skipped}")
    if not outcome.ok:
        lines = job.log.read_text(errors="replace").splitlines()
        # What a package index says about itself is never why a job failed.
        lines = [line for line in lines if not re.match(r"WARNING: (Location|Retrying)", line)]
        print(f"----- last lines of {job.log.relative_to(ROOT)}", *lines[-TAIL:], "-----", sep="\n")
    sys.stdout.flush()


def choose(jobs: list[Job], names: list[str]) -> list[Job]:
    unknown = [name for name in names if not any(name in job.names for job in jobs)]
    if unknown:
        raise SystemExit(f"no such job: {', '.join(unknown)}; there are: {', '.join(job.name for job in jobs)}")
    return [job for job in jobs if not names or set(names) & set(job.names)]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Run the tests and the judges side by side.")
    parser.add_argument(
        "jobs", nargs="*", metavar="JOB", help="a job, a folder of tests/, or suite, lint or molecule (default: all)"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the jobs")
    # One more than there are processors: many of the jobs wait, as the twin's resources take their time.
    parser.add_argument("--slots", type=int, default=max(2, os.cpu_count() or 2) + 1, help="jobs at once (%(default)s)")
    options = parser.parse_args(arguments)

    jobs = choose([*suites(), *judges(LOGS / "tree"), *scenarios()], options.jobs)
    if options.list:
        print(*(job.name for job in jobs), sep="\n")
        return 0
    started = time.monotonic()
    LOGS.mkdir(exist_ok=True)
    for job in jobs:
        if job.junit:
            job.junit.unlink(missing_ok=True)
    if any(job.kind == "lint" for job in jobs):
        tree.copy(LOGS / "tree")
    shutil.rmtree(LOGS / "molecule", ignore_errors=True)

    runner = Runner()

    def interrupted(number: int, _frame: object) -> None:
        runner.stop()
        raise SystemExit(128 + number)

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, interrupted)
    outcomes: list[Outcome] = []
    with concurrent.futures.ThreadPoolExecutor(options.slots) as pool:
        waiting = [pool.submit(runner.run, job) for job in sorted(jobs, key=lambda job: -job.seconds)]
        try:
            for future in concurrent.futures.as_completed(waiting):
                outcomes.append(future.result())
                report(outcomes[-1])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    broken = sorted(outcome.job.name for outcome in outcomes if not outcome.ok)
    print(
        f"{len(outcomes)} jobs in {time.monotonic() - started:.0f} s"
        + (f"; failed: {', '.join(broken)}" if broken else "")
    )
    print(f"{sum(o.passed for o in outcomes)} passed, {sum(o.failed for o in outcomes)} failed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
