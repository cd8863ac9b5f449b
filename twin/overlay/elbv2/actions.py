# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Actions and conditions as AWS gives them back: with every default filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.elbv2.models import FakeAction, FakeListenerRule

from twin.patch import around

if TYPE_CHECKING:
    from twin.world import World

_REDIRECT = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}


def install(world: World) -> None:
    @around(FakeAction, "__init__")
    def action(original: Any, self: Any, data: dict[str, Any]) -> None:
        original(self, filled(data))

    @around(FakeListenerRule, "__init__")
    def rule(original: Any, self: Any, listener: str, arn: str, conditions: Any, priority: Any, actions: Any) -> None:
        original(self, listener, arn, [both(c) for c in conditions], priority, actions)


def filled(data: dict[str, Any]) -> dict[str, Any]:
    """A forward to one group carries its ARN twice; a redirect carries the parts that it keeps."""
    data = dict(data)
    if data.get("Type") == "forward":
        groups = (data.get("ForwardConfig") or {}).get("TargetGroups") or []
        if not groups and "TargetGroupArn" in data:
            groups = [{"TargetGroupArn": data["TargetGroupArn"]}]
        sticky = (data.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
        data["ForwardConfig"] = {
            "TargetGroups": [{"Weight": 1, **group} for group in groups],
            "TargetGroupStickinessConfig": sticky,
        }
        if len(groups) == 1:
            data["TargetGroupArn"] = groups[0]["TargetGroupArn"]
        else:
            data.pop("TargetGroupArn", None)
    if data.get("Type") == "redirect":
        data["RedirectConfig"] = {**_REDIRECT, **(data.get("RedirectConfig") or {})}
    return data


def both(condition: dict[str, Any]) -> dict[str, Any]:
    """A condition on path or host carries its values in the old place and in the new."""
    place = {"path-pattern": "PathPatternConfig", "host-header": "HostHeaderConfig"}.get(condition.get("Field", ""))
    if place is None:
        return condition
    values = (condition.get(place) or {}).get("Values") or condition.get("Values") or []
    return {**condition, "Values": values, place: {"Values": values}}
