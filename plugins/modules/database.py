#!/usr/bin/python
# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: database
short_description: Keep a database
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Converges an RDS instance of PostgreSQL, MySQL or MariaDB with its subnet group, parameter group, security
    group, logs and read replicas, and a secret that its password is generated in.
  - Storage is encrypted, connections want TLS, nothing is public. A change that would replace the instance is
    refused.
  - Only this part of the stack is changed. Everything else that carries the stack's tags is left alone.
extends_documentation_fragment:
  - stackwright.aws.database
  - stackwright.aws.tier
  - stackwright.aws.entry
  - stackwright.aws.existing_network
  - stackwright.aws.run
  - stackwright.aws.connection
seealso:
  - module: stackwright.aws.stack
"""

EXAMPLES = r"""
- name: A database in a network that somebody else made
  stackwright.aws.database:
    system: shop
    env: staging
    region: eu-west-1
    entry: main
    engine: postgres
    engine_version: "16"
    instance_class: db.t4g.medium
    allocated_storage: 50
    multi_az: false
    parameters:
      log_min_duration_statement: 500
    allow_from: [10.20.0.0/16]
    network:
      vpc_id: vpc-0f3c5b2a9d1e47806
      data_subnet_ids: [subnet-0a1b2c3d4e5f60718, subnet-08172635445362718]

- name: Delete it, after a final snapshot
  stackwright.aws.database:
    system: shop
    env: staging
    region: eu-west-1
    entry: main
    engine: postgres
    engine_version: "16"
    instance_class: db.t4g.medium
    network:
      vpc_id: vpc-0f3c5b2a9d1e47806
      data_subnet_ids: [subnet-0a1b2c3d4e5f60718, subnet-08172635445362718]
    state: absent
    confirm: shop-staging/database.main
    release_protection: true
"""

RETURN = r"""
stack:
  description: The name of the stack, C({system}-{env}).
  returned: success
  type: str
  sample: shop-staging
plan:
  description: What was planned, and, unless it was a check, done. Makes in their order first, deletions last.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: CloudFormation's name of the type.
      type: str
      sample: AWS::RDS::DBInstance
    name:
      description: The logical name.
      type: str
      sample: main
    action:
      description: One of V(create), V(update), V(replace), V(delete), V(none).
      type: str
      sample: create
    reason:
      description: Why.
      type: str
      sample: does not exist
    before:
      description: The properties that change, as they are.
      type: dict
    after:
      description: The properties that change, as they will be. Secrets are shown as C((sensitive)).
      type: dict
    unknown:
      description: Paths in RV(plan[].after) that are known after apply.
      type: list
      elements: str
plan_digest:
  description: A fingerprint of everything that the plan would do, for O(plan_digest).
  returned: success
  type: str
outputs:
  description: Identifiers, ARNs and endpoints of what exists, by kind and logical name.
  returned: success
  type: dict
notes:
  description: What a person should know although nothing is done about it.
  returned: success or failure of some changes
  type: list
  elements: str
awaiting_value:
  description: Secrets that exist and whose value is still to be given.
  returned: success
  type: list
  elements: str
stats:
  description: What the run cost, in requests by service and operation and in seconds.
  returned: always
  type: dict
done:
  description: The changes that were made before a failure.
  returned: failure of some changes
  type: list
  elements: str
failed_changes:
  description: The changes that failed, each with AWS's error code, message and request id, and what to do.
  returned: failure of some changes
  type: dict
skipped_changes:
  description: The changes that were not tried, and because of what.
  returned: failure of some changes
  type: dict
problems:
  description: Why the description cannot be reached.
  returned: failure before any change
  type: list
  elements: str
"""

from ..module_utils.door import run_tier_module
from ..module_utils.tiers.database import TIER


def main() -> None:
    run_tier_module(TIER)


if __name__ == "__main__":
    main()
