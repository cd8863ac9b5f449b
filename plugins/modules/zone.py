#!/usr/bin/python
# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: zone
short_description: Keep a hosted zone and its records
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Converges a Route 53 hosted zone, its records and health checks, or records in a zone that somebody else made.
  - Only this part of the stack is changed. Everything else that carries the stack's tags is left alone.
extends_documentation_fragment:
  - stackwright.aws.zone
  - stackwright.aws.tier
  - stackwright.aws.entry
  - stackwright.aws.existing_network
  - stackwright.aws.run
  - stackwright.aws.connection
seealso:
  - module: stackwright.aws.stack
"""

EXAMPLES = r"""
- name: The load balancer under the domain itself
  stackwright.aws.zone:
    system: shop
    env: prod
    region: eu-west-1
    entry: main
    domain: shop.example.com
    records:
      "@": {alias: load_balancer.web}
    stack: "{{ stack }}"

- name: The zone with a record that fails over
  stackwright.aws.zone:
    system: shop
    env: staging
    region: eu-west-1
    entry: main
    domain: shop.example.com
    records:
      status#here: {values: [192.0.2.10], failover: PRIMARY, health_check: status}
      status#there: {values: [198.51.100.10], failover: SECONDARY}
    health_checks:
      status: {host: status.example.com}
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
      sample: AWS::Route53::HostedZone
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
from ..module_utils.tiers.zone import TIER


def main() -> None:
    run_tier_module(TIER)


if __name__ == "__main__":
    main()
