# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.twin.helpers import eventually, refused

ROLE = "arn:aws:iam::123456789012:role/replication"


@pytest.fixture
def s3(client: Any) -> Any:
    return client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="the-bucket")
    return "the-bucket"


def policy(bucket: str, **statement: Any) -> str:
    full = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**full, **statement}]})


def test_a_fresh_bucket_is_encrypted_and_closed(s3: Any, bucket: str) -> None:
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules == [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    owners = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owners == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    with refused("AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    key = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [key]})
    s3.delete_bucket_encryption(Bucket=bucket)
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == rules


def test_tags_at_creation(client: Any) -> None:
    west = client("s3", "us-west-2")
    tags = [{"Key": "stackwright:stack", "Value": "s"}]
    west.create_bucket(Bucket="tagged", CreateBucketConfiguration={"LocationConstraint": "us-west-2", "Tags": tags})
    assert west.get_bucket_tagging(Bucket="tagged")["TagSet"] == tags
    with refused("BucketAlreadyOwnedByYou", 409):
        west.create_bucket(Bucket="tagged", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    west.delete_bucket(Bucket="tagged")
    west.create_bucket(Bucket="tagged", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    with refused("NoSuchTagSet", 404):
        west.get_bucket_tagging(Bucket="tagged")
    with refused("InvalidBucketName"):
        client("s3").create_bucket(Bucket="Not_a_name")


def test_policies(s3: Any, bucket: str) -> None:
    def put(document: str) -> None:
        s3.put_bucket_policy(Bucket=bucket, Policy=document)

    with refused("MalformedPolicy", 400, "valid JSON"):
        put("nonsense")
    with refused("MalformedPolicy", 400, "invalid resource"):
        put(policy("another"))
    with refused("MalformedPolicy", 400, "Invalid principal"):
        put(policy(bucket, Principal={"AWS": "arn:aws:iam::123456789012:role/missing"}))
    with refused("MalformedPolicy"):
        put(policy(bucket, Effect="Maybe"))
    with refused("AccessDenied", 403, "BlockPublicPolicy"):
        put(policy(bucket))
    s3.delete_public_access_block(Bucket=bucket)
    put(policy(bucket))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Principal"] == "*"


def test_a_bucket_for_tls_only_still_serves(s3: Any, bucket: str) -> None:
    only_tls = policy(
        bucket,
        Effect="Deny",
        Action="s3:*",
        Resource=[f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        Condition={"Bool": {"aws:SecureTransport": "false"}},
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=only_tls)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(only_tls)
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)


def test_lifecycle_comes_back_as_it_was_put(s3: Any, bucket: str) -> None:
    rules = [
        {
            "ID": "and",
            "Status": "Enabled",
            "Filter": {
                "And": {
                    "Prefix": "x/",
                    "Tags": [{"Key": "k", "Value": "v"}],
                    "ObjectSizeGreaterThan": 100,
                    "ObjectSizeLessThan": 1000,
                }
            },
            "Transitions": [
                {"Days": 30, "StorageClass": "STANDARD_IA"},
                {"Days": 90, "StorageClass": "GLACIER"},
            ],
            "Expiration": {"Days": 365},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "ID": "tag",
            "Status": "Disabled",
            "Filter": {"Tag": {"Key": "a", "Value": "b"}},
            "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
        },
        {
            "ID": "size",
            "Status": "Enabled",
            "Filter": {"ObjectSizeGreaterThan": 5},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
    ]

    def put(*wanted: Any) -> None:
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(wanted)})

    put(*rules)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    with refused("InvalidArgument", 400, "must be unique"):
        put(rules[0], rules[0])
    early = {
        "ID": "early",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 10, "StorageClass": "STANDARD_IA"}],
    }
    with refused("InvalidArgument", 400, "greater than or equal to 30"):
        put(early)
    with refused("InvalidRequest"):
        put({"ID": "idle", "Status": "Enabled", "Filter": {"Prefix": ""}})
    s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration", 404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_replication(s3: Any, bucket: str, client: Any) -> None:
    west = client("s3", "us-west-2")
    west.create_bucket(Bucket="the-copy", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    configuration = {
        "Role": ROLE,
        "Rules": [
            {
                "ID": "dr",
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": "kept/"},
                "DeleteMarkerReplication": {"Status": "Enabled"},
                "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
                "Destination": {
                    "Bucket": "arn:aws:s3:::the-copy",
                    "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-west-2:123456789012:key/k"},
                    "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
                },
            }
        ],
    }

    def put() -> None:
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=configuration)

    with refused("ReplicationConfigurationNotFoundError", 404):
        s3.get_bucket_replication(Bucket=bucket)
    with refused("InvalidRequest", 400, "Versioning must be"):
        put()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    with refused("InvalidRequest", 400, "Destination bucket must have versioning"):
        put()
    west.put_bucket_versioning(Bucket="the-copy", VersioningConfiguration={"Status": "Enabled"})
    put()
    assert s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"] == configuration
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="kept/a", Body=b"x", Metadata={"m": "1"})
    s3.put_object(Bucket=bucket, Key="other", Body=b"x")

    def status() -> Any:
        return s3.head_object(Bucket=bucket, Key="kept/a").get("ReplicationStatus")

    assert status() == "PENDING"
    eventually(status, "COMPLETED")
    copy = west.get_object(Bucket="the-copy", Key="kept/a")
    assert (copy["Body"].read(), copy["Metadata"], copy["ReplicationStatus"]) == (b"x", {"m": "1"}, "REPLICA")
    assert copy["VersionId"] == s3.head_object(Bucket=bucket, Key="kept/a")["VersionId"]
    assert copy["SSEKMSKeyId"] == "arn:aws:kms:us-west-2:123456789012:key/k"
    assert [one["Key"] for one in west.list_objects_v2(Bucket="the-copy")["Contents"]] == ["kept/a"]
    s3.delete_object(Bucket=bucket, Key="kept/a")
    eventually(lambda: len(west.list_object_versions(Bucket="the-copy").get("DeleteMarkers", [])), 1)
    assert len(west.list_object_versions(Bucket="the-copy")["Versions"]) == 1


def versioned(client: Any, name: str) -> None:
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def replication(target: str, priority: int = 1, markers: str = "Disabled", **where: Any) -> dict[str, Any]:
    return {
        "ID": f"{target}-{priority}",
        "Priority": priority,
        "Status": "Enabled",
        "Filter": where or {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": markers},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
    }


def test_what_replication_takes(s3: Any) -> None:
    for name in ("source-bucket", "tagged-copy", "plain-copy"):
        versioned(s3, name)
    wanted = replication("tagged-copy", 2, Tag={"Key": "keep", "Value": "yes"})
    rules = {"Role": ROLE, "Rules": [wanted]}
    s3.put_bucket_replication(Bucket="source-bucket", ReplicationConfiguration=rules)
    s3.put_object(Bucket="source-bucket", Key="a", Body=b"x", Tagging="keep=yes&team=web")
    s3.put_object(Bucket="source-bucket", Key="b", Body=b"x", Tagging="keep=no")
    s3.put_object(Bucket="source-bucket", Key="c", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="k")

    def status(key: str) -> Any:
        return s3.head_object(Bucket="source-bucket", Key=key).get("ReplicationStatus")

    assert status("c") is None
    eventually(lambda: (status("a"), status("b")), ("COMPLETED", None))
    tags = s3.get_object_tagging(Bucket="tagged-copy", Key="a")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"keep": "yes", "team": "web"}
    s3.delete_object(Bucket="source-bucket", Key="a")
    uploaded = s3.create_multipart_upload(Bucket="source-bucket", Key="d", Tagging="keep=yes")["UploadId"]
    part = {"Bucket": "source-bucket", "Key": "d", "UploadId": uploaded}
    etag = s3.upload_part(**part, PartNumber=1, Body=b"y")["ETag"]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    eventually(lambda: status("d"), "COMPLETED")
    # The rule does not say that deletions are copied.
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket="tagged-copy")


def test_two_buckets_can_be_copies_of_one_another(s3: Any) -> None:
    for name in ("one-side", "other-side"):
        versioned(s3, name)
    for name, other in (("one-side", "other-side"), ("other-side", "one-side")):
        rules = {"Role": ROLE, "Rules": [replication(other, markers="Enabled")]}
        s3.put_bucket_replication(Bucket=name, ReplicationConfiguration=rules)
    s3.put_object(Bucket="one-side", Key="a", Body=b"x")
    eventually(lambda: s3.head_object(Bucket="one-side", Key="a").get("ReplicationStatus"), "COMPLETED")
    s3.put_object(Bucket="other-side", Key="b", Body=b"x")
    eventually(lambda: s3.head_object(Bucket="other-side", Key="b").get("ReplicationStatus"), "COMPLETED")
    counts = [len(s3.list_object_versions(Bucket=name)["Versions"]) for name in ("one-side", "other-side")]
    assert counts == [2, 2]


def test_small_answers(s3: Any, bucket: str) -> None:
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    seen = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert "EventBridgeConfiguration" in seen
    with refused("NoSuchBucket", 404):
        s3.get_bucket_lifecycle_configuration(Bucket="missing-bucket")


def _export(prefix: str) -> dict[str, Any]:
    return {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV", "Prefix": prefix}}


CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "Metrics": {"Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}},
    "Analytics": {
        "Filter": {"Prefix": "a/"},
        "StorageClassAnalysis": {"DataExport": {"OutputSchemaVersion": "V_1", "Destination": _export("analytics")}},
    },
    "IntelligentTiering": {
        "Filter": {"Prefix": "a/"},
        "Status": "Enabled",
        "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}, {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}],
    },
    "Inventory": {
        "Destination": _export("inventory"),
        "IsEnabled": True,
        "Filter": {"Prefix": "a/"},
        "IncludedObjectVersions": "Current",
        "OptionalFields": ["Size", "ETag"],
        "Schedule": {"Frequency": "Weekly"},
    },
}
OPERATIONS = {
    "Metrics": "metrics",
    "Analytics": "analytics",
    "IntelligentTiering": "intelligent_tiering",
    "Inventory": "inventory",
}


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_named_configurations(s3: Any, bucket: str, kind: str) -> None:
    member, name = f"{kind}Configuration", OPERATIONS[kind]
    put, get = (getattr(s3, f"{verb}_bucket_{name}_configuration") for verb in ("put", "get"))
    delete = getattr(s3, f"delete_bucket_{name}_configuration")

    def listed(**more: Any) -> dict[str, Any]:
        return getattr(s3, f"list_bucket_{name}_configurations")(Bucket=bucket, **more)

    assert member + "List" not in listed()
    with refused("NoSuchConfiguration", 404):
        get(Bucket=bucket, Id="all")
    wanted = {"Id": "all", **CONFIGURATIONS[kind]}
    put(Bucket=bucket, Id="all", **{member: wanted})
    assert get(Bucket=bucket, Id="all")[member] == wanted
    assert listed()[f"{member}List"] == [wanted]
    with refused("InvalidArgument", 400):
        put(Bucket=bucket, Id="other", **{member: wanted})
    with refused("NoSuchBucket", 404):
        put(Bucket="no-such-bucket", Id="all", **{member: wanted})
    for number in range(100):
        put(Bucket=bucket, Id=f"b{number:03}", **{member: {**wanted, "Id": f"b{number:03}"}})
    first = listed()
    assert (first["IsTruncated"], len(first[f"{member}List"])) == (True, 100)
    second = listed(ContinuationToken=first["NextContinuationToken"])
    assert (second["IsTruncated"], [one["Id"] for one in second[f"{member}List"]]) == (False, ["b099"])
    delete(Bucket=bucket, Id="all")
    with refused("NoSuchConfiguration", 404):
        delete(Bucket=bucket, Id="all")
    assert len(listed()[f"{member}List"]) == 100


def test_tiers_have_their_days(s3: Any, bucket: str) -> None:
    for tier, days in (("ARCHIVE_ACCESS", 89), ("DEEP_ARCHIVE_ACCESS", 179), ("ARCHIVE_ACCESS", 731)):
        wanted = {"Id": "cold", "Status": "Enabled", "Tierings": [{"Days": days, "AccessTier": tier}]}
        with refused("InvalidArgument", 400, tier):
            s3.put_bucket_intelligent_tiering_configuration(
                Bucket=bucket, Id="cold", IntelligentTieringConfiguration=wanted
            )
