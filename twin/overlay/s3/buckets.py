# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeBucket, PublicAccessBlock

from twin.overlay.s3.operations import Handlers
from twin.patch import Parameters, around, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


def _default_encryption() -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html"""
    return {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


def install(world: World, handlers: Handlers) -> None:
    @around(FakeBucket, "__init__")
    def fresh(original: Any, self: Any, *args: Any, **kw: Any) -> None:
        """Since April 2023 a bucket is born encrypted, without ACLs and closed to the public."""
        original(self, *args, **kw)
        self.encryption = _default_encryption()
        self.public_access_block = PublicAccessBlock(True, True, True, True)
        self.ownership_rule = "BucketOwnerEnforced"

    @handlers.guard("CreateBucket")
    def name(response: Any, asked: Parameters) -> None:
        bucket = asked["Bucket"]
        good = re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket) and ".." not in bucket
        if not good or re.fullmatch(r"\d+\.\d+\.\d+\.\d+", bucket) or bucket.startswith(("xn--", "sthree-")):
            refuse("InvalidBucketName", "The specified bucket is not valid.", 400, BucketName=bucket)

    @handlers.follow("CreateBucket")
    def tags(response: Any, asked: Parameters) -> None:
        wanted = (asked.get("CreateBucketConfiguration") or {}).get("Tags") or []
        if wanted:
            response.backend.put_bucket_tagging(asked["Bucket"], {tag["Key"]: tag["Value"] for tag in wanted})

    @handlers.follow("DeleteBucket")
    def forget_tags(response: Any, asked: Parameters) -> None:
        response.backend.tagger.delete_all_tags_for_resource(f"arn:{response.partition}:s3:::{asked['Bucket']}")

    @handlers.follow("DeleteBucketEncryption")
    def default_again(response: Any, asked: Parameters) -> None:
        response.backend.get_bucket(asked["Bucket"]).encryption = _default_encryption()

    @handlers.guard("PutBucketAcl")
    def no_acls(response: Any, asked: Parameters) -> None:
        bucket = response.backend.get_bucket(asked["Bucket"])
        if bucket.ownership_rule == "BucketOwnerEnforced" and asked.get("ACL") != "bucket-owner-full-control":
            refuse("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)

    @handlers.guard("PutBucketVersioning")
    def replicated(response: Any, asked: Parameters) -> None:
        bucket = response.backend.get_bucket(asked["Bucket"])
        status = asked["VersioningConfiguration"].get("Status")
        if status == "Suspended" and notes(bucket, "replication"):
            refuse(
                "InvalidBucketState",
                "A replication configuration is present on this bucket, so the versioning state cannot be changed.",
                409,
            )

    @handlers.operation("GetBucketRequestPayment")
    def payer(response: Any, asked: Parameters) -> dict[str, Any]:
        return {"Payer": response.backend.get_bucket(asked["Bucket"]).payer}

    @handlers.follow("PutBucketNotificationConfiguration")
    def notification(response: Any, asked: Parameters) -> None:
        bucket = response.backend.get_bucket(asked["Bucket"])
        notes(bucket, "notification").clear()
        notes(bucket, "notification").update(asked["NotificationConfiguration"])

    @handlers.operation("GetBucketNotificationConfiguration")
    def get_notification(response: Any, asked: Parameters) -> dict[str, Any]:
        kept: dict[str, Any] = notes(response.backend.get_bucket(asked["Bucket"]), "notification")
        return kept
