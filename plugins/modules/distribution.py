#!/usr/bin/python
# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: distribution
short_description: Keep a CloudFront distribution
version_added: 0.1.0
author:
  - stackwright.aws contributors (@stackwright)
description:
  - Converges a CloudFront distribution with its cache, origin request and response headers policies, its functions,
    the access control by which buckets let in nobody else, and the DNS records of its aliases.
  - Only this part of the stack is changed. Everything else that carries the stack's tags is left alone.
extends_documentation_fragment:
  - stackwright.aws.distribution
  - stackwright.aws.tier
  - stackwright.aws.entry
  - stackwright.aws.run
  - stackwright.aws.connection
seealso:
  - module: stackwright.aws.stack
"""

EXAMPLES = r"""
- name: A host of one's own, cached by path
  stackwright.aws.distribution:
    system: shop
    env: staging
    region: eu-west-1
    entry: web
    aliases: [shop.example.com]
    certificate: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
    to: https://origin.example.com
    routes:
      - paths: ["/static/*"]
        cache: {default_ttl: 86400, max_ttl: 31536000}
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
      sample: AWS::CloudFront::Distribution
    name:
      description: The logical name.
      type: str
      sample: web
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
from ..module_utils.tiers.distribution import TIER


def main() -> None:
    run_tier_module(TIER)


if __name__ == "__main__":
    main()
