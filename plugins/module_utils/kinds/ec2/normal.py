# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values that EC2 answers in another form than people write them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

#: https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml, those that EC2 knows by name.
_PROTOCOL_NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58", "all": "-1"}
_PROTOCOL_NAMES = {number: name for name, number in _PROTOCOL_NUMBERS.items() if name != "all"}


def cidr(value: Any) -> Any:
    """An address range as EC2 keeps it: no host bits, IPv6 in its short form. What is no range stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return value


def rule_protocol(value: Any) -> Any:
    """A protocol as security group rules answer it: a name for the four that have one, else the number as text."""
    if value is None:
        return None
    text = str(value).lower()
    return _PROTOCOL_NAMES.get(text, _PROTOCOL_NUMBERS["all"] if text == "all" else text)


def acl_protocol(value: Any) -> Any:
    """A protocol as network ACL entries answer it: always the number as text."""
    if value is None:
        return None
    text = str(value).lower()
    return _PROTOCOL_NUMBERS.get(text, text)


def first_known(properties: Mapping[str, Any], *names: str) -> tuple[str, str] | None:
    """The first among some properties that has a known value, with that value."""
    for name in names:
        value = properties.get(name)
        if isinstance(value, str) and value:
            return name, value
    return None
