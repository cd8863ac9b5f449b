# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::WAFv2::WebACLAssociation: what a regional web ACL protects. A distribution names its web ACL itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ...engine.kind import Call, Item, Kind, Property, Scope, Update
from ..requests import unless
from ..shared import IMMUTABLE
from .common import SERVICE, UNAVAILABLE, scope_of

_WEB_ACL = "AWS::WAFv2::WebACL"

#: What a web ACL is asked for; other sorts are found where they are described.
_TYPES = ("APPLICATION_LOAD_BALANCER", "API_GATEWAY")


def list_associations(scope: Scope) -> Iterable[Item]:
    """What the observed web ACLs protect, and what protects the resources that are described."""
    found: dict[str, Item] = {}
    if not scope.ids:
        for acl in scope.observed(_WEB_ACL):
            if scope_of(acl.id) == "REGIONAL":
                for arn in _protected(scope, acl.id):
                    found[arn] = {"ResourceArn": arn, "WebACLArn": acl.id}
    for arn in scope.names("ResourceArn"):
        if arn not in found:
            answer = unless((), partial(scope.call, SERVICE, "get_web_acl_for_resource", ResourceArn=arn)) or {}
            if answer.get("WebACL"):
                found[arn] = {"ResourceArn": arn, "WebACLArn": answer["WebACL"]["ARN"]}
    return found.values()


def _protected(scope: Scope, acl: str) -> list[str]:
    return [
        arn
        for its_type in _TYPES
        for arn in (
            unless((), partial(scope.call, SERVICE, "list_resources_for_web_acl", WebACLArn=acl, ResourceType=its_type))
            or {}
        ).get("ResourceArns", [])
    ]


#: A new association takes the place of the old one, without a moment in which nothing protects the resource.
_ASSOCIATE = Call("associate_web_acl", lambda w: w.pick("WebACLArn", "ResourceArn"), retry_on=UNAVAILABLE)

ASSOCIATION = Kind(
    type="AWS::WAFv2::WebACLAssociation",
    service=SERVICE,
    title="web ACL association",
    id="ResourceArn",
    key=("ResourceArn",),
    requires=(_WEB_ACL,),
    part_of="WebACLArn",
    # The controller of an ingress associates the load balancer that it makes.
    others_add_parts=True,
    list=list_associations,
    tags=None,
    properties={"ResourceArn": IMMUTABLE, "WebACLArn": Property()},
    create=_ASSOCIATE,
    updates=(Update(("WebACLArn",), _ASSOCIATE),),
    delete=Call("disassociate_web_acl", lambda w: {"ResourceArn": w.id}, retry_on=UNAVAILABLE),
)
