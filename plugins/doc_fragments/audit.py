# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """CloudTrail, Config, and the bucket that they deliver to."""

    DOCUMENTATION = r"""
options:
  bucket:
    description: The bucket of the logs, private, encrypted and versioned, with the policy that AWS demands of it.
    type: dict
    suboptions:
      name:
        description: Its name. Without it, C({system}-{env}-audit-logs).
        type: str
      archive_days:
        description: Move to Glacier after this many days. Without it, never.
        type: int
      expire_days:
        description: Delete after this many days. Without it, never.
        type: int
  key:
    description:
      - The KMS key of the trail's files, as C(key.NAME), ARN or alias. It must let C(cloudtrail.amazonaws.com) in.
        Without it, S3's own encryption.
    type: str
  trail:
    description: The trail. Without it, none; V({}) takes the defaults.
    type: dict
    suboptions:
      name:
        description: Its name. Without it, C({system}-{env}-trail).
        type: str
      prefix:
        description: Where in the bucket its files go.
        type: str
      multi_region:
        description: Whether it records every region.
        type: bool
        default: true
      validation:
        description: Whether digests prove that its files are as they were written.
        type: bool
        default: true
      log_retention_days:
        description: How long its log group keeps events.
        type: int
        default: 90
      log_group:
        description: Its log group. Without it, C(/aws/cloudtrail/) and its name.
        type: str
      object_events:
        description: Buckets whose objects' reads and writes are recorded too, as names of entries of C(buckets).
        type: list
        elements: str
        default: []
      insights:
        description: Whether CloudTrail looks for unusual rates of calls and of errors.
        type: bool
        default: false
  config:
    description: What Config records. Without it, nothing; V({}) takes the defaults.
    type: dict
    suboptions:
      recorder:
        description:
          - Whose recorder records. A region of an account has one. V(existing) leaves it to whoever made it, and makes
            O(rules) only.
        type: str
        choices: [own, existing]
        default: own
      name:
        description: The name of recorder and delivery channel. Without it, the one they have, or C(default).
        type: str
      prefix:
        description: Where in the bucket its files go.
        type: str
      only:
        description: The types to record, as CloudFormation names them. Without it, all.
        type: list
        elements: str
        default: []
      global_resources:
        description: Whether to record what belongs to no region, which one region of an account should do.
        type: bool
        default: true
      daily:
        description: Record once a day instead of every change.
        type: bool
        default: false
      snapshot_hours:
        description: Deliver a snapshot of everything that often.
        type: int
        choices: [1, 3, 6, 12, 24]
        default: 24
      notify:
        description: A topic that is told of every change, as the name of an entry of C(topics) or an ARN.
        type: str
  rules:
    description:
      - Rules of AWS over what Config records, by name.
      - "Each takes C(identifier), AWS's name of the rule, such as V(ENCRYPTED_VOLUMES), C(parameters),
        C(resource_types), C(every_hours) (1, 3, 6, 12, 24) for those that AWS runs on a schedule, C(description), and
        C(name)."
    type: dict
    default: {}
  password_policy:
    description: What the passwords of the account's IAM users must be. Without it, nothing; V({}) takes the defaults.
    type: dict
    suboptions:
      length:
        description: Characters at the least.
        type: int
        default: 14
      symbols:
        description: Whether there must be a symbol.
        type: bool
        default: true
      numbers:
        description: Whether there must be a digit.
        type: bool
        default: true
      upper_case:
        description: Whether there must be a capital letter.
        type: bool
        default: true
      lower_case:
        description: Whether there must be a small letter.
        type: bool
        default: true
      users_may_change:
        description: Whether users may change their own.
        type: bool
        default: true
      max_age_days:
        description: After how many days a new one is due. Without it, never.
        type: int
      remember:
        description: How many earlier ones may not come back.
        type: int
        default: 24
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
