# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def environment(url: str) -> dict[str, str]:
    """What a client needs to talk to the twin, and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def start(
    directory: Path, env_file: Path, port: int, delays: dict[str, float], scale: float, timeout: float = 30.0
) -> int:
    """Start in the background and return when it answers. Keeps one that is alive. 0 is success."""
    pid = _alive(directory)
    if pid is not None:
        running = _url(directory / "log")
        if running and not env_file.exists():
            _write(env_file, running)
        print(f"already running at {running} (pid {pid}); it is kept")
        return 0
    directory.mkdir(parents=True, exist_ok=True)
    log_path = directory / "log"
    command = [sys.executable, "-m", "twin", "serve", "--port", str(port), "--delays-scale", str(scale)]
    for name, seconds in delays.items():
        command += ["--delay", f"{name}={seconds}"]
    checkout = Path(__file__).resolve().parent.parent
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=checkout, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + timeout
    url = None
    while url is None and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
        url = _url(log_path)
    if url is None:
        if process.poll() is None:
            process.terminate()
        print(f"did not start:\n{log_path.read_text()[-2000:]}", file=sys.stderr)
        return 1
    (directory / "pid").write_text(f"{process.pid}\n")
    _write(env_file, url)
    print(f"AWS answers at {url} (pid {process.pid}); source {env_file}")
    return 0


def stop(directory: Path, env_file: Path, timeout: float = 10.0) -> int:
    """End the one that ``start`` left behind, by its pid. Not running is success."""
    pid = _alive(directory)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while _alive(directory) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        if _alive(directory) is not None:
            os.kill(pid, signal.SIGKILL)
    print(f"stopped (pid {pid})" if pid is not None else "not running")
    (directory / "pid").unlink(missing_ok=True)
    env_file.unlink(missing_ok=True)
    return 0


def _write(env_file: Path, url: str) -> None:
    env_file.write_text("".join(f"export {name}={value}\n" for name, value in environment(url).items()))


def _alive(directory: Path) -> int | None:
    """The pid of the running twin, or None. A pid that another program has taken since does not count."""
    try:
        pid = int((directory / "pid").read_text())
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists():
            words = command.read_bytes().split(b"\0")
            if b"twin" not in words:
                return None
    except (OSError, ValueError):
        return None
    return pid


def _url(log_path: Path) -> str | None:
    for line in log_path.read_text().splitlines():
        if line.startswith("AWS answers at "):
            return line.split()[-1]
    return None
