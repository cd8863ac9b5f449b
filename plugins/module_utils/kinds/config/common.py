# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of Config share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What Config calls a recorder or a delivery channel that nobody named.
DEFAULT_NAME = "default"


def api_names(value: Any) -> Any:
    """CloudFormation's shape as the API has it: members begin with a small letter."""
    return _renamed(value, str.lower)


def template_names(value: Any) -> Any:
    """The API's shape as CloudFormation has it: members begin with a capital."""
    return _renamed(value, str.upper)


def _renamed(value: Any, first: Any) -> Any:
    if isinstance(value, Mapping):
        return {first(name[:1]) + name[1:]: _renamed(one, first) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renamed(one, first) for one in value]
    return value


def the_only_one(_properties: Mapping[str, Any]) -> tuple[str, ...]:
    """The natural key of what a region has one of, whatever its name."""
    return ("the region's",)
