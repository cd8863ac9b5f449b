"""How long an unchanged run takes, side by side with a playbook of one empty AnsibleAWSModule task.

    make twin && . ./.twin.env && .venv/bin/python tests/bench/unchanged.py [--rounds N] [--system NAME] [--stack HOST]

The stack is converged first. Prints the median wall seconds of both, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"
PLAYBOOK = [str(Path(sys.executable).parent / "ansible-playbook")]


def run(*arguments: str) -> float:
    """Run a playbook; answers its wall seconds."""
    environment = {**os.environ, "ANSIBLE_LIBRARY": str(BENCH / "library")}
    start = time.monotonic()
    done = subprocess.run(
        [*PLAYBOOK, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    if "changed=1" in done.stdout:
        print("  (that run changed something)")
    return time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--system", default="social_analytics")
    parser.add_argument("--stack", default="staging")
    options = parser.parse_args()
    if "//127.0.0.1:" not in os.environ.get("AWS_ENDPOINT_URL", ""):
        sys.exit("AWS_ENDPOINT_URL is not a local AWS: make twin && . ./.twin.env")
    inventory = ["-i", f"inventories/{options.system}", "-l", options.stack]
    print(f"first converge: {run('playbooks/site.yml', *inventory):.1f} s")
    ours: list[float] = []
    empty: list[float] = []
    for _round in range(options.rounds):
        ours.append(run("playbooks/site.yml", *inventory))
        empty.append(run("tests/bench/empty.yml", *inventory))
    mine, floor = statistics.median(ours), statistics.median(empty)
    print(f"unchanged run: {mine:.2f} s  (from {min(ours):.2f} to {max(ours):.2f})")
    print(f"empty task:    {floor:.2f} s  (from {min(empty):.2f} to {max(empty):.2f})")
    print(f"ratio:         {mine / floor:.2f}")


if __name__ == "__main__":
    main()
