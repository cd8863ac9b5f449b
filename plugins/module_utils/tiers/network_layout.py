# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where subnets lie in a VPC when nobody says."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

#: public: reachable from the internet; private: may reach it; data: neither.
PLACEMENTS = ("public", "private", "data")

#: A region has six zones at the most; eight eighths leave two over.
_ZONE_BITS = 3
#: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
LARGEST, SMALLEST = 16, 28

Layout = dict[str, list[tuple[str, str]]]


def automatic_layout(cidr: str, zones: Iterable[str], problems: list[str]) -> Layout:
    """Subnets for three placements in each zone.

    Each zone has the eighth of the VPC that its letter stands for, whichever zones are in use: half of it private, a
    quarter public, a quarter for data. So adding, leaving out or reordering zones moves no subnet, and one route or
    rule covers a zone. 10.40.0.0/16, zone a: private 10.40.0.0/20, public 10.40.16.0/21, data 10.40.24.0/21.

    Args:
        cidr: the VPC's range.
        zones: names of zones, e.g. `us-east-1a`.
        problems: receives what makes it impossible.

    Returns:
        For each placement, zone and CIDR pairs in the order of the zones.
    """
    layout: Layout = {place: [] for place in PLACEMENTS}
    try:
        whole = ipaddress.IPv4Network(cidr)
        if not cidr.rpartition("/")[2].isdecimal():
            raise ValueError("its length is to be a number of bits")
    except ValueError as error:
        problems.append(f"{cidr!r} is no IPv4 range: {error}; write it as 10.40.0.0/16")
        return layout
    if whole.prefixlen + _ZONE_BITS + 2 > SMALLEST:
        problems.append(
            f"{cidr} is too small to be divided by itself: the smallest is /{SMALLEST - _ZONE_BITS - 2}; "
            f"take a larger range or state `subnets`"
        )
        return layout
    eighths = list(whole.subnets(prefixlen_diff=_ZONE_BITS))
    for zone in zones:
        index = ord(zone[-1]) - ord("a")
        if not 0 <= index < len(eighths):
            problems.append(f"zone {zone} has no place in the layout by letters a to h; state `subnets`")
            continue
        private, rest = eighths[index].subnets(prefixlen_diff=1)
        public, data = rest.subnets(prefixlen_diff=1)
        layout["private"].append((zone, str(private)))
        layout["public"].append((zone, str(public)))
        layout["data"].append((zone, str(data)))
    return layout
