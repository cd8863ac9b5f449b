# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replication: the configuration comes back as it was put, and new objects arrive a moment later.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeKey, S3Backend, s3_backends

from twin.overlay.s3.operations import Handlers
from twin.patch import Parameters, around, notes
from twin.refusal import refuse

if TYPE_CHECKING:
    from twin.world import World


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
        for rule in notes(self.get_bucket(bucket_name), "replication").get("Rules", []):
            if rule["Status"] == "Enabled" and key_name.startswith(_prefix(rule)):
                key.__dict__["_replication"] = "PENDING"
                world.schedule(world.delay("s3.replication"), functools.partial(_copy, key, rule))
                break
        return key

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


def _prefix(rule: dict[str, Any]) -> str:
    wanted = rule.get("Filter") or {}
    return str(wanted.get("Prefix") or (wanted.get("And") or {}).get("Prefix") or rule.get("Prefix") or "")


def _copy(key: Any, rule: dict[str, Any]) -> None:
    destination = _bucket(rule["Destination"]["Bucket"])
    if destination is None:
        key.__dict__["_replication"] = "FAILED"
        return
    backend = s3_backends[destination.account_id]["aws"]
    replica = backend.put_object(
        destination.name, key.name, key.value, storage=rule["Destination"].get("StorageClass"), etag=key.etag
    )
    replica.set_metadata(dict(key.metadata))
    replica.__dict__["_replication"] = "REPLICA"
    key.__dict__["_replication"] = "COMPLETED"
