# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ECS::TaskDefinition.

A task definition is a family of revisions that never change. What is described is the family: a difference from the
latest active revision of the stack is mended by registering another one, in place, and `TaskDefinitionArn` is that of
the newest. Earlier revisions stay active so that a service can go back to them; a deletion deregisters and deletes all
of ours. Others may register revisions in the family, as a release does: they are theirs and no conflict.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from ...engine.api import ApiError
from ...engine.document import STACK_TAG
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, States, Update, Work, read_tags
from ...engine.template import Template
from ..requests import batches, indexed, is_empty, unless
from ..shared import arn_tagging, lower_tag_list
from .containers import cpu_units, memory_mib, normalise_containers, normalise_volumes, request_containers
from .shape import api_name, shaped, to_api

_TAG, _UNTAG = arn_tagging("ecs", "resourceArn", lower=True, keys="tagKeys")


def list_task_definitions(scope: Scope) -> Iterable[Item]:
    """The latest active revision of each family in scope, of ours before others; the API describes one at a time.

    Of a family of ours without one, the newest that was deregistered and not deleted: what a killed deletion leaves.
    """
    owned = [] if scope.ids else indexed(scope, "ecs", "task-definition/")
    families = {name.split(":", 1)[0] for name in owned}
    left = set(scope.ids) | families
    if scope.everything and not scope.ids:
        families |= set(scope.pages("ecs", "list_task_definition_families", "families[]", status="ACTIVE"))
    else:
        families |= set(scope.names("Family"))
    found = {family: _latest(scope, family) for family in sorted(families)}
    found.update({family: _deregistered(scope, family) for family in sorted(left) if found[family] is None})
    return [item for item in found.values() if item is not None]


def _latest(scope: Scope, family: str) -> Item | None:
    """The latest active revision of the stack, or, in a family without one, of anybody."""
    latest = _active(scope, family)
    if latest is None or _is_ours(scope, latest):
        return latest
    revisions = [name for name in indexed(scope, "ecs", "task-definition/") if _family(name) == family]
    for name in sorted(revisions, key=_revision, reverse=True):
        item = _active(scope, name)
        if item is not None and _is_ours(scope, item):
            return item
    return latest


def _active(scope: Scope, name: str) -> Item | None:
    item = describe(scope, name)
    return item if item is not None and item.get("status", "ACTIVE") == "ACTIVE" else None


def _is_ours(scope: Scope, item: Item) -> bool:
    return (read_tags(item["tags"]) or {}).get(STACK_TAG) == scope.stack


def _deregistered(scope: Scope, family: str) -> Item | None:
    """The newest inactive revision of a family that carries the stack's tag."""
    params = {"familyPrefix": family, "status": "INACTIVE", "sort": "DESC"}
    for arn in scope.pages("ecs", "list_task_definitions", "taskDefinitionArns[]", **params):
        if _family(arn) == family:
            item = describe(scope, arn)
            if item is not None and _is_ours(scope, item):
                return item
    return None


def describe(scope: Scope, name: str) -> Item | None:
    """One revision with its tags, by its name or ARN, or the latest active one of a family; None: there is none."""
    try:
        answer = scope.call("ecs", "describe_task_definition", taskDefinition=name, include=["TAGS"])
    except ApiError as error:
        # How ECS says that a family has no active revision.
        if error.missing or (error.code == "ClientException" and "Unable to describe" in error.message):
            return None
        raise
    return {**answer["taskDefinition"], "tags": answer.get("tags") or []}


def _family(arn: str) -> str:
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[0]


PROPERTIES = {
    "Family": Property("family", immutable=True),
    # Compared whole: a revision is exactly what is registered, so what is no longer stated has to go.
    "ContainerDefinitions": Property(shaped("containerDefinitions"), exact=True, normalise=normalise_containers),
    "Volumes": Property(shaped("volumes"), exact=True, normalise=normalise_volumes),
    "Cpu": Property("cpu", normalise=cpu_units),
    "Memory": Property("memory", normalise=memory_mib),
    "EnableFaultInjection": Property("enableFaultInjection"),
    "EphemeralStorage": Property(shaped("ephemeralStorage")),
    "ExecutionRoleArn": Property("executionRoleArn"),
    "InferenceAccelerators": Property(shaped("inferenceAccelerators"), unordered=True),
    "IpcMode": Property("ipcMode"),
    "NetworkMode": Property("networkMode"),
    "PidMode": Property("pidMode"),
    "PlacementConstraints": Property(shaped("placementConstraints"), unordered=True),
    "ProxyConfiguration": Property(shaped("proxyConfiguration"), unordered=True),
    "RequiresCompatibilities": Property("requiresCompatibilities", unordered=True),
    "RuntimePlatform": Property(shaped("runtimePlatform")),
    "TaskRoleArn": Property("taskRoleArn"),
}


def register(work: Work) -> dict[str, Any]:
    """The parameters of a new revision: what is stated, and of what is not, what the latest revision has."""
    values = {name: work.merged(name) for name in PROPERTIES}
    params = {api_name(name): to_api(value) for name, value in values.items() if not is_empty(value)}
    params["containerDefinitions"] = to_api(request_containers(values["ContainerDefinitions"] or []))
    for size in ("cpu", "memory"):
        if size in params:
            params[size] = str(params[size])
    return {**params, "tags": lower_tag_list(_tags(work))}


def _tags(work: Work) -> dict[str, str]:
    """The tags of a new revision: those described, and those of the latest revision that are to stay."""
    present = (work.current.tags if work.current else None) or {}
    kept = {
        key: value for key, value in present.items() if key not in work.tags_to_remove and not key.startswith("aws:")
    }
    return {**kept, **work.tags}


_REGISTER = Call("register_task_definition", register, item="merge(taskDefinition, {tags: tags})", once=True)


def delete(work: Work) -> None:
    """Deregister and delete every revision of the family that carries the stack's tag.

    A deregistered revision stays, tags and all, until it is deleted. The newest goes last, so that a killed deletion
    leaves a family with an active revision wherever it can.
    """
    for batch in batches(sorted(_ours(work), key=_revision), 10):
        for arn in batch:
            work.call("ecs", "deregister_task_definition", taskDefinition=arn)
        answer = work.call("ecs", "delete_task_definitions", taskDefinitions=list(batch))
        for failure in answer.get("failures") or []:
            reason = str(failure.get("reason", "no reason given"))
            if "does not exist" not in reason:
                raise ApiError("ClientException", reason, service="ecs", operation="delete_task_definitions")


def _ours(work: Work) -> list[str]:
    """The family's revisions, active or not, that carry the stack's tag."""
    found = []
    for status in ("ACTIVE", "INACTIVE"):
        params = {"familyPrefix": work.id, "status": status}
        for arn in work.pages("ecs", "list_task_definitions", "taskDefinitionArns[]", **params):
            if _family(arn) != work.id:
                continue
            answer = unless((), partial(_described, work, arn)) or {}
            if (read_tags(answer.get("tags")) or {}).get(STACK_TAG) == work.stack:
                found.append(arn)
    return found


def _described(work: Work, arn: str) -> dict[str, Any]:
    return work.call("ecs", "describe_task_definition", taskDefinition=arn, include=["TAGS"])


def _revision(arn: str) -> int:
    return int(arn.rsplit(":", 1)[-1])


TASK_DEFINITION = Kind(
    type="AWS::ECS::TaskDefinition",
    service="ecs",
    title="task definition",
    template=Template(ref="TaskDefinitionArn", attributes={"Revision": ""}),
    id="family",
    key=("Family",),
    list=list_task_definitions,
    properties=PROPERTIES,
    attributes={
        "TaskDefinitionArn": Attribute("taskDefinitionArn", volatile=True),
        "Arn": Attribute("taskDefinitionArn", volatile=True),
        "Revision": Attribute("revision", volatile=True),
    },
    tags="tags",
    # A family that is half deleted is deleted whole and registered anew.
    states=States(
        lambda item: item.get("status", "ACTIVE"),
        ready=frozenset({"ACTIVE"}),
        failed=frozenset({"INACTIVE"}),
        gone=frozenset({"DELETE_IN_PROGRESS"}),
    ),
    create=_REGISTER,
    updates=(Update(tuple(name for name in PROPERTIES if name != "Family"), _REGISTER),),
    tag=_TAG,
    untag=_UNTAG,
    delete=delete,
)
