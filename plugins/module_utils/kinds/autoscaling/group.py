# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::AutoScaling::AutoScalingGroup.

How many instances run is either described or scaling's business, and which is decided by the property that is
stated: `DesiredCapacity` is compared, and set back when it differs; `InitialDesiredCapacity` is what a new group begins
with and is not looked at afterwards. The bounds, `MinSize` and `MaxSize`, go the same two ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work
from ...engine.template import Template
from ..requests import batches, is_empty
from ..shared import IMMUTABLE, stack_filter
from .common import CONTENTION, GROUP, SERVICE, number

#: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html
GROUP_METRICS = (
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
    "GroupInServiceCapacity",
    "GroupPendingCapacity",
    "GroupStandbyCapacity",
    "GroupTerminatingCapacity",
    "GroupTotalCapacity",
    "WarmPoolDesiredCapacity",
    "WarmPoolWarmedCapacity",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
)
#: What AWS says while it has no capacity left: that may come back, or be found in another zone. Nothing else passes.
#: https://docs.aws.amazon.com/autoscaling/ec2/userguide/CHAP_Troubleshooting.html
_PASSING = ("do not have sufficient", "no spot capacity")
#: How many names one request takes.
#: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html
_BATCH = 50


def list_groups(scope: Scope) -> Iterable[Item]:
    """Groups in scope: what carries the stack's tag, and what is described; a name that is not there is no error."""
    if scope.ids:
        return [_with_failure(scope, item) for item in _named(scope, scope.ids)]
    filters = {} if scope.everything else {"Filters": stack_filter(scope)}
    found = scope.pages(SERVICE, "describe_auto_scaling_groups", "AutoScalingGroups[]", **filters)
    have = {item["AutoScalingGroupName"] for item in found}
    return [*found, *_named(scope, [name for name in scope.names("AutoScalingGroupName") if name not in have])]


def _named(scope: Scope, names: Iterable[str]) -> list[Item]:
    return [
        item
        for batch in batches(sorted(names), _BATCH)
        for item in scope.pages(
            SERVICE, "describe_auto_scaling_groups", "AutoScalingGroups[]", AutoScalingGroupNames=list(batch)
        )
    ]


def _with_failure(scope: Scope, item: Item) -> Item:
    """A group whose instances are waited for, with the reason why the last launch failed, if it did."""
    if group_state(item) != "Launching":
        return item
    answer = scope.call(
        SERVICE, "describe_scaling_activities", AutoScalingGroupName=item["AutoScalingGroupName"], MaxRecords=1
    )
    for activity in answer.get("Activities") or []:
        if activity.get("StatusCode") == "Failed":
            return {**item, "Failure": activity.get("StatusMessage") or activity.get("Description")}
    return item


def group_state(item: Item) -> str:
    """Where a group is: as AWS says while it is deleted, else by its instances, of which it answers no state."""
    if item.get("Status"):
        return "Deleting"
    failure = str(item.get("Failure") or "")
    if failure and not any(words in failure.lower() for words in _PASSING):
        return "LaunchFailed"
    usable = [
        instance
        for instance in item.get("Instances") or []
        if instance.get("LifecycleState") == "InService" and instance.get("HealthStatus") == "Healthy"
    ]
    return "InService" if len(usable) >= int(item.get("DesiredCapacity") or 0) else "Launching"


def subnets(item: Item) -> list[str]:
    """The subnets, which the API writes as one text with commas."""
    return [subnet for subnet in str(item.get("VPCZoneIdentifier") or "").split(",") if subnet]


def metrics_collection(item: Item) -> list[dict[str, Any]]:
    """The metrics that are collected, in CloudFormation's shape."""
    names = [metric["Metric"] for metric in item.get("EnabledMetrics") or []]
    return [{"Granularity": "1Minute", "Metrics": names}] if names else []


def metric_names(value: Any) -> Any:
    """The names of the metrics that are collected: without names, all of them."""
    if not isinstance(value, (list, tuple)):
        return value
    return sorted({name for one in value for name in one.get("Metrics") or GROUP_METRICS})


#: Properties that update_auto_scaling_group can change, beside the number of instances.
_UPDATABLE = {
    "MinSize": Property(),
    "MaxSize": Property(),
    "LaunchTemplate": Property(),
    "MixedInstancesPolicy": Property(),
    "LaunchConfigurationName": Property(),
    "VPCZoneIdentifier": Property(path=subnets, unordered=True),
    "AvailabilityZones": Property(unordered=True),
    "AvailabilityZoneIds": Property(unordered=True),
    "AvailabilityZoneDistribution": Property(),
    "AvailabilityZoneImpairmentPolicy": Property(),
    "HealthCheckType": Property(default="EC2"),
    "HealthCheckGracePeriod": Property(default=0),
    "Cooldown": Property("DefaultCooldown", default=300),
    "DefaultInstanceWarmup": Property(),
    "InstanceMaintenancePolicy": Property(),
    "InstanceLifecyclePolicy": Property(),
    "TerminationPolicies": Property(),
    "NewInstancesProtectedFromScaleIn": Property(default=False),
    "CapacityRebalance": Property(default=False),
    "CapacityReservationSpecification": Property(unordered=True),
    "MaxInstanceLifetime": Property(default=0, unstated=0),
    "PlacementGroup": Property(),
    "ServiceLinkedRoleARN": Property(),
    "DesiredCapacityType": Property(),
    "DeletionProtection": Property(default="none"),
    "Context": Property(),
}
_RENAMED = {"Cooldown": "DefaultCooldown"}
_NUMBERS = ("MinSize", "MaxSize", "Cooldown", "HealthCheckGracePeriod", "DefaultInstanceWarmup", "MaxInstanceLifetime")


def _parameters(work: Work, names: Iterable[str]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name in names:
        value = work.get(name)
        if value is None:
            continue
        if name == "VPCZoneIdentifier":
            value = ",".join(value)
        params[_RENAMED.get(name, name)] = number(value) if name in _NUMBERS else value
    return params


def tag_items(work: Work, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags as a group takes them: all of them are its instances' too."""
    owner = {"ResourceId": work.get("AutoScalingGroupName"), "ResourceType": "auto-scaling-group"}
    return [{**owner, "Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in sorted(tags.items())]


def creation(work: Work) -> dict[str, Any]:
    """The parameters of a new group."""
    params = {
        "AutoScalingGroupName": work.desired["AutoScalingGroupName"],
        **_parameters(work, _UPDATABLE),
        "Tags": tag_items(work, work.tags),
    }
    if not is_empty(work.get("TargetGroupARNs")):
        params["TargetGroupARNs"] = list(work.get("TargetGroupARNs"))
    for name in ("MinSize", "MaxSize", "DesiredCapacity"):
        for given in (f"Initial{name}", name):
            if work.get(given) is not None:
                params[name] = int(work.get(given))
    return params


def change(work: Work) -> dict[str, Any]:
    """The parameters of an update: only what differs."""
    params = {
        "AutoScalingGroupName": work.id,
        **_parameters(work, [name for name in _UPDATABLE if name in work.changed]),
    }
    if "DesiredCapacity" in work.changed:
        params["DesiredCapacity"] = int(work.get("DesiredCapacity"))
    return params


def _set_target_groups(work: Work) -> None:
    stated = set(work.get("TargetGroupARNs") or [])
    present = set(work.existing.properties.get("TargetGroupARNs") or [])
    for operation, arns in (
        ("attach_load_balancer_target_groups", stated - present),
        ("detach_load_balancer_target_groups", present - stated),
    ):
        if arns:
            work.call(SERVICE, operation, AutoScalingGroupName=work.id, TargetGroupARNs=sorted(arns))


def _set_metrics(work: Work) -> None:
    stated = set(metric_names(work.get("MetricsCollection") or []))
    present = set(metric_names(work.existing.properties.get("MetricsCollection") or []))
    if present - stated:
        work.call(SERVICE, "disable_metrics_collection", AutoScalingGroupName=work.id, Metrics=sorted(present - stated))
    if stated - present:
        work.call(
            SERVICE,
            "enable_metrics_collection",
            AutoScalingGroupName=work.id,
            Granularity="1Minute",
            Metrics=sorted(stated - present),
        )


def _empty(work: Work) -> None:
    """Let the instances leave as they do when the group scales in: connections are drained, hooks are heard."""
    instances = work.existing.item.get("Instances") or []
    protected = [one["InstanceId"] for one in instances if one.get("ProtectedFromScaleIn")]
    for batch in batches(protected, _BATCH):
        work.call(
            SERVICE,
            "set_instance_protection",
            AutoScalingGroupName=work.id,
            InstanceIds=list(batch),
            ProtectedFromScaleIn=False,
        )
    work.call(
        SERVICE, "update_auto_scaling_group", AutoScalingGroupName=work.id, MinSize=0, MaxSize=0, DesiredCapacity=0
    )


AUTO_SCALING_GROUP = Kind(
    type=GROUP,
    service=SERVICE,
    title="Auto Scaling group",
    template=Template(
        properties={f"Initial{name}": name for name in ("DesiredCapacity", "MinSize", "MaxSize")},
        attributes={"Arn": "AutoScalingGroupARN"},
        tag_list=lambda tags: [{**tag, "PropagateAtLaunch": True} for tag in tags],
    ),
    id="AutoScalingGroupName",
    key=("AutoScalingGroupName",),
    requires=("AWS::EC2::LaunchTemplate", "AWS::EC2::Subnet"),
    updates_while_busy=True,
    retry_on=CONTENTION,
    list=list_groups,
    properties={
        "AutoScalingGroupName": IMMUTABLE,
        "DesiredCapacity": Property(),
        # Not among CloudFormation's: the number of instances of a new group that others scale, and its bounds.
        "InitialDesiredCapacity": Property("DesiredCapacity", initial=True),
        "InitialMinSize": Property("MinSize", initial=True),
        "InitialMaxSize": Property("MaxSize", initial=True),
        **_UPDATABLE,
        "TargetGroupARNs": Property(unordered=True),
        "MetricsCollection": Property(path=metrics_collection, normalise=metric_names),
    },
    attributes={
        "Arn": Attribute("AutoScalingGroupARN"),
        "AutoScalingGroupARN": Attribute("AutoScalingGroupARN"),
        "Name": Attribute("AutoScalingGroupName", "{AutoScalingGroupName}"),
    },
    states=States(
        group_state,
        ready=frozenset({"InService"}),
        failed=frozenset({"LaunchFailed"}),
        leaving=frozenset({"Deleting"}),
        reason="Failure",
        timeout=1800,
    ),
    create=Call(
        "create_auto_scaling_group",
        creation,
        # A profile that was made a moment ago is not known to EC2 yet.
        retry_on=frozenset({"ValidationError: Invalid IAM Instance Profile", "ValidationError: Invalid IamInstance"}),
    ),
    updates=(
        Update((*_UPDATABLE, "DesiredCapacity"), Call("update_auto_scaling_group", change)),
        Update(("TargetGroupARNs",), _set_target_groups),
        Update(("MetricsCollection",), _set_metrics, on_create=True),
    ),
    tag=Call("create_or_update_tags", lambda w: {"Tags": tag_items(w, w.tags_to_set)}),
    untag=Call(
        "delete_tags",
        lambda w: {
            "Tags": [{"ResourceId": w.id, "ResourceType": "auto-scaling-group", "Key": key} for key in w.tags_to_remove]
        },
    ),
    before_delete=_empty,
    delete=Call(
        "delete_auto_scaling_group",
        lambda w: {"AutoScalingGroupName": w.id},
        retry_on=frozenset({"ResourceInUse"}),
    ),
)
