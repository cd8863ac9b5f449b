# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """An entry of Secrets Manager."""

    DOCUMENTATION = r"""
options:
  name:
    description: The secret's name in AWS. Without it, the name of the entry.
    type: str
  existing:
    description:
      - A secret that somebody else made, by ARN, or as C(stacks.ENV.secret.NAME). Nothing about it is changed, whatever
        else is said here.
      - Of a secret in another region, this is the replica in the region of the stack, which the other one's
        O(replicas) have to name, so that it can be read when that region is gone.
    type: str
  description:
    description: What the secret is for.
    type: str
  generate:
    description:
      - Let AWS generate the value, once. It never passes through the control node.
      - The name of the member to generate, for example V([password]), makes an object with O(fields) beside it.
      - "V({length: 64}) makes the whole value a text of so many letters and digits. V({member: token, length: 48})
        does both. Without a length, it is 32."
    type: raw
  fields:
    description:
      - "Members of the secret beside the generated one. A value is a reference, for example V(database.main.address),
        or plain data. Text that looks like a reference and is none is written V({literal: text})."
      - What becomes known only when other resources exist is written as soon as they do.
    type: dict
  text:
    description: The value as text with references, for example V(${cache.main.url}).
    type: str
  value:
    description:
      - The value from outside, text or a mapping. Keep it in Ansible Vault.
      - Without any of O(generate), O(fields), O(text) and this, the secret is made with the text C(awaiting-value), so
        that what reads it at its start does start, and RV(awaiting_value) names it. What is given by hand in Secrets
        Manager stays.
    type: raw
  members:
    description:
      - The members of a O(value) that is an object. Until it is given they are there and empty, so that whoever reads
        one finds it. What is given by hand in Secrets Manager stays.
    type: list
    elements: str
    default: []
  key:
    description: The KMS key, as C(key.NAME), ARN or alias. Without it, AWS's own C(aws/secretsmanager).
    type: str
  replicas:
    description: Other regions to keep copies in.
    type: list
    elements: str
    default: []
  rotate_days:
    description: Days between two rotations by O(rotation_function).
    type: int
  rotation_function:
    description: The Lambda function that rotates the secret, as C(function.NAME) or by its ARN.
    type: str
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
