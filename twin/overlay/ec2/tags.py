# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.responses import EC2Response

from twin.patch import Parameters, after

if TYPE_CHECKING:
    from twin.world import World

_DELETED_BY = {
    "DeleteVpc": "VpcId",
    "DeleteSubnet": "SubnetId",
    "DeleteInternetGateway": "InternetGatewayId",
    "DeleteRouteTable": "RouteTableId",
    "DeleteNetworkAcl": "NetworkAclId",
    "DeleteSecurityGroup": "GroupId",
    "DeleteNetworkInterface": "NetworkInterfaceId",
    "ReleaseAddress": "AllocationId",
    "DeleteFlowLogs": "FlowLogIds",
}


def install(world: World) -> None:
    def get_tags(self: Any) -> list[dict[str, str]]:
        # moto walks the tags of every resource of the region with a regular expression for each.
        return [
            {"resource_id": self.id, "key": key, "value": value}
            for key, value in self.ec2_backend.tags.get(self.id, {}).items()
        ]

    TaggedEC2Resource.get_tags = get_tags  # type: ignore[method-assign]

    @after(EC2Response, *_DELETED_BY)
    def forget(response: Any, asked: Parameters, result: Any) -> Any:
        """A resource takes its tags with it."""
        gone = asked.get(_DELETED_BY[response._get_action()]) or []
        for resource in [gone] if isinstance(gone, str) else gone:
            response.ec2_backend.tags.pop(resource, None)
        return result
