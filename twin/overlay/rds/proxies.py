# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS Proxy: its states, its changes and its targets."""

from __future__ import annotations

import re
from typing import Any

from moto.core.utils import utcnow
from moto.rds.models import DBProxy, DBProxyTarget
from moto.rds.responses import RDSResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import proceed
from twin.overlay.rds import rules
from twin.patch import Parameters, after, around, before, operation
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


#: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html
_NAME = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9]+)*")


def _find(response: RDSResponse, name: str) -> DBProxy:
    return response.backend.describe_db_proxies(name)[0]


def _check(response: RDSResponse, p: Parameters) -> None:
    """What a proxy stands on: a role, secrets that exist, two zones."""
    account, region = response.current_account, response.region
    if not _NAME.fullmatch(p["DBProxyName"]) or len(p["DBProxyName"]) > 63:
        refuse("InvalidParameterValue", f"Invalid DB proxy name: {p['DBProxyName']}")
    found, missing = _lookups.subnets(account, region, p["VpcSubnetIds"])
    if missing:
        refuse("InvalidSubnet", f"The subnet {missing[0]} does not exist.")
    if len({subnet.availability_zone for subnet in found}) < 2:
        refuse("InvalidSubnet", "A DB proxy needs subnets in at least two Availability Zones.")
    _check_auth(response, p)
    _check_role(response, p)


def _check_role(response: RDSResponse, p: Parameters) -> None:
    from moto.iam.models import iam_backends

    if p.get("RoleArn") and p["RoleArn"] not in {
        role.arn for role in iam_backends[response.current_account]["aws"].roles.values()
    }:
        refuse(
            "InvalidParameterValue",
            f"IAM role ARN value is invalid or does not include the required permissions: {p['RoleArn']}",
        )


def _check_auth(response: RDSResponse, p: Parameters) -> None:
    from moto.secretsmanager.models import secretsmanager_backends

    there = {
        secret.arn for secret in secretsmanager_backends[response.current_account][response.region].secrets.values()
    }
    for auth in p.get("Auth") or ():
        if auth.get("AuthScheme", "SECRETS") == "SECRETS" and auth.get("SecretArn") not in there:
            refuse("InvalidParameterValue", f"The secret {auth.get('SecretArn')} does not exist.")


def install(world: World) -> None:
    @before(RDSResponse, "CreateDBProxy")
    def check(response: RDSResponse, p: Parameters) -> None:
        _check(response, p)

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
        _check_auth(response, p)
        _check_role(response, p)
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
            rules.must_be(rules.database_of(response, name))
            if any(target.rds_resource_id == name for target in group.targets):
                refuse("DBProxyTargetAlreadyRegisteredFault", f"Database {name} is already registered.")
        if group.targets and p.get("DBInstanceIdentifiers"):
            refuse("InvalidParameterCombination", "A target group of RDS instances has one target only.")

    @after(RDSResponse, "RegisterDBProxyTargets")
    def registering(response: RDSResponse, p: Parameters, result: Any) -> Any:
        for target in result["DBProxyTargets"]:
            target.role = "READ_WRITE"
            if target.type == "RDS_INSTANCE":
                database = rules.database_of(response, target.rds_resource_id)
                target.endpoint, target.port = database.address, database.port
                target.target_arn = database.arn

            def there(target: Any = target) -> None:
                target._registering = False

            proceed(world, target, world.delay("rds.proxy_target"), there)
        return result

    @before(RDSResponse, "DeregisterDBProxyTargets")
    def registered(response: RDSResponse, p: Parameters) -> None:
        group = _find(response, p["DBProxyName"]).proxy_target_groups[p.get("TargetGroupName") or "default"]
        known = {target.rds_resource_id for target in group.targets}
        for name in (*p.get("DBInstanceIdentifiers", ()), *p.get("DBClusterIdentifiers", ())):
            if name not in known:
                refuse("DBProxyTargetNotFoundFault", f"Database {name} is not registered.")

    @around(DBProxyTarget, "registering")
    def still(original: Any, target: DBProxyTarget) -> bool:
        return bool(target._registering)
