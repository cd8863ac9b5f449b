# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Named configurations: metrics, analytics, Intelligent-Tiering, inventory.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html and its siblings
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.overlay.s3.operations import Handlers
from twin.patch import Parameters, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

_MOST = 1000
_PAGE = 100
# Consecutive days without access.
_TIERS = {"ARCHIVE_ACCESS": (90, 730), "DEEP_ARCHIVE_ACCESS": (180, 730)}


def install(world: World, handlers: Handlers) -> None:
    for kind in ("Metrics", "Analytics", "IntelligentTiering", "Inventory"):
        _install(handlers, kind)


def _install(handlers: Handlers, kind: str) -> None:
    member = f"{kind}Configuration"

    def kept(response: Any, asked: Parameters) -> dict[str, Any]:
        found: dict[str, Any] = notes(response.backend.get_bucket(asked["Bucket"]), member)
        return found

    @handlers.operation(f"PutBucket{member}")
    def put(response: Any, asked: Parameters) -> None:
        known, wanted = kept(response, asked), asked.get(member) or {}
        if wanted.get("Id") != asked["Id"]:
            refuse("InvalidArgument", "The configuration's Id must be the one in the request", 400)
        if asked["Id"] not in known and len(known) >= _MOST:
            refuse(
                "TooManyConfigurations",
                "You are attempting to create a new configuration but have already reached the 1,000-configuration"
                " limit.",
                400,
            )
        for tier in wanted.get("Tierings") or []:
            least, most = _TIERS.get(tier["AccessTier"], (0, 0))
            if not least <= tier["Days"] <= most:
                refuse("InvalidArgument", f"Days for {tier['AccessTier']} must be between {least} and {most}", 400)
        known[asked["Id"]] = wanted

    def read(response: Any, asked: Parameters) -> dict[str, Any]:
        """Asked for one by its id, or for all: S3 tells the two apart by the id alone."""
        known = kept(response, asked)
        identifier = response.querystring.get("id")
        if identifier:
            if identifier[0] not in known:
                refuse("NoSuchConfiguration", "The specified configuration does not exist.", 404)
            return {member: known[identifier[0]]}
        last = asked.get("ContinuationToken") or ""
        names = [name for name in sorted(known) if name > last]
        page = names[:_PAGE]
        more = {"NextContinuationToken": page[-1]} if len(names) > _PAGE else {}
        return {"IsTruncated": bool(more), f"{member}List": [known[name] for name in page], **more}

    handlers.operation(f"GetBucket{member}")(read)
    handlers.operation(f"ListBucket{member}s")(read)

    @handlers.operation(f"DeleteBucket{member}")
    def delete(response: Any, asked: Parameters) -> None:
        if kept(response, asked).pop(asked["Id"], None) is None:
            refuse("NoSuchConfiguration", "The specified configuration does not exist.", 404)
