# Copyright (c) stackwright.aws contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The `buckets` section: private, encrypted, versioned S3 buckets, and their copies in another region."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..engine.document import Resource
from ..engine.values import Address, Compose, Ref, account_id
from . import formats
from .base import TAGS, Context, Entry, Export, Options, Tier
from .bucket_lifecycle import LIFECYCLE, STORAGE_CLASSES, check_lifecycle, lifecycle
from .distribution_origins import buckets_of
from .permissions import STATEMENTS, policy, role, statement, this_account, trust

BUCKET = "AWS::S3::Bucket"
BUCKET_POLICY = "AWS::S3::BucketPolicy"

#: The filter of the metrics that count every request, by the name that S3's console gives it.
EVERY_REQUEST = "EntireBucket"

SPEC: dict[str, Any] = {
    "name": {"type": "str"},
    "existing": {"type": "str"},
    "key": {"type": "str", "no_log": False},
    "versioning": {"type": "bool", "default": True},
    "lifecycle": LIFECYCLE,
    "abort_uploads_days": {"type": "int", "default": 7, "format": formats.at_least(1)},
    "replicate_to": {
        "type": "dict",
        "options": {
            "region": {"type": "str", "format": formats.REGION},
            "name": {"type": "str"},
            "bucket": {"type": "str"},
            "storage_class": {"type": "str", "choices": ["STANDARD", *STORAGE_CLASSES]},
            "delete_markers": {"type": "bool", "default": True},
            "within_15_minutes": {"type": "bool", "default": False},
            "key": {"type": "str", "no_log": False},
        },
        "mutually_exclusive": [("bucket", "name"), ("bucket", "region")],
        "required_one_of": [("bucket", "name")],
        "required_together": [("name", "region")],
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
            "max_age_seconds": {"type": "int", "format": formats.at_least(0)},
        },
    },
    "request_metrics": {"type": "bool", "default": False},
    "statements": STATEMENTS,
    "tags": TAGS,
}


def bucket_name(name: str, options: Options, context: Context) -> str:
    """The bucket's name, which no other bucket of the world has: `{system}-{name}-{env}` unless stated."""
    existing = options["existing"]
    if existing:
        return str(context.value(existing, "existing") if existing.startswith("stacks.") else existing)
    return options["name"] or f"{context.system}-{name}-{context.env}".lower().replace("_", "-")


def exports(name: str, options: Options, context: Context) -> Export:
    address = Address(BUCKET, name)
    title = bucket_name(name, options, context)
    if options["existing"]:
        arn = context.arn("s3", title, region="", account=False)
        return Export(
            values={"arn": arn, "name": title, "domain_name": f"{title}.s3.{context.region}.amazonaws.com"},
            default="name",
        )
    values = {"arn": Ref(address, "Arn"), "name": title, "domain_name": Ref(address, "RegionalDomainName")}
    copy = (options["replicate_to"] or {}).get("name")
    if copy:
        values["copy"] = copy
        values["copy_domain_name"] = Ref(Address(BUCKET, f"{name}/copy"), "RegionalDomainName")
    return Export(address=address, values=values, default="name")


def compile(name: str, options: Options, context: Context) -> list[Resource]:
    if options["existing"]:
        return []
    check_lifecycle(options, context)
    copy = options["replicate_to"]
    made: list[Resource] = []
    replication = None
    depends_on: list[Address] = []
    if copy:
        target = _copy(name, options, context) if copy["name"] else []
        destination = target[0].ref("Arn") if target else _arn_of(copy["bucket"], context)
        writer = _writer(name, options, destination, context)
        made += [*target, writer]
        # Replication is refused while the destination is not versioned; it is that from its creation on.
        depends_on = [resource.address for resource in target if resource.kind == BUCKET]
        replication = _replication(options, destination, writer, context)
    depends_on += written_to(options["access_log_bucket"])
    bucket = context.resource(
        BUCKET,
        name,
        {
            **_secure(options, options["key"], context),
            "BucketName": bucket_name(name, options, context),
            "OwnershipControls": {"Rules": [{"ObjectOwnership": _ownership(context)}]},
            "LifecycleConfiguration": lifecycle(options),
            "ReplicationConfiguration": replication,
            "LoggingConfiguration": _logging(name, options, context),
            "CorsConfiguration": _cors(options),
            "MetricsConfigurations": [{"Id": EVERY_REQUEST}] if options["request_metrics"] else None,
        },
        tags=options["tags"],
        protect=True,
        depends_on=depends_on,
    )
    if copy and not options["versioning"]:
        context.problem("versioning", "false, but only a versioned bucket can be replicated; leave it on")
    added = [context.fill(item, f"statements[{index}]") for index, item in enumerate(options["statements"])]
    return [*made, bucket, _bucket_policy(bucket, [*_let_in(bucket, context), *added], context)]


def written_to(reference: str | None) -> list[Address]:
    """What must stand before logs are written to a bucket of the stack: the bucket, and its word that they may be."""
    name = (reference or "").removeprefix("bucket.")
    return [Address(BUCKET, name), Address(BUCKET_POLICY, name)] if name and name != reference else []


def _ownership(context: Context) -> str:
    """No access control lists, but where CloudFront writes its logs, which it does by such a list."""
    logged = any(entry.options["access_log_bucket"] == context.reference for entry in _distributions(context))
    return "BucketOwnerPreferred" if logged else "BucketOwnerEnforced"


def _distributions(context: Context) -> list[Entry]:
    return context.catalog.entries("distribution")


def _secure(options: Options, key: str | None, context: Context) -> dict[str, Any]:
    key = context.arn_of(key, "key", "key")
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


def _copy(name: str, options: Options, context: Context) -> list[Resource]:
    """The bucket in the other region, and its policy."""
    copy = options["replicate_to"]
    if copy["region"] == context.region:
        context.problem("replicate_to.region", f"{copy['region']!r} is the stack's own region; name another one")
    target = context.resource(
        BUCKET,
        f"{name}/copy",
        {
            **_secure({**options, "versioning": True}, copy["key"], context),
            "BucketName": copy["name"],
            "LifecycleConfiguration": lifecycle(options),
        },
        tags=options["tags"],
        protect=True,
        region=copy["region"],
    )
    served = _served(target, f"{context.reference}.copy", context)
    return [target, _bucket_policy(target, served, context, region=copy["region"])]


def _arn_of(bucket: str, context: Context) -> Any:
    """A bucket that is there already, or that another stack makes, by its reference or its name."""
    if context.catalog.looks_like_reference(bucket):
        entry = context.entry(bucket, "replicate_to.bucket", ("bucket",))
        return entry.export.values["arn"] if entry else ""
    return context.arn("s3", bucket, region="", account=False)


def _writer(name: str, options: Options, destination: Any, context: Context) -> Resource:
    """The role that reads here and writes there.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    source, copy = bucket_name(name, options, context), options["replicate_to"]
    here = context.arn("s3", source, region="", account=False)
    below = context.arn("s3", f"{source}/*", region="", account=False)
    there = Compose("{arn}/*", {"arn": destination})
    if copy["name"]:
        there = context.arn("s3", f"{copy['name']}/*", region="", account=False)
    statements = [
        statement(["s3:GetReplicationConfiguration", "s3:ListBucket"], here),
        statement(["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"], below),
        statement(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], there),
    ]
    keys = (("kms:Decrypt", options["key"], "key"), ("kms:Encrypt", copy["key"], "replicate_to.key"))
    statements += [statement([action], context.arn_of(key, "key", option)) for action, key, option in keys if key]
    return role(
        context,
        "replication",
        trust(["s3.amazonaws.com"], condition=this_account()),
        statements,
        description=f"Copies objects to {copy['name'] or copy['bucket']}",
        tags=options["tags"],
    )


def _replication(options: Options, destination: Any, writer: Resource, context: Context) -> dict[str, Any]:
    copy = options["replicate_to"]
    if bool(options["key"]) != bool(copy["key"]):
        context.problem(
            "replicate_to.key",
            "both sides are encrypted with a key of their own region, or both with AES256; "
            f"{'name a key there' if options['key'] else 'leave it out, or give the bucket a key'}",
        )
    target: dict[str, Any] = {"Bucket": destination, "StorageClass": copy["storage_class"]}
    if copy["within_15_minutes"]:
        # The one promise that S3 makes comes with the metrics that show it.
        target["ReplicationTime"] = {"Status": "Enabled", "Time": {"Minutes": 15}}
        target["Metrics"] = {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}
    rule: dict[str, Any] = {
        "Id": "copy",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled" if copy["delete_markers"] else "Disabled"},
        "Destination": target,
    }
    if copy["key"]:
        target["EncryptionConfiguration"] = {"ReplicaKmsKeyID": context.arn_of(copy["key"], "key", "replicate_to.key")}
        rule["SourceSelectionCriteria"] = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    return {"Role": writer.ref("Arn"), "Rules": [rule]}


def _served(bucket: Resource, reference: str, context: Context) -> list[dict[str, Any]]:
    """What lets the distributions read a bucket or a copy that they serve from."""
    serving = [
        entry.export.values["arn"] for entry in _distributions(context) if reference in buckets_of(entry.options)
    ]
    below = Compose("{arn}/*", {"arn": bucket.ref("Arn")})
    return (
        [_allowed("Distributions", "cloudfront", "s3:GetObject", below, {"aws:SourceArn": serving})] if serving else []
    )


def _let_in(bucket: Resource, context: Context) -> list[dict[str, Any]]:
    """Who else of the stack needs the bucket's own word: distributions that serve from it, and those that log to it."""
    arn = bucket.ref("Arn")
    below = Compose("{arn}/*", {"arn": arn})
    found = _served(bucket, context.reference, context)
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    for word, service in (("bucket", "logging.s3"), ("load_balancer", "logdelivery.elasticloadbalancing")):
        if any(entry.options.get("access_log_bucket") == context.reference for entry in context.catalog.entries(word)):
            sid = "".join(part.capitalize() for part in re.split(r"[._]", f"logs_of_{word}s"))
            found.append(_allowed(sid, service, "s3:PutObject", below, {"aws:SourceAccount": account_id()}))
    return found


def _allowed(sid: str, service: str, action: str, resource: Any, where: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": dict(where)},
    }


def _bucket_policy(bucket: Resource, more: list[Any], context: Context, region: str = "") -> Resource:
    """TLS only, and who is let in."""
    arn = bucket.ref("Arn")
    deny = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, Compose("{arn}/*", {"arn": arn})],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return context.resource(
        BUCKET_POLICY,
        bucket.name,
        {"Bucket": bucket.properties["BucketName"], "PolicyDocument": policy([deny, *more])},
        depends_on=[bucket.address],
        region=region,
    )


TIER = Tier(section="buckets", reference="bucket", spec=SPEC, compile=compile, exports=exports, kinds=(BUCKET,))
