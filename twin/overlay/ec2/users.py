# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who holds a subnet or a security group through a network interface that moto does not make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twin.patch import existing, notes


def subnet_users(backend: Any, subnet_id: str) -> Iterator[str]:
    """Names of what sits in the subnet."""
    for eni in backend.enis.values():
        if eni.subnet_id == subnet_id:
            yield eni.id
    for instance in _instances(backend):
        if instance.subnet_id == subnet_id:
            yield instance.id
    for holder, subnets, _ in _services(backend):
        if subnet_id in subnets:
            yield holder


def group_users(backend: Any, group_id: str) -> Iterator[str]:
    """Names of what the security group is attached to."""
    for eni in backend.enis.values():
        if any(group.id == group_id for group in eni.group_set):
            yield eni.id
    for instance in _instances(backend):
        if any(group.id == group_id for group in instance.security_groups):
            yield instance.id
    for holder, _, groups in _services(backend):
        if group_id in groups:
            yield holder


def _instances(backend: Any) -> Iterator[Any]:
    for reservation in backend.reservations.values():
        for instance in reservation.instances:
            if instance.state != "terminated":
                yield instance


def _services(backend: Any) -> Iterator[tuple[str, list[str], list[str]]]:
    """(name, subnets, security groups) of the managed services' network interfaces."""
    account, region = backend.account_id, backend.region_name
    yield from _rds(account, region)
    yield from _elasticache(account, region)
    yield from _ecs(account, region)
    yield from _eks(account, region)
    yield from _lambda(account, region)


def _rds(account: str, region: str) -> Iterator[tuple[str, list[str], list[str]]]:
    from moto.rds.models import rds_backends

    rds = existing(rds_backends, account, region)
    for database in list(rds.databases.values()) + list(rds.clusters.values()) if rds else []:
        group = getattr(database, "db_subnet_group", None)
        if isinstance(group, str):
            group = rds.subnet_groups.get(group)
        subnets = [_id(subnet) for subnet in getattr(group, "subnets", None) or []]
        groups = getattr(database, "vpc_security_group_ids", None) or []
        yield f"rds {database.arn}", subnets, [_id(one) for one in groups]


def _elasticache(account: str, region: str) -> Iterator[tuple[str, list[str], list[str]]]:
    from moto.elasticache.models import elasticache_backends

    from twin.overlay.elasticache.store import of_backend

    cache = existing(elasticache_backends, account, region)
    if cache is None:
        return
    here = of_backend(cache)
    for owner in [*here.clusters.values(), *here.groups.values()]:
        group = here.subnet_groups.get(owner.get("CacheSubnetGroupName") or "")
        subnets = [_id(subnet) for subnet in group["Subnets"]] if group else []
        yield f"elasticache {owner['ARN']}", subnets, [_id(one) for one in owner.get("SecurityGroups") or []]


def _ecs(account: str, region: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Services that want tasks; the tasks themselves have network interfaces."""
    from moto.ecs.models import ecs_backends

    from twin.overlay.ecs.store import of_backend

    ecs = existing(ecs_backends, account, region)
    if ecs is None:
        return
    here = of_backend(ecs)
    for service in here.services.values():
        if service["status"] != "INACTIVE" and service["desiredCount"]:
            network = (service.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
            yield f"ecs {service['serviceArn']}", network.get("subnets") or [], network.get("securityGroups") or []


def _eks(account: str, region: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Control planes, and node groups with nodes in other subnets."""
    from moto.eks.models import eks_backends

    from twin.overlay.eks.store import Store

    eks = existing(eks_backends, account, region)
    for cluster in notes(eks, "store", Store).clusters.values() if eks else []:
        network = cluster.record["resourcesVpcConfig"]
        own = network["clusterSecurityGroupId"]
        yield f"eks {cluster.record['arn']}", network["subnetIds"], [*network["securityGroupIds"], own]
        for group in cluster.nodegroups.values():
            yield f"eks {group['nodegroupArn']}", group["subnets"], [own]


def _lambda(account: str, region: str) -> Iterator[tuple[str, list[str], list[str]]]:
    import sys

    models = sys.modules.get("moto.awslambda.models")  # never imported: never used
    functions = existing(models.lambda_backends, account, region) if models else None
    for function in functions.list_functions() if functions else []:
        network = getattr(function, "vpc_config", None) or {}
        yield (
            f"lambda {function.function_arn}",
            network.get("SubnetIds") or network.get("subnet_ids") or [],
            network.get("SecurityGroupIds") or network.get("security_group_ids") or [],
        )


def _id(item: Any) -> str:
    if isinstance(item, dict):
        for key in ("VpcSecurityGroupId", "SecurityGroupId", "SubnetIdentifier", "subnet_id", "id"):
            if key in item:
                return str(item[key])
    return str(getattr(item, "id", item))
