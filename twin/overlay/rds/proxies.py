# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS Proxy: its states, its changes and its targets."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.rds.models import DBProxy
from moto.rds.responses import RDSResponse

from twin.overlay._lifecycle import proceed
from twin.overlay.rds import rules
from twin.patch import Parameters, after, before, operation
from twin.refusal import refuse
from twin.world import World

_CHANGEABLE = {
    "Auth": "auth",
    "RequireTLS": "require_tls",
    "IdleClientTimeout": "idle_client_timeout",
    "DebugLogging": "debug_logging",
    "RoleArn": "role_arn",
    "SecurityGroups": "vpc_security_group_ids",
}
_TARGETS = (
    "RegisterDBProxyTargets",
    "DeregisterDBProxyTargets",
    "DescribeDBProxyTargets",
    "DescribeDBProxyTargetGroups",
    "ModifyDBProxyTargetGroup",
)


def _find(response: RDSResponse, name: str) -> DBProxy:
    return response.backend.describe_db_proxies(name)[0]


def install(world: World) -> None:
    @after(RDSResponse, "CreateDBProxy")
    def create(response: RDSResponse, p: Parameters, result: Any) -> Any:
        proxy = result["DBProxy"]
        proxy.status = "creating"

        def up() -> None:
            proxy.status = "available"

        proceed(world, proxy, world.delay("rds.create"), up)
        return result

    @operation(RDSResponse, "ModifyDBProxy")
    def modify(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        proxy = _find(response, p["DBProxyName"])
        if proxy.status != "available":
            refuse("InvalidDBProxyStateFault", f"DBProxy {proxy.db_proxy_name} is not in an available state.")
        for parameter, attribute in _CHANGEABLE.items():
            if p.get(parameter) is not None:
                setattr(proxy, attribute, p[parameter])
        if p.get("NewDBProxyName"):
            response.backend.db_proxies[p["NewDBProxyName"]] = response.backend.db_proxies.pop(proxy.db_proxy_name)
            proxy.db_proxy_name = p["NewDBProxyName"]
        proxy.updated_date = utcnow()
        proxy.status = "modifying"

        def done() -> None:
            proxy.status = "available"

        proceed(world, proxy, world.delay("rds.modify"), done)
        return {"DBProxy": proxy}

    @operation(RDSResponse, "DeleteDBProxy")
    def delete(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        proxy, proxies = _find(response, p["DBProxyName"]), response.backend.db_proxies
        proxy.status = "deleting"

        def gone() -> None:
            if proxies.get(proxy.db_proxy_name) is proxy:
                del proxies[proxy.db_proxy_name]

        proceed(world, proxy, world.delay("rds.delete"), gone)
        return {"DBProxy": proxy}

    @before(RDSResponse, *_TARGETS)
    def exists(response: RDSResponse, p: Parameters) -> None:
        _find(response, p["DBProxyName"])

    @before(RDSResponse, "RegisterDBProxyTargets")
    def register(response: RDSResponse, p: Parameters) -> None:
        proxy = _find(response, p["DBProxyName"])
        group = proxy.proxy_target_groups[p.get("TargetGroupName") or "default"]
        for name in p.get("DBInstanceIdentifiers", []):
            rules.database_of(response, name)
            if any(target.rds_resource_id == name for target in group.targets):
                refuse("DBProxyTargetAlreadyRegisteredFault", f"Database {name} is already registered.")
