# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What RDS would refuse to change of an instance, depending on more than the one property."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ...engine.kind import Observed
from ..versions import refuse_older
from .db_instance_request import MODIFIABLE
from .storage import Allocated, refuse_size

_STORAGE = frozenset({"AllocatedStorage", "Iops", "StorageThroughput", "StorageType"})


def major_version(engine: str, version: str) -> str:
    """The part of a version that counts as the major one: two numbers of MySQL and MariaDB, one of the others."""
    return ".".join(version.split(".")[: 2 if engine in ("mysql", "mariadb") else 1])


def refuse(desired: Mapping[str, Any], found: Observed, changed: Collection[str]) -> Iterator[str]:
    """Why some changes cannot be made now, or not together."""
    if found.state == "stopped" and MODIFIABLE.intersection(changed):
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
        yield "it is stopped, and RDS changes nothing about a stopped instance; start it first"
    if found.state == "storage-optimization" and _STORAGE.intersection(changed):
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html
        yield (
            f"{', '.join(sorted(_STORAGE.intersection(changed)))} cannot be changed while RDS still optimises the "
            f"storage after the last change; run again when its status is `available`"
        )
    if "EngineVersion" in changed and "EngineVersion" in desired:
        yield _major(desired, found)
    size, limit = found.properties.get("AllocatedStorage"), desired.get("MaxAllocatedStorage")
    if "MaxAllocatedStorage" in changed and isinstance(size, Allocated) and int(limit or size) < size:
        yield f"it has {int(size)} GiB already; state MaxAllocatedStorage {int(size)} or more, not {limit}"
    if "MaxAllocatedStorage" in changed and limit is None and "AllocatedStorage" not in changed:
        # Once it grows no more, what it has grown to is no longer as good as what is stated.
        yield refuse_size(size, desired.get("AllocatedStorage"))
    replicas = found.item.get("ReadReplicaDBInstanceIdentifiers") or ()
    if "BackupRetentionPeriod" in changed and not int(desired.get("BackupRetentionPeriod", 1)) and replicas:
        yield (
            f"its backups cannot be switched off while {', '.join(replicas)} follows it; state BackupRetentionPeriod 1 "
            f"or more"
        )


def _major(desired: Mapping[str, Any], found: Observed) -> str:
    engine, now = str(found.properties.get("Engine")), str(found.properties.get("EngineVersion"))
    wanted = str(desired.get("EngineVersion"))
    if desired.get("AllowMajorVersionUpgrade") or refuse_older(now, wanted):
        return ""
    if major_version(engine, wanted) == major_version(engine, now):
        return ""
    return (
        f"from {now} to {wanted} is a major upgrade of {engine}, which takes the database down for minutes and has no "
        f"way back; state AllowMajorVersionUpgrade (allow_major_version_upgrade) for it, or EngineVersion {now}"
    )
