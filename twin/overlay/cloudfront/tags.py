# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags of distributions and functions. They belong to no region; the tagging API shows them in us-east-1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.cloudfront.models import cloudfront_backends
from moto.cloudfront.responses import CloudFrontResponse

from twin.overlay import _tagged
from twin.overlay.cloudfront import store as kept
from twin.overlay.cloudfront.store import store, store_of
from twin.patch import Parameters, existing, operation
from twin.refusal import refuse


def install() -> None:
    @operation(CloudFrontResponse, "TagResource")
    def tag(response: Any, asked: Parameters) -> None:
        given = kept.elements(asked["Tags"])
        _of(response, asked).update({one["Key"]: one.get("Value") or "" for one in given})

    @operation(CloudFrontResponse, "UntagResource")
    def untag(response: Any, asked: Parameters) -> None:
        for key in kept.elements(asked["TagKeys"]):
            _of(response, asked).pop(key, None)

    @operation(CloudFrontResponse, "ListTagsForResource")
    def list_tags(response: Any, asked: Parameters) -> dict[str, Any]:
        tags = _of(response, asked)
        return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}}

    @_tagged.collector("cloudfront")
    def collect(account: str, region: str) -> Iterator[_tagged.Tagged]:
        backend: Any = existing(cloudfront_backends, account, "aws") if region == "us-east-1" else None
        for arn, tags in list(store_of(backend).tags.items()) if backend else []:
            yield arn, dict(tags)


def _of(response: Any, asked: Parameters) -> dict[str, str]:
    tags = store(response).tags.get(asked["Resource"])
    if tags is None:
        refuse("NoSuchResource", "A resource that was specified is not valid.", 404)
    return tags
