# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names and identifiers in one form of the several that Route 53 takes and answers."""

from __future__ import annotations

import re
from typing import Any

_OCTAL = re.compile(r"\\([0-7]{3})")


def domain_name(value: Any) -> Any:
    """A domain name in lower case, without the trailing dot, with `*` for `\\052`.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
    """
    if not isinstance(value, str):
        return value
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), value).lower().removesuffix(".")


def zone_id(value: Any) -> Any:
    """A hosted zone's identifier without the path before it."""
    return value.rpartition("/")[2] if isinstance(value, str) else value
