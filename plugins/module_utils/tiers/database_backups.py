# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The copy of a database's backups that another region keeps, minutes behind."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Ref
from .database_entry import Database
from .key import KEY, key_elsewhere


def copies(db: Database) -> dict[str, Any]:
    """The copy of the backups that another region keeps, minutes behind."""
    backups = db.options["backups"]
    region, key = backups["copy_to"], backups["copy_key"]
    if region and region == db.context.region:
        db.context.problem("backups.copy_to", f"{region!r} is the stack's own region; name another one")
    if region and not backups["retention_days"]:
        db.context.problem("backups.copy_to", "there are no backups to copy; set backups.retention_days")
    if not region:
        return {"AutomaticBackupReplicationRegion": region}
    days = backups["retention_days"] if backups["copy_keep_days"] is None else backups["copy_keep_days"]
    made = Ref(Address(KEY, db.context.logical("backups")), "Arn")
    return {
        "AutomaticBackupReplicationRegion": region,
        "AutomaticBackupReplicationRetentionPeriod": days,
        "AutomaticBackupReplicationKmsKeyId": db.context.arn_of(key, "key", "backups.copy_key") if key else made,
    }


def copy_key(db: Database) -> list[Resource]:
    """Keys belong to a region, and so the copy has one of its own."""
    backups = db.options["backups"]
    if not backups["copy_to"] or backups["copy_key"]:
        return []
    return key_elsewhere(
        db.context.logical("backups"),
        f"{db.identifier}-backups",
        backups["copy_to"],
        f"Backups of database {db.identifier}",
        db.tags,
        db.context,
    )
