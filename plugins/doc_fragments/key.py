# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A KMS key and its alias."""

    DOCUMENTATION = r"""
options:
  alias:
    description: The alias, with or without C(alias/). Without it, C(alias/{system}-{env}-{entry}).
    type: str
  description:
    description: What the key is for.
    type: str
  rotation:
    description: Whether AWS changes the key material every so often. What was encrypted before stays readable.
    type: bool
    default: true
  rotation_days:
    description: Days between two rotations, 90 to 2560. Without it, AWS's 365.
    type: int
  deletion_window_days:
    description:
      - Days from the deletion until the key is gone, 7 to 30. Until then the deletion can be taken back.
      - With the key goes everything that it encrypts, hence the longest.
      - A key that a final snapshot or a retained backup of a database or cache is encrypted with is not deleted at all.
        It loses the stack's tags and its alias, and its description says for what it is kept.
    type: int
    default: 30
  multi_region:
    description: Whether it can be replicated to other regions. This cannot be changed later.
    type: bool
    default: false
  services:
    description:
      - AWS services that may use the key on behalf of this account, by principal, for example V(sns.amazonaws.com) or
        V(logs.eu-west-1.amazonaws.com).
      - Most services use it with the permissions of who calls them and need no mention.
    type: list
    elements: str
    default: []
  principals:
    description:
      - ARNs of roles, or of other accounts, that may use the key.
      - Roles of this account get their use of it by their own policies instead, for example by C(may) of
        M(stackwright.aws.role).
    type: list
    elements: str
    default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
