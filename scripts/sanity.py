"""Run ansible-test sanity, every test of it, on a copy of what is shipped. Arguments go on to ansible-test.

ansible-test works only below a folder named ansible_collections/<namespace>/<name> and keeps its virtual
environments below HOME. Both are given to it inside the checkout, where git ignores them. Run by .venv's Python.
"""

from __future__ import annotations

import configparser
import os
import sys
from pathlib import Path

import tree

HOME = tree.ROOT / ".cache" / "ansible-test"
PIP_VERSION = "24.2"  # ansible_test/_internal/python_requirements.py, get_venv_packages()
BOOTSTRAP = """\
# ansible-test fetches its pip from a host of its own unless this file is there: the interpreter carries one.
import ensurepip
ensurepip.bootstrap()
"""


def pip_settings() -> configparser.RawConfigParser:
    """The caller's pip settings. ansible-test clears the environment, and HOME is another one."""
    settings = configparser.RawConfigParser()
    settings.read([Path.home() / ".pip" / "pip.conf", Path.home() / ".config" / "pip" / "pip.conf"])
    if not settings.has_section("global"):
        settings.add_section("global")
    for name in ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "TRUSTED_HOST", "CERT", "PROXY"):
        if value := os.environ.get(f"PIP_{name}"):
            settings.set("global", name.lower().replace("_", "-"), value)
    settings.set("global", "quiet", "2")
    return settings


def prepare_home() -> None:
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"get_pip_{PIP_VERSION.replace('.', '_')}.py").write_text(BOOTSTRAP)
    target = HOME / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    with target.open("w") as file:
        pip_settings().write(file)


def main(arguments: list[str]) -> None:
    prepare_home()
    target = tree.copy(tree.ROOT / ".test" / "sanity", shipped_only=True)
    programs = Path(sys.executable).parent
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON", "VIRTUAL_ENV"))
    }
    environment |= {"HOME": str(HOME), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [str(programs / "ansible-test"), "sanity", "--color", "no", "--python", python, "--requirements"]
    os.chdir(target)
    os.execve(command[0], [*command, *arguments], environment)


if __name__ == "__main__":
    main(sys.argv[1:])
