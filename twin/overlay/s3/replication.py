# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replication: the configuration comes back as it was put, and new objects arrive a moment later.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeKey, S3Backend, s3_backends

from twin.overlay.s3.operations import Handlers
from twin.patch import Parameters, around, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World

#: A copy is not copied on, so two buckets can be copies of one another.
_COPYING: ContextVar[bool] = ContextVar("copying", default=False)


def install(world: World, handlers: Handlers) -> None:
    @handlers.operation("PutBucketReplication")
    def put(response: Any, asked: Parameters) -> None:
        bucket = response.backend.get_bucket(asked["Bucket"])
        configuration = asked["ReplicationConfiguration"]
        if not bucket.is_versioned:
            refuse(
                "InvalidRequest",
                "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
                400,
            )
        priorities = [rule.get("Priority", 0) for rule in configuration["Rules"]]
        if len(set(priorities)) != len(priorities):
            refuse("InvalidRequest", "Found duplicate priority. Priorities must be unique.", 400)
        for rule in configuration["Rules"]:
            destination = _bucket(rule["Destination"]["Bucket"])
            if destination is None:
                refuse("InvalidRequest", "Destination bucket must exist.", 400)
            if not destination.is_versioned:
                refuse("InvalidRequest", "Destination bucket must have versioning enabled.", 400)
            if rule.get("Filter") is not None and "DeleteMarkerReplication" not in rule:
                refuse(
                    "InvalidRequest",
                    "DeleteMarkerReplication must be specified for this version of Cross Region Replication"
                    " configuration schema.",
                    400,
                )
        kept = notes(bucket, "replication")
        kept.clear()
        kept.update(configuration)

    @handlers.operation("GetBucketReplication")
    def get(response: Any, asked: Parameters) -> dict[str, Any]:
        kept = notes(response.backend.get_bucket(asked["Bucket"]), "replication")
        if not kept:
            refuse("ReplicationConfigurationNotFoundError", "The replication configuration was not found", 404)
        return {"ReplicationConfiguration": kept}

    @handlers.operation("DeleteBucketReplication")
    def delete(response: Any, asked: Parameters) -> None:
        notes(response.backend.get_bucket(asked["Bucket"]), "replication").clear()

    @around(S3Backend, "put_object")
    def replicate(
        original: Any, self: Any, bucket_name: str, key_name: str, value: bytes, *args: Any, **kw: Any
    ) -> Any:
        key = original(self, bucket_name, key_name, value, *args, **kw)
        rule = None if _COPYING.get() else _rule_for(self.get_bucket(bucket_name), key_name)
        if rule is not None and (not key.kms_key_id or _takes_kms(rule)):
            key.__dict__["_replication"] = "PENDING"
            world.schedule(world.delay("s3.replication"), functools.partial(_copy, self, key, rule))
        return key

    @around(S3Backend, "_set_delete_marker")
    def mark(original: Any, self: Any, bucket_name: str, key_name: str) -> Any:
        """A deletion without a version leaves a marker, which is copied where the rule says so."""
        marker = original(self, bucket_name, key_name)
        rule = None if _COPYING.get() else _rule_for(self.get_bucket(bucket_name), key_name)
        if rule is not None and (rule.get("DeleteMarkerReplication") or {}).get("Status") == "Enabled":
            world.schedule(world.delay("s3.replication"), functools.partial(_copy_marker, marker, key_name, rule))
        return marker

    @around(FakeKey, "response_dict")
    def status(original: Any, self: Any) -> dict[str, Any]:
        headers: dict[str, Any] = original(self)
        if "_replication" in self.__dict__:
            headers["x-amz-replication-status"] = self.__dict__["_replication"]
        return headers


def _bucket(arn: str) -> Any | None:
    name = arn.rpartition(":::")[2]
    partition, account = s3_backends.bucket_accounts.get(name, (None, None))
    return s3_backends[account][partition].buckets.get(name) if account and partition else None


def _rule_for(bucket: Any, key_name: str) -> dict[str, Any] | None:
    """Of the rules that fit, the one with the highest priority."""
    fitting = [
        rule
        for rule in notes(bucket, "replication").get("Rules", [])
        if rule["Status"] == "Enabled" and key_name.startswith(_prefix(rule))
    ]
    return max(fitting, key=lambda rule: int(rule.get("Priority") or 0), default=None)


def _prefix(rule: dict[str, Any]) -> str:
    wanted = rule.get("Filter") or {}
    return str(wanted.get("Prefix") or (wanted.get("And") or {}).get("Prefix") or rule.get("Prefix") or "")


def _tags(rule: dict[str, Any]) -> dict[str, str]:
    """The tags that an object must have."""
    wanted = rule.get("Filter") or {}
    tags = [wanted["Tag"]] if wanted.get("Tag") else (wanted.get("And") or {}).get("Tags") or []
    return {tag["Key"]: tag["Value"] for tag in tags}


def _takes_kms(rule: dict[str, Any]) -> bool:
    chosen = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}
    return bool(chosen.get("Status") == "Enabled")


def _copy(source: Any, key: Any, rule: dict[str, Any]) -> None:
    tags = source.tagger.get_tag_dict_for_resource(key.arn)
    if not _tags(rule).items() <= tags.items():
        del key.__dict__["_replication"]
        return
    destination = _bucket(rule["Destination"]["Bucket"])
    if destination is None or not destination.is_versioned:
        key.__dict__["_replication"] = "FAILED"
        return
    backend = s3_backends[destination.account_id]["aws"]
    key_id = (rule["Destination"].get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    encrypted = {"encryption": "aws:kms", "kms_key_id": key_id} if key_id else {}
    storage = rule["Destination"].get("StorageClass") or key.storage_class
    copying = _COPYING.set(True)
    try:
        replica = backend.put_object(destination.name, key.name, key.value, storage=storage, etag=key.etag, **encrypted)
    finally:
        _COPYING.reset(copying)
    # A copy is the same version as its original.
    replica._version_id = key.version_id
    replica.set_metadata(dict(key.metadata))
    backend.tagger.tag_resource(replica.arn, [{"Key": name, "Value": value} for name, value in tags.items()])
    replica.__dict__["_replication"] = "REPLICA"
    key.__dict__["_replication"] = "COMPLETED"


def _copy_marker(marker: Any, key_name: str, rule: dict[str, Any]) -> None:
    destination = _bucket(rule["Destination"]["Bucket"])
    if destination is None or key_name not in destination.keys:
        return
    backend = s3_backends[destination.account_id]["aws"]
    copying = _COPYING.set(True)
    try:
        backend._set_delete_marker(destination.name, key_name)._version_id = marker.version_id
    finally:
        _COPYING.reset(copying)
