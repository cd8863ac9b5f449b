# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The records of AWS Backup in one account and region. Vaults stay moto's, which its locks belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from moto.backup.models import BackupBackend, Vault
from moto.backup.responses import BackupResponse

from twin.overlay._lifecycle import Record, page
from twin.patch import Parameters, notes
from twin.refusal import refuse

Answer = dict[str, Any]


@dataclass
class Store:
    plans: dict[str, Record] = field(default_factory=dict)
    selections: dict[str, Record] = field(default_factory=dict)
    jobs: dict[str, Record] = field(default_factory=dict)
    copies: dict[str, Record] = field(default_factory=dict)
    points: dict[str, Record] = field(default_factory=dict)

    def in_vault(self, name: str) -> list[Record]:
        return [point for point in self.points.values() if point["BackupVaultName"] == name]


def store(response: BackupResponse) -> Store:
    return of_backend(response.backup_backend)


def of_backend(backend: BackupBackend) -> Store:
    found: Store = notes(backend, "store", Store)
    return found


def arn(response: BackupResponse, resource: str) -> str:
    return f"arn:{response.partition}:backup:{response.region}:{response.current_account}:{resource}"


def missing(message: str) -> NoReturn:
    refuse("ResourceNotFoundException", message)


def invalid(message: str) -> NoReturn:
    refuse("InvalidParameterValueException", message)


def find_vault(response: BackupResponse, name: str) -> Vault:
    vault = response.backup_backend.vaults.get(name)
    if vault is None:
        missing(f"Backup vault {name} not found")
    return vault


def find_plan(response: BackupResponse, identity: str) -> Record:
    plan = store(response).plans.get(identity)
    if plan is None or "DeletionDate" in plan:
        missing("Cannot find Backup plan with ID " + identity)
    return plan


def listed(items: list[Any], p: Parameters, key: str) -> Answer:
    """A list call of Backup; its parameters are spelt in two ways by its model."""
    token = p.get("NextToken") or p.get("nextToken")
    size = p.get("MaxResults") or p.get("maxResults")
    found, following = page(items, token, int(size) if size else None, 1000, lambda: invalid("Invalid NextToken"))
    return {key: found, **({"NextToken": following} if following else {})}
