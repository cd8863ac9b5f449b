"""Copy the checkout to FOLDER/ansible_collections/<namespace>/<name>, for tools that insist on that layout.

Copies what git tracks or would track, so that neither virtual environments nor logs come along, and links the
other collections beside it. With `shipped_only` it leaves out what galaxy.yml keeps out of the collection, but for
the settings of ansible-test. Run by the interpreter of .venv.
"""

from __future__ import annotations

import fnmatch
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


SANITY_SETTINGS = ("tests/config.yml", "tests/sanity/")


def shipped(name: str, ignored: list[str]) -> bool:
    """Whether a file is part of the built collection. A pattern that names a folder takes all below it."""
    parents = [str(path) for path in Path(name).parents]
    return not any(fnmatch.fnmatch(path, pattern) for path in (name, *parents[:-1]) for pattern in ignored)


def copy(folder: Path, shipped_only: bool = False) -> Path:
    """Make the copy afresh and return its path."""
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    collections = folder / "ansible_collections"
    if collections.exists():
        shutil.rmtree(collections)
    target = collections / galaxy["namespace"] / galaxy["name"]
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listing.stdout.split("\0"):
        source = ROOT / name
        if not name or not source.exists():  # deleted, and not committed yet
            continue
        if shipped_only and not name.startswith(SANITY_SETTINGS) and not shipped(name, galaxy["build_ignore"]):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target / name, follow_symlinks=False)
    # A repository of its own: the copy lies in a folder that the checkout's git ignores, and tools ask git.
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    installed = Path(sysconfig.get_path("purelib")) / "ansible_collections"
    for namespace in installed.iterdir():
        if namespace.is_dir() and namespace.name != galaxy["namespace"]:
            (collections / namespace.name).symlink_to(namespace)
    return target


if __name__ == "__main__":
    print(copy(Path(sys.argv[1]).resolve()))
