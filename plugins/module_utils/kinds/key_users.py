# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What outlives the thing that it is a copy of and cannot be read without the key that it is encrypted with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.kind import Work

#: Service, operation, its parameters, where the answer holds the copies, and which member names one.
_COPIES: tuple[tuple[str, str, Mapping[str, Any], str, str], ...] = (
    ("rds", "describe_db_snapshots", {"SnapshotType": "manual"}, "DBSnapshots[]", "DBSnapshotArn"),
    (
        "rds",
        "describe_db_instance_automated_backups",
        {},
        "DBInstanceAutomatedBackups[]",
        "DBInstanceAutomatedBackupsArn",
    ),
    ("elasticache", "describe_snapshots", {"SnapshotSource": "user"}, "Snapshots[]", "ARN"),
)


def copies_under(key_arn: str, work: Work) -> list[str]:
    """The ARNs of the snapshots and backups in the key's region that it encrypts.

    Without the key there is no restoring them; one that waits for its deletion serves as little as one that is gone:
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
    """
    return [
        str(copy.get(member) or "")
        for service, operation, params, path, member in _COPIES
        for copy in work.pages(service, operation, path, **params)
        if copy.get("KmsKeyId") == key_arn
    ]
