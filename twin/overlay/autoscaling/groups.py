# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Groups: made once, changed within their bounds, deleted when they are empty or by force.

Sources: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html,
https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html
"""

from __future__ import annotations

import contextlib

from moto.autoscaling.responses import AutoScalingResponse as Response
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends

from twin.overlay._lifecycle import Record
from twin.overlay.autoscaling import hooks, life
from twin.overlay.autoscaling.store import Answer, Store, find_group, invalid, paged, serving, store
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

#: Members that are kept as they are asked for.
_KEPT = (
    "LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName", "MinSize", "MaxSize", "DefaultCooldown",
    "HealthCheckType", "HealthCheckGracePeriod", "PlacementGroup", "VPCZoneIdentifier", "TerminationPolicies",
    "NewInstancesProtectedFromScaleIn", "ServiceLinkedRoleARN", "MaxInstanceLifetime", "CapacityRebalance", "Context",
    "DesiredCapacityType", "DefaultInstanceWarmup", "InstanceMaintenancePolicy", "AvailabilityZones",
    "AvailabilityZoneDistribution", "AvailabilityZoneImpairmentPolicy", "CapacityReservationSpecification",
    "DeletionProtection", "InstanceLifecyclePolicy",
)  # fmt: skip
_SOURCES = ("LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName", "InstanceId")
_METRICS = (
    "GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances",
    "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances", "GroupInServiceCapacity",
    "GroupPendingCapacity", "GroupStandbyCapacity", "GroupTerminatingCapacity", "GroupTotalCapacity",
    "WarmPoolDesiredCapacity", "WarmPoolWarmedCapacity", "WarmPoolPendingCapacity", "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity", "GroupAndWarmPoolDesiredCapacity", "GroupAndWarmPoolTotalCapacity",
)  # fmt: skip
PROCESSES = (
    "Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh",
    "ReplaceUnhealthy", "ScheduledActions",
)  # fmt: skip


def install(world: World) -> None:
    _create(world)
    _update(world)
    _delete(world)
    _target_groups()
    _metrics()
    _processes(world)


def tag_items(name: str, tags: list[Answer] | None) -> list[Answer]:
    return [
        {
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
            "Key": tag["Key"],
            "Value": tag.get("Value") or "",
            "PropagateAtLaunch": bool(tag.get("PropagateAtLaunch", True)),
        }
        for tag in tags or []
    ]


def _check(here: Store, wanted: Answer) -> None:
    """Refuse what AWS refuses when it tries a launch."""
    least, most = int(wanted["MinSize"]), int(wanted["MaxSize"])
    if least > most:
        invalid(f"Max bound, {most}, must be greater than or equal to min bound, {least}")
    if least < 0:
        invalid("Min size must be zero or greater")
    if wanted.get("HealthCheckType") and set(wanted["HealthCheckType"].split(",")) - {
        "EC2",
        "ELB",
        "EBS",
        "VPC_LATTICE",
    }:
        invalid(f"Valid Health Check types are: [EC2, ELB, EBS, VPC_LATTICE], got {wanted['HealthCheckType']}")
    policy = wanted.get("InstanceMaintenancePolicy") or {}
    low, high = policy.get("MinHealthyPercentage"), policy.get("MaxHealthyPercentage")
    if (low is None) != (high is None):
        invalid("Both MinHealthyPercentage and MaxHealthyPercentage must be specified.")
    if low is not None and high is not None and (high - low > 100 or (high != -1 and not 100 <= high <= 200)):
        invalid("MaxHealthyPercentage must be 100 to 200 and at most 100 above MinHealthyPercentage.")
    _check_places(here, wanted)
    if template_in(wanted):
        _check_template(here, template_in(wanted))


def template_in(wanted: Answer) -> Answer:
    """The launch template specification in the parameters of a request."""
    mixed = (wanted.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    found: Answer = mixed.get("LaunchTemplateSpecification") or wanted.get("LaunchTemplate") or {}
    return found


def _check_places(here: Store, wanted: Answer) -> None:
    ec2 = ec2_backends[here.account][here.region]
    known = {subnet for zone in ec2.subnets.values() for subnet in zone}
    names = [one for one in str(wanted.get("VPCZoneIdentifier") or "").split(",") if one]
    for name in names:
        if name not in known:
            invalid(f"The subnet ID '{name}' does not exist")
    if not names and not wanted.get("AvailabilityZones"):
        invalid("At least one Availability Zone or VPC Subnet is required.")
    groups = elbv2_backends[here.account][here.region].target_groups
    for arn in wanted.get("TargetGroupARNs") or []:
        if arn not in groups:
            invalid("Provided Target Groups may not be valid. Please ensure they exist and try again.")
        if groups[arn].target_type != "instance":
            invalid("Provided Target Groups must have target type instance.")


def _check_template(here: Store, specification: Answer) -> None:
    try:
        data = life.version_of(here, specification).data
    except Exception as error:
        text = getattr(error, "message", None) or str(error)
        invalid(f"You must use a valid fully-formed launch template. {text}")
    profile = data.get("IamInstanceProfile") or {}
    known = iam_backends[here.account]["aws"].instance_profiles.values()
    if profile.get("Name") and not any(one.name == profile["Name"] for one in known):
        invalid(
            "You must use a valid fully-formed launch template."
            f" Value ({profile['Name']}) for parameter iamInstanceProfile.name is invalid."
            " Invalid IAM Instance Profile name"
        )
    if profile.get("Arn") and not any(one.arn == profile["Arn"] for one in known):
        invalid(
            "You must use a valid fully-formed launch template."
            f" Value ({profile['Arn']}) for parameter iamInstanceProfile.arn is invalid."
            " Invalid IAM Instance Profile ARN"
        )
    if not data.get("ImageId"):
        invalid("You must use a valid fully-formed launch template. The request must contain the parameter ImageId")
    if life.image_of(here, data["ImageId"]) is None:
        invalid(f"You must use a valid fully-formed launch template. {data['ImageId']} cannot be resolved.")
    ec2 = ec2_backends[here.account][here.region]
    for group in data.get("SecurityGroupIds") or []:
        if ec2.get_security_group_from_id(group) is None:
            invalid(f"You must use a valid fully-formed launch template. The security group '{group}' does not exist")


def _bounds(wanted: Answer, desired: int | None) -> None:
    least, most = int(wanted["MinSize"]), int(wanted["MaxSize"])
    if desired is not None and not least <= desired <= most:
        side = "min" if desired < least else "max"
        than = "above" if side == "min" else "below"
        invalid(
            f"Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}"
            f" ({than} the {side})"
        )


def _complete(here: Store, specification: Answer) -> Answer:
    """A specification with both the template's name and id, as AWS answers it."""
    template = life.version_of(here, specification).template
    return {**specification, "LaunchTemplateId": template.id, "LaunchTemplateName": template.name}


def _keep(here: Store, group: Record, p: Parameters) -> None:
    for name in _KEPT:
        if p.get(name) is not None:
            group[name] = p[name]
    if p.get("LaunchTemplate"):
        group["LaunchTemplate"] = _complete(here, p["LaunchTemplate"])
    sources = [name for name in _SOURCES[:3] if p.get(name)]
    for other in _SOURCES[:3]:
        if sources and other not in sources:
            group.pop(other, None)
    zones = {
        subnet.availability_zone
        for one in ec2_backends[here.account][here.region].subnets.values()
        for subnet in one.values()
        if subnet.id in str(group["VPCZoneIdentifier"] or "").split(",")
    }
    if zones:
        group["AvailabilityZones"] = sorted(zones)


def _create(world: World) -> None:
    @operation(Response, "CreateAutoScalingGroup")
    def create(response: Response, p: Parameters) -> None:
        here, name = store(response), p["AutoScalingGroupName"]
        if name in here.groups:
            refuse(
                "AlreadyExists",
                f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
            )
        sources = [one for one in _SOURCES if p.get(one)]
        if len(sources) != 1:
            invalid(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or"
                " MixedInstancesPolicy parameter."
            )
        _check(here, p)
        desired = p.get("DesiredCapacity")
        _bounds(p, desired)
        group = Record(
            AutoScalingGroupName=name,
            AutoScalingGroupARN=here.arn("autoScalingGroup", name),
            DesiredCapacity=int(p["MinSize"]) if desired is None else int(desired),
            DefaultCooldown=300,
            HealthCheckType="EC2",
            HealthCheckGracePeriod=0,
            AvailabilityZones=[],
            LoadBalancerNames=list(p.get("LoadBalancerNames") or []),
            TargetGroupARNs=list(p.get("TargetGroupARNs") or []),
            TrafficSources=[],
            Instances=[],
            CreatedTime=utcnow(),
            SuspendedProcesses=[],
            VPCZoneIdentifier="",
            EnabledMetrics=[],
            Tags=tag_items(name, p.get("Tags")),
            TerminationPolicies=["Default"],
            NewInstancesProtectedFromScaleIn=False,
            DeletionProtection="none",
            ServiceLinkedRoleARN=f"arn:{here.partition}:iam::{here.account}:role/aws-service-role"
            "/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        )
        _keep(here, group, p)
        here.groups[name] = group
        for hook in p.get("LifecycleHookSpecificationList") or []:
            hooks.keep(here, name, hook)
        life.reconcile(world, here, group, "a user request created an AutoScalingGroup changing the desired capacity.")

    @operation(Response, "DescribeAutoScalingGroups")
    def describe(response: Response, p: Parameters) -> Answer:
        here, names = store(response), p.get("AutoScalingGroupNames") or []
        found = [
            group
            for name, group in sorted(here.groups.items())
            if (not names or name in names) and _matches(group, p.get("Filters") or [])
        ]
        return paged(found, p, "AutoScalingGroups")


def _matches(group: Record, filters: list[Answer]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
    for one in filters:
        name, values = one["Name"], one.get("Values") or []
        if name.startswith("tag:"):
            fits = tags.get(name.removeprefix("tag:")) in values
        elif name in ("tag-key", "tag-value"):
            fits = bool({*(tags if name == "tag-key" else tags.values())} & set(values))
        else:
            invalid(f"Filter type {name} is not correct.")
        if not fits:
            return False
    return True


def _update(world: World) -> None:
    @operation(Response, "UpdateAutoScalingGroup")
    def update(response: Response, p: Parameters) -> None:
        here = store(response)
        group = find_group(here, p["AutoScalingGroupName"])
        _refuse_deleted(group)
        given = {name: value for name, value in p.items() if value is not None}
        wanted = {**group, **given}
        if len([one for one in _SOURCES[:3] if p.get(one)]) > 1:
            invalid("Only one of LaunchTemplate, MixedInstancesPolicy and LaunchConfigurationName can be specified.")
        if p.get("LaunchTemplate"):
            wanted.pop("MixedInstancesPolicy", None)
        _check(here, wanted)
        _bounds(wanted, p.get("DesiredCapacity"))
        _keep(here, group, p)
        desired = int(group["DesiredCapacity"] if p.get("DesiredCapacity") is None else p["DesiredCapacity"])
        life.resize(world, here, group, desired, "a user request updated the AutoScalingGroup constraints.")

    @operation(Response, "SetDesiredCapacity")
    def set_desired(response: Response, p: Parameters) -> None:
        here = store(response)
        group, desired = find_group(here, p["AutoScalingGroupName"]), int(p["DesiredCapacity"])
        least, most = int(group["MinSize"]), int(group["MaxSize"])
        if desired < least:
            invalid(f"New SetDesiredCapacity value {desired} is below min value {least} for the AutoScalingGroup.")
        if desired > most:
            invalid(f"New SetDesiredCapacity value {desired} is above max value {most} for the AutoScalingGroup.")
        if p.get("HonorCooldown") and in_cooldown(group, int(group["DefaultCooldown"])):
            refuse("ScalingActivityInProgress", "Scaling activity is in progress; the group is in its cooldown.")
        life.resize(world, here, group, desired, f"a user request explicitly set group desired capacity to {desired}.")


def in_cooldown(group: Record, seconds: int) -> bool:
    """Whether the last change of size is too recent for another one."""
    last = group.get("scaled_by_policy")
    return last is not None and (utcnow() - last).total_seconds() < seconds


def _refuse_deleted(group: Record) -> None:
    if group.get("Status"):
        refuse("ScalingActivityInProgress", "AutoScalingGroup is being deleted; it cannot be changed.")


def _delete(world: World) -> None:
    @operation(Response, "DeleteAutoScalingGroup")
    def delete(response: Response, p: Parameters) -> None:
        here = store(response)
        group = find_group(here, p["AutoScalingGroupName"])
        force = bool(p.get("ForceDelete"))
        guard = group["DeletionProtection"]
        if guard == "prevent-all-deletion" or (force and guard == "prevent-force-deletion"):
            invalid(f"You cannot delete an AutoScalingGroup with deletion protection {guard}.")
        if group.get("Status"):
            return
        if not force and group["Instances"]:
            refuse(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s)"
                " still in the group.",
            )
        group["Status"] = "Delete in progress"
        instances = list(group["Instances"])
        life.deregister(here, group, instances)

        def gone() -> None:
            for instance in instances:
                with contextlib.suppress(Exception):
                    ec2_backends[here.account][here.region].terminate_instances([instance["InstanceId"]])
            here.forget(group["AutoScalingGroupName"])

        for instance in instances:
            instance["LifecycleState"] = "Terminating"
            instance.__dict__.pop("_twin_step", None)
        world.schedule(world.delay("autoscaling.delete"), gone)


def _target_groups() -> None:
    @operation(Response, "AttachLoadBalancerTargetGroups")
    def attach(response: Response, p: Parameters) -> Answer:
        here = store(response)
        group = find_group(here, p["AutoScalingGroupName"])
        _check_places(here, {**group, "TargetGroupARNs": p["TargetGroupARNs"]})
        new = [arn for arn in p["TargetGroupARNs"] if arn not in group["TargetGroupARNs"]]
        group["TargetGroupARNs"] = [*group["TargetGroupARNs"], *new]
        known = elbv2_backends[here.account][here.region].target_groups
        life.register(here, group, serving(group), [known[arn] for arn in new])
        return {}

    @operation(Response, "DetachLoadBalancerTargetGroups")
    def detach(response: Response, p: Parameters) -> Answer:
        here = store(response)
        group = find_group(here, p["AutoScalingGroupName"])
        known = elbv2_backends[here.account][here.region].target_groups
        gone = [arn for arn in p["TargetGroupARNs"] if arn in group["TargetGroupARNs"]]
        if not gone:
            invalid("Trying to remove Target Groups that are not part of the group.")
        group["TargetGroupARNs"] = [arn for arn in group["TargetGroupARNs"] if arn not in gone]
        life.deregister(here, group, group["Instances"], [known[arn] for arn in gone if arn in known])
        return {}

    @operation(Response, "DescribeLoadBalancerTargetGroups")
    def describe(response: Response, p: Parameters) -> Answer:
        group = find_group(store(response), p["AutoScalingGroupName"])
        items = [
            {"LoadBalancerTargetGroupARN": arn, "State": "InService" if serving(group) else "Added"}
            for arn in group["TargetGroupARNs"]
        ]
        return paged(items, p, "LoadBalancerTargetGroups", 100)


def _metrics() -> None:
    @operation(Response, "EnableMetricsCollection")
    def enable(response: Response, p: Parameters) -> None:
        group = find_group(store(response), p["AutoScalingGroupName"])
        if p["Granularity"] != "1Minute":
            invalid("Granularity must be 1Minute")
        _check_metrics(p)
        names = {one["Metric"] for one in group["EnabledMetrics"]} | set(p.get("Metrics") or _METRICS)
        group["EnabledMetrics"] = [{"Metric": name, "Granularity": "1Minute"} for name in sorted(names)]

    @operation(Response, "DisableMetricsCollection")
    def disable(response: Response, p: Parameters) -> None:
        group = find_group(store(response), p["AutoScalingGroupName"])
        _check_metrics(p)
        gone = set(p.get("Metrics") or _METRICS)
        group["EnabledMetrics"] = [one for one in group["EnabledMetrics"] if one["Metric"] not in gone]


def _check_metrics(p: Parameters) -> None:
    for name in p.get("Metrics") or []:
        if name not in _METRICS:
            invalid(f"Invalid metric name: {name}")


def _processes(world: World) -> None:
    def chosen(p: Parameters) -> list[str]:
        for name in p.get("ScalingProcesses") or []:
            if name not in PROCESSES:
                invalid(f"Process type {name} is not known.")
        return list(p.get("ScalingProcesses") or PROCESSES)

    @operation(Response, "SuspendProcesses")
    def suspend(response: Response, p: Parameters) -> None:
        group = find_group(store(response), p["AutoScalingGroupName"])
        have = {one["ProcessName"]: one for one in group["SuspendedProcesses"]}
        for name in chosen(p):
            have.setdefault(name, {"ProcessName": name, "SuspensionReason": f"User suspended at {utcnow():%FT%TZ}"})
        group["SuspendedProcesses"] = list(have.values())

    @operation(Response, "ResumeProcesses")
    def resume(response: Response, p: Parameters) -> None:
        here = store(response)
        group = find_group(here, p["AutoScalingGroupName"])
        gone = chosen(p)
        group["SuspendedProcesses"] = [one for one in group["SuspendedProcesses"] if one["ProcessName"] not in gone]
        life.reconcile(world, here, group, "processes were resumed.")
