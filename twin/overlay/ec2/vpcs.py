# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from twin.patch import Parameters, around, before
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @before(EC2Response, "DeleteVpc")
    def in_use(response: Any, asked: Parameters) -> None:
        backend = response.ec2_backend
        vpc = backend.get_vpc(asked["VpcId"])
        if next(_dependents(backend, vpc.id), None):
            refuse("DependencyViolation", f"The vpc '{vpc.id}' has dependencies and cannot be deleted.")

    @around(EC2Backend, "delete_vpc")
    def delete(original: Any, self: Any, vpc_id: str) -> Any:
        """A VPC takes its default network ACL and its flow logs with it."""
        vpc = original(self, vpc_id)
        for acl_id, acl in list(self.network_acls.items()):
            if acl.vpc_id == vpc_id:
                del self.network_acls[acl_id]
        for log_id, flow_log in list(self.flow_logs.items()):
            if flow_log.resource_id == vpc_id:
                del self.flow_logs[log_id]
        return vpc


def _dependents(backend: Any, vpc_id: str) -> Iterator[Any]:
    yield from (s for zone in backend.subnets.values() for s in zone.values() if s.vpc_id == vpc_id)
    yield from (g for g in backend.internet_gateways.values() if g.vpc and g.vpc.id == vpc_id)
    yield from (g for g in backend.groups.get(vpc_id, {}).values() if g.name != "default")
    yield from (e for e in backend.vpc_end_points.values() if e.vpc_id == vpc_id)
    yield from (e for e in backend.enis.values() if e.vpc_id == vpc_id)
    yield from (a for a in backend.network_acls.values() if a.vpc_id == vpc_id and not a.default)
    yield from (t for t in backend.route_tables.values() if t.vpc_id == vpc_id and not t.main_association_id)
