# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A parameter of Parameter Store."""

    DOCUMENTATION = r"""
options:
  name:
    description: The parameter's whole name. Without it, O(path) and the entry's name.
    type: str
  path:
    description: The path that it stands under. Without it, C(/{system}/{env}).
    type: str
  value:
    description:
      - Its value; a list makes it a C(StringList). It can refer to other entries, as V(database.main.address) or inside
        a text as V(${bucket.audio.name}).
    type: raw
  secret_value:
    description: Its value, encrypted as a C(SecureString) and shown nowhere. Take it from a lookup.
    type: str
  owned_by:
    description:
      - Who sets the value. What V(operations) owns gets it when it is made and keeps whatever a runbook sets
        afterwards.
    type: str
    choices: [stack, operations]
    default: stack
  description:
    description: What it is for.
    type: str
  pattern:
    description: A regular expression that values must match.
    type: str
  key:
    description: The KMS key of O(secret_value), as C(key.NAME), ARN or alias. Without it, AWS's own.
    type: str
  advanced:
    description: Whether it can be longer than 4 KB, for a price. An advanced one does not become a standard one again.
    type: bool
    default: false
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
