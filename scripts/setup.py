"""Make .venv: everything that the demo, the tests and the judges need, from the pinned lock files alone.

Runs on the standard library of any Python from 3.11. Does nothing when the lock files, the interpreter and the
place of the checkout are those of the last complete run; a killed run leaves no stamp and is begun again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "setup.stamp"
WHEELS = ROOT / ".cache" / "wheels"
MINIMUM = (3, 11)
LAYOUT = "1"  # raise it when what build() makes of the same inputs changes
INPUTS = ("requirements.lock", "requirements-collections.lock", "requirements.yml")


def fingerprint() -> str:
    """Hash of all that the content of .venv follows from. Scripts in a venv name its folder, so the place counts."""
    digest = hashlib.sha256(f"{LAYOUT}\n{ROOT}\n{sys.version}\n".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def run(*command: str | Path) -> None:
    # PIP_USER and its like come from the caller's own habits and break a virtual environment.
    unwanted = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONPATH", "PYTHONHOME")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def build() -> None:
    python = VENV / "bin" / "python"
    pip = (python, "-m", "pip", "-qq", "--disable-pip-version-check")
    locked = ("--no-deps", "--require-hashes", "-r")
    if VENV.exists():
        shutil.rmtree(VENV)
    run(sys.executable, "-m", "venv", VENV)
    run(*pip, "install", "--no-compile", *locked, "requirements.lock")
    run(*pip, "download", "--only-binary=:all:", "--dest", WHEELS, *locked, "requirements-collections.lock")
    run(python, "scripts/install_collections.py", WHEELS)
    # All at once on every core: faster than pip, and it takes in the collections, which pip never sees.
    # A file for another Python among the packages' templates is no reason to stop.
    subprocess.run((python, "-m", "compileall", "-qq", "-j", "0", VENV / "lib"), check=False)


def main() -> int:
    if sys.version_info < MINIMUM:
        print(
            f"setup: Python {'.'.join(map(str, MINIMUM))} or newer is needed, this is {sys.version.split()[0]};"
            " name another one: make setup PYTHON=python3.12",
            file=sys.stderr,
        )
        return 1
    wanted = fingerprint()
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.is_file() and STAMP.read_text() == wanted:
            return 0
        started = time.monotonic()
        print("setup: building .venv from requirements.lock (about two minutes, once)", flush=True)
        try:
            build()
        except subprocess.CalledProcessError as error:
            print(f"setup: `{' '.join(map(str, error.cmd))}` failed with {error.returncode}", file=sys.stderr)
            if "venv" in error.cmd:
                print("setup: on Debian and Ubuntu, venv is a package of its own: python3-venv", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("setup: interrupted; the next run begins again", file=sys.stderr)
            return 130
        STAMP.write_text(wanted)
        print(f"setup: done in {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
