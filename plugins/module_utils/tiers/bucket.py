# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `buckets` section: private, encrypted, versioned S3 buckets, and their copies in another region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref
from .base import TAGS, Context, Export, Options, Tier
from .permissions import policy, role, statement, this_account, trust

BUCKET = "AWS::S3::Bucket"
BUCKET_POLICY = "AWS::S3::BucketPolicy"

_STORAGE_CLASSES = [
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
]

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "key": {"type": "str", "no_log": False},
    "versioning": {"type": "bool", "default": True},
    "lifecycle": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "id": {"type": "str"},
            "prefix": {"type": "str", "default": ""},
            "transitions": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "days": {"type": "int", "required": True},
                    "storage_class": {"type": "str", "choices": _STORAGE_CLASSES, "required": True},
                },
            },
            "expire_days": {"type": "int"},
            "expire_old_versions_days": {"type": "int"},
        },
    },
    "abort_uploads_days": {"type": "int", "default": 7},
    "replicate_to": {
        "type": "dict",
        "options": {
            "region": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "storage_class": {"type": "str", "choices": ["STANDARD", *_STORAGE_CLASSES]},
        },
    },
    "access_log_bucket": {"type": "str"},
    "cors": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "origins": {"type": "list", "elements": "str", "required": True},
            "methods": {
                "type": "list",
                "elements": "str",
                "choices": ["GET", "PUT", "POST", "DELETE", "HEAD"],
                "required": True,
            },
            "headers": {"type": "list", "elements": "str", "default": []},
            "max_age_seconds": {"type": "int"},
        },
    },
    "statements": {"type": "list", "elements": "dict", "default": []},
    "tags": TAGS,
}


def bucket_name(name: str, options: Options, context: Context) -> str:
    """The bucket's name, which no other bucket of the world has: `{system}-{name}-{env}` unless stated."""
    return options["name"] or f"{context.system}-{name}-{context.env}".lower()


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(BUCKET, name)
    return Export(
        address=address,
        values={
            "arn": Ref(address, "Arn"),
            "name": bucket_name(name, options, context),
            "domain_name": Ref(address, "RegionalDomainName"),
        },
        default="name",
    )


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    copy = options["replicate_to"]
    made: list[Resource] = []
    replication = None
    depends_on: list[Address] = []
    if copy:
        target, writer = _copy(name, options, context)
        made += [*target, writer]
        # Replication is refused while the destination is not versioned; it is that from its creation on.
        depends_on = [resource.address for resource in target]
        replication = _replication(copy, target[0], writer)
    bucket = context.resource(
        BUCKET,
        name,
        {
            **_secure(options, context),
            "BucketName": bucket_name(name, options, context),
            "LifecycleConfiguration": _lifecycle(options),
            "ReplicationConfiguration": replication,
            "LoggingConfiguration": _logging(name, options, context),
            "CorsConfiguration": _cors(options),
        },
        tags=options["tags"],
        protect=True,
        depends_on=depends_on,
    )
    if copy and not options["versioning"]:
        context.problem("versioning", "false, but only a versioned bucket can be replicated; leave it on")
    return [*made, bucket, _bucket_policy(bucket, options["statements"], context)]


def _secure(options: Options, context: Context) -> dict[str, Any]:
    key = context.arn_of(options["key"], "key", "key")
    rule: dict[str, Any] = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
    encryption: dict[str, Any] = {"ServerSideEncryptionByDefault": rule}
    if key:
        encryption["BucketKeyEnabled"] = True
    return {
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "VersioningConfiguration": {"Status": "Enabled" if options["versioning"] else "Suspended"},
    }


def _lifecycle(options: Options) -> dict[str, Any]:
    """The rules, and one that ends uploads that nobody finished."""
    rules: list[dict[str, Any]] = [
        {
            "Id": "abort-unfinished-uploads",
            "Status": "Enabled",
            "Prefix": "",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": options["abort_uploads_days"]},
        }
    ]
    for index, rule in enumerate(options["lifecycle"]):
        rules.append(
            {
                "Id": rule["id"] or f"rule-{index + 1}",
                "Status": "Enabled",
                "Prefix": rule["prefix"],
                "Transitions": [
                    {"StorageClass": step["storage_class"], "TransitionInDays": step["days"]}
                    for step in rule["transitions"]
                ]
                or None,
                "ExpirationInDays": rule["expire_days"],
                "NoncurrentVersionExpiration": _noncurrent(rule["expire_old_versions_days"]),
            }
        )
    return {"Rules": rules}


def _noncurrent(days: int | None) -> dict[str, int] | None:
    return None if days is None else {"NoncurrentDays": days}


def _logging(name: str, options: Options, context: Context) -> dict[str, Any] | None:
    target = options["access_log_bucket"]
    if not target:
        return None
    if target.startswith("bucket."):
        target = context.value(target, "access_log_bucket")
    return {"DestinationBucketName": target, "LogFilePrefix": f"{bucket_name(name, options, context)}/"}


def _cors(options: Options) -> dict[str, Any] | None:
    if not options["cors"]:
        return None
    return {
        "CorsRules": [
            {
                "AllowedOrigins": rule["origins"],
                "AllowedMethods": rule["methods"],
                "AllowedHeaders": rule["headers"] or None,
                "MaxAge": rule["max_age_seconds"],
            }
            for rule in options["cors"]
        ]
    }


def _copy(name: str, options: Options, context: Context) -> tuple[list[Resource], Resource]:
    """The bucket in the other region, and the role that writes to it."""
    copy = options["replicate_to"]
    if copy["region"] == context.region:
        context.problem("replicate_to.region", f"{copy['region']!r} is the stack's own region; name another one")
    if options["key"]:
        context.problem(
            "key", "a copy in another region needs a key of that region; leave it out to encrypt both sides with AES256"
        )
    target = context.resource(
        BUCKET,
        f"{name}/copy",
        {
            **_secure({**options, "versioning": True, "key": None}, context),
            "BucketName": copy["name"],
            "LifecycleConfiguration": _lifecycle(options),
        },
        tags=options["tags"],
        protect=True,
        region=copy["region"],
    )
    writer = role(
        context,
        "replication",
        trust(["s3.amazonaws.com"], condition=this_account()),
        _replication_statements(bucket_name(name, options, context), copy["name"], context),
        description=f"Copies objects to {copy['name']}",
        tags=options["tags"],
    )
    return [target, _bucket_policy(target, [], context, region=copy["region"])], writer


def _replication_statements(source: str, target: str, context: Context) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html"""
    here = context.arn("s3", source, region="", account=False)
    below = context.arn("s3", f"{source}/*", region="", account=False)
    there = context.arn("s3", f"{target}/*", region="", account=False)
    return [
        statement(["s3:GetReplicationConfiguration", "s3:ListBucket"], here),
        statement(["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"], below),
        statement(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], there),
    ]


def _replication(copy: Mapping[str, Any], target: Resource, writer: Resource) -> dict[str, Any]:
    return {
        "Role": writer.ref("Arn"),
        "Rules": [
            {
                "Id": "copy",
                "Status": "Enabled",
                "Priority": 1,
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": target.ref("Arn"), "StorageClass": copy["storage_class"]},
            }
        ],
    }


def _bucket_policy(bucket: Resource, extra: list[Any], context: Context, region: str = "") -> Resource:
    """TLS only, and what the user adds."""
    arn = bucket.ref("Arn")
    deny = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, Compose("{arn}/*", {"arn": arn})],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    added = [context.fill(item, f"statements[{index}]") for index, item in enumerate(extra)]
    return context.resource(
        BUCKET_POLICY,
        bucket.name,
        {"Bucket": bucket.properties["BucketName"], "PolicyDocument": policy([deny, *added])},
        depends_on=[bucket.address],
        region=region,
    )


TIER = Tier(section="buckets", reference="bucket", spec=SPEC, compile=compile, exports=exports, kinds=(BUCKET,))
