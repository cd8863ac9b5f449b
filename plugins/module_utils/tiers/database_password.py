# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The password of a database's master user: in a secret of the stack, or managed and rotated by RDS."""

from __future__ import annotations

from typing import Any

from ..engine.document import Resource
from .credentials import check_credential, own_secret
from .database_entry import Database, managed_secret
from .database_proxy import host_of
from .secret import ROTATION


def secret(db: Database) -> list[Resource]:
    """The secret of the stack, for an instance that has a password of its own which RDS does not manage."""
    if db.options["replica_of"] or db.options["rotate_password_days"]:
        return []
    check_credential(db.options["password_secret"], "password", "password_secret", db.context)
    fields = {
        "engine": db.engine,
        "host": host_of(db.name, db.options),
        "port": db.port,
        "username": db.options["username"],
        "dbname": db.options["database"] or db.engine,
    }
    return own_secret(
        db.credential,
        f"{db.context.stack}/database/{db.name}",
        fields,
        f"Master user of database {db.identifier}",
        db.tags,
        db.context,
    )


def password(db: Database) -> dict[str, Any]:
    """The properties of the instance that say who keeps its password."""
    if not db.options["rotate_password_days"]:
        return {"ManageMasterUserPassword": False, "MasterUserPassword": db.credential.password}
    key = db.context.arn_of(db.options["key"], "key", "key")
    return {"ManageMasterUserPassword": True, "MasterUserSecret": {"KmsKeyId": key} if key else None}


def rotation(db: Database) -> list[Resource]:
    """RDS rotates what it manages every seven days unless told otherwise, and needs no function for it."""
    days = db.options["rotate_password_days"]
    if not days:
        return []
    return [
        db.context.resource(
            ROTATION,
            db.context.logical(),
            {
                "SecretId": managed_secret(db.name),
                "RotationRules": {"AutomaticallyAfterDays": days},
                "RotateImmediatelyOnUpdate": False,
            },
        )
    ]
