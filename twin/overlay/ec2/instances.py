# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances take the network interface that was made with them along when they go; moto leaves it behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend

from twin.patch import around

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @around(EC2Backend, "run_instances")
    def run(original: Any, self: Any, *args: Any, **kw: Any) -> Any:
        brought = {nic.get("NetworkInterfaceId") for nic in kw.get("nics") or []}
        reservation = original(self, *args, **kw)
        for instance in reservation.instances:
            for nic in instance.nics.values():
                if nic.id not in brought:
                    nic.delete_on_termination = True
        return reservation
