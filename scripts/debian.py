"""Programs out of Debian packages, unpacked into .cache/debian: nothing is installed, and nobody need be root.

What stands on the PATH already is taken as it is, so that another system needs no Debian packages. Command line:
`debian.py PROGRAM PACKAGE` prints where the program is.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "debian"


class Unavailable(Exception):
    """The program is not on the PATH and its package cannot be had."""


def program(name: str, package: str) -> Path:
    """The path of a program, whose package is fetched once if need be.

    Raises:
        Unavailable: there is neither the program nor apt-get, or apt-get cannot reach an archive.
    """
    found = shutil.which(name)
    if found:
        return Path(found)
    unpacked = CACHE / "root" / "usr" / "bin" / name
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not unpacked.is_file():
            _fetch(name, package)
    return unpacked


def _fetch(name: str, package: str) -> None:
    if shutil.which("apt-get") is None:
        raise Unavailable(f"{name} is not on the PATH; install it (on Debian: the package {package})")
    for folder in ("lists/partial", "archives/partial", "root"):
        (CACHE / folder).mkdir(parents=True, exist_ok=True)
    apt = [
        "apt-get",
        "--quiet=2",
        *(
            f"--option={setting}"
            for setting in (
                f"Dir::State::lists={CACHE / 'lists'}",
                f"Dir::Cache={CACHE}",
                "Debug::NoLocking=true",
                "APT::Sandbox::User=",
            )
        ),
    ]
    try:
        subprocess.run([*apt, "update"], check=True, capture_output=True, text=True)
        subprocess.run([*apt, "download", package], check=True, capture_output=True, text=True, cwd=CACHE / "archives")
        for archive in (CACHE / "archives").glob(f"{package}_*.deb"):
            subprocess.run(["dpkg-deb", "--extract", archive, CACHE / "root"], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{name}: `{' '.join(map(str, error.cmd))}` failed: {error.stderr}") from error


if __name__ == "__main__":
    print(program(sys.argv[1], sys.argv[2]))
