# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A playbook with the modules of kubernetes.core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.twin.kubernetes_support import Kube

_PLAYBOOK = Path(__file__).with_name("kubernetes_playbook.yml")


def test_the_modules_cannot_tell_it_from_a_real_cluster(kube: Kube, tmp_path: Path) -> None:
    given = {
        "endpoint": kube.cluster.endpoint,
        "authority": str(kube.authority),
        "ansible_python_interpreter": sys.executable,
    }
    environment = {
        **os.environ,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "TMPDIR": str(tmp_path),
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(_PLAYBOOK), "-e", json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed=0" in done.stdout and "ok=18" in done.stdout, done.stdout
