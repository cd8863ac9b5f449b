# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Buckets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ...engine.errors import ResourceError
from ...engine.kind import Attribute, Call, Item, Kind, Property, Scope, Update, Work, read_tags
from ..requests import indexed, is_empty, unless
from ..shared import tag_index, tag_list
from .configurations import CONFIGURATIONS

BUCKET = "AWS::S3::Bucket"

#: How many questions about buckets are asked at once.
THREADS = 8

#: Objects in one deletion request at the most.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
DELETE_BATCH = 1000

#: Regions whose website endpoints are written with a dash; all others have a dot.
#: https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints
DASHED_WEBSITES = frozenset(
    {
        "us-east-1",
        "us-west-1",
        "us-west-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-northeast-1",
        "eu-west-1",
        "sa-east-1",
        "us-gov-west-1",
    }
)


def domain_suffix(partition: str) -> str:
    """The domain below which a partition's endpoints are."""
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"


def bucket_facts(name: str, region: str, partition: str) -> dict[str, str]:
    """What follows from a bucket's name and place."""
    suffix = domain_suffix(partition)
    separator = "-" if region in DASHED_WEBSITES else "."
    return {
        "Arn": f"arn:{partition}:s3:::{name}",
        "DomainName": f"{name}.s3.{suffix}",
        "RegionalDomainName": f"{name}.s3.{region}.{suffix}",
        "DualStackDomainName": f"{name}.s3.dualstack.{region}.{suffix}",
        "WebsiteURL": f"http://{name}.s3-website{separator}{region}.{suffix}",
    }


def _predicted(fact: str) -> Any:
    def predict(facts: Mapping[str, Any]) -> str | None:
        name = facts.get("BucketName")
        if not isinstance(name, str):
            return None
        return bucket_facts(name, facts["region"], facts["partition"])[fact]

    return predict


def list_buckets(scope: Scope) -> list[Item]:
    """Buckets of the region that are described or carry the stack's tag, with what is stated about them."""
    if scope.ids:
        heads = {name: unless((), partial(scope.call, "s3", "head_bucket", Bucket=name)) for name in scope.ids}
        names = [name for name, answer in heads.items() if answer is not None]
    else:
        existing = scope.pages("s3", "list_buckets", "Buckets[].Name", BucketRegion=scope.region)
        relevant = {*scope.names("BucketName"), *indexed(scope, "s3")}
        names = [name for name in existing if scope.everything or name in relevant]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="buckets") as pool:
        return list(pool.map(partial(_read_bucket, scope), names))


def _read_bucket(scope: Scope, name: str) -> Item:
    facts = bucket_facts(name, scope.region, scope.api.partition)
    item: Item = {"BucketName": name, "Tags": _read_tags(scope, name, facts["Arn"]), **facts}
    stated = _stated_about(scope, name)
    for configuration in CONFIGURATIONS:
        if configuration.name in stated:
            item[configuration.name] = configuration.read(scope, name)
    if "ObjectLockEnabled" in stated:
        lock = item.get("ObjectLockConfiguration") or LOCK.read(scope, name) or {}
        item["ObjectLockEnabled"] = lock.get("ObjectLockEnabled") == "Enabled"
    return item


def _stated_about(scope: Scope, name: str) -> set[str]:
    """The properties to read: those that somebody stated about this bucket; of one that is asked for, all."""
    if scope.ids and not scope.wanted:
        return set(S3_BUCKET.properties)
    return {
        property_name
        for wanted in scope.wanted
        if scope.ids or wanted.get("BucketName", name) == name or not isinstance(wanted["BucketName"], str)
        for property_name in wanted
    }


def _read_tags(scope: Scope, name: str, arn: str) -> Mapping[str, str]:
    index = {} if scope.ids else tag_index(scope)
    if arn in index:
        return index[arn]
    answer = unless({"NoSuchTagSet"}, partial(scope.call, "s3", "get_bucket_tagging", Bucket=name))
    return read_tags((answer or {}).get("TagSet")) or {}


def _create_bucket(work: Work) -> Item:
    name = work.desired["BucketName"]
    where: dict[str, Any] = {"Tags": tag_list(work.tags)}
    # The oldest region is the only one that must not be named.
    if work.region != "us-east-1":
        where["LocationConstraint"] = work.region
    params: dict[str, Any] = {"Bucket": name, "CreateBucketConfiguration": where}
    if work.get("ObjectLockEnabled") or work.get("ObjectLockConfiguration"):
        params["ObjectLockEnabledForBucket"] = True
    work.call("s3", "create_bucket", **params)
    return {"BucketName": name, **bucket_facts(name, work.region, work.api.partition)}


def _enable_object_lock(work: Work) -> None:
    if not work.desired["ObjectLockEnabled"]:
        raise ResourceError(f"object lock of the bucket {work.id} cannot be turned off", "set ObjectLockEnabled back")
    if is_empty(work.get("ObjectLockConfiguration")):
        work.call(
            "s3",
            "put_object_lock_configuration",
            Bucket=work.id,
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"},
        )


def _set_tags(work: Work) -> None:
    """Write all tags: the request replaces those that are there."""
    kept = {key: value for key, value in (work.existing.tags or {}).items() if key not in work.tags_to_remove}
    tags = tag_list({**kept, **work.tags_to_set})
    work.call("s3", "put_bucket_tagging", Bucket=work.id, Tagging={"TagSet": tags})


def _drop_tags(work: Work) -> None:
    if not work.tags_to_set:
        _set_tags(work)


def empty_bucket(work: Work) -> None:
    """Remove every version, delete marker and unfinished upload; a bucket that holds anything cannot be deleted.

    Raises:
        ResourceError: some objects cannot be deleted, e.g. because they are locked.
    """
    bucket = work.id
    while True:
        answer = work.call("s3", "list_object_versions", Bucket=bucket, MaxKeys=DELETE_BATCH)
        objects = [
            {"Key": entry["Key"], "VersionId": entry["VersionId"]}
            for entry in (*(answer.get("Versions") or []), *(answer.get("DeleteMarkers") or []))
        ]
        if not objects:
            break
        for start in range(0, len(objects), DELETE_BATCH):
            batch = objects[start : start + DELETE_BATCH]
            result = work.call("s3", "delete_objects", Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
            _raise_for(bucket, result.get("Errors") or [])
    while uploads := work.call("s3", "list_multipart_uploads", Bucket=bucket).get("Uploads"):
        for upload in uploads:
            work.call("s3", "abort_multipart_upload", Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _raise_for(bucket: str, errors: Iterable[Mapping[str, str]]) -> None:
    for error in errors:
        raise ResourceError(
            f"the bucket {bucket} cannot be emptied: {error.get('Key')}: {error.get('Code')}: {error.get('Message')}",
            "release the object's lock or legal hold, or wait until its retention is over",
        )


LOCK = next(one for one in CONFIGURATIONS if one.name == "ObjectLockConfiguration")
REPLICATION = next(one for one in CONFIGURATIONS if one.name == "ReplicationConfiguration")


def _end_replication(work: Work) -> None:
    """First of all: S3 refuses to stop the versioning of a bucket that replicates."""
    if is_empty(work.desired[REPLICATION.name]):
        REPLICATION.write(work)


def _set_replication(work: Work) -> None:
    if not is_empty(work.desired[REPLICATION.name]):
        REPLICATION.write(work)


S3_BUCKET = Kind(
    type=BUCKET,
    service="s3",
    title="bucket",
    id="BucketName",
    key=("BucketName",),
    holds_data=True,
    properties={
        "BucketName": Property(immutable=True),
        "ObjectLockEnabled": Property(default=False),
        **{configuration.name: configuration.compare for configuration in CONFIGURATIONS},
    },
    attributes={
        "BucketName": Attribute("BucketName", "{BucketName}"),
        **{fact: Attribute(fact, _predicted(fact)) for fact in bucket_facts("", "", "")},
    },
    list=list_buckets,
    create=_create_bucket,
    updates=(
        Update(("ObjectLockEnabled",), _enable_object_lock),
        Update((REPLICATION.name,), _end_replication),
        *(configuration.update() for configuration in CONFIGURATIONS if configuration is not REPLICATION),
        Update((REPLICATION.name,), _set_replication, on_create=True),
    ),
    before_delete=empty_bucket,
    delete=Call(
        "delete_bucket", lambda w: {"Bucket": w.id}, retry_on=frozenset({"BucketNotEmpty", "OperationAborted"})
    ),
    tag=_set_tags,
    untag=_drop_tags,
    # Another stack may be making the bucket that objects are to be copied to.
    retry_on=frozenset({"InvalidRequest: Destination bucket must"}),
)
