# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What hangs on a vault: its access policy and its notifications."""

from __future__ import annotations

import json

from moto.backup.responses import BackupResponse

from twin.overlay.backup.store import Answer, find_vault, invalid, missing
from twin.patch import Parameters, notes, operation

_KEPT = "policies"


def install() -> None:
    @operation(BackupResponse, "PutBackupVaultAccessPolicy")
    def put_policy(response: BackupResponse, p: Parameters) -> None:
        vault = find_vault(response, p["BackupVaultName"])
        try:
            json.loads(p["Policy"])
        except ValueError:
            invalid("The specified policy cannot be added to the vault: it is no JSON document.")
        notes(vault, _KEPT, dict)["Policy"] = p["Policy"]

    @operation(BackupResponse, "GetBackupVaultAccessPolicy")
    def get_policy(response: BackupResponse, p: Parameters) -> Answer:
        vault = find_vault(response, p["BackupVaultName"])
        policy = notes(vault, _KEPT, dict).get("Policy")
        if policy is None:
            missing(f"Backup vault {vault.backup_vault_name} does not have an access policy")
        return {
            "BackupVaultName": vault.backup_vault_name,
            "BackupVaultArn": vault.backup_vault_arn,
            "Policy": policy,
        }

    @operation(BackupResponse, "DeleteBackupVaultAccessPolicy")
    def delete_policy(response: BackupResponse, p: Parameters) -> None:
        notes(find_vault(response, p["BackupVaultName"]), _KEPT, dict).pop("Policy", None)

    @operation(BackupResponse, "PutBackupVaultNotifications")
    def put_notifications(response: BackupResponse, p: Parameters) -> None:
        vault = find_vault(response, p["BackupVaultName"])
        kept = {"SNSTopicArn": p["SNSTopicArn"], "BackupVaultEvents": p["BackupVaultEvents"]}
        notes(vault, _KEPT, dict)["Notifications"] = kept

    @operation(BackupResponse, "GetBackupVaultNotifications")
    def get_notifications(response: BackupResponse, p: Parameters) -> Answer:
        vault = find_vault(response, p["BackupVaultName"])
        kept = notes(vault, _KEPT, dict).get("Notifications")
        if kept is None:
            missing(f"Backup vault {vault.backup_vault_name} does not have notifications")
        return {"BackupVaultName": vault.backup_vault_name, "BackupVaultArn": vault.backup_vault_arn, **kept}

    @operation(BackupResponse, "DeleteBackupVaultNotifications")
    def delete_notifications(response: BackupResponse, p: Parameters) -> None:
        notes(find_vault(response, p["BackupVaultName"]), _KEPT, dict).pop("Notifications", None)
