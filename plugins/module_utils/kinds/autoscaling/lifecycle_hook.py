# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::AutoScaling::LifecycleHook."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import given, is_empty
from ..shared import IMMUTABLE
from .common import CONTENTION, GROUP, SERVICE, groups_of_concern

_MUTABLE = (
    "LifecycleTransition",
    "DefaultResult",
    "HeartbeatTimeout",
    "NotificationMetadata",
    "NotificationTargetARN",
    "RoleARN",
)
#: CodeDeploy puts hooks of its own on the groups that it deploys to, and ECS on those of its capacity providers.
#: https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html
#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html
_OTHERS = ("CodeDeploy-managed-", "ecs-managed-draining-termination-hook")


def _list(scope: Scope) -> list[Item]:
    """The hooks of the groups in scope; the API answers those of one group at a time."""
    groups = {identifier.split("|")[0] for identifier in scope.ids} or groups_of_concern(scope)
    if scope.everything and not scope.ids:
        groups = set(scope.pages(SERVICE, "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName"))
    found = [item for group in sorted(groups) for item in _of_group(scope, group)]
    return [
        item
        for item in found
        if not item["LifecycleHookName"].startswith(_OTHERS) and (not scope.ids or _identifier(item) in scope.ids)
    ]


def _of_group(scope: Scope, group: str) -> list[Item]:
    ask = partial(scope.call, SERVICE, "describe_lifecycle_hooks", AutoScalingGroupName=group)
    try:
        return list(ask()["LifecycleHooks"])
    except ApiError as error:
        # A described group that does not exist yet.
        if error.missing or (error.code == "ValidationError" and "not found" in error.message):
            return []
        raise


def _identifier(item: Item) -> str:
    return f"{item.get('AutoScalingGroupName')}|{item.get('LifecycleHookName')}"


def _parameters(work: Work) -> dict[str, Any]:
    return given(work, "AutoScalingGroupName", "LifecycleHookName", *_MUTABLE)


def _names(work: Work) -> dict[str, Any]:
    return work.pick("AutoScalingGroupName", "LifecycleHookName")


def _take_away(work: Work) -> None:
    """A put leaves what it is not told, so a hook that loses something is made anew; instances that wait go on."""
    if any(is_empty(work.desired[name]) for name in work.changed):
        work.call(SERVICE, "delete_lifecycle_hook", **_names(work))


_PUT = Call(
    "put_lifecycle_hook",
    _parameters,
    # A role or topic that was made a moment ago cannot be used everywhere yet.
    retry_on=frozenset({"ValidationError: Unable to publish test message"}),
)

LIFECYCLE_HOOK = Kind(
    type="AWS::AutoScaling::LifecycleHook",
    service=SERVICE,
    title="lifecycle hook",
    template=Template(ref="LifecycleHookName"),
    id=_identifier,
    key=("AutoScalingGroupName", "LifecycleHookName"),
    requires=(GROUP,),
    part_of="AutoScalingGroupName",
    tags=None,
    retry_on=CONTENTION,
    list=_list,
    properties={
        "AutoScalingGroupName": IMMUTABLE,
        "LifecycleHookName": IMMUTABLE,
        **{name: Property() for name in _MUTABLE},
        "HeartbeatTimeout": Property(default=3600),
        "DefaultResult": Property(default="ABANDON"),
        "NotificationMetadata": Property(unstated=None),
    },
    attributes={"LifecycleHookName": Attribute("LifecycleHookName", "{LifecycleHookName}")},
    create=_PUT,
    updates=(Update(_MUTABLE, _take_away), Update(_MUTABLE, _PUT)),
    delete=Call(
        "delete_lifecycle_hook",
        _names,
        ignore=frozenset({"ValidationError"}),
    ),
)
