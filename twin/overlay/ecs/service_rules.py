# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CreateService, UpdateService and RunTask refuse, in the words of the service."""

from __future__ import annotations

from moto.ecs.models import Cluster
from moto.elbv2.models import elbv2_backends

from twin.overlay import _lookups
from twin.overlay._lifecycle import Record
from twin.overlay.ecs.clusters import check_strategy
from twin.overlay.ecs.store import Answer, Store, invalid
from twin.patch import Parameters


def check_network(here: Store, definition: Record, network: Answer | None) -> None:
    if definition["networkMode"] != "awsvpc":
        if network:
            invalid("Network Configuration is not valid for the given networkMode of this task definition.")
        return
    settings = (network or {}).get("awsvpcConfiguration")
    if not settings:
        invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if not settings.get("subnets"):
        invalid("subnets can not be empty.")
    found, missing = _lookups.subnets(here.account, here.region, settings["subnets"])
    if missing:
        invalid(
            f"Error retrieving subnet information for [{missing[0]}]: The subnet ID '{missing[0]}' does not"
            " exist"
            " (ErrorCode: InvalidSubnetID.NotFound)"
        )
    for group_id in settings.get("securityGroups") or []:
        group = _lookups.security_group(here.account, here.region, group_id)
        if group is None:
            invalid(
                f"Error retrieving security group information for [{group_id}]: The security group"
                f" '{group_id}' does"
                " not exist (ErrorCode: InvalidGroup.NotFound)"
            )
        if group.vpc_id != found[0].vpc_id:
            invalid(f"The security group {group_id} does not belong to the VPC of the subnets ({found[0].vpc_id}).")


def check_placement(cluster: Cluster, definition: Record, p: Parameters) -> None:
    """Launch type or strategy, and whether the task definition can run there."""
    launch_type, strategy = p.get("launchType"), p.get("capacityProviderStrategy")
    if launch_type and strategy:
        invalid("Specify either a launch type or a capacity provider strategy, not both.")
    if strategy:
        check_strategy(strategy, cluster.capacity_providers or [])
    fargate = launch_type == "FARGATE" or any(s["capacityProvider"].startswith("FARGATE") for s in strategy or [])
    if fargate and "FARGATE" not in definition["compatibilities"]:
        invalid("Task definition does not support launch_type FARGATE.")
    if p.get("enableExecuteCommand") and not definition.get("taskRoleArn"):
        invalid(
            "The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid"
            " task role"
            " in your task definition and try again."
        )


def check_load_balancers(here: Store, definition: Record, balancers: list[Answer]) -> None:
    containers = {c["name"]: c for c in definition["containerDefinitions"]}
    groups = elbv2_backends[here.account][here.region].target_groups
    for balancer in balancers:
        arn, name, port = (
            balancer.get("targetGroupArn"),
            balancer.get("containerName"),
            balancer.get("containerPort"),
        )
        if not arn and not balancer.get("loadBalancerName"):
            invalid("The load balancer must have either a target group or a load balancer name.")
        if name not in containers:
            invalid(f"The container {name} does not exist in the task definition.")
        if port not in [m["containerPort"] for m in containers[name]["portMappings"]]:
            invalid(f"The container {name} did not have a container port {port} defined.")
        if not arn:
            continue
        group = groups.get(arn)
        if group is None:
            invalid(f"The target group {arn} does not exist.")
        if not group.load_balancer_arns:
            invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
        if definition["networkMode"] == "awsvpc" and group.target_type != "ip":
            invalid(
                f"The provided target group {arn} has target type {group.target_type}, which is"
                " incompatible with the"
                " awsvpc network mode specified in the task definition."
            )


def check_deployment(settings: Answer, strategy: str) -> None:
    least, most = settings["minimumHealthyPercent"], settings["maximumPercent"]
    if strategy == "REPLICA" and least == most == 100:
        invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
    if least < 0 or most < 0 or most < least:
        invalid("maximumPercent must not be less than minimumHealthyPercent.")
    alarms = settings.get("alarms") or {}
    if alarms.get("enable") and not alarms.get("alarmNames"):
        invalid("At least one alarm name must be specified when deployment alarms are enabled.")


def check_grace(grace: int | None, balancers: list[Answer]) -> None:
    if grace and not balancers:
        invalid("Health check grace period is only valid for services configured to use load balancers")
