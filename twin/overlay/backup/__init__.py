# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS Backup: vaults, plans with versions, selections, jobs and recovery points."""

from __future__ import annotations

import re

from moto.backup import urls
from moto.backup.models import Vault
from moto.backup.responses import BackupResponse
from moto.kms.utils import RESERVED_ALIASES

from twin.overlay import _lookups
from twin.overlay.backup import jobs, plans, policies
from twin.overlay.backup.store import Answer, find_vault, invalid, listed, store
from twin.patch import Parameters, operation
from twin.refusal import refuse
from twin.world import World

# Addresses of the operations that moto does not serve.
_ADDRESSES = (
    "backup/plans/(?P<plan>[^/]+)/(?P<rest>.+)$",
    "backup-vaults/(?P<name>[^/]+)/(?P<rest>.+)$",
    "backup-jobs/?$",
    "backup-jobs/(?P<job>[^/]+)$",
    "copy-jobs/?$",
    "copy-jobs/(?P<job>[^/]+)$",
    "resources/(?P<resource>.+)$",
)


def _view(response: BackupResponse, vault: Vault) -> Answer:
    points = store(response).in_vault(vault.backup_vault_name)
    return {
        **vault.to_list_dict(),
        "VaultType": "BACKUP_VAULT",
        "VaultState": "AVAILABLE",
        "NumberOfRecoveryPoints": len(points),
    }


_ALIAS = "alias/aws/backup"


def _vaults() -> None:
    @operation(BackupResponse, "CreateBackupVault")
    def create(response: BackupResponse, p: Parameters) -> Answer:
        name, backend = p["BackupVaultName"], response.backup_backend
        if not re.fullmatch(r"[a-zA-Z0-9\-_]{2,50}", name):
            invalid("Invalid backup vault name. 2 to 50 letters, numbers, hyphens and underscores.")
        old = backend.vaults.get(name)
        if old is not None:
            if p.get("CreatorRequestId") and old.creator_request_id == p["CreatorRequestId"]:
                return _view(response, old)
            refuse(
                "AlreadyExistsException",
                "Backup vault with the same name already exists",
                Arn=old.backup_vault_arn,
                CreatorRequestId=old.creator_request_id,
            )
        wanted = p.get("EncryptionKeyArn") or _ALIAS
        key = _lookups.kms_key_arn(response.current_account, response.region, wanted)
        if key is None and p.get("EncryptionKeyArn"):
            invalid(f"The KMS key {wanted} does not exist, is not enabled or cannot be used.")
        vault = backend.create_backup_vault(
            name, p.get("BackupVaultTags") or {}, key or wanted, p.get("CreatorRequestId") or ""
        )
        return _view(response, vault)

    @operation(BackupResponse, "DescribeBackupVault")
    def describe(response: BackupResponse, p: Parameters) -> Answer:
        return _view(response, find_vault(response, p["BackupVaultName"]))

    @operation(BackupResponse, "ListBackupVaults")
    def list_vaults(response: BackupResponse, p: Parameters) -> Answer:
        vaults = response.backup_backend.vaults.values()
        return listed([_view(response, vault) for vault in vaults], p, "BackupVaultList")

    @operation(BackupResponse, "DeleteBackupVault")
    def delete(response: BackupResponse, p: Parameters) -> None:
        vault = find_vault(response, p["BackupVaultName"])
        count = len(store(response).in_vault(vault.backup_vault_name))
        if count:
            refuse(
                "InvalidRequestException",
                f"Backup vault cannot be deleted (contains {count} recovery points)",
            )
        del response.backup_backend.vaults[vault.backup_vault_name]
        response.backup_backend.tagger.delete_all_tags_for_resource(vault.backup_vault_arn)


def install(world: World) -> None:
    if _ALIAS not in RESERVED_ALIASES:
        RESERVED_ALIASES.append(_ALIAS)
    for address in _ADDRESSES:
        urls.url_paths["{0}/" + address] = urls.response.dispatch
    _vaults()
    plans.install()
    policies.install()
    jobs.install(world)
