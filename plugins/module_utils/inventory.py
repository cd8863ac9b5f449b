# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The stacks of an inventory: one to a host, and which refers to which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCE = re.compile(r"\bstacks\.([A-Za-z0-9_-]+)\.")


def stack_of(hostvars: Mapping[str, Any], host: str) -> dict[str, Any]:
    """A host's stack as O(stackwright.aws.stack#module:stacks) takes it."""
    variables = hostvars[host]
    return {
        "description": {"env": host, **variables["stack"]},
        "overrides": variables.get("stack_overrides") or {},
    }


def referred_hosts(value: Any) -> Iterator[str]:
    """The hosts that the texts inside a value refer to."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from referred_hosts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from referred_hosts(item)
    elif isinstance(value, str):
        yield from _REFERENCE.findall(value)
