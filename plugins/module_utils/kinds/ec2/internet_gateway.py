# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::InternetGateway."""

from __future__ import annotations

from ...engine.kind import Attribute, Call, Item, Kind, Scope, Work
from ..shared import EC2_TAG, EC2_UNTAG, tag_specifications
from .reading import matching, stack_objects


def _list(scope: Scope) -> list[Item]:
    if scope.ids:
        filters = {"internet-gateway-id": scope.ids}
        return matching(scope, "describe_internet_gateways", "InternetGateways[]", filters)
    return stack_objects(scope, "describe_internet_gateways", "InternetGateways[]")


def _detach(work: Work) -> None:
    """A gateway that is no longer described takes its attachment with it."""
    attachments = work.current.item.get("Attachments", []) if work.current else []
    for attachment in attachments:
        work.call("ec2", "detach_internet_gateway", InternetGatewayId=work.id, VpcId=attachment["VpcId"])


INTERNET_GATEWAY = Kind(
    type="AWS::EC2::InternetGateway",
    service="ec2",
    title="internet gateway",
    id="InternetGatewayId",
    properties={},
    attributes={"InternetGatewayId": Attribute("InternetGatewayId")},
    list=_list,
    create=Call(
        "create_internet_gateway",
        lambda w: {"TagSpecifications": tag_specifications("internet-gateway", w.tags)},
        item="InternetGateway",
        once=True,
    ),
    before_delete=_detach,
    delete=Call(
        "delete_internet_gateway",
        lambda w: {"InternetGatewayId": w.id},
        retry_on=frozenset({"DependencyViolation"}),
    ),
    tag=EC2_TAG,
    untag=EC2_UNTAG,
)
