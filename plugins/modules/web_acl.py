#!/usr/bin/python
# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: web_acl
short_description: Keep a web ACL
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Converges a web ACL of WAF, its IP sets, its log, and its place before load balancers, REST APIs and distributions.
  - Rules are asked in a fixed order, allowed and blocked addresses first, then countries, the rate, attacks, and AWS's
    managed groups in the order of O(managed_rules).
  - Only this part of the stack is changed. Everything else that carries the stack's tags is left alone.
extends_documentation_fragment:
  - stackwright.aws.web_acl
  - stackwright.aws.tier
  - stackwright.aws.entry
  - stackwright.aws.run
  - stackwright.aws.connection
seealso:
  - module: stackwright.aws.stack
  - module: stackwright.aws.load_balancer
"""

EXAMPLES = r"""
- name: Protect a load balancer
  stackwright.aws.web_acl:
    system: shop
    env: staging
    region: eu-west-1
    entry: api
    for: [load_balancer.web]
    rate_limit: {requests: 2000}
    sql_injection: block
    cross_site_scripting: block
    managed_rules:
      AWSManagedRulesCommonRuleSet: {count_only: [SizeRestrictions_BODY]}
    stack: "{{ stack }}"

- name: A web ACL for an ingress, whose annotation takes the ARN
  stackwright.aws.web_acl:
    system: shop
    env: staging
    region: eu-west-1
    entry: ingress
    managed_rules:
      AWSManagedRulesCommonRuleSet: {}
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
      sample: AWS::WAFv2::WebACL
    name:
      description: The logical name.
      type: str
      sample: api
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
from ..module_utils.tiers.web_acl import TIER


def main() -> None:
    run_tier_module(TIER)


if __name__ == "__main__":
    main()
