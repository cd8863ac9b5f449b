# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's public images, 1300 of them with a snapshot each: made when somebody asks, not with every region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.elastic_block_store import EBSBackend

from twin.patch import around

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @around(EC2Backend, "_load_amis")
    def later(original: Any, self: Any) -> None:
        self.__dict__["_twin_images"] = original

    asking = [name for name in vars(AmiBackend) if name.islower() and not name.startswith("_")]
    asking += [name for name in vars(EBSBackend) if "snapshot" in name and name != "create_snapshot"]
    for name in asking:
        around(EC2Backend, name)(_with_images)


def _with_images(original: Any, self: Any, *args: Any, **kw: Any) -> Any:
    load = self.__dict__.pop("_twin_images", None)
    if load is not None:
        load(self)
    return original(self, *args, **kw)
