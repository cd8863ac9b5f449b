# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Subnet groups and parameter groups."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from twin.overlay._lifecycle import query_page
from twin.overlay.rds.engines import families
from twin.overlay.rds.parameters import Parameter, catalogue
from twin.patch import around, before, notes, operation
from twin.refusal import refuse
from twin.world import World


def parameter_status(database: DBInstance) -> dict[str, str]:
    """``name`` -> ``in-sync``, ``applying`` or ``pending-reboot``: how far the instance follows its group."""
    status: dict[str, str] = notes(database, "parameter_status")
    return status


def settle_parameters(database: DBInstance) -> None:
    """A reboot, or the end of a change, brings the instance in line with its group."""
    notes(database, "parameter_status").clear()


def _subnets(response: RDSResponse, ids: list[str]) -> list[Any]:
    known = ec2_backends[response.current_account][response.region].subnets
    by_id = {subnet.id: subnet for zone in known.values() for subnet in zone.values()}
    missing = [i for i in ids if i not in by_id]
    if missing:
        refuse("InvalidSubnet", f"The requested subnet {missing[0]} is invalid, or multiple subnets were"
               " requested that are not all in a common VPC.")  # fmt: skip
    subnets = [by_id[i] for i in dict.fromkeys(ids)]
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        refuse("InvalidSubnet", f"The requested subnet {ids[-1]} is invalid, or multiple subnets were"
               " requested that are not all in a common VPC.")  # fmt: skip
    zones = sorted({subnet.availability_zone for subnet in subnets})
    if len(zones) < 2:
        refuse(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement."
            f" Current AZ coverage: {', '.join(zones)}. Add subnets to cover at least 2 AZs.",
        )
    return subnets


def _members(backend: RDSBackend, group: Any) -> list[DBInstance]:
    return [d for d in backend.databases.values() if getattr(d, "db_subnet_group", None) is group]


def _subnet_groups() -> None:
    @before(RDSResponse, "CreateDBSubnetGroup")
    def create(response: RDSResponse, p: dict[str, Any]) -> None:
        if p["DBSubnetGroupName"] in response.backend.subnet_groups:
            refuse(
                "DBSubnetGroupAlreadyExists",
                f"The DB subnet group '{p['DBSubnetGroupName']}' already exists.",
            )
        _subnets(response, p.get("SubnetIds", []))

    @operation(RDSResponse, "DescribeDBSubnetGroups")
    def describe(response: RDSResponse, p: dict[str, Any]) -> dict[str, Any]:
        return query_page(
            response.backend.describe_db_subnet_groups(p.get("DBSubnetGroupName") or ""), p, "DBSubnetGroups"
        )

    @operation(RDSResponse, "ModifyDBSubnetGroup")
    def modify(response: RDSResponse, p: dict[str, Any]) -> dict[str, Any]:
        group = response.backend.describe_db_subnet_groups(p["DBSubnetGroupName"])[0]
        subnets = _subnets(response, p.get("SubnetIds", []))
        zones = {subnet.availability_zone for subnet in subnets}
        for database in _members(response.backend, group):
            if database.availability_zone not in zones:
                refuse(
                    "SubnetAlreadyInUse",
                    f"The DB subnet group '{group.name}' cannot leave {database.availability_zone}: the"
                    " subnet is"
                    f" in use by the DB instance {database.db_instance_identifier}.",
                )
        group.subnets = subnets
        group.vpc_id = subnets[0].vpc_id
        if p.get("DBSubnetGroupDescription") is not None:
            group.description = p["DBSubnetGroupDescription"]
        return {"DBSubnetGroup": group}

    @before(RDSResponse, "DeleteDBSubnetGroup")
    def delete(response: RDSResponse, p: dict[str, Any]) -> None:
        group = response.backend.describe_db_subnet_groups(p["DBSubnetGroupName"])[0]
        for database in _members(response.backend, group):
            refuse(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{group.name}' because at least one database instance:"
                f" {database.db_instance_identifier} is still using it.",
            )


def _find(response: RDSResponse, name: str) -> DBParameterGroup:
    group = response.backend.db_parameter_groups.get(name)
    if group is None:
        refuse("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    return group


def _users(backend: RDSBackend, group: DBParameterGroup) -> list[DBInstance]:
    return [d for d in backend.databases.values() if group in d.db_parameter_groups()]


def _not_default(group: DBParameterGroup, verb: str) -> None:
    if group.name.startswith("default."):
        if verb == "deleted":
            refuse(
                "InvalidDBParameterGroupState",
                f"Default DBParameterGroup cannot be deleted: {group.name}",
            )
        refuse("InvalidParameterValue", f"Cannot modify the default DB parameter group {group.name}.")


def _check(group: DBParameterGroup, change: dict[str, Any]) -> Parameter:
    name, value = change.get("ParameterName"), change.get("ParameterValue")
    known = catalogue(group.family or "")
    parameter = Parameter(str(name)) if known is None else known.get(str(name))
    if parameter is None:
        refuse("InvalidParameterValue", f"Could not find parameter with name: {name}")
    if not parameter.modifiable:
        refuse("InvalidParameterValue", f"The parameter {name} cannot be modified.")
    if change.get("ApplyMethod") == "immediate" and parameter.apply_type == "static":
        refuse("InvalidParameterCombination", "cannot use immediate apply method for static parameter")
    if value is not None and not parameter.accepts(value):
        refuse(
            "InvalidParameterValue",
            f"Invalid parameter value: {value} for: {name} allowed values are: {parameter.allowed}",
        )
    return parameter


def _parameter_groups(world: World) -> None:
    @before(RDSResponse, "CreateDBParameterGroup")
    def create(response: RDSResponse, p: dict[str, Any]) -> None:
        name, family = p["DBParameterGroupName"], p["DBParameterGroupFamily"]
        if name in response.backend.db_parameter_groups:
            refuse("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
        if family.rstrip("0123456789.") in ("postgres", "mysql", "mariadb") and family not in families():
            refuse(
                "InvalidParameterValue",
                f"ParameterGroupFamily {family} is not a valid parameter group family",
            )

    @before(RDSResponse, "DescribeDBParameterGroups")
    def describe(response: RDSResponse, p: dict[str, Any]) -> None:
        if p.get("DBParameterGroupName"):
            _find(response, p["DBParameterGroupName"])

    @operation(RDSResponse, "DescribeDBParameters")
    def describe_parameters(response: RDSResponse, p: dict[str, Any]) -> dict[str, Any]:
        group, source = _find(response, p["DBParameterGroupName"]), p.get("Source")
        listed: dict[str, dict[str, Any]] = {}
        for known in (catalogue(group.family or "") or {}).values():
            listed[known.name] = {
                "ParameterName": known.name,
                "DataType": known.data_type,
                "ApplyType": known.apply_type,
                "IsModifiable": known.modifiable,
                "ApplyMethod": "pending-reboot",
                "AllowedValues": known.allowed,
                "Source": "engine-default",
            }
        for name, set_by_user in group.parameters.items():
            listed.setdefault(name, {"ApplyType": "dynamic", "IsModifiable": True, "DataType": "string"}).update(
                {**set_by_user, "Source": "user"}
            )
        found = [listed[name] for name in sorted(listed) if source in (None, listed[name]["Source"])]
        return query_page(found, p, "Parameters")

    def apply(response: RDSResponse, group: DBParameterGroup, at_once: bool, at_reboot: bool) -> None:
        for database in _users(response.backend, group):
            if at_reboot:
                parameter_status(database)[group.name] = "pending-reboot"
            elif at_once and parameter_status(database).get(group.name) != "pending-reboot":
                status = parameter_status(database)
                status[group.name] = "applying"

                def done(status: dict[str, str] = status) -> None:
                    if status.get(group.name) == "applying":
                        del status[group.name]

                world.schedule(world.delay("rds.modify"), done)

    @operation(RDSResponse, "ModifyDBParameterGroup")
    def modify(response: RDSResponse, p: dict[str, Any]) -> dict[str, Any]:
        group = _find(response, p["DBParameterGroupName"])
        _not_default(group, "modified")
        changes = p.get("Parameters", [])
        if len(changes) > 20:
            refuse("InvalidParameterValue", "A maximum of 20 parameters can be modified in a single request.")
        for change in changes:
            _check(group, change)
        methods = set()
        for change in changes:
            methods.add(change.get("ApplyMethod", "pending-reboot"))
            group.parameters[change["ParameterName"]] = dict(change)
        apply(response, group, "immediate" in methods, "pending-reboot" in methods)
        return {"DBParameterGroupName": group.name}

    @operation(RDSResponse, "ResetDBParameterGroup")
    def reset(response: RDSResponse, p: dict[str, Any]) -> dict[str, Any]:
        group = _find(response, p["DBParameterGroupName"])
        _not_default(group, "modified")
        if p.get("ResetAllParameters", not p.get("Parameters")):
            group.parameters.clear()
        for change in p.get("Parameters", []):
            _check(group, {**change, "ParameterValue": None})
            group.parameters.pop(change["ParameterName"], None)
        apply(response, group, at_once=False, at_reboot=True)
        return {"DBParameterGroupName": group.name}

    @before(RDSResponse, "DeleteDBParameterGroup")
    def delete(response: RDSResponse, p: dict[str, Any]) -> None:
        group = _find(response, p["DBParameterGroupName"])
        _not_default(group, "deleted")
        if _users(response.backend, group):
            refuse(
                "InvalidDBParameterGroupState",
                "One or more database instances are still members of this parameter group"
                f" {group.name}, so the group cannot be deleted",
            )

    @around(DBInstance, "db_parameter_group_status_list")
    def status_list(_: Any, database: DBInstance) -> list[dict[str, str]]:
        status = parameter_status(database)
        return [
            {"DBParameterGroupName": g.name, "ParameterApplyStatus": status.get(g.name, "in-sync")}
            for g in database.db_parameter_groups()
        ]


def install(world: World) -> None:
    _subnet_groups()
    _parameter_groups(world)
