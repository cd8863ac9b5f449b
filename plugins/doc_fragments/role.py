# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An IAM role."""

    DOCUMENTATION = r"""
options:
  name:
    description: The role's name in AWS. Without it, C({system}-{env}-{entry}).
    type: str
  description:
    description: What the role is for.
    type: str
  path:
    description: The IAM path, for example V(/deploy/). It cannot be changed later.
    type: str
  trusts:
    description: Who may assume the role. One of its three at least.
    type: dict
    required: true
    suboptions:
      services:
        description: AWS services, for example V(ecs-tasks.amazonaws.com).
        type: list
        elements: str
        default: []
      principals:
        description: ARNs of roles, or account ids.
        type: list
        elements: str
        default: []
      federated:
        description: The ARN of an OIDC provider, for example that of a CI system. It needs O(trusts.conditions).
        type: str
      conditions:
        description: The C(Condition) of the trust policy, in IAM's own words.
        type: dict
  may:
    description:
      - "What it may do with entries of the stack, for example V({read: [bucket.uploads], use: [key.main]}). Each word
        allows the few actions that it takes, on exactly what is listed, with the key by which that is encrypted."
      - V(read) a bucket, secret or repository; V(write) a bucket or secret; V(delete) from a bucket; V(use) a key;
        V(publish) to a topic; V(assume) a role; V(scale) and V(refresh) a fleet;
        V(publish_metrics) to namespaces of CloudWatch.
    type: dict
    default: {}
  statements:
    description: Further statements of its policy, in IAM's own words. C(Effect) is C(Allow) unless stated.
    type: list
    elements: dict
    default: []
  managed_policies:
    description: ARNs of managed policies, or names of AWS's own. The list is complete.
    type: list
    elements: str
    default: []
  permissions_boundary:
    description: The ARN of the policy that bounds what it can be allowed.
    type: str
  max_session_seconds:
    description: The longest session, 3600 to 43200 seconds. Without it, AWS's 3600.
    type: int
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
