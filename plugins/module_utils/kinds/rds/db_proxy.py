# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Proxies that pool the connections to a database, and what they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..fixed_subnets import fixed_subnets, remark_on_subnets
from ..requests import given, unless
from ..shared import IMMUTABLE, MUTABLE, tag_list
from .common import TAG, UNTAG, named_groups

PROXY = "AWS::RDS::DBProxy"
INSTANCE_TARGET, CLUSTER_TARGET = "RDS_INSTANCE", "TRACKED_CLUSTER"

_CREATED_WITH = (
    "DBProxyName",
    "EngineFamily",
    "DefaultAuthScheme",
    "Auth",
    "RoleArn",
    "VpcSubnetIds",
    "VpcSecurityGroupIds",
    "RequireTLS",
    "IdleClientTimeout",
    "DebugLogging",
    "EndpointNetworkType",
    "TargetConnectionNetworkType",
)
_CHANGED_BY = ("DefaultAuthScheme", "Auth", "RoleArn", "RequireTLS", "IdleClientTimeout", "DebugLogging")


# Proxies


def list_proxies(scope: Scope) -> list[Item]:
    """The proxies in scope."""
    return named_groups(scope, "describe_db_proxies", "DBProxies[]", "DBProxyName", "DBProxyArn")


def _modification(work: Work) -> dict[str, Any]:
    params = {name: work.desired[name] for name in _CHANGED_BY if name in work.changed}
    if "VpcSecurityGroupIds" in work.changed:
        params["SecurityGroups"] = work.desired["VpcSecurityGroupIds"]
    return {"DBProxyName": work.id, **params}


DB_PROXY = Kind(
    type=PROXY,
    service="rds",
    title="DB proxy",
    template=Template(attributes={"Arn": "DBProxyArn"}),
    id="DBProxyName",
    key=("DBProxyName",),
    properties={
        "DBProxyName": IMMUTABLE,
        "EngineFamily": IMMUTABLE,
        "DefaultAuthScheme": MUTABLE,
        "Auth": Property(unordered=True),
        "RoleArn": MUTABLE,
        "VpcSubnetIds": fixed_subnets(),
        "VpcSecurityGroupIds": Property(unordered=True),
        "RequireTLS": Property(default=False),
        "IdleClientTimeout": MUTABLE,
        "DebugLogging": Property(default=False),
        "EndpointNetworkType": Property(immutable=True, default="IPV4"),
        "TargetConnectionNetworkType": Property(immutable=True, default="IPV4"),
    },
    attributes={
        "DBProxyArn": Attribute("DBProxyArn"),
        "Arn": Attribute("DBProxyArn"),
        "Endpoint": Attribute("Endpoint"),
        "VpcId": Attribute("VpcId"),
    },
    list=list_proxies,
    states=States(
        path="Status",
        # One that nobody connects to for a week is suspended, and comes back with the next connection.
        ready=frozenset({"available", "suspended"}),
        failed=frozenset({"incompatible-network", "insufficient-resource-limits"}),
        leaving=frozenset({"deleting"}),
        timeout=1800,
    ),
    create=Call("create_db_proxy", lambda w: {**given(w, *_CREATED_WITH), "Tags": tag_list(w.tags)}, item="DBProxy"),
    updates=(
        Update(
            (*_CHANGED_BY, "VpcSecurityGroupIds"),
            Call("modify_db_proxy", _modification, item="DBProxy"),
            when_ready=True,
        ),
    ),
    delete=Call("delete_db_proxy", lambda w: {"DBProxyName": w.id}),
    tag=TAG,
    untag=UNTAG,
    retry_on=frozenset({"InvalidDBProxyStateFault"}),
    remark=remark_on_subnets("VpcSubnetIds"),
)


# What they lead to


def list_target_groups(scope: Scope) -> list[Item]:
    """The target groups of the proxies that are observed or described; AWS tells them proxy by proxy."""
    if scope.ids:
        names = {identifier.partition("/")[0] for identifier in scope.ids}
    else:
        names = {proxy.id for proxy in scope.observed(PROXY)} | set(scope.names("DBProxyName"))
    return [group for name in sorted(names) for group in _target_groups(scope, name)]


def _target_groups(scope: Scope, proxy: str) -> list[Item]:
    ask = partial(scope.pages, "rds", "describe_db_proxy_target_groups", "TargetGroups[]", DBProxyName=proxy)
    return [
        {
            **group,
            "Targets": scope.pages(
                "rds",
                "describe_db_proxy_targets",
                "Targets[]",
                DBProxyName=proxy,
                TargetGroupName=group["TargetGroupName"],
            ),
        }
        for group in unless((), ask) or ()
    ]


def target_state(item: Mapping[str, Any]) -> str:
    """What a target group is doing.

    Every proxy has one from its beginning: as long as it leads nowhere it is as good as not there. A target that
    cannot be reached for the moment is the proxy's to try again.
    """
    targets = item.get("Targets") or ()
    if not targets:
        return "empty"
    for target in targets:
        health = target.get("TargetHealth") or {}
        if health.get("State") == "REGISTERING" or health.get("Reason") == "PENDING_PROXY_CAPACITY":
            return "registering"
    return "available"


def _targets(kind: str, item: Mapping[str, Any]) -> list[str]:
    member = "TrackedClusterId" if kind == CLUSTER_TARGET else "RdsResourceId"
    targets = [target for target in item.get("Targets") or () if target.get("Type") == kind]
    return sorted({target.get(member) or target.get("RdsResourceId") for target in targets})


def _place(work: Work) -> dict[str, Any]:
    return {
        "DBProxyName": work.desired["DBProxyName"],
        "TargetGroupName": work.desired.get("TargetGroupName") or "default",
    }


def _set_pool(work: Work) -> None:
    config = work.get("ConnectionPoolConfigurationInfo")
    if config:
        work.call("rds", "modify_db_proxy_target_group", **_place(work), ConnectionPoolConfig=config)


def _register(work: Work) -> None:
    """Let the proxy lead to exactly what is stated."""
    current = work.current.properties if work.current else {}
    for name in ("DBInstanceIdentifiers", "DBClusterIdentifiers"):
        if name not in work.desired:
            continue
        wanted, there = set(work.desired[name] or ()), set(current.get(name) or ())
        if there - wanted:
            work.call("rds", "deregister_db_proxy_targets", **_place(work), **{name: sorted(there - wanted)})
        if wanted - there:
            work.call("rds", "register_db_proxy_targets", **_place(work), **{name: sorted(wanted - there)})


def _create_targets(work: Work) -> None:
    _set_pool(work)
    _register(work)


def _deregister(work: Work) -> None:
    current = work.existing.properties
    names = {name: current[name] for name in ("DBInstanceIdentifiers", "DBClusterIdentifiers") if current.get(name)}
    work.call("rds", "deregister_db_proxy_targets", **_place(work), **names)


DB_PROXY_TARGET_GROUP = Kind(
    type="AWS::RDS::DBProxyTargetGroup",
    service="rds",
    title="targets of a DB proxy",
    template=Template(ref="TargetGroupArn", attributes={"Arn": "TargetGroupArn"}),
    id=lambda item: f"{item['DBProxyName']}/{item['TargetGroupName']}",
    key=("DBProxyName", "TargetGroupName"),
    requires=(PROXY,),
    tags=None,
    properties={
        "DBProxyName": IMMUTABLE,
        "TargetGroupName": IMMUTABLE,
        "ConnectionPoolConfigurationInfo": Property(path="ConnectionPoolConfig"),
        "DBInstanceIdentifiers": Property(path=partial(_targets, INSTANCE_TARGET), unordered=True),
        "DBClusterIdentifiers": Property(path=partial(_targets, CLUSTER_TARGET), unordered=True),
    },
    attributes={"TargetGroupArn": Attribute("TargetGroupArn"), "Arn": Attribute("TargetGroupArn")},
    list=list_target_groups,
    states=States(path=target_state, ready=frozenset({"available"}), gone=frozenset({"empty"}), timeout=1800),
    create=_create_targets,
    updates=(
        Update(("ConnectionPoolConfigurationInfo",), _set_pool),
        Update(("DBInstanceIdentifiers", "DBClusterIdentifiers"), _register),
    ),
    delete=_deregister,
    # The proxy, or the database, is still on its way; a change began a moment ago.
    retry_on=frozenset(
        {
            "InvalidDBProxyStateFault",
            "InvalidDBInstanceState",
            "InvalidDBInstanceStateFault",
            "InvalidDBClusterStateFault",
        }
    ),
)
