"""Unpack the collections of requirements.yml into this interpreter's site-packages and link the checkout beside them.

The collections come out of the `ansible` distribution's wheel, so a package index is all that set-up needs. In
site-packages they are found by ansible-core and by plain Python imports alike, with no search path to set.
"""

from __future__ import annotations

import json
import sys
import sysconfig
import zipfile
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent


def unpack(wheel: Path, site: Path) -> None:
    """Unpack each collection of requirements.yml; refuse a wheel that lacks one or carries another version."""
    wanted = yaml.safe_load((ROOT / "requirements.yml").read_text())["collections"]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for entry in wanted:
            prefix = f"ansible_collections/{entry['name'].replace('.', '/')}/"
            members = [name for name in names if name.startswith(prefix) and f"{prefix}tests/" not in name]
            if not members:
                raise SystemExit(f"{wheel.name} carries no {entry['name']}")
            archive.extractall(site, members)
            manifest = json.loads((site / prefix / "MANIFEST.json").read_text())
            version = manifest["collection_info"]["version"]
            if version not in SpecifierSet(entry["version"]):
                raise SystemExit(f"{wheel.name}: {entry['name']} {version} is not {entry['version']}")


def link_checkout(site: Path) -> None:
    """Make the checkout importable as ansible_collections.<namespace>.<name>."""
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    link = site / "ansible_collections" / galaxy["namespace"] / galaxy["name"]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT, target_is_directory=True)


def main(wheels: Path) -> None:
    site = Path(sysconfig.get_path("purelib"))
    pinned = (ROOT / "requirements-collections.lock").read_text()
    (wheel,) = [path for path in wheels.glob("ansible-*.whl") if f"ansible=={path.name.split('-')[1]} " in pinned]
    unpack(wheel, site)
    link_checkout(site)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
