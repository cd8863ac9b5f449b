# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Why a plan, or a part of it, cannot be carried out: each reason names the option, what exists, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .diff import as_secret_as, show
from .document import NAME_TAG, STACK_TAG, Document, Resource
from .kind import Kind, Neighbours, Observed
from .plan import Change, Plan
from .registry import Registry
from .values import Address, is_known, reveal


def nobodys(document: Document, kind: Kind, resource: Resource, found: Observed, user: Address | None) -> str:
    """What exists and belongs to nobody by its tags.

    Args:
        user: what of the stack uses it, where only that tells which resource it is.
    """
    other = ", or choose another name" if user is None else ""
    return f"{_untagged(document, kind, resource, found, user)}; run adopt.yml to take it over{other}"


def stays(document: Document, kind: Kind, resource: Resource, found: Observed, user: Address | None) -> str:
    """What a destruction of the stack leaves, since it belongs to nobody by its tags."""
    return (
        f"{_untagged(document, kind, resource, found, user)}, so it stays; delete it by hand, or give it the tags "
        f"{STACK_TAG}={document.stack} and {NAME_TAG}={resource.name} and destroy again"
    )


def _untagged(document: Document, kind: Kind, resource: Resource, found: Observed, user: Address | None) -> str:
    what = "exists" if user is None else f"is used by {user} of this stack"
    return f"{_subject(kind, resource, found)} {what}, but no tag says that it belongs to {document.stack}"


def of_region(document: Document, registry: Registry, plan: Plan) -> str:
    """A stack that was converged from another region: the ledger of this one does not know it.

    What has no region would be taken from what stands there, which nobody sees from here. Empty: there is no sign of
    that.
    """
    # By their tags: a policy is found under the name of its bucket from every region.
    ours = [seen for change in plan.changes if (seen := change.observed) is not None and seen.stack == document.stack]
    everywhere = [observed for observed in ours if registry[observed.kind].is_global]
    is_regional = any(not registry[resource.kind].is_global for resource in document.resources.values())
    if not everywhere or not is_regional or any(observed.region == document.region for observed in ours):
        return ""
    sign = everywhere[0]
    return (
        f"region: {document.region} has nothing of {document.stack}, and its ledger does not know the stack, but "
        f"{registry[sign.kind].title} {sign.id} belongs to it: it stands in another region. Set region back, or "
        f"destroy the stack there first; if it is this region and the ledger was lost, run adopt.yml"
    )


def of_changes(
    kind: Kind, resource: Resource, desired: Mapping[str, Any], found: Observed, changed: Sequence[str]
) -> list[str]:
    """The changes that the cloud would not make of what exists; one that is made anew may be anything."""
    reasons = of_values(kind, resource, desired, found, changed)
    if kind.refuse is not None and changed:
        known = {name: reveal(value) for name, value in desired.items() if is_known(value)}
        subject = _subject(kind, resource, found)
        reasons += [f"{subject}: {why}" for why in kind.refuse(known, found, changed) if why]
    return reasons


def of_values(
    kind: Kind, resource: Resource, desired: Mapping[str, Any], found: Observed, changed: Sequence[str]
) -> list[str]:
    """The changes that properties refuse, each for itself."""
    reasons: list[str] = []
    for name in changed:
        refuse = kind.properties[name].refuse
        if refuse is not None and is_known(desired[name]):
            reasons.append(refuse(found.properties.get(name), reveal(desired[name])))
    return [f"{_subject(kind, resource, found)}: {why}" for why in reasons if why]


def for_others(kind: Kind, change: Change, neighbours: Callable[[Address], Neighbours]) -> list[str]:
    """The changes that what stands around forbids.

    Args:
        neighbours: looks up what stands around a resource.
    """
    if kind.refuse_for_others is None or change.observed is None:
        return []
    subject, around = _subject(kind, change.described, change.observed), neighbours(change.address)
    return [f"{subject} {why}" for why in kind.refuse_for_others(change.desired, change.observed, around)]


def of_replacement(
    kind: Kind, resource: Resource, desired: Mapping[str, Any], found: Observed, forcing: Sequence[str], why: str
) -> str:
    """The replacement of what is protected or holds data.

    Args:
        forcing: the properties that cannot be changed in place.
    """
    what = f"{_subject(kind, resource, found)} would have to be replaced ({why})"
    details = "; ".join(
        f"{name}: {show(prop, as_secret_as(desired[name], found.properties.get(name)))} -> {show(prop, desired[name])}"
        for name, prop in ((name, kind.properties[name]) for name in forcing)
    )
    if details:
        what += f" [{details}]"
    if kind.holds_data:
        return (
            f"{what}, and it holds data. Set the property back; or describe a second {kind.title} under another "
            f"name beside it, move the data (a snapshot, a replica or a copy), point its users there, then take "
            f"the old one out of the description and delete it with prune and release_protection"
        )
    return f"{what}, and it is protected. Set the property back; or take its protection off first, in a run of its own"


def _subject(kind: Kind, resource: Resource, found: Observed) -> str:
    return f"{resource.path or resource.address}: {kind.title} {found.id}"
