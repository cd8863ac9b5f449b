# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GetResources over every service of the twin.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from moto.core.resource_tagging import make_tag_matcher
from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse

from twin.overlay import _tagged
from twin.patch import Parameters, operation
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def install(world: World) -> None:
    _tagged.install()

    @operation(ResourceGroupsTaggingAPIResponse, "GetResources")
    def get_resources(response: Any, asked: Parameters) -> dict[str, Any]:
        arns = asked.get("ResourceARNList")
        if arns and (asked.get("TagFilters") or asked.get("ResourceTypeFilters") or asked.get("ResourcesPerPage")):
            refuse(
                "InvalidParameterException",
                "ResourceARNList cannot be combined with TagFilters, ResourceTypeFilters or ResourcesPerPage",
            )
        size = asked.get("ResourcesPerPage", 50)
        if not 1 <= size <= 100:
            refuse("InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
        if len(asked.get("TagFilters") or []) > 50:
            refuse("InvalidParameterException", "At most 50 TagFilters can be specified")
        last = _last(asked.get("PaginationToken"))
        wanted = make_tag_matcher(asked.get("TagFilters"))
        types = asked.get("ResourceTypeFilters") or []
        found = sorted(
            (arn, tags)
            for arn, tags in _all(response)
            if arn > last and wanted(tags) and (not types or _of_type(arn, types)) and (not arns or arn in arns)
        )
        page = found[:size]
        token = base64.urlsafe_b64encode(page[-1][0].encode()).decode() if len(found) > size else ""
        return {
            "ResourceTagMappingList": [{"ResourceARN": arn, "Tags": _list(tags)} for arn, tags in page],
            "PaginationToken": token,
        }

    @operation(ResourceGroupsTaggingAPIResponse, "GetTagKeys")
    def keys(response: Any, asked: Parameters) -> dict[str, Any]:
        return {"TagKeys": sorted({key for _, tags in _all(response) for key in tags}), "PaginationToken": ""}

    @operation(ResourceGroupsTaggingAPIResponse, "GetTagValues")
    def values(response: Any, asked: Parameters) -> dict[str, Any]:
        key = asked["Key"]
        found = {tags[key] for _, tags in _all(response) if key in tags}
        return {"TagValues": sorted(found), "PaginationToken": ""}


def _all(response: Any) -> list[_tagged.Tagged]:
    account, region = response.current_account, response.region
    # A dict: no order of tags or double report of one resource may show.
    found = {arn: tags for collect in _tagged.COLLECTORS.values() for arn, tags in collect(account, region) if tags}
    return list(found.items())


def _list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _of_type(arn: str, wanted: list[str]) -> bool:
    """``service`` or ``service:type``; the type is what stands before the name in the ARN."""
    _, _, service, _, _, resource = arn.split(":", 5)
    kind = "bucket" if service == "s3" else resource.replace(":", "/")
    for one in wanted:
        name, _, of = one.partition(":")
        if name == service and (not of or kind == of or kind.startswith(f"{of}/")):
            return True
    return False


def _last(token: str | None) -> str:
    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        refuse("PaginationTokenExpiredException", "A PaginationToken is valid for a maximum of 15 minutes.")
