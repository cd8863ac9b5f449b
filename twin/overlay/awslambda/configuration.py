# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answers tell of a function.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.ec2.models import ec2_backends

from twin.overlay.awslambda.functions import state
from twin.patch import Parameters, after, around, existing, notes

# ListFunctions leaves these out.
_NOT_LISTED = (
    *("State", "StateReason", "StateReasonCode"),
    *("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"),
)


def install() -> None:
    @around(LambdaFunction, "get_configuration")
    def shown(original: Any, self: Any, on_create: bool = False) -> dict[str, Any]:
        found = {name: value for name, value in original(self, on_create).items() if value is not None}
        more = notes(self, "more")
        found.update({name: more[name] for name in ("FileSystemConfigs",) if more.get(name)})
        if (more.get("DeadLetterConfig") or {}).get("TargetArn"):
            found["DeadLetterConfig"] = more["DeadLetterConfig"]
        group = f"/aws/lambda/{self.function_name}"
        found["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": group, **(more.get("LoggingConfig") or {})}
        if found["LoggingConfig"]["LogFormat"] == "JSON":
            levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
            found["LoggingConfig"] = {**levels, **found["LoggingConfig"]}
        found["SnapStart"] = {"OptimizationStatus": "Off", "ApplyOn": "None", **(more.get("SnapStart") or {})}
        found["VpcConfig"] = _network(self)
        found.update(state(self))
        return found

    @around(LambdaFunction, "get_code")
    def code(original: Any, self: Any) -> dict[str, Any]:
        found = original(self)
        if self.reserved_concurrency is not None:
            found["Concurrency"] = {"ReservedConcurrentExecutions": int(self.reserved_concurrency)}
        return dict(found)

    @after(LambdaResponse, "ListFunctions")
    def short(response: Any, asked: Parameters, result: Any) -> Any:
        functions = [
            {name: value for name, value in one.items() if name not in _NOT_LISTED}
            for one in json.loads(result)["Functions"]
        ]
        return json.dumps({"Functions": functions})


def _network(function: Any) -> dict[str, Any]:
    config = function._vpc_config or {}
    subnets = config.get("SubnetIds") or []
    if not subnets:
        return {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}
    ec2 = existing(ec2_backends, function.account_id, function.region)
    known = {subnet.id: subnet.vpc_id for by_zone in ec2.subnets.values() for subnet in by_zone.values()}
    return {"Ipv6AllowedForDualStack": False, **config, "VpcId": known.get(subnets[0], "")}
