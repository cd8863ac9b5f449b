# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of EC2 Auto Scaling share."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Item, Scope

SERVICE = "autoscaling"
GROUP = "AWS::AutoScaling::AutoScalingGroup"

#: What a group answers while it works on something else.
#: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html
CONTENTION = frozenset({"ResourceContention", "ScalingActivityInProgress"})


def groups_of_concern(scope: Scope) -> set[str]:
    """The names of the groups whose parts are asked for: the observed ones, and those that are stated."""
    return {*scope.names("AutoScalingGroupName"), *(group.id for group in scope.observed(GROUP))}


def parts(scope: Scope, operation: str, items: str, arn: str) -> list[Item]:
    """The parts of groups in scope that have ARNs: those of all groups by one paginated request.

    Args:
        operation: e.g. `describe_policies`.
        items: JMESPath of the list in a page.
        arn: the member that holds a part's ARN, by which it is identified.
    """
    if scope.ids:
        groups = sorted({group_in(identifier) for identifier in scope.ids})
        found = [
            item for group in groups for item in scope.pages(SERVICE, operation, items, AutoScalingGroupName=group)
        ]
        return [item for item in found if item[arn] in scope.ids]
    wanted = groups_of_concern(scope)
    if not wanted and not scope.everything:
        return []
    found = scope.pages(SERVICE, operation, items)
    return [item for item in found if scope.everything or item["AutoScalingGroupName"] in wanted]


def group_in(arn: str) -> str:
    """The name of the group in the ARN of one of its parts: `...:autoScalingGroupName/web:policyName/out`."""
    return arn.split(":autoScalingGroupName/", 1)[1].rsplit(":", 1)[0]


def number(value: Any) -> Any:
    """A number that is stated as text, as CloudFormation takes some, as the API takes it."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value
