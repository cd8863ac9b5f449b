# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What RDS and ElastiCache refuse alike: a subnet group cannot leave a zone in which something of it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..engine.kind import Neighbours, Observed
from ..engine.values import Unknown

#: The zones in which something stands that is placed by a subnet group.
Zones = Callable[[Observed], Iterable[str]]


def refuse_to_leave(
    tenant: str, group: str, zones: Zones, what: str
) -> Callable[[Mapping[str, Any], Observed, Neighbours], Iterator[str]]:
    """The `refuse_for_others` of a kind of subnet groups.

    Args:
        tenant: the kind of what stands in the subnets.
        group: its property that names the subnet group.
        zones: where one stands.
        what: what a person calls one.
    """

    def refuse(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterator[str]:
        left = _zones_left(desired.get("SubnetIds"), found)
        for observed, _address in neighbours.found(tenant) if left else ():
            held = sorted(left & set(zones(observed))) if observed.properties.get(group) == found.id else []
            if held:
                yield (
                    f"cannot leave {' and '.join(held)}, where the {what} {observed.id} stands and keeps its subnet; "
                    f"set the zones of the network back (`network.zones`), or describe a second {what} under another "
                    f"name in the new zones, move the data and take this one out before its zones"
                )

    return refuse


def _zones_left(wanted: Any, found: Observed) -> set[str]:
    """The zones of which a change leaves the group none of the subnets that it has there."""
    if wanted is None or isinstance(wanted, Unknown):
        return set()
    stay = {subnet for subnet in wanted if isinstance(subnet, str)}
    zones = {
        subnet["SubnetIdentifier"]: (subnet.get("SubnetAvailabilityZone") or {}).get("Name", "")
        for subnet in found.item.get("Subnets") or ()
    }
    return set(zones.values()) - {zone for subnet, zone in zones.items() if subnet in stay}
