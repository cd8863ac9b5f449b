# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Simple Storage Service: buckets and their policies."""

from __future__ import annotations

from .bucket import S3_BUCKET
from .policy import S3_BUCKET_POLICY

KINDS = (S3_BUCKET, S3_BUCKET_POLICY)
