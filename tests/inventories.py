"""The stacks that the inventories describe, as a play would see them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INVENTORIES = sorted(path for path in (ROOT / "inventories").iterdir() if path.is_dir())

#: In a process of its own: Ansible finds its plugins only where it was there before the collection.
TEMPLATE = """
import json, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.manager import VariableManager
stacks = {}
for path in sys.argv[1:]:
    loader = DataLoader()
    inventory = InventoryManager(loader, [path])
    variables = VariableManager(loader, inventory)
    hosts = stacks[path] = {}
    for host in inventory.get_hosts():
        found = variables.get_vars(host=host)
        templar = Templar(loader, variables=found)
        hosts[host.name] = {
            name: templar.template(found[name]) for name in ("stack", "stack_overrides") if name in found
        }
print(json.dumps(stacks))
"""


def described(paths: Iterable[Path]) -> dict[str, dict[str, dict[str, Any]]]:
    """By inventory and host, what the host's variables say of its stack."""
    done = subprocess.run(
        [sys.executable, "-c", TEMPLATE, *map(str, paths)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(done.stdout)
    return found
