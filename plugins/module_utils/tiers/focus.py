# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One entry of a stack as what a run is about, for the tiers' own modules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..engine.focus import Focus
from .base import SECURITY_GROUP, Tier
from .connections import is_cidr
from .permissions import ROLE
from .secret import SECRET
from .stack import TIERS, Compiled

#: Types of which several tiers make some, under names that begin with the reference of the entry.
SHARED_KINDS = (
    SECURITY_GROUP,
    ROLE,
    SECRET,
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
)


def focus_on(compiled: Compiled, tier: Tier, name: str, *, whole: bool) -> Focus:
    """What an entry describes, and what it described before.

    Args:
        name: the entry's name; empty where the section is one entry.
        whole: the description is all of the stack: what it does not describe, nobody does.
    """
    reference = tier.refer(name)
    others = [] if tier.single else [other for other in compiled.options[tier.section] if other != name]

    def owns(kind: str, logical: str) -> bool:
        if _is_below(logical, reference):
            return whole or not _names_another_entry(logical)
        if not whole or kind not in tier.kinds:
            return False
        if tier.single:
            return not _is_reference(logical)
        if not _is_below(logical, name):
            return False
        # `main/replica` may be an entry of its own.
        return not any(_is_below(logical, other) for other in others if _is_below(other, name))

    return Focus(compiled.parts[reference], owns, frozenset({*tier.kinds, *SHARED_KINDS}))


def _is_below(logical: str, name: str) -> bool:
    return logical == name or logical.startswith(f"{name}/")


def _is_reference(text: str, tiers: Iterable[Tier] = TIERS) -> bool:
    return any(
        _is_below(text, tier.reference) if tier.single else text.startswith(f"{tier.reference}.") for tier in tiers
    )


def _names_another_entry(logical: str) -> bool:
    """Whether it is a security group's rule that the entry on its other side may have asked for."""
    _head, *other_side = re.split(r" (?:from|to) ", logical, maxsplit=1)
    return bool(other_side) and not is_cidr(other_side[0])
