# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from twin.patch import Parameters, around, before, existing
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @around(EC2Backend, "create_flow_logs")
    def create(original: Any, self: Any, **wanted: Any) -> Any:
        """A log group may be named by its ARN; moto then looks for a group without a name."""
        destination = wanted.get("log_destination") or ""
        if destination.startswith(f"arn:{self.partition}:logs:") and not wanted.get("log_group_name"):
            made, errors = original(self, **wanted)
            name = destination.split(":log-group:", 1)[-1].removesuffix(":*")
            for flow_log in made:
                if _group_exists(self, name):
                    flow_log.deliver_logs_status, flow_log.deliver_logs_error_message = "SUCCESS", None
            return made, errors
        return original(self, **wanted)

    @before(EC2Response, "DescribeFlowLogs")
    def known(response: Any, asked: Parameters) -> None:
        missing = [one for one in asked.get("FlowLogIds") or [] if one not in response.ec2_backend.flow_logs]
        if missing:
            refuse("InvalidFlowLogId.NotFound", f"These flow log ids in the input list are not found: {missing}")


def _group_exists(backend: Any, name: str) -> bool:
    from moto.logs.models import logs_backends

    logs = existing(logs_backends, backend.account_id, backend.region_name)
    return logs is not None and name in logs.groups
