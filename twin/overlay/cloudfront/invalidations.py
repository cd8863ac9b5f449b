# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Invalidations, which take a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cloudfront.responses import CloudFrontResponse

from twin.overlay._lifecycle import Record
from twin.overlay.cloudfront import store as kept
from twin.overlay.cloudfront.store import store
from twin.patch import Parameters, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    @operation(CloudFrontResponse, "CreateInvalidation")
    def create(response: Any, asked: Parameters) -> dict[str, Any]:
        known = _of(response, asked)
        batch = asked["InvalidationBatch"]
        for path in kept.elements(batch["Paths"]):
            if not path.startswith("/"):
                refuse("InvalidArgument", f"Your request contains a path that does not begin with /: {path}", 400)
        same = [one for one in known if one["InvalidationBatch"]["CallerReference"] == batch["CallerReference"]]
        if same and same[0]["InvalidationBatch"] != batch:
            refuse("InvalidArgument", "The caller reference belongs to another invalidation.", 400)
        if same:
            return {"Invalidation": same[0]}
        made = Record(
            Id="I" + kept.identifier()[1:], Status="InProgress", CreateTime=kept.now(), InvalidationBatch=batch
        )
        known.append(made)
        world.schedule(world.delay("cloudfront.invalidation"), lambda: made.update(Status="Completed"))
        return {"Invalidation": made}

    @operation(CloudFrontResponse, "GetInvalidation")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        for one in _of(response, asked):
            if one["Id"] == asked["Id"]:
                return {"Invalidation": one}
        refuse("NoSuchInvalidation", "The specified invalidation does not exist.", 404)

    @operation(CloudFrontResponse, "ListInvalidations")
    def list_all(response: Any, asked: Parameters) -> dict[str, Any]:
        return {"InvalidationList": kept.listed([(one["Id"], one) for one in _of(response, asked)], asked)}


def _of(response: Any, asked: Parameters) -> list[Record]:
    if asked["DistributionId"] not in store(response).distributions:
        refuse("NoSuchDistribution", "The specified distribution does not exist.", 404)
    return store(response).invalidations.setdefault(asked["DistributionId"], [])
