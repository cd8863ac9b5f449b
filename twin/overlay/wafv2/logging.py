# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

from moto.logs.models import logs_backends
from moto.wafv2.responses import WAFV2Response

from twin.overlay.wafv2.common import backend, backend_of, invalid, missing, region_of, web_acl
from twin.patch import Parameters, existing, operation

_PREFIX = "aws-waf-logs-"


def install() -> None:
    @operation(WAFV2Response, "PutLoggingConfiguration")
    def put(response: Any, asked: Parameters) -> dict[str, Any]:
        wanted = {**asked["LoggingConfiguration"], "ManagedByFirewallManager": False}
        web_acl(response.current_account, wanted["ResourceArn"])
        destinations = wanted["LogDestinationConfigs"]
        if len(destinations) != 1:
            invalid("You can have one destination, field: LOG_DESTINATION")
        _check(destinations[0])
        _held(response, wanted["ResourceArn"])[wanted["ResourceArn"]] = wanted
        return {"LoggingConfiguration": wanted}

    @operation(WAFV2Response, "GetLoggingConfiguration")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        arn = asked["ResourceArn"]
        return {"LoggingConfiguration": _held(response, arn).get(arn) or missing()}

    @operation(WAFV2Response, "DeleteLoggingConfiguration")
    def delete(response: Any, asked: Parameters) -> None:
        arn = asked["ResourceArn"]
        if _held(response, arn).pop(arn, None) is None:
            missing()

    @operation(WAFV2Response, "ListLoggingConfigurations")
    def lists(response: Any, asked: Parameters) -> dict[str, Any]:
        held = backend_of(response, asked["Scope"]).logging_configurations
        return {"LoggingConfigurations": list(held.values())}


def _held(response: Any, arn: str) -> dict[str, Any]:
    held: dict[str, Any] = backend(response.current_account, region_of(arn)).logging_configurations
    return held


def _check(arn: str) -> None:
    """A log group, bucket or stream whose name begins as WAF wants it."""
    _, _, service, region, account, rest = arn.split(":", 5)
    name = rest.removeprefix("log-group:").removeprefix("deliverystream/")
    if not name.startswith(_PREFIX):
        invalid(f"The ARN isn't valid., field: LOG_DESTINATION, parameter: {arn}")
    if service == "logs":
        groups = existing(logs_backends, account, region)
        if groups is None or name.removesuffix(":*") not in groups.groups:
            invalid(f"The ARN isn't valid., field: LOG_DESTINATION, parameter: {arn}")
