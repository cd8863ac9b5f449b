# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::EC2::VPCEndpoint: gateway and interface endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.api import ApiError
from ...engine.kind import Attribute, Call, Item, Kind, NaturalKey, Property, Scope, States, Update, Work
from ..shared import EC2_TAG, EC2_UNTAG, IMMUTABLE, json_document, json_text, policy_document, tag_specifications
from .reading import objects
from .unsuccessful import raise_unsuccessful

#: Property -> the word of ModifyVpcEndpoint after `Add` and `Remove`.
_MEMBERS = {"RouteTableIds": "RouteTableIds", "SubnetIds": "SubnetIds", "SecurityGroupIds": "SecurityGroupIds"}
_SCALARS = ("IpAddressType", "DnsOptions", "PrivateDnsEnabled")


def _list(scope: Scope) -> list[Item]:
    if scope.ids:
        return scope.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints[]", VpcEndpointIds=list(scope.ids))
    natural = {"VpcId": "vpc-id", "ServiceName": "service-name"}
    return objects(scope, "describe_vpc_endpoints", "VpcEndpoints[]", "vpc-endpoint-id", natural)


def key_of(properties: Mapping[str, Any]) -> NaturalKey | None:
    """A VPC reaches a service by one endpoint of each type: a second one's routes, or private names, are refused."""
    place = (properties.get("VpcId"), properties.get("ServiceName"))
    if not all(isinstance(value, str) for value in place):
        return None
    return (*map(str, place), str(properties.get("VpcEndpointType") or "Gateway"))


def state(item: Item) -> str:
    """The state in one spelling: the API's reference has `PendingAcceptance`, its answers `pendingAcceptance`."""
    return str(item.get("State", "")).lower()


def dns_entries(item: Item) -> list[str]:
    """The endpoint's names as CloudFormation returns them: hosted zone and name."""
    return [f"{entry.get('HostedZoneId', '')}:{entry.get('DnsName', '')}" for entry in item.get("DnsEntries", [])]


def _create(work: Work) -> dict[str, Any]:
    policy = {"PolicyDocument": json_text(work.get("PolicyDocument"))} if work.get("PolicyDocument") else {}
    return {
        **work.pick("VpcId", "ServiceName", "VpcEndpointType", "ServiceRegion", *_MEMBERS, *_SCALARS),
        **policy,
        "ClientToken": work.token,
        "TagSpecifications": tag_specifications("vpc-endpoint", work.tags),
    }


def modification(work: Work) -> dict[str, Any]:
    """The request that makes an endpoint what is stated: only what differs, members added and removed."""
    request: dict[str, Any] = {"VpcEndpointId": work.id}
    for name, word in _MEMBERS.items():
        if name not in work.changed:
            continue
        now, wanted = set(work.current.properties.get(name) or []) if work.current else set(), set(work.get(name) or [])
        if wanted - now:
            request[f"Add{word}"] = sorted(wanted - now)
        if now - wanted:
            request[f"Remove{word}"] = sorted(now - wanted)
    request |= work.pick(*(name for name in _SCALARS if name in work.changed))
    if "PolicyDocument" in work.changed:
        policy = work.get("PolicyDocument")
        request |= {"PolicyDocument": json_text(policy)} if policy else {"ResetPolicy": True}
    return request


def _delete(work: Work) -> None:
    answer = work.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[work.id])
    try:
        raise_unsuccessful(answer, "delete_vpc_endpoints")
    except ApiError as error:
        if not error.missing:
            raise


VPC_ENDPOINT = Kind(
    type="AWS::EC2::VPCEndpoint",
    service="ec2",
    title="VPC endpoint",
    id="VpcEndpointId",
    properties={
        "VpcId": IMMUTABLE,
        "ServiceName": IMMUTABLE,
        "VpcEndpointType": Property(immutable=True, default="Gateway"),
        "ServiceRegion": IMMUTABLE,
        "PolicyDocument": Property(
            path=lambda item: json_document(item.get("PolicyDocument")), normalise=policy_document, exact=True
        ),
        "RouteTableIds": Property(unordered=True),
        "SubnetIds": Property(unordered=True),
        "SecurityGroupIds": Property(path="Groups[].GroupId", unordered=True),
        "PrivateDnsEnabled": Property(),
        "IpAddressType": Property(),
        "DnsOptions": Property(),
    },
    attributes={
        "Id": Attribute("VpcEndpointId"),
        "VpcEndpointId": Attribute("VpcEndpointId"),
        "DnsEntries": Attribute(dns_entries, volatile=True),
        "NetworkInterfaceIds": Attribute("NetworkInterfaceIds", volatile=True),
        "CreationTimestamp": Attribute("CreationTimestamp"),
    },
    key=("VpcId", "ServiceName", "VpcEndpointType"),
    key_of=key_of,
    requires=("AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "AWS::EC2::RouteTable"),
    list=_list,
    states=States(
        state,
        # An endpoint to somebody else's service is as ready as we can make it once it waits for their consent.
        ready=frozenset({"available", "pendingacceptance"}),
        failed=frozenset({"failed", "rejected", "expired"}),
        leaving=frozenset({"deleting"}),
        gone=frozenset({"deleted"}),
        reason=lambda item: item.get("FailureReason") or (item.get("LastError") or {}).get("Message"),
        timeout=900,
    ),
    create=Call(
        "create_vpc_endpoint",
        _create,
        item="VpcEndpoint",
        retry_on=frozenset(
            {
                "InvalidVpcId.NotFound",
                "InvalidRouteTableId.NotFound",
                "InvalidSubnetId.NotFound",
                "InvalidSecurityGroupId.NotFound",
            }
        ),
    ),
    updates=(Update((*_MEMBERS, *_SCALARS, "PolicyDocument"), Call("modify_vpc_endpoint", modification)),),
    delete=_delete,
    tag=EC2_TAG,
    untag=EC2_UNTAG,
    referenced_when_ready=True,
)
