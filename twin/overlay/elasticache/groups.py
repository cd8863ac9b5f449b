# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cache subnet groups and cache parameter groups."""

from __future__ import annotations

from typing import Any

from moto.elasticache.responses import ElastiCacheResponse

from twin.overlay import _lookups
from twin.overlay._lifecycle import Record, query_page
from twin.overlay.elasticache import engines
from twin.overlay.elasticache.store import arn, bad, check_name, drop_tags, set_tags, store
from twin.patch import Parameters, operation
from twin.refusal import refuse

Answer = dict[str, Any]


def find_subnet_group(response: ElastiCacheResponse, name: str) -> Record:
    group = store(response).subnet_groups.get(name.lower())
    if group is None:
        refuse("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {name} does not exist.")
    return group


def find_parameter_group(response: ElastiCacheResponse, name: str) -> Record:
    """A custom group, or a default one, which exists without having been made."""
    groups = store(response).parameter_groups
    if name not in groups and name.startswith("default."):
        family = name.removeprefix("default.").removesuffix(".cluster.on")
        if family in engines.FAMILIES:
            return _new_group(response, name, family, f"Default parameter group for {family}")
    if name not in groups:
        refuse("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return groups[name]


def check_family(response: ElastiCacheResponse, name: str | None, engine: str, version: str) -> None:
    if name:
        found, wanted = (
            find_parameter_group(response, name)["CacheParameterGroupFamily"],
            engines.family(engine, version),
        )
        if found != wanted:
            refuse(
                "InvalidParameterCombination",
                f"Expected a parameter group of family {wanted} but found one of family {found}",
            )


def _subnets(response: ElastiCacheResponse, ids: list[str]) -> list[Any]:
    found, missing = _lookups.subnets(response.current_account, response.region, ids)
    if missing or not found:
        bad(f"Some input subnets in :[{', '.join(ids)}] are invalid.")
    for subnet in found[1:]:
        if subnet.vpc_id != found[0].vpc_id:
            refuse("InvalidSubnet", f"Subnets {found[0].id} and {subnet.id} are not in the same VPC.")
    return found


def _as_subnets(found: list[Any]) -> list[Answer]:
    return [
        {
            "SubnetIdentifier": subnet.id,
            "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
            "SupportedNetworkTypes": ["ipv4"],
        }
        for subnet in found
    ]


def _subnet_groups() -> None:
    @operation(ElastiCacheResponse, "CreateCacheSubnetGroup")
    def create(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = check_name("CacheSubnetGroupName", p["CacheSubnetGroupName"], 255)
        if name in store(response).subnet_groups:
            refuse("CacheSubnetGroupAlreadyExists", f"Cache subnet group {name} already exists.")
        found = _subnets(response, p.get("SubnetIds", []))
        group = store(response).subnet_groups[name] = Record(
            CacheSubnetGroupName=name,
            CacheSubnetGroupDescription=p.get("CacheSubnetGroupDescription", ""),
            VpcId=found[0].vpc_id,
            Subnets=_as_subnets(found),
            ARN=arn(response, "subnetgroup", name),
            SupportedNetworkTypes=["ipv4"],
        )
        set_tags(response, group["ARN"], p)
        return {"CacheSubnetGroup": group}

    @operation(ElastiCacheResponse, "DescribeCacheSubnetGroups")
    def describe(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = p.get("CacheSubnetGroupName")
        found = [find_subnet_group(response, name)] if name else list(store(response).subnet_groups.values())
        return query_page(found, p, "CacheSubnetGroups")

    @operation(ElastiCacheResponse, "ModifyCacheSubnetGroup")
    def modify(response: ElastiCacheResponse, p: Parameters) -> Answer:
        group = find_subnet_group(response, p["CacheSubnetGroupName"])
        if p.get("SubnetIds"):
            found = _subnets(response, p["SubnetIds"])
            zones = {subnet.availability_zone for subnet in found}
            for cluster in _members(response, group):
                if cluster["PreferredAvailabilityZone"] not in zones:
                    refuse(
                        "SubnetInUse",
                        f"The subnet in {cluster['PreferredAvailabilityZone']} is currently in use by the"
                        " cache"
                        f" cluster {cluster['CacheClusterId']}.",
                    )
            group["Subnets"], group["VpcId"] = _as_subnets(found), found[0].vpc_id
        if p.get("CacheSubnetGroupDescription") is not None:
            group["CacheSubnetGroupDescription"] = p["CacheSubnetGroupDescription"]
        return {"CacheSubnetGroup": group}

    @operation(ElastiCacheResponse, "DeleteCacheSubnetGroup")
    def delete(response: ElastiCacheResponse, p: Parameters) -> None:
        group = find_subnet_group(response, p["CacheSubnetGroupName"])
        name = group["CacheSubnetGroupName"]
        if _members(response, group):
            refuse(
                "CacheSubnetGroupInUse",
                f"Cache subnet group {name} is currently in use by a cache cluster.",
            )
        del store(response).subnet_groups[name]
        drop_tags(response.elasticache_backend, group["ARN"])


def _members(response: ElastiCacheResponse, group: Record) -> list[Record]:
    name = group["CacheSubnetGroupName"]
    return [c for c in store(response).clusters.values() if c.get("CacheSubnetGroupName") == name]


def _new_group(response: ElastiCacheResponse, name: str, family: str, description: str) -> Record:
    group = store(response).parameter_groups[name] = Record(
        CacheParameterGroupName=name,
        CacheParameterGroupFamily=family,
        Description=description,
        IsGlobal=False,
        ARN=arn(response, "parametergroup", name),
        set_by_user={"cluster-enabled": "yes"} if name.endswith(".cluster.on") else {},
    )
    return group


def _not_default(group: Record, verb: str) -> None:
    name = group["CacheParameterGroupName"]
    if name.startswith("default."):
        bad(f"The default cache parameter group {name} cannot be {verb}.")


def _check(group: Record, change: dict[str, str], resetting: bool = False) -> engines.Parameter:
    name = change.get("ParameterName", "")
    parameter = engines.catalogue(group["CacheParameterGroupFamily"]).get(name)
    if parameter is None:
        bad(f"Could not find parameter with name: {name}")
    if not parameter.modifiable:
        bad(f"The parameter {name} cannot be modified.")
    value = change.get("ParameterValue")
    if not resetting and (value is None or not engines.accepts(parameter, value)):
        bad(f"The parameter value {value} for {name} is invalid. Allowed values: {parameter.allowed}")
    return parameter


def _parameter_groups() -> None:
    @operation(ElastiCacheResponse, "CreateCacheParameterGroup")
    def create(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = check_name("CacheParameterGroupName", p["CacheParameterGroupName"].replace(".", "-"), 255)
        name, family = p["CacheParameterGroupName"].lower(), p["CacheParameterGroupFamily"]
        if name in store(response).parameter_groups:
            refuse("CacheParameterGroupAlreadyExists", f"Cache Parameter Group {name} already exists")
        if family not in engines.FAMILIES:
            bad(f"CacheParameterGroupFamily {family} is not a valid parameter group family.")
        group = _new_group(response, name, family, p["Description"])
        set_tags(response, group["ARN"], p)
        return {"CacheParameterGroup": group}

    @operation(ElastiCacheResponse, "DescribeCacheParameterGroups")
    def describe(response: ElastiCacheResponse, p: Parameters) -> Answer:
        name = p.get("CacheParameterGroupName")
        groups = store(response).parameter_groups
        found = [find_parameter_group(response, name)] if name else list(groups.values())
        return query_page(found, p, "CacheParameterGroups")

    @operation(ElastiCacheResponse, "DescribeCacheParameters")
    def parameters(response: ElastiCacheResponse, p: Parameters) -> Answer:
        group = find_parameter_group(response, p["CacheParameterGroupName"])
        listed = []
        for known in engines.catalogue(group["CacheParameterGroupFamily"]).values():
            chosen = group["set_by_user"].get(known.name)
            source = "user" if chosen is not None else "system"
            if p.get("Source") not in (None, source):
                continue
            listed.append(
                {
                    "ParameterName": known.name,
                    "ParameterValue": known.value if chosen is None else chosen,
                    "Source": source,
                    "DataType": known.data_type,
                    "AllowedValues": known.allowed,
                    "IsModifiable": known.modifiable,
                    "MinimumEngineVersion": "6.0.0",
                    "ChangeType": "requires-reboot" if known.reboot else "immediate",
                }
            )
        answer = query_page(listed, p, "Parameters")
        return {**answer, "CacheNodeTypeSpecificParameters": []}

    @operation(ElastiCacheResponse, "ModifyCacheParameterGroup")
    def modify(response: ElastiCacheResponse, p: Parameters) -> Answer:
        group = find_parameter_group(response, p["CacheParameterGroupName"])
        _not_default(group, "modified")
        changes = p.get("ParameterNameValues", [])
        if len(changes) > 20:
            bad("A maximum of 20 parameters can be modified in a single request.")
        reboot = [_check(group, change).reboot for change in changes]
        group["set_by_user"].update({c["ParameterName"]: c["ParameterValue"] for c in changes})
        _note_reboot(response, group, any(reboot))
        return {"CacheParameterGroupName": group["CacheParameterGroupName"]}

    @operation(ElastiCacheResponse, "ResetCacheParameterGroup")
    def reset(response: ElastiCacheResponse, p: Parameters) -> Answer:
        group = find_parameter_group(response, p["CacheParameterGroupName"])
        _not_default(group, "reset")
        names = [c["ParameterName"] for c in p.get("ParameterNameValues", [])]
        if p.get("ResetAllParameters"):
            names = list(group["set_by_user"])
        reboot = [_check(group, {"ParameterName": name}, resetting=True).reboot for name in names]
        for name in names:
            group["set_by_user"].pop(name, None)
        _note_reboot(response, group, any(reboot))
        return {"CacheParameterGroupName": group["CacheParameterGroupName"]}

    @operation(ElastiCacheResponse, "DeleteCacheParameterGroup")
    def delete(response: ElastiCacheResponse, p: Parameters) -> None:
        group = find_parameter_group(response, p["CacheParameterGroupName"])
        _not_default(group, "deleted")
        name = group["CacheParameterGroupName"]
        if _users(response, group):
            refuse(
                "InvalidCacheParameterGroupState",
                f"One or more cache clusters are still members of this parameter group {name}, so the group"
                " cannot be deleted.",
            )
        del store(response).parameter_groups[name]
        drop_tags(response.elasticache_backend, group["ARN"])


def _users(response: ElastiCacheResponse, group: Record) -> list[Record]:
    name = group["CacheParameterGroupName"]
    clusters = store(response).clusters.values()
    return [c for c in clusters if c["CacheParameterGroup"]["CacheParameterGroupName"] == name]


def _note_reboot(response: ElastiCacheResponse, group: Record, reboot: bool) -> None:
    for cluster in _users(response, group) if reboot else []:
        cluster["CacheParameterGroup"]["ParameterApplyStatus"] = "pending-reboot"
        cluster["CacheParameterGroup"]["CacheNodeIdsToReboot"] = ["0001"]


def install() -> None:
    _subnet_groups()
    _parameter_groups()
