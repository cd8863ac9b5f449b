# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EC2's network: states, tokens, pages, and the refusals that moto forgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.overlay.ec2 import (
    addresses,
    flow_logs,
    images,
    instances,
    launch_templates,
    nat_gateways,
    peerings,
    requests,
    routes,
    security_groups,
    subnets,
    tags,
    vpc_endpoints,
    vpcs,
)

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    parts = (
        tags,
        images,
        instances,
        nat_gateways,
        vpc_endpoints,
        addresses,
        routes,
        security_groups,
        subnets,
        vpcs,
        flow_logs,
        launch_templates,
        peerings,
    )
    for part in parts:
        part.install(world)
    requests.install(world)  # last: it wraps what the others installed
