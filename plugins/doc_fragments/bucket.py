# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """A private, encrypted bucket that takes only TLS."""

    DOCUMENTATION = r"""
options:
  name:
    description: The bucket's name, which no other bucket of the world has. Without it, C({system}-{entry}-{env}).
    type: str
  existing:
    description:
      - A bucket that somebody else made, by its name in AWS, or as C(stacks.ENV.bucket.NAME) or
        C(stacks.ENV.bucket.NAME.copy), the copy of that one. Nothing about it is changed, whatever else is said here.
    type: str
  key:
    description: The KMS key to encrypt with, as C(key.NAME), ARN or alias. Without it, S3's own (AES256).
    type: str
  versioning:
    description: Whether to keep what is overwritten or deleted. O(lifecycle) says for how long.
    type: bool
    default: true
  lifecycle:
    description: When objects move to cheaper storage, and when they go.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: What to call the rule. Without it, by its place in the list.
        type: str
      prefix:
        description: Only objects whose keys begin with this.
        type: str
        default: ""
      transitions:
        description: Moves to other storage classes.
        type: list
        elements: dict
        default: []
        suboptions:
          days:
            description: Days after the object was made.
            type: int
            required: true
          storage_class:
            description: Where to.
            type: str
            choices:
              - STANDARD_IA
              - ONEZONE_IA
              - INTELLIGENT_TIERING
              - GLACIER_IR
              - GLACIER
              - DEEP_ARCHIVE
            required: true
      expire_days:
        description: Days after which an object is deleted.
        type: int
      expire_old_versions_days:
        description: Days after which an object that was overwritten or deleted is gone for good.
        type: int
  abort_uploads_days:
    description:
      - Days after which an upload in parts that nobody finished is removed. It costs as much as a finished one.
    type: int
    default: 7
  replicate_to:
    description: A copy of what is put into the bucket, in another bucket. It wants O(versioning).
    type: dict
    suboptions:
      region:
        description: The region in which the copy is made.
        type: str
      name:
        description: The name of a bucket to make there.
        type: str
      bucket:
        description:
          - A bucket that is there already or that another stack makes, in place of one that is made here. By its name
            in AWS or as a reference, for example V(stacks.prod_dr.bucket.audio). It has to be versioned.
        type: str
      storage_class:
        description: How the copies are stored. Without it, as the originals.
        type: str
        choices:
          - STANDARD
          - STANDARD_IA
          - ONEZONE_IA
          - INTELLIGENT_TIERING
          - GLACIER_IR
          - GLACIER
          - DEEP_ARCHIVE
      delete_markers:
        description: Whether what is deleted here is deleted there too. Old versions stay on both sides.
        type: bool
        default: true
      within_15_minutes:
        description: Whether S3 promises to be done within 15 minutes, for a price, and publishes how far behind it is.
        type: bool
        default: false
      key:
        description: The KMS key of the other region to encrypt the copies with, as ARN. It is needed beside O(key).
        type: str
  access_log_bucket:
    description: The bucket to log every request to, as C(bucket.NAME) or by its name in AWS.
    type: str
  cors:
    description: Web pages of which other sites may use the bucket from a browser.
    type: list
    elements: dict
    default: []
    suboptions:
      origins:
        description: The sites, for example V(https://app.example.com).
        type: list
        elements: str
        required: true
      methods:
        description: With which methods.
        type: list
        elements: str
        choices: [GET, PUT, POST, DELETE, HEAD]
        required: true
      headers:
        description: With which request headers.
        type: list
        elements: str
        default: []
      max_age_seconds:
        description: Seconds that a browser may remember the answer.
        type: int
  request_metrics:
    description:
      - Whether S3 publishes its requests, errors and latencies every minute, for the price of metrics of one's own.
    type: bool
    default: false
  statements:
    description: Further statements of the bucket policy, in IAM's own words. The refusal of plain HTTP always stands.
    type: list
    elements: dict
    default: []
  tags:
    description: Tags for what is made here, over those of the stack.
    type: dict
    default: {}
"""
