# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What EKS holds in one account and region, how it is found, and updates that take their time."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from moto.core.utils import utcnow
from moto.eks.responses import EKSResponse

from twin.overlay._lifecycle import Record, page, proceed
from twin.patch import Parameters, notes
from twin.refusal import refuse
from twin.world import World

Answer = dict[str, Any]

_ARNS = ("arn", "nodegroupArn", "addonArn", "accessEntryArn", "associationArn")


@dataclass
class Cluster:
    """A cluster and what hangs on it. `record` is what DescribeCluster answers."""

    record: Record
    nodegroups: dict[str, Record] = field(default_factory=dict)
    addons: dict[str, Record] = field(default_factory=dict)
    entries: dict[str, Record] = field(default_factory=dict)
    associations: dict[str, Record] = field(default_factory=dict)
    updates: dict[str, Record] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.record["name"])

    def parts(self) -> Iterator[Record]:
        for group in (self.nodegroups, self.addons, self.entries, self.associations):
            yield from list(group.values())


@dataclass
class Store:
    clusters: dict[str, Cluster] = field(default_factory=dict)

    def everything(self) -> Iterator[Record]:
        """Every resource that carries tags."""
        for cluster in list(self.clusters.values()):
            yield cluster.record
            yield from cluster.parts()


def of(response: EKSResponse) -> Store:
    found: Store = notes(response.eks_backend, "store", Store)
    return found


def arn_of(record: Record) -> str:
    return next(str(record[name]) for name in _ARNS if name in record)


def make_arn(response: EKSResponse, kind: str, *path: str) -> str:
    return f"arn:aws:eks:{response.region}:{response.current_account}:{kind}/{'/'.join(path)}"


def invalid(message: str, **members: Any) -> NoReturn:
    refuse("InvalidParameterException", message, **members)


def missing(message: str, **members: Any) -> NoReturn:
    refuse("ResourceNotFoundException", message, **members)


def find_cluster(response: EKSResponse, name: str) -> Cluster:
    found = of(response).clusters.get(name)
    if found is None:
        missing(f"No cluster found for name: {name}.", clusterName=name)
    return found


def active_cluster(response: EKSResponse, name: str) -> Cluster:
    """A cluster that takes new parts."""
    found = find_cluster(response, name)
    if found.record["status"] in ("CREATING", "DELETING", "FAILED"):
        refuse("InvalidRequestException", f"Cluster '{name}' is not in ACTIVE status", clusterName=name)
    return found


def find_arn(response: EKSResponse, arn: str) -> Record:
    for record in of(response).everything():
        if arn_of(record) == arn:
            return record
    refuse("NotFoundException", f"Resource not found for arn {arn}", 404)


def listed(p: Parameters, items: list[Any], key: str) -> Answer:
    found, token = page(items, p.get("nextToken"), p.get("maxResults"), 100, lambda: invalid("Invalid nextToken"))
    return {key: found, **({"nextToken": token} if token else {})}


def same_request(record: Record | None, p: Parameters) -> bool:
    """Whether a create is the repetition of the one that made the record."""
    token = p.get("clientRequestToken")
    return record is not None and bool(token) and record.get("clientRequestToken") == token


def begin(
    world: World,
    cluster: Cluster,
    subject: Record,
    kind: str,
    params: dict[str, str],
    delay: str,
    change: Callable[[], None],
) -> Answer:
    """Start an update: the subject is UPDATING, and changes when the time is over.

    :param kind: AWS's type of update, e.g. ``VersionUpdate``.
    :param params: what the update's description shows.
    :param change: makes the change; what it raises as ``UpdateFailed`` is the update's error.
    """
    if subject["status"] not in ("ACTIVE", "DEGRADED", "UPDATE_FAILED"):
        under_way = [one["id"] for one in cluster.updates.values() if one["status"] == "InProgress"]
        which = f"update {under_way[-1]}" if under_way else subject["status"]
        refuse(
            "ResourceInUseException",
            f"Cannot {kind} because cluster {cluster.name} currently has {which} in progress",
            clusterName=cluster.name,
        )
    update = Record(
        id=str(uuid.uuid4()),
        status="InProgress",
        type=kind,
        params=[{"type": name, "value": value} for name, value in params.items()],
        createdAt=utcnow(),
        errors=[],
        subject=subject,
    )
    cluster.updates[update["id"]] = update
    subject["status"] = "UPDATING"

    def finish() -> None:
        try:
            change()
            update["status"] = "Successful"
        except UpdateFailed as error:
            update["status"] = "Failed"
            update["errors"] = [{"errorCode": error.code, "errorMessage": str(error), "resourceIds": []}]
        subject["status"] = "ACTIVE"
        if "modifiedAt" in subject:
            subject["modifiedAt"] = utcnow()

    proceed(world, subject, world.delay(delay), finish)
    return {"update": update}


class UpdateFailed(Exception):
    """An update that AWS begins and cannot finish."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
