# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network as its options describe it: what each part of it is built from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .base import Context, Options
from .network_layout import Layout, automatic_layout

VPC = "AWS::EC2::VPC"
SUBNET = "AWS::EC2::Subnet"
ROUTE_TABLE = "AWS::EC2::RouteTable"


def layout(options: Options, context: Context) -> Layout:
    """For each placement its subnets: zone and CIDR. Problems are reported by `compile`, not here."""
    stated = options["subnets"]
    if not stated:
        return automatic_layout(options["cidr"], context.zones, [])
    return {place: list(zip(context.zones, cidrs, strict=False)) for place, cidrs in stated.items() if cidrs}


def subnet_name(place: str, zone: str) -> str:
    """The logical name of a subnet: `private-a`."""
    return f"{place}-{zone[-1]}"


def table_names(places: Mapping[str, Any]) -> list[str]:
    """The logical names of the route tables, sorted."""
    return sorted({table_name(place, zone) for place, subnets in places.items() for zone, _cidr in subnets})


def table_name(place: str, zone: str) -> str:
    """Private subnets have a table each, so that a zone can get a NAT gateway of its own later."""
    return f"private-{zone[-1]}" if place == "private" else place


class Network:
    """A VPC that is built here.

    Attributes:
        vpc_id: the VPC's.
        places: for each placement its subnets: zone and CIDR.
    """

    def __init__(self, options: Options, context: Context) -> None:
        self.options = options
        self.context = context
        self.tags = options["tags"]
        self.vpc_id = Ref(Address(VPC, "vpc"), "VpcId")
        self.places = layout(options, context)
        self._check()

    def _check(self) -> None:
        stated = self.options["subnets"]
        if not stated:
            found: list[str] = []
            automatic_layout(self.options["cidr"], self.context.zones, found)
            for message in found:
                self.context.problem("cidr", message)
            return
        for place, cidrs in stated.items():
            if cidrs and len(cidrs) != len(self.context.zones):
                self.context.problem(
                    f"subnets.{place}",
                    f"{len(cidrs)} subnets for {len(self.context.zones)} zones; give one for each of "
                    f"{', '.join(self.context.zones)}, in this order",
                )

    def make(self, kind: str, name: str, properties: Mapping[str, Any], **more: Any) -> Resource:
        """A resource with the tags of the section."""
        return self.context.resource(kind, name, properties, tags=self.tags, **more)

    @property
    def has_public(self) -> bool:
        return bool(self.places.get("public"))
