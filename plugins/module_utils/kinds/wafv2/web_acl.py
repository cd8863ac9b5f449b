# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::WAFv2::WebACL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work
from ...engine.template import Template
from ..requests import is_empty
from ..shared import IMMUTABLE, MUTABLE, tag_list
from .common import SERVICE, TAG, UNAVAILABLE, UNTAG, list_named, locked
from .shape import choice, comparable, to_api

_CHANGEABLE = (
    "DefaultAction",
    "Description",
    "Rules",
    "VisibilityConfig",
    "DataProtectionConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "OnSourceDDoSProtectionConfig",
    "MonetizationConfig",
)


def list_web_acls(scope: Scope) -> Iterable[Item]:
    """Web ACLs in scope."""
    return list_named(scope, "webacl", "list_web_acls", "WebACLs", "get_web_acl", "WebACL")


def _whole(work: Work, *names: str) -> dict[str, Any]:
    """Everything that a web ACL is to be: a request forgets what it is not told."""
    values = {name: work.merged(name) for name in names}
    return {name: to_api(value) for name, value in values.items() if not is_empty(value)}


#: How the rules are called that Shield Advanced puts into a web ACL to mitigate attacks by itself.
#: https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response-rg.html
_SHIELD = "ShieldMitigationRuleGroup"


def _is_shields(rule: Mapping[str, Any]) -> bool:
    return str(rule.get("Name")).startswith(_SHIELD)


def own_rules(item: Item) -> list[Item] | None:
    """The rules of a web ACL without Shield's, which come and go with its mitigation."""
    rules = item.get("Rules")
    return None if rules is None else [rule for rule in rules if not _is_shields(rule)]


def _update(work: Work) -> dict[str, Any]:
    """The whole with what Shield put there: without its rule, its mitigation ends."""
    params = _whole(work, *_CHANGEABLE)
    shields = [rule for rule in work.existing.item.get("Rules") or () if _is_shields(rule)]
    if shields:
        params["Rules"] = [*params.get("Rules", ()), *shields]
    return {**locked(work), **params}


def _create(work: Work) -> dict[str, Any]:
    return {**_whole(work, "Name", "Scope", "ApplicationConfig", *_CHANGEABLE), "Tags": tag_list(work.tags)}


WEB_ACL = Kind(
    type="AWS::WAFv2::WebACL",
    service=SERVICE,
    title="web ACL",
    template=Template(ref="Name|Id|Scope"),
    id="ARN",
    key=("Scope", "Name"),
    requires=("AWS::WAFv2::IPSet",),
    list=list_web_acls,
    properties={
        "Name": IMMUTABLE,
        "Scope": IMMUTABLE,
        "Description": Property(unstated=None),
        "DefaultAction": Property(normalise=choice),
        # Each rule has its priority, so their order in the list means nothing. A rule is what is stated and no more.
        "Rules": Property(own_rules, unordered=True, exact=True, normalise=comparable),
        "VisibilityConfig": MUTABLE,
        "DataProtectionConfig": MUTABLE,
        "CustomResponseBodies": Property(exact=True),
        "CaptchaConfig": MUTABLE,
        "ChallengeConfig": MUTABLE,
        "TokenDomains": Property(unordered=True),
        "AssociationConfig": MUTABLE,
        "OnSourceDDoSProtectionConfig": MUTABLE,
        "MonetizationConfig": MUTABLE,
        # Only the create request takes it.
        "ApplicationConfig": IMMUTABLE,
    },
    attributes={
        "Arn": Attribute("ARN"),
        "Id": Attribute("Id"),
        "Capacity": Attribute("Capacity", volatile=True),
        "LabelNamespace": Attribute("LabelNamespace", "awswaf:{account}:webacl:{Name}:"),
    },
    create=Call("create_web_acl", _create, item="Summary", retry_on=UNAVAILABLE),
    updates=(
        Update(
            _CHANGEABLE,
            Call("update_web_acl", _update, retry_on=UNAVAILABLE),
        ),
    ),
    # What was protected by it lets go some time after it was told to.
    delete=Call("delete_web_acl", locked, retry_on=frozenset({"WAFAssociatedItemException"})),
    tag=TAG,
    untag=UNTAG,
)
