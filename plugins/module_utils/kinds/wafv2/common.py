# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of WAF share: its two scopes, its pages, its tags, its lock tokens."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.kind import Call, Item, Scope, Work
from ..requests import indexed, unless
from ..shared import tag_list, with_tags

SERVICE = "wafv2"
#: Where everything is kept that protects CloudFront distributions.
#: https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
GLOBAL_REGION = "us-east-1"

_SCOPES = {"regional": "REGIONAL", "global": "CLOUDFRONT"}
_PAGE = 100

#: What was made or named a moment ago is not known everywhere at once.
UNAVAILABLE = frozenset({"WAFUnavailableEntityException"})


def scope_of(arn: str) -> str:
    """The scope of something by its ARN."""
    return _SCOPES[arn.split(":", 5)[5].partition("/")[0]]


def scopes(scope: Scope, resource: str) -> list[str]:
    """The scopes worth a list: those that somebody states, and those that the tag index knows something of.

    Args:
        resource: as ARNs name it, e.g. `webacl`.
    """
    stated = {wanted.get("Scope") for wanted in scope.wanted}
    found = []
    for word, its_scope in _SCOPES.items():
        if its_scope == "CLOUDFRONT" and scope.region != GLOBAL_REGION:
            continue
        if scope.everything or its_scope in stated or indexed(scope, SERVICE, f"{word}/{resource}/"):
            found.append(its_scope)
    return found


def pages(scope: Scope, operation: str, member: str, **params: Any) -> list[Item]:
    """A list with its pages; botocore has no paginator for WAF."""
    found: list[Item] = []
    marker = ""
    while True:
        following = {"NextMarker": marker} if marker else {}
        answer = scope.call(SERVICE, operation, Limit=_PAGE, **params, **following)
        found += answer.get(member) or []
        marker = answer.get("NextMarker") or ""
        if not marker or not answer.get(member):
            return found


def list_named(scope: Scope, resource: str, lists: str, summaries: str, get: str, member: str) -> list[Item]:
    """The web ACLs, IP sets ... in scope, each as a whole, which WAF answers one by one, with its lock token.

    Args:
        resource: as ARNs name it, e.g. `webacl`.
        lists, summaries: the operation that lists a scope, and where its answer holds the list.
        get, member: the operation that answers one, and where its answer holds it.
    """
    if scope.ids:
        short: list[Item] = [{"ARN": arn} for arn in scope.ids]
    else:
        short = [
            one for its_scope in scopes(scope, resource) for one in pages(scope, lists, summaries, Scope=its_scope)
        ]
    tagged = with_tags(
        scope,
        short,
        "ARN",
        SERVICE,
        "list_tags_for_resource",
        "ResourceARN",
        "TagInfoForResource.TagList",
        scope.names("Name"),
        "Name",
    )
    found = []
    for one in tagged:
        answer = unless((), partial(scope.call, SERVICE, get, **identity(one["ARN"])))
        if answer is not None:
            token = {"LockToken": answer["LockToken"], "Scope": scope_of(one["ARN"]), "Tags": one["Tags"]}
            found.append({**answer[member], **token})
    return found


def identity(arn: str) -> dict[str, str]:
    """The parameters that name something which an ARN names."""
    _scope, _resource, name, identifier = arn.split(":", 5)[5].split("/")
    return {"Name": name, "Scope": scope_of(arn), "Id": identifier}


def locked(work: Work) -> dict[str, str]:
    """The parameters of a change of what was looked at a moment ago; refused when somebody changed it since."""
    return {**identity(work.id), "LockToken": work.existing.item["LockToken"]}


TAG = Call("tag_resource", lambda w: {"ResourceARN": w.id, "Tags": tag_list(w.tags_to_set)})
UNTAG = Call("untag_resource", lambda w: {"ResourceARN": w.id, "TagKeys": list(w.tags_to_remove)})
