# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Application Auto Scaling: scalable targets and their policies."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..engine.template import Template
from .requests import unless
from .shared import IMMUTABLE, MUTABLE, WRITE_ONLY, tag_index

SERVICE = "application-autoscaling"
_ECS_SERVICE = "AWS::ECS::Service"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"

#: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
_NAMESPACES = (
    "appstream",
    "cassandra",
    "comprehend",
    "custom-resource",
    "dynamodb",
    "ec2",
    "ecs",
    "elasticache",
    "elasticmapreduce",
    "kafka",
    "lambda",
    "neptune",
    "rds",
    "sagemaker",
    "workspaces",
)


class TargetId(NamedTuple):
    """What names a scalable target."""

    resource_id: str
    dimension: str
    namespace: str

    def __str__(self) -> str:
        """As CloudFormation's `Ref` answers it: `service/web/api|ecs:service:DesiredCount|ecs`."""
        return "|".join(self)

    @classmethod
    def parse(cls, text: str) -> TargetId:
        return cls(*text.split("|"))

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> TargetId | None:
        """The target that an answer, or some properties, name; None while a part of it is not known."""
        parts = [properties.get(name) for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")]
        known = [part for part in parts if isinstance(part, str)]
        return cls(*known) if len(known) == len(parts) else None

    def parameters(self) -> dict[str, str]:
        """As requests want it."""
        return {
            "ServiceNamespace": self.namespace,
            "ResourceId": self.resource_id,
            "ScalableDimension": self.dimension,
        }


def _target_id(item: Item) -> str:
    return str(TargetId.of(item) or "")


def _of(work: Work) -> dict[str, str]:
    """The parameters that name the target of a resource that exists or is described."""
    found = TargetId.of(work.current.properties if work.current else work.desired)
    if found is None:
        raise ValueError(f"{work.address}: ServiceNamespace, ResourceId and ScalableDimension must be stated")
    return found.parameters()


# Scalable targets


def list_targets(scope: Scope) -> Iterable[Item]:
    """Scalable targets in scope with their tags and scheduled actions.

    The API lists one namespace at a time. The namespaces of what is described come first; the others are asked only
    while the tag index knows a target of ours that has not been found.
    """
    if scope.ids:
        chosen = [TargetId.parse(identifier) for identifier in scope.ids]
        return [
            item
            for namespace in sorted({target.namespace for target in chosen})
            for item in _targets(scope, namespace, {t for t in chosen if t.namespace == namespace})
        ]
    wanted = {target for properties in scope.wanted if (target := TargetId.of(properties))}
    services = {
        f"service/{service.properties['Cluster']}/{service.properties['ServiceName']}"
        for service in scope.observed(_ECS_SERVICE)
    }
    missing = {arn for arn in tag_index(scope) if ":application-autoscaling:" in arn and ":scalable-target/" in arn}
    likely = {target.namespace for target in wanted} | ({"ecs"} if services else set())
    found: list[Item] = []
    for namespace in sorted(likely) + sorted(set(_NAMESPACES) - likely):
        if namespace not in likely and not missing and not scope.everything:
            break
        for item in scope.pages(SERVICE, "describe_scalable_targets", "ScalableTargets[]", ServiceNamespace=namespace):
            arn = item.get("ScalableTargetARN")
            is_ours = arn in missing or TargetId.of(item) in wanted or item["ResourceId"] in services
            missing.discard(arn)
            if is_ours or scope.everything:
                found.append(item)
    return _enriched(scope, found)


def _targets(scope: Scope, namespace: str, chosen: set[TargetId]) -> list[Item]:
    found = scope.pages(
        SERVICE,
        "describe_scalable_targets",
        "ScalableTargets[]",
        ServiceNamespace=namespace,
        ResourceIds=sorted({target.resource_id for target in chosen}),
    )
    return _enriched(scope, [item for item in found if TargetId.of(item) in chosen])


def _enriched(scope: Scope, items: list[Item]) -> list[Item]:
    actions = {
        namespace: scope.pages(SERVICE, "describe_scheduled_actions", "ScheduledActions[]", ServiceNamespace=namespace)
        for namespace in {item["ServiceNamespace"] for item in items}
    }
    return [
        {
            **item,
            "Tags": _tags(scope, item.get("ScalableTargetARN", "")),
            "ScheduledActions": [
                action
                for action in actions[item["ServiceNamespace"]]
                if action["ResourceId"] == item["ResourceId"]
                and action.get("ScalableDimension") == item["ScalableDimension"]
            ],
        }
        for item in items
    ]


def _tags(scope: Scope, arn: str) -> Mapping[str, str]:
    # A target that was registered before targets had ARNs cannot carry tags.
    answer = unless((), lambda: scope.call(SERVICE, "list_tags_for_resource", ResourceARN=arn)) if arn else None
    tags: Mapping[str, str] = (answer or {}).get("Tags") or {}
    return tags


_ACTION_MEMBERS = ("ScheduledActionName", "Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")


def normalise_scheduled_actions(actions: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Scheduled actions sorted by name, times as ISO 8601 in UTC, in UTC unless a time zone is said."""
    plain = [
        {"Timezone": "UTC"}
        | {
            name: _instant(action[name]) if name in ("StartTime", "EndTime") else action[name]
            for name in _ACTION_MEMBERS
            if action.get(name) is not None
        }
        for action in actions or []
    ]
    return sorted(plain, key=lambda action: str(action.get("ScheduledActionName")))


def _instant(value: Any) -> str:
    moment = value
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


#: A target that scales in, scales out and heeds its schedule.
NOT_SUSPENDED = dict.fromkeys(
    ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
)


def _set_scheduled_actions(work: Work) -> None:
    """Put the stated scheduled actions and delete the others."""
    stated = normalise_scheduled_actions(work.get("ScheduledActions"))
    present = normalise_scheduled_actions(work.current.properties.get("ScheduledActions") if work.current else None)
    names = {action["ScheduledActionName"] for action in stated}
    for action in stated:
        if action not in present:
            work.call(SERVICE, "put_scheduled_action", **_of(work), **action)
    for action in present:
        if action["ScheduledActionName"] not in names:
            work.call(
                SERVICE, "delete_scheduled_action", **_of(work), ScheduledActionName=action["ScheduledActionName"]
            )


SCALABLE_TARGET = Kind(
    type=_TARGET,
    service=SERVICE,
    title="scalable target",
    template=Template(attributes={"Arn": ""}),
    id=_target_id,
    key=("ServiceNamespace", "ResourceId", "ScalableDimension"),
    requires=(_ECS_SERVICE,),
    list=list_targets,
    properties={
        "ServiceNamespace": IMMUTABLE,
        "ResourceId": IMMUTABLE,
        "ScalableDimension": IMMUTABLE,
        "MinCapacity": MUTABLE,
        "MaxCapacity": MUTABLE,
        "SuspendedState": Property(unstated=NOT_SUSPENDED),
        "RoleARN": WRITE_ONLY,
        "ScheduledActions": Property(normalise=normalise_scheduled_actions, exact=True, unstated=[]),
    },
    attributes={
        "Id": Attribute(_target_id, "{ResourceId}|{ScalableDimension}|{ServiceNamespace}"),
        "Arn": Attribute("ScalableTargetARN"),
    },
    create=Call(
        "register_scalable_target",
        lambda w: {
            **_of(w),
            **w.pick("MinCapacity", "MaxCapacity", "SuspendedState", "RoleARN"),
            "Tags": dict(w.tags),
        },
    ),
    updates=(
        Update(
            ("MinCapacity", "MaxCapacity", "SuspendedState"),
            Call(
                "register_scalable_target",
                lambda w: {**_of(w), **w.pick("MinCapacity", "MaxCapacity", "SuspendedState", "RoleARN")},
                retry_on=frozenset({"ConcurrentUpdateException"}),
            ),
        ),
        Update(("ScheduledActions",), _set_scheduled_actions, on_create=True),
    ),
    tag=Call("tag_resource", lambda w: {"ResourceARN": w.attributes["Arn"], "Tags": dict(w.tags_to_set)}),
    untag=Call("untag_resource", lambda w: {"ResourceARN": w.attributes["Arn"], "TagKeys": list(w.tags_to_remove)}),
    delete=Call(
        "deregister_scalable_target",
        _of,
        # Nothing left to deregister: it went with the service that it scaled.
        ignore=frozenset({"ObjectNotFoundException"}),
        retry_on=frozenset({"ConcurrentUpdateException"}),
    ),
)


# Scaling policies


def list_policies(scope: Scope) -> Iterable[Item]:
    """The policies of our scalable targets and of the described ones: one request for each namespace."""
    if scope.ids:
        return [item for arn in scope.ids for item in _policy(scope, arn)]
    targets = {TargetId.parse(target.id) for target in scope.observed(_TARGET)}
    targets |= {target for properties in scope.wanted if (target := TargetId.of(properties))}
    namespaces = set(_NAMESPACES) if scope.everything else {target.namespace for target in targets}
    return [
        item
        for namespace in sorted(namespaces)
        for item in scope.pages(SERVICE, "describe_scaling_policies", "ScalingPolicies[]", ServiceNamespace=namespace)
        if scope.everything or TargetId.of(item) in targets
    ]


def policy_place(arn: str) -> tuple[str, str]:
    """The namespace and the resource id in the ARN of a policy.

    It ends in `resource/ecs/service/web/api:policyName/cpu`.
    """
    resource = arn.split(":resource/", 1)[1].split(":policyName/", 1)[0]
    namespace, _slash, resource_id = resource.partition("/")
    return namespace, resource_id


def _policy(scope: Scope, arn: str) -> list[Item]:
    namespace, resource_id = policy_place(arn)
    found = scope.pages(
        SERVICE,
        "describe_scaling_policies",
        "ScalingPolicies[]",
        ServiceNamespace=namespace,
        ResourceId=resource_id,
    )
    return [item for item in found if item["PolicyARN"] == arn]


_CONFIGURATIONS = (
    "PolicyType",
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)

#: Makes a policy or replaces its configuration; the answer holds no more than the ARN.
_PUT = Call(
    "put_scaling_policy",
    lambda w: {**_of(w), **w.pick("PolicyName", *_CONFIGURATIONS)},
    retry_on=frozenset({"ConcurrentUpdateException", "ObjectNotFoundException"}),
)

SCALING_POLICY = Kind(
    type="AWS::ApplicationAutoScaling::ScalingPolicy",
    service=SERVICE,
    title="scaling policy",
    id="PolicyARN",
    key=("ServiceNamespace", "ResourceId", "ScalableDimension", "PolicyName"),
    requires=(_TARGET,),
    part_of="ScalingTargetId",
    tags=None,
    list=list_policies,
    properties={
        "PolicyName": IMMUTABLE,
        "ServiceNamespace": IMMUTABLE,
        "ResourceId": IMMUTABLE,
        "ScalableDimension": IMMUTABLE,
        "ScalingTargetId": Property(_target_id, immutable=True),
        "PolicyType": MUTABLE,
        "TargetTrackingScalingPolicyConfiguration": Property(unordered=True),
        "StepScalingPolicyConfiguration": Property(unordered=True),
        "PredictiveScalingPolicyConfiguration": Property(unordered=True),
    },
    attributes={
        "Arn": Attribute("PolicyARN"),
    },
    create=_PUT,
    updates=(Update(_CONFIGURATIONS, _PUT),),
    delete=Call(
        "delete_scaling_policy",
        lambda w: {**_of(w), **w.pick("PolicyName")},
        ignore=frozenset({"ObjectNotFoundException"}),
    ),
)

KINDS = (SCALABLE_TARGET, SCALING_POLICY)
