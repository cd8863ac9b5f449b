# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A repository of container images."""

    DOCUMENTATION = r"""
options:
  name:
    description: The repository's name in AWS, which images are pushed under. Without it, the name of the entry.
    type: str
  scan_on_push:
    description: Whether to look for known vulnerabilities in each pushed image.
    type: bool
    default: true
  immutable_tags:
    description: Whether a tag that was pushed stays with its image, so that a rollback gets what once ran.
    type: bool
    default: true
  key:
    description:
      - The KMS key to encrypt with, as C(key.NAME), ARN or alias. Without it, ECR's own (AES256).
      - It cannot be changed later.
    type: str
  keep_images:
    description: How many images to keep. The oldest go first.
    type: int
    default: 50
  expire_untagged_days:
    description: Days after which an image without a tag goes.
    type: int
    default: 14
  statements:
    description: The statements of the repository policy, in IAM's own words, for other accounts.
    type: list
    elements: dict
    default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
