# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags of groups; those that propagate are the instances' from their launch on."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse as Response

from twin.overlay.autoscaling.groups import tag_items
from twin.overlay.autoscaling.store import Answer, find_group, invalid, paged, store
from twin.patch import Parameters, operation
from twin.world import World


def install(world: World) -> None:
    @operation(Response, "CreateOrUpdateTags")
    def put(response: Response, p: Parameters) -> None:
        here = store(response)
        for tag in p["Tags"]:
            group = find_group(here, tag.get("ResourceId") or "")
            (new,) = tag_items(tag["ResourceId"], [tag])
            group["Tags"] = [one for one in group["Tags"] if one["Key"] != new["Key"]] + [new]

    @operation(Response, "DeleteTags")
    def delete(response: Response, p: Parameters) -> None:
        here = store(response)
        for tag in p["Tags"]:
            group = find_group(here, tag.get("ResourceId") or "")
            group["Tags"] = [one for one in group["Tags"] if one["Key"] != tag["Key"]]

    @operation(Response, "DescribeTags")
    def describe(response: Response, p: Parameters) -> Answer:
        found = [tag for group in store(response).groups.values() for tag in group["Tags"]]
        for one in p.get("Filters") or []:
            found = [tag for tag in found if _value(tag, one["Name"]) in one["Values"]]
        return paged(found, p, "Tags")


def _value(tag: Answer, name: str) -> Any:
    members = {"auto-scaling-group": "ResourceId", "key": "Key", "value": "Value"}
    if name == "propagate-at-launch":
        return str(tag["PropagateAtLaunch"]).lower()
    if name not in members:
        invalid(f"Filter type {name} is not correct.")
    return tag[members[name]]
