# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS::ECS::Cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine.kind import (
    Attribute,
    Call,
    Item,
    Kind,
    Neighbours,
    Observed,
    Property,
    Scope,
    States,
    Update,
    Work,
)
from ..requests import batches
from ..shared import WRITE_ONLY, arn_tagging, lower_tag_list
from .shape import is_surveyed, shaped, survey, to_api

#: How many clusters one request describes.
#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
_BATCH = 100

_TAG, _UNTAG = arn_tagging("ecs", "resourceArn", lower=True, keys="tagKeys")

#: Parameters of the create request by property.
_PARAMETERS = {
    "ClusterName": "clusterName",
    "ClusterSettings": "settings",
    "Configuration": "configuration",
    "ServiceConnectDefaults": "serviceConnectDefaults",
    "CapacityProviders": "capacityProviders",
    "DefaultCapacityProviderStrategy": "defaultCapacityProviderStrategy",
}
_SERVICE = "AWS::ECS::Service"
_UPDATED_TOGETHER = ("ClusterSettings", "Configuration")


def list_clusters(scope: Scope) -> Iterable[Item]:
    """Every cluster of the region: there are few, and a hundred are described by one request."""
    names = list(scope.ids) or scope.pages("ecs", "list_clusters", "clusterArns[]")
    found = [
        cluster
        for batch in batches(names, _BATCH)
        for cluster in scope.call(
            "ecs",
            "describe_clusters",
            clusters=list(batch),
            include=["TAGS", "SETTINGS", "CONFIGURATIONS", "ATTACHMENTS"],
        )["clusters"]
    ]
    return survey(scope, found)


def cluster_state(item: Item) -> str:
    """The cluster's status; while its capacity providers are attached or detached, how far that is.

    Providers that could not be attached are no reason to replace the cluster: a survey of what exists calls that
    `UPDATE_INCOMPLETE`, which is a busy state, and only who waits for the cluster is told `UPDATE_FAILED`.
    """
    attachments = str(item.get("attachmentsStatus") or "")
    if item.get("status") != "ACTIVE" or attachments not in ("UPDATE_IN_PROGRESS", "UPDATE_FAILED"):
        return str(item.get("status") or "")
    return "UPDATE_INCOMPLETE" if attachments == "UPDATE_FAILED" and is_surveyed(item) else attachments


def attachment_reason(item: Item) -> str:
    """What the attachments that did not succeed say."""
    return "; ".join(
        f"{detail.get('name')}: {detail.get('value')}"
        for attachment in item.get("attachments") or []
        if attachment.get("status") == "FAILED"
        for detail in attachment.get("details") or []
    )


def _parameters(work: Work, *properties: str) -> dict[str, Any]:
    return {_PARAMETERS[name]: to_api(work.get(name)) for name in properties if work.get(name) is not None}


def _capacity_providers(work: Work) -> dict[str, Any]:
    """Both lists at once, as the API wants it; what is not stated is repeated as it is."""
    return {
        "cluster": work.id,
        "capacityProviders": work.merged("CapacityProviders") or [],
        "defaultCapacityProviderStrategy": to_api(work.merged("DefaultCapacityProviderStrategy") or []),
    }


def _with_former_providers(work: Work) -> dict[str, Any]:
    """The same, with the providers that are to go: services may still run on them."""
    params = _capacity_providers(work)
    params["capacityProviders"] = [*params["capacityProviders"], *sorted(_lost(work.desired, work.existing))]
    return params


def _lost(desired: Mapping[str, Any], found: Observed) -> set[str]:
    """The providers that a cluster has and is not to have."""
    there = found.properties["CapacityProviders"] or []
    return set(there) - set(desired.get("CapacityProviders", there) or [])


def _refuse(desired: Mapping[str, Any], found: Observed, neighbours: Neighbours) -> Iterable[str]:
    """A provider goes when the services have left it, and not before.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html
    """
    lost = _lost(desired, found)
    for service, _address in neighbours.found(_SERVICE) if lost else ():
        properties = neighbours.becomes(service)
        if properties is None or service.properties["Cluster"] != found.id:
            continue
        used = {item["CapacityProvider"] for item in properties.get("CapacityProviderStrategy") or []}
        for provider in sorted(lost & used):
            yield (
                f"cannot go without the capacity provider {provider}: ECS service "
                f"{service.properties['ServiceName']} runs on it and is not changed by this run; keep {provider}, or "
                f"let the service run on another one first"
            )


CLUSTER = Kind(
    type="AWS::ECS::Cluster",
    service="ecs",
    title="ECS cluster",
    id="clusterName",
    key=("ClusterName",),
    list=list_clusters,
    properties={
        "ClusterName": Property("clusterName", immutable=True),
        "CapacityProviders": Property("capacityProviders", unordered=True),
        "DefaultCapacityProviderStrategy": Property(shaped("defaultCapacityProviderStrategy"), unordered=True),
        "ClusterSettings": Property(shaped("settings"), key="Name"),
        "Configuration": Property(shaped("configuration")),
        # Stated as a name or an ARN, answered as an ARN.
        "ServiceConnectDefaults": WRITE_ONLY,
    },
    attributes={
        "Arn": Attribute("clusterArn", "arn:{partition}:ecs:{region}:{account}:cluster/{ClusterName}"),
    },
    tags="tags",
    states=States(
        cluster_state,
        ready=frozenset({"ACTIVE"}),
        failed=frozenset({"FAILED", "UPDATE_FAILED"}),
        leaving=frozenset({"DEPROVISIONING"}),
        gone=frozenset({"INACTIVE"}),
        reason=attachment_reason,
        timeout=600,
    ),
    create=Call(
        "create_cluster",
        lambda w: {**_parameters(w, *_PARAMETERS), "tags": lower_tag_list(w.tags)},
        item="cluster",
    ),
    updates=(
        Update(
            _UPDATED_TOGETHER,
            Call(
                "update_cluster",
                lambda w: {"cluster": w.id, **_parameters(w, *_UPDATED_TOGETHER, "ServiceConnectDefaults")},
            ),
        ),
        Update(
            ("CapacityProviders", "DefaultCapacityProviderStrategy"),
            Call(
                "put_cluster_capacity_providers",
                _with_former_providers,
                retry_on=frozenset({"UpdateInProgressException"}),
            ),
        ),
        Update(
            ("CapacityProviders",),
            Call(
                "put_cluster_capacity_providers",
                _capacity_providers,
                # The tasks of the deployment before take a while to stop.
                retry_on=frozenset({"UpdateInProgressException", "ResourceInUseException"}),
            ),
            after_users=lambda desired, found: bool(_lost(desired, found)),
        ),
    ),
    tag=_TAG,
    untag=_UNTAG,
    referenced_when_ready=True,
    held_by_users=True,
    refuse_for_others=_refuse,
    delete=Call(
        "delete_cluster",
        lambda w: {"cluster": w.id},
        # Services and tasks take a while to leave after they are told to.
        retry_on=frozenset(
            {
                "ClusterContainsServicesException",
                "ClusterContainsTasksException",
                "ClusterContainsContainerInstancesException",
                "UpdateInProgressException",
            }
        ),
    ),
)
