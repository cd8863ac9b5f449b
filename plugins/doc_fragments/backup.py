# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A plan of AWS Backup, its vault, and copies in another region."""

    DOCUMENTATION = r"""
options:
  of:
    description: Entries to back up, for example V(database.main).
    type: list
    elements: str
    required: true
  schedule:
    description: When, as a cron expression of AWS in UTC. The default is Sundays at five.
    type: str
    default: cron(0 5 ? * SUN *)
  keep_days:
    description: Days to keep each backup.
    type: int
    default: 35
  cold_after_days:
    description: Days after which a backup moves to cold storage, where it stays 90 days at the least.
    type: int
  copy_to:
    description: Another region to copy each backup to. A vault is made there as well.
    type: str
  copy_keep_days:
    description: Days to keep the copies. Without it, O(keep_days).
    type: int
  start_within_minutes:
    description: Minutes after which a backup that could not start is given up.
    type: int
    default: 60
  complete_within_minutes:
    description: Minutes after which a backup that is not done is given up.
    type: int
    default: 720
  key:
    description:
      - The KMS key of the vault, as C(key.NAME), ARN or alias. Without it, AWS's own. It cannot be changed later.
    type: str
  vault:
    description: The vault's name in AWS, here and in the other region. Without it, C({system}-{env}-{entry}).
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
