# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.elbv2.responses import ELBV2Response

from twin.patch import Parameters, after
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_KEYS = {"DescribeTargetGroups": "TargetGroups", "DescribeListeners": "Listeners"}


def install(world: World) -> None:
    @after(ELBV2Response, *_KEYS)
    def page(response: Any, asked: Parameters, result: Any) -> Any:
        key = _KEYS[response._get_action()]
        items = list(result[key])
        arns = [item.arn for item in items]
        start = 0
        if asked.get("Marker"):
            if asked["Marker"] not in arns:
                refuse("ValidationError", f"Invalid marker '{asked['Marker']}'")
            start = arns.index(asked["Marker"]) + 1
        end = start + asked.get("PageSize", 400)
        return {key: items[start:end], "NextMarker": arns[end - 1] if end < len(items) else None}
