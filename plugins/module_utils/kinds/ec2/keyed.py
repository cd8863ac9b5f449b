# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds whose natural key is not simply the values of certain properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.kind import Kind
from ...engine.values import Unknown, reveal

Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class KeyedKind(Kind):
    """A kind with a natural key that is computed, e.g. of one among several properties, or with defaults filled in.

    Attributes:
        key_of: the key of some properties, stated or observed, or None when they do not tell. Unknown values are
            left out of what it is given. `key` names what it reads, for messages.
    """

    key_of: Callable[[Mapping[str, Any]], Key | None]

    def natural_key(self, properties: Mapping[str, Any]) -> Key | None:
        """The natural key that some properties amount to, or None when it is not known."""
        if any(isinstance(properties.get(name), Unknown) for name in self.key):
            return None
        return self.key_of({name: reveal(value) for name, value in properties.items()})
