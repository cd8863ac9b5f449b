# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What decides how a deletion goes: preconditions, propagation, grace periods, finalizers."""

from __future__ import annotations

from twin.kubernetes.errors import StatusError, conflict
from twin.kubernetes.resources import Resource
from twin.kubernetes.store import Store
from twin.kubernetes.values import Object, copy, get

_ORPHAN, _FOREGROUND = "orphan", "foregroundDeletion"


def check_preconditions(resource: Resource, value: Object, wishes: Object) -> None:
    """Refuse (409) to delete another object than the one that is meant."""
    metadata = value["metadata"]
    for field, key in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        stated = get(wishes, "preconditions", field)
        if stated and stated != metadata[field]:
            why = f"Precondition failed: {key} in precondition: {stated}, {key} in object meta: {metadata[field]}"
            raise conflict(resource.group, resource.plural, metadata["name"], why)


def propagate(store: Store, value: Object, wishes: Object) -> None:
    """What becomes of the dependents, by the wishes: the finalizers of the object, in place, and orphans at once."""
    policy = wishes.get("propagationPolicy") or ("Orphan" if wishes.get("orphanDependents") else "Background")
    finalizers = [each for each in value["metadata"].get("finalizers", []) if each not in (_ORPHAN, _FOREGROUND)]
    if policy == "Orphan":
        _orphan(store, value["metadata"]["uid"])
    elif policy == "Foreground":
        finalizers.append(_FOREGROUND)
    elif policy != "Background":
        kinds = '"Foreground", "Background", "Orphan"'
        raise StatusError(422, f"DeleteOptions is invalid: propagationPolicy: must be one of {kinds}", "Invalid")
    if finalizers:
        value["metadata"]["finalizers"] = finalizers
    else:
        value["metadata"].pop("finalizers", None)


def _orphan(store: Store, uid: str) -> None:
    for bucket, each in store.everything():
        references = each["metadata"].get("ownerReferences", [])
        rest = [reference for reference in references if reference["uid"] != uid]
        if rest != references:
            freed = copy(each)
            if rest:
                freed["metadata"]["ownerReferences"] = rest
            else:
                freed["metadata"].pop("ownerReferences")
            store.put(bucket, freed)


def grace_of(resource: Resource, value: Object, wishes: Object) -> int:
    """Seconds that a deleted pod keeps running; 0 for everything else, and for a pod that does not run."""
    if (resource.group, resource.kind) != ("", "Pod"):
        return 0
    ended = get(value, "status", "phase") in ("Succeeded", "Failed")
    if ended or not get(value, "spec", "nodeName"):
        return 0
    stated = wishes.get("gracePeriodSeconds")
    return get(value, "spec", "terminationGracePeriodSeconds", default=30) if stated is None else stated


def held(resource: Resource, value: Object) -> bool:
    """Whether finalizers or a grace period keep a deleted object there."""
    if value["metadata"].get("finalizers"):
        return True
    if (resource.group, resource.kind) == ("", "Namespace"):
        return bool(get(value, "spec", "finalizers"))
    return bool(value["metadata"].get("deletionGracePeriodSeconds"))
