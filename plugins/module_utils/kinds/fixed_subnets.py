# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnets that something keeps for its life: it serves on from those that it has when more are described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.kind import Observed, Property


def _is_within(stated: Any, current: Any) -> bool:
    """Whether all subnets that something stands in are described; it would be made anew only for more of them."""
    if not isinstance(stated, (list, tuple)) or not current:
        return False
    return set(current) <= {subnet for subnet in stated if isinstance(subnet, str)}


def fixed_subnets(path: str = "") -> Property:
    """The property that names them."""
    return Property(path, immutable=True, unordered=True, enough=_is_within)


def remark_on_subnets(name: str) -> Callable[[Mapping[str, Any], Observed], str]:
    """The `remark` of a kind with such a property."""

    def remark(desired: Mapping[str, Any], found: Observed) -> str:
        stated, current = desired.get(name), found.properties.get(name)
        if not _is_within(stated, current) or len(stated or ()) == len(current or ()):
            return ""
        return (
            f"{found.id} keeps the {len(current or ())} of {len(stated or ())} subnets that it was made in, which "
            f"cannot be changed; one that is made anew has all of them"
        )

    return remark
