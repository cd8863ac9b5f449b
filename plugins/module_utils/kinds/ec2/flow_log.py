# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::FlowLog, to CloudWatch Logs, S3 or Firehose. Nothing about one can be changed but its tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Attribute, Item, Kind, NaturalKey, Property, Scope, States, Work
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, tag_specifications
from .reading import matching, objects, wanted_keys
from .unsuccessful import raise_unsuccessful

_TYPES = {
    "vpc": "VPC",
    "subnet": "Subnet",
    "eni": "NetworkInterface",
    "tgw": "TransitGateway",
    "tgw-attach": "TransitGatewayAttachment",
    "nat": "RegionalNatGateway",
}
_LOGGED = ("AWS::EC2::VPC", "AWS::EC2::Subnet")
_CREATE = (
    "ResourceType",
    "TrafficType",
    "DeliverCrossAccountRole",
    "DeliverLogsPermissionArn",
    "DestinationOptions",
    "LogDestination",
    "LogDestinationType",
    "LogFormat",
    "LogGroupName",
    "MaxAggregationInterval",
    "TagFieldSpecifications",
)


def destination_arn(value: Any) -> Any:
    """A destination's ARN without the `:*` that may end a log group's and the `/` that may end a bucket's."""
    return value.removesuffix(":*").rstrip("/") if isinstance(value, str) else value


def key_of(properties: Mapping[str, Any]) -> NaturalKey | None:
    """AWS refuses a second flow log of a resource to the same destination."""
    resource, group = properties.get("ResourceId"), properties.get("LogGroupName")
    arn = destination_arn(properties.get("LogDestination"))
    if isinstance(arn, str) and ":log-group:" in arn:
        group = group or arn.split(":log-group:", 1)[1]
    destination = group or arn
    if not isinstance(resource, str) or not isinstance(destination, str):
        return None
    return (resource, destination)


def resource_type(item: Item) -> str | None:
    """The type of the resource that is logged, which the API takes and does not answer."""
    return _TYPES.get(str(item.get("ResourceId", "")).rsplit("-", 1)[0])


def _list(scope: Scope) -> list[Item]:
    found = objects(scope, "describe_flow_logs", "FlowLogs[]", "flow-log-id", param="Filter")
    if scope.ids or scope.everything:
        return found
    stated = {key for (key,) in wanted_keys(scope, ["ResourceId"])}
    if len(scope.wanted) > len(found):
        stated |= {observed.id for kind in _LOGGED for observed in scope.observed(kind)}
    stated -= {item["ResourceId"] for item in found}
    return found + matching(scope, "describe_flow_logs", "FlowLogs[]", {"resource-id": stated}, "Filter")


def _create(work: Work) -> Item:
    answer = work.call(
        "ec2",
        "create_flow_logs",
        ResourceIds=[work.desired["ResourceId"]],
        **work.pick(*_CREATE),
        ClientToken=work.token,
        TagSpecifications=tag_specifications("vpc-flow-log", work.tags),
    )
    raise_unsuccessful(answer, "create_flow_logs")
    return {**work.desired, "FlowLogId": answer["FlowLogIds"][0], "FlowLogStatus": "ACTIVE"}


def _delete(work: Work) -> None:
    answer = work.call("ec2", "delete_flow_logs", FlowLogIds=[work.id])
    try:
        raise_unsuccessful(answer, "delete_flow_logs")
    except ApiError as error:
        if not error.missing:
            raise


FLOW_LOG = Kind(
    type="AWS::EC2::FlowLog",
    service="ec2",
    title="flow log",
    id="FlowLogId",
    properties={
        **{name: IMMUTABLE for name in _CREATE},
        "ResourceId": IMMUTABLE,
        "ResourceType": Property(path=resource_type, immutable=True),
        "LogDestination": Property(immutable=True, normalise=destination_arn),
        "LogDestinationType": Property(immutable=True, default="cloud-watch-logs"),
        "MaxAggregationInterval": Property(immutable=True, default=600),
    },
    attributes={"Id": Attribute("FlowLogId")},
    key=("ResourceId", "LogGroupName", "LogDestination"),
    key_of=key_of,
    requires=_LOGGED,
    list=_list,
    states=States("FlowLogStatus", ready=frozenset({"ACTIVE"}), reason="DeliverLogsErrorMessage", timeout=300),
    create=_create,
    delete=_delete,
    tag=EC2_TAG,
    untag=EC2_UNTAG,
)
