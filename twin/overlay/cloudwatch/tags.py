# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags on alarms, composite alarms, Contributor Insights rules and dashboards; moto has only alarms.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.core.resource_tagging import TaggedResource

from twin.patch import around
from twin.refusal import refuse


def install() -> None:
    @around(CloudWatchBackend, "tag_resource")
    def tag(_: Any, backend: CloudWatchBackend, arn: str, tags: dict[str, str]) -> None:
        _check(backend, arn)
        backend.tagger.tag_resource(arn, backend.tagger.convert_dict_to_tags_input(tags))

    @around(CloudWatchBackend, "untag_resource")
    def untag(_: Any, backend: CloudWatchBackend, arn: str, keys: list[str]) -> None:
        _check(backend, arn)
        backend.tagger.untag_resource_using_names(arn, keys)

    @around(CloudWatchBackend, "list_tags_for_resource")
    def list_tags(_: Any, backend: CloudWatchBackend, arn: str) -> dict[str, str]:
        _check(backend, arn)
        return backend.tagger.get_tag_dict_for_resource(arn)

    @around(CloudWatchBackend, "iter_tagged_resources")
    def tagged(_: Any, backend: CloudWatchBackend) -> Iterator[TaggedResource]:
        for arn, kind in _taggable(backend).items():
            yield TaggedResource(arn, backend.tagger.get_tag_dict_for_resource(arn), f"cloudwatch:{kind}")


def _taggable(backend: CloudWatchBackend) -> dict[str, str]:
    """The type of each thing that can have tags, by ARN."""
    place = f"arn:{backend.partition}:cloudwatch:{backend.region_name}:{backend.account_id}"
    return {
        **{alarm.alarm_arn: "alarm" for alarm in backend.alarms.values()},
        **{f"{place}:insight-rule/{name}": "insight-rule" for name in backend.insight_rules},
        **{dashboard.arn: "dashboard" for dashboard in backend.dashboards.values()},
    }


def _check(backend: CloudWatchBackend, arn: str) -> None:
    if arn not in _taggable(backend):
        refuse("ResourceNotFoundException", f"{arn} does not exist.")
