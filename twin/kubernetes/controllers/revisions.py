# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ControllerRevisions: the history of templates that stateful sets and daemon sets keep."""

from __future__ import annotations

from twin.kubernetes.controllers.context import Context
from twin.kubernetes.values import Object, copy, owner_reference, safe_hash

BUCKET = ("apps", "controllerrevisions")
HASH = "controller-revision-hash"


def current(context: Context, owner: Object) -> tuple[Object, list[Object]]:
    """The revision of the owner's template as it is now, made when there is none, and all revisions by number."""
    template = owner["spec"]["template"]
    data = {"spec": {"template": {**copy(template), "$patch": "replace"}}}
    found = sorted(context.owned(BUCKET, owner), key=lambda each: each["revision"])
    newest = found[-1]["revision"] if found else 0
    same = next((each for each in found if each["data"] == data), None)
    if same is None:
        digest = safe_hash(template)
        name = owner["metadata"]["name"]
        labels = {**template.get("metadata", {}).get("labels", {}), HASH: digest}
        if owner["kind"] == "StatefulSet":
            labels[HASH] = f"{name}-{digest}"
        metadata: Object = {
            "name": f"{name}-{digest}",
            "namespace": owner["metadata"]["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(owner)],
        }
        cause = owner["metadata"].get("annotations", {}).get("kubernetes.io/change-cause")
        if cause:
            metadata["annotations"] = {"kubernetes.io/change-cause": cause}
        same = context.create(
            "apps", "ControllerRevision", {"metadata": metadata, "data": data, "revision": newest + 1}
        )
        found.append(same)
    elif same["revision"] < newest:
        same = context.change("apps", "ControllerRevision", same, lambda made: made.update(revision=newest + 1))
        found = sorted(context.owned(BUCKET, owner), key=lambda each: each["revision"])
    return same, found


def forget(context: Context, owner: Object, found: list[Object], used: set[str]) -> None:
    """Delete the oldest revisions beyond the owner's limit that no pod uses."""
    idle = [each for each in found if each["metadata"]["labels"][HASH] not in used]
    for each in idle[: max(0, len(idle) - owner["spec"].get("revisionHistoryLimit", 10))]:
        context.delete("apps", "ControllerRevision", each)
