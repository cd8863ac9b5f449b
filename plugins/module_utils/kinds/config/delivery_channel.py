# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where Config delivers to; a region has one delivery channel."""

from __future__ import annotations

from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ..requests import pruned
from .common import DEFAULT_NAME, api_names, template_names, the_only_one
from .recorder import RECORDER

_MEMBERS = {
    "S3BucketName": "s3BucketName",
    "S3KeyPrefix": "s3KeyPrefix",
    "S3KmsKeyArn": "s3KmsKeyArn",
    "SnsTopicARN": "snsTopicARN",
}


def list_channels(scope: Scope) -> list[Item]:
    """The region's delivery channel, whose it is: whoever owns the recorder owns it too."""
    found = scope.call("config", "describe_delivery_channels")["DeliveryChannels"]
    return [one for one in found if not scope.ids or one["name"] in scope.ids]


def _properties(item: Item) -> Any:
    return template_names(item.get("configSnapshotDeliveryProperties"))


def _put(work: Work) -> dict[str, Any]:
    """The whole channel: the request forgets what it is not told."""
    channel = {
        "name": work.id if work.current else work.get("Name") or DEFAULT_NAME,
        **{member: work.merged(name) for name, member in _MEMBERS.items()},
        "configSnapshotDeliveryProperties": api_names(work.merged("ConfigSnapshotDeliveryProperties")),
    }
    return {"DeliveryChannel": pruned(channel)}


_PUT = Call("put_delivery_channel", _put, retry_on=frozenset({"InsufficientDeliveryPolicyException"}))

CONFIG_DELIVERY_CHANNEL = Kind(
    type="AWS::Config::DeliveryChannel",
    service="config",
    title="delivery channel",
    id="name",
    key=("Name",),
    key_of=the_only_one,
    requires=(RECORDER, "AWS::S3::BucketPolicy"),
    tags=None,
    properties={
        "Name": Property(path="name", immutable=True),
        **{name: Property(path=member, unstated=None) for name, member in _MEMBERS.items() if name != "S3BucketName"},
        "S3BucketName": Property(path="s3BucketName"),
        "ConfigSnapshotDeliveryProperties": Property(path=_properties),
    },
    attributes={"Name": Attribute("name", lambda facts: facts.get("Name") or DEFAULT_NAME)},
    list=list_channels,
    create=_PUT,
    updates=(Update((*_MEMBERS, "ConfigSnapshotDeliveryProperties"), _PUT),),
    # The recorder, stopped a moment ago, may still count as running.
    delete=Call(
        "delete_delivery_channel",
        lambda w: {"DeliveryChannelName": w.id},
        retry_on=frozenset({"LastDeliveryChannelDeleteFailedException"}),
    ),
)
