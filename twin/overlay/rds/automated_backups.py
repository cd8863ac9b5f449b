# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Automated backups that another region keeps a copy of; moto has none.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StartDBInstanceAutomatedBackupsReplication.html
"""

from __future__ import annotations

import secrets
import string
from typing import Any

from moto.rds.models import DBInstance, rds_backends
from moto.rds.responses import RDSResponse

from twin.overlay.rds import rules
from twin.overlay.rds.instances import describe_as
from twin.patch import Parameters, around, notes, operation
from twin.refusal import refuse


def install() -> None:
    @operation(RDSResponse, "StartDBInstanceAutomatedBackupsReplication")
    def start(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        source = _source(response, p["SourceDBInstanceArn"])
        if source.region == response.region:
            refuse("InvalidParameterValue", "The source and the destination of the replication are the same region.")
        rules.must_be(source, "available", "backing-up", "storage-optimization")
        if not source.backup_retention_period:
            refuse("InvalidDBInstanceState", "Automated backups are not enabled for this database instance.")
        if _copy_of(source):
            refuse("InvalidDBInstanceAutomatedBackupState", "Automated backups of the instance are replicated already.")
        if source.storage_encrypted and not p.get("KmsKeyId"):
            refuse("InvalidParameterCombination", "A KMS key is needed to replicate backups of an encrypted instance.")
        name = "ab-" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(40))
        place = f"{response.region}:{source.account_id}"
        copy = {
            "DBInstanceArn": source.db_instance_arn,
            "DBInstanceIdentifier": source.db_instance_identifier,
            "DbiResourceId": source.dbi_resource_id,
            "Region": source.region,
            "Engine": source.engine,
            "Encrypted": source.storage_encrypted,
            "KmsKeyId": rules.key_arn(response, p["KmsKeyId"]) if p.get("KmsKeyId") else None,
            "BackupRetentionPeriod": p.get("BackupRetentionPeriod", 7),
            "DBInstanceAutomatedBackupsArn": f"arn:{source.partition}:rds:{place}:auto-backup:{name}",
            "Status": "replicating",
        }
        _copies(response.backend)[source.db_instance_arn] = copy
        _tell(source, copy)
        return {"DBInstanceAutomatedBackup": copy}

    @operation(RDSResponse, "StopDBInstanceAutomatedBackupsReplication")
    def stop(response: RDSResponse, p: Parameters) -> dict[str, Any]:
        source = _source(response, p["SourceDBInstanceArn"])
        copy = _copies(response.backend).pop(source.db_instance_arn, None)
        if copy is None:
            refuse("InvalidDBInstanceState", "Automated backups of the instance are not replicated to this region.")
        _tell(source, None)
        return {"DBInstanceAutomatedBackup": {**copy, "Status": "retained"}}

    @around(RDSResponse, "describe_db_instance_automated_backups")
    def describe(original: Any, self: RDSResponse) -> Any:
        answer = original(self)
        wanted = self.params.get("DBInstanceIdentifier")
        copies = [
            {**copy, "Status": copy["Status"] if _find(copy["DBInstanceArn"]) else "retained"}
            for copy in _copies(self.backend).values()
            if wanted in (None, copy["DBInstanceIdentifier"])
        ]
        answer.result["DBInstanceAutomatedBackups"] = [*answer.result["DBInstanceAutomatedBackups"], *copies]
        return answer


def _copies(backend: Any) -> dict[str, dict[str, Any]]:
    """What a region keeps, by the ARN of the instance that it is of."""
    found: dict[str, dict[str, Any]] = notes(backend, "replicated backups")
    return found


def _copy_of(source: DBInstance) -> dict[str, Any]:
    copy: dict[str, Any] = notes(source, "replication")
    return copy


def _tell(source: DBInstance, copy: dict[str, Any] | None) -> None:
    _copy_of(source).clear()
    _copy_of(source).update(copy or {})
    member = "DBInstanceAutomatedBackupsArn"
    describe_as(source, DBInstanceAutomatedBackupsReplications=[{member: copy[member]}] if copy else [])


def _find(arn: str) -> DBInstance | None:
    region, account, name = arn.split(":")[3], arn.split(":")[4], arn.rpartition(":")[2]
    return rds_backends[account][region].databases.get(name)


def _source(response: RDSResponse, arn: str) -> DBInstance:
    found = _find(arn) if arn.count(":") >= 6 else None
    if found is None:
        refuse("DBInstanceNotFound", f"DBInstance not found: {arn}")
    return found
