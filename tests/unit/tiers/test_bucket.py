"""The bucket tier."""

from __future__ import annotations

from typing import Any

import pytest

from .build import document, get, of, plain, problems

BUCKET = "AWS::S3::Bucket"


def test_private_encrypted_versioned() -> None:
    doc = document(buckets={"audio": {}})
    bucket = get(doc, BUCKET, "audio")
    assert bucket.protect
    assert bucket.properties["BucketName"] == "shop-audio-prod"
    assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket.properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]


def test_names_take_no_underscores() -> None:
    assert get(document(env="prod_dr", buckets={"audio": {}}), BUCKET, "audio").properties["BucketName"] == (
        "shop-audio-prod-dr"
    )


def test_a_key_of_the_stack() -> None:
    doc = document(keys={"data": {}}, buckets={"audio": {"key": "key.data"}})
    (rule,) = plain(get(doc, BUCKET, "audio").properties["BucketEncryption"]["ServerSideEncryptionConfiguration"])
    assert rule == {
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "<Key data Arn>"},
        "BucketKeyEnabled": True,
    }


def test_only_tls_gets_in() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "${role.reader.arn}"},
        "Action": "s3:GetObject",
        "Resource": "*",
    }
    doc = document(
        buckets={"audio": {"statements": [statement]}},
        roles={"reader": {"trusts": {"services": ["ec2.amazonaws.com"]}}},
    )
    deny, allow = plain(get(doc, "AWS::S3::BucketPolicy", "audio").properties["PolicyDocument"])["Statement"]
    assert (deny["Effect"], deny["Action"], deny["Principal"]) == ("Deny", "s3:*", "*")
    assert deny["Resource"] == ["<Bucket audio Arn>", "<Bucket audio Arn>/*"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allow["Principal"] == {"AWS": "<Role role.reader Arn>"}


def test_lifecycle() -> None:
    rule = {
        "prefix": "raw/",
        "transitions": [{"days": 30, "storage_class": "STANDARD_IA"}, {"days": 90, "storage_class": "GLACIER"}],
        "expire_days": 365,
        "expire_old_versions_days": 90,
    }
    doc = document(buckets={"audio": {"lifecycle": [rule]}})
    unfinished, mine = get(doc, BUCKET, "audio").properties["LifecycleConfiguration"]["Rules"]
    assert unfinished["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert mine == {
        "Id": "rule-1",
        "Status": "Enabled",
        "Prefix": "raw/",
        "Transitions": [
            {"StorageClass": "STANDARD_IA", "TransitionInDays": 30},
            {"StorageClass": "GLACIER", "TransitionInDays": 90},
        ],
        "ExpirationInDays": 365,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
    }


def test_a_copy_in_another_region() -> None:
    doc = document(buckets={"audio": {"replicate_to": {"region": "eu-central-1", "name": "shop-audio-dr-prod"}}})
    copy = get(doc, BUCKET, "audio/copy")
    assert copy.region == get(doc, "AWS::S3::BucketPolicy", "audio/copy").region == "eu-central-1"
    assert copy.properties["BucketName"] == "shop-audio-dr-prod"
    replication = plain(get(doc, BUCKET, "audio").properties["ReplicationConfiguration"])
    assert replication["Role"] == "<Role bucket.audio/replication Arn>"
    (rule,) = replication["Rules"]
    assert rule["Destination"] == {"Bucket": "<Bucket audio/copy Arn>"}
    assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
    role = plain(get(doc, "AWS::IAM::Role", "bucket.audio/replication").properties)
    resources = [item for stmt in role["Policies"][0]["PolicyDocument"]["Statement"] for item in stmt["Resource"]]
    assert resources == [
        "arn:<AWS Partition>:s3:::shop-audio-prod",
        "arn:<AWS Partition>:s3:::shop-audio-prod/*",
        "arn:<AWS Partition>:s3:::shop-audio-dr-prod/*",
    ]
    order = [res.address for res in doc.in_order()]
    assert order.index(copy.address) < order.index(get(doc, BUCKET, "audio").address)


def test_a_copy_in_a_bucket_of_another_stack() -> None:
    doc = document(buckets={"audio": {"replicate_to": {"bucket": "shop-audio-dr-prod", "within_15_minutes": True}}})
    assert len(of(doc, BUCKET)) == 1
    (rule,) = plain(get(doc, BUCKET, "audio").properties["ReplicationConfiguration"])["Rules"]
    assert rule["Destination"] == {
        "Bucket": "arn:<AWS Partition>:s3:::shop-audio-dr-prod",
        "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
        "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
    }
    role = plain(get(doc, "AWS::IAM::Role", "bucket.audio/replication").properties)
    assert role["Policies"][0]["PolicyDocument"]["Statement"][2]["Resource"] == [
        "arn:<AWS Partition>:s3:::shop-audio-dr-prod/*"
    ]


def test_copies_under_keys() -> None:
    far = "arn:aws:kms:us-west-2:123456789012:key/1"
    copy = {"region": "us-west-2", "name": "shop-audio-dr-prod", "key": far}
    doc = document(keys={"data": {}}, buckets={"audio": {"key": "data", "replicate_to": copy}})
    (rule,) = plain(get(doc, BUCKET, "audio").properties["ReplicationConfiguration"])["Rules"]
    assert rule["Destination"]["EncryptionConfiguration"] == {"ReplicaKmsKeyID": far}
    assert rule["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    role = plain(get(doc, "AWS::IAM::Role", "bucket.audio/replication").properties)
    keys = role["Policies"][0]["PolicyDocument"]["Statement"][3:]
    assert [(one["Action"], one["Resource"]) for one in keys] == [
        (["kms:Decrypt"], ["<Key data Arn>"]),
        (["kms:Encrypt"], [far]),
    ]


def test_who_writes_logs_to_it_is_let_in() -> None:
    doc = document(
        buckets={"logs": {}, "audio": {"access_log_bucket": "bucket.logs"}},
        load_balancers={"web": {"internal": True, "access_log_bucket": "bucket.logs"}},
    )
    _deny, *allowed = plain(get(doc, "AWS::S3::BucketPolicy", "logs").properties["PolicyDocument"])["Statement"]
    assert [(one["Principal"]["Service"], one["Action"]) for one in allowed] == [
        ("logging.s3.amazonaws.com", "s3:PutObject"),
        ("logdelivery.elasticloadbalancing.amazonaws.com", "s3:PutObject"),
    ]
    policy = get(doc, "AWS::S3::BucketPolicy", "logs").address
    assert policy in get(doc, BUCKET, "audio").depends_on
    assert policy in get(doc, "AWS::ElasticLoadBalancingV2::LoadBalancer", "web").depends_on
    assert {str(one["Condition"]) for one in allowed} == {
        "{'StringEquals': {'aws:SourceAccount': '<AWS AccountId>'}}",
    }


def test_access_logs_and_cors() -> None:
    rule = {"origins": ["https://shop.example.com"], "methods": ["GET"]}
    doc = document(buckets={"logs": {}, "audio": {"access_log_bucket": "bucket.logs", "cors": [rule]}})
    assert get(doc, BUCKET, "audio").properties["LoggingConfiguration"] == {
        "DestinationBucketName": "shop-logs-prod",
        "LogFilePrefix": "shop-audio-prod/",
    }
    assert get(doc, BUCKET, "audio").properties["CorsConfiguration"] == {
        "CorsRules": [{"AllowedOrigins": ["https://shop.example.com"], "AllowedMethods": ["GET"]}]
    }
    assert len(of(doc, BUCKET)) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"replicate_to": {"region": "eu-west-1", "name": "x-y-z"}},
            "buckets.a.replicate_to.region: 'eu-west-1' is the stack's",
        ),
        (
            {"replicate_to": {"region": "eu-west-2", "name": "x-y-z"}, "versioning": False},
            "buckets.a.versioning: false",
        ),
        (
            {"replicate_to": {"region": "eu-west-2", "name": "x-y-z"}, "key": "data"},
            "buckets.a.replicate_to.key: both sides are encrypted",
        ),
        ({"replicate_to": {"region": "eu-west-2"}}, "buckets.a.replicate_to: needs one of bucket, name"),
        ({"replicate_to": {"bucket": "x-y-z", "name": "x"}}, "buckets.a.replicate_to: bucket and name exclude"),
        ({"replicate_to": {"name": "x-y-z"}}, "buckets.a.replicate_to: name needs region"),
        ({"key": "dtaa"}, "buckets.a.key: 'key.dtaa' names nothing in `keys` (it has data); did you mean 'data'"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], message: str) -> None:
    assert any(line.startswith(message) for line in problems(keys={"data": {}}, buckets={"a": options}))
