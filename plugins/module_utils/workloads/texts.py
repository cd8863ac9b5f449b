# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References to a converged stack in the texts of workloads: `${database.main.address}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIELD = re.compile(r"\$\$\{|\$\{([^{}]*)\}")


class References:
    """What a converged stack says of itself: by reference and word, as the stack module answers it.

    Args:
        known: e.g. `{"database.main": {"address": "..."}}`.
        problems: receives a message for each reference that leads nowhere.
    """

    def __init__(self, known: Mapping[str, Mapping[str, Any]], problems: list[str]) -> None:
        self._known = known
        self._problems = problems

    def fill(self, value: Any, path: str) -> Any:
        """A value with every reference in its texts replaced; `$${` stands for `${`."""
        if isinstance(value, Mapping):
            return {key: self.fill(item, f"{path}.{key}") for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.fill(item, f"{path}[{index}]") for index, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        return _FIELD.sub(lambda found: "${" if found[1] is None else str(self._value(found[1].strip(), path)), value)

    def _value(self, reference: str, path: str) -> Any:
        entry, _dot, word = reference.rpartition(".")
        values = self._known.get(entry)
        if values is None:
            known = ", ".join(sorted(self._known))
            self._problems.append(f"{path}: {reference!r} leads nowhere: the stack has no {entry!r} (it has {known})")
            return ""
        if word not in values:
            self._problems.append(
                f"{path}: {reference!r}: {entry} tells no {word!r} (it tells {', '.join(sorted(values))})"
            )
            return ""
        return values[word]
