# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backup jobs, copy jobs and the recovery points that they make. Plans do not start jobs by themselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moto.backup.models import backup_backends
from moto.backup.responses import BackupResponse
from moto.core.utils import utcnow
from moto.dynamodb.models import dynamodb_backends
from moto.rds.models import rds_backends

from twin.overlay._lifecycle import Record, proceed
from twin.overlay.backup.plans import check_lifecycle
from twin.overlay.backup.store import Answer, Store, find_vault, invalid, listed, missing, of_backend, store
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

_TYPES = {"rds": "RDS", "dynamodb": "DynamoDB", "ec2": "EC2", "s3": "S3", "elasticfilesystem": "EFS"}


def _check_resource(response: BackupResponse, arn: str) -> str:
    """The type of the resource; a refusal if there is no such thing."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        invalid(f"Invalid ARN: {arn}")
    service, name = parts[2], parts[5]
    account, region = response.current_account, response.region
    there = True
    if service == "rds":
        there = name.removeprefix("db:") in rds_backends[account][region].databases
    elif service == "dynamodb":
        there = name.removeprefix("table/") in dynamodb_backends[account][region].tables
    if not there:
        missing(f"The resource {arn} does not exist.")
    return _TYPES.get(service, service)


def _snapshot(world: World, response: BackupResponse, arn: str, name: str) -> str:
    """A database's recovery point is a snapshot that RDS knows too."""
    backend = rds_backends[response.current_account][response.region]
    snapshot = backend.create_db_snapshot(arn.rsplit(":", 1)[-1], name, snapshot_type="awsbackup")
    return snapshot.db_snapshot_arn


def _point_arn(world: World, response: BackupResponse, resource: str, kind: str, job: str) -> str:
    if kind == "RDS":
        return _snapshot(world, response, resource, f"awsbackup:job-{job}")
    if kind == "DynamoDB":
        return f"{resource}/backup/{job}"
    return f"arn:{response.partition}:backup:{response.region}:{response.current_account}:recovery-point:{job}"


def _new_point(arn: str, vault: Any, source: Answer, lifecycle: Answer | None) -> Record:
    now = utcnow()
    days = (lifecycle or {}).get("DeleteAfterDays")
    return Record(
        {k: source[k] for k in ("ResourceArn", "ResourceType", "IamRoleArn", "BackupSizeInBytes")},
        RecoveryPointArn=arn,
        BackupVaultName=vault.backup_vault_name,
        BackupVaultArn=vault.backup_vault_arn,
        CreationDate=now,
        CompletionDate=now,
        Status="COMPLETED",
        StorageClass="WARM",
        IsEncrypted=True,
        EncryptionKeyArn=vault.encryption_key_arn,
        Lifecycle=lifecycle,
        CalculatedLifecycle={"DeleteAt": now + timedelta(days=days)} if days else None,
    )


def _jobs(world: World) -> None:
    @operation(BackupResponse, "StartBackupJob")
    def start(response: BackupResponse, p: Parameters) -> Answer:
        here, token = store(response), p.get("IdempotencyToken")
        for other in here.jobs.values():
            if token and other["token"] == token:
                return other
        vault = find_vault(response, p["BackupVaultName"])
        kind = _check_resource(response, p["ResourceArn"])
        check_lifecycle(p.get("Lifecycle"))
        identity = str(uuid.uuid4())
        job = here.jobs[identity] = Record(
            AccountId=response.current_account,
            BackupJobId=identity,
            BackupVaultName=vault.backup_vault_name,
            BackupVaultArn=vault.backup_vault_arn,
            ResourceArn=p["ResourceArn"],
            ResourceType=kind,
            IamRoleArn=p["IamRoleArn"],
            CreationDate=utcnow(),
            State="CREATED",
            PercentDone="0.0",
            BackupSizeInBytes=0,
            StartBy=utcnow() + timedelta(minutes=p.get("StartWindowMinutes") or 480),
            token=token,
        )
        job["RecoveryPointArn"] = _point_arn(world, response, p["ResourceArn"], kind, identity)
        _through(world, job, "backup.job", lambda: _complete(response, here, job, vault, p))
        return job

    @operation(BackupResponse, "DescribeBackupJob")
    def describe(response: BackupResponse, p: Parameters) -> Answer:
        return _find(store(response).jobs, p["BackupJobId"], "Backup job")

    @operation(BackupResponse, "ListBackupJobs")
    def list_jobs(response: BackupResponse, p: Parameters) -> Answer:
        members = {
            "ByResourceArn": "ResourceArn",
            "ByState": "State",
            "ByBackupVaultName": "BackupVaultName",
            "ByResourceType": "ResourceType",
        }
        return listed(_filtered(store(response).jobs, p, members), p, "BackupJobs")

    @operation(BackupResponse, "StopBackupJob")
    def stop(response: BackupResponse, p: Parameters) -> None:
        job = _find(store(response).jobs, p["BackupJobId"], "Backup job")
        if job["State"] not in ("CREATED", "RUNNING"):
            refuse("InvalidRequestException", f"Backup job {p['BackupJobId']} is in state {job['State']}.")
        job["State"] = "ABORTED"


def _complete(response: BackupResponse, here: Store, job: Record, vault: Any, p: Parameters) -> None:
    point = _new_point(job["RecoveryPointArn"], vault, job, p.get("Lifecycle"))
    point["CreatedBy"] = None
    here.points[point["RecoveryPointArn"]] = point
    response.backup_backend.tag_resource(point["RecoveryPointArn"], p.get("RecoveryPointTags") or {})


def _through(world: World, job: Record, delay: str, complete: Callable[[], None]) -> None:
    """CREATED, RUNNING, COMPLETED; an aborted job stays so."""
    seconds = world.delay(delay)

    def run() -> None:
        if job["State"] == "CREATED":
            job["State"] = "RUNNING"
            proceed(world, job, seconds * 0.7, finish)

    def finish() -> None:
        if job["State"] == "RUNNING":
            job.update(State="COMPLETED", PercentDone="100.0", CompletionDate=utcnow())
            complete()

    proceed(world, job, seconds * 0.3, run)


def _find(records: dict[str, Record], identity: str, words: str) -> Record:
    if identity not in records:
        missing(f"{words} {identity} not found")
    return records[identity]


def _filtered(records: dict[str, Record], p: Parameters, members: dict[str, str]) -> list[Record]:
    wanted = {member: p[parameter] for parameter, member in members.items() if p.get(parameter)}
    return [r for r in records.values() if all(r.get(member) == value for member, value in wanted.items())]


def _copies(world: World) -> None:
    @operation(BackupResponse, "StartCopyJob")
    def start(response: BackupResponse, p: Parameters) -> Answer:
        here = store(response)
        find_vault(response, p["SourceBackupVaultName"])
        source = here.points.get(p["RecoveryPointArn"])
        if source is None or source["BackupVaultName"] != p["SourceBackupVaultName"]:
            missing(f"Recovery point {p['RecoveryPointArn']} not found")
        target = p["DestinationBackupVaultArn"].split(":")
        there = backup_backends[response.current_account][target[3]]
        vault = there.vaults.get(target[-1])
        if vault is None:
            missing(f"Backup vault {p['DestinationBackupVaultArn']} not found")
        identity = str(uuid.uuid4())
        copied = f"arn:{response.partition}:backup:{target[3]}:{response.current_account}:recovery-point:{identity}"
        job = here.copies[identity] = Record(
            CopyJobId=identity,
            AccountId=response.current_account,
            SourceBackupVaultArn=source["BackupVaultArn"],
            SourceRecoveryPointArn=source["RecoveryPointArn"],
            DestinationBackupVaultArn=p["DestinationBackupVaultArn"],
            DestinationRecoveryPointArn=copied,
            ResourceArn=source["ResourceArn"],
            ResourceType=source["ResourceType"],
            IamRoleArn=p["IamRoleArn"],
            CreationDate=utcnow(),
            State="CREATED",
        )

        def complete() -> None:
            point = _new_point(copied, vault, source, p.get("Lifecycle"))
            point["SourceBackupVaultArn"] = source["BackupVaultArn"]
            of_backend(there).points[copied] = point

        _through(world, job, "backup.job", complete)
        return job

    @operation(BackupResponse, "DescribeCopyJob")
    def describe(response: BackupResponse, p: Parameters) -> Answer:
        return {"CopyJob": _find(store(response).copies, p["CopyJobId"], "Copy job")}

    @operation(BackupResponse, "ListCopyJobs")
    def list_copies(response: BackupResponse, p: Parameters) -> Answer:
        members = {
            "ByResourceArn": "ResourceArn",
            "ByState": "State",
            "ByDestinationVaultArn": "DestinationBackupVaultArn",
        }
        return listed(_filtered(store(response).copies, p, members), p, "CopyJobs")


def _points() -> None:
    def find(response: BackupResponse, p: Parameters) -> Record:
        find_vault(response, p["BackupVaultName"])
        point = store(response).points.get(p["RecoveryPointArn"])
        if point is None or point["BackupVaultName"] != p["BackupVaultName"]:
            missing(f"Recovery point {p['RecoveryPointArn']} not found")
        return point

    @operation(BackupResponse, "ListRecoveryPointsByBackupVault")
    def by_vault(response: BackupResponse, p: Parameters) -> Answer:
        find_vault(response, p["BackupVaultName"])
        found = [
            point
            for point in store(response).in_vault(p["BackupVaultName"])
            if p.get("ByResourceArn") in (None, point["ResourceArn"])
            and p.get("ByResourceType") in (None, point["ResourceType"])
        ]
        return listed(found, p, "RecoveryPoints")

    @operation(BackupResponse, "ListRecoveryPointsByResource")
    def by_resource(response: BackupResponse, p: Parameters) -> Answer:
        points = store(response).points.values()
        return listed([t for t in points if t["ResourceArn"] == p["ResourceArn"]], p, "RecoveryPoints")

    @operation(BackupResponse, "DescribeRecoveryPoint")
    def describe(response: BackupResponse, p: Parameters) -> Answer:
        return find(response, p)

    @operation(BackupResponse, "UpdateRecoveryPointLifecycle")
    def update(response: BackupResponse, p: Parameters) -> Answer:
        point = find(response, p)
        check_lifecycle(p.get("Lifecycle"))
        point["Lifecycle"] = p.get("Lifecycle")
        return point

    @operation(BackupResponse, "DeleteRecoveryPoint")
    def delete(response: BackupResponse, p: Parameters) -> None:
        point = find(response, p)
        vault = find_vault(response, p["BackupVaultName"])
        if vault.locked and vault.min_retention_days:
            refuse("InvalidRequestException", "Recovery points of a locked vault cannot be deleted.")
        del store(response).points[point["RecoveryPointArn"]]
        response.backup_backend.tagger.delete_all_tags_for_resource(point["RecoveryPointArn"])
        snapshots = rds_backends[response.current_account][response.region].database_snapshots
        snapshots.pop(point["RecoveryPointArn"].split(":snapshot:")[-1], None)


def install(world: World) -> None:
    _jobs(world)
    _copies(world)
    _points()
