# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of EKS share: reading what hangs on a cluster, tags, Kubernetes versions, updates under way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from ...engine.api import Api
from ...engine.kind import Call, Item, Phase, Scope, Work
from ..requests import unless

CLUSTER_TYPE = "AWS::EKS::Cluster"

#: Changes of one thing come one after the other:
#: https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html
IN_PROGRESS = frozenset({"ResourceInUseException: in progress"})

#: What was asked for before, by a request whose answer was lost.
NO_CHANGES = "InvalidParameterException: No changes needed"

#: A role made a moment ago is not known everywhere yet, nor are its policies.
YOUNG_ROLE = frozenset(
    {
        "InvalidParameterException: Error in role params",
        "InvalidParameterException: could not be assumed",
        "InvalidParameterException: Managed Policies",
        "InvalidParameterException: Role provided in the request does not exist",
        "InvalidParameterException: principalArn is invalid",
    }
)


# Reading


def clusters_in_scope(scope: Scope) -> list[str]:
    """The names of the clusters whose parts are asked for: ours, and those that a description names."""
    ours = {found.id for found in scope.observed(CLUSTER_TYPE) if found.phase is not Phase.LEAVING}
    named = {wanted.get("ClusterName") for wanted in scope.wanted}
    return sorted(ours | {name for name in named if isinstance(name, str)})


def parts(
    scope: Scope, separator: str, operation: str, items: str, describe: Callable[[str, str], Item | None]
) -> list[Item]:
    """What hangs on the clusters in scope, each described by a request of its own, as EKS wants it.

    Args:
        separator: stands between the cluster's name and the part's in identifiers.
        operation: lists the names of a cluster's parts.
        items: JMESPath of the names in a page.
        describe: one part by its cluster's name and its own; None when there is none such.
    """
    if scope.ids:
        names = [tuple(identifier.split(separator, 1)) for identifier in scope.ids]
    else:
        names = [
            (cluster, name)
            for cluster in clusters_in_scope(scope)
            for name in unless((), partial(scope.pages, "eks", operation, items, clusterName=cluster)) or ()
        ]
    return [found for cluster, name in names if (found := describe(cluster, name)) is not None]


# Tags


def _tag(work: Work) -> dict[str, Any]:
    return {"resourceArn": work.attributes["Arn"], "tags": dict(work.tags_to_set)}


def _untag(work: Work) -> dict[str, Any]:
    return {"resourceArn": work.attributes["Arn"], "tagKeys": list(work.tags_to_remove)}


TAG = Call("tag_resource", _tag)
UNTAG = Call("untag_resource", _untag)


# Versions


def kubernetes_version(value: Any) -> Any:
    """A version as numbers, so that 1.30 is not 1.3; what is none stays as it is."""
    parts_of = str(value).split(".")
    return [int(part) for part in parts_of] if value and all(part.isdecimal() for part in parts_of) else value


def refuse_downgrade(now: Any, wanted: Any) -> str:
    """Why a version cannot be left for an older one."""
    here, there = kubernetes_version(now), kubernetes_version(wanted)
    if isinstance(here, list) and isinstance(there, list) and there < here:
        return f"its version {now} cannot go back to {wanted}; state {now} or a newer one"
    return ""


def refuse_skip(now: Any, wanted: Any) -> str:
    """Why a control plane cannot go from one version to another.

    https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
    """
    why = refuse_downgrade(now, wanted)
    here, there = kubernetes_version(now), kubernetes_version(wanted)
    if why or not (isinstance(here, list) and isinstance(there, list) and len(here) == len(there) == 2):
        return why
    if here[0] == there[0] and there[1] > here[1] + 1:
        following = f"{here[0]}.{here[1] + 1}"
        return f"it goes up one minor version at a time, not from {now} to {wanted}; state {following} first"
    return ""


# Updates


class Updates:
    """The updates that were begun through an api, the last one of each thing.

    EKS works on an update by itself and answers nothing but its identifier; a thing whose update failed looks as it
    did before. So what was begun is remembered for as long as it is waited for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: WeakKeyDictionary[Api, dict[tuple[str, ...], str]] = WeakKeyDictionary()

    def begun(self, work: Work, answer: Mapping[str, Any], *of: str) -> None:
        """Note an update by the answer to its request.

        Args:
            of: the cluster's name, and the part's.
        """
        with self._lock:
            self._begun.setdefault(work.api, {})[(work.region, *of)] = answer["update"]["id"]

    def read(self, scope: Scope, member: str, *of: str) -> Item:
        """The last update of a thing that is waited for, as a member `Update` of its item; nothing for a survey.

        Args:
            member: the parameter that takes the part's name; empty for clusters.
        """
        with self._lock:
            identifier = self._begun.get(scope.api, {}).get((scope.region, *of))
        if identifier is None or not scope.ids:
            return {}
        part = {member: of[1]} if member else {}
        return {
            "Update": scope.call("eks", "describe_update", name=of[0], updateId=identifier, **part).get("update") or {}
        }


UPDATES = Updates()


def state_of(item: Item) -> str:
    """The status; as long as it is waited for, that of the update under way as well."""
    status = str(item.get("status") or "")
    update = (item.get("Update") or {}).get("status")
    if status == "ACTIVE" and update in ("InProgress", "Failed", "Cancelled"):
        return "UPDATING" if update == "InProgress" else "UPDATE_FAILED"
    return status


def reason_of(item: Item) -> str:
    """What EKS says about a failure."""
    errors = [
        f"{one.get('errorCode')}: {one.get('errorMessage')}" for one in (item.get("Update") or {}).get("errors", ())
    ]
    issues = [f"{one.get('code')}: {one.get('message')}" for one in (item.get("health") or {}).get("issues", ())]
    return "; ".join([*errors, *issues])


def forgiving(troubled: Collection[str]) -> Callable[[Item], str]:
    """A state in which some troubles count only for who waits: what exists is mended, not replaced, for their sake."""

    def state(item: Item) -> str:
        found = state_of(item)
        return "ACTIVE" if found in troubled and item.get("isSurvey") else found

    return state
