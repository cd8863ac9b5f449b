# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from twin.overlay.ec2.users import subnet_users
from twin.patch import Parameters, around, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @before(EC2Response, "DeleteSubnet")
    def in_use(response: Any, asked: Parameters) -> None:
        backend = response.ec2_backend
        subnet = backend.get_subnet(asked["SubnetId"])
        if next(subnet_users(backend, subnet.id), None):
            refuse("DependencyViolation", f"The subnet '{subnet.id}' has dependencies and cannot be deleted.")

    @around(EC2Backend, "delete_subnet")
    def delete(original: Any, self: Any, subnet_id: str) -> Any:
        """A subnet takes its associations with it."""
        for table in self.route_tables.values():
            for association, subnet in list(table._associations.items()):
                if subnet == subnet_id:
                    del table._associations[association]
        for acl in self.network_acls.values():
            for association, one in list(acl._associations.items()):
                if one.subnet_id == subnet_id:
                    del acl._associations[association]
        return original(self, subnet_id)

    @around(EC2Backend, "create_subnet")
    def create(original: Any, self: Any, vpc_id: str, cidr_block: str, *args: Any, **wanted: Any) -> Any:
        zone = wanted.get("availability_zone")
        names = [z.name for z in self.describe_availability_zones()]
        if zone and zone not in names:
            refuse(
                "InvalidParameterValue",
                f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in"
                f" the following availability zones: {', '.join(names)}.",
            )
        if not args and not zone and not wanted.get("availability_zone_id"):
            wanted["availability_zone"] = names[0]
        prefix = int(cidr_block.rpartition("/")[2]) if cidr_block and cidr_block[-1].isdigit() else 24
        if not 16 <= prefix <= 28:
            refuse("InvalidSubnet.Range", f"The CIDR '{cidr_block}' is invalid.")
        return original(self, vpc_id, cidr_block, *args, **wanted)
